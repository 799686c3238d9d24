//! `attesta assess check-quality DIR`: what a reviewer would raise, before the hand-off.

use std::{fmt::Write as _, path::PathBuf};

use attesta_desk::quality::Report;
use attesta_desk::{Folio, Reviewed, review};
use attesta_kernel::{Confidence, Date, many};
use attesta_lifecycle::quality::{Checks, HandOff, Issue, Override, Passage, Review, Standing};
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::desk,
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct QualityOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Only what stands in the way at this hand-off: validation, actions or submission [default: all of them]
    #[arg(long, value_name = "HAND-OFF")]
    gate: Option<HandOff>,
    /// The day of the check [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// The folder of the certified assessment that this one goes back to, for an interim
    #[arg(long, value_name = "DIR")]
    since: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &QualityOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let folio = Folio::read(&desk)?;
    let certified = options.since.as_deref().map(|dir| desk::certified(common, dir, &desk)).transpose()?;
    let Reviewed { review, notes } = review(&desk, &folio, certified.as_ref())?;
    desk::tell(common, &notes);
    let gate = options.gate.unwrap_or(HandOff::Submission);
    match options.format {
        ListFormat::Json => terminal::json_of(&Report::of(&review, &folio.checks, gate, desk.at))?,
        ListFormat::Table => terminal::out(table(&review, &folio.checks, gate).as_bytes())?,
    }
    Ok(match review.passage(gate) {
        Passage::Open => Exit::Met,
        Passage::Blocked(_) => Exit::Findings,
        Passage::Unknown(_) => Exit::NotEvaluated,
    })
}

/// For people: each issue whole, then overrides, then what could not be looked at, then the verdict.
fn table(review: &Review, checks: &Checks, gate: HandOff) -> String {
    let mut out = String::new();
    for issue in review.issues.iter().filter(|i| i.hand_off <= gate) {
        told(&mut out, issue, checks);
    }
    if !review.overrides.is_empty() {
        let _ = writeln!(out, "Overrides, all of which HITRUST's reviewer sees:");
        for weighed in &review.overrides {
            let given = &weighed.given.value;
            let _ = writeln!(out, "  {} {}: {}", given.check, given.subject, weighed.worth);
            let _ = writeln!(out, "    {}: {}", weighed.given.place, written(given));
        }
        out.push('\n');
    }
    let blind: Vec<_> = review.unlooked.iter().filter(|u| u.hand_off <= gate).collect();
    if !blind.is_empty() {
        let _ = writeln!(out, "Could not look, so nothing is known about:");
        for unlooked in blind {
            let title = checks.rules.get(&unlooked.check).map_or("", |r| r.title.as_str());
            let _ = writeln!(out, "  {} {title}\n    {}", unlooked.check, unlooked.because);
        }
        out.push('\n');
    }
    let what = checks.hand_offs.get(&gate).map_or("", String::as_str);
    let verdict = match review.passage(gate) {
        Passage::Open => "nothing stands in the way".to_owned(),
        Passage::Blocked(count) => many(
            count,
            "issue stands in the way; mend or override it first",
            "issues stand in the way; mend or override them first",
        ),
        Passage::Unknown(count) => {
            let checks = many(count, "check", "checks");
            format!("nothing was found, but {checks} could not look: whether one may hand on is not known")
        }
    };
    let _ = writeln!(out, "{gate} ({what}): {verdict}. {} looked.", many(review.looked, "check", "checks"));
    let _ = writeln!(out, "These checks are Attesta's own, after public material; HITRUST's own list is not public.");
    terminal::plain(&out)
}

fn told(out: &mut String, issue: &Issue, checks: &Checks) {
    let title = checks.rules.get(&issue.check).map_or("", |r| r.title.as_str());
    let _ = writeln!(out, "{} {} [{}, blocks at {}]", issue.check, issue.subject, issue.severity, issue.hand_off);
    let _ = writeln!(out, "  {title}");
    for says in &issue.says {
        let _ = writeln!(out, "  - {says}");
    }
    if let Some(place) = &issue.place {
        let _ = writeln!(out, "  at {place}");
    }
    match &issue.standing {
        Standing::Open => {
            let _ = writeln!(out, "  mend: {}", issue.mend);
        }
        Standing::AwaitsApproval(given) => {
            let _ = writeln!(out, "  override awaits the assessor's approval: {}", written(&given.value));
        }
        Standing::Overridden(given) => {
            let _ = writeln!(out, "  overridden: {}", written(&given.value));
        }
    }
    let least = issue.provenances.iter().map(|p| p.confidence).max().unwrap_or(Confidence::Unverified);
    let _ = writeln!(out, "  facts {} [{least}]\n", issue.fingerprint);
}

fn written(given: &Override) -> String {
    let approved = given.approved.as_ref().map_or_else(String::new, |a| format!(", approved by {} on {}", a.by, a.on));
    format!("\"{}\" ({} on {}{approved})", given.because, given.by, given.on)
}

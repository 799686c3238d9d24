//! `attesta assess score DIR`: what the answers come to.

use std::path::PathBuf;

use attesta_assessment::View;
use attesta_desk::{
    additions,
    score::{Report, domains, said},
};
use attesta_kernel::{Date, many};
use attesta_scoring::Shortfall;
use clap::{Args, ValueEnum};

use crate::{
    args::{Common, ListFormat},
    assess::{
        calculator,
        desk::{self, Desk, Scored},
        points::{bar, shown},
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct ScoreOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR", required_unless_present = "from_json", conflicts_with = "from_json")]
    pub(crate) dir: Option<PathBuf>,
    /// Whose scores: the entity's own, or final ones with the assessor's where there are any
    #[arg(long, value_enum, default_value_t = Whose::Final)]
    pub(crate) view: Whose,
    /// The day on which inherited results must hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(crate) format: ListFormat,
    /// The bare calculator: answers as JSON from a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from_json: Option<PathBuf>,
    /// With --from-json: the day on which the assessment was created; it picks the figures that hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) created: Option<Date>,
    /// With --from-json: show how a number came about instead: `decision`, a domain's number, a control reference or a requirement's id
    #[arg(long, value_name = "SUBJECT", requires = "from_json")]
    pub(crate) explain: Option<String>,
}

/// Whose scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Whose {
    Entity,
    Final,
}

impl From<Whose> for View {
    fn from(whose: Whose) -> Self {
        match whose {
            Whose::Entity => Self::Entity,
            Whose::Final => Self::Final,
        }
    }
}

pub(crate) fn run(common: &Common, options: &ScoreOptions) -> Result<Exit, Failure> {
    let Some(dir) = &options.dir else { return calculator::run(common, options) };
    let desk = desk::open(common, dir, options.at)?;
    let scored = desk.scored(options.view.into())?;
    match options.format {
        ListFormat::Table => table(&desk, &scored)?,
        ListFormat::Json => terminal::json_of(&Report::of(&desk, &scored))?,
    }
    Ok(Exit::Met)
}

fn table(desk: &Desk, scored: &Scored<'_>) -> Result<(), Failure> {
    let header = &desk.dossier.assessment.value;
    let rule = scored.rules.domain.value;
    terminal::out(
        format!(
            "{} \"{}\" of {} ({}, {}), figures of {}\n\n",
            header.program, header.title, header.organisation, header.purpose, header.csf, header.created
        )
        .as_bytes(),
    )?;
    let rows = domains(desk, scored).into_iter().map(|row| {
        let stands = match (row.score.0, row.passes, row.unanswered) {
            (None, _, 0) => "nothing counts",
            (None, ..) => "not answered",
            (_, true, _) => "passes",
            (Some(s), _, n) if n > 0 && s >= rule.at_least.into() => "passes as far as answered",
            _ => "below",
        };
        [
            row.domain.to_string(),
            row.title.to_owned(),
            bar(row.score.0, rule.at_least.into(), 25),
            shown(row.score.0),
            stands.to_owned(),
            row.counted.to_string(),
            row.left_out.to_string(),
            row.unanswered.to_string(),
        ]
    });
    let threshold = format!("score (threshold {})", rule.at_least);
    terminal::table(["no", "domain", &threshold, "points", "stands", "counted", "left out", "open"], rows)?;
    let count = |wanted| scored.card.requirements.iter().filter(|s| s.shortfall == wanted).count();
    let mut text = format!(
        "\n{}\nrequired corrective action plans: {}   gaps without one: {}\n",
        scored.verdict(),
        count(Shortfall::RequiredCap),
        count(Shortfall::Gap)
    );
    for added in additions::outcomes(desk, scored) {
        text.push_str(&format!("addition {} ({}): {}\n", added.id, added.title, said(&added)));
    }
    let proposed = desk.proposals.iter().filter(|p| p.verdict == attesta_assessment::ProposalVerdict::Proposed).count();
    if proposed > 0 {
        text.push_str(&many(
            proposed,
            "proposal of automation waits for a person; it counts for nothing until then\n",
            "proposals of automation wait for a person; they count for nothing until then\n",
        ));
    }
    let unverified = scored.unverified(&desk.rubric);
    if !unverified.is_empty() {
        let names: Vec<&str> = unverified.iter().map(|(name, _)| name.as_str()).collect();
        text.push_str(&format!(
            "unverified figures in use (replace them with `attesta program override`): {}\n",
            names.join(", ")
        ));
    }
    text.push_str("Worked out by Attesta from the answers given; it is not a HITRUST score.\n");
    terminal::out(text.as_bytes())
}

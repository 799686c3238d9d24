//! Whether a certificate can be kept: what was tested again, what became of plans, changes and events.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::BTreeMap;

use attesta_assessment::{Purpose, RequirementKey};
use attesta_kernel::Provenance;
use attesta_lifecycle::{Ended, Notices, Recheck, RecheckVerdict, Seed, Told, action::Advance};
use attesta_scoring::Levels;
use attesta_workspace::Folder;
use serde::Serialize;

use crate::{
    actions::Plans,
    desk::Desk,
    failure::{Failure, Kind},
    points::Points,
    redraw,
    review::{Certified, Standing, last_levels},
};

/// What people say; without their word it is not known.
#[derive(Debug, Clone)]
pub struct Said {
    /// The seed from which the requirements were drawn.
    pub seed: Seed,
    /// Management: nothing significant changed.
    pub no_significant_change: bool,
    /// Management: no security event stands against the certificate.
    pub no_event: bool,
    /// The assessor: the progress that plans show is sufficient.
    pub progress_suffices: bool,
}

/// The verdict with all that it rests on.
#[derive(Debug, Serialize)]
pub struct Report {
    pub schema: &'static str,
    pub purpose: &'static str,
    pub issued: String,
    /// `keeps`, `fails` or `unknown`. HITRUST decides; this is what the rules come to.
    pub verdict: &'static str,
    /// What speaks against it, or was not looked at.
    pub reasons: Vec<String>,
    pub requirements: Vec<Row>,
    pub plans: String,
    pub changes: String,
    pub events: String,
    /// How sure the rules are of which requirements were drawn.
    pub unsure: Vec<String>,
    pub notes: Vec<String>,
}

/// A requirement that is tested again.
#[derive(Debug, Serialize)]
pub struct Row {
    pub requirement: String,
    pub domain: u8,
    pub because: String,
    pub tested: bool,
    pub levels: Vec<LevelRow>,
}

#[derive(Debug, Serialize)]
pub struct LevelRow {
    pub level: &'static str,
    pub then: Points,
    pub now: Points,
}

/// Whether the certificate can be kept (interim) or spanned (bridge). `then` are the files of the certified assessment.
///
/// # Errors
///
/// When it is neither, or something cannot be read or drawn.
pub fn recheck(desk: &Desk, certified: &Certified, then: &Folder, said: &Said) -> Result<Report, Failure> {
    let purpose = desk.dossier.assessment.value.purpose;
    if !matches!(purpose, Purpose::Interim | Purpose::Bridge) {
        return Err(Failure::new(Kind::BadInput, format!("a {purpose} assessment keeps no certificate"))
            .help("an interim or a bridge assessment does"));
    }
    let drawn = redraw::drawn(desk, certified, then, &said.seed, said.no_significant_change)?;
    let tailored = desk.tailored()?;
    let now = last_levels(&Standing::of(desk, &tailored.requirements)?);
    // What the assessor did not finish was not tested, whatever the entity says.
    let finished = |key: &RequirementKey| desk.dossier.validation.get(key).is_some_and(|v| v.value.complete);
    let tested: BTreeMap<RequirementKey, (Levels, Option<Levels>)> = drawn
        .keys
        .iter()
        .map(|key| {
            let then = certified.levels.get(key).copied().unwrap_or_default();
            (key.clone(), (then, now.get(key).copied().filter(|_| finished(key))))
        })
        .collect();
    let (before, _) = attesta_workspace::notices(then, desk.at)?;
    let (since, _) = attesta_workspace::notices(&desk.folder, desk.at)?;
    let notices = Notices {
        events: before.events.into_iter().chain(since.events).collect(),
        changes: before.changes.into_iter().chain(since.changes).collect(),
    };
    let recheck = Recheck {
        plans: plans(desk, certified, said.progress_suffices)?,
        changes: redraw::changes(&notices, said.no_significant_change),
        events: events(&notices, said.no_event),
        tested,
    };
    let (verdict, reasons) = match recheck.verdict() {
        RecheckVerdict::Keeps => ("keeps", Vec::new()),
        RecheckVerdict::Fails(reasons) => ("fails", reasons),
        RecheckVerdict::Unknown(reasons) => ("unknown", reasons),
    };
    let row = |row: redraw::Row| {
        let key = row.requirement.parse::<RequirementKey>().ok();
        let pair = key.as_ref().and_then(|key| recheck.tested.get(key));
        Row {
            tested: pair.is_some_and(|(_, now)| now.is_some()),
            levels: pair.map(|(then, now)| levels(then, now.as_ref())).unwrap_or_default(),
            requirement: row.requirement,
            domain: row.domain,
            because: row.because,
        }
    };
    let unsure = |p: &Provenance| format!("{}: {}", p.confidence, p.source);
    Ok(Report {
        schema: "attesta.recheck/1",
        purpose: purpose.as_str(),
        issued: certified.issued.to_string(),
        verdict,
        reasons: reasons.iter().map(ToString::to_string).collect(),
        plans: word(&recheck.plans),
        changes: word(&recheck.changes),
        events: word(&recheck.events),
        requirements: drawn.rows.into_iter().map(row).collect(),
        unsure: drawn
            .provenances
            .iter()
            .filter(|p| p.confidence != attesta_kernel::Confidence::Verified)
            .map(unsure)
            .collect(),
        notes: drawn.notes,
    })
}

fn word(told: &Told) -> String {
    match told {
        Told::Unchanged => "nothing against it".to_owned(),
        Told::Changed(how) => how.clone(),
        Told::Unknown => "not known".to_owned(),
    }
}

fn levels(then: &Levels, now: Option<&Levels>) -> Vec<LevelRow> {
    let all = attesta_scoring::MaturityLevel::ALL.into_iter();
    let row = |level| LevelRow {
        level: attesta_scoring::MaturityLevel::as_str(level),
        then: Points(then.get(level)),
        now: Points(now.and_then(|n| n.get(level))),
    };
    all.map(row).filter(|row| row.then.0.is_some() || row.now.0.is_some()).collect()
}

/// Plans that show none, or fell, speak against it; whether what they show is sufficient is the assessor's word.
fn plans(desk: &Desk, certified: &Certified, suffices: bool) -> Result<Told, Failure> {
    let found = Plans::of(desk)?.progress(certified);
    let names = |wanted: fn(Advance) -> bool| -> Vec<String> {
        found.iter().filter(|one| wanted(one.advance)).map(|one| one.requirement.to_string()).collect()
    };
    let against = names(|advance| matches!(advance, Advance::Fallen | Advance::Standing));
    if !against.is_empty() {
        return Ok(Told::Changed(format!("{} shows none", against.join(", "))));
    }
    let unknown = found.iter().any(|one| one.advance == Advance::Unknown);
    Ok(if unknown || !(found.is_empty() || suffices) { Told::Unknown } else { Told::Unchanged })
}

/// A confirmed event stands against it until HITRUST says otherwise; one that is still open is not known.
fn events(notices: &Notices, none: bool) -> Told {
    let confirmed = notices.events.iter().filter(|e| matches!(e.ended, Some(Ended::Confirmed(_))));
    let confirmed: Vec<String> = confirmed.map(|e| format!("`{}` was confirmed; HITRUST decides", e.id)).collect();
    if !confirmed.is_empty() {
        return Told::Changed(confirmed.join("; "));
    }
    let open = notices.events.iter().any(|e| e.ended.is_none());
    if open || !none { Told::Unknown } else { Told::Unchanged }
}

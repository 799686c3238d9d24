//! What changed between two checks, one file per format.

mod json;
mod markdown;
mod sarif;
mod table;

use std::io;

use attesta_app::{
    check::{CheckReport, Lines, Location},
    drift::DriftReport,
};
use attesta_drift::{Direction, Turn, VerdictChange};
use attesta_evaluation::{Reason, Tally};
use attesta_kernel::Severity;

use super::{Options, place, words};

pub use json::SCHEMA;
pub(super) use markdown::risk;

/// What a comparison is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DriftFormat {
    /// Plain text for a terminal.
    #[default]
    Table,
    /// Everything, as `attesta.drift/1`.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// SARIF 2.1.0 with `baselineState`, for code hosts.
    Sarif,
}

/// Lines of places on both sides.
#[derive(Debug, Default)]
pub struct BothLines {
    /// Of the state before.
    pub before: Lines,
    /// Of the state after.
    pub after: Lines,
}

/// Writes a comparison in `format`.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn write(
    format: DriftFormat,
    report: &DriftReport<'_>,
    lines: &BothLines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        DriftFormat::Table => table::write(report, lines, options, out),
        DriftFormat::Json => json::write(report, lines, options, out),
        DriftFormat::Markdown => markdown::write(report, lines, options, out),
        DriftFormat::Sarif => sarif::write(report, lines, options, out),
    }
}

/// Turns that people read about one by one, with their words; the rest is counted.
const TOLD: [(Turn, &str); 7] = [
    (Turn::NewFailure, "New violations"),
    (Turn::NowUnknown, "Can no longer be told"),
    (Turn::NoLongerSeen, "No longer seen"),
    (Turn::NowWaived, "Waived now"),
    (Turn::Mended, "Mended"),
    (Turn::GoneWithResource, "Gone with their resource"),
    (Turn::NoLongerApplies, "No longer apply"),
];

/// Changes of one turn that concern people: of those that go, the ones that were violations or could not be told.
fn told<'r>(report: &'r DriftReport<'_>, turn: Turn) -> impl Iterator<Item = &'r VerdictChange> {
    use attesta_drift::Verdict::Pass;
    let quiet = move |v: &&VerdictChange| match turn {
        Turn::GoneWithResource | Turn::NoLongerApplies => v.before != Some(Pass),
        _ => true,
    };
    report.drift.turned(turn).filter(quiet)
}

/// Changes of one turn by policy, as they stand.
fn by_policy<'r>(changes: &'r [&'r VerdictChange]) -> impl Iterator<Item = &'r [&'r VerdictChange]> {
    changes.chunk_by(|a, b| a.policy == b.policy)
}

/// Where to look for a changed verdict, on the side that tells it.
fn location(report: &DriftReport<'_>, lines: &BothLines, change: &VerdictChange) -> Option<Location> {
    let (check, outcome) = report.told_by(change)?;
    let lines = if std::ptr::eq(check, report.after) { &lines.after } else { &lines.before };
    place::of_outcome(check, lines, outcome)
}

/// The reason that tells most.
fn reason<'r>(report: &DriftReport<'r>, change: &VerdictChange) -> Option<&'r Reason> {
    let (check, outcome) = report.told_by(change)?;
    check.main_reason(outcome)
}

/// `2: 1 critical, 1 high`, or `none`.
fn by_severity<'r>(changes: impl Iterator<Item = &'r VerdictChange>) -> String {
    let mut counts = [0_usize; 4];
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    for change in changes {
        for (slot, _) in counts.iter_mut().zip(severities).filter(|(_, s)| *s == change.severity) {
            *slot = slot.saturating_add(1);
        }
    }
    let total: usize = counts.iter().sum();
    let parts: Vec<String> = counts
        .iter()
        .zip(severities)
        .filter(|(count, _)| **count > 0)
        .map(|(count, severity)| format!("{} {severity}", words::grouped(*count)))
        .collect();
    if total == 0 { "none".to_owned() } else { format!("{}: {}", words::grouped(total), parts.join(", ")) }
}

/// `3 appeared, 2 changed`.
fn resources(report: &DriftReport<'_>) -> String {
    use attesta_drift::Presence::{Appeared, FirstSeen, Gone, NoLongerSeen, Stayed};
    let parts: Vec<String> = [
        (Appeared, "appeared"),
        (FirstSeen, "seen for the first time"),
        (Stayed, "changed"),
        (Gone, "gone"),
        (NoLongerSeen, "no longer seen"),
    ]
    .into_iter()
    .map(|(presence, word)| (report.drift.resources.iter().filter(|r| r.presence == presence).count(), word))
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{} {word}", words::grouped(count)))
    .collect();
    if parts.is_empty() { "nothing changed".to_owned() } else { parts.join(", ") }
}

/// What moved in a tally: `violated 2 -> 3, unknown 4 -> 3`.
fn moved(before: Tally, after: Tally) -> String {
    let parts: Vec<String> = super::share::ORDER
        .into_iter()
        .filter(|standing| before.of(*standing) != after.of(*standing))
        .map(|standing| format!("{standing} {} -> {}", before.of(standing), after.of(standing)))
        .collect();
    parts.join(", ")
}

/// How a direction is told.
fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "worse",
        Direction::Untold => "can no longer be told",
        Direction::Accepted => "accepted for a time",
        Direction::Same => "",
        Direction::Better => "better",
    }
}

/// What is missing where a side is not whole.
fn incomplete(report: &DriftReport<'_>) -> Vec<String> {
    let side = |check: &CheckReport<'_>, name: &str| {
        use attesta_resource::Reason::{NotCollected, Unreadable};
        let count = check
            .snapshot
            .not_understood
            .iter()
            .filter(|n| matches!(n.reason, NotCollected | Unreadable))
            .fold(0_usize, |sum, n| sum.saturating_add(words::size(n.count)));
        (!check.complete()).then(|| format!("{name}: {} not seen or not read", words::counted(count, "part")))
    };
    [(report.before, &report.before_name), (report.after, &report.after_name)]
        .into_iter()
        .filter_map(|(check, name)| side(check, name))
        .collect()
}

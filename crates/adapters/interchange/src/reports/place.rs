//! Where an outcome stands in the inputs.

use attesta_app::check::{CheckReport, Lines, Location};
use attesta_evaluation::{Outcome, Reason};

/// Where to look for an outcome: at its main reason, else at its resource.
pub(super) fn of_outcome(report: &CheckReport<'_>, lines: &Lines, outcome: &Outcome) -> Option<Location> {
    report.locate(lines, &report.pointed_at(outcome, report.main_reason(outcome))?)
}

/// Where a reason's value was written; `None` where nobody wrote it.
pub(super) fn of_reason(
    report: &CheckReport<'_>,
    lines: &Lines,
    outcome: &Outcome,
    reason: &Reason,
) -> Option<Location> {
    reason.origin.as_ref()?;
    report.locate(lines, &report.pointed_at(outcome, Some(reason))?)
}

/// `file:line`, or the file alone where the format has no lines.
pub(super) fn file_and_line(location: &Location) -> String {
    match location.line {
        Some(line) => format!("{}:{line}", location.path),
        None => location.path.clone(),
    }
}

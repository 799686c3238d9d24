//! Two checks, side by side.

use attesta_drift::{Drift, State, Turn, VerdictChange, compare};
use attesta_evaluation::{Outcome, Policy};

use crate::check::CheckReport;

/// Two checks and what changed between them.
pub struct DriftReport<'a> {
    /// The check of what was.
    pub before: &'a CheckReport<'a>,
    /// The check of what is.
    pub after: &'a CheckReport<'a>,
    /// What changed.
    pub drift: Drift,
    /// What people call the state before: a path, a reference.
    pub before_name: String,
    /// What people call the state after.
    pub after_name: String,
    /// What it does to an assessment, when somebody asked.
    pub effect: Option<attesta_drift::Effect>,
}

impl<'a> DriftReport<'a> {
    /// Compares two checks that used the same catalog and policies. Labels name the documents of each on both sides.
    pub fn of(
        (before, before_name, before_labels): (&'a CheckReport<'a>, &str, &[String]),
        (after, after_name, after_labels): (&'a CheckReport<'a>, &str, &[String]),
    ) -> Self {
        let drift = compare(&state(before, before_labels), &state(after, after_labels));
        let (before_name, after_name) = (before_name.to_owned(), after_name.to_owned());
        Self { before, after, drift, before_name, after_name, effect: None }
    }

    /// Whether everything on both sides could be read and every policy run.
    pub fn complete(&self) -> bool {
        self.before.complete() && self.after.complete()
    }

    /// The policy of a changed verdict.
    pub fn policy(&self, change: &VerdictChange) -> Option<&'a Policy> {
        self.after.policies.iter().find(|p| p.id == change.policy)
    }

    /// The check that tells most of a changed verdict, and its outcome there: the newer one, or the older one where
    /// nothing is told any more.
    pub fn told_by(&self, change: &VerdictChange) -> Option<(&'a CheckReport<'a>, &'a Outcome)> {
        let newer = change.outcome_after.and_then(|at| self.after.outcomes.get(at)).map(|o| (self.after, o));
        newer.or_else(|| change.outcome_before.and_then(|at| self.before.outcomes.get(at)).map(|o| (self.before, o)))
    }

    /// A changed verdict's id: the id of the finding that it is or was.
    pub fn finding_id(&self, change: &VerdictChange) -> Option<String> {
        self.told_by(change).map(|(report, outcome)| report.finding_id(outcome))
    }

    /// How many new violations there are of at least this severity.
    pub fn new_findings(&self, least: attesta_kernel::Severity) -> usize {
        self.drift.turned(Turn::NewFailure).filter(|v| v.severity >= least).count()
    }
}

/// A check as a state to compare.
pub fn state<'s>(report: &'s CheckReport<'_>, labels: &'s [String]) -> State<'s> {
    State {
        catalog: report.catalog,
        policies: &report.policies,
        snapshot: &report.snapshot,
        outcomes: &report.outcomes,
        standings: &report.standings,
        readiness: &report.readiness,
        labels,
    }
}

//! What somebody who watches a source is told of a run: the decisions that every monitor shares.

use attesta_drift::{ChangeEvent, Notice, Observed, ResourceKey, Watch, Watched, Who, step, who};
use attesta_kernel::Timestamp;
use attesta_resource::Format;

use crate::{check::CheckReport, drift::DriftReport};

/// One look, as a watch takes it in.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// When the run before looked; `None` for the first.
    pub before: Option<Timestamp>,
    /// When it looked.
    pub at: Timestamp,
    /// Whether nothing is to be told now.
    pub quiet: bool,
}

/// Takes a run in: what is watched from now on, and what to tell. Of the first run, `report` compares it with itself.
pub fn take_in(watch: &Watch, report: &DriftReport<'_>, look: Look) -> (Watch, Vec<Notice>) {
    let observed = Observed { drift: &report.drift, before: look.before, at: look.at, quiet: look.quiet };
    step(watch, &observed, &|key| surely_gone(report.after, key))
}

/// Whether a resource that no side names is certainly no more.
fn surely_gone(after: &CheckReport<'_>, key: &ResourceKey) -> bool {
    let there = after.snapshot.resources.iter().any(|r| r.kind == key.kind && *r.address == *key.address);
    let seen = |format: Format| matches!(format, Format::Neutral | Format::LiveAws);
    let code = !after.snapshot.documents.iter().any(|d| seen(d.format));
    !there && (after.snapshot.complete_kinds.contains(&key.kind) || (code && after.complete()))
}

/// Who changed a resource, as far as events tell.
pub fn changed_by(events: &[ChangeEvent], report: &DriftReport<'_>, key: &ResourceKey, watched: &Watched) -> Who {
    let change = report.drift.resources.iter().find(|r| r.key == *key);
    let Some(change) = change else { return Who::NotKnown };
    let after = change.after.and_then(|at| report.after.snapshot.resource(at)).map(|r| (&report.after.snapshot, r));
    let before =
        || change.before.and_then(|at| report.before.snapshot.resource(at)).map(|r| (&report.before.snapshot, r));
    match after.or_else(before) {
        Some((snapshot, resource)) => who(events, snapshot, resource, watched.before, watched.since),
        None => Who::NotKnown,
    }
}

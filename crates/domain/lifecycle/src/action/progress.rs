use std::{collections::BTreeMap, fmt};

use attesta_assessment::{ActionId, RequirementKey};
use attesta_catalog::Placed;
use attesta_kernel::Date;
use attesta_scoring::{Exact, Levels, MaturityLevel};

use super::{Action, Status};

/// How far a requirement with a required plan has come since the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub requirement: RequirementKey,
    /// Its plans.
    pub actions: Vec<ActionId>,
    /// Levels whose score changed, or cannot be compared.
    pub changes: Vec<Change>,
    /// The verdict.
    pub advance: Advance,
}

/// A level then and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub level: MaturityLevel,
    /// At the certificate.
    pub then: Option<Exact>,
    /// Now.
    pub now: Option<Exact>,
}

/// The verdict on one requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advance {
    /// Some level is lower than it was.
    Fallen,
    /// What was scored then is not scored now.
    Unknown,
    /// Nothing has moved.
    Standing,
    /// Scores stand, but the plan has moved: a milestone done or work begun since.
    Underway,
    /// Some level is higher, none lower.
    Raised,
    /// Every level that was scored is at 100 and the plans are completed.
    Closed,
}

impl Advance {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fallen => "fallen",
            Self::Unknown => "unknown",
            Self::Standing => "no progress",
            Self::Underway => "under way",
            Self::Raised => "raised",
            Self::Closed => "closed",
        }
    }

    /// Whether it is progress. Whether it is *sufficient* is the assessor's and HITRUST's judgement.
    pub fn is_progress(self) -> bool {
        matches!(self, Self::Underway | Self::Raised | Self::Closed)
    }
}

impl fmt::Display for Advance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far each requirement with a required plan has come since the certificate of `issued`.
///
/// `then` holds the certified levels of those requirements, `now` what is scored today.
pub fn progress(
    then: &BTreeMap<RequirementKey, Levels>,
    now: &BTreeMap<RequirementKey, Levels>,
    actions: &BTreeMap<ActionId, Placed<Action>>,
    issued: Date,
) -> Vec<Progress> {
    then.iter()
        .map(|(requirement, then)| {
            let now = now.get(requirement).copied().unwrap_or_default();
            let plans: Vec<&Action> =
                actions.values().map(|a| &a.value).filter(|a| a.requirement == *requirement).collect();
            let changes: Vec<Change> = MaturityLevel::ALL
                .into_iter()
                .map(|level| Change { level, then: then.get(level), now: now.get(level) })
                .filter(|c| c.then != c.now)
                .collect();
            Progress {
                requirement: requirement.clone(),
                actions: plans.iter().map(|a| a.id.clone()).collect(),
                advance: judge(then, &now, &changes, &plans, issued),
                changes,
            }
        })
        .collect()
}

fn judge(then: &Levels, now: &Levels, changes: &[Change], plans: &[&Action], issued: Date) -> Advance {
    let both = |c: &Change| Some((c.then?, c.now?));
    let scored = MaturityLevel::ALL.into_iter().filter(|l| then.get(*l).is_some());
    let full = scored.clone().count() > 0 && scored.clone().all(|l| now.get(l) == Some(Exact::FULL));
    let completed = !plans.is_empty() && plans.iter().all(|a| a.status == Some(Status::Completed));
    if changes.iter().filter_map(both).any(|(then, now)| now < then) {
        Advance::Fallen
    } else if changes.iter().any(|c| c.then.is_some() && c.now.is_none()) || scored.count() == 0 {
        Advance::Unknown
    } else if full && completed {
        Advance::Closed
    } else if changes.iter().any(|c| c.now > c.then) {
        Advance::Raised
    } else if plans.iter().any(|a| moved_since(a, issued)) {
        Advance::Underway
    } else {
        Advance::Standing
    }
}

/// Whether the plan shows work after the day of the certificate.
fn moved_since(action: &Action, issued: Date) -> bool {
    let done = action.milestones.iter().filter_map(|m| m.done).any(|done| done > issued);
    let begun =
        action.progress.iter().any(|n| n.on > issued && matches!(n.status, Some(Status::Started | Status::Completed)));
    done || begun
}

//! What became of a verdict.

use attesta_evaluation::{Outcome, Status};
use attesta_kernel::{PolicyId, Severity};
use attesta_posture::Verdict;
use attesta_resource::ResourceIndex;

use crate::{Presence, ResourceKey};

/// The verdict that an outcome is; `None` where the policy does not apply.
pub fn verdict(outcome: &Outcome) -> Option<Verdict> {
    match (outcome.status, outcome.waived) {
        (Status::Pass, _) => Some(Verdict::Pass),
        (Status::Fail, None) => Some(Verdict::Fail),
        (Status::Fail, Some(_)) => Some(Verdict::Waived),
        (Status::Unknown, _) => Some(Verdict::Unknown),
        (Status::Errored, _) => Some(Verdict::Errored),
        (Status::NotApplicable, _) => None,
    }
}

/// What became of a verdict. Ordered as reports tell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// It is violated now and was not before, or its resource is new.
    NewFailure,
    /// It can no longer be told, or cannot be told of a new resource. Never a mend.
    NowUnknown,
    /// Its resource is not seen any more and may still be there. Never a mend.
    NoLongerSeen,
    /// It is violated, and somebody answers for it now.
    NowWaived,
    /// It was violated and holds now.
    Mended,
    /// Its resource is gone, and it with it.
    GoneWithResource,
    /// It could not be told before and holds now.
    NowKnown,
    /// It no longer applies to the resource.
    NoLongerApplies,
    /// It holds for a resource that is new, or to which it did not apply.
    Appeared,
}

impl Turn {
    /// Every turn, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::NewFailure,
        Self::NowUnknown,
        Self::NoLongerSeen,
        Self::NowWaived,
        Self::Mended,
        Self::GoneWithResource,
        Self::NowKnown,
        Self::NoLongerApplies,
        Self::Appeared,
    ];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewFailure => "new_failure",
            Self::NowUnknown => "now_unknown",
            Self::NoLongerSeen => "no_longer_seen",
            Self::NowWaived => "now_waived",
            Self::Mended => "mended",
            Self::GoneWithResource => "gone_with_resource",
            Self::NowKnown => "now_known",
            Self::NoLongerApplies => "no_longer_applies",
            Self::Appeared => "appeared",
        }
    }

    /// From what a verdict was to what it is. `None` where it did not change.
    pub fn of(before: Option<Verdict>, after: Option<Verdict>, presence: Presence) -> Option<Self> {
        if before == after {
            return None;
        }
        Some(match (before, after) {
            (_, Some(Verdict::Fail)) => Self::NewFailure,
            (_, Some(Verdict::Unknown | Verdict::Errored)) => Self::NowUnknown,
            (_, Some(Verdict::Waived)) => Self::NowWaived,
            (Some(Verdict::Fail | Verdict::Waived), Some(Verdict::Pass)) => Self::Mended,
            (Some(Verdict::Unknown | Verdict::Errored), Some(Verdict::Pass)) => Self::NowKnown,
            (_, Some(Verdict::Pass)) => Self::Appeared,
            (_, None) => match presence {
                Presence::Gone => Self::GoneWithResource,
                Presence::NoLongerSeen => Self::NoLongerSeen,
                Presence::Stayed | Presence::Appeared | Presence::FirstSeen => Self::NoLongerApplies,
            },
        })
    }
}

/// One verdict that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictChange {
    /// The policy.
    pub policy: PolicyId,
    /// How bad a violation is.
    pub severity: Severity,
    /// The resource.
    pub resource: ResourceKey,
    /// Whether the resource is on both sides.
    pub presence: Presence,
    /// What became of it.
    pub turn: Turn,
    /// What it was; `None` where it did not apply or the resource was not there.
    pub before: Option<Verdict>,
    /// What it is.
    pub after: Option<Verdict>,
    /// The resource in the state before.
    pub resource_before: Option<ResourceIndex>,
    /// The resource in the state after.
    pub resource_after: Option<ResourceIndex>,
    /// The outcome in the state before, by position.
    pub outcome_before: Option<usize>,
    /// The outcome in the state after, by position.
    pub outcome_after: Option<usize>,
}

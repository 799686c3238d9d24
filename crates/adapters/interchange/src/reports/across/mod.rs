//! The cross-framework view: how far a framework is covered by what is met elsewhere.

mod json;
mod table;

use attesta_crosswalk::{Coverage, TargetCoverage};

pub use json::{explained, whole};
pub use table::write;

/// How a requirement is counted: reviewed and proposed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    FullReviewed,
    FullProposed,
    PartialReviewed,
    PartialProposed,
    Perhaps,
    Unmet,
    Unknown,
    Undetermined,
    Unmapped,
}

impl Slot {
    const ALL: [Self; 9] = [
        Self::FullReviewed,
        Self::FullProposed,
        Self::PartialReviewed,
        Self::PartialProposed,
        Self::Perhaps,
        Self::Unmet,
        Self::Unknown,
        Self::Undetermined,
        Self::Unmapped,
    ];

    fn of(covered: &TargetCoverage<'_>) -> Self {
        match (covered.coverage, covered.reviewed) {
            (Coverage::Full, Coverage::Full) => Self::FullReviewed,
            (Coverage::Full, _) => Self::FullProposed,
            (Coverage::Partial, Coverage::Full | Coverage::Partial) => Self::PartialReviewed,
            (Coverage::Partial, _) => Self::PartialProposed,
            (Coverage::Perhaps, _) => Self::Perhaps,
            (Coverage::Unmet, _) => Self::Unmet,
            (Coverage::Unknown, _) => Self::Unknown,
            (Coverage::Undetermined, _) => Self::Undetermined,
            (Coverage::Unmapped, _) => Self::Unmapped,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::FullReviewed => "full_reviewed",
            Self::FullProposed => "full_proposed",
            Self::PartialReviewed => "partial_reviewed",
            Self::PartialProposed => "partial_proposed",
            Self::Perhaps => "perhaps_partial",
            Self::Unmet => "not_met",
            Self::Unknown => "unknown",
            Self::Undetermined => "undetermined",
            Self::Unmapped => "no_mapping",
        }
    }

    /// How many of these requirements are counted in each slot, in the order of [`Self::ALL`].
    fn counts<'c>(covered: impl IntoIterator<Item = &'c TargetCoverage<'c>>) -> [u32; 9] {
        let slots: Vec<Self> = covered.into_iter().map(Self::of).collect();
        Self::ALL.map(|slot| u32::try_from(slots.iter().filter(|s| **s == slot).count()).unwrap_or(u32::MAX))
    }
}

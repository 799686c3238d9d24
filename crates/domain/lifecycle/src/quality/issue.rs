use attesta_catalog::Placed;
use attesta_kernel::{Place, Provenance, Severity};

use super::{Check, Fingerprint, HandOff, Override, Subject, Worth};

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The check.
    pub check: Check,
    /// What it is about; a check has at most one issue about a subject.
    pub subject: Subject,
    /// Where it was written.
    pub place: Option<Place>,
    /// What exactly, with the values.
    pub says: Vec<String>,
    /// How to mend it.
    pub mend: String,
    /// The facts in short; an override names them.
    pub fingerprint: Fingerprint,
    /// The first hand-off at which it blocks.
    pub hand_off: HandOff,
    /// How much it matters.
    pub severity: Severity,
    /// Where the check and the figures that it used come from.
    pub provenances: Vec<Provenance>,
    /// Whether somebody overrode it.
    pub standing: Standing,
}

/// Whether an issue still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Open,
    /// The entity overrode it; it stands until the assessor approves.
    AwaitsApproval(Placed<Override>),
    /// It may stand: who, why and by whose approval is in the override. The reviewer sees it.
    Overridden(Placed<Override>),
}

impl Standing {
    /// The word used in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::AwaitsApproval(_) => "awaits approval",
            Self::Overridden(_) => "overridden",
        }
    }
}

/// A check that could not look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlooked {
    /// The first hand-off at which it would block.
    pub hand_off: HandOff,
    /// The check.
    pub check: Check,
    /// Why it could not.
    pub because: String,
}

/// An override and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// The override.
    pub given: Placed<Override>,
    /// What it is worth.
    pub worth: Worth,
}

/// What the checks found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Every issue: by hand-off, then the gravest first, then by check and subject.
    pub issues: Vec<Issue>,
    /// Every override, in the order of the file.
    pub overrides: Vec<Weighed>,
    /// Checks that could not look, by hand-off.
    pub unlooked: Vec<Unlooked>,
    /// How many checks looked.
    pub looked: usize,
}

/// Whether one may hand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Nothing stands in the way.
    Open,
    /// So many issues must be mended or overridden first.
    Blocked(usize),
    /// Nothing was found, but so many checks could not look.
    Unknown(usize),
}

impl Issue {
    /// Whether it still stands in the way.
    pub fn stands(&self) -> bool {
        !matches!(self.standing, Standing::Overridden(_))
    }
}

impl Review {
    /// What stands in the way at a hand-off: its own and those of the hand-offs before it.
    pub fn blocking(&self, at: HandOff) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(move |i| i.hand_off <= at && i.stands())
    }

    /// Whether one may hand on.
    pub fn passage(&self, at: HandOff) -> Passage {
        let blocked = self.blocking(at).count();
        let unlooked = self.unlooked.iter().filter(|u| u.hand_off <= at).count();
        match (blocked, unlooked) {
            (0, 0) => Passage::Open,
            (0, unlooked) => Passage::Unknown(unlooked),
            (blocked, _) => Passage::Blocked(blocked),
        }
    }
}

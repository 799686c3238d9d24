use attesta_catalog::Placed;
use attesta_kernel::{Place, Provenance, Severity};

use super::{Check, Fingerprint, Gate, Override, Subject, Worth};

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
    /// The first gate at which it blocks.
    pub gate: Gate,
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
    /// The first gate at which it would block.
    pub gate: Gate,
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
    /// Every issue: by gate, then the gravest first, then by check and subject.
    pub issues: Vec<Issue>,
    /// Every override, in the order of the file.
    pub overrides: Vec<Weighed>,
    /// Checks that could not look, by gate.
    pub unlooked: Vec<Unlooked>,
    /// How many checks looked.
    pub looked: usize,
}

/// Whether a gate is open.
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
    /// What stands in the way at a gate: its own and those of the gates before it.
    pub fn blocking(&self, gate: Gate) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(move |i| i.gate <= gate && i.stands())
    }

    /// Whether a gate is open.
    pub fn passage(&self, gate: Gate) -> Passage {
        let blocked = self.blocking(gate).count();
        let unlooked = self.unlooked.iter().filter(|u| u.gate <= gate).count();
        match (blocked, unlooked) {
            (0, 0) => Passage::Open,
            (0, unlooked) => Passage::Unknown(unlooked),
            (blocked, _) => Passage::Blocked(blocked),
        }
    }
}

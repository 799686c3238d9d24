use std::{collections::BTreeMap, fmt};

use attesta_assessment::Side;

/// What must be so before an assessment moves on. The caller looks at the folder and tells; see [`Readiness`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// The scope is described and holds together.
    Scope,
    /// Every factor that applies is answered.
    Factors,
    /// Every requirement is answered on every level that is scored.
    Answers,
    /// No quality check that blocks is open.
    Checks,
    /// The assessor approved the entity's overrides of quality checks.
    Overrides,
    /// The assessor finished every requirement.
    Validation,
    /// Every required corrective action plan is there and whole.
    Caps,
}

impl Gate {
    /// Every gate.
    pub const ALL: [Self; 7] =
        [Self::Scope, Self::Factors, Self::Answers, Self::Checks, Self::Overrides, Self::Validation, Self::Caps];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Factors => "factors",
            Self::Answers => "answers",
            Self::Checks => "checks",
            Self::Overrides => "overrides",
            Self::Validation => "validation",
            Self::Caps => "caps",
        }
    }

    /// Who can open it. Open checks can lie with either side; in doubt it is who hands on.
    pub fn mender(self) -> Option<Side> {
        match self {
            Self::Scope | Self::Factors | Self::Answers | Self::Caps => Some(Side::Entity),
            Self::Overrides | Self::Validation => Some(Side::Assessor),
            Self::Checks => None,
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a gate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateState {
    /// It is so.
    Open,
    /// It is not: what is missing, one entry for each.
    Shut(Vec<Lack>),
    /// It could not be looked at, and why. Never an open gate.
    Unseen(String),
}

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// What, with its place.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// What the caller found about the folder: how each gate stands. A gate that nobody looked at is not open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readiness(BTreeMap<Gate, GateState>);

impl Readiness {
    /// Nothing looked at yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells how a gate stands.
    #[must_use]
    pub fn with(mut self, gate: Gate, state: GateState) -> Self {
        self.0.insert(gate, state);
        self
    }

    /// Tells what is missing at a gate; nothing missing opens it.
    #[must_use]
    pub fn with_lacks(self, gate: Gate, lacks: Vec<Lack>) -> Self {
        self.with(gate, if lacks.is_empty() { GateState::Open } else { GateState::Shut(lacks) })
    }

    /// How a gate stands.
    pub fn of(&self, gate: Gate) -> GateState {
        self.0.get(&gate).cloned().unwrap_or_else(|| GateState::Unseen("nobody looked".to_owned()))
    }
}

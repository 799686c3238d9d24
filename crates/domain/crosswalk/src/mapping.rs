use std::{fmt, str::FromStr};

use attesta_kernel::{Date, Place, Provenance};

use crate::{NodeId, Relation};

/// One relation between two requirements, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The id of the crosswalk, or of the list, that holds it.
    pub crosswalk: Box<str>,
    /// From where.
    pub source: NodeId,
    /// To where.
    pub target: NodeId,
    /// How the source relates to the target.
    pub relation: Relation,
    /// How strong the relation is.
    pub strength: Strength,
    /// What the two were compared by.
    pub rationale: Rationale,
    /// Who stands for it.
    pub status: Status,
    /// Whether somebody stated the relation.
    pub basis: Basis,
    /// Where it comes from, and how sure we are.
    pub provenance: Provenance,
    /// Why the relation holds.
    pub note: Option<Box<str>>,
    /// What one asks and the other does not.
    pub gap: Option<Box<str>>,
    /// Where it is written, when it has a row of its own.
    pub place: Option<Place>,
}

/// How strong a relation is, from 1 (weak) to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Strength(u8);

impl Strength {
    /// What holds by construction.
    pub const MOST: Self = Self(10);

    /// `number`, when it is from 1 to 10.
    pub fn new(number: u8) -> Option<Self> {
        (1..=Self::MOST.0).contains(&number).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The text is not a strength.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a strength; use a whole number from 1 (weak) to 10")]
pub struct NotAStrength(pub String);

impl FromStr for Strength {
    type Err = NotAStrength;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().ok().and_then(Self::new).ok_or_else(|| NotAStrength(text.to_owned()))
    }
}

/// What two requirements were compared by (NIST IR 8477).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rationale {
    /// Their words.
    Syntactic,
    /// What they mean.
    Semantic,
    /// What comes of meeting them.
    Functional,
}

impl Rationale {
    /// Every rationale.
    pub const ALL: [Self; 3] = [Self::Syntactic, Self::Semantic, Self::Functional];

    /// The word used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntactic => "syntactic",
            Self::Semantic => "semantic",
            Self::Functional => "functional",
        }
    }
}

impl fmt::Display for Rationale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is not a rationale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rationale; use syntactic, semantic or functional")]
pub struct UnknownRationale(pub String);

impl FromStr for Rationale {
    type Err = UnknownRationale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|r| r.as_str() == plain).ok_or_else(|| UnknownRationale(text.to_owned()))
    }
}

/// Who and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The person or body.
    pub by: String,
    /// The day.
    pub on: Date,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.by, self.on)
    }
}

/// Who stands for a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Somebody proposed it; nobody has reviewed it.
    Proposed(Signature),
    /// Somebody answerable reviewed it.
    Reviewed(Signature),
    /// It holds by construction: a statement is all of its elements.
    Given,
}

impl Status {
    /// Whether it may count without a proposal: reviewed, or true by construction.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Proposed(_))
    }

    /// The word used in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Proposed(_) => "proposed",
            Self::Reviewed(_) => "reviewed",
            Self::Given => "by construction",
        }
    }

    /// Who and when.
    pub fn signature(&self) -> Option<&Signature> {
        match self {
            Self::Proposed(signature) | Self::Reviewed(signature) => Some(signature),
            Self::Given => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.signature() {
            Some(signature) => write!(f, "{} by {signature}", self.as_str()),
            None => f.write_str(self.as_str()),
        }
    }
}

/// Whether somebody stated the relation itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// A list names the two together and says no more; *intersects with* is the most that may be read from it.
    Listed,
    /// A row states the relation.
    Stated,
    /// The relation of a whole and its part.
    Construction,
}

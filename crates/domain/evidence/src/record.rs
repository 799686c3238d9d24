use std::{fmt, str::FromStr};

use attesta_kernel::{Date, Digest};

use crate::{EvidenceId, KindId, RetentionId, Text};

/// One version of one piece of evidence: the digest of its bytes and what is known of them. Nothing here changes after it was
/// added; what happens later is a [`crate::Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// 1, or one more than that of the version that it replaces.
    pub version: u32,
    /// The version that it replaces.
    pub supersedes: Option<EvidenceId>,
    /// The digest of its bytes, under which they are stored.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
    /// What the bytes are, by their content: a media type.
    pub media_type: Text,
    /// The file's name as it was given.
    pub file_name: Text,
    /// What is known of it.
    pub description: Description,
}

/// What people say about a piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What it is, in a few words.
    pub title: Option<Text>,
    /// What kind of evidence, by the content's list; its freshness and retention hang on it.
    pub kind: Option<KindId>,
    /// The days that matter.
    pub dates: Dates,
    /// The period that it speaks of.
    pub period: Option<Period>,
    /// Where it came from.
    pub source: Source,
    /// Its part in a test by samples.
    pub role: Option<Role>,
    /// The scope component that it is about.
    pub component: Option<Text>,
    /// Somebody else's attestation, when it is one.
    pub attestation: Option<Attestation>,
    /// Not for every reader.
    pub confidential: bool,
    /// How long to keep it, where it differs from what its kind says.
    pub retention: Option<RetentionId>,
}

/// The days of a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// Since when a document is in effect.
    pub effective: Option<Date>,
    /// When it was taken from its system of origin.
    pub collected: Option<Date>,
    /// When it arrived here.
    pub received: Date,
    /// The last day on which it counts, where it says one itself.
    pub valid_until: Option<Date>,
}

/// From one day to another, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    from: Date,
    to: Date,
}

/// The text is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period; write its first and last day like `2026-07-01..2026-09-30`")]
pub struct PeriodError(pub String);

impl Period {
    /// A period; `None` when it ends before it begins.
    pub fn new(from: Date, to: Date) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// Its first day.
    pub fn from(&self) -> Date {
        self.from
    }

    /// Its last day.
    pub fn to(&self) -> Date {
        self.to
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (from, to) = text.split_once("..")?;
            Self::new(from.trim().parse().ok()?, to.trim().parse().ok()?)
        };
        read().ok_or_else(|| PeriodError(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

/// Where evidence came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The system of origin. For a population it must be one that can show failures.
    pub system: Option<Text>,
    /// The query, report or path by which it was taken from there.
    pub query: Option<Text>,
    /// Who collected it.
    pub collector: Option<Text>,
    /// Who answers for it.
    pub owner: Option<Text>,
}

/// The part that evidence has in a test by samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The whole list from which samples are drawn.
    Population,
    /// One that was drawn, or its evidence.
    Sample,
    /// The sheet that leads from each sample to its evidence.
    LeadSheet,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Population, Self::Sample, Self::LeadSheet];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Population => "population",
            Self::Sample => "sample",
            Self::LeadSheet => "lead-sheet",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a role; use population, sample or lead-sheet"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Somebody else's word, such as a SOC 2 report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// Who attests.
    pub organisation: Text,
    /// Which report or certificate.
    pub report: Text,
}

//! Documents of the submission package, as people wrote them down. What is missing is told by the quality checks.

use attesta_assessment::PersonId;
use attesta_catalog::Placed;
use attesta_kernel::Date;

/// What goes to HITRUST beside the assessment itself; each part is none until somebody has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Submission {
    /// The days of the assessor's testing.
    pub fieldwork: Option<Placed<Fieldwork>>,
    /// The day on which it was or shall be handed in.
    pub submit_on: Option<Placed<Date>>,
    /// The management's letter, signed by the assessed entity.
    pub representation_letter: Option<Placed<Signature>>,
    /// The agreement for a validated report, by party.
    pub report_agreement: Option<Placed<ReportAgreement>>,
    /// The older agreement that came before it, where it is still asked for.
    pub participation_agreement: Option<Placed<Signature>>,
    /// The time reserved for HITRUST's quality assurance.
    pub reservation: Option<Placed<Reservation>>,
    /// What the assessor's people worked.
    pub time_sheet: Option<Placed<Vec<Hours>>>,
    /// The assessor's own quality checklist.
    pub checklist: Option<Placed<Checklist>>,
    /// What the organisation does and what is in scope, as a document.
    pub overview: Option<Placed<Document>>,
    /// Audits and assessments of others that were used; none where nobody has said, empty where there are none.
    pub audits_utilised: Option<Placed<Vec<Audit>>>,
}

/// The days of the assessor's testing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fieldwork {
    /// The first.
    pub began: Date,
    /// The last, once it is over.
    pub ended: Option<Date>,
}

/// Somebody's signature; not signed while it has no day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who signs, by name: signers need not take part otherwise.
    pub by: String,
    /// When they signed.
    pub on: Option<Date>,
    /// The file, below the assessment's folder.
    pub file: Option<String>,
}

/// The agreement for a validated report: both parties sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportAgreement {
    /// For the assessed entity.
    pub entity: Signature,
    /// The countersignature, which comes after it was handed in.
    pub countersigned: Option<Signature>,
}

/// Time reserved for quality assurance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The first day of the block.
    pub begins: Date,
    /// The day until which one must have submitted, or the reservation is lost.
    pub submit_by: Option<Date>,
    /// What HITRUST calls it.
    pub reference: Option<String>,
}

/// Hours that somebody worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Who.
    pub person: PersonId,
    /// On what.
    pub work: Work,
    /// How many whole hours.
    pub hours: u32,
}

/// What hours were spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Planning and scoping.
    Planning,
    /// Testing.
    Fieldwork,
    /// The assessor's quality assurance.
    Quality,
    /// Writing and handing in.
    Reporting,
}

impl Work {
    /// Every kind of work.
    pub const ALL: [Self; 4] = [Self::Planning, Self::Fieldwork, Self::Quality, Self::Reporting];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Fieldwork => "fieldwork",
            Self::Quality => "quality-assurance",
            Self::Reporting => "reporting",
        }
    }
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no kind of work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no work on a time sheet; use planning, fieldwork, quality-assurance or reporting")]
pub struct UnknownWork(pub String);

impl std::str::FromStr for Work {
    type Err = UnknownWork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownWork(text.chars().take(80).collect());
        Self::ALL.into_iter().find(|w| w.as_str() == text).ok_or_else(unknown)
    }
}

/// The assessor's quality checklist and those who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklist {
    /// Who leads the engagement.
    pub executive: PersonId,
    /// When they signed.
    pub executive_on: Option<Date>,
    /// Who reviewed its quality.
    pub reviewer: PersonId,
    /// When they signed.
    pub reviewer_on: Option<Date>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file, below the assessment's folder.
    pub file: String,
    /// Its date.
    pub dated: Option<Date>,
}

/// An audit or assessment of another's that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Who wrote it.
    pub organisation: String,
    /// What it is.
    pub report: String,
    /// Its date.
    pub dated: Option<Date>,
    /// Platforms and facilities that it covers.
    pub covers: Vec<String>,
}

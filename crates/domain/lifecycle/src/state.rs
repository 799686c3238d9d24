use std::collections::BTreeMap;

use attesta_assessment::{PersonId, Purpose};
use attesta_kernel::{Date, Digest};

use crate::{Phase, Subject};

/// Where an assessment stands, with what that state owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Scope, factors and options are filled in; sent back with a reason where it was.
    PreAssessment {
        /// Why it was sent back.
        returned: Option<String>,
    },
    /// The assessor looks at them.
    PreAssessmentReview,
    /// The entity answers its requirements.
    Answering {
        /// Why it was sent back.
        returned: Option<String>,
    },
    /// The assessor tests.
    Validation {
        /// Why it was opened again.
        reopened: Option<String>,
    },
    /// Corrective actions are entered and the letter is signed.
    CapsAndLetter {
        /// Why it was sent back.
        returned: Option<String>,
    },
    /// The assessor looks at the corrective actions.
    CapReview,
    /// HITRUST looks whether the submission is whole.
    CheckIn {
        /// What was submitted.
        submission: Submission,
    },
    /// The assessor mends what HITRUST named.
    CheckInTasks {
        /// What was submitted.
        submission: Submission,
        /// What HITRUST named.
        tasks: Tasks,
    },
    /// Waits for its block.
    PendingQa {
        /// What was submitted.
        submission: Submission,
    },
    /// HITRUST checks the quality.
    Qa {
        /// What was submitted.
        submission: Submission,
        /// What HITRUST asks so far.
        tasks: Tasks,
    },
    /// The assessor answers.
    QaTasks {
        /// What was submitted.
        submission: Submission,
        /// What HITRUST asked.
        tasks: Tasks,
    },
    /// HITRUST reads the answers.
    QaResponseReview {
        /// What was submitted.
        submission: Submission,
        /// What HITRUST asked, and the answers.
        tasks: Tasks,
    },
    /// HITRUST writes the draft report.
    PreparingDraft {
        /// What was submitted.
        submission: Submission,
    },
    /// The entity reads the draft report.
    DraftReview {
        /// What was submitted.
        submission: Submission,
        /// The draft.
        draft: Draft,
    },
    /// HITRUST changes the draft's wording.
    RevisingDraft {
        /// What was submitted.
        submission: Submission,
        /// The draft.
        draft: Draft,
        /// What should read otherwise.
        wording: String,
    },
    /// HITRUST decides.
    FinalReport {
        /// What was submitted.
        submission: Submission,
    },
    /// Decided.
    Complete {
        /// What was submitted.
        submission: Submission,
        /// How.
        outcome: Outcome,
    },
    /// Given up.
    Withdrawn {
        /// In which phase.
        from: Phase,
        /// Why.
        because: String,
    },
}

/// What was handed to HITRUST: from then on it is frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The day.
    pub at: Date,
    /// The digest of all files as they were submitted.
    pub digest: Digest,
}

/// Files as they are or were, by path below the assessment's folder.
pub type Frozen = BTreeMap<Box<str>, FrozenFile>;

/// What changed among files since an earlier day: as they are now, or `None` where they are gone.
pub type FileChanges = BTreeMap<Box<str>, Option<FrozenFile>>;

/// One digest of all files.
pub fn digest_of_files(files: &Frozen) -> Digest {
    let parts = files.iter().flat_map(|(path, file)| [path.as_bytes(), file.digest.as_bytes().as_slice()]);
    Digest::of_parts(parts)
}

/// One file as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenFile {
    /// What it holds.
    pub subject: Subject,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// What HITRUST asked, by number.
pub type Tasks = BTreeMap<u32, Task>;

/// One thing that HITRUST asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What was asked.
    pub what: String,
    /// Where it stands.
    pub status: TaskStatus,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskStatus {
    /// Nobody answered yet.
    Open,
    /// Answered, and not yet read.
    Answered(String),
    /// HITRUST was content with the answer.
    Closed(String),
}

/// A draft report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// When it was first issued.
    pub issued: Date,
    /// The last day on which wording can be asked for.
    pub until: Date,
}

/// What came of an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A certificate.
    Certified {
        /// It.
        certificate: Certificate,
        /// Whether it stands.
        standing: CertificateStanding,
    },
    /// A validated report without a certificate.
    ValidatedOnly,
    /// A readiness report, which certifies nothing.
    Reported,
    /// An interim assessment by which the certificate is kept.
    Retained,
    /// An interim assessment by which it is not.
    NotRetained,
    /// A bridge assessment without a bridge certificate.
    NotBridged,
}

/// A certificate, as HITRUST was told to have issued it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The program, e.g. `r2`.
    pub program: String,
    /// What it came of: a validated, rapid or bridge assessment.
    pub purpose: Purpose,
    /// Its date: that of the representation letter; for a bridge the day on which the old one expires.
    pub issued: Date,
    /// The first day on which it holds no longer.
    pub expires: Date,
    /// HITRUST's reference.
    pub reference: String,
}

/// Whether a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateStanding {
    /// It stands.
    Active,
    /// HITRUST suspended it.
    Suspended,
    /// HITRUST took it back.
    Revoked,
}

/// Papers that an assessment gathers on its way, and days that count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Papers {
    /// The first day of the assessor's fieldwork.
    pub fieldwork: Option<Date>,
    /// The day on which the assessor finished it.
    pub validated: Option<Date>,
    /// The management representation letter.
    pub letter: Option<Signed>,
    /// The validated report agreement.
    pub agreement: Option<Signed>,
    /// The block of quality assurance that was reserved.
    pub reservation: Option<Reservation>,
}

/// Who signed, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// When.
    pub on: Date,
    /// Who.
    pub by: PersonId,
}

/// A block of quality assurance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its first day.
    pub block: Date,
    /// HITRUST's reference.
    pub reference: String,
}

/// An assessment's whole position: its state, its papers, and the day of the last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// What the assessment is for.
    pub purpose: Purpose,
    /// Where it stands.
    pub state: State,
    /// What it gathered.
    pub papers: Papers,
    /// The files as they were at the last event.
    pub files: Frozen,
    /// The day of the last event; nothing may be dated before it.
    pub last: Option<Date>,
}

impl State {
    /// The phase.
    pub fn phase(&self) -> Phase {
        match self {
            Self::PreAssessment { .. } => Phase::PreAssessment,
            Self::PreAssessmentReview => Phase::PreAssessmentReview,
            Self::Answering { .. } => Phase::Answering,
            Self::Validation { .. } => Phase::Validation,
            Self::CapsAndLetter { .. } => Phase::CapsAndLetter,
            Self::CapReview => Phase::CapReview,
            Self::CheckIn { .. } => Phase::CheckIn,
            Self::CheckInTasks { .. } => Phase::CheckInTasks,
            Self::PendingQa { .. } => Phase::PendingQa,
            Self::Qa { .. } => Phase::Qa,
            Self::QaTasks { .. } => Phase::QaTasks,
            Self::QaResponseReview { .. } => Phase::QaResponseReview,
            Self::PreparingDraft { .. } => Phase::PreparingDraft,
            Self::DraftReview { .. } => Phase::DraftReview,
            Self::RevisingDraft { .. } => Phase::RevisingDraft,
            Self::FinalReport { .. } => Phase::FinalReport,
            Self::Complete { .. } => Phase::Complete,
            Self::Withdrawn { .. } => Phase::Withdrawn,
        }
    }

    /// What was submitted, once it was.
    pub fn submission(&self) -> Option<&Submission> {
        match self {
            Self::CheckIn { submission }
            | Self::CheckInTasks { submission, .. }
            | Self::PendingQa { submission }
            | Self::Qa { submission, .. }
            | Self::QaTasks { submission, .. }
            | Self::QaResponseReview { submission, .. }
            | Self::PreparingDraft { submission }
            | Self::DraftReview { submission, .. }
            | Self::RevisingDraft { submission, .. }
            | Self::FinalReport { submission }
            | Self::Complete { submission, .. } => Some(submission),
            Self::PreAssessment { .. }
            | Self::PreAssessmentReview
            | Self::Answering { .. }
            | Self::Validation { .. }
            | Self::CapsAndLetter { .. }
            | Self::CapReview
            | Self::Withdrawn { .. } => None,
        }
    }

    /// What HITRUST asked and is not closed.
    pub fn tasks(&self) -> Option<&Tasks> {
        match self {
            Self::CheckInTasks { tasks, .. }
            | Self::Qa { tasks, .. }
            | Self::QaTasks { tasks, .. }
            | Self::QaResponseReview { tasks, .. } => Some(tasks),
            _ => None,
        }
    }

    /// The certificate, and whether it stands.
    pub fn certificate(&self) -> Option<(&Certificate, CertificateStanding)> {
        match self {
            Self::Complete { outcome: Outcome::Certified { certificate, standing }, .. } => {
                Some((certificate, *standing))
            }
            _ => None,
        }
    }
}

use std::{fmt, str::FromStr};

/// A phase of an assessment's life. Each has one owner; which phases a purpose runs through, and who owns them, is content
/// ([`Track`](crate::Track)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Scope, factors and options are filled in.
    PreAssessment,
    /// The assessor looks at them.
    PreAssessmentReview,
    /// The entity answers its requirements.
    Answering,
    /// The assessor tests.
    Validation,
    /// Corrective actions are entered and the representation letter is signed.
    CapsAndLetter,
    /// The assessor looks at the corrective actions.
    CapReview,
    /// HITRUST looks whether the submission is whole.
    CheckIn,
    /// It was not; the assessor mends what HITRUST named.
    CheckInTasks,
    /// Waits for its block of quality assurance.
    PendingQa,
    /// HITRUST checks the quality.
    Qa,
    /// The assessor answers what HITRUST asked.
    QaTasks,
    /// HITRUST reads the answers.
    QaResponseReview,
    /// HITRUST writes the draft report.
    PreparingDraft,
    /// The entity reads the draft report.
    DraftReview,
    /// HITRUST changes the draft's wording.
    RevisingDraft,
    /// HITRUST decides and writes the final report.
    FinalReport,
    /// Decided.
    Complete,
    /// Given up before a decision.
    Withdrawn,
}

impl Phase {
    /// Every phase, in the order in which an assessment comes to them.
    pub const ALL: [Self; 18] = [
        Self::PreAssessment,
        Self::PreAssessmentReview,
        Self::Answering,
        Self::Validation,
        Self::CapsAndLetter,
        Self::CapReview,
        Self::CheckIn,
        Self::CheckInTasks,
        Self::PendingQa,
        Self::Qa,
        Self::QaTasks,
        Self::QaResponseReview,
        Self::PreparingDraft,
        Self::DraftReview,
        Self::RevisingDraft,
        Self::FinalReport,
        Self::Complete,
        Self::Withdrawn,
    ];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreAssessment => "pre-assessment",
            Self::PreAssessmentReview => "pre-assessment-review",
            Self::Answering => "answering",
            Self::Validation => "validation",
            Self::CapsAndLetter => "caps-and-letter",
            Self::CapReview => "cap-review",
            Self::CheckIn => "check-in",
            Self::CheckInTasks => "check-in-tasks",
            Self::PendingQa => "pending-qa",
            Self::Qa => "qa",
            Self::QaTasks => "qa-tasks",
            Self::QaResponseReview => "qa-response-review",
            Self::PreparingDraft => "preparing-draft",
            Self::DraftReview => "draft-review",
            Self::RevisingDraft => "revising-draft",
            Self::FinalReport => "final-report",
            Self::Complete => "complete",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether the phase comes after the submission to HITRUST, so that what was submitted is frozen.
    pub fn is_submitted(self) -> bool {
        self >= Self::CheckIn && self != Self::Withdrawn
    }

    /// Whether nothing follows but what happens to a certificate.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Withdrawn)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no phase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no phase of an assessment")]
pub struct UnknownPhase(pub String);

impl FromStr for Phase {
    type Err = UnknownPhase;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or_else(|| UnknownPhase(text.chars().take(80).collect()))
    }
}

use std::{fmt, str::FromStr};

use attesta_assessment::Side;

use crate::Phase;

/// What a file of an assessment holds, as far as it matters for what may change when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// What is assessed, and the assessment's own header.
    Scope,
    /// Answers to the tailoring factors.
    Factors,
    /// What the entity answers.
    Answers,
    /// What the assessor found.
    AssessorResults,
    /// Corrective action plans.
    Caps,
    /// Evidence, measures, and samples.
    Evidence,
    /// Reasons that let a quality check pass.
    Overrides,
    /// Wording of the draft report.
    Wording,
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 8] = [
        Self::Scope,
        Self::Factors,
        Self::Answers,
        Self::AssessorResults,
        Self::Caps,
        Self::Evidence,
        Self::Overrides,
        Self::Wording,
    ];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Factors => "factors",
            Self::Answers => "answers",
            Self::AssessorResults => "assessor-results",
            Self::Caps => "caps",
            Self::Evidence => "evidence",
            Self::Overrides => "overrides",
            Self::Wording => "wording",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is nothing that an assessment holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that an assessment holds")]
pub struct UnknownSubject(pub String);

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| UnknownSubject(text.chars().take(80).collect()))
    }
}

/// Whether a change may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It may.
    Allowed,
    /// Only where a task of HITRUST's asks for it; it is recorded when the tasks are handed back.
    AllowedByTask,
    /// It may not.
    Refused(Why),
}

/// Why a change may not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It belongs to somebody else.
    NotYours,
    /// Its time has not come.
    TooEarly,
    /// It was handed on, and can be sent back.
    HandedOn,
    /// It was submitted and is frozen.
    Frozen,
    /// The assessment has ended.
    Ended,
}

impl Why {
    /// What is wrong, and what to do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotYours => "it belongs to another side",
            Self::TooEarly => "its time has not come",
            Self::HandedOn => "it was handed on; whoever holds it can send it back",
            Self::Frozen => "it was submitted to HITRUST and is frozen",
            Self::Ended => "the assessment has ended",
        }
    }
}

/// Whether `side` may change `what` in a phase.
///
/// `answered_by_assessor` says whether the program lets the assessor fill in answers and pre-assessment too (e1 and i1 do, r2
/// does not); it is content.
pub fn may_change(phase: Phase, what: Subject, side: Side, answered_by_assessor: bool) -> Change {
    use Change::{Allowed, AllowedByTask, Refused};
    // Plans are worked on for as long as the certificate holds.
    if (what, phase, side) == (Subject::Caps, Phase::Complete, Side::Entity) {
        return Allowed;
    }
    if phase.is_final() {
        return Refused(Why::Ended);
    }
    let entity = side == Side::Entity || (side == Side::Assessor && answered_by_assessor);
    let yours = |yes: bool, change: Change| if yes { change } else { Refused(Why::NotYours) };
    let assessor = side == Side::Assessor;
    match (what, phase) {
        (Subject::Scope | Subject::Factors, Phase::PreAssessment) => yours(entity, Allowed),
        // Handed-in forms can still be sent back until the answers are with the assessor.
        (Subject::Scope | Subject::Factors, p) if p < Phase::CheckIn => Refused(Why::HandedOn),
        (Subject::Answers, Phase::PreAssessment | Phase::PreAssessmentReview) => Refused(Why::TooEarly),
        (Subject::Answers, Phase::Answering) => yours(entity, Allowed),
        (Subject::Answers, p) if p < Phase::CheckIn => Refused(Why::HandedOn),
        (Subject::Answers, Phase::CheckInTasks | Phase::QaTasks) => yours(entity || assessor, AllowedByTask),
        (Subject::AssessorResults, p) if p < Phase::Validation => Refused(Why::TooEarly),
        (Subject::AssessorResults, Phase::Validation) => yours(assessor, Allowed),
        (Subject::AssessorResults, p) if p < Phase::CheckIn => Refused(Why::HandedOn),
        (Subject::AssessorResults, Phase::CheckInTasks | Phase::QaTasks) => yours(assessor, AllowedByTask),
        // Plans may be drafted as soon as there is something to plan for; they are due in their own phase.
        (Subject::Caps, Phase::PreAssessment | Phase::PreAssessmentReview) => Refused(Why::TooEarly),
        (Subject::Caps, Phase::Answering | Phase::Validation | Phase::CapsAndLetter) => {
            yours(side == Side::Entity, Allowed)
        }
        (Subject::Caps, Phase::CapReview) => Refused(Why::HandedOn),
        (Subject::Caps, Phase::CheckInTasks | Phase::QaTasks) => yours(side == Side::Entity, AllowedByTask),
        // Evidence is gathered from the first day; in validation the assessor adds working papers.
        (Subject::Evidence, Phase::PreAssessment | Phase::PreAssessmentReview | Phase::Answering) => {
            yours(side != Side::Hitrust, Allowed)
        }
        (Subject::Evidence, Phase::Validation | Phase::CapsAndLetter | Phase::CapReview) => {
            yours(side != Side::Hitrust, Allowed)
        }
        (Subject::Evidence, Phase::CheckInTasks | Phase::QaTasks) => yours(side != Side::Hitrust, AllowedByTask),
        (Subject::Overrides, Phase::PreAssessment) => Refused(Why::TooEarly),
        (Subject::Overrides, Phase::PreAssessmentReview | Phase::Answering) => yours(entity || assessor, Allowed),
        (Subject::Overrides, Phase::Validation | Phase::CapsAndLetter | Phase::CapReview) => yours(assessor, Allowed),
        (Subject::Overrides, Phase::CheckInTasks | Phase::QaTasks) => yours(assessor, AllowedByTask),
        (Subject::Wording, Phase::DraftReview) => yours(side == Side::Entity, Allowed),
        (Subject::Wording, Phase::RevisingDraft) => yours(side == Side::Hitrust, Allowed),
        (Subject::Wording, p) if p < Phase::DraftReview => Refused(Why::TooEarly),
        _ => Refused(Why::Frozen),
    }
}

use std::{fmt, str::FromStr};

use attesta_assessment::Side;
use attesta_kernel::Date;

use crate::{Phase, Track};

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident = $word:literal by $side:ident $(=> $wants:ident)? $(! $reason:ident)?,)+) => {
        /// What can be done with an assessment. HITRUST's own acts are recorded as somebody tells them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Verb {
            $($(#[$doc])* $name,)+
        }

        impl Verb {
            /// Every verb.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word used on the command line and in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Whose act it is.
            pub fn side(self) -> Side {
                match self { $(Self::$name => Side::$side,)+ }
            }

            /// What must be given with it.
            pub fn wants(self) -> Wants {
                match self { $($(Self::$name => Wants::$wants,)?)+ _ => Wants::Nothing }
            }

            /// Whether a reason (an answer, a wording) must be given with it.
            pub fn wants_reason(self) -> bool {
                match self { $($(Self::$name => stringify!($reason) == "reason",)?)+ _ => false }
            }
        }
    };
}

verbs! {
    /// Scope, factors and options are done.
    HandInPreAssessment = "hand-in-pre-assessment" by Entity,
    /// The assessor agrees with them.
    ApprovePreAssessment = "approve-pre-assessment" by Assessor,
    /// The assessor sends them back.
    ReturnPreAssessment = "return-pre-assessment" by Assessor !reason,
    /// The entity opens them again.
    ReopenPreAssessment = "reopen-pre-assessment" by Entity !reason,
    /// The answers go to the assessor.
    SubmitAnswers = "submit-answers" by Entity,
    /// The assessor's fieldwork begins.
    BeginFieldwork = "begin-fieldwork" by Assessor => Day,
    /// The assessor sends the answers back.
    ReturnAnswers = "return-answers" by Assessor !reason,
    /// The assessor has tested everything.
    CompleteValidation = "complete-validation" by Assessor,
    /// Management signs the representation letter.
    SignLetter = "sign-letter" by Entity => Day,
    /// Corrective actions go to the assessor.
    HandInCaps = "hand-in-caps" by Entity,
    /// The assessor sends them back.
    ReturnCaps = "return-caps" by Assessor !reason,
    /// The assessor tests again; the letter must be signed again.
    ReopenValidation = "reopen-validation" by Assessor !reason,
    /// The validated report agreement is signed.
    SignAgreement = "sign-agreement" by Entity => Day,
    /// A block of quality assurance is reserved.
    ReserveQa = "reserve-qa" by Assessor => Day,
    /// Everything goes to HITRUST and is frozen.
    Submit = "submit" by Assessor,
    /// HITRUST finds the submission whole.
    AcceptCheckIn = "accept-check-in" by Hitrust,
    /// HITRUST does not, and names what to mend.
    RevertCheckIn = "revert-check-in" by Hitrust => Task,
    /// The block begins.
    BeginQa = "begin-qa" by Hitrust,
    /// HITRUST asks something.
    RaiseTask = "raise-task" by Hitrust => Task,
    /// HITRUST hands its questions to the assessor.
    HandOverTasks = "hand-over-tasks" by Hitrust,
    /// The assessor answers one.
    AnswerTask = "answer-task" by Assessor => Number !reason,
    /// The assessor hands the answers back.
    HandBackTasks = "hand-back-tasks" by Assessor,
    /// HITRUST is content with an answer.
    CloseTask = "close-task" by Hitrust => Number,
    /// HITRUST is not.
    ReopenTask = "reopen-task" by Hitrust => Number !reason,
    /// HITRUST has no more questions.
    FinishQa = "finish-qa" by Hitrust,
    /// The draft report is there.
    IssueDraft = "issue-draft" by Hitrust,
    /// The entity asks for other wording.
    RequestWording = "request-wording" by Entity !reason,
    /// The entity agrees with the draft.
    AcceptDraft = "accept-draft" by Entity,
    /// HITRUST certifies (for an interim assessment: the certificate is kept).
    Certify = "certify" by Hitrust,
    /// HITRUST does not: a validated report without certificate (for an interim assessment: the certificate is lost).
    Decline = "decline" by Hitrust,
    /// HITRUST issues a readiness report.
    IssueReport = "issue-report" by Hitrust,
    /// HITRUST suspends the certificate.
    Suspend = "suspend" by Hitrust !reason,
    /// HITRUST lets it stand again.
    Reinstate = "reinstate" by Hitrust,
    /// HITRUST takes it back.
    Revoke = "revoke" by Hitrust !reason,
    /// The entity gives up.
    Withdraw = "withdraw" by Entity !reason,
}

/// What must be given with a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Nothing more.
    Nothing,
    /// A day: when it was signed, when it begins.
    Day,
    /// What HITRUST asks.
    Task,
    /// The number of a task.
    Number,
}

/// What was given with a verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Nothing more.
    Nothing,
    /// A day.
    Day(Date),
    /// What HITRUST asks.
    Task(String),
    /// The number of a task.
    Number(u32),
}

/// A verb with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    verb: Verb,
    detail: Detail,
}

/// Something is missing, or does not belong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The day is missing.
    #[error("`{0}` needs a day: when it was signed, or when it begins")]
    NoDay(Verb),
    /// The task is missing.
    #[error("`{0}` needs what HITRUST asks")]
    NoTask(Verb),
    /// The task's number is missing.
    #[error("`{0}` needs the number of a task")]
    NoNumber(Verb),
    /// It was given for nothing.
    #[error("`{verb}` takes no {what}")]
    Needless {
        /// The verb.
        verb: Verb,
        /// What was given.
        what: &'static str,
    },
}

impl Command {
    /// A verb with what was given for it.
    ///
    /// # Errors
    ///
    /// When something is missing, or given although it means nothing.
    pub fn new(verb: Verb, day: Option<Date>, task: Option<String>, number: Option<u32>) -> Result<Self, CommandError> {
        let wants = verb.wants();
        let needless = [
            ("day", day.is_some() && wants != Wants::Day),
            ("task", task.is_some() && wants != Wants::Task),
            ("task number", number.is_some() && wants != Wants::Number),
        ];
        if let Some((what, _)) = needless.into_iter().find(|(_, needless)| *needless) {
            return Err(CommandError::Needless { verb, what });
        }
        let detail = match wants {
            Wants::Nothing => Detail::Nothing,
            Wants::Day => Detail::Day(day.ok_or(CommandError::NoDay(verb))?),
            Wants::Task => Detail::Task(task.filter(|t| !t.trim().is_empty()).ok_or(CommandError::NoTask(verb))?),
            Wants::Number => Detail::Number(number.ok_or(CommandError::NoNumber(verb))?),
        };
        Ok(Self { verb, detail })
    }

    /// The verb.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// What was given with it.
    pub fn detail(&self) -> &Detail {
        &self.detail
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is nothing that can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that can be done with an assessment")]
pub struct UnknownVerb(pub String);

impl FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|v| v.as_str() == text);
        found.ok_or_else(|| UnknownVerb(text.chars().take(80).collect()))
    }
}

/// Where a verb leads from a phase on a track: the same phase where it only records something; `None` where it has no place.
///
/// This is the whole map of moves; gates are judged elsewhere.
pub fn route(verb: Verb, phase: Phase, track: &Track) -> Option<Phase> {
    if phase != Phase::Withdrawn && !track.has(phase) {
        return None;
    }
    let only = |at: &[Phase], to: Option<Phase>| to.filter(|to| at.contains(&phase) && track.has(*to));
    let stay = |at: &[Phase]| only(at, Some(phase));
    let next = track.next(phase);
    let to_assessor = next.filter(|n| *n != Phase::CheckIn);
    let has = |p| track.has(p);
    match verb {
        Verb::HandInPreAssessment => only(&[Phase::PreAssessment], next),
        Verb::ApprovePreAssessment => only(&[Phase::PreAssessmentReview], next),
        Verb::ReturnPreAssessment => only(&[Phase::PreAssessmentReview], Some(Phase::PreAssessment)),
        Verb::ReopenPreAssessment => only(&[Phase::Answering], Some(Phase::PreAssessment)),
        Verb::SubmitAnswers => only(&[Phase::Answering], to_assessor),
        Verb::BeginFieldwork => stay(&[Phase::Answering, Phase::Validation]).filter(|_| has(Phase::Validation)),
        Verb::ReturnAnswers => only(&[Phase::Validation], Some(Phase::Answering)),
        Verb::CompleteValidation => only(&[Phase::Validation], to_assessor),
        Verb::SignLetter => stay(&[Phase::CapsAndLetter]),
        Verb::HandInCaps => only(&[Phase::CapsAndLetter], to_assessor),
        Verb::ReturnCaps => only(&[Phase::CapReview], Some(Phase::CapsAndLetter)),
        Verb::ReopenValidation => only(&[Phase::CapsAndLetter, Phase::CapReview], Some(Phase::Validation)),
        Verb::SignAgreement => {
            let at = [Phase::Answering, Phase::Validation, Phase::CapsAndLetter, Phase::CapReview];
            stay(&at).filter(|_| track.papers.contains(&Paper::Agreement))
        }
        Verb::ReserveQa => {
            let before = phase < Phase::CheckIn && track.papers.contains(&Paper::Reservation);
            before.then_some(phase)
        }
        Verb::Submit => next.filter(|n| *n == Phase::CheckIn),
        Verb::AcceptCheckIn => only(&[Phase::CheckIn], next),
        Verb::RevertCheckIn => only(&[Phase::CheckIn], Some(Phase::CheckInTasks)),
        Verb::BeginQa => only(&[Phase::PendingQa], next),
        Verb::RaiseTask => stay(&[Phase::CheckInTasks, Phase::Qa, Phase::QaResponseReview]),
        Verb::HandOverTasks => only(&[Phase::Qa, Phase::QaResponseReview], Some(Phase::QaTasks)),
        Verb::AnswerTask => stay(&[Phase::CheckInTasks, Phase::QaTasks]),
        Verb::HandBackTasks => match phase {
            Phase::CheckInTasks => only(&[phase], Some(Phase::CheckIn)),
            _ => only(&[Phase::QaTasks], Some(Phase::QaResponseReview)),
        },
        Verb::CloseTask | Verb::ReopenTask => stay(&[Phase::QaResponseReview]),
        Verb::FinishQa => only(&[Phase::Qa, Phase::QaResponseReview], next),
        Verb::IssueDraft => only(&[Phase::PreparingDraft, Phase::RevisingDraft], Some(Phase::DraftReview)),
        Verb::RequestWording => only(&[Phase::DraftReview], Some(Phase::RevisingDraft)),
        Verb::AcceptDraft => only(&[Phase::DraftReview], next),
        Verb::Certify | Verb::Decline => only(&[Phase::FinalReport], next).filter(|_| has(Phase::Validation)),
        Verb::IssueReport => only(&[Phase::FinalReport], next).filter(|_| !has(Phase::Validation)),
        Verb::Suspend | Verb::Reinstate | Verb::Revoke => stay(&[Phase::Complete]).filter(|_| has(Phase::Validation)),
        Verb::Withdraw => (!phase.is_final()).then_some(Phase::Withdrawn),
    }
}

/// What has a place in a phase: the verbs, in their order.
pub fn verbs_of(phase: Phase, track: &Track) -> Vec<Verb> {
    Verb::ALL.iter().copied().filter(|verb| route(*verb, phase, track).is_some()).collect()
}

/// A paper that a submission needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Paper {
    /// The management representation letter.
    Letter,
    /// The validated report agreement.
    Agreement,
    /// A reserved block of quality assurance.
    Reservation,
}

impl Paper {
    /// Every paper.
    pub const ALL: [Self; 3] = [Self::Letter, Self::Agreement, Self::Reservation];

    /// The word used in content.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Agreement => "agreement",
            Self::Reservation => "reservation",
        }
    }

    /// The verb that records it.
    pub fn verb(self) -> Verb {
        match self {
            Self::Letter => Verb::SignLetter,
            Self::Agreement => Verb::SignAgreement,
            Self::Reservation => Verb::ReserveQa,
        }
    }
}

/// The word is no paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no paper; use letter, agreement or reservation")]
pub struct UnknownPaper(pub String);

impl FromStr for Paper {
    type Err = UnknownPaper;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|p| p.as_str() == text);
        found.ok_or_else(|| UnknownPaper(text.chars().take(80).collect()))
    }
}

use attesta_assessment::{Purpose, Side};
use attesta_kernel::Date;

use crate::{FigureName, Gate, NoFigure, Paper, Phase, Subject, TermsError, Verb, Why};

/// Why an assessment does not move: what is missing, how to mend it, and who can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The verb has no place in this phase.
    #[error("`{verb}` has no place in phase `{phase}` of a {purpose} assessment")]
    NotHere {
        /// What was asked.
        verb: Verb,
        /// Where it stands.
        phase: Phase,
        /// What it is for.
        purpose: Purpose,
        /// What has a place here.
        instead: Vec<Verb>,
    },
    /// Somebody of another side asked.
    #[error("`{verb}` is an act of the {owner}'s side, and who asks is of the {side}'s")]
    WrongSide {
        /// What was asked.
        verb: Verb,
        /// Whose act it is.
        owner: Side,
        /// Who asks.
        side: Side,
    },
    /// Before the last event.
    #[error("{at} is before the last event on {last}")]
    BeforeLast {
        /// The day given.
        at: Date,
        /// The day of the last event.
        last: Date,
    },
    /// After today.
    #[error("{what} {at} is in the future; today is {today}")]
    InFuture {
        /// Which day.
        what: &'static str,
        /// The day given.
        at: Date,
        /// Today.
        today: Date,
    },
    /// A gate is shut.
    #[error("{what}")]
    Shut {
        /// Which.
        gate: Gate,
        /// What is missing, with its place.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// A gate could not be looked at.
    #[error("it is not known whether the gate `{gate}` is open: {why}")]
    Unseen {
        /// Which.
        gate: Gate,
        /// Why.
        why: String,
    },
    /// A reason, an answer or a wording is missing.
    #[error("`{0}` needs a reason")]
    NoReason(Verb),
    /// HITRUST's acts are told with a reference.
    #[error("`{0}` is an act of HITRUST's and needs its reference")]
    NoReference(Verb),
    /// A paper is missing.
    #[error("{}", missing(*.0))]
    NoPaper(Paper),
    /// The fieldwork never began.
    #[error("it is not told when the fieldwork began")]
    NoFieldwork,
    /// The fieldwork was too long.
    #[error("the fieldwork began on {began}, more than {days} days before the submission on {at}")]
    FieldworkTooLong {
        /// Its first day.
        began: Date,
        /// The day of the submission.
        at: Date,
        /// The most days.
        days: u32,
    },
    /// A day comes before another that it must follow.
    #[error("{what} {on} is before {earlier_what} {earlier}")]
    BeforeItsTime {
        /// Which day.
        what: &'static str,
        /// It.
        on: Date,
        /// What it must follow.
        earlier_what: &'static str,
        /// The day of that.
        earlier: Date,
    },
    /// The block is too far ahead.
    #[error("a block on {block} is more than {months} months ahead of {at}")]
    BlockTooFar {
        /// Its first day.
        block: Date,
        /// The day on which it was reserved.
        at: Date,
        /// The most months.
        months: u32,
    },
    /// The block began before the submission.
    #[error("the reserved block began on {block}, before the submission on {at}")]
    BlockMissed {
        /// Its first day.
        block: Date,
        /// The day of the submission.
        at: Date,
    },
    /// A window has not opened, or is closed.
    #[error("a {purpose} assessment is submitted from {opens} to {closes}, not on {at}")]
    OutsideWindow {
        /// What it is for.
        purpose: Purpose,
        /// The first day.
        opens: Date,
        /// The last day.
        closes: Date,
        /// The day given.
        at: Date,
    },
    /// The program of the prior certificate has no such assessment.
    #[error("a certificate of `{program}` has no {purpose} assessment")]
    NoSuchAssessment {
        /// The program.
        program: String,
        /// What it is for.
        purpose: Purpose,
    },
    /// The assessment does not say which certificate it goes back to.
    #[error("a {0} assessment goes back to a certificate, and none is told")]
    NoPrior(Purpose),
    /// The certificate expired before the letter.
    #[error("the letter of {signed} comes after the expiry of the certificate on {expiry}")]
    LetterAfterExpiry {
        /// When it was signed.
        signed: Date,
        /// When the certificate expired.
        expiry: Date,
    },
    /// There is no such task.
    #[error("there is no task {0}")]
    NoTask(u32),
    /// The task does not stand so that this could be done.
    #[error("task {number} is {stands}")]
    TaskStands {
        /// Its number.
        number: u32,
        /// How it stands.
        stands: &'static str,
    },
    /// Tasks are not done.
    #[error("tasks {} are not {needed}", list(.tasks))]
    TasksLeft {
        /// Their numbers.
        tasks: Vec<u32>,
        /// What they must be.
        needed: &'static str,
    },
    /// There is nothing to hand over.
    #[error("no task is open")]
    NoOpenTask,
    /// Something that was handed on or submitted is not as it was.
    #[error("`{path}` {how} since the last event on {since}; {} ({what})", .why.as_str())]
    Frozen {
        /// The file.
        path: Box<str>,
        /// What it holds.
        what: Subject,
        /// What happened to it.
        how: Drift,
        /// The day of the last event.
        since: Date,
        /// Why it may not.
        why: Why,
    },
    /// There is nothing to freeze.
    #[error("there is nothing to submit: no file of the assessment was given")]
    NothingToFreeze,
    /// The time for wording is over.
    #[error("the draft could be read until {until}, and {at} is after that")]
    DraftClosed {
        /// The last day.
        until: Date,
        /// The day given.
        at: Date,
    },
    /// The certificate does not stand so that this could be done.
    #[error("{0}")]
    Standing(&'static str),
    /// The assessment has no track on the day of its creation.
    #[error("content has no phases for a {purpose} assessment on {day}")]
    NoTrack {
        /// What it is for.
        purpose: Purpose,
        /// The day.
        day: Date,
    },
    /// Content says nothing of a program.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// Content lacks a figure.
    #[error(transparent)]
    NoFigure(#[from] NoFigure),
    /// A history that cannot grow: what is stored is not what could have happened.
    #[error("the stored history does not fit: {0}")]
    History(&'static str),
}

/// What happened to a frozen file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drift {
    /// Its bytes are others.
    Changed,
    /// It is gone.
    Missing,
    /// It was not there.
    Added,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Changed => "changed",
            Self::Missing => "is gone",
            Self::Added => "was added",
        })
    }
}

fn missing(paper: Paper) -> &'static str {
    match paper {
        Paper::Letter => "the management representation letter is not signed",
        Paper::Agreement => "the validated report agreement is not signed",
        Paper::Reservation => "no block of quality assurance is reserved",
    }
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Refusal {
    /// How to mend it.
    pub fn help(&self) -> String {
        match self {
            Self::NotHere { instead, .. } if instead.is_empty() => "nothing more can be done with it".to_owned(),
            Self::NotHere { instead, .. } => {
                let words: Vec<&str> = instead.iter().map(|v| v.as_str()).collect();
                format!("here one can {}", words.join(", "))
            }
            Self::WrongSide { owner, .. } => format!("let somebody of the {owner}'s side do it: --by PERSON"),
            Self::BeforeLast { .. } => "give the day on which it was done; events follow each other".to_owned(),
            Self::InFuture { .. } => "record what happened once it has".to_owned(),
            Self::Shut { mend, .. } => mend.clone(),
            Self::Unseen { .. } => "an unseen gate is never open; mend what kept it from being looked at".to_owned(),
            Self::NoReason(_) => "say why: --note TEXT".to_owned(),
            Self::NoReference(_) => {
                "give the letter, message or ticket by which HITRUST told it: --reference TEXT".to_owned()
            }
            Self::NoPaper(paper) => format!("record it with `{}`", paper.verb()),
            Self::NoFieldwork => format!("record it with `{}`", Verb::BeginFieldwork),
            Self::FieldworkTooLong { .. } => format!(
                "go back with `{}`, begin the fieldwork anew and test again what is too old",
                Verb::ReopenValidation
            ),
            Self::BeforeItsTime { .. } => "give the day on which it was done, or do it again now".to_owned(),
            Self::BlockTooFar { .. } => "reserve a nearer block".to_owned(),
            Self::BlockMissed { .. } => {
                format!("a missed submission loses the block; reserve another with `{}`", Verb::ReserveQa)
            }
            Self::OutsideWindow { opens, at, .. } if at < opens => "wait until the window opens".to_owned(),
            Self::OutsideWindow { .. } => "ask HITRUST; the window has closed".to_owned(),
            Self::NoSuchAssessment { .. } => "make a full validated assessment".to_owned(),
            Self::NoPrior(_) => "write `prior` in the assessment's file".to_owned(),
            Self::LetterAfterExpiry { .. } => "make a full validated assessment".to_owned(),
            Self::NoTask(_) => "name a task by its number; the state lists them".to_owned(),
            Self::TaskStands { .. } => "nothing needs to be done with it now".to_owned(),
            Self::TasksLeft { .. } => {
                format!("see to each: `{}`, then `{}`", Verb::AnswerTask, Verb::CloseTask)
            }
            Self::NoOpenTask => {
                format!("record what HITRUST asks with `{}`, or go on with `{}`", Verb::RaiseTask, Verb::FinishQa)
            }
            Self::Frozen { how: Drift::Added, .. } => {
                "take the file out again, until the phase in which it belongs".to_owned()
            }
            Self::Frozen { .. } => "put the file back as it was, until the phase in which it may change".to_owned(),
            Self::NothingToFreeze => "give the assessment's folder".to_owned(),
            Self::DraftClosed { .. } => format!("go on with `{}`", Verb::AcceptDraft),
            Self::Standing(_) => "look at the history of the certificate".to_owned(),
            Self::NoTrack { .. } | Self::Terms(_) | Self::NoFigure(_) => "use a content pack that has it".to_owned(),
            Self::History(_) => "put `lifecycle.yaml` back as it was; it is written by `advance` alone".to_owned(),
        }
    }

    /// Who can mend it, where one side alone can.
    pub fn mender(&self) -> Option<Side> {
        match self {
            Self::WrongSide { owner, .. } => Some(*owner),
            Self::Shut { gate, .. } => gate.mender(),
            Self::NoPaper(paper) => Some(paper.verb().side()),
            Self::NoFieldwork | Self::FieldworkTooLong { .. } | Self::BlockTooFar { .. } | Self::BlockMissed { .. } => {
                Some(Side::Assessor)
            }
            _ => None,
        }
    }

    /// The figure that shaped it, where one did: how sure it is must be shown.
    pub fn figure(&self) -> Option<FigureName> {
        match self {
            Self::FieldworkTooLong { .. } => Some(FigureName::Fieldwork),
            Self::BlockTooFar { .. } => Some(FigureName::ReservationHorizon),
            Self::DraftClosed { .. } => Some(FigureName::DraftReview),
            Self::OutsideWindow { purpose: Purpose::Interim, .. } => Some(FigureName::InterimWindow),
            Self::OutsideWindow { .. } => Some(FigureName::BridgeBefore),
            _ => None,
        }
    }
}

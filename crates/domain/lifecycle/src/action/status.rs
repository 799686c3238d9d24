use std::{fmt, str::FromStr};

use attesta_assessment::{ActionId, PersonId};
use attesta_kernel::Date;

use super::{Action, Note, Retest, RetestResult};

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Planned, nothing done yet.
    NotStarted,
    /// Under way.
    Started,
    /// Under way or planned, and its date is in danger.
    AtRisk,
    /// Done, and tested again.
    Completed,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::NotStarted, Self::Started, Self::AtRisk, Self::Completed];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not-started",
            Self::Started => "started",
            Self::AtRisk => "at-risk",
            Self::Completed => "completed",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no status of an action; use not-started, started, at-risk or completed")]
pub struct UnknownStatus(pub String);

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownStatus(text.chars().take(80).collect());
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or_else(unknown)
    }
}

/// What can be done with an action's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// It is planned.
    Plan,
    /// Work begins.
    Start,
    /// Its date is in danger.
    RaiseRisk,
    /// The danger is over.
    Recover,
    /// It is done and a retest passed.
    Complete,
    /// It was not done after all.
    Reopen,
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 6] = [Self::Plan, Self::Start, Self::RaiseRisk, Self::Recover, Self::Complete, Self::Reopen];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Start => "start",
            Self::RaiseRisk => "raise-risk",
            Self::Recover => "recover",
            Self::Complete => "complete",
            Self::Reopen => "reopen",
        }
    }

    /// The status to which it leads from another; none where it does not lead anywhere.
    pub fn leads(self, from: Option<Status>) -> Option<Status> {
        match (self, from) {
            (Self::Plan, None) => Some(Status::NotStarted),
            (Self::Start, None | Some(Status::NotStarted))
            | (Self::Recover, Some(Status::AtRisk))
            | (Self::Reopen, Some(Status::Completed)) => Some(Status::Started),
            (Self::RaiseRisk, Some(Status::NotStarted | Status::Started)) => Some(Status::AtRisk),
            (Self::Complete, Some(Status::Started | Status::AtRisk)) => Some(Status::Completed),
            _ => None,
        }
    }

    /// The moves that lead somewhere from a status.
    pub fn from(status: Option<Status>) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |m| m.leads(status).is_some())
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A move with what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// It is planned.
    Plan,
    /// Work begins.
    Start,
    /// Its date is in danger.
    RaiseRisk {
        /// Why.
        because: String,
    },
    /// The danger is over.
    Recover {
        /// Why.
        because: String,
    },
    /// It is done.
    Complete {
        /// The retest that shows it.
        retest: Retest,
    },
    /// It was not done after all.
    Reopen {
        /// Why.
        because: String,
    },
}

impl Command {
    /// The move that it makes.
    pub fn step(&self) -> Move {
        match self {
            Self::Plan => Move::Plan,
            Self::Start => Move::Start,
            Self::RaiseRisk { .. } => Move::RaiseRisk,
            Self::Recover { .. } => Move::Recover,
            Self::Complete { .. } => Move::Complete,
            Self::Reopen { .. } => Move::Reopen,
        }
    }
}

/// An action has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Which action.
    pub action: ActionId,
    /// How.
    pub step: Move,
    /// Where it stood.
    pub from: Option<Status>,
    /// Where it stands.
    pub to: Status,
    /// Who moved it.
    pub by: PersonId,
    /// When.
    pub on: Date,
}

/// Why an action cannot move so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The status does not allow it.
    #[error("an action that is {} cannot {step}; from here it can {}", word(*.from), moves(*.from))]
    NotFromHere {
        /// What was asked.
        step: Move,
        /// Where it stands.
        from: Option<Status>,
    },
    /// A reason is needed.
    #[error("`{0}` needs a reason")]
    NoReason(Move),
    /// What failed its retest is not done.
    #[error("the retest on {on} failed; mend and test again before it is complete")]
    RetestFailed {
        /// When.
        on: Date,
    },
    /// A retest that is still to come.
    #[error("the retest is dated {on}, after the day on which it is told ({told})")]
    RetestToCome {
        /// When.
        on: Date,
        /// The day of the command.
        told: Date,
    },
    /// Told for a day before the last thing that happened.
    #[error("it is told for {told}, but something happened later, on {last}")]
    Backwards {
        /// The day of the command.
        told: Date,
        /// The last note.
        last: Date,
    },
}

/// A status that does not follow from the one before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Jump {
    /// No move leads there.
    #[error("its notes go from {} to {to} on {on}, which no step leads to", word(*.from))]
    NoStep {
        /// Where it stood.
        from: Option<Status>,
        /// Where the note puts it.
        to: Status,
        /// When.
        on: Date,
    },
    /// Notes are not in the order of their days.
    #[error("its note of {on} stands after that of {before}")]
    OutOfOrder {
        /// The later line's day.
        on: Date,
        /// The earlier line's day.
        before: Date,
    },
    /// The last note and the status differ.
    #[error("its notes end at {notes}, but its status is {}", word(*.status))]
    Ends {
        /// What the notes say.
        notes: Status,
        /// What the action says.
        status: Option<Status>,
    },
}

fn word(status: Option<Status>) -> &'static str {
    status.map_or("without a status", Status::as_str)
}

fn moves(status: Option<Status>) -> String {
    Move::from(status).map(Move::as_str).collect::<Vec<_>>().join(", ")
}

impl Action {
    /// The action after a command, and what happened.
    ///
    /// # Errors
    ///
    /// When its status, the command's reason, its retest or its day does not allow it; then nothing changes.
    pub fn after(&self, command: Command, by: &PersonId, on: Date) -> Result<(Self, Moved), Refusal> {
        let (step, from) = (command.step(), self.status);
        let to = step.leads(from).ok_or(Refusal::NotFromHere { step, from })?;
        if let Some(last) = self.progress.iter().map(|n| n.on).max().filter(|last| on < *last) {
            return Err(Refusal::Backwards { told: on, last });
        }
        let mut next = self.clone();
        let says = match command {
            Command::Plan => "planned".to_owned(),
            Command::Start => "started".to_owned(),
            Command::RaiseRisk { because } | Command::Recover { because } | Command::Reopen { because } => {
                if because.trim().is_empty() {
                    return Err(Refusal::NoReason(step));
                }
                because
            }
            Command::Complete { retest } => {
                if retest.result == RetestResult::Failed {
                    return Err(Refusal::RetestFailed { on: retest.on });
                }
                if retest.on > on {
                    return Err(Refusal::RetestToCome { on: retest.on, told: on });
                }
                let says = format!("retest passed on {}", retest.on);
                next.retest = Some(retest);
                says
            }
        };
        if step == Move::Reopen {
            // What the old retest showed no longer holds.
            next.retest = None;
        }
        next.status = Some(to);
        next.progress.push(Note { on, by: by.clone(), says, status: Some(to) });
        let moved = Moved { action: self.id.clone(), step, from, to, by: by.clone(), on };
        Ok((next, moved))
    }

    /// Whether its notes tell a history that leads to its status. Notes without a status say nothing about it, and the first
    /// one that has a status may have any: nobody need write down how it began.
    ///
    /// # Errors
    ///
    /// The first step that does not follow.
    pub fn history(&self) -> Result<(), Jump> {
        let mut stands = None;
        let mut before: Option<Date> = None;
        for note in &self.progress {
            if let Some(before) = before.filter(|before| note.on < *before) {
                return Err(Jump::OutOfOrder { on: note.on, before });
            }
            before = Some(note.on);
            let Some(to) = note.status else { continue };
            let follows =
                stands.is_none() || stands == Some(to) || Move::ALL.iter().any(|m| m.leads(stands) == Some(to));
            if !follows {
                return Err(Jump::NoStep { from: stands, to, on: note.on });
            }
            stands = Some(to);
        }
        match stands {
            Some(notes) if self.status != stands => Err(Jump::Ends { notes, status: self.status }),
            _ => Ok(()),
        }
    }
}

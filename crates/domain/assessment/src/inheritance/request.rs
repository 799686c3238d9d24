use std::fmt;

use attesta_kernel::Date;
use attesta_scoring::Score;

use crate::{PersonId, Relation, RequirementKey, Side, SourceId};

/// The wish to use another assessment's result for one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The requirement here.
    pub requirement: RequirementKey,
    /// From where.
    pub source: SourceId,
    /// The requirement there, where it has another id (another CSF version).
    pub stands_for: Option<RequirementKey>,
    /// How much of the score it makes, in per cent, more than 0.
    pub weight: Score,
    /// How far it has come.
    pub state: RequestState,
}

/// How far a request has come; each state holds who brought it there and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestState {
    /// Written, and nobody was asked.
    Draft,
    /// The provider was asked.
    Submitted {
        /// By whom.
        by: PersonId,
        /// When.
        on: Date,
    },
    /// The provider agreed.
    Approved {
        /// By whom.
        by: PersonId,
        /// When.
        on: Date,
    },
    /// The provider did not agree.
    Rejected {
        /// By whom.
        by: PersonId,
        /// When.
        on: Date,
        /// Why.
        because: String,
    },
    /// It counts.
    Applied {
        /// By whom.
        by: PersonId,
        /// When.
        on: Date,
    },
    /// It was taken back.
    Withdrawn {
        /// By whom.
        by: PersonId,
        /// When.
        on: Date,
        /// Why.
        because: String,
    },
}

impl RequestState {
    /// The word used in files and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted { .. } => "submitted",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Applied { .. } => "applied",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// The day on which it came about; a draft has none.
    pub fn since(&self) -> Option<Date> {
        match self {
            Self::Draft => None,
            Self::Submitted { on, .. }
            | Self::Approved { on, .. }
            | Self::Rejected { on, .. }
            | Self::Applied { on, .. }
            | Self::Withdrawn { on, .. } => Some(*on),
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What can be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestCommand {
    /// Change the weight, before anybody was asked.
    Reweigh(Score),
    /// Ask the provider.
    Submit,
    /// The provider agrees.
    Approve,
    /// The provider does not agree.
    Reject(String),
    /// Let it count.
    Apply,
    /// Take it back.
    Withdraw(String),
}

impl RequestCommand {
    /// The word used on the command line.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Reweigh(_) => "reweigh",
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Reject(_) => "reject",
            Self::Apply => "apply",
            Self::Withdraw(_) => "withdraw",
        }
    }
}

/// What happened to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEvent {
    /// The word of the command.
    pub what: &'static str,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub on: Date,
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// Not from here.
    #[error("a request that is {state} cannot be {command}; {mend}")]
    NotFromHere {
        /// The state.
        state: &'static str,
        /// What was wanted.
        command: &'static str,
        /// What can be done.
        mend: &'static str,
    },
    /// Somebody of the other side decides that.
    #[error("to {command} a request is up to the {wanted}'s side; `{by}` is of the {side}'s")]
    NotTheirs {
        /// What was wanted.
        command: &'static str,
        /// Whose it is.
        wanted: Side,
        /// Who tried.
        by: PersonId,
        /// Their side.
        side: Side,
    },
    /// A reason is needed.
    #[error("to {0} a request needs a reason; give it with --because")]
    NoReason(&'static str),
    /// Time runs forwards.
    #[error("{on} is before {since}, when the request became {state}")]
    BeforeItsTime {
        /// The day that was given.
        on: Date,
        /// The day of the state.
        since: Date,
        /// The state.
        state: &'static str,
    },
    /// A weight of nothing.
    #[error("a weight of 0 inherits nothing; give more, or withdraw the request")]
    NoWeight,
}

impl Request {
    /// Does one thing with the request.
    ///
    /// An internal source needs nobody's approval and is applied from the draft; an external one goes to the provider
    /// first. The weight is fixed once the provider was asked.
    ///
    /// # Errors
    ///
    /// Why it cannot be done.
    pub fn act(
        &self,
        command: &RequestCommand,
        relation: Relation,
        by: &PersonId,
        side: Side,
        on: Date,
    ) -> Result<(Self, RequestEvent), RequestRefusal> {
        let (weight, state) = self.next(command, relation, by, side, on)?;
        let event = RequestEvent { what: command.as_str(), by: by.clone(), on };
        Ok((Self { weight, state, ..self.clone() }, event))
    }

    fn next(
        &self,
        command: &RequestCommand,
        relation: Relation,
        by: &PersonId,
        side: Side,
        on: Date,
    ) -> Result<(Score, RequestState), RequestRefusal> {
        let wanted = match command {
            RequestCommand::Approve | RequestCommand::Reject(_) => Side::Provider,
            _ => Side::Entity,
        };
        if side != wanted {
            return Err(RequestRefusal::NotTheirs { command: command.as_str(), wanted, by: by.clone(), side });
        }
        if let Some(since) = self.state.since().filter(|since| on < *since) {
            return Err(RequestRefusal::BeforeItsTime { on, since, state: self.state.as_str() });
        }
        if let RequestCommand::Reject(because) | RequestCommand::Withdraw(because) = command
            && because.trim().is_empty()
        {
            return Err(RequestRefusal::NoReason(command.as_str()));
        }
        if matches!(command, RequestCommand::Reweigh(weight) if *weight == Score::ZERO) || self.weight == Score::ZERO {
            return Err(RequestRefusal::NoWeight);
        }
        let by = by.clone();
        let state = match (&self.state, command, relation) {
            (RequestState::Draft, RequestCommand::Reweigh(weight), _) => return Ok((*weight, RequestState::Draft)),
            (RequestState::Draft, RequestCommand::Submit, Relation::External) => RequestState::Submitted { by, on },
            (RequestState::Draft, RequestCommand::Apply, Relation::Internal)
            | (RequestState::Approved { .. }, RequestCommand::Apply, _) => RequestState::Applied { by, on },
            (RequestState::Submitted { .. }, RequestCommand::Approve, _) => RequestState::Approved { by, on },
            (RequestState::Submitted { .. }, RequestCommand::Reject(because), _) => {
                RequestState::Rejected { by, on, because: because.clone() }
            }
            (
                RequestState::Draft
                | RequestState::Submitted { .. }
                | RequestState::Approved { .. }
                | RequestState::Applied { .. },
                RequestCommand::Withdraw(because),
                _,
            ) => RequestState::Withdrawn { by, on, because: because.clone() },
            (state, command, relation) => {
                let mend = match (state, relation) {
                    (RequestState::Draft, Relation::Internal) => "apply, reweigh or withdraw it",
                    (RequestState::Draft, Relation::External) => "submit, reweigh or withdraw it",
                    (RequestState::Submitted { .. }, _) => "the provider approves or rejects it, or it is withdrawn",
                    (RequestState::Approved { .. }, _) => "apply or withdraw it",
                    (RequestState::Applied { .. }, _) => "withdraw it",
                    (RequestState::Rejected { .. } | RequestState::Withdrawn { .. }, _) => "make a new request",
                };
                let command = match command {
                    RequestCommand::Reweigh(_) => "reweighed",
                    RequestCommand::Submit => "submitted",
                    RequestCommand::Approve => "approved",
                    RequestCommand::Reject(_) => "rejected",
                    RequestCommand::Apply => "applied",
                    RequestCommand::Withdraw(_) => "withdrawn",
                };
                return Err(RequestRefusal::NotFromHere { state: state.as_str(), command, mend });
            }
        };
        Ok((self.weight, state))
    }
}

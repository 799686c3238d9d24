//! Exit codes as a type: "could not check" must never look like "checked".

use std::{fmt, process::ExitCode};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked holds.
    Met,
    /// It ran, and found something.
    Findings,
    /// The command line makes no sense (clap uses the same code).
    Usage,
    /// It could not be evaluated, in whole or in part.
    NotEvaluated,
    /// What is stored or shown is not what it should be: something was changed.
    Integrity,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Met => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::NotEvaluated => 3,
            Exit::Integrity => 4,
        })
    }
}

impl From<attesta_desk::Kind> for Exit {
    fn from(kind: attesta_desk::Kind) -> Self {
        use attesta_desk::Kind;
        match kind {
            Kind::NotFound | Kind::BadInput => Self::Usage,
            Kind::Refused => Self::Findings,
            Kind::Unknown | Kind::Conflict => Self::NotEvaluated,
            Kind::Tampered => Self::Integrity,
        }
    }
}

impl From<attesta_desk::Failure> for Failure {
    fn from(failure: attesta_desk::Failure) -> Self {
        Self { help: failure.help, ..Self::many(failure.kind.into(), &failure.complaints) }
    }
}

/// Why a command could not go on.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What is wrong, one entry each, places first.
    pub(crate) messages: Vec<String>,
    /// How to mend it.
    pub(crate) help: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, messages: vec![message.into()], help: None }
    }

    pub(crate) fn many<T: fmt::Display>(exit: Exit, messages: &[T]) -> Self {
        Self { exit, messages: messages.iter().map(T::to_string).collect(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<attesta_watch::WatchError> for Failure {
    fn from(error: attesta_watch::WatchError) -> Self {
        use attesta_watch::WatchError::{Content, History, NotSeen, State};
        match error {
            Content(faults) => Self::many(Exit::NotEvaluated, &faults),
            History(error) => crate::history::failure(error),
            error @ State { .. } => Self::new(Exit::NotEvaluated, error.to_string())
                .help("bring back a copy, or move the file away: what holds now is then taken as known"),
            NotSeen(what) => Self::new(Exit::NotEvaluated, what),
        }
    }
}

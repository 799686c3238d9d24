//! Why something could not be done, for whoever has to say it: an exit code or a status of HTTP is chosen outside.

use std::fmt;

use attesta_catalog::Fault;
use attesta_kernel::Place;

/// What sort of no it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for is not there.
    NotFound,
    /// What was asked makes no sense.
    BadInput,
    /// It makes sense, but may not be done as things stand.
    Refused,
    /// What is stored cannot be read, or nothing can be worked out from it: nothing is known, so nothing passes.
    Unknown,
    /// Somebody else changed it meanwhile.
    Conflict,
    /// What commands alone write was changed by hand.
    Tampered,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file, and the line where it is known.
    pub place: Option<Place>,
    /// What is wrong: lower case, no full stop, input in backticks.
    pub message: String,
    /// How to mend it.
    pub mend: Option<String>,
}

/// Why something could not be done; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What sort of no it is.
    pub kind: Kind,
    /// What is wrong, all of it.
    pub complaints: Vec<Complaint>,
    /// How to mend it as a whole.
    pub help: Option<String>,
}

impl Failure {
    /// A failure with one complaint, without a place.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, complaints: vec![Complaint::from(message.into())], help: None }
    }

    /// Every fault.
    pub fn of(kind: Kind, faults: impl IntoIterator<Item = impl Into<Complaint>>) -> Self {
        Self { kind, complaints: faults.into_iter().map(Into::into).collect(), help: None }
    }

    /// With what mends it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// All complaints on one line.
    pub fn says(&self) -> String {
        self.complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl From<Fault> for Complaint {
    fn from(fault: Fault) -> Self {
        Self { place: Some(fault.place), message: fault.message, mend: fault.help }
    }
}

impl From<String> for Complaint {
    fn from(message: String) -> Self {
        Self { place: None, message, mend: None }
    }
}

/// Faults of what is stored.
impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Self {
        Self::of(Kind::Unknown, faults)
    }
}

/// A fault of what is stored.
impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::of(Kind::Unknown, [fault])
    }
}

/// Things that say what is wrong without a place.
pub(crate) fn unknown<T: fmt::Display>(what: &[T]) -> Failure {
    Failure::of(Kind::Unknown, what.iter().map(ToString::to_string))
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.mend {
            Some(mend) => write!(f, " (help: {mend})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says())?;
        match &self.help {
            Some(help) => write!(f, " (help: {help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

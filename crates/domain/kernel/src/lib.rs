//! The words that every other room uses: typed ids, severities, confidence, citations, digests, exact shares.
//!
//! It will never read a clock, a file or a random source, and it knows nothing about any framework's content.

mod citation;
mod confidence;
mod control_ref;
mod counted;
mod digest;
mod id;
mod requirement_id;
mod severity;
mod share;
#[doc(hidden)]
pub mod sortable;

pub use citation::{Citation, CitationError};
pub use confidence::{Confidence, Provenance};
pub use control_ref::{ControlRef, ControlRefError};
pub use counted::many;
pub use digest::{Digest, DigestError};
pub use id::{ElementId, IdError, PolicyId, StatementId};
pub use jiff::{Timestamp, civil::Date};
pub use requirement_id::{FactorType, RequirementId, RequirementIdError, RequirementLevel, SpecificationItems};
pub use severity::{Severity, UnknownSeverity};
pub use share::Share;

/// Where a piece of content stands: the file, and the line (from 1) where the format has lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// The file's path as the reader would type it.
    pub file: String,
    /// The line, counted from 1; `None` where the format has no lines.
    pub line: Option<u32>,
}

impl Place {
    /// A place in `file` at `line`.
    pub fn new(file: impl Into<String>, line: impl Into<Option<u32>>) -> Self {
        Self { file: file.into(), line: line.into() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => write!(f, "{}", self.file),
        }
    }
}

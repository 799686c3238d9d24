use std::path::PathBuf;

use attesta_disk::DiskError;
use attesta_kernel::Timestamp;
use attesta_posture::{RunId, SourceName};

/// What went wrong with a history. Nothing was kept, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The disk said no.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// There is no history.
    #[error("{} holds no history", .0.display())]
    None(PathBuf),
    /// The folder holds something else.
    #[error("{} holds something else than a history", .0.display())]
    Taken(PathBuf),
    /// Another process writes.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// It was made by another version.
    #[error("{place}: {why}")]
    Foreign {
        /// Which file.
        place: String,
        /// Why it cannot be read.
        why: String,
    },
    /// What is kept is not what was kept.
    #[error("{place}: {what}")]
    Damaged {
        /// Which file.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// No such run.
    #[error("there is no `{0}`")]
    NoRun(RunId),
    /// Runs of a source follow each other.
    #[error("{at} is not after {last}, when the last run of `{from}` looked ({run})")]
    NotAfter {
        /// The time that was given.
        at: Timestamp,
        /// When the last run looked.
        last: Timestamp,
        /// Of which source.
        from: SourceName,
        /// Which run.
        run: RunId,
    },
    /// More than a run may hold.
    #[error("{what} is more than a run may hold ({most})")]
    TooBig {
        /// What.
        what: &'static str,
        /// How much it may be.
        most: u64,
    },
    /// It may be kept or not: the step that makes it so went wrong half-way.
    #[error("the run may be kept or not, see `attesta history list`: {0}")]
    Uncertain(DiskError),
}

impl HistoryError {
    pub(crate) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
    }

    /// Whether it tells of kept things that are not what they were.
    pub fn is_integrity(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

use std::{
    io,
    path::{Path, PathBuf},
};

use attesta_ledger::{CheckpointError, LeafError, TileError};

/// What went wrong with a vault. Errors say whether anything was stored: nothing was, unless they say so.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk said no.
    #[error("{}: cannot {what}: {error}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no vault.
    #[error("{} holds no vault", .0.display())]
    None(PathBuf),
    /// There is one already.
    #[error("{} holds a vault already", .0.display())]
    Exists(PathBuf),
    /// Another process writes.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The vault is of another version.
    #[error("{}: {why}", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Why it cannot be read.
        why: String,
    },
    /// What is stored is not what was stored.
    #[error("{place}: {what}")]
    Damaged {
        /// Which file or entry.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// A checkpoint that is asked for was not kept.
    #[error("the checkpoint of {0} leaves was not kept; `attesta ledger checkpoint` keeps the newest")]
    NotKept(u64),
    /// A checkpoint is older than what it should prove.
    #[error("it is leaf {index}, and the checkpoint covers {size} leaves")]
    NotCovered {
        /// The leaf's number.
        index: u64,
        /// How many leaves the checkpoint covers.
        size: u64,
    },
    /// The file is too big.
    #[error("it is bigger than {0} bytes")]
    TooBig(u64),
    /// It cannot be logged.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// It was stored, and then something went wrong: the next command that writes finishes what is left to do.
    #[error("it is stored, but not yet in the checkpoint: {0}")]
    StoredNotPublished(Box<Self>),
    /// It may be stored or not: the step that makes it so went wrong half-way.
    #[error("it may be stored or not, see `attesta evidence list`: {0}")]
    Uncertain(Box<Self>),
}

impl VaultError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { what, path, error }
    }

    pub(crate) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
    }

    /// Whether it tells of stored things that are not what they were.
    pub fn is_integrity(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::StoredNotPublished(inner) | Self::Uncertain(inner) => inner.is_integrity(),
            _ => false,
        }
    }
}

impl From<TileError> for VaultError {
    fn from(error: TileError) -> Self {
        Self::Damaged { place: error.path, what: error.why }
    }
}

impl From<CheckpointError> for VaultError {
    fn from(error: CheckpointError) -> Self {
        Self::damaged("checkpoint", error.to_string())
    }
}

impl From<attesta_disk::DiskError> for VaultError {
    fn from(error: attesta_disk::DiskError) -> Self {
        let attesta_disk::DiskError { what, path, error } = error;
        Self::Io { what, path, error }
    }
}

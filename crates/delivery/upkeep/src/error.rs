use std::path::{Path, PathBuf};

/// Why something could not be kept, taken or checked.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// It makes no sense as it was asked for; nothing was changed.
    #[error("{what}")]
    Refused {
        /// What is wrong.
        what: String,
        /// How to mend it.
        help: String,
    },
    /// What was read is not what was written; nothing was changed.
    #[error("{place}: {what}")]
    Damaged {
        /// Where.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// A file cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] attesta_store::StoreError),
    /// Where evidence bytes are kept.
    #[error(transparent)]
    Blobs(#[from] attesta_blobs::BlobError),
    /// The keys that seal secrets.
    #[error(transparent)]
    Seal(#[from] attesta_identity::SealError),
    /// The disk.
    #[error(transparent)]
    Disk(#[from] attesta_disk::DiskError),
}

impl UpkeepError {
    /// Whether integrity is lost, and not merely something in the way.
    pub fn is_integrity(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. }
                | Self::Store(attesta_store::StoreError::Damaged { .. })
                | Self::Blobs(attesta_blobs::BlobError::Changed { .. })
        )
    }

    /// How to mend it, where that can be said.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Refused { help, .. } if !help.is_empty() => Some(help),
            _ => None,
        }
    }

    pub(crate) fn refused(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), help: help.into() }
    }

    pub(crate) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), what: what.into() }
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

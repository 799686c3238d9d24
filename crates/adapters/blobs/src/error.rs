use std::{error::Error, io};

use attesta_kernel::Digest;

use crate::AddressError;

/// The bytes could not be kept, read or taken on.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The address says no place.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// An id that could leave its place.
    #[error("`{text}` is no {what}; write 1 to 64 letters, digits, `_` or `-`")]
    Name {
        /// What was meant to be named.
        what: &'static str,
        /// What was written, cut.
        text: String,
    },
    /// No such upload.
    #[error("there is no upload `{0}`: it was finished, abandoned or swept long ago; begin another")]
    NoUpload(String),
    /// The upload exists already.
    #[error("upload `{0}` was begun before; go on with it, or choose another id")]
    Begun(String),
    /// No bytes with this digest.
    #[error("no bytes with the digest `{0}` are kept here")]
    NotFound(Digest),
    /// The bytes do not go on where the upload stands.
    #[error("the upload stands at byte {expected}; go on from there")]
    Offset {
        /// The offset at which to go on.
        expected: u64,
    },
    /// The upload is being finished, or was.
    #[error("upload `{0}` takes no more bytes: it is being finished")]
    Sealed(String),
    /// Not all that was announced has come.
    #[error("{have} of {declared} bytes have come; send the rest first")]
    Incomplete {
        /// What has come.
        have: u64,
        /// What was announced.
        declared: u64,
    },
    /// More bytes than were announced, or than are allowed.
    #[error("more than {limit} bytes; send less, or raise the limit")]
    TooLarge {
        /// How many there may be.
        limit: u64,
    },
    /// The upload came in too many pieces.
    #[error("the upload came in more than {limit} pieces; send larger ones")]
    TooManyChunks {
        /// How many there may be.
        limit: u32,
    },
    /// The sender stopped; what came before it did is kept.
    #[error("the sender stopped ({why}); the upload stands at byte {offset}")]
    Interrupted {
        /// The offset at which to go on.
        offset: u64,
        /// What was heard of it.
        why: String,
    },
    /// A range outside the bytes.
    #[error("the range starts at {start} or is empty, and there are {size} bytes")]
    Range {
        /// Where it starts.
        start: u64,
        /// How many bytes there are.
        size: u64,
    },
    /// The bytes are not those that were stored.
    #[error("what stands under `{expected}` has the digest `{found}`: the store lost or changed bytes")]
    Changed {
        /// What was asked for.
        expected: Digest,
        /// What was read.
        found: Digest,
    },
    /// What the store keeps about an upload cannot be read.
    #[error("`{0}` in the blob store cannot be read as what it should be")]
    Damaged(String),
    /// No room is left.
    #[error("the blob store has no room left ({0}); nothing half-written stays visible: make room and send again")]
    Full(String),
    /// The store said no.
    #[error("the blob store cannot {what}: {source}")]
    Store {
        /// What was tried.
        what: &'static str,
        /// What it says.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl BlobError {
    /// Makes an error of what the store says; a full disk is told apart.
    pub(crate) fn store(what: &'static str) -> impl Fn(object_store::Error) -> Self {
        move |error| Self::of(what, error.into())
    }

    pub(crate) fn of(what: &'static str, source: Box<dyn Error + Send + Sync>) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(source.as_ref());
        while let Some(error) = cause {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
                return Self::Full(error.to_string());
            }
            cause = error.source();
        }
        Self::Store { what, source }
    }
}

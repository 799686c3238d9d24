use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use attesta_kernel::{Digest, Timestamp};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};

use crate::{BlobError, TenantBlobs, place::length, whole::hashed};

/// How much is read at once from a folder.
const PIECE: u64 = 256 << 10;

/// Bytes on their way.
pub struct Reading {
    /// How many the blob has.
    pub size: u64,
    /// Which of them come.
    pub range: Range<u64>,
    /// They themselves. Where the whole blob is read, it ends with [`BlobError::Changed`] unless its digest is right.
    pub bytes: BoxStream<'static, Result<Bytes, BlobError>>,
}

/// What hashing a blob again showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It is what its digest says.
    Right {
        /// How many bytes.
        size: u64,
    },
    /// It is not.
    Changed {
        /// What it is.
        found: Digest,
        /// How many bytes.
        size: u64,
    },
    /// It is not there.
    Missing,
}

impl TenantBlobs {
    /// Reads a blob, or a range of it; an end behind the last byte is the last byte.
    ///
    /// # Errors
    ///
    /// When it is not here, or the range begins behind it.
    pub async fn read(&self, digest: &Digest, range: Option<Range<u64>>) -> Result<Reading, BlobError> {
        let path = self.path(digest);
        let Some(range) = range else {
            let got = self.get(digest, self.blobs.store.get(&path).await)?;
            let (size, range) = (got.meta.size, got.range.clone());
            let bytes = judged(*digest, pieces(got)).boxed();
            return Ok(Reading { size, range, bytes });
        };
        let size = self.exists(digest).await?.ok_or(BlobError::NotFound(*digest))?;
        if range.start >= size || range.start >= range.end {
            return Err(BlobError::Range { start: range.start, size });
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let got = self.get(digest, self.blobs.store.get_opts(&path, options).await)?;
        let range = got.range.clone();
        Ok(Reading { size, range, bytes: pieces(got).boxed() })
    }

    /// The first bytes of a blob, at most so many.
    ///
    /// # Errors
    ///
    /// When it is not here.
    pub async fn head(&self, digest: &Digest, most: u64) -> Result<Bytes, BlobError> {
        if self.exists(digest).await?.ok_or(BlobError::NotFound(*digest))?.min(most) == 0 {
            return Ok(Bytes::new());
        }
        let reading = self.read(digest, Some(0..most)).await?;
        let parts: Vec<Bytes> = reading.bytes.try_collect().await?;
        Ok(parts.concat().into())
    }

    /// How many bytes are kept under a digest; `None` when none are.
    ///
    /// # Errors
    ///
    /// When the store does not answer.
    pub async fn exists(&self, digest: &Digest) -> Result<Option<u64>, BlobError> {
        match self.blobs.store.head(&self.path(digest)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(BlobError::store("look for a blob")(error)),
        }
    }

    /// Hashes a blob again.
    ///
    /// # Errors
    ///
    /// When it cannot be read: that says nothing about it.
    pub async fn verify(&self, digest: &Digest) -> Result<Check, BlobError> {
        let got = match self.blobs.store.get(&self.path(digest)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(Check::Missing),
            got => self.get(digest, got)?,
        };
        let (mut hasher, mut size) = (Sha256::new(), 0);
        let mut bytes = pieces(got).boxed();
        while let Some(piece) = bytes.try_next().await? {
            size += length(piece.len());
            hasher = hashed(hasher, piece.into()).await?;
        }
        let found = Digest::from_bytes(hasher.finalize().into());
        Ok(if found == *digest { Check::Right { size } } else { Check::Changed { found, size } })
    }

    /// Removes a blob. That it was not there is no error: it is gone either way.
    ///
    /// # Errors
    ///
    /// When the store says no.
    pub async fn remove(&self, digest: &Digest) -> Result<(), BlobError> {
        match self.blobs.store.delete(&self.path(digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(BlobError::store("remove a blob")(error)),
        }
    }

    /// Every blob of the organisation with its size, in no order: for an audit of what nobody names.
    pub fn all(&self) -> BoxStream<'static, Result<(Digest, u64), BlobError>> {
        self.kept_before(Timestamp::MAX)
    }

    /// Those that were kept before a moment, by the store's clock.
    pub fn kept_before(&self, before: Timestamp) -> BoxStream<'static, Result<(Digest, u64), BlobError>> {
        let listing = self.blobs.store.list(Some(&self.kept()));
        let listing = listing.try_filter(move |object| {
            std::future::ready(object.last_modified.timestamp_millis() < before.as_millisecond())
        });
        let blobs = listing.map(|object| {
            let object = object.map_err(BlobError::store("list blobs"))?;
            let mut parts: Vec<String> = object.location.parts().map(|part| part.as_ref().to_owned()).collect();
            let (rest, two) = (parts.pop().unwrap_or_default(), parts.pop().unwrap_or_default());
            let digest = format!("{two}{rest}").parse();
            Ok((digest.map_err(|_| BlobError::Damaged(object.location.to_string()))?, object.size))
        });
        blobs.boxed()
    }

    fn get(&self, digest: &Digest, got: object_store::Result<GetResult>) -> Result<GetResult, BlobError> {
        got.map_err(|error| match error {
            object_store::Error::NotFound { .. } => BlobError::NotFound(*digest),
            error => BlobError::store("read a blob")(error),
        })
    }
}

/// The bytes of an answer. Files are read in larger pieces than `object_store` does, which asks a thread for every 8 KiB.
pub(crate) fn pieces(got: GetResult) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static {
    let range = got.range.clone();
    match got.payload {
        GetResultPayload::Stream(bytes) => bytes.map_err(BlobError::store("read a blob")).boxed(),
        GetResultPayload::File(file, _) => stream::try_unfold((file, range.start, range.end), |(file, at, end)| {
            let task = tokio::task::spawn_blocking(move || file_piece(file, at, end));
            async move {
                let read = task.await.map_err(|e| BlobError::of("read a blob", e.into()))?;
                let (file, bytes) = read.map_err(|e| BlobError::of("read a blob", e.into()))?;
                let at = at + length(bytes.len());
                Ok((!bytes.is_empty()).then_some((bytes, (file, at, end))))
            }
        })
        .boxed(),
    }
}

fn file_piece(mut file: File, at: u64, end: u64) -> std::io::Result<(File, Bytes)> {
    let wanted = end.saturating_sub(at).min(PIECE);
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
    file.seek(SeekFrom::Start(at))?;
    (&mut file).take(wanted).read_to_end(&mut bytes)?;
    if length(bytes.len()) < wanted {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok((file, bytes.into()))
}

/// Passes bytes on, and ends with an error unless they are what the digest says.
fn judged(
    digest: Digest,
    bytes: impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static {
    let start = Some((Box::pin(bytes), Sha256::new()));
    stream::try_unfold(start, move |state| async move {
        let Some((mut bytes, hasher)) = state else { return Ok(None) };
        if let Some(piece) = bytes.try_next().await? {
            let hasher = hashed(hasher, piece.clone().into()).await?;
            return Ok(Some((piece, Some((bytes, hasher)))));
        }
        let found = Digest::from_bytes(hasher.finalize().into());
        if found == digest { Ok(None) } else { Err(BlobError::Changed { expected: digest, found }) }
    })
}

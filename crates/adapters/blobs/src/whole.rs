use attesta_evidence::{Media, media_type};
use attesta_kernel::Digest;
use bytes::Bytes;
use object_store::{ObjectStoreExt as _, PutPayload, WriteMultipart, path::Path};
use sha2::{Digest as _, Sha256};

use crate::{BlobError, TenantBlobs, place::length};

/// How many of the first bytes are handed back, to see what they are.
pub const HEAD: usize = 64 << 10;

/// Parts in which a large blob is written; S3 takes none under 5 MiB but the last.
const PART: usize = 5 << 20;

/// From this size on, hashing would hold up others on the same thread.
const LONG: usize = 256 << 10;

/// Bytes that are kept: durable, whole, under their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Their digest.
    pub digest: Digest,
    /// How many.
    pub size: u64,
    /// The first of them, at most [`HEAD`].
    pub head: Bytes,
    /// Whether the organisation had them already.
    pub here: bool,
}

impl Receipt {
    /// What they are, by their content alone.
    pub fn media(&self) -> Media {
        media_type(&self.head, length(self.head.len()) == self.size)
    }

    /// The first bytes as text, where they are text: what is looked through for suspicions of PHI.
    pub fn text(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.media().is_text.then(|| String::from_utf8_lossy(&self.head))
    }
}

/// A blob that is being written under a name of its own; when its digest is known, it takes its place.
pub(crate) struct Whole {
    path: Path,
    writer: WriteMultipart,
    hasher: Sha256,
    size: u64,
    head: Vec<u8>,
}

impl Whole {
    pub(crate) async fn start(place: &TenantBlobs) -> Result<Self, BlobError> {
        let path = place.incoming()?;
        let upload = place.blobs.store.put_multipart(&path).await.map_err(BlobError::store("begin a blob"))?;
        let writer = WriteMultipart::new_with_chunk_size(upload, PART);
        Ok(Self { path, writer, hasher: Sha256::new(), size: 0, head: Vec::new() })
    }

    /// Takes bytes on as they come, in parts: they are hashed and handed on, and not copied.
    pub(crate) async fn put(mut self, payload: PutPayload) -> Result<Self, BlobError> {
        for part in &payload {
            let wanted = HEAD.saturating_sub(self.head.len()).min(part.len());
            self.head.extend_from_slice(part.get(..wanted).unwrap_or_default());
        }
        self.size += length(payload.content_length());
        self.hasher = hashed(self.hasher, payload.clone()).await?;
        if let Err(error) = self.writer.wait_for_capacity(2).await {
            let error = BlobError::store("write a blob")(error);
            let _ = self.writer.abort().await;
            return Err(error);
        }
        for part in payload {
            self.writer.put(part);
        }
        Ok(self)
    }

    pub(crate) async fn drop_it(self) {
        let _ = self.writer.abort().await;
    }

    /// Makes it durable and puts it under its digest.
    pub(crate) async fn place(self, place: &TenantBlobs) -> Result<Receipt, BlobError> {
        self.writer.finish().await.map_err(BlobError::store("write a blob"))?;
        let digest = Digest::from_bytes(self.hasher.finalize().into());
        let store = &place.blobs.store;
        let here = place.exists(&digest).await? == Some(self.size);
        if here {
            // What stays when this fails is swept.
            let _ = store.delete(&self.path).await;
        } else {
            let moved = store.rename(&self.path, &place.path(&digest)).await;
            moved.map_err(BlobError::store("put a blob in its place"))?;
        }
        Ok(Receipt { digest, size: self.size, head: self.head.into(), here })
    }
}

impl TenantBlobs {
    /// Keeps bytes that are in memory.
    pub(crate) async fn place_bytes(&self, bytes: Bytes) -> Result<Receipt, BlobError> {
        let digest = Digest::from_bytes(hashed(Sha256::new(), bytes.clone().into()).await?.finalize().into());
        let size = length(bytes.len());
        let here = self.exists(&digest).await? == Some(size);
        let head = bytes.slice(..HEAD.min(bytes.len()));
        if !here {
            let put = self.blobs.store.put(&self.path(&digest), bytes.into()).await;
            put.map_err(BlobError::store("keep a blob"))?;
        }
        Ok(Receipt { digest, size, head, here })
    }
}

/// Goes on hashing, on a thread where that holds up nobody.
pub(crate) async fn hashed(mut hasher: Sha256, payload: PutPayload) -> Result<Sha256, BlobError> {
    let is_short = payload.content_length() < LONG;
    let all = move || {
        payload.iter().for_each(|part| hasher.update(part));
        hasher
    };
    if is_short {
        return Ok(all());
    }
    tokio::task::spawn_blocking(all).await.map_err(|e| BlobError::of("hash bytes", e.into()))
}

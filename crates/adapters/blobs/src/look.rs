use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use attesta_kernel::Digest;
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use tokio::runtime::Handle;

use crate::{
    ArchiveLimits, ArchiveRefusal, BlobError, Contents, TenantBlobs,
    archive::{inspect, is_archive},
    place::length,
};

/// What looking into a blob showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspected {
    /// It is no archive.
    NoArchive,
    /// It is one, within the limits.
    Archive(Contents),
    /// It is one that should not be taken.
    Refused(ArchiveRefusal),
}

impl TenantBlobs {
    /// Looks into a blob that may be an archive, in the store where it lies: nothing is unpacked to disk.
    ///
    /// # Errors
    ///
    /// When it cannot be read: that says nothing about it.
    pub async fn inspect(&self, digest: &Digest, limits: ArchiveLimits) -> Result<Inspected, BlobError> {
        if !is_archive(&self.head(digest, 4).await?) {
            return Ok(Inspected::NoArchive);
        }
        let size = self.exists(digest).await?.ok_or(BlobError::NotFound(*digest))?;
        let mut reader = Remote {
            store: self.blobs.store.clone(),
            path: self.path(digest),
            runtime: Handle::current(),
            size,
            at: 0,
            block: None,
            failed: None,
        };
        let looking = tokio::task::spawn_blocking(move || {
            let looked = inspect(&mut reader, &limits);
            (looked, reader.failed)
        });
        match looking.await.map_err(|e| BlobError::of("look into an archive", e.into()))? {
            (_, Some(error)) => Err(BlobError::store("read an archive")(error)),
            (Ok(contents), None) => Ok(Inspected::Archive(contents)),
            (Err(refusal), None) => Ok(Inspected::Refused(refusal)),
        }
    }
}

/// How much is read at once.
const BLOCK: u64 = 256 << 10;

/// A blob as a file to walk about in. It is used on a thread that may wait.
struct Remote {
    store: Arc<dyn ObjectStore>,
    path: Path,
    runtime: Handle,
    size: u64,
    at: u64,
    block: Option<(u64, Bytes)>,
    /// What the store said, which is nothing that the archive did wrong.
    failed: Option<object_store::Error>,
}

impl Read for Remote {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let start = self.at - self.at % BLOCK;
        let block = match self.block.take() {
            Some((at, block)) if at == start => block,
            _ => {
                let range = start..self.size.min(start + BLOCK);
                match self.runtime.block_on(self.store.get_range(&self.path, range)) {
                    Ok(block) => block,
                    Err(error) => {
                        self.failed = Some(error);
                        return Err(io::Error::other("the blob store does not answer"));
                    }
                }
            }
        };
        let skip = usize::try_from(self.at - start).unwrap_or(usize::MAX);
        let here = block.get(skip..).unwrap_or_default();
        let read = here.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), here.get(..read)) {
            to.copy_from_slice(from);
        }
        self.at += length(read);
        self.block = Some((start, block));
        Ok(read)
    }
}

impl Seek for Remote {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

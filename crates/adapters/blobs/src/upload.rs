use std::{error::Error, pin::pin};

use attesta_kernel::{Digest, Timestamp};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{ObjectStoreExt as _, PutPayload};

use crate::{
    BlobError, Receipt, TenantBlobs,
    place::length,
    read::pieces,
    staged::{Done, Staged},
    whole::{HEAD, Whole},
};

/// How an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// How many bytes were announced.
    pub declared: Option<u64>,
    /// How many are durable: where to go on.
    pub offset: u64,
    /// In how many pieces.
    pub chunks: u32,
    /// When it last changed, by the store's clock.
    pub touched: Timestamp,
    /// Whether it takes more.
    pub phase: Phase,
}

/// Whether an upload takes more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It does.
    Receiving,
    /// It is sealed, and not finished yet: finish it, or abandon it.
    Finishing,
    /// It became a blob.
    Finished {
        /// Which.
        digest: Digest,
        /// How large.
        size: u64,
    },
}

/// So many times a seal is tried while somebody else still sends.
const TRIES: u32 = 16;

impl TenantBlobs {
    /// Begins an upload under an id that the caller draws (and never uses twice).
    ///
    /// # Errors
    ///
    /// When it was begun before, or announces more than the limit.
    pub async fn begin(&self, id: &str, declared: Option<u64>) -> Result<Upload, BlobError> {
        let limit = self.blobs.limits.size;
        if declared.is_some_and(|declared| declared > limit) {
            return Err(BlobError::TooLarge { limit });
        }
        self.stage(id, declared).await?;
        self.state(id).await
    }

    /// How an upload stands.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn state(&self, id: &str) -> Result<Upload, BlobError> {
        Ok(self.staged(id).await?.seen())
    }

    /// Takes on the bytes of an upload from an offset on. When this returns, they are durable. When the sender stops half
    /// way, what came is durable too, and the error says how far.
    ///
    /// # Errors
    ///
    /// [`BlobError::Offset`] says where to go on; limits are told with their figures.
    pub async fn append<S, E>(&self, id: &str, offset: u64, bytes: S) -> Result<Upload, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut staged = self.staged(id).await?;
        if staged.sealed || staged.done.is_some() {
            return Err(BlobError::Sealed(id.to_owned()));
        }
        if staged.offset != offset {
            return Err(BlobError::Offset { expected: staged.offset });
        }
        let limit = staged.declared.unwrap_or(u64::MAX).min(self.blobs.limits.size);
        let mut pending = Pending::default();
        let mut bytes = pin!(bytes);
        loop {
            match bytes.next().await {
                Some(Ok(part)) => {
                    if staged.offset + pending.size + length(part.len()) > limit {
                        return Err(BlobError::TooLarge { limit });
                    }
                    pending.push(part);
                    while let Some(payload) = pending.take(self.blobs.limits.chunk) {
                        self.keep(&mut staged, payload).await?;
                    }
                }
                Some(Err(error)) => {
                    self.keep(&mut staged, pending.rest()).await?;
                    return Err(BlobError::Interrupted { offset: staged.offset, why: error.into().to_string() });
                }
                None => {
                    self.keep(&mut staged, pending.rest()).await?;
                    return self.state(id).await;
                }
            }
        }
    }

    /// Makes one blob of an upload: whole under its digest, or not at all. A second call says the same again.
    ///
    /// # Errors
    ///
    /// When bytes are missing, or the store says no; then it can be called again.
    pub async fn finish(&self, id: &str) -> Result<Receipt, BlobError> {
        let staged = self.seal(id).await?;
        if let Some(done) = staged.done {
            return self.again(id, done).await;
        }
        let receipt = self.gather(&staged).await?;
        let done = Done { digest: receipt.digest, size: receipt.size, here: receipt.here };
        self.put_done(&staged, done).await?;
        // What stays when this fails is swept.
        let _ = self.drop_pieces(&staged).await;
        Ok(receipt)
    }

    /// Forgets an upload and its pieces; a blob that it became stays.
    ///
    /// # Errors
    ///
    /// When there is none, or the store says no; what is left then is swept.
    pub async fn abandon(&self, id: &str) -> Result<(), BlobError> {
        let staged = self.staged(id).await?;
        let folder = self.upload(&staged.id);
        // First what makes it an upload: from then on nothing of it is found.
        let begin = folder.clone().join("begin");
        self.blobs.store.delete(&begin).await.map_err(BlobError::store("abandon an upload"))?;
        self.drop_pieces(&staged).await?;
        if staged.done.is_some() {
            let gone = self.blobs.store.delete(&folder.join("done")).await;
            gone.map_err(BlobError::store("abandon an upload"))?;
        }
        Ok(())
    }

    /// Keeps a stream in one go.
    ///
    /// # Errors
    ///
    /// When the sender stops, there are more bytes than the limit, or the store says no: then nothing is kept.
    pub async fn put_stream<S, E>(&self, bytes: S) -> Result<Receipt, BlobError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let limit = self.blobs.limits.size;
        let mut bytes = pin!(bytes);
        let (mut pending, mut whole, mut size) = (Pending::default(), None, 0_u64);
        while let Some(part) = bytes.next().await {
            let refused = match part {
                Ok(part) => {
                    size += length(part.len());
                    pending.push(part);
                    (size > limit).then_some(BlobError::TooLarge { limit })
                }
                Err(error) => Some(BlobError::Interrupted { offset: 0, why: error.into().to_string() }),
            };
            if let Some(refused) = refused {
                if let Some(whole) = whole {
                    Whole::drop_it(whole).await;
                }
                return Err(refused);
            }
            while let Some(payload) = pending.take(self.blobs.limits.chunk) {
                let started = match whole.take() {
                    Some(whole) => whole,
                    None => Whole::start(self).await?,
                };
                whole = Some(started.put(payload).await?);
            }
        }
        let rest = pending.rest();
        match whole {
            None => self.place_bytes(rest.into()).await,
            Some(whole) if rest.content_length() == 0 => whole.place(self).await,
            Some(whole) => whole.put(rest).await?.place(self).await,
        }
    }

    /// Puts bytes at the end of an upload, and notes that they are there.
    async fn keep(&self, staged: &mut Staged, payload: PutPayload) -> Result<(), BlobError> {
        let size = length(payload.content_length());
        if size == 0 {
            return Ok(());
        }
        let limit = self.blobs.limits.chunks;
        if length(staged.chunks.len()) >= u64::from(limit) {
            return Err(BlobError::TooManyChunks { limit });
        }
        if !self.put_piece(staged, payload).await? {
            let now = self.staged(&staged.id).await?;
            return Err(match now.sealed {
                true => BlobError::Sealed(now.id),
                false => BlobError::Offset { expected: now.offset },
            });
        }
        staged.chunks.push(staged.offset);
        staged.offset += size;
        Ok(())
    }

    /// Lets nothing more come: the seal stands where the next piece would, so a sender who is still at it loses the race or
    /// is told.
    async fn seal(&self, id: &str) -> Result<Staged, BlobError> {
        for _ in 0..TRIES {
            let mut staged = self.staged(id).await?;
            if staged.done.is_some() || staged.sealed {
                return Ok(staged);
            }
            if let Some(declared) = staged.declared.filter(|declared| *declared != staged.offset) {
                return Err(BlobError::Incomplete { have: staged.offset, declared });
            }
            if self.put_piece(&staged, PutPayload::new()).await? {
                staged.sealed = true;
                return Ok(staged);
            }
        }
        Err(BlobError::of("seal an upload", "somebody still sends to it".into()))
    }

    async fn gather(&self, staged: &Staged) -> Result<Receipt, BlobError> {
        if staged.chunks.len() < 2 {
            let bytes = match staged.chunks.first() {
                Some(only) => {
                    let frames: Vec<Bytes> = self.piece_of(staged, *only).await?.try_collect().await?;
                    frames.concat().into()
                }
                None => Bytes::new(),
            };
            if length(bytes.len()) != staged.offset {
                return Err(BlobError::Damaged(self.upload(&staged.id).to_string()));
            }
            return self.place_bytes(bytes).await;
        }
        let mut whole = Whole::start(self).await?;
        let mut size = 0;
        for offset in staged.chunks.iter().copied() {
            let damaged = || BlobError::Damaged(self.piece(staged, offset).to_string());
            let opened = if offset == size { self.piece_of(staged, offset).await } else { Err(damaged()) };
            let mut piece = match opened {
                Ok(piece) => piece,
                Err(wrong) => {
                    whole.drop_it().await;
                    return Err(wrong);
                }
            };
            // In small frames: pieces held whole, by one thread after the other, are memory that is not given back.
            while let Some(frame) = piece.next().await {
                match frame {
                    Ok(bytes) => {
                        size += length(bytes.len());
                        whole = whole.put(bytes.into()).await?;
                    }
                    Err(wrong) => {
                        whole.drop_it().await;
                        return Err(wrong);
                    }
                }
            }
        }
        if size != staged.offset {
            whole.drop_it().await;
            return Err(BlobError::Damaged(self.upload(&staged.id).to_string()));
        }
        whole.place(self).await
    }

    async fn piece_of(
        &self,
        staged: &Staged,
        offset: u64,
    ) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        let got = self.blobs.store.get(&self.piece(staged, offset)).await.map_err(BlobError::store("read a piece"))?;
        Ok(pieces(got).boxed())
    }

    /// What a finished upload became, for a caller who did not hear it.
    async fn again(&self, id: &str, done: Done) -> Result<Receipt, BlobError> {
        if self.exists(&done.digest).await? != Some(done.size) {
            return Err(BlobError::NoUpload(id.to_owned()));
        }
        let head = self.head(&done.digest, length(HEAD)).await?;
        Ok(Receipt { digest: done.digest, size: done.size, head, here: done.here })
    }

    async fn drop_pieces(&self, staged: &Staged) -> Result<(), BlobError> {
        let seal = staged.sealed.then_some(staged.offset);
        let pieces = staged.chunks.iter().copied().chain(seal).map(|offset| self.piece(staged, offset));
        self.blobs.remove_all(pieces.collect(), "remove pieces").await
    }
}

/// Bytes that came and are no piece yet.
#[derive(Default)]
struct Pending {
    parts: Vec<Bytes>,
    size: u64,
}

impl Pending {
    fn push(&mut self, part: Bytes) {
        self.size += length(part.len());
        self.parts.push(part);
    }

    /// As many bytes as make a piece, when there are so many.
    fn take(&mut self, chunk: usize) -> Option<PutPayload> {
        let wanted = length(chunk.max(1));
        if self.size < wanted {
            return None;
        }
        let last = self.parts.last_mut()?;
        // Only the last part reaches over the edge: before it came, there was too little.
        let over = usize::try_from(self.size - wanted).ok()?;
        let rest = last.split_off(last.len().saturating_sub(over));
        let piece = PutPayload::from_iter(std::mem::take(&mut self.parts));
        self.size = length(rest.len());
        self.parts.push(rest);
        Some(piece)
    }

    fn rest(&mut self) -> PutPayload {
        self.size = 0;
        PutPayload::from_iter(std::mem::take(&mut self.parts))
    }
}

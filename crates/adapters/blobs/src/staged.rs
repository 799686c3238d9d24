use attesta_kernel::{Digest, Timestamp};
use futures_util::TryStreamExt as _;
use object_store::{ObjectMeta, ObjectStoreExt as _, PutMode, PutPayload, path::Path};

use crate::{
    BlobError, Phase, TenantBlobs, Upload,
    place::{name, random_name},
};

/// The first line of what is kept about an upload.
const FORMAT: &str = "attesta-upload/1";

/// An upload as the store holds it:
///
/// - `begin`: that it is one, the draw that keeps its pieces apart from those of an older one of the same name, and the
///   size that was announced;
/// - `<draw>/<offset>`: the bytes from that offset on; made only where nothing is, so that of two senders at one offset
///   one is told to look again. A piece of no bytes is the seal: nothing comes after it;
/// - `done`: what it became.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) id: String,
    draw: String,
    pub(crate) declared: Option<u64>,
    /// The offsets of the pieces, without a gap.
    pub(crate) chunks: Vec<u64>,
    pub(crate) offset: u64,
    pub(crate) sealed: bool,
    pub(crate) done: Option<Done>,
    touched: Timestamp,
}

/// What an upload became.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) here: bool,
}

impl Staged {
    pub(crate) fn seen(&self) -> Upload {
        let phase = match self.done {
            Some(done) => Phase::Finished { digest: done.digest, size: done.size },
            None if self.sealed => Phase::Finishing,
            None => Phase::Receiving,
        };
        Upload {
            id: self.id.clone(),
            declared: self.declared,
            offset: self.offset,
            chunks: u32::try_from(self.chunks.len()).unwrap_or(u32::MAX),
            touched: self.touched,
            phase,
        }
    }
}

impl TenantBlobs {
    /// Makes an upload, unless there is one.
    pub(crate) async fn stage(&self, id: &str, declared: Option<u64>) -> Result<(), BlobError> {
        let folder = self.upload(name("upload's id", id)?);
        let declared = declared.map_or("-".to_owned(), |size| size.to_string());
        let text = format!("{FORMAT}\n{}\n{declared}\n", random_name()?);
        let begin = folder.join("begin");
        match self.blobs.store.put_opts(&begin, text.clone().into(), PutMode::Create.into()).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => {
                // Ours, where the store's answer was lost on the way and it was asked again: the draw tells.
                let got = self.blobs.store.get(&begin).await.map_err(BlobError::store("begin an upload"))?;
                let there = got.bytes().await.map_err(BlobError::store("begin an upload"))?;
                if there == text.as_bytes() { Ok(()) } else { Err(BlobError::Begun(id.to_owned())) }
            }
            Err(error) => Err(BlobError::store("begin an upload")(error)),
        }
    }

    /// Reads how an upload stands.
    pub(crate) async fn staged(&self, id: &str) -> Result<Staged, BlobError> {
        let folder = self.upload(name("upload's id", id)?);
        let listing = self.blobs.store.list(Some(&folder)).try_collect::<Vec<ObjectMeta>>();
        let objects = listing.await.map_err(BlobError::store("look at an upload"))?;
        let begin = folder.clone().join("begin");
        let missing = || BlobError::NoUpload(id.to_owned());
        let touched = objects.iter().map(|object| object.last_modified).max().ok_or_else(missing)?;
        if !objects.iter().any(|object| object.location == begin) {
            return Err(missing());
        }
        let (draw, declared) = self.read_begin(&begin).await?;
        let done = folder.clone().join("done");
        let done = match objects.iter().any(|object| object.location == done) {
            true => Some(self.read_done(&done).await?),
            false => None,
        };
        let pieces = folder.join(draw.as_str());
        let mut found: Vec<(u64, u64)> = objects
            .iter()
            .filter(|object| object.location.prefix_matches(&pieces))
            .filter_map(|object| Some((object.location.filename()?.parse().ok()?, object.size)))
            .collect();
        found.sort_unstable();
        let (mut offset, mut chunks, mut sealed) = (0, Vec::new(), false);
        for (at, size) in found {
            if at != offset || sealed {
                break;
            }
            sealed = size == 0;
            if !sealed {
                chunks.push(at);
                offset += size;
            }
        }
        let touched = Timestamp::from_millisecond(touched.timestamp_millis()).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Staged { id: id.to_owned(), draw, declared, chunks, offset, sealed, done, touched })
    }

    /// Where the piece at an offset lies.
    pub(crate) fn piece(&self, staged: &Staged, offset: u64) -> Path {
        self.upload(&staged.id).join(staged.draw.as_str()).join(format!("{offset:020}"))
    }

    /// Puts a piece at the end of an upload; `false` when another sender was there first.
    pub(crate) async fn put_piece(&self, staged: &Staged, payload: PutPayload) -> Result<bool, BlobError> {
        let path = self.piece(staged, staged.offset);
        match self.blobs.store.put_opts(&path, payload, PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(BlobError::store("keep a piece of an upload")(error)),
        }
    }

    /// Notes what an upload became.
    pub(crate) async fn put_done(&self, staged: &Staged, done: Done) -> Result<(), BlobError> {
        let here = if done.here { "here" } else { "new" };
        let text = format!("{FORMAT}\n{}\n{}\n{here}\n", done.digest, done.size);
        let path = self.upload(&staged.id).join("done");
        let put = self.blobs.store.put(&path, text.into()).await;
        put.map(|_| ()).map_err(BlobError::store("note that an upload is finished"))
    }

    async fn read_begin(&self, path: &Path) -> Result<(String, Option<u64>), BlobError> {
        let text = self.note(path).await?;
        let wrong = || BlobError::Damaged(path.to_string());
        let mut lines = text.lines().skip(1);
        let draw = name("draw", lines.next().ok_or_else(wrong)?).map_err(|_| wrong())?.to_owned();
        let declared = match lines.next().ok_or_else(wrong)? {
            "-" => None,
            size => Some(size.parse().map_err(|_| wrong())?),
        };
        Ok((draw, declared))
    }

    async fn read_done(&self, path: &Path) -> Result<Done, BlobError> {
        let text = self.note(path).await?;
        let wrong = || BlobError::Damaged(path.to_string());
        let lines: Vec<&str> = text.lines().skip(1).collect();
        let [digest, size, here] = lines.as_slice() else { return Err(wrong()) };
        let digest = digest.parse().map_err(|_| wrong())?;
        Ok(Done { digest, size: size.parse().map_err(|_| wrong())?, here: *here == "here" })
    }

    async fn note(&self, path: &Path) -> Result<String, BlobError> {
        let got = self.blobs.store.get(path).await.map_err(BlobError::store("read an upload's note"))?;
        let bytes = got.bytes().await.map_err(BlobError::store("read an upload's note"))?;
        let text = String::from_utf8(bytes.into()).map_err(|_| BlobError::Damaged(path.to_string()))?;
        if text.lines().next() == Some(FORMAT) { Ok(text) } else { Err(BlobError::Damaged(path.to_string())) }
    }
}

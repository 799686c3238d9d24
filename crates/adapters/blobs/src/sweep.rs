use std::{
    collections::BTreeMap,
    fs, io,
    path::Path as FilePath,
    time::{Duration, SystemTime},
};

use attesta_kernel::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectMeta, path::Path};

use crate::{BlobError, Blobs, place::length};

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads that nobody finished, and notes of those that somebody did.
    pub uploads: u64,
    /// Bytes that killed or failed writers left behind.
    pub leftovers: u64,
}

impl Blobs {
    /// Removes uploads of every organisation that last changed before a moment, and what killed writers left behind. Kept
    /// blobs are never touched.
    ///
    /// # Errors
    ///
    /// When the store says no; what is left is swept the next time.
    pub async fn sweep(&self, before: Timestamp) -> Result<Swept, BlobError> {
        let mut swept = Swept::default();
        let top = self.store.list_with_delimiter(None).await.map_err(BlobError::store("list organisations"))?;
        for tenant in top.common_prefixes {
            self.sweep_uploads(&tenant.clone().join("uploads"), before, &mut swept).await?;
            let incoming = self.below(&tenant.join("incoming")).await?.into_iter().filter(|object| old(object, before));
            let incoming: Vec<Path> = incoming.map(|object| object.location).collect();
            swept.leftovers += length(incoming.len());
            self.remove_all(incoming, "sweep").await?;
        }
        if let Some(folder) = self.folder.clone() {
            let since = Duration::from_millis(u64::try_from(before.as_millisecond()).unwrap_or(0));
            let sweeping = tokio::task::spawn_blocking(move || {
                let before = SystemTime::UNIX_EPOCH + since;
                sweep_folder(&folder, before, 0)
            });
            let left = sweeping.await.map_err(|e| BlobError::of("sweep", e.into()))?;
            swept.leftovers += left.map_err(|e| BlobError::of("sweep", e.into()))?;
        }
        Ok(swept)
    }

    async fn sweep_uploads(&self, uploads: &Path, before: Timestamp, swept: &mut Swept) -> Result<(), BlobError> {
        let depth = uploads.parts().count();
        let mut all: BTreeMap<String, Vec<ObjectMeta>> = BTreeMap::new();
        for object in self.below(uploads).await? {
            let id = object.location.parts().nth(depth).map(|part| part.as_ref().to_owned());
            all.entry(id.unwrap_or_default()).or_default().push(object);
        }
        for objects in all.into_values() {
            if !objects.iter().all(|object| old(object, before)) {
                continue;
            }
            // First what makes it an upload: from then on nothing of it is found.
            let paths = objects.into_iter().map(|object| object.location);
            let (begin, rest) = paths.partition(|path| path.filename() == Some("begin"));
            self.remove_all(begin, "sweep").await?;
            self.remove_all(rest, "sweep").await?;
            swept.uploads += 1;
        }
        Ok(())
    }

    async fn below(&self, path: &Path) -> Result<Vec<ObjectMeta>, BlobError> {
        self.store.list(Some(path)).try_collect().await.map_err(BlobError::store("list what may be swept"))
    }

    /// Removes objects, many in one request where the store can. One that is gone already is no error.
    pub(crate) async fn remove_all(&self, paths: Vec<Path>, what: &'static str) -> Result<(), BlobError> {
        let paths = stream::iter(paths.into_iter().map(Ok)).boxed();
        let mut removed = self.store.delete_stream(paths);
        while let Some(removed) = removed.next().await {
            match removed {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(BlobError::store(what)(error)),
            }
        }
        Ok(())
    }
}

fn old(object: &ObjectMeta, before: Timestamp) -> bool {
    object.last_modified.timestamp_millis() < before.as_millisecond()
}

/// Removes `name#1`, which `object_store` writes before it renames and never lists, and folders of uploads that are empty.
fn sweep_folder(folder: &FilePath, before: SystemTime, depth: u32) -> io::Result<u64> {
    let mut left = 0;
    // Another server may sweep at the same moment: what it removed is no error.
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let entries = match fs::read_dir(folder) {
        Err(error) if gone(&error) => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(meta) = fs::symlink_metadata(entry.path()) else { continue };
        let old = meta.modified()? < before;
        if meta.is_dir() {
            left += sweep_folder(&entry.path(), before, depth + 1)?;
            // Below `<tenant>/uploads`: ids that nobody uses twice, so nobody is about to write there.
            if old && depth >= 2 && in_uploads(&entry.path()) {
                let _ = fs::remove_dir(entry.path());
            }
        } else if old && is_leftover(&entry.file_name().to_string_lossy()) {
            match fs::remove_file(entry.path()) {
                Err(error) if gone(&error) => {}
                removed => {
                    removed?;
                    left += 1;
                }
            }
        }
    }
    Ok(left)
}

fn in_uploads(path: &FilePath) -> bool {
    path.ancestors().skip(1).take(2).any(|above| above.file_name().is_some_and(|name| name == "uploads"))
}

fn is_leftover(name: &str) -> bool {
    let suffix = name.split_once('#').map(|(_, suffix)| suffix);
    suffix.is_some_and(|suffix| !suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_digit()))
}

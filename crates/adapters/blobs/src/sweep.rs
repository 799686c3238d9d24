use std::{
    collections::BTreeMap,
    fs, io,
    path::Path as FilePath,
    time::{Duration, SystemTime},
};

use attesta_kernel::Timestamp;
use futures_util::TryStreamExt as _;
use object_store::{ObjectMeta, ObjectStoreExt as _, path::Path};

use crate::{BlobError, Blobs};

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
            for object in self.below(&tenant.join("incoming")).await? {
                if old(&object, before) {
                    self.gone(&object.location).await?;
                    swept.leftovers += 1;
                }
            }
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
            let (begin, rest): (Vec<_>, Vec<_>) =
                objects.iter().partition(|object| object.location.filename() == Some("begin"));
            for object in begin.into_iter().chain(rest) {
                self.gone(&object.location).await?;
            }
            swept.uploads += 1;
        }
        Ok(())
    }

    async fn below(&self, path: &Path) -> Result<Vec<ObjectMeta>, BlobError> {
        self.store.list(Some(path)).try_collect().await.map_err(BlobError::store("list what may be swept"))
    }

    async fn gone(&self, path: &Path) -> Result<(), BlobError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(BlobError::store("sweep")(error)),
        }
    }
}

fn old(object: &ObjectMeta, before: Timestamp) -> bool {
    object.last_modified.timestamp_millis() < before.as_millisecond()
}

/// Removes `name#1`, which `object_store` writes before it renames and never lists, and folders of uploads that are empty.
fn sweep_folder(folder: &FilePath, before: SystemTime, depth: u32) -> io::Result<u64> {
    let mut left = 0;
    for entry in fs::read_dir(folder)? {
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
            fs::remove_file(entry.path())?;
            left += 1;
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

//! Brings a backup back, into a folder that holds nothing (and, for PostgreSQL, a database that holds nothing). Everything
//! is verified before anything is made; the folder gets its name last, and the database's rows count after that.

use std::{
    fs,
    path::{Path, PathBuf},
};

use attesta_blobs::S3;
use attesta_identity::Keyring;
use attesta_kernel::Timestamp;
use attesta_store::{BearerKind, Loading, Store};
use serde::Serialize;

use crate::{
    Audit, Opened, Place, UpkeepError,
    audit::audit,
    backup::{BLOBS, DATABASE, MANIFEST, Manifest, SCHEMA, heads, named},
    bytes, files, place, sources,
};

/// How to restore.
#[derive(Debug, Clone)]
pub struct Restore<'a> {
    /// A folder of backups (the newest is taken), or one backup in it.
    pub from: &'a Path,
    /// The keys.
    pub keys: &'a Path,
    /// Checkpoints that somebody kept: the logs must continue them.
    pub against: &'a [String],
    /// Now.
    pub at: Timestamp,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The backup that was taken.
    pub backup: PathBuf,
    /// When it was made.
    pub made: Timestamp,
    /// Files of watched sources that are there again; none where an older version made the backup.
    pub sources: Option<u64>,
    /// What was read to prove it.
    pub audit: Audit,
}

/// Restores a backup.
///
/// # Errors
///
/// When the place is not empty, the backup is not whole, or a key is missing: then nothing was made.
pub async fn restore(how: &Restore<'_>, into: &Place) -> Result<Restored, UpkeepError> {
    if !files::is_free(&into.data)? {
        return Err(UpkeepError::refused(
            format!("`{}` is not empty", into.data.display()),
            "name a folder that is not there; nothing is ever restored over anything",
        ));
    }
    let folder = chosen(how.from)?;
    let manifest = manifest(&folder)?;
    let target = target(into).await?;
    can_be_replaced(&into.data)?;
    let half = files::beside(&into.data, "restoring")?;
    files::own_folder(&half)?;
    let filled = filled(how, into, &folder, manifest, target.as_ref(), &half).await;
    let named = match filled {
        Ok((restored, loading)) => named_last(&half, &into.data, target.as_ref(), loading).await.map(|()| restored),
        Err(error) => Err(error),
    };
    if let Some(target) = target {
        target.close().await;
    }
    if named.is_err() {
        // What is left of it has a name that nothing takes.
        let _ = fs::remove_dir_all(&half);
    }
    named
}

/// Whether the restored folder can have this name at the end: tried before there is anything to lose. An empty folder that
/// something is mounted on, for one, can be written into and not replaced.
fn can_be_replaced(data: &Path) -> Result<(), UpkeepError> {
    let help =
        "name a folder that is not there, in one that can be written to; a mounted folder holds it, and is not it";
    match fs::symlink_metadata(data) {
        Ok(about) if !about.is_dir() => {
            Err(UpkeepError::refused(format!("`{}` is no folder, but a link or a file", data.display()), help))
        }
        Ok(_) => {
            let aside = files::beside(data, "aside")?;
            let tried = fs::rename(data, &aside).and_then(|()| fs::rename(&aside, data));
            tried.map_err(|error| {
                UpkeepError::refused(format!("`{}` cannot be replaced: {error}", data.display()), help)
            })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(UpkeepError::file(data)(error)),
    }
}

/// Gives the folder its name, and then lets the rows of the other database count. When those do not come, the folder loses
/// its name again.
async fn named_last(
    half: &Path,
    data: &Path,
    target: Option<&Store>,
    loading: Option<Loading>,
) -> Result<(), UpkeepError> {
    let stood = data.is_dir();
    if stood {
        fs::remove_dir(data).map_err(UpkeepError::file(data))?;
    }
    files::rename(half, data)?;
    let (Some(target), Some(loading)) = (target, loading) else { return Ok(()) };
    let Err(error) = loading.commit().await else { return Ok(()) };
    match target.is_empty().await {
        Ok(false) => Ok(()),
        Ok(true) => {
            files::rename(data, half)?;
            if stood {
                files::own_folder(data)?;
            }
            Err(error.into())
        }
        Err(_) => Err(UpkeepError::refused(
            format!("the database went away in the last moment ({error}): nobody knows whether it took the rows"),
            format!(
                "look at it: when it holds organisations, all is restored; when it is empty, remove `{}` and restore again",
                data.display()
            ),
        )),
    }
}

async fn filled(
    how: &Restore<'_>,
    into: &Place,
    folder: &Path,
    manifest: Manifest,
    target: Option<&Store>,
    half: &Path,
) -> Result<(Restored, Option<Loading>), UpkeepError> {
    // The copy is looked at in its new place: opening it may write beside it.
    let database = half.join(DATABASE);
    files::copy(&folder.join(DATABASE), &database)?;
    let (digest, size) = files::hashed(&database)?;
    if (digest.to_string(), size) != (manifest.database.clone(), manifest.database_size) {
        return Err(UpkeepError::damaged(
            folder.join(DATABASE).display().to_string(),
            format!("its digest is {digest}, and the manifest says {}", manifest.database),
        ));
    }
    files::copy(how.keys, &half.join("seal.keys"))?;
    let keyring = Keyring::open(&half.join("seal.keys"))?;
    let blobs = folder.parent().unwrap_or(folder).join(BLOBS);
    let blobs = place::open_blobs(&format!("file:{}", blobs.display()), &S3::default())?;
    // The copy of an older version is brought up to date; the backup itself stays as it is.
    let store = Store::open(&format!("sqlite:{}", database.display()), 2).await?;
    if heads(&store).await? != manifest.organisations {
        return Err(UpkeepError::damaged(
            folder.join(MANIFEST).display().to_string(),
            "its organisations and checkpoints are not those of the database",
        ));
    }
    let found = audit(&store, Some(&blobs), Some(&keyring), how.against).await?;
    if let Some(first) = found.findings.first() {
        return Err(UpkeepError::damaged(
            format!("{} {}", first.organisation, first.place),
            format!("{} ({} faults in all); nothing was restored", first.what, found.faults()),
        ));
    }
    sources::put_back(folder, manifest.sources.as_ref(), &blobs, half).await?;
    // Proven. From here on it is made.
    let own = format!("file:{}", into.data.join(BLOBS).display());
    let address = if into.blobs == own { format!("file:{}", half.join(BLOBS).display()) } else { into.blobs.clone() };
    let kept = place::open_blobs(&address, &into.s3)?;
    for (tenant, digest) in named(&store).await? {
        let to = kept.of(&tenant)?;
        if !bytes::stands(&to, &digest).await? {
            let reading = blobs.of(&tenant)?.read(&digest, None).await?;
            bytes::put(&to, &digest, &format!("{tenant} bytes {digest}"), reading.bytes).await?;
        }
    }
    let opened = Opened { store, blobs: kept, keyring };
    begin_again(&opened, &manifest, how.at).await?;
    let mut loading = None;
    if let Some(target) = target {
        // In one transaction, which ends last: until then the other database holds nothing.
        loading = Some(opened.store.copying_into(target).await?.0);
        opened.store.close().await;
        fs::remove_file(&database).map_err(UpkeepError::file(&database))?;
    } else {
        opened.store.close().await;
    }
    files::settle(half)?;
    let sources = manifest.sources.map(|listed| listed.files);
    Ok((Restored { backup: folder.to_owned(), made: manifest.made, sources, audit: found }, loading))
}

/// Ends what gave power when the backup was made, and tells each log that it was set back to it.
async fn begin_again(opened: &Opened, manifest: &Manifest, at: Timestamp) -> Result<(), UpkeepError> {
    for head in &manifest.organisations {
        let mut work = opened.work(&head.id).await?;
        if head.id == attesta_store::HOUSE {
            for kind in [BearerKind::Session, BearerKind::Step, BearerKind::First] {
                work.end_all(kind, "restored from a backup", at).await?;
            }
        }
        let record = serde_json::json!({ "backup": manifest.made.to_string(), "leaves": head.leaves });
        work.tell("organisation.restored", &head.id, &record)?;
        let log = work.room().log().await?;
        let key = opened.signer(&head.id, &log)?;
        work.commit("system", at, &key).await?;
    }
    Ok(())
}

/// The database to fill, where it is not a file of the folder.
async fn target(into: &Place) -> Result<Option<Store>, UpkeepError> {
    if into.database == Place::folder(&into.data).database {
        return Ok(None);
    }
    if !into.database.starts_with("postgres") {
        return Err(UpkeepError::refused(
            format!(
                "`{}` is neither the folder's own database nor PostgreSQL",
                into.database.chars().take(80).collect::<String>()
            ),
            "leave --database out, or name an empty PostgreSQL database",
        ));
    }
    let store = Store::open(&into.database, 3).await?;
    if !store.is_empty().await? {
        return Err(UpkeepError::refused(
            "the database to restore into is not empty",
            "make a new one (CREATE DATABASE); nothing is ever restored over anything",
        ));
    }
    Ok(Some(store))
}

/// The backup that is meant.
fn chosen(from: &Path) -> Result<PathBuf, UpkeepError> {
    if from.join(MANIFEST).is_file() {
        return Ok(from.to_owned());
    }
    let none = || {
        UpkeepError::refused(
            format!("`{}` holds no backup that was finished", from.display()),
            "name the folder that `attesta backup` was given, or one backup in it",
        )
    };
    if !from.is_dir() {
        return Err(none());
    }
    let mut names = attesta_disk::names(from)?;
    names.retain(|name| !name.starts_with('.') && from.join(name).join(MANIFEST).is_file());
    names.sort();
    names.pop().map(|name| from.join(name)).ok_or_else(none)
}

fn manifest(folder: &Path) -> Result<Manifest, UpkeepError> {
    let path = folder.join(MANIFEST);
    let wrong = |what: String| UpkeepError::damaged(path.display().to_string(), what);
    let manifest: Manifest = serde_json::from_str(&files::text(&path)?).map_err(|e| wrong(e.to_string()))?;
    if manifest.schema != SCHEMA {
        return Err(wrong(format!("it says `{}` and not `{SCHEMA}`", manifest.schema)));
    }
    Ok(manifest)
}

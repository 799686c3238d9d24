//! A backup: a copy of the database at one moment, made while servers work, and all bytes that it names. It is proven
//! before it gets its name; what a killed backup leaves behind has no name that restore takes.
//!
//! `DEST/blobs/` is shared by all backups in `DEST`, so a second one adds only what is new. `DEST/NAME/` holds
//! `attesta.db` (a SQLite file, from either kind of database), `sources.jsonl` (which bytes are files of watched sources) and
//! `manifest.json`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use attesta_blobs::{Blobs, S3};
use attesta_kernel::{Digest, Timestamp};
use attesta_store::{Page, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    Audit, Opened, Place, UpkeepError,
    audit::audit,
    bytes, files, place,
    sources::{self, Listed},
};

/// What a manifest says it is.
pub(crate) const SCHEMA: &str = "attesta.backup/1";
/// The copy of the database.
pub(crate) const DATABASE: &str = "attesta.db";
/// What the backup is.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Bytes of all backups.
pub(crate) const BLOBS: &str = "blobs";
/// A copy is begun again so often when bytes went away under it.
const ATTEMPTS: u32 = 5;

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) schema: String,
    pub(crate) made: Timestamp,
    pub(crate) program: String,
    /// SHA-256 of the copy of the database.
    pub(crate) database: String,
    pub(crate) database_size: u64,
    pub(crate) migrations: Vec<i64>,
    /// Organisations with the heads of their logs.
    pub(crate) organisations: Vec<Head>,
    pub(crate) blobs: u64,
    pub(crate) bytes: u64,
    /// Runs of watched sources; backups of older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sources: Option<Listed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) leaves: u64,
    pub(crate) checkpoint: String,
}

/// How to back up.
#[derive(Debug, Clone)]
pub struct Backup<'a> {
    /// The folder for backups; made when it is not there.
    pub into: &'a Path,
    /// Where the keys are copied to as well, if anywhere.
    pub keys: Option<&'a Path>,
    /// Now.
    pub at: Timestamp,
}

/// What was backed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackedUp {
    /// The backup's folder.
    pub folder: PathBuf,
    /// Where the keys are, if they were copied.
    pub keys: Option<PathBuf>,
    /// Bytes that were not in an earlier backup: of evidence, and of files of watched sources.
    pub new_blobs: u64,
    /// Files of watched sources that are in it.
    pub sources: u64,
    /// What was read again to prove it.
    pub audit: Audit,
}

/// Makes a backup.
///
/// # Errors
///
/// When something cannot be read or written, or what would be backed up is not sound: then no backup has the name.
pub async fn backup(from: &Place, how: &Backup<'_>) -> Result<BackedUp, UpkeepError> {
    let opened = from.open().await?;
    files::own_folder(how.into)?;
    let lock = attesta_disk::lock(&how.into.join(".lock"))?;
    let Some(_lock) = lock else {
        return Err(UpkeepError::refused("another backup into this folder is under way", "wait until it has ended"));
    };
    if let Some(keys) = how.keys {
        if keys.exists() {
            return Err(UpkeepError::refused(
                format!("`{}` is there already", keys.display()),
                "name a file that is not there: keys are never written over",
            ));
        }
        files::copy(&from.keys(), keys)?;
    }
    remove_halves(how.into)?;
    let name = how.at.strftime("%Y-%m-%dT%H%M%SZ").to_string();
    let folder = how.into.join(&name);
    if folder.exists() {
        return Err(UpkeepError::refused(format!("`{}` is there already", folder.display()), "try again in a second"));
    }
    let half = how.into.join(format!(".{name}.part"));
    files::own_folder(&half)?;
    let into = place::open_blobs(&format!("file:{}", how.into.join(BLOBS).display()), &S3::default())?;
    let (listed, new_files) = sources::take(&from.data, &half, &into).await?;
    let (copy, new_blobs) = copied(&opened, &half.join(DATABASE), &into).await?;
    let found = audit(&copy, Some(&into), Some(&opened.keyring), &[]).await?;
    let organisations = heads(&copy).await?;
    let migrations = copy.migrations().await?.had;
    copy.close().await;
    opened.store.close().await;
    if let Some(first) = found.findings.first() {
        return Err(UpkeepError::damaged(
            format!("{} {}", first.organisation, first.place),
            format!(
                "{} ({} faults in all; `attesta fsck --data` names them); no backup was made",
                first.what,
                found.faults()
            ),
        ));
    }
    let (digest, size) = files::hashed(&half.join(DATABASE))?;
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        made: how.at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        database: digest.to_string(),
        database_size: size,
        migrations,
        organisations,
        blobs: found.blobs,
        bytes: found.bytes,
        sources: Some(listed.clone()),
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| UpkeepError::damaged(MANIFEST, e.to_string()))?;
    files::write_new(&half.join(MANIFEST), &text)?;
    files::settle(&half)?;
    files::rename(&half, &folder)?;
    let new_blobs = new_blobs.saturating_add(new_files);
    Ok(BackedUp { folder, keys: how.keys.map(Path::to_owned), new_blobs, sources: listed.files, audit: found })
}

/// What killed backups left behind; nobody else writes here, for we hold the lock.
fn remove_halves(folder: &Path) -> Result<(), UpkeepError> {
    for name in attesta_disk::names(folder)? {
        if name.starts_with('.') && name.ends_with(".part") {
            let half = folder.join(name);
            fs::remove_dir_all(&half).map_err(UpkeepError::file(&half))?;
        }
    }
    Ok(())
}

/// A copy of the database, closed to nobody, and every blob that it names. Bytes may go away between the two, where
/// evidence is retired: then the copy is made again.
async fn copied(opened: &Opened, path: &Path, into: &Blobs) -> Result<(Store, u64), UpkeepError> {
    let mut new = 0;
    for _ in 0..ATTEMPTS {
        remove_database(path)?;
        let address = format!("sqlite:{}", path.display());
        let copy = if opened.store.is_postgres() {
            let copy = Store::open(&address, 2).await?;
            opened.store.copy_into(&copy).await?;
            copy
        } else {
            opened.store.copy_to(path).await?;
            Store::open_as_it_is(&address, 2).await?
        };
        match blobs(opened, &copy, into, &mut new).await? {
            None => return Ok((copy, new)),
            Some(_) => copy.close().await,
        }
    }
    Err(UpkeepError::refused("bytes went away again and again while they were copied", "try again in a quiet hour"))
}

fn remove_database(path: &Path) -> Result<(), UpkeepError> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let file = PathBuf::from(format!("{}{end}", path.display()));
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(UpkeepError::file(&file)(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Copies what is not there; gives bytes that went away meanwhile, if any did.
async fn blobs(opened: &Opened, copy: &Store, into: &Blobs, new: &mut u64) -> Result<Option<String>, UpkeepError> {
    for (tenant, digest) in named(copy).await? {
        let (from, to) = (opened.blobs.of(&tenant)?, into.of(&tenant)?);
        if bytes::stands(&to, &digest).await? {
            continue;
        }
        let reading = match from.read(&digest, None).await {
            Ok(reading) => reading,
            Err(attesta_blobs::BlobError::NotFound(_)) => {
                let mut room = opened.room(&tenant).await?;
                return match room.blob(&digest.to_string()).await {
                    Err(StoreError::NotFound { .. }) => Ok(Some(digest.to_string())),
                    Ok(_) => Err(UpkeepError::damaged(format!("{tenant} bytes {digest}"), "they are missing")),
                    Err(error) => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        };
        bytes::put(&to, &digest, &format!("{tenant} bytes {digest}"), reading.bytes).await?;
        *new += 1;
    }
    Ok(None)
}

/// Every blob that a database names.
pub(crate) async fn named(store: &Store) -> Result<BTreeSet<(String, Digest)>, UpkeepError> {
    let mut all = BTreeSet::new();
    for head in heads(store).await? {
        let mut room = place::room(store, &head.id).await?;
        let mut after = String::new();
        loop {
            let some = room.blobs(&after, 500).await?;
            for blob in &some {
                let digest = blob.digest.parse().map_err(|_| {
                    UpkeepError::damaged(format!("{} bytes", head.id), format!("`{}` is no digest", blob.digest))
                })?;
                all.insert((head.id.clone(), digest));
            }
            match some.last() {
                Some(last) => after.clone_from(&last.digest),
                None => break,
            }
        }
    }
    Ok(all)
}

/// The organisations of a database, and how far their logs are.
pub(crate) async fn heads(store: &Store) -> Result<Vec<Head>, UpkeepError> {
    let (mut all, mut page) = (Vec::new(), Page::first(500));
    loop {
        let some = store.tenants(&page).await?;
        for tenant in &some {
            let log = place::room(store, &tenant.id).await?.log().await?;
            all.push(Head { id: tenant.id.clone(), leaves: log.size, checkpoint: log.checkpoint });
        }
        match some.last() {
            Some(last) => page.after.clone_from(&last.id),
            None => return Ok(all),
        }
    }
}

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::{ActorId, Origin, SignedCheckpoint, SigningKey, VerifierKey};
use serde::{Deserialize, Serialize};

use crate::{
    Disk, Entry, NewLeaf, Writer,
    disk::{self, Access},
    error::VaultError,
    layout::{FOLDER, Layout},
    transaction,
};

const SCHEMA: &str = "attesta.vault/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    schema: String,
    origin: String,
    created: String,
}

/// A vault, open for reading. It needs no secret and takes no lock.
#[derive(Debug)]
pub struct Vault {
    workspace: PathBuf,
    pub(crate) layout: Layout,
    pub(crate) key: VerifierKey,
}

impl Vault {
    /// Makes a vault in `workspace`, with a new key and a log whose first leaf opens it.
    ///
    /// # Errors
    ///
    /// When there is one already, or the disk says no; then there is none.
    pub fn init(
        workspace: &Path,
        origin: Origin,
        actor: &ActorId,
        at: Timestamp,
        disk: &Disk,
    ) -> Result<Self, VaultError> {
        let place = workspace.join(FOLDER);
        if place.exists() {
            return Err(VaultError::Exists(workspace.to_owned()));
        }
        disk.folder(workspace)?;
        let name: [u8; 8] = disk::random()?;
        let name = Digest::of(&name).to_string();
        // Built beside, and renamed when it is whole.
        let layout = Layout { vault: workspace.join(format!("{FOLDER}.new-{}", name.get(..12).unwrap_or_default())) };
        let made = Self::make(&layout, origin, actor, at, disk).and_then(|()| Ok(disk.rename(&layout.vault, &place)?));
        if let Err(error) = made {
            let _ = disk.remove_all(&layout.vault);
            return Err(match error {
                VaultError::Io { .. } if place.exists() => VaultError::Exists(workspace.to_owned()),
                other => other,
            });
        }
        Self::open(workspace)
    }

    fn make(layout: &Layout, origin: Origin, actor: &ActorId, at: Timestamp, disk: &Disk) -> Result<(), VaultError> {
        disk.folder(&layout.vault)?;
        disk::own_alone(&layout.vault)?;
        for folder in [layout.temporaries(), layout.blobs(), layout.transactions(), layout.log(), layout.anchors()] {
            disk.folder(&folder)?;
        }
        let key = SigningKey::from_seed(origin.clone(), &disk::random()?);
        let about = About { schema: SCHEMA.to_owned(), origin: origin.to_string(), created: at.to_string() };
        let about = serde_json::to_string_pretty(&about).map_err(|e| foreign(&layout.about(), e))?;
        for (path, text, access) in [
            (layout.signing_key(), key.to_secret_text(), Access::Secret),
            (layout.verifier_key(), key.verifier().to_string(), Access::Kept),
            (layout.about(), about, Access::Kept),
        ] {
            disk.write(&layout.temporary()?, &path, format!("{text}\n").as_bytes(), access)?;
        }
        let mut writer = Writer::fresh(layout.clone(), key.clone(), disk.clone())?;
        let record = serde_json::json!({
            "schema": "attesta.record/1", "event": "ledger.opened", "origin": origin.as_str(), "key": key.verifier().to_string(),
        });
        writer.commit(actor, at, vec![NewLeaf::plain("ledger.opened", "ledger", record.to_string())?])?;
        Ok(())
    }

    /// Opens the vault of `workspace`.
    ///
    /// # Errors
    ///
    /// When there is none, or its own files are not what they should be.
    pub fn open(workspace: &Path) -> Result<Self, VaultError> {
        let layout = Layout { vault: workspace.join(FOLDER) };
        let Some(about) = disk::read(&layout.about())? else { return Err(VaultError::None(workspace.to_owned())) };
        let about: About = serde_json::from_slice(&about).map_err(|e| foreign(&layout.about(), e))?;
        if about.schema != SCHEMA {
            return Err(foreign(&layout.about(), format!("it says `{}`, and this is `{SCHEMA}`", about.schema)));
        }
        let key =
            disk::read(&layout.verifier_key())?.ok_or_else(|| VaultError::damaged("key.vkey", "it is missing"))?;
        let key = String::from_utf8(key).ok().and_then(|t| t.trim_end().parse::<VerifierKey>().ok());
        let key = key.ok_or_else(|| VaultError::damaged("key.vkey", "it is not a verifier key"))?;
        if key.name().as_str() != about.origin {
            return Err(VaultError::damaged("key.vkey", format!("it is not the key of `{}`", about.origin)));
        }
        Ok(Self { workspace: workspace.to_owned(), layout, key })
    }

    /// Opens the vault of the nearest folder upwards from `start` that has one.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be opened.
    pub fn find(start: &Path) -> Result<Self, VaultError> {
        let from = start.canonicalize().map_err(VaultError::io("look into", start))?;
        match from.ancestors().find(|folder| folder.join(FOLDER).is_dir()) {
            Some(folder) => Self::open(folder),
            None => Err(VaultError::None(start.to_owned())),
        }
    }

    /// The folder that the vault belongs to.
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The key with which its checkpoints are verified. Take it from elsewhere to verify anything.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The latest checkpoint, its signature verified with the vault's own key.
    ///
    /// # Errors
    ///
    /// When it is missing, or not the log's.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, VaultError> {
        checkpoint(&self.layout, &self.key)
    }

    /// Everything that was committed, in order. Each transaction's bytes are checked, and that none is missing.
    ///
    /// # Errors
    ///
    /// At the first file that is damaged or missing.
    pub fn entries(&self) -> Result<Vec<Entry>, VaultError> {
        entries_from(&self.layout, 0)
    }

    /// The bytes of a piece of evidence, unchecked; whoever reads them checks their digest.
    ///
    /// # Errors
    ///
    /// When they are not there.
    pub fn blob(&self, digest: &Digest) -> Result<File, VaultError> {
        let path = self.layout.blob(digest);
        File::open(&path).map_err(VaultError::io("open the file", &path))
    }

    /// Opens the vault for writing: one process at a time. What another left half done is finished.
    ///
    /// # Errors
    ///
    /// When another process writes, or what is stored does not fit the checkpoint.
    pub fn writer(&self, disk: Disk) -> Result<Writer, VaultError> {
        Writer::open(self.layout.clone(), &self.key, disk)
    }
}

/// Takes the one lock, waiting a while for another process.
pub(crate) fn lock(layout: &Layout) -> Result<File, VaultError> {
    disk::lock(&layout.lock())?.ok_or_else(|| VaultError::InUse(layout.vault.clone()))
}

pub(crate) fn checkpoint(layout: &Layout, key: &VerifierKey) -> Result<SignedCheckpoint, VaultError> {
    let bytes = disk::read(&layout.checkpoint())?.ok_or_else(|| VaultError::damaged("checkpoint", "it is missing"))?;
    let text = String::from_utf8(bytes).map_err(|_| VaultError::damaged("checkpoint", "it is not UTF-8"))?;
    Ok(SignedCheckpoint::open(&text, key)?)
}

/// The files of all transactions from the one that holds leaf `from`, by their first leaf.
pub(crate) fn transactions(layout: &Layout) -> Result<Vec<(u64, PathBuf)>, VaultError> {
    let mut found = Vec::new();
    let mut folders = vec![(layout.transactions(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for name in disk::names(&folder)? {
            let path = folder.join(&name);
            if depth < 3 {
                folders.push((path, depth + 1));
                continue;
            }
            let first = name.strip_suffix(".jsonl").and_then(|n| n.parse().ok());
            match first.filter(|first| layout.transaction(*first) == path) {
                Some(first) => found.push((first, path)),
                None => return Err(VaultError::damaged(layout.told(&path), "it is no transaction")),
            }
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn read_transaction(layout: &Layout, first: u64, path: &Path) -> Result<Vec<Entry>, VaultError> {
    let bytes = disk::read(path)?.ok_or_else(|| VaultError::damaged(layout.told(path), "it is missing"))?;
    transaction::decode(first, &bytes).map_err(|why| VaultError::damaged(layout.told(path), why))
}

/// Entries from leaf `from`, which begins a transaction.
pub(crate) fn entries_from(layout: &Layout, from: u64) -> Result<Vec<Entry>, VaultError> {
    let mut next = from;
    let mut entries = Vec::new();
    for (first, path) in transactions(layout)? {
        if first < from {
            continue;
        }
        if first != next {
            return Err(VaultError::damaged(layout.told(&path), format!("the transaction of leaf {next} is missing")));
        }
        let read = read_transaction(layout, first, &path)?;
        next += u64::try_from(read.len()).unwrap_or(0);
        entries.extend(read);
    }
    Ok(entries)
}

/// The first leaf of the last transaction, found without reading the others.
pub(crate) fn last_transaction(layout: &Layout) -> Result<Option<(u64, PathBuf)>, VaultError> {
    let mut folder = layout.transactions();
    for _ in 0..3 {
        match disk::names(&folder)?.pop() {
            Some(name) => folder = folder.join(name),
            None => return Ok(None),
        }
    }
    // A folder may have been made for a transaction that never came.
    match disk::names(&folder)?.pop() {
        Some(name) => {
            let path = folder.join(&name);
            let first = name.strip_suffix(".jsonl").and_then(|n| n.parse().ok());
            let first = first.ok_or_else(|| VaultError::damaged(layout.told(&path), "it is no transaction"))?;
            Ok(Some((first, path)))
        }
        None => Ok(transactions(layout)?.pop()),
    }
}

fn foreign(path: &Path, why: impl ToString) -> VaultError {
    VaultError::Foreign { path: path.to_owned(), why: why.to_string() }
}

//! The audit of a whole vault: everything is read, and every fault is named.

use std::collections::{BTreeMap, BTreeSet};

use attesta_evidence::{Item, Status};
use attesta_kernel::Digest;
use attesta_ledger::{Edge, Entries, Hash, MemoryTree, SignedCheckpoint, TileId, TileLevel};

use crate::{
    Entry, History, Vault, disk,
    error::VaultError,
    vault,
    writer::{Writer, blob_digest},
};

/// Whether to put right what can be put right without guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Look only.
    No,
    /// Write derived files again, publish what was committed, remove what nobody sees.
    Yes,
}

/// What was found, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// A file of the vault, or a leaf.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Leaves that were read.
    pub leaves: u64,
    /// Pieces of evidence, retired ones too.
    pub evidence: u64,
    /// Files with evidence bytes that were hashed.
    pub blobs: u64,
    /// Checkpoints of others, and kept ones, that the log was found to continue.
    pub anchors: u64,
    /// Timestamps that hold.
    pub timestamps: u64,
    /// What should not be: integrity is lost, or cannot be shown.
    pub faults: Vec<Finding>,
    /// What is unfinished, harmless or only worth knowing.
    pub notes: Vec<Finding>,
    /// What was put right.
    pub repaired: Vec<Finding>,
}

impl Audit {
    fn fault(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.faults.push(Finding { place: place.into(), what: what.into() });
    }

    fn note(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.notes.push(Finding { place: place.into(), what: what.into() });
    }

    fn repaired(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.repaired.push(Finding { place: place.into(), what: what.into() });
    }

    fn error(&mut self, error: VaultError) {
        match error {
            VaultError::Damaged { place, what } => self.fault(place, what),
            other => self.fault("vault", other.to_string()),
        }
    }
}

/// Audits a vault. `others` are checkpoints that left it earlier (from a mail, a report, a witness): the log must continue
/// each. They are the only thing here that an administrator could not have made anew.
///
/// # Errors
///
/// When the vault cannot be looked at at all; whatever is wrong with it is in the audit.
pub fn fsck(vault: &Vault, others: &[SignedCheckpoint], repair: Repair) -> Result<Audit, VaultError> {
    let mut audit = Audit::default();
    let mut writer = None;
    if repair == Repair::Yes {
        // Publishing what was committed is what every writer begins with.
        match Writer::rebuild(vault.layout.clone(), &vault.key, disk::Disk::default()) {
            Ok(opened) => writer = Some(opened),
            Err(error @ VaultError::Damaged { .. }) => audit.error(error),
            Err(error) => return Err(error),
        }
    }
    keys(vault, &mut audit);
    let head = vault.checkpoint();
    let entries = entries(vault, &mut audit);
    audit.leaves = u64::try_from(entries.len()).unwrap_or(0);
    let mut tree = MemoryTree::default();
    entries.iter().for_each(|entry| tree.push(entry.hash()));
    match &head {
        Ok(head) => {
            checkpoint(head, &tree, &mut audit);
            tiles(vault, head.checkpoint.size, &entries, writer.as_ref(), &mut audit)?;
        }
        Err(_) => audit.fault("checkpoint", "it is missing, or not signed by key.vkey"),
    }
    anchors(vault, others, &tree, &mut audit);
    records(&entries, &mut audit);
    match History::of(entries) {
        Ok(history) => blobs(vault, &history, &mut writer, &mut audit)?,
        Err(error) => audit.error(error),
    }
    temporaries(vault, &mut audit)?;
    audit.faults.sort();
    audit.faults.dedup();
    audit.notes.sort();
    Ok(audit)
}

fn keys(vault: &Vault, audit: &mut Audit) {
    let path = vault.layout.signing_key();
    match disk::read(&path) {
        Ok(Some(secret)) => {
            let key = String::from_utf8(secret).ok();
            let key = key.and_then(|t| attesta_ledger::SigningKey::from_secret_text(t.trim_end()).ok());
            if key.is_none_or(|key| key.verifier() != vault.key) {
                audit.fault("key.secret", "it is not the signing key of key.vkey");
            }
        }
        Ok(None) => audit.note("key.secret", "it is not here; everything can be verified, and nothing added"),
        Err(error) => audit.error(error.into()),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if std::fs::metadata(&path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
            audit.fault("key.secret", "others may read it; `chmod 600` it, and think about who might have");
        }
    }
}

/// Every transaction that can be read, up to the first gap.
fn entries(vault: &Vault, audit: &mut Audit) -> Vec<Entry> {
    let mut entries = Vec::new();
    let files = match vault::transactions(&vault.layout) {
        Ok(files) => files,
        Err(error) => {
            audit.error(error);
            return entries;
        }
    };
    for (first, path) in files {
        let next = u64::try_from(entries.len()).unwrap_or(0);
        if first != next {
            audit.fault(vault.layout.told(&path), format!("the transaction of leaf {next} is missing before it"));
            return entries;
        }
        match vault::read_transaction(&vault.layout, first, &path) {
            Ok(read) => entries.extend(read),
            Err(error) => {
                audit.error(error);
                return entries;
            }
        }
    }
    entries
}

fn checkpoint(head: &SignedCheckpoint, tree: &MemoryTree, audit: &mut Audit) {
    let head = &head.checkpoint;
    match tree.root(head.size) {
        None => audit.fault(
            "transactions",
            format!("{} leaves can be read, and the checkpoint covers {}", tree.size(), head.size),
        ),
        Some(root) if root != head.root => {
            audit.fault("checkpoint", "its root is not the root over the leaves of the transactions");
        }
        Some(_) if tree.size() > head.size => audit.note(
            "checkpoint",
            format!(
                "{} leaves are stored and not yet published; the next change publishes them",
                tree.size() - head.size
            ),
        ),
        Some(_) => {}
    }
}

/// Compares every derived file with what the leaves say.
fn tiles(
    vault: &Vault,
    size: u64,
    entries: &[Entry],
    writer: Option<&Writer>,
    audit: &mut Audit,
) -> Result<(), VaultError> {
    let published = entries.get(..usize::try_from(size).unwrap_or(usize::MAX)).unwrap_or(entries);
    if u64::try_from(published.len()) != Ok(size) {
        return Ok(());
    }
    for (id, expected) in expected(published) {
        let place = format!("log/{}", id.path());
        match disk::read(&vault.layout.tile(id))? {
            Some(bytes) if bytes == expected => {}
            found => {
                let what = if found.is_some() { "it does not hold what the leaves say" } else { "it is missing" };
                match writer {
                    Some(writer) => {
                        writer.rewrite_tile(id, &expected)?;
                        audit.repaired(place, format!("{what}; it was written again"));
                    }
                    None => audit.fault(place, format!("{what}; `--repair` writes it again")),
                }
            }
        }
    }
    let known: BTreeSet<String> = TileId::all(size).map(|id| id.path()).collect();
    let mut folders = vec![vault.layout.log().join("tile")];
    while let Some(folder) = folders.pop() {
        for name in disk::names(&folder)? {
            let path = folder.join(name);
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let told = path.strip_prefix(vault.layout.log()).unwrap_or(&path).display().to_string();
            // Partial tiles of earlier sizes stay until their full tile is there.
            if !known.contains(&told) && !told.contains(".p/") {
                audit.note(format!("log/{told}"), "no tile of this log has this name");
            }
        }
    }
    Ok(())
}

/// What every tile and bundle of these leaves must hold.
fn expected(entries: &[Entry]) -> BTreeMap<TileId, Vec<u8>> {
    let bytes = |hashes: &[Hash]| hashes.iter().flat_map(|h| *h.as_bytes()).collect::<Vec<u8>>();
    let mut edge = Edge::default();
    let mut tiles = BTreeMap::new();
    for entry in entries {
        tiles.extend(edge.append(entry.hash()).into_iter().map(|tile| (tile.id, bytes(&tile.hashes))));
    }
    tiles.extend(edge.partial().map(|(id, hashes)| (id, bytes(hashes))));
    for (chunk, index) in entries.chunks(256).zip(0..) {
        let width = u16::try_from(chunk.len()).unwrap_or(0);
        let bundle = Entries::encode(chunk.iter().map(|entry| entry.bytes.as_slice()));
        tiles.insert(TileId { level: TileLevel::Entries, index, width }, bundle);
    }
    tiles
}

/// The log continues every checkpoint that was kept, and every one that came from elsewhere.
fn anchors(vault: &Vault, others: &[SignedCheckpoint], tree: &MemoryTree, audit: &mut Audit) {
    let kept = match vault.anchors() {
        Ok(kept) => kept,
        Err(error) => {
            audit.error(error);
            Vec::new()
        }
    };
    for anchor in &kept {
        let place = format!("timestamp of the checkpoint of {} leaves", anchor.checkpoint.checkpoint.size);
        match anchor.timestamped() {
            Ok(Some(_)) => audit.timestamps += 1,
            Ok(None) => {}
            Err(error) => audit.fault(place, error.to_string()),
        }
    }
    let kept = kept.iter().map(|a| ("kept", &a.checkpoint));
    for (whose, signed) in kept.chain(others.iter().map(|c| ("given", c))) {
        let head = &signed.checkpoint;
        match tree.root(head.size) {
            Some(root) if root == head.root => audit.anchors += 1,
            Some(_) => audit.fault(
                format!("{whose} checkpoint of {} leaves", head.size),
                "the log does not continue it: history was rewritten, and the two checkpoints prove it",
            ),
            None => audit.fault(
                format!("{whose} checkpoint of {} leaves", head.size),
                format!("the log has only {}: it was cut back", tree.size()),
            ),
        }
    }
}

fn records(entries: &[Entry], audit: &mut Audit) {
    let mut seen = BTreeSet::new();
    for entry in entries {
        let place = || format!("leaf {}", entry.index);
        if !entry.has_its_record() {
            audit.fault(place(), "the record beside it is not the one that it speaks of");
        }
        if entry.leaf.previous.iter().any(|hash| !seen.contains(hash)) {
            audit.fault(place(), "it builds on a leaf that does not stand before it");
        }
        seen.insert(entry.hash());
    }
}

fn blobs(vault: &Vault, history: &History, writer: &mut Option<Writer>, audit: &mut Audit) -> Result<(), VaultError> {
    let mut needed: BTreeMap<Digest, Vec<&Item>> = BTreeMap::new();
    let mut retired: BTreeSet<Digest> = BTreeSet::new();
    for item in history.shelf.items() {
        audit.evidence += 1;
        let evidence = &item.evidence;
        if history.added(evidence.id).is_none_or(|entry| !entry.speaks_of(&evidence.digest)) {
            audit.fault(evidence.id.to_string(), "its record names bytes that its leaf does not speak of");
        }
        match item.status {
            Status::Retired(_) => drop(retired.insert(evidence.digest)),
            _ => needed.entry(evidence.digest).or_default().push(item),
        }
    }
    for (digest, items) in &needed {
        let path = vault.layout.blob(digest);
        let ids: Vec<String> = items.iter().map(|i| i.evidence.id.to_string()).collect();
        let place = format!("{} ({})", ids.join(", "), vault.layout.told(&path));
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                audit.fault(place, "its bytes are missing");
                continue;
            }
            Err(error) => {
                audit.fault(place, format!("its bytes cannot be read: {error}"));
                continue;
            }
            Ok(metadata) => {
                if items.iter().any(|i| i.evidence.size != metadata.len()) {
                    audit.fault(place.clone(), format!("its size is {} bytes and not as recorded", metadata.len()));
                }
                if !metadata.permissions().readonly() {
                    audit.note(place.clone(), "its bytes are not write-protected");
                }
            }
        }
        match blob_digest(&path) {
            Ok(found) if found == *digest => audit.blobs += 1,
            Ok(_) => audit.fault(place, "its bytes were changed: they have another digest"),
            Err(error) => audit.fault(place, error.to_string()),
        }
    }
    for folder in disk::names(&vault.layout.blobs())? {
        for name in disk::names(&vault.layout.blobs().join(&folder))? {
            let digest: Option<Digest> = name.parse().ok();
            let place = format!("blobs/{folder}/{name}");
            match digest {
                Some(digest) if needed.contains_key(&digest) => {}
                Some(digest) => {
                    let what = if retired.contains(&digest) {
                        "bytes of retired evidence are still here"
                    } else {
                        "no evidence names these bytes; an interrupted `evidence add` leaves such"
                    };
                    // Where anything is wrong, nobody can be sure that nothing names them.
                    match writer {
                        Some(writer) if audit.faults.is_empty() => {
                            writer.remove_blob(&digest)?;
                            audit.repaired(place, format!("{what}; they were removed"));
                        }
                        _ => audit.note(place, format!("{what}; `--repair` removes them from a sound vault")),
                    }
                }
                None => audit.note(place, "it is no blob"),
            }
        }
    }
    Ok(())
}

fn temporaries(vault: &Vault, audit: &mut Audit) -> Result<(), VaultError> {
    let left = disk::names(&vault.layout.temporaries())?.len();
    if left > 0 {
        audit.note("tmp", format!("{left} unfinished files of a process that ended; the next change removes them"));
    }
    Ok(())
}

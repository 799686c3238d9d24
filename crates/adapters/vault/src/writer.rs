use std::{
    fs::File,
    io::{Read, Write as _},
};

use attesta_evidence::{Change, EvidenceId};
use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::{
    ActorId, Checkpoint, Edge, Entries, EventKind, Hash, Leaf, Salt, SaltedDigest, SignedCheckpoint, SigningKey,
    SubjectId, TileId, VerifierKey,
};
use sha2::{Digest as _, Sha256};

use crate::{
    Disk, Entry,
    disk::{self, Access},
    error::VaultError,
    layout::Layout,
    tiles::Tiles,
    transaction::{self, MOST_LEAVES},
    vault, wire,
};

/// The only one who writes, until it is dropped. After an error, drop it: the next one puts in order what was left.
#[derive(Debug)]
pub struct Writer {
    layout: Layout,
    disk: Disk,
    key: SigningKey,
    edge: Edge,
    /// The leaves of the last entry bundle, while it is not full.
    bundle: Vec<Vec<u8>>,
    _lock: File,
}

/// A leaf to be.
#[derive(Debug, Clone)]
pub struct NewLeaf {
    kind: EventKind,
    subject: SubjectId,
    content: Option<Digest>,
    record: String,
    previous: Vec<Hash>,
}

/// Bytes that are durable now, and not yet evidence.
#[derive(Debug)]
pub struct Stored {
    /// Their digest.
    pub digest: Digest,
    /// How many.
    pub size: u64,
    /// Their beginning, as much as was asked for.
    pub head: Vec<u8>,
    /// Whether the same bytes were here before.
    pub was_here: bool,
}

impl NewLeaf {
    /// A leaf about anything: `record` is one line of JSON, stored beside the leaf and covered by its salted digest.
    ///
    /// # Errors
    ///
    /// When a word cannot stand in a leaf, or the record is more than one line.
    pub fn plain(kind: &str, subject: &str, record: String) -> Result<Self, VaultError> {
        let wrong = |why: String| VaultError::damaged("a new leaf", why);
        if record.contains('\n') {
            return Err(wrong("its record is more than one line".to_owned()));
        }
        Ok(Self {
            kind: kind.parse().map_err(|e: attesta_ledger::WordError| wrong(e.to_string()))?,
            subject: subject.parse().map_err(|e: attesta_ledger::WordError| wrong(e.to_string()))?,
            content: None,
            record,
            previous: Vec::new(),
        })
    }

    /// The leaf of a change to evidence.
    ///
    /// # Errors
    ///
    /// When the change cannot be written down.
    pub fn of_change(id: EvidenceId, change: &Change, previous: Vec<Hash>) -> Result<Self, VaultError> {
        Self::of_change_from(id, change, previous, None)
    }

    /// The same with the address from which the change came, in the record and not in the leaf.
    ///
    /// # Errors
    ///
    /// When the change cannot be written down.
    pub fn of_change_from(
        id: EvidenceId,
        change: &Change,
        previous: Vec<Hash>,
        from: Option<&str>,
    ) -> Result<Self, VaultError> {
        let record = wire::write_from(id, change, from).map_err(|e| VaultError::damaged("a new record", e))?;
        let content = match change {
            Change::Added(evidence) => Some(evidence.digest),
            _ => None,
        };
        Ok(Self { content, previous, ..Self::plain(change.word(), &id.to_string(), record)? })
    }
}

impl NewLeaf {
    /// The same, built on earlier leaves.
    #[must_use]
    pub fn after(self, previous: Vec<Hash>) -> Self {
        Self { previous, ..self }
    }

    /// What it will say that happened.
    pub fn kind(&self) -> &str {
        self.kind.as_str()
    }

    /// What it will be about.
    pub fn subject(&self) -> &SubjectId {
        &self.subject
    }
}

impl Writer {
    /// The writer of a log without leaves.
    pub(crate) fn fresh(layout: Layout, key: SigningKey, disk: Disk) -> Result<Self, VaultError> {
        let lock = vault::lock(&layout)?;
        Ok(Self { layout, disk, key, edge: Edge::default(), bundle: Vec::new(), _lock: lock })
    }

    pub(crate) fn open(layout: Layout, verifier: &VerifierKey, disk: Disk) -> Result<Self, VaultError> {
        let (lock, key) = Self::enter(&layout, verifier)?;
        let head = vault::checkpoint(&layout, verifier)?.checkpoint;
        let tiles = Tiles(&layout);
        let edge = Edge::load(&tiles, head.size)?;
        if edge.root() != head.root {
            return Err(VaultError::damaged("log", "the tiles at its right edge do not lead to the checkpoint's root"));
        }
        let last = TileId::entries(head.size / 256, head.size);
        let bundle = if last.width == 0 { Vec::new() } else { tiles.entries(last)? };
        let mut writer = Self { layout, disk, key, edge, bundle, _lock: lock };
        writer.finish(head.size)?;
        Ok(writer)
    }

    /// Opens without reading a tile: from the transactions, whose root the checkpoint must have signed.
    pub(crate) fn rebuild(layout: Layout, verifier: &VerifierKey, disk: Disk) -> Result<Self, VaultError> {
        let (lock, key) = Self::enter(&layout, verifier)?;
        let head = vault::checkpoint(&layout, verifier)?.checkpoint;
        let entries = vault::entries_from(&layout, 0)?;
        let published = usize::try_from(head.size).ok().and_then(|size| entries.get(..size));
        let published =
            published.ok_or_else(|| VaultError::damaged("transactions", "the checkpoint covers more leaves"))?;
        let mut edge = Edge::default();
        published.iter().for_each(|entry| drop(edge.append(entry.hash())));
        if edge.root() != head.root {
            return Err(VaultError::damaged(
                "checkpoint",
                "its root is not the root over the leaves of the transactions",
            ));
        }
        let bundle = published.chunks(256).next_back().filter(|chunk| chunk.len() < 256).unwrap_or_default();
        let bundle = bundle.iter().map(|entry| entry.bytes.clone()).collect();
        let mut writer = Self { layout, disk, key, edge, bundle, _lock: lock };
        writer.finish(head.size)?;
        Ok(writer)
    }

    /// Takes the lock and the signing key.
    fn enter(layout: &Layout, verifier: &VerifierKey) -> Result<(File, SigningKey), VaultError> {
        let lock = vault::lock(layout)?;
        let secret = disk::read(&layout.signing_key())?
            .ok_or_else(|| VaultError::damaged("key.secret", "it is missing; without it nothing can be added"))?;
        let secret = String::from_utf8(secret).ok().and_then(|t| SigningKey::from_secret_text(t.trim_end()).ok());
        let key = secret.ok_or_else(|| VaultError::damaged("key.secret", "it is not a signing key"))?;
        if key.verifier() != *verifier {
            return Err(VaultError::damaged("key.secret", "it is not the key of key.vkey"));
        }
        Ok((lock, key))
    }

    /// Publishes what was committed and not published, and clears what nobody will ever see.
    fn finish(&mut self, published: u64) -> Result<(), VaultError> {
        for name in disk::names(&self.layout.temporaries())? {
            self.disk.remove(&self.layout.temporaries().join(name))?;
        }
        let committed = match vault::last_transaction(&self.layout)? {
            Some((first, path)) => {
                let entries = vault::read_transaction(&self.layout, first, &path)?;
                first + u64::try_from(entries.len()).unwrap_or(0)
            }
            None => 0,
        };
        if committed < published {
            let what = format!("they end at leaf {committed}, and the checkpoint covers {published}");
            return Err(VaultError::damaged("transactions", what));
        }
        if committed > published {
            let entries = vault::entries_from(&self.layout, published)?;
            self.publish(&entries)?;
        }
        Ok(())
    }

    /// How many leaves the log has.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Makes bytes durable under their digest. They are no evidence yet: nobody sees them until a change names them.
    ///
    /// # Errors
    ///
    /// When they are more than `most`, or the disk says no; then nothing was stored.
    pub fn store(&mut self, bytes: &mut dyn Read, most: u64, keep: usize) -> Result<Stored, VaultError> {
        let temporary = self.layout.temporary()?;
        let mut pending = self.disk.begin(&temporary, Access::Kept)?;
        let mut hasher = Sha256::new();
        let (mut size, mut head) = (0_u64, Vec::new());
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match bytes.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(VaultError::io("read", std::path::Path::new("the given file"))(error)),
            };
            let piece = buffer.get(..read).unwrap_or_default();
            size += u64::try_from(read).unwrap_or(u64::MAX);
            if size > most {
                return Err(VaultError::TooBig(most));
            }
            hasher.update(piece);
            let room = keep.saturating_sub(head.len()).min(read);
            head.extend_from_slice(piece.get(..room).unwrap_or_default());
            pending.write(piece)?;
        }
        let digest = Digest::from_bytes(hasher.finalize().into());
        let path = self.layout.blob(&digest);
        let was_here = path.exists();
        if was_here {
            // Bytes stored are never rewritten, so what is here must be what it says.
            if blob_digest(&path)? != digest {
                return Err(VaultError::damaged(self.layout.told(&path), "its bytes have another digest"));
            }
        } else {
            if let Some(folder) = path.parent() {
                self.disk.folder(folder)?;
            }
            pending.sync()?;
            pending.rename(&path)?;
            self.disk.settle(&path)?;
        }
        Ok(Stored { digest, size, head, was_here })
    }

    /// Makes changes happen, all or none, and publishes them in a new checkpoint.
    ///
    /// # Errors
    ///
    /// Nothing happened, unless the error says [`VaultError::StoredNotPublished`] or [`VaultError::Uncertain`].
    pub fn commit(&mut self, actor: &ActorId, at: Timestamp, leaves: Vec<NewLeaf>) -> Result<Vec<Entry>, VaultError> {
        let first = self.size();
        if leaves.is_empty() || leaves.len() > MOST_LEAVES {
            return Err(VaultError::damaged(
                "a new transaction",
                format!("it has none or more than {MOST_LEAVES} leaves"),
            ));
        }
        let mut entries = Vec::with_capacity(leaves.len());
        for (index, new) in (first..).zip(leaves) {
            entries.push(salted(index, new, actor, at)?);
        }
        let bytes = transaction::encode(first, &entries)
            .ok_or_else(|| VaultError::damaged("a new transaction", "it cannot be written down"))?;
        let path = self.layout.transaction(first);
        if path.exists() {
            return Err(VaultError::damaged(self.layout.told(&path), "it is here already"));
        }
        let written = self.disk.write(&self.layout.temporary()?, &path, &bytes, Access::Kept);
        if let Err(error) = written {
            return Err(if path.exists() { VaultError::Uncertain(Box::new(error.into())) } else { error.into() });
        }
        match self.publish(&entries) {
            Ok(()) => Ok(entries),
            Err(error) => Err(VaultError::StoredNotPublished(Box::new(error))),
        }
    }

    /// Tiles, then the checkpoint, then partial tiles that nobody needs any more.
    fn publish(&mut self, entries: &[Entry]) -> Result<(), VaultError> {
        let mut full = Vec::new();
        for entry in entries {
            self.bundle.push(entry.bytes.clone());
            for tile in self.edge.append(entry.hash()) {
                self.tile(tile.id, &hash_bytes(&tile.hashes))?;
                full.push(tile.id);
            }
            if self.bundle.len() == 256 {
                let bundle = std::mem::take(&mut self.bundle);
                let id = TileId::entries(entry.index / 256, entry.index + 1);
                self.tile(id, &Entries::encode(bundle.iter().map(Vec::as_slice)))?;
                full.push(id);
            }
        }
        let partial: Vec<(TileId, Vec<u8>)> =
            self.edge.partial().map(|(id, hashes)| (id, hash_bytes(hashes))).collect();
        for (id, bytes) in partial {
            self.tile(id, &bytes)?;
        }
        if !self.bundle.is_empty() {
            let id = TileId::entries(self.size() / 256, self.size());
            self.tile(id, &Entries::encode(self.bundle.iter().map(Vec::as_slice)))?;
        }
        let checkpoint = self.sign();
        let path = self.layout.checkpoint();
        self.disk.write(&self.layout.temporary()?, &path, checkpoint.to_string().as_bytes(), Access::Derived)?;
        for id in full {
            let full = self.layout.tile(id);
            let mut folder = full.into_os_string();
            folder.push(".p");
            let folder = std::path::PathBuf::from(folder);
            if folder.exists() {
                self.disk.remove_all(&folder)?;
            }
        }
        Ok(())
    }

    fn sign(&self) -> SignedCheckpoint {
        let head = Checkpoint { origin: self.key.name().clone(), size: self.size(), root: self.edge.root() };
        head.sign(&self.key)
    }

    fn tile(&self, id: TileId, bytes: &[u8]) -> Result<(), VaultError> {
        let path = self.layout.tile(id);
        if disk::read(&path)?.is_some_and(|there| there == bytes) {
            return Ok(());
        }
        Ok(self.disk.write(&self.layout.temporary()?, &path, bytes, Access::Derived)?)
    }

    /// Removes the bytes of retired evidence. The caller knows that nothing else needs them.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn remove_blob(&mut self, digest: &Digest) -> Result<(), VaultError> {
        Ok(self.disk.remove(&self.layout.blob(digest))?)
    }

    /// Writes a file of an anchor.
    pub(crate) fn write_anchor(&mut self, size: u64, name: &str, bytes: &[u8]) -> Result<(), VaultError> {
        let path = self.layout.anchor(size).join(name);
        Ok(self.disk.write(&self.layout.temporary()?, &path, bytes, Access::Derived)?)
    }

    /// Writes a derived tile again.
    pub(crate) fn rewrite_tile(&self, id: TileId, bytes: &[u8]) -> Result<(), VaultError> {
        self.tile(id, bytes)
    }
}

fn hash_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|h| *h.as_bytes()).collect()
}

/// A new leaf with its number and fresh salts: what is stored, wherever the log is kept.
///
/// # Errors
///
/// When no randomness can be had, or the leaf is bigger than a log takes.
pub fn salted(index: u64, new: NewLeaf, actor: &ActorId, at: Timestamp) -> Result<Entry, VaultError> {
    let record_salt = Salt::from_bytes(disk::random()?);
    let content_salt = new.content.map(|_| disk::random().map(Salt::from_bytes)).transpose()?;
    let leaf = Leaf {
        kind: new.kind,
        subject: new.subject,
        actor: actor.clone(),
        at,
        content: new.content.as_ref().zip(content_salt.as_ref()).map(|(digest, salt)| SaltedDigest::of(salt, digest)),
        record: Some(SaltedDigest::of(&record_salt, &Digest::of(new.record.as_bytes()))),
        previous: new.previous,
    };
    let bytes = leaf.to_bytes()?;
    // What is in memory is what will be read: seconds are cut.
    let leaf = Leaf::from_bytes(&bytes)?;
    Ok(Entry { index, leaf, bytes, record: new.record, content_salt, record_salt })
}

/// The digest of a file's bytes, read piece by piece.
///
/// # Errors
///
/// When it cannot be read.
pub fn blob_digest(path: &std::path::Path) -> Result<Digest, VaultError> {
    struct Sink(Sha256);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut file = File::open(path).map_err(VaultError::io("open the file", path))?;
    let mut sink = Sink(Sha256::new());
    std::io::copy(&mut file, &mut sink).map_err(VaultError::io("read the file", path))?;
    sink.flush().map_err(VaultError::io("read the file", path))?;
    Ok(Digest::from_bytes(sink.0.finalize().into()))
}

//! Checkpoints that others have vouched for: cosignatures of witnesses, and timestamps of an authority.

use attesta_kernel::Digest;
use attesta_ledger::{Note, NoteSignature, SignedCheckpoint, WitnessKey};

use attesta_timestamp::{CertificateError, NotTimestamped, Query, Timestamped, certificates};

use crate::{Vault, Writer, disk, error::VaultError, vault};

/// A checkpoint that was kept, and what others said about it.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The checkpoint, with all cosignatures that were brought back.
    pub checkpoint: SignedCheckpoint,
    /// The question to a timestamp authority, when one was written.
    pub query: Option<Query>,
    /// Its answer, when one was taken in.
    pub timestamp: Option<Timestamp>,
}

/// An authority's answer, with the certificates with which it was verified.
#[derive(Debug, Clone)]
pub struct Timestamp {
    /// The reply as it came.
    pub reply: Vec<u8>,
    /// Roots that were trusted, in PEM form.
    pub roots: String,
    /// Certificates between, in PEM form; may be empty.
    pub others: String,
}

/// What others said cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// The vault said no.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// It is no note.
    #[error("it is neither a cosigned checkpoint nor signature lines: {0}")]
    Shape(attesta_ledger::NoteError),
    /// The witness has not signed this checkpoint.
    #[error("no cosignature of `{0}` that holds for the checkpoint of {1} leaves stands in it")]
    NotCosigned(String, u64),
    /// The reply proves nothing.
    #[error(transparent)]
    NotTimestamped(#[from] NotTimestamped),
    /// The certificates cannot be read.
    #[error("certificates: {0}")]
    Certificates(#[from] CertificateError),
    /// Nobody was asked.
    #[error("no timestamp authority was asked about the checkpoint of {0} leaves")]
    NotAsked(u64),
}

const CHECKPOINT: &str = "checkpoint";
const QUERY: &str = "timestamp.tsq";
const REPLY: &str = "timestamp.tsr";
const ROOTS: &str = "timestamp-roots.pem";
const OTHERS: &str = "timestamp-others.pem";

impl Vault {
    /// The anchor of a size, when one was kept.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    pub fn anchor(&self, size: u64) -> Result<Option<Anchor>, VaultError> {
        let folder = self.layout.anchor(size);
        let path = folder.join(CHECKPOINT);
        let Some(bytes) = disk::read(&path)? else { return Ok(None) };
        let wrong = |what: String| VaultError::damaged(self.layout.told(&path), what);
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        let checkpoint = SignedCheckpoint::open(&text, &self.key).map_err(|e| wrong(e.to_string()))?;
        if checkpoint.checkpoint.size != size {
            return Err(wrong(format!("it is that of {} leaves", checkpoint.checkpoint.size)));
        }
        let text = |name: &str| -> Result<String, VaultError> {
            Ok(disk::read(&folder.join(name))?.map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default())
        };
        let query = disk::read(&folder.join(QUERY))?.map(|bytes| Query::from_der(&bytes));
        let query = query.transpose().map_err(|e| wrong(format!("its timestamp query: {e}")))?;
        let timestamp = match disk::read(&folder.join(REPLY))? {
            Some(reply) => Some(Timestamp { reply, roots: text(ROOTS)?, others: text(OTHERS)? }),
            None => None,
        };
        Ok(Some(Anchor { checkpoint, query, timestamp }))
    }

    /// Every anchor, smallest first.
    ///
    /// # Errors
    ///
    /// When one is damaged.
    pub fn anchors(&self) -> Result<Vec<Anchor>, VaultError> {
        let mut anchors = Vec::new();
        for name in disk::names(&self.layout.anchors())? {
            let place = || self.layout.told(&self.layout.anchors().join(&name));
            let size: u64 = name.parse().map_err(|_| VaultError::damaged(place(), "it is no anchor"))?;
            // A folder without a checkpoint was begun and never kept.
            anchors.extend(self.anchor(size)?);
        }
        Ok(anchors)
    }

    /// The checkpoint of a size as it can be given away: the one that was kept, or the newest.
    ///
    /// # Errors
    ///
    /// When neither has the size.
    pub fn checkpoint_of(&self, size: Option<u64>) -> Result<SignedCheckpoint, VaultError> {
        let newest = vault::checkpoint(&self.layout, &self.key)?;
        let size = size.unwrap_or(newest.checkpoint.size);
        match self.anchor(size)? {
            Some(anchor) => Ok(anchor.checkpoint),
            None if newest.checkpoint.size == size => Ok(newest),
            None => Err(VaultError::NotKept(size)),
        }
    }
}

impl Writer {
    /// Keeps the newest checkpoint, so that what others say about it has a place.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn keep(&mut self, vault: &Vault) -> Result<Anchor, VaultError> {
        let newest = vault.checkpoint()?;
        let size = newest.checkpoint.size;
        if vault.anchor(size)?.is_none() {
            self.write_anchor(size, CHECKPOINT, newest.to_string().as_bytes())?;
        }
        vault.anchor(size)?.ok_or_else(|| VaultError::damaged("anchors", "what was written is not there"))
    }

    /// Takes in a witness's answer about a kept checkpoint: the cosigned note, or its signature lines alone.
    ///
    /// # Errors
    ///
    /// When the witness's cosignature is not in it, or does not hold.
    pub fn witnessed(
        &mut self,
        anchor: &Anchor,
        answer: &str,
        witness: &WitnessKey,
    ) -> Result<SignedCheckpoint, AnchorError> {
        let own = &anchor.checkpoint;
        let text = if answer.contains("\n\n") { answer.to_owned() } else { format!("{}\n{answer}", own.note.text) };
        let answered = Note::parse(&text).map_err(AnchorError::Shape)?;
        let size = own.checkpoint.size;
        let not_cosigned = || AnchorError::NotCosigned(witness.name().to_string(), size);
        let probe = |signature: &NoteSignature| {
            let note = Note { text: own.note.text.clone(), signatures: vec![signature.clone()] };
            matches!(witness.cosignature(&note), Ok(Some(_)))
        };
        let cosignature = answered.signatures.into_iter().find(probe).ok_or_else(not_cosigned)?;
        let mut checkpoint = own.clone();
        checkpoint.note.signatures.retain(|s| s.name != cosignature.name || s.id != cosignature.id);
        checkpoint.note.signatures.push(cosignature);
        self.write_anchor(size, CHECKPOINT, checkpoint.to_string().as_bytes())?;
        Ok(checkpoint)
    }
}

impl Anchor {
    /// What the stored reply says, verified with the certificates that lie beside it; `None` where there is no reply.
    ///
    /// # Errors
    ///
    /// When it does not hold.
    pub fn timestamped(&self) -> Result<Option<Timestamped>, AnchorError> {
        let Some(stamp) = &self.timestamp else { return Ok(None) };
        let size = self.checkpoint.checkpoint.size;
        let query = self.query.as_ref().ok_or(AnchorError::NotAsked(size))?;
        check(query, stamp).map(Some)
    }
}

fn check(query: &Query, stamp: &Timestamp) -> Result<Timestamped, AnchorError> {
    let roots = certificates(&stamp.roots)?;
    let others = if stamp.others.trim().is_empty() { Vec::new() } else { certificates(&stamp.others)? };
    Ok(attesta_timestamp::verify(query, &stamp.reply, &roots, &others)?)
}

impl Writer {
    /// The question to a timestamp authority about a kept checkpoint; the same one however often it is asked for.
    ///
    /// # Errors
    ///
    /// When the disk says no.
    pub fn ask_timestamp(&mut self, vault: &Vault, anchor: &Anchor) -> Result<Query, VaultError> {
        if let Some(query) = &anchor.query {
            return Ok(query.clone());
        }
        let digest = Digest::of(anchor.checkpoint.alone(&vault.key).as_bytes());
        let query = Query::new(digest, disk::random()?);
        self.write_anchor(anchor.checkpoint.checkpoint.size, QUERY, &query.to_der())?;
        Ok(query)
    }

    /// Takes in an authority's answer, once it is verified.
    ///
    /// # Errors
    ///
    /// When nobody was asked, or the reply does not hold; then nothing is stored.
    pub fn take_timestamp(
        &mut self,
        vault: &Vault,
        anchor: &Anchor,
        stamp: &Timestamp,
    ) -> Result<Timestamped, AnchorError> {
        let size = anchor.checkpoint.checkpoint.size;
        let query = anchor.query.as_ref().ok_or(AnchorError::NotAsked(size))?;
        if query.digest != Digest::of(anchor.checkpoint.alone(&vault.key).as_bytes()) {
            return Err(NotTimestamped::Digest.into());
        }
        let told = check(query, stamp)?;
        self.write_anchor(size, ROOTS, stamp.roots.as_bytes())?;
        self.write_anchor(size, OTHERS, stamp.others.as_bytes())?;
        self.write_anchor(size, REPLY, &stamp.reply)?;
        Ok(told)
    }
}

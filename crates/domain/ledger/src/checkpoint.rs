use std::fmt;

use crate::{Hash, Note, NoteError, Origin, SigningKey, VerifierKey};

/// What a log says it is: who, how many leaves, and the root over them (C2SP `tlog-checkpoint`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A checkpoint with the note that carries it, once a signature of the log held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The note with all its signatures.
    pub note: Note,
}

/// The text is not a checkpoint of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no note, or the log has not signed it.
    #[error("checkpoint: {0}")]
    Note(#[from] NoteError),
    /// The signed text says something else.
    #[error("checkpoint: its text is not origin, size and root")]
    Text,
    /// The log's key belongs to another log.
    #[error("checkpoint: its origin is `{found}` and the key is that of `{expected}`")]
    Origin {
        /// What the checkpoint says.
        found: Origin,
        /// Whose key was given.
        expected: Origin,
    },
}

impl Checkpoint {
    /// The text that is signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Signs it.
    pub fn sign(self, key: &SigningKey) -> SignedCheckpoint {
        let note = Note::sign(self.to_text(), key);
        SignedCheckpoint { checkpoint: self, note }
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        // We write no extension lines; those of others are opaque, and never empty.
        if lines.any(str::is_empty) {
            return None;
        }
        let number: u64 = size.parse().ok()?;
        (number.to_string() == size).then_some(())?;
        Some(Self { origin: origin.parse().ok()?, size: number, root: root.parse().ok()? })
    }
}

impl SignedCheckpoint {
    /// Reads a checkpoint and verifies the log's signature.
    ///
    /// # Errors
    ///
    /// When it is no checkpoint, of another log, or not signed by `key`.
    pub fn open(text: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(text)?;
        note.verify(key)?;
        let checkpoint = Checkpoint::from_text(&note.text).ok_or(CheckpointError::Text)?;
        if checkpoint.origin != key.name {
            return Err(CheckpointError::Origin { found: checkpoint.origin, expected: key.name.clone() });
        }
        Ok(Self { checkpoint, note })
    }
}

impl SignedCheckpoint {
    /// The note with the log's own signature and no other: the same bytes whoever cosigns later. This is what a timestamp
    /// authority is asked about.
    pub fn alone(&self, key: &VerifierKey) -> String {
        let own = self.note.signatures.iter().find(|s| s.name == key.name && s.id == key.id);
        Note { text: self.note.text.clone(), signatures: own.cloned().into_iter().collect() }.to_string()
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("attesta.example/acme".parse().unwrap(), &[seed; 32])
    }

    fn signed() -> SignedCheckpoint {
        Checkpoint { origin: key(1).name().clone(), size: 12, root: Hash::empty() }.sign(&key(1))
    }

    #[test]
    fn opens_with_its_key_alone() {
        let text = signed().to_string();
        assert!(
            text.starts_with("attesta.example/acme\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— attesta.ex")
        );
        assert_eq!(SignedCheckpoint::open(&text, &key(1).verifier()), Ok(signed()));
        let stranger = SignedCheckpoint::open(&text, &key(2).verifier());
        assert!(matches!(stranger, Err(CheckpointError::Note(NoteError::Unsigned(_)))));
    }

    #[test]
    fn a_key_of_another_log_opens_nothing() {
        let other = Checkpoint { origin: "other.example/log".parse().unwrap(), size: 1, root: Hash::empty() };
        let opened = SignedCheckpoint::open(&other.sign(&key(1)).to_string(), &key(1).verifier());
        assert!(matches!(opened, Err(CheckpointError::Origin { .. })));
    }

    #[test]
    fn signed_text_of_another_shape_is_no_checkpoint() {
        for text in
            ["x\n", "x\n1\n", "x\n01\nROOT\n", "x\n-1\nROOT\n", "x\n+1\nROOT\n", "x\n1\nROOT\n\ny\n", "x\n1\nzz\n"]
        {
            let text = text.replace('x', "attesta.example/acme").replace("ROOT", &Hash::empty().to_string());
            let note = Note::sign(text.clone(), &key(1)).to_string();
            assert!(SignedCheckpoint::open(&note, &key(1).verifier()).is_err(), "{text:?}");
        }
    }
}

use attesta_evidence::EvidenceId;
use attesta_ledger::{Opening, SignedCheckpoint, TileNodes, TlogProof, inclusion_proof};

use crate::{History, Vault, error::VaultError, tiles::Tiles};

/// What an assessor gets beside the file, to verify it without us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// `item.tlog-proof`: leaf and salt in its extra line, index, hashes, checkpoint with all its signatures.
    pub proof: TlogProof,
    /// `leaf`: the bytes that were logged.
    pub leaf: Vec<u8>,
    /// `key.vkey`: for convenience; a verifier takes the key from elsewhere.
    pub key: String,
    /// How many leaves the checkpoint covers.
    pub size: u64,
}

impl Vault {
    /// The proof that a piece of evidence was logged, under `checkpoint`, which must cover it.
    ///
    /// # Errors
    ///
    /// When nothing has the id, the checkpoint does not cover it, or a tile is damaged. What comes out was verified.
    pub fn bundle(
        &self,
        history: &History,
        id: EvidenceId,
        checkpoint: &SignedCheckpoint,
    ) -> Result<Bundle, VaultError> {
        let place = || id.to_string();
        let entry = history.added(id).ok_or_else(|| VaultError::damaged(place(), "there is no such evidence"))?;
        let head = &checkpoint.checkpoint;
        if entry.index >= head.size {
            let what = format!("it is leaf {}, and the checkpoint covers {} leaves", entry.index, head.size);
            return Err(VaultError::damaged(place(), what));
        }
        let salt = entry.content_salt.clone().ok_or_else(|| VaultError::damaged(place(), "its leaf has no content"))?;
        // Tiles are read at the size of the newest checkpoint: all of those are there.
        let tiles = Tiles(&self.layout);
        let nodes = TileNodes { source: &tiles, size: self.checkpoint()?.checkpoint.size };
        let hashes = inclusion_proof(&nodes, entry.index, head.size)?;
        attesta_ledger::verify_inclusion(&entry.hash(), entry.index, head.size, &hashes, &head.root)
            .map_err(|_| VaultError::damaged("log", format!("its tiles do not prove leaf {}", entry.index)))?;
        let opening = Opening { leaf: entry.bytes.clone(), salt };
        let proof = TlogProof {
            extra: Some(opening.to_bytes()),
            index: entry.index,
            hashes,
            checkpoint: checkpoint.to_string(),
        };
        Ok(Bundle { proof, leaf: entry.bytes.clone(), key: format!("{}\n", self.key), size: head.size })
    }
}

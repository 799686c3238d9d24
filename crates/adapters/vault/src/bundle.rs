use std::path::Path;

use attesta_evidence::EvidenceId;
use attesta_ledger::{
    Entries, Hash, Opening, SignedCheckpoint, TileId, TileLevel, TileNodes, TileSource as _, TlogProof,
    consistency_proof, inclusion_proof,
};

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
            return Err(VaultError::NotCovered { index: entry.index, size: head.size });
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

impl Vault {
    /// The proof that the log of `new` leaves begins with the log of `old` leaves.
    ///
    /// # Errors
    ///
    /// When a tile is damaged.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, VaultError> {
        let tiles = Tiles(&self.layout);
        consistency_proof(&TileNodes { source: &tiles, size: self.checkpoint()?.checkpoint.size }, old, new)
    }

    /// Copies what may be public into a new folder: every tile and bundle of the newest checkpoint, the checkpoint with its
    /// cosignatures, and the key. It holds ids and salted digests, and neither evidence nor records.
    ///
    /// # Errors
    ///
    /// When a tile is damaged, or the folder cannot be written.
    pub fn export_log(&self, folder: &Path) -> Result<SignedCheckpoint, VaultError> {
        let checkpoint = self.checkpoint_of(None)?;
        let tiles = Tiles(&self.layout);
        let write = |path: &Path, bytes: &[u8]| {
            let above = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(above).map_err(VaultError::io("make the folder", above))?;
            std::fs::write(path, bytes).map_err(VaultError::io("write the file", path))
        };
        for id in TileId::all(checkpoint.checkpoint.size) {
            let bytes = match id.level {
                TileLevel::Entries => Entries::encode(tiles.entries(id)?.iter().map(Vec::as_slice)),
                TileLevel::Hashes(_) => tiles.tile(id)?.iter().flat_map(|h| *h.as_bytes()).collect(),
            };
            write(&folder.join(id.path()), &bytes)?;
        }
        write(&folder.join("key.vkey"), format!("{}\n", self.key).as_bytes())?;
        // The checkpoint last: what it speaks of is there.
        write(&folder.join("checkpoint"), checkpoint.to_string().as_bytes())?;
        Ok(checkpoint)
    }
}

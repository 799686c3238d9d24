//! Reading tiles and entry bundles from the log's folder.

use attesta_ledger::{Entries, Hash, TileId, TileLevel, TileSource};

use crate::{disk, error::VaultError, layout::Layout};

/// The tiles of a log in a folder.
#[derive(Debug)]
pub(crate) struct Tiles<'a>(pub(crate) &'a Layout);

impl Tiles<'_> {
    /// The bytes of a tile; a full one may stand for a partial one that was removed.
    fn bytes(&self, id: TileId) -> Result<(TileId, Vec<u8>), VaultError> {
        if let Some(bytes) = disk::read(&self.0.tile(id))? {
            return Ok((id, bytes));
        }
        let full = TileId { width: 256, ..id };
        match disk::read(&self.0.tile(full))? {
            Some(bytes) => Ok((full, bytes)),
            None => Err(VaultError::damaged(format!("log/{}", id.path()), "it is missing")),
        }
    }

    /// The leaves of a bundle.
    pub(crate) fn entries(&self, id: TileId) -> Result<Vec<Vec<u8>>, VaultError> {
        debug_assert!(id.level == TileLevel::Entries);
        let (found, bytes) = self.bytes(id)?;
        let mut leaves = Entries::decode(found, &bytes)?;
        leaves.truncate(id.width.into());
        Ok(leaves)
    }
}

impl TileSource for Tiles<'_> {
    type Error = VaultError;

    fn tile(&self, id: TileId) -> Result<Vec<Hash>, VaultError> {
        let (found, bytes) = self.bytes(id)?;
        let mut hashes = found.hashes(&bytes)?;
        hashes.truncate(id.width.into());
        Ok(hashes)
    }
}

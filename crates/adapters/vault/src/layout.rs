use std::path::{Path, PathBuf};

use attesta_kernel::Digest;
use attesta_ledger::TileId;

use crate::{disk, error::VaultError};

/// The folder in a workspace that holds the vault.
pub const FOLDER: &str = ".attesta";

/// Where everything stands in a vault. `log/` is a static C2SP log as it would be served: tiles, entries, checkpoint.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) vault: PathBuf,
}

impl Layout {
    pub(crate) fn about(&self) -> PathBuf {
        self.vault.join("vault.json")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.vault.join("lock")
    }

    pub(crate) fn signing_key(&self) -> PathBuf {
        self.vault.join("key.secret")
    }

    pub(crate) fn verifier_key(&self) -> PathBuf {
        self.vault.join("key.vkey")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.vault.join("log")
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.log().join("checkpoint")
    }

    pub(crate) fn tile(&self, id: TileId) -> PathBuf {
        self.log().join(id.path())
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.vault.join("blobs")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        let (head, _) = name.split_at(2);
        self.blobs().join(head).join(&name)
    }

    pub(crate) fn transactions(&self) -> PathBuf {
        self.vault.join("transactions")
    }

    /// The file of the transaction whose first leaf has this number: always four levels, so that names sort by number.
    pub(crate) fn transaction(&self, first: u64) -> PathBuf {
        let name = format!("{first:012}");
        let part = |range| name.get(range).unwrap_or_default();
        self.transactions().join(part(0..3)).join(part(3..6)).join(part(6..9)).join(format!("{name}.jsonl"))
    }

    pub(crate) fn anchors(&self) -> PathBuf {
        self.vault.join("anchors")
    }

    pub(crate) fn anchor(&self, size: u64) -> PathBuf {
        self.anchors().join(format!("{size:012}"))
    }

    pub(crate) fn temporaries(&self) -> PathBuf {
        self.vault.join("tmp")
    }

    /// A name that nobody uses.
    pub(crate) fn temporary(&self) -> Result<PathBuf, VaultError> {
        let bytes: [u8; 12] = disk::random()?;
        Ok(self.temporaries().join(Digest::of(&bytes).to_string()))
    }

    /// How people would name a file of the vault.
    pub(crate) fn told(&self, path: &Path) -> String {
        path.strip_prefix(&self.vault).unwrap_or(path).display().to_string()
    }
}

//! Small evidence for tests.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]

use std::path::Path;

use attesta_evidence::{Change, Dates, Description, Evidence, EvidenceId, Source};
use attesta_kernel::Timestamp;
use attesta_ledger::ActorId;
use attesta_vault::{Audit, Disk, NewLeaf, Repair, Stored, Vault, VaultError, Writer, fsck};

pub fn at() -> Timestamp {
    "2026-11-26T20:40:30Z".parse().unwrap()
}

pub fn actor() -> ActorId {
    "ann".parse().unwrap()
}

pub fn init(folder: &Path) -> Vault {
    Vault::init(folder, "test.example/log".parse().unwrap(), &actor(), at(), &Disk::default()).unwrap()
}

pub fn id(number: u64) -> EvidenceId {
    EvidenceId::new(number, [7; 10])
}

pub fn evidence(id: EvidenceId, stored: &Stored) -> Evidence {
    Evidence {
        id,
        version: 1,
        supersedes: None,
        digest: stored.digest,
        size: stored.size,
        media_type: "text/plain".parse().unwrap(),
        file_name: "a.txt".parse().unwrap(),
        description: Description {
            title: None,
            kind: None,
            dates: Dates {
                effective: None,
                collected: None,
                received: "2026-11-26".parse().unwrap(),
                valid_until: None,
            },
            period: None,
            source: Source::default(),
            role: None,
            component: None,
            attestation: None,
            confidential: false,
            retention: None,
        },
    }
}

/// Adds evidence with bytes of its own.
pub fn add(writer: &mut Writer, id: EvidenceId) -> Result<(), VaultError> {
    let bytes = content(id);
    let stored = writer.store(&mut bytes.as_bytes(), 1 << 20, 16)?;
    let change = Change::Added(Box::new(evidence(id, &stored)));
    writer.commit(&actor(), at(), vec![NewLeaf::of_change(id, &change, Vec::new())?])?;
    Ok(())
}

pub fn content(id: EvidenceId) -> String {
    format!("evidence {id}\n").repeat(50)
}

pub fn audit(vault: &Vault) -> Audit {
    fsck(vault, &[], Repair::No).unwrap()
}

/// Adds many at once: one transaction, one file of bytes.
pub fn add_many(writer: &mut Writer, ids: impl Iterator<Item = EvidenceId>) {
    let stored = writer.store(&mut "the same bytes\n".as_bytes(), 1 << 20, 16).unwrap();
    let leaves =
        ids.map(|id| NewLeaf::of_change(id, &Change::Added(Box::new(evidence(id, &stored))), Vec::new()).unwrap());
    writer.commit(&actor(), at(), leaves.collect()).unwrap();
}

/// A folder in memory where there is one: what is tested here is order, not the disk.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

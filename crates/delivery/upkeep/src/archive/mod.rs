//! One organisation as one file: what it wrote, its evidence, its log. A zip whose manifest names every file with its
//! digest; a note signed by the log's key names the manifest's.
//!
//! What never travels: passwords and every other way to sign in, sessions, tokens, invitations, share links, jobs, sealed
//! secrets, and the log's signing key. Of people their ids and names do, so that the trail can be read.

mod export;
mod import;
mod packed;
mod rows;
mod runs;

use attesta_kernel::Timestamp;
use serde::{Deserialize, Serialize};

pub use export::{Export, Exported, export};
pub use import::{Import, Imported, import};

pub(crate) const SCHEMA: &str = "attesta.archive/1";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const NOTE: &str = "manifest.note";
pub(crate) const PEOPLE: &str = "people.jsonl";
pub(crate) const CHECKPOINT: &str = "ledger/checkpoint";
pub(crate) const KEY: &str = "ledger/key.vkey";

/// Tables that travel. The log's tiles and head follow from the leaves and stand under `ledger/`.
pub(crate) const TRAVELS: [&str; 10] = [
    "tenant",
    "assessment",
    "document",
    "document_past",
    "record",
    "evidence",
    "evidence_link",
    "blob",
    "leaf",
    "anchor",
];

/// What an archive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) schema: String,
    pub(crate) made: Timestamp,
    pub(crate) program: String,
    pub(crate) organisation: String,
    pub(crate) name: String,
    /// The key that verifies the log and this archive.
    pub(crate) key: String,
    pub(crate) leaves: u64,
    pub(crate) migrations: Vec<i64>,
    /// Rows that did not travel, because they hold sealed secrets.
    pub(crate) left_out: u64,
    pub(crate) files: Vec<File>,
}

/// A file of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// Somebody who is named in the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Where the runs of watched sources lie in it.
pub(crate) const SOURCES: &str = "sources/";

/// What the note says of a manifest.
pub(crate) fn statement(organisation: &str, manifest: &[u8]) -> String {
    format!("{SCHEMA} {organisation} {}", attesta_kernel::Digest::of(manifest))
}

pub(crate) fn data(table: &str) -> String {
    format!("data/{table}.jsonl")
}

pub(crate) fn blob(digest: &str) -> String {
    format!("blobs/{digest}")
}

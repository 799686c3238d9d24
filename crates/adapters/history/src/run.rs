use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{Digest, Timestamp};
use attesta_posture::{Judged, RunId, SourceName, Tally, Verdicts};
use attesta_resource::{Kind, NotUnderstood};

/// A run to keep.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// When it looked. Runs of one source follow each other.
    pub at: Timestamp,
    /// At what.
    pub source: SourceName,
    /// Which program looked: name and version.
    pub tool: String,
    /// Digest of the policies and the catalog that it judged by.
    pub content: Digest,
    /// What was read, byte for byte.
    pub documents: Vec<(String, Vec<u8>)>,
    /// What was not understood or not seen.
    pub unseen: Vec<NotUnderstood>,
    /// Whether every input could be read, a live source answered all that it was asked, and every policy could run.
    pub complete: bool,
    /// Kinds of which every resource was seen.
    pub complete_kinds: BTreeSet<Kind>,
    /// How many resources of each kind.
    pub resources: BTreeMap<Kind, u32>,
    /// The policies.
    pub judged: Judged,
    /// What they said.
    pub verdicts: Verdicts,
}

/// A run that is kept: everything but the documents' bytes and the verdicts, which are read when they are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// When it looked.
    pub at: Timestamp,
    /// At what.
    pub source: SourceName,
    /// The run of the same source before it.
    pub parent: Option<RunId>,
    /// Digest over everything that is kept of the run, and of the run of any source before it, and so on to the first:
    /// whoever knows it can tell whether anything was changed.
    pub digest: Digest,
    /// The digest of the run of any source before it.
    pub previous: Option<Digest>,
    /// Which program looked.
    pub tool: String,
    /// Digest of the policies and the catalog that it judged by.
    pub content: Digest,
    /// What was read.
    pub documents: Vec<KeptDocument>,
    /// What was not understood or not seen.
    pub unseen: Vec<NotUnderstood>,
    /// Whether every input could be read, a live source answered all that it was asked, and every policy could run.
    pub complete: bool,
    /// Kinds of which every resource was seen, by their words: an older or newer version may know others.
    pub complete_kinds: BTreeSet<String>,
    /// How many resources of each kind.
    pub resources: BTreeMap<String, u32>,
    /// The policies.
    pub judged: Judged,
    /// Their verdicts, counted.
    pub tally: Tally,
    /// Bytes that it takes on disk.
    pub stored: u64,
    pub(crate) verdicts: Section,
    /// Whether the verdicts are kept whole, and not as what differs from the parent's.
    pub(crate) whole: bool,
    pub(crate) image: Section,
    /// The runs on which the documents' bytes build, from one that is kept whole; empty for such a one.
    pub(crate) chain: Vec<RunId>,
    /// Which run it is since the documents were kept whole.
    pub(crate) position: u32,
    /// Where the sections begin in the file.
    pub(crate) begin: u64,
}

/// A document that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDocument {
    /// The path under which it was read.
    pub path: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: u64,
}

/// A part of a run's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section {
    /// Bytes in the file.
    pub(crate) stored: u64,
    /// Bytes when it is unpacked.
    pub(crate) unpacked: u64,
    /// SHA-256 of the bytes in the file.
    pub(crate) digest: Digest,
}

impl Run {
    /// The bytes of all documents together.
    pub fn bytes(&self) -> u64 {
        self.documents.iter().fold(0, |sum: u64, d| sum.saturating_add(d.bytes))
    }

    /// How many runs are read for this one's documents, itself included.
    pub fn depth(&self) -> usize {
        self.chain.len().saturating_add(1)
    }
}

//! A folder that keeps every run: what was read, byte for byte, what was not seen, and what was said of it.
//!
//! A run is one file, written beside its place and renamed: it is there whole or not at all. Its documents are kept as
//! what differs from an earlier run of the same source, in chains of nine files at the most, and its verdicts as what
//! differs from the run before. Every run names the digest of the one before it, so that the newest digest stands for
//! all of them. Nothing kept is ever rewritten. One process writes at a time; readers need no lock.
//!
//! It judges nothing and works nothing out: policies do, and `attesta-posture`.

mod delta;
mod error;
mod file;
mod fsck;
mod history;
mod record;
mod run;
mod wire;

pub use attesta_disk::{Disk, Failure};
pub use error::HistoryError;
pub use fsck::{Audit, Finding, fsck};
pub use history::History;
pub use run::{KeptDocument, NewRun, Run};

//! A vault in a folder: evidence bytes by their digest, what is known of them, and the log that makes both tamper-evident.
//!
//! The order of every change: bytes durable; then one file with records, leaves and salts, whose rename is the moment at which
//! the change has happened; then tiles and checkpoint. Whoever dies in between leaves either nothing that anybody sees, or a
//! change that the next writer publishes. Nothing stored is ever rewritten, and evidence bytes are removed by retirement
//! alone. One process writes at a time.
//!
//! It decides nothing about evidence or proofs: the domain does.

mod anchor;
mod bundle;
mod error;
mod fsck;
mod history;
mod layout;
mod tiles;
mod transaction;
mod vault;
mod wire;
mod writer;

use attesta_disk as disk;

pub use anchor::{Anchor, AnchorError, Timestamp};
pub use attesta_disk::{Disk, Failure};
pub use bundle::Bundle;
pub use error::VaultError;
pub use fsck::{Audit, Finding, Repair, fsck};
pub use history::History;
pub use layout::FOLDER;
pub use transaction::Entry;
pub use vault::Vault;
pub use wire::{read as read_record, write as write_record};
pub use writer::{NewLeaf, Stored, Writer, blob_digest, salted};

//! Everything the server knows, in SQLite or PostgreSQL.
//!
//! One implementation speaks the SQL that both read; the four places where they differ (bytes, row-level security, locks
//! of rows, opening) are told apart here and nowhere else. A [`Room`] reads one organisation; a [`Work`] changes it, and
//! each change that matters is told to the organisation's log: a commit stores the changes and their leaves together, or
//! neither. What is the instance's own (accounts, sessions, invitations) belongs to the organisation [`HOUSE`].

mod assessment;
mod bearer;
mod blob;
mod copy;
mod count;
mod error;
mod evidence;
mod job;
mod log;
mod migrate;
mod people;
mod record;
mod replay;
mod reseal;
mod room;
mod sql;
mod store;
mod tenant;
mod work;

pub use assessment::{Assessment, Document, PastDocument, Put};
pub use bearer::{AtTheDoor, Bearer, BearerKind};
pub use blob::Blob;
pub use copy::{Cell, Column, Holds, Loading, Snapshot, Table};
pub use error::StoreError;
pub use evidence::{EvidenceRow, EvidenceSieve};
pub use job::{Job, JobState, NewJob};
pub use log::{Anchor, LeafRow, LeafSieve, Log};
pub use people::{Account, Login, Member, Membership};
pub use record::{Record, RecordSieve, holds_secret};
pub use replay::Replay;
pub use reseal::Holder;
pub use room::{Page, Room};
pub use store::{Migrations, Store};
pub use tenant::{NewLog, Tenant};
pub use work::{Committed, Work};

/// The organisation that stands for the instance itself.
pub const HOUSE: &str = "house";

/// The leaf that tells that another key signs a log from there on.
pub const KEY_CHANGED: &str = "log.key-changed";
/// The leaf that tells that an organisation was taken in, and by which key its log was signed before.
pub const IMPORTED: &str = "organisation.imported";

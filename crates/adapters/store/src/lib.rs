//! Everything the server knows, in SQLite or PostgreSQL.
//!
//! One implementation speaks the SQL that both read; the four places where they differ (bytes, row-level security, locks
//! of rows, opening) are told apart here and nowhere else. A [`Room`] reads one organisation; a [`Work`] changes it, and
//! each change that matters is told to the organisation's log: a commit stores the changes and their leaves together, or
//! neither. What is the instance's own (accounts, sessions, invitations) belongs to the organisation [`HOUSE`].

mod ask;
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

pub use attesta_vault::Entry;

pub use ask::{Answers, Ask, Selects};
pub use assessment::{Assessment, Assessments, Document, OneAssessment, OneDocument, PastDocument, PastOf, Put};
pub use bearer::{AtTheDoor, Bearer, BearerKind, Bearers, BearersOf};
pub use blob::Blob;
pub use copy::{Cell, Column, Holds, Loading, Snapshot, Table};
pub use count::{BearerCount, EvidenceCount, MemberCount, RecordCount};
pub use error::StoreError;
pub use evidence::{EvidenceAddedBy, EvidenceList, EvidenceRow, EvidenceSieve, OneEvidence};
pub use job::{Job, JobState, NewJob};
pub use log::{Anchor, Anchors, EntryAbout, LeafRow, LeafSieve, Log, LogHead, Trail};
pub use people::{
    Account, AttemptsOf, Login, LoginsOf, Member, Members, Membership, MembershipsOf, OneAccount, OneMember,
};
pub use record::{NewestAboutEach, NewestRecords, OneRecord, Record, RecordSieve, Records, holds_secret};
pub use replay::Replay;
pub use reseal::Holder;
pub use room::{Page, Room};
pub use store::{Migrations, Store};
pub use tenant::{NewLog, Organisation, Tenant};
pub use work::{Committed, Work};

/// The organisation that stands for the instance itself.
pub const HOUSE: &str = "house";

/// The leaf that tells that another key signs a log from there on.
pub const KEY_CHANGED: &str = "log.key-changed";
/// The leaf that tells that an organisation was taken in, and by which key its log was signed before.
pub const IMPORTED: &str = "organisation.imported";

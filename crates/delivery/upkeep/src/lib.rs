//! What keeps a server's data safe over years: audits that read every byte, backups that are proven before they count,
//! archives of one organisation that another instance takes in, and a look at an installation that says what is wrong.
//!
//! Whoever calls it owns the machine. It trusts nothing that it reads from a backup or an archive, and leaves nothing
//! half-applied: what it makes is there whole, under its name, or not at all.

mod archive;
mod audit;
mod backup;
mod bytes;
mod doctor;
mod error;
mod files;
mod place;
mod restore;
mod rotate;
mod sources;

pub use archive::{Export, Exported, Import, Imported, export, import};
pub use audit::{Audit, Finding, audit};
pub use backup::{BackedUp, Backup, backup};
pub use doctor::{Health, Patient, Symptom, doctor};
pub use error::UpkeepError;
pub use place::{Opened, Place};
pub use restore::{Restore, Restored, restore};
pub use rotate::{Changed, Resealed, change_log_key, change_seal_key};

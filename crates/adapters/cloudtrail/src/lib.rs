//! Reads CloudTrail's files as it delivers them (gzip JSON `Records`, and the hourly digests), and the policies that a
//! live snapshot (`attesta collect aws`) holds, for `attesta-reach`.
//!
//! It keeps no object key and no request parameter beyond a bucket's name, and judges nothing. Signatures of digests are
//! not verified (they need AWS's public key): a digest proves what was delivered, not that nobody rewrote it.

mod account;
mod action;
mod changes;
mod files;
mod query;
mod record;

pub use account::{Account, Trail, account};
pub use changes::changes;
pub use files::{Fault, Input, Read, read};
pub use query::{Engine, Question, query};

//! Backups, archives and audits of a server's data, on SQLite and on a real PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

mod archives;
mod audits;
mod backups;
mod doctors;
mod rotations;
mod support;

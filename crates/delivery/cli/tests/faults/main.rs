//! The real server under faults that we cause: `kill -9`, a full disk, a database that goes away, two servers at once.
//!
//! What was acknowledged is never lost, what was not is done once when it is asked again, and every log goes on from the
//! checkpoint that somebody has seen. `cargo xtask faults` runs these with hundreds of kills; the seed that is printed
//! (`ATTESTA_SEED`) gives the same moments again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a test may stop at a surprise, and tells its counts"
)]

#[path = "../support/mod.rs"]
mod support;

mod actors;
mod disk;
mod first_start;
mod kill;
mod ledger;
mod postgres;
mod postgres_full;
#[cfg(feature = "s3")]
mod s3;
mod stage;
mod verify;

//! Reads a live AWS account and writes down what it answered, in the words that the normalisers of code know.
//!
//! The operations that it may call are data (`model/operations.list`), reads only; this crate will never change
//! anything in an account, and never judge what it found. What it could not see it says, call by call: an answer that is
//! missing becomes unknown, never nothing (`docs/decisions/0007-live-aws.md`).

mod ask;
mod client;
mod collect;
mod found;
mod journal;
mod model;
mod permissions;
mod services;
mod wire;
mod xml;

pub use client::Bounds;
pub use collect::{
    Collected, Error, Failure, Member, Members, Options, Progress, Regions, collect, members, unseen_account,
};
pub use permissions::iam_policy;

//! Readers of infrastructure code and what they normalise to: source -> neutral resources.
//!
//! A *reader* takes one document apart into entries ([`inventory`]); the *registry* says which entry becomes which kind
//! and which are satellites; *assemble* joins them and calls the family's build function. Nothing here judges.

mod assemble;
mod aws;
mod cloudformation;
mod collect;
#[cfg(test)]
mod corpus;
mod decode;
mod draft;
mod fact;
mod inventory;
mod json;
mod live;
mod locate;
mod neutral;
mod node;
mod pulumi;
mod registry;
mod sniff;
mod terraform;
#[cfg(test)]
mod testing;
mod tree;
mod view;
mod yaml;

pub use collect::{
    Collection, Limits, Progress, Request, Silent, Text, collect, collect_keeping, collect_sent, lines, recollect,
};
pub use neutral::Neutral;
pub use registry::covered_types;

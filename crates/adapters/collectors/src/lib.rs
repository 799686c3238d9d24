//! Readers of infrastructure code and what they normalise to: source -> neutral resources.
//!
//! A *reader* takes one document apart into entries ([`inventory`]); the *registry* says which entry becomes which kind
//! and which are satellites; *assemble* joins them and calls the family's build function. Nothing here judges.

mod assemble;
mod aws;
mod draft;
mod fact;
mod inventory;
mod node;
mod registry;
#[cfg(test)]
mod testing;
mod view;

pub use registry::covered_types;

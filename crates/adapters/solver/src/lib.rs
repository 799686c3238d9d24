//! Solves the forecast's problem with a well-kept crate.

//! Use cases, and the ports through which they reach the world.
//!
//! This crate coordinates: it decides nothing that the domain decides and touches nothing that an adapter touches.

pub mod check;
pub mod crosswalk;
pub mod drift;
pub mod explain;
pub mod grouping;
pub mod observe;
pub mod watching;

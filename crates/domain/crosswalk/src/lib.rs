//! One response for every framework: set relations between requirements (NIST IR 8477), and what met requirements of one
//! framework say about those of another.
//!
//! [`Crosswalk::build`] checks mappings against the catalog; [`cover`] carries standings along chains of them. A chain
//! claims no more than set theory allows ([`Relation::then`]) and is as strong as its weakest hop; reviewed and proposed
//! mappings are counted apart.
//!
//! It will never read a file, and holds no mapping itself: those are content.

#[cfg(test)]
mod algebra;
mod coverage;
mod crosswalk;
mod graph;
mod mapping;
mod node;
#[cfg(test)]
mod oracle;
mod parts;
mod relation;
mod rollup;
mod standing;

pub use coverage::{Chain, Coverage, Hop, Standings, TargetCoverage, cover};
pub use crosswalk::{Crosswalk, HIPAA_MAPPINGS, STATEMENTS};
pub use graph::{MOST_HOPS, View};
pub use mapping::{Basis, Mapping, NotAStrength, Rationale, Signature, Status, Strength, UnknownRationale};
pub use node::{Document, NodeError, NodeId, UnknownDocument};
pub use parts::{CrosswalkPart, ListsPart, Parts, ReviewPart, RowPart, SignedPart, Weight};
pub use relation::{Claim, Possible, Relation, UnknownRelation};
pub use rollup::{Group, groups};
pub use standing::{NotAStanding, Standing};

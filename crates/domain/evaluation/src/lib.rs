//! Judging a snapshot: policies x resources -> outcomes -> findings -> where each requirement stands.
//!
//! Everything is three-valued. An answer that hangs on an unknown attribute is *unknown*, never a pass; a policy that
//! could not run is *errored*, never a pass. Same snapshot, same policies, same date: same result, in the same order.
//!
//! This crate will never read a file, a clock or the network, and knows no vendor's type names.

mod check;
mod evaluate;
mod foreign;
mod outcome;
mod policy;
mod readiness;
mod rejudge;
mod standing;
mod waiver;

pub use check::{Check, Leaf, Literal, Test, Version};
pub use evaluate::{Context, Truth, judge};
pub use foreign::{
    Beside, Claim, Compared, ForeignFinding, ForeignMap, ForeignReport, ForeignRow, Ours, Relation, beside,
};
pub use outcome::{Outcome, PolicyIndex, Reason, Reasons, Status, WaiverIndex};
pub use policy::{Body, Policy, Remediation, Topic, UnknownTopic};
pub use readiness::{DomainReadiness, HipaaReadiness, ItemReadiness, Readiness};
pub use rejudge::{Rejudged, rejudge};
pub use standing::{Counts, ElementStanding, Standing, Standings, Tally};
pub use waiver::{Waiver, WaiverFault, apply};

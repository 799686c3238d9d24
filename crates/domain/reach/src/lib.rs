//! Who could and who did reach a store in a period, and what of a principal's rights was used.
//!
//! Who *did* comes from events, who *could* from policies. What was not recorded was not seen: where a period has gaps,
//! "nobody else" is unknown and never claimed (HIPAA 164.312(b), 164.308(a)(1)(ii)(D)). Policies that only take away and
//! are not modelled (an organisation's, a session's, an endpoint's) make "could" an upper bound; what could widen it and
//! is not modelled makes "could not" unknown.
//!
//! It will never read a file, a clock or the network, and holds no key of an object: a key may name a patient.

mod coverage;
mod events;
mod pattern;
mod policy;
mod rights;
mod usage;

pub use coverage::{Coverage, Delivery, Gap, Span};
pub use events::{Act, Actor, Did, Event, did};
pub use pattern::Pattern;
pub use policy::{Answer, Effect, Statement, Who, could};
pub use rights::{Grant, Identity, Nature, Reach, Store, reach};
pub use usage::{Used, Verdict, usage};

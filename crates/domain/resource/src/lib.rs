//! The neutral resource model: what an infrastructure holds, in words that belong to no vendor.
//!
//! A [`Snapshot`] is everything that one run saw: the documents that were read, the resources found in them,
//! and what was not understood. Each [`Attribute`] is known or unknown, and says where it came from.
//! An attribute that is not there is *absent*: the author did not set it and no documented default applies.
//!
//! This crate will never read a file or know a vendor's type name.

mod attribute;
mod kind;
mod snapshot;

pub use attribute::{Attribute, Basis, Name, Origin, Record, SourceIndex, Unknown, Value};
pub use kind::{Kind, UnknownKind};
pub use snapshot::{Document, DocumentIndex, Format, NotUnderstood, Reason, Resource, ResourceIndex, Snapshot, Source};

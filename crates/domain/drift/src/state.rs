//! A state: what was seen, and what was made of it.

use std::fmt;

use attesta_catalog::Catalog;
use attesta_evaluation::{Outcome, Policy, Readiness, Standings};
use attesta_resource::{Kind, Resource, ResourceIndex, Snapshot};

/// One snapshot with its outcomes.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// Frameworks and statements; both states of a comparison are judged by the same.
    pub catalog: &'a Catalog,
    /// The policies; both states of a comparison are judged by the same.
    pub policies: &'a [Policy],
    /// What was seen.
    pub snapshot: &'a Snapshot,
    /// Outcomes; those that do not apply may be left out.
    pub outcomes: &'a [Outcome],
    /// Where each element stands.
    pub standings: &'a Standings,
    /// Where requirements stand.
    pub readiness: &'a Readiness,
    /// What names each document on both sides, in the snapshot's order: its path below what the user named. It tells apart
    /// resources of one address in several documents.
    pub labels: &'a [String],
}

/// What names a resource on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKey {
    /// What it is.
    pub kind: Kind,
    /// Its address in the source.
    pub address: String,
    /// The document that it stands in, where that is needed to tell it from another; else empty.
    pub document: String,
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)?;
        if self.document.is_empty() { Ok(()) } else { write!(f, " ({})", self.document) }
    }
}

impl<'a> State<'a> {
    pub(crate) fn resource(&self, index: ResourceIndex) -> Option<&'a Resource> {
        self.snapshot.resource(index)
    }

    /// The label of the document that a resource stands in.
    pub(crate) fn label(&self, resource: &Resource) -> &'a str {
        let at = self.snapshot.source(resource.source).and_then(|s| usize::try_from(s.document.0).ok());
        at.and_then(|at| self.labels.get(at)).map_or("", String::as_str)
    }
}

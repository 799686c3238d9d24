//! The ids that rules point at: HIPAA citations and HITRUST control references, with their titles.

use std::collections::BTreeSet;

use attesta_app::check::CheckReport;
use attesta_catalog::Edition;
use attesta_evaluation::Policy;
use serde::Serialize;

use super::{Text, message};

/// Name of the HIPAA taxonomy in this log.
const HIPAA: &str = "HIPAA Security Rule";
/// Name of the HITRUST taxonomy in this log.
const HITRUST: &str = "HITRUST CSF structure";

/// One taxonomy.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taxonomy<'r> {
    name: &'static str,
    version: &'r str,
    organization: &'static str,
    short_description: Text,
    is_comprehensive: bool,
    taxa: Vec<Taxon<'r>>,
}

/// One id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Taxon<'r> {
    id: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'r str,
    short_description: Text,
}

/// A pointer at a taxonomy of this log.
#[derive(Serialize)]
pub(super) struct ComponentReference {
    name: &'static str,
    index: usize,
}

/// A pointer from a rule at an id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Relationship {
    target: Target,
    kinds: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    id: String,
    tool_component: ComponentReference,
}

impl Taxonomy<'_> {
    /// The pointer at this taxonomy, which stands at `index` of the log's.
    pub(super) fn reference(&self, index: usize) -> ComponentReference {
        ComponentReference { name: self.name, index }
    }
}

/// The ids that any policy of the report names.
pub(super) fn taxonomies<'r>(report: &'r CheckReport<'_>) -> [Taxonomy<'r>; 2] {
    let catalog = report.catalog;
    let citations: BTreeSet<_> = report.policies.iter().flat_map(|p| &p.hipaa).collect();
    let references: BTreeSet<_> = report.policies.iter().flat_map(|p| &p.controls).collect();
    let hipaa = citations.into_iter().map(|c| taxon(c.to_string(), catalog.hipaa_item(c).map_or("", |i| &i.title)));
    let hitrust = references.into_iter().map(|r| taxon(r.to_string(), catalog.reference(r).map_or("", |r| &r.title)));
    [
        taxonomy(HIPAA, catalog.hipaa_edition(), "US Department of Health and Human Services", hipaa.collect()),
        taxonomy(HITRUST, catalog.csf_edition(), "HITRUST", hitrust.collect()),
    ]
}

fn taxonomy<'r>(
    name: &'static str,
    edition: &'r Edition,
    organization: &'static str,
    taxa: Vec<Taxon<'r>>,
) -> Taxonomy<'r> {
    let mut text = format!("{}. {}", edition.name, edition.licence);
    if !text.ends_with('.') {
        text.push('.');
    }
    Taxonomy {
        name,
        version: &edition.version,
        organization,
        short_description: message(&text),
        is_comprehensive: false,
        taxa,
    }
}

fn taxon(id: String, title: &str) -> Taxon<'_> {
    let text = if title.is_empty() { format!("{id}.") } else { format!("{id}: {title}.") };
    Taxon { id, name: title, short_description: message(&text) }
}

/// What a policy points at.
pub(super) fn relationships(policy: &Policy) -> Vec<Relationship> {
    let point = |id: String, name: &'static str, index: usize| Relationship {
        target: Target { id, tool_component: ComponentReference { name, index } },
        kinds: ["relevant"],
    };
    let hipaa = policy.hipaa.iter().map(|c| point(c.to_string(), HIPAA, 0));
    hipaa.chain(policy.controls.iter().map(|c| point(c.to_string(), HITRUST, 1))).collect()
}

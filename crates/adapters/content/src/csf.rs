use std::collections::BTreeMap;

use attesta_catalog::{Category, CsfParts, Domain, Edition, Fault, Objective, Placed, Reference};
use attesta_kernel::{Confidence, Provenance};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource,
    yaml::{self, Basis, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStructure {
    #[serde(rename = "schema")]
    _schema: String,
    name: String,
    version: String,
    source: String,
    confidence: yaml::Confidence,
    licence: String,
    bases: BTreeMap<String, Basis>,
    domains: Vec<Spanned<RawDomain>>,
    categories: Vec<Spanned<RawCategory>>,
    objectives: Vec<Spanned<RawObjective>>,
    references: Vec<Spanned<RawReference>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDomain {
    number: u8,
    title: String,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCategory {
    id: Spanned<String>,
    title: String,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawObjective {
    id: Spanned<String>,
    title: String,
    basis: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReference {
    #[serde(rename = "ref")]
    id: Spanned<String>,
    objective: Spanned<String>,
    title: String,
    basis: Spanned<String>,
    domain: u8,
    domain_basis: Spanned<String>,
}

pub(crate) fn read(source: &ContentSource, faults: &mut Vec<Fault>) -> Option<CsfParts> {
    let file = source.file("frameworks/hitrust/csf-structure.yaml").map_err(|fault| faults.push(fault)).ok()?;
    let raw: RawStructure = yaml::parse(&file, "attesta.csf-structure/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut reading = Reading { file: &file, faults };
    let bases = &raw.bases;
    let domains = placed(raw.domains, &mut reading, |raw, reading| {
        Some(Domain { number: raw.number, provenance: basis(&raw.basis, bases, reading), title: raw.title })
    });
    let categories = placed(raw.categories, &mut reading, |raw, reading| {
        let number = reading.value(&raw.id)?.value;
        Some(Category { number, provenance: basis(&raw.basis, bases, reading), title: raw.title })
    });
    let objectives = placed(raw.objectives, &mut reading, |raw, reading| {
        let id = reading.value(&raw.id)?.value;
        Some(Objective { id, provenance: basis(&raw.basis, bases, reading), title: raw.title })
    });
    let references = placed(raw.references, &mut reading, |raw, reading| {
        Some(Reference {
            id: reading.value(&raw.id)?.value,
            title_provenance: basis(&raw.basis, bases, reading),
            objective: reading.value(&raw.objective)?.value,
            domain: raw.domain,
            domain_provenance: basis(&raw.domain_basis, bases, reading),
            title: raw.title,
        })
    });
    let provenance = raw.confidence.of(raw.source);
    let edition = Edition { name: raw.name, version: raw.version, provenance, licence: raw.licence };
    Some(CsfParts { edition: Placed::new(file.at(1), edition), domains, categories, objectives, references })
}

fn placed<R, T>(
    raw: Vec<Spanned<R>>,
    reading: &mut Reading<'_>,
    read: impl Fn(R, &mut Reading<'_>) -> Option<T>,
) -> Vec<Placed<T>> {
    raw.into_iter()
        .filter_map(|raw| {
            let place = reading.place(&raw);
            read(raw.value, reading).map(|value| Placed::new(place, value))
        })
        .collect()
}

/// The basis of this name; a fault, and a stand-in that nobody will see, when there is none.
fn basis(name: &Spanned<String>, bases: &BTreeMap<String, Basis>, reading: &mut Reading<'_>) -> Provenance {
    let stand_in = || Provenance { source: String::new(), confidence: Confidence::Unverified };
    reading.basis(bases, name).unwrap_or_else(stand_in)
}

//! Requirement packs: the built-in statements, packs that ship, and what was imported from a licensed export. They all have
//! one form.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    Condition, Pack, PackElement, PackId, PackRequirement, RequirementKey, StatementPack, StatementRole, statement_pack,
};
use attesta_catalog::{Catalog, Fault, FrameworkId, Placed};
use attesta_kernel::{ControlRef, ElementId, StatementId};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File,
    conditions::{RawCondition, condition},
    files,
    yaml::{self, Confidence, Reading},
};

/// The schema of a requirement pack.
pub const PACK_SCHEMA: &str = "attesta.requirements/1";
const STATEMENTS_SCHEMA: &str = "attesta.statement-pack/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPack {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: Spanned<String>,
    notice: Spanned<String>,
    csf: Option<String>,
    source: String,
    confidence: Confidence,
    requirements: Vec<Spanned<RawRequirement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequirement {
    id: Spanned<String>,
    domain: Spanned<u8>,
    control_reference: Spanned<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    elements: Option<Vec<Spanned<RawElement>>>,
    #[serde(default)]
    core_of: BTreeSet<String>,
    #[serde(default)]
    brought_by: Vec<Spanned<String>>,
    brought_when: Option<Spanned<RawCondition>>,
    when: Option<Spanned<RawCondition>>,
    #[serde(default)]
    sampled: bool,
    #[serde(default)]
    topics: BTreeSet<String>,
    #[serde(default)]
    hipaa: Vec<Spanned<String>>,
    #[serde(default)]
    maps: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawElement {
    number: Option<u8>,
    #[serde(default)]
    text: String,
    proven_by: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatementPack {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: Spanned<String>,
    csf: Option<String>,
    source: String,
    confidence: Confidence,
    core_of: BTreeSet<String>,
    statements: Vec<RawRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRole {
    id: Spanned<String>,
    #[serde(default)]
    sampled: bool,
    #[serde(default)]
    topics: BTreeSet<String>,
}

/// The packs that ship, in the order of their files.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn requirement_packs(source: &ContentSource, catalog: &Catalog) -> Result<Vec<Pack>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut packs = Vec::new();
    for file in files(source, "packs")?.filter(|f| f.inside.ends_with(".yaml")) {
        let of_statements = file.text.lines().any(|l| l.starts_with("schema:") && l.contains(STATEMENTS_SCHEMA));
        let read = if of_statements { of_catalog(&file, catalog) } else { requirement_pack(&file, catalog) };
        match read {
            Ok(pack) => packs.push(pack),
            Err(more) => faults.extend(more),
        }
    }
    faults.sort();
    if faults.is_empty() { Ok(packs) } else { Err(faults) }
}

/// One pack from its file.
///
/// # Errors
///
/// Every fault that was found: also ids that stand twice, control references and domains that the catalog does not have, and
/// elements that nothing proves.
pub fn requirement_pack(file: &File, catalog: &Catalog) -> Result<Pack, Vec<Fault>> {
    let raw: RawPack = yaml::parse(file, PACK_SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Reading { file, faults: &mut faults };
    let id = reading.value::<PackId>(&raw.id);
    let title = reading.says("title", &raw.title);
    let notice = reading.says("notice", &raw.notice);
    let mut seen: BTreeMap<RequirementKey, u32> = BTreeMap::new();
    let mut requirements = Vec::new();
    for row in &raw.requirements {
        let Some(read) = requirement(row, catalog, &mut reading) else { continue };
        let line = reading.place(&row.value.id).line.unwrap_or(0);
        if let Some(first) = seen.insert(read.id.clone(), line) {
            let message = format!("requirement `{}` stands twice", read.id);
            reading.complain(&row.value.id, message, format!("it stands first in line {first}; remove one"));
        }
        requirements.push(read);
    }
    let pack = || {
        Some(Pack {
            id: id?.value,
            title: title?,
            notice: notice?,
            csf: raw.csf,
            provenance: raw.confidence.of(raw.source),
            requirements,
        })
    };
    match pack() {
        Some(pack) if faults.is_empty() => Ok(pack),
        _ => {
            faults.sort();
            Err(faults)
        }
    }
}

fn requirement(raw: &Spanned<RawRequirement>, catalog: &Catalog, reading: &mut Reading<'_>) -> Option<PackRequirement> {
    let raw = &raw.value;
    let id = reading.value::<RequirementKey>(&raw.id);
    let control_reference = reading.value::<ControlRef>(&raw.control_reference);
    if let Some(reference) = control_reference.as_ref().filter(|r| catalog.reference(&r.value).is_none()) {
        let message = format!("control reference `{}` does not exist", reference.value);
        reading.complain(&raw.control_reference, message, "`attesta catalog list references` shows them");
    }
    if catalog.domain(raw.domain.value).is_none() {
        let message = format!("assessment domain {} does not exist", raw.domain.value);
        reading.complain(&raw.domain, message, "`attesta catalog list domains` shows them");
    }
    let elements = elements(raw.elements.as_deref(), catalog, reading);
    let when = raw.when.as_ref().map_or(Some(Condition::Never), |c| condition(c, reading));
    let brought_when = raw.brought_when.as_ref().map_or(Some(Condition::Always), |c| condition(c, reading));
    let brought_by = reading.list(&raw.brought_by);
    let hipaa = reading.list(&raw.hipaa);
    let mut maps = BTreeMap::new();
    for (word, ids) in &raw.maps {
        match word.parse::<FrameworkId>() {
            Ok(framework) => {
                for unknown in ids.iter().filter(|i| catalog.framework(framework).is_some_and(|f| f.entry(i).is_none()))
                {
                    let message = format!("`{unknown}` is not an id of {framework}");
                    reading.complain(&raw.id, message, format!("`attesta catalog list {framework}` shows them"));
                }
                maps.insert(framework, words(ids));
            }
            Err(error) => {
                let place = reading.place(&raw.id);
                reading.faults.push(Fault::plain(place, format!("`maps`: {error}")));
            }
        }
    }
    Some(PackRequirement {
        id: id?.value,
        domain: raw.domain.value,
        control_reference: control_reference?.value,
        title: raw.title.clone(),
        text: raw.text.clone(),
        elements: elements?,
        core_of: words(&raw.core_of),
        brought_by: brought_by.into_iter().map(|a| a.value).collect(),
        brought_when: brought_when?,
        when: when?,
        sampled: raw.sampled,
        topics: words(&raw.topics),
        hipaa: hipaa.into_iter().map(|c| c.value).collect(),
        maps,
    })
}

fn words(given: &BTreeSet<String>) -> BTreeSet<Box<str>> {
    given.iter().map(|w| w.as_str().into()).collect()
}

/// The elements; a requirement whose pack tells none has one, without a text.
fn elements(
    raw: Option<&[Spanned<RawElement>]>,
    catalog: &Catalog,
    reading: &mut Reading<'_>,
) -> Option<Vec<PackElement>> {
    let Some(raw) = raw else {
        return Some(vec![PackElement { number: 1, text: String::new(), proven_by: None }]);
    };
    let mut read = Vec::new();
    for (row, expected) in raw.iter().zip(1_u8..) {
        let proven_by = reading.optional::<ElementId>(row.value.proven_by.as_ref())?;
        if let (Some(element), Some(at)) = (&proven_by, &row.value.proven_by)
            && catalog.element(element).is_none()
        {
            let message = format!("element `{element}` does not exist");
            reading.complain(at, message, "`attesta catalog show ATT-…` shows a statement's elements");
        }
        let number = row.value.number.unwrap_or(expected);
        if number != expected {
            reading.complain(row, format!("element {number} is out of order"), format!("the next one is {expected}"));
        }
        read.push(PackElement { number, text: row.value.text.clone(), proven_by });
    }
    if read.is_empty() || read.len() < raw.len() {
        let message = format!("{} elements are none or too many", raw.len());
        let place = raw.first().map_or_else(|| reading.file.at(1), |row| reading.place(row));
        reading.faults.push(Fault::new(place, message, "write 1 to 255, or leave `elements` out"));
        return None;
    }
    Some(read)
}

fn of_catalog(file: &File, catalog: &Catalog) -> Result<Pack, Vec<Fault>> {
    let raw: RawStatementPack = yaml::parse(file, STATEMENTS_SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Reading { file, faults: &mut faults };
    let place = reading.place(&raw.id);
    let id = reading.value::<PackId>(&raw.id);
    let title = reading.says("title", &raw.title);
    let mut statements = BTreeMap::new();
    for row in raw.statements {
        if let Some(Placed { place, value }) = reading.value::<StatementId>(&row.id) {
            let role = StatementRole { sampled: row.sampled, topics: words(&row.topics) };
            if statements.insert(value, Placed::new(place, role)).is_some() {
                reading.complain(&row.id, format!("statement `{}` stands twice", row.id.value), "remove one");
            }
        }
    }
    match (id, title) {
        (Some(id), Some(title)) if faults.is_empty() => {
            let plan = StatementPack {
                id: id.value,
                title,
                csf: raw.csf,
                provenance: raw.confidence.of(raw.source),
                core_of: words(&raw.core_of),
                statements,
            };
            statement_pack(catalog, &Placed::new(place, plan))
        }
        _ => Err(faults),
    }
}

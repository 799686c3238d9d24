//! What other tools' checks mean to us: `findings/*.yaml`.

use std::collections::BTreeMap;

use attesta_catalog::{Catalog, Fault};
use attesta_evaluation::{ForeignMap, ForeignRow, Policy, Relation};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    yaml::{self, Basis, Reading},
};

const SCHEMA: &str = "attesta.foreign-findings/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: Spanned<String>,
    tools: Vec<Spanned<String>>,
    bases: BTreeMap<String, Basis>,
    rows: Vec<Spanned<RawRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    check: Spanned<String>,
    #[serde(default)]
    policies: Vec<Spanned<String>>,
    #[serde(default)]
    elements: Vec<Spanned<String>>,
    relation: RawRelation,
    basis: Spanned<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawRelation {
    Equal,
    Narrower,
    Wider,
    Related,
}

/// The maps of the pack and of what stands in for it, checked against the policies and the catalog.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn foreign_maps(
    source: &ContentSource,
    policies: &[Policy],
    catalog: &Catalog,
) -> Result<Vec<ForeignMap>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut maps = Vec::new();
    for file in files(source, "findings")?.filter(|f| f.inside.ends_with(".yaml")) {
        maps.extend(map(&file, policies, catalog, &mut faults));
    }
    faults.sort();
    if faults.is_empty() { Ok(maps) } else { Err(faults) }
}

fn map(file: &File, policies: &[Policy], catalog: &Catalog, faults: &mut Vec<Fault>) -> Option<ForeignMap> {
    let raw: Raw = yaml::parse(file, SCHEMA).map_err(|fault| faults.push(fault)).ok()?;
    let mut reading = Reading { file, faults };
    let id = reading.says("id", &raw.id);
    reading.says("title", &raw.title);
    let tools: Vec<Box<str>> = raw.tools.iter().filter_map(|t| Some(reading.says("tools", t)?.into())).collect();
    if raw.tools.is_empty() {
        reading.complain(&raw.id, "`tools` names none", "write the name by which the tool's reports call it");
    }
    let mut rows: BTreeMap<Box<str>, ForeignRow> = BTreeMap::new();
    for spanned in &raw.rows {
        let Some((check, row)) = row(&mut reading, spanned, &raw.bases, policies, catalog) else { continue };
        if let Some(earlier) = rows.get(&*check) {
            let message = format!("check `{check}` stands twice; first at {}", earlier.place);
            reading.complain(&spanned.value.check, message, "keep one row and name every policy there");
            continue;
        }
        rows.insert(check, row);
    }
    Some(ForeignMap { id: id?.into(), tools, rows })
}

fn row(
    reading: &mut Reading<'_>,
    spanned: &Spanned<RawRow>,
    bases: &BTreeMap<String, Basis>,
    policies: &[Policy],
    catalog: &Catalog,
) -> Option<(Box<str>, ForeignRow)> {
    let raw = &spanned.value;
    let check = reading.says("check", &raw.check)?;
    if raw.policies.is_empty() && raw.elements.is_empty() {
        reading.complain(&raw.check, format!("check `{check}` is mapped to nothing"), "name `policies` or `elements`");
    }
    let known = reading.list::<attesta_kernel::PolicyId>(&raw.policies);
    for id in known.iter().filter(|id| !policies.iter().any(|policy| policy.id == id.value)) {
        let message = format!("`{}` is no policy of ours", id.value);
        reading.faults.push(Fault::new(id.place.clone(), message, "`attesta policy list` lists them"));
    }
    let elements = reading.list::<attesta_kernel::ElementId>(&raw.elements);
    for id in elements.iter().filter(|id| catalog.element(&id.value).is_none()) {
        let message = format!("`{}` is no element of our statements", id.value);
        reading.faults.push(Fault::new(id.place.clone(), message, "`attesta catalog list statements` lists them"));
    }
    let provenance = reading.basis(bases, &raw.basis)?;
    let relation = match raw.relation {
        RawRelation::Equal => Relation::Equal,
        RawRelation::Narrower => Relation::Narrower,
        RawRelation::Wider => Relation::Wider,
        RawRelation::Related => Relation::Related,
    };
    let place = reading.place(&raw.check);
    let policies = known.into_iter().map(|id| id.value).collect();
    let elements = elements.into_iter().map(|id| id.value).collect();
    Some((check.into(), ForeignRow { policies, elements, relation, provenance, place }))
}

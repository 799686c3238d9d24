//! Our own table of mappings.

use std::{collections::BTreeMap, str::FromStr};

use attesta_catalog::{Fault, Placed};
use attesta_crosswalk::RowPart;
use attesta_kernel::{Place, Provenance};
use serde::Deserialize;

use super::{bounded, fits, said};
use crate::{File, table};

const COLUMNS: [&str; 8] = ["source", "target", "relation", "strength", "rationale", "basis", "note", "gap"];

#[derive(Deserialize)]
struct RawRow {
    source: String,
    target: String,
    relation: String,
    strength: String,
    rationale: String,
    basis: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    gap: String,
}

pub(super) fn rows(file: &File, bases: &BTreeMap<String, Provenance>, faults: &mut Vec<Fault>) -> Vec<Placed<RowPart>> {
    if !fits(file, faults) {
        return Vec::new();
    }
    let rows = table::rows::<RawRow>(file, &COLUMNS, faults);
    bounded(file, rows, faults).into_iter().filter_map(|(place, row)| self::row(place, row, bases, faults)).collect()
}

fn row(
    place: Place,
    raw: RawRow,
    bases: &BTreeMap<String, Provenance>,
    faults: &mut Vec<Fault>,
) -> Option<Placed<RowPart>> {
    let relation = value(&raw.relation, &place, faults);
    let strength = value(&raw.strength, &place, faults);
    let rationale = value(&raw.rationale, &place, faults);
    let Some(provenance) = bases.get(&raw.basis) else {
        let names: Vec<&str> = bases.keys().map(String::as_str).collect();
        let message = format!("basis `{}` is not one of this crosswalk's", raw.basis);
        faults.push(Fault::new(place, message, format!("use {}", names.join(", "))));
        return None;
    };
    let part = RowPart {
        source: raw.source,
        target: raw.target,
        relation: relation?,
        strength: strength?,
        rationale: rationale?,
        provenance: provenance.clone(),
        note: said(&raw.note),
        gap: said(&raw.gap),
    };
    Some(Placed::new(place, part))
}

/// A word of a row; a fault at its line when it is none.
pub(super) fn value<T>(text: &str, place: &Place, faults: &mut Vec<Fault>) -> Option<T>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| faults.push(Fault::plain(place.clone(), error.to_string()))).ok()
}

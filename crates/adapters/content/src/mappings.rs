use std::collections::BTreeMap;

use attesta_catalog::{Fault, MappingPart, MappingRow, Placed, Strength};
use attesta_kernel::Citation;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, table,
    yaml::{self, Basis, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMappings {
    #[serde(rename = "schema")]
    _schema: String,
    mappings: Vec<Spanned<RawMapping>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMapping {
    id: String,
    file: String,
    framework: Spanned<String>,
    licence: String,
    bases: BTreeMap<String, Basis>,
}

const COLUMNS: [&str; 4] = ["citation", "target", "strength", "basis"];

#[derive(Deserialize)]
struct RawRow {
    citation: String,
    target: Box<str>,
    strength: RawStrength,
    basis: Box<str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawStrength {
    Primary,
    Related,
}

pub(crate) fn read(source: &ContentSource, faults: &mut Vec<Fault>) -> Vec<Placed<MappingPart>> {
    let read = || {
        let file = source.file("mappings/mappings.yaml")?;
        let raw: RawMappings = yaml::parse(&file, "attesta.mappings/1")?;
        Ok((file, raw))
    };
    let (file, raw) = match read() {
        Ok(read) => read,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    raw.mappings.into_iter().filter_map(|mapping| self::mapping(source, &file, mapping, faults)).collect()
}

fn mapping(
    source: &ContentSource,
    file: &File,
    raw: Spanned<RawMapping>,
    faults: &mut Vec<Fault>,
) -> Option<Placed<MappingPart>> {
    let mut reading = Reading { file, faults };
    let place = reading.place(&raw);
    let framework = reading.value(&raw.value.framework)?.value;
    let raw = raw.value;
    let table = source.file(&format!("mappings/{}", raw.file)).map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Vec::new();
    for (place, row) in table::rows::<RawRow>(&table, &COLUMNS, faults) {
        let citation: Citation = match row.citation.parse() {
            Ok(citation) => citation,
            Err(error) => {
                faults.push(Fault::plain(place, error.to_string()));
                continue;
            }
        };
        let strength = match row.strength {
            RawStrength::Primary => Strength::Primary,
            RawStrength::Related => Strength::Related,
        };
        rows.push(Placed::new(place, MappingRow { citation, target: row.target, strength, basis: row.basis }));
    }
    let bases = raw.bases.iter().map(|(name, basis)| (name.clone(), basis.into())).collect();
    Some(Placed::new(place, MappingPart { id: raw.id, framework, licence: raw.licence, bases, rows }))
}

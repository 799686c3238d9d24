//! Additions (compliance factors, AI security, NIST CSF) and kinds of data.

use std::collections::BTreeMap;

use attesta_assessment::{Addition, AdditionRule, Additions, DataType, DataTypes, Over, Yields};
use attesta_catalog::{Fault, FrameworkId};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource,
    assessment_types::basis,
    files,
    programs::{Rows, row},
    yaml::{self, Basis, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdditions {
    #[serde(rename = "schema")]
    _schema: String,
    bases: BTreeMap<String, Basis>,
    additions: Vec<Spanned<RawAddition>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAddition {
    id: Spanned<String>,
    title: Spanned<String>,
    yields: Spanned<RawYields>,
    programs: Vec<String>,
    since: Option<Spanned<String>>,
    published_size: Option<u16>,
    rule: Option<Vec<Spanned<RawRule>>>,
    basis: Spanned<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawYields {
    Certification,
    InsightsReport,
    Requirements,
}

row!(RawRule { over: RawOver, at_least: Spanned<String>, needs_base: bool, });

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawOver {
    Brought,
    NistCsfGroups,
}

/// Every addition of the pack.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn additions(source: &ContentSource) -> Result<Additions, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found = Additions::default();
    for file in files(source, "additions")?.filter(|f| f.inside.ends_with(".yaml")) {
        let raw: RawAdditions = match yaml::parse(&file, "attesta.additions/1") {
            Ok(raw) => raw,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let mut rows = Rows { reading: Reading { file: &file, faults: &mut faults }, bases: &raw.bases };
        for row in raw.additions {
            let place = rows.reading.place(&row);
            let Some(addition) = addition(row.value, &raw.bases, &mut rows) else { continue };
            if found.0.contains_key(&addition.id) {
                let message = format!("addition `{}` stands twice", addition.id);
                rows.reading.faults.push(Fault::new(place, message, "remove one"));
            }
            found.0.insert(addition.id.clone(), addition);
        }
    }
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn addition(raw: RawAddition, bases: &BTreeMap<String, Basis>, rows: &mut Rows<'_, '_>) -> Option<Addition> {
    let id = rows.reading.value(&raw.id);
    let title = rows.reading.says("title", &raw.title);
    let since = rows.reading.optional(raw.since.as_ref());
    let provenance = basis(bases, &raw.basis, &mut rows.reading);
    type Sound = Option<Result<AdditionRule, &'static str>>;
    let rule = match raw.rule {
        None => Some(None),
        Some(rule) => rows
            .timeline("rule", rule, |reading, (over, at_least, needs_base)| -> Sound {
                let over = match over {
                    RawOver::Brought => Over::Brought,
                    RawOver::NistCsfGroups => Over::EachGroup(FrameworkId::NistCsf),
                };
                Some(Ok(AdditionRule { over, at_least: reading.value(&at_least)?.value, needs_base }))
            })
            .map(Some),
    };
    let yields = match raw.yields.value {
        RawYields::Certification => Yields::Certification,
        RawYields::InsightsReport => Yields::InsightsReport,
        RawYields::Requirements => Yields::Requirements,
    };
    Some(Addition {
        id: id?.value,
        title: title?,
        yields,
        programs: raw.programs.iter().map(|p| p.as_str().into()).collect(),
        since: since?,
        published_size: raw.published_size,
        rule: rule?,
        provenance: provenance?,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDataTypes {
    #[serde(rename = "schema")]
    _schema: String,
    bases: BTreeMap<String, Basis>,
    data_types: Vec<RawDataType>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDataType {
    id: Spanned<String>,
    title: String,
    protected: bool,
    basis: Spanned<String>,
}

/// The kinds of data that a scope may speak of.
///
/// # Errors
///
/// Every fault that was found.
pub fn data_types(source: &ContentSource) -> Result<DataTypes, Vec<Fault>> {
    let file = source.file("scope/data-types.yaml").map_err(|fault| vec![fault])?;
    let raw: RawDataTypes = yaml::parse(&file, "attesta.data-types/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Reading { file: &file, faults: &mut faults };
    let mut found = DataTypes::default();
    for row in raw.data_types {
        let Some(provenance) = basis(&raw.bases, &row.basis, &mut reading) else { continue };
        let kind = DataType { title: row.title, protected: row.protected, provenance };
        if found.0.insert(row.id.value.as_str().into(), kind).is_some() {
            reading.complain(&row.id, format!("kind of data `{}` stands twice", row.id.value), "remove one");
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

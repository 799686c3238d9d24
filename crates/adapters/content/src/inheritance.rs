//! The rules of inheritance, and shared responsibility matrices.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{InheritanceRules, Matrix, MatrixRow, RequirementKey, Responsibility};
use attesta_catalog::{Fault, Placed};
use attesta_kernel::{Date, Provenance};
use attesta_scoring::Score;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    yaml::{self, Basis, Confidence, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    bases: BTreeMap<String, Basis>,
    programs: Vec<RawPrograms>,
    validated_only_days: Vec<RawDays>,
    internal: Vec<RawInternal>,
}

/// A row with its time and basis; `$field`s are its own.
macro_rules! row {
    ($name:ident { $($field:ident: $type:ty),* }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            from: Option<Spanned<String>>,
            until: Option<Spanned<String>>,
            #[serde(rename = "csf")]
            _csf: String,
            basis: Spanned<String>,
            $($field: $type,)*
        }

        impl $name {
            /// Where it comes from, when it holds on `day`.
            fn holding(&self, reading: &mut Reading<'_>, bases: &BTreeMap<String, Basis>, day: Date) -> Option<Provenance> {
                let from = reading.day(self.from.as_ref())?;
                let until = reading.day(self.until.as_ref())?;
                let Some(basis) = bases.get(&self.basis.value) else {
                    let names: Vec<&str> = bases.keys().map(String::as_str).collect();
                    let message = format!("basis `{}` is not one of this file's", self.basis.value);
                    reading.complain(&self.basis, message, format!("use {}", names.join(", ")));
                    return None;
                };
                (from.is_none_or(|from| from <= day) && until.is_none_or(|until| day < until)).then(|| basis.into())
            }
        }
    };
}

row!(RawPrograms { ids: BTreeSet<String> });
row!(RawDays { program: String, days: u16 });
row!(RawInternal { weight: Spanned<String>, sources: u16 });

/// The rules of inheritance that hold on `day`.
///
/// # Errors
///
/// Every fault of the file, or that no rules hold on the day.
pub fn inheritance_rules(source: &ContentSource, day: Date) -> Result<InheritanceRules, Vec<Fault>> {
    let file = source.file("inheritance/hitrust.yaml").map_err(|fault| vec![fault])?;
    let raw: Raw = yaml::parse(&file, "attesta.inheritance/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let reading = &mut Reading { file: &file, faults: &mut faults };
    let bases = &raw.bases;
    let mut programs = None;
    for row in &raw.programs {
        if let Some(provenance) = row.holding(reading, bases, day) {
            programs = Some((row.ids.clone(), provenance));
        }
    }
    let mut validated_only_days = BTreeMap::new();
    for row in &raw.validated_only_days {
        if let Some(provenance) = row.holding(reading, bases, day) {
            validated_only_days.insert(row.program.clone(), (row.days, provenance));
        }
    }
    let mut internal = None;
    for row in &raw.internal {
        if let Some(provenance) = row.holding(reading, bases, day) {
            internal = reading.value::<Score>(&row.weight).map(|weight| (weight.value, row.sources, provenance));
        }
    }
    match (programs, internal) {
        (Some(programs), Some((weight, sources, provenance))) if faults.is_empty() => Ok(InheritanceRules {
            programs,
            validated_only_days,
            internal_weight: (weight, provenance.clone()),
            internal_sources: (sources, provenance),
        }),
        _ => {
            if faults.is_empty() {
                faults.push(Fault::plain(file.at(1), format!("no rules of inheritance hold on {day}")));
            }
            faults.sort();
            Err(faults)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMatrix {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: Spanned<String>,
    notice: Spanned<String>,
    provider: Option<Spanned<String>>,
    source: Spanned<String>,
    confidence: Confidence,
    rows: Vec<RawRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    requirement: Spanned<String>,
    #[serde(default)]
    provider: BTreeSet<u8>,
    #[serde(default)]
    shared: BTreeSet<u8>,
    #[serde(default)]
    customer: BTreeSet<u8>,
    most: Option<Spanned<String>>,
    #[serde(default)]
    notes: String,
}

/// Every shared responsibility matrix of the pack.
///
/// # Errors
///
/// Every fault that was found.
pub fn matrices(source: &ContentSource) -> Result<Vec<Placed<Matrix>>, Vec<Fault>> {
    let mut faults = Vec::new();
    let found = files(source, "matrices")?
        .filter(|file| file.inside.ends_with(".yaml"))
        .filter_map(|file| matrix(&file, &mut faults))
        .collect();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// One shared responsibility matrix.
pub fn matrix(file: &File, faults: &mut Vec<Fault>) -> Option<Placed<Matrix>> {
    let raw: RawMatrix = yaml::parse(file, "attesta.matrix/1").map_err(|fault| faults.push(fault)).ok()?;
    let reading = &mut Reading { file, faults };
    let place = reading.place(&raw.id);
    let id = reading.value(&raw.id);
    let title = reading.says("title", &raw.title);
    let notice = reading.says("notice", &raw.notice);
    let provider = reading.optional(raw.provider.as_ref());
    let source = reading.says("source", &raw.source);
    let mut rows: BTreeMap<RequirementKey, MatrixRow> = BTreeMap::new();
    for row in &raw.rows {
        let Some(key) = reading.value::<RequirementKey>(&row.requirement) else { continue };
        let Some(read) = matrix_row(reading, row) else { continue };
        if rows.insert(key.value, read).is_some() {
            let message = format!("`{}` stands twice", row.requirement.value);
            reading.complain(&row.requirement, message, "put both rows together");
        }
    }
    Some(Placed::new(
        place,
        Matrix {
            id: id?.value,
            title: title?,
            notice: notice?,
            provider: provider?,
            provenance: raw.confidence.of(source?),
            rows,
        },
    ))
}

fn matrix_row(reading: &mut Reading<'_>, row: &RawRow) -> Option<MatrixRow> {
    let mut elements = BTreeMap::new();
    for (responsibility, numbers) in [
        (Responsibility::Provider, &row.provider),
        (Responsibility::Shared, &row.shared),
        (Responsibility::Customer, &row.customer),
    ] {
        for number in numbers {
            if elements.insert(*number, responsibility).is_some() {
                let message = format!("element {number} of `{}` has two who answer for it", row.requirement.value);
                reading.complain(&row.requirement, message, "name it once: provider, shared or customer");
            }
        }
    }
    let most = reading.optional::<Score>(row.most.as_ref())?;
    Some(MatrixRow { elements, most, notes: row.notes.clone() })
}

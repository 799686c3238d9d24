//! How providers' tables become shared responsibility matrices.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{MatrixField, MatrixProfile, Responsibility};
use attesta_catalog::Fault;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    yaml::{self, Reading},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: Spanned<String>,
    notice: Spanned<String>,
    columns: Spanned<BTreeMap<String, Vec<String>>>,
    required: Vec<Spanned<String>>,
    words: BTreeMap<String, Spanned<String>>,
}

/// The profiles that ship.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn matrix_profiles(source: &ContentSource) -> Result<Vec<MatrixProfile>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for file in files(source, "matrix-profiles")?.filter(|f| f.inside.ends_with(".yaml")) {
        match matrix_profile(&file) {
            Ok(profile) => found.push(profile),
            Err(more) => faults.extend(more),
        }
    }
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// One profile from its file.
///
/// # Errors
///
/// Every fault that was found.
pub fn matrix_profile(file: &File) -> Result<MatrixProfile, Vec<Fault>> {
    let raw: Raw = yaml::parse(file, "attesta.matrix-profile/1").map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Reading { file, faults: &mut faults };
    let id = reading.says("id", &raw.id);
    let title = reading.says("title", &raw.title);
    let notice = reading.says("notice", &raw.notice);
    let mut columns = BTreeMap::new();
    for (word, headers) in &raw.columns.value {
        match word.parse::<MatrixField>() {
            Ok(field) => drop(columns.insert(field, headers.clone())),
            Err(error) => reading.faults.push(Fault::plain(reading.place(&raw.columns), error.to_string())),
        }
    }
    let mut required = BTreeSet::new();
    for word in &raw.required {
        let Some(field) = reading.value::<MatrixField>(word) else { continue };
        if !columns.contains_key(&field.value) {
            let message = format!("`required` names `{}`, which does not stand under `columns`", word.value);
            reading.complain(word, message, "say which headers it has");
        }
        required.insert(field.value);
    }
    for field in [MatrixField::Requirement, MatrixField::Says] {
        if !required.contains(&field) {
            let message = format!("`required` does not name `{field}`");
            reading.complain(&raw.columns, message, "without it a table is no matrix; require it");
        }
    }
    let mut words = BTreeMap::new();
    for (word, means) in &raw.words {
        if let Some(who) = reading.value::<Responsibility>(means) {
            words.insert(word.clone(), who.value);
        }
    }
    let profile = || Some(MatrixProfile { id: id?.into(), title: title?, notice: notice?, columns, required, words });
    match profile() {
        Some(profile) if faults.is_empty() => Ok(profile),
        _ => {
            faults.sort();
            Err(faults)
        }
    }
}

//! How licensed exports become requirement packs.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Field, ImportProfile, Shape};
use attesta_catalog::Fault;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    yaml::{self, Reading},
};

/// The schema of an import profile.
pub const PROFILE_SCHEMA: &str = "attesta.import-profile/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: Spanned<String>,
    notice: Spanned<String>,
    csf: Option<String>,
    columns: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    shapes: BTreeMap<String, RawShape>,
    required: BTreeSet<String>,
    #[serde(default)]
    core_of: BTreeSet<String>,
    #[serde(default)]
    core_columns: BTreeMap<String, BTreeSet<String>>,
    asked: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawShape {
    Reference,
    Level,
    Sentences,
}

/// The profiles that ship.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn import_profiles(source: &ContentSource) -> Result<Vec<ImportProfile>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for file in files(source, "imports")?.filter(|f| f.inside.ends_with(".yaml")) {
        match import_profile(&file) {
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
pub fn import_profile(file: &File) -> Result<ImportProfile, Vec<Fault>> {
    let raw: Raw = yaml::parse(file, PROFILE_SCHEMA).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut reading = Reading { file, faults: &mut faults };
    let id = reading.says("id", &raw.id);
    let title = reading.says("title", &raw.title);
    let notice = reading.says("notice", &raw.notice);
    let mut field = |key: &str, word: &str| {
        let read = word.parse::<Field>();
        read.map_err(|e| faults.push(Fault::plain(file.at(1), format!("`{key}`: {e}")))).ok()
    };
    let columns: BTreeMap<Field, Vec<String>> =
        raw.columns.into_iter().filter_map(|(word, headers)| Some((field("columns", &word)?, headers))).collect();
    let shapes = raw.shapes.into_iter().filter_map(|(word, shape)| {
        let shape = match shape {
            RawShape::Reference => Shape::Reference,
            RawShape::Level => Shape::Level,
            RawShape::Sentences => Shape::Sentences,
        };
        Some((field("shapes", &word)?, shape))
    });
    let shapes: BTreeMap<Field, Shape> = shapes.collect();
    let required: BTreeSet<Field> = raw.required.iter().filter_map(|word| field("required", word)).collect();
    let core_columns: BTreeMap<Field, BTreeSet<Box<str>>> = raw
        .core_columns
        .into_iter()
        .filter_map(|(word, of)| Some((field("core_columns", &word)?, boxes(&of))))
        .collect();
    for field in required.iter().filter(|f| !columns.contains_key(f) && !shapes.contains_key(f)) {
        let message = format!("`required` names `{field}`, which stands neither under `columns` nor under `shapes`");
        faults.push(Fault::new(file.at(1), message, "say which headers it has"));
    }
    let names = required.contains(&Field::Id)
        || (required.contains(&Field::ControlReference) && required.contains(&Field::Level));
    if !names {
        let help = "require `id`, or `control-reference` and `level`";
        faults.push(Fault::new(file.at(1), "nothing names a requirement", help));
    }
    let profile = || {
        Some(ImportProfile {
            id: id?.into(),
            title: title?,
            notice: notice?,
            csf: raw.csf,
            columns,
            shapes,
            required,
            core_of: boxes(&raw.core_of),
            core_columns,
            asked: raw.asked,
        })
    };
    match profile() {
        Some(profile) if faults.is_empty() => Ok(profile),
        _ => Err(faults),
    }
}

fn boxes(words: &BTreeSet<String>) -> BTreeSet<Box<str>> {
    words.iter().map(|w| w.as_str().into()).collect()
}

//! `imports/*.yaml`: what an import wrote down, so that it can be told and given back as it came.

use std::{collections::BTreeMap, fmt::Write as _};

use attesta_assessment::{Import, LevelSays, PackId, RequirementKey};
use attesta_catalog::Fault;
use attesta_content::yaml;
use attesta_kernel::Place;
use attesta_scoring::MaturityLevel;
use serde::Deserialize;

use crate::{Change, Folder, Over, pack_change, text};

const SCHEMA: &str = "attesta.import/1";

/// What is remembered of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRecord {
    /// The pack that came of it.
    pub pack: PackId,
    /// The file's name.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The profile that mapped it.
    pub profile: String,
    /// How many rows it had.
    pub rows: usize,
    /// Maturity cells as they stood.
    pub maturity: BTreeMap<RequirementKey, BTreeMap<MaturityLevel, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    pack: String,
    file: String,
    sha256: String,
    profile: String,
    rows: usize,
    maturity: BTreeMap<String, BTreeMap<String, String>>,
}

/// The record of the import that made a pack; `None` where there is none.
///
/// # Errors
///
/// Every fault of the file.
pub fn import_record(folder: &Folder, pack: &PackId) -> Result<Option<ImportRecord>, Vec<Fault>> {
    let Some(file) = folder.file(&inside(pack)).map_err(|f| vec![f])? else { return Ok(None) };
    let raw: Raw = yaml::parse(&file, SCHEMA).map_err(|f| vec![f])?;
    let wrong = |what: String| vec![Fault::plain(Place::new(file.path.clone(), None), what)];
    if raw.pack != pack.as_str() {
        return Err(wrong(format!("it tells of pack `{}`, not of `{pack}`", raw.pack)));
    }
    let mut maturity: BTreeMap<RequirementKey, BTreeMap<MaturityLevel, String>> = BTreeMap::new();
    for (key, cells) in raw.maturity {
        let key = key.parse::<RequirementKey>().map_err(|e| wrong(e.to_string()))?;
        let levels = maturity.entry(key).or_default();
        for (level, cell) in cells {
            levels.insert(level.parse().map_err(|e: attesta_scoring::UnknownLevel| wrong(e.to_string()))?, cell);
        }
    }
    Ok(Some(ImportRecord {
        pack: raw.pack.parse().map_err(|e: attesta_assessment::NotAnId| wrong(e.to_string()))?,
        file: raw.file,
        sha256: raw.sha256,
        profile: raw.profile,
        rows: raw.rows,
        maturity,
    }))
}

fn inside(pack: &PackId) -> String {
    format!("imports/{pack}.yaml")
}

/// The changes that write an import: the pack, the record of it, and with `answers` the scores as answers.
pub fn import_changes(
    import: &Import,
    file: &str,
    sha256: &str,
    profile: &str,
    answers: bool,
    over: Over,
) -> Vec<Change> {
    let mut out = format!(
        "# Written by `attesta assess import` alone.\nschema: {SCHEMA}\npack: {}\nfile: {}\nsha256: {}\nprofile: {}\nrows: {}\n",
        text(import.pack.id.as_str()),
        text(file),
        text(sha256),
        text(profile),
        import.report.rows
    );
    out.push_str(if import.maturity.is_empty() { "maturity: {}\n" } else { "maturity:\n" });
    for (key, levels) in &import.maturity {
        let cells: Vec<String> = levels.iter().map(|(level, cell)| format!("{level}: {}", text(&cell.text))).collect();
        let _ = writeln!(out, "  {}: {{{}}}", text(key.as_str()), cells.join(", "));
    }
    let mut changes =
        vec![pack_change(&import.pack, over), Change { inside: inside(&import.pack.id), text: out, over }];
    if answers && let Some(text) = answers_text(import, file) {
        // Answers are people's: an older file of theirs is never replaced.
        changes.push(Change { inside: format!("answers/{}.yaml", import.pack.id), text, over: Over::Nothing });
    }
    changes
}

/// The scores of an import as answers. What is inherited, not scored or unreadable is left for people to answer.
fn answers_text(import: &Import, file: &str) -> Option<String> {
    let mut out = String::from("schema: attesta.answers/1\nanswers:\n");
    let mut any = false;
    for (key, levels) in &import.maturity {
        let scored: Vec<_> = levels
            .iter()
            .filter_map(|(level, cell)| match cell.says {
                LevelSays::Scored(score) => Some((level, score, &cell.text)),
                _ => None,
            })
            .collect();
        let not_applicable = !levels.is_empty() && levels.values().all(|c| c.says == LevelSays::NotApplicable);
        if scored.is_empty() && !not_applicable {
            continue;
        }
        any = true;
        let _ = writeln!(out, "  - requirement: {}", text(key.as_str()));
        if not_applicable {
            let reason = format!("imported from {file} as not applicable; write the rationale here");
            let _ = writeln!(out, "    not_applicable: {}", text(&reason));
        }
        for (level, score, cell) in scored {
            let because = format!("imported from {file}: {cell}");
            let _ = writeln!(out, "    {level}: {{score: \"{score}\", because: {}}}", text(&because));
        }
    }
    any.then_some(out)
}

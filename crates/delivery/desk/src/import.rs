//! Licensed requirements from a table of others: read with a profile that ships, told before anything is written.

#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::BTreeMap;

use attesta_assessment::{Import, LevelSays, NotAnId, PackId, RowTrouble, import as map_rows, recognise};
use attesta_interchange::packs::{Limits, digest, sheets};
use attesta_workspace::{Change, Over, PACKS, import_changes};
use serde::Serialize;

use crate::{Failure, Kind, Library};

/// So many rows of a kind are shown; the rest are counted.
const MOST_SHOWN: usize = 20;

/// What somebody wants to bring in.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The file's name.
    pub name: String,
    /// A profile that ships, by id; the one that fits best where none is named.
    pub profile: Option<String>,
    /// The pack's id; the profile's where none is named.
    pub id: Option<String>,
    /// Whether imported scores are written as answers, too.
    pub answers: bool,
    /// Whether what an earlier import of this pack wrote is replaced.
    pub replace: bool,
}

/// A row that is told.
#[derive(Debug, Serialize)]
pub struct Trouble {
    pub sheet: String,
    pub row: u32,
    pub what: String,
}

/// What would be read, or was.
#[derive(Debug, Serialize)]
pub struct Report {
    pub file: String,
    pub sha256: String,
    pub profile: String,
    pub pack: String,
    /// Field and the header that it was found under.
    pub columns: BTreeMap<String, String>,
    pub unknown_headers: Vec<String>,
    pub sheets_left: Vec<String>,
    pub rows: usize,
    pub requirements: usize,
    pub scores: usize,
    pub repeats: usize,
    pub unpublished_ids: usize,
    /// How many contradict each other; nothing is written while any does.
    pub conflicts: usize,
    pub unread_rows: usize,
    pub unread_cells: usize,
    /// The first of each kind.
    pub troubles: Vec<Trouble>,
}

/// A table that was read.
#[derive(Debug)]
pub struct Brought {
    import: Import,
    /// What to say of it.
    pub report: Report,
    table: Table,
}

/// Reads a table: XLSX, or CSV as UTF-8 or UTF-16.
///
/// # Errors
///
/// When it cannot be read, or no profile fits.
pub fn read(library: &Library, bytes: &[u8], table: Table) -> Result<Brought, Failure> {
    let wrong = |what: String| Failure::new(Kind::BadInput, format!("{}: {what}", table.name));
    let sheets = sheets(&table.name, bytes, Limits::default()).map_err(|e| wrong(e.to_string()))?;
    let sha256 = digest(bytes);
    let profiles = attesta_content::import_profiles(library.source()).map_err(Failure::from)?;
    let known = || profiles.iter().map(|p| format!("{} ({})", p.id, p.title)).collect::<Vec<_>>().join(", ");
    let profile = match &table.profile {
        Some(named) => profiles.iter().find(|p| *p.id == **named).ok_or_else(|| {
            wrong(format!("`{}` is no profile that ships", named.chars().take(80).collect::<String>()))
                .help(format!("there are {}", known()))
        })?,
        None => recognise(&profiles, &sheets)
            .ok_or_else(|| wrong("no profile fits its columns".to_owned()).help(format!("there are {}", known())))?,
    };
    let id: PackId = table.id.as_deref().unwrap_or(&profile.id).parse().map_err(|e: NotAnId| wrong(e.to_string()))?;
    let catalog = library.catalog().map_err(Failure::from)?;
    let told = format!("imported from {}, SHA-256 {sha256}", table.name);
    let import = map_rows(profile, &sheets, &catalog, id, told)
        .map_err(|e| wrong(e.to_string()).help(format!("name another `profile`; there are {}", known())))?;
    let report = told_of(&import, &table.name, &sha256, &profile.id);
    Ok(Brought { import, report, table })
}

fn told_of(import: &Import, file: &str, sha256: &str, profile: &str) -> Report {
    let report = &import.report;
    let shown = |list: &[RowTrouble]| -> Vec<Trouble> {
        let one = |t: &RowTrouble| Trouble { sheet: t.sheet.clone(), row: t.row, what: t.what.clone() };
        list.iter().take(MOST_SHOWN).map(one).collect()
    };
    let lists = [&report.conflicts, &report.unread_rows, &report.unread_cells];
    let levels = import.maturity.values().flat_map(BTreeMap::values);
    Report {
        file: file.to_owned(),
        sha256: sha256.to_owned(),
        profile: profile.to_owned(),
        pack: import.pack.id.to_string(),
        columns: report.headers.found.iter().map(|(field, header)| (field.to_string(), header.clone())).collect(),
        unknown_headers: report.headers.unknown.clone(),
        sheets_left: report.headers.left.clone(),
        rows: report.rows,
        requirements: import.pack.requirements.len(),
        scores: levels.filter(|l| matches!(l.says, LevelSays::Scored(_))).count(),
        repeats: report.repeats,
        unpublished_ids: report.unpublished,
        conflicts: report.conflicts.len(),
        unread_rows: report.unread_rows.len(),
        unread_cells: report.unread_cells.len(),
        troubles: lists.into_iter().flat_map(|list| shown(list)).collect(),
    }
}

impl Brought {
    /// Where the pack is written.
    pub fn place(&self) -> String {
        format!("{PACKS}/{}.yaml", self.import.pack.id)
    }

    /// What to write.
    ///
    /// # Errors
    ///
    /// When rows contradict each other.
    pub fn changes(&self) -> Result<Vec<Change>, Failure> {
        if !self.import.report.conflicts.is_empty() {
            return Err(Failure::new(Kind::Refused, "rows contradict each other, so nothing was written")
                .help("mend the export, and import it again; the report names the rows"));
        }
        let over = if self.table.replace { Over::Older } else { Over::Nothing };
        let Report { file, sha256, profile, .. } = &self.report;
        Ok(import_changes(&self.import, file, sha256, profile, self.table.answers, over))
    }
}

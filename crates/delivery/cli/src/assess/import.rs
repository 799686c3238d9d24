//! `attesta assess import FILE DIR` and `attesta assess export-pack DIR PACK`: licensed requirements in, and back out as they came.

use std::{
    collections::BTreeMap,
    fs::File as OsFile,
    io::Read as _,
    path::{Path, PathBuf},
};

use attesta_assessment::{
    Import, ImportProfile, LevelSays, NotAnId, PackId, RequirementKey, import as map_rows, recognise,
};
use attesta_content::File;
use attesta_interchange::packs::{Limits, digest, export_csv, sheets};
use attesta_scoring::MaturityLevel;
use attesta_workspace::{Folder, Over, import_changes, import_record};
use clap::Args;
use serde_json::json;

use crate::{
    args::{Common, ListFormat},
    assess::desk::{refuse, source},
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    /// The export: XLSX, or CSV as UTF-8 or UTF-16
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// How to read it: a profile that ships (by id), or a file of your own [default: the one that fits best]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Write with the profile that was proposed
    #[arg(long, conflicts_with = "dry_run")]
    accept: bool,
    /// Only show what would be read
    #[arg(long)]
    dry_run: bool,
    /// The pack's id [default: the profile's]
    #[arg(long = "as", value_name = "ID")]
    id: Option<PackId>,
    /// Write imported scores as answers, too (answers/ID.yaml)
    #[arg(long)]
    answers: bool,
    /// Replace what an earlier import of this pack wrote
    #[arg(long)]
    replace: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The imported pack
    #[arg(value_name = "PACK")]
    pack: PackId,
}

/// No export is bigger.
const MOST_BYTES: u64 = 64 << 20;
/// So many rows of a kind are shown; the rest are counted.
const MOST_SHOWN: usize = 20;

pub(crate) fn run(common: &Common, options: &ImportOptions) -> Result<Exit, Failure> {
    let folder = Folder::open(&options.dir).map_err(|f| refuse(&[f]))?;
    let source = source(common, &options.dir);
    if !common.quiet {
        workshop::announce_files(&source, common.content.as_deref())?;
    }
    let catalog = workshop::catalog(&source)?;
    let shown = options.file.display().to_string();
    let wrong = |what: String| Failure::new(Exit::NotEvaluated, format!("{shown}: {what}"));
    let bytes = read(&options.file).map_err(wrong)?;
    let name = options.file.file_name().map_or_else(|| shown.clone(), |n| n.to_string_lossy().into_owned());
    let sheets = sheets(&name, &bytes, Limits::default()).map_err(|e| wrong(e.to_string()))?;
    let shipped = attesta_content::import_profiles(&source).map_err(|f| refuse(&f))?;
    let profile = match &options.profile {
        Some(named) => own_profile(named, &shipped)?,
        None => recognise(&shipped, &sheets).cloned().ok_or_else(|| {
            let known: Vec<String> = shipped.iter().map(|p| format!("{} ({})", p.id, p.title)).collect();
            wrong("no profile fits its columns".to_owned()).help(format!(
                "write one (docs/reference/tailoring.md) and give it with --profile; there are {}",
                known.join(", ")
            ))
        })?,
    };
    let id = match &options.id {
        Some(id) => id.clone(),
        None => profile.id.parse().map_err(|e: NotAnId| wrong(e.to_string()).help("give an id with --as"))?,
    };
    let sha256 = digest(&bytes);
    let told = format!("imported from {name}, SHA-256 {sha256}");
    let read = map_rows(&profile, &sheets, &catalog, id, told).map_err(|e| {
        wrong(e.to_string()).help("give another --profile, or write one: its `columns` name the headers")
    })?;
    let confirmed = (options.accept || options.profile.is_some()) && !options.dry_run;
    match options.format {
        ListFormat::Json => terminal::json(&document(&read, &profile, &name, &sha256, confirmed))?,
        ListFormat::Table => table(&read, &profile, &name)?,
    }
    if options.dry_run {
        return Ok(Exit::Met);
    }
    if !confirmed {
        return Err(Failure::new(Exit::Usage, "nothing was written").help(format!(
            "look at what would be read; then confirm it with --accept, or with --profile {}",
            profile.id
        )));
    }
    if !read.report.conflicts.is_empty() {
        return Err(wrong("rows contradict each other, so nothing was written".to_owned())
            .help("mend the export, and import it again"));
    }
    let over = if options.replace { Over::Older } else { Over::Nothing };
    let changes = import_changes(&read, &name, &sha256, &profile.id, options.answers, over);
    folder.write(&changes).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        for change in &changes {
            terminal::note(&format!("wrote {}", options.dir.join(&change.inside).display()));
        }
        terminal::note(&format!("name it under `packs: [{}]` in assessment.yaml to use it", read.pack.id));
    }
    Ok(Exit::Met)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = OsFile::open(path).map_err(|e| format!("cannot be read: {e}"))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    Ok(bytes)
}

/// A profile that ships, or one from a file.
fn own_profile(named: &str, shipped: &[ImportProfile]) -> Result<ImportProfile, Failure> {
    if let Some(profile) = shipped.iter().find(|p| *p.id == *named) {
        return Ok(profile.clone());
    }
    let known: Vec<&str> = shipped.iter().map(|p| p.id.as_ref()).collect();
    let text = std::fs::read_to_string(named).map_err(|e| {
        Failure::new(Exit::Usage, format!("`{named}` is no profile that ships, and as a file it cannot be read: {e}"))
            .help(format!("use {}, or a file", known.join(", ")))
    })?;
    let file = File { path: named.to_owned(), inside: named.to_owned(), text: text.into() };
    attesta_content::import_profile(&file).map_err(|f| refuse(&f))
}

fn count(read: &Import, wanted: impl Fn(&LevelSays) -> bool) -> usize {
    read.maturity.values().flat_map(BTreeMap::values).filter(|l| wanted(&l.says)).count()
}

fn counts(read: &Import) -> Vec<(&'static str, usize)> {
    let report = &read.report;
    vec![
        ("rows", report.rows),
        ("requirements", read.pack.requirements.len()),
        ("repeats", report.repeats),
        ("conflicts", report.conflicts.len()),
        ("unread rows", report.unread_rows.len()),
        ("ids without the published form", report.unpublished),
        ("scores", count(read, |s| matches!(s, LevelSays::Scored(_)))),
        ("not applicable", count(read, |s| *s == LevelSays::NotApplicable)),
        ("inherited", count(read, |s| *s == LevelSays::Inherited)),
        ("not scored", count(read, |s| *s == LevelSays::NotScored)),
        ("unread cells", report.unread_cells.len()),
    ]
}

fn document(read: &Import, profile: &ImportProfile, name: &str, sha256: &str, writes: bool) -> serde_json::Value {
    let report = &read.report;
    let counts: serde_json::Map<String, serde_json::Value> =
        counts(read).into_iter().map(|(what, n)| (what.replace(' ', "_"), json!(n))).collect();
    let troubles = |list: &[attesta_assessment::RowTrouble]| -> Vec<serde_json::Value> {
        list.iter().map(|t| json!({"sheet": t.sheet, "row": t.row, "what": t.what})).collect()
    };
    let found: serde_json::Map<String, serde_json::Value> =
        report.found.iter().map(|(field, header)| (field.to_string(), json!(header))).collect();
    json!({
        "schema": "attesta.import-report/1",
        "file": name,
        "sha256": sha256,
        "profile": profile.id,
        "pack": read.pack.id.as_str(),
        "writes": writes && report.conflicts.is_empty(),
        "sheets": report.sheets.iter().map(|(s, row)| json!({"sheet": s, "header_row": row})).collect::<Vec<_>>(),
        "sheets_left": report.sheets_left,
        "columns": found,
        "unknown_headers": report.unknown_headers,
        "counts": counts,
        "conflicts": troubles(&report.conflicts),
        "unread_rows": troubles(&report.unread_rows),
        "unread_cells": troubles(&report.unread_cells),
    })
}

fn table(read: &Import, profile: &ImportProfile, name: &str) -> Result<(), Failure> {
    let report = &read.report;
    let mut text = format!("{name} as `{}` ({}), pack `{}`\n", profile.id, profile.title, read.pack.id);
    for (sheet, row) in &report.sheets {
        text.push_str(&format!("sheet `{sheet}`, headers in row {row}\n"));
    }
    if !report.sheets_left.is_empty() {
        text.push_str(&format!("sheets without these columns: {}\n", report.sheets_left.join(", ")));
    }
    text.push('\n');
    terminal::out(terminal::plain(&text).as_bytes())?;
    terminal::table(["field", "header"], report.found.iter().map(|(f, h)| [f.to_string(), h.clone()]))?;
    let mut text = String::from("\n");
    if !report.unknown_headers.is_empty() {
        text.push_str(&format!("headers that mean nothing here: {}\n", report.unknown_headers.join(", ")));
    }
    let counted: Vec<String> = counts(read).into_iter().map(|(what, n)| format!("{what}: {n}")).collect();
    text.push_str(&format!("{}\n", counted.join("   ")));
    for (what, list) in
        [("conflict", &report.conflicts), ("unread row", &report.unread_rows), ("unread cell", &report.unread_cells)]
    {
        for trouble in list.iter().take(MOST_SHOWN) {
            text.push_str(&format!("{what}: {trouble}\n"));
        }
        if list.len() > MOST_SHOWN {
            text.push_str(&format!("{what}: {} more\n", list.len() - MOST_SHOWN));
        }
    }
    terminal::out(terminal::plain(&text).as_bytes())
}

pub(crate) fn export(common: &Common, options: &ExportOptions) -> Result<Exit, Failure> {
    let folder = Folder::open(&options.dir).map_err(|f| refuse(&[f]))?;
    let source = source(common, &options.dir);
    if !common.quiet {
        workshop::announce_files(&source, common.content.as_deref())?;
    }
    let catalog = workshop::catalog(&source)?;
    let inside = format!("{}/{}.yaml", attesta_workspace::PACKS, options.pack);
    let file = folder.file(&inside).map_err(|f| refuse(&[f]))?.ok_or_else(|| {
        Failure::new(Exit::NotEvaluated, format!("{}: there is no such file", options.dir.join(&inside).display()))
            .help("name a pack that was imported here")
    })?;
    let pack = attesta_content::requirement_pack(&file, &catalog).map_err(|f| refuse(&f))?;
    let record = import_record(&folder, &options.pack).map_err(|f| refuse(&f))?;
    let maturity = record.map(|r| r.maturity).unwrap_or_default();
    let levels: Vec<MaturityLevel> =
        MaturityLevel::ALL.into_iter().filter(|l| maturity.values().any(|m| m.contains_key(l))).collect();
    let columns: Vec<String> = levels.iter().map(|l| header(*l)).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let cells: BTreeMap<RequirementKey, Vec<String>> = maturity
        .into_iter()
        .map(|(key, cells)| (key, levels.iter().map(|l| cells.get(l).cloned().unwrap_or_default()).collect()))
        .collect();
    let text = export_csv(&pack, &columns, &cells).map_err(|e| refuse(&[e]))?;
    terminal::out(text.as_bytes())?;
    Ok(Exit::Met)
}

/// The header of a level as the report names it.
fn header(level: MaturityLevel) -> String {
    let word = match level {
        MaturityLevel::Policy => "Policy",
        MaturityLevel::Procedure => "Procedure",
        MaturityLevel::Implemented => "Implementation",
        MaturityLevel::Measured => "Measured",
        MaturityLevel::Managed => "Managed",
    };
    format!("Maturity - {word}")
}

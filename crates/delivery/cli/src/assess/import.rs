//! `attesta assess import FILE DIR` and `attesta assess export-pack DIR PACK`: licensed requirements in, and back out as they came.

use std::{collections::BTreeMap, path::PathBuf};

use attesta_assessment::{
    Import, ImportProfile, LevelSays, NotAnId, PackId, RequirementKey, RowTrouble, import as map_rows, recognise,
};
use attesta_interchange::packs::export_csv;
use attesta_scoring::MaturityLevel;
use attesta_workspace::{Folder, Over, import_changes, import_record};
use clap::Args;
use serde_json::json;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{refuse, source},
        licensed::{self, Export, Mapping, Profiles},
    },
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
    #[command(flatten)]
    mapping: Mapping,
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

pub(crate) fn run(common: &Common, options: &ImportOptions) -> Result<Exit, Failure> {
    let folder = Folder::open(&options.dir).map_err(|f| refuse(&[f]))?;
    let source = source(common, &options.dir);
    if !common.quiet {
        workshop::announce_files(&source, common.content.as_deref())?;
    }
    let catalog = workshop::catalog(&source)?;
    let export = Export::read(&options.file)?;
    let profiles = Profiles {
        shipped: attesta_content::import_profiles(&source).map_err(|f| refuse(&f))?,
        names: |p: &ImportProfile| (&p.id, &p.title),
        read: attesta_content::import_profile,
        recognise,
        page: "docs/reference/tailoring.md",
    };
    let profile = profiles.choose(&options.mapping, &export)?;
    let id = match &options.id {
        Some(id) => id.clone(),
        None => profile.id.parse().map_err(|e: NotAnId| export.wrong(e).help("give an id with --as"))?,
    };
    let told = format!("imported from {}, SHA-256 {}", export.name, export.sha256);
    let read = map_rows(&profile, &export.sheets, &catalog, id, told)
        .map_err(|e| export.wrong(e).help("give another --profile, or write one: its `columns` name the headers"))?;
    let confirmed = options.mapping.confirmed();
    match options.format {
        ListFormat::Json => terminal::json(&document(&read, &profile, &export, confirmed))?,
        ListFormat::Table => table(&read, &profile, &export.name)?,
    }
    if options.mapping.dry_run {
        return Ok(Exit::Met);
    }
    if !confirmed {
        return Err(Mapping::refusal(&profile.id));
    }
    if !read.report.conflicts.is_empty() {
        return Err(export
            .wrong("rows contradict each other, so nothing was written")
            .help("mend the export, and import it again"));
    }
    let over = if options.replace { Over::Older } else { Over::Nothing };
    let changes = import_changes(&read, &export.name, &export.sha256, &profile.id, options.answers, over);
    folder.write(&changes).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        for change in &changes {
            terminal::note(&format!("wrote {}", options.dir.join(&change.inside).display()));
        }
        terminal::note(&format!("name it under `packs: [{}]` in assessment.yaml to use it", read.pack.id));
    }
    Ok(Exit::Met)
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

fn troubles(read: &Import) -> [(&'static str, &[RowTrouble]); 3] {
    let report = &read.report;
    [("conflict", &report.conflicts), ("unread row", &report.unread_rows), ("unread cell", &report.unread_cells)]
}

fn document(read: &Import, profile: &ImportProfile, export: &Export, writes: bool) -> serde_json::Value {
    let told = [
        ("schema", json!("attesta.import-report/1")),
        ("file", json!(export.name)),
        ("sha256", json!(export.sha256)),
        ("profile", json!(profile.id)),
        ("pack", json!(read.pack.id.as_str())),
        ("writes", json!(writes && read.report.conflicts.is_empty())),
    ];
    let told = told.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
    licensed::document(told, &read.report.headers, &counts(read), &troubles(read))
}

fn table(read: &Import, profile: &ImportProfile, name: &str) -> Result<(), Failure> {
    let text = format!("{name} as `{}` ({}), pack `{}`\n", profile.id, profile.title, read.pack.id);
    terminal::out(terminal::plain(&text).as_bytes())?;
    licensed::headers(&read.report.headers)?;
    licensed::rows(&counts(read), &troubles(read))
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

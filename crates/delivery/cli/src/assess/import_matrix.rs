//! `attesta assess inherit DIR import-matrix FILE`: a provider's shared responsibility matrix in.

use std::path::PathBuf;

use attesta_assessment::{
    Matrix, MatrixId, MatrixImport, MatrixProfile, ProviderId, Responsibility, RowTrouble, import_matrix,
    recognise_matrix,
};
use attesta_kernel::{Confidence, Provenance};
use attesta_workspace::{Over, matrix_change};
use clap::Args;
use serde_json::json;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{Desk, refuse},
        licensed::{self, Export, Mapping, Profiles},
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct MatrixOptions {
    /// The table: XLSX, or CSV as UTF-8 or UTF-16
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    mapping: Mapping,
    /// The matrix's id: it will stand in matrices/ID.yaml
    #[arg(long, value_name = "ID")]
    id: MatrixId,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// The provider, from scope.yaml
    #[arg(long, value_name = "ID")]
    provider: Option<ProviderId>,
    /// Replace the matrix that stands there
    #[arg(long)]
    replace: bool,
}

pub(crate) fn run(common: &Common, desk: &Desk, options: &MatrixOptions, format: ListFormat) -> Result<Exit, Failure> {
    let title = options.title.trim();
    if title.is_empty() {
        return Err(Failure::new(Exit::Usage, "`--title` is empty").help("say what the matrix is"));
    }
    if let Some(provider) = &options.provider
        && !desk.dossier.scope.providers.contains_key(provider)
    {
        return Err(
            Failure::new(Exit::Usage, format!("there is no provider `{provider}`")).help("add it to scope.yaml")
        );
    }
    let export = Export::read(&options.file)?;
    let profiles = Profiles {
        shipped: attesta_content::matrix_profiles(desk.library.source()).map_err(|f| refuse(&f))?,
        names: |p: &MatrixProfile| (&p.id, &p.title),
        read: attesta_content::matrix_profile,
        recognise: recognise_matrix,
        page: "docs/reference/assessment-folder.md",
    };
    let profile = profiles.choose(&options.mapping, &export)?;
    let csf = desk.dossier.assessment.value.csf.parse().ok();
    let read = import_matrix(&profile, &export.sheets, &desk.dossier.packs, csf);
    if read.report.headers.sheets.is_empty() {
        let needed: Vec<String> = profile.required.iter().map(|f| format!("`{f}`")).collect();
        return Err(export
            .wrong(format!("no sheet has the columns {}", needed.join(", ")))
            .help("give another --profile, or write one: its `columns` name the headers"));
    }
    let sound = read.report.conflicts.is_empty() && !read.rows.is_empty();
    let confirmed = options.mapping.confirmed();
    match format {
        ListFormat::Json => terminal::json(&document(&read, &profile, &export, options, confirmed && sound))?,
        ListFormat::Table => table(&read, &profile, &export, options)?,
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
            .help("mend the table, and import it again"));
    }
    if read.rows.is_empty() {
        return Err(export
            .wrong("no row is about a requirement of this assessment's packs, so nothing was written")
            .help("name the packs in assessment.yaml that have its requirements"));
    }
    let source = format!("imported from {}, SHA-256 {}, as {}", export.name, export.sha256, profile.id);
    let matrix = Matrix {
        id: options.id.clone(),
        title: title.to_owned(),
        notice: profile.notice.clone(),
        provider: options.provider.clone(),
        provenance: Provenance { source, confidence: Confidence::Secondary },
        rows: read.rows,
    };
    let change = matrix_change(&matrix, if options.replace { Over::Older } else { Over::Nothing });
    desk.folder.write(std::slice::from_ref(&change)).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        terminal::note(&format!("wrote {}", desk.folder.shown(&change.inside)));
    }
    Ok(Exit::Met)
}

/// So many ids of a kind are shown; `--format json` has all.
const MOST_SHOWN: usize = 20;

fn counts(read: &MatrixImport) -> Vec<(&'static str, usize)> {
    let report = &read.report;
    let elements =
        |who: Responsibility| read.rows.values().flat_map(|r| r.elements.values()).filter(|w| **w == who).count();
    vec![
        ("rows", report.rows),
        ("requirements", read.rows.len()),
        ("provider", elements(Responsibility::Provider)),
        ("shared", elements(Responsibility::Shared)),
        ("customer", elements(Responsibility::Customer)),
        ("repeats", report.repeats),
        ("other versions", report.other_versions),
        ("summaries", report.summaries),
        ("put together", report.put_together),
        ("not in the packs", report.not_in_packs.len()),
        ("conflicts", report.conflicts.len()),
        ("unread rows", report.unread.len()),
        ("requirements left out", report.left_out.len()),
    ]
}

fn troubles(read: &MatrixImport) -> [(&'static str, &[RowTrouble]); 2] {
    [("conflict", &read.report.conflicts), ("unread row", &read.report.unread)]
}

fn document(
    read: &MatrixImport,
    profile: &MatrixProfile,
    export: &Export,
    options: &MatrixOptions,
    writes: bool,
) -> serde_json::Value {
    let ids = |keys: &std::collections::BTreeSet<attesta_assessment::RequirementKey>| -> Vec<String> {
        keys.iter().map(ToString::to_string).collect()
    };
    let told = [
        ("schema", json!("attesta.matrix-import-report/1")),
        ("file", json!(export.name)),
        ("sha256", json!(export.sha256)),
        ("profile", json!(profile.id)),
        ("matrix", json!(options.id.as_str())),
        ("writes", json!(writes)),
        ("not_in_packs", json!(ids(&read.report.not_in_packs))),
        ("left_out", json!(ids(&read.report.left_out))),
    ];
    let told = told.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
    licensed::document(told, &read.report.headers, &counts(read), &troubles(read))
}

fn table(
    read: &MatrixImport,
    profile: &MatrixProfile,
    export: &Export,
    options: &MatrixOptions,
) -> Result<(), Failure> {
    let text = format!("{} as `{}` ({}), matrix `{}`\n", export.name, profile.id, profile.title, options.id);
    terminal::out(terminal::plain(&text).as_bytes())?;
    licensed::headers(&read.report.headers)?;
    licensed::rows(&counts(read), &troubles(read))?;
    for (what, keys) in
        [("left out, and so still yours", &read.report.left_out), ("not in the packs", &read.report.not_in_packs)]
    {
        let shown: Vec<&str> = keys.iter().take(MOST_SHOWN).map(|k| k.as_str()).collect();
        let more = keys.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        if !shown.is_empty() {
            terminal::out(terminal::plain(&format!("{what}: {}{more}\n", shown.join(", "))).as_bytes())?;
        }
    }
    Ok(())
}

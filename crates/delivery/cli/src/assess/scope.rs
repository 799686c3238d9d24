//! `attesta assess scope DIR`: what contradicts itself in a scope, and what is likely too broad or too narrow.

use std::path::PathBuf;

use attesta_assessment::{ScopeFinding, ScopeWeight, check_scope};
use attesta_workspace::Folder;
use clap::Args;
use serde_json::json;

use crate::{
    args::{Common, ListFormat},
    assess::desk::{refuse, source},
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct ScopeOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &ScopeOptions) -> Result<Exit, Failure> {
    let folder = Folder::open(&options.dir).map_err(|f| refuse(&[f]))?;
    let source = source(common, &options.dir);
    if !common.quiet {
        workshop::announce_files(&source, common.content.as_deref())?;
    }
    let header = attesta_workspace::header(&folder).map_err(|f| refuse(&f))?;
    let scope = attesta_workspace::scope(&folder).map_err(|f| refuse(&f))?;
    let data = attesta_content::data_types(&source).map_err(|f| refuse(&f))?;
    let kinds = attesta_content::assessment_types(&source).map_err(|f| refuse(&f))?;
    let program = header.value.program.as_str();
    let rule = kinds.get(program).and_then(|k| k.carve_outs.on(header.value.created));
    let found = check_scope(&scope, &data, rule.map(|r| (program, r.value)));
    let counts = [
        ("systems in scope", scope.systems.values().filter(|s| s.value.inclusion.is_in()).count()),
        ("systems out of scope", scope.systems.values().filter(|s| !s.value.inclusion.is_in()).count()),
        ("facilities in scope", scope.facilities.values().filter(|f| f.value.inclusion.is_in()).count()),
        ("components", scope.components.len()),
        ("providers", scope.providers.len()),
        ("flows", scope.flows.len()),
    ];
    match options.format {
        ListFormat::Json => {
            let findings: Vec<serde_json::Value> = found.iter().map(row).collect();
            let counts: serde_json::Map<String, serde_json::Value> =
                counts.iter().map(|(what, n)| (what.replace(' ', "_"), json!(n))).collect();
            terminal::json(&json!({"schema": "attesta.scope-findings/1", "counts": counts, "findings": findings}))?;
        }
        ListFormat::Table => {
            let words: Vec<String> = counts.iter().map(|(what, n)| format!("{what}: {n}")).collect();
            terminal::out(format!("{}\n", words.join("   ")).as_bytes())?;
            for finding in &found {
                let text = format!("{} ({}): {}\n", finding.weight, finding.concern.as_str(), finding.fault);
                terminal::out(terminal::plain(&text).as_bytes())?;
            }
            if found.is_empty() {
                terminal::out(b"nothing contradicts itself, and nothing looks too broad or too narrow\n")?;
            }
        }
    }
    Ok(match found.first().map(|f| f.weight) {
        Some(ScopeWeight::Contradiction) => Exit::NotEvaluated,
        Some(ScopeWeight::Warning) => Exit::Findings,
        None => Exit::Met,
    })
}

fn row(finding: &ScopeFinding) -> serde_json::Value {
    json!({
        "weight": finding.weight.to_string(),
        "concern": finding.concern.as_str(),
        "file": finding.fault.place.file,
        "line": finding.fault.place.line,
        "message": finding.fault.message,
        "help": finding.fault.help,
    })
}

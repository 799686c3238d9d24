//! `attesta assess scope DIR`: what contradicts itself in a scope, and what is likely too broad or too narrow.

use std::path::PathBuf;

use attesta_assessment::ScopeWeight;
use attesta_desk::{Library, scope::Report};
use attesta_workspace::Folder;
use clap::Args;

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
    let report = Report::of(&folder, &Library::new(source))?;
    match options.format {
        ListFormat::Json => terminal::json_of(&report)?,
        ListFormat::Table => {
            let words: Vec<String> = report.counts().iter().map(|(what, n)| format!("{what}: {n}")).collect();
            terminal::out(format!("{}\n", words.join("   ")).as_bytes())?;
            for finding in &report.found {
                let text = format!("{} ({}): {}\n", finding.weight, finding.concern.as_str(), finding.fault);
                terminal::out(terminal::plain(&text).as_bytes())?;
            }
            if report.found.is_empty() {
                terminal::out(b"nothing contradicts itself, and nothing looks too broad or too narrow\n")?;
            }
        }
    }
    Ok(match report.worst() {
        Some(ScopeWeight::Contradiction) => Exit::NotEvaluated,
        Some(ScopeWeight::Warning) => Exit::Findings,
        None => Exit::Met,
    })
}

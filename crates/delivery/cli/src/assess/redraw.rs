//! `attesta assess sample DIR requirements`: which requirements an interim, rapid or bridge assessment tests again.

use std::path::PathBuf;

use attesta_desk::redraw::drawn;
use attesta_kernel::{Confidence, Provenance, many};
use attesta_lifecycle::Seed;
use attesta_workspace::Folder;
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::desk::{self, Desk, refuse},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct RequirementsOptions {
    /// The folder of the assessment that was certified
    #[arg(long, value_name = "DIR")]
    since: PathBuf,
    /// Any text, chosen by who tests; the draw repeats from it
    #[arg(long, value_name = "TEXT")]
    seed: Seed,
    /// Management says that nothing significant changed (a rapid assessment asks)
    #[arg(long)]
    no_significant_change: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, desk: &Desk, options: &RequirementsOptions) -> Result<Exit, Failure> {
    let certified = desk::certified(common, &options.since, desk)?;
    let then = Folder::open(&options.since).map_err(|f| refuse(&[f]))?;
    let drawn = drawn(desk, &certified, &then, &options.seed, options.no_significant_change)?;
    drawn.notes.iter().for_each(|note| terminal::note(note));
    let rows = &drawn.rows;
    match options.format {
        ListFormat::Json => terminal::json_of(rows)?,
        ListFormat::Table => {
            let cells = rows.iter().map(|r| [r.requirement.clone(), r.domain.to_string(), r.because.clone()]);
            terminal::table(["requirement", "domain", "because"], cells)?;
        }
    }
    if !common.quiet {
        let count = many(rows.len(), "requirement", "requirements");
        terminal::note(&format!("{count}, drawn from the seed `{}`", options.seed));
        unsure(&drawn.provenances);
    }
    Ok(Exit::Met)
}

/// Says of each rule that nobody confirmed how sure it is.
pub(crate) fn unsure(provenances: &[Provenance]) {
    for p in provenances.iter().filter(|p| p.confidence != Confidence::Verified) {
        terminal::note(&format!("the rule is {}: {}", p.confidence, p.source));
    }
}

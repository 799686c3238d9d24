//! `attesta assess gaps DIR`: what falls short, worst first.

use std::path::PathBuf;

use attesta_desk::gaps::{Gap, gaps};
use attesta_kernel::{Date, many};
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Scored},
        points::shown,
        score::Whose,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct GapsOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Only gaps that require a corrective action plan
    #[arg(long)]
    required: bool,
    /// Whose scores: the entity's own, or final ones with the assessor's where there are any
    #[arg(long, value_enum, default_value_t = Whose::Final)]
    view: Whose,
    /// The day on which inherited results must hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &GapsOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let scored = desk.scored(options.view.into())?;
    let mut gaps = gaps(&desk, &scored);
    gaps.retain(|gap| gap.required_cap || !options.required);
    match options.format {
        ListFormat::Json => terminal::json_of(&gaps)?,
        ListFormat::Table => table(&scored, &gaps)?,
    }
    Ok(if gaps.is_empty() { Exit::Met } else { Exit::Findings })
}

fn table(scored: &Scored<'_>, gaps: &[Gap]) -> Result<(), Failure> {
    let rows = gaps.iter().map(|gap| {
        let below: Vec<String> = gap.below.iter().map(|b| format!("{} {}", b.level, shown(b.score.0))).collect();
        [
            if gap.required_cap { "CAP required" } else { "gap" }.to_owned(),
            gap.requirement.clone(),
            gap.title.clone(),
            format!("{}{}", gap.domain, if gap.domain_passes { "" } else { " below" }),
            gap.control_reference.clone(),
            shown(gap.score.0),
            below.join(", "),
        ]
    });
    terminal::table(["what", "requirement", "title", "domain", "reference", "points", "below 100"], rows)?;
    let required = gaps.iter().filter(|g| g.required_cap).count();
    terminal::out(
        format!(
            "\n{}, {} a corrective action plan. {}\n",
            many(gaps.len(), "gap", "gaps"),
            many(required, "of them requires", "of them require"),
            scored.verdict()
        )
        .as_bytes(),
    )
}

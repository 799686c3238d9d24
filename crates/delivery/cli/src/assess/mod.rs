//! `attesta assess`: an assessment as a folder of plain files, from scope to certificate.

mod calculator;

use std::path::PathBuf;

use attesta_kernel::Date;
use clap::{Args, Subcommand};

use crate::{
    args::Common,
    exit::{Exit, Failure},
};

#[derive(Debug, Subcommand)]
pub(crate) enum AssessCommand {
    /// Score a list of answers: requirements, control references, domains, decision, plans and gaps
    ///
    /// A bare calculator for other tools and spreadsheets: JSON in, JSON out (docs/reference/scoring.md). Scores are exact
    /// decimals; they are worked out from the answers given and are not a HITRUST score.
    ///
    /// Exit codes: 0 scored, certified or not; 2 usage; 3 the input cannot be scored.
    Score(ScoreOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ScoreOptions {
    /// The answers as JSON: a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from_json: PathBuf,
    /// The day on which the assessment was created; it picks the figures that hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) created: Option<Date>,
    /// Show how a number came about instead: `decision`, a domain's number, a control reference or a requirement's id
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) explain: Option<String>,
}

pub(crate) fn run(common: &Common, command: &AssessCommand) -> Result<Exit, Failure> {
    match command {
        AssessCommand::Score(options) => calculator::run(common, options),
    }
}

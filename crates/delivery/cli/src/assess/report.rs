//! `attesta assess report DIR REPORT`: documents to print and to send.

use std::{
    fs,
    path::{Path, PathBuf},
};

use attesta_desk::report::{About, Checkpoint, Document, Paper};
use attesta_kernel::Date;
use clap::{Args, ValueEnum};

use crate::{
    args::Common,
    assess::desk::{self, Desk},
    exit::{Exit, Failure},
    terminal,
};

/// A checkpoint is no longer than this.
const LONGEST: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Which report
    #[arg(value_name = "REPORT", value_enum, default_value_t = Which::Readiness)]
    report: Which,
    /// How to write it; PDF needs a build with the feature `pdf`
    #[arg(short, long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Where to write it [default: standard output; PDF needs a file]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The ledger's checkpoint that the report rests on, as `attesta ledger checkpoint` prints it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The day on which inherited results must hold, and the day of the report [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// How far the assessment is, domain by domain
    Readiness,
    /// Every requirement that falls short, worst first
    Gaps,
    /// What is assessed and what is not
    Scope,
    /// The management representation letter, to be checked and signed
    Letter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What it says, for programs
    Json,
    /// A tagged PDF
    Pdf,
}

impl From<Which> for Document {
    fn from(which: Which) -> Self {
        match which {
            Which::Readiness => Self::Readiness,
            Which::Gaps => Self::Gaps,
            Which::Scope => Self::Scope,
            Which::Letter => Self::Letter,
        }
    }
}

pub(crate) fn run(common: &Common, options: &ReportOptions) -> Result<Exit, Failure> {
    if options.format == Format::Pdf && options.output.is_none() {
        return Err(Failure::new(Exit::Usage, "a PDF is written to a file").help("name one with --output FILE"));
    }
    let checkpoint = options.checkpoint.as_deref().map(checkpoint).transpose()?;
    let desk = desk::open(common, &options.dir, options.at)?;
    let header = &desk.dossier.assessment.value;
    let (organisation, id) = (header.organisation.clone(), header.id.to_string());
    let about = About::of(&desk, &organisation, &id, String::new(), checkpoint);
    let bytes = match options.format {
        Format::Json => {
            let paper = Paper::of(&desk, options.report.into(), about)?;
            format!("{}\n", attesta_desk::to_json(&paper)?).into_bytes()
        }
        Format::Pdf => pdf(&desk, options.report.into(), about)?,
    };
    match options.output.as_deref() {
        None => terminal::out(&bytes)?,
        Some(file) => fs::write(file, &bytes)
            .map_err(|e| Failure::new(Exit::NotEvaluated, format!("{}: cannot be written: {e}", file.display())))?,
    }
    Ok(Exit::Met)
}

#[cfg(feature = "pdf")]
fn pdf(desk: &Desk, document: Document, about: About) -> Result<Vec<u8>, Failure> {
    Ok(attesta_desk::report::pdf(desk, document, about)?)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &Desk, _: Document, _: About) -> Result<Vec<u8>, Failure> {
    Err(Failure::new(Exit::Usage, "this `attesta` was built without PDF")
        .help("build it with `--features pdf`, or print the page of the report in `attesta serve`"))
}

fn checkpoint(file: &Path) -> Result<Checkpoint, Failure> {
    let shown = file.display();
    let failed = |what: String| Failure::new(Exit::NotEvaluated, format!("{shown}: {what}"));
    let size = fs::metadata(file).map_err(|e| failed(format!("cannot be read: {e}")))?.len();
    if size > LONGEST {
        return Err(failed(format!("{size} bytes are too many for a checkpoint")));
    }
    let text = fs::read_to_string(file).map_err(|e| failed(format!("cannot be read: {e}")))?;
    Checkpoint::read(&text)
        .ok_or_else(|| failed("is no checkpoint of a ledger".to_owned()).help("`attesta ledger checkpoint` prints one"))
}

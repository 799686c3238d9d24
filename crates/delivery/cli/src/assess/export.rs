//! `attesta assess export DIR --output FOLDER`: the assessment as files for spreadsheets, programs and readers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use attesta_desk::export;
use attesta_kernel::Date;
use clap::Args;

use crate::{
    args::Common,
    assess::desk::{self},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// A folder to write to; it must not exist yet, or be empty
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// The day on which inherited results must hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

pub(crate) fn run(common: &Common, options: &ExportOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let files = export::files(&desk)?;
    write(&options.output, &files)?;
    if !common.quiet {
        let names: Vec<String> = files.iter().map(|(name, bytes)| format!("{name} ({} bytes)", bytes.len())).collect();
        terminal::out(format!("{}\n", names.join("\n")).as_bytes())?;
    }
    Ok(Exit::Met)
}

fn write(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), Failure> {
    let shown = folder.display();
    let failed = |what: String| Failure::new(Exit::NotEvaluated, format!("{shown}: {what}"));
    let taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        return Err(failed("is not empty".to_owned()).help("name a folder that does not exist yet"));
    }
    fs::create_dir_all(folder).map_err(|e| failed(format!("cannot be made: {e}")))?;
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).map_err(|e| failed(format!("{name} cannot be written: {e}")))?;
    }
    Ok(())
}

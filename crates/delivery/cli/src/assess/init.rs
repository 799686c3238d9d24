//! `attesta assess init DIR`: the folder of a new assessment.

use std::path::PathBuf;

use attesta_assessment::{AdditionId, Purpose};
use attesta_desk::{
    Library,
    init::{Begun, New, begin},
};
use attesta_kernel::Date;
use attesta_workspace::Folder;
use clap::Args;

use crate::{
    args::Common,
    assess::desk::refuse,
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    /// The folder to make; it must not exist yet, or be empty
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The assessment type: e1, i1, r2 (`attesta program list`); `attesta assess advise` tells which fits
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// What it is for: readiness, validated, interim, rapid or bridge
    #[arg(long, default_value = "readiness", value_name = "PURPOSE")]
    purpose: Purpose,
    /// Its id [default: the folder's name]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The organisation that is assessed
    #[arg(long, default_value = "Name of the organisation", value_name = "TEXT")]
    organisation: String,
    /// The version of the CSF [default: the newest on the day of creation]
    #[arg(long, value_name = "VERSION")]
    csf: Option<String>,
    /// An addition: hipaa, ai1, nist-csf-2.0 …; may be given several times
    #[arg(long, value_name = "ID")]
    addition: Vec<AdditionId>,
    /// The day of creation; it picks the figures that hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    created: Option<Date>,
    /// When it should be certified
    #[arg(long, value_name = "YYYY-MM-DD")]
    target: Option<Date>,
    /// Score Measured and Managed too, where the type leaves that open
    #[arg(long)]
    measured_and_managed: bool,
}

pub(crate) fn run(common: &Common, options: &InitOptions) -> Result<Exit, Failure> {
    let created = options.created.unwrap_or_else(workshop::today);
    let library = Library::new(workshop::source(common));
    let Begun { header, files, notes } = begin(&library, new(options, created)?)?;
    let folder = Folder::create(&options.dir).map_err(|f| Failure::many(Exit::Usage, &[f]))?;
    folder.write(&files).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        notes.iter().for_each(|note| terminal::note(note));
    }
    let mut names: Vec<&str> = files.iter().map(|f| f.inside.as_str()).collect();
    names.sort_unstable();
    let dir = options.dir.display();
    terminal::out(
        format!(
            "{dir}: a new {} for {}, with {}\n\
             next: write scope.yaml (`attesta assess scope {dir}`){}, then see what is asked (`attesta assess tailor {dir}`)\n",
            header.program,
            header.purpose,
            names.join(", "),
            if names.contains(&"factors.yaml") { " and factors.yaml" } else { "" },
        )
        .as_bytes(),
    )?;
    Ok(Exit::Met)
}

fn new(options: &InitOptions, created: Date) -> Result<New, Failure> {
    let usage = |e: String| Failure::new(Exit::Usage, e);
    let name = options.dir.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let id = match &options.id {
        Some(id) => id.parse().map_err(|e: attesta_assessment::NotAnId| usage(e.to_string()))?,
        None => name.parse().map_err(|_| {
            usage(format!("the folder's name, `{name}`, is not an assessment's id"))
                .help("give one with --id: small letters, digits, dots and dashes")
        })?,
    };
    Ok(New {
        id,
        kind: options.kind.clone(),
        purpose: options.purpose,
        title: options.title.clone(),
        organisation: options.organisation.clone(),
        csf: options.csf.clone(),
        additions: options.addition.clone(),
        created,
        target: options.target,
        measured_and_managed: options.measured_and_managed,
    })
}

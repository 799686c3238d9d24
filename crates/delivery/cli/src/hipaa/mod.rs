//! `attesta hipaa`: what people decided, analysed, agreed and attested, and the two scores that come of it.

mod agreements;
mod breach;
mod decisions;
mod page;
mod practices;
mod risks;
mod status;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use attesta_desk::{Library, hipaa::Registers};
use attesta_hipaa::{ProviderId, SystemId};
use attesta_kernel::Date;
use attesta_workspace::Folder;
use clap::{Args, Subcommand};

use crate::{
    args::{Common, Inputs, ListFormat},
    exit::{Exit, Failure},
    workshop,
};

#[derive(Debug, Subcommand)]
pub(crate) enum HipaaCommand {
    /// Where the Security Rule stands: Required (met or not) and Addressable (a share), with the reason of each item
    ///
    /// Folds what a check of infrastructure shows (--check), what people attest (hipaa/attestations.yaml), decisions, the
    /// risk analysis and the agreements. A violated element is never met by people's word alone.
    ///
    /// Exit codes: 0 Required is met and every addressable specification is met or decided, with nothing to mend in the
    /// registers; 1 not; 2 usage; 3 something could not be evaluated.
    Status(StatusOptions),
    /// Decisions about addressable specifications: which count, which do not and why, what is due, what is kept until when
    ///
    /// Exit codes: 0 every recorded decision and mark counts; 1 one does not; 2 usage; 3 could not be evaluated.
    Decisions(DecisionsOptions),
    /// The risk analysis: its age, its coverage of systems that touch ePHI, each risk with its level and treatment
    ///
    /// Exit codes: 0 in order; 1 not; 2 usage; 3 could not be evaluated.
    Risks(RegisterOptions),
    /// Incidents: breach or not by the four factors, who must be told by which day, what is overdue
    ///
    /// Exit codes: 0 nothing stands against the handling; 1 something does; 2 usage; 3 could not be evaluated.
    Breach(RegisterOptions),
    /// Business associate agreements: signatures, terms, the clause checklist, providers without one
    ///
    /// Exit codes: 0 in order; 1 not; 2 usage; 3 could not be evaluated.
    Agreements(AgreementsOptions),
    /// Recognised security practices: whether 12 months of operation are shown without a gap
    ///
    /// Exit codes: 0 one kind of practices is shown whole; 1 none is; 2 usage; 3 could not be evaluated.
    Practices(RegisterOptions),
}

#[derive(Debug, Args)]
pub(crate) struct RegisterOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day of the report [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
    #[command(flatten)]
    reach: ReachOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ReachOptions {
    /// A system that touches ePHI, by id; may be given several times [default: what the scope says]
    #[arg(long, value_name = "ID")]
    ephi_system: Vec<SystemId>,
    /// A provider that touches ePHI, by id; may be given several times [default: what the scope says]
    #[arg(long, value_name = "ID")]
    ephi_provider: Vec<ProviderId>,
}

#[derive(Debug, Args)]
pub(crate) struct DecisionsOptions {
    #[command(flatten)]
    register: RegisterOptions,
    /// Show earlier decisions too, and how long they are kept
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AgreementsOptions {
    #[command(flatten)]
    register: RegisterOptions,
    /// Show beside the checklist what the proposed rule of 2025 would add; it binds nobody
    #[arg(long)]
    proposed_2025: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Infrastructure code to check; may be given several times
    #[arg(long, value_name = "PATH")]
    check: Vec<PathBuf>,
    #[command(flatten)]
    inputs: Inputs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
    #[command(flatten)]
    reach: ReachOptions,
    /// Show how a number came about instead: `required`, `addressable` or a citation
    #[arg(long, value_name = "SUBJECT")]
    explain: Option<String>,
    /// Lay the proposed rule of 2025 over the report; it binds nobody and changes no number
    #[arg(long)]
    proposed_2025: bool,
}

pub(crate) fn run(common: &Common, command: &HipaaCommand) -> Result<Exit, Failure> {
    match command {
        HipaaCommand::Status(options) => status::run(common, options),
        HipaaCommand::Decisions(options) => decisions::run(common, options),
        HipaaCommand::Risks(options) => risks::run(common, options),
        HipaaCommand::Breach(options) => breach::run(common, options),
        HipaaCommand::Agreements(options) => agreements::run(common, options),
        HipaaCommand::Practices(options) => practices::run(common, options),
    }
}

/// Reads a folder's registers; `told` stands before what the scope says.
fn open(
    common: &Common,
    dir: &std::path::Path,
    at: Option<Date>,
    told: &ReachOptions,
) -> Result<(Registers, Arc<Library>), Failure> {
    let folder = Folder::open(dir).map_err(|fault| Failure::many(Exit::NotEvaluated, &[fault]))?;
    let library = Library::new(workshop::source(common));
    let mut registers = Registers::read(&folder, &library, at.unwrap_or_else(workshop::today))?;
    if !told.ephi_system.is_empty() {
        registers.reach.systems = Some(told.ephi_system.iter().cloned().collect());
    }
    if !told.ephi_provider.is_empty() {
        registers.reach.providers = Some(told.ephi_provider.iter().cloned().collect());
    }
    Ok((registers, library))
}

fn registers(common: &Common, options: &RegisterOptions) -> Result<Registers, Failure> {
    Ok(open(common, &options.dir, options.at, &options.reach)?.0)
}

/// Ids, for people.
fn list<T: ToString>(ids: &BTreeSet<T>) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

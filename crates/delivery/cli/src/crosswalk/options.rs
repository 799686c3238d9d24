use std::path::PathBuf;

use attesta_catalog::FrameworkId;
use attesta_crosswalk::{Document, Strength};
use attesta_kernel::Date;
use clap::{Args, Subcommand, ValueEnum};

use crate::args::{Inputs, ListFormat};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct CrosswalkArguments {
    /// The framework to look at
    #[arg(value_enum, required = true, value_name = "FRAMEWORK")]
    pub(super) framework: Option<Target>,
    #[command(flatten)]
    pub(super) look: Look,
    /// Most partly covered requirements in the table
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) limit: usize,
    #[command(subcommand)]
    pub(super) command: Option<CrosswalkCommand>,
}

#[derive(Debug, Args)]
pub(super) struct Look {
    /// Files and folders to check, so that standings are a check's
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Answers from elsewhere: a CSV of framework, id and standing (met, unmet, unknown, or a part such as `3 of 5`)
    #[arg(long, value_name = "FILE")]
    pub(super) answers: Option<PathBuf>,
    /// An assessment's folder: requirements stand by their Implemented scores
    #[arg(long, value_name = "DIR", conflicts_with = "answers")]
    pub(super) assessment: Option<PathBuf>,
    #[command(flatten)]
    pub(super) mappings: Mappings,
    #[command(flatten)]
    pub(super) inputs: Inputs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    pub(super) format: ListFormat,
}

#[derive(Debug, Args)]
pub(super) struct Mappings {
    /// A folder with crosswalks or reviews of your own in its `crosswalks` folder; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(super) overlay: Vec<PathBuf>,
    /// Use proposed mappings too, counted apart (the default)
    #[arg(long, conflicts_with = "reviewed_only")]
    pub(super) include_proposed: bool,
    /// Use reviewed mappings only
    #[arg(long)]
    pub(super) reviewed_only: bool,
    /// Leave out mappings weaker than this, 1 to 10 [default: as the pack says]
    #[arg(long, value_name = "N")]
    pub(super) min_strength: Option<Strength>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CrosswalkCommand {
    /// Show why one requirement is covered as far as it is, chain by chain
    Explain {
        /// Its framework
        #[arg(value_enum)]
        framework: Target,
        /// Its id
        id: String,
        #[command(flatten)]
        look: Look,
    },
    /// Write mappings between two frameworks as a STRM CSV of twelve columns
    Export(ExportOptions),
    /// Check a STRM CSV of twelve columns, and put it into an overlay
    Import(ImportOptions),
}

#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    /// From which framework mappings lead
    #[arg(long, value_name = "FRAMEWORK", value_parser = document)]
    pub(super) from: Document,
    /// To which
    #[arg(long, value_name = "FRAMEWORK", value_parser = document)]
    pub(super) to: Document,
    /// A folder with crosswalks of your own; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(super) overlay: Vec<PathBuf>,
    /// Leave out what only lists name, without a relation
    #[arg(long)]
    pub(super) stated_only: bool,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ImportOptions {
    /// The CSV
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The framework of its focal elements
    #[arg(long, value_name = "FRAMEWORK", value_parser = document)]
    pub(super) from: Document,
    /// The framework of its targets
    #[arg(long, value_name = "FRAMEWORK", value_parser = document)]
    pub(super) to: Document,
    /// What to call it: small letters, digits and dashes
    #[arg(long, value_name = "ID")]
    pub(super) id: String,
    /// Who proposes these mappings
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    /// Where they come from
    #[arg(long, value_name = "TEXT")]
    pub(super) source: String,
    /// Whose they are
    #[arg(long, value_name = "TEXT", default_value = "not stated")]
    pub(super) licence: String,
    /// The day of the proposal [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) at: Option<Date>,
    /// The overlay to put it into [default: only check the file]
    #[arg(long, value_name = "DIR")]
    pub(super) overlay: Option<PathBuf>,
}

fn document(text: &str) -> Result<Document, String> {
    text.parse().map_err(|error: attesta_crosswalk::UnknownDocument| error.to_string())
}

/// A framework whose requirements can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Target {
    /// The HIPAA Security Rule
    Hipaa,
    /// HITRUST CSF control references
    Hitrust,
    /// NIST SP 800-53 r5
    #[value(name = "nist-800-53")]
    Nist80053,
    /// NIST Cybersecurity Framework 2.0
    NistCsf,
    /// SOC 2 trust services criteria
    Soc2,
    /// ISO/IEC 27001:2022
    Iso27001,
    /// PCI DSS 4.0.1
    PciDss,
}

impl From<Target> for Document {
    fn from(target: Target) -> Self {
        match target {
            Target::Hipaa => Self::Hipaa,
            Target::Hitrust => Self::Hitrust,
            Target::Nist80053 => Self::List(FrameworkId::Nist80053),
            Target::NistCsf => Self::List(FrameworkId::NistCsf),
            Target::Soc2 => Self::List(FrameworkId::Soc2),
            Target::Iso27001 => Self::List(FrameworkId::Iso27001),
            Target::PciDss => Self::List(FrameworkId::PciDss),
        }
    }
}

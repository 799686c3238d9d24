//! The command line.

use std::path::PathBuf;

use attesta_kernel::{Date, Severity};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::{assess::AssessCommand, crosswalk::CrosswalkArguments, hipaa::HipaaCommand, history::args::HistoryCommand};
pub(crate) use crate::{findings::FindingsOptions, vault::args::*};

/// Attesta: an open, self-hosted assurance engine for HITRUST and HIPAA.
///
/// Its control statements are its own, aligned to the structure of the HITRUST CSF; they are not HITRUST's text, and a
/// readiness picture is neither a HITRUST score nor a certification.
#[derive(Debug, Parser)]
#[command(name = "attesta", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Content to use: a whole pack (a folder with a `pack.yaml`), or files that stand in for built-in ones, laid out like `content/`
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) content: Option<PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// When standard output is a terminal and NO_COLOR is not set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check infrastructure code and show where HIPAA and HITRUST stand
    ///
    /// Reads Terraform (`terraform show -json` of a plan or state), CloudFormation (YAML or JSON), Pulumi
    /// (`preview --json`, `stack export`), snapshots of `attesta collect` and neutral resources as JSON lines; folders are
    /// searched; `-` is standard input. Formats are found by content.
    ///
    /// Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 usage; 3 something could not be evaluated.
    Check(CheckOptions),
    /// Show what changed between two states: resources, verdicts, requirements, and an assessment's scores
    ///
    /// BEFORE and AFTER are whatever `attesta check` reads. What is unknown now is never told as mended, and a resource that
    /// was not seen is not told as gone (docs/reference/drift.md).
    ///
    /// Exit codes: 0 no new violation (see --fail-on); 1 some; 2 usage; 3 a side could not be evaluated, in whole or in part.
    Diff(Box<crate::drift::DiffOptions>),
    /// Look at sources on a schedule, keep every run, and tell what changed: once, grouped, signed
    ///
    /// Console, webhooks and mail; nothing is told twice, nothing is lost by a crash (docs/how-to/monitor.md).
    ///
    /// Exit codes of --once: 0 nothing new is violated; 1 something is; 2 usage; 3 something could not be looked at or
    /// brought out.
    Monitor(crate::monitor::MonitorOptions),
    /// Gather what runs into a dated snapshot that `attesta check` reads
    #[command(subcommand)]
    Collect(CollectCommand),
    /// Set findings of other tools (Prowler, Security Hub, SARIF) beside ours
    ///
    /// Each finding is mapped to our policies by `content/findings/`; what nothing maps is listed as such. No outcome of
    /// ours changes: a tool's pass is no proof, a failure that we cannot see is shown as that tool's, and where both spoke
    /// and cannot both be right the conflict is named.
    ///
    /// Exit codes: 0 no failure of theirs at or above --fail-on; 1 some, or a conflict; 2 usage; 3 something could not be
    /// read or evaluated.
    Findings(FindingsOptions),
    /// Show the chain from a number to its inputs
    ///
    /// SUBJECT is a HIPAA citation (164.312(a)(2)(iv)), a HITRUST control reference (10.f) or assessment domain (9), one of
    /// our statements (ATT-09-01) or elements (ATT-09-01.1), a policy, or with PATHs a finding of a report (F-…).
    Explain(ExplainOptions),
    /// List and test policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look into the catalog: frameworks, statements, mappings, kinds
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Score assessments: maturity, roll-ups, gaps, required plans, certification
    #[command(subcommand)]
    Assess(AssessCommand),
    /// List and show assessment types and their figures, and replace a figure
    #[command(subcommand)]
    Program(crate::program::ProgramCommand),
    /// HIPAA's people side: scores, decisions, risk analysis, breaches, agreements, recognised practices
    #[command(subcommand)]
    Hipaa(HipaaCommand),
    /// Show how far one framework is covered by what is met in another
    ///
    /// Carries what a check or given answers show along mappings with set relations (NIST IR 8477): only `equal` and
    /// `superset of` carry the whole, the weakest hop decides, and reviewed and proposed mappings are counted apart.
    /// Without PATHs and answers it shows what the mappings would cover if every statement of ours were met.
    ///
    /// Exit codes: 0 shown; 2 usage; 3 something could not be evaluated.
    Crosswalk(CrosswalkArguments),
    /// Show who could and who did reach a bucket, and what of a principal's rights was used
    ///
    /// Who did comes from CloudTrail's files, who could from a live snapshot. What was not recorded or is not at hand is
    /// named, and nothing is claimed of it. The document can be kept with `attesta evidence add`.
    #[command(subcommand)]
    AccessEvidence(crate::access_evidence::AccessCommand),
    /// Keep every run, and show what follows over time: posture at a date, trend, time to remediate
    #[command(subcommand)]
    History(HistoryCommand),
    /// Make a vault for evidence in a folder, with a signing key and a log of its own
    Init(InitOptions),
    /// Keep evidence: add, list, link, replace, hold, retire, and prove that it was logged
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Verify offline that a file was logged: needs the file, its proof and the log's key, and nothing else
    ///
    /// Exit codes: 0 verified; 2 usage; 3 a file cannot be read; 4 not verified.
    Verify(VerifyOptions),
    /// Audit a whole vault, or with --data a server's data: every byte is read, every fault is named
    ///
    /// Exit codes: 0 sound; 2 usage; 3 it cannot be read; 4 integrity is lost.
    Fsck(FsckOptions),
    /// Look into the log; bring its checkpoints out, and take witnesses' and timestamp authorities' words in
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Serve the REST API over one folder, or over PostgreSQL
    #[cfg(feature = "server")]
    Serve(crate::serve::ServeArgs),
    /// Do the jobs of servers on the same database
    #[cfg(feature = "server")]
    Worker(crate::serve::WorkerArgs),
    /// Back a server's data up while it runs: proven before it counts (docs/how-to/operate.md)
    ///
    /// Exit codes: 0 backed up; 2 usage; 3 something cannot be read or written; 4 what would be backed up is not sound.
    #[cfg(feature = "server")]
    Backup(crate::serve::keep::BackupArgs),
    /// Bring a backup back into a folder that holds nothing: verified before anything is made
    ///
    /// Exit codes: 0 restored; 2 usage; 3 something cannot be read or written; 4 the backup is not whole.
    #[cfg(feature = "server")]
    Restore(crate::serve::keep::RestoreArgs),
    /// Write one organisation of a server, its evidence and its log into one file that another instance takes
    ///
    /// Exit codes: 0 written; 2 usage; 3 something cannot be read or written; 4 something is not what it was.
    #[cfg(feature = "server")]
    Export(crate::serve::travel::ExportArgs),
    /// Take such a file into a server: verified whole before anything is changed
    ///
    /// Exit codes: 0 imported; 2 usage; 3 something cannot be read or written; 4 the archive is not whole, or not by that key.
    #[cfg(feature = "server")]
    Import(crate::serve::travel::ImportArgs),
    /// Change a server's keys: the one that signs an organisation's log, or the one that seals secrets
    ///
    /// Exit codes: 0 changed; 2 usage; 3 something cannot be read or written; 4 something is not what it was.
    #[cfg(feature = "server")]
    Rotate {
        /// Which key
        #[command(subcommand)]
        what: crate::serve::rotate::RotateCommand,
    },
    /// Say what is wrong with a server's installation, line by line, and how to mend it
    ///
    /// Exit codes: 0 nothing fails; 1 something does; 2 usage.
    #[cfg(feature = "server")]
    Doctor(crate::serve::doctor::DoctorArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Inputs {
    /// Users' own policies in Rego: a folder; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) policies: Vec<PathBuf>,
    /// Waiver file [default: attesta.waivers.yaml beside the first input, when there is one]
    #[arg(long, value_name = "FILE", conflicts_with = "no_waivers")]
    pub(crate) waivers: Option<PathBuf>,
    /// Use no waivers
    #[arg(long)]
    pub(crate) no_waivers: bool,
    /// The day of the report, for waivers [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) at: Option<Date>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// Files and folders; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// How to report
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Table)]
    pub(crate) format: ReportFormat,
    /// Where to write the report [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show only this framework; may be given several times
    #[arg(long, value_enum, value_name = "FRAMEWORK")]
    pub(crate) framework: Vec<FrameworkName>,
    /// Compare with what was: a snapshot or other file, a folder, or a commit, branch or tag of the git repository around the
    /// inputs. Then findings count that are new
    #[arg(long, value_name = "FILE|REF")]
    pub(crate) baseline: Option<String>,
    /// With --baseline: also what the change does to this assessment; nothing is written there
    #[arg(long, value_name = "DIR", requires = "baseline")]
    pub(crate) assessment: Option<PathBuf>,
    /// With --assessment: the part of its scope that is checked [default: all of it]
    #[arg(long, value_name = "ID", requires = "assessment")]
    pub(crate) component: Option<attesta_assessment::ComponentId>,
    /// Lowest severity of a finding that makes the exit code 1; `never` for none. With --baseline only new ones count;
    /// `any` or `any:high` counts all, `new:high` new ones from a severity on
    #[arg(long, value_name = "WHAT", default_value = "low", value_parser = fail_on)]
    pub(crate) fail_on: FailOn,
    /// Most findings in the table and Markdown formats
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people, on a terminal
    Table,
    /// Everything, for programs (docs/reference/report-json.md)
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// JUnit XML, for CI
    Junit,
    /// One self-contained page with charts
    Html,
    /// For a pull request's comment
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FrameworkName {
    Hipaa,
    Hitrust,
}

/// What fails the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// Findings of at least this severity.
    Found(Which, Severity),
    Never,
}

/// Which findings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// New ones where there is something to compare with, else all.
    Either,
    New,
    Any,
    /// No finding: any difference.
    Change,
}

pub(crate) fn fail_on(text: &str) -> Result<FailOn, String> {
    let wrong = || {
        "use low, medium, high, critical, new, any, change or never; `new:high` counts from a severity on".to_owned()
    };
    let (which, severity) = match text.split_once(':') {
        Some((which, severity)) => (which, Some(severity)),
        None => (text, None),
    };
    let which = match (which, severity) {
        ("never" | "none", None) => return Ok(FailOn::Never),
        ("new", _) => Which::New,
        ("any", _) => Which::Any,
        ("change", None) => Which::Change,
        (severity, None) => {
            return severity.parse().map(|least| FailOn::Found(Which::Either, least)).map_err(|_| wrong());
        }
        _ => return Err(wrong()),
    };
    match severity {
        None => Ok(FailOn::Found(which, Severity::Low)),
        Some(severity) => severity.parse().map(|least| FailOn::Found(which, least)).map_err(|_| wrong()),
    }
}

/// The same where there is nothing to compare with.
pub(crate) fn fail_on_severity(text: &str) -> Result<FailOn, String> {
    match fail_on(text) {
        Ok(found @ (FailOn::Never | FailOn::Found(Which::Either, _))) => Ok(found),
        _ => Err("use low, medium, high, critical or never".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum CollectCommand {
    /// Ask a live AWS account, by reads alone
    ///
    /// Credentials come from AWS's own chain: environment, profiles, single sign-on, roles. What was refused or failed is
    /// named and stays unknown. The snapshot holds settings, start-up scripts and environment values, and is written for
    /// its owner alone (docs/reference/collect-aws.md).
    ///
    /// Exit codes: 0 every call was answered; 2 usage; 3 something could not be seen, or nothing could be collected.
    Aws(AwsOptions),
    /// Check neutral resources (JSON lines) from a file, standard input or a command, and keep them as a snapshot
    ///
    /// Lines that cannot be taken are named; the others are kept (docs/reference/neutral-resources.md).
    ///
    /// Exit codes: 0 every line was taken; 2 usage; 3 some line was not, or the command failed.
    Generic(GenericOptions),
}

#[derive(Debug, Args)]
pub(crate) struct AwsOptions {
    /// Region to ask; may be given several times, or once with commas [default: every region that the account has enabled]
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub(crate) region: Vec<String>,
    /// Profile of the shared AWS configuration
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Role to assume
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// External id that the role demands
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub(crate) external_id: Option<String>,
    /// Account to ask, by its number, with `{account}` in --role-arn; may be given several times, or once with commas
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', requires = "role_arn", value_parser = account_number)]
    pub(crate) account: Vec<String>,
    /// Ask every active account of the organisation, with `{account}` in --role-arn
    #[arg(long, requires = "role_arn", conflicts_with = "account")]
    pub(crate) organization: bool,
    /// Ask this address instead of AWS (a simulator's)
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Where to write the snapshot; of several accounts a folder, with one snapshot for each
    #[arg(short, long, value_name = "FILE", required_unless_present = "print_iam_policy")]
    pub(crate) output: Option<PathBuf>,
    /// Go on where a run that was broken off stopped
    #[arg(long)]
    pub(crate) resume: bool,
    /// Calls under way at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) parallel: u16,
    /// How often one call is tried at most
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) attempts: u32,
    /// Seconds that one answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    /// Print the IAM policy that allows exactly these calls, and stop
    #[arg(long)]
    pub(crate) print_iam_policy: bool,
}

fn account_number(text: &str) -> Result<String, String> {
    let is_number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(text.to_owned()) } else { Err("an account's number has 12 digits".to_owned()) }
}

#[derive(Debug, Args)]
pub(crate) struct GenericOptions {
    /// The JSON lines: a file, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "command", conflicts_with = "command")]
    pub(crate) input: Option<PathBuf>,
    /// Command whose standard output is read instead, with its arguments, after `--`
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// What the resources come from, for the snapshot's first line
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Kind of which the input holds every resource; may be given several times
    #[arg(long, value_name = "KIND")]
    pub(crate) complete: Vec<String>,
    /// Where to write the snapshot
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// What to explain
    #[arg(value_name = "SUBJECT")]
    pub(crate) subject: String,
    /// Files and folders to check, to explain with their numbers
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// List policies
    List {
        /// Users' own policies in Rego: a folder; may be given several times
        #[arg(long, value_name = "DIR")]
        policies: Vec<PathBuf>,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Run the policies' own tests
    Test {
        /// Users' own policies in Rego: a folder; may be given several times
        #[arg(long, value_name = "DIR")]
        policies: Vec<PathBuf>,
        /// Only policies whose id contains this
        #[arg(value_name = "TEXT")]
        only: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Table,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shelf {
    /// The HIPAA Security Rule
    Hipaa,
    /// HITRUST CSF control categories
    Categories,
    /// HITRUST CSF control objectives
    Objectives,
    /// HITRUST CSF control references
    References,
    /// HITRUST assessment domains
    Domains,
    /// Attesta's own control statements
    Statements,
    /// Resource kinds of the neutral model
    Kinds,
    /// NIST SP 800-53 r5
    #[value(name = "nist-800-53")]
    Nist80053,
    /// NIST Cybersecurity Framework 2.0
    NistCsf,
    /// SOC 2 trust services criteria
    Soc2,
    /// ISO/IEC 27001:2022 Annex A and clauses
    Iso27001,
    /// PCI DSS 4.0.1
    PciDss,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// List one part of the catalog
    List {
        /// Which part
        #[arg(value_enum)]
        shelf: Shelf,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show one entry whole, with its source and confidence
    Show {
        /// A citation, reference, objective, domain, statement, element, resource kind or policy
        id: String,
    },
    /// Take requirement identifiers apart (`1123.01q1System.2`); the form alone is looked at
    Id {
        /// How to print; json gives one line for each id
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
        /// Identifiers as published
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Check a content pack: references, ids, schemas, policies and their tests
    Validate {
        /// The pack's folder [default: the built-in content]
        dir: Option<PathBuf>,
    },
}

//! `attesta assess propose`, `accept`, `reject`: automation proposes, people decide.

use std::path::PathBuf;

use attesta_app::check::Frameworks;
use attesta_assessment::{CheckRun, ComponentId, EvidenceId, PersonId, Proposal, RequirementKey};
use attesta_desk::propose::{self, Acceptance, Proposed, Which};
use attesta_kernel::{Date, Digest};
use attesta_scoring::MaturityLevel;
use clap::Args;

use crate::{
    args::{Common, Inputs, ListFormat},
    assess::desk::{self, Desk, refuse},
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct ProposeOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Infrastructure code to check: files and folders. Without any, what is proposed already is listed
    #[arg(long, value_name = "PATH", num_args = 1..)]
    check: Vec<PathBuf>,
    /// The report of a check that was made elsewhere: what `attesta check PATH --format json` printed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "again"])]
    report: Option<PathBuf>,
    /// Propose again from the checks on record, such as those that `attesta history metric carry` put there
    #[arg(long, conflicts_with = "check")]
    again: bool,
    /// The part of the scope that was checked [default: all of it]
    #[arg(long, value_name = "ID", conflicts_with = "again")]
    component: Option<ComponentId>,
    #[command(flatten)]
    inputs: Inputs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct VerdictOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Requirements whose proposals are judged
    #[arg(value_name = "REQUIREMENT", required = true)]
    requirements: Vec<RequirementKey>,
    /// The level
    #[arg(long, value_name = "LEVEL", default_value = "implemented")]
    level: MaturityLevel,
    /// Who judges, from people.yaml
    #[arg(long, value_name = "PERSON")]
    by: PersonId,
    /// Elements that wait for people and that are met (one requirement only)
    #[arg(long, value_name = "N", value_delimiter = ',')]
    met: Vec<u8>,
    /// Evidence that shows it, from evidence.yaml
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    evidence: Vec<EvidenceId>,
    /// Since when the control operates; a check sees one day only
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// Why, for a rejection
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
    /// The day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
}

pub(crate) fn run(common: &Common, options: &ProposeOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.inputs.at)?;
    if options.check.is_empty() && options.report.is_none() && !options.again {
        print(&desk.proposals, options.format)?;
        return Ok(Exit::Met);
    }
    if let Some(component) = &options.component {
        propose::component(&desk, component)?;
    }
    let run = match &options.report {
        Some(file) => Some(propose::from_report(&desk, &read(file)?, options.component.clone())?),
        None if options.again => None,
        None => Some(check(common, &desk, options)?),
    };
    let Proposed { proposals, changes, notes } = propose::propose(&desk, run)?;
    desk::tell(common, &notes);
    desk.folder.write(&changes).map_err(|f| refuse(&[f]))?;
    print(&proposals, options.format)?;
    Ok(Exit::Met)
}

fn read(file: &std::path::Path) -> Result<String, Failure> {
    let failed = |what: String| Failure::new(Exit::NotEvaluated, format!("{}: {what}", file.display()));
    let meta = std::fs::metadata(file).map_err(|e| failed(format!("cannot be read: {e}")))?;
    if usize::try_from(meta.len()).map_or(true, |bytes| bytes > propose::MOST_REPORT_BYTES) {
        return Err(failed(format!("is bigger than {} MiB", propose::MOST_REPORT_BYTES >> 20)));
    }
    std::fs::read_to_string(file).map_err(|e| failed(format!("cannot be read: {e}")))
}

/// Checks the infrastructure and keeps what was seen of each element.
fn check(common: &Common, desk: &Desk, options: &ProposeOptions) -> Result<CheckRun, Failure> {
    let (report, _) = workshop::report(
        common,
        &options.check,
        &options.inputs,
        desk.library.source(),
        &desk.catalog,
        Frameworks::ALL,
    )?;
    if !report.complete() {
        let parts: Vec<String> = report.refused.iter().map(|n| format!("{}: {}", n.path, n.what)).collect();
        return Err(Failure::many(Exit::NotEvaluated, &parts)
            .help("nothing was proposed, as part of the input could not be read or a policy could not run"));
    }
    let mut inputs = Vec::new();
    for document in &report.snapshot.documents {
        let bytes = std::fs::read(&document.path).map_err(|e| {
            Failure::new(Exit::NotEvaluated, format!("{}: cannot be read again: {e}", document.path))
                .help("give files and folders, not standard input: what a proposal rests on must stay readable")
        })?;
        inputs.push((document.path.clone(), Digest::of(&bytes).to_string()));
    }
    let seen = seen(&desk.catalog, &report.standings);
    Ok(CheckRun { on: desk.at, component: options.component.clone(), inputs, seen })
}

/// What a check saw of each element, where it saw anything.
pub(crate) use attesta_desk::propose::seen;

fn print(proposals: &[Proposal], format: ListFormat) -> Result<(), Failure> {
    let rows = propose::rows(proposals);
    match format {
        ListFormat::Json => terminal::json_of(&rows),
        ListFormat::Table => terminal::table(
            ["requirement", "level", "state", "checked", "operates on", "says"],
            rows.iter().map(|r| {
                [
                    r.requirement.to_owned(),
                    r.level.to_owned(),
                    r.state.to_owned(),
                    r.checked.clone(),
                    r.operates.join(", "),
                    r.says.to_owned(),
                ]
            }),
        ),
    }
}

pub(crate) fn accept(common: &Common, options: &VerdictOptions) -> Result<Exit, Failure> {
    let with = Acceptance {
        met: options.met.iter().copied().collect(),
        evidence: options.evidence.clone(),
        since: options.since,
    };
    if !with.met.is_empty() && options.requirements.len() != 1 {
        return Err(Failure::new(Exit::Usage, "--met goes with exactly one requirement"));
    }
    judge(common, options, |desk, which| propose::accept(desk, which, &with))
}

pub(crate) fn reject(common: &Common, options: &VerdictOptions) -> Result<Exit, Failure> {
    judge(common, options, |desk, which| propose::reject(desk, which, &options.because))
}

fn judge(
    common: &Common,
    options: &VerdictOptions,
    verdict: impl FnOnce(&Desk, &Which) -> Result<Proposed, attesta_desk::Failure>,
) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let which = Which { requirements: options.requirements.clone(), level: options.level, by: options.by.clone() };
    let judged = verdict(&desk, &which)?;
    desk.folder.write(&judged.changes).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        print(&judged.proposals, ListFormat::Table)?;
    }
    Ok(Exit::Met)
}

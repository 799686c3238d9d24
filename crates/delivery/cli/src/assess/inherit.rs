//! `attesta assess inherit DIR …`: other assessments' results, requests, and what is still one's own.

use std::path::PathBuf;

use attesta_assessment::{PersonId, RequestCommand, RequirementKey, Responsibility, SourceId};
use attesta_desk::inherit::{self, Ask};
use attesta_kernel::Date;
use attesta_scoring::Score;
use clap::{Args, Subcommand};

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, refuse},
        import_matrix::{self, MatrixOptions},
        points::shown,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct InheritOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day of what is done, and on which sources must be current [default: today]
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, global = true, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sources, whether they may be used, and requests
    List,
    /// Ask to use a source's results: writes drafts of requests
    Request {
        /// The source
        #[arg(long, value_name = "ID")]
        source: SourceId,
        /// Requirements; may be given several times
        #[arg(long, value_name = "ID", required_unless_present = "matrix")]
        requirement: Vec<RequirementKey>,
        /// The source's id of the requirement, where it differs (one requirement only)
        #[arg(long, value_name = "ID")]
        stands_for: Option<RequirementKey>,
        /// How much of the score it makes, in per cent [default: what --matrix suggests]
        #[arg(long, value_name = "PERCENT", required_unless_present = "matrix")]
        weight: Option<Score>,
        /// Request everything that this shared responsibility matrix lets inherit
        #[arg(long, value_name = "ID")]
        matrix: Option<String>,
    },
    /// Change the weight of drafts
    Reweigh {
        #[command(flatten)]
        which: Which,
        /// The new weight, in per cent
        #[arg(long, value_name = "PERCENT")]
        weight: Score,
    },
    /// Send drafts to the provider
    Submit(Which),
    /// The provider agrees
    Approve(Which),
    /// The provider does not agree
    Reject(Which),
    /// Let approved requests count
    Apply(Which),
    /// Take requests back
    Withdraw(Which),
    /// What is still one's own, element by element
    Mine {
        /// Matrices to look at [default: those in the folder, else the illustrative one that ships]
        #[arg(long, value_name = "ID")]
        matrix: Vec<String>,
    },
    /// Scores without and with what is inherited
    Effect,
    /// Import a provider's shared responsibility matrix: XLSX or CSV
    ///
    /// Shows first how the table would be read; writing needs --accept or --profile (docs/reference/assessment-folder.md).
    ImportMatrix(MatrixOptions),
}

#[derive(Debug, Args)]
struct Which {
    /// The source
    #[arg(long, value_name = "ID")]
    source: SourceId,
    /// Requirements [default: every request of the source that can be so treated]
    #[arg(long, value_name = "ID")]
    requirement: Vec<RequirementKey>,
    /// Who does it, from people.yaml
    #[arg(long, value_name = "PERSON")]
    by: PersonId,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
}

pub(crate) fn run(common: &Common, options: &InheritOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let format = options.format;
    match &options.what {
        What::List => list(&desk, format),
        What::Request { source, requirement, stands_for, weight, matrix } => {
            let ask = Ask {
                source: source.clone(),
                requirements: requirement.clone(),
                stands_for: stands_for.clone(),
                weight: *weight,
                matrix: matrix.clone(),
            };
            let made = inherit::request(&desk, &ask)?;
            desk::tell(common, &made.notes);
            desk.folder.write(&[made.change]).map_err(|f| refuse(&[f]))?;
            terminal::out(format!("{}\n", made.done.join("\n")).as_bytes())?;
            Ok(Exit::Met)
        }
        What::Reweigh { which, weight } => act(common, &desk, which, &RequestCommand::Reweigh(*weight)),
        What::Submit(which) => act(common, &desk, which, &RequestCommand::Submit),
        What::Approve(which) => act(common, &desk, which, &RequestCommand::Approve),
        What::Reject(which) => act(common, &desk, which, &RequestCommand::Reject(which.because.clone())),
        What::Apply(which) => act(common, &desk, which, &RequestCommand::Apply),
        What::Withdraw(which) => act(common, &desk, which, &RequestCommand::Withdraw(which.because.clone())),
        What::Mine { matrix } => mine(&desk, matrix, format),
        What::Effect => effect(&desk, format),
        What::ImportMatrix(options) => import_matrix::run(common, &desk, options, format),
    }
}

/// Does one thing with the requests that were named, all of them or none.
fn act(common: &Common, desk: &Desk, which: &Which, command: &RequestCommand) -> Result<Exit, Failure> {
    let named =
        inherit::Which { source: which.source.clone(), requirement: which.requirement.clone(), by: which.by.clone() };
    let acted = inherit::act(desk, &named, command)?;
    desk.folder.write(&[acted.change]).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        terminal::out(format!("{}\n", acted.done.join("\n")).as_bytes())?;
    }
    Ok(Exit::Met)
}

fn list(desk: &Desk, format: ListFormat) -> Result<Exit, Failure> {
    let listed = inherit::list(desk);
    if format == ListFormat::Json {
        terminal::json_of(&listed)?;
        return Ok(Exit::Met);
    }
    terminal::table(
        ["source", "title", "relation", "type", "state", &format!("usable on {}", desk.at)],
        listed.sources.iter().map(|s| {
            [
                s.id.to_owned(),
                s.title.to_owned(),
                s.relation.to_owned(),
                s.program.to_owned(),
                s.state.to_owned(),
                s.because.clone().map_or_else(|| "yes".to_owned(), |why| format!("no: {why}")),
            ]
        }),
    )?;
    terminal::out(b"\n")?;
    terminal::table(
        ["requirement", "source", "weight %", "state", "since"],
        listed.requests.iter().map(|r| {
            [
                r.requirement.to_owned(),
                r.source.to_owned(),
                r.weight.clone(),
                r.state.to_owned(),
                r.since.clone().unwrap_or_default(),
            ]
        }),
    )?;
    Ok(Exit::Met)
}

fn mine(desk: &Desk, named: &[String], format: ListFormat) -> Result<Exit, Failure> {
    let tailored = desk.tailored()?;
    let told = inherit::still_own(desk, &tailored, named)?;
    if format == ListFormat::Json {
        terminal::json_of(&told)?;
        return Ok(Exit::Met);
    }
    for (matrix, shares) in told.matrices.iter().zip(&told.shares) {
        let counts: Vec<String> = shares.iter().map(|(what, n)| format!("{n} {what}")).collect();
        terminal::out(
            format!("{}: requirements inheritable: {}\n{}\n", matrix.title, counts.join(", "), matrix.notice)
                .as_bytes(),
        )?;
    }
    let shared = told.mine.iter().filter(|m| m.responsibility == Responsibility::Shared.as_str()).count();
    terminal::out(
        format!("\nof {} elements {} are still yours, {shared} of them in part\n\n", told.elements, told.mine.len())
            .as_bytes(),
    )?;
    let rows = told
        .mine
        .iter()
        .map(|m| [format!("{}.{}", m.requirement, m.element), m.responsibility.to_owned(), m.text.to_owned()]);
    terminal::table(["element", "whose", "what"], rows)?;
    Ok(Exit::Met)
}

fn effect(desk: &Desk, format: ListFormat) -> Result<Exit, Failure> {
    let told = inherit::effect(desk)?;
    if format == ListFormat::Json {
        terminal::json_of(&told)?;
        return Ok(Exit::Met);
    }
    terminal::table(
        ["no", "domain", "without", "with", "open without"],
        told.domains.iter().map(|r| {
            [
                r.domain.to_string(),
                r.title.to_owned(),
                shown(r.without.0),
                shown(r.with.0),
                r.unanswered_without.to_string(),
            ]
        }),
    )?;
    terminal::out(format!("\nwithout: {}\nwith:    {}\n", told.verdict_without, told.verdict_with).as_bytes())?;
    Ok(Exit::Met)
}

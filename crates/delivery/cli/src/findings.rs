//! `attesta findings`: what other tools found, beside ours.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use attesta_app::check::Frameworks;
use attesta_evaluation::{Beside, Claim, Compared, ForeignReport, Ours, beside};
use attesta_interchange::reports::foreign::{self, View};
use attesta_kernel::Severity;
use clap::{Args, ValueEnum};

use crate::{
    args::{Common, FailOn, Inputs, fail_on_severity},
    exit::{Exit, Failure},
    terminal, workshop,
};

#[derive(Debug, Args)]
pub(crate) struct FindingsOptions {
    /// Findings: OCSF (Prowler), ASFF (Security Hub) or SARIF 2.1.0; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to check ourselves and set them beside: a snapshot, a plan, a folder; may be given several times
    #[arg(long, value_name = "PATH")]
    beside: Vec<PathBuf>,
    #[command(flatten)]
    inputs: Inputs,
    /// How to report
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where to write the report [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Lowest severity of a tool's failure that makes the exit code 1, as the tool ranks it; `never` for none
    #[arg(long, value_name = "SEVERITY", default_value = "low", value_parser = fail_on_severity)]
    fail_on: FailOn,
    /// Most entries of a list in the table and Markdown formats
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, on a terminal
    Table,
    /// Everything, for programs (docs/reference/findings.md)
    Json,
    /// For a page or a pull request
    Markdown,
}

pub(crate) fn run(common: &Common, options: &FindingsOptions) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let ships = workshop::policies(&source, &catalog)?;
    let maps = attesta_content::foreign_maps(&source, &ships, &catalog);
    let maps = maps.map_err(|faults| Failure::many(Exit::NotEvaluated, &faults))?;
    let reports = read(&options.files)?;
    let check = match options.beside.as_slice() {
        [] => None,
        paths => Some(workshop::report(common, paths, &options.inputs, &source, &catalog, Frameworks::ALL)?.0),
    };
    let policies = check.as_ref().map_or(ships.as_slice(), |check| check.policies.as_slice());
    let snapshot = check.as_ref().map(|check| &check.snapshot);
    let outcomes = check.as_ref().map_or(&[][..], |check| check.outcomes.as_slice());
    let compared = beside(&reports, &maps, Ours { policies, snapshot, outcomes });
    let view = View {
        reports: &reports,
        compared: &compared,
        policies,
        check: check.as_ref(),
        at: options.inputs.at.unwrap_or_else(workshop::today),
        version: env!("CARGO_PKG_VERSION"),
        limit: options.limit,
    };
    write(options, &view)?;
    Ok(if compared.iter().any(|one| is_finding(one, options.fail_on)) {
        Exit::Findings
    } else if check.is_none_or(|check| check.complete()) {
        Exit::Met
    } else {
        Exit::NotEvaluated
    })
}

/// A tool's failure that nobody muted, or a conflict. A tool that ranks nothing is heard as well.
fn is_finding(one: &Compared<'_>, fail_on: FailOn) -> bool {
    let FailOn::Found(_, least) = fail_on else { return false };
    let bad = one.beside == Beside::Conflict || (one.finding.claim == Claim::Fail && !one.finding.muted);
    bad && one.finding.severity.unwrap_or(Severity::Critical) >= least
}

fn read(files: &[PathBuf]) -> Result<Vec<ForeignReport>, Failure> {
    let (mut reports, mut faults) = (Vec::new(), Vec::new());
    for path in files {
        match bytes(path).and_then(|bytes| {
            let read = attesta_findings::read(&path.display().to_string(), &bytes);
            read.map_err(|faults| faults.iter().map(ToString::to_string).collect())
        }) {
            Ok(more) => reports.extend(more),
            Err(more) => faults.extend::<Vec<String>>(more),
        }
    }
    if faults.is_empty() {
        return Ok(reports);
    }
    Err(Failure::many(Exit::NotEvaluated, &faults).help(
        "give a file as the tool wrote it: `prowler … -M json-ocsf`, `aws securityhub get-findings`, or SARIF 2.1.0",
    ))
}

fn bytes(path: &Path) -> Result<Vec<u8>, Vec<String>> {
    let most = u64::try_from(attesta_findings::MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| vec![format!("{}: cannot be read: {error}", path.display())])?;
    Ok(bytes)
}

fn write(options: &FindingsOptions, view: &View<'_>) -> Result<(), Failure> {
    let written = |out: &mut dyn Write| match options.format {
        Format::Table => foreign::table(view, out),
        Format::Json => foreign::json(view, out),
        Format::Markdown => foreign::markdown(view, out),
    };
    match &options.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            terminal::forgive(written(&mut out).and_then(|()| out.flush()))
        }
        Some(path) => {
            let mut bytes = Vec::new();
            written(&mut bytes).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
            crate::collect::write(path, &bytes)
        }
    }
}

//! `attesta diff` and `attesta check --baseline`: two states, side by side.

mod git;
pub(crate) mod side;

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use attesta_app::{
    check::{CheckReport, Frameworks},
    drift::DriftReport,
};
use attesta_assessment::ComponentId;
use attesta_catalog::Catalog;
use attesta_content::ContentSource;
use attesta_drift::Effect;
use attesta_interchange::reports::{
    Options as ReportOptions,
    drift::{BothLines, DriftFormat, write},
};
use attesta_kernel::Severity;
use clap::{Args, ValueEnum};

use self::side::Side;
use crate::{
    args::{CheckOptions, Common, FailOn, Inputs, ReportFormat, Which, fail_on},
    assess::desk::{self, Desk},
    check,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// No report for people shows more locations of one policy than this.
const LOCATIONS_FOR_PEOPLE: u32 = 200;

#[derive(Debug, Args)]
pub(crate) struct DiffOptions {
    /// What was: a file or folder that `attesta check` reads
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// What is
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    #[command(flatten)]
    inputs: Inputs,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also what it does to the levels, scores and decision of this assessment; nothing is written there
    #[arg(long, value_name = "DIR")]
    assessment: Option<PathBuf>,
    /// The part of the assessment's scope that is compared [default: all of it]
    #[arg(long, value_name = "ID", requires = "assessment")]
    component: Option<ComponentId>,
    /// What makes the exit code 1: `new` violations, `any` violation, any `change`, or `never`; `new:high` and `any:high` count from a severity on
    #[arg(long, value_name = "WHAT", default_value = "new", value_parser = fail_on)]
    fail_on: FailOn,
    /// Most rows of each list in the table and Markdown formats
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, on a terminal
    Table,
    /// Everything, for programs (docs/reference/drift.md)
    Json,
    /// For a pull request's comment
    Markdown,
    /// SARIF 2.1.0 with baselineState
    Sarif,
}

/// `attesta diff BEFORE AFTER`.
pub(crate) fn run(common: &Common, options: &DiffOptions) -> Result<Exit, Failure> {
    let room = Room::open(common, options.assessment.as_deref(), options.inputs.at)?;
    let all = Frameworks::ALL;
    let (was, is) = (std::slice::from_ref(&options.before), std::slice::from_ref(&options.after));
    let inputs = &options.inputs;
    // One file of waivers for both sides: a copy that lies elsewhere must not look as if a waiver had come to its end.
    let beside = workshop::waivers(is, inputs)?;
    let waivers = if beside.is_empty() { workshop::waivers(was, inputs)? } else { beside };
    let before = Side::read(common, was, inputs, &room.catalog);
    let before = before.judged(waivers.clone(), inputs, &room.source, &room.catalog, all)?;
    let after = Side::read(common, is, inputs, &room.catalog);
    let after = after.judged(waivers, inputs, &room.source, &room.catalog, all)?;
    let names = (options.before.display().to_string(), options.after.display().to_string());
    let mut report =
        DriftReport::of((&before.report, &names.0, &before.labels), (&after.report, &names.1, &after.labels));
    if let Some(desk) = &room.desk {
        report.effect = Some(effect(common, desk, options.component.as_ref(), &report)?);
    }
    let format = match options.format {
        Format::Table => DriftFormat::Table,
        Format::Json => DriftFormat::Json,
        Format::Markdown => DriftFormat::Markdown,
        Format::Sarif => DriftFormat::Sarif,
    };
    let lines = lines(format, &report, &before.texts, &after.texts);
    print(common, format, &report, &lines, options.limit, options.output.as_deref())?;
    Ok(exit(&report, options.fail_on))
}

/// `attesta check PATH… --baseline BASELINE`.
pub(crate) fn gate(common: &Common, options: &CheckOptions, baseline: &str) -> Result<Exit, Failure> {
    let format = match options.format {
        ReportFormat::Table => DriftFormat::Table,
        ReportFormat::Json => DriftFormat::Json,
        ReportFormat::Markdown => DriftFormat::Markdown,
        ReportFormat::Sarif => DriftFormat::Sarif,
        ReportFormat::Junit | ReportFormat::Html => {
            return Err(Failure::new(Exit::Usage, "this format does not show a comparison")
                .help("with --baseline use table, json, markdown or sarif"));
        }
    };
    let room = Room::open(common, options.assessment.as_deref(), options.inputs.at)?;
    let frameworks = check::frameworks(options);
    let inputs = &options.inputs;
    let waivers = workshop::waivers(&options.paths, inputs)?;
    let (before, waived, name) = if Path::new(baseline).exists() {
        let side = Side::read(common, &[PathBuf::from(baseline)], inputs, &room.catalog);
        (side, waivers.clone(), baseline.to_owned())
    } else {
        let tree = git::Tree::read(&options.paths, baseline)?;
        let name = format!("{baseline} ({})", tree.commit.get(..12).unwrap_or(&tree.commit));
        if !common.quiet {
            tree.missing.iter().for_each(|p| terminal::note(&format!("{p} is not in {name}: all in it is new")));
            tree.left_out.iter().for_each(|p| terminal::note(&format!("{p} of {name} is no plain file: left out")));
        }
        // What was waived then was waived then: a waiver that the change brings is part of the change.
        let waived = workshop::waivers(&tree.copies, inputs)?;
        (tree.side(common, options, &room.catalog), waived, name)
    };
    let before = before.judged(waived, inputs, &room.source, &room.catalog, frameworks)?;
    let after = Side::read(common, &options.paths, inputs, &room.catalog);
    let after = after.judged(waivers, inputs, &room.source, &room.catalog, frameworks)?;
    let named: Vec<String> = options.paths.iter().map(|p| p.display().to_string()).collect();
    let mut report =
        DriftReport::of((&before.report, &name, &before.labels), (&after.report, &named.join(" "), &after.labels));
    if let Some(desk) = &room.desk {
        report.effect = Some(effect(common, desk, options.component.as_ref(), &report)?);
    }
    let lines = lines(format, &report, &before.texts, &after.texts);
    print(common, format, &report, &lines, options.limit, options.output.as_deref())?;
    Ok(exit(&report, options.fail_on))
}

/// The content that both sides are judged by: the assessment's, where one is named.
struct Room {
    source: ContentSource,
    catalog: Arc<Catalog>,
    desk: Option<Desk>,
}

impl Room {
    fn open(common: &Common, assessment: Option<&Path>, at: Option<attesta_kernel::Date>) -> Result<Self, Failure> {
        let Some(dir) = assessment else {
            let source = workshop::source(common);
            return Ok(Self { catalog: Arc::new(workshop::catalog(&source)?), source, desk: None });
        };
        let desk = desk::open(common, dir, at)?;
        Ok(Self { catalog: Arc::clone(&desk.catalog), source: desk.library.source().clone(), desk: Some(desk) })
    }
}

fn lines(
    format: DriftFormat,
    report: &DriftReport<'_>,
    before: &workshop::Texts,
    after: &workshop::Texts,
) -> BothLines {
    let find = |check: &CheckReport<'_>, texts: &workshop::Texts| match format {
        DriftFormat::Table | DriftFormat::Markdown => {
            check.find_lines(texts, check.places_for_people(LOCATIONS_FOR_PEOPLE))
        }
        DriftFormat::Json | DriftFormat::Sarif => check.find_lines(texts, check.places()),
    };
    BothLines { before: find(report.before, before), after: find(report.after, after) }
}

fn print(
    common: &Common,
    format: DriftFormat,
    report: &DriftReport<'_>,
    lines: &BothLines,
    limit: usize,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let mut how = ReportOptions::new(env!("CARGO_PKG_VERSION"));
    how.limit = limit;
    how.width = terminal::width();
    how.colour = check::colour(common, output.is_some());
    match output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            terminal::forgive(write(format, report, lines, &how, &mut out).and_then(|()| out.flush()))
        }
        Some(path) => check::write_whole(path, |out| write(format, report, lines, &how, out)),
    }
}

fn exit(report: &DriftReport<'_>, fail_on: FailOn) -> Exit {
    let any = |least: Severity| report.after.worst().is_some_and(|worst| worst >= least);
    let found = match fail_on {
        FailOn::Never => false,
        FailOn::Found(Which::Change, _) => !report.drift.is_empty(),
        FailOn::Found(Which::Any, least) => any(least),
        FailOn::Found(Which::New | Which::Either, least) => report.new_findings(least) > 0,
    };
    match (found, report.complete()) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Met,
        (false, false) => Exit::NotEvaluated,
    }
}

/// What a change does to an assessment; whoever names no component though checks are kept by component is told.
pub(crate) fn effect(
    common: &Common,
    desk: &Desk,
    component: Option<&ComponentId>,
    report: &DriftReport<'_>,
) -> Result<Effect, Failure> {
    if component.is_none() && attesta_desk::effect::wants_component(desk) && !common.quiet {
        terminal::note(
            "checks of this assessment are kept by component; name the one that is compared with --component",
        );
    }
    Ok(attesta_desk::effect::of(desk, component, report)?)
}

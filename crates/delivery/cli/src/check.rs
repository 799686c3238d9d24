//! `attesta check`.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
};

use attesta_app::check::{CheckReport, Frameworks, Lines};
use attesta_interchange::reports::{self, Format, Options};

use crate::{
    args::{CheckOptions, Colour, Common, FailOn, FrameworkName, ReportFormat},
    exit::{Exit, Failure},
    terminal, workshop,
};

/// No report for people shows more locations of one policy than this.
const LOCATIONS_FOR_PEOPLE: u32 = 200;

pub(crate) fn run(common: &Common, options: &CheckOptions) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let asked = |name| options.framework.is_empty() || options.framework.contains(&name);
    let frameworks = Frameworks { hipaa: asked(FrameworkName::Hipaa), hitrust: asked(FrameworkName::Hitrust) };
    let (report, texts) = workshop::report(common, &options.paths, &options.inputs, &source, &catalog, frameworks)?;
    let lines = match options.format {
        ReportFormat::Table | ReportFormat::Html | ReportFormat::Markdown => {
            report.find_lines(&texts, report.places_for_people(LOCATIONS_FOR_PEOPLE))
        }
        ReportFormat::Json | ReportFormat::Sarif | ReportFormat::Junit => report.find_lines(&texts, report.places()),
    };
    write(common, options, &report, &lines)?;
    let found = match options.fail_on {
        FailOn::Never => false,
        FailOn::Severity(least) => report.worst().is_some_and(|worst| worst >= least),
    };
    Ok(if found {
        Exit::Findings
    } else if report.complete() {
        Exit::Met
    } else {
        Exit::NotEvaluated
    })
}

fn write(common: &Common, options: &CheckOptions, report: &CheckReport<'_>, lines: &Lines) -> Result<(), Failure> {
    let format = match options.format {
        ReportFormat::Table => Format::Table,
        ReportFormat::Json => Format::Json,
        ReportFormat::Sarif => Format::Sarif,
        ReportFormat::Junit => Format::Junit,
        ReportFormat::Html => Format::Html,
        ReportFormat::Markdown => Format::Markdown,
    };
    let mut how = Options::new(env!("CARGO_PKG_VERSION"));
    how.limit = options.limit;
    how.width = terminal::width();
    how.colour = match common.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            options.output.is_none() && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
        }
    };
    let Some(path) = &options.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        return terminal::forgive(reports::write(format, report, lines, &how, &mut out).and_then(|()| out.flush()));
    };
    // A report appears whole or not at all: written beside its place, then moved there.
    let shown = path.display();
    let failed = |error: io::Error| Failure::new(Exit::NotEvaluated, format!("{shown}: cannot be written: {error}"));
    let mut beside = path.clone().into_os_string();
    beside.push(".part");
    let file = File::create(&beside).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let written = reports::write(format, report, lines, &how, &mut out).and_then(|()| out.flush());
    let moved = written.and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        // Best effort: the complaint about the report matters more than its remains.
        let _ = std::fs::remove_file(&beside);
    }
    moved.map_err(failed)
}

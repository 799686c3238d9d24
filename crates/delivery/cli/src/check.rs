//! `attesta check`.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::Path,
};

use attesta_app::check::{CheckReport, Frameworks, Lines};
use attesta_interchange::reports::{self, Format, Options};

use crate::{
    args::{CheckOptions, Colour, Common, FailOn, FrameworkName, ReportFormat, Which},
    drift,
    exit::{Exit, Failure},
    terminal, workshop,
};

/// No report for people shows more locations of one policy than this.
const LOCATIONS_FOR_PEOPLE: u32 = 200;

pub(crate) fn run(common: &Common, options: &CheckOptions) -> Result<Exit, Failure> {
    if let Some(baseline) = &options.baseline {
        return drift::gate(common, options, baseline);
    }
    let least = match options.fail_on {
        FailOn::Never => None,
        FailOn::Found(Which::Either | Which::Any, least) => Some(least),
        FailOn::Found(Which::New | Which::Change, _) => {
            return Err(Failure::new(Exit::Usage, "without --baseline nothing is new")
                .help("give --baseline, or a severity for --fail-on"));
        }
    };
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let frameworks = frameworks(options);
    let (report, texts) = workshop::report(common, &options.paths, &options.inputs, &source, &catalog, frameworks)?;
    let lines = match options.format {
        ReportFormat::Table | ReportFormat::Html | ReportFormat::Markdown => {
            report.find_lines(&texts, report.places_for_people(LOCATIONS_FOR_PEOPLE))
        }
        ReportFormat::Json | ReportFormat::Sarif | ReportFormat::Junit => report.find_lines(&texts, report.places()),
    };
    write(common, options, &report, &lines)?;
    let found = least.is_some_and(|least| report.worst().is_some_and(|worst| worst >= least));
    Ok(if found {
        Exit::Findings
    } else if report.complete() {
        Exit::Met
    } else {
        Exit::NotEvaluated
    })
}

/// The frameworks that were asked for.
pub(crate) fn frameworks(options: &CheckOptions) -> Frameworks {
    let asked = |name| options.framework.is_empty() || options.framework.contains(&name);
    Frameworks { hipaa: asked(FrameworkName::Hipaa), hitrust: asked(FrameworkName::Hitrust) }
}

/// Whether colours may be used.
pub(crate) fn colour(common: &Common, to_file: bool) -> bool {
    match common.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => !to_file && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
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
    how.colour = colour(common, options.output.is_some());
    let Some(path) = &options.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        return terminal::forgive(reports::write(format, report, lines, &how, &mut out).and_then(|()| out.flush()));
    };
    write_whole(path, |out| reports::write(format, report, lines, &how, out))
}

/// Writes a report whole or not at all: beside its place, then moved there.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let shown = path.display();
    let failed = |error: io::Error| Failure::new(Exit::NotEvaluated, format!("{shown}: cannot be written: {error}"));
    let mut beside = path.to_path_buf().into_os_string();
    beside.push(".part");
    let file = File::create(&beside).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let written = write(&mut out).and_then(|()| out.flush());
    let moved = written.and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        // Best effort: the complaint about the report matters more than its remains.
        let _ = std::fs::remove_file(&beside);
    }
    moved.map_err(failed)
}

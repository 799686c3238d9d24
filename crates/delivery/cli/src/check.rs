//! `attesta check`.

use crate::{
    args::{CheckOptions, Common, FailOn},
    exit::{Exit, Failure},
    terminal, workshop,
};

pub(crate) fn run(common: &Common, options: &CheckOptions) -> Result<Exit, Failure> {
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let (report, texts) = workshop::report(common, &options.paths, &options.inputs, &source, &catalog)?;
    let lines = report.find_lines(&texts, report.places());
    let _ = (&lines, terminal::note);
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

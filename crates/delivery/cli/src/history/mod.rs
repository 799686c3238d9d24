//! `attesta history`: every run kept, and what follows over time.

pub(crate) mod args;
mod look;
mod metric;
mod over_time;
pub(crate) mod record;

use std::{collections::BTreeMap, path::Path};

use attesta_app::grouping::{Groups, groups};
use attesta_evaluation::Policy;
use attesta_history::{History, HistoryError, Run};
use attesta_kernel::Timestamp;
use attesta_posture::{Follower, Series, SourceName};

use crate::{
    args::Common,
    exit::{Exit, Failure},
    workshop,
};
use args::HistoryCommand;

pub(crate) fn run(common: &Common, command: &HistoryCommand) -> Result<Exit, Failure> {
    match command {
        HistoryCommand::Record(options) => record::run(common, options),
        HistoryCommand::List(options) => look::list(options),
        HistoryCommand::Show(options) => look::show(options),
        HistoryCommand::At(options) => over_time::at(common, options),
        HistoryCommand::Trend(options) => over_time::trend(common, options),
        HistoryCommand::Remediation(options) => over_time::remediation(common, options),
        HistoryCommand::Metric(command) => metric::run(common, command),
        HistoryCommand::Fsck(options) => look::fsck(options),
    }
}

/// The exit code and the mend of what went wrong with a history.
pub(crate) fn failure(error: HistoryError) -> Failure {
    let help = match &error {
        HistoryError::None(_) => Some("name a history's folder, or begin one with `attesta history record DIR PATH`"),
        HistoryError::Taken(_) => Some("name a folder that is empty or not there yet"),
        HistoryError::Damaged { .. } => Some("`attesta history fsck DIR` names every fault; bring back a copy"),
        HistoryError::NoRun(_) => Some("`attesta history list DIR` names the runs"),
        HistoryError::NotAfter { .. } => {
            Some("nothing was kept; give another --source, or --time if a clock was wrong")
        }
        _ => None,
    };
    let exit = match &error {
        HistoryError::NoRun(_) => Exit::Usage,
        error if error.is_integrity() => Exit::Integrity,
        _ => Exit::NotEvaluated,
    };
    let failure = Failure::new(exit, error.to_string());
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

fn open(dir: &Path) -> Result<History, Failure> {
    History::open(dir).map_err(failure)
}

/// What followed: runs, series, and the groups by which it was counted.
struct Followed {
    policies: Vec<Policy>,
    groups: Groups,
    runs: Vec<Run>,
    series: BTreeMap<SourceName, Series>,
}

/// Follows the runs of some sources (all, when none is named) up to a time.
fn follow(common: &Common, dir: &Path, sources: &[SourceName], until: Option<Timestamp>) -> Result<Followed, Failure> {
    let history = open(dir)?;
    let source = workshop::source(common);
    let catalog = workshop::catalog(&source)?;
    let policies = workshop::policies(&source, &catalog)?;
    let groups = groups(&catalog, &policies);
    let mut follower = Follower::new(groups.grouping.clone());
    let mut runs = Vec::new();
    for step in history.steps().map_err(failure)? {
        let (run, step) = step.map_err(failure)?;
        let wanted = sources.is_empty() || sources.contains(&run.source);
        if !wanted || until.is_some_and(|until| run.at > until) {
            continue;
        }
        follower.take(step).map_err(|broken| Failure::new(Exit::Integrity, broken.to_string()))?;
        runs.push(run);
    }
    if let Some(unknown) = sources.iter().find(|source| !runs.iter().any(|run| run.source == **source)) {
        return Err(Failure::new(Exit::Usage, format!("no run of `{unknown}` is kept by then"))
            .help("`attesta history list DIR` names the sources"));
    }
    Ok(Followed { policies, groups, runs, series: follower.finish() })
}

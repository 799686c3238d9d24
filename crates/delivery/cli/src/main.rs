//! The one binary. It parses arguments, builds everything once, hands it down, and turns results into exit codes.

mod access_evidence;
mod args;
mod assess;
mod catalog;
mod check;
mod collect;
mod crosswalk;
mod drift;
mod exit;
mod explain;
mod findings;
mod hipaa;
mod history;
mod monitor;
mod policy;
mod program;
mod rego;
#[cfg(feature = "server")]
mod serve;
mod terminal;
mod vault;
mod workshop;

use clap::{CommandFactory, Parser};

use crate::{
    args::{Arguments, Command},
    exit::Exit,
};

fn main() -> std::process::ExitCode {
    if let Some(exit) = as_worker() {
        return exit;
    }
    let arguments = Arguments::parse();
    if let Err(failure) = workshop::announce(&arguments.common) {
        terminal::complain(&failure);
        return failure.exit.into();
    }
    let result = match &arguments.command {
        Command::Check(options) => check::run(&arguments.common, options),
        Command::Diff(options) => drift::run(&arguments.common, options),
        Command::Monitor(options) => monitor::run(&arguments.common, options),
        Command::Collect(command) => collect::run(&arguments.common, command),
        Command::Findings(options) => findings::run(&arguments.common, options),
        Command::Explain(options) => explain::run(&arguments.common, options),
        Command::Policy(command) => policy::run(&arguments.common, command),
        Command::Catalog(command) => catalog::run(&arguments.common, command),
        Command::Program(command) => program::run(&arguments.common, command),
        Command::Assess(command) => assess::run(&arguments.common, command),
        Command::Hipaa(command) => hipaa::run(&arguments.common, command),
        Command::Crosswalk(crosswalk) => crosswalk::run(&arguments.common, crosswalk),
        Command::AccessEvidence(command) => access_evidence::run(&arguments.common, command),
        Command::History(command) => history::run(&arguments.common, command),
        Command::Init(options) => vault::init(options),
        Command::Evidence(command) => vault::evidence(&arguments.common, command),
        Command::Verify(options) => vault::verify(options),
        #[cfg(feature = "server")]
        Command::Fsck(options) if options.server.is_meant() => {
            serve::keep::audit(&options.server.place(), &options.against, options.format)
        }
        Command::Fsck(options) => vault::fsck(options),
        Command::Ledger(command) => vault::ledger(command),
        #[cfg(feature = "server")]
        Command::Serve(options) => serve::run(&arguments.common, options),
        #[cfg(feature = "server")]
        Command::Worker(options) => serve::worker(&arguments.common, options),
        #[cfg(feature = "server")]
        Command::Backup(options) => serve::keep::backup(options),
        #[cfg(feature = "server")]
        Command::Restore(options) => serve::keep::restore(options),
        #[cfg(feature = "server")]
        Command::Export(options) => serve::travel::export(options),
        #[cfg(feature = "server")]
        Command::Import(options) => serve::travel::import(options),
        #[cfg(feature = "server")]
        Command::Rotate { what } => serve::rotate::rotate(what),
        #[cfg(feature = "server")]
        Command::Doctor(options) => serve::doctor::doctor(options),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "attesta", &mut script);
            terminal::out(&script).map(|()| Exit::Met)
        }
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            terminal::complain(&failure);
            failure.exit.into()
        }
    }
}

/// The worker of users' own policies, when this process was started as one. It comes before everything else, so that a
/// worker never parses a command line or reads content.
fn as_worker() -> Option<std::process::ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != attesta_rules::WORKER_FLAG {
        return None;
    }
    let limits = arguments.next().unwrap_or_default();
    Some(attesta_rules::worker_main(&limits, std::io::stdin(), std::io::stdout()))
}

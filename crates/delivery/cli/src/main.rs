//! The one binary. It parses arguments, builds everything once, hands it down, and turns results into exit codes.

mod args;
mod catalog;
mod check;
mod exit;
mod explain;
mod policy;
mod terminal;
mod workshop;

use clap::{CommandFactory, Parser};

use crate::{
    args::{Arguments, Command},
    exit::Exit,
};

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        Command::Check(options) => check::run(&arguments.common, options),
        Command::Explain(options) => explain::run(&arguments.common, options),
        Command::Policy(command) => policy::run(&arguments.common, command),
        Command::Catalog(command) => catalog::run(&arguments.common, command),
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

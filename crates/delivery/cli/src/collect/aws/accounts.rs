//! Several accounts: one snapshot for each in a folder, one role in each.

use std::{collections::BTreeSet, fs, path::Path};

use super::{ACCOUNT, asked, journal_of, keep, one};
use crate::{
    args::{AwsOptions, Common},
    exit::{Exit, Failure},
    terminal,
};

/// Names the accounts of a run that are done, while it lasts.
const DONE: &str = ".attesta-collect";

pub(super) fn run(common: &Common, options: &AwsOptions, folder: &Path) -> Result<Exit, Failure> {
    let shown = folder.display().to_string();
    let failed = |error: std::io::Error| Failure::new(Exit::NotEvaluated, format!("{shown}: {error}"));
    fs::create_dir_all(folder).map_err(|error| failed(error).help("name a folder with --output"))?;
    let told = attesta_aws::members(&asked(options), options.organization)
        .map_err(|error| Failure::new(Exit::NotEvaluated, error.what).help(error.help))?;
    let mut seen_whole = true;
    if let Some(why) = &told.missing {
        seen_whole = false;
        terminal::note(&format!("not seen: accounts of the organisation: {why}"));
    }
    for member in told.members.iter().filter(|member| !member.active) {
        terminal::note(&format!("account {} ({}) is not active and is not asked", member.id, member.name));
    }
    let accounts: BTreeSet<&str> = if options.organization {
        told.members.iter().filter(|member| member.active).map(|member| member.id.as_str()).collect()
    } else {
        options.account.iter().map(String::as_str).collect()
    };
    if accounts.is_empty() {
        return Err(Failure::new(Exit::NotEvaluated, "no account could be asked")
            .help("name them with --account, or allow organizations:ListAccounts"));
    }
    let done_path = folder.join(DONE);
    let mut done: BTreeSet<String> = if options.resume { read_done(&done_path) } else { BTreeSet::new() };
    let mut exit = if seen_whole { Exit::Met } else { Exit::NotEvaluated };
    for account in accounts {
        let output = folder.join(format!("{account}.json"));
        if done.contains(account) && output.is_file() {
            if !is_whole(&output) {
                exit = Exit::NotEvaluated;
            }
            continue;
        }
        if !common.quiet {
            terminal::note(&format!("account {account}"));
        }
        // The account that we begin in needs no role, and often has none.
        let role =
            options.role_arn.as_deref().filter(|_| account != told.own).map(|role| role.replace(ACCOUNT, account));
        match one(common, options, &output, role.clone(), options.resume && has_journal(&output)) {
            Ok(Exit::Met) => {}
            Ok(worse) => exit = worse,
            Err(failure) => {
                // An account that cannot be asked must not look like one that does not exist.
                let call = if role.is_some() { "sts:AssumeRole" } else { "sts:GetCallerIdentity" };
                let why = failure.messages.join("; ");
                keep(&output, &attesta_aws::unseen_account(account, call, &why, env!("CARGO_PKG_VERSION")))?;
                let _ = fs::remove_file(journal_of(&output));
                terminal::note(&format!("not seen: account {account}: {why}"));
                exit = Exit::NotEvaluated;
            }
        }
        done.insert(account.to_owned());
        let lines: Vec<&str> = done.iter().map(String::as_str).collect();
        fs::write(&done_path, lines.join("\n")).map_err(failed)?;
    }
    let _ = fs::remove_file(&done_path);
    Ok(exit)
}

/// Whether a snapshot of this run names nothing that it could not see.
fn is_whole(output: &Path) -> bool {
    let read = fs::read(output).ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    read.is_some_and(|told| told.get("failures").and_then(|list| list.as_array()).is_some_and(Vec::is_empty))
}

fn has_journal(output: &Path) -> bool {
    journal_of(output).is_file()
}

fn read_done(path: &Path) -> BTreeSet<String> {
    fs::read_to_string(path).map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
}

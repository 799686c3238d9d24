//! `attesta assess action DIR …`: corrective action plans.

use std::{fmt::Write as _, path::PathBuf};

use attesta_assessment::ActionId;
use attesta_desk::actions::{Plans, ProgressRow};
use attesta_kernel::{Date, many};
use attesta_lifecycle::action::{Advance, Move, Progress};
use attesta_workspace::{Change, Over, draft_actions};
use clap::{Args, Subcommand};

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, refuse},
        points::shown,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct ActionOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day of the question [default: today]
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
    /// Every plan, and every requirement that needs one and has none
    ///
    /// Exit codes: 0 every required plan is there; 1 one is missing; 3 it cannot be told.
    List,
    /// One plan whole, and where it can go from here
    Show {
        /// The plan
        #[arg(value_name = "ID")]
        id: ActionId,
    },
    /// Begin a plan for each requirement that needs one and has none; people fill it in
    Draft {
        /// Write it to this new file of the folder: actions.yaml, or one below actions/ [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<String>,
    },
    /// How far requirements with a required plan have come since the certificate
    ///
    /// Exit codes: 0 each shows progress; 1 one does not; 3 for one it cannot be told. Whether progress is sufficient is the
    /// assessor's and HITRUST's judgement.
    Progress {
        /// The folder of the assessment that was certified
        #[arg(long, value_name = "DIR")]
        since: PathBuf,
    },
}

pub(crate) fn run(common: &Common, options: &ActionOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let plans = Plans::of(&desk)?;
    match &options.what {
        What::List => list(&plans, options.format),
        What::Show { id } => show(&plans, id, options.format),
        What::Draft { output } => draft(&desk, &plans, output.as_deref()),
        What::Progress { since } => {
            let certified = desk::certified(common, since, &desk)?;
            progressed(&plans.progress(&certified), options.format)
        }
    }
}

fn list(plans: &Plans<'_>, format: ListFormat) -> Result<Exit, Failure> {
    let rows = plans.rows();
    match format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => {
            let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
            let cells = rows.iter().map(|row| {
                [
                    row.id.as_deref().unwrap_or("(missing)").to_owned(),
                    row.requirement.clone(),
                    row.need.to_owned(),
                    dash(row.owner.as_deref()),
                    format!("{}{}", row.due.as_deref().unwrap_or("-"), if row.overdue { " overdue" } else { "" }),
                    dash(row.status),
                    format!("{} of {}", row.milestones_done, row.milestones),
                ]
            });
            terminal::table(["plan", "requirement", "need", "owner", "due", "status", "milestones"], cells)?;
        }
    }
    // What is there was shown; that the rest is not known must not look like nothing missing.
    Ok(if plans.missing()?.is_empty() { Exit::Met } else { Exit::Findings })
}

fn show(plans: &Plans<'_>, id: &ActionId, format: ListFormat) -> Result<Exit, Failure> {
    let placed = plans.find(id)?;
    let action = &placed.value;
    if format == ListFormat::Json {
        terminal::json_of(&plans.whole(action))?;
        return Ok(Exit::Met);
    }
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} for {} ({}), at {}",
        action.id,
        action.requirement,
        plans.need(&action.requirement),
        placed.place
    );
    let said = |text: &str| if text.trim().is_empty() { "(not said)".to_owned() } else { text.trim().to_owned() };
    let day = |date: Option<Date>| date.map_or_else(|| "(no date)".to_owned(), |d| d.to_string());
    let _ = writeln!(out, "  weakness: {}", said(&action.weakness));
    let _ = writeln!(out, "  plan: {}", said(&action.plan));
    let _ = writeln!(out, "  owner: {}", action.owner.as_ref().map_or("(nobody)", |o| o.as_str()));
    let _ = writeln!(out, "  due: {}", day(action.due));
    for milestone in &action.milestones {
        let done = milestone.done.map_or_else(|| "open".to_owned(), |d| format!("done {d}"));
        let _ = writeln!(out, "  milestone: {}, due {}, {done}", said(&milestone.what), day(milestone.due));
    }
    for note in &action.progress {
        let status = note.status.map_or_else(String::new, |s| format!(" -> {s}"));
        let _ = writeln!(out, "  {}: {} ({}){status}", note.on, note.says, note.by);
    }
    if let Some(retest) = &action.retest {
        let _ = writeln!(out, "  retest: {} on {} by {}", retest.result, retest.on, retest.by);
    }
    let moves: Vec<&str> = Move::from(action.status).map(Move::as_str).collect();
    let status = action.status.map_or("(none)", |s| s.as_str());
    let _ = writeln!(out, "  status: {status}; from here: {}", moves.join(", "));
    terminal::out(terminal::plain(&out).as_bytes())?;
    Ok(Exit::Met)
}

fn draft(desk: &Desk, plans: &Plans<'_>, output: Option<&str>) -> Result<Exit, Failure> {
    let stubs = plans.stubs()?;
    let text = draft_actions(&stubs, &plans.folio.actions.keys().cloned().collect());
    let Some(output) = output else {
        terminal::out(text.as_bytes())?;
        return Ok(Exit::Met);
    };
    let below = output.strip_prefix("actions/").is_some_and(|name| name.ends_with(".yaml") && is_name(name));
    if output != "actions.yaml" && !below {
        let message = format!("`{output}` is no file from which plans are read");
        return Err(Failure::new(Exit::Usage, message).help("use actions.yaml, or actions/NAME.yaml"));
    }
    if stubs.is_empty() {
        terminal::note("no plan is missing; nothing is written");
        return Ok(Exit::Met);
    }
    let change = Change { inside: output.to_owned(), text, over: Over::Nothing };
    desk.folder.write(&[change]).map_err(|fault| refuse(&[fault]))?;
    terminal::note(&format!("{} begun in {output}; fill them in", many(stubs.len(), "plan", "plans")));
    Ok(Exit::Met)
}

fn progressed(found: &[Progress], format: ListFormat) -> Result<Exit, Failure> {
    match format {
        ListFormat::Json => terminal::json_of(&found.iter().map(ProgressRow::from).collect::<Vec<_>>())?,
        ListFormat::Table => {
            let rows = found.iter().map(|one| {
                let changes = one.changes.iter().map(|c| format!("{} {} -> {}", c.level, shown(c.then), shown(c.now)));
                let plans: Vec<&str> = one.actions.iter().map(|id| id.as_str()).collect();
                let plans = if plans.is_empty() { "(none)".to_owned() } else { plans.join(", ") };
                let changes = changes.collect::<Vec<_>>().join(", ");
                [one.requirement.to_string(), one.advance.to_string(), changes, plans]
            });
            terminal::table(["requirement", "since the certificate", "levels", "plans"], rows)?;
        }
    }
    let any = |wanted: fn(Advance) -> bool| found.iter().any(|one| wanted(one.advance));
    Ok(if any(|a| a == Advance::Unknown) {
        Exit::NotEvaluated
    } else if any(|a| !a.is_progress()) {
        Exit::Findings
    } else {
        Exit::Met
    })
}

/// A plain file name: no way out of its folder.
fn is_name(name: &str) -> bool {
    !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

//! `attesta assess action DIR …`: corrective action plans.

use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf};

use attesta_assessment::{ActionId, Asked, RequirementKey};
use attesta_desk::{Certified, Folio, Standing, last_levels};
use attesta_kernel::Date;
use attesta_lifecycle::action::{Action, Advance, Move, Progress, progress};
use attesta_scoring::{Exact, MaturityLevel, Shortfall};
use attesta_workspace::{Change, Over, Stub, draft_actions};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, refuse},
        points::{Points, shown},
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
    let folio = Folio::read(&desk)?;
    let tailored = desk.tailored()?;
    let standing = Standing::of(&desk, &tailored.requirements)?;
    let room = Room { desk: &desk, folio: &folio, asked: &tailored.requirements, standing: &standing };
    match &options.what {
        What::List => room.list(options.format),
        What::Show { id } => room.show(id, options.format),
        What::Draft { output } => room.draft(output.as_deref()),
        What::Progress { since } => {
            let certified = desk::certified(common, since, &desk)?;
            room.progress(&certified, options.format)
        }
    }
}

struct Room<'a> {
    desk: &'a Desk,
    folio: &'a Folio,
    asked: &'a [Asked<'a>],
    standing: &'a Standing,
}

#[derive(Serialize)]
struct Row<'a> {
    id: Option<&'a str>,
    requirement: &'a str,
    /// `required`, `gap`, `mended`, `not asked` or `unknown`.
    need: &'static str,
    owner: Option<&'a str>,
    due: Option<String>,
    overdue: bool,
    status: Option<&'static str>,
    milestones: usize,
    milestones_done: usize,
}

impl<'a> Room<'a> {
    fn need(&self, requirement: &RequirementKey) -> &'static str {
        if !self.asked.iter().any(|a| a.requirement.id == *requirement) {
            return "not asked";
        }
        match self.standing.shortfalls.as_ref().map(|s| s.get(requirement)) {
            Some(Some(Shortfall::RequiredCap)) => "required",
            Some(Some(Shortfall::Gap)) => "gap",
            Some(Some(Shortfall::None)) => "mended",
            Some(None) | None => "unknown",
        }
    }

    /// Requirements that need a plan and have none.
    fn missing(&self) -> Result<Vec<&'a Asked<'a>>, Failure> {
        let shortfalls = self.standing.shortfalls.as_ref().ok_or_else(|| self.no_scores())?;
        let planned: BTreeSet<&RequirementKey> = self.folio.actions.values().map(|a| &a.value.requirement).collect();
        let needs = |a: &&Asked<'_>| shortfalls.get(&a.requirement.id) == Some(&Shortfall::RequiredCap);
        Ok(self.asked.iter().filter(needs).filter(|a| !planned.contains(&a.requirement.id)).collect())
    }

    fn no_scores(&self) -> Failure {
        let mut messages = vec!["no scores can be worked out, so it is not known where a plan is required".to_owned()];
        let rows = self.standing.faults.iter();
        messages.extend(rows.flat_map(|(key, faults)| faults.iter().map(move |f| format!("{key}: {f}"))));
        let failure = Failure::many(Exit::NotEvaluated, &messages);
        failure.help("`attesta assess score DIR` tells what is wrong")
    }

    fn row(&self, action: &'a Action) -> Row<'a> {
        let open = action.status != Some(attesta_lifecycle::action::Status::Completed);
        Row {
            id: Some(action.id.as_str()),
            requirement: action.requirement.as_str(),
            need: self.need(&action.requirement),
            owner: action.owner.as_ref().map(|o| o.as_str()),
            due: action.due.map(|d| d.to_string()),
            overdue: open && action.due.is_some_and(|due| due < self.desk.at),
            status: action.status.map(|s| s.as_str()),
            milestones: action.milestones.len(),
            milestones_done: action.milestones.iter().filter(|m| m.done.is_some()).count(),
        }
    }

    fn list(&self, format: ListFormat) -> Result<Exit, Failure> {
        let missing = self.missing();
        let mut rows: Vec<Row<'_>> = self.folio.actions.values().map(|a| self.row(&a.value)).collect();
        let none = |asked: &&'a Asked<'a>| Row {
            id: None,
            requirement: asked.requirement.id.as_str(),
            need: "required",
            owner: None,
            due: None,
            overdue: false,
            status: None,
            milestones: 0,
            milestones_done: 0,
        };
        rows.extend(missing.iter().flatten().map(none));
        match format {
            ListFormat::Json => terminal::json_of(&rows)?,
            ListFormat::Table => {
                let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
                let cells = rows.iter().map(|row| {
                    [
                        row.id.unwrap_or("(missing)").to_owned(),
                        row.requirement.to_owned(),
                        row.need.to_owned(),
                        dash(row.owner),
                        format!("{}{}", row.due.as_deref().unwrap_or("-"), if row.overdue { " overdue" } else { "" }),
                        dash(row.status),
                        format!("{} of {}", row.milestones_done, row.milestones),
                    ]
                });
                terminal::table(["plan", "requirement", "need", "owner", "due", "status", "milestones"], cells)?;
            }
        }
        // What is there was shown; that the rest is not known must not look like nothing missing.
        Ok(if missing?.is_empty() { Exit::Met } else { Exit::Findings })
    }

    fn show(&self, id: &ActionId, format: ListFormat) -> Result<Exit, Failure> {
        let Some(placed) = self.folio.actions.get(id) else {
            let known: Vec<&str> = self.folio.actions.keys().map(|id| id.as_str()).collect();
            let help =
                if known.is_empty() { "there is none yet".to_owned() } else { format!("use {}", known.join(", ")) };
            return Err(Failure::new(Exit::Usage, format!("there is no plan `{id}`")).help(help));
        };
        let action = &placed.value;
        if format == ListFormat::Json {
            terminal::json_of(&self.row(action))?;
            return Ok(Exit::Met);
        }
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{} for {} ({}), at {}",
            action.id,
            action.requirement,
            self.need(&action.requirement),
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

    fn draft(&self, output: Option<&str>) -> Result<Exit, Failure> {
        let missing = self.missing()?;
        let stubs: Vec<Stub> = missing
            .iter()
            .map(|asked| Stub { requirement: asked.requirement.id.clone(), remarks: self.remarks(asked) })
            .collect();
        let text = draft_actions(&stubs, &self.folio.actions.keys().cloned().collect());
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
        self.desk.folder.write(&[change]).map_err(|fault| refuse(&[fault]))?;
        terminal::note(&format!("{} plans begun in {output}; fill them in", stubs.len()));
        Ok(Exit::Met)
    }

    /// What is known of a requirement, for the writer of its plan.
    fn remarks(&self, asked: &Asked<'_>) -> Vec<String> {
        let levels = self.standing.levels.get(&asked.requirement.id).map(|l| l.last).unwrap_or_default();
        let below = MaturityLevel::ALL.into_iter().filter_map(|level| {
            let score = levels.get(level).filter(|s| *s < Exact::FULL)?;
            Some(format!("{level} {}", shown(Some(score))))
        });
        vec![asked.requirement.title.clone(), format!("below 100: {}", below.collect::<Vec<_>>().join(", "))]
    }

    fn progress(&self, certified: &Certified, format: ListFormat) -> Result<Exit, Failure> {
        let now = last_levels(self.standing);
        let found = progress(&certified.planned(), &now, &self.folio.actions, certified.issued);
        match format {
            ListFormat::Json => terminal::json_of(&found.iter().map(ProgressRow::of).collect::<Vec<_>>())?,
            ListFormat::Table => {
                let rows = found.iter().map(|one| {
                    let changes =
                        one.changes.iter().map(|c| format!("{} {} -> {}", c.level, shown(c.then), shown(c.now)));
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
}

/// A plain file name: no way out of its folder.
fn is_name(name: &str) -> bool {
    !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[derive(Serialize)]
struct ProgressRow<'a> {
    requirement: &'a str,
    advance: &'static str,
    progress: bool,
    plans: Vec<&'a str>,
    levels: Vec<LevelRow>,
}

#[derive(Serialize)]
struct LevelRow {
    level: &'static str,
    then: Points,
    now: Points,
}

impl<'a> ProgressRow<'a> {
    fn of(one: &'a Progress) -> Self {
        let levels = one.changes.iter();
        Self {
            requirement: one.requirement.as_str(),
            advance: one.advance.as_str(),
            progress: one.advance.is_progress(),
            plans: one.actions.iter().map(|id| id.as_str()).collect(),
            levels: levels
                .map(|c| LevelRow { level: c.level.as_str(), then: Points(c.then), now: Points(c.now) })
                .collect(),
        }
    }
}

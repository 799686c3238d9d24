//! `attesta assess advance DIR [COMMAND]`: where an assessment stands, and moving it on.

use std::{fmt::Write as _, path::PathBuf};

use attesta_assessment::PersonId;
use attesta_desk::{
    Course,
    advance::{Shown, Step, act, shown},
};
use attesta_kernel::Date;
use attesta_lifecycle::{Frozen, History, Verb};
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::desk::{self, Desk, refuse},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct AdvanceOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What is done [default: only show where it stands and what can be done]
    #[arg(value_name = "COMMAND", requires = "by")]
    command: Option<Verb>,
    /// Who does it, or tells it of HITRUST, from people.yaml
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    /// The day on which it happened [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// Reason, answer or wording
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// HITRUST's reference: the letter, message or ticket by which it told
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// The day on which it was signed, or on which fieldwork or block begin [default: what submission.yaml says]
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<Date>,
    /// What HITRUST asks
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// The number of a task
    #[arg(long, value_name = "N")]
    number: Option<u32>,
    /// The folder of the certified assessment that this one goes back to, for an interim's checks
    #[arg(long, value_name = "DIR")]
    since: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &AdvanceOptions) -> Result<Exit, Failure> {
    // Gates are looked at on the day of the act; whether a day has come is asked of the real one.
    let desk = desk::open(common, &options.dir, options.at)?;
    let course = Course::of(&desk)?;
    let files = attesta_workspace::held_files(&desk.folder).map_err(|f| refuse(&f))?;
    if let (Some(verb), Some(by)) = (options.command, &options.by) {
        let step = Step {
            verb,
            by: by.clone(),
            note: options.note.clone(),
            reference: options.reference.clone(),
            day: options.day,
            task: options.task.clone(),
            number: options.number,
        };
        let certified = || options.since.as_deref().map(|dir| desk::certified(common, dir, &desk)).transpose();
        let moved = act(&desk, &course, &files, &step, crate::workshop::today(), certified)?;
        desk::tell(common, &moved.notes);
        desk.folder.write(&[moved.change]).map_err(|f| refuse(&[f]))?;
        show(options.format, &desk, &course, &moved.history, &files)?;
    } else {
        show(options.format, &desk, &course, &course.history, &files)?;
    }
    Ok(Exit::Met)
}

fn show(format: ListFormat, desk: &Desk, course: &Course, history: &History, files: &Frozen) -> Result<(), Failure> {
    let shown = shown(desk, course, history, files)?;
    match format {
        ListFormat::Json => terminal::json_of(&shown),
        ListFormat::Table => terminal::out(text(&shown).as_bytes()),
    }
}

fn text(shown: &Shown) -> String {
    let mut out = String::new();
    let since = shown.since.as_ref().map_or_else(String::new, |s| format!(", since {s}"));
    let _ = writeln!(out, "{} assessment in phase `{}`{since}", shown.purpose, shown.phase);
    let sure = shown.confidence.map_or_else(String::new, |c| format!(" (name and place in order: {c})"));
    let _ = writeln!(out, "  {}; the {} acts{sure}", shown.title, shown.owner);
    let facts = [
        ("sent back", &shown.returned),
        ("fieldwork began", &shown.fieldwork),
        ("letter signed", &shown.letter),
        ("agreement signed", &shown.agreement),
        ("block reserved", &shown.reservation),
        ("submitted", &shown.submitted),
        ("draft can be read until", &shown.draft_until),
    ];
    for (what, value) in facts {
        if let Some(value) = value {
            let _ = writeln!(out, "  {what}: {value}");
        }
    }
    if let Some(outcome) = shown.outcome {
        let _ = writeln!(out, "  outcome: {outcome}");
    }
    if let Some(c) = &shown.certificate {
        let _ = writeln!(
            out,
            "  certificate: {} ({}), {} to {}, {}; HITRUST's reference: {}",
            c.program, c.purpose, c.issued, c.expires, c.stands, c.reference
        );
    }
    for task in &shown.tasks {
        let answer = task.answer.as_ref().map_or_else(String::new, |a| format!(" — {a}"));
        let _ = writeln!(out, "  task {} ({}): {}{answer}", task.number, task.stands, task.what);
    }
    if !shown.changed.is_empty() {
        let _ = writeln!(out, "Changed since the last event:");
        for line in &shown.changed {
            let _ = writeln!(out, "  {line}");
        }
    }
    if shown.commands.is_empty() {
        let _ = writeln!(out, "Nothing more can be done.");
    } else {
        let _ = writeln!(out, "What can be done now:");
    }
    for verb in &shown.commands {
        let told = if verb.side == "hitrust" { "tell of HITRUST" } else { verb.side };
        let _ = writeln!(out, "  {:<24} {told}", verb.command);
    }
    terminal::plain(&out)
}

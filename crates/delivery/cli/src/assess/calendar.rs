//! `attesta assess calendar DIR`: every date with its rule, forward and back from a target.

use std::path::PathBuf;

use attesta_assessment::Dossier;
use attesta_desk::Course;
use attesta_interchange::process::{calendar_ics, calendar_json, calendar_text};
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{Calendar, CalendarAsk, CapDue, InPlace, Outlook, action::Status, calendar};
use attesta_scoring::MaturityLevel;
use clap::{Args, ValueEnum};

use crate::{
    args::Common,
    assess::desk::{self, Desk, refuse},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct CalendarOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day on which report and certificate should be there [default: `target` of assessment.yaml]
    #[arg(long, value_name = "YYYY-MM-DD")]
    target: Option<Date>,
    /// The day on which it is looked at [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print; ics is for the calendars that people use
    #[arg(short, long, value_enum, default_value_t = CalendarFormat::Table)]
    format: CalendarFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CalendarFormat {
    /// Lines, a picture, where the days come from, and whether the target can be met
    Table,
    Json,
    /// iCalendar (RFC 5545)
    Ics,
}

pub(crate) fn run(common: &Common, options: &CalendarOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let course = Course::of(&desk)?;
    let header = &desk.dossier.assessment.value;
    let setting = course.setting(&desk, desk.at);
    let levels = desk.rules()?.weights.value.levels();
    let (notices, _) = attesta_workspace::notices(&desk.folder, desk.at).map_err(|f| refuse(&f))?;
    let caps = caps(&desk)?;
    let ask = CalendarAsk {
        life: course.history.life(),
        target: options.target.or(header.target),
        levels: &levels,
        stands: in_place(&desk)?,
        caps: &caps,
        notices: &notices,
    };
    let calendar =
        calendar(&setting, ask).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()).help(e.help()))?;
    let text = match options.format {
        CalendarFormat::Table => calendar_text(&calendar, terminal::width()),
        CalendarFormat::Json => calendar_json(&calendar),
        CalendarFormat::Ics => calendar_ics(&calendar, header.id.as_str(), &header.title),
    };
    terminal::out(text.as_bytes())?;
    if !common.quiet {
        unsure(&calendar);
    }
    Ok(if matches!(calendar.outlook, Outlook::Missed { .. }) { Exit::Findings } else { Exit::Met })
}

/// What a reader of the days alone might miss.
fn unsure(calendar: &Calendar) {
    let unsure = |l: &&attesta_lifecycle::Milestone| l.confidence() == Some(Confidence::Unverified);
    let titles: Vec<&str> = calendar.lines.iter().filter(unsure).map(|l| l.key.title()).collect();
    if !titles.is_empty() {
        terminal::note(&format!("lengths that nobody confirmed shape these days: {}", titles.join("; ")));
    }
}

/// Corrective actions with a day.
fn caps(desk: &Desk) -> Result<Vec<CapDue>, Failure> {
    let actions = attesta_workspace::actions(&desk.folder).map_err(|f| refuse(&f))?;
    let due = actions.into_values().filter_map(|placed| {
        let action = placed.value;
        let done = action.progress.iter().rev().find(|n| n.status == Some(Status::Completed)).map(|n| n.on);
        let done = done.filter(|_| action.status == Some(Status::Completed));
        Some(CapDue { action: action.id, owner: action.owner, due: action.due?, done })
    });
    Ok(due.collect())
}

/// Since when everything that is scored stands; none where one answer does not say.
fn in_place(desk: &Desk) -> Result<InPlace, Failure> {
    let tailored = desk.tailored()?;
    let levels = desk.rules()?.weights.value.levels();
    let keys: Vec<_> = tailored.requirements.iter().map(|a| &a.requirement.id).collect();
    let youngest = |wanted: &[MaturityLevel]| youngest(&desk.dossier, &keys, wanted, &levels);
    Ok(InPlace {
        documents: youngest(&[MaturityLevel::Policy, MaturityLevel::Procedure]),
        operation: youngest(&[MaturityLevel::Implemented]),
    })
}

fn youngest(
    dossier: &Dossier,
    keys: &[&attesta_assessment::RequirementKey],
    wanted: &[MaturityLevel],
    scored: &[MaturityLevel],
) -> Option<Date> {
    let mut youngest = None;
    for key in keys {
        let answered = &dossier.answers.get(*key)?.value;
        if answered.not_applicable.is_some() {
            continue;
        }
        for level in wanted.iter().filter(|l| scored.contains(l)) {
            youngest = youngest.max(Some(answered.levels.get(level)?.in_place_since?));
        }
    }
    youngest
}

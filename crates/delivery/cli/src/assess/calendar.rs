//! `attesta assess calendar DIR`: every date with its rule, forward and back from a target.

use std::path::PathBuf;

use attesta_desk::{
    Course,
    calendar::{calendar, unsure},
};
use attesta_interchange::process::{calendar_ics, calendar_json, calendar_text};
use attesta_kernel::Date;
use attesta_lifecycle::Outlook;
use clap::{Args, ValueEnum};

use crate::{
    args::Common,
    assess::desk::{self},
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
    let calendar = calendar(&desk, &course, options.target)?;
    let text = match options.format {
        CalendarFormat::Table => calendar_text(&calendar, terminal::width()),
        CalendarFormat::Json => calendar_json(&calendar),
        CalendarFormat::Ics => calendar_ics(&calendar, header.id.as_str(), &header.title),
    };
    terminal::out(text.as_bytes())?;
    desk::tell(common, unsure(&calendar).as_slice());
    Ok(if matches!(calendar.outlook, Outlook::Missed { .. }) { Exit::Findings } else { Exit::Met })
}

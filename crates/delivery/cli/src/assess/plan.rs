//! `attesta assess plan DIR`: the cheapest way to certification, and the earliest day.

use std::{collections::BTreeMap, path::PathBuf};

use attesta_desk::plan::{self, NextRow, Planned};
use attesta_forecast::{Basis, Goal};
use attesta_kernel::{Date, many};
use clap::{Args, ValueEnum};

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk},
        points::shown,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct PlanOptions {
    /// The assessment's folder; its effort.yaml holds estimates
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What must come true
    #[arg(long, value_enum, default_value_t = Wanted::FewestCaps)]
    goal: Wanted,
    /// The first day of work [default: the day of --at]
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: Option<Date>,
    /// What so many hours buy: as many domains over their thresholds as can be
    #[arg(long, value_name = "HOURS")]
    budget: Option<u64>,
    /// Rank single improvements instead: most points per hour first
    #[arg(long, conflicts_with = "budget")]
    next: bool,
    /// The day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

/// What must come true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// Every domain reaches its threshold
    Certify,
    /// And no corrective action plan is required
    NoCaps,
    /// And as few corrective action plans are required as can be
    FewestCaps,
}

impl From<Wanted> for Goal {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Certify => Self::Certify,
            Wanted::NoCaps => Self::CertifyWithoutCaps,
            Wanted::FewestCaps => Self::CertifyWithFewestCaps,
        }
    }
}

pub(crate) fn run(common: &Common, options: &PlanOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let goal = options.goal.into();
    if options.next {
        return next(options.format, &plan::next(&desk, goal)?);
    }
    if let Some(hours) = options.budget {
        return budget(&desk, goal, hours, options.format);
    }
    let planned = plan::plan(&desk, goal, options.start)?;
    match options.format {
        ListFormat::Json => terminal::json_of(&planned.report())?,
        ListFormat::Table => table(&desk, &planned)?,
    }
    Ok(Exit::Met)
}

fn table(desk: &Desk, planned: &Planned) -> Result<(), Failure> {
    let names: BTreeMap<u8, String> = desk.catalog.domains().map(|d| (d.number, d.title.clone())).collect();
    let mut text = String::new();
    if planned.open > 0 {
        text.push_str(&format!(
            "{} as nothing\n",
            many(
                planned.open,
                "requirement that nobody answered is taken",
                "requirements that nobody answered are taken"
            )
        ));
    }
    if planned.plan.items.is_empty() {
        text.push_str("nothing must be raised: the goal is reached\n");
    }
    for need in &planned.plan.needs {
        text.push_str(&format!("{}\n", need.says(&planned.plan.items)));
    }
    text.push('\n');
    terminal::out(terminal::plain(&text).as_bytes())?;
    let order = planned.plan.items.iter().enumerate();
    let rows = order.map(|(at, item)| {
        let days = planned.days.items.get(at);
        let day = |of: fn(&attesta_forecast::ItemDates) -> Date| days.map_or_else(String::new, |d| of(d).to_string());
        [
            item.requirement.to_string(),
            names.get(&item.domain).cloned().unwrap_or_default(),
            item.level.to_string(),
            format!("{} -> {}", shown(item.from), item.to),
            format!("{}{}", item.work.hours, if item.basis == Basis::Assumed { " assumed" } else { "" }),
            item.owner.as_deref().unwrap_or_default().to_owned(),
            day(|d| d.begins),
            day(|d| d.done),
            day(|d| d.counts_from),
        ]
    });
    terminal::table(
        ["requirement", "domain", "level", "raise", "hours", "owner", "begins", "done", "counts from"],
        rows,
    )?;
    let mut text = format!(
        "\n{}, {}; {}\nfieldwork from {}, submission {}, decision around {}\n",
        many(planned.plan.hours, "hour", "hours"),
        planned.proof(),
        many(
            planned.plan.caps_left.len(),
            "required corrective action plan stays",
            "required corrective action plans stay"
        ),
        planned.days.fieldwork_from,
        planned.days.submission,
        planned.days.decision
    );
    for line in planned.unsure() {
        text.push_str(&format!("rests on: {line}\n"));
    }
    terminal::out(terminal::plain(&text).as_bytes())
}

fn next(format: ListFormat, rows: &[NextRow]) -> Result<Exit, Failure> {
    match format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => terminal::table(
            ["requirement", "domain", "level", "raise", "hours", "domain gains", "it lacks"],
            rows.iter().map(|r| {
                [
                    r.requirement.clone(),
                    r.domain.to_string(),
                    r.level.to_owned(),
                    format!("{} -> {}", shown(r.from.0), shown(r.to.0)),
                    r.hours.to_string(),
                    shown(r.gains.0),
                    shown(r.lacks.0),
                ]
            }),
        )?,
    }
    Ok(Exit::Met)
}

fn budget(desk: &Desk, goal: Goal, hours: u64, format: ListFormat) -> Result<Exit, Failure> {
    let (rows, left) = plan::budget(desk, goal, hours)?;
    match format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => {
            terminal::table(
                ["no", "domain", "hours", "reached", "how"],
                rows.iter().map(|r| {
                    [
                        r.domain.to_string(),
                        r.title.clone(),
                        r.hours.map_or_else(|| "-".to_owned(), |h| h.to_string()),
                        if r.reached { "yes" } else { "no" }.to_owned(),
                        r.because.clone(),
                    ]
                }),
            )?;
            terminal::out(format!("\n{} of {hours} hours are left\n", left).as_bytes())?;
        }
    }
    Ok(Exit::Met)
}

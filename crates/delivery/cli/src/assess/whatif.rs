//! `attesta assess whatif DIR`: how scores, plans and the decision move when something is answered otherwise. Nothing is
//! written.

use std::path::PathBuf;

use attesta_desk::{
    plan::Forecast,
    whatif::{Moved, Suppose, what_if},
};
use attesta_kernel::{Date, many};
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self},
        points::shown,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct WhatifOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Another score: REQUIREMENT:LEVEL=POINTS, e.g. ATT-12-01:implemented=100
    #[arg(long, value_name = "ANSWER")]
    set: Vec<String>,
    /// Another answer to a factor: FACTOR=CHOICE; several choices with commas
    #[arg(long, value_name = "ANSWER")]
    factor: Vec<String>,
    /// Another weight of what is inherited: SOURCE:REQUIREMENT=PERCENT; 0 takes it away
    #[arg(long, value_name = "WEIGHT")]
    inherit: Vec<String>,
    /// The day on which inherited results must hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &WhatifOptions) -> Result<Exit, Failure> {
    if options.set.is_empty() && options.factor.is_empty() && options.inherit.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing would change").help("give --set, --factor or --inherit"));
    }
    let desk = desk::open(common, &options.dir, options.at)?;
    let suppose =
        Suppose { answers: options.set.clone(), factors: options.factor.clone(), weights: options.inherit.clone() };
    let moved = what_if(&desk, &suppose)?;
    match options.format {
        ListFormat::Json => terminal::json_of(&moved)?,
        ListFormat::Table => table(&moved)?,
    }
    Ok(Exit::Met)
}

fn table(moved: &Moved) -> Result<(), Failure> {
    let mut text = String::new();
    for (sign, rows) in [('+', &moved.comes), ('-', &moved.goes)] {
        for row in rows {
            text.push_str(&format!("{sign} {}: {}\n", row.requirement, row.because.join("; ")));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    terminal::out(terminal::plain(&text).as_bytes())?;
    if moved.domains.is_empty() {
        terminal::out(b"no domain's score moves\n")?;
    } else {
        let word = |passes: bool| if passes { "passes" } else { "below" };
        terminal::table(
            ["no", "domain", "before", "after", ""],
            moved.domains.iter().map(|d| {
                let stands = match (d.passes_before, d.passes_after) {
                    (a, b) if a == b => word(a).to_owned(),
                    (a, b) => format!("{} -> {}", word(a), word(b)),
                };
                [d.domain.to_string(), d.title.clone(), shown(d.before.0), shown(d.after.0), stands]
            }),
        )?;
    }
    let list = |ids: &[String]| if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    terminal::out(
        format!(
            "\nrequired corrective action plans that come: {}\nand that go: {}\nbefore: {}\nafter:  {}\n",
            list(&moved.caps_come),
            list(&moved.caps_go),
            moved.verdict_before,
            moved.verdict_after
        )
        .as_bytes(),
    )?;
    terminal::out(terminal::plain(&forecast(&moved.forecast)).as_bytes())
}

/// The cheapest way to certification, before and after.
fn forecast(forecast: &Forecast) -> String {
    let hours = |hours: Option<u64>| hours.map_or_else(|| "no plan".to_owned(), |h| many(h, "hour", "hours"));
    let (before, after) = (hours(forecast.hours_before), hours(forecast.hours_after));
    let mut text = format!("\ncheapest way to certification: {before} before, {after} after\n");
    for (sign, steps) in [('+', &forecast.added), ('-', &forecast.dropped)] {
        for step in steps {
            let cost = many(step.hours, "hour", "hours");
            text.push_str(&format!("{sign} {} {} to {}, {cost}\n", step.requirement, step.level, shown(step.to.0)));
        }
    }
    if let Some(caps) = forecast.caps.filter(|caps| *caps != 0) {
        text.push_str(&format!("required corrective action plans that stay in the end: {caps:+}\n"));
    }
    for why in &forecast.because {
        text.push_str(&format!("no plan {why}\n"));
    }
    text
}

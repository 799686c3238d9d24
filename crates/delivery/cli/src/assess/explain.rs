//! `attesta assess explain DIR SUBJECT`: from a number down to elements, evidence and inheritance.

use std::path::PathBuf;

use attesta_desk::explain::{Told, explanation};
use attesta_kernel::Date;
use attesta_scoring::Explanation;
use clap::Args;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self},
        score::Whose,
    },
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What to explain: `decision`, a domain's number, a control reference (01.b) or a requirement's id
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// How far down to go; 0 is the number alone
    #[arg(long, value_name = "N", default_value_t = 9)]
    depth: usize,
    /// Whose scores: the entity's own, or final ones with the assessor's where there are any
    #[arg(long, value_enum, default_value_t = Whose::Final)]
    view: Whose,
    /// The day on which inherited results must hold [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &ExplainOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let scored = desk.scored(options.view.into())?;
    let explanation = explanation(&desk, &scored, &options.subject)?;
    match options.format {
        ListFormat::Table => {
            let mut text = String::new();
            write(&explanation, 0, options.depth, &mut text);
            terminal::out(terminal::plain(&text).as_bytes())?;
        }
        ListFormat::Json => terminal::json_of(&Told::of(&explanation, options.depth))?,
    }
    Ok(Exit::Met)
}

fn write(explanation: &Explanation, depth: usize, most: usize, out: &mut String) {
    out.push_str(&"  ".repeat(depth));
    out.push_str(&explanation.says);
    out.push('\n');
    if depth < most {
        explanation.because.iter().for_each(|inner| write(inner, depth + 1, most, out));
    }
}

//! `attesta assess explain DIR SUBJECT`: from a number down to elements, evidence and inheritance.

use std::path::PathBuf;

use attesta_assessment::explain_level;
use attesta_kernel::Date;
use attesta_scoring::{Explanation, MaturityLevel, Subject, explain_with};
use clap::Args;
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        calculator::subject_of,
        desk::{self, Desk, Scored},
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

fn explanation(desk: &Desk, scored: &Scored<'_>, subject: &str) -> Result<Explanation, Failure> {
    let unanswered = scored.asked(subject).filter(|(at, _)| scored.workings.unanswered.contains(at));
    if let Some((_, asked)) = unanswered {
        let because = asked.because.iter().map(|r| Explanation { says: format!("asked: {r}"), because: Vec::new() });
        let says = format!("{subject}: nobody answered it; it is in no mean and keeps the assessment from certifying");
        return Ok(Explanation { says, because: because.collect() });
    }
    let subject = subject_of(subject);
    let below = |at: usize, level: MaturityLevel| {
        let id = scored.workings.requirements.get(at).map(|r| &r.id);
        let found = id.and_then(|id| scored.asked(id)).and_then(|(at, asked)| {
            let worked = scored.workings.worked.get(at)?.levels.get(&level)?;
            Some(explain_level(&desk.dossier, &desk.rubric, asked.requirement, level, worked))
        });
        found.unwrap_or_default()
    };
    let explained = explain_with(&scored.rules, &scored.workings.requirements, &scored.card, &subject, &below);
    let mut explained = explained.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{}` is nothing that was scored here", terminal::plain(&shown(&subject))))
            .help("give `decision`, a domain's number, a control reference or a requirement's id; `attesta assess score DIR` lists them")
    })?;
    if subject == Subject::Decision && !scored.workings.unanswered.is_empty() {
        let says = format!("not yet: {} requirements are not answered", scored.workings.unanswered.len());
        explained.because.insert(0, Explanation { says, because: Vec::new() });
    }
    Ok(explained)
}

fn shown(subject: &Subject) -> String {
    match subject {
        Subject::Decision => "decision".to_owned(),
        Subject::Domain(number) => number.to_string(),
        Subject::ControlReference(reference) => reference.to_string(),
        Subject::Requirement(id) => id.clone(),
    }
}

fn write(explanation: &Explanation, depth: usize, most: usize, out: &mut String) {
    out.push_str(&"  ".repeat(depth));
    out.push_str(&explanation.says);
    out.push('\n');
    if depth < most {
        explanation.because.iter().for_each(|inner| write(inner, depth + 1, most, out));
    }
}

#[derive(Serialize)]
struct Told<'a> {
    says: &'a str,
    because: Vec<Told<'a>>,
}

impl<'a> Told<'a> {
    fn of(explanation: &'a Explanation, depth: usize) -> Self {
        let because = match depth.checked_sub(1) {
            Some(depth) => explanation.because.iter().map(|e| Self::of(e, depth)).collect(),
            None => Vec::new(),
        };
        Self { says: &explanation.says, because }
    }
}

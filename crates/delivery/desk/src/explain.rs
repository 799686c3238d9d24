//! From a number down to elements, evidence and inheritance.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_assessment::explain_level;
use attesta_kernel::many;
use attesta_scoring::{Explanation, MaturityLevel, Subject, explain_with};
use serde::Serialize;

use crate::{
    desk::{Desk, Scored},
    failure::{Failure, Kind},
};

/// How a number came about, all the way down.
///
/// # Errors
///
/// When nothing of that name was scored.
pub fn explanation(desk: &Desk, scored: &Scored<'_>, subject: &str) -> Result<Explanation, Failure> {
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
        Failure::new(Kind::NotFound, format!("`{}` is nothing that was scored here", shown(&subject)))
            .help("give `decision`, a domain's number, a control reference or a requirement's id; `attesta assess score DIR` lists them")
    })?;
    if subject == Subject::Decision && !scored.workings.unanswered.is_empty() {
        let says = format!(
            "not yet: {}",
            many(scored.workings.unanswered.len(), "requirement is not answered", "requirements are not answered")
        );
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

#[derive(Serialize)]
pub struct Told<'a> {
    pub says: &'a str,
    pub because: Vec<Told<'a>>,
}

impl<'a> Told<'a> {
    pub fn of(explanation: &'a Explanation, depth: usize) -> Self {
        let because = match depth.checked_sub(1) {
            Some(depth) => explanation.because.iter().map(|e| Self::of(e, depth)).collect(),
            None => Vec::new(),
        };
        Self { says: &explanation.says, because }
    }
}

/// What a text names: `decision`, a domain's number, a control reference or a requirement's id.
pub fn subject_of(text: &str) -> Subject {
    if text == "decision" {
        return Subject::Decision;
    }
    if let Ok(number) = text.parse() {
        return Subject::Domain(number);
    }
    text.parse().map_or_else(|_| Subject::Requirement(text.to_owned()), Subject::ControlReference)
}

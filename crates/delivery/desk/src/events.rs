//! Security events and significant changes, and what HITRUST must be told when.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_assessment::{PersonId, Side};
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{
    Clock, Consulted, Ended, FigureName, Figures, NoticeId, NoticeRefusal, Notices, SecurityEvent, SignificantChange,
};
use attesta_workspace::Change;
use serde::Serialize;

use crate::{
    desk::Desk,
    failure::{Failure, Kind},
    life::person_of,
};

/// An event with its clock, or a change with what HITRUST said of it.
#[derive(Debug, Serialize)]
pub struct Row {
    pub id: String,
    pub kind: &'static str,
    pub what: String,
    pub since: String,
    pub stands: String,
    pub due: Option<String>,
    pub rule: String,
    pub confidence: Option<&'static str>,
    pub overdue_days: Option<i32>,
    pub needs: bool,
}

/// Events with what they need, and how sure the clock is.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub rows: Vec<Row>,
    pub notes: Vec<String>,
}

/// What is said of a security event: a new one, or how one went on.
#[derive(Debug, Clone)]
pub struct Security {
    pub id: NoticeId,
    /// What happened (for a new one).
    pub what: Option<String>,
    /// When it was seen to be possible (for a new one).
    pub identified: Option<Date>,
    pub ended: Option<Ended>,
    /// When HITRUST was told, and by which message.
    pub told: Option<(Date, String)>,
}

/// What is said of a significant change: a new one, or what HITRUST said.
#[derive(Debug, Clone)]
pub struct Changed {
    pub id: NoticeId,
    /// What changed (for a new one).
    pub what: Option<String>,
    /// When it took effect (for a new one).
    pub on: Option<Date>,
    /// When HITRUST was asked, and by which message.
    pub consulted: Option<(Date, String)>,
    pub answer: Option<String>,
}

/// Events after something was written down, and what to write.
#[derive(Debug)]
pub struct Noted {
    pub notices: Notices,
    pub change: Change,
}

/// Every event of a desk.
///
/// # Errors
///
/// Every fault of the file, or that content has no clock for an event.
pub fn list(desk: &Desk) -> Result<Listed, Failure> {
    let (notices, _) = attesta_workspace::notices(&desk.folder, desk.at)?;
    listed(desk, &notices)
}

/// The same of events that are not written yet.
///
/// # Errors
///
/// When content has no clock for an event.
pub fn listed(desk: &Desk, notices: &Notices) -> Result<Listed, Failure> {
    let process = desk.library.process()?;
    let figures = &process.figures;
    let mut rows = Vec::new();
    for event in &notices.events {
        rows.push(security_row(event, figures, desk.at)?);
    }
    rows.extend(notices.changes.iter().map(change_row));
    let mut notes = Vec::new();
    if !notices.events.is_empty()
        && let Ok(figure) = figures.on(FigureName::EventOpen, desk.at)
        && figure.provenance.confidence != Confidence::Verified
    {
        let (days, confidence) = (figure.value, figure.provenance.confidence);
        notes.push(format!("the clock of {days} days is {confidence}: {}", figure.provenance.source));
    }
    Ok(Listed { rows, notes })
}

/// Writes down a security event.
///
/// # Errors
///
/// When it says too little, says again what was said, or contradicts itself; nothing is changed.
pub fn security(desk: &Desk, said: Security, by: &PersonId) -> Result<Noted, Failure> {
    note(desk, by, |notices| {
        taken_by_other(notices.changes.iter().any(|c| c.id == said.id), &said.id)?;
        add_security(notices, said, by)
    })
}

/// Writes down a significant change, or what HITRUST said of it.
///
/// # Errors
///
/// Like those of [`security`].
pub fn change(desk: &Desk, said: Changed, by: &PersonId) -> Result<Noted, Failure> {
    note(desk, by, |notices| {
        taken_by_other(notices.events.iter().any(|e| e.id == said.id), &said.id)?;
        add_change(notices, said, by)
    })
}

fn note(desk: &Desk, by: &PersonId, add: impl FnOnce(&mut Notices) -> Result<(), Failure>) -> Result<Noted, Failure> {
    person_of(desk, by, &[Side::Entity, Side::Assessor, Side::Provider])?;
    let (mut notices, read) = attesta_workspace::notices(&desk.folder, desk.at)?;
    add(&mut notices)?;
    let refusals: Vec<NoticeRefusal> = (notices.events.iter().flat_map(|e| e.refusals(desk.at)))
        .chain(notices.changes.iter().flat_map(|c| c.refusals(desk.at)))
        .collect();
    if let Some(first) = refusals.first() {
        return Err(Failure::of(Kind::Refused, refusals.iter().map(ToString::to_string)).help(first.help()));
    }
    let change = attesta_workspace::notices_change(&notices, read);
    Ok(Noted { notices, change })
}

fn taken_by_other(taken: bool, id: &NoticeId) -> Result<(), Failure> {
    if !taken {
        return Ok(());
    }
    Err(Failure::new(Kind::BadInput, format!("`{id}` is the id of another kind of event")).help("choose another id"))
}

fn missing(id: &NoticeId, what: &str) -> Failure {
    Failure::new(Kind::BadInput, format!("`{id}` is new, and {what} is missing"))
        .help("give it, or the id of an event that is there: `attesta assess event DIR list`")
}

fn said_already(id: &NoticeId) -> Failure {
    let refusal = NoticeRefusal::ToldAlready(id.clone());
    Failure::new(Kind::Refused, refusal.to_string()).help(refusal.help())
}

/// A new event, or more about one that is there; what was said stands.
fn add_security(notices: &mut Notices, said: Security, by: &PersonId) -> Result<(), Failure> {
    let Security { id, what, identified, ended, told } = said;
    if let Some(event) = notices.events.iter_mut().find(|e| e.id == id) {
        let again = what.is_some()
            || identified.is_some()
            || (ended.is_some() && event.ended.is_some())
            || (told.is_some() && event.told.is_some())
            || (ended.is_none() && told.is_none());
        if again {
            return Err(said_already(&id));
        }
        event.ended = event.ended.or(ended);
        event.told = event.told.take().or(told);
        return Ok(());
    }
    let what = what.ok_or_else(|| missing(&id, "--what"))?;
    let identified = identified.ok_or_else(|| missing(&id, "--identified"))?;
    notices.events.push(SecurityEvent { id, what, identified, ended, told, by: by.clone() });
    Ok(())
}

fn add_change(notices: &mut Notices, said: Changed, by: &PersonId) -> Result<(), Failure> {
    let Changed { id, what, on, consulted, answer } = said;
    let id = &id;
    let at = match notices.changes.iter().position(|c| c.id == *id) {
        Some(_) if what.is_some() || on.is_some() => return Err(said_already(id)),
        Some(at) => at,
        None => {
            let what = what.ok_or_else(|| missing(id, "--what"))?;
            let on = on.ok_or_else(|| missing(id, "--on"))?;
            notices.changes.push(SignificantChange { id: id.clone(), what, on, consulted: None, by: by.clone() });
            notices.changes.len().saturating_sub(1)
        }
    };
    let Some(change) = notices.changes.get_mut(at) else { return Ok(()) };
    if let Some((on, reference)) = consulted {
        if change.consulted.is_some() {
            return Err(said_already(id));
        }
        change.consulted = Some(Consulted { on, reference, answer: None });
    }
    if let Some(answer) = answer {
        match &mut change.consulted {
            Some(Consulted { answer: held @ None, .. }) => *held = Some(answer),
            Some(_) => return Err(said_already(id)),
            None => {
                let message = format!("`{id}` has an answer, and HITRUST was not asked");
                return Err(
                    Failure::new(Kind::Refused, message).help("say when, and by what: --consulted, --reference")
                );
            }
        }
    }
    Ok(())
}

fn security_row(event: &SecurityEvent, figures: &Figures, at: Date) -> Result<Row, Failure> {
    let clock = event.clock(figures, at).map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
    let (stands, derived, needs) = match clock {
        Clock::Stopped(on) => (format!("dismissed on {on}"), None, false),
        Clock::Running(due) => (format!("HITRUST is told by {} if it is still open", due.day), Some(due), false),
        Clock::Due(due) if at > due.day => (format!("HITRUST should have been told by {}", due.day), Some(due), true),
        Clock::Due(due) => ("HITRUST must be told today".to_owned(), Some(due), true),
        Clock::Told { on, due, acts_by } => {
            let late = if on > due.day { format!(", late: it was due {}", due.day) } else { String::new() };
            (format!("HITRUST was told on {on}{late}; it acts by {}", acts_by.day), Some(due), false)
        }
    };
    let overdue = derived.as_ref().filter(|_| needs).and_then(|d| d.day.until(at).ok()).map(|span| span.get_days());
    Ok(Row {
        id: event.id.to_string(),
        kind: "security",
        what: event.what.clone(),
        since: event.identified.to_string(),
        stands,
        due: derived.as_ref().map(|d| d.day.to_string()),
        confidence: derived.as_ref().map(|d| d.provenance.confidence.as_str()),
        rule: derived.map_or_else(String::new, |d| d.rule),
        overdue_days: overdue.filter(|days| *days > 0),
        needs,
    })
}

fn change_row(change: &SignificantChange) -> Row {
    let stands = match &change.consulted {
        None => "HITRUST was not asked yet".to_owned(),
        Some(c) => match &c.answer {
            None => format!("HITRUST was asked on {} ({}) and has not answered", c.on, c.reference),
            Some(answer) => format!("HITRUST answered: {answer}"),
        },
    };
    Row {
        id: change.id.to_string(),
        kind: "change",
        what: change.what.clone(),
        since: change.on.to_string(),
        stands,
        due: None,
        rule: String::new(),
        confidence: None,
        overdue_days: None,
        needs: !change.is_addressed(),
    }
}

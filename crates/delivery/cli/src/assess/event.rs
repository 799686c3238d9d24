//! `attesta assess event DIR …`: security events and significant changes, and what HITRUST must be told when.

use std::path::PathBuf;

use attesta_assessment::{PersonId, Side};
use attesta_desk::{Course, person_of};
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{
    Clock, Consulted, Ended, FigureName, Figures, NoticeId, NoticeRefusal, Notices, SecurityEvent, SignificantChange,
};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::desk::{self, refuse},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct EventOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day on which it is looked at [default: today]
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every event with its clock
    ///
    /// Exit codes: 0 nothing is due; 1 HITRUST must be told of something, or asked about a change; 3 it cannot be told.
    List {
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// A security event: begin its clock, or say how it went on
    Security {
        /// Its id, of your choice
        #[arg(value_name = "ID")]
        id: NoticeId,
        /// What happened, in a sentence (for a new one)
        #[arg(long, value_name = "TEXT")]
        what: Option<String>,
        /// The day on which it was seen to be possible (for a new one)
        #[arg(long, value_name = "YYYY-MM-DD")]
        identified: Option<Date>,
        /// The day on which it was confirmed
        #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "dismissed")]
        confirmed: Option<Date>,
        /// The day on which it was found to be none
        #[arg(long, value_name = "YYYY-MM-DD")]
        dismissed: Option<Date>,
        /// The day on which HITRUST was told
        #[arg(long, value_name = "YYYY-MM-DD", requires = "reference")]
        told: Option<Date>,
        /// By which message or ticket
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// Who writes it down, from people.yaml
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
    },
    /// A significant change in the certified environment, and what HITRUST said about it
    Change {
        /// Its id, of your choice
        #[arg(value_name = "ID")]
        id: NoticeId,
        /// What changed, in a sentence (for a new one)
        #[arg(long, value_name = "TEXT")]
        what: Option<String>,
        /// The day on which it took effect (for a new one)
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Option<Date>,
        /// The day on which HITRUST was asked
        #[arg(long, value_name = "YYYY-MM-DD", requires = "reference")]
        consulted: Option<Date>,
        /// By which message or ticket
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// What HITRUST answered
        #[arg(long, value_name = "TEXT")]
        answer: Option<String>,
        /// Who writes it down, from people.yaml
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
    },
}

pub(crate) fn run(common: &Common, options: &EventOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let course = Course::of(&desk)?;
    let figures = &course.process.figures;
    let (mut notices, read) = attesta_workspace::notices(&desk.folder, desk.at).map_err(|f| refuse(&f))?;
    let by = match &options.what {
        What::List { format } => return list(&notices, figures, desk.at, *format),
        What::Security { by, .. } | What::Change { by, .. } => by,
    };
    person_of(&desk, by, &[Side::Entity, Side::Assessor, Side::Provider])?;
    match &options.what {
        What::Security { id, what, identified, confirmed, dismissed, told, reference, by } => {
            taken_by_other(notices.changes.iter().any(|c| c.id == *id), id)?;
            let told = told.map(|on| (on, reference.clone().unwrap_or_default()));
            let ended = confirmed.map(Ended::Confirmed).or(dismissed.map(Ended::Dismissed));
            security(&mut notices, Security { id, what, identified: *identified, ended, told, by })?;
        }
        What::Change { id, what, on, consulted, reference, answer, by } => {
            taken_by_other(notices.events.iter().any(|e| e.id == *id), id)?;
            let consulted = consulted.map(|on| (on, reference.clone().unwrap_or_default()));
            change(&mut notices, id, what.as_deref(), *on, consulted, answer.clone(), by)?;
        }
        What::List { .. } => {}
    }
    let refusals: Vec<NoticeRefusal> = (notices.events.iter().flat_map(|e| e.refusals(desk.at)))
        .chain(notices.changes.iter().flat_map(|c| c.refusals(desk.at)))
        .collect();
    if let Some(first) = refusals.first() {
        return Err(Failure::many(Exit::Findings, &refusals).help(first.help()));
    }
    desk.folder.write(&[attesta_workspace::notices_change(&notices, read)]).map_err(|f| refuse(&[f]))?;
    list(&notices, figures, desk.at, ListFormat::Table)
}

fn taken_by_other(taken: bool, id: &NoticeId) -> Result<(), Failure> {
    if !taken {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("`{id}` is the id of another kind of event")).help("choose another id"))
}

fn missing(id: &NoticeId, what: &str) -> Failure {
    Failure::new(Exit::Usage, format!("`{id}` is new, and {what} is missing"))
        .help("give it, or the id of an event that is there: `attesta assess event DIR list`")
}

fn said_already(id: &NoticeId) -> Failure {
    let refusal = NoticeRefusal::ToldAlready(id.clone());
    Failure::new(Exit::Findings, refusal.to_string()).help(refusal.help())
}

struct Security<'a> {
    id: &'a NoticeId,
    what: &'a Option<String>,
    identified: Option<Date>,
    ended: Option<Ended>,
    told: Option<(Date, String)>,
    by: &'a PersonId,
}

/// A new event, or more about one that is there; what was said stands.
fn security(notices: &mut Notices, said: Security<'_>) -> Result<(), Failure> {
    let Security { id, what, identified, ended, told, by } = said;
    if let Some(event) = notices.events.iter_mut().find(|e| e.id == *id) {
        let again = what.is_some()
            || identified.is_some()
            || (ended.is_some() && event.ended.is_some())
            || (told.is_some() && event.told.is_some())
            || (ended.is_none() && told.is_none());
        if again {
            return Err(said_already(id));
        }
        event.ended = event.ended.or(ended);
        event.told = event.told.take().or(told);
        return Ok(());
    }
    let what = what.clone().ok_or_else(|| missing(id, "--what"))?;
    let identified = identified.ok_or_else(|| missing(id, "--identified"))?;
    notices.events.push(SecurityEvent { id: id.clone(), what, identified, ended, told, by: by.clone() });
    Ok(())
}

fn change(
    notices: &mut Notices,
    id: &NoticeId,
    what: Option<&str>,
    on: Option<Date>,
    consulted: Option<(Date, String)>,
    answer: Option<String>,
    by: &PersonId,
) -> Result<(), Failure> {
    let at = match notices.changes.iter().position(|c| c.id == *id) {
        Some(_) if what.is_some() || on.is_some() => return Err(said_already(id)),
        Some(at) => at,
        None => {
            let what = what.ok_or_else(|| missing(id, "--what"))?.to_owned();
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
                    Failure::new(Exit::Findings, message).help("say when, and by what: --consulted, --reference")
                );
            }
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Row {
    id: String,
    kind: &'static str,
    what: String,
    since: String,
    stands: String,
    due: Option<String>,
    rule: String,
    confidence: Option<&'static str>,
    overdue_days: Option<i32>,
    needs: bool,
}

fn list(notices: &Notices, figures: &Figures, at: Date, format: ListFormat) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    for event in &notices.events {
        rows.push(security_row(event, figures, at)?);
    }
    rows.extend(notices.changes.iter().map(change_row));
    match format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => {
            let cells = rows
                .iter()
                .map(|r| [r.id.clone(), r.kind.to_owned(), r.since.clone(), r.stands.clone(), r.what.clone()]);
            terminal::table(["id", "kind", "since", "stands", "what"], cells)?;
        }
    }
    if !notices.events.is_empty()
        && let Ok(figure) = figures.on(FigureName::EventOpen, at)
        && figure.provenance.confidence != Confidence::Verified
    {
        let (days, confidence) = (figure.value, figure.provenance.confidence);
        terminal::note(&format!("the clock of {days} days is {confidence}: {}", figure.provenance.source));
    }
    Ok(if rows.iter().any(|r| r.needs) { Exit::Findings } else { Exit::Met })
}

fn security_row(event: &SecurityEvent, figures: &Figures, at: Date) -> Result<Row, Failure> {
    let clock = event.clock(figures, at).map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
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

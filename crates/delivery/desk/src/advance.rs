//! Where an assessment stands, and moving it on.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_assessment::PersonId;
use attesta_catalog::Fault;
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{
    CertificateStanding, Command, Frozen, History, Outcome, Refusal, Seen, State, TaskStatus, Telling, Verb, Wants,
    advance, drift, verbs_of,
};
use attesta_workspace::Change;
use serde::Serialize;

use crate::{
    desk::Desk,
    failure::{Complaint, Failure, Kind},
    gates,
    life::{Course, person},
    review::Certified,
};

/// What is done.
#[derive(Debug, Clone)]
pub struct Step {
    /// What.
    pub verb: Verb,
    /// Who does it, or tells it of HITRUST, from people.yaml.
    pub by: PersonId,
    /// Reason, answer or wording.
    pub note: String,
    /// HITRUST's reference: the letter, message or ticket by which it told.
    pub reference: Option<String>,
    /// The day on which it was signed, or on which fieldwork or block begin; what submission.yaml says without.
    pub day: Option<Date>,
    /// What HITRUST asks.
    pub task: Option<String>,
    /// The number of a task.
    pub number: Option<u32>,
}

/// An assessment that was moved on.
#[derive(Debug)]
pub struct Advanced {
    /// The history with the new event.
    pub history: History,
    /// What to write.
    pub change: Change,
    /// What whoever did it should hear.
    pub notes: Vec<String>,
}

/// Moves an assessment on. `today` is the real day; the act is of the desk's day. `certified` is what stood at the
/// certificate that it goes back to, asked for where a gate looks at it.
///
/// # Errors
///
/// Every gate that is shut with its mend, or what cannot be read; nothing is changed.
pub fn act<E: From<Failure>>(
    desk: &Desk,
    course: &Course,
    files: &Frozen,
    step: &Step,
    today: Date,
    certified: impl FnOnce() -> Result<Option<Certified>, E>,
) -> Result<Advanced, E> {
    let side = person(desk, &step.by)?.side;
    let day = match step.verb.wants() {
        Wants::Day => day_of(desk, step)?,
        _ => step.day,
    };
    let command = Command::new(step.verb, day, step.task.clone(), step.number)
        .map_err(|e| Failure::new(Kind::BadInput, e.to_string()).help("--day, --task and --number give it"))?;
    let (readiness, notes) = gates::readiness(desk, step.verb, certified)?;
    let telling =
        Telling { at: desk.at, by: step.by.clone(), side, note: step.note.clone(), reference: step.reference.clone() };
    let setting = course.setting(desk, today);
    let seen = Seen { readiness: &readiness, files };
    let history = advance(&course.history, &setting, seen, &command, telling)
        .map_err(|refusals| refused(desk, course, &refusals))?;
    let change = attesta_workspace::history_change(&history, course.read);
    Ok(Advanced { history, change, notes })
}

/// The day that a command wants: given, or from submission.yaml; never two that differ.
fn day_of(desk: &Desk, step: &Step) -> Result<Option<Date>, Failure> {
    let submission = attesta_workspace::submission(&desk.folder)?;
    let written = match step.verb {
        Verb::BeginFieldwork => submission.fieldwork.map(|f| (f.place, f.value.began)),
        Verb::SignLetter => submission.representation_letter.and_then(|s| Some((s.place, s.value.on?))),
        Verb::SignAgreement => submission.report_agreement.and_then(|s| Some((s.place, s.value.entity.on?))),
        Verb::ReserveQa => submission.reservation.map(|r| (r.place, r.value.begins)),
        _ => None,
    };
    match (step.day, written) {
        (Some(day), Some((place, written))) if day != written => {
            Err(Failure::of(Kind::Refused, [Fault::plain(place, format!("it says {written}, and --day says {day}"))])
                .help("mend the one that is wrong; without --day the file's day is taken"))
        }
        (day, written) => Ok(day.or(written.map(|(_, day)| day))),
    }
}

/// Every reason with its mend, and who can.
fn refused(desk: &Desk, course: &Course, refusals: &[Refusal]) -> Failure {
    let told = refusals.iter().map(|refusal| {
        let who = refusal.mender().map_or_else(String::new, |side| format!("; the {side}'s side can"));
        let sure = refusal.figure().and_then(|name| course.process.figures.on(name, desk.at).ok());
        let sure = sure.filter(|f| f.provenance.confidence != Confidence::Verified);
        let sure = sure.map_or_else(String::new, |f| {
            format!("; the rule is {}: {}", f.provenance.confidence, f.provenance.source)
        });
        let mend = Some(format!("{}{who}{sure}", refusal.help()));
        Complaint { place: None, message: refusal.to_string(), mend }
    });
    Failure::of(Kind::Refused, told).help("nothing was changed")
}

#[derive(Serialize)]
pub struct Shown {
    pub schema: &'static str,
    pub purpose: &'static str,
    pub phase: &'static str,
    pub title: String,
    pub owner: &'static str,
    pub confidence: Option<&'static str>,
    pub since: Option<String>,
    pub events: usize,
    pub head: Option<String>,
    pub fieldwork: Option<String>,
    pub letter: Option<String>,
    pub agreement: Option<String>,
    pub reservation: Option<String>,
    pub submitted: Option<String>,
    pub draft_until: Option<String>,
    pub returned: Option<String>,
    pub tasks: Vec<Task>,
    pub certificate: Option<Certificate>,
    pub outcome: Option<&'static str>,
    pub commands: Vec<ShownVerb>,
    pub changed: Vec<String>,
}

#[derive(Serialize)]
pub struct Task {
    pub number: u32,
    pub what: String,
    pub stands: &'static str,
    pub answer: Option<String>,
}

#[derive(Serialize)]
pub struct Certificate {
    pub program: String,
    pub purpose: &'static str,
    pub issued: String,
    pub expires: String,
    pub reference: String,
    pub stands: &'static str,
}

#[derive(Serialize)]
pub struct ShownVerb {
    pub command: &'static str,
    pub side: &'static str,
}

/// Where an assessment stands after `history`.
///
/// # Errors
///
/// When content has no track for it.
pub fn shown(desk: &Desk, course: &Course, history: &History, files: &Frozen) -> Result<Shown, Failure> {
    let setting = course.setting(desk, desk.at);
    let track = setting.track().map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
    let life = history.life();
    let phase = life.state.phase();
    let note = course.process.phases.note(phase);
    let day = |d: Option<Date>| d.map(|d| d.to_string());
    let (returned, draft_until) = match &life.state {
        State::PreAssessment { returned } | State::Answering { returned } | State::CapsAndLetter { returned } => {
            (returned.clone(), None)
        }
        State::Validation { reopened } => (reopened.clone(), None),
        State::DraftReview { draft, .. } | State::RevisingDraft { draft, .. } => (None, Some(draft.until)),
        _ => (None, None),
    };
    let tasks = life.state.tasks().into_iter().flatten().map(|(number, task)| {
        let (stands, answer) = match &task.status {
            TaskStatus::Open => ("open", None),
            TaskStatus::Answered(answer) => ("answered", Some(answer.clone())),
            TaskStatus::Closed(answer) => ("closed", Some(answer.clone())),
        };
        Task { number: *number, what: task.what.clone(), stands, answer }
    });
    let certificate = life.state.certificate().map(|(c, standing)| Certificate {
        program: c.program.clone(),
        purpose: c.purpose.as_str(),
        issued: c.issued.to_string(),
        expires: c.expires.to_string(),
        reference: c.reference.clone(),
        stands: match standing {
            CertificateStanding::Active if desk.at >= c.expires => "expired",
            CertificateStanding::Active => "holds",
            CertificateStanding::Suspended => "suspended",
            CertificateStanding::Revoked => "revoked",
        },
    });
    let changed = if life.last.is_some() { drift(&life.files, files) } else { Vec::new() };
    Ok(Shown {
        schema: "attesta.lifecycle-state/1",
        purpose: life.purpose.as_str(),
        phase: phase.as_str(),
        title: note.map_or_else(String::new, |n| n.title.clone()),
        owner: course.process.phases.owner(phase).as_str(),
        confidence: note.map(|n| n.provenance.confidence.as_str()),
        since: history.entries().iter().rev().find(|e| e.event.from != e.event.to).map(|e| e.event.at.to_string()),
        events: history.entries().len(),
        head: history.head().map(|d| d.to_string()),
        fieldwork: day(life.papers.fieldwork),
        letter: day(life.papers.letter.as_ref().map(|l| l.on)),
        agreement: day(life.papers.agreement.as_ref().map(|a| a.on)),
        reservation: day(life.papers.reservation.as_ref().map(|r| r.block)),
        submitted: day(life.state.submission().map(|s| s.at)),
        draft_until: day(draft_until),
        returned: returned.filter(|r| !r.is_empty()),
        tasks: tasks.collect(),
        certificate,
        outcome: match &life.state {
            State::Complete { outcome, .. } => Some(outcome_word(outcome)),
            State::Withdrawn { .. } => Some("withdrawn"),
            _ => None,
        },
        commands: verbs_of(phase, track)
            .into_iter()
            .map(|v| ShownVerb { command: v.as_str(), side: v.side().as_str() })
            .collect(),
        changed: changed.iter().map(|(path, what, how)| format!("{path} {how} ({what})")).collect(),
    })
}

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Certified { .. } => "certified",
        Outcome::ValidatedOnly => "validated-only",
        Outcome::Reported => "reported",
        Outcome::Retained => "retained",
        Outcome::NotRetained => "not-retained",
        Outcome::NotBridged => "not-bridged",
    }
}

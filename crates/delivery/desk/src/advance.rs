//! Where an assessment stands, and moving it on.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_assessment::{PersonId, Side};
use attesta_catalog::Fault;
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{
    CertificateStanding, Command, Frozen, History, Outcome, Phase, Refusal, Seen, State, TaskStatus, Telling, Verb,
    Wants, advance, drift, verbs_of,
};
use attesta_workspace::{Change, Folder};
use serde::Serialize;

use crate::{
    deed::Deed,
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

/// Where an assessment stands.
///
/// # Errors
///
/// Like those of [`shown`].
pub fn stands(desk: &Desk) -> Result<Shown, Failure> {
    let course = Course::of(desk)?;
    let files = attesta_workspace::held_files(&desk.folder)?;
    shown(desk, &course, &course.history, &files)
}

/// Where an assessment stands after somebody moved it on, and what they should hear.
#[derive(Serialize)]
pub struct Done {
    #[serde(flatten)]
    pub shown: Shown,
    pub notes: Vec<String>,
}

/// Moves an assessment on, today. `since` are the files of the certified assessment that it goes back to.
///
/// # Errors
///
/// Like those of [`act`].
pub fn deed(desk: &Desk, step: &Step, since: Option<Folder>) -> Result<Deed<Done>, Failure> {
    let course = Course::of(desk)?;
    let files = attesta_workspace::held_files(&desk.folder)?;
    let from = course.history.life().state.phase();
    let moved = act(desk, &course, &files, step, desk.at, || Certified::of_folder(desk, since))?;
    let shown = shown(desk, &course, &moved.history, &files)?;
    let told = serde_json::json!({
        "command": step.verb.as_str(), "from": from.as_str(), "to": shown.phase, "reference": step.reference,
    });
    Ok(Deed { answer: Done { shown, notes: moved.notes }, changes: vec![moved.change], told })
}

/// What a command needs before it can be given.
#[derive(Debug, Serialize)]
pub struct Needs {
    pub command: &'static str,
    pub side: &'static str,
    /// `day`, `task` or `number`.
    pub wants: Option<&'static str>,
    pub wants_reason: bool,
    /// HITRUST's letter, message or ticket, or that of a reservation.
    pub wants_reference: bool,
    /// Whether nothing stands in its way today.
    pub ready: bool,
    pub lacks: Vec<Lacking>,
    pub notes: Vec<String>,
}

/// One thing that stands in the way.
#[derive(Debug, Serialize)]
pub struct Lacking {
    pub what: String,
    pub mend: Option<String>,
}

/// What each command that has a place now still needs today: every gate is looked at, with what it lacks. What is given
/// with a command (reason, reference, number) counts as given; a day is that of submission.yaml, or today.
///
/// # Errors
///
/// What cannot be read.
pub fn needs(desk: &Desk, since: Option<Folder>) -> Result<Vec<Needs>, Failure> {
    let course = Course::of(desk)?;
    let files = attesta_workspace::held_files(&desk.folder)?;
    let setting = course.setting(desk, desk.at);
    let track = setting.track().map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
    let phase = course.history.life().state.phase();
    let certified = Certified::of_folder(desk, since)?;
    verbs_of(phase, track).into_iter().map(|verb| need(desk, &course, &files, verb, certified.as_ref())).collect()
}

fn need(
    desk: &Desk,
    course: &Course,
    files: &Frozen,
    verb: Verb,
    certified: Option<&Certified>,
) -> Result<Needs, Failure> {
    let life = course.history.life();
    // Without an assessor in it, the entity submits; and whoever takes part tells of HITRUST.
    let side = match (verb, verb.side()) {
        (Verb::Submit, _) if life.state.phase() == Phase::Answering => Side::Entity,
        (_, side) => side,
    };
    let by: PersonId = "somebody".parse().map_err(|e| Failure::new(Kind::Unknown, format!("{e}")))?;
    let step = Step { verb, by, note: "-".into(), reference: Some("-".into()), day: None, task: None, number: None };
    let day = match verb.wants() {
        Wants::Day => Some(day_of(desk, &step)?.unwrap_or(desk.at)),
        _ => None,
    };
    let task = (verb.wants() == Wants::Task).then(|| "-".to_owned());
    let first = || life.state.tasks().into_iter().flatten().map(|(number, _)| *number).next().unwrap_or(1);
    let number = (verb.wants() == Wants::Number).then(first);
    let command = Command::new(verb, day, task, number).map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
    let (readiness, notes) = gates::readiness(desk, verb, || Ok::<_, Failure>(certified.cloned()))?;
    let telling = Telling {
        at: desk.at,
        by: step.by,
        side: if side == Side::Hitrust { Side::Entity } else { side },
        note: step.note,
        reference: step.reference,
    };
    let seen = Seen { readiness: &readiness, files };
    let lacks = match advance(&course.history, &course.setting(desk, desk.at), seen, &command, telling) {
        Ok(_) => Vec::new(),
        Err(refusals) => refused(desk, course, &refusals).complaints,
    };
    Ok(Needs {
        command: verb.as_str(),
        side: side.as_str(),
        wants: match verb.wants() {
            Wants::Nothing => None,
            Wants::Day => Some("day"),
            Wants::Task => Some("task"),
            Wants::Number => Some("number"),
        },
        wants_reason: verb.wants_reason(),
        wants_reference: verb.side() == Side::Hitrust || verb == Verb::ReserveQa,
        ready: lacks.is_empty(),
        lacks: lacks.into_iter().map(|c| Lacking { what: c.message, mend: c.mend }).collect(),
        notes,
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

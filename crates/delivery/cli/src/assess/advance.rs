//! `attesta assess advance DIR [COMMAND]`: where an assessment stands, and moving it on.

use std::{fmt::Write as _, path::PathBuf};

use attesta_assessment::{PersonId, Side};
use attesta_desk::{Course, gates, person};
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{
    Command, Frozen, History, Outcome, Refusal, Seen, State, TaskStatus, Telling, Verb, Wants, advance, drift, verbs_of,
};
use clap::Args;
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::desk::{self, Desk, refuse},
    exit::{Exit, Failure},
    terminal,
};

#[derive(Debug, Args)]
pub(crate) struct AdvanceOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What is done [default: only show where it stands and what can be done]
    #[arg(value_name = "COMMAND", requires = "by")]
    command: Option<Verb>,
    /// Who does it, or tells it of HITRUST, from people.yaml
    #[arg(long, value_name = "PERSON")]
    by: Option<PersonId>,
    /// The day on which it happened [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    /// Reason, answer or wording
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// HITRUST's reference: the letter, message or ticket by which it told
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// The day on which it was signed, or on which fieldwork or block begin [default: what submission.yaml says]
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<Date>,
    /// What HITRUST asks
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// The number of a task
    #[arg(long, value_name = "N")]
    number: Option<u32>,
    /// The folder of the certified assessment that this one goes back to, for an interim's checks
    #[arg(long, value_name = "DIR")]
    since: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
    format: ListFormat,
}

pub(crate) fn run(common: &Common, options: &AdvanceOptions) -> Result<Exit, Failure> {
    // Gates are looked at on the day of the act; whether a day has come is asked of the real one.
    let desk = desk::open(common, &options.dir, options.at)?;
    let course = Course::of(&desk)?;
    let files = attesta_workspace::held_files(&desk.folder).map_err(|f| refuse(&f))?;
    if let (Some(verb), Some(by)) = (options.command, &options.by) {
        let history = act(common, options, &desk, &course, &files, *by_person(&desk, by)?, verb)?;
        desk.folder.write(&[attesta_workspace::history_change(&history, course.read)]).map_err(|f| refuse(&[f]))?;
        show(options.format, &desk, &course, &history, &files)?;
    } else {
        show(options.format, &desk, &course, &course.history, &files)?;
    }
    Ok(Exit::Met)
}

fn by_person<'d>(desk: &'d Desk, by: &PersonId) -> Result<&'d Side, Failure> {
    Ok(&person(desk, by)?.side)
}

fn act(
    common: &Common,
    options: &AdvanceOptions,
    desk: &Desk,
    course: &Course,
    files: &Frozen,
    side: Side,
    verb: Verb,
) -> Result<History, Failure> {
    let day = match verb.wants() {
        Wants::Day => day_of(options, desk, verb)?,
        _ => options.day,
    };
    let command = Command::new(verb, day, options.task.clone(), options.number)
        .map_err(|e| Failure::new(Exit::Usage, e.to_string()).help("--day, --task and --number give it"))?;
    let certified = || options.since.as_deref().map(|dir| desk::certified(common, dir, desk)).transpose();
    let (readiness, notes) = gates::readiness(desk, verb, certified)?;
    desk::tell(common, &notes);
    let telling = Telling {
        at: desk.at,
        by: options.by.clone().ok_or_else(|| Failure::new(Exit::Usage, "nobody is named").help("--by PERSON"))?,
        side,
        note: options.note.clone(),
        reference: options.reference.clone(),
    };
    let setting = course.setting(desk, crate::workshop::today());
    let seen = Seen { readiness: &readiness, files };
    let after = advance(&course.history, &setting, seen, &command, telling);
    after.map_err(|refusals| refused(desk, course, &refusals))
}

/// The day that a command wants: given, or from submission.yaml; never two that differ.
fn day_of(options: &AdvanceOptions, desk: &Desk, verb: Verb) -> Result<Option<Date>, Failure> {
    let submission = attesta_workspace::submission(&desk.folder).map_err(|f| refuse(&f))?;
    let written = match verb {
        Verb::BeginFieldwork => submission.fieldwork.map(|f| (f.place, f.value.began)),
        Verb::SignLetter => submission.representation_letter.and_then(|s| Some((s.place, s.value.on?))),
        Verb::SignAgreement => submission.report_agreement.and_then(|s| Some((s.place, s.value.entity.on?))),
        Verb::ReserveQa => submission.reservation.map(|r| (r.place, r.value.begins)),
        _ => None,
    };
    match (options.day, written) {
        (Some(day), Some((place, written))) if day != written => {
            Err(Failure::new(Exit::Findings, format!("{place}: it says {written}, and --day says {day}"))
                .help("mend the one that is wrong; without --day the file's day is taken"))
        }
        (day, written) => Ok(day.or(written.map(|(_, day)| day))),
    }
}

/// Every reason with its mend, and who can.
fn refused(desk: &Desk, course: &Course, refusals: &[Refusal]) -> Failure {
    let told: Vec<String> = refusals
        .iter()
        .map(|refusal| {
            let who = refusal.mender().map_or_else(String::new, |side| format!("; the {side}'s side can"));
            let sure = refusal.figure().and_then(|name| course.process.figures.on(name, desk.at).ok());
            let sure = sure.filter(|f| f.provenance.confidence != Confidence::Verified);
            let sure = sure.map_or_else(String::new, |f| {
                format!("; the rule is {}: {}", f.provenance.confidence, f.provenance.source)
            });
            format!("{refusal} (help: {}{who}{sure})", refusal.help())
        })
        .collect();
    Failure::many(Exit::Findings, &told).help("nothing was changed")
}

#[derive(Serialize)]
struct Shown {
    schema: &'static str,
    purpose: &'static str,
    phase: &'static str,
    title: String,
    owner: &'static str,
    confidence: Option<&'static str>,
    since: Option<String>,
    events: usize,
    head: Option<String>,
    fieldwork: Option<String>,
    letter: Option<String>,
    agreement: Option<String>,
    reservation: Option<String>,
    submitted: Option<String>,
    draft_until: Option<String>,
    returned: Option<String>,
    tasks: Vec<Task>,
    certificate: Option<Certificate>,
    outcome: Option<&'static str>,
    commands: Vec<ShownVerb>,
    changed: Vec<String>,
}

#[derive(Serialize)]
struct Task {
    number: u32,
    what: String,
    stands: &'static str,
    answer: Option<String>,
}

#[derive(Serialize)]
struct Certificate {
    program: String,
    purpose: &'static str,
    issued: String,
    expires: String,
    reference: String,
    stands: &'static str,
}

#[derive(Serialize)]
struct ShownVerb {
    command: &'static str,
    side: &'static str,
}

fn show(format: ListFormat, desk: &Desk, course: &Course, history: &History, files: &Frozen) -> Result<(), Failure> {
    let shown = shown(desk, course, history, files)?;
    match format {
        ListFormat::Json => terminal::json_of(&shown),
        ListFormat::Table => terminal::out(text(&shown).as_bytes()),
    }
}

fn shown(desk: &Desk, course: &Course, history: &History, files: &Frozen) -> Result<Shown, Failure> {
    let setting = course.setting(desk, desk.at);
    let track = setting.track().map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
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
            attesta_lifecycle::CertificateStanding::Active if desk.at >= c.expires => "expired",
            attesta_lifecycle::CertificateStanding::Active => "holds",
            attesta_lifecycle::CertificateStanding::Suspended => "suspended",
            attesta_lifecycle::CertificateStanding::Revoked => "revoked",
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

fn text(shown: &Shown) -> String {
    let mut out = String::new();
    let since = shown.since.as_ref().map_or_else(String::new, |s| format!(", since {s}"));
    let _ = writeln!(out, "{} assessment in phase `{}`{since}", shown.purpose, shown.phase);
    let sure = shown.confidence.map_or_else(String::new, |c| format!(" (name and place in order: {c})"));
    let _ = writeln!(out, "  {}; the {} acts{sure}", shown.title, shown.owner);
    let facts = [
        ("sent back", &shown.returned),
        ("fieldwork began", &shown.fieldwork),
        ("letter signed", &shown.letter),
        ("agreement signed", &shown.agreement),
        ("block reserved", &shown.reservation),
        ("submitted", &shown.submitted),
        ("draft can be read until", &shown.draft_until),
    ];
    for (what, value) in facts {
        if let Some(value) = value {
            let _ = writeln!(out, "  {what}: {value}");
        }
    }
    if let Some(outcome) = shown.outcome {
        let _ = writeln!(out, "  outcome: {outcome}");
    }
    if let Some(c) = &shown.certificate {
        let _ = writeln!(
            out,
            "  certificate: {} ({}), {} to {}, {}; HITRUST's reference: {}",
            c.program, c.purpose, c.issued, c.expires, c.stands, c.reference
        );
    }
    for task in &shown.tasks {
        let answer = task.answer.as_ref().map_or_else(String::new, |a| format!(" — {a}"));
        let _ = writeln!(out, "  task {} ({}): {}{answer}", task.number, task.stands, task.what);
    }
    if !shown.changed.is_empty() {
        let _ = writeln!(out, "Changed since the last event:");
        for line in &shown.changed {
            let _ = writeln!(out, "  {line}");
        }
    }
    if shown.commands.is_empty() {
        let _ = writeln!(out, "Nothing more can be done.");
    } else {
        let _ = writeln!(out, "What can be done now:");
    }
    for verb in &shown.commands {
        let told = if verb.side == "hitrust" { "tell of HITRUST" } else { verb.side };
        let _ = writeln!(out, "  {:<24} {told}", verb.command);
    }
    terminal::plain(&out)
}

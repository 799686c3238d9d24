//! The rooms of whoever tests and reviews: test plan, samples, quality checks, hand-off.

use std::{collections::BTreeSet, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, Stage};
use attesta_assessment::{Purpose, SampleId};
use attesta_desk::{
    Desk, Failure, advance,
    points::shown as points,
    quality, samples as drawn,
    testing::{self, Tested},
};
use attesta_lifecycle::{
    Frequency, Verb,
    quality::{HandOff, Subject},
};
use attesta_pages::{
    page as framed,
    parts::Tone,
    rooms::{
        assessor::{self as pages, Command, Issue, Overridden},
        samples::{self as sampling, Found},
    },
};
use attesta_workspace::{Folder, LIFECYCLE, OVERRIDES, sample_place};
use axum::{extract::State, response::Html};
use serde::Deserialize;
use serde_json::Value;

use super::{Guest, Page, ahead::what, frame_at};
use crate::{
    House,
    api::assessments,
    deed,
    desks::Seen,
    problem::Problem,
    sent::{Asked, Named},
    verbs,
};

/// What access is told of an assessment in these rooms. Who worked on a requirement is asked again by the API, for each.
fn about(guest: &Guest, assessment: &str, desk: &Desk) -> Result<Circumstance, Problem> {
    Ok(Circumstance {
        stage: Some(assessments::stage_of(desk)?),
        assigned_to: Some(BTreeSet::new()),
        written_by: Some(BTreeSet::new()),
        worked_on_by: Some(BTreeSet::new()),
        ..Circumstance::of_assessment(guest.caller.tenant(), assessments::id(assessment)?)
    })
}

/// The same for somebody to whom it is theirs when its stage lets them: why nothing can be changed is told to them alone.
fn held(
    house: &House,
    guest: &Guest,
    about: &Circumstance,
    kind: ResourceKind,
    why: Option<&String>,
) -> (bool, String) {
    let may = guest.may(house, Action::Change, kind, about);
    let then = Circumstance { stage: Some(Stage::Assessor), ..about.clone() };
    match (may, why) {
        (true, None) => (true, String::new()),
        (_, Some(why)) if guest.may(house, Action::Change, kind, &then) => (false, why.clone()),
        _ => (false, String::new()),
    }
}

/// What is looked for in the plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    state: String,
    domain: String,
}

fn tested(tested: Tested) -> Tone {
    match tested {
        Tested::Finished => Tone::Good,
        Tested::UnderWay => Tone::Warn,
        Tested::NotBegun => Tone::Plain,
        Tested::NotAnswered => Tone::Unknown,
    }
}

/// The test plan.
pub(crate) async fn testing(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    Asked(sought): Asked<Sought>,
) -> Page {
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::Validation).await?;
    let org = guest.org();
    let plan = house.derived(&org, &assessment, &seen.desk, testing::plan)?;
    let about = about(&guest, &assessment, &seen.desk)?;
    let domain: u8 = sought.domain.parse().unwrap_or_default();
    let count = |state: Tested| plan.tests.iter().filter(|t| t.tested == state).count();
    let passes = |t: &&testing::Test| {
        (domain == 0 || t.domain == domain) && (sought.state.is_empty() || t.tested.as_str() == sought.state)
    };
    let page = pages::Plan {
        what: what(&seen.desk),
        counts: Tested::ALL
            .into_iter()
            .filter(|state| count(*state) > 0)
            .map(|state| (tested(state), state.as_str().to_owned(), count(state)))
            .collect(),
        done: (count(Tested::Finished), plan.tests.len()),
        fieldwork: plan.fieldwork.map(|d| d.to_string()).unwrap_or_default(),
        held: held(&house, &guest, &about, ResourceKind::Validation, plan.held.as_ref()).1,
        states: Tested::ALL.iter().map(|s| s.as_str().to_owned()).collect(),
        domains: plan.domains.clone(),
        tests: plan.tests.iter().filter(passes).map(test).collect(),
        sought: (sought.state, domain),
        place: (org, assessment.clone()),
    };
    Ok(Html(
        framed(
            &frame_at(&house, &guest, ("Test plan", "testing", &assessment), (seen.revision, seen.desk.at)),
            &pages::plan(&page),
        )
        .into_string(),
    ))
}

fn test(it: &testing::Test) -> pages::Test {
    let (all, by_machine) = it.elements;
    let how = match (all, by_machine) {
        (0, _) => "no elements are told: examine and interview".to_owned(),
        (all, 0) => format!("{all} elements: examine and interview"),
        (all, n) => {
            format!("{n} of {all} elements can be shown by checks of infrastructure; the rest: examine and interview")
        }
    };
    pages::Test {
        requirement: it.requirement.clone(),
        domain: it.domain,
        score: points(it.score),
        how,
        samples: it.samples.iter().map(|(id, stands)| (id.clone(), stands.replace('-', " "))).collect(),
        evidence: it.evidence,
        stands: Some((tested(it.tested), it.tested.as_str().to_owned())),
        tester: it.tester.as_ref().map(|(name, on)| format!("{name}, {on}")).unwrap_or_default(),
        differs: it.differs,
    }
}

fn row(it: &drawn::Row) -> sampling::Row {
    let (tone, word) = match it.stands {
        "finished" if it.passing.map(|n| usize::try_from(n).unwrap_or(0)) == it.drawn => (Tone::Good, "finished"),
        "finished" => (Tone::Bad, "finished, with deviations"),
        "unfinished" => (Tone::Now, "under way"),
        _ => (Tone::Plain, "not drawn"),
    };
    sampling::Row {
        id: it.id.clone(),
        control: it.control.clone(),
        requirements: it.requirements.clone(),
        sizes: (it.population, it.drawn.map(|n| n.to_string()).unwrap_or_default()),
        stands: Some((tone, word.to_owned())),
        says: it.says.clone(),
    }
}

/// The samples.
pub(crate) async fn samples(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::Sample).await?;
    let org = guest.org();
    let plan = house.derived(&org, &assessment, &seen.desk, testing::plan)?;
    let about = about(&guest, &assessment, &seen.desk)?;
    let may = guest.may(&house, Action::Create, ResourceKind::Population, &about);
    let page = sampling::List {
        what: what(&seen.desk),
        rows: drawn::list(&seen.desk)?.iter().map(row).collect(),
        may_begin: may && plan.samples_held.is_none(),
        held: held(&house, &guest, &about, ResourceKind::Sample, plan.samples_held.as_ref()).1,
        frequencies: Frequency::ALL.iter().map(|f| f.as_str().to_owned()).collect(),
        place: (org, assessment.clone()),
    };
    Ok(Html(
        framed(
            &frame_at(&house, &guest, ("Samples", "samples", &assessment), (seen.revision, seen.desk.at)),
            &sampling::list(&page),
        )
        .into_string(),
    ))
}

/// One sample.
pub(crate) async fn sample(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment, sample)): Named<(String, String, String)>,
) -> Page {
    let id: SampleId = sample.parse().map_err(|_| Problem::not_found("there is no such sample here"))?;
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::Sample).await?;
    let plan = house.derived(&guest.org(), &assessment, &seen.desk, testing::plan)?;
    let about = about(&guest, &assessment, &seen.desk)?;
    let sample = drawn::held(&seen.desk, &id)?.sample;
    let whole = drawn::whole(&sample);
    let population = &sample.population;
    let window = match &population.window {
        attesta_lifecycle::Window::Items => "what was there on the day".to_owned(),
        attesta_lifecycle::Window::Time { from, to } => format!("{from} to {to}"),
    };
    let items = whole.items.iter().map(|item| {
        let found = whole.attributes.iter().map(|attribute| {
            match item.found.iter().find(|f| f.attribute == attribute.number) {
                None => Found::default(),
                Some(found) => Found {
                    holds: Some(found.holds),
                    deviation: found.deviation.clone().unwrap_or_default(),
                    by: format!("{}, {}", found.by, found.on),
                },
            }
        });
        (item.item.clone(), found.collect())
    });
    let (may_test, held) = held(&house, &guest, &about, ResourceKind::Sample, plan.samples_held.as_ref());
    let page = sampling::Sample {
        place: (guest.org(), assessment.clone()),
        row: row(&whole.row),
        rev: seen.of(&sample_place(&id)),
        facts: vec![
            ("From", population.source.clone()),
            ("Taken", population.created.to_string()),
            ("Covers", window),
            ("Things in it", population.size.to_string()),
            ("Nothing is missing", population.completeness.clone()),
            ("It can show a failure", population.reveals_failures.clone()),
            ("Works", sample.frequency.as_str().to_owned()),
            ("SHA-256", population.digest.to_string()),
        ],
        attributes: whole
            .attributes
            .iter()
            .map(|a| {
                let elements: Vec<String> = a.elements.iter().map(ToString::to_string).collect();
                (a.number, a.text.clone(), elements.join(", "))
            })
            .collect(),
        seed: whole.seed.clone().unwrap_or_default(),
        size: whole.size.as_ref().map(|(rule, sure)| (rule.clone(), (*sure).to_owned())),
        items: items.collect(),
        may_test,
        held,
    };
    Ok(Html(
        framed(
            &frame_at(&house, &guest, (&whole.row.id, "samples", &assessment), (seen.revision, seen.desk.at)),
            &sampling::sample(&page),
        )
        .into_string(),
    ))
}

/// Which hand-off.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Gate {
    gate: String,
    since: String,
}

/// The review before each hand-off, worked out once for each revision and day.
struct Looked(Vec<(HandOff, Value, Vec<String>)>);

fn looked(desk: &Desk) -> Result<Looked, Failure> {
    looked_since(desk, None)
}

fn looked_since(desk: &Desk, since: Option<Folder>) -> Result<Looked, Failure> {
    let all = HandOff::ALL.into_iter().map(|gate| {
        let (value, notes) = quality::looked(desk, gate, since.clone())?;
        Ok((gate, value, notes))
    });
    Ok(Looked(all.collect::<Result<_, Failure>>()?))
}

/// Assessments to which an interim may go back: id and name.
async fn certified(house: &House, guest: &Guest, but: &str) -> Result<Vec<(String, String)>, Problem> {
    let (_, rows) = super::home::reached(house, guest).await?;
    Ok(rows.into_iter().filter(|row| row.id != but).map(|row| (row.id, row.name)).collect())
}

/// The quality review.
pub(crate) async fn quality(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    Asked(sought): Asked<Gate>,
) -> Page {
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::QualityCheck).await?;
    let org = guest.org();
    let gate = sought.gate.parse().unwrap_or(HandOff::Submission);
    let interim = seen.desk.dossier.assessment.value.purpose == Purpose::Interim;
    let (since, choices) = match interim {
        true => (sought.since, certified(&house, &guest, &assessment).await?),
        false => (String::new(), Vec::new()),
    };
    let kept = match deed::since(&house, &guest.caller, &since).await? {
        Some(folder) => Arc::new(deed::worked(&seen, move |desk| looked_since(desk, Some(folder))).await?),
        None => house.derived(&org, &assessment, &seen.desk, looked)?,
    };
    let nothing = Value::Null;
    let (report, notes) =
        kept.0.iter().find(|(g, ..)| *g == gate).map_or((&nothing, &[][..]), |(_, r, n)| (r, n.as_slice()));
    let about = about(&guest, &assessment, &seen.desk)?;
    let rev = seen.of(OVERRIDES);
    let list = |name: &str| report.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let page = pages::Quality {
        what: what(&seen.desk),
        gate: (gate.as_str().to_owned(), HandOff::ALL.iter().map(|g| g.as_str().to_owned()).collect()),
        passage: Some(match text(report, "passage").as_str() {
            "open" => (Tone::Good, "the way is open".to_owned()),
            "blocked" => (Tone::Bad, "what is open blocks the hand-off".to_owned()),
            _ => (Tone::Unknown, "not every check could look".to_owned()),
        }),
        looked: report.get("looked").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        issues: list("issues").iter().map(|issue| raised(&house, &guest, &about, &seen.desk, issue)).collect(),
        overrides: list("overrides").iter().map(|one| overridden(&house, &guest, &about, &seen.desk, one)).collect(),
        blind: list("could_not_look")
            .iter()
            .map(|b| (text(b, "check"), text(b, "title"), text(b, "because")))
            .collect(),
        notes: notes.to_vec(),
        rev,
        role: guest.role.to_string().replace('-', " "),
        since: interim.then_some((since, choices)),
        place: (org, assessment.clone()),
    };
    Ok(Html(
        framed(
            &frame_at(&house, &guest, ("Quality checks", "quality", &assessment), (seen.revision, seen.desk.at)),
            &pages::quality(&page),
        )
        .into_string(),
    ))
}

fn text(of: &Value, name: &str) -> String {
    match of.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn raised(house: &House, guest: &Guest, about: &Circumstance, desk: &Desk, issue: &Value) -> Issue {
    let standing = text(issue, "standing");
    let subject = text(issue, "subject");
    // Of a requirement, also whoever answers for it.
    let mine = subject.parse::<Subject>().ok().and_then(|s| s.requirement().cloned()).and_then(|key| {
        let owner = desk.dossier.answers.get(&key)?.value.owner.as_ref()?;
        desk.account_of(owner)?.parse().ok()
    });
    let own = Circumstance { assigned_to: Some(BTreeSet::from_iter(mine)), ..about.clone() };
    let may = |action| guest.may(house, action, ResourceKind::QualityOverride, &own);
    let severity = text(issue, "severity");
    Issue {
        check: (text(issue, "check"), text(issue, "title")),
        says: issue
            .get("says")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        mend: text(issue, "mend"),
        gate: text(issue, "hand_off"),
        severity: (
            Some(if ["high", "critical"].contains(&severity.as_str()) { Tone::Bad } else { Tone::Warn }),
            severity,
        ),
        facts: text(issue, "facts"),
        sources: issue
            .get("sources")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|s| (text(s, "source"), text(s, "confidence")))
            .collect(),
        may_override: standing == "open" && may(Action::Create),
        may_approve: standing == "awaits approval" && may(Action::Decide),
        standing: (
            Some(match standing.as_str() {
                "overridden" => Tone::Plain,
                "awaits approval" => Tone::Warn,
                _ => Tone::Bad,
            }),
            standing,
        ),
        subject,
    }
}

/// A person with the role that they have in the assessment.
fn named(desk: &Desk, id: &str) -> String {
    let known = id.parse().ok().and_then(|id| desk.dossier.people.get(&id));
    known.map_or_else(|| id.to_owned(), |p| format!("{} ({})", p.value.name, p.value.role))
}

fn overridden(house: &House, guest: &Guest, about: &Circumstance, desk: &Desk, it: &Value) -> Overridden {
    let counts = it.get("counts").and_then(Value::as_bool).unwrap_or(false);
    let (approved, refused) = (text(it, "approved_by"), text(it, "refused_by"));
    // Nobody decides about what they wrote.
    let writer = text(it, "by").parse().ok().and_then(|by| desk.account_of(&by)?.parse().ok());
    let own = Circumstance { written_by: Some(BTreeSet::from_iter(writer)), ..about.clone() };
    let waits = text(it, "worth").starts_with("awaits");
    let decides = (counts || waits) && guest.may(house, Action::Decide, ResourceKind::QualityOverride, &own);
    Overridden {
        about: (text(it, "check"), text(it, "subject")),
        because: text(it, "because"),
        by: format!("{}, {}", named(desk, &text(it, "by")), text(it, "on")),
        approved: if approved.is_empty() { String::new() } else { named(desk, &approved) },
        refused: (if refused.is_empty() { String::new() } else { named(desk, &refused) }, text(it, "refused_because")),
        facts: text(it, "facts"),
        may_refuse: decides,
        worth: (Some(if counts { Tone::Good } else { Tone::Warn }), text(it, "worth")),
    }
}

/// Where it stands, and what each command needs; worked out once for each revision and day.
struct Handing {
    shown: advance::Shown,
    needs: Vec<advance::Needs>,
    history: Vec<(String, String, String, String, String)>,
}

fn handing(desk: &Desk) -> Result<Handing, Failure> {
    let course = attesta_desk::Course::of(desk)?;
    let history = course.history.entries().iter().rev().map(|entry| {
        let event = &entry.event;
        let title =
            |phase| course.process.phases.note(phase).map_or_else(|| phase.as_str().to_owned(), |n| n.title.clone());
        let to = if event.from == event.to { String::new() } else { title(event.to) };
        let mut note = vec![event.note.clone(), event.reference.clone().unwrap_or_default()];
        note.retain(|text| !text.is_empty());
        (event.at.to_string(), named(desk, event.by.as_str()), said(event.verb.as_str()), to, note.join("; "))
    });
    Ok(Handing { shown: advance::stands(desk)?, needs: advance::needs(desk, None)?, history: history.collect() })
}

/// A command as a button says it.
fn said(verb: &str) -> String {
    let words = verb.replace('-', " ").replace("qa", "QA").replace("caps", "corrective actions");
    let mut letters = words.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// The hand-off.
pub(crate) async fn phase(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
) -> Page {
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::Phase).await?;
    let org = guest.org();
    let known = house.derived(&org, &assessment, &seen.desk, handing)?;
    let about = about(&guest, &assessment, &seen.desk)?;
    let commands = known.needs.iter().map(|needs| command((&house, &guest, &assessment), &about, needs));
    let page =
        phase_page(&seen, &known, commands.collect(), (org, assessment.clone()), house.clock.today().to_string());
    Ok(Html(
        framed(
            &frame_at(&house, &guest, ("Hand-off", "phase", &assessment), (seen.revision, seen.desk.at)),
            &pages::phase(&page),
        )
        .into_string(),
    ))
}

fn command(
    (house, guest, assessment): (&House, &Guest, &str),
    about: &Circumstance,
    needs: &advance::Needs,
) -> Command {
    // A place within the assessment is told without its id.
    let bare = |text: &str| text.replace(&format!("{assessment}/"), "");
    let verb: Option<Verb> = needs.command.parse().ok();
    let may = verb.is_some_and(|verb| guest.may(house, verbs::action(verb), ResourceKind::Phase, about));
    let own = guest.role.side().as_str();
    // What HITRUST does is told by whoever may.
    let theirs = needs.side == own || needs.side == "hitrust";
    let not_yours = match (theirs, may) {
        (true, true) => String::new(),
        (false, _) => format!("An act of the {}'s side.", needs.side),
        (true, false) => "Your role does not give it.".to_owned(),
    };
    Command {
        word: (needs.command.to_owned(), said(needs.command)),
        side: if needs.side == "hitrust" {
            "HITRUST, as you tell it".to_owned()
        } else {
            format!("the {}", needs.side)
        },
        wants: needs.wants.unwrap_or_default().to_owned(),
        also: (needs.wants_reason, needs.wants_reference),
        ready: needs.ready,
        lacks: needs.lacks.iter().map(|l| (bare(&l.what), l.mend.as_deref().map(bare).unwrap_or_default())).collect(),
        not_yours,
    }
}

fn phase_page(
    seen: &Seen,
    known: &Handing,
    commands: Vec<Command>,
    place: pages::Place,
    today: String,
) -> pages::Phase {
    let shown = &known.shown;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut papers = vec![
        ("Fieldwork since", text(&shown.fieldwork)),
        ("Representation letter signed", text(&shown.letter)),
        ("Report agreement signed", text(&shown.agreement)),
        ("QA reserved for", text(&shown.reservation)),
        ("Submitted", text(&shown.submitted)),
        ("Draft to be read until", text(&shown.draft_until)),
    ];
    papers.retain(|(_, day)| !day.is_empty());
    let decision = match (&shown.certificate, shown.outcome) {
        (Some(certificate), _) if certificate.stands == "holds" => {
            (Tone::Good, "certified, and the certificate holds".to_owned())
        }
        (Some(certificate), _) => (Tone::Bad, format!("the certificate is {}", certificate.stands)),
        (None, Some(outcome)) => (Tone::Plain, outcome.replace('-', " ")),
        (None, None) => (Tone::Unknown, "not decided yet".to_owned()),
    };
    let decided = shown.certificate.as_ref().map(|c| {
        vec![
            ("Program", c.program.clone()),
            ("Issued", c.issued.clone()),
            ("Expires", c.expires.clone()),
            ("Letter", c.reference.clone()),
        ]
    });
    pages::Phase {
        place,
        what: what(&seen.desk),
        phase: (shown.title.clone(), shown.owner.to_owned(), shown.confidence.unwrap_or_default().to_owned()),
        since: text(&shown.since),
        returned: text(&shown.returned),
        papers,
        decision: Some(decision),
        decided: decided.unwrap_or_default(),
        tasks: shown
            .tasks
            .iter()
            .map(|task| {
                let tone = if task.stands == "closed" { Tone::Good } else { Tone::Warn };
                (task.number, task.what.clone(), tone, task.stands.to_owned(), task.answer.clone().unwrap_or_default())
            })
            .collect(),
        changed: shown.changed.clone(),
        commands,
        history: known.history.clone(),
        rev: seen.of(LIFECYCLE),
        today,
    }
}

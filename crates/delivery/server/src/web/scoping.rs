//! Scope and factors of an assessment: a step at a time, with what other answers would change.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind};
use attesta_assessment::{ChoiceId, FactorAnswer, FactorGroup, Yields};
use attesta_desk::{
    Desk, Failure,
    points::shown,
    scoping::{self, Answers},
    tailor,
};
use attesta_lifecycle::Subject;
use attesta_pages::{
    page as framed,
    rooms::{
        scope as scopes,
        scoping::{self as pages, Addition, Around, Choice, Delta, DomainRow, Factors, Moved, Question, Step},
    },
};
use attesta_workspace::{ASSESSMENT, FACTORS, SCOPE};
use axum::{extract::State, response::Html};

use super::{Guest, Page, drawing, frame_at};
use crate::{
    House,
    api::assessments,
    deed,
    sent::{Asked, Named},
};

/// The step that is no group of factors.
const LAST: &str = "scope";

fn label(group: FactorGroup) -> &'static str {
    match group {
        FactorGroup::General => "General",
        FactorGroup::Organizational => "Organisational",
        FactorGroup::Geographic => "Geographic",
        FactorGroup::Technical => "Technical",
        FactorGroup::Compliance => "Regulatory",
    }
}

/// What is asked for: the step, and a draft of its answers.
#[derive(Debug, Clone, Default)]
struct Wanted {
    step: String,
    /// Whether answers in the address stand for those that are saved.
    draft: bool,
    /// Answers by factor.
    given: BTreeMap<String, Vec<String>>,
    additions: Vec<String>,
}

impl Wanted {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut wanted = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "step" => wanted.step = value,
                "draft" => wanted.draft = value == "1",
                "add" => wanted.additions.push(value),
                name => {
                    if let Some(id) = name.strip_prefix("f.").filter(|_| !value.is_empty()) {
                        wanted.given.entry(id.to_owned()).or_default().push(value);
                    }
                }
            }
        }
        wanted
    }
}

/// A step.
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment)): Named<(String, String)>,
    Asked(pairs): Asked<Vec<(String, String)>>,
) -> Page {
    let seen = deed::look(&house, &guest.caller, &assessment, ResourceKind::Factor).await?;
    let wanted = Wanted::of(pairs);
    let place = (guest.org(), assessment.clone());
    let around = frame_at(&house, &guest, ("Scope and factors", "scoping", &assessment), (seen.revision, seen.desk.at));
    let stage = assessments::stage_of(&seen.desk).ok();
    let circumstance =
        Circumstance { stage, ..Circumstance::of_assessment(guest.caller.tenant(), assessments::id(&assessment)?) };
    let may = |kind| guest.may(&house, Action::Change, kind, &circumstance);
    let role = guest.role.to_string().replace('-', " ");
    let nobody = |kind| if may(kind) { String::new() } else { format!("a {role} reads them") };
    if wanted.step == LAST {
        let closed = closed(&seen.desk, Subject::Scope, nobody(ResourceKind::Scope));
        let etag = seen.of(SCOPE);
        let main = deed::worked(&seen, move |desk| {
            let steps = steps(desk);
            let around = Around { place, what: what(desk), step: LAST.to_owned(), steps, closed };
            Ok(scopes::page(&drawing::scope(desk, around, etag)?))
        })
        .await?;
        return Ok(Html(framed(&around, &main).into_string()));
    }
    let closed = closed(&seen.desk, Subject::Factors, nobody(ResourceKind::Factor));
    let etags = (seen.of(FACTORS), seen.of(ASSESSMENT));
    let main =
        deed::worked(&seen, move |desk| Ok(pages::factors(&factors(desk, &wanted, place, closed, etags)?))).await?;
    Ok(Html(framed(&around, &main).into_string()))
}

/// Why nothing of it can be changed now; empty where it can.
fn closed(desk: &Desk, what: Subject, nobody: String) -> String {
    match scoping::open(desk, what) {
        _ if !nobody.is_empty() => nobody,
        Err(failure) => failure.complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Ok(()) => nobody,
    }
}

fn what(desk: &Desk) -> String {
    let header = &desk.dossier.assessment.value;
    format!("{}, {} {}: the answers decide what is asked.", header.title, header.program, header.purpose)
}

/// Groups that ask something, and the scope.
fn steps(desk: &Desk) -> Vec<Step> {
    let questions = scoping::questions(desk);
    let mut steps: Vec<Step> = FactorGroup::ALL
        .into_iter()
        .filter_map(|group| {
            let of: Vec<_> = questions.iter().filter(|q| q.factor.group == group && q.applies).collect();
            // What can be added is asked for in every type.
            let counted = !of.is_empty();
            (counted || group == FactorGroup::Compliance).then(|| Step {
                word: group.as_str().to_owned(),
                label: label(group).to_owned(),
                answered: counted.then(|| (of.iter().filter(|q| q.answer.is_some()).count(), of.len())),
            })
        })
        .collect();
    steps.push(Step { word: LAST.to_owned(), label: "Scope and data flows".to_owned(), answered: None });
    steps
}

/// The draft of a step as answers: what differs in it is tried. A reason is written when it is saved.
fn drafted(desk: &Desk, wanted: &Wanted, group: FactorGroup) -> Result<Answers, Failure> {
    let mut answers = Answers::default();
    for question in scoping::questions(desk).iter().filter(|q| q.factor.group == group && q.applies) {
        let given = wanted.given.get(question.factor.id.as_str());
        let given: Vec<&String> = given.into_iter().flatten().collect();
        let because = question.answer.map_or("", |a| a.because.as_str()).trim();
        let because = if because.is_empty() { "to be written" } else { because };
        let bad = |e: attesta_assessment::NotAnId| Failure::new(attesta_desk::Kind::BadInput, e.to_string());
        let choices = given.iter().map(|c| c.parse::<ChoiceId>().map_err(bad)).collect::<Result<_, _>>()?;
        let answer = (!given.is_empty()).then(|| FactorAnswer { choices, because: because.to_owned() });
        let same = question.answer.map(|a| &a.choices) == answer.as_ref().map(|a| &a.choices);
        if !same {
            answers.factors.insert(question.factor.id.clone(), answer);
        }
    }
    if group == FactorGroup::Compliance {
        let bad = |e: attesta_assessment::NotAnId| Failure::new(attesta_desk::Kind::BadInput, e.to_string());
        answers.additions = Some(wanted.additions.iter().map(|a| a.parse().map_err(bad)).collect::<Result<_, _>>()?);
    }
    Ok(answers)
}

fn factors(
    desk: &Desk,
    wanted: &Wanted,
    place: (String, String),
    closed: String,
    etags: (u64, u64),
) -> Result<Factors, Failure> {
    let steps = steps(desk);
    let group = wanted.step.parse::<FactorGroup>().ok().filter(|g| steps.iter().any(|s| s.word == g.as_str()));
    let first = steps.first().and_then(|s| s.word.parse().ok()).unwrap_or(FactorGroup::Compliance);
    let group = group.unwrap_or(first);
    let answers = if wanted.draft { drafted(desk, wanted, group) } else { Ok(Answers::default()) };
    let told = answers.and_then(|answers| {
        let other = if wanted.draft { scoping::tried(desk, &answers)? } else { None };
        delta(desk, other.as_ref())
    });
    let delta = told.map_err(|failure| {
        let faults = failure.complaints.iter().map(|c| match &c.mend {
            Some(mend) => format!("{}: {mend}", c.message),
            None => c.message.clone(),
        });
        faults.collect()
    });
    let all = scoping::questions(desk);
    let of = all.iter().filter(|q| q.factor.group == group);
    let (asked, not_asked): (Vec<_>, Vec<_>) = of.partition(|q| q.applies);
    let question = |q: &scoping::Question<'_>| {
        let factor = q.factor;
        let given = wanted.given.get(factor.id.as_str());
        let unsure = &factor.choices_provenance;
        let sure = unsure.confidence != attesta_kernel::Confidence::Unverified;
        Question {
            id: factor.id.to_string(),
            title: factor.title.clone(),
            asks: factor.asks.clone(),
            choices: factor
                .choices
                .iter()
                .map(|choice| {
                    let saved = q.answer.is_some_and(|a| a.choices.contains(&choice.id));
                    let drafted = given.is_some_and(|g| g.iter().any(|id| id == choice.id.as_str()));
                    Choice {
                        id: choice.id.to_string(),
                        title: choice.title.clone(),
                        chosen: if wanted.draft { drafted } else { saved },
                        saved,
                        needs_reason: factor.rationale.contains(&choice.id),
                    }
                })
                .collect(),
            several: factor.several,
            because: q.answer.map(|a| a.because.clone()).unwrap_or_default(),
            counts_as: factor
                .counts_as
                .as_ref()
                .and_then(|id| factor.choice(id))
                .map(|c| c.title.clone())
                .unwrap_or_default(),
            unsure: if sure { String::new() } else { unsure.source.to_string() },
        }
    };
    let additions = match group {
        FactorGroup::Compliance => scoping::additions(desk),
        _ => Vec::new(),
    };
    let addition = |(addition, saved): (&attesta_assessment::Addition, bool)| Addition {
        id: addition.id.to_string(),
        title: addition.title.clone(),
        yields: match addition.yields {
            Yields::Certification => "a certification of its own".to_owned(),
            Yields::InsightsReport => "an insights report".to_owned(),
            Yields::Requirements => String::new(),
        },
        chosen: if wanted.draft { wanted.additions.iter().any(|a| a == addition.id.as_str()) } else { saved },
        saved,
    };
    Ok(Factors {
        around: Around { place, what: what(desk), step: group.as_str().to_owned(), steps, closed },
        questions: asked.into_iter().map(question).collect(),
        not_asked: not_asked.into_iter().map(|q| q.factor.title.clone()).collect(),
        additions: additions.into_iter().map(addition).collect(),
        delta,
        etags,
    })
}

/// What is asked, and what another desk of the same assessment would ask.
fn delta(desk: &Desk, other: Option<&Desk>) -> Result<Delta, Failure> {
    let before = desk.tailored()?;
    let open = |t: &attesta_assessment::Tailored<'_>| t.unanswered.iter().map(|f| f.title.clone()).collect();
    let mut domains: BTreeMap<u8, DomainRow> = BTreeMap::new();
    for asked in &before.requirements {
        row(desk, &mut domains, asked.requirement.domain).asked.0 += 1;
    }
    let mut told = Delta { asked: (before.requirements.len(), before.requirements.len()), ..Delta::default() };
    if let Some(other) = other {
        let after = other.tailored()?;
        for asked in &after.requirements {
            row(desk, &mut domains, asked.requirement.domain).asked.1 += 1;
        }
        let change = tailor::what_if(desk, &[], &before, &after)?;
        let moved = |id: &str, title: &str, domain: u8, because: &[String]| Moved {
            requirement: (id.to_owned(), title.to_owned()),
            domain,
            because: because.join("; "),
        };
        told.comes = change.comes.iter().map(|r| moved(r.id, r.title, r.domain, &r.because)).collect();
        told.goes = change.goes.iter().map(|r| moved(r.id, r.title, r.domain, &r.because)).collect();
        for moved in &told.comes {
            row(desk, &mut domains, moved.domain).moved.0 += 1;
        }
        for moved in &told.goes {
            row(desk, &mut domains, moved.domain).moved.1 += 1;
        }
        for moved in &change.domains {
            let (was, is) = (shown(moved.before.0), shown(moved.after.0));
            row(desk, &mut domains, moved.domain).scores = (was != is).then_some((was, is));
        }
        told.asked.1 = after.requirements.len();
        told.caps = (change.caps_come.len(), change.caps_go.len());
        told.decision = (change.decision_before != change.decision_after)
            .then(|| (change.decision_before.clone(), change.decision_after.clone()));
        told.open = open(&after);
        told.draft = true;
    } else {
        told.open = open(&before);
    }
    told.domains = domains.into_values().collect();
    Ok(told)
}

/// The row of a domain, made when it is first spoken of.
fn row<'d>(desk: &Desk, domains: &'d mut BTreeMap<u8, DomainRow>, domain: u8) -> &'d mut DomainRow {
    domains.entry(domain).or_insert_with(|| {
        let title = desk.catalog.domains().find(|d| d.number == domain).map(|d| d.title.clone());
        DomainRow { domain: (domain, title.unwrap_or_default()), asked: (0, 0), moved: (0, 0), scores: None }
    })
}

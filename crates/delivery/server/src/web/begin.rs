//! Beginning an assessment: which type fits, and its first facts.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_assessment::{AssessmentType, Purpose, Tailoring};
use attesta_pages::{
    page as framed,
    rooms::begin::{self as pages, Advice, Begin, Kind, Question, Reason},
};
use axum::{extract::State, response::Html};

use super::{Guest, Page, frame};
use crate::{House, problem::Problem, sent::Asked};

/// What can be begun without a certificate to go back to.
const PURPOSES: [(Purpose, &str); 2] = [
    (Purpose::Readiness, "Readiness: to know where one stands; nobody audits it"),
    (Purpose::Validated, "Validated: to certify; an assessor tests it"),
];

/// The page. The query holds answers to the adviser's questions.
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    guest: Guest,
    Asked(given): Asked<BTreeMap<String, String>>,
) -> Page {
    let circumstance = Circumstance::within(guest.caller.tenant());
    authorise(&guest.caller.principal, Action::Create, ResourceKind::Assessment, &circumstance, house.clock.now())?;
    let adviser = house.library.adviser().map_err(attesta_desk::Failure::from)?;
    let profile = attesta_desk::scoping::profile(&adviser, &given);
    let told = adviser.advise(&profile, house.clock.today());
    let title = |question: &attesta_assessment::Factor, choice: &attesta_assessment::ChoiceId| {
        question.choice(choice).map_or_else(|| choice.to_string(), |c| c.title.clone())
    };
    let advice = Advice {
        kind: told.verdict.program().unwrap_or_default().to_owned(),
        verdict: told.verdict.to_string(),
        reasons: told
            .spoke
            .iter()
            .map(|(rule, _)| Reason {
                says: rule.says.to_string(),
                kind: rule.program.to_string(),
                because: rule.because.clone(),
                source: (rule.provenance.confidence.to_string(), rule.provenance.source.to_string()),
            })
            .collect(),
        unanswered: told.unanswered.iter().map(|q| q.title.clone()).collect(),
        changes: told
            .would_change
            .iter()
            .map(|(question, choice, verdict)| (question.asks.clone(), title(question, choice), verdict.to_string()))
            .collect(),
    };
    let questions = adviser.questions.iter().map(|question| Question {
        id: question.id.to_string(),
        asks: question.asks.clone(),
        choices: question
            .choices
            .iter()
            .map(|c| {
                let chosen = profile.0.get(&question.id).is_some_and(|a| a.value.choices.contains(&c.id));
                (c.id.to_string(), c.title.clone(), chosen)
            })
            .collect(),
    });
    let kinds = house.library.kinds().map_err(attesta_desk::Failure::from)?;
    let day = house.clock.today();
    let may_be = |purpose: Purpose| kinds.values().any(|kind| kind.allows(purpose, day));
    let page = Begin {
        organisation: (guest.org(), guest.organisation.clone()),
        questions: questions.collect(),
        advice,
        kinds: adviser.programs.iter().filter_map(|p| kinds.get(&**p)).map(|kind| shown(kind, day)).collect(),
        purposes: PURPOSES
            .into_iter()
            .filter(|(purpose, _)| may_be(*purpose))
            .map(|(purpose, label)| (purpose.to_string(), label.to_owned()))
            .collect(),
    };
    if page.kinds.is_empty() {
        return Err(Problem::internal("content has no type that the adviser speaks of").into());
    }
    let around = frame(&house, &guest, "Begin an assessment", "assessments", "");
    Ok(Html(framed(&around, &pages::page(&page)).into_string()))
}

fn shown(kind: &AssessmentType, day: attesta_kernel::Date) -> Kind {
    let core = kind.core.last();
    let core = core.map(|c| format!("{} requirements in its published core ({})", c.value, c.provenance.confidence));
    let how = match kind.tailoring.on(day).map(|figure| figure.value) {
        Some(Tailoring::FixedCore) => "the same for everybody",
        Some(Tailoring::Factors) => "and what your factors bring in",
        None => "not open today",
    };
    Kind {
        id: kind.program.to_string(),
        title: kind.title.clone(),
        what: core.map_or_else(|| how.to_owned(), |core| format!("{core}, {how}")),
    }
}

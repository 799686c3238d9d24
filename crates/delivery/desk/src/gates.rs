//! How the gates of a move stand: what the folder lacks, with places and mends.

use attesta_assessment::{ScopeWeight, View, check_scope};
use attesta_lifecycle::{
    Gate, GateState, Lack, Readiness, Verb,
    quality::{Check, HandOff, Review, Standing},
};

use crate::{
    desk::Desk,
    failure::Failure,
    review::{Certified, Folio, Reviewed, review},
};

/// Looks at the gates that a verb asks for.
///
/// The texts are notes for whoever reads. `certified` is what stood at the certificate that the assessment goes back to; it is only asked for where a gate looks at it.
///
/// # Errors
///
/// What cannot be read.
pub fn readiness<E: From<Failure>>(
    desk: &Desk,
    verb: Verb,
    certified: impl FnOnce() -> Result<Option<Certified>, E>,
) -> Result<(Readiness, Vec<String>), E> {
    let readiness = Readiness::new();
    let hand_off = match verb {
        Verb::HandInPreAssessment | Verb::ApprovePreAssessment => {
            let readiness = readiness.with_lacks(Gate::Scope, scope(desk)?).with(Gate::Factors, factors(desk));
            return Ok((readiness, Vec::new()));
        }
        Verb::SubmitAnswers => HandOff::Validation,
        Verb::CompleteValidation | Verb::HandInCaps => HandOff::Actions,
        Verb::Submit => HandOff::Submission,
        _ => return Ok((readiness, Vec::new())),
    };
    let folio = Folio::read(desk)?;
    let certified = certified()?;
    let Reviewed { review, notes } = review(desk, &folio, certified.as_ref())?;
    let readiness = readiness
        .with(Gate::Answers, answers(desk))
        .with(Gate::Validation, validation(desk))
        .with(Gate::Caps, caps(&review))
        .with_lacks(Gate::Overrides, overrides(&review, hand_off))
        .with(Gate::Checks, checks(&review, hand_off));
    Ok((readiness, notes))
}

fn scope(desk: &Desk) -> Result<Vec<Lack>, Failure> {
    let data = desk.library.data_types()?;
    let header = &desk.dossier.assessment.value;
    let carve_outs = desk.kind.carve_outs.on(header.created).map(|f| (header.program.as_str(), f.value));
    let findings = check_scope(&desk.dossier.scope, &data, carve_outs).into_iter();
    let wrong = findings.filter(|f| f.weight == ScopeWeight::Contradiction).map(|f| Lack {
        what: format!("{}: {}", f.fault.place, f.fault.message),
        mend: f.fault.help.unwrap_or_else(|| "mend the scope".to_owned()),
    });
    Ok(wrong.collect())
}

fn factors(desk: &Desk) -> GateState {
    let tailored = match desk.tailored() {
        Ok(tailored) => tailored,
        Err(failure) => return GateState::Unseen(failure.says()),
    };
    shut(tailored.unanswered.iter().map(|factor| Lack {
        what: format!("factors.yaml: factor `{}` is not answered", factor.id),
        mend: format!("answer it: {}", factor.words()),
    }))
}

fn shut(lacks: impl IntoIterator<Item = Lack>) -> GateState {
    let lacks: Vec<Lack> = lacks.into_iter().collect();
    if lacks.is_empty() { GateState::Open } else { GateState::Shut(lacks) }
}

fn answers(desk: &Desk) -> GateState {
    let scored = match desk.scored(View::Entity) {
        Ok(scored) => scored,
        Err(failure) => return GateState::Unseen(failure.says()),
    };
    let asked = &scored.tailored.requirements;
    if asked.is_empty() {
        return GateState::Unseen("nothing is asked; no pack holds a requirement of this type".to_owned());
    }
    let nobody = scored.workings.unanswered.iter().filter_map(|i| asked.get(*i)).map(|a| Lack {
        what: format!("requirement `{}` is not answered", a.requirement.id),
        mend: "answer it under answers/".to_owned(),
    });
    let half = scored.workings.requirements.iter().zip(&scored.card.requirements);
    let half = half.filter(|(_, own)| !own.missing.is_empty()).map(|(requirement, own)| {
        let levels: Vec<&str> = own.missing.iter().map(|l| l.as_str()).collect();
        Lack {
            what: format!("requirement `{}` is not answered on {}", requirement.id, levels.join(", ")),
            mend: "answer every level that is scored".to_owned(),
        }
    });
    shut(nobody.chain(half))
}

fn validation(desk: &Desk) -> GateState {
    let tailored = match desk.tailored() {
        Ok(tailored) => tailored,
        Err(failure) => return GateState::Unseen(failure.says()),
    };
    if tailored.requirements.is_empty() {
        return GateState::Unseen("nothing is asked; no pack holds a requirement of this type".to_owned());
    }
    shut(tailored.requirements.iter().filter_map(|asked| {
        let key = &asked.requirement.id;
        let (place, what) = match desk.dossier.validation.get(key) {
            None => (String::new(), "is not validated"),
            Some(v) if !v.value.complete => (format!("{}: ", v.place), "is not finished by the assessor"),
            Some(_) => return None,
        };
        Some(Lack {
            what: format!("{place}requirement `{key}` {what}"),
            mend: "record the result under validation/, with `complete: true`".to_owned(),
        })
    }))
}

/// Required plans that are missing or not whole.
fn caps(review: &Review) -> GateState {
    let of_plans = |check: Check| matches!(check, Check::ActionMissing | Check::ActionIncomplete);
    if let Some(blind) = review.unlooked.iter().find(|u| of_plans(u.check)) {
        return GateState::Unseen(format!("{}: {}", blind.check, blind.because));
    }
    let open = review.issues.iter().filter(|i| of_plans(i.check) && i.stands());
    shut(open.map(|issue| Lack { what: what(issue), mend: issue.mend.clone() }))
}

/// Overrides that wait for somebody's approval.
fn overrides(review: &Review, hand_off: HandOff) -> Vec<Lack> {
    let waits = review.issues.iter().filter(|i| i.hand_off <= hand_off);
    waits
        .filter_map(|issue| match &issue.standing {
            Standing::AwaitsApproval(given) => Some(Lack {
                what: format!("{}: the override of {} awaits approval", given.place, issue.check),
                mend: "let the assessor approve it in overrides.yaml, or mend what it is about".to_owned(),
            }),
            Standing::Open | Standing::Overridden(_) => None,
        })
        .collect()
}

/// Checks that block at the hand-off: open ones shut it, ones that could not look leave it unseen.
fn checks(review: &Review, hand_off: HandOff) -> GateState {
    let open = review.blocking(hand_off).filter(|i| i.standing == Standing::Open);
    let lacks: Vec<Lack> = open.map(|issue| Lack { what: what(issue), mend: issue.mend.clone() }).collect();
    if !lacks.is_empty() {
        return GateState::Shut(lacks);
    }
    let blind: Vec<String> = review
        .unlooked
        .iter()
        .filter(|u| u.hand_off <= hand_off)
        .map(|u| format!("{} could not look: {}", u.check, u.because))
        .collect();
    if blind.is_empty() { GateState::Open } else { GateState::Unseen(blind.join("; ")) }
}

fn what(issue: &attesta_lifecycle::quality::Issue) -> String {
    let place = issue.place.as_ref().map_or_else(String::new, |p| format!("{p}: "));
    format!("{place}{} {}: {}", issue.check, issue.subject, issue.says.join("; "))
}

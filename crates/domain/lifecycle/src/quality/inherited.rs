//! QC-14, QC-15, QC-17 and QC-38: what others contribute.

use std::collections::BTreeMap;

use attesta_assessment::{
    CarveOuts, Coverage, InheritanceRules, Register, Relation, Request, RequestState, RequirementKey, Source,
    may_be_used,
};
use attesta_catalog::Placed;
use attesta_kernel::{Date, Place};
use attesta_scoring::{Exact, Score};

use super::{
    Check, Subject,
    look::{Found, Look, Row, points},
};

pub(super) fn look(look: &mut Look<'_>) {
    let register = &look.case.dossier.inheritance;
    beyond_allowance(look, register);
    sources(look, register, look.case.inheritance);
    providers(look);
}

/// Requests that count, or may yet.
fn alive(register: &Register) -> impl Iterator<Item = &Placed<Request>> {
    let dead = |r: &Request| matches!(r.state, RequestState::Rejected { .. } | RequestState::Withdrawn { .. });
    register.requests.iter().filter(move |r| !dead(&r.value))
}

fn beyond_allowance(look: &mut Look<'_>, register: &Register) {
    let (check, rows) = (Check::InheritedBeyondAllowance, look.rows());
    let mut sums: BTreeMap<&RequirementKey, (Exact, &Place)> = BTreeMap::new();
    for request in alive(register) {
        let value = &request.value;
        if matches!(value.state, RequestState::Applied { .. }) {
            let sum = sums.entry(&value.requirement).or_insert((Exact::ZERO, &request.place));
            // What does not fit has long been more than all.
            sum.0 = sum.0.plus(value.weight.into()).unwrap_or(sum.0);
        }
        let Some(source) = register.sources.get(&value.source) else { continue };
        if source.value.relation == Relation::Internal {
            continue;
        }
        let row = rows.iter().find(|r| *r.key() == value.requirement);
        let allowed = row.and_then(|row| allowance(register, &source.value, row));
        let taken = format!("{} % is inherited from `{}`", value.weight, value.source);
        let says = match allowed {
            Some(most) if value.weight <= most => continue,
            Some(Score::ZERO) => format!("{taken}; its responsibility matrix allows none"),
            Some(most) => format!("{taken}; its responsibility matrix allows {most} %"),
            None => format!("{taken}, and no responsibility matrix of its provider speaks of the requirement"),
        };
        let subject = Subject::Requirement(value.requirement.clone());
        look.add(Found::new(check, subject, Some(request.place.clone()), says));
    }
    for (requirement, (sum, place)) in sums {
        if sum > Exact::FULL {
            let says = format!("{} % is inherited in all; 100 % is everything", points(sum));
            look.add(Found::new(check, Subject::Requirement(requirement.clone()), Some(place.clone()), says));
        }
    }
}

/// The least that the provider's matrices allow; none where none of them speaks of the requirement.
fn allowance(register: &Register, source: &Source, row: &Row<'_>) -> Option<Score> {
    let provider = source.provider.as_ref()?;
    let matrices = register.matrices.values().map(|m| &m.value);
    let speaking = matrices.filter(|m| m.provider.as_ref() == Some(provider) && m.rows.contains_key(row.key()));
    speaking.map(|m| m.allowance(row.requirement)).min()
}

fn sources(look: &mut Look<'_>, register: &Register, rules: Option<&InheritanceRules>) {
    let (case, check) = (look.case, Check::SourceNotUsable);
    for request in alive(register) {
        let id = &request.value.source;
        let subject = Subject::Source(id.clone());
        let Some(source) = register.sources.get(id) else {
            let says = format!("{} inherits from it, and it is not known here", request.value.requirement);
            look.add(Found::new(check, subject, Some(request.place.clone()), says));
            continue;
        };
        let Some(rules) = rules else {
            look.cannot(check, "content has no rules of inheritance");
            continue;
        };
        if let Err(fault) = may_be_used(rules, &case.dossier.assessment.value, register, &source.value, case.at) {
            let day = |date: Option<Date>| date.map_or_else(|| "-".to_owned(), |d| d.to_string());
            let value = &source.value;
            let fact = format!("{} {} {} {}", value.program, value.state, day(value.report), day(value.expires));
            look.add(Found::new(check, subject, Some(source.place.clone()), fault.to_string()).fact(fact));
        }
    }
}

fn providers(look: &mut Look<'_>) {
    let case = look.case;
    let program = &case.dossier.assessment.value.program;
    for (id, provider) in &case.dossier.scope.providers {
        let (subject, place) = (Subject::Provider(id.clone()), Some(provider.place.clone()));
        match (provider.value.coverage, case.carve_outs) {
            (Some(Coverage::CarvedOut), Some(CarveOuts::Refused)) => {
                let says = format!("`{}` is carved out, which {program} does not allow", provider.value.title);
                look.add(Found::new(Check::CarvedOut, subject, place, says));
            }
            (Some(Coverage::CarvedOut), None) => {
                look.cannot(Check::CarvedOut, "content does not say whether the program allows carve-outs");
            }
            (None, _) => {
                let says = format!("nobody says how the part of `{}` is covered", provider.value.title);
                look.add(Found::new(Check::ProviderUncovered, subject, place, says));
            }
            (Some(_), _) => {}
        }
    }
}

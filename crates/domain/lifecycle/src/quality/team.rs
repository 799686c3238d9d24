//! QC-26 and QC-36: who tests, and who reviews.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Person, PersonId, RequirementKey, Side};
use attesta_catalog::Placed;

use super::{
    Check, Known, Subject,
    look::{Found, Look},
};

pub(super) fn look(look: &mut Look<'_>) {
    let (case, figures) = (look.case, &look.checks.figures);
    let mut testers: BTreeMap<&PersonId, BTreeSet<&RequirementKey>> = BTreeMap::new();
    for validated in case.dossier.validation.values() {
        testers.entry(&validated.value.tester).or_default().insert(&validated.value.requirement);
    }
    let reviews = |person: &Person| {
        person.side == Side::Assessor && person.role.trim().eq_ignore_ascii_case(figures.reviewer_role.value.trim())
    };
    for (id, tested) in &testers {
        match case.dossier.people.get(id) {
            None => {
                let says = format!("tested {} requirements and is nobody in people.yaml", tested.len());
                look.add(Found::new(Check::TeamCredentials, Subject::Person((*id).clone()), None, says));
            }
            Some(person) => {
                tester(look, person);
                if reviews(&person.value) {
                    tell(look, Check::TeamCredentials, person, "tests and reviews the quality of the same assessment");
                }
                independent(look, person, tested);
            }
        }
    }
    let reviewers: Vec<_> = case.dossier.people.values().filter(|p| reviews(&p.value)).collect();
    if reviewers.is_empty() {
        let says = format!("nobody of the assessor has the role `{}`", figures.reviewer_role.value);
        let found = Found::new(Check::TeamCredentials, Subject::Assessment, None, says);
        look.add(found.by(&figures.reviewer_role));
    }
    for reviewer in reviewers {
        lacking(look, reviewer, &figures.reviewer_credentials, "reviews quality");
    }
}

fn tell(look: &mut Look<'_>, check: Check, person: &Placed<Person>, says: impl Into<String>) {
    let subject = Subject::Person(person.value.id.clone());
    look.add(Found::new(check, subject, Some(person.place.clone()), says));
}

fn tester(look: &mut Look<'_>, person: &Placed<Person>) {
    if person.value.side == Side::Assessor {
        let needed = &look.checks.figures.tester_credentials;
        lacking(look, person, needed, "tests");
    } else {
        let says = format!("tests for the assessor, yet stands on the side of {}", person.value.side);
        tell(look, Check::TeamCredentials, person, says);
    }
}

fn lacking(look: &mut Look<'_>, person: &Placed<Person>, needed: &Known<BTreeSet<String>>, does: &str) {
    let holds = |wanted: &str| person.value.credentials.iter().any(|c| c.trim().eq_ignore_ascii_case(wanted));
    let missing: Vec<&str> = needed.value.iter().map(String::as_str).filter(|c| !holds(c)).collect();
    if !missing.is_empty() {
        let says = format!("{does} without {} [{}]", missing.join(", "), needed.provenance.confidence);
        let subject = Subject::Person(person.value.id.clone());
        look.add(Found::new(Check::TeamCredentials, subject, Some(person.place.clone()), says).by(needed));
    }
}

/// Who built or mended a control does not validate it.
fn independent(look: &mut Look<'_>, person: &Placed<Person>, tested: &BTreeSet<&RequirementKey>) {
    let built: Vec<&str> =
        person.value.implemented.iter().filter(|k| tested.contains(k)).map(RequirementKey::as_str).collect();
    if !built.is_empty() {
        let says = format!("tested what they built: {}", built.join(", "));
        tell(look, Check::TesterNotIndependent, person, says);
    }
}

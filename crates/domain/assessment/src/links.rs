//! Whatever a dossier names must be there, and days must come in their order.

use std::{collections::BTreeMap, fmt};

use attesta_catalog::Fault;
use attesta_kernel::Place;

use crate::{Answered, Dossier, Evidence, Judgement, LevelAnswer, Measure, PackRequirement, RequirementKey, Strength};

/// Every name that leads nowhere and every day that comes before its time, each with its place and the mend.
pub fn check_links(dossier: &Dossier) -> Vec<Fault> {
    let requirements = dossier.packs.iter().flat_map(|p| &p.requirements).map(|r| (&r.id, r)).collect();
    let mut check = Check { dossier, requirements, faults: Vec::new() };
    for answer in dossier.answers.values() {
        check.answer(&answer.place, &answer.value);
    }
    for result in dossier.validation.values() {
        let place = &result.place;
        check.requirement(place, &result.value.requirement);
        check.person(place, &result.value.tester);
    }
    for evidence in dossier.evidence.values() {
        check.evidence(&evidence.place, &evidence.value);
    }
    for measure in dossier.measures.values() {
        check.measure(&measure.place, &measure.value);
    }
    for person in dossier.people.values() {
        for key in &person.value.implemented {
            check.requirement(&person.place, key);
        }
    }
    for source in dossier.inheritance.sources.values() {
        if let Some(provider) = &source.value.provider
            && !dossier.scope.providers.contains_key(provider)
        {
            check.nowhere(&source.place, "provider", provider, "describe it in scope.yaml");
        }
    }
    for matrix in dossier.inheritance.matrices.values() {
        if let Some(provider) = &matrix.value.provider
            && !dossier.scope.providers.contains_key(provider)
        {
            check.nowhere(&matrix.place, "provider", provider, "describe it in scope.yaml");
        }
    }
    for request in &dossier.inheritance.requests {
        check.requirement(&request.place, &request.value.requirement);
    }
    check.faults.sort();
    check.faults
}

struct Check<'a> {
    dossier: &'a Dossier,
    requirements: BTreeMap<&'a RequirementKey, &'a PackRequirement>,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    fn nowhere(&mut self, place: &Place, what: &str, name: &dyn fmt::Display, help: &str) {
        self.faults.push(Fault::new(place.clone(), format!("there is no {what} `{name}`"), help));
    }

    fn requirement(&mut self, place: &Place, key: &RequirementKey) -> Option<&'a PackRequirement> {
        let found = self.requirements.get(key).copied();
        if found.is_none() {
            self.nowhere(
                place,
                "requirement",
                key,
                "it is in none of the assessment's packs; mend the id or add the pack",
            );
        }
        found
    }

    fn person(&mut self, place: &Place, id: &crate::PersonId) {
        if !self.dossier.people.contains_key(id) {
            self.nowhere(place, "person", id, "add them to people.yaml");
        }
    }

    fn known_evidence(&mut self, place: &Place, id: &crate::EvidenceId) {
        if !self.dossier.evidence.contains_key(id) {
            self.nowhere(place, "evidence", id, "add it to evidence.yaml");
        }
    }

    fn component(&mut self, place: &Place, id: &crate::ComponentId) {
        if !self.dossier.scope.components.contains_key(id) {
            self.nowhere(place, "scope component", id, "describe it in scope.yaml");
        }
    }

    fn answer(&mut self, place: &Place, answer: &Answered) {
        let requirement = self.requirement(place, &answer.requirement);
        if let Some(owner) = &answer.owner {
            self.person(place, owner);
        }
        for (level, own) in &answer.levels {
            self.level(place, requirement, &format!("`{}`, {level}", answer.requirement), own);
        }
    }

    fn level(&mut self, place: &Place, requirement: Option<&PackRequirement>, what: &str, answer: &LevelAnswer) {
        for part in &answer.parts {
            if let Some(component) = &part.component {
                self.component(place, component);
            }
            if let Judgement::Rated { strength: Strength::Measure(measure), .. } = &part.judgement
                && !self.dossier.measures.contains_key(measure)
            {
                self.nowhere(place, "measure", measure, "define it in measures.yaml");
            }
        }
        for used in &answer.evidence {
            self.known_evidence(place, &used.evidence);
            let missing = |n: &&u8| requirement.is_some_and(|r| !r.elements.iter().any(|e| e.number == **n));
            if let Some(number) = used.elements.iter().find(missing) {
                let message =
                    format!("{what}: evidence `{}` names element {number}, which does not exist", used.evidence);
                self.faults.push(Fault::new(place.clone(), message, "name elements of the requirement by number"));
            }
        }
        if let (Some(since), Some(tested)) = (answer.in_place_since, answer.tested_on)
            && tested < since
        {
            let message = format!("{what}: it was tested on {tested}, before it was in place on {since}");
            self.faults.push(Fault::new(place.clone(), message, "mend one of the days"));
        }
    }

    fn evidence(&mut self, place: &Place, evidence: &Evidence) {
        if let Some(owner) = &evidence.owner {
            self.person(place, owner);
        }
        evidence.components.iter().for_each(|id| self.component(place, id));
        let began = evidence.effective.or(evidence.collected);
        if let (Some(began), Some(end)) = (began, evidence.valid_until)
            && end < began
        {
            let message = format!("evidence `{}` is good until {end}, before it began on {began}", evidence.id);
            self.faults.push(Fault::new(place.clone(), message, "mend one of the days"));
        }
    }

    fn measure(&mut self, place: &Place, measure: &Measure) {
        for key in &measure.requirements {
            self.requirement(place, key);
        }
        measure.gathered_by.iter().chain(&measure.reviewed_by).for_each(|id| self.person(place, id));
        measure.evidence.iter().for_each(|id| self.known_evidence(place, id));
    }
}

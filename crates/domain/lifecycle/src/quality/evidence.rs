//! QC-10, QC-16, QC-18 and QC-25: the register of evidence, and what it covers.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Evidence, EvidenceId};
use attesta_catalog::Placed;
use attesta_kernel::Date;
use attesta_scoring::MaturityLevel;

use super::{
    Check, Subject,
    case::days,
    look::{Found, Look, OwnLevel},
};

pub(super) fn look(look: &mut Look<'_>) {
    for own in look.own_levels() {
        for used in &own.answer.evidence {
            if let Some(evidence) = look.case.dossier.evidence.get(&used.evidence) {
                outside_window(look, &own, evidence);
            }
        }
    }
    reports(look);
    components(look);
    twice(look);
}

fn subject(evidence: &Placed<Evidence>) -> Subject {
    Subject::Evidence(evidence.value.id.clone())
}

fn outside_window(look: &mut Look<'_>, own: &OwnLevel<'_>, evidence: &Placed<Evidence>) {
    let check = Check::EvidenceOutsideWindow;
    let (tested, at) = (own.tested(), look.case.at);
    let place = || Some(evidence.place.clone());
    let of = format!("{} {}", own.row.key(), own.level);
    // On the day of the check what is said may move; the fact is what stands in the files.
    let (reference, day) = match tested {
        Some(tested) => (tested, format!("the test of {of} on {tested}")),
        None => (at, format!("today, {at}, as {of} is not tested yet")),
    };
    let fact = |what: &str, date: Date| {
        let tested = tested.map_or_else(|| "untested".to_owned(), |t| t.to_string());
        format!("{of} {what} {date} {tested}")
    };
    let value = &evidence.value;
    if let Some(collected) = value.collected.filter(|c| *c > reference) {
        let says = format!("collected on {collected}, after {day}");
        look.add(Found::new(check, subject(evidence), place(), says).fact(fact("collected-late", collected)));
    }
    if let Some(until) = value.valid_until.filter(|u| *u < reference) {
        let says = format!("valid until {until}, before {day}");
        look.add(Found::new(check, subject(evidence), place(), says).fact(fact("expired", until)));
    }
    if matches!(own.level, MaturityLevel::Policy | MaturityLevel::Procedure) {
        // Documents are judged by their approval (QC-11).
        return;
    }
    let Some(newest) = value.period.map(|(_, end)| end).or(value.collected) else {
        look.add(Found::new(check, subject(evidence), place(), format!("shows {of} and bears no date")));
        return;
    };
    let limit = &look.checks.figures.evidence_age_days;
    let age = days(newest, reference);
    if age > limit.value.into() {
        let says =
            format!("of {newest}, {age} days before {day}; at most {} [{}]", limit.value, limit.provenance.confidence);
        look.add(Found::new(check, subject(evidence), place(), says).fact(fact("old", newest)).by(limit));
    }
}

/// Another's report is relied upon for at most a year, and only where its controls are mapped.
fn reports(look: &mut Look<'_>) {
    let case = look.case;
    let mut used: BTreeSet<&EvidenceId> = BTreeSet::new();
    for row in look.rows() {
        let levels = row.answer.into_iter().flat_map(|a| a.value.levels.values());
        used.extend(levels.flat_map(|l| &l.evidence).map(|u| &u.evidence));
    }
    let reference = case.dates.submission.map_or(case.at, |s| s.min(case.at));
    for evidence in case.dossier.evidence.values().filter(|e| used.contains(&e.value.id)) {
        let Some(report) = &evidence.value.attestation else { continue };
        let name = format!("{} of {}", report.report, report.organisation);
        let place = || Some(evidence.place.clone());
        if !report.mapped {
            let says = format!("{name} is relied upon, but its controls are not mapped to requirements");
            look.add(Found::new(Check::ReportNotUsable, subject(evidence), place(), says));
        }
        let limit = &look.checks.figures.report_age_days;
        let age = days(report.dated, reference);
        if age > limit.value.into() {
            let says = format!(
                "{name} is dated {}, {age} days before {reference}; at most {} [{}]",
                report.dated, limit.value, limit.provenance.confidence
            );
            let found = Found::new(Check::ReportNotUsable, subject(evidence), place(), says);
            look.add(found.fact(format!("dated {}", report.dated)).by(limit));
        } else if age < 0 {
            let says = format!("{name} is dated {}, after {reference}", report.dated);
            let found = Found::new(Check::ReportNotUsable, subject(evidence), place(), says);
            look.add(found.fact(format!("to come {}", report.dated)));
        }
    }
}

fn components(look: &mut Look<'_>) {
    let case = look.case;
    let mut spoken = BTreeSet::new();
    for row in look.rows() {
        for level in row.answer.into_iter().flat_map(|a| a.value.levels.values()) {
            spoken.extend(level.parts.iter().filter_map(|p| p.component.as_ref()));
            let evidence = level.evidence.iter().filter_map(|u| case.dossier.evidence.get(&u.evidence));
            spoken.extend(evidence.flat_map(|e| &e.value.components));
        }
    }
    for (id, component) in case.dossier.scope.components.iter().filter(|(id, _)| !spoken.contains(id)) {
        let says = format!("`{}` is in scope, but no answer and no evidence in use names it", component.value.title);
        let subject = Subject::Component(id.clone());
        look.add(Found::new(Check::ComponentUnused, subject, Some(component.place.clone()), says));
    }
}

fn twice(look: &mut Look<'_>) {
    let case = look.case;
    let mut same: BTreeMap<(&str, &str), Vec<&Placed<Evidence>>> = BTreeMap::new();
    for evidence in case.dossier.evidence.values() {
        if let Some(digest) = &evidence.value.digest {
            same.entry(("content", digest)).or_default().push(evidence);
        }
        if let Some(file) = &evidence.value.file {
            same.entry(("file", file)).or_default().push(evidence);
        }
    }
    for ((what, _), group) in same {
        let [first, others @ ..] = group.as_slice() else { continue };
        if !others.is_empty() {
            let ids: Vec<&str> = others.iter().map(|e| e.value.id.as_str()).collect();
            let says = format!("the same {what} is registered as {}", ids.join(", "));
            look.add(Found::new(Check::EvidenceTwice, subject(first), Some(first.place.clone()), says));
        }
    }
}

//! QC-06 to QC-09, QC-19 and QC-35: levels, what stands behind them, and what the rubric gives.

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Judgement, Strength};
use attesta_scoring::{Exact, MaturityLevel, Rubric, Score};

use super::{
    Check,
    look::{Found, Look, OwnLevel, Row, points},
};
use crate::{Sample, SampleResult};

/// Every rating that a rubric's tables hold, by level.
pub fn ratings(rubric: &Rubric) -> BTreeMap<MaturityLevel, BTreeSet<Score>> {
    let levels = rubric.matrices.iter();
    let held = |level: MaturityLevel, strongest: usize| {
        let tiers = 0..=strongest;
        let cells = tiers.flat_map(move |tier| (0..=100).map(move |met| (tier, met)));
        cells.filter_map(|(tier, met)| rubric.rate(level, tier, met, 100).ok()).collect()
    };
    levels.map(|(level, matrix)| (*level, held(*level, matrix.value.strongest()))).collect()
}

pub(super) fn look(look: &mut Look<'_>) {
    for row in look.rows().iter().filter(|r| !r.not_applicable()) {
        unanswered(look, row);
        managed(look, row);
    }
    for own in look.own_levels() {
        measured(look, &own);
        without_evidence(look, &own);
        not_sampled(look, &own);
    }
    for row in look.rows().iter().filter(|r| !r.not_applicable()) {
        off_rubric(look, row);
    }
}

fn unanswered(look: &mut Look<'_>, row: &Row<'_>) {
    if row.answer.is_none() {
        look.add(Found::new(Check::Unanswered, row.subject(), None, "not answered"));
        return;
    }
    if let Some(faults) = look.case.faults.get(row.key()) {
        for fault in faults {
            let says = format!("nothing can be worked out of its answer: {fault}");
            look.add(Found::new(Check::Unanswered, row.subject(), row.place(), says));
        }
        return;
    }
    let missing = look.case.scored.required.iter().filter(|l| row.levelled.entity.get(**l).is_none());
    let missing: Vec<&str> = missing.map(|l| l.as_str()).collect();
    if !missing.is_empty() {
        let says = format!("not answered on {}", missing.join(", "));
        look.add(Found::new(Check::Unanswered, row.subject(), row.place(), says));
    }
}

/// What is not measured cannot be managed.
fn managed(look: &mut Look<'_>, row: &Row<'_>) {
    let words = [("", row.levelled.entity), ("by the assessor's scores, ", row.levelled.last)];
    for (whose, levels) in words {
        let (Some(managed), measured) = (levels.managed, levels.measured.unwrap_or_default()) else { continue };
        if managed > measured {
            let measured = levels.measured.map_or_else(|| "not scored".to_owned(), points);
            let says = format!("{whose}managed is {} and measured is {measured}", points(managed));
            let subject = row.level(MaturityLevel::Managed);
            look.add(Found::new(Check::ManagedAboveMeasured, subject, row.place(), says));
        }
    }
}

fn measured(look: &mut Look<'_>, own: &OwnLevel<'_>) {
    if own.level != MaturityLevel::Measured {
        return;
    }
    let register = &look.case.dossier.measures;
    let named = own.answer.parts.iter().filter_map(|p| match &p.judgement {
        Judgement::Rated { strength: Strength::Measure(id), .. } => Some(id),
        _ => None,
    });
    let listing = register.iter().filter(|(_, m)| m.value.requirements.contains(own.row.key())).map(|(id, _)| id);
    let ids: BTreeSet<_> = named.chain(listing).collect();
    let mut tell = |says: String| {
        look.add(Found::new(Check::MeasuredWithoutMeasure, own.subject(), own.row.place(), says));
    };
    if ids.is_empty() {
        tell(format!("measured is {} without a measure or metric", points(own.score)));
    }
    for id in ids {
        match register.get(id).map(|m| m.value.missing()) {
            None => tell(format!("measured is {} by `{id}`, which is not in the register", points(own.score))),
            Some(missing) if !missing.is_empty() => tell(format!(
                "measured is {} by `{id}`, whose definition lacks {}",
                points(own.score),
                missing.join(", ")
            )),
            Some(_) => {}
        }
    }
}

fn without_evidence(look: &mut Look<'_>, own: &OwnLevel<'_>) {
    let register = &look.case.dossier.evidence;
    let mut tell = |says: String| {
        look.add(Found::new(Check::ScoredWithoutEvidence, own.subject(), own.row.place(), says));
    };
    if own.answer.evidence.is_empty() {
        tell(format!("{} is {} without evidence", own.level, points(own.score)));
    }
    for used in own.answer.evidence.iter().filter(|u| !register.contains_key(&u.evidence)) {
        tell(format!("evidence `{}` is not in the register", used.evidence));
    }
}

fn not_sampled(look: &mut Look<'_>, own: &OwnLevel<'_>) {
    if own.level != MaturityLevel::Implemented {
        return;
    }
    let Some(samples) = look.case.samples else {
        if own.row.requirement.sampled || own.answer.sample.is_some() {
            look.cannot(Check::NotSampled, "samples and their lead sheets were not read");
        }
        return;
    };
    let mut tell = |says: String| look.add(Found::new(Check::NotSampled, own.subject(), own.row.place(), says));
    match &own.answer.sample {
        None => {
            let reason = own.row.answer.and_then(|a| a.value.not_sampled.as_deref()).unwrap_or_default();
            if own.row.requirement.sampled && reason.trim().is_empty() {
                tell("a sample is usual here; there is neither one nor a reason".to_owned());
            }
        }
        Some(id) => match samples.get(id) {
            None => tell(format!("sample `{id}` has no lead sheet")),
            Some(sample) => {
                for lack in lead_sheet_lacks(&sample.value, own) {
                    tell(format!("the lead sheet of `{id}` {lack}"));
                }
            }
        },
    }
}

/// A lead sheet is whole when every item was looked at for every element (Handbook 11.3.1).
fn lead_sheet_lacks(sample: &Sample, own: &OwnLevel<'_>) -> Vec<String> {
    let mut lacks = Vec::new();
    if !sample.requirements.contains(own.row.key()) {
        lacks.push("does not name this requirement".to_owned());
    }
    match sample.result() {
        SampleResult::NotDrawn => lacks.push("holds no draw".to_owned()),
        SampleResult::Unfinished { missing, .. } => lacks.push(format!("lacks {missing} findings")),
        SampleResult::Finished { .. } => {}
    }
    let whole = sample.attributes.values().any(|a| a.elements.is_empty());
    let covered = |number: u8| whole || sample.attributes.values().any(|a| a.elements.contains(&number));
    let numbers = own.row.requirement.elements.iter().map(|e| e.number);
    let bare: Vec<String> = numbers.filter(|n| !covered(*n)).map(|n| n.to_string()).collect();
    if !bare.is_empty() {
        lacks.push(format!("looks at nothing of element {}", bare.join(", ")));
    }
    lacks
}

fn off_rubric(look: &mut Look<'_>, row: &Row<'_>) {
    let Some(answered) = row.answer else { return };
    for (level, answer) in &answered.value.levels {
        if !look.case.scored.contains(*level) {
            continue;
        }
        let (rated, own) = (row.levelled.rated.get(*level), row.levelled.own.get(*level));
        let mut tell = |says: String| {
            look.add(Found::new(Check::ScoreOffRubric, row.level(*level), row.place(), says));
        };
        if let (Some(rated), Some(own)) = (rated, own)
            && rated != own
        {
            tell(format!("scored {}; the elements and strength recorded give {}", points(own), points(rated)));
        }
        let Some(held) = look.case.ratings.get(level) else {
            look.cannot(Check::ScoreOffRubric, "the rubric has no table for some level that is scored");
            continue;
        };
        let mut given = Vec::new();
        for part in &answer.parts {
            if let Judgement::Given { score, .. } = part.judgement
                && !held.contains(&score)
            {
                given.push(format!("given {score}, which the rubric's table does not hold"));
            }
        }
        // A score over several parts, or with a share inherited, need not lie on the table.
        let single = answer.parts.len() <= 1 && row.levelled.entity.get(*level) == own;
        if let Some((validated, score)) = row.validated.and_then(|v| Some((v, *v.value.levels.get(level)?))) {
            if single && !held.contains(&score) {
                given.push(format!("the assessor gives {score}, which the rubric's table does not hold"));
            }
            let differs = rated.is_some_and(|rated| rated != Exact::from(score));
            if single && differs && validated.value.comment.trim().is_empty() {
                given.push(format!(
                    "the assessor gives {score} where the elements recorded give {}, and does not say why",
                    rated.map(points).unwrap_or_default()
                ));
            }
        }
        for says in given {
            look.add(Found::new(Check::ScoreOffRubric, row.level(*level), row.place(), says));
        }
    }
}

//! What falls short, worst first.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::cmp::Reverse;

use attesta_interchange::csv;
use attesta_scoring::{Answer, Exact, MaturityLevel, Requirement, Shortfall};
use serde::Serialize;

use crate::{
    desk::{Desk, Scored},
    points::{Points, shown},
};

/// One gap.
#[derive(Serialize)]
pub struct Gap {
    pub requirement: String,
    pub title: String,
    pub domain: u8,
    pub control_reference: String,
    pub required_cap: bool,
    pub domain_passes: bool,
    pub score: Points,
    /// Levels below 100, with their scores.
    pub below: Vec<Below>,
    /// Unmet elements of the Implemented level, where it was judged by elements.
    pub unmet: Vec<Unmet>,
}

#[derive(Serialize)]
pub struct Below {
    pub level: &'static str,
    pub score: Points,
}

#[derive(Serialize)]
pub struct Unmet {
    pub element: u8,
    pub text: String,
}

/// Every gap: those that require a plan first, then those in domains below the threshold, then the lowest score.
pub fn gaps(desk: &Desk, scored: &Scored<'_>) -> Vec<Gap> {
    let rows = scored.workings.requirements.iter().zip(&scored.card.requirements);
    let mut gaps: Vec<(Option<Exact>, Gap)> = rows
        .filter(|(_, own)| own.shortfall != Shortfall::None)
        .map(|(requirement, own)| {
            let asked = scored.asked(&requirement.id).map(|(_, a)| a.requirement);
            let gap = Gap {
                requirement: requirement.id.to_string(),
                title: asked.map_or_else(String::new, |r| r.title.clone()),
                domain: requirement.domain,
                control_reference: requirement.control_reference.to_string(),
                required_cap: own.shortfall == Shortfall::RequiredCap,
                domain_passes: scored.card.domains.get(&requirement.domain).is_some_and(|d| d.passes),
                score: Points(own.score),
                below: below(scored, requirement),
                unmet: unmet(desk, scored, requirement),
            };
            (own.score, gap)
        })
        .collect();
    gaps.sort_by(|(a_score, a), (b_score, b)| {
        let rank = |gap: &Gap| (Reverse(gap.required_cap), gap.domain_passes);
        rank(a).cmp(&rank(b)).then_with(|| a_score.cmp(b_score)).then_with(|| a.requirement.cmp(&b.requirement))
    });
    gaps.into_iter().map(|(_, gap)| gap).collect()
}

/// Gaps for a spreadsheet: those that require a plan, or the others (the two appendices of a report).
pub fn sheet(gaps: &[Gap], required: bool) -> Vec<u8> {
    let rows = gaps.iter().filter(|gap| gap.required_cap == required).map(|gap| {
        let below: Vec<String> = gap.below.iter().map(|b| format!("{} {}", b.level, shown(b.score.0))).collect();
        let unmet: Vec<String> = gap.unmet.iter().map(|u| format!("{}: {}", u.element, u.text)).collect();
        [
            gap.requirement.clone(),
            gap.title.clone(),
            gap.domain.to_string(),
            gap.control_reference.clone(),
            shown(gap.score.0),
            below.join("; "),
            unmet.join("; "),
        ]
    });
    csv(&["requirement", "title", "domain", "control reference", "score", "levels below 100", "unmet elements"], rows)
}

fn below(scored: &Scored<'_>, requirement: &Requirement) -> Vec<Below> {
    let Answer::Scored(levels) = &requirement.answer else { return Vec::new() };
    let short = |level: &MaturityLevel| {
        let score = levels.get(*level).filter(|s| *s < Exact::FULL)?;
        Some(Below { level: level.as_str(), score: Points(Some(score)) })
    };
    scored.rules.gap.value.iter().filter_map(short).collect()
}

fn unmet(desk: &Desk, scored: &Scored<'_>, requirement: &Requirement) -> Vec<Unmet> {
    use attesta_assessment::{Judgement, Met};
    let Some((_, asked)) = scored.asked(&requirement.id) else { return Vec::new() };
    let answer = desk.dossier.answers.get(&asked.requirement.id);
    let Some(level) = answer.and_then(|a| a.value.levels.get(&MaturityLevel::Implemented)) else { return Vec::new() };
    let lacks = |number: u8| {
        level.parts.iter().any(|part| match &part.judgement {
            Judgement::Rated { met: Met::These(met), inapplicable, .. } => {
                !met.contains(&number) && !inapplicable.contains(&number)
            }
            _ => false,
        })
    };
    let elements = asked.requirement.elements.iter().filter(|e| lacks(e.number));
    elements.map(|e| Unmet { element: e.number, text: e.text.clone() }).collect()
}

//! What comes of an assessment's additions: AI security, the NIST CSF, insights reports.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::BTreeSet;

use attesta_assessment::{AdditionOutcome, AdditionRow, Over, Reason, RowStanding, decide_addition};
use attesta_catalog::FrameworkId;
use attesta_kernel::Provenance;
use attesta_scoring::{Answer, Decision};

use crate::desk::{Desk, Scored};

/// One addition, and what comes of it by its rule; none where it has no rule.
pub struct Added<'d> {
    pub id: &'d str,
    pub title: &'d str,
    pub outcome: Option<(AdditionOutcome, &'d Provenance)>,
}

/// Every chosen addition.
pub fn outcomes<'d>(desk: &'d Desk, scored: &Scored<'_>) -> Vec<Added<'d>> {
    let header = &desk.dossier.assessment.value;
    // An assessment with open requirements is not certified, whatever its domains say.
    let base = match &scored.card.decision {
        Decision::Certified if !scored.would_certify() => Decision::Incomplete(Vec::new()),
        decision => decision.clone(),
    };
    let chosen = header.additions.iter().filter_map(|id| desk.additions.0.get(id));
    chosen
        .map(|addition| {
            let figure = addition.rule.as_ref().and_then(|rules| rules.on(header.created));
            let outcome = figure.map(|figure| {
                let (framework, groups) = match figure.value.over {
                    Over::Brought => (None, Vec::new()),
                    Over::EachGroup(id) => (Some(id), groups(desk, id)),
                };
                let nothing = BTreeSet::new();
                let rows: Vec<AdditionRow<'_>> = scored
                    .tailored
                    .requirements
                    .iter()
                    .zip(&scored.workings.worked)
                    .map(|(asked, worked)| AdditionRow {
                        brought: asked
                            .because
                            .iter()
                            .any(|r| matches!(r, Reason::Addition(id, _) if *id == addition.id)),
                        serves: framework.and_then(|f| asked.requirement.maps.get(&f)).unwrap_or(&nothing),
                        standing: standing(scored, asked.requirement.id.as_str(), worked.answer),
                    })
                    .collect();
                (decide_addition(&figure.value, &base, &rows, &groups), &figure.provenance)
            });
            Added { id: addition.id.as_str(), title: &addition.title, outcome }
        })
        .collect()
}

fn standing(scored: &Scored<'_>, id: &str, answer: Option<Answer>) -> RowStanding {
    match answer {
        None => RowStanding::Unanswered,
        Some(Answer::NotApplicable) => RowStanding::NotApplicable,
        Some(Answer::Scored(_)) => {
            let at = scored.workings.requirements.iter().position(|r| &*r.id == id);
            let score = at.and_then(|at| scored.card.requirements.get(at)).and_then(|r| r.score);
            score.map_or(RowStanding::Unanswered, RowStanding::Scored)
        }
    }
}

/// Functions and categories of a framework: what has no parent, and what others stand under.
fn groups(desk: &Desk, id: FrameworkId) -> Vec<Box<str>> {
    let entries = || desk.catalog.framework(id).into_iter().flat_map(|f| f.entries()).filter(|e| !e.withdrawn);
    let parents: BTreeSet<&str> = entries().filter_map(|e| e.parent.as_deref()).collect();
    entries().filter(|e| e.parent.is_none() || parents.contains(&*e.id)).map(|e| e.id.clone()).collect()
}

//! What the answers come to.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use attesta_assessment::AdditionOutcome;
use attesta_scoring::Shortfall;
use serde::Serialize;

use crate::{
    additions,
    desk::{Desk, Scored},
    points::Points,
};

/// The scorecard as JSON. The keys of the bare calculator come first, with the same meaning.
#[derive(Serialize)]
pub struct Report<'a> {
    pub schema: &'static str,
    pub assessment: &'a str,
    #[serde(rename = "type")]
    pub kind: &'a str,
    pub purpose: &'a str,
    pub created: String,
    pub requirements: Vec<Row>,
    pub control_references: Vec<ReferenceRow>,
    pub domains: Vec<DomainRow<'a>>,
    pub certified: bool,
    pub verdict: String,
    pub caps: Vec<String>,
    pub gaps: Vec<String>,
    pub incomplete: Vec<Missing>,
    pub unanswered: Vec<&'a str>,
    pub additions: Vec<AdditionRow<'a>>,
    pub unverified: Vec<Unverified<'a>>,
}

#[derive(Serialize)]
pub struct AdditionRow<'a> {
    pub addition: &'a str,
    pub title: &'a str,
    pub granted: Option<bool>,
    pub says: String,
}

#[derive(Serialize)]
pub struct Row {
    pub id: String,
    pub score: Points,
    /// The PRISMA band of the score.
    pub band: Option<String>,
    pub levels: std::collections::BTreeMap<&'static str, Points>,
    pub not_applicable: bool,
}

#[derive(Serialize)]
pub struct ReferenceRow {
    pub control_reference: String,
    pub score: Points,
}

#[derive(Serialize)]
pub struct DomainRow<'a> {
    pub domain: u8,
    pub title: &'a str,
    pub score: Points,
    pub passes: bool,
    pub counted: usize,
    pub left_out: usize,
    pub unanswered: usize,
}

#[derive(Serialize)]
pub struct Missing {
    pub id: String,
    pub levels: Vec<&'static str>,
}

#[derive(Serialize)]
pub struct Unverified<'a> {
    pub figure: String,
    pub source: &'a str,
}

impl<'a> Report<'a> {
    pub fn of(desk: &'a Desk, scored: &'a Scored<'a>) -> Self {
        let header = &desk.dossier.assessment.value;
        let rows = || scored.workings.requirements.iter().zip(&scored.card.requirements);
        let short =
            |wanted: Shortfall| rows().filter(|(_, s)| s.shortfall == wanted).map(|(r, _)| r.id.to_string()).collect();
        Self {
            schema: "attesta.assessment-scorecard/1",
            assessment: header.id.as_str(),
            kind: &header.program,
            purpose: header.purpose.as_str(),
            created: header.created.to_string(),
            requirements: rows().map(|(r, s)| row(scored, r, s)).collect(),
            control_references: scored
                .card
                .control_references
                .iter()
                .map(|(r, g)| ReferenceRow { control_reference: r.to_string(), score: Points(g.score) })
                .collect(),
            domains: domains(desk, scored),
            certified: scored.certified(),
            verdict: scored.verdict(),
            caps: short(Shortfall::RequiredCap),
            gaps: short(Shortfall::Gap),
            incomplete: rows()
                .filter(|(_, s)| !s.missing.is_empty())
                .map(|(r, s)| Missing { id: r.id.to_string(), levels: s.missing.iter().map(|l| l.as_str()).collect() })
                .collect(),
            unanswered: unanswered(scored),
            additions: additions::outcomes(desk, scored)
                .into_iter()
                .map(|added| AdditionRow {
                    addition: added.id,
                    title: added.title,
                    granted: added.outcome.as_ref().map(|(o, _)| matches!(o, AdditionOutcome::Granted { .. })),
                    says: said(&added),
                })
                .collect(),
            unverified: scored
                .unverified(&desk.rubric)
                .into_iter()
                .map(|(figure, p)| Unverified { figure, source: &p.source })
                .collect(),
        }
    }
}

fn row(
    scored: &Scored<'_>,
    requirement: &attesta_scoring::Requirement,
    own: &attesta_scoring::RequirementScore,
) -> Row {
    use attesta_scoring::{Answer, MaturityLevel};
    let levels = match &requirement.answer {
        Answer::NotApplicable => Default::default(),
        Answer::Scored(levels) => {
            MaturityLevel::ALL.into_iter().filter_map(|l| Some((l.as_str(), Points(Some(levels.get(l)?))))).collect()
        }
    };
    let not_applicable = matches!(requirement.answer, Answer::NotApplicable);
    let band = own.score.map(|s| scored.rules.bands.value.of(s).to_owned());
    Row { id: requirement.id.to_string(), score: Points(own.score), band, levels, not_applicable }
}

fn unanswered<'a>(scored: &'a Scored<'_>) -> Vec<&'a str> {
    let of = |at: &usize| scored.tailored.requirements.get(*at).map(|a| a.requirement.id.as_str());
    scored.workings.unanswered.iter().filter_map(of).collect()
}

/// What comes of an addition, in a line, with the confidence of its rule.
pub fn said(added: &additions::Added<'_>) -> String {
    match &added.outcome {
        Some((outcome, provenance)) => format!("{outcome} [{}: {}]", provenance.confidence, provenance.source),
        None => "no rule grants anything; its requirements are told apart in the scorecard".to_owned(),
    }
}

/// One row for each assessment domain in which something is asked.
pub fn domains<'a>(desk: &'a Desk, scored: &'a Scored<'_>) -> Vec<DomainRow<'a>> {
    let open = |number: u8| {
        let of = |at: &&usize| scored.tailored.requirements.get(**at).is_some_and(|a| a.requirement.domain == number);
        scored.workings.unanswered.iter().filter(of).count()
    };
    desk.catalog
        .domains()
        .filter_map(|domain| {
            let unanswered = open(domain.number);
            let own = scored.card.domains.get(&domain.number);
            if own.is_none() && unanswered == 0 {
                return None;
            }
            Some(DomainRow {
                domain: domain.number,
                title: &domain.title,
                score: Points(own.and_then(|d| d.group.score)),
                passes: own.is_some_and(|d| d.passes) && unanswered == 0,
                counted: own.map_or(0, |d| d.group.counted),
                left_out: own.map_or(0, |d| d.group.left_out),
                unanswered,
            })
        })
        .collect()
}

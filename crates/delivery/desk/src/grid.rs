//! Every requirement that is asked in one line: what both sides say of each level, what it comes to, and what is left.

use std::collections::BTreeMap;

use attesta_assessment::{Answered, RequirementKey, Side, Validated, View};
use attesta_lifecycle::Subject;
use attesta_scoring::{Exact, MaturityLevel, Shortfall};

use crate::{answer, desk::Desk, failure::Failure, points::shown};

/// How far the answer to a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Nobody answered it.
    Open,
    /// A level that counts is missing.
    Half,
    /// Every level that counts is answered.
    Answered,
    /// It does not apply, with a reason.
    NotApplicable,
}

impl Stands {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Half => "half",
            Self::Answered => "answered",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub key: RequirementKey,
    /// Its title.
    pub title: String,
    /// Its assessment domain.
    pub domain: u8,
    /// The control reference in which it is scored.
    pub reference: String,
    /// By level, as the entity says; empty where it says nothing.
    pub entity: Vec<String>,
    /// By level, as the assessor says; empty where the assessor agrees or has said nothing.
    pub assessor: Vec<String>,
    /// What it comes to by the entity's word.
    pub score: Option<Exact>,
    /// What it comes to by the last word.
    pub last: Option<Exact>,
    /// The band of the last word.
    pub band: String,
    /// Who answers for it, as the assessment's people are called.
    pub owner: String,
    /// How far the answer is.
    pub stands: Stands,
    /// Whether the assessor recorded a result, and has finished with it.
    pub validated: Option<bool>,
    /// What falls short.
    pub shortfall: Shortfall,
    /// Where the plan for it stands, in a word; empty where there is none.
    pub plan: String,
}

/// All requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The levels that are scored in this assessment.
    pub levels: Vec<MaturityLevel>,
    /// Domains in which something is asked, with their titles.
    pub domains: Vec<(u8, String)>,
    /// In the order of their ids.
    pub rows: Vec<Row>,
    /// The assessor's people: id and name.
    pub testers: Vec<(String, String)>,
    /// The entity's people: id and name.
    pub owners: Vec<(String, String)>,
    /// Why answers cannot change now; none where they can.
    pub answers_held: Option<String>,
    /// The same for the assessor's results.
    pub results_held: Option<String>,
}

impl Grid {
    /// What an owner or a tester is called; an id that nobody has any more is said as it is.
    pub fn called<'g>(&'g self, id: &'g str) -> &'g str {
        let known = self.owners.iter().chain(&self.testers).find(|(own, _)| own == id);
        known.map_or(id, |(_, name)| name.as_str())
    }
}

/// Works out the grid.
///
/// # Errors
///
/// What keeps the answers from being worked out.
pub fn grid(desk: &Desk) -> Result<Grid, Failure> {
    let entity = desk.scored(View::Entity)?;
    let last = desk.scored(View::Final)?;
    let levels = entity.rules.weights.value.levels();
    let levels: Vec<MaturityLevel> = MaturityLevel::ALL.into_iter().filter(|level| levels.contains(level)).collect();
    let own = scores(&entity);
    let finals = scores(&last);
    let actions = attesta_workspace::actions(&desk.folder)?;
    let mut plans: BTreeMap<&RequirementKey, String> = BTreeMap::new();
    for action in actions.values() {
        let word = action.value.status.map_or("planned", |status| status.as_str());
        plans.insert(&action.value.requirement, word.replace('-', " "));
    }
    let mut rows: Vec<Row> = entity
        .tailored
        .requirements
        .iter()
        .enumerate()
        .map(|(at, asked)| {
            let requirement = asked.requirement;
            let key = &requirement.id;
            let answered: Option<&Answered> = desk.dossier.answers.get(key).map(|a| &a.value);
            let validated: Option<&Validated> = desk.dossier.validation.get(key).map(|v| &v.value);
            let worked = entity.workings.worked.get(at);
            let value = |level: &MaturityLevel| worked.and_then(|w| w.levels.get(level)).and_then(|l| l.value);
            let found = |level: &MaturityLevel| validated.and_then(|v| v.levels.get(level)).map(ToString::to_string);
            let own_score = own.get(key.as_str());
            let last_score = finals.get(key.as_str());
            let not_applicable = answered.is_some_and(|a| a.not_applicable.is_some());
            Row {
                title: requirement.title.clone(),
                domain: requirement.domain,
                reference: requirement.control_reference.to_string(),
                entity: levels.iter().map(|level| value(level).map_or_else(String::new, |v| shown(Some(v)))).collect(),
                assessor: levels.iter().map(|level| found(level).unwrap_or_default()).collect(),
                score: own_score.and_then(|s| s.score),
                last: last_score.and_then(|s| s.score),
                band: last_score
                    .and_then(|s| s.score)
                    .map_or_else(String::new, |score| last.rules.bands.value.of(score).to_owned()),
                owner: answered.and_then(|a| a.owner.as_ref()).map_or_else(String::new, ToString::to_string),
                stands: match own_score {
                    _ if not_applicable => Stands::NotApplicable,
                    None => Stands::Open,
                    Some(score) if !score.missing.is_empty() => Stands::Half,
                    Some(_) => Stands::Answered,
                },
                validated: validated.map(|v| v.complete),
                shortfall: last_score.map_or(Shortfall::None, |s| s.shortfall),
                plan: plans.get(key).cloned().unwrap_or_default(),
                key: key.clone(),
            }
        })
        .collect();
    rows.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
    let asked: std::collections::BTreeSet<u8> = rows.iter().map(|row| row.domain).collect();
    let domains = desk.catalog.domains().filter(|d| asked.contains(&d.number)).map(|d| (d.number, d.title.clone()));
    let people = |side: Side| -> Vec<(String, String)> {
        let of = desk.dossier.people.values().filter(|p| p.value.side == side);
        of.map(|p| (p.value.id.to_string(), p.value.name.clone())).collect()
    };
    let held = |subject, side| -> Option<String> { answer::may(desk, subject, side).err().map(|why| why.to_string()) };
    Ok(Grid {
        domains: domains.collect(),
        testers: people(Side::Assessor),
        owners: people(Side::Entity),
        answers_held: held(Subject::Answers, Side::Entity),
        results_held: held(Subject::AssessorResults, Side::Assessor),
        levels,
        rows,
    })
}

fn scores<'s>(scored: &'s crate::Scored<'_>) -> BTreeMap<&'s str, &'s attesta_scoring::RequirementScore> {
    scored.workings.requirements.iter().zip(&scored.card.requirements).map(|(r, s)| (&*r.id, s)).collect()
}

/// Which rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sieve {
    /// Of this domain.
    pub domain: Option<u8>,
    /// With this in id, title or control reference.
    pub text: String,
    /// `open`, `half`, `answered`, `not-applicable`, `differs`, `untested`; empty for all.
    pub state: String,
    /// Of this owner; `-` is nobody's.
    pub owner: String,
    /// `any` gap, or only those that need a plan (`cap`).
    pub gaps: String,
}

impl Sieve {
    /// Whether a row is among them. `grid.js` says the same in the browser.
    pub fn lets(&self, row: &Row) -> bool {
        let text = self.text.trim().to_lowercase();
        let state = match self.state.as_str() {
            "" => true,
            "differs" => row.assessor.iter().any(|score| !score.is_empty()),
            "untested" => row.validated != Some(true),
            word => row.stands.as_str() == word,
        };
        let owner = match self.owner.as_str() {
            "" => true,
            "-" => row.owner.is_empty(),
            id => row.owner == id,
        };
        let gap = match self.gaps.as_str() {
            "" => true,
            "cap" => row.shortfall == Shortfall::RequiredCap,
            _ => row.shortfall != Shortfall::None,
        };
        state
            && owner
            && gap
            && self.domain.is_none_or(|domain| row.domain == domain)
            && (text.is_empty()
                || format!("{} {} {}", row.key, row.title, row.reference).to_lowercase().contains(&text))
    }
}

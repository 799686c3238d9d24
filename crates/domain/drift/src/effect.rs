//! What a change does to an assessment whose checks feed proposals: levels, domains, the decision.

use attesta_scoring::{Exact, MaturityLevel, Score};

/// What an assessment would come to before and after, if people accepted what each state lets automation propose. What
/// people answered themselves stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The assessment's title.
    pub assessment: String,
    /// Its type: e1, i1, r2.
    pub program: String,
    /// What a domain must reach.
    pub threshold: Score,
    /// Requirements whose level would move.
    pub requirements: Vec<RequirementMove>,
    /// Domains whose score would move.
    pub domains: Vec<DomainMove>,
    /// The decision before, in a sentence.
    pub verdict_before: String,
    /// The decision after.
    pub verdict_after: String,
    /// Whether it would certify before.
    pub certified_before: bool,
    /// Whether it would certify after.
    pub certified_after: bool,
    /// Required corrective action plans that would come.
    pub caps_come: Vec<String>,
    /// And those that would go.
    pub caps_go: Vec<String>,
    /// Requirements that people answered themselves and of which the checks now see more violated: the score does not
    /// move, but what was answered should be looked at.
    pub answered_otherwise: Vec<String>,
    /// Figures behind the scores that nobody confirmed.
    pub unverified: Vec<String>,
}

/// One level of one requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Scored.
    Scored(Exact),
    /// Nobody answered.
    Open,
}

/// A requirement whose level would move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementMove {
    /// The requirement.
    pub id: String,
    /// Its assessment domain.
    pub domain: u8,
    /// The level.
    pub level: MaturityLevel,
    /// Before.
    pub before: Level,
    /// After.
    pub after: Level,
}

/// A domain whose score would move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainMove {
    /// Its number.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Before; `None` where nothing counts.
    pub before: Option<Exact>,
    /// After.
    pub after: Option<Exact>,
    /// Whether it reaches the threshold before.
    pub passes_before: bool,
    /// And after.
    pub passes_after: bool,
}

impl DomainMove {
    /// Whether it falls below the threshold.
    pub fn falls(&self) -> bool {
        self.passes_before && !self.passes_after
    }
}

impl Effect {
    /// Whether a certification that would hold would be lost.
    pub fn certification_lost(&self) -> bool {
        self.certified_before && !self.certified_after
    }

    /// Whether some domain would fall below its threshold, or the certification would be lost.
    pub fn at_risk(&self) -> bool {
        self.certification_lost() || self.domains.iter().any(DomainMove::falls)
    }

    /// Whether nothing moves.
    pub fn is_still(&self) -> bool {
        self.requirements.is_empty() && self.domains.is_empty() && self.verdict_before == self.verdict_after
    }
}

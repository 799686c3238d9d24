//! Decisions about addressable specifications (45 CFR 164.306(d)(3)) and marks that an item does not apply.

use std::{collections::BTreeMap, fmt};

use attesta_assessment::EvidenceId;
use attesta_catalog::{Catalog, Designation, HipaaItem};
use attesta_kernel::{Citation, Date};

use crate::{Retention, Slug, Words, rules::DecisionRules};

/// What was decided about an addressable specification. There is no fourth choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// It is reasonable and appropriate, and implemented as written (164.306(d)(3)(ii)(A)).
    Implement,
    /// It is not, and an equivalent measure stands in (164.306(d)(3)(ii)(B)(1) and (2)).
    Alternative {
        /// The measure.
        measure: Option<Words>,
    },
    /// Neither it nor any equivalent measure is reasonable and appropriate: lawful with that reasoning in writing alone.
    Neither,
}

impl Choice {
    /// The word used in files and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Implement => "implement",
            Self::Alternative { .. } => "alternative",
            Self::Neither => "neither",
        }
    }
}

/// A decision as somebody wrote it; what is missing makes it a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The specification.
    pub item: Citation,
    /// The choice.
    pub choice: Choice,
    /// Why the specification is, or is not, reasonable and appropriate here.
    pub rationale: Option<Words>,
    /// Why no equivalent measure is reasonable and appropriate either; asked of *neither* alone.
    pub no_alternative: Option<Words>,
    /// The factors of 164.306(b)(2), answered.
    pub factors: BTreeMap<Slug, Words>,
    /// Who approved it.
    pub approver: Option<Words>,
    /// When.
    pub decided_on: Option<Date>,
    /// The last day on which it stands without a review.
    pub review_by: Option<Date>,
    /// What shows the measure, or the reasoning.
    pub evidence: Vec<EvidenceId>,
    /// The day on which it was withdrawn, when nothing took its place.
    pub ended_on: Option<Date>,
}

/// Why a decision does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecisionFlaw {
    /// No reasoning.
    NoRationale,
    /// *Alternative* without the measure.
    NoMeasure,
    /// *Neither* without why no equivalent measure is reasonable.
    NoWordOnAlternatives,
    /// A factor is not answered.
    NoFactor(Slug),
    /// An answer to something that is no factor.
    UnknownFactor(Slug),
    /// Nobody approved it.
    NoApprover,
    /// It has no day.
    NoDay,
    /// It is dated after the day of the report.
    NotYet(Date),
    /// It has no day of review.
    NoReviewDay,
    /// The review comes before the decision.
    ReviewBeforeDecision,
    /// It was to be reviewed by this day.
    ReviewOverdue(Date),
    /// Two decisions about the item bear the same day.
    SameDay(Date),
}

impl fmt::Display for DecisionFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRationale => f.write_str("has no rationale"),
            Self::NoMeasure => f.write_str("names no equivalent measure"),
            Self::NoWordOnAlternatives => f.write_str("does not say why no equivalent measure is reasonable either"),
            Self::NoFactor(factor) => write!(f, "does not answer the factor `{factor}`"),
            Self::UnknownFactor(factor) => write!(f, "answers `{factor}`, which is no factor"),
            Self::NoApprover => f.write_str("has no approver"),
            Self::NoDay => f.write_str("has no day"),
            Self::NotYet(day) => write!(f, "is dated {day}, after the day of the report"),
            Self::NoReviewDay => f.write_str("has no day of review"),
            Self::ReviewBeforeDecision => f.write_str("has its review before the day of the decision"),
            Self::ReviewOverdue(day) => write!(f, "was to be reviewed by {day}"),
            Self::SameDay(day) => write!(f, "is one of two of {day}; which one rules cannot be told"),
        }
    }
}

/// Where the decision about an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling<'a> {
    /// Nothing is decided.
    None,
    /// The decision does not count, for these reasons.
    Flawed(&'a Decision, Vec<DecisionFlaw>),
    /// The decision is in force.
    InForce(&'a Decision),
}

/// A decision that was replaced or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past<'a> {
    /// The decision.
    pub decision: &'a Decision,
    /// How long it is kept.
    pub kept: Retention,
}

/// The decisions about one addressable specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow<'a> {
    /// The specification.
    pub item: &'a HipaaItem,
    /// The decision that rules.
    pub ruling: Ruling<'a>,
    /// How long it is kept; `None` when there is none.
    pub kept: Option<Retention>,
    /// Later drafts, without a day or dated after the day of the report.
    pub drafts: Vec<&'a Decision>,
    /// Earlier decisions, latest first.
    pub past: Vec<Past<'a>>,
}

/// A decision about something that leaves no choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayDecision<'a> {
    /// The decision.
    pub decision: &'a Decision,
    /// What the item is; `None` when there is no such item.
    pub designation: Option<Designation>,
}

impl fmt::Display for StrayDecision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = &self.decision.item;
        match self.designation {
            None => write!(f, "`{item}` is not an item of the Security Rule"),
            Some(Designation::Required) => {
                write!(f, "`{item}` is required: there is nothing to decide (164.306(d)(2))")
            }
            Some(_) => write!(f, "`{item}` is not an addressable specification; decide about its specifications"),
        }
    }
}

/// A mark that an item does not apply here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The item.
    pub item: Citation,
    /// Why it does not apply.
    pub reason: Words,
    /// Who says so.
    pub by: Words,
    /// Since when.
    pub on: Date,
}

/// Why a mark is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExemptionRefusal {
    /// There is no such item.
    NoItem,
    /// The item applies to everyone.
    AppliesToAll,
    /// It is dated after the day of the report.
    NotYet,
}

impl ExemptionRefusal {
    /// Why, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoItem => "there is no such item in the Security Rule",
            Self::AppliesToAll => "the item applies to everyone, so that nobody can mark it as not applicable",
            Self::NotYet => "the mark is dated after the day of the report",
        }
    }
}

/// A mark and whether it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptionRow<'a> {
    /// The mark.
    pub exemption: &'a Exemption,
    /// For whom alone the item holds, where the mark stands.
    pub standing: Result<&'a str, ExemptionRefusal>,
}

/// Everything that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionReport<'a> {
    /// One for each addressable specification, in the rule's order.
    pub rows: Vec<DecisionRow<'a>>,
    /// Decisions about anything else.
    pub strays: Vec<StrayDecision<'a>>,
    /// Marks that an item does not apply.
    pub exemptions: Vec<ExemptionRow<'a>>,
}

impl<'a> DecisionReport<'a> {
    /// Looks at every decision and mark on the day `at`.
    pub fn of(
        catalog: &'a Catalog,
        rules: &DecisionRules,
        decisions: &'a [Decision],
        exemptions: &'a [Exemption],
        at: Date,
    ) -> Self {
        let rows = catalog.addressable().map(|item| row(item, rules, decisions, at)).collect();
        let strays = decisions
            .iter()
            .filter_map(|decision| {
                let designation = catalog.hipaa_item(&decision.item).map(|item| item.designation);
                (designation != Some(Designation::Addressable)).then_some(StrayDecision { decision, designation })
            })
            .collect();
        let exemptions = exemptions
            .iter()
            .map(|exemption| {
                let standing = match catalog.hipaa_item(&exemption.item) {
                    None => Err(ExemptionRefusal::NoItem),
                    Some(item) => match item.may_not_apply.as_deref() {
                        None => Err(ExemptionRefusal::AppliesToAll),
                        Some(_) if exemption.on > at => Err(ExemptionRefusal::NotYet),
                        Some(only) => Ok(only),
                    },
                };
                ExemptionRow { exemption, standing }
            })
            .collect();
        Self { rows, strays, exemptions }
    }

    /// The mark that takes this item out, when one stands.
    pub fn exemption(&self, item: &Citation) -> Option<&'a Exemption> {
        let stands = |row: &&ExemptionRow<'a>| row.standing.is_ok() && row.exemption.item == *item;
        self.exemptions.iter().find(stands).map(|row| row.exemption)
    }

    /// The row of this item.
    pub fn row(&self, item: &Citation) -> Option<&DecisionRow<'a>> {
        self.rows.iter().find(|row| row.item.citation == *item)
    }
}

fn row<'a>(item: &'a HipaaItem, rules: &DecisionRules, decisions: &'a [Decision], at: Date) -> DecisionRow<'a> {
    let about = || decisions.iter().filter(|d| d.item == item.citation);
    let mut dated: Vec<(Date, &Decision)> =
        about().filter_map(|d| Some((d.decided_on.filter(|day| *day <= at)?, d))).collect();
    dated.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    let mut drafts: Vec<&Decision> = about().filter(|d| d.decided_on.is_none_or(|day| day > at)).collect();
    let years = rules.retention_years;
    let mut past = Vec::new();
    let mut ruling: Option<(Date, &Decision)> = None;
    let mut later: Option<Date> = None;
    for (day, decision) in dated {
        let withdrawn = decision.ended_on.filter(|ended| *ended <= at);
        // A later decision takes the place of an earlier one on its own day, unless that one was withdrawn before.
        let ended = match (withdrawn, later.filter(|later| *later > day)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        match (ended, ruling) {
            (None, None) => ruling = Some((day, decision)),
            _ => past.push(Past { decision, kept: Retention::of(Some(day), Some(ended.unwrap_or(day)), at, years) }),
        }
        later = Some(day);
    }
    let (ruling, kept) = match ruling {
        Some((day, decision)) => {
            let mut flaws = flaws(rules, decision, at);
            if about().filter(|d| d.decided_on == Some(day) && d.ended_on.is_none_or(|e| e > at)).count() > 1 {
                flaws.push(DecisionFlaw::SameDay(day));
            }
            let ruling = if flaws.is_empty() { Ruling::InForce(decision) } else { Ruling::Flawed(decision, flaws) };
            (ruling, Some(Retention::of(Some(day), None, at, years)))
        }
        None if drafts.is_empty() => (Ruling::None, None),
        None => {
            let draft = drafts.remove(0);
            (Ruling::Flawed(draft, flaws(rules, draft, at)), None)
        }
    };
    DecisionRow { item, ruling, kept, drafts, past }
}

fn flaws(rules: &DecisionRules, decision: &Decision, at: Date) -> Vec<DecisionFlaw> {
    let mut flaws = Vec::new();
    let mut need = |there: bool, flaw: DecisionFlaw| {
        if !there {
            flaws.push(flaw);
        }
    };
    need(decision.rationale.is_some(), DecisionFlaw::NoRationale);
    match &decision.choice {
        Choice::Implement => {}
        Choice::Alternative { measure } => need(measure.is_some(), DecisionFlaw::NoMeasure),
        Choice::Neither => need(decision.no_alternative.is_some(), DecisionFlaw::NoWordOnAlternatives),
    }
    for factor in &rules.factors {
        need(decision.factors.contains_key(&factor.id), DecisionFlaw::NoFactor(factor.id.clone()));
    }
    for answered in decision.factors.keys() {
        need(rules.factors.iter().any(|f| f.id == *answered), DecisionFlaw::UnknownFactor(answered.clone()));
    }
    need(decision.approver.is_some(), DecisionFlaw::NoApprover);
    match decision.decided_on {
        None => need(false, DecisionFlaw::NoDay),
        Some(day) => need(day <= at, DecisionFlaw::NotYet(day)),
    }
    match (decision.review_by, decision.decided_on) {
        (None, _) => need(false, DecisionFlaw::NoReviewDay),
        (Some(review), Some(day)) if review <= day => need(false, DecisionFlaw::ReviewBeforeDecision),
        (Some(review), _) => need(at <= review, DecisionFlaw::ReviewOverdue(review)),
    }
    flaws
}

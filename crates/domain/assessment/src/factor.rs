use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use attesta_catalog::{Fault, Placed};
use attesta_kernel::{Date, Provenance};

use crate::{AdditionId, ChoiceId, Condition, FactorId};

/// Answers to the tailoring factors, as people wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactorAnswers(pub BTreeMap<FactorId, Placed<FactorAnswer>>);

/// The answer to one factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorAnswer {
    /// The choices; most factors take one.
    pub choices: BTreeSet<ChoiceId>,
    /// Why, where a reason is asked for.
    pub because: String,
}

/// A question about the organisation or its systems whose answer changes what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Of which group.
    pub group: FactorGroup,
    /// A short title.
    pub title: String,
    /// The question, in our own words.
    pub asks: String,
    /// The answers it takes, in their order: the least first where there is a least.
    pub choices: Vec<Choice>,
    /// Whether several answers may be given.
    pub several: bool,
    /// Whether it can only take requirements away.
    pub reductive: bool,
    /// Whether it must be answered.
    pub required: bool,
    /// What it counts as while it is unanswered.
    pub counts_as: Option<ChoiceId>,
    /// Answers that need a written reason.
    pub rationale: BTreeSet<ChoiceId>,
    /// For whom it is asked, by earlier factors.
    pub applies: Condition,
    /// The programs that ask it.
    pub programs: BTreeSet<Box<str>>,
    /// Additions that ask it besides.
    pub additions: BTreeSet<AdditionId>,
    /// The first day on which a new assessment is asked.
    pub from: Option<Date>,
    /// The first day on which a new assessment is asked no longer.
    pub until: Option<Date>,
    /// Where the question comes from.
    pub provenance: Provenance,
    /// Where its answers come from: bands are often less sure than the question.
    pub choices_provenance: Provenance,
}

/// One answer that a factor takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its id.
    pub id: ChoiceId,
    /// What it says.
    pub title: String,
    /// For a band of numbers: the first number that lies above it; the last band has none.
    pub below: Option<u64>,
}

/// The groups of factors (Handbook 6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorGroup {
    /// What the organisation is.
    General,
    /// How big it is.
    Organizational,
    /// Where it is.
    Geographic,
    /// What its systems are like.
    Technical,
    /// Which rules it is held to.
    Compliance,
}

impl FactorGroup {
    /// Every group, in the order in which they are asked.
    pub const ALL: [Self; 5] =
        [Self::General, Self::Organizational, Self::Geographic, Self::Technical, Self::Compliance];

    /// The word used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Organizational => "organizational",
            Self::Geographic => "geographic",
            Self::Technical => "technical",
            Self::Compliance => "compliance",
        }
    }
}

impl fmt::Display for FactorGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a group of factors; use general, organizational, geographic, technical or compliance")]
pub struct UnknownGroup(pub String);

impl FromStr for FactorGroup {
    type Err = UnknownGroup;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|g| g.as_str() == text).ok_or_else(|| UnknownGroup(text.to_owned()))
    }
}

impl Factor {
    /// The choice of this id.
    pub fn choice(&self, id: &ChoiceId) -> Option<&Choice> {
        self.choices.iter().find(|c| c.id == *id)
    }

    /// Where a choice stands in the factor's order.
    pub fn position(&self, id: &ChoiceId) -> Option<usize> {
        self.choices.iter().position(|c| c.id == *id)
    }

    /// The band in which a number lies, for a factor whose answers are bands.
    pub fn band(&self, number: u64) -> Option<&Choice> {
        let banded = self.choices.iter().any(|c| c.below.is_some());
        self.choices.iter().filter(|_| banded).find(|c| c.below.is_none_or(|below| number < below))
    }

    /// The answers it takes, for a message.
    pub fn words(&self) -> String {
        self.choices.iter().map(|c| c.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whether a new assessment of this program with these additions is asked on that day.
    pub fn is_asked(&self, program: &str, additions: &BTreeSet<AdditionId>, day: Date) -> bool {
        let in_time = self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until);
        in_time && (self.programs.contains(program) || !self.additions.is_disjoint(additions))
    }
}

/// Every factor, in the order in which they are asked; checked against each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Factors(Vec<Factor>);

impl Factors {
    /// Factors in order.
    ///
    /// # Errors
    ///
    /// Every fault: an id or choice twice, a choice that is named and not there, bands that do not climb, a condition on a
    /// factor that is not asked before.
    pub fn new(parts: Vec<Placed<Factor>>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut before = Self::default();
        for Placed { place, value: factor } in parts {
            let mut fault = |message: String, help: &str| faults.push(Fault::new(place.clone(), message, help));
            if before.get(&factor.id).is_some() {
                fault(format!("factor `{}` stands twice", factor.id), "remove one");
                continue;
            }
            if factor.choices.len() < 2 {
                fault(format!("factor `{}` has fewer than two choices", factor.id), "write the answers that it takes");
            }
            let mut seen = BTreeSet::new();
            for twice in factor.choices.iter().filter(|c| !seen.insert(&c.id)) {
                fault(format!("choice `{}` of `{}` stands twice", twice.id, factor.id), "remove one");
            }
            for named in factor.rationale.iter().chain(&factor.counts_as) {
                if factor.choice(named).is_none() {
                    fault(
                        format!("`{}` names `{named}`, which is not among its choices", factor.id),
                        "name one of its choices",
                    );
                }
            }
            if !bands_climb(&factor.choices) {
                fault(
                    format!("the bands of `{}` do not climb", factor.id),
                    "give every choice but the last a `below`, each above the one before",
                );
            }
            if let Err(unknown) = before.check(&factor.applies) {
                fault(format!("`{}`: {unknown}", factor.id), "name a factor that stands before this one");
            }
            before.0.push(factor);
        }
        if faults.is_empty() { Ok(before) } else { Err(faults) }
    }

    /// The factor of this id.
    pub fn get(&self, id: &FactorId) -> Option<&Factor> {
        self.0.iter().find(|f| f.id == *id)
    }

    /// Every factor, in the order in which they are asked.
    pub fn iter(&self) -> impl Iterator<Item = &Factor> {
        self.0.iter()
    }

    /// Whether every factor and choice that a condition names is there.
    ///
    /// # Errors
    ///
    /// The first that is not.
    pub fn check(&self, condition: &Condition) -> Result<(), UnknownInCondition> {
        let known = |factor: &FactorId| {
            self.get(factor).ok_or_else(|| UnknownInCondition { factor: factor.clone(), choice: None })
        };
        let choice = |factor: &FactorId, choice: &ChoiceId| match known(factor)?.choice(choice) {
            Some(_) => Ok(()),
            None => Err(UnknownInCondition { factor: factor.clone(), choice: Some(choice.clone()) }),
        };
        match condition {
            Condition::Always | Condition::Never => Ok(()),
            Condition::Chosen { factor, choices } => {
                known(factor)?;
                choices.iter().try_for_each(|c| choice(factor, c))
            }
            Condition::AtLeast { factor, choice: least } => choice(factor, least),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().try_for_each(|p| self.check(p)),
            Condition::Not(part) => self.check(part),
        }
    }
}

/// A condition names what is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a condition names {}, which does not exist", match .choice { Some(choice) => format!("the choice `{choice}` of the factor `{factor}`"), None => format!("the factor `{factor}`") })]
pub struct UnknownInCondition {
    /// The factor.
    pub factor: FactorId,
    /// The choice, where the factor is there.
    pub choice: Option<ChoiceId>,
}

fn bands_climb(choices: &[Choice]) -> bool {
    if choices.iter().all(|c| c.below.is_none()) {
        return true;
    }
    let Some((last, others)) = choices.split_last() else { return true };
    let bounds: Vec<u64> = others.iter().filter_map(|c| c.below).collect();
    last.below.is_none() && bounds.len() == others.len() && bounds.iter().zip(bounds.iter().skip(1)).all(|(a, b)| a < b)
}

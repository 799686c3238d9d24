//! Which assessment type fits, from a short profile: rules are content, the reasons come with the advice.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_catalog::Fault;
use attesta_kernel::{Date, Place, Provenance};

use crate::{ChoiceId, Condition, Factor, FactorAnswers, FactorId, Factors, Facts, Ground, Truth};

/// Questions and rules of the adviser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adviser {
    /// The programs that it chooses among, the lightest first.
    pub programs: Vec<Box<str>>,
    /// The questions, as factors without consequences of their own.
    pub questions: Factors,
    /// The rules.
    pub rules: Vec<AdviceRule>,
}

/// One rule of the adviser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceRule {
    /// When it speaks.
    pub when: Condition,
    /// What it says.
    pub says: Says,
    /// Of which program.
    pub program: Box<str>,
    /// Why.
    pub because: String,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What a rule says of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Says {
    /// It must be this one.
    Demands,
    /// So many points for it.
    Favours(u8),
    /// It cannot be this one.
    RulesOut,
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demands => f.write_str("demands"),
            Self::Favours(_) => f.write_str("favours"),
            Self::RulesOut => f.write_str("rules out"),
        }
    }
}

/// The adviser's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice<'a> {
    /// The program that fits, and how it was chosen.
    pub verdict: AdviceVerdict<'a>,
    /// Every rule that spoke, in the order of content, with the answers that made it speak.
    pub spoke: Vec<(&'a AdviceRule, BTreeSet<Ground>)>,
    /// Questions that nobody answered; what hangs on them was not heard.
    pub unanswered: Vec<&'a Factor>,
    /// Single answers that would change the advice, and to what.
    pub would_change: Vec<(&'a Factor, &'a ChoiceId, AdviceVerdict<'a>)>,
}

/// Which program fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdviceVerdict<'a> {
    /// It is demanded, and nothing speaks against it.
    Demanded(&'a str),
    /// It is demanded or fits best and cannot be had as things are: take the other one first, where one is left.
    Later {
        /// What it should be.
        wanted: &'a str,
        /// Whether it is demanded.
        demanded: bool,
        /// What can be had first.
        first: Option<&'a str>,
    },
    /// It has the most points; of equals the lightest.
    Favoured(&'a str),
    /// Every program is ruled out.
    Nothing,
    /// No rule favours one: too little was answered.
    TooLittle,
}

impl AdviceVerdict<'_> {
    /// The program that it comes to, in the end.
    pub fn program(&self) -> Option<&str> {
        match self {
            Self::Demanded(program) | Self::Favoured(program) => Some(program),
            Self::Later { wanted, .. } => Some(wanted),
            Self::Nothing | Self::TooLittle => None,
        }
    }
}

impl fmt::Display for AdviceVerdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demanded(program) => write!(f, "{program}: it is demanded, and nothing speaks against it"),
            Self::Later { wanted, demanded, first } => {
                let why = if *demanded { "is demanded" } else { "fits best" };
                write!(f, "{wanted}: it {why} but cannot be had as things are; ")?;
                match first {
                    Some(first) => write!(f, "{first} can come first"),
                    None => f.write_str("nothing lighter can either"),
                }
            }
            Self::Favoured(program) => f.write_str(program),
            Self::Nothing => f.write_str("none: every type is ruled out"),
            Self::TooLittle => f.write_str("none yet: too little was answered"),
        }
    }
}

impl Adviser {
    /// Checks a profile: questions, answers and their number.
    ///
    /// # Errors
    ///
    /// Every fault, with the place of the answer.
    pub fn check(&self, profile: &FactorAnswers) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        for (id, answer) in &profile.0 {
            let mut fault = |m: String, help: String| faults.push(Fault::new(answer.place.clone(), m, help));
            let Some(question) = self.questions.get(id) else {
                let known: Vec<&str> = self.questions.iter().map(|q| q.id.as_str()).collect();
                fault(format!("`{id}` is not a question of the adviser"), format!("use {}", known.join(", ")));
                continue;
            };
            for unknown in answer.value.choices.iter().filter(|c| question.choice(c).is_none()) {
                fault(format!("`{unknown}` is not an answer to `{id}`"), format!("use {}", question.words()));
            }
            if answer.value.choices.len() != 1 && !question.several {
                fault(format!("`{id}` takes one answer"), format!("use one of {}", question.words()));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Checks the rules against the questions and programs.
    ///
    /// # Errors
    ///
    /// Every fault, at `place`.
    pub fn check_rules(&self, place: &Place) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        for (rule, number) in self.rules.iter().zip(1_u32..) {
            if let Err(unknown) = self.questions.check(&rule.when) {
                faults.push(Fault::plain(place.clone(), format!("rule {number}: {unknown}")));
            }
            if !self.programs.contains(&rule.program) {
                let message = format!("rule {number} speaks of `{}`, which is not among `programs`", rule.program);
                faults.push(Fault::new(place.clone(), message, "name one of them, or add it"));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Which type fits a profile on a day. The profile is one that [`check`](Self::check) lets pass.
    pub fn advise(&self, profile: &FactorAnswers, day: Date) -> Advice<'_> {
        let answers: BTreeMap<FactorId, BTreeSet<ChoiceId>> =
            profile.0.iter().map(|(id, a)| (id.clone(), a.value.choices.clone())).collect();
        let (verdict, spoke) = self.verdict(&answers, day);
        let mut would_change = Vec::new();
        for question in self.questions.iter() {
            for choice in question.choices.iter().map(|c| &c.id) {
                let mut other = answers.clone();
                let one = BTreeSet::from([choice.clone()]);
                if other.insert(question.id.clone(), one.clone()) == Some(one) {
                    continue;
                }
                let changed = self.verdict(&other, day).0;
                if changed != verdict && changed != AdviceVerdict::TooLittle {
                    would_change.push((question, choice, changed));
                }
            }
        }
        let unanswered = self.questions.iter().filter(|q| !answers.contains_key(&q.id)).collect();
        Advice { verdict, spoke, unanswered, would_change }
    }

    fn verdict(
        &self,
        answers: &BTreeMap<FactorId, BTreeSet<ChoiceId>>,
        day: Date,
    ) -> (AdviceVerdict<'_>, Vec<(&AdviceRule, BTreeSet<Ground>)>) {
        let facts = Facts::new(&self.questions, ADVISER, &BTreeSet::new(), day, answers);
        let spoke: Vec<(&AdviceRule, BTreeSet<Ground>)> = self
            .rules
            .iter()
            .filter_map(|rule| {
                let judged = facts.judge(&rule.when);
                (judged.truth == Truth::Yes).then_some((rule, judged.grounds))
            })
            .collect();
        let says = |program: &str, wanted: fn(Says) -> bool| {
            spoke.iter().any(|(rule, _)| *rule.program == *program && wanted(rule.says))
        };
        let out = |program: &str| says(program, |s| s == Says::RulesOut);
        let points = |program: &str| -> u32 {
            let of = spoke.iter().filter(|(rule, _)| *rule.program == *program);
            of.map(|(rule, _)| if let Says::Favours(points) = rule.says { u32::from(points) } else { 0 }).sum()
        };
        let left: Vec<&str> = self.programs.iter().map(AsRef::as_ref).filter(|p| !out(p)).collect();
        // The lightest of those with the most points: `max_by_key` takes the last of equals, so the order is turned.
        let best = |among: &[&'_ str]| {
            among.iter().rev().max_by_key(|p| points(p)).filter(|p| points(p) > 0).map(|p| (*p).to_owned())
        };
        let named = |name: String| self.programs.iter().map(AsRef::as_ref).find(|p: &&str| **p == *name);
        let demanded = self.programs.iter().rev().map(AsRef::as_ref).find(|p: &&str| says(p, |s| s == Says::Demands));
        let all: Vec<&str> = self.programs.iter().map(AsRef::as_ref).collect();
        let later = |wanted: &'_ str, demanded: bool| {
            let lighter: Vec<&str> =
                left.iter().copied().filter(|p| all.iter().take_while(|a| **a != wanted).any(|a| a == p)).collect();
            let first = best(&lighter).or_else(|| lighter.last().map(|p| (*p).to_owned())).and_then(named);
            named(wanted.to_owned()).map(|wanted| AdviceVerdict::Later { wanted, demanded, first })
        };
        let verdict = match (demanded, best(&all)) {
            (Some(demanded), _) if left.contains(&demanded) => AdviceVerdict::Demanded(demanded),
            (Some(demanded), _) => later(demanded, true).unwrap_or(AdviceVerdict::Nothing),
            (None, _) if left.is_empty() => AdviceVerdict::Nothing,
            (None, None) => AdviceVerdict::TooLittle,
            (None, Some(fits)) if left.contains(&fits.as_str()) => {
                named(fits).map_or(AdviceVerdict::Nothing, AdviceVerdict::Favoured)
            }
            (None, Some(fits)) => later(&fits, false).unwrap_or(AdviceVerdict::Nothing),
        };
        (verdict, spoke)
    }
}

/// The name under which the adviser's questions are asked; they belong to no program.
pub const ADVISER: &str = "adviser";

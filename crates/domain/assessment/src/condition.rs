//! Conditions on factors, in three-valued logic: what nobody answered is neither true nor false.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_kernel::Date;

use crate::{AdditionId, ChoiceId, Condition, FactorId, Factors};

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not.
    No,
    /// It hangs on a factor that nobody answered.
    Unknown,
    /// It does.
    Yes,
}

/// What a judgement rests on: one factor and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// It was answered.
    Answered(FactorId, BTreeSet<ChoiceId>),
    /// It was not answered and counts as this.
    Assumed(FactorId, ChoiceId),
    /// It was not answered.
    Unanswered(FactorId),
    /// It is not asked here.
    NotAsked(FactorId),
}

impl Ground {
    /// The factor that it speaks of.
    pub fn factor(&self) -> &FactorId {
        match self {
            Self::Answered(factor, _)
            | Self::Assumed(factor, _)
            | Self::Unanswered(factor)
            | Self::NotAsked(factor) => factor,
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(factor, choices) => {
                let words: Vec<&str> = choices.iter().map(ChoiceId::as_str).collect();
                write!(f, "{factor} is {}", words.join(", "))
            }
            Self::Assumed(factor, choice) => write!(f, "{factor} is unanswered and counts as {choice}"),
            Self::Unanswered(factor) => write!(f, "{factor} is unanswered"),
            Self::NotAsked(factor) => write!(f, "{factor} is not asked here"),
        }
    }
}

/// Whether a condition holds, and on what that rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub truth: Truth,
    /// The factors that decide it; none where it holds always or never.
    pub grounds: BTreeSet<Ground>,
}

/// The answers as they count for one assessment on one day.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    factors: &'a Factors,
    standing: BTreeMap<&'a FactorId, Ground>,
}

impl<'a> Facts<'a> {
    /// What `answers` come to: unanswered factors count as what content says, and factors that are not asked as nothing.
    pub fn new(
        factors: &'a Factors,
        program: &str,
        additions: &BTreeSet<AdditionId>,
        day: Date,
        answers: &BTreeMap<FactorId, BTreeSet<ChoiceId>>,
    ) -> Self {
        let mut facts = Self { factors, standing: BTreeMap::new() };
        for factor in factors.iter() {
            let applies = facts.judge(&factor.applies).truth;
            let asked = factor.is_asked(program, additions, day) && applies != Truth::No;
            let ground = match (asked, answers.get(&factor.id)) {
                (false, _) => Ground::NotAsked(factor.id.clone()),
                (true, Some(choices)) => Ground::Answered(factor.id.clone(), choices.clone()),
                (true, None) => match &factor.counts_as {
                    Some(choice) => Ground::Assumed(factor.id.clone(), choice.clone()),
                    None => Ground::Unanswered(factor.id.clone()),
                },
            };
            facts.standing.insert(&factor.id, ground);
        }
        facts
    }

    /// How a factor stands.
    pub fn of(&self, factor: &FactorId) -> Option<&Ground> {
        self.standing.get(factor)
    }

    /// Whether a condition holds. A factor that does not exist or is not asked is no ground for anything: what hangs on it
    /// does not hold.
    pub fn judge(&self, condition: &Condition) -> Verdict {
        match condition {
            Condition::Always => Verdict { truth: Truth::Yes, grounds: BTreeSet::new() },
            Condition::Never => Verdict { truth: Truth::No, grounds: BTreeSet::new() },
            Condition::Chosen { factor, choices } => self.leaf(factor, |c| choices.contains(c)),
            Condition::AtLeast { factor, choice } => {
                let position = |c: &ChoiceId| self.factors.get(factor).and_then(|f| f.position(c));
                let least = position(choice);
                self.leaf(factor, |c| least.is_some_and(|least| position(c).is_some_and(|at| at >= least)))
            }
            Condition::All(parts) => self.many(parts, Truth::Yes, Truth::No),
            Condition::Any(parts) => self.many(parts, Truth::No, Truth::Yes),
            Condition::Not(part) => {
                let Verdict { truth, grounds } = self.judge(part);
                let truth = match truth {
                    Truth::Yes => Truth::No,
                    Truth::No => Truth::Yes,
                    Truth::Unknown => Truth::Unknown,
                };
                Verdict { truth, grounds }
            }
        }
    }

    fn leaf(&self, factor: &FactorId, fits: impl Fn(&ChoiceId) -> bool) -> Verdict {
        let ground = self.of(factor).cloned().unwrap_or_else(|| Ground::NotAsked(factor.clone()));
        let told = |yes: bool| if yes { Truth::Yes } else { Truth::No };
        let truth = match &ground {
            Ground::Answered(_, choices) => told(choices.iter().any(fits)),
            Ground::Assumed(_, choice) => told(fits(choice)),
            Ground::Unanswered(_) => Truth::Unknown,
            Ground::NotAsked(_) => Truth::No,
        };
        Verdict { truth, grounds: BTreeSet::from([ground]) }
    }

    /// Kleene's all (`idle` yes, `decides` no) and any (the other way round): one part that decides is enough, otherwise one
    /// that is unknown leaves it open.
    fn many(&self, parts: &[Condition], idle: Truth, decides: Truth) -> Verdict {
        let verdicts: Vec<Verdict> = parts.iter().map(|p| self.judge(p)).collect();
        let truth = [decides, Truth::Unknown]
            .into_iter()
            .find(|wanted| verdicts.iter().any(|v| v.truth == *wanted))
            .unwrap_or(idle);
        let grounds = verdicts.into_iter().filter(|v| v.truth == truth).flat_map(|v| v.grounds).collect();
        Verdict { truth, grounds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three factors that stand as yes, no and unanswered, by the truth they stand for.
    fn leaf(truth: Truth) -> Condition {
        let factor = match truth {
            Truth::Yes => "answered-yes",
            Truth::No => "answered-no",
            Truth::Unknown => "unanswered",
        };
        Condition::Chosen { factor: factor.parse().unwrap(), choices: BTreeSet::from(["yes".parse().unwrap()]) }
    }

    fn judge(condition: &Condition) -> Verdict {
        let none = Factors::default();
        let factor = |id: &str| id.parse::<FactorId>().unwrap();
        let ids = [factor("answered-yes"), factor("answered-no"), factor("unanswered")];
        let answered =
            |id: &FactorId, word: &str| Ground::Answered(id.clone(), BTreeSet::from([word.parse().unwrap()]));
        let [yes, no, open] = &ids;
        let standing = BTreeMap::from([
            (yes, answered(yes, "yes")),
            (no, answered(no, "no")),
            (open, Ground::Unanswered(open.clone())),
        ]);
        Facts { factors: &none, standing }.judge(condition)
    }

    #[test]
    fn conditions_follow_kleene() {
        let all = [Truth::No, Truth::Unknown, Truth::Yes];
        for a in all {
            let not = judge(&Condition::Not(Box::new(leaf(a)))).truth;
            assert_eq!(not, [Truth::Yes, Truth::Unknown, Truth::No][all.iter().position(|t| *t == a).unwrap()]);
            for b in all {
                let parts = vec![leaf(a), leaf(b)];
                assert_eq!(judge(&Condition::All(parts.clone())).truth, a.min(b), "{a:?} and {b:?}");
                assert_eq!(judge(&Condition::Any(parts)).truth, a.max(b), "{a:?} or {b:?}");
            }
        }
        assert_eq!(judge(&Condition::All(Vec::new())).truth, Truth::Yes);
        assert_eq!(judge(&Condition::Any(Vec::new())).truth, Truth::No);
    }

    #[test]
    fn grounds_are_what_decides() {
        let told = |c: &Condition| judge(c).grounds.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert_eq!(told(&Condition::Any(vec![leaf(Truth::Yes), leaf(Truth::Unknown)])), "answered-yes is yes");
        assert_eq!(told(&Condition::All(vec![leaf(Truth::Yes), leaf(Truth::Unknown)])), "unanswered is unanswered");
        let nowhere = Condition::Chosen { factor: "nowhere".parse().unwrap(), choices: BTreeSet::new() };
        assert_eq!((judge(&nowhere).truth, told(&nowhere)), (Truth::No, "nowhere is not asked here".to_owned()));
    }
}

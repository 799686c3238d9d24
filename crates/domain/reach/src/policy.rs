//! Statements, and what they say of one action on one store (IAM user guide, "Policy evaluation logic").

use crate::Pattern;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// Whom a statement of a store's own policy speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever the policy hangs on: a policy of an identity.
    Holder,
    /// These: ARNs, account numbers, `*`, `service:…`, `federated:…`.
    These(Vec<Box<str>>),
    /// All but some.
    AllBut,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub effect: Effect,
    /// Whom it speaks of.
    pub who: Who,
    /// The actions.
    pub actions: Vec<Pattern>,
    /// Whether it speaks of all actions but those.
    pub but_actions: bool,
    /// The resources.
    pub resources: Vec<Pattern>,
    /// Whether it speaks of all resources but those.
    pub but_resources: bool,
    /// Whether a condition may narrow it.
    pub conditional: bool,
    /// The policy that it stands in.
    pub policy: Box<str>,
}

/// A three-valued answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// No policy that was seen allows it, and every policy was seen.
    No,
    /// It hangs on a condition, or on something that was not seen.
    Unknown,
    /// The policies that were seen allow it.
    Yes,
}

impl Answer {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
            Self::Yes => "yes",
        }
    }
}

impl Statement {
    /// Whether it speaks of the action.
    pub fn speaks_of(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| pattern.covers(action)) != self.but_actions
    }

    /// Whether it speaks of some of the resources.
    fn touches(&self, resources: &Pattern) -> bool {
        if self.but_resources {
            !self.resources.iter().any(|pattern| pattern.covers(resources.as_str()))
        } else {
            self.resources.iter().any(|pattern| pattern.meets(resources))
        }
    }

    /// Whether it speaks of all the resources.
    fn holds(&self, resources: &Pattern) -> bool {
        if self.but_resources {
            !self.resources.iter().any(|pattern| pattern.meets(resources))
        } else {
            self.resources.iter().any(|pattern| pattern.covers(resources.as_str()))
        }
    }
}

/// Whether these statements let their holder act on some of the resources, and by which policies. `applies` says whether
/// a statement speaks of the holder; unknown where that hangs on something.
pub fn could<'a>(
    statements: impl Iterator<Item = &'a Statement>,
    action: &str,
    resources: &Pattern,
    applies: impl Fn(&Statement) -> Answer,
) -> (Answer, Vec<&'a str>) {
    let (mut allowed, mut by, mut denied) = (Answer::No, Vec::new(), Answer::No);
    for statement in statements.filter(|statement| statement.speaks_of(action)) {
        let applies = applies(statement);
        let sure = if statement.conditional { applies.min(Answer::Unknown) } else { applies };
        match statement.effect {
            Effect::Allow if applies != Answer::No && statement.touches(resources) => {
                allowed = allowed.max(sure);
                if !by.contains(&&*statement.policy) {
                    by.push(&*statement.policy);
                }
            }
            Effect::Deny if applies != Answer::No && statement.touches(resources) => {
                // A denial of some of the resources leaves the others.
                let whole = if statement.holds(resources) { sure } else { Answer::No };
                denied = denied.max(whole);
            }
            Effect::Allow | Effect::Deny => {}
        }
    }
    let answer = match denied {
        Answer::Yes => Answer::No,
        Answer::Unknown => allowed.min(Answer::Unknown),
        Answer::No => allowed,
    };
    (answer, by)
}

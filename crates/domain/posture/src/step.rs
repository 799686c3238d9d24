//! One run as a step of a series.

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{PolicyId, Timestamp};

use crate::{CheckKey, RunId, SourceName, Verdict, Verdicts};

/// How much a run saw of what a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Every resource: what it does not name is not there.
    All,
    /// Perhaps not every resource: what it does not name was perhaps not seen.
    Part,
}

/// The policies that a run judged by.
pub type Judged = BTreeMap<PolicyId, Reach>;

/// What it means that a run does not name a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The resource is no longer there, or the policy no longer concerns it.
    Gone,
    /// It was perhaps not seen.
    NotSeen,
}

impl Absence {
    /// Of a policy, in a run that judged by these.
    pub fn of(policy: &PolicyId, judged: &Judged) -> Self {
        if judged.get(policy) == Some(&Reach::All) { Self::Gone } else { Self::NotSeen }
    }
}

/// One run of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The run.
    pub run: RunId,
    /// When it looked.
    pub at: Timestamp,
    /// At what.
    pub source: SourceName,
    /// The policies that it judged by.
    pub judged: Judged,
    /// What it said.
    pub delta: Delta,
}

/// What a run said: whole, or as what differs from the run of the same source before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// Every verdict.
    Whole(Verdicts),
    /// Verdicts that are new or other, and checks (`None`) that are no longer named.
    Changed(BTreeMap<CheckKey, Option<Verdict>>),
}

impl Delta {
    /// What differs from `before`.
    pub fn changes(self, before: &Verdicts) -> BTreeMap<CheckKey, Option<Verdict>> {
        match self {
            Self::Whole(now) => changes(before, &now),
            Self::Changed(changed) => changed,
        }
    }
}

/// What turns `before` into `now`.
pub fn changes(before: &Verdicts, now: &Verdicts) -> BTreeMap<CheckKey, Option<Verdict>> {
    let other = now.iter().filter(|(key, verdict)| before.get(*key) != Some(*verdict));
    let gone: BTreeSet<&CheckKey> = before.keys().filter(|key| !now.contains_key(*key)).collect();
    let put = other.map(|(key, verdict)| (key.clone(), Some(*verdict)));
    put.chain(gone.into_iter().map(|key| (key.clone(), None))).collect()
}

/// Puts changes into what was said before.
pub fn put(verdicts: &mut Verdicts, changed: BTreeMap<CheckKey, Option<Verdict>>) {
    for (key, verdict) in changed {
        match verdict {
            Some(verdict) => drop(verdicts.insert(key, verdict)),
            None => drop(verdicts.remove(&key)),
        }
    }
}

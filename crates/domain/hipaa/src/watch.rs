//! What the sources that an organisation watches show of the Security Rule, source by source.
//!
//! The last run of each source is counted as a check of its inputs is, by these rules:
//!
//! 1. A run that is fresh and saw everything counts as it is.
//! 2. One that is fresh and did not see everything keeps its violations; its passes are unknown, and so is every policy
//!    that it says nothing of: what it did not see may violate any.
//! 3. What a stale or lost source last said is unknown, and so is every policy that it said nothing of: it may hold
//!    something since. Elements that it last showed violated are *lapsed*: no word of
//!    people makes up for a violation of which nobody knows that it is mended.
//! 4. A source that nobody ever saw leaves every policy unknown.

use std::collections::{BTreeMap, BTreeSet};

use attesta_catalog::Catalog;
use attesta_evaluation::{Counts, Policy, Standings};
use attesta_kernel::{Citation, Date, ElementId, PolicyId};

use crate::words::word_enum;

word_enum! {
    /// How far the last run of a source counts.
    Sight, "a word for how a source is seen" {
        /// Fresh, and it saw everything.
        Whole = "fresh",
        /// Fresh, and it did not see everything.
        Partial = "incomplete",
        /// Nobody looked for longer than its schedule allows.
        Stale = "stale",
        /// Somebody looked later and could not see it.
        Lost = "lost",
        /// Nobody ever saw it.
        Never = "never seen",
    }
}

/// A source with its last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How far its last run counts.
    pub sight: Sight,
    /// The run, and the day on which it looked.
    pub run: Option<(String, Date)>,
    /// What it did not see, or why it is lost; empty for nothing.
    pub why: String,
    /// What each policy said of it then, counted.
    pub policies: BTreeMap<PolicyId, Counts>,
}

impl Source {
    /// What a policy counts for, by the rules above.
    pub fn counts(&self, policy: &PolicyId) -> Counts {
        let said = self.policies.get(policy).copied().unwrap_or_default();
        let unknown = |unknowns: u32| Counts { unknowns, ..Counts::default() };
        match self.sight {
            Sight::Whole => said,
            Sight::Partial if said.total() == 0 => unknown(1),
            Sight::Partial => Counts { passes: 0, unknowns: said.unknowns.saturating_add(said.passes), ..said },
            Sight::Stale | Sight::Lost => unknown(said.total().max(1)),
            Sight::Never => unknown(1),
        }
    }

    /// Policies that its last run does not decide today, in order.
    pub fn undecided<'p>(&self, policies: &'p [Policy]) -> Vec<&'p PolicyId> {
        let open = |policy: &&Policy| {
            let counts = self.counts(&policy.id);
            counts.unknowns > 0 && counts.fails == 0
        };
        policies.iter().filter(open).map(|policy| &policy.id).collect()
    }
}

/// What the sources show together.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The sources.
    pub sources: Vec<Source>,
    /// Where elements stand by them.
    pub standings: Standings,
    /// Elements that were violated when a source that does not count now was last seen.
    pub lapsed: BTreeSet<ElementId>,
}

/// What a policy says of an item, and each source's part in it.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// What counts, of all sources.
    pub counts: Counts,
    /// By source, where it says something.
    pub by: Vec<(&'a Source, Counts)>,
}

impl Watch {
    /// Folds the last runs of sources.
    pub fn of(catalog: &Catalog, policies: &[Policy], sources: Vec<Source>) -> Self {
        let all =
            |policy: &Policy| sources.iter().fold(Counts::default(), |sum, source| sum.and(source.counts(&policy.id)));
        let counts: Vec<Counts> = policies.iter().map(all).collect();
        let lapsed = |policy: &&Policy| {
            sources.iter().any(|source| {
                matches!(source.sight, Sight::Stale | Sight::Lost)
                    && source.policies.get(&policy.id).is_some_and(|said| said.fails > 0)
            })
        };
        Self {
            standings: Standings::counted(catalog, policies, &counts),
            lapsed: policies.iter().filter(lapsed).flat_map(|policy| policy.proves.iter().cloned()).collect(),
            sources,
        }
    }

    /// What was said of an item: every policy that speaks for an element of it and of which some source tells something,
    /// failures first.
    pub fn said<'a>(&'a self, catalog: &Catalog, policies: &'a [Policy], item: &Citation) -> Vec<Said<'a>> {
        let elements: BTreeSet<&ElementId> = catalog.elements_citing(item).map(|entry| &entry.element.id).collect();
        let of = |policy: &'a Policy| {
            policy.proves.iter().any(|element| elements.contains(element)).then_some(())?;
            let by: Vec<(&Source, Counts)> = self
                .sources
                .iter()
                .map(|source| (source, source.counts(&policy.id)))
                .filter(|(_, counts)| counts.total() > 0)
                .collect();
            let counts = by.iter().fold(Counts::default(), |sum, (_, counts)| sum.and(*counts));
            (!by.is_empty()).then_some(Said { policy, counts, by })
        };
        let mut said: Vec<Said<'_>> = policies.iter().filter_map(of).collect();
        let rank = |said: &Said<'_>| match said.counts {
            Counts { fails: 1.., .. } => 0_u8,
            Counts { waived: 1.., .. } => 1,
            Counts { unknowns: 1.., .. } => 2,
            _ => 3,
        };
        said.sort_by_key(|said| (rank(said), std::cmp::Reverse(said.policy.severity)));
        said
    }
}

//! From outcomes to where each evaluative element stands. The rule, in full:
//!
//! 1. A policy's failure violates the elements that it proves; a waived failure leaves them *waived*, never proven.
//! 2. Else one unknown or errored outcome leaves them *unknown*; so does an element that automation should prove and
//!    for which nothing in the inputs could be judged.
//! 3. Else the settings hold: an element that automation alone proves is *proven*; one that also needs people waits for
//!    them, as does one that only people can prove.
//!
//! A group of elements (a statement, a HIPAA specification, a control reference, a domain) stands as its worst one does.

use std::collections::BTreeMap;

use attesta_catalog::{Catalog, Proof};
use attesta_kernel::ElementId;

use crate::{Outcome, Policy, PolicyIndex, Status};

/// Where an element stands. Ordered from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Some resource violates it.
    Violated,
    /// Every violation is waived: accepted for a time, not proven.
    Waived,
    /// Cannot be told from these inputs.
    Unknown,
    /// Needs documents, records or interviews.
    People,
    /// Shown by the settings of every resource in the inputs that it concerns.
    Proven,
}

impl Standing {
    /// Worst first.
    pub const ALL: [Self; 5] = [Self::Violated, Self::Waived, Self::Unknown, Self::People, Self::Proven];

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Violated => "violated",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::People => "people",
            Self::Proven => "proven",
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How many elements stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Violated elements.
    pub violated: u32,
    /// Waived elements.
    pub waived: u32,
    /// Unknown elements.
    pub unknown: u32,
    /// Elements that wait for people.
    pub people: u32,
    /// Proven elements.
    pub proven: u32,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, standing: Standing) {
        let slot = match standing {
            Standing::Violated => &mut self.violated,
            Standing::Waived => &mut self.waived,
            Standing::Unknown => &mut self.unknown,
            Standing::People => &mut self.people,
            Standing::Proven => &mut self.proven,
        };
        *slot = slot.saturating_add(1);
    }

    /// How many in all.
    pub fn total(self) -> u32 {
        Standing::ALL.into_iter().fold(0, |sum, s| sum.saturating_add(self.of(s)))
    }

    /// How many stand there.
    pub fn of(self, standing: Standing) -> u32 {
        match standing {
            Standing::Violated => self.violated,
            Standing::Waived => self.waived,
            Standing::Unknown => self.unknown,
            Standing::People => self.people,
            Standing::Proven => self.proven,
        }
    }

    /// Where the group stands: as its worst element. A group of none waits for people.
    pub fn worst(self) -> Standing {
        Standing::ALL.into_iter().find(|s| self.of(*s) > 0).unwrap_or(Standing::People)
    }
}

impl FromIterator<Standing> for Tally {
    fn from_iter<I: IntoIterator<Item = Standing>>(standings: I) -> Self {
        let mut tally = Self::default();
        standings.into_iter().for_each(|s| tally.add(s));
        tally
    }
}

/// Where one element stands, and from what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementStanding {
    /// Where it stands.
    pub standing: Standing,
    /// The policies that speak for it, in order.
    pub policies: Vec<PolicyIndex>,
    /// Outcomes that pass.
    pub passes: u32,
    /// Outcomes that fail without a waiver.
    pub fails: u32,
    /// Outcomes that fail under a waiver.
    pub waived: u32,
    /// Outcomes that are unknown or errored.
    pub unknowns: u32,
}

/// Where every element of the catalog stands.
#[derive(Debug, Clone, Default)]
pub struct Standings {
    elements: BTreeMap<ElementId, ElementStanding>,
}

/// What a policy said, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Outcomes that pass.
    pub passes: u32,
    /// Outcomes that fail without a waiver.
    pub fails: u32,
    /// Outcomes that fail under a waiver.
    pub waived: u32,
    /// Outcomes that are unknown or errored.
    pub unknowns: u32,
}

impl Counts {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            passes: self.passes.saturating_add(other.passes),
            fails: self.fails.saturating_add(other.fails),
            waived: self.waived.saturating_add(other.waived),
            unknowns: self.unknowns.saturating_add(other.unknowns),
        }
    }

    /// How many in all.
    pub fn total(self) -> u32 {
        self.passes.saturating_add(self.fails).saturating_add(self.waived).saturating_add(self.unknowns)
    }
}

impl Standings {
    /// Folds outcomes into standings. The order of `outcomes` does not matter.
    pub fn fold<'a>(catalog: &Catalog, policies: &[Policy], outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut counts = vec![Counts::default(); policies.len()];
        for outcome in outcomes {
            let Some(count) = usize::try_from(outcome.policy.0).ok().and_then(|i| counts.get_mut(i)) else { continue };
            let slot = match (outcome.status, outcome.waived) {
                (Status::Pass, _) => &mut count.passes,
                (Status::Fail, None) => &mut count.fails,
                (Status::Fail, Some(_)) => &mut count.waived,
                (Status::Unknown | Status::Errored, _) => &mut count.unknowns,
                (Status::NotApplicable, _) => continue,
            };
            *slot = slot.saturating_add(1);
        }
        Self::counted(catalog, policies, &counts)
    }

    /// The same from what each policy said, counted: `counts` stand in the order of `policies`.
    pub fn counted(catalog: &Catalog, policies: &[Policy], counts: &[Counts]) -> Self {
        let mut speakers: BTreeMap<&ElementId, Vec<(PolicyIndex, Counts)>> = BTreeMap::new();
        for ((policy, index), count) in policies.iter().zip(0_u32..).zip(counts) {
            for element in &policy.proves {
                speakers.entry(element).or_default().push((PolicyIndex(index), *count));
            }
        }
        let elements = catalog
            .statements()
            .flat_map(|statement| &statement.elements)
            .map(|element| {
                let speakers = speakers.get(&element.id).map_or(&[][..], Vec::as_slice);
                (element.id.clone(), stand(element.proof, speakers))
            })
            .collect();
        Self { elements }
    }

    /// Where this element stands.
    pub fn of(&self, element: &ElementId) -> Option<&ElementStanding> {
        self.elements.get(element)
    }

    /// How these elements stand together.
    pub fn tally<'a>(&self, elements: impl IntoIterator<Item = &'a ElementId>) -> Tally {
        elements.into_iter().filter_map(|e| self.of(e)).map(|s| s.standing).collect()
    }
}

fn stand(proof: Proof, speakers: &[(PolicyIndex, Counts)]) -> ElementStanding {
    let sum = |of: fn(&Counts) -> u32| speakers.iter().fold(0_u32, |sum, (_, c)| sum.saturating_add(of(c)));
    let (passes, fails, waived, unknowns) =
        (sum(|c| c.passes), sum(|c| c.fails), sum(|c| c.waived), sum(|c| c.unknowns));
    let standing = if fails > 0 {
        Standing::Violated
    } else if waived > 0 {
        Standing::Waived
    } else if proof == Proof::People {
        Standing::People
    } else if unknowns > 0 || passes == 0 {
        Standing::Unknown
    } else if proof == Proof::Automation {
        Standing::Proven
    } else {
        Standing::People
    };
    ElementStanding { standing, policies: speakers.iter().map(|(p, _)| *p).collect(), passes, fails, waived, unknowns }
}

//! Where requirements stand: elements, statements, HIPAA's standards and specifications, HITRUST's assessment domains.

use std::collections::BTreeSet;

use attesta_evaluation::{ElementStanding, ItemReadiness, Standing, Tally};
use attesta_kernel::{Citation, ElementId, PolicyId, StatementId};

use crate::{State, VerdictChange};

/// Which way something moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Violated now.
    Worse,
    /// It can no longer be told. Not better, whatever it was.
    Untold,
    /// Its violations are accepted for a time.
    Accepted,
    /// The same word, other numbers.
    Same,
    /// Better.
    Better,
}

impl Direction {
    /// From where it stood to where it stands.
    pub fn of(before: Standing, after: Standing) -> Self {
        match (before, after) {
            (a, b) if a == b => Self::Same,
            (_, Standing::Violated) => Self::Worse,
            (_, Standing::Unknown) => Self::Untold,
            (_, Standing::Waived) => Self::Accepted,
            (Standing::Proven, _) => Self::Worse,
            _ => Self::Better,
        }
    }

    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Untold => "untold",
            Self::Accepted => "accepted",
            Self::Same => "same",
            Self::Better => "better",
        }
    }
}

/// From where something stood to where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingChange {
    /// Where it stood.
    pub before: Standing,
    /// Where it stands.
    pub after: Standing,
}

impl StandingChange {
    /// Which way.
    pub fn direction(self) -> Direction {
        Direction::of(self.before, self.after)
    }
}

/// An element whose standing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementChange {
    /// The element.
    pub element: ElementId,
    /// Its assessment domain.
    pub domain: u8,
    /// From and to.
    pub standing: StandingChange,
    /// The policies of changed verdicts that speak for it.
    pub because: Vec<PolicyId>,
}

/// A statement or a HIPAA item of which some element changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupChange<Id> {
    /// Which.
    pub id: Id,
    /// Of a HIPAA item: whether it must be met as a whole.
    pub required: bool,
    /// From and to: as its worst element does.
    pub standing: StandingChange,
    /// Its elements before.
    pub before: Tally,
    /// Its elements after.
    pub after: Tally,
}

/// An assessment domain of which some element changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainChange {
    /// Its number.
    pub number: u8,
    /// Its elements before.
    pub before: Tally,
    /// Its elements after.
    pub after: Tally,
}

/// Everything that stands elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Stands {
    pub(crate) elements: Vec<ElementChange>,
    pub(crate) statements: Vec<GroupChange<StatementId>>,
    pub(crate) hipaa: Vec<GroupChange<Citation>>,
    pub(crate) domains: Vec<DomainChange>,
}

pub(crate) fn stands(before: &State<'_>, after: &State<'_>, verdicts: &[VerdictChange]) -> Stands {
    Stands {
        elements: elements(before, after, verdicts),
        statements: statements(before, after),
        hipaa: hipaa(before, after),
        domains: domains(before, after),
    }
}

fn elements(before: &State<'_>, after: &State<'_>, verdicts: &[VerdictChange]) -> Vec<ElementChange> {
    let turned: BTreeSet<&PolicyId> = verdicts.iter().map(|v| &v.policy).collect();
    let stood = |standing: Option<&ElementStanding>| standing.map_or(Standing::Unknown, |s| s.standing);
    let entries = after.catalog.elements().filter_map(|entry| {
        let id = &entry.element.id;
        let standing = StandingChange { before: stood(before.standings.of(id)), after: stood(after.standings.of(id)) };
        if standing.before == standing.after {
            return None;
        }
        let policies = after.policies.iter().filter(|p| p.proves.contains(id)).map(|p| &p.id);
        let because = policies.filter(|policy| turned.contains(policy)).cloned().collect();
        Some(ElementChange { element: id.clone(), domain: entry.statement.domain, standing, because })
    });
    entries.collect()
}

fn statements(before: &State<'_>, after: &State<'_>) -> Vec<GroupChange<StatementId>> {
    let was = before.readiness.domains.iter().flat_map(|d| &d.statements);
    let is = after.readiness.domains.iter().flat_map(|d| &d.statements);
    let changed = was.zip(is).filter(|((_, was), (_, is))| was != is);
    let change = |((id, was), (_, is)): (&(StatementId, Tally), &(StatementId, Tally))| GroupChange {
        id: id.clone(),
        required: false,
        standing: StandingChange { before: was.worst(), after: is.worst() },
        before: *was,
        after: *is,
    };
    changed.map(change).collect()
}

fn hipaa(before: &State<'_>, after: &State<'_>) -> Vec<GroupChange<Citation>> {
    let (was, is) = (&before.readiness.hipaa, &after.readiness.hipaa);
    let pairs = |a: &[ItemReadiness], b: &[ItemReadiness], required: bool| {
        let changed = a.iter().zip(b).filter(|(a, b)| a.tally != b.tally);
        let change = |(a, b): (&ItemReadiness, &ItemReadiness)| GroupChange {
            id: a.citation.clone(),
            required,
            standing: StandingChange { before: a.standing, after: b.standing },
            before: a.tally,
            after: b.tally,
        };
        changed.map(change).collect::<Vec<_>>()
    };
    let mut changes = pairs(&was.required, &is.required, true);
    changes.extend(pairs(&was.addressable, &is.addressable, false));
    changes
}

fn domains(before: &State<'_>, after: &State<'_>) -> Vec<DomainChange> {
    let pairs = before.readiness.domains.iter().zip(&after.readiness.domains);
    let changed = pairs.filter(|(was, is)| was.tally != is.tally);
    changed.map(|(was, is)| DomainChange { number: was.number, before: was.tally, after: is.tally }).collect()
}

//! Two states, side by side.

use std::collections::BTreeMap;

use attesta_evaluation::PolicyIndex;
use attesta_kernel::{Citation, StatementId};
use attesta_resource::ResourceIndex;

use crate::{
    AttributeChange, DomainChange, ElementChange, GroupChange, Presence, ResourceKey, State, Turn, Verdict,
    VerdictChange,
    attributes::{changes, same_record},
    presence::{Pair, pairs},
    stand::stands,
    turn::verdict,
};

/// Everything that changed from one state to another, in an order that does not depend on chance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drift {
    /// Resources that came, went or changed, by kind and address.
    pub resources: Vec<ResourceChange>,
    /// Verdicts that changed, each once: by turn, worst first, then by policy and resource.
    pub verdicts: Vec<VerdictChange>,
    /// Violations without a waiver that were there before and still are.
    pub still_failing: Vec<VerdictChange>,
    /// Violations under a waiver and verdicts that cannot be told, there before and still so.
    pub still_open: Vec<VerdictChange>,
    /// How many verdicts could not be told before and still cannot.
    pub still_unknown: u32,
    /// Elements that stand elsewhere.
    pub elements: Vec<ElementChange>,
    /// Statements of which some element does.
    pub statements: Vec<GroupChange<StatementId>>,
    /// HIPAA's standards and specifications of which some element does.
    pub hipaa: Vec<GroupChange<Citation>>,
    /// Assessment domains of which some element does.
    pub domains: Vec<DomainChange>,
}

/// A resource that came, went or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceChange {
    /// Which.
    pub key: ResourceKey,
    /// Whether it is on both sides.
    pub presence: Presence,
    /// Where it stands in the state before.
    pub before: Option<ResourceIndex>,
    /// Where it stands in the state after.
    pub after: Option<ResourceIndex>,
    /// What changed of a resource that is on both sides, by path.
    pub attributes: Vec<AttributeChange>,
}

impl Drift {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.verdicts.is_empty() && self.elements.is_empty()
    }

    /// Verdicts that took this turn.
    pub fn turned(&self, turn: Turn) -> impl Iterator<Item = &VerdictChange> {
        self.verdicts.iter().filter(move |v| v.turn == turn)
    }

    /// How many verdicts took this turn.
    pub fn count(&self, turn: Turn) -> usize {
        self.turned(turn).count()
    }

    /// What changed of this resource's attributes.
    pub fn attributes_of(&self, key: &ResourceKey) -> &[AttributeChange] {
        let at = self.resources.binary_search_by(|r| r.key.cmp(key)).ok();
        at.and_then(|at| self.resources.get(at)).map_or(&[], |r| r.attributes.as_slice())
    }
}

/// Compares two states that were judged by the same catalog and policies.
pub fn compare(before: &State<'_>, after: &State<'_>) -> Drift {
    let pairs = pairs(before, after);
    let (was, is) = (by_resource(before), by_resource(after));
    let mut drift = Drift::default();
    for pair in &pairs {
        let empty = Vec::new();
        let of = |side: &'_ BTreeMap<ResourceIndex, Vec<(PolicyIndex, usize)>>, at: Option<ResourceIndex>| {
            at.and_then(|at| side.get(&at)).unwrap_or(&empty).clone()
        };
        verdicts(before, after, pair, &of(&was, pair.before), &of(&is, pair.after), &mut drift);
        drift.resources.extend(resource_change(before, after, pair));
    }
    drift.resources.sort_by(|a, b| (&a.key, a.before, a.after).cmp(&(&b.key, b.before, b.after)));
    let order = |v: &VerdictChange| (v.turn, std::cmp::Reverse(v.severity), v.policy.clone(), v.resource.clone());
    drift.verdicts.sort_by_cached_key(|v| (order(v), v.outcome_before, v.outcome_after));
    drift.still_failing.sort_by_cached_key(|v| (order(v), v.outcome_before, v.outcome_after));
    drift.still_open.sort_by_cached_key(|v| (order(v), v.outcome_before, v.outcome_after));
    let stands = stands(before, after, &drift.verdicts);
    drift.elements = stands.elements;
    drift.statements = stands.statements;
    drift.hipaa = stands.hipaa;
    drift.domains = stands.domains;
    drift
}

/// Outcomes of each resource: policy and position, by policy.
fn by_resource(state: &State<'_>) -> BTreeMap<ResourceIndex, Vec<(PolicyIndex, usize)>> {
    let mut found: BTreeMap<ResourceIndex, Vec<(PolicyIndex, usize)>> = BTreeMap::new();
    for (at, outcome) in state.outcomes.iter().enumerate() {
        found.entry(outcome.resource).or_default().push((outcome.policy, at));
    }
    found.values_mut().for_each(|of| of.sort_unstable());
    found
}

fn verdicts(
    before: &State<'_>,
    after: &State<'_>,
    pair: &Pair,
    was: &[(PolicyIndex, usize)],
    is: &[(PolicyIndex, usize)],
    drift: &mut Drift,
) {
    let mut both: BTreeMap<PolicyIndex, (Option<usize>, Option<usize>)> = BTreeMap::new();
    for (policy, at) in was {
        both.entry(*policy).or_default().0 = Some(*at);
    }
    for (policy, at) in is {
        both.entry(*policy).or_default().1 = Some(*at);
    }
    for (policy, (left, right)) in both {
        let Some(policy) = usize::try_from(policy.0).ok().and_then(|at| after.policies.get(at)) else { continue };
        let of = |state: &State<'_>, at: Option<usize>| at.and_then(|at| state.outcomes.get(at)).and_then(verdict);
        let (a, b) = (of(before, left), of(after, right));
        let turn = Turn::of(a, b, pair.presence);
        let change = |turn: Turn| VerdictChange {
            policy: policy.id.clone(),
            severity: policy.severity,
            resource: pair.key.clone(),
            presence: pair.presence,
            turn,
            before: a,
            after: b,
            resource_before: pair.before,
            resource_after: pair.after,
            outcome_before: left,
            outcome_after: right,
        };
        match (turn, a) {
            (Some(turn), _) => drift.verdicts.push(change(turn)),
            (None, Some(Verdict::Fail)) => drift.still_failing.push(change(Turn::NewFailure)),
            (None, Some(Verdict::Waived)) => drift.still_open.push(change(Turn::NowWaived)),
            (None, Some(Verdict::Unknown | Verdict::Errored)) => {
                drift.still_unknown = drift.still_unknown.saturating_add(1);
                drift.still_open.push(change(Turn::NowUnknown));
            }
            (None, _) => {}
        }
    }
}

fn resource_change(before: &State<'_>, after: &State<'_>, pair: &Pair) -> Option<ResourceChange> {
    let was = pair.before.and_then(|at| before.resource(at));
    let is = pair.after.and_then(|at| after.resource(at));
    let attributes = match (was, is) {
        (Some(was), Some(is)) if same_record(&was.attributes, &is.attributes) => return None,
        (Some(was), Some(is)) => changes(&was.attributes, &is.attributes),
        _ => Vec::new(),
    };
    Some(ResourceChange {
        key: pair.key.clone(),
        presence: pair.presence,
        before: pair.before,
        after: pair.after,
        attributes,
    })
}

//! Judging again after a change: only what can come out otherwise.
//!
//! An outcome hangs on the resource's own attributes and, where its policy looks at other resources, on those of their
//! kinds. An outcome is therefore kept when its resource says the same as before (names and the places of its values
//! included, because reasons point at them) and no kind that its policy looks up was disturbed. Settings that stand in
//! several source resources were joined when the snapshot was made, so that a change of one of them is a change of its
//! owner here.

use std::collections::{BTreeMap, BTreeSet};

use attesta_resource::{Kind, Resource, ResourceIndex, Snapshot};

use crate::{Body, Context, Outcome, Policy, PolicyIndex, Status, judge};

/// What judging again gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejudged {
    /// Outcomes by resource and policy, without those that do not apply.
    pub outcomes: Vec<Outcome>,
    /// How many of each policy do not apply.
    pub not_applicable: Vec<u32>,
}

impl Rejudged {
    fn take(&mut self, outcome: Outcome) {
        if outcome.status != Status::NotApplicable {
            return self.outcomes.push(outcome);
        }
        self.none(outcome.policy);
    }

    fn none(&mut self, policy: PolicyIndex) {
        if let Some(count) = usize::try_from(policy.0).ok().and_then(|at| self.not_applicable.get_mut(at)) {
            *count = count.saturating_add(1);
        }
    }
}

/// Judges `after`, taking from `before` (a snapshot and its outcomes by resource and policy, those that do not apply left
/// out or not) what cannot have changed. The policies must be the same on both sides. Outcomes of other engines are not
/// given: whoever runs them adds them.
pub fn rejudge(policies: &[Policy], before: (&Snapshot, &[Outcome]), after: &Snapshot) -> Rejudged {
    let (was, outcomes) = before;
    let stayed = stayed(was, after);
    let disturbed = disturbed(was, after, &stayed);
    let mut by_kind: BTreeMap<Kind, Vec<(PolicyIndex, bool)>> = BTreeMap::new();
    for (policy, index) in policies.iter().zip(0_u32..) {
        if let Body::Declarative { when, check } = &policy.body {
            let mut others = Vec::new();
            check.other_kinds(&mut others);
            if let Some(when) = when {
                when.other_kinds(&mut others);
            }
            let again = others.iter().any(|kind| disturbed.contains(kind));
            by_kind.entry(policy.kind).or_default().push((PolicyIndex(index), again));
        }
    }
    let earlier = by_resource(outcomes);
    let mut twins = Twins::of(was);
    let mut context = None;
    let mut judged = Rejudged { outcomes: Vec::with_capacity(outcomes.len()), not_applicable: vec![0; policies.len()] };
    for ((resource, index), stayed) in after.resources.iter().zip(0_u32..).zip(stayed) {
        let index = ResourceIndex(index);
        let Some(rules) = by_kind.get(&resource.kind) else { continue };
        let twin = if stayed { Some(index) } else { twins.elsewhere(resource) };
        let kept = twin.map(|twin| earlier.get(usize::try_from(twin.0).unwrap_or(usize::MAX)).copied().unwrap_or(&[]));
        // Outcomes and rules both stand by policy.
        let mut rest = kept.unwrap_or(&[]);
        for (policy, again) in rules {
            while let Some((first, more)) = rest.split_first()
                && first.policy < *policy
            {
                rest = more;
            }
            match kept {
                Some(_) if !again => match rest.split_first() {
                    // As it was, waivers aside.
                    Some((outcome, more)) if outcome.policy == *policy => {
                        judged.take(Outcome { resource: index, waived: None, ..outcome.clone() });
                        rest = more;
                    }
                    // What was left out did not apply.
                    _ => judged.none(*policy),
                },
                _ => {
                    let context = context.get_or_insert_with(|| Context::new(after, policies));
                    if let Some(outcome) = judge(context, policies, *policy, index) {
                        judged.take(outcome);
                    }
                }
            }
        }
    }
    judged
}

/// Of each resource, whether the one at the same place before says the very same.
fn stayed(before: &Snapshot, after: &Snapshot) -> Vec<bool> {
    let twins = before.resources.iter().map(Some).chain(std::iter::repeat(None));
    after.resources.iter().zip(twins).map(|(is, was)| was == Some(is)).collect()
}

/// The outcomes of each resource. They stand by resource already.
fn by_resource(outcomes: &[Outcome]) -> Vec<&[Outcome]> {
    let mut found: Vec<&[Outcome]> = Vec::new();
    for of in outcomes.chunk_by(|a, b| a.resource == b.resource) {
        let Some(at) = of.first().and_then(|first| usize::try_from(first.resource.0).ok()) else { continue };
        if found.len() <= at {
            found.resize(at.saturating_add(1), &[]);
        }
        if let Some(slot) = found.get_mut(at) {
            *slot = of;
        }
    }
    found
}

/// Kinds of which some resource came, went, changed, moved, or of which one side knows all and the other does not.
fn disturbed(before: &Snapshot, after: &Snapshot, stayed: &[bool]) -> BTreeSet<Kind> {
    // A kind of which every resource stayed in its place, and of which there are no more and no fewer, is not looked at
    // again.
    let mut kinds: BTreeMap<Kind, (usize, usize, bool)> = BTreeMap::new();
    for resource in &before.resources {
        kinds.entry(resource.kind).or_insert((0, 0, true)).0 += 1;
    }
    for (resource, stayed) in after.resources.iter().zip(stayed) {
        let (_, count, all) = kinds.entry(resource.kind).or_insert((0, 0, true));
        (*count, *all) = (*count + 1, *all && *stayed);
    }
    let of_kind = |snapshot: &Snapshot, kind| -> Vec<usize> {
        let all = snapshot.resources.iter().enumerate();
        all.filter(|(_, resource)| resource.kind == kind).map(|(at, _)| at).collect()
    };
    let same = |kind: Kind| {
        let (was, is) = (of_kind(before, kind), of_kind(after, kind));
        let pairs = was.iter().map(|at| before.resources.get(*at)).zip(is.iter().map(|at| after.resources.get(*at)));
        was.len() == is.len() && pairs.into_iter().all(|(was, is)| was == is)
    };
    let differs = |kind: &Kind| {
        let settled = match kinds.get(kind) {
            None => true,
            Some((was, is, all)) => was == is && *all,
        };
        (!settled && !same(*kind)) || before.complete_kinds.contains(kind) != after.complete_kinds.contains(kind)
    };
    Kind::ALL.iter().copied().filter(differs).collect()
}

/// Resources of the state before, to be found by what they say.
struct Twins<'a> {
    snapshot: &'a Snapshot,
    by_address: Option<BTreeMap<(Kind, &'a str), Vec<ResourceIndex>>>,
}

impl<'a> Twins<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, by_address: None }
    }

    /// A resource that says the very same, at another place.
    fn elsewhere(&mut self, resource: &Resource) -> Option<ResourceIndex> {
        let snapshot = self.snapshot;
        let by_address = self.by_address.get_or_insert_with(|| {
            let mut found: BTreeMap<(Kind, &'a str), Vec<ResourceIndex>> = BTreeMap::new();
            for (resource, index) in snapshot.resources.iter().zip(0_u32..) {
                found.entry((resource.kind, &resource.address)).or_default().push(ResourceIndex(index));
            }
            found
        });
        let found = by_address.get(&(resource.kind, &*resource.address))?;
        found.iter().copied().find(|at| snapshot.resource(*at).is_some_and(|twin| twin == resource))
    }
}

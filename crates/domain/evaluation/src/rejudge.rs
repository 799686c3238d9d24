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

/// Judges `after`, taking from `before` (a snapshot and its outcomes by resource and policy, those that do not apply left
/// out or not) what cannot have changed. The policies must be the same on both sides. Outcomes of other engines are not
/// given: whoever runs them adds them.
pub fn rejudge(policies: &[Policy], before: (&Snapshot, &[Outcome]), after: &Snapshot) -> Vec<Outcome> {
    let (was, outcomes) = before;
    let disturbed = disturbed(was, after);
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
    let mut judged = Vec::with_capacity(outcomes.len().saturating_add(64));
    for (resource, index) in after.resources.iter().zip(0_u32..) {
        let index = ResourceIndex(index);
        let Some(rules) = by_kind.get(&resource.kind) else { continue };
        let twin = twins.take(index, resource);
        let kept = twin.map(|twin| earlier.get(usize::try_from(twin.0).unwrap_or(usize::MAX)).copied().unwrap_or(&[]));
        for (policy, again) in rules {
            match kept {
                Some(kept) if !again => judged.push(carried(kept, *policy, index)),
                _ => {
                    let context = context.get_or_insert_with(|| Context::new(after, policies));
                    judged.extend(judge(context, policies, *policy, index));
                }
            }
        }
    }
    judged
}

/// The outcome as it was, waivers aside; what was left out did not apply.
fn carried(kept: &[Outcome], policy: PolicyIndex, resource: ResourceIndex) -> Outcome {
    match kept.iter().find(|outcome| outcome.policy == policy) {
        Some(outcome) => Outcome { resource, waived: None, ..outcome.clone() },
        None => Outcome { policy, resource, status: Status::NotApplicable, reasons: Vec::new(), waived: None },
    }
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
fn disturbed(before: &Snapshot, after: &Snapshot) -> BTreeSet<Kind> {
    let of_kind = |snapshot| {
        let mut found: BTreeMap<Kind, Vec<&Resource>> = BTreeMap::new();
        let snapshot: &Snapshot = snapshot;
        for resource in &snapshot.resources {
            found.entry(resource.kind).or_default().push(resource);
        }
        found
    };
    let (was, is) = (of_kind(before), of_kind(after));
    let differs = |kind: &Kind| {
        was.get(kind) != is.get(kind) || before.complete_kinds.contains(kind) != after.complete_kinds.contains(kind)
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

    /// A resource that says the very same: most often at the same place.
    fn take(&mut self, index: ResourceIndex, resource: &Resource) -> Option<ResourceIndex> {
        if self.snapshot.resource(index).is_some_and(|twin| twin == resource) {
            return Some(index);
        }
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

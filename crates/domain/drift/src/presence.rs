//! Which resource on one side is which on the other, and whether what is missing is gone.

use std::collections::{BTreeMap, BTreeSet};

use attesta_resource::{Format, Kind, Reason, Resource, ResourceIndex, Snapshot};

use crate::{ResourceKey, State};

/// Whether a resource is on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// On both.
    Stayed,
    /// It is new: before, all of its kind was seen, and it was not there.
    Appeared,
    /// It is seen now. Before, its kind was not seen whole: it may have been there.
    FirstSeen,
    /// It is no more: all of its kind was seen, and it is not there.
    Gone,
    /// It is not seen now. Its kind was not seen whole: it may still be there.
    NoLongerSeen,
}

impl Presence {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stayed => "stayed",
            Self::Appeared => "appeared",
            Self::FirstSeen => "first_seen",
            Self::Gone => "gone",
            Self::NoLongerSeen => "no_longer_seen",
        }
    }

    /// What it is when the sides are exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Stayed => Self::Stayed,
            Self::Appeared => Self::Gone,
            Self::Gone => Self::Appeared,
            Self::FirstSeen => Self::NoLongerSeen,
            Self::NoLongerSeen => Self::FirstSeen,
        }
    }
}

/// One resource on either side or both.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) key: ResourceKey,
    pub(crate) before: Option<ResourceIndex>,
    pub(crate) after: Option<ResourceIndex>,
    pub(crate) presence: Presence,
}

type Side<'a> = BTreeMap<(Kind, &'a str), Vec<(&'a str, ResourceIndex)>>;

fn side<'a>(state: &State<'a>) -> Side<'a> {
    let mut side: Side<'a> = BTreeMap::new();
    for (resource, index) in state.snapshot.resources.iter().zip(0_u32..) {
        let entry = side.entry((resource.kind, &resource.address)).or_default();
        entry.push((state.label(resource), ResourceIndex(index)));
    }
    side
}

/// Every resource of both sides, once, by key.
///
/// Resources are the same when kind and address are. Where one side has several of them, those in documents of the same
/// name are the same, in order; of the rest, one that is alone on each side has moved to another document.
pub(crate) fn pairs(before: &State<'_>, after: &State<'_>) -> Vec<Pair> {
    let (was, is) = (side(before), side(after));
    let (shown_before, shown_after) = (Shown::of(before.snapshot), Shown::of(after.snapshot));
    // What one side leaves unresolved and the other does not may hide what is missing there.
    let (open_before, open_after) = (unresolved(before.snapshot), unresolved(after.snapshot));
    let hides_before = open_before.iter().any(|o| !open_after.contains(o));
    let hides_after = open_after.iter().any(|o| !open_before.contains(o));
    let names: BTreeSet<(Kind, &str)> = was.keys().chain(is.keys()).copied().collect();
    let mut pairs = Vec::with_capacity(names.len());
    for name in names {
        let empty = Vec::new();
        let (a, b) = (was.get(&name).unwrap_or(&empty), is.get(&name).unwrap_or(&empty));
        let alone = a.len() <= 1 && b.len() <= 1;
        for (label, left, right) in matched(a, b) {
            let key = ResourceKey {
                kind: name.0,
                address: name.1.to_owned(),
                document: if alone { String::new() } else { label.to_owned() },
            };
            let presence = match (left, right) {
                (Some(index), None) => {
                    let whole = before.resource(index).is_some_and(|r| shown_after.all(before, r)) && !hides_after;
                    if whole { Presence::Gone } else { Presence::NoLongerSeen }
                }
                (None, Some(index)) => {
                    let whole = after.resource(index).is_some_and(|r| shown_before.all(after, r)) && !hides_before;
                    if whole { Presence::Appeared } else { Presence::FirstSeen }
                }
                _ => Presence::Stayed,
            };
            pairs.push(Pair { key, before: left, after: right, presence });
        }
    }
    pairs
}

type Match<'a> = (&'a str, Option<ResourceIndex>, Option<ResourceIndex>);

fn matched<'a>(a: &[(&'a str, ResourceIndex)], b: &[(&'a str, ResourceIndex)]) -> Vec<Match<'a>> {
    let mut matches: Vec<Match<'a>> = Vec::new();
    let mut free: Vec<Option<(&'a str, ResourceIndex)>> = b.iter().copied().map(Some).collect();
    let mut left = Vec::new();
    for (label, index) in a {
        let slot = free.iter_mut().find(|slot| slot.is_some_and(|(other, _)| other == *label));
        match slot.and_then(Option::take) {
            Some((_, other)) => matches.push((label, Some(*index), Some(other))),
            None => left.push((*label, *index)),
        }
    }
    let right: Vec<(&str, ResourceIndex)> = free.into_iter().flatten().collect();
    if let ([(_, was)], [(label, is)]) = (left.as_slice(), right.as_slice()) {
        matches.push((label, Some(*was), Some(*is)));
    } else {
        matches.extend(left.into_iter().map(|(label, index)| (label, Some(index), None)));
        matches.extend(right.into_iter().map(|(label, index)| (label, None, Some(index))));
    }
    matches.sort_by_key(|(label, before, after)| (*label, *before, *after));
    matches
}

fn unresolved(snapshot: &Snapshot) -> BTreeSet<&str> {
    let open = snapshot.not_understood.iter().filter(|n| n.reason == Reason::Unresolved);
    open.map(|n| n.what.as_str()).collect()
}

/// What a snapshot can say of resources that it does not hold.
struct Shown<'a> {
    snapshot: &'a Snapshot,
    /// Something could not be read: it may have been any code.
    unreadable: bool,
    /// It holds code, or nothing at all.
    code: bool,
}

impl<'a> Shown<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let unreadable = |reason| matches!(reason, Reason::Unreadable);
        Self {
            snapshot,
            unreadable: snapshot.not_understood.iter().any(|n| unreadable(n.reason)),
            code: snapshot.documents.is_empty() || snapshot.documents.iter().any(|d| is_code(d.format)),
        }
    }

    /// Whether a resource of the other side would be here if it existed.
    fn all(&self, other: &State<'_>, resource: &Resource) -> bool {
        let format = other.snapshot.document_of(resource.source).map(|d| d.format);
        if format.is_some_and(is_code) {
            // Code says all that it says: what no longer stands in it is gone from it.
            self.code && !self.unreadable
        } else {
            self.snapshot.complete_kinds.contains(&resource.kind)
        }
    }
}

/// Whether a document states what shall be, and is not a record of what was seen.
fn is_code(format: Format) -> bool {
    match format {
        Format::TerraformPlan
        | Format::TerraformState
        | Format::CloudFormation
        | Format::PulumiPreview
        | Format::PulumiState => true,
        Format::Neutral | Format::LiveAws => false,
    }
}

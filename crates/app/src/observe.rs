//! What one check saw and said, in the words that a history keeps.

use std::collections::{BTreeMap, BTreeSet};

use attesta_drift::verdict;
use attesta_posture::{CheckKey, Judged, Reach, Verdicts};
use attesta_resource::{Kind, NotUnderstood, Resource, Snapshot};

use crate::check::CheckReport;

/// What a check saw and said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// What was not understood or not seen.
    pub unseen: Vec<NotUnderstood>,
    /// Whether every input could be read, a live source answered all that it was asked, and every policy could run.
    pub complete: bool,
    /// Kinds of which every resource was seen.
    pub complete_kinds: BTreeSet<Kind>,
    /// How many resources of each kind.
    pub resources: BTreeMap<Kind, u32>,
    /// The policies, and how much was seen of what each is about.
    pub judged: Judged,
    /// What they said.
    pub verdicts: Verdicts,
}

/// What a check saw and said. Outcomes that do not apply are no verdicts.
pub fn observe(report: &CheckReport<'_>) -> Observed {
    let complete = report.complete();
    let snapshot = &report.snapshot;
    let mut unseen = snapshot.not_understood.clone();
    unseen.extend(report.refused.iter().cloned());
    unseen.sort();
    unseen.dedup();
    let complete_kinds: BTreeSet<Kind> = snapshot.complete_kinds.iter().copied().collect();
    let reach = |kind| if complete || complete_kinds.contains(&kind) { Reach::All } else { Reach::Part };
    let judged = report.policies.iter().map(|policy| (policy.id.clone(), reach(policy.kind))).collect();
    let names = names(snapshot);
    let verdicts = report.outcomes.iter().filter_map(|outcome| {
        let policy = report.policy(outcome.policy)?.id.clone();
        let resource = usize::try_from(outcome.resource.0).ok().and_then(|at| names.get(at))?.clone();
        Some((CheckKey { policy, resource }, verdict(outcome)?))
    });
    let verdicts = verdicts.collect();
    let resources = snapshot.count_by_kind();
    Observed { unseen, complete, complete_kinds, resources, judged, verdicts }
}

/// A name for each resource by which it is known from run to run: its address, and where several resources of a kind have
/// the same one, the document behind it, and their order in it.
pub fn names(snapshot: &Snapshot) -> Vec<Box<str>> {
    let mut count: BTreeMap<(Kind, &str), u32> = BTreeMap::new();
    for resource in &snapshot.resources {
        let count = count.entry((resource.kind, &resource.address)).or_default();
        *count = count.saturating_add(1);
    }
    let mut taken: BTreeSet<(Kind, Box<str>)> = BTreeSet::new();
    let mut name = |resource: &Resource| -> Box<str> {
        if count.get(&(resource.kind, &*resource.address)) == Some(&1) {
            return resource.address.clone();
        }
        let path = snapshot.document_of(resource.source).map_or("", |document| &document.path);
        let first = format!("{} in {path}", resource.address);
        let more = (2_u32..).map(|order| format!("{first} #{order}"));
        let free =
            std::iter::once(first.clone()).chain(more).find(|n| taken.insert((resource.kind, n.as_str().into())));
        free.unwrap_or_default().into()
    };
    snapshot.resources.iter().map(&mut name).collect()
}

#[cfg(test)]
mod tests {
    use attesta_kernel::Digest;
    use attesta_resource::{Document, DocumentIndex, Format, Record, Source, SourceIndex};

    use super::*;

    #[test]
    fn resources_of_one_address_are_told_apart() {
        let document = |path: &str| Document {
            path: path.to_owned(),
            format: Format::CloudFormation,
            digest: Digest::of(b""),
            bytes: 0,
            source_resources: 0,
        };
        let mut snapshot = Snapshot { documents: vec![document("a.yaml"), document("b.yaml")], ..Snapshot::default() };
        let all = [("Bucket", 0), ("Bucket", 1), ("Bucket", 1), ("Other", 0)];
        for ((address, document), index) in all.into_iter().zip(0..) {
            let (document, pointer) = (DocumentIndex(document), "".into());
            snapshot.sources.push(Source { document, address: address.into(), type_name: "".into(), pointer });
            snapshot.resources.push(Resource {
                kind: Kind::ObjectStore,
                source: SourceIndex(index),
                address: address.into(),
                names: Vec::new(),
                attributes: Record::new(),
            });
        }
        let names: Vec<String> = names(&snapshot).into_iter().map(String::from).collect();
        assert_eq!(names, ["Bucket in a.yaml", "Bucket in b.yaml", "Bucket in b.yaml #2", "Other"]);
    }
}

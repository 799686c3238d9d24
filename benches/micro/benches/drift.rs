//! What a change costs: one resource among 10,000, judged again and compared. Run with `cargo bench -p attesta-bench --bench
//! drift`; figures and the machine that they come from stand in `docs/performance.md`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may stop at a surprise")]

use attesta_app::{
    check::{CheckReport, Inputs, check, recheck},
    drift::state,
};
use attesta_catalog::Catalog;
use attesta_content::ContentSource;
use attesta_evaluation::Policy;
use attesta_resource::{
    Attribute, Basis, Document, DocumentIndex, Format, Kind, Origin, Record, Resource, Snapshot, Source, SourceIndex,
    Value,
};

fn main() {
    divan::main();
}

const RESOURCES: u32 = 10_000;
const KINDS: [Kind; 8] = [
    Kind::ObjectStore,
    Kind::Database,
    Kind::Firewall,
    Kind::Volume,
    Kind::EncryptionKey,
    Kind::Role,
    Kind::LogStore,
    Kind::Function,
];

struct World {
    catalog: Catalog,
    policies: Vec<Policy>,
}

fn world() -> World {
    let catalog = attesta_content::load(&ContentSource::Embedded).unwrap();
    let files: Vec<_> = attesta_content::files(&ContentSource::Embedded, "policies").unwrap().collect();
    let policies = attesta_content::policies(&files, &catalog).unwrap();
    World { catalog, policies }
}

impl World {
    /// 10,000 resources of eight kinds, each with every attribute of its kind that is not a list, half of them as wanted.
    fn snapshot(&self, changed: bool) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.documents.push(Document {
            path: "estate".to_owned(),
            format: Format::LiveAws,
            digest: attesta_kernel::Digest::of(b"estate"),
            bytes: 1,
            source_resources: RESOURCES,
        });
        for n in 0..RESOURCES {
            let kind = KINDS[usize::try_from(n).unwrap() % KINDS.len()];
            let source = SourceIndex(n);
            let address: Box<str> = format!("{kind}/{n}").into();
            snapshot.sources.push(Source {
                document: DocumentIndex(0),
                address: address.clone(),
                type_name: kind.as_str().into(),
                pointer: format!("/{n}").into(),
            });
            let mut record = Record::new();
            for (at, name) in self.catalog.dictionary().names(kind).into_iter().enumerate() {
                let bit = (usize::try_from(n).unwrap() / KINDS.len() + at).is_multiple_of(2);
                let flipped = changed && n == RESOURCES / 2;
                let value = match name {
                    name if name.ends_with("days") => Value::Int(if bit { 30 } else { 1 }),
                    name if name.contains("key") && !name.contains("managed") => {
                        Value::Text(format!("encryption_key/{}", (n / 8) * 8 + 4).into())
                    }
                    _ => Value::Bool(bit != flipped),
                };
                let origin = Origin { source, path: "x".into(), basis: Basis::Stated };
                record.put(name.to_owned(), Attribute { value, origin });
            }
            snapshot.resources.push(Resource {
                kind,
                source,
                names: vec![address.clone()],
                address,
                attributes: record,
            });
        }
        snapshot.complete_kinds = KINDS.to_vec();
        snapshot
    }

    fn inputs(&self, snapshot: Snapshot) -> Inputs<'_> {
        let at = attesta_kernel::Date::constant(2026, 11, 22);
        let policies = self.policies.clone();
        Inputs { catalog: &self.catalog, policies, snapshot, refused: Vec::new(), waivers: Vec::new(), at }
    }

    fn before(&self) -> CheckReport<'_> {
        check(self.inputs(self.snapshot(false)), None)
    }
}

/// Judging everything: what judging again is compared with.
#[divan::bench]
fn judge_all(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    bencher
        .with_inputs(|| world.inputs(world.snapshot(true)))
        .bench_local_values(|inputs| check(inputs, None).outcomes.len());
}

/// Judging again after one resource of 10,000 changed, standings and readiness included. The aim: under 50 ms.
#[divan::bench]
fn judge_again(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    let before = world.before();
    let whole = check(world.inputs(world.snapshot(true)), None);
    let again = recheck(&before, world.inputs(world.snapshot(true)), None);
    assert!(again.outcomes == whole.outcomes && again.findings == whole.findings, "the same, or it counts for nothing");
    assert!(again.outcomes != before.outcomes, "something changed");
    bencher
        .with_inputs(|| world.inputs(world.snapshot(true)))
        .bench_local_values(|inputs| recheck(&before, inputs, None).outcomes.len());
}

/// Comparing the two states: resources, verdicts, requirements.
#[divan::bench]
fn compare(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    let (before, labels) = (world.before(), vec![String::new()]);
    let after = check(world.inputs(world.snapshot(true)), None);
    bencher.bench_local(|| attesta_drift::compare(&state(&before, &labels), &state(&after, &labels)).verdicts.len());
}

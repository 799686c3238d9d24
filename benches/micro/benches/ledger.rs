//! What the log costs: leaves, proofs, a vault on a disk. Run with `cargo bench -p attesta-bench --bench ledger`; figures and
//! the machine that they come from stand in `docs/performance.md`. Never run as a test: times prove nothing there.
#![expect(clippy::unwrap_used, reason = "a bench may stop at a surprise")]

use attesta_kernel::Digest;
use attesta_ledger::{Edge, Hash, Leaf, MemoryTree, Salt, SaltedDigest, inclusion_proof, verify_inclusion};
use attesta_vault::{Disk, NewLeaf, Repair, Vault, fsck};

const LEAVES: u64 = 100_000;

fn main() {
    divan::main();
}

fn leaf(number: u64) -> Vec<u8> {
    let digest = Digest::of(&number.to_be_bytes());
    let salted = SaltedDigest::of(&Salt::from_bytes(*digest.as_bytes()), &digest);
    let leaf = Leaf {
        kind: "evidence.added".parse().unwrap(),
        subject: format!("evd_{number:026}").parse().unwrap(),
        actor: "bench".parse().unwrap(),
        at: "2026-11-26T20:40:30Z".parse().unwrap(),
        content: Some(salted),
        record: Some(salted),
        previous: Vec::new(),
    };
    leaf.to_bytes().unwrap()
}

fn hashes() -> Vec<Hash> {
    (0..LEAVES).map(|number| Hash::of_leaf(&leaf(number))).collect()
}

/// Salting, encoding and hashing 100,000 leaves, and the tree's tiles and root.
#[divan::bench(sample_count = 5)]
fn append_100k_leaves() -> Hash {
    let mut edge = Edge::default();
    for hash in hashes() {
        edge.append(hash);
    }
    edge.root()
}

/// An inclusion proof of each of 100,000 leaves.
#[divan::bench(sample_count = 5)]
fn prove_100k_leaves(bencher: divan::Bencher<'_, '_>) {
    let mut tree = MemoryTree::default();
    hashes().into_iter().for_each(|hash| tree.push(hash));
    bencher.bench(|| (0..LEAVES).map(|index| inclusion_proof(&tree, index, LEAVES).unwrap().len()).sum::<usize>());
}

/// Verifying each of those.
#[divan::bench(sample_count = 5)]
fn verify_100k_proofs(bencher: divan::Bencher<'_, '_>) {
    let mut tree = MemoryTree::default();
    let hashes = hashes();
    hashes.iter().for_each(|hash| tree.push(*hash));
    let root = tree.root(LEAVES).unwrap();
    let proofs: Vec<_> = (0..LEAVES).map(|index| inclusion_proof(&tree, index, LEAVES).unwrap()).collect();
    bencher.bench(|| {
        for ((leaf, index), proof) in hashes.iter().zip(0..).zip(&proofs) {
            verify_inclusion(leaf, index, LEAVES, proof, &root).unwrap();
        }
    });
}

fn vault(folder: &std::path::Path) -> Vault {
    let origin = "bench.example/log".parse().unwrap();
    let at = "2026-11-26T20:40:30Z".parse().unwrap();
    Vault::init(folder, origin, &"bench".parse().unwrap(), at, &Disk::default()).unwrap()
}

/// Leaves in transactions of `batch`, durable on a disk, each transaction with its tiles and a signed checkpoint.
fn fill(vault: &Vault, leaves: usize, batch: usize) {
    let mut writer = vault.writer(Disk::default()).unwrap();
    let record =
        r#"{"schema":"bench/1","note":"a record as long as a small one of evidence is, with a title and a day"}"#;
    let new = || NewLeaf::plain("bench.happened", "thing", record.to_owned()).unwrap();
    for _ in 0..leaves / batch {
        let leaves = std::iter::repeat_with(new).take(batch).collect();
        writer.commit(&"bench".parse().unwrap(), "2026-11-26T20:40:30Z".parse().unwrap(), leaves).unwrap();
    }
}

/// 100,000 leaves into a vault on the disk, 1,000 in a transaction.
#[divan::bench(sample_count = 2)]
fn vault_100k_leaves_by_thousands(bencher: divan::Bencher<'_, '_>) {
    bencher.with_inputs(|| tempfile::tempdir().unwrap()).bench_local_values(|folder| {
        fill(&vault(folder.path()), 100_000, 1_000);
        folder
    });
}

/// 200 changes, one in each transaction, as single commands make them.
#[divan::bench(sample_count = 2)]
fn vault_200_single_changes(bencher: divan::Bencher<'_, '_>) {
    bencher.with_inputs(|| tempfile::tempdir().unwrap()).bench_local_values(|folder| {
        fill(&vault(folder.path()), 200, 1);
        folder
    });
}

/// Reading and proving all of a vault with 100,000 leaves.
#[divan::bench(sample_count = 2)]
fn fsck_100k_leaves(bencher: divan::Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path());
    fill(&vault, 100_000, 1_000);
    bencher.bench_local(|| assert!(fsck(&vault, &[], Repair::No).unwrap().faults.is_empty()));
}

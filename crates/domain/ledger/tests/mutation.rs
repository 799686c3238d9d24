//! Whatever is changed in evidence, leaf, proof, checkpoint or key, down to one byte, is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_kernel::Digest;
use attesta_ledger::{
    Checkpoint, Claim, Hash, Leaf, MemoryTree, NotVerified, Opening, Policy, Salt, SaltedDigest, SigningKey, TlogProof,
    Trust, VerifierKey, cosign, inclusion_proof, verify,
};

const EVIDENCE: &[u8] = b"all admins use a second factor\n";

struct Bundle {
    proof: String,
    leaf: Vec<u8>,
    key: String,
    policy: Policy,
}

fn bundle() -> Bundle {
    let key = SigningKey::from_seed("a.example/l".parse().unwrap(), &[5; 32]);
    let salt = Salt::from_bytes([9; 32]);
    let leaf = Leaf {
        kind: "evidence.added".parse().unwrap(),
        subject: "evd_1".parse().unwrap(),
        actor: "ann".parse().unwrap(),
        at: "2026-11-26T20:40:30Z".parse().unwrap(),
        content: Some(SaltedDigest::of(&salt, &Digest::of(EVIDENCE))),
        record: None,
        previous: Vec::new(),
    };
    let leaf = leaf.to_bytes().unwrap();
    let mut tree = MemoryTree::default();
    for other in 0..6_u8 {
        tree.push(if other == 3 { Hash::of_leaf(&leaf) } else { Hash::of_leaf(&[other]) });
    }
    let root = tree.root(6).unwrap();
    let mut checkpoint = Checkpoint { origin: key.name().clone(), size: 6, root }.sign(&key);
    let witness = SigningKey::from_seed("w.example/w".parse().unwrap(), &[6; 32]);
    let cosignature = cosign(&witness, &checkpoint.note, 1_700_000_000);
    checkpoint.note.signatures.push(cosignature);
    let proof = TlogProof {
        extra: Some(Opening { leaf: leaf.clone(), salt }.to_bytes()),
        index: 3,
        hashes: inclusion_proof(&tree, 3, 6).unwrap(),
        checkpoint: checkpoint.to_string(),
    };
    let policy = format!("log {}\nwitness w {}\nquorum w\n", key.verifier(), witness.witness());
    Bundle { proof: proof.to_string(), leaf, key: key.verifier().to_string(), policy: Policy::parse(&policy).unwrap() }
}

fn holds(evidence: &[u8], proof: &[u8], leaf: &[u8], trust: &Trust) -> bool {
    let Ok(proof) = std::str::from_utf8(proof) else { return false };
    verify(Claim { evidence: Digest::of(evidence), proof, leaf: Some(leaf) }, trust).is_ok()
}

/// Each bit flipped, and more, at every byte.
fn changed(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len()).flat_map(move |at| {
        [1, 2, 4, 8, 16, 32, 64, 128, 255, 42].into_iter().map(move |by| {
            let mut changed = bytes.to_vec();
            changed[at] ^= by;
            (at, changed)
        })
    })
}

#[test]
fn every_changed_byte_is_refused() {
    let Bundle { proof, leaf, key, policy } = bundle();
    let trust = Trust::Both(key.parse().unwrap(), policy);
    assert!(holds(EVIDENCE, proof.as_bytes(), &leaf, &trust));
    for (at, changed) in changed(proof.as_bytes()) {
        assert!(!holds(EVIDENCE, &changed, &leaf, &trust), "proof, byte {at}: {}", changed[at]);
    }
    for (at, changed) in changed(&leaf) {
        assert!(!holds(EVIDENCE, proof.as_bytes(), &changed, &trust), "leaf, byte {at}: {}", changed[at]);
    }
    for (at, changed) in changed(EVIDENCE) {
        assert!(!holds(&changed, proof.as_bytes(), &leaf, &trust), "evidence, byte {at}: {}", changed[at]);
    }
    for (at, changed) in changed(key.as_bytes()) {
        let Some(key) = String::from_utf8(changed).ok().and_then(|k| k.parse::<VerifierKey>().ok()) else { continue };
        assert!(!holds(EVIDENCE, proof.as_bytes(), &leaf, &Trust::Key(key)), "key, byte {at}");
    }
}

#[test]
fn what_is_cut_off_or_put_on_is_refused() {
    let Bundle { proof, leaf, key, .. } = bundle();
    let trust = Trust::Key(key.parse().unwrap());
    let last_line = proof[..proof.len() - 1].rfind('\n').unwrap() + 1;
    for end in 0..proof.len() {
        // Without the cosignature, which this trust does not ask for, it is still a whole proof.
        assert_eq!(holds(EVIDENCE, &proof.as_bytes()[..end], &leaf, &trust), end == last_line, "{end}");
    }
    for more in ["\n", " ", "x", "\0"] {
        assert!(!holds(EVIDENCE, format!("{proof}{more}").as_bytes(), &leaf, &trust), "{more:?}");
    }
}

#[test]
fn a_proof_is_judged_by_whom_one_trusts() {
    let Bundle { proof, policy, key, .. } = bundle();
    let claim = Claim { evidence: Digest::of(EVIDENCE), proof: &proof, leaf: None };
    let seen = verify(claim, &Trust::Policy(policy.clone())).unwrap();
    assert_eq!((seen.index, seen.witnessed.len(), seen.checkpoint.checkpoint.size), (3, 1, 6));
    let stranger = SigningKey::from_seed("a.example/l".parse().unwrap(), &[7; 32]).verifier();
    assert!(matches!(verify(claim, &Trust::Key(stranger)), Err(NotVerified::Checkpoint(_))));
    let two = SigningKey::from_seed("v.example/v".parse().unwrap(), &[8; 32]).witness();
    let stricter = Policy::parse(&format!("witness v {two}\nquorum v\n")).unwrap();
    assert_eq!(verify(claim, &Trust::Policy(stricter.clone())), Err(NotVerified::NoLog));
    let both = verify(claim, &Trust::Both(key.parse().unwrap(), stricter));
    assert_eq!(both, Err(NotVerified::Quorum(Vec::new())));
}

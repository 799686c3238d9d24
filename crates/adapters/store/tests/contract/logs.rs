//! An organisation, and its log: what happens is told, and what was told proves itself.

use attesta_evidence::EvidenceId;
use attesta_kernel::Digest;
use attesta_ledger::{Opening, TlogProof, verify_consistency, verify_inclusion};
use attesta_store::{LeafSieve, NewLog, StoreError};

use crate::{
    documents::record,
    evidences::{evidence, happen},
    support::{ACME, House, RIVAL, at, commit, key, permit},
};

pub(crate) async fn an_organisation_begins_with_its_log(house: &House) {
    let mut room = house.room().await;
    assert_eq!(room.organisation().await.unwrap().kind, "assessed-entity");
    let log = room.log().await.unwrap();
    assert_eq!((log.size, log.origin.as_str()), (1, "example.org/ten_00000000000000000000000001"));
    let leaves = room.leaves(0, 10).await.unwrap();
    assert_eq!(leaves[0].kind, "organisation.founded");
}

pub(crate) async fn an_organisation_is_founded_once(house: &House) {
    let mut work = house.work().await;
    let key = key(ACME);
    let log = NewLog { origin: key.name().as_str(), vkey: &key.verifier().to_string(), sealed_key: "other" };
    let error = work.found("Other", "assessor-firm", "{}", &log, at(9)).await.unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    drop(work);
    assert_eq!(house.room().await.log().await.unwrap().sealed_key, "sealed");
}

pub(crate) async fn nothing_happens_without_a_commit(house: &House) {
    let mut work = house.work().await;
    work.add_assessment("a1", "R2", at(1)).await.unwrap();
    assert_eq!(work.room().assessment("a1").await.unwrap().rev, 1);
    drop(work);
    assert!(house.room().await.assessment("a1").await.is_err());
    assert_eq!(house.room().await.log().await.unwrap().size, 1);
}

pub(crate) async fn a_change_and_its_leaf_come_together(house: &House) {
    house.assessment("a1").await;
    let mut room = house.room().await;
    let kinds: Vec<String> = room.leaves(1, 10).await.unwrap().into_iter().map(|l| l.kind).collect();
    assert_eq!(kinds, ["assessment.added", "document.written"]);
    let entries = room.entries(1, 10).await.unwrap();
    // The second leaf about the assessment builds on the first.
    assert_eq!(entries[1].leaf.previous, [entries[0].hash()]);
    assert!(entries[1].record.contains(&Digest::of(b"first").to_string()));
}

/// Reading and then writing on what was read: whoever is alone never finds it changed.
pub(crate) async fn a_change_that_is_alone_sees_the_newest(house: &House) {
    let mut work = house.work().await;
    work.add_record(&record("r1", "a", "open")).await.unwrap();
    commit(ACME, work).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = house.store.clone();
            tokio::spawn(async move {
                let mut work = store.work(&permit(ACME)).await.unwrap();
                work.alone().await.unwrap();
                let read = work.room().record("task", "r1").await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                work.put_record("task", &read).await.unwrap();
                commit(ACME, work).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(house.room().await.record("task", "r1").await.unwrap().rev, 9);
}

pub(crate) async fn every_leaf_proves_itself(house: &House) {
    house.assessment("a1").await;
    let mut work = house.work().await;
    for number in 0..700 {
        work.tell("test.event", &format!("s-{number}"), &serde_json::json!({ "n": number })).unwrap();
    }
    commit(ACME, work).await;
    house.bytes(&Digest::of(b"abc").to_string()).await;
    let id = EvidenceId::new(1, [1; 10]);
    happen(house, id, &evidence(id, b"abc"), 0).await;
    let mut room = house.room().await;
    let log = room.log().await.unwrap();
    let size = log.size;
    assert_eq!(size, 704);
    for index in [0, 1, 2, 255, 256, 257, 511, 512, 700, 703] {
        let entry = room.entry(index).await.unwrap();
        let (hashes, signed) = room.inclusion(&log, &entry).await.unwrap();
        assert_eq!(signed.checkpoint.size, size);
        verify_inclusion(&entry.hash(), index, size, &hashes, &signed.checkpoint.root).unwrap();
    }
    // The evidence's leaf, as a proof file that stands alone.
    let entry = room.entry_about(&id.to_string(), "evidence.added").await.unwrap();
    let (hashes, signed) = room.inclusion(&log, &entry).await.unwrap();
    let opening = Opening { leaf: entry.bytes.clone(), salt: entry.content_salt.clone().unwrap() };
    let proof =
        TlogProof { extra: Some(opening.to_bytes()), index: entry.index, hashes, checkpoint: signed.to_string() };
    let trust = attesta_ledger::Trust::Key(key(ACME).verifier());
    let claim = |bytes: &[u8], proof: &str| {
        let claim = attesta_ledger::Claim { evidence: Digest::of(bytes), proof, leaf: Some(&entry.bytes) };
        attesta_ledger::verify(claim, &trust).map(|v| v.index)
    };
    assert_eq!(claim(b"abc", &proof.to_string()).unwrap(), 703);
    assert!(claim(b"abd", &proof.to_string()).is_err());
}

pub(crate) async fn a_log_grows_from_its_beginning(house: &House) {
    let mut heads = Vec::new();
    for round in 0..6 {
        let mut work = house.work().await;
        for number in 0..97 {
            work.tell("test.event", &format!("s-{round}-{number}"), &serde_json::json!({})).unwrap();
        }
        commit(ACME, work).await;
        let mut room = house.room().await;
        let checkpoint = room.log().await.unwrap().checkpoint;
        let signed = attesta_ledger::SignedCheckpoint::open(&checkpoint, &key(ACME).verifier()).unwrap();
        heads.push(signed.checkpoint);
    }
    let mut room = house.room().await;
    let log = room.log().await.unwrap();
    for pair in heads.windows(2) {
        let hashes = room.consistency(&log, pair[0].size, pair[1].size).await.unwrap();
        verify_consistency(pair[0].size, &pair[0].root, pair[1].size, &pair[1].root, &hashes).unwrap();
    }
    let (first, last) = (&heads[0], &heads[5]);
    let hashes = room.consistency(&log, first.size, last.size).await.unwrap();
    verify_consistency(first.size, &first.root, last.size, &last.root, &hashes).unwrap();
}

/// A key of another log signs nothing here, and a commit builds only on an edge that leads to the signed root.
pub(crate) async fn a_changed_leaf_is_found(house: &House) {
    let mut work = house.work().await;
    work.tell("test.event", "s-1", &serde_json::json!({})).unwrap();
    let error = work.commit("ada", at(2), &key(RIVAL)).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(house.room().await.log().await.unwrap().size, 1);
}

pub(crate) async fn the_trail_is_sieved(house: &House) {
    house.assessment("a1").await;
    house.assessment("a2").await;
    let mut room = house.room().await;
    let sieve =
        |subject: &str, kind: &str| LeafSieve { subject: subject.into(), kind: kind.into(), actor: String::new() };
    for (subject, kind, expected) in
        [("", "", 5), ("a1", "", 2), ("", "assessment.", 2), ("a2", "document", 1), ("a3", "", 0)]
    {
        let found = room.trail(&sieve(subject, kind), u64::MAX, 50).await.unwrap();
        assert_eq!(found.len(), expected, "{subject} {kind}");
    }
    let newest = room.trail(&LeafSieve::default(), u64::MAX, 1).await.unwrap();
    assert_eq!(newest[0].index, 4);
    assert_eq!(room.trail(&LeafSieve::default(), 4, 9).await.unwrap()[0].index, 3);
}

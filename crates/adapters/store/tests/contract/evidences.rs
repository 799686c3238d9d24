//! Evidence and its bytes.

use std::collections::BTreeSet;

use attesta_evidence::{Change, Dates, Description, Evidence, EvidenceId, Hold, Link, Source, Tombstone};
use attesta_kernel::Digest;
use attesta_store::{EvidenceSieve, Page, StoreError};

use crate::support::{ACME, House, at, commit};

pub(crate) fn evidence(id: EvidenceId, bytes: &[u8]) -> Change {
    Change::Added(Box::new(Evidence {
        id,
        version: 1,
        supersedes: None,
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        media_type: "text/plain".parse().unwrap(),
        file_name: "Policy 100%.txt".parse().unwrap(),
        description: Description {
            title: None,
            kind: None,
            dates: Dates {
                effective: None,
                collected: None,
                received: "2026-11-01".parse().unwrap(),
                valid_until: None,
            },
            period: None,
            source: Source::default(),
            role: None,
            component: None,
            attestation: None,
            confidential: false,
            retention: None,
        },
    }))
}

fn link(target: &str) -> Change {
    let target = target.parse().unwrap();
    Change::Linked(Link { target, levels: BTreeSet::new(), elements: BTreeSet::new(), place: None })
}

pub(crate) async fn happen(house: &House, id: EvidenceId, change: &Change, read: u64) {
    let mut work = house.work().await;
    work.change_evidence(id, change, read).await.unwrap();
    commit(ACME, work).await;
}

pub(crate) async fn evidence_lives_by_its_events(house: &House) {
    let id = EvidenceId::new(1, [1; 10]);
    house.bytes(&Digest::of(b"abc").to_string()).await;
    let day = "2026-11-02".parse().unwrap();
    let why = || "court".parse().unwrap();
    happen(house, id, &evidence(id, b"abc"), 0).await;
    happen(house, id, &Change::Held(Hold { matter: "case-7".parse().unwrap(), why: why(), on: day }), 1).await;
    let retired = Change::Retired(Tombstone { on: day, why: why() });
    let mut work = house.work().await;
    // A hold keeps it.
    assert!(matches!(work.change_evidence(id, &retired, 2).await, Err(StoreError::Refused(_))));
    assert!(matches!(work.change_evidence(id, &retired, 1).await, Err(StoreError::Changed { now: 2, .. })));
    drop(work);
    happen(house, id, &Change::Released { matter: "case-7".parse().unwrap(), why: why() }, 2).await;
    happen(house, id, &retired, 3).await;
    let row = house.room().await.evidence(id).await.unwrap();
    assert_eq!(row.rev, 4);
    assert!(matches!(row.item.status, attesta_evidence::Status::Retired(_)));
    let sieve = EvidenceSieve { state: "current".into(), ..EvidenceSieve::default() };
    assert!(house.room().await.evidence_list(&sieve, &Page::first(9)).await.unwrap().is_empty());
}

pub(crate) async fn evidence_without_bytes_is_refused(house: &House) {
    let id = EvidenceId::new(1, [1; 10]);
    let mut work = house.work().await;
    let error = work.change_evidence(id, &evidence(id, b"abc"), 0).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "bytes", .. }), "{error}");
}

pub(crate) async fn evidence_is_found_by_what_it_is_for(house: &House) {
    house.bytes(&Digest::of(b"abc").to_string()).await;
    let ids = [1, 2, 3].map(|n| EvidenceId::new(n, [1; 10]));
    for id in ids {
        happen(house, id, &evidence(id, b"abc"), 0).await;
    }
    happen(house, ids[0], &link("hitrust:01.a"), 1).await;
    happen(house, ids[2], &link("hitrust:01.a"), 1).await;
    happen(house, ids[2], &link("hipaa:164.312(b)"), 2).await;
    happen(house, ids[0], &Change::Unlinked("hitrust:01.a".parse().unwrap()), 2).await;
    let mut room = house.room().await;
    for (target, expected) in
        [("hitrust:01.a", vec![ids[2]]), ("hipaa:164.312(b)", vec![ids[2]]), ("hitrust:01.b", vec![])]
    {
        let found = room.evidence_list(&target_of(target), &Page::first(9)).await.unwrap();
        assert_eq!(found.iter().map(|r| r.item.evidence.id).collect::<Vec<_>>(), expected);
    }
    for (text, expected) in [("policy 100%", 3), ("100_", 0), ("nothing", 0)] {
        let sieve = EvidenceSieve { text: text.into(), ..EvidenceSieve::default() };
        assert_eq!(room.evidence_list(&sieve, &Page::first(9)).await.unwrap().len(), expected, "{text}");
    }
    assert_eq!(room.evidence_with(&Digest::of(b"abc").to_string()).await.unwrap().len(), 3);
}

fn target_of(target: &str) -> EvidenceSieve {
    EvidenceSieve { target: target.into(), ..EvidenceSieve::default() }
}

pub(crate) async fn bytes_that_evidence_names_are_not_forgotten(house: &House) {
    let (named, unnamed) = (Digest::of(b"abc").to_string(), Digest::of(b"left").to_string());
    house.bytes(&named).await;
    house.bytes(&unnamed).await;
    let id = EvidenceId::new(1, [1; 10]);
    happen(house, id, &evidence(id, b"abc"), 0).await;
    let old: Vec<String> =
        house.room().await.unnamed_blobs(at(100)).await.unwrap().into_iter().map(|b| b.digest).collect();
    assert_eq!(old, std::slice::from_ref(&unnamed));
    assert!(house.room().await.unnamed_blobs(at(0)).await.unwrap().is_empty());
    let mut work = house.work().await;
    assert!(matches!(work.forget_blob(&named).await, Err(StoreError::NotFound { .. })));
    work.forget_blob(&unnamed).await.unwrap();
    work.commit_quietly().await.unwrap();
    assert!(house.room().await.blob(&unnamed).await.is_err());
}

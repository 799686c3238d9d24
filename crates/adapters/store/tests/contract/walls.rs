//! What one organisation has, another neither sees nor changes, for every kind of thing.

use attesta_evidence::{Change, EvidenceId, Hold};
use attesta_kernel::Digest;
use attesta_store::{Anchor, EvidenceSieve, LeafSieve, Page, Record, RecordSieve, Replay, StoreError};

use crate::{
    evidences,
    support::{ACME, House, RIVAL, at, commit, permit, put},
};

async fn furnish(house: &House) -> EvidenceId {
    house.assessment("a1").await;
    let id = EvidenceId::new(1, [1; 10]);
    house.bytes(&Digest::of(b"abc").to_string()).await;
    let mut work = house.work().await;
    work.change_evidence(id, &evidences::evidence(id, b"abc"), 0).await.unwrap();
    let text = str::to_owned;
    work.add_record(&Record {
        kind: text("task"),
        id: text("t1"),
        about: String::new(),
        state: text("open"),
        owner: String::new(),
        due: String::new(),
        rev: 0,
        body: text("{}"),
        created: at(1),
        updated: at(1),
        editor: text("ada"),
    })
    .await
    .unwrap();
    work.add_replay("p1", "k", &Replay { request: text("r"), status: 200, answer: text("{}") }, at(1)).await.unwrap();
    let checkpoint = work.room().log().await.unwrap().checkpoint;
    work.put_anchor(&Anchor { size: 1, checkpoint, query: None, answer: None, at: at(1) }).await.unwrap();
    commit(ACME, work).await;
    id
}

/// Counts what is seen through a room, by kind of thing.
async fn seen(house: &House, tenant: &str, id: EvidenceId) -> Vec<(&'static str, bool)> {
    let mut room = house.store.room(&permit(tenant)).await.unwrap();
    let digest = Digest::of(b"abc").to_string();
    let page = Page::first(50);
    vec![
        ("assessment", room.assessment("a1").await.is_ok()),
        ("assessments", !room.assessments(&page).await.unwrap().is_empty()),
        ("document", room.document("a1", "assessment.yaml").await.unwrap().is_some()),
        ("documents", !room.documents("a1").await.unwrap().is_empty()),
        ("revisions", !room.document_revisions("a1").await.unwrap().is_empty()),
        ("record", room.record("task", "t1").await.is_ok()),
        ("records", !room.records("task", &RecordSieve::default(), &page).await.unwrap().is_empty()),
        ("evidence", room.evidence(id).await.is_ok()),
        ("evidence list", !room.evidence_list(&EvidenceSieve::default(), &page).await.unwrap().is_empty()),
        ("evidence by bytes", !room.evidence_with(&digest).await.unwrap().is_empty()),
        ("blob", room.blob(&digest).await.is_ok()),
        ("blobs", !room.blobs("", 9).await.unwrap().is_empty()),
        ("leaf about it", room.entry_about(&id.to_string(), "evidence.added").await.is_ok()),
        ("leaf by number", room.entry(3).await.is_ok()),
        ("trail", room.trail(&LeafSieve::default(), u64::MAX, 50).await.unwrap().len() > 1),
        ("anchors", !room.anchors().await.unwrap().is_empty()),
        ("replay", room.replay("p1", "k").await.unwrap().is_some()),
    ]
}

pub(crate) async fn another_organisation_sees_nothing(house: &House) {
    let id = furnish(house).await;
    for (what, own) in seen(house, ACME, id).await {
        assert!(own, "{what}");
    }
    for (what, theirs) in seen(house, RIVAL, id).await {
        assert!(!theirs, "{what}");
    }
}

pub(crate) async fn another_organisation_changes_nothing(house: &House) {
    let id = furnish(house).await;
    let hold = Hold { matter: "m".parse().unwrap(), why: "x".parse().unwrap(), on: "2026-11-01".parse().unwrap() };
    let mut work = house.store.work(&permit(RIVAL)).await.unwrap();
    let mut assessment = house.room().await.assessment("a1").await.unwrap();
    assessment.name = "theirs".into();
    let record = house.room().await.record("task", "t1").await.unwrap();
    let puts = [put("assessment.yaml", Some("theirs"), Some(1))];
    let told = [
        ("assessment", work.put_assessment(&assessment, at(5)).await.err()),
        ("documents", work.put_documents("a1", &puts, "eve", at(5)).await.err()),
        ("record", work.put_record("task", &record).await.err()),
        ("record removed", work.remove_record("task", "t1", 1).await.err()),
        ("evidence", work.change_evidence(id, &Change::Held(hold), 1).await.err()),
        ("blob", work.forget_blob(&Digest::of(b"abc").to_string()).await.err()),
        ("member", work.put_member("p1", "owner", "{}", 1).await.err()),
    ];
    for (what, error) in told {
        assert!(matches!(error, Some(StoreError::NotFound { .. })), "{what}: {error:?}");
    }
    drop(work);
    for (what, own) in seen(house, ACME, id).await {
        assert!(own, "{what}");
    }
}

//! Several things in one statement.

use attesta_evidence::EvidenceId;
use attesta_kernel::Digest;
use attesta_store::{
    Anchor, Anchors, Assessments, EntryAbout, EvidenceCount, EvidenceList, EvidenceSieve, LeafSieve, LogHead, Members,
    NewestRecords, OneAssessment, OneDocument, OneEvidence, OneRecord, Organisation, Page, PastOf, RecordCount,
    RecordSieve, Records, Trail,
};

use crate::{
    documents::record,
    evidences::evidence,
    support::{ACME, House, RIVAL, at, commit, permit, put},
};

const EVIDENCE: &str = "evd_00000000000000000000000001";

/// Something of everything, with bytes and with columns that are empty.
async fn furnished(house: &House) -> EvidenceId {
    house.assessment("a1").await;
    let id: EvidenceId = EVIDENCE.parse().unwrap();
    house.bytes(&Digest::of(b"abc").to_string()).await;
    let mut work = house.work().await;
    work.put_documents("a1", &[put("assessment.yaml", Some("second"), Some(1))], "ada", at(2)).await.unwrap();
    for (number, state) in ["open", "done", "open"].into_iter().enumerate() {
        work.add_record(&record(&format!("r{number}"), "a1", state)).await.unwrap();
    }
    work.change_evidence(id, &evidence(id, b"abc"), 0).await.unwrap();
    let anchor = Anchor { size: 1, checkpoint: "one".into(), query: Some(vec![0, 9, 255]), answer: None, at: at(3) };
    work.put_anchor(&anchor).await.unwrap();
    commit(ACME, work).await;
    id
}

pub(crate) async fn what_is_asked_together_is_what_is_asked_alone(house: &House) {
    let id = furnished(house).await;
    let mut room = house.room().await;
    let first = Page::first(2);
    let open = RecordSieve { state: "open".into(), ..RecordSieve::default() };
    let pieces = EvidenceSieve::default();
    let trail = LeafSieve { kind: "record".into(), ..LeafSieve::default() };
    let before = house.store.statements();
    let told = room
        .ask(&(
            (
                Records { kind: "task", sieve: open.clone(), page: first.clone() },
                NewestRecords { kind: "task", about: "", page: first.clone() },
                OneRecord { kind: "task", id: "r1" },
                OneRecord { kind: "task", id: "nobody's" },
                None::<Anchors>,
                Some(RecordCount { kind: "task", sieve: open.clone() }),
            ),
            (Assessments { page: first.clone() }, OneAssessment { id: "a1" }, Members { page: first.clone() }),
            (
                OneDocument { assessment: "a1", path: "assessment.yaml" },
                PastOf { assessment: "a1", path: "assessment.yaml", limit: 9 },
            ),
            (
                EvidenceList { sieve: pieces.clone(), page: first.clone() },
                OneEvidence { id },
                EvidenceCount { sieve: pieces.clone() },
                EntryAbout { subject: EVIDENCE, kind: "evidence.added" },
            ),
            (LogHead, Trail { sieve: trail.clone(), below: u64::MAX, limit: 9 }, Organisation),
            Anchors,
        ))
        .await
        .unwrap();
    assert_eq!(house.store.statements() - before, 1, "it is one statement");
    let (
        (some, newest, one, none, nothing, count),
        (rows, row, members),
        (document, past),
        of_evidence,
        of_log,
        anchors,
    ) = told;
    assert_eq!(some, room.records("task", &open, &first).await.unwrap());
    assert_eq!(some.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["r0", "r2"]);
    assert_eq!(newest, room.newest_records("task", "", &first).await.unwrap());
    assert_eq!(newest.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["r2", "r1"]);
    assert_eq!(one.unwrap(), room.record("task", "r1").await.unwrap());
    assert!(none.is_none() && nothing.is_none());
    assert_eq!(count, Some(2));
    assert_eq!(rows, room.assessments(&first).await.unwrap());
    assert_eq!(row, Some(room.assessment("a1").await.unwrap()));
    assert_eq!(members, room.members(&first).await.unwrap());
    assert_eq!(document, room.document("a1", "assessment.yaml").await.unwrap());
    assert_eq!(past, room.past("a1", "assessment.yaml", 9).await.unwrap());
    assert_eq!(past.len(), 1);
    let (list, piece, pieces_count, entry) = of_evidence;
    assert_eq!(list, room.evidence_list(&pieces, &first).await.unwrap());
    assert_eq!(piece.unwrap(), room.evidence(id).await.unwrap());
    assert_eq!(pieces_count, 1);
    // Bytes come as they were stored.
    let alone = room.entry_about(EVIDENCE, "evidence.added").await.unwrap();
    let entry = entry.unwrap();
    assert_eq!((&entry.bytes, entry.hash()), (&alone.bytes, alone.hash()));
    let (log, leaves, organisation) = of_log;
    assert_eq!(log, Some(room.log().await.unwrap()));
    assert_eq!(leaves, room.trail(&trail, u64::MAX, 9).await.unwrap());
    assert_eq!(organisation.unwrap(), room.organisation().await.unwrap());
    assert_eq!(anchors, room.anchors().await.unwrap());
    assert_eq!((anchors[0].query.as_deref(), anchors[0].answer.as_deref()), (Some(&[0_u8, 9, 255][..]), None));
}

pub(crate) async fn what_is_asked_together_stays_behind_the_wall(house: &House) {
    let id = furnished(house).await;
    let mut room = house.store.room(&permit(RIVAL)).await.unwrap();
    let told = room
        .ask(&(
            Records { kind: "task", sieve: RecordSieve::default(), page: Page::first(9) },
            Assessments { page: Page::first(9) },
            OneDocument { assessment: "a1", path: "assessment.yaml" },
            OneEvidence { id },
            EntryAbout { subject: EVIDENCE, kind: "evidence.added" },
            Anchors,
        ))
        .await
        .unwrap();
    let (records, assessments, document, piece, entry, anchors) = told;
    assert!(records.is_empty() && assessments.is_empty() && anchors.is_empty());
    assert!(document.is_none() && piece.is_none() && entry.is_none());
    let before = house.store.statements();
    assert_eq!(room.ask(&(None::<Anchors>, None::<Members>)).await.unwrap(), (None, None));
    assert_eq!(house.store.statements(), before, "nothing is asked where nothing is wanted");
}

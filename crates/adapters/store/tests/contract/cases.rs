use std::collections::BTreeSet;

use attesta_evidence::{Change, Dates, Description, Evidence, EvidenceId, Hold, Link, Source, Tombstone};
use attesta_kernel::{Digest, Timestamp};
use attesta_ledger::{Opening, TlogProof, verify_consistency, verify_inclusion};
use attesta_store::{
    Account, Bearer, BearerKind, EvidenceSieve, HOUSE, JobState, LeafSieve, NewJob, NewLog, Page, Record, RecordSieve,
    Replay, Store, StoreError,
};

use crate::support::{ACME, House, RIVAL, at, commit, key, permit, put};

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

pub(crate) async fn the_second_writer_of_a_response_is_told(house: &House) {
    house.assessment("a1").await;
    let path = "answers/one.yaml";
    let mut work = house.work().await;
    work.put_documents("a1", &[put(path, Some("1"), None)], "ada", at(2)).await.unwrap();
    commit(ACME, work).await;
    for (body, read, expected) in [("2", 1, Ok(())), ("3", 1, Err(2))] {
        let mut work = house.work().await;
        let told = work.put_documents("a1", &[put(path, Some(body), Some(read))], "bob", at(3)).await;
        match (told, expected) {
            (Ok(_), Ok(())) => drop(commit(ACME, work).await),
            (Err(StoreError::Changed { now, .. }), Err(expected)) => assert_eq!(now, expected),
            (told, _) => panic!("{told:?}"),
        }
    }
    let mut work = house.work().await;
    let told = work.put_documents("a1", &[put(path, Some("new"), None)], "bob", at(3)).await;
    assert!(matches!(told, Err(StoreError::Changed { now: 2, .. })), "{told:?}");
    drop(work);
    let now = house.room().await.document("a1", path).await.unwrap().unwrap();
    assert_eq!((now.body.as_str(), now.rev, now.editor.as_str()), ("2", 2, "bob"));
}

/// Many writers at once add one to a number each; the sum is what was acknowledged.
pub(crate) async fn two_at_once_lose_nothing(house: &House) {
    house.assessment("a1").await;
    let mut work = house.work().await;
    work.put_documents("a1", &[put("answers/n.yaml", Some("0"), None)], "ada", at(2)).await.unwrap();
    commit(ACME, work).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = house.store.clone();
        tasks.spawn(async move {
            let mut acknowledged = 0_u64;
            for _ in 0..10 {
                let read =
                    store.room(&permit(ACME)).await.unwrap().document("a1", "answers/n.yaml").await.unwrap().unwrap();
                let next = (read.body.parse::<u64>().unwrap() + 1).to_string();
                let mut work = store.work(&permit(ACME)).await.unwrap();
                let puts = [put("answers/n.yaml", Some(&next), Some(read.rev))];
                match work.put_documents("a1", &puts, "x", at(3)).await {
                    Ok(_) => {
                        work.commit("x", at(3), &key(ACME)).await.unwrap();
                        acknowledged += 1;
                    }
                    Err(StoreError::Changed { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            acknowledged
        });
    }
    let acknowledged: u64 = tasks.join_all().await.into_iter().sum();
    let mut room = house.room().await;
    let now = room.document("a1", "answers/n.yaml").await.unwrap().unwrap();
    assert_eq!(now.body, acknowledged.to_string());
    assert_eq!(now.rev, acknowledged + 1);
    assert!(acknowledged > 0);
    assert_eq!(room.log().await.unwrap().size, 4 + acknowledged);
    let past = room.past("a1", "answers/n.yaml", 500).await.unwrap();
    assert_eq!(past.len() as u64, acknowledged);
}

pub(crate) async fn earlier_forms_stay(house: &House) {
    house.assessment("a1").await;
    for read in 1..=3 {
        let mut work = house.work().await;
        let body = format!("form {}", read + 1);
        work.put_documents("a1", &[put("assessment.yaml", Some(&body), Some(read))], "ada", at(3)).await.unwrap();
        commit(ACME, work).await;
    }
    let mut room = house.room().await;
    let past = room.past("a1", "assessment.yaml", 10).await.unwrap();
    let told: Vec<(u64, &str)> = past.iter().map(|p| (p.rev, p.body.as_str())).collect();
    assert_eq!(told, [(3, "form 3"), (2, "form 2"), (1, "first")]);
    // Whoever wrote any of the forms is told, and a path is taken as it is written.
    assert!(room.editors("a1", "assessment.").await.unwrap().contains(&"ada".to_owned()));
    assert!(room.editors("a1", "assessment_").await.unwrap().is_empty());
    assert_eq!(room.assessment("a1").await.unwrap().rev, 5);
}

pub(crate) async fn a_path_that_comes_back_goes_on_counting(house: &House) {
    house.assessment("a1").await;
    let path = "answers/one.yaml";
    for (body, read) in [(Some("1"), None), (None, Some(1)), (Some("2"), None)] {
        let mut work = house.work().await;
        work.put_documents("a1", &[put(path, body, read)], "ada", at(2)).await.unwrap();
        commit(ACME, work).await;
    }
    let now = house.room().await.document("a1", path).await.unwrap().unwrap();
    assert_eq!((now.rev, now.body.as_str()), (2, "2"));
}

pub(crate) async fn several_documents_are_written_or_none(house: &House) {
    house.assessment("a1").await;
    let mut work = house.work().await;
    let puts = [put("a.yaml", Some("a"), None), put("assessment.yaml", Some("b"), Some(7))];
    assert!(work.put_documents("a1", &puts, "ada", at(2)).await.is_err());
    drop(work);
    let mut room = house.room().await;
    assert_eq!(room.document("a1", "a.yaml").await.unwrap(), None);
    assert_eq!(room.documents("a1").await.unwrap().len(), 1);
}

fn record(id: &str, about: &str, state: &str) -> Record {
    let text = str::to_owned;
    Record {
        kind: text("task"),
        id: text(id),
        about: text(about),
        state: text(state),
        owner: text("ada"),
        due: text("2026-12-01"),
        rev: 0,
        body: text(r#"{"title":"mend"}"#),
        created: at(1),
        updated: at(1),
        editor: text("ada"),
    }
}

pub(crate) async fn records_live(house: &House) {
    let mut work = house.work().await;
    work.add_record(&record("t1", "a1", "open")).await.unwrap();
    assert!(matches!(work.add_record(&record("t1", "", "open")).await, Err(StoreError::Exists { .. })));
    drop(work);
    let mut work = house.work().await;
    work.add_record(&record("t1", "a1", "open")).await.unwrap();
    commit(ACME, work).await;
    let mut old = house.room().await.record("task", "t1").await.unwrap();
    assert_eq!((old.rev, old.created), (1, at(1)));
    old.state = "done".into();
    let mut work = house.work().await;
    assert_eq!(work.put_record("task", &old).await.unwrap(), 2);
    commit(ACME, work).await;
    let mut work = house.work().await;
    assert!(matches!(work.put_record("task", &old).await, Err(StoreError::Changed { now: 2, .. })));
    assert!(matches!(work.remove_record("task", "t1", 1).await, Err(StoreError::Changed { now: 2, .. })));
    drop(work);
    let mut work = house.work().await;
    work.remove_record("task", "t1", 2).await.unwrap();
    commit(ACME, work).await;
    let mut room = house.room().await;
    assert!(matches!(room.record("task", "t1").await, Err(StoreError::NotFound { .. })));
    let kinds: Vec<String> = room.leaves(1, 10).await.unwrap().into_iter().map(|l| l.kind).collect();
    assert_eq!(kinds, ["task.added", "task.changed", "task.removed"]);
}

pub(crate) async fn records_are_sieved_and_paged(house: &House) {
    let mut work = house.work().await;
    for (id, about, state) in [
        ("t1", "a1", "open"),
        ("t2", "a1/r1", "open"),
        ("t3", "a1/r2", "done"),
        ("t4", "a10", "open"),
        ("t5", "", "open"),
    ] {
        work.add_record(&record(id, about, state)).await.unwrap();
    }
    commit(ACME, work).await;
    let mut room = house.room().await;
    for (about, state, expected) in [
        ("", "", vec!["t1", "t2", "t3", "t4", "t5"]),
        ("a1", "", vec!["t1", "t2", "t3"]),
        ("a1", "open", vec!["t1", "t2"]),
        ("a1/r2", "", vec!["t3"]),
    ] {
        let sieve = RecordSieve { about: about.into(), state: state.into(), owner: String::new() };
        let found = room.records("task", &sieve, &Page::first(50)).await.unwrap();
        assert_eq!(found.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), expected, "{about} {state}");
    }
    let mut page = Page::first(2);
    let mut seen = Vec::new();
    loop {
        let found = room.records("task", &RecordSieve::default(), &page).await.unwrap();
        let Some(last) = found.last() else { break };
        page.after = last.id.clone();
        seen.extend(found.into_iter().map(|r| r.id));
    }
    assert_eq!(seen, ["t1", "t2", "t3", "t4", "t5"]);
}

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

async fn happen(house: &House, id: EvidenceId, change: &Change, read: u64) {
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
    let size = room.log().await.unwrap().size;
    assert_eq!(size, 704);
    for index in [0, 1, 2, 255, 256, 257, 511, 512, 700, 703] {
        let entry = room.entry(index).await.unwrap();
        let (hashes, signed) = room.inclusion(&entry).await.unwrap();
        assert_eq!(signed.checkpoint.size, size);
        verify_inclusion(&entry.hash(), index, size, &hashes, &signed.checkpoint.root).unwrap();
    }
    // The evidence's leaf, as a proof file that stands alone.
    let entry = room.entry_about(&id.to_string(), "evidence.added").await.unwrap();
    let (hashes, signed) = room.inclusion(&entry).await.unwrap();
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
    for pair in heads.windows(2) {
        let hashes = room.consistency(pair[0].size, pair[1].size).await.unwrap();
        verify_consistency(pair[0].size, &pair[0].root, pair[1].size, &pair[1].root, &hashes).unwrap();
    }
    let (first, last) = (&heads[0], &heads[5]);
    let hashes = room.consistency(first.size, last.size).await.unwrap();
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

fn account(id: &str, email: &str) -> Account {
    let text = str::to_owned;
    let (state, body, created) = (text("active"), text("{}"), at(1));
    Account { id: text(id), email: text(email), name: text("Ada"), state, rev: 0, body, created }
}

pub(crate) async fn an_address_has_one_account(house: &House) {
    let mut work = house.store.house_work().await.unwrap();
    assert!(!work.room().has_accounts().await.unwrap());
    work.add_account(&account("p1", "Ada@Example.org")).await.unwrap();
    commit(HOUSE, work).await;
    let mut work = house.store.house_work().await.unwrap();
    assert!(matches!(work.add_account(&account("p2", "ada@example.ORG")).await, Err(StoreError::Exists { .. })));
    drop(work);
    let mut room = house.store.house_room().await.unwrap();
    let mut found = room.account_of("ADA@example.org").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.rev), ("p1", 1));
    drop(room);
    found.name = "Ada L.".into();
    let mut work = house.store.house_work().await.unwrap();
    assert_eq!(work.put_account(&found, "name").await.unwrap(), 2);
    assert!(matches!(work.put_account(&found, "name").await, Err(StoreError::Changed { now: 2, .. })));
}

pub(crate) async fn people_belong_to_several_organisations(house: &House) {
    let mut work = house.store.house_work().await.unwrap();
    work.add_account(&account("p1", "ada@example.org")).await.unwrap();
    commit(HOUSE, work).await;
    for (tenant, role) in [(ACME, "owner"), (RIVAL, "external-assessor")] {
        let mut work = house.store.work(&permit(tenant)).await.unwrap();
        work.add_member("p1", role, "{}", at(1)).await.unwrap();
        assert!(matches!(work.add_member("p1", role, "{}", at(1)).await, Err(StoreError::Exists { .. })));
        drop(work);
        let mut work = house.store.work(&permit(tenant)).await.unwrap();
        work.add_member("p1", role, "{}", at(1)).await.unwrap();
        commit(tenant, work).await;
    }
    let mut room = house.store.house_room().await.unwrap();
    let roles: Vec<String> = room.memberships("p1").await.unwrap().into_iter().map(|m| m.role).collect();
    assert_eq!(roles, ["owner", "external-assessor"]);
    drop(room);
    let mut work = house.work().await;
    assert_eq!(work.put_member("p1", "contributor", "{}", 1).await.unwrap(), 2);
    assert!(matches!(work.remove_member("p1", 1).await, Err(StoreError::Changed { now: 2, .. })));
    work.remove_member("p1", 2).await.unwrap();
    commit(ACME, work).await;
    assert!(house.room().await.member("p1").await.unwrap().is_none());
    assert_eq!(house.store.room(&permit(RIVAL)).await.unwrap().members(&Page::first(9)).await.unwrap().len(), 1);
}

fn bearer(id: &str, kind: BearerKind, tenant: Option<&str>) -> Bearer {
    Bearer {
        digest: Digest::of(id.as_bytes()).to_string(),
        kind,
        id: id.into(),
        tenant: tenant.map(str::to_owned),
        account: Some("p1".into()),
        created: at(1),
        seen: at(1),
        expires: at(1000),
        ended: None,
        rev: 0,
        body: "{}".into(),
    }
}

pub(crate) async fn a_bearer_secret_ends_once(house: &House) {
    let mut work = house.store.house_work().await.unwrap();
    for id in ["s1", "s2", "s3"] {
        work.add_bearer(&bearer(id, BearerKind::Session, None)).await.unwrap();
    }
    work.add_bearer(&bearer("k1", BearerKind::Token, Some(ACME))).await.unwrap();
    assert!(matches!(work.add_bearer(&bearer("s1", BearerKind::Session, None)).await, Err(StoreError::Exists { .. })));
    drop(work);
    let mut work = house.store.house_work().await.unwrap();
    for id in ["s1", "s2", "s3"] {
        work.add_bearer(&bearer(id, BearerKind::Session, None)).await.unwrap();
    }
    work.add_bearer(&bearer("k1", BearerKind::Token, Some(ACME))).await.unwrap();
    let first = Digest::of(b"s1").to_string();
    work.see_bearer(&first, at(50)).await.unwrap();
    work.see_bearer(&first, at(40)).await.unwrap();
    work.end_bearer(BearerKind::Session, "s2", "signed out", at(60)).await.unwrap();
    assert!(matches!(
        work.end_bearer(BearerKind::Session, "s2", "again", at(61)).await,
        Err(StoreError::NotFound { .. })
    ));
    commit(HOUSE, work).await;
    let mut room = house.store.house_room().await.unwrap();
    assert_eq!(room.bearer(&first).await.unwrap().unwrap().seen, at(50));
    assert_eq!(room.bearers_of("p1", BearerKind::Session).await.unwrap().len(), 2);
    drop(room);
    let mut work = house.store.house_work().await.unwrap();
    assert_eq!(work.end_sessions("p1", &first, at(70)).await.unwrap(), 1);
    commit(HOUSE, work).await;
    assert_eq!(house.room().await.bearers(BearerKind::Token, &Page::first(9)).await.unwrap().len(), 1);
    assert!(
        house
            .store
            .room(&permit(RIVAL))
            .await
            .unwrap()
            .bearers(BearerKind::Token, &Page::first(9))
            .await
            .unwrap()
            .is_empty()
    );
}

fn job(id: &str, due: Timestamp, once: Option<&str>) -> NewJob {
    let (tenant, kind) = (Some(ACME.to_owned()), "mail".to_owned());
    NewJob { id: id.into(), tenant, kind, body: "{}".into(), due, most: 3, once: once.map(str::to_owned) }
}

async fn add_jobs(house: &House, jobs: &[NewJob]) {
    let mut work = house.work().await;
    for job in jobs {
        assert!(work.add_job(job, at(1)).await.unwrap());
    }
    work.commit_quietly().await.unwrap();
}

pub(crate) async fn a_job_is_done_once_by_many_workers(house: &House) {
    let jobs: Vec<NewJob> = (0..60).map(|n| job(&format!("j{n:02}"), at(1), None)).collect();
    add_jobs(house, &jobs).await;
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..4 {
        // Each has connections of its own, as another process would.
        let store = Store::open(&house.address, 2).await.unwrap();
        tasks.spawn(async move {
            let name = format!("w{worker}");
            let mut done = Vec::new();
            loop {
                let taken = store.take_jobs(&name, at(10), at(100), 3).await.unwrap();
                if taken.is_empty() {
                    return done;
                }
                for job in taken {
                    assert!(store.end_job(&job.id, &name, "sent", at(11)).await.unwrap());
                    done.push(job.id);
                }
            }
        });
    }
    let mut done: Vec<String> = tasks.join_all().await.into_iter().flatten().collect();
    done.sort();
    assert_eq!(done, jobs.iter().map(|j| j.id.clone()).collect::<Vec<_>>());
    assert_eq!(house.store.job_counts().await.unwrap(), [("done".to_owned(), 60)]);
    assert_eq!(house.store.forget_jobs(at(12)).await.unwrap(), 60);
}

pub(crate) async fn a_lease_that_ran_out_is_work_again(house: &House) {
    add_jobs(house, &[job("j1", at(5), None)]).await;
    let take = |worker: &'static str, now: i64| {
        let store = house.store.clone();
        async move { store.take_jobs(worker, at(now), at(now + 10), 5).await.unwrap().len() }
    };
    assert_eq!(take("a", 4).await, 0);
    assert_eq!(take("a", 5).await, 1);
    assert_eq!(take("b", 10).await, 0);
    assert!(house.store.keep_job("j1", "a", at(30)).await.unwrap());
    assert_eq!(take("b", 20).await, 0);
    assert_eq!(take("b", 31).await, 1);
    assert!(!house.store.keep_job("j1", "a", at(90)).await.unwrap());
    assert!(!house.store.end_job("j1", "a", "late", at(32)).await.unwrap());
    assert!(house.store.end_job("j1", "b", "done", at(33)).await.unwrap());
}

pub(crate) async fn a_job_that_always_fails_dies_and_can_be_revived(house: &House) {
    add_jobs(house, &[job("j1", at(0), None)]).await;
    for round in 1..=3 {
        let taken = house.store.take_jobs("a", at(round * 100), at(round * 100 + 10), 5).await.unwrap();
        assert_eq!(taken[0].attempts, u32::try_from(round).unwrap());
        let (again, now) = (at(round * 100 + 50), at(round * 100 + 1));
        assert!(house.store.fail_job("j1", "a", "refused", again, now).await.unwrap());
    }
    assert!(house.store.take_jobs("a", at(9000), at(9001), 5).await.unwrap().is_empty());
    let dead = house.store.jobs(ACME, Some(JobState::Dead), &Page::first(9)).await.unwrap();
    assert_eq!((dead.len(), dead[0].told.as_deref()), (1, Some("refused")));
    assert!(!house.store.revive_job(RIVAL, "j1", at(9100)).await.unwrap());
    assert!(house.store.revive_job(ACME, "j1", at(9100)).await.unwrap());
    assert_eq!(house.store.take_jobs("a", at(9200), at(9201), 5).await.unwrap().len(), 1);
    // Begun three times without an end: dead too.
    for round in 0..2 {
        assert_eq!(
            house.store.take_jobs("a", at(9300 + round * 100), at(9301 + round * 100), 5).await.unwrap().len(),
            1
        );
    }
    // Its own worker lives, whatever the clock says; another one buries it.
    assert_eq!(house.store.take_jobs("a", at(9998), at(9998), 5).await.unwrap().len(), 1);
    assert!(house.store.take_jobs("b", at(9999), at(10_000), 5).await.unwrap().is_empty());
    assert_eq!(house.store.jobs(ACME, Some(JobState::Dead), &Page::first(9)).await.unwrap().len(), 1);
}

pub(crate) async fn a_job_with_the_same_word_is_made_once(house: &House) {
    let mut work = house.work().await;
    assert!(work.add_job(&job("j1", at(0), Some("digest-2026-11-26")), at(1)).await.unwrap());
    assert!(!work.add_job(&job("j2", at(0), Some("digest-2026-11-26")), at(1)).await.unwrap());
    work.commit_quietly().await.unwrap();
    assert_eq!(house.store.jobs(ACME, None, &Page::first(9)).await.unwrap().len(), 1);
}

pub(crate) async fn an_answer_is_kept_for_its_request(house: &House) {
    let replay = Replay { request: "abc".into(), status: 201, answer: "{}".into() };
    let mut work = house.work().await;
    work.add_replay("p1", "key-1", &replay, at(1)).await.unwrap();
    assert!(matches!(work.add_replay("p1", "key-1", &replay, at(1)).await, Err(StoreError::Exists { .. })));
    drop(work);
    let mut work = house.work().await;
    work.add_replay("p1", "key-1", &replay, at(1)).await.unwrap();
    work.commit_quietly().await.unwrap();
    let mut room = house.room().await;
    assert_eq!(room.replay("p1", "key-1").await.unwrap(), Some(replay));
    assert_eq!(room.replay("p2", "key-1").await.unwrap(), None);
    drop(room);
    let mut work = house.work().await;
    assert_eq!(work.forget_replays(at(2)).await.unwrap(), 1);
}

pub(crate) async fn a_database_is_brought_up_to_date_twice(house: &House) {
    house.assessment("a1").await;
    let again = Store::open(&house.address, 2).await.unwrap();
    assert_eq!(again.room(&permit(ACME)).await.unwrap().assessment("a1").await.unwrap().rev, 2);
    again.close().await;
}

pub(crate) async fn a_page_takes_at_most_three_statements(house: &House) {
    house.assessment("a1").await;
    let before = house.store.statements();
    let mut room = house.room().await;
    room.assessment("a1").await.unwrap();
    room.documents("a1").await.unwrap();
    assert_eq!(house.store.statements() - before, 2);
}

pub(crate) async fn everything_is_copied_into_either_kind(house: &House) {
    house.assessment("asm_1").await;
    house.bytes("aa").await;
    let folder = tempfile::tempdir().unwrap();
    let here = Store::open(&format!("sqlite:{}", folder.path().join("copy.db").display()), 2).await.unwrap();
    let copied = house.store.copy_into(&here).await.unwrap();
    assert!(copied > 10, "{copied}");
    assert!(matches!(house.store.copy_into(&here).await, Err(StoreError::Refused(_))), "it is not empty any more");
    // And back into a database of the first kind, from which the log goes on.
    let again = house.sibling().await;
    assert_eq!(here.copy_into(&again).await.unwrap(), copied);
    let mut room = again.room(&permit(ACME)).await.unwrap();
    let log = room.log().await.unwrap();
    assert_eq!(log, house.room().await.log().await.unwrap());
    drop(room);
    let mut work = again.work(&permit(ACME)).await.unwrap();
    work.add_assessment("asm_2", "I1", at(3)).await.unwrap();
    assert_eq!(commit(ACME, work).await.size, log.size + 1);
    let mut room = again.room(&permit(ACME)).await.unwrap();
    assert!(!room.consistency(log.size, log.size + 1).await.unwrap().is_empty());
}

pub(crate) async fn a_database_tells_how_far_it_is(house: &House) {
    let looked = Store::open_as_it_is(&house.address, 2).await.unwrap();
    let migrations = looked.migrations().await.unwrap();
    assert_eq!(migrations.had, migrations.known);
    let role = looked.walls_do_not_hold_for().await.unwrap();
    assert_eq!(role, looked.is_postgres().then(|| ("attesta".to_owned(), false)));
    let nowhere = Store::open_as_it_is("sqlite:/nowhere/attesta.db", 2).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound { .. })));
}

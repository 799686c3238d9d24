//! Assessments, their documents and what people do beside them: revisions, earlier forms, pages.

use attesta_store::{Page, Record, RecordSieve, StoreError};

use crate::support::{ACME, House, at, commit, key, permit, put};

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

pub(crate) fn record(id: &str, about: &str, state: &str) -> Record {
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

pub(crate) async fn a_page_takes_at_most_three_statements(house: &House) {
    house.assessment("a1").await;
    let before = house.store.statements();
    let mut room = house.room().await;
    room.assessment("a1").await.unwrap();
    room.documents("a1").await.unwrap();
    assert_eq!(house.store.statements() - before, 2);
}

//! The queue: no job is done twice, and none is lost with the worker that held it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use attesta_content::ContentSource;
use attesta_desk::Library;
use attesta_server::{
    Config, House,
    jobs::{self, Worker},
};
use attesta_testkit::Postgres;
use serde_json::json;
use support::Instance;

/// How often each job was done, by its body.
type Count = Arc<Mutex<BTreeMap<String, Vec<&'static str>>>>;

async fn house(folder: &std::path::Path, database: Option<&str>) -> Arc<House> {
    let mut config = Config::laptop(folder.to_path_buf(), "127.0.0.1:8686".parse().unwrap());
    if let Some(address) = database {
        address.clone_into(&mut config.database);
    }
    House::open(config, Library::new(ContentSource::Embedded)).await.unwrap()
}

/// A worker that counts what it does.
fn counting(house: &Arc<House>, name: &'static str, count: &Count) -> Worker {
    let count = Arc::clone(count);
    Worker::new(Arc::clone(house)).does("count", move |_, job| {
        let count = Arc::clone(&count);
        async move {
            tokio::time::sleep(Duration::from_millis(3)).await;
            count.lock().unwrap().entry(job.body).or_default().push(name);
            Ok("counted".to_owned())
        }
    })
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it took longer than a minute until {what}");
}

async fn of_state(house: &House, state: &str) -> u64 {
    house.job_counts().await.unwrap().iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n)
}

/// Two servers, a hundred jobs, each once; then one server dies with a job in its hands.
async fn two_servers(database: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (house(folder.path(), database).await, house(folder.path(), database).await);
    let count = Count::default();
    for n in 0..100 {
        assert!(jobs::put(&one, "count", &format!("\"{n}\""), 3, Some(&format!("count/{n}"))).await.unwrap());
        // The other server asks for the same.
        assert!(!jobs::put(&two, "count", &format!("\"{n}\""), 3, Some(&format!("count/{n}"))).await.unwrap());
    }
    let working: Vec<_> = [(&one, "one"), (&two, "two")]
        .into_iter()
        .map(|(house, name)| tokio::spawn(counting(house, name, &count).run(std::future::pending())))
        .collect();
    // The hundred, and one `forget` and `sweep` of the house: both servers have the same schedule, and it is made once.
    until("all is done", async || of_state(&one, "done").await == 102).await;
    for worker in working {
        worker.abort();
    }
    let counted = count.lock().unwrap().clone();
    assert_eq!(counted.len(), 100);
    assert!(counted.values().all(|by| by.len() == 1), "{counted:?}");
    let by_one = counted.values().filter(|by| by[0] == "one").count();
    assert!((1..100).contains(&by_one), "one server did all: {by_one}");

    // A worker takes a job and is gone.
    jobs::put(&one, "count", "\"held\"", 3, None).await.unwrap();
    let (begun, is_begun) = tokio::sync::oneshot::channel();
    let begun = Arc::new(Mutex::new(Some(begun)));
    let hangs = Worker::new(Arc::clone(&one)).does("count", move |_, _| {
        let begun = Arc::clone(&begun);
        async move {
            begun.lock().unwrap().take().unwrap().send(()).unwrap();
            std::future::pending().await
        }
    });
    let killed = tokio::spawn(hangs.run(std::future::pending()));
    is_begun.await.unwrap();
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    let other = tokio::spawn(counting(&two, "two", &count).run(std::future::pending()));
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(!count.lock().unwrap().contains_key("\"held\""), "its lease still holds");
    two.clock.advance(120);
    until("the other does it", async || count.lock().unwrap().contains_key("\"held\"")).await;
    other.abort();
    assert_eq!(count.lock().unwrap()["\"held\""], ["two"]);
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_file_do_no_job_twice() {
    two_servers(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_postgres_do_no_job_twice() {
    let Some(postgres) = Postgres::start().unwrap() else { return };
    two_servers(Some(&postgres.database("jobs").unwrap())).await;
}

#[tokio::test]
async fn what_fails_is_tried_later_and_given_up_and_can_live_again() {
    let instance = Instance::start().await;
    let house = &instance.house;
    jobs::put(house, "fails", "{}", 2, None).await.unwrap();
    let fails = Worker::new(Arc::clone(house)).does("fails", |_, _| async { Err("no receiver".to_owned()) });
    let worker = tokio::spawn(fails.run(std::future::pending()));
    until("it failed once", async || of_state(house, "waiting").await == 1 && of_state(house, "taken").await == 0)
        .await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(of_state(house, "dead").await, 0, "it waits before it is tried again");
    house.clock.advance(60);
    until("it is given up", async || of_state(house, "dead").await == 1).await;
    worker.abort();
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_finishes_first() {
    let instance = Instance::start().await;
    let house = &instance.house;
    jobs::put(house, "slow", "{}", 1, None).await.unwrap();
    let (begun, is_begun) = tokio::sync::oneshot::channel();
    let begun = Arc::new(Mutex::new(Some(begun)));
    let slow = Worker::new(Arc::clone(house)).does("slow", move |_, _| {
        let begun = Arc::clone(&begun);
        async move {
            begun.lock().unwrap().take().unwrap().send(()).unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            Ok("slowly".to_owned())
        }
    });
    // It is told to stop as soon as the job is under way.
    slow.run(async { is_begun.await.unwrap() }).await;
    assert_eq!(of_state(house, "taken").await, 0);
    assert!(of_state(house, "done").await >= 1);
}

#[tokio::test]
async fn checkpoints_leave_every_day_and_jobs_are_seen_by_those_who_may() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (reader, _) = instance.member(&owner, &org, "rex@example.org", json!({ "role": "executive-reader" })).await;
    let worker = tokio::spawn(Worker::new(Arc::clone(&instance.house)).run(std::future::pending()));
    until("the day's jobs are done", async || of_state(&instance.house, "done").await >= 3).await;
    worker.abort();
    let path = format!("/api/v1/organisations/{org}/jobs");
    let listed = owner.get(&path).await.is(200);
    let job = listed.json["items"].as_array().unwrap().iter().find(|j| j["kind"] == "checkpoint").unwrap().clone();
    assert_eq!(job["state"], "done");
    reader.get(&path).await.says(403, "forbidden");
    let (rival, _) = instance.rival(&owner, &org).await;
    rival.get(&path).await.says(404, "not-found");
    owner.get(&format!("{path}?state=lost")).await.says(400, "bad-request");
    let revive = format!("{path}/{}/revive", job["id"].as_str().unwrap());
    owner.post(&revive, json!({})).await.says(404, "not-found");
    let folder = instance.house.config.data.join("checkpoints").join(&org);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(files.len() == 1 && text.contains(&org) && text.contains("\u{2014} "), "{text}");
}

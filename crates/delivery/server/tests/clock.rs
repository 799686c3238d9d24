//! A clock that jumps: sessions, leases and the log's times hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use attesta_server::jobs::{self, Worker};
use serde_json::{Value, json};
use support::Instance;

const DAY: i64 = 86_400;

async fn times(owner: &support::Browser, org: &str) -> Vec<String> {
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?limit=500")).await.is(200).json;
    trail["items"].as_array().unwrap().iter().rev().map(|event| event["at"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_log_never_runs_backwards_and_sessions_end_when_they_should() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let clock = &instance.house.clock;
    let tasks = format!("/api/v1/organisations/{org}/tasks");
    let mut made = 0;
    // Back and forth, within the limits of a session: nobody is out.
    for jump in [0, 1_200, -900, 1_000, -1_200, 60, -2, 1] {
        clock.advance(jump);
        owner.post(&tasks, json!({ "title": format!("task {made}") })).await.is(201);
        made += 1;
    }
    // Before it began, a session is none, and afterwards it is.
    clock.advance(-3_600);
    owner.post(&tasks, json!({ "title": "yesterday" })).await.says(401, "sign-in");
    clock.advance(3_600);
    // A day ahead, everybody is out; and back, the session is the one that it was.
    clock.advance(DAY);
    owner.post(&tasks, json!({ "title": "tomorrow" })).await.says(401, "sign-in");
    let ahead = instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
    ahead.post(&tasks, json!({ "title": "tomorrow" })).await.is(201);
    clock.advance(-DAY);
    // What began in the future is not there yet.
    ahead.post(&tasks, json!({ "title": "today" })).await.says(401, "sign-in");
    owner.post(&tasks, json!({ "title": "today" })).await.is(201);
    let times = times(&owner, &org).await;
    assert!(times.len() >= made + 2, "{times:?}");
    assert!(times.is_sorted(), "{times:?}");
}

/// How the jobs of a kind stand.
async fn of_state(instance: &Instance, state: &str) -> u64 {
    instance.house.job_counts().await.unwrap().iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_job_is_lost_or_done_twice_when_the_clock_jumps() {
    let instance = Instance::start().await;
    let house = Arc::clone(&instance.house);
    let (begun, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (starting, ending) = (Arc::clone(&begun), Arc::clone(&done));
    let worker = Worker::new(Arc::clone(&house)).does("slow", move |_, _| {
        let (starting, ending) = (Arc::clone(&starting), Arc::clone(&ending));
        async move {
            starting.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            ending.fetch_add(1, Ordering::SeqCst);
            Ok("done".to_owned())
        }
    });
    // One attempt is all that it has.
    for n in 0..3 {
        assert!(jobs::put(&house, "slow", &format!("{n}"), 1, None).await.unwrap());
    }
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::spawn(worker.run(async { drop(stopped.await) }));
    while begun.load(Ordering::SeqCst) < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Every lease has run out, by this clock.
    house.clock.advance(2 * 3_600);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    house.clock.advance(-3 * 3_600);
    while done.load(Ordering::SeqCst) < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((begun.load(Ordering::SeqCst), done.load(Ordering::SeqCst)), (3, 3), "a job was begun twice");
    assert_eq!(of_state(&instance, "dead").await, 0);
    // One that was asked for in the future is done when its time comes.
    house.clock.advance(4 * 3_600);
    assert!(jobs::put(&house, "slow", "\"later\"", 1, None).await.unwrap());
    house.clock.advance(-4 * 3_600);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    house.clock.advance(4 * 3_600 + 5);
    while done.load(Ordering::SeqCst) < 4 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(begun.load(Ordering::SeqCst), 4);
    assert_eq!(of_state(&instance, "dead").await, 0);
    stop.send(()).unwrap();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_breaks_fails_and_the_worker_lives() {
    let instance = Instance::start().await;
    let house = Arc::clone(&instance.house);
    let worker = Worker::new(Arc::clone(&house)).does("breaks", |_, _| async { panic!("on purpose") });
    assert!(jobs::put(&house, "breaks", "{}", 1, None).await.unwrap());
    let working = tokio::spawn(worker.run(std::future::pending()));
    for _ in 0..500 {
        if of_state(&instance, "dead").await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(of_state(&instance, "dead").await, 1);
    assert!(!working.is_finished());
    working.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_became_no_evidence_are_swept_after_a_week_and_evidence_is_not() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let base = format!("/api/v1/organisations/{org}");
    let finished = async |text: &str| {
        let begun = owner.post(&format!("{base}/uploads"), json!({ "size": text.len() })).await.is(201);
        let upload = format!("{base}/uploads/{}", begun.json["id"].as_str().unwrap());
        owner.raw("PATCH", &upload, text.as_bytes().to_vec(), &[("upload-offset", "0")]).await.is(200);
        let done = owner.post(&format!("{upload}/finish"), Value::Null).await.is(200);
        done.json["sha256"].as_str().unwrap().to_owned()
    };
    let kept = finished("what became evidence").await;
    let new = json!({ "sha256": kept, "file_name": "kept" });
    let evidence = owner.post(&format!("{base}/evidence"), new).await.is(201).json;
    let orphan = finished("what nobody named").await;
    let begun = owner.post(&format!("{base}/uploads"), json!({})).await.is(201).json;
    // A server put bytes in their place, and died before it could note them.
    let stray = attesta_kernel::Digest::of(b"stray").to_string();
    let shelf = instance.folder.path().join("data/blobs").join(&org).join("sha256").join(&stray[..2]);
    std::fs::create_dir_all(&shelf).unwrap();
    std::fs::write(shelf.join(&stray[2..]), b"stray").unwrap();
    // Everything was left eight days ago.
    let old = std::time::SystemTime::now() - Duration::from_secs(8 * 86_400);
    let blobs = instance.folder.path().join("data/blobs").join(&org);
    let mut folders = vec![blobs.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                std::fs::File::open(&path).unwrap().set_modified(old).unwrap();
            }
        }
    }
    let lies = |sha256: &str| blobs.join("sha256").join(&sha256[..2]).join(&sha256[2..]).exists();
    let swept = async |once: &str| {
        // More than one attempt: the schedule's own may be under way.
        assert!(jobs::put(&instance.house, "sweep", "{}", 3, Some(once)).await.unwrap());
        let worker = tokio::spawn(Worker::new(Arc::clone(&instance.house)).run(std::future::pending()));
        for _ in 0..500 {
            if of_state(&instance, "waiting").await + of_state(&instance, "taken").await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        worker.abort();
        assert_eq!(of_state(&instance, "dead").await, 0);
    };
    swept("now").await;
    assert!(lies(&kept) && lies(&orphan), "the database has them since today");
    assert!(!lies(&stray), "nobody knows them");
    let upload = format!("{base}/uploads/{}", begun["id"].as_str().unwrap());
    owner.get(&upload).await.says(404, "not-found");
    instance.house.clock.advance(8 * DAY);
    swept("later").await;
    assert!(lies(&kept) && !lies(&orphan));
    let owner = instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
    let id = evidence["evidence"]["id"].as_str().unwrap();
    let content = owner.get(&format!("{base}/evidence/{id}/content")).await.is(200);
    assert_eq!(content.bytes, b"what became evidence");
}

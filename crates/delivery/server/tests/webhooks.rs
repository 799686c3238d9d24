//! Webhooks: signed, tried again, told of everything once, and never to a machine of one's own network.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use attesta_notify::{Key, verify};
use attesta_server::{Config, jobs::Worker};
use serde_json::{Value, json};
use support::{
    Instance,
    watched::{Watched, volume},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Header block and body of each POST that came.
type Came = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A receiver that answers the first `refuses` POSTs with a redirect.
async fn receiver(refuses: usize) -> (String, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?a=b", listener.local_addr().unwrap());
    let (came, count) = (Came::default(), AtomicUsize::new(0));
    let kept = Arc::clone(&came);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
            let (head, body) = loop {
                let read = stream.read(&mut piece).await.unwrap();
                bytes.extend_from_slice(&piece[..read]);
                let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
                let head = String::from_utf8(bytes[..at].to_vec()).unwrap().to_lowercase();
                let length: usize =
                    head.split_once("content-length: ").unwrap().1.lines().next().unwrap().parse().unwrap();
                if bytes.len() >= at + 4 + length {
                    break (head, bytes[at + 4..].to_vec());
                }
            };
            let refused = count.fetch_add(1, Ordering::Relaxed) < refuses;
            let answer: &[u8] = if refused {
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
            } else {
                kept.lock().unwrap().push((head, body));
                b"HTTP/1.1 204 No Content\r\n\r\n"
            };
            stream.write_all(answer).await.unwrap();
        }
    });
    (url, came)
}

async fn instance(private: bool) -> Instance {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.private_targets = private;
    Instance::with(config, folder).await
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it took longer than half a minute until {what}");
}

#[tokio::test]
async fn what_happens_is_told_signed_and_once_and_a_refusal_is_tried_again() {
    let (url, came) = receiver(1).await;
    let i = instance(true).await;
    let (owner, org) = i.owner().await;
    let path = |rest: &str| format!("/api/v1/organisations/{org}/{rest}");
    let made = owner.post(&path("webhooks"), json!({ "url": url, "events": ["task."] })).await.is(201).json;
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let read = owner.get(&path(&format!("webhooks/{id}"))).await.is(200);
    assert!(!String::from_utf8_lossy(&read.bytes).contains("secret"), "{}", read.json);
    let task = owner.post(&path("tasks"), json!({ "title": "Told of" })).await.is(201).json;
    // Another kind of event is not wanted.
    let asm = json!({ "about": format!("evidence/{}", "evd_1"), "text": "Not told" });
    owner.post(&path("comments"), asm).await.is(201);
    let worker = tokio::spawn(Worker::new(Arc::clone(&i.house)).run(std::future::pending()));
    let log = path(&format!("webhooks/{id}/deliveries"));
    let last = async || owner.get(&log).await.is(200).json[0].clone();
    until("it was refused once", async || {
        let last = last().await;
        last["attempts"] == 1 && last["state"] == "waiting"
    })
    .await;
    // A redirect is a refusal, not a way.
    assert_eq!(last().await["told"], "the receiver answered 302");
    i.house.clock.advance(30);
    until("it was told", async || last().await["state"] == "done").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    worker.abort();
    let came = came.lock().unwrap().clone();
    assert_eq!(came.len(), 1, "{came:?}");
    let (head, body) = &came[0];
    let signature = head.split_once("attesta-signature: ").unwrap().1.lines().next().unwrap();
    assert_eq!(verify(&Key::new(secret).unwrap(), signature, body, i.house.clock.now(), 300), Ok(()));
    let told: Value = serde_json::from_slice(body).unwrap();
    assert_eq!((&told["event"], &told["subject"]), (&json!("task.added"), &task["id"]));
    assert!(!String::from_utf8_lossy(body).contains("Told of"), "content does not leave");
    assert!(head.starts_with("post /hook?a=b http/1.1"), "{head}");
}

#[tokio::test]
async fn a_paused_webhook_is_told_nothing_but_a_ping() {
    let (url, came) = receiver(0).await;
    let i = instance(true).await;
    let (owner, org) = i.owner().await;
    let path = |rest: &str| format!("/api/v1/organisations/{org}/{rest}");
    let made = owner.post(&path("webhooks"), json!({ "url": url })).await.is(201).json;
    let hook = format!("webhooks/{}", made["id"].as_str().unwrap());
    let paused = Some(json!({ "state": "paused" }));
    owner.send("PATCH", &path(&hook), paused, &[("if-match", "\"1\"")]).await.is(200);
    owner.post(&path("tasks"), json!({ "title": "Unseen" })).await.is(201);
    owner.send("POST", &path(&format!("{hook}/ping")), None, &[]).await.is(202);
    let worker = tokio::spawn(Worker::new(Arc::clone(&i.house)).run(std::future::pending()));
    until("the ping came", async || !came.lock().unwrap().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    worker.abort();
    let events: Vec<Value> = came.lock().unwrap().iter().map(|(_, b)| serde_json::from_slice(b).unwrap()).collect();
    assert_eq!(events.iter().map(|e| e["event"].clone()).collect::<Vec<_>>(), ["ping"]);
}

#[tokio::test]
async fn machines_of_ones_own_network_are_refused() {
    let (url, came) = receiver(0).await;
    let i = instance(false).await;
    let (owner, org) = i.owner().await;
    let path = |rest: &str| format!("/api/v1/organisations/{org}/{rest}");
    owner.post(&path("webhooks"), json!({ "url": url })).await.says(400, "bad-request");
    // By https it can be written down, and is refused when it is to be reached.
    let inside = url.replace("http://", "https://");
    let made = owner.post(&path("webhooks"), json!({ "url": inside, "events": ["nothing."] })).await.is(201).json;
    let hook = format!("webhooks/{}", made["id"].as_str().unwrap());
    owner.send("POST", &path(&format!("{hook}/ping")), None, &[]).await.is(202);
    let worker = tokio::spawn(Worker::new(Arc::clone(&i.house)).run(std::future::pending()));
    let log = path(&format!("{hook}/deliveries"));
    until("it is given up", async || owner.get(&log).await.is(200).json[0]["state"] == "dead").await;
    worker.abort();
    let told = owner.get(&log).await.is(200).json[0]["told"].to_string();
    assert!(told.contains("network of one's own"), "{told}");
    assert!(came.lock().unwrap().is_empty());
    // Only those who may make one, and see one.
    let (reader, _) = i.member(&owner, &org, "rex@example.org", json!({ "role": "executive-reader" })).await;
    reader.get(&path("webhooks")).await.says(403, "forbidden");
    reader.post(&path("webhooks"), json!({ "url": "https://example.org/" })).await.says(403, "forbidden");
    let (rival, theirs) = i.rival(&owner, &org).await;
    rival.get(&format!("/api/v1/organisations/{theirs}/{hook}")).await.says(404, "not-found");
}

#[tokio::test]
async fn joining_opening_a_link_and_checkpoints_are_told_like_everything_else() {
    let (url, came) = receiver(0).await;
    let i = instance(true).await;
    let (owner, org) = i.owner().await;
    let path = |rest: &str| format!("/api/v1/organisations/{org}/{rest}");
    owner.post(&path("webhooks"), json!({ "url": url })).await.is(201);
    let worker = tokio::spawn(Worker::new(Arc::clone(&i.house)).run(std::future::pending()));
    let events = || -> Vec<String> {
        let came = came.lock().unwrap();
        let event = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["event"].as_str().unwrap().to_owned();
        came.iter().map(|(_, body)| event(body)).collect()
    };
    until("the checkpoint is told", async || events().contains(&"checkpoint.anchored".to_owned())).await;
    i.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    until("the member is told", async || events().contains(&"member.added".to_owned())).await;
    let until_then = attesta_kernel::Timestamp::from_second(i.house.clock.now().as_second() + 86_400).unwrap();
    let new = json!({ "label": "Acme", "until": until_then, "shows": [format!("trust-page/{org}")] });
    let made = owner.post(&path("share-links"), new).await.is(201).json;
    let secret = made["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    i.visitor().post("/api/v1/share-links/open", json!({ "link": secret })).await.is(200);
    until("the opening is told", async || events().contains(&"share.changed".to_owned())).await;
    worker.abort();
}

/// A source is looked at, something does not hold any more, and a program elsewhere hears of it, signed, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_that_a_source_shows_is_told_signed_and_once() {
    let (url, came) = receiver(0).await;
    let w = Watched::with(|config| config.private_targets = true).await;
    let made = w.owner.post(&w.at("webhooks"), json!({ "url": url, "events": ["alert."] })).await.is(201).json;
    let key = Key::new(made["secret"].as_str().unwrap()).unwrap();
    w.write(&[volume("vol-1", json!(true))]);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    w.runs(1).await;
    w.write(&[volume("vol-1", json!(false))]);
    w.look(&source).await;
    w.runs(2).await;
    until("the alert is told", async || !came.lock().unwrap().is_empty()).await;
    // Nothing new: nothing more is told.
    w.look(&source).await;
    w.runs(3).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    worker.abort();
    let came = came.lock().unwrap().clone();
    assert_eq!(came.len(), 1, "{came:?}");
    let (head, body) = &came[0];
    let signature = head.split_once("attesta-signature: ").unwrap().1.lines().next().unwrap();
    let now = w.instance.house.clock.now();
    assert_eq!(verify(&key, signature, body, now, 300), Ok(()));
    let mut forged = body.clone();
    let last = forged.len() - 2;
    forged[last] ^= 1;
    assert!(verify(&key, signature, &forged, now, 300).is_err());
    let told: Value = serde_json::from_slice(body).unwrap();
    let alert = w.get("posture/timeline").await["items"][0].clone();
    assert_eq!((&told["event"], &told["subject"]), (&json!("alert.added"), &alert["id"]));
    assert!(!String::from_utf8_lossy(body).contains("vol-1"), "content does not leave");
}

/// Whoever commits past `House::commit` is not heard of by webhooks.
#[test]
fn every_change_is_committed_in_one_place() {
    fn look(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, found);
            } else if std::fs::read_to_string(&path).unwrap().contains("work.commit(") {
                found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    look(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort();
    // An organisation that is being founded has no webhooks yet.
    assert_eq!(found, ["house.rs", "organisations.rs"]);
}

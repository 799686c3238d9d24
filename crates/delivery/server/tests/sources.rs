//! Sources inside the server: looked at once for each time that is due, told once, and never kept as a pass when nobody sees.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test may stop at a surprise"
)]

mod support;

use std::{fs, path::Path, time::Duration};

use attesta_server::AwsReader;
use serde_json::{Value, json};
use support::watched::{Watched, estate, volume};
use tokio::task::JoinHandle;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_looked_at_told_once_and_its_runs_are_evidence() {
    let w = Watched::start().await;
    w.write(&[volume("vol-1", json!(true)), volume("vol-2", json!(false))]);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    let first = w.runs(1).await;
    assert_eq!((first[0]["state"].as_str(), first[0]["news"].as_u64()), (Some("complete"), Some(0)), "{first:#?}");
    assert_eq!(first[0]["documents"][0]["path"], "infra/estate.jsonl", "where it lies here is nobody's business");

    // What does not hold, where it stands, since when, and the mend.
    let found = w.get("posture/findings?verdict=fail&policy=volume-encryption-at-rest").await;
    let before = w.get("posture").await["checks"]["fail"].as_u64().unwrap();
    let finding = &found["items"][0];
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!((finding["resource"].as_str(), finding["standing"].as_str()), (Some("vol-2"), Some("fresh")));
    assert_eq!(
        (finding["place"]["line"].as_u64(), finding["place"]["document"].as_str()),
        (Some(3), Some("infra/estate.jsonl"))
    );
    assert_eq!(finding["since"], first[0]["at"]);
    assert!(
        !finding["mend"].as_str().unwrap().is_empty() && !finding["hipaa"].as_array().unwrap().is_empty(),
        "{finding:#}"
    );
    let resources = w.get("posture/resources?kind=volume&limit=1").await;
    assert_eq!(resources["items"][0]["resource"], "vol-1");
    let next = resources["next"].as_str().unwrap().replace('/', "%2F");
    let more = w.get(&format!("posture/resources?kind=volume&limit=1&after={next}")).await;
    assert_eq!((more["items"][0]["resource"].as_str(), more["next"].as_str()), (Some("vol-2"), None));

    // The run is evidence with its exact inputs, in the log.
    let evidence = first[0]["evidence"].as_str().unwrap().to_owned();
    let bytes = w.owner.get(&w.at(&format!("evidence/{evidence}/content"))).await.is(200).bytes;
    let statement: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(statement["shown"]["documents"][0]["sha256"], first[0]["documents"][0]["sha256"]);
    assert_eq!(statement["digest"], first[0]["digest"]);
    let open = statement["shown"]["not_passing"]["checks"].as_array().unwrap();
    assert!(open.contains(&json!(["volume-encryption-at-rest", "fail", "vol-2"])), "{open:#?}");
    w.owner.get(&w.at(&format!("evidence/{evidence}/proof"))).await.is(200);

    // Nothing changed: the same evidence stands, and nothing is told.
    w.look(&source).await;
    let second = w.runs(2).await;
    assert_eq!((&second[0]["evidence"], second[0]["news"].as_u64()), (&first[0]["evidence"], Some(0)));
    assert_eq!(second[0]["number"], 2);

    // One change, one piece of news; then silence; then one word that it is over.
    w.write(&[volume("vol-1", json!(false)), volume("vol-2", json!(false))]);
    w.look(&source).await;
    let third = w.runs(3).await;
    assert_eq!((third[0]["news"].as_u64(), third[0]["changed"]["violated"].as_u64()), (Some(1), Some(1)), "{third:#?}");
    assert_ne!(third[0]["evidence"], first[0]["evidence"]);
    assert_eq!(w.alerts().await, ["violated"]);
    let told = w.get("posture/timeline").await["items"][0].clone();
    assert_eq!(
        told["alert"]["checks"][0]["resource"]["address"].as_str().or(told["alert"]["checks"][0]["resource"].as_str()),
        Some("vol-1"),
        "{told:#}"
    );
    assert_eq!((&told["run"], told["severity"].as_str()), (&third[0]["id"], Some("high")));
    w.owner.get(&w.at(&format!("posture/timeline/{}", told["id"].as_str().unwrap()))).await.is(200);
    w.look(&source).await;
    w.runs(4).await;
    assert_eq!(w.alerts().await, ["violated"]);
    w.write(&[volume("vol-1", json!(true)), volume("vol-2", json!(false))]);
    w.look(&source).await;
    w.runs(5).await;
    assert_eq!(w.alerts().await, ["mended", "violated"]);
    let events = w.get("trail?kind=alert.added").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 2, "webhooks hear of each: {events:#}");

    // Where it stood at the third look.
    let then = third[0]["at"].as_str().unwrap();
    let posture = w.get(&format!("posture?at={then}")).await;
    assert_eq!(posture["checks"]["fail"], before + 1, "{posture:#}");
    assert_eq!(w.get("posture").await["checks"]["fail"], before);
    let trend = w.get("posture/trend?by=hitrust").await;
    let day = &trend["periods"][0];
    assert_eq!((day["gap"].as_bool(), day["checks"]["fail"].as_u64()), (Some(false), Some(before)), "{trend:#}");
    assert!(!trend["groups"].as_array().unwrap().is_empty());
    worker.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_fails_keeps_no_pass() {
    let w = Watched::start().await;
    w.write(&[volume("vol-1", json!(true))]);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    w.runs(1).await;
    let fresh = w.get("posture").await;
    assert!(fresh["whole"].as_bool().unwrap() && fresh["checks"]["pass"].as_u64().unwrap() > 0, "{fresh:#}");
    let passes = fresh["checks"]["pass"].as_u64().unwrap();

    fs::rename(&w.place, w.place.with_extension("gone")).unwrap();
    w.look(&source).await;
    let runs = w.runs(2).await;
    assert_eq!(runs[0]["state"], "failed");
    assert!(runs[0]["why"].as_str().unwrap().contains("does not exist"), "{runs:#?}");
    let lost = w.get("posture").await;
    assert_eq!((lost["whole"].as_bool(), lost["checks"]["pass"].as_u64()), (Some(false), Some(0)), "{lost:#}");
    assert_eq!(
        (lost["sources"][0]["standing"].as_str(), lost["stale"].as_u64().unwrap() >= passes),
        (Some("lost"), true)
    );
    assert_eq!(w.get("posture/resources").await["items"][0]["standing"], "lost");
    // At the time of the run before it was not lost.
    let then = runs[1]["at"].as_str().unwrap();
    assert_eq!(w.get(&format!("posture?at={then}")).await["sources"][0]["standing"], "fresh");
    w.look(&source).await;
    w.runs(3).await;
    assert_eq!(w.alerts().await, ["source_lost"], "once");

    fs::rename(w.place.with_extension("gone"), &w.place).unwrap();
    w.look(&source).await;
    w.runs(4).await;
    assert_eq!(w.alerts().await, ["source_back", "source_lost"]);
    assert_eq!(w.get("posture").await["checks"]["pass"], passes);
    // Nobody looks for two hours: what was seen is not what is.
    worker.abort();
    w.instance.house.clock.advance(2 * 3600 + 60);
    let owner = w.instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
    let stale = owner.get(&w.at("posture")).await.is(200).json;
    assert_eq!((stale["sources"][0]["standing"].as_str(), stale["checks"]["pass"].as_u64()), (Some("stale"), Some(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_time_that_is_due_is_looked_at_once_by_two_workers() {
    let w = Watched::start().await;
    w.write(&[volume("vol-1", json!(true))]);
    w.create("app-host", json!({ "kind": "file", "place": "infra" })).await;
    let workers = [w.worker(), w.worker()];
    w.runs(1).await;
    for round in 2..5 {
        w.instance.house.clock.advance(3_600);
        for _ in 0..100 {
            let owner = w.instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
            let runs = owner.get(&w.at("runs")).await.is(200).json;
            if runs["items"].as_array().unwrap().len() >= round {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let owner = w.instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
        let runs = owner.get(&w.at("runs")).await.is(200).json;
        let items = runs["items"].as_array().unwrap();
        assert_eq!(items.len(), round, "{items:#?}");
        assert!(items.iter().all(|run| run["state"] == "complete"));
    }
    workers.iter().for_each(JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_told_before_a_crash_is_not_told_again() {
    let w = Watched::start().await;
    w.write(&[volume("vol-1", json!(true))]);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    w.runs(1).await;
    let state = w.instance.folder.path().join("data/sources").join(&w.org).join(&source).join("state/app-host.json");
    let settled = async || {
        for _ in 0..100 {
            let jobs = w.get("jobs").await;
            if jobs["items"].as_array().unwrap().iter().all(|j| j["kind"] != "look" || j["state"] != "taken") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    settled().await;
    let before = fs::read(&state).unwrap();
    w.write(&[volume("vol-1", json!(false))]);
    w.look(&source).await;
    w.runs(2).await;
    settled().await;
    // As if the server had died after the transaction and before it noted what it told.
    fs::write(&state, before).unwrap();
    w.look(&source).await;
    w.runs(3).await;
    assert_eq!(w.alerts().await, ["violated"]);
    worker.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_with_a_token_sends_snapshots_and_silence_is_told() {
    let w = Watched::start().await;
    let source = w.create("pipeline", json!({ "kind": "pushed" })).await;
    let token = json!({ "name": "ci", "scopes": ["sources:write"], "days": 30 });
    let made = w.owner.post(&w.at("tokens"), token).await.is(201);
    let ci = w.owner.program(made.json["secret"].as_str().unwrap());
    let worker = w.worker();
    let path = w.at(&format!("sources/{source}/snapshots?name=estate.jsonl"));
    let send = async |volumes: &[Value]| {
        ci.raw("POST", &path, estate(volumes).into_bytes(), &[("content-type", "application/octet-stream")])
            .await
            .is(202)
    };
    send(&[volume("vol-1", json!(true))]).await;
    w.runs(1).await;
    send(&[volume("vol-1", json!(false))]).await;
    let runs = w.runs(2).await;
    assert_eq!(runs[0]["news"], 1, "{runs:#?}");
    // What is no infrastructure says so, and is no state of the source.
    ci.raw("POST", &path, b"hello".to_vec(), &[]).await.is(202);
    let runs = w.runs(3).await;
    assert_eq!(runs[0]["state"], "failed", "{runs:#?}");
    ci.get(&w.at("runs")).await.is(403);
    ci.raw("POST", &path, Vec::new(), &[]).await.is(400);
    // The same source sent to by uploads.
    w.owner.post(&w.at(&format!("sources/{source}/runs")), json!({})).await.is(400);
    let nobody = json!({ "documents": [{ "name": "a.json", "sha256": "0".repeat(64) }] });
    w.owner.post(&w.at(&format!("sources/{source}/runs")), nobody).await.is(400);
    // Nothing comes for longer than two periods.
    w.instance.house.clock.advance(3 * 3_600);
    let mut told = Vec::new();
    for _ in 0..100 {
        let owner = w.instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
        let found = owner.get(&w.at("runs")).await.is(200).json;
        told = found["items"].as_array().unwrap().clone();
        if told.len() > 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(told[0]["why"].as_str().unwrap().contains("nothing was sent since"), "{told:#?}");
    worker.abort();
}

/// A scanner that finds what says that it is bad.
fn scanner() -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp:{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            socket.read_exact(&mut [0; 10]).unwrap();
            let mut all = Vec::new();
            loop {
                let mut size = [0; 4];
                socket.read_exact(&mut size).unwrap();
                let mut piece = vec![0; usize::try_from(u32::from_be_bytes(size)).unwrap()];
                if piece.is_empty() {
                    break;
                }
                socket.read_exact(&mut piece).unwrap();
                all.extend(piece);
            }
            let bad = String::from_utf8_lossy(&all).contains("bad bytes");
            socket.write_all(if bad { b"stream: Bad.Test FOUND\0" } else { b"stream: OK\0" }).unwrap();
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_passes_what_an_upload_passes() {
    let w = Watched::with(|config| config.clamd = Some(scanner())).await;
    let source = w.create("pipeline", json!({ "kind": "pushed" })).await;
    let path = w.at(&format!("sources/{source}/snapshots"));
    let binary = [("content-type", "application/octet-stream")];
    w.owner.raw("POST", &path, b"bad bytes".to_vec(), &binary).await.says(422, "malware");
    let sha256 = |bytes: &[u8]| attesta_kernel::Digest::of(bytes).to_string();
    let evidence = async |bytes: &[u8]| {
        w.owner.post(&w.at("evidence"), json!({ "sha256": sha256(bytes), "file_name": "a.txt" })).await
    };
    evidence(b"bad bytes").await.says(400, "bad-request");
    let archive = b"PK\x03\x04 no archive";
    w.owner.raw("POST", &path, archive.to_vec(), &binary).await.says(422, "archive");
    evidence(archive).await.says(400, "bad-request");
    let good = estate(&[volume("vol-1", json!(true))]).into_bytes();
    w.owner.raw("POST", &path, good.clone(), &binary).await.is(202);
    evidence(&good).await.is(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_names_a_path_an_account_or_a_command_that_the_operator_did_not_allow() {
    let w = Watched::with(|config| {
        config.aws = Some(AwsReader::new(|ask| Err(format!("{} refused {}", ask.role, ask.external_id.len()))));
    })
    .await;
    let new = |origin: Value| json!({ "name": "x", "origin": origin, "schedule": { "every": "1h" } });
    for origin in [
        json!({ "kind": "folder", "place": "/etc" }),
        json!({ "kind": "folder", "place": "infra/../.." }),
        json!({ "kind": "folder", "place": "private" }),
        json!({ "kind": "file", "place": "/etc/passwd" }),
        json!({ "kind": "command", "command": ["id"] }),
        json!({ "kind": "folder", "place": "infra", "path": "/etc" }),
        json!({ "kind": "aws", "role": "arn:aws:iam::1:role/x" }),
        json!({ "kind": "aws", "role": "arn:aws:iam::111122223333:user/x" }),
        json!({ "kind": "aws", "role": "arn:aws:iam::111122223333:role/x", "regions": ["--profile"] }),
    ] {
        w.owner.post(&w.at("sources"), new(origin.clone())).await.is(400);
    }
    for schedule in [
        json!({}),
        json!({ "every": "1s" }),
        json!({ "cron": "* * 31 2 *" }),
        json!({ "every": "1h", "cron": "* * * * *" }),
    ] {
        let bad = json!({ "name": "x", "origin": { "kind": "pushed" }, "schedule": schedule });
        w.owner.post(&w.at("sources"), bad).await.is(400);
    }
    // The external id is the server's own, whatever is sent.
    let aws = json!({ "kind": "aws", "role": "arn:aws:iam::111122223333:role/audit", "external_id": "mine" });
    let made = w.owner.post(&w.at("sources"), new(aws)).await.is(201);
    let id = made.json["origin"]["external_id"].as_str().unwrap();
    assert_eq!((id.len(), id == "mine"), (40, false));
    let worker = w.worker();
    let runs = w.runs(1).await;
    assert_eq!(runs[0]["why"], "arn:aws:iam::111122223333:role/audit refused 40");
    worker.abort();
    // Roles: who only reads cannot begin to watch; who is not there sees nothing.
    let (reader, _) = w.instance.member(&w.owner, &w.org, "r@example.org", json!({ "role": "executive-reader" })).await;
    reader.get(&w.at("posture")).await.is(200);
    reader.post(&w.at("sources"), new(json!({ "kind": "pushed" }))).await.is(403);
    let (rival, theirs) = w.instance.rival(&w.owner, &w.org).await;
    let source = made.json["id"].as_str().unwrap();
    assert!(rival.get(&w.at("sources")).await.status.is_client_error());
    rival.get(&format!("/api/v1/organisations/{theirs}/sources/{source}")).await.is(404);
    rival.get(&format!("/api/v1/organisations/{theirs}/posture?source={source}")).await.is(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_window_nothing_is_told_and_afterwards_what_still_holds_is() {
    let w = Watched::start().await;
    w.write(&[volume("vol-1", json!(true))]);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    w.runs(1).await;
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let always = json!({ "windows": [
        { "because": "a move", "days": days, "between": ["00:00", "12:00"] },
        { "because": "a move", "days": days, "between": ["12:00", "00:00"] },
    ] });
    let path = w.at(&format!("sources/{source}"));
    w.owner.send("PATCH", &path, Some(always), &[("if-match", "\"1\"")]).await.is(200);
    w.runs(2).await;
    w.write(&[volume("vol-1", json!(false))]);
    w.look(&source).await;
    w.runs(3).await;
    assert_eq!(w.alerts().await, Vec::<String>::new());
    w.owner.send("PATCH", &path, Some(json!({ "windows": [] })), &[("if-match", "\"2\"")]).await.is(200);
    let runs = w.runs(4).await;
    assert_eq!(w.alerts().await, ["violated"]);
    let told = w.get("posture/timeline").await["items"][0]["alert"].clone();
    assert_eq!(told["checks"][0]["since"], runs[1]["at"], "with its true time: {told:#}");
    // Paused, nobody looks; removed, its runs stay.
    w.owner.send("PATCH", &path, Some(json!({ "state": "paused" })), &[("if-match", "\"3\"")]).await.is(200);
    w.owner.send("DELETE", &path, None, &[("if-match", "\"4\"")]).await.is(200);
    w.owner.get(&path).await.is(404);
    assert_eq!(w.get("runs").await["items"].as_array().unwrap().len(), 4);
    assert!(Path::new(&w.place).exists());
    worker.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_becomes_unreadable_is_unknown_and_the_posture_is_not_whole() {
    let w = Watched::start().await;
    assert_eq!(w.get("posture").await["whole"], false, "without a source nobody knows anything");
    let header = json!({"schema": "attesta.neutral-resources/1"});
    let write = |name: &str, encrypted: bool| {
        let line = volume(&format!("vol-{name}"), json!(encrypted));
        fs::write(w.place.join(format!("{name}.jsonl")), format!("{header}\n{line}\n")).unwrap();
    };
    write("good", true);
    write("bad", false);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    let runs = w.runs(1).await;
    assert_eq!(runs[0]["state"], "complete", "{runs:#?}");
    let before = w.get("posture").await;
    assert_eq!((&before["whole"], &before["sources"][0]["complete"]), (&json!(true), &json!(true)), "{before:#}");
    let fails = before["checks"]["fail"].as_u64().unwrap();

    fs::write(w.place.join("bad.jsonl"), format!("{header}\n{{\"kind\": \"volu")).unwrap();
    w.look(&source).await;
    let runs = w.runs(2).await;
    assert_eq!(runs[0]["state"], "partial", "{runs:#?}");
    let after = w.get("posture").await;
    let stand = &after["sources"][0];
    assert_eq!(
        (&after["whole"], &stand["complete"], &stand["standing"]),
        (&json!(false), &json!(false), &json!("fresh"))
    );
    // The good volume fails elsewhere; what the bad one failed is hidden, and nothing of it went away.
    let hidden = stand["hidden"].as_u64().unwrap();
    assert_eq!((hidden > 0, hidden + after["checks"]["fail"].as_u64().unwrap()), (true, fails), "{after:#}");
    assert_eq!(stand["not_seen"], runs[0]["not_seen"]);
    assert!(stand["not_seen"][0].as_str().unwrap().contains("bad.jsonl"), "{after:#}");
    assert!(after["checks"]["unknown"].as_u64().unwrap() >= hidden, "{after:#}");
    let grouped = |posture: &Value| -> u64 {
        let groups = posture["groups"].as_array().unwrap().iter();
        groups
            .filter(|g| g["id"].as_str().unwrap().starts_with("severity-"))
            .map(|g| g["checks"]["unknown"].as_u64().unwrap())
            .sum()
    };
    assert_eq!(grouped(&after), after["checks"]["unknown"].as_u64().unwrap(), "{after:#}");
    let found = w.get("posture/findings?verdict=unknown&policy=volume-encryption-at-rest&text=vol-bad").await;
    let finding = &found["items"][0];
    assert_eq!(finding["since"], runs[1]["at"], "{found:#}");
    assert_eq!(finding["found"], format!("not seen since {}; a violation before", runs[0]["at"].as_str().unwrap()));
    let trend = w.get("posture/trend").await;
    assert_eq!(trend["periods"][0]["partial"], json!(["app-host"]), "{trend:#}");
    // At the time of the run before, all was seen.
    let then = w.get(&format!("posture?at={}", runs[1]["at"].as_str().unwrap())).await;
    assert_eq!((&then["whole"], &then["checks"]), (&json!(true), &before["checks"]));

    // Readable again, and mended.
    write("bad", true);
    w.look(&source).await;
    w.runs(3).await;
    let mended = w.get("posture").await;
    assert_eq!((&mended["whole"], &mended["sources"][0]["hidden"]), (&json!(true), &json!(0)), "{mended:#}");
    worker.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_look_after_runs_were_lost_tells_what_fails() {
    let w = Watched::start().await;
    w.write(&[volume("vol-1", json!(false))]);
    let source = w.create("app-host", json!({ "kind": "folder", "place": "infra" })).await;
    let worker = w.worker();
    w.runs(1).await;
    assert_eq!(w.alerts().await, Vec::<String>::new(), "what fails at the first look is known");
    for _ in 0..100 {
        let jobs = w.get("jobs").await;
        if jobs["items"].as_array().unwrap().iter().all(|j| j["kind"] != "look" || j["state"] != "taken") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    fs::remove_dir_all(w.instance.folder.path().join("data/sources")).unwrap();
    w.look(&source).await;
    w.runs(2).await;
    let alerts = w.alerts().await;
    assert!(
        !alerts.is_empty() && alerts.iter().all(|news| ["violated", "untold"].contains(&news.as_str())),
        "{alerts:?}"
    );
    assert!(alerts.contains(&"violated".to_owned()), "{alerts:?}");
    w.look(&source).await;
    w.runs(3).await;
    assert_eq!(w.alerts().await, alerts, "once");
    worker.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_is_sent_twice_is_looked_at_twice_and_a_trend_ends_today() {
    let w = Watched::start().await;
    let source = w.create("pipeline", json!({ "kind": "pushed" })).await;
    let path = w.at(&format!("sources/{source}/snapshots?name=estate.jsonl"));
    let bytes = || estate(&[volume("vol-1", json!(true))]).into_bytes();
    for _ in 0..2 {
        w.owner.raw("POST", &path, bytes(), &[("content-type", "application/octet-stream")]).await.is(202);
    }
    let worker = w.worker();
    let runs = w.runs(2).await;
    assert!(runs.iter().all(|run| run["state"] == "complete"), "{runs:#?}");
    // A colleague's upload of the same bytes is still there.
    let sha256 = runs[0]["documents"][0]["sha256"].clone();
    let again = json!({ "documents": [{ "name": "estate.jsonl", "sha256": sha256 }] });
    w.owner.post(&w.at(&format!("sources/{source}/runs")), again).await.is(202);
    w.runs(3).await;
    worker.abort();
    for (asked, most) in [("to=9999-12-31", 1), ("to=9999-12-31&from=0001-01-01&every=weekly", 1)] {
        let trend = w.get(&format!("posture/trend?{asked}")).await;
        let periods = trend["periods"].as_array().unwrap();
        assert!(!periods.is_empty() && periods.len() <= most + 1, "{trend:#}");
        assert!(periods.iter().all(|period| period["gap"] == false), "nobody looked in days to come: {trend:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_look_reads_no_more_than_it_says() {
    let w = Watched::start().await;
    let source = w.create("pipeline", json!({ "kind": "pushed" })).await;
    let path = w.at(&format!("sources/{source}/snapshots?name=estate.jsonl"));
    let bytes = vec![b' '; 6 << 20];
    let sha256 = attesta_kernel::Digest::of(&bytes).to_string();
    w.owner.raw("POST", &path, bytes, &[("content-type", "application/octet-stream")]).await.is(202);
    let runs = w.at(&format!("sources/{source}/runs"));
    let documents = |count: usize| {
        let each = |n| json!({ "name": format!("{n}.jsonl"), "sha256": sha256 });
        json!({ "documents": (0..count).map(each).collect::<Vec<_>>() })
    };
    w.owner.post(&runs, documents(200)).await.says(413, "too-big");
    w.owner.post(&runs, documents(2)).await.is(202);
}

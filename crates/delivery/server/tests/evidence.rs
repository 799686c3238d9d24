//! Evidence over the API: it comes in pieces, is proved, and nobody else sees it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use serde_json::{Value, json};
use support::{Browser, Instance};

const BYTES: &[u8] = b"Access review, third quarter.\nEvery account was looked at.\n";

async fn uploaded(who: &Browser, org: &str, bytes: &[u8]) -> String {
    let base = format!("/api/v1/organisations/{org}/uploads");
    let begun = who.post(&base, json!({ "size": bytes.len() })).await.is(201);
    let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    who.raw("PATCH", &upload, bytes.to_vec(), &[("upload-offset", "0")]).await.is(200);
    let done = who.post(&format!("{upload}/finish"), Value::Null).await.is(200);
    done.json["sha256"].as_str().unwrap().to_owned()
}

async fn added(who: &Browser, org: &str, bytes: &[u8], more: Value) -> Value {
    let sha256 = uploaded(who, org, bytes).await;
    let mut new = json!({ "sha256": sha256, "file_name": "review.txt" });
    for (name, value) in more.as_object().unwrap() {
        new[name] = value.clone();
    }
    who.post(&format!("/api/v1/organisations/{org}/evidence"), new).await.is(201).json
}

fn address(org: &str, added: &Value) -> String {
    format!("/api/v1/organisations/{org}/evidence/{}", added["evidence"]["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let base = format!("/api/v1/organisations/{org}/uploads");
    let begun = owner.post(&base, json!({ "size": BYTES.len() })).await.is(201);
    let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    let finish = format!("{upload}/finish");
    owner.raw("PATCH", &upload, BYTES[..20].to_vec(), &[("upload-offset", "0")]).await.is(200);
    owner.post(&finish, Value::Null).await.says(409, "upload-incomplete");
    // The answer was lost, so the client sends the same again, and is told where to go on.
    owner.raw("PATCH", &upload, BYTES[..20].to_vec(), &[("upload-offset", "0")]).await.says(409, "upload-offset");
    owner.raw("PATCH", &upload, BYTES[20..].to_vec(), &[]).await.says(400, "bad-request");
    let state = owner.get(&upload).await.is(200);
    assert_eq!((&state.json["offset"], &state.json["phase"]), (&json!(20), &json!("receiving")));
    owner.raw("PATCH", &upload, [BYTES, b"more"].concat(), &[("upload-offset", "20")]).await.says(413, "too-big");
    owner.raw("PATCH", &upload, BYTES[20..].to_vec(), &[("upload-offset", "20")]).await.is(200);
    let done = owner.post(&finish, Value::Null).await.is(200);
    assert_eq!(done.json["sha256"], attesta_kernel::Digest::of(BYTES).to_string());
    assert_eq!((&done.json["verdict"], &done.json["here"]), (&json!("not-scanned"), &json!(false)));
    // A second finish says the same; nothing more is taken.
    assert_eq!(owner.post(&finish, Value::Null).await.is(200).json["sha256"], done.json["sha256"]);
    owner.raw("PATCH", &upload, b"x".to_vec(), &[("upload-offset", "59")]).await.says(409, "upload-state");
    owner.send("DELETE", &upload, None, &[]).await.is(204);
    owner.get(&upload).await.says(404, "not-found");
    // Bytes that were never uploaded are no evidence.
    let none = json!({ "sha256": attesta_kernel::Digest::of(b"other").to_string(), "file_name": "x" });
    owner.post(&format!("/api/v1/organisations/{org}/evidence"), none).await.says(400, "bad-request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_a_connection_broke_stays() {
    use std::{io::Write as _, net::TcpStream, time::Duration};
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let token = json!({ "name": "ci", "scopes": ["evidence:write"], "days": 1 });
    let token = owner.post(&format!("/api/v1/organisations/{org}/tokens"), token).await.is(201);
    let secret = token.json["secret"].as_str().unwrap();
    let base = format!("/api/v1/organisations/{org}/uploads");
    let begun = owner.post(&base, json!({ "size": BYTES.len() })).await.is(201);
    let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let house = std::sync::Arc::clone(&instance.house);
    let serving = tokio::spawn(attesta_server::serve(house, listener, async { drop(stopped.await) }));
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\nUpload-Offset: 0\r\n\
         Content-Length: {}\r\n\r\n",
        BYTES.len()
    );
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(&BYTES[..20]).unwrap();
    socket.flush().unwrap();
    drop(socket);
    let mut offset = json!(0);
    for _ in 0..200 {
        offset = owner.get(&upload).await.is(200).json["offset"].clone();
        if offset == 20 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(offset, 20);
    owner.raw("PATCH", &upload, BYTES[20..].to_vec(), &[("upload-offset", "20")]).await.is(200);
    let done = owner.post(&format!("{upload}/finish"), Value::Null).await.is(200);
    assert_eq!(done.json["sha256"], attesta_kernel::Digest::of(BYTES).to_string());
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn evidence_lives_and_its_bytes_come_back() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let described = json!({
        "description": { "title": "Access review", "valid_until": "2030-01-01", "collected": "2026-10-02",
            "system": "directory", "period": "2026-07-01..2026-09-30", "role": "population" },
        "links": [{ "target": "164.312(b)", "levels": ["policy"], "elements": [1], "place": "page 1" }],
    });
    let first = added(&owner, &org, BYTES, described).await;
    let at = address(&org, &first);
    assert_eq!(first["evidence"]["links"][0]["target"], "hipaa:164.312(b)");
    let twice = added(&owner, &org, BYTES, json!({})).await;
    assert_eq!(twice["same_bytes"][0], first["evidence"]["id"]);
    // The bytes, whole and in part, as something to save.
    let content = owner.get(&format!("{at}/content")).await.is(200);
    assert_eq!(content.bytes, BYTES);
    assert!(content.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(content.headers["x-content-type-options"], "nosniff");
    let part = owner.send("GET", &format!("{at}/content"), None, &[("range", "bytes=7-12")]).await.is(206);
    assert_eq!(part.bytes, &BYTES[7..13]);
    // Standing on a day, and the list by it.
    for (day, standing) in [("2026-10-01", "not-yet"), ("2029-12-31", "valid"), ("2030-01-02", "stale")] {
        assert_eq!(owner.get(&format!("{at}?on={day}")).await.is(200).json["standing"]["word"], standing, "{day}");
    }
    let list = format!("/api/v1/organisations/{org}/evidence");
    for (query, count) in [
        ("?target=164.312(b)", 1),
        ("?text=ACCESS", 1),
        ("?text=nothing", 0),
        ("?on=2029-12-31&standing=valid", 1),
        ("?on=2031-01-01&standing=stale", 1),
        ("?state=superseded", 0),
        ("", 2),
    ] {
        let found = owner.get(&format!("{list}{query}")).await.is(200);
        assert_eq!(found.json["items"].as_array().unwrap().len(), count, "{query}");
    }
    owner.get(&format!("{list}?target=x")).await.says(400, "bad-request");
    // Two people change it: the second is told.
    let read = owner.get(&at).await.is(200).etag();
    let link = json!({ "target": "164.308(a)(1)(ii)(A)" });
    owner.send("PUT", &format!("{at}/links"), Some(link.clone()), &[]).await.says(428, "if-match-missing");
    owner.send("PUT", &format!("{at}/links"), Some(link.clone()), &[("if-match", &read)]).await.is(200);
    let late = owner.send("PUT", &format!("{at}/links"), Some(link), &[("if-match", &read)]).await;
    late.says(412, "changed-meanwhile");
    // A newer version takes its place and its links.
    let sha256 = uploaded(&owner, &org, b"a newer one").await;
    let read = owner.get(&at).await.is(200).etag();
    let newer =
        json!({ "sha256": sha256, "file_name": "review-2.txt", "description": { "valid_until": "2031-01-01" } });
    let newer = owner.send("POST", &format!("{at}/supersede"), Some(newer), &[("if-match", &read)]).await.is(201);
    assert_eq!(newer.json["evidence"]["version"], 2);
    assert_eq!(newer.json["evidence"]["description"]["title"], "Access review");
    assert_eq!(newer.json["evidence"]["links"].as_array().unwrap().len(), 2);
    let old = owner.get(&at).await.is(200);
    assert_eq!((&old.json["state"], &old.json["superseded_by"]), (&json!("superseded"), &newer.json["evidence"]["id"]));
    let history = owner.get(&format!("{at}/history")).await.is(200);
    let kinds: Vec<&str> =
        history.json["items"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["evidence.superseded", "evidence.linked", "evidence.linked", "evidence.added"]);
}

#[tokio::test]
async fn holds_and_retention_keep_evidence() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let past = json!({ "description": { "received": "2010-01-01", "valid_until": "2011-01-01" } });
    let old = added(&owner, &org, BYTES, past).await;
    let fresh = added(&owner, &org, b"new", json!({})).await;
    let act = |at: String, what: &'static str, body: Value| {
        let owner = owner.clone();
        async move {
            let read = owner.get(&at).await.is(200).etag();
            owner.send("POST", &format!("{at}/{what}"), Some(body), &[("if-match", &read)]).await
        }
    };
    let (old, fresh) = (address(&org, &old), address(&org, &fresh));
    act(fresh, "retire", json!({ "why": "tidy" })).await.says(409, "retention");
    let matter = json!({ "matter": "case-1", "why": "a suit" });
    act(old.clone(), "holds", matter.clone()).await.is(200);
    act(old.clone(), "retire", json!({ "why": "tidy" })).await.says(409, "frozen");
    act(old.clone(), "release", matter).await.is(200);
    let gone = act(old.clone(), "retire", json!({ "why": "its time is over" })).await.is(200);
    assert_eq!((&gone.json["state"], &gone.json["why"]), (&json!("retired"), &json!("its time is over")));
    owner.get(&format!("{old}/content")).await.says(410, "retired");
    // The proof that it was here stays.
    owner.get(&format!("{old}/proof")).await.is(200);
    let sha256 = attesta_kernel::Digest::of(BYTES).to_string();
    let path = instance.folder.path().join("data/blobs").join(&org).join("sha256");
    assert!(!path.join(&sha256[..2]).join(&sha256[2..]).exists());
}

#[tokio::test]
async fn suspected_phi_is_told_and_a_bomb_is_refused() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let text = b"patient A\nSSN 123-45-6789\n";
    let suspected = added(&owner, &org, text, json!({})).await;
    let codes: Vec<&Value> = suspected["warnings"].as_array().unwrap().iter().map(|w| &w["code"]).collect();
    assert!(codes.contains(&&json!("phi-suspected")), "{codes:?}");
    assert!(!suspected["warnings"].to_string().contains("6789"));
    let base = format!("/api/v1/organisations/{org}/uploads");
    let begun = owner.post(&base, json!({})).await.is(201);
    let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    owner.raw("PATCH", &upload, b"PK\x03\x04 no archive".to_vec(), &[("upload-offset", "0")]).await.is(200);
    owner.post(&format!("{upload}/finish"), Value::Null).await.says(422, "archive");
}

#[tokio::test]
async fn a_proof_holds_offline_and_a_flipped_byte_is_refused() {
    use attesta_ledger::{SignedCheckpoint, TlogProof, VerifierKey, verify_consistency, verify_inclusion};
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let before = owner.get(&format!("/api/v1/organisations/{org}/log")).await.is(200);
    let at = address(&org, &added(&owner, &org, BYTES, json!({})).await);
    let proof = owner.get(&format!("{at}/proof")).await.is(200);
    for (file, field) in [("item.tlog-proof", "proof"), ("leaf", "leaf"), ("key.vkey", "key")] {
        let text = owner.get(&format!("{at}/proof/{file}")).await.is(200).bytes;
        assert_eq!(String::from_utf8(text).unwrap(), proof.json[field].as_str().unwrap());
    }
    owner.get(&format!("{at}/proof/other")).await.says(404, "not-found");
    let key: VerifierKey = proof.json["key"].as_str().unwrap().trim().parse().unwrap();
    let read = TlogProof::parse(proof.json["proof"].as_str().unwrap()).unwrap();
    let head = SignedCheckpoint::open(&read.checkpoint, &key).unwrap().checkpoint;
    let opening = attesta_ledger::Opening::from_bytes(read.extra.as_ref().unwrap()).unwrap();
    let leaf = attesta_ledger::Hash::of_leaf(&opening.leaf);
    verify_inclusion(&leaf, read.index, head.size, &read.hashes, &head.root).unwrap();
    let content = attesta_ledger::Leaf::from_bytes(&opening.leaf).unwrap().content.unwrap();
    let of = |bytes: &[u8]| attesta_ledger::SaltedDigest::of(&opening.salt, &attesta_kernel::Digest::of(bytes));
    assert_eq!(content, of(BYTES));
    let mut flipped = BYTES.to_vec();
    flipped[3] ^= 1;
    assert_ne!(content, of(&flipped));
    // The log only grew.
    let old = SignedCheckpoint::open(before.json["checkpoint"].as_str().unwrap(), &key).unwrap().checkpoint;
    let grown = format!("/api/v1/organisations/{org}/consistency?old={}&new={}", old.size, head.size);
    let grown = owner.get(&grown).await.is(200);
    let hashes: Vec<attesta_ledger::Hash> =
        grown.json["hashes"].as_array().unwrap().iter().map(|h| h.as_str().unwrap().parse().unwrap()).collect();
    verify_consistency(old.size, &old.root, head.size, &head.root, &hashes).unwrap();
    owner.get(&format!("/api/v1/organisations/{org}/consistency?old=0")).await.says(400, "bad-request");
}

#[tokio::test]
async fn another_organisation_sees_no_evidence() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let thing = added(&owner, &org, BYTES, json!({})).await;
    let id = thing["evidence"]["id"].as_str().unwrap().to_owned();
    let begun = owner.post(&format!("/api/v1/organisations/{org}/uploads"), json!({})).await.is(201);
    let upload = begun.json["id"].as_str().unwrap().to_owned();
    let (rival, theirs) = instance.rival(&owner, &org).await;
    let read = [("if-match", "\"1\""), ("upload-offset", "0")];
    let reason = json!({ "matter": "case-1", "why": "because" });
    // By the other's address, and by one's own with the other's ids.
    for room in [&org, &theirs] {
        let base = format!("/api/v1/organisations/{room}");
        let sha256 = thing["evidence"]["sha256"].as_str().unwrap();
        let version = json!({ "sha256": sha256, "file_name": "x" });
        for (method, path, body) in [
            ("GET", format!("evidence/{id}"), None),
            ("GET", format!("evidence/{id}/content"), None),
            ("GET", format!("evidence/{id}/history"), None),
            ("GET", format!("evidence/{id}/proof"), None),
            ("GET", format!("evidence/{id}/proof/leaf"), None),
            ("PUT", format!("evidence/{id}/links"), Some(json!({ "target": "164.312(b)" }))),
            ("DELETE", format!("evidence/{id}/links?target=164.312(b)"), None),
            ("POST", format!("evidence/{id}/supersede"), Some(version)),
            ("POST", format!("evidence/{id}/holds"), Some(reason.clone())),
            ("POST", format!("evidence/{id}/release"), Some(reason.clone())),
            ("POST", format!("evidence/{id}/retire"), Some(json!({ "why": "because" }))),
            ("GET", format!("uploads/{upload}"), None),
            ("PATCH", format!("uploads/{upload}"), None),
            ("POST", format!("uploads/{upload}/finish"), None),
            ("DELETE", format!("uploads/{upload}"), None),
        ] {
            let answer = rival.send(method, &format!("{base}/{path}"), body, &read).await;
            assert_eq!(answer.status.as_u16(), 404, "{method} {base}/{path}: {}", answer.json);
        }
    }
    // The same bytes are nothing that one organisation learns of another.
    let base = format!("/api/v1/organisations/{theirs}/evidence");
    assert_eq!(rival.get(&base).await.is(200).json["items"], json!([]));
    let stolen = json!({ "sha256": thing["evidence"]["sha256"], "file_name": "x" });
    rival.post(&base, stolen).await.says(400, "bad-request");
    assert_eq!(added(&rival, &theirs, BYTES, json!({})).await["same_bytes"], json!([]));
}

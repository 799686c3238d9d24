//! An assessment is begun from a folder, written by several, and told by the ledger.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use serde_json::{Value, json};
use support::{Browser, Instance, fixture};

async fn begun(owner: &Browser, org: &str, name: &str) -> String {
    let asked = json!({ "name": name, "files": fixture(name) });
    let made = owner.post(&format!("/api/v1/organisations/{org}/assessments"), asked).await.is(201);
    made.json["id"].as_str().unwrap().to_owned()
}

/// What the use case says of the folder itself, without a server.
fn by_command(name: &str) -> Value {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").join(name);
    let library = attesta_desk::Library::new(attesta_content::ContentSource::Embedded);
    let today = attesta_server::Clock::default().today();
    let desk = attesta_desk::Desk::open(attesta_workspace::Folder::open(&root).unwrap(), &library, today).unwrap();
    let scored = desk.scored(attesta_assessment::View::Entity).unwrap();
    serde_json::to_value(attesta_desk::score::Report::of(&desk, &scored)).unwrap()
}

#[tokio::test]
async fn a_folder_becomes_an_assessment_with_the_same_score() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    for name in ["wellness-e1", "telehealth-r2"] {
        let id = begun(&owner, &org, name).await;
        let base = format!("/api/v1/organisations/{org}/assessments/{id}");
        let score = owner.get(&format!("{base}/score")).await.is(200);
        assert_eq!(score.json, by_command(name), "{name}");
        assert!(!score.json["verdict"].as_str().unwrap().is_empty());
    }
    let listed = owner.get(&format!("/api/v1/organisations/{org}/assessments?limit=1")).await.is(200);
    let next = listed.json["next"].as_str().unwrap();
    let rest = owner.get(&format!("/api/v1/organisations/{org}/assessments?after={next}")).await.is(200);
    assert_eq!(rest.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_does_not_open_is_not_begun() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/assessments");
    let mut files = fixture("wellness-e1");
    files["scope.yaml"] = Value::String("schema: nonsense".into());
    let told = owner.post(&path, json!({ "name": "x", "files": files })).await;
    assert!(told.status.is_client_error());
    assert!(told.json["faults"][0].as_str().unwrap().contains("scope.yaml"), "{}", told.json);
    owner.post(&path, json!({ "name": "x", "files": {} })).await.is(422);
    owner.post(&path, json!({ "name": "x", "files": { "../etc/passwd": "" } })).await.says(400, "bad-request");
    let log = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=assessment")).await.is(200);
    assert_eq!(log.json["items"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn the_second_of_two_editors_is_told() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (lead, _) = instance.member(&owner, &org, "lea@example.org", json!({ "role": "compliance-lead" })).await;
    let id = begun(&owner, &org, "wellness-e1").await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    let path = "scope.yaml";
    let address = format!("{base}/documents/{path}");
    let (a, b) = (owner.get(&address).await.is(200), lead.get(&address).await.is(200));
    assert_eq!(a.etag(), b.etag());
    let text = format!("{}# seen\n", a.json["text"].as_str().unwrap());
    let body = json!({ "text": text });
    owner.send("PUT", &address, Some(body.clone()), &[]).await.says(428, "if-match-missing");
    let first = owner.send("PUT", &address, Some(body.clone()), &[("if-match", &a.etag())]).await.is(200);
    let second = lead.send("PUT", &address, Some(body), &[("if-match", &b.etag())]).await;
    let second = second.says(412, "changed-meanwhile");
    assert_eq!(second.json["revision"].to_string(), first.etag().trim_matches('"'));
    let past = owner.get(&format!("{base}/past/{path}")).await.is(200);
    assert_eq!(past.json["items"][0]["text"], a.json["text"]);
    // What would not open any more is refused, and nothing is written.
    let broken = json!({ "text": "schema: nonsense" });
    let now = first.etag();
    let told = owner.send("PUT", &address, Some(broken), &[("if-match", &now)]).await;
    assert!(told.status.is_client_error(), "{}", told.json);
    assert_eq!(owner.get(&address).await.etag(), now);
}

#[tokio::test]
async fn a_request_that_comes_twice_is_done_once() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/assessments");
    let body = json!({ "name": "once", "files": fixture("wellness-e1") });
    let key = [("idempotency-key", "k-1")];
    let first = owner.send("POST", &path, Some(body.clone()), &key).await.is(201);
    let second = owner.send("POST", &path, Some(body), &key).await.is(201);
    assert_eq!(first.json["id"], second.json["id"]);
    assert_eq!(second.headers["idempotency-replayed"], "true");
    let other = json!({ "name": "twice", "files": fixture("wellness-e1") });
    owner.send("POST", &path, Some(other), &key).await.says(422, "key-reused");
    let listed = owner.get(&path).await.is(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_assessor_sees_what_was_named_and_writes_no_answers() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (one, other) = (begun(&owner, &org, "wellness-e1").await, begun(&owner, &org, "wellness-e1").await);
    let until = "2027-06-01T00:00:00Z";
    let position = json!({ "role": "external-assessor", "until": until, "assessments": [one] });
    let (assessor, _) = instance.member(&owner, &org, "sam@firm.example", position).await;
    let base = |id: &str| format!("/api/v1/organisations/{org}/assessments/{id}");
    assessor.get(&base(&one)).await.is(200);
    assessor.get(&base(&other)).await.says(404, "not-found");
    let listed = assessor.get(&format!("/api/v1/organisations/{org}/assessments")).await.is(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
    let address = format!("{}/documents/scope.yaml", base(&one));
    let read = assessor.get(&address).await.is(200);
    let body = json!({ "text": read.json["text"] });
    let told = assessor.send("PUT", &address, Some(body), &[("if-match", &read.etag())]).await.says(403, "forbidden");
    assert_eq!(told.json["rule"], "entity-score");
    // Whole files of answers, results and overrides are nobody's to write: whose they are hangs on the requirement.
    for path in ["answers/x.yaml", "validation/x.yaml", "overrides.yaml", "lifecycle.yaml"] {
        let address = format!("{}/documents/{path}", base(&one));
        for who in [&owner, &assessor] {
            let body = json!({ "text": "schema: x" });
            who.send("PUT", &address, Some(body), &[("if-none-match", "*")]).await.says(403, "not-by-hand");
        }
    }
    // Access that is over lets nobody in; the sign-in itself is fresh.
    instance.house.clock.advance(366 * 24 * 3600);
    let again = instance.visitor().sign_in("sam@firm.example", support::PASSWORD).await;
    let told = again.get(&base(&one)).await;
    assert_eq!(told.json["rule"], "time-box", "{}", told.json);
}

#[tokio::test]
async fn the_trail_tells_who_what_when_and_from_where() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "wellness-e1").await;
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?subject={id}&limit=500")).await.is(200);
    let items = trail.json["items"].as_array().unwrap();
    assert_eq!(items.last().unwrap()["kind"], "assessment.added");
    assert!(items.iter().all(|e| e["actor"] == owner.account.as_str() && e["record"]["from"] == "unknown"));
    let log = owner.get(&format!("/api/v1/organisations/{org}/log")).await.is(200);
    let size = log.json["size"].as_u64().unwrap();
    assert_eq!(items[0]["index"].as_u64().unwrap(), size - 1);
    let checkpoint = owner.get(&format!("/api/v1/organisations/{org}/log/checkpoint")).await.is(200);
    assert_eq!(log.json["checkpoint"].as_str().unwrap().as_bytes(), checkpoint.bytes);
    let tile = owner.get(&format!("/api/v1/organisations/{org}/log/tile/0/000.p/{size}")).await.is(200);
    assert_eq!(u64::try_from(tile.bytes.len()).unwrap(), 32 * size);
}

#[tokio::test]
async fn changes_are_told_as_they_happen() {
    use axum::body::Body;
    use tower::ServiceExt as _;

    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let tokens = format!("/api/v1/organisations/{org}/tokens");
    let scopes = ["ledger:read"];
    let made = owner.post(&tokens, json!({ "name": "ci", "scopes": scopes, "days": 30 })).await.is(201);
    let request = axum::http::Request::builder()
        .uri(format!("/api/v1/organisations/{org}/changes"))
        .header("authorization", format!("Bearer {}", made.json["secret"].as_str().unwrap()))
        .header("last-event-id", "0")
        .body(Body::empty())
        .unwrap();
    let response = instance.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let mut seen = String::new();
    let mut next = async |until: &str, seen: &mut String| {
        while !seen.contains(until) {
            let poll = std::future::poll_fn(|context| {
                futures_core::Stream::poll_next(std::pin::Pin::new(&mut stream), context)
            });
            seen.push_str(std::str::from_utf8(&poll.await.unwrap().unwrap()).unwrap());
        }
    };
    // What was missed comes first, then what happens meanwhile.
    next("member.added", &mut seen).await;
    let id = begun(&owner, &org, "wellness-e1").await;
    next(&id, &mut seen).await;
    assert!(seen.contains("id: 1\n") && !seen.contains("id: 0\n"), "{seen}");
}

#[tokio::test]
async fn responses_are_listed_answered_and_scored() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "wellness-e1").await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = owner.get(&format!("{base}/responses?limit=7&after={after}")).await.is(200);
        seen.extend(
            page.json["items"].as_array().unwrap().iter().map(|r| r["requirement"].as_str().unwrap().to_owned()),
        );
        match page.json["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    let all = owner.get(&format!("{base}/responses?limit=2000")).await.is(200);
    let rows = all.json["items"].as_array().unwrap();
    assert_eq!(seen, rows.iter().map(|r| r["requirement"].as_str().unwrap()).collect::<Vec<_>>());
    let answered = rows.iter().find(|r| r["answer_rev"].is_u64() && r["entity"].is_string()).unwrap();
    let requirement = answered["requirement"].as_str().unwrap();
    let address = format!("{base}/responses/{requirement}");
    let old = owner.get(&address).await.is(200);
    let entry = old.json["entry"].clone();
    // The same entry again is a new revision with the same score.
    let put = json!({ "entry": entry });
    let written = owner.send("PUT", &address, Some(put.clone()), &[("if-match", &old.etag())]).await.is(200);
    assert_eq!(written.json["entity"], answered["entity"]);
    assert_eq!(written.etag(), format!("\"{}\"", written.json["rev"]));
    // The one who read the older one is told, and nothing is lost.
    owner.send("PUT", &address, Some(put.clone()), &[("if-match", &old.etag())]).await.says(412, "changed-meanwhile");
    // What makes no sense is told with its place.
    let wrong = json!({ "entry": { "implemented": "very much" } });
    let told =
        owner.send("PUT", &address, Some(wrong), &[("if-match", &written.etag())]).await.says(400, "bad-request");
    assert!(!told.json["faults"].as_array().unwrap().is_empty(), "{}", told.json);
    // Several at once: one stale revision, and none is written.
    let bulk = |rev: u64| json!({ "items": [{ "requirement": requirement, "rev": rev, "entry": entry }] });
    owner.post(&format!("{base}/responses"), bulk(1)).await.says(412, "changed-meanwhile");
    let done = owner.post(&format!("{base}/responses"), bulk(2)).await.is(200);
    assert_eq!(done.json["items"][0]["rev"], 3);
    let filtered = owner.get(&format!("{base}/responses?text={}", requirement.to_lowercase())).await.is(200);
    assert!(!filtered.json["items"].as_array().unwrap().is_empty());
    owner.get(&format!("{base}/responses?state=maybe")).await.says(400, "bad-request");
    owner.get(&format!("{base}/responses/NOPE.1")).await.says(404, "not-found");
    let why = owner.get(&format!("{base}/explain/{requirement}")).await.is(200);
    assert!(!why.json["because"].as_array().unwrap().is_empty(), "{}", why.json);
    owner.get(&format!("{base}/gaps")).await.is(200);
    owner.get(&format!("{base}/tailoring")).await.is(200);
}

#[tokio::test]
async fn a_contributor_answers_what_is_assigned() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (helper, _) = instance.member(&owner, &org, "hal@example.org", json!({ "role": "contributor" })).await;
    let id = begun(&owner, &org, "wellness-e1").await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    let rows = owner.get(&format!("{base}/responses?state=answered")).await.is(200);
    let requirement = rows.json["items"][0]["requirement"].as_str().unwrap().to_owned();
    let address = format!("{base}/responses/{requirement}");
    let old = helper.get(&address).await.is(200);
    let put = json!({ "entry": old.json["entry"] });
    let told =
        helper.send("PUT", &address, Some(put.clone()), &[("if-match", &old.etag())]).await.says(403, "forbidden");
    assert_eq!(told.json["rule"], "assigned");
    let who = json!({ "accounts": [helper.account] });
    helper.send("PUT", &format!("{address}/assignment"), Some(who.clone()), &[]).await.says(403, "forbidden");
    owner.send("PUT", &format!("{address}/assignment"), Some(who), &[]).await.is(200);
    helper.send("PUT", &address, Some(put), &[("if-match", &old.etag())]).await.is(200);
}

#[tokio::test]
async fn a_page_asks_the_database_little() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = begun(&owner, &org, "telehealth-r2").await;
    let base = format!("/api/v1/organisations/{org}/assessments/{id}");
    for path in [
        format!("/api/v1/organisations/{org}"),
        format!("/api/v1/organisations/{org}/people"),
        format!("/api/v1/organisations/{org}/assessments"),
        format!("/api/v1/organisations/{org}/trail"),
        base.clone(),
        format!("{base}/responses"),
        format!("{base}/score"),
        format!("{base}/gaps"),
        format!("{base}/documents"),
    ] {
        owner.get(&path).await.is(200);
        let before = instance.house.statements();
        owner.get(&path).await.is(200);
        let asked = instance.house.statements() - before;
        assert!(asked <= 3, "{path}: {asked}");
    }
}

#[tokio::test]
async fn a_licensed_export_is_looked_at_then_written_as_a_pack_and_used() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let id = support::begun(&owner, &org, "wellness-e1", &[]).await;
    let base = format!("/api/v1/organisations/{org}");
    let one = format!("{base}/assessments/{id}");
    let upload = async |bytes: Vec<u8>| {
        let begun = owner.post(&format!("{base}/uploads"), json!({ "size": bytes.len() })).await.is(201).json;
        let at = format!("{base}/uploads/{}", begun["id"].as_str().unwrap());
        owner.raw("PATCH", &at, bytes, &[("upload-offset", "0")]).await.is(200);
        owner.post(&format!("{at}/finish"), Value::Null).await.is(200).json["sha256"].as_str().unwrap().to_owned()
    };
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/packs");
    let whole = std::fs::read_to_string(root.join("e1.csv")).unwrap();
    // Its header and first two rows agree with each other; further down it contradicts itself.
    let few: String = whole.lines().take(3).map(|line| format!("{line}\n")).collect();
    let sha256 = upload(few.into_bytes()).await;
    let imports = format!("{one}/imports");
    let mut ask = json!({ "sha256": sha256, "file_name": "e1.csv", "as": "licensed" });
    let looked = owner.post(&imports, ask.clone()).await.is(200);
    assert!(looked.json["requirements"].as_u64().unwrap() > 0 && looked.json["pack"] == "licensed", "{}", looked.json);
    assert_eq!(looked.etag(), "\"0\"");
    owner.get(&format!("{one}/documents/packs/licensed.yaml")).await.says(404, "not-found");
    ask["write"] = json!(true);
    owner.post(&imports, ask.clone()).await.says(428, "if-match-missing");
    let written = support::etagged(&owner, "POST", &imports, &ask, &looked).await.is(200);
    let pack = owner.get(&format!("{one}/documents/packs/licensed.yaml")).await.is(200);
    assert_eq!(pack.etag(), written.etag());
    assert!(pack.json["text"].as_str().unwrap().contains(&sha256), "it says where it came from");
    // Twice is refused unless it replaces; a stale look is told.
    support::etagged(&owner, "POST", &imports, &ask, &written).await.says(409, "refused");
    ask["replace"] = json!(true);
    support::etagged(&owner, "POST", &imports, &ask, &looked).await.says(412, "changed-meanwhile");
    support::etagged(&owner, "POST", &imports, &ask, &written).await.is(200);
    let mut contradicts = ask.clone();
    contradicts["sha256"] = json!(upload(whole.into_bytes()).await);
    contradicts["as"] = json!("contradicts");
    let first = [("if-match", "\"0\"")];
    owner.send("POST", &imports, Some(contradicts), &first).await.says(409, "refused");
    // What is no table, no upload, no profile.
    let junk = upload(b"nothing of the kind".to_vec()).await;
    for (key, value) in [("sha256", json!(junk)), ("sha256", json!("00")), ("profile", json!("nobodys"))] {
        let mut wrong = ask.clone();
        wrong[key] = value;
        wrong["write"] = json!(false);
        owner.post(&imports, wrong).await.says(400, "bad-request");
    }
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    con.post(&imports, json!({ "sha256": sha256, "file_name": "e1.csv" })).await.says(403, "forbidden");
    let trail = owner.get(&format!("{base}/trail?kind=pack.imported")).await.is(200).json;
    assert_eq!(trail["items"].as_array().unwrap().len(), 2);
}

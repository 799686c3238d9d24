//! Every route of the description, asked by somebody of another organisation with the first one's ids: nothing is seen and
//! nothing changes. A route with a name in its path that this file does not know fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at a surprise, and tells its count"
)]

mod support;

use std::{collections::BTreeMap, sync::Arc};

use attesta_server::{Allowed, Config, jobs::Worker};
use serde_json::{Value, json};
use support::{Browser, Instance, fixture};

/// Stands in every text of the first organisation, so that it is known wherever it turns up.
const MARK: &str = "zanzibar";

/// Routes that name no organisation: what they show is the caller's own, or nobody's. A new one is looked at and added.
const NOBODYS: &[&str] = &[
    "/api/v1/account",
    "/api/v1/account/app",
    "/api/v1/account/app/confirm",
    "/api/v1/account/notifications",
    "/api/v1/account/oidc",
    "/api/v1/account/oidc/{provider}",
    "/api/v1/account/passkeys",
    "/api/v1/account/passkeys/begin",
    "/api/v1/account/passkeys/{passkey}",
    "/api/v1/account/password",
    "/api/v1/account/recovery-codes",
    "/api/v1/account/sessions",
    "/api/v1/account/sessions/{session}",
    "/api/v1/first",
    "/api/v1/invitations/accept",
    "/api/v1/invitations/accept/mine",
    "/api/v1/organisations",
    "/api/v1/session",
    "/api/v1/session/confirm",
    "/api/v1/session/confirm/passkey",
    "/api/v1/session/confirm/passkey/begin",
    "/api/v1/session/oidc",
    "/api/v1/session/oidc/{provider}",
    "/api/v1/session/oidc/{provider}/callback",
    "/api/v1/session/passkey",
    "/api/v1/session/passkey/begin",
    // What a link shows is its holder's; `tests/share_links.rs` looks what is behind it.
    "/api/v1/share-links/open",
    "/api/v1/share-links/shown",
    "/api/v1/share-links/shown/evidence/{id}/content",
    "/api/v1/share-links/shown/evidence/{id}/proof",
    "/api/v1/share-links/shown/{kind}/{id}",
    // What an owner made public is everybody's; `tests/trust.rs` looks that nothing else is.
    "/api/v1/trust-pages/{page}/access-requests",
    "/health/live",
    "/health/ready",
];

/// Reads that answer what the caller sends or what ships with the product, the same for everybody.
const SAME_FOR_ALL: &[&str] = &[];

/// Reads that want an assessment which goes back to a certificate; the fixture's does not.
const BEYOND_THIS_ONE: &[&str] = &["progress", "recheck"];

struct First {
    owner: Browser,
    org: String,
    /// What stands for each name in a path.
    names: BTreeMap<&'static str, String>,
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// An organisation that has something of everything.
async fn furnished(instance: &Instance) -> First {
    let (owner, org) = instance.owner().await;
    let base = format!("/api/v1/organisations/{org}");
    let marked = |what: &str| format!("{MARK} {what}");
    let new = json!({ "name": marked("r2"), "files": fixture("telehealth-r2") });
    let assessment = id(&owner.post(&format!("{base}/assessments"), new).await.is(201).json);
    let guest =
        json!({ "role": "external-assessor", "until": "2036-01-01T00:00:00Z", "assessments": [assessment.clone()] });
    let (assessor, _) = instance.member(&owner, &org, "ass@example.com", guest).await;
    let about = format!("{assessment}/requirements/x");
    let task = json!({ "about": about, "title": marked("task") });
    let task = id(&owner.post(&format!("{base}/tasks"), task).await.is(201).json);
    let comment = json!({ "about": about, "text": marked("comment") });
    let comment = id(&owner.post(&format!("{base}/comments"), comment).await.is(201).json);
    let request = json!({ "about": assessment, "title": marked("request") });
    let request = id(&assessor.post(&format!("{base}/requests"), request).await.is(201).json);
    let hook = json!({ "url": format!("https://{MARK}.example/hook") });
    let webhook = id(&owner.post(&format!("{base}/webhooks"), hook).await.is(201).json);
    let token = json!({ "name": marked("token"), "scopes": ["evidence:read"], "days": 1 });
    let token = id(&owner.post(&format!("{base}/tokens"), token).await.is(201).json);
    let asked = json!({ "email": format!("{MARK}@example.org"), "position": { "role": "contributor" } });
    owner.post(&format!("{base}/invitations"), asked).await.is(201);
    let invitations = owner.get(&format!("{base}/invitations")).await.is(200).json;
    let upload = id(&owner.post(&format!("{base}/uploads"), json!({ "size": 30 })).await.is(201).json);
    let body = marked("bytes");
    let sent = json!({ "size": body.len() });
    let begun = id(&owner.post(&format!("{base}/uploads"), sent).await.is(201).json);
    let begun = format!("{base}/uploads/{begun}");
    owner.raw("PATCH", &begun, body.into_bytes(), &[("upload-offset", "0")]).await.is(200);
    let done = owner.post(&format!("{begun}/finish"), Value::Null).await.is(200).json;
    let new = json!({ "sha256": done["sha256"], "file_name": format!("{MARK}.txt") });
    let evidence = id(&owner.post(&format!("{base}/evidence"), new).await.is(201).json["evidence"]);
    let until = instance.house.clock.now().checked_add(jiff::SignedDuration::from_hours(24)).unwrap();
    let link = json!({ "label": marked("link"), "shows": [format!("evidence/{evidence}")], "until": until });
    let link = id(&owner.post(&format!("{base}/share-links"), link).await.is(201).json);
    let access_request = asked_for_more(instance, &owner, &org, &evidence).await;
    let ping = owner.post(&format!("{base}/webhooks/{webhook}/ping"), Value::Null).await;
    assert!(ping.status.is_success(), "{}", ping.json);
    let jobs = owner.get(&format!("{base}/jobs")).await.is(200).json;
    let requirement =
        owner.get(&format!("{base}/assessments/{assessment}/responses")).await.is(200).json["items"][0]["requirement"]
            .as_str()
            .unwrap()
            .to_owned();
    let sessions = owner.get("/api/v1/account/sessions").await.is(200).json;
    let (source, run, alert) = watched(instance, &owner, &base).await;
    let incoming = asks(instance, &owner, &org).await;
    let waiver = json!({ "policy": "volume-encryption-at-rest", "resource": format!("{MARK}-volume"),
        "reason": marked("waiver"), "until": instance.house.clock.today() });
    let waiver = id(&owner.post(&format!("{base}/waivers"), waiver).await.is(201).json);
    let names = BTreeMap::from([
        ("org", org.clone()),
        ("assessment", assessment),
        ("path", "scope.yaml".to_owned()),
        ("paper", "readiness".to_owned()),
        ("subject", requirement.clone()),
        ("requirement", requirement),
        ("comment", comment),
        ("task", task),
        ("request", request),
        ("webhook", webhook),
        ("token", token),
        ("invitation", id(&invitations["items"][0])),
        ("upload", upload),
        ("link", link),
        ("access_request", access_request),
        ("evidence", evidence),
        ("job", id(&jobs["items"][0])),
        ("account", owner.account.clone()),
        ("session", id(&sessions[0])),
        ("action", "cap-att-07-03".to_owned()),
        ("sample", "leavers".to_owned()),
        ("report", "decisions".to_owned()),
        ("record", "baa-northgate".to_owned()),
        ("source", source),
        ("run", run),
        ("alert", alert),
        ("incoming", incoming),
        ("waiver", waiver),
    ]);
    First { owner, org, names }
}

/// Requests to inherit from this organisation: the id under which they lie in its inbox.
async fn asks(instance: &Instance, owner: &Browser, org: &str) -> String {
    let new = json!({ "name": format!("{MARK} asker") });
    let other = id(&owner.post("/api/v1/organisations", new).await.is(201).json);
    let assessment = support::begun(owner, &other, "telehealth-r2", &["lifecycle.yaml"]).await;
    let base = format!("/api/v1/organisations/{other}/assessments/{assessment}/inheritance");
    let mut act = json!({ "act": "withdraw", "source": "northgate", "requirements": ["ATT-16-01"], "because": MARK });
    let list = owner.get(&base).await.is(200);
    let done = support::etagged(owner, "POST", &format!("{base}/acts"), &act, &list).await.is(200);
    let new = json!({ "source": "northgate", "requirements": ["ATT-16-01"], "weight": "20" });
    let drafted = support::etagged(owner, "POST", &base, &new, &done).await.is(200);
    act = json!({ "act": "submit", "source": "northgate", "to": org });
    support::etagged(owner, "POST", &format!("{base}/acts"), &act, &drafted).await.is(200);
    let worker = tokio::spawn(Worker::new(Arc::clone(&instance.house)).run(std::future::pending()));
    let first = until(owner, &format!("/api/v1/organisations/{org}/inbox")).await;
    worker.abort();
    assert!(worker.await.is_err(), "it would work for ever");
    id(&first)
}

/// A public page on which somebody asked to see more: the request's id.
async fn asked_for_more(instance: &Instance, owner: &Browser, org: &str, evidence: &str) -> String {
    let base = format!("/api/v1/organisations/{org}");
    let item = format!("evidence/{evidence}");
    let draft = json!({ "about": MARK, "on_request": { (item.clone()): MARK }, "offered": [item], "terms": MARK });
    owner.send("PUT", &format!("{base}/trust-page"), Some(draft), &[("if-match", "\"0\"")]).await.is(200);
    owner.send("POST", &format!("{base}/trust-page/publication"), None, &[("if-match", "\"1\"")]).await.is(200);
    let agrees = attesta_kernel::Digest::of(MARK.as_bytes()).to_string();
    let new = json!({ "name": MARK, "email": "z@example.org", "company": MARK, "purpose": MARK, "agrees": agrees });
    let asked = instance.visitor().post(&format!("/api/v1/trust-pages/{org}/access-requests"), new).await.is(201);
    id(&asked.json)
}

/// A source that was looked at twice, between which something got worse: its id, a run's and an alert's.
async fn watched(instance: &Instance, owner: &Browser, base: &str) -> (String, String, String) {
    let estate = |encrypted: bool| {
        let volume = json!({ "kind": "volume", "address": format!("{MARK}-volume"), "names": [format!("arn:{MARK}")],
            "attributes": { "encryption_at_rest.enabled": encrypted } });
        format!("{}\n{volume}\n", json!({ "schema": "attesta.neutral-resources/1", "complete": ["volume"] }))
    };
    let file = instance.folder.path().join("infra/estate.jsonl");
    std::fs::write(&file, estate(true)).unwrap();
    let new = json!({ "name": format!("{MARK}-source"), "origin": { "kind": "folder", "place": "infra" },
        "schedule": { "every": "1h" } });
    let source = id(&owner.post(&format!("{base}/sources"), new).await.is(201).json);
    let worker = tokio::spawn(Worker::new(Arc::clone(&instance.house)).run(std::future::pending()));
    let first = until(owner, &format!("{base}/runs")).await;
    std::fs::write(&file, estate(false)).unwrap();
    owner.post(&format!("{base}/sources/{source}/runs"), json!({})).await.is(202);
    let alert = until(owner, &format!("{base}/posture/timeline")).await;
    worker.abort();
    assert!(worker.await.is_err(), "it would work for ever");
    (source, id(&first), id(&alert))
}

/// The first of a list, as soon as there is one.
async fn until(owner: &Browser, list: &str) -> Value {
    for _ in 0..600 {
        let found = owner.get(list).await.is(200).json;
        if let Some(first) = found["items"].get(0) {
            return first.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{list} stays empty")
}

impl First {
    /// A path with the first organisation's ids, in a room; `None` when a name in it is not known here.
    fn path(&self, method: &str, template: &str, room: &str) -> Option<String> {
        let mut path = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap();
            path.push_str(before);
            path.push_str(match name {
                "org" => room,
                "file" if template.contains("/proof/") => "leaf",
                "file" => "checkpoint",
                name => self.names.get(name)?,
            });
            rest = after;
        }
        path.push_str(rest);
        // What some reads want to be told.
        if method == "GET" && template.ends_with("/consistency") {
            path.push_str("?old=1");
        }
        if template.ends_with("/actions/progress") || template.ends_with("/recheck") {
            path.push_str(&format!("?since={}&seed=1", self.names["assessment"]));
        }
        Some(path)
    }

    async fn leaves(&self) -> Value {
        self.owner.get(&format!("/api/v1/organisations/{}/log", self.org)).await.is(200).json["size"].clone()
    }
}

/// Every leaf of every log, the instance's own too, that somebody caused says who, when and from where: how many, and of
/// which kinds. What the server does by itself, or finds out, comes from nowhere.
fn from_where(data: &std::path::Path) -> (u64, Vec<String>) {
    const READ: &str = "import json,sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nprint(json.dumps([list(r) for r in \
        c.execute('SELECT kind, actor, at, record FROM leaf ORDER BY tenant, idx')]))";
    let file = data.join("attesta.db");
    let read = std::process::Command::new("python3").args(["-c", READ]).arg(file).output().unwrap();
    let leaves: Vec<[String; 4]> = serde_json::from_slice(&read.stdout).unwrap();
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for [kind, actor, at, record] in leaves {
        assert!(!actor.is_empty() && !at.is_empty(), "{kind}");
        if actor == "system" {
            continue;
        }
        let record: Value = serde_json::from_str(&record).unwrap();
        let from = record["from"].as_str().unwrap_or_default();
        assert!(!from.is_empty(), "{kind} by {actor} says not from where: {record}");
        *kinds.entry(kind).or_default() += 1;
    }
    (kinds.values().sum(), kinds.into_keys().collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_shows_or_changes_anything_of_another_organisation() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("infra");
    std::fs::create_dir(&place).unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.sign_in_rate = 1_000;
    config.places.insert("infra".to_owned(), Allowed { path: place, organisation: None });
    let data = folder.path().join("data");
    let instance = Instance::with(config, folder).await;
    let first = furnished(&instance).await;
    let (rival, theirs) = instance.rival(&first.owner, &first.org).await;
    let described: Value = serde_json::from_str(&attesta_server::openapi()).unwrap();
    let ids: Vec<&String> = first.names.iter().filter(|(_, id)| id.contains('_')).map(|(_, id)| id).collect();
    let before = first.leaves().await;
    let (mut reads, mut writes, mut strange) = (0, 0, Vec::new());
    for (template, operations) in described["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let name = format!("{method} {template}");
            if !template.contains("{org}") {
                if !NOBODYS.contains(&template.as_str()) {
                    strange.push(name);
                }
                continue;
            }
            // The stream of changes is a read that does not end for whoever may.
            let stream = template.ends_with("/changes");
            for room in [&first.org, &theirs] {
                let Some(path) = first.path(&method, template, room) else {
                    strange.push(name.clone());
                    break;
                };
                if stream && room == &theirs {
                    continue;
                }
                let headers = [("if-match", "\"1\""), ("upload-offset", "0"), ("content-type", "application/json")];
                let body = if method == "GET" { Vec::new() } else { b"{}".to_vec() };
                // A browser's own organisation would change by these; they are about nothing of the first.
                let own = room == &theirs && template.matches('{').count() == 1 && method != "GET";
                if own {
                    continue;
                }
                let answer = rival.raw(&method, &path, body, &headers).await;
                let status = answer.status.as_u16();
                let told = String::from_utf8_lossy(&answer.bytes).into_owned();
                assert!(!told.to_lowercase().contains(MARK), "{method} {path} shows {told}");
                if room == &first.org {
                    assert!([403, 404].contains(&status), "{method} {path}: {status} {told}");
                } else if template.matches('{').count() > 1 && method == "GET" {
                    let same = SAME_FOR_ALL.contains(&template.as_str())
                        || template == "/api/v1/organisations/{org}/log/{file}";
                    let empty = status == 200 && answer.json == json!({ "items": [] });
                    assert!(same || empty || [403, 404].contains(&status), "{method} {path}: {status} {told}");
                } else if method == "GET" {
                    assert_eq!(status, 200, "{method} {path}: {told}");
                    let seen = ids.iter().find(|id| told.contains(id.as_str()) && ***id != first.names["account"]);
                    assert_eq!(seen, None, "{method} {path} shows {told}");
                } else {
                    assert!((400..500).contains(&status), "{method} {path}: {status} {told}");
                }
                if method == "GET" {
                    reads += 1;
                } else {
                    writes += 1;
                }
            }
            // The case means something: the first organisation itself reads it.
            if method == "GET" && !stream {
                let Some(path) = first.path(&method, template, &first.org) else { continue };
                let own = first.owner.get(&path).await;
                if BEYOND_THIS_ONE.contains(&template.rsplit('/').next().unwrap()) && own.status == 400 {
                    // Its owner passes the door and learns what this assessment lacks; others do not even that.
                    assert!(
                        own.json["title"].as_str().unwrap().contains("goes back to no certificate"),
                        "{}",
                        own.json
                    );
                    continue;
                }
                assert_eq!(own.status.as_u16(), 200, "GET {path}: {}", own.json);
            }
        }
    }
    assert_eq!(strange, Vec::<String>::new(), "routes without a case: name what stands in their path, or say why not");
    assert_eq!(first.leaves().await, before, "something of the first organisation was changed");
    // Somebody else's session is nobody's.
    let session = format!("/api/v1/account/sessions/{}", first.names["session"]);
    rival.send("DELETE", &session, None, &[]).await.is(404);
    first.owner.get("/api/v1/session").await.is(200);
    let (leaves, kinds) = from_where(&data);
    println!("trail: {leaves} leaves of {} kinds that somebody caused say from where: {kinds:?}", kinds.len());
    assert!(kinds.len() > 20, "{kinds:?}");
    println!("isolation: {reads} reads and {writes} changes asked from another organisation; none saw or did anything");
    assert!(reads > 50 && writes > 50, "{reads} {writes}");
}

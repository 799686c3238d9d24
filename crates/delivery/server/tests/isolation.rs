//! Every route of the description, asked by somebody of another organisation with the first one's ids: nothing is seen and
//! nothing changes. A route with a name in its path that this file does not know fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at a surprise, and tells its count"
)]

#[path = "support/furnished.rs"]
mod furnished;
mod support;

use std::collections::BTreeMap;

use furnished::{First, MARK, furnished};
use serde_json::{Value, json};

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

/// How many leaves its log has.
async fn leaves(first: &First) -> Value {
    first.owner.get(&format!("/api/v1/organisations/{}/log", first.org)).await.is(200).json["size"].clone()
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
    let instance = furnished::instance().await;
    let data = instance.folder.path().join("data");
    let first = furnished(&instance).await;
    let (rival, theirs) = instance.rival(&first.owner, &first.org).await;
    let described: Value = serde_json::from_str(&attesta_server::openapi()).unwrap();
    let ids: Vec<&String> = first.names.iter().filter(|(_, id)| id.contains('_')).map(|(_, id)| id).collect();
    let before = leaves(&first).await;
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
    assert_eq!(leaves(&first).await, before, "something of the first organisation was changed");
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

//! An organisation that has something of everything, and the paths to it.

use std::{collections::BTreeMap, sync::Arc};

use attesta_server::{Allowed, Config, jobs::Worker};
use serde_json::{Value, json};

use crate::support::{self, Browser, Instance, fixture};

/// Stands in every text of the first organisation, so that it is known wherever it turns up.
pub(crate) const MARK: &str = "zanzibar";

/// The organisation, its owner, and what stands for each name in a path.
pub(crate) struct First {
    pub(crate) owner: Browser,
    pub(crate) org: String,
    /// What stands for each name in a path.
    pub(crate) names: BTreeMap<&'static str, String>,
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// An organisation that has something of everything.
pub(crate) async fn furnished(instance: &Instance) -> First {
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
    pub(crate) fn path(&self, method: &str, template: &str, room: &str) -> Option<String> {
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
}

/// An instance whose folder `infra` may be watched.
pub(crate) async fn instance() -> Instance {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("infra");
    std::fs::create_dir(&place).unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.sign_in_rate = 1_000;
    config.places.insert("infra".to_owned(), Allowed { path: place, organisation: None });
    Instance::with(config, folder).await
}

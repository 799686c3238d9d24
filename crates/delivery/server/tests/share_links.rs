//! Share links: a customer sees what the link names, as long and as often as it says, and nothing else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_server::Config;
use serde_json::{Value, json};
use support::{Answer, Browser, Instance, fixture};

struct Stage {
    instance: Instance,
    owner: Browser,
    org: String,
    asm: String,
    evidence: String,
}

async fn evidence(who: &Browser, org: &str, bytes: &[u8], description: Value) -> String {
    let base = format!("/api/v1/organisations/{org}/uploads");
    let begun = who.post(&base, json!({ "size": bytes.len() })).await.is(201);
    let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    who.raw("PATCH", &upload, bytes.to_vec(), &[("upload-offset", "0")]).await.is(200);
    let done = who.post(&format!("{upload}/finish"), Value::Null).await.is(200);
    let new = json!({ "sha256": done.json["sha256"], "file_name": "a.txt", "description": description });
    let made = who.post(&format!("/api/v1/organisations/{org}/evidence"), new).await.is(201).json;
    made["evidence"]["id"].as_str().unwrap().to_owned()
}

async fn stage() -> Stage {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let new = json!({ "name": "Wellness", "files": fixture("wellness-e1") });
    let made = owner.post(&format!("/api/v1/organisations/{org}/assessments"), new).await.is(201).json;
    let evidence = evidence(&owner, &org, b"what customers may see", json!({})).await;
    Stage { asm: made["id"].as_str().unwrap().to_owned(), instance, owner, org, evidence }
}

impl Stage {
    /// A day within a year of the test's clock.
    fn until(&self, days: i64) -> String {
        let at = self.instance.house.clock.now().as_second() + days * 86_400;
        attesta_kernel::Timestamp::from_second(at).unwrap().to_string()
    }

    async fn link(&self, more: Value) -> Answer {
        let mut new = json!({ "label": "Acme", "until": self.until(30), "shows": [format!("reports/{}", self.asm)] });
        for (name, value) in more.as_object().unwrap() {
            new[name] = value.clone();
        }
        self.owner.post(&format!("/api/v1/organisations/{}/share-links", self.org), new).await
    }

    async fn open(&self, secret: &str, passphrase: Option<&str>) -> Answer {
        let body = json!({ "link": secret, "passphrase": passphrase });
        self.instance.visitor().post("/api/v1/share-links/open", body).await
    }

    async fn trail(&self, kind: &str) -> Value {
        self.owner.get(&format!("/api/v1/organisations/{}/trail?kind={kind}", self.org)).await.is(200).json
    }
}

fn secret(made: &Answer) -> String {
    made.json["url"].as_str().unwrap().split_once("/shared#").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_customer_reads_what_the_link_names_and_nothing_else() {
    let stage = stage().await;
    let (org, asm, id) = (&stage.org, &stage.asm, &stage.evidence);
    let other = evidence(&stage.owner, org, b"not for customers", json!({})).await;
    let shows = json!([
        format!("reports/{asm}"),
        format!("corrective-actions/{asm}"),
        format!("evidence/{id}"),
        format!("trust-page/{org}")
    ]);
    let made = stage.link(json!({ "shows": shows })).await.is(201);
    let opened = stage.open(&secret(&made), None).await.is(200);
    let cookie = opened.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("attesta-guest=att_gst_") && cookie.contains("HttpOnly"), "{cookie}");
    assert_eq!((&opened.json["organisation"], &opened.json["label"]), (&json!("Clinic"), &json!("Acme")));
    let guest = stage.instance.visitor().program(opened.json["token"].as_str().unwrap());
    let shown = "/api/v1/share-links/shown";
    assert_eq!(guest.get(shown).await.is(200).json["shows"].as_array().unwrap().len(), 4);
    assert!(guest.get(&format!("{shown}/reports/{asm}")).await.is(200).json.to_string().contains("domains"));
    guest.get(&format!("{shown}/corrective-actions/{asm}")).await.is(200);
    let statement = guest.get(&format!("{shown}/trust-page/{org}")).await.is(200).json;
    assert_eq!((&statement["organisation"], &statement["assessments"][0]["program"]), (&json!("Clinic"), &json!("e1")));
    assert_eq!(guest.get(&format!("{shown}/evidence/{id}")).await.is(200).json["id"], id.as_str());
    assert_eq!(guest.get(&format!("{shown}/evidence/{id}/content")).await.is(200).bytes, b"what customers may see");
    guest.get(&format!("{shown}/evidence/{id}/proof")).await.is(200);
    for way in ["", "/content", "/proof"] {
        guest.get(&format!("{shown}/evidence/{other}{way}")).await.says(404, "not-found");
    }
    for item in
        [format!("reports/{id}"), format!("trust-page/{asm}"), format!("tasks/{asm}"), "reports/asm_0".to_owned()]
    {
        guest.get(&format!("{shown}/{item}")).await.says(404, "not-found");
    }
    // Nothing else of the API is theirs, by token or by cookie.
    for path in ["", "/people", "/evidence", "/assessments", "/trail", "/share-links"] {
        guest.get(&format!("/api/v1/organisations/{org}{path}")).await.says(401, "sign-in");
    }
    guest.get("/api/v1/session").await.says(401, "sign-in");
    guest.send("DELETE", shown, None, &[]).await.is(204);
    // Making, each use and the end are told, with who and from where; the secret and the passphrase are not.
    stage.open(&secret(&made), None).await.is(200);
    let link = made.json["id"].as_str().unwrap();
    let told = stage.trail("share.").await;
    let kinds: Vec<&str> = told["items"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["share.changed", "share.changed", "share.made"]);
    assert_eq!((&told["items"][0]["actor"], &told["items"][0]["record"]["what"]), (&json!(link), &json!("opened")));
    assert!(told["items"][0]["record"]["from"].is_string());
}

#[tokio::test]
async fn a_customer_learns_of_no_people_holds_queries_and_links() {
    let stage = stage().await;
    let said = json!({ "title": "Backups", "kind": "policy-document", "effective": "2026-01-02", "collected": "2026-01-02", "collector": "Carla Collector",
        "owner": "Olga Owner", "query": "SELECT secret", "system": "vault-7" });
    let id = evidence(&stage.owner, &stage.org, b"backups run", said).await;
    let path = format!("/api/v1/organisations/{}/evidence/{id}", stage.org);
    let read = stage.owner.get(&path).await.is(200);
    let hold = json!({ "matter": "case-1", "why": "a lawsuit" });
    let holds = format!("{path}/holds");
    let held = support::etagged(&stage.owner, "POST", &holds, &hold, &read).await.is(200);
    let link = json!({ "target": format!("assessment:{}", stage.asm) });
    support::etagged(&stage.owner, "PUT", &format!("{path}/links"), &link, &held).await.is(200);
    let made = stage.link(json!({ "shows": [format!("evidence/{id}")] })).await.is(201);
    let opened = stage.open(&secret(&made), None).await.is(200);
    let guest = stage.instance.visitor().program(opened.json["token"].as_str().unwrap());
    let shown = guest.get(&format!("/api/v1/share-links/shown/evidence/{id}")).await.is(200);
    assert_eq!((&shown.json["title"], &shown.json["state"]), (&json!("Backups"), &json!("current")));
    assert_eq!(shown.json["sha256"], read.json["sha256"]);
    let text = shown.json.to_string();
    for word in ["Carla", "Olga", "SELECT", "vault-7", "case-1", "lawsuit", "held", &stage.asm] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_link_ends_by_time_by_use_and_by_hand() {
    let stage = stage().await;
    let once = secret(&stage.link(json!({ "most_uses": 1 })).await.is(201));
    let opened = stage.open(&once, None).await.is(200);
    stage.open(&once, None).await.says(403, "link");
    // The last use is open until it closes.
    let guest = stage.instance.visitor().program(opened.json["token"].as_str().unwrap());
    guest.get(&format!("/api/v1/share-links/shown/reports/{}", stage.asm)).await.is(200);
    stage.instance.house.clock.advance(3_601);
    guest.get("/api/v1/share-links/shown").await.says(401, "link-closed");

    stage.instance.house.clock.advance(-3_601);
    let made = stage.link(json!({})).await.is(201);
    let opened = stage.open(&secret(&made), None).await.is(200);
    let guest = stage.instance.visitor().program(opened.json["token"].as_str().unwrap());
    let path = format!("/api/v1/organisations/{}/share-links", stage.org);
    let one = format!("{path}/{}", made.json["id"].as_str().unwrap());
    assert_eq!(stage.owner.send("DELETE", &one, None, &[]).await.is(200).json["state"], "revoked");
    stage.owner.send("DELETE", &one, None, &[]).await.says(404, "not-found");
    guest.get("/api/v1/share-links/shown").await.says(403, "link");
    stage.open(&secret(&made), None).await.says(403, "link");
    assert_eq!(stage.trail("share.ended").await["items"].as_array().unwrap().len(), 1);

    let short = secret(&stage.link(json!({ "until": stage.until(1) })).await.is(201));
    stage.instance.house.clock.advance(2 * 86_400);
    stage.open(&short, None).await.says(403, "link");
    let again = stage.instance.visitor().sign_in("ada@example.org", support::PASSWORD).await;
    let listed = again.get(&path).await.is(200).json;
    let states: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|l| l["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["exhausted", "revoked", "expired"]);
}

#[tokio::test]
async fn two_that_open_the_last_use_at_once_are_one() {
    let stage = stage().await;
    let once = secret(&stage.link(json!({ "most_uses": 1 })).await.is(201));
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (visitor, body) = (stage.instance.visitor(), json!({ "link": once }));
        set.spawn(async move { visitor.post("/api/v1/share-links/open", body).await.status.as_u16() });
    }
    let answers = set.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_passphrase_is_asked_for_and_wrong_ones_slow_down_without_using_the_link() {
    let stage = stage().await;
    stage.link(json!({ "passphrase": "short" })).await.says(400, "bad-request");
    let made = stage.link(json!({ "passphrase": "blue heron 42", "most_uses": 1 })).await.is(201);
    assert_eq!(made.json["passphrase"], true);
    let secret = secret(&made);
    stage.open(&secret, None).await.says(401, "passphrase");
    for _ in 0..5 {
        stage.open(&secret, Some("red heron 42")).await.says(401, "passphrase");
    }
    stage.open(&secret, Some("blue heron 42")).await.says(429, "wait");
    stage.instance.house.clock.advance(31);
    stage.open(&secret, Some("blue heron 42")).await.is(200);
    let told = stage.trail("").await.to_string();
    assert!(!told.contains("argon2") && !told.contains("heron") && !told.contains("att_shl_"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused_with_its_reason() {
    let stage = stage().await;
    let secret = evidence(&stage.owner, &stage.org, b"x", json!({ "confidential": true })).await;
    for shows in [
        json!([]),
        json!(["tasks/tsk_1"]),
        json!([format!("assessments/{}", stage.asm)]),
        json!(["reports/asm_00000000000000000000000000"]),
        json!([format!("evidence/{secret}")]),
        json!(["trust-page/ten_00000000000000000000000000"]),
        json!(["nonsense"]),
    ] {
        stage.link(json!({ "shows": shows })).await.says(400, "bad-request");
    }
    for until in ["2020-01-01T00:00:00Z".to_owned(), stage.until(400)] {
        stage.link(json!({ "until": until })).await.says(400, "bad-request");
    }
    stage.link(json!({ "most_uses": 0 })).await.says(400, "bad-request");
    // A sensitive act: by an owner or lead who proved lately who they are, never by a token.
    let path = format!("/api/v1/organisations/{}/share-links", stage.org);
    let (con, _) =
        stage.instance.member(&stage.owner, &stage.org, "con@example.org", json!({ "role": "contributor" })).await;
    let new = json!({ "label": "x", "until": stage.until(3), "shows": [format!("reports/{}", stage.asm)] });
    con.post(&path, new.clone()).await.says(403, "forbidden");
    con.get(&path).await.says(403, "forbidden");
    let (rival, theirs) = stage.instance.rival(&stage.owner, &stage.org).await;
    rival.post(&format!("/api/v1/organisations/{theirs}/share-links"), new.clone()).await.says(400, "bad-request");
    stage.instance.house.clock.advance(11 * 60);
    stage.owner.post(&path, new).await.says(403, "confirm");
}

#[tokio::test]
async fn a_newer_version_is_not_what_the_link_names() {
    let stage = stage().await;
    let made = stage.link(json!({ "shows": [format!("evidence/{}", stage.evidence)] })).await.is(201);
    let opened = stage.open(&secret(&made), None).await.is(200);
    let guest = stage.instance.visitor().program(opened.json["token"].as_str().unwrap());
    let shown = format!("/api/v1/share-links/shown/evidence/{}", stage.evidence);
    guest.get(&shown).await.is(200);
    // A newer version is another thing, and the link does not name it.
    let base = format!("/api/v1/organisations/{}/uploads", stage.org);
    let begun = stage.owner.post(&base, json!({ "size": 3 })).await.is(201);
    let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    stage.owner.raw("PATCH", &upload, b"new".to_vec(), &[("upload-offset", "0")]).await.is(200);
    let done = stage.owner.post(&format!("{upload}/finish"), Value::Null).await.is(200);
    let path = format!("/api/v1/organisations/{}/evidence/{}", stage.org, stage.evidence);
    let new = json!({ "sha256": done.json["sha256"], "file_name": "b.txt", "description": { "confidential": true } });
    let newer =
        stage.owner.send("POST", &format!("{path}/supersede"), Some(new), &[("if-match", "\"1\"")]).await.is(201);
    let id = newer.json["evidence"]["id"].as_str().unwrap();
    guest.get(&format!("/api/v1/share-links/shown/evidence/{id}")).await.says(404, "not-found");
}

#[tokio::test]
async fn links_that_are_guessed_are_slowed_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.sign_in_rate = 5;
    let instance = Instance::with(config, folder).await;
    let visitor = instance.visitor();
    for _ in 0..5 {
        visitor.post("/api/v1/share-links/open", json!({ "link": "att_shl_guess" })).await.says(403, "link");
    }
    visitor.post("/api/v1/share-links/open", json!({ "link": "att_shl_guess" })).await.says(429, "too-many");
}

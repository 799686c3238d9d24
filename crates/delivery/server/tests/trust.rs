//! The public page, its badge and who asks to see more: off until an owner opts in, and never more than that.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use attesta_server::Config;
use serde_json::{Value, json};
use support::{Browser, Instance, fixture};

/// What stands on no page that nobody opted into.
const SECRETS: [&str; 5] = ["Four weaknesses of high severity", "Mara Lindqvist", "ATT-07-03", "asm_", "acc_"];

async fn stage() -> (Instance, Browser, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.rate = 60;
    let instance = Instance::with(config, folder).await;
    let (owner, org) = instance.owner().await;
    let new = json!({ "name": "r2 zanzibar", "files": fixture("telehealth-r2") });
    let assessment = owner.post(&format!("/api/v1/organisations/{org}/assessments"), new).await.is(201).json;
    let assessment = assessment["id"].as_str().unwrap().to_owned();
    (instance, owner, org, assessment)
}

async fn evidence(who: &Browser, base: &str, name: &str, bytes: &[u8]) -> String {
    let begun = who.post(&format!("{base}/uploads"), json!({ "size": bytes.len() })).await.is(201);
    let upload = format!("{base}/uploads/{}", begun.json["id"].as_str().unwrap());
    who.raw("PATCH", &upload, bytes.to_vec(), &[("upload-offset", "0")]).await.is(200);
    let done = who.post(&format!("{upload}/finish"), Value::Null).await.is(200);
    let new = json!({ "sha256": done.json["sha256"], "file_name": name });
    let made = who.post(&format!("{base}/evidence"), new).await.is(201).json;
    made["evidence"]["id"].as_str().unwrap().to_owned()
}

fn words(answer: &support::Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_public_until_an_owner_opts_in_and_then_nothing_more_than_that() {
    let (instance, owner, org, assessment) = stage().await;
    let api = format!("/api/v1/organisations/{org}/trust-page");
    let (page, badge) = (format!("/trust/{org}"), format!("/trust/{org}/badge.svg"));
    let stranger = instance.visitor();
    // Not public, not there and no id at all are one answer.
    for path in [page.as_str(), &badge, "/trust/ten_00000000000000000000000000", "/trust/x"] {
        stranger.get(path).await.is(404);
    }
    owner.send("PUT", &api, Some(json!({ "theme": "javascript:alert(1)" })), &[("if-match", "\"0\"")]).await.is(400);
    owner.send("PUT", &api, Some(json!({ "theme": "plum" })), &[]).await.is(428);
    let draft = json!({
        "theme": "plum", "about": "We keep records <b>safe</b>.", "contact": "security@example.org",
        "assessments": { (assessment.clone()): { "certificate": true, "controls": "nothing" } },
    });
    owner.send("PUT", &api, Some(draft.clone()), &[("if-match", "\"0\"")]).await.is(200);
    stranger.get(&page).await.is(404);
    // A lead drafts, and does not publish.
    let (lead, _) = instance.member(&owner, &org, "lead@example.com", json!({ "role": "compliance-lead" })).await;
    let publication = format!("{api}/publication");
    lead.send("POST", &publication, None, &[("if-match", "\"1\"")]).await.is(403);
    owner.send("POST", &publication, None, &[("if-match", "\"1\"")]).await.is(200);
    let told = words(&stranger.get(&page).await.is(200));
    assert!(told.contains("r2 certified until 2028-10-12") && told.contains("theme-plum"), "{told}");
    assert!(told.contains("We keep records &lt;b&gt;safe"), "{told}");
    for secret in SECRETS.iter().chain(&["Controls by domain", "zanzibar"]) {
        assert!(!told.contains(secret), "`{secret}` is on the page");
    }
    let svg = stranger.get(&badge).await.is(200);
    assert!(words(&svg).contains("r2 certified until 2028-10-12") && words(&svg).contains("#1c6b3a"));
    assert_eq!(svg.headers["cache-control"], "no-cache, max-age=0, must-revalidate");
    // A change of the draft, by whomever, changes nothing that is public.
    let more = json!({ "assessments": { (assessment.clone()): { "certificate": false, "controls": "controls" } } });
    lead.send("PUT", &api, Some(more), &[("if-match", "\"2\"")]).await.is(200);
    assert_eq!(words(&stranger.get(&page).await.is(200)), told);
    // What an owner opts into then, and not a word of a requirement, a person or a plan.
    owner.send("POST", &publication, None, &[("if-match", "\"3\"")]).await.is(200);
    let told = words(&stranger.get(&page).await.is(200));
    assert!(told.contains("Controls by domain") && told.contains("falls short, being mended"), "{told}");
    assert!(!told.contains("certified until") && !told.contains("2028-10-12") && !told.contains("RB-2026"), "{told}");
    for secret in SECRETS.iter().chain(&["zanzibar"]) {
        assert!(!told.contains(secret), "`{secret}` is on the page");
    }
    assert!(words(&stranger.get(&badge).await.is(200)).contains("nothing told"));
    // Down it goes at once, and anybody who drafts may do it.
    lead.send("DELETE", &publication, None, &[]).await.is(200);
    stranger.get(&page).await.is(404);
    stranger.get(&badge).await.is(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_badge_turns_with_the_day_and_is_never_green_after_it() {
    let (instance, owner, org, assessment) = stage().await;
    let api = format!("/api/v1/organisations/{org}/trust-page");
    let draft = json!({ "assessments": { (assessment): { "certificate": true } } });
    owner.send("PUT", &api, Some(draft), &[("if-match", "\"0\"")]).await.is(200);
    owner.send("POST", &format!("{api}/publication"), None, &[("if-match", "\"1\"")]).await.is(200);
    let stranger = instance.visitor();
    for (at, want, green) in [
        ("2028-10-11T23:58:00Z", "r2 certified until 2028-10-12", true),
        ("2028-10-12T00:00:00Z", "r2 certificate expired 2028-10-12", false),
        ("2031-01-01T00:00:00Z", "r2 certificate expired 2028-10-12", false),
    ] {
        let to: attesta_kernel::Timestamp = at.parse().unwrap();
        let clock = &instance.house.clock;
        clock.advance(to.as_second() - clock.now().as_second());
        let svg = words(&stranger.get(&format!("/trust/{org}/badge.svg")).await.is(200));
        assert!(svg.contains(want), "{at}: {svg}");
        assert_eq!(svg.contains("#1c6b3a"), green, "{at}");
        let page = words(&stranger.get(&format!("/trust/{org}")).await.is(200));
        assert!(page.contains(want), "{at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_agrees_first_and_what_they_are_shown_has_their_name_on_it() {
    let (instance, owner, org, assessment) = stage().await;
    let base = format!("/api/v1/organisations/{org}");
    let text = evidence(&owner, &base, "policy.txt", b"rules\n").await;
    let other = evidence(&owner, &base, "secret.txt", b"not offered").await;
    let draft = json!({
        "on_request": { (format!("evidence/{text}")): "Our policy", (format!("reports/{assessment}")): "Scores" },
        "offered": [format!("evidence/{text}"), format!("reports/{assessment}")], "terms": "Keep it to yourself.",
    });
    owner.send("PUT", &format!("{base}/trust-page"), Some(draft), &[("if-match", "\"0\"")]).await.is(200);
    let stranger = instance.visitor();
    let ask = format!("/api/v1/trust-pages/{org}/access-requests");
    let agrees = attesta_kernel::Digest::of(b"Keep it to yourself.").to_string();
    let mut new = json!({ "name": "Lee Wong", "email": "lee@buyer.example", "company": "Buyer", "purpose": "We buy.", "agrees": agrees });
    stranger.post(&ask, new.clone()).await.says(404, "not-found");
    owner.send("POST", &format!("{base}/trust-page/publication"), None, &[("if-match", "\"1\"")]).await.is(200);
    let mut wrong = new.clone();
    wrong["agrees"] = json!("0");
    stranger.post(&ask, wrong).await.is(400);
    new["items"] = json!([format!("evidence/{other}")]);
    stranger.post(&ask, new.clone()).await.is(400);
    new["items"] = json!([format!("evidence/{text}")]);
    stranger.post(&ask, new.clone()).await.is(201);
    // The agreement is a leaf of the log, with the terms whole.
    let trail = owner.get(&format!("{base}/trail?kind=access-request")).await.is(200).json;
    assert_eq!(trail["items"][0]["record"]["body"]["terms"], "Keep it to yourself.");
    let waits = owner.get(&format!("{base}/access-requests")).await.is(200).json["items"][0].clone();
    assert_eq!((&waits["state"], &waits["terms_sha256"]), (&json!("asked"), &json!(agrees)));
    let one = format!("{base}/access-requests/{}", waits["id"].as_str().unwrap());
    let until = instance.house.clock.now().checked_add(jiff::SignedDuration::from_hours(24)).unwrap();
    let rev = format!("\"{}\"", waits["rev"]);
    let at: &[(&str, &str)] = &[("if-match", &rev)];
    let (reader, _) = instance.member(&owner, &org, "exec@example.com", json!({ "role": "executive-reader" })).await;
    reader.send("POST", &format!("{one}/grant"), Some(json!({ "until": until })), at).await.is(403);
    let more = json!({ "until": until, "items": [format!("reports/{assessment}")] });
    owner.send("POST", &format!("{one}/grant"), Some(more), at).await.is(400);
    let made = owner.send("POST", &format!("{one}/grant"), Some(json!({ "until": until })), at).await.is(201).json;
    owner
        .send("POST", &format!("{one}/grant"), Some(json!({ "until": until })), &[("if-match", "\"2\"")])
        .await
        .is(409);
    let secret = made["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    assert!(!owner.get(&format!("{base}/trail")).await.is(200).json.to_string().contains(&secret));
    let opened = stranger.post("/api/v1/share-links/open", json!({ "link": secret })).await.is(200);
    let stranger = stranger.program(opened.json["token"].as_str().unwrap());
    let today = instance.house.clock.today().to_string();
    let mark = format!("Handed to Lee Wong, Buyer, on {today}");
    let page = words(&stranger.get("/shared").await.is(200));
    assert!(page.contains(&mark) && page.contains("policy.txt"), "{page}");
    let copy = stranger.get(&format!("/api/v1/share-links/shown/evidence/{text}/content")).await.is(200);
    let copied = words(&copy);
    let (first, rest) = copied.split_once('\n').unwrap();
    assert!(first.contains(&mark), "{copied}");
    assert_eq!(rest, "rules\n", "without its first line it is what was logged");
    stranger.get(&format!("/api/v1/share-links/shown/evidence/{other}/content")).await.says(404, "not-found");
    // Nothing of the room itself, and nothing of another organisation's page.
    stranger.get(&format!("{base}/access-requests")).await.is(401);
    let (rival, _) = instance.rival(&owner, &org).await;
    for path in ["trust-page", "access-requests"] {
        let seen = rival.get(&format!("{base}/{path}")).await;
        assert!([403, 404].contains(&seen.status.as_u16()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_doors_are_limited_and_open_to_nobody_in_particular() {
    let (instance, owner, org, _) = stage().await;
    let stranger = instance.visitor();
    let verify = words(&stranger.get("/verify").await.is(200));
    assert!(verify.contains("data-module=\"verify\"") && !verify.contains(&org));
    assert!(words(&stranger.get("/shared").await.is(200)).contains("Open it"));
    let mut told = Vec::new();
    for _ in 0..70 {
        told.push(stranger.get(&format!("/trust/{org}")).await.status.as_u16());
    }
    assert!(told.contains(&429), "{told:?}");
    let new = json!({ "name": "a", "email": "a@b", "company": "c", "purpose": "d", "agrees": "e" });
    let mut asks = Vec::new();
    for _ in 0..8 {
        let ask = format!("/api/v1/trust-pages/{org}/access-requests");
        asks.push(stranger.post(&ask, new.clone()).await.status.as_u16());
    }
    assert!(asks.contains(&404) && asks.contains(&429), "{asks:?}");
    drop(owner);
}

//! What stays hidden within an organisation: confidential evidence, other assessments' log, and secrets that are guessed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_server::Config;
use serde_json::{Value, json};
use support::{Browser, Instance, PASSWORD, fixture};

async fn added(who: &Browser, org: &str, bytes: &[u8], more: Value) -> String {
    let base = format!("/api/v1/organisations/{org}/uploads");
    let begun = who.post(&base, json!({ "size": bytes.len() })).await.is(201);
    let upload = format!("{base}/{}", begun.json["id"].as_str().unwrap());
    who.raw("PATCH", &upload, bytes.to_vec(), &[("upload-offset", "0")]).await.is(200);
    let done = who.post(&format!("{upload}/finish"), Value::Null).await.is(200);
    let mut new = json!({ "sha256": done.json["sha256"], "file_name": "review.txt" });
    for (name, value) in more.as_object().unwrap() {
        new[name] = value.clone();
    }
    let made = who.post(&format!("/api/v1/organisations/{org}/evidence"), new).await.is(201).json;
    made["evidence"]["id"].as_str().unwrap().to_owned()
}

async fn assessment(owner: &Browser, org: &str, name: &str) -> String {
    let new = json!({ "name": name, "files": fixture("wellness-e1") });
    let made = owner.post(&format!("/api/v1/organisations/{org}/assessments"), new).await.is(201).json;
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn confidential_evidence_is_for_those_whom_the_table_names_on_every_way_to_it() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let asm = assessment(&owner, &org, "Wellness").await;
    let until = "2999-01-01T00:00:00Z";
    let boxed = |role: &str| json!({ "role": role, "until": until, "assessments": [asm] });
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let (other, _) = instance.member(&owner, &org, "oth@example.org", json!({ "role": "contributor" })).await;
    let (exec, _) = instance.member(&owner, &org, "exe@example.org", json!({ "role": "executive-reader" })).await;
    let (lead, _) = instance.member(&owner, &org, "led@example.org", json!({ "role": "compliance-lead" })).await;
    let (assessor, _) = instance.member(&owner, &org, "asr@example.org", boxed("external-assessor")).await;
    let link = json!([{ "target": format!("assessment:{asm}") }]);
    let secret = json!({ "description": { "confidential": true }, "links": link });
    let mine = added(&con, &org, b"salaries of everybody", secret.clone()).await;
    let open = added(&con, &org, b"a policy that all may read", json!({ "links": link })).await;
    let base = format!("/api/v1/organisations/{org}/evidence");
    for (who, sees) in [(&owner, true), (&lead, true), (&con, true), (&assessor, true), (&other, false), (&exec, false)]
    {
        let listed = who.get(&base).await.is(200).json["items"].to_string();
        assert!(listed.contains(&open));
        assert_eq!(listed.contains(&mine), sees, "the list of {}", who.account);
        for way in ["", "/history", "/content", "/proof", "/proof/leaf"] {
            let answer = who.get(&format!("{base}/{mine}{way}")).await;
            if sees {
                answer.is(200);
            } else {
                answer.says(404, "not-found");
            }
        }
    }
    // Who may not see it cannot change it either, nor learn of it by its bytes.
    let held = json!({ "matter": "case-1", "why": "x" });
    exec.send("PUT", &format!("{base}/{mine}/holds"), Some(held), &[("if-match", "\"1\"")]).await;
    let base_uploads = format!("/api/v1/organisations/{org}/uploads");
    let begun = other.post(&base_uploads, json!({ "size": 21 })).await.is(201);
    let upload = format!("{base_uploads}/{}", begun.json["id"].as_str().unwrap());
    other.raw("PATCH", &upload, b"salaries of everybody".to_vec(), &[("upload-offset", "0")]).await.is(200);
    let done = other.post(&format!("{upload}/finish"), Value::Null).await.is(200);
    let again = json!({ "sha256": done.json["sha256"], "file_name": "x.txt" });
    let again = other.post(&base, again).await.is(201).json;
    assert_eq!(again["same_bytes"], json!([]), "{again}");
    // A token sees what its maker does.
    let token = json!({ "name": "ci", "scopes": ["evidence:read"], "days": 1 });
    let made = other.post(&format!("/api/v1/organisations/{org}/tokens"), token).await.is(201).json;
    let program = other.program(made["secret"].as_str().unwrap());
    program.get(&format!("{base}/{mine}")).await.says(404, "not-found");
    program.get(&format!("{base}/{open}")).await.is(200);
}

#[tokio::test]
async fn a_boxed_assessor_sees_the_log_of_their_assessments_alone() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (mine, theirs) = (assessment(&owner, &org, "Mine").await, assessment(&owner, &org, "Theirs").await);
    let position = |role: &str| json!({ "role": role, "until": "2999-01-01T00:00:00Z", "assessments": [mine] });
    let (assessor, _) = instance.member(&owner, &org, "asr@example.org", position("external-assessor")).await;
    let (lead, _) = instance.member(&owner, &org, "led@example.org", position("compliance-lead")).await;
    let seen = added(&owner, &org, b"one", json!({ "links": [{ "target": format!("assessment:{mine}") }] })).await;
    let hidden = added(&owner, &org, b"two", json!({ "links": [{ "target": format!("assessment:{theirs}") }] })).await;
    let task = |about: &str| json!({ "about": about, "title": "Look" });
    let tasks = format!("/api/v1/organisations/{org}/tasks");
    let my_task = owner.post(&tasks, task(&mine)).await.is(201).json["id"].as_str().unwrap().to_owned();
    let their_task = owner.post(&tasks, task(&theirs)).await.is(201).json["id"].as_str().unwrap().to_owned();

    let trail = format!("/api/v1/organisations/{org}/trail?limit=500");
    let whole = owner.get(&trail).await.is(200).json;
    let part = lead.get(&trail).await.is(200).json;
    assert!(part["items"].as_array().unwrap().len() < whole["items"].as_array().unwrap().len());
    let text = part.to_string();
    for (what, inside) in
        [(&mine, true), (&seen, true), (&my_task, true), (&theirs, false), (&hidden, false), (&their_task, false)]
    {
        assert!(whole.to_string().contains(what.as_str()));
        assert_eq!(text.contains(what.as_str()), inside, "{what}");
    }
    assert!(!text.contains("member.added"), "who joined is of no assessment");
    // The page shows no more than the API tells.
    let page = async |who: &Browser| {
        let answer = who.get(&format!("/o/{org}/trail")).await.is(200);
        String::from_utf8(answer.bytes).unwrap()
    };
    let (whole_page, page) = (page(&owner).await, page(&lead).await);
    for hidden in [&theirs, &hidden, &their_task] {
        assert!(whole_page.contains(hidden.as_str()) && !page.contains(hidden.as_str()), "{hidden}");
    }
    assert!(page.contains(&seen) && !page.contains("member.added"));
    assessor.get(&trail).await.says(403, "forbidden");
    // Hashes and the signed head are everybody's; entries name everything.
    let log = format!("/api/v1/organisations/{org}/log");
    assessor.get(&log).await.is(200);
    let size = whole["items"].as_array().unwrap().len();
    assessor.get(&format!("{log}/tile/0/000.p/{size}")).await.is(200);
    assessor.get(&format!("{log}/tile/entries/000.p/{size}")).await.says(403, "forbidden");
    owner.get(&format!("{log}/tile/entries/000.p/{size}")).await.is(200);
    assessor.get(&format!("/api/v1/organisations/{org}/evidence/{seen}/proof")).await.is(200);
}

#[tokio::test]
async fn changes_that_a_boxed_assessor_hears_are_of_their_assessments() {
    use futures_core::Stream as _;
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (mine, theirs) = (assessment(&owner, &org, "Mine").await, assessment(&owner, &org, "Theirs").await);
    let position = json!({ "role": "external-assessor", "until": "2999-01-01T00:00:00Z", "assessments": [mine] });
    let (assessor, _) = instance.member(&owner, &org, "asr@example.org", position).await;
    let heard = async |who: &Browser| {
        let mut body = who.stream(&format!("/api/v1/organisations/{org}/changes"), &[("last-event-id", "0")]).await;
        let mut text = String::new();
        let reading = async {
            while let Some(Ok(piece)) = std::future::poll_fn(|c| std::pin::Pin::new(&mut body).poll_next(c)).await {
                text.push_str(&String::from_utf8_lossy(&piece));
            }
        };
        drop(tokio::time::timeout(std::time::Duration::from_millis(700), reading).await);
        text
    };
    let all = heard(&owner).await;
    assert!(all.contains(&mine) && all.contains(&theirs) && all.contains("member.added"), "{all}");
    let some = heard(&assessor).await;
    assert!(some.contains(&mine) && !some.contains(&theirs) && !some.contains("member.added"), "{some}");
}

async fn behind_a_proxy(rate: u32) -> Instance {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    (config.sign_in_rate, config.behind_proxy) = (rate, true);
    Instance::with(config, folder).await
}

#[tokio::test]
async fn the_trail_says_from_where_evidence_came_and_changed() {
    let instance = behind_a_proxy(1_000).await;
    let (owner, org) = instance.owner().await;
    let id = added(&owner, &org, b"one", json!({})).await;
    let path = format!("/api/v1/organisations/{org}/evidence/{id}/links");
    let link = json!({ "target": "hipaa:164.312(b)" });
    let headers = [("if-match", "\"1\""), ("x-forwarded-for", "203.0.113.9")];
    owner.send("PUT", &path, Some(link), &headers).await.is(200);
    let told = owner.get(&format!("/api/v1/organisations/{org}/evidence/{id}/history")).await.is(200).json;
    assert_eq!(told["items"][0]["record"]["from"], "203.0.113.9", "{told}");
    assert!(told["items"][1]["record"]["from"].is_string());
    // The proof of what was logged is as before.
    owner.get(&format!("/api/v1/organisations/{org}/evidence/{id}/proof")).await.is(200);
}

#[tokio::test]
async fn tokens_that_are_guessed_stop_being_looked_up() {
    let instance = behind_a_proxy(5).await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}");
    let guess = instance.visitor().program("att_api_guess");
    let from = |address: &'static str| [("x-forwarded-for", address)];
    for _ in 0..20 {
        guess.send("GET", &path, None, &from("203.0.113.9")).await.says(401, "sign-in");
    }
    let told = guess.send("GET", &path, None, &from("203.0.113.9")).await.says(429, "too-many");
    assert!(told.headers.contains_key("retry-after"));
    // Others are not kept out by it, and it passes.
    owner.send("GET", &path, None, &from("198.51.100.1")).await.is(200);
    instance.house.clock.advance(61);
    owner.send("GET", &path, None, &from("203.0.113.9")).await.is(200);
}

#[tokio::test]
async fn a_lockout_is_seen_by_the_owner_who_ends_it() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let try_in = |password: &'static str| {
        let visitor = instance.visitor();
        async move { visitor.post("/api/v1/session", json!({ "email": "con@example.org", "password": password })).await }
    };
    let people = format!("/api/v1/organisations/{org}/people/{}", con.account);
    let lockouts = format!("/api/v1/organisations/{org}/lockouts");
    assert_eq!(owner.get(&lockouts).await.is(200).json, json!([]));
    for _ in 0..5 {
        try_in("wrong wrong wrong").await.says(401, "wrong");
    }
    try_in(PASSWORD).await.says(429, "wait");
    let seen = owner.get(&lockouts).await.is(200).json;
    assert_eq!((&seen[0]["account"], &seen[0]["failures"]), (&json!(con.account), &json!(5)));
    assert!(seen[0]["waits_until"].is_string() && seen[0]["blocked"] == false);
    let state = owner.get(&format!("{people}/sign-in")).await.is(200).json;
    assert_eq!((&state["password"], &state["passkeys"], &state["sessions"]), (&json!(true), &json!(0), &json!(1)));
    // One's own is one's own; others' is the owner's.
    con.get(&format!("{people}/sign-in")).await.is(200);
    let theirs = format!("/api/v1/organisations/{org}/people/{}", owner.account);
    con.get(&format!("{theirs}/sign-in")).await.says(403, "forbidden");
    con.send("DELETE", &format!("{theirs}/sessions"), None, &[]).await.says(403, "forbidden");
    owner.send("DELETE", &format!("{people}/lockout"), None, &[]).await.is(200);
    owner.send("DELETE", &format!("{people}/lockout"), None, &[]).await.says(404, "not-found");
    try_in(PASSWORD).await.is(200);
    owner.send("DELETE", &format!("{people}/sessions"), None, &[]).await.is(200);
    con.get("/api/v1/session").await.says(401, "sign-in");
    let (rival, room) = instance.rival(&owner, &org).await;
    rival.get(&format!("/api/v1/organisations/{room}/people/{}/sign-in", con.account)).await.says(404, "not-found");
    let told = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=account.lockout")).await.is(200).json;
    assert_eq!(told["items"][0]["record"]["failures"], 5);
}

#[tokio::test]
async fn an_organisation_does_not_change_how_somebody_of_another_one_signs_in() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let made = con.post("/api/v1/organisations", json!({ "name": "Elsewhere" })).await.is(201).json;
    for _ in 0..5 {
        let wrong = json!({ "email": "con@example.org", "password": "wrong wrong wrong" });
        instance.visitor().post("/api/v1/session", wrong).await.says(401, "wrong");
    }
    let people = format!("/api/v1/organisations/{org}/people/{}", con.account);
    for what in ["sessions", "lockout"] {
        owner.send("DELETE", &format!("{people}/{what}"), None, &[]).await.says(409, "elsewhere");
    }
    con.get("/api/v1/session").await.is(200);
    assert_eq!(owner.get(&format!("{people}/sign-in")).await.is(200).json["lockout"]["failures"], 5);
    // One's own is one's own, by whichever organisation.
    let elsewhere = made["id"].as_str().unwrap();
    let mine = format!("/api/v1/organisations/{elsewhere}/people/{}", con.account);
    con.send("DELETE", &format!("{mine}/lockout"), None, &[]).await.is(200);
    con.send("DELETE", &format!("{people}/sessions"), None, &[]).await.is(200);
    con.get("/api/v1/session").await.says(401, "sign-in");
}

#[tokio::test]
async fn signing_in_leads_to_no_other_site_and_fills_nothing_in() {
    let instance = Instance::start().await;
    for bad in
        ["/%09/evil.example", "/%0A/evil.example", "//evil.example", "/%5Cevil.example", "/o?x=%7Bevil.example%7D"]
    {
        let page = instance.visitor().get(&format!("/sign-in?to={bad}")).await.is(200).bytes;
        assert!(!String::from_utf8(page).unwrap().contains("evil.example"), "{bad}");
    }
    let good = instance.visitor().get("/sign-in?to=/o/x/evidence%3Ftarget%3Dhipaa:164").await.is(200).bytes;
    assert!(String::from_utf8(good).unwrap().contains("/o/x/evidence?target=hipaa:164"));
}

#[tokio::test]
async fn past_the_most_failures_a_password_alone_lets_nobody_in() {
    let instance = Instance::start().await;
    let (_, _) = instance.owner().await;
    let try_in = |password: &'static str| {
        let visitor = instance.visitor();
        async move { visitor.post("/api/v1/session", json!({ "email": "ada@example.org", "password": password })).await }
    };
    let mut failed = 0;
    while failed < 100 {
        let answer = try_in("wrong wrong wrong").await;
        match answer.headers.get("retry-after") {
            Some(wait) => instance.house.clock.advance(wait.to_str().unwrap().parse().unwrap()),
            None => failed += 1,
        }
    }
    try_in(PASSWORD).await.says(429, "wait");
    instance.house.clock.advance(15 * 60 + 1);
    try_in(PASSWORD).await.says(403, "locked");
    // What is a day old counts no more.
    instance.house.clock.advance(24 * 3_600);
    try_in(PASSWORD).await.is(200);
}

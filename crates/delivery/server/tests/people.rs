//! People come in, sign in, and may what their role may.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use serde_json::json;
use support::{Instance, PASSWORD};

#[tokio::test]
async fn the_first_link_makes_one_owner() {
    let instance = Instance::start().await;
    let link = attesta_server::first_owner_link(&instance.house).await.unwrap().unwrap();
    let (owner, org) = instance.owner().await;
    // A newer link was made, and then somebody could sign in: the old one opens nothing.
    let first = json!({
        "link": link.split_once('#').unwrap().1, "email": "eve@example.org", "name": "Eve", "password": PASSWORD,
        "organisation": "Evil",
    });
    instance.visitor().post("/api/v1/first", first).await.says(403, "link");
    assert_eq!(attesta_server::first_owner_link(&instance.house).await.unwrap(), None);
    let me = owner.get("/api/v1/session").await.is(200);
    assert_eq!(me.json["organisations"][0]["role"], "owner");
    assert_eq!(me.json["organisations"][0]["id"], org.as_str());
}

#[tokio::test]
async fn weak_and_telling_passwords_are_refused() {
    let instance = Instance::start().await;
    let link = attesta_server::first_owner_link(&instance.house).await.unwrap().unwrap();
    let secret = link.split_once('#').unwrap().1.to_owned();
    for password in ["short", "ada@example.org", ""] {
        let first = json!({
            "link": secret, "email": "ada@example.org", "name": "Ada", "password": password, "organisation": "Clinic",
        });
        instance.visitor().post("/api/v1/first", first).await.says(422, "password");
    }
}

#[tokio::test]
async fn wrong_address_password_and_lockout_are_told_alike() {
    let instance = Instance::start().await;
    let (_, _) = instance.owner().await;
    let try_in = |email: &'static str, password: &'static str| {
        let visitor = instance.visitor();
        async move { visitor.post("/api/v1/session", json!({ "email": email, "password": password })).await }
    };
    let unknown = try_in("nobody@example.org", "whatever it is 12").await.says(401, "wrong");
    let wrong = try_in("ada@example.org", "whatever it is 12").await.says(401, "wrong");
    assert_eq!(unknown.json["title"], wrong.json["title"]);
    for _ in 0..6 {
        try_in("ada@example.org", "whatever it is 12").await;
    }
    // Locked: the right password helps no more, until time has passed.
    let locked = try_in("ada@example.org", PASSWORD).await.says(429, "wait");
    assert!(locked.headers.contains_key("retry-after"));
    instance.house.clock.advance(3_600);
    try_in("ada@example.org", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/tokens");
    let token = json!({ "name": "ci", "scopes": ["assessments:read"], "days": 30 });
    owner.clone().forged().post(&path, token.clone()).await.says(403, "csrf");
    owner.clone().forged().get(&path).await.is(200);
    owner.post(&path, token).await.is(201);
}

#[tokio::test]
async fn a_session_ends_idle_and_signed_out() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}");
    owner.get(&path).await.is(200);
    instance.house.clock.advance(31 * 60);
    owner.get(&path).await.says(401, "sign-in");
    let again = instance.visitor().sign_in("ada@example.org", PASSWORD).await;
    again.get(&path).await.is(200);
    again.send("DELETE", "/api/v1/session", None, &[]).await.is(204);
    again.get(&path).await.says(401, "sign-in");
}

#[tokio::test]
async fn sensitive_acts_want_a_fresh_sign_in() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/tokens");
    let token = json!({ "name": "ci", "scopes": ["assessments:read"], "days": 30 });
    instance.house.clock.advance(11 * 60);
    owner.post(&path, token.clone()).await.says(403, "confirm");
    owner.post("/api/v1/session/confirm", json!({ "password": "not this one 12" })).await.says(401, "wrong");
    owner.post("/api/v1/session/confirm", json!({ "password": PASSWORD })).await.is(204);
    owner.post(&path, token).await.is(201);
}

#[tokio::test]
async fn a_token_may_what_its_scopes_say() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let tokens = format!("/api/v1/organisations/{org}/tokens");
    owner.post(&tokens, json!({ "name": "x", "scopes": ["everything"], "days": 1 })).await.says(400, "bad-request");
    let made = owner.post(&tokens, json!({ "name": "ci", "scopes": ["assessments:read"], "days": 30 })).await.is(201);
    let program = owner.program(made.json["secret"].as_str().unwrap());
    program.get(&format!("/api/v1/organisations/{org}/assessments")).await.is(200);
    program.get(&format!("/api/v1/organisations/{org}/people")).await.says(403, "forbidden");
    program.get(&format!("/api/v1/organisations/{org}/trail")).await.says(403, "forbidden");
    program.get("/api/v1/session").await.says(403, "people-only");
    let id = made.json["id"].as_str().unwrap();
    owner.send("DELETE", &format!("{tokens}/{id}"), None, &[]).await.is(200);
    program.get(&format!("/api/v1/organisations/{org}/assessments")).await.says(401, "sign-in");
}

#[tokio::test]
async fn invitations_are_used_once_and_give_no_more() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let invitations = format!("/api/v1/organisations/{org}/invitations");
    let lead = json!({ "role": "compliance-lead" });
    let (lead, _) = instance.member(&owner, &org, "lea@example.org", lead).await;
    // A lead makes no owner.
    let asked = json!({ "email": "x@example.org", "position": { "role": "owner" } });
    let refused = lead.post(&invitations, asked).await.says(403, "forbidden");
    assert_eq!(refused.json["rule"], "gives-no-more");
    // A guest from an assessor firm needs an end and named assessments.
    let guest = json!({ "email": "x@example.org", "position": { "role": "external-assessor" } });
    owner.post(&invitations, guest).await.says(422, "membership");
    // The link opens once.
    let made =
        owner.post(&invitations, json!({ "email": "x@example.org", "position": { "role": "contributor" } })).await;
    let link = made.json["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let accept = json!({ "link": link, "email": "x@example.org", "name": "X", "password": PASSWORD });
    instance.visitor().post("/api/v1/invitations/accept", accept.clone()).await.is(201);
    instance.visitor().post("/api/v1/invitations/accept", accept).await.says(403, "link");
    // Taken back, it opens nothing.
    let made =
        owner.post(&invitations, json!({ "email": "y@example.org", "position": { "role": "contributor" } })).await;
    let id = made.json["id"].as_str().unwrap();
    owner.send("DELETE", &format!("{invitations}/{id}"), None, &[]).await.is(200);
    let link = made.json["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let accept = json!({ "link": link, "email": "y@example.org", "name": "Y", "password": PASSWORD });
    instance.visitor().post("/api/v1/invitations/accept", accept).await.says(403, "link");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let path = format!("/api/v1/organisations/{org}/people/{}", owner.account);
    let refused = owner.send("DELETE", &path, None, &[("if-match", "\"1\"")]).await.says(403, "forbidden");
    assert_eq!(refused.json["rule"], "last-owner");
    let demoted = json!({ "role": "contributor" });
    let refused = owner.send("PUT", &path, Some(demoted), &[("if-match", "\"1\"")]).await.says(403, "forbidden");
    assert_eq!(refused.json["rule"], "last-owner");
}

#[tokio::test]
async fn another_organisation_is_not_there() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let (rival, theirs) = instance.rival(&owner, &org).await;
    rival.get(&format!("/api/v1/organisations/{theirs}")).await.is(200);
    for address in
        ["", "/people", "/invitations", "/tokens", "/assessments", "/trail", "/log", "/log/checkpoint", "/changes"]
    {
        rival.get(&format!("/api/v1/organisations/{org}{address}")).await.says(404, "not-found");
        owner.get(&format!("/api/v1/organisations/{theirs}{address}")).await.says(404, "not-found");
        instance.visitor().get(&format!("/api/v1/organisations/{org}{address}")).await.says(401, "sign-in");
    }
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let instance = Instance::start().await;
    let answer = instance.visitor().get("/nowhere").await.says(404, "not-found");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    instance.visitor().post("/health/live", json!({})).await.says(405, "method");
    instance.visitor().get("/health/ready").await.is(200);
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let instance = Instance::start().await;
    let visitor = instance.visitor();
    visitor
        .raw("POST", "/api/v1/session", b"{".to_vec(), &[("content-type", "application/json")])
        .await
        .says(400, "bad-request");
    visitor.raw("POST", "/api/v1/session", b"{}".to_vec(), &[]).await.says(415, "media-type");
    let big = vec![b' '; 3 << 20];
    visitor.raw("POST", "/api/v1/session", big, &[("content-type", "application/json")]).await.says(413, "too-big");
    let extra = json!({ "email": "a@b.c", "password": "x", "admin": true });
    visitor.post("/api/v1/session", extra).await.says(400, "bad-request");
}

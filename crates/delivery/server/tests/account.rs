//! One's own account: an app for codes, recovery codes, the password, sessions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use support::{Browser, Instance, PASSWORD};

const NEW: &str = "another long sentence of mine 42";

/// The secret of an enrolment's URI, as an app reads it.
fn secret(uri: &str) -> Vec<u8> {
    let text = uri.split_once("secret=").unwrap().1.split('&').next().unwrap();
    let (mut bits, mut have, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|b| *b == letter).unwrap();
        bits = ((bits << 5) | u32::try_from(value).unwrap()) & 0xffff;
        have += 5;
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from((bits >> have) & 0xff).unwrap());
        }
    }
    bytes
}

/// The code that an app shows now (RFC 6238 over RFC 4226).
fn code(secret: &[u8], instance: &Instance) -> String {
    let step = u64::try_from(instance.house.clock.now().as_second()).unwrap() / 30;
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).unwrap();
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0xf);
    let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

async fn try_in(instance: &Instance, password: &str, code: Option<&str>) -> support::Answer {
    let body = json!({ "email": "ada@example.org", "password": password, "code": code });
    instance.visitor().post("/api/v1/session", body).await
}

async fn delete(who: &Browser, path: &str) -> support::Answer {
    who.send("DELETE", path, None, &[]).await
}

#[tokio::test]
async fn an_app_is_set_up_asked_for_and_removed() {
    let instance = Instance::start().await;
    let (owner, _) = instance.owner().await;
    owner.post("/api/v1/account/app/confirm", json!({ "code": "000000" })).await.says(409, "refused");
    let begun = owner.send("POST", "/api/v1/account/app", None, &[]).await.is(200);
    // Begun is not set up: signing in is as before.
    try_in(&instance, PASSWORD, None).await.is(200);
    let secret = secret(begun.json["uri"].as_str().unwrap());
    let shown = code(&secret, &instance);
    let wrong = if shown == "000000" { "000001" } else { "000000" };
    owner.post("/api/v1/account/app/confirm", json!({ "code": wrong })).await.says(403, "wrong");
    let codes = owner.post("/api/v1/account/app/confirm", json!({ "code": shown })).await.is(200).json;
    let codes: Vec<&str> = codes["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let account = owner.get("/api/v1/account").await.is(200).json;
    assert_eq!((&account["app"], &account["recovery_codes"]), (&json!(true), &json!(codes.len())));
    // The password alone does not do, nor does the code that was used.
    try_in(&instance, PASSWORD, None).await.says(401, "wrong");
    try_in(&instance, PASSWORD, Some(&shown)).await.says(401, "wrong");
    instance.house.clock.advance(120);
    let next = code(&secret, &instance);
    try_in(&instance, PASSWORD, Some(&next)).await.is(200);
    // A recovery code works once.
    try_in(&instance, PASSWORD, Some(codes[0])).await.is(200);
    try_in(&instance, PASSWORD, Some(codes[0])).await.says(401, "wrong");
    let now: Value = owner.get("/api/v1/account").await.is(200).json;
    assert_eq!(now["recovery_codes"], codes.len() - 1);
    delete(&owner, "/api/v1/account/app").await.is(204);
    try_in(&instance, PASSWORD, None).await.is(200);
    delete(&owner, "/api/v1/account/app").await.says(404, "not-found");
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let instance = Instance::start().await;
    let (owner, _) = instance.owner().await;
    let other = instance.visitor().sign_in("ada@example.org", PASSWORD).await;
    let change = |password: &str, new: &str| json!({ "password": password, "new": new });
    owner.clone().forged().post("/api/v1/account/password", change(PASSWORD, NEW)).await.says(403, "csrf");
    owner.post("/api/v1/account/password", change("not my password", NEW)).await.says(401, "wrong");
    owner.post("/api/v1/account/password", change(PASSWORD, "short")).await.says(422, "password");
    let ended = owner.post("/api/v1/account/password", change(PASSWORD, NEW)).await.is(200).json;
    assert_eq!(ended["sessions"], 1);
    other.get("/api/v1/session").await.says(401, "sign-in");
    owner.get("/api/v1/session").await.is(200);
    try_in(&instance, PASSWORD, None).await.says(401, "wrong");
    try_in(&instance, NEW, None).await.is(200);
}

#[tokio::test]
async fn sensitive_acts_want_a_fresh_sign_in() {
    let instance = Instance::start().await;
    let (owner, _) = instance.owner().await;
    instance.house.clock.advance(15 * 60);
    let still = owner.get("/api/v1/session").await;
    if still.status == 200 {
        owner.send("POST", "/api/v1/account/app", None, &[]).await.says(403, "confirm");
        let change = json!({ "password": PASSWORD, "new": NEW });
        owner.post("/api/v1/account/password", change).await.says(403, "confirm");
        owner.post("/api/v1/session/confirm", json!({ "password": PASSWORD })).await.is(204);
        owner.send("POST", "/api/v1/account/app", None, &[]).await.is(200);
    } else {
        panic!("the session should have lasted a quarter of an hour: {}", still.json);
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let instance = Instance::start().await;
    let (owner, org) = instance.owner().await;
    let other = instance.visitor().sign_in("ada@example.org", PASSWORD).await;
    let (stranger, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let listed = owner.get("/api/v1/account/sessions").await.is(200).json;
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let elsewhere = listed.iter().find(|s| s["this"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/account/sessions/{elsewhere}");
    delete(&stranger, &path).await.says(404, "not-found");
    other.get("/api/v1/session").await.is(200);
    delete(&owner, &path).await.is(200);
    other.get("/api/v1/session").await.says(401, "sign-in");
    let third = instance.visitor().sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(delete(&owner, "/api/v1/account/sessions").await.is(200).json["sessions"], 1);
    third.get("/api/v1/session").await.says(401, "sign-in");
    stranger.get("/api/v1/session").await.is(200);
}

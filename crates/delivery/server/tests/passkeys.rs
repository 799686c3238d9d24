//! Passkeys over HTTP, by an authenticator of the test's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use attesta_server::Config;
use serde_json::{Value, json};
use support::{
    Answer, Browser, Instance, PASSWORD,
    device::{Device, ORIGIN, b64, make},
};

async fn instance() -> Instance {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    config.public = ORIGIN.to_owned();
    config.sign_in_rate = 1_000;
    Instance::with(config, folder).await
}

async fn begin(who: &Browser) -> Value {
    who.send("POST", "/api/v1/session/passkey/begin", None, &[]).await.is(200).json
}

async fn show(who: &Browser, step: &Value, credential: &Value) -> Answer {
    who.post("/api/v1/session/passkey", json!({ "step": step, "credential": credential })).await
}

async fn by_password(instance: &Instance, code: Option<&str>) -> Answer {
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "code": code });
    instance.visitor().post("/api/v1/session", body).await
}

#[tokio::test]
async fn under_tls_only_cookies_count_that_no_other_host_can_set() {
    let instance = instance().await;
    let (owner, _) = instance.owner().await;
    let (name, secret) = owner.cookie().split_once('=').unwrap();
    assert_eq!(name, "__Host-attesta");
    let shown = async |cookies: String| {
        instance.visitor().raw("GET", "/api/v1/session", Vec::new(), &[("cookie", &cookies)]).await
    };
    shown(format!("attesta={secret}")).await.says(401, "sign-in");
    shown(format!("attesta=att_ses_planted; __Host-attesta={secret}")).await.is(200);
}

#[tokio::test]
async fn a_passkey_is_made_signs_in_and_is_removed() {
    let instance = instance().await;
    let (owner, _) = instance.owner().await;
    let other = instance.visitor().sign_in("ada@example.org", PASSWORD).await;
    let mut device = Device::new(7);
    let made = make(&owner, &device).await.is(201).json;
    assert_eq!(made["name"], "key");
    let codes: Vec<&str> = made["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    assert_eq!(codes.len(), 10);
    other.get("/api/v1/session").await.says(401, "sign-in");
    let listed = owner.get("/api/v1/account/passkeys").await.is(200).json;
    assert_eq!(listed[0]["id"], b64(device.credential()));
    assert_eq!(owner.get("/api/v1/account").await.json["passkeys"], 1);

    // Alone, without an address.
    let visitor = instance.visitor();
    let asked = begin(&visitor).await;
    assert_eq!(asked["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(asked["publicKey"]["userVerification"], "required");
    let shown = device.prove(&asked, &owner.account);
    let answer = show(&visitor, &asked["step"], &shown).await.is(200);
    assert_eq!(answer.json["account"], owner.account.as_str());
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-attesta=att_ses_") && cookie.contains("HttpOnly") && cookie.contains("Secure"));
    // What was answered is answered: the same again is nothing.
    show(&visitor, &asked["step"], &shown).await.says(403, "step");

    // A password alone does not do any more; with a recovery code it does, once.
    by_password(&instance, None).await.is(202);
    by_password(&instance, Some(codes[0])).await.is(200);
    by_password(&instance, Some(codes[0])).await.says(401, "wrong");

    let path = format!("/api/v1/account/passkeys/{}", b64(device.credential()));
    owner.clone().forged().send("DELETE", &path, None, &[]).await.says(403, "csrf");
    owner.send("DELETE", &path, None, &[]).await.is(204);
    owner.send("DELETE", &path, None, &[]).await.says(404, "not-found");
    by_password(&instance, None).await.is(200);
    let asked = begin(&visitor).await;
    let shown = device.prove(&asked, &owner.account);
    show(&visitor, &asked["step"], &shown).await.says(401, "passkey");
}

#[tokio::test]
async fn an_authenticator_that_is_only_touched_is_a_second_factor_and_no_first() {
    let instance = instance().await;
    let (owner, _) = instance.owner().await;
    let mut device = Device { flags: 0b001, ..Device::new(7) };
    make(&owner, &device).await.is(201);
    let visitor = instance.visitor();
    let asked = begin(&visitor).await;
    let shown = device.prove(&asked, &owner.account);
    show(&visitor, &asked["step"], &shown).await.says(401, "passkey");
    let half = by_password(&instance, None).await.is(202);
    assert!(!half.headers.contains_key("set-cookie"), "half signed in is not signed in");
    assert_eq!(half.json["publicKey"]["allowCredentials"][0]["id"], b64(device.credential()));
    let shown = device.prove(&half.json, &owner.account);
    show(&visitor, &half.json["step"], &shown).await.is(200);

    // To confirm, the password is asked beside the touch.
    let asked = owner.send("POST", "/api/v1/session/confirm/passkey/begin", None, &[]).await.is(200).json;
    let body = json!({ "step": asked["step"], "credential": device.prove(&asked, &owner.account) });
    owner.post("/api/v1/session/confirm/passkey", body).await.says(403, "second-factor");
    let asked = owner.send("POST", "/api/v1/session/confirm/passkey/begin", None, &[]).await.is(200).json;
    let mut body =
        json!({ "step": asked["step"], "credential": device.prove(&asked, &owner.account), "password": "x" });
    owner.post("/api/v1/session/confirm/passkey", body.clone()).await.says(401, "wrong");
    let asked = owner.send("POST", "/api/v1/session/confirm/passkey/begin", None, &[]).await.is(200).json;
    body["step"] = asked["step"].clone();
    body["credential"] = device.prove(&asked, &owner.account);
    body["password"] = PASSWORD.into();
    owner.post("/api/v1/session/confirm/passkey", body).await.is(204);
    // The password alone confirms nothing where there is a passkey.
    owner.post("/api/v1/session/confirm", json!({ "password": PASSWORD })).await.says(403, "second-factor");
}

#[tokio::test]
async fn a_step_is_answered_once_soon_by_its_own_and_for_what_it_was_asked() {
    let instance = instance().await;
    let (owner, org) = instance.owner().await;
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let (mut mine, mut theirs) = (Device::new(7), Device::new(9));
    // What was asked of somebody else makes nothing, and is used up.
    let begun = owner.send("POST", "/api/v1/account/passkeys/begin", None, &[]).await.is(200).json;
    let body = json!({ "step": begun["step"], "name": "key", "credential": theirs.make(&begun) });
    con.post("/api/v1/account/passkeys", body.clone()).await.says(403, "step");
    owner.post("/api/v1/account/passkeys", body).await.says(403, "step");
    make(&owner, &mine).await.is(201);
    make(&con, &theirs).await.is(201);
    // A passkey belongs to one account.
    let begun = con.send("POST", "/api/v1/account/passkeys/begin", None, &[]).await.is(200).json;
    let body = json!({ "step": begun["step"], "name": "key", "credential": mine.make(&begun) });
    con.post("/api/v1/account/passkeys", body).await.says(409, "exists");

    let visitor = instance.visitor();
    // Too late.
    let asked = begin(&visitor).await;
    let shown = mine.prove(&asked, &owner.account);
    instance.house.clock.advance(301);
    show(&visitor, &asked["step"], &shown).await.says(403, "step");
    // A wrong answer uses the step up too.
    let asked = begin(&visitor).await;
    let evil = Device { origin: "https://grc.example.org.evil.example", ..mine.clone() }.prove(&asked, &owner.account);
    show(&visitor, &asked["step"], &evil).await.says(401, "passkey");
    let shown = mine.prove(&asked, &owner.account);
    show(&visitor, &asked["step"], &shown).await.says(403, "step");
    // Somebody else's passkey after my password is not mine.
    let half = by_password(&instance, None).await.is(202).json;
    let shown = theirs.prove(&half, &con.account);
    show(&visitor, &half["step"], &shown).await.says(401, "passkey");
    // A step to confirm does not sign in, nor the other way round.
    let asked = owner.send("POST", "/api/v1/session/confirm/passkey/begin", None, &[]).await.is(200).json;
    let shown = mine.prove(&asked, &owner.account);
    show(&visitor, &asked["step"], &shown).await.says(403, "step");
    let asked = begin(&visitor).await;
    let body = json!({ "step": asked["step"], "credential": mine.prove(&asked, &owner.account) });
    owner.post("/api/v1/session/confirm/passkey", body).await.says(403, "step");
    // Words that are no step.
    for text in ["", "x", "att_stp_0000", &format!("att_ses_{}", "0".repeat(59))] {
        show(&visitor, &json!(text), &shown).await.says(403, "step");
    }
    // A counter that goes back: there may be a copy.
    let asked = begin(&visitor).await;
    let shown = mine.prove(&asked, &owner.account);
    show(&visitor, &asked["step"], &shown).await.is(200);
    let mut copy = Device { counter: 1, ..mine.clone() };
    let asked = begin(&visitor).await;
    let shown = copy.prove(&asked, &owner.account);
    let told = show(&visitor, &asked["step"], &shown).await.says(401, "passkey");
    assert!(told.json["title"].as_str().unwrap().contains("copy"), "{}", told.json);
}

#[tokio::test]
async fn passkeys_need_a_fresh_sign_in_and_what_the_account_has_already() {
    let instance = instance().await;
    let (owner, _) = instance.owner().await;
    owner.clone().forged().send("POST", "/api/v1/account/passkeys/begin", None, &[]).await.says(403, "csrf");
    instance.house.clock.advance(15 * 60);
    owner.send("POST", "/api/v1/account/passkeys/begin", None, &[]).await.says(403, "confirm");
    owner.post("/api/v1/session/confirm", json!({ "password": PASSWORD })).await.is(204);
    let mut device = Device::new(7);
    make(&owner, &device).await.is(201);
    // A session that showed one factor only cannot add another key: there is none, so the step after a password gives two.
    let half = by_password(&instance, None).await.is(202).json;
    let shown = device.prove(&half, &owner.account);
    show(&instance.visitor(), &half["step"], &shown).await.is(200);
    make(&owner, &Device::new(8)).await.is(201);
    instance.house.clock.advance(15 * 60);
    let path = format!("/api/v1/account/passkeys/{}", b64(device.credential()));
    owner.send("DELETE", &path, None, &[]).await.says(403, "confirm");
    let asked = owner.send("POST", "/api/v1/session/confirm/passkey/begin", None, &[]).await.is(200).json;
    let body = json!({ "step": asked["step"], "credential": device.prove(&asked, &owner.account) });
    owner.post("/api/v1/session/confirm/passkey", body).await.is(204);
    owner.send("DELETE", &path, None, &[]).await.is(204);
}

#[tokio::test]
async fn an_address_without_a_name_says_that_it_can_have_none() {
    let instance = Instance::start().await;
    let (owner, _) = instance.owner().await;
    owner.send("POST", "/api/v1/account/passkeys/begin", None, &[]).await.says(409, "no-passkeys");
    instance.visitor().send("POST", "/api/v1/session/passkey/begin", None, &[]).await.says(409, "no-passkeys");
}

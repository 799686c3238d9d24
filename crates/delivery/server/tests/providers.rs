//! Sign-in through an identity provider over HTTP. The provider is the test's own, checks PKCE, and says what it is told to
//! say; somebody else's is asked by `cargo xtask interop`.
#![cfg(feature = "oidc")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use attesta_server::{Config, ProviderConfig};
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::{
    Answer, Browser, Instance, PASSWORD,
    device::{Device, make},
};

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A provider: which code stands for which challenge and claims. A code works once.
#[derive(Default)]
struct Provider {
    issuer: Mutex<String>,
    codes: Mutex<BTreeMap<String, (String, Value)>>,
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[5; 32]).unwrap()
}

async fn token(State(provider): State<Arc<Provider>>, body: String) -> (StatusCode, Json<Value>) {
    let field = |name: &str| body.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    let known = provider.codes.lock().unwrap().remove(field("code"));
    let fits = |challenge: &str| b64(Sha256::digest(field("code_verifier"))) == challenge;
    let Some((_, claims)) = known.filter(|(challenge, _)| fits(challenge)) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    };
    let head = json!({ "alg": "ES256", "kid": "k", "typ": "JWT" });
    let signed = format!("{}.{}", b64(head.to_string()), b64(claims.to_string()));
    let signature: Signature = key().sign(signed.as_bytes());
    let token = format!("{signed}.{}", b64(signature.to_bytes()));
    (StatusCode::OK, Json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": token })))
}

async fn provider() -> Arc<Provider> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let provider = Arc::new(Provider { issuer: Mutex::new(issuer.clone()), ..Provider::default() });
    let point = key().verifying_key().to_sec1_point(false).as_bytes().to_vec();
    let jwk = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k",
        "x": b64(&point[1..33]), "y": b64(&point[33..]) }] });
    let about = json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"] });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(move || async move { Json(about) }))
        .route("/keys", get(move || async move { Json(jwk) }))
        .route("/token", axum::routing::post(token))
        .with_state(Arc::clone(&provider));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    provider
}

/// An instance with two names for the provider.
async fn stage() -> (Instance, Arc<Provider>) {
    let provider = provider().await;
    let issuer = provider.issuer.lock().unwrap().clone();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut config = Config::laptop(data.clone(), "127.0.0.1:8686".parse().unwrap());
    config.sign_in_rate = 1_000;
    config.public = "http://localhost:8686".to_owned();
    let secret = attesta_server::seal_secret(&data, "work", "s3cret").unwrap();
    let of = |name: &str, secret: Option<String>| ProviderConfig {
        name: name.to_owned(),
        title: "Work account".to_owned(),
        issuer: issuer.clone(),
        client: "attesta".to_owned(),
        secret,
    };
    config.providers = vec![of("work", Some(secret)), of("other", None)];
    (Instance::with(config, folder).await, provider)
}

/// The `name` of an address's query; nothing in ours is escaped but what is not looked at.
fn query(address: &str, name: &str) -> String {
    let (_, query) = address.split_once('?').unwrap();
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap().to_owned()
}

fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned());
    let mut pairs = set.map(|v| v.split(';').next().unwrap().to_owned());
    pairs.find(|pair| pair.starts_with(&format!("{name}=att_")))
}

/// A sign-in that was begun: the browser's cookie, and where the provider was asked.
struct Begun {
    cookie: String,
    url: String,
}

fn begun(answer: &Answer, url: &str) -> Begun {
    Begun { cookie: cookie(answer, "attesta-oidc").unwrap(), url: url.to_owned() }
}

async fn begin(instance: &Instance, query: &str) -> Begun {
    let answer = instance.visitor().get(&format!("/api/v1/session/oidc/work{query}")).await.is(303);
    let url = answer.headers["location"].to_str().unwrap().to_owned();
    begun(&answer, &url)
}

/// The person signs in at the provider, which says `more` of them; the address to which the browser is sent back.
fn there(provider: &Provider, begun: &Begun, more: Value) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let issuer = provider.issuer.lock().unwrap().clone();
    let mut claims = json!({ "iss": issuer, "sub": "ann", "aud": "attesta", "exp": now + 300, "iat": now,
        "nonce": query(&begun.url, "nonce"), "email": "ann@example.org", "email_verified": true, "name": "Ann" });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let mut codes = provider.codes.lock().unwrap();
    let code = format!("code-{}", codes.len() + usize::from(rand()));
    codes.insert(code.clone(), (query(&begun.url, "code_challenge"), claims));
    format!("/api/v1/session/oidc/work/callback?code={code}&state={}", query(&begun.url, "state"))
}

fn rand() -> u16 {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).unwrap();
    u16::from_be_bytes(bytes)
}

async fn back(instance: &Instance, cookie: &str, address: &str) -> Answer {
    instance.visitor().raw("GET", address, Vec::new(), &[("cookie", cookie)]).await
}

async fn arrive(instance: &Instance, provider: &Provider, more: Value) -> Answer {
    let begun = begin(instance, "").await;
    let address = there(provider, &begun, more);
    back(instance, &begun.cookie, &address).await
}

async fn whoami(instance: &Instance, answer: &Answer) -> Value {
    let session = cookie(answer, "attesta").unwrap();
    instance.visitor().raw("GET", "/api/v1/session", Vec::new(), &[("cookie", &session)]).await.is(200).json
}

async fn invite(owner: &Browser, org: &str, email: &str) {
    let asked = json!({ "email": email, "position": { "role": "contributor" } });
    owner.post(&format!("/api/v1/organisations/{org}/invitations"), asked).await.is(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_invited_at_a_verified_address_come_in_and_are_known_by_subject_from_then_on() {
    let (instance, provider) = stage().await;
    let (owner, org) = instance.owner().await;
    assert_eq!(instance.visitor().get("/api/v1/session/oidc").await.json[1]["title"], "Work account");
    arrive(&instance, &provider, json!({})).await.says(403, "not-invited");
    invite(&owner, &org, "ann@example.org").await;
    arrive(&instance, &provider, json!({ "email_verified": false })).await.says(403, "not-verified");
    arrive(&instance, &provider, json!({ "email": Value::Null })).await.says(403, "not-verified");
    arrive(&instance, &provider, json!({ "email": "ann@example.org.evil.example" })).await.says(403, "not-invited");
    let came = arrive(&instance, &provider, json!({ "email": "Ann@Example.org" })).await.is(303);
    assert_eq!(came.headers["location"], "/");
    let me = whoami(&instance, &came).await;
    assert_eq!((&me["name"], &me["organisations"][0]["role"]), (&json!("Ann"), &json!("contributor")));
    // From now on the subject says who it is, whatever the address.
    let again =
        arrive(&instance, &provider, json!({ "email": "moved@example.org", "email_verified": false })).await.is(303);
    assert_eq!(whoami(&instance, &again).await["account"], me["account"]);
    // Somebody else with the address that Ann has here is nobody.
    arrive(&instance, &provider, json!({ "sub": "eve" })).await.says(403, "link-first");
    // There is no password to guess.
    let guess = json!({ "email": "ann@example.org", "password": "" });
    instance.visitor().post("/api/v1/session", guess).await.says(401, "wrong");
    let trail = owner.get(&format!("/api/v1/organisations/{org}/trail?kind=member.added")).await.json;
    assert_eq!(trail["items"][0]["subject"], me["account"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_linked_by_whoever_is_signed_in_with_it() {
    let (instance, provider) = stage().await;
    let (owner, org) = instance.owner().await;
    let theirs = json!({ "email": "ada@example.org" });
    arrive(&instance, &provider, theirs.clone()).await.says(403, "link-first");
    owner.clone().forged().send("POST", "/api/v1/account/oidc/work", None, &[]).await.says(403, "csrf");
    owner.send("POST", "/api/v1/account/oidc/nowhere", None, &[]).await.says(404, "not-found");
    let link = async |who: &Browser, sub: &str| {
        let answer = who.send("POST", "/api/v1/account/oidc/work?back=/account", None, &[]).await.is(200);
        let url = answer.json["url"].as_str().unwrap().to_owned();
        let begun = begun(&answer, &url);
        let address = there(&provider, &begun, json!({ "sub": sub, "email_verified": false }));
        who.raw("GET", &address, Vec::new(), &[("cookie", &begun.cookie)]).await
    };
    let linked = link(&owner, "ada").await.is(303);
    assert_eq!(linked.headers["location"], "/account");
    assert!(cookie(&linked, "attesta").is_none(), "linking signs nobody in");
    assert_eq!(owner.get("/api/v1/account/oidc").await.is(200).json[0]["subject"], "ada");
    let came = arrive(&instance, &provider, json!({ "sub": "ada", "amr": ["mfa"] })).await.is(303);
    assert_eq!(whoami(&instance, &came).await["account"], owner.account.as_str());
    // One person there is one account here.
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    link(&con, "ada").await.says(409, "exists");
    owner.send("DELETE", "/api/v1/account/oidc/work", None, &[]).await.is(204);
    owner.send("DELETE", "/api/v1/account/oidc/work", None, &[]).await.says(404, "not-found");
    arrive(&instance, &provider, json!({ "sub": "ada", "email": "ada@example.org" })).await.says(403, "link-first");
    instance.house.clock.advance(11 * 60);
    owner.send("POST", "/api/v1/account/oidc/work", None, &[]).await.says(403, "confirm");
    owner.post("/api/v1/session/confirm", json!({ "password": PASSWORD })).await.is(204);
}

/// Begins to link an account, and comes back as that browser did when it was sent away, but with that session.
async fn link_with(
    (instance, provider): (&Instance, &Provider),
    who: &Browser,
    meanwhile: impl AsyncFnOnce(),
    session: &str,
) -> Answer {
    let answer = who.send("POST", "/api/v1/account/oidc/work", None, &[]).await.is(200);
    let begun = begun(&answer, answer.json["url"].as_str().unwrap());
    let address = there(provider, &begun, json!({ "sub": "thief", "email_verified": false }));
    meanwhile().await;
    let cookies = format!("{}; {session}", begun.cookie);
    back(instance, &cookies, &address).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_was_begun_ends_with_the_session() {
    let (instance, provider) = stage().await;
    let (owner, org) = instance.owner().await;
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let stage = (&instance, &*provider);
    let fresh = async || instance.visitor().sign_in("ada@example.org", PASSWORD).await;
    // Without a session, and with somebody else's.
    link_with(stage, &owner, async || {}, "").await.says(403, "step");
    link_with(stage, &owner, async || {}, con.cookie()).await.says(403, "step");
    // Another session of the account may end it: signed out, all the others ended, a new password.
    let here = fresh().await;
    let out = async || drop(here.send("DELETE", "/api/v1/session", None, &[]).await.is(204));
    link_with(stage, &here, out, owner.cookie()).await.says(403, "step");
    let here = fresh().await;
    let others = async || drop(owner.send("DELETE", "/api/v1/account/sessions", None, &[]).await.is(200));
    link_with(stage, &here, others, owner.cookie()).await.says(403, "step");
    let new = json!({ "password": PASSWORD, "new": "a long sentence of my own 42" });
    let change = async || drop(owner.post("/api/v1/account/password", new).await.is(200));
    link_with(stage, &fresh().await, change, owner.cookie()).await.says(403, "step");
    assert_eq!(owner.get("/api/v1/account/oidc").await.is(200).json, json!([]));
    link_with(stage, &owner, async || {}, owner.cookie()).await.is(303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_invited_by_several_joins_the_one_that_they_chose() {
    let (instance, provider) = stage().await;
    let (owner, org) = instance.owner().await;
    let second = owner.post("/api/v1/organisations", json!({ "name": "Second" })).await.is(201).json;
    let second = second["id"].as_str().unwrap().to_owned();
    invite(&owner, &org, "ann@example.org").await;
    let asked = json!({ "email": "ann@example.org", "position": { "role": "contributor" } });
    let made = owner.post(&format!("/api/v1/organisations/{second}/invitations"), asked).await.is(201).json;
    let link = made["link"].as_str().unwrap().split_once('#').unwrap().1;
    arrive(&instance, &provider, json!({})).await.says(403, "choose");
    let chosen = "/api/v1/session/oidc/work?back=/o";
    instance.visitor().post(chosen, json!({ "link": "att_inv_none" })).await.says(403, "link");
    // The link alone lets nobody in at another address.
    let choose = async |more: Value| {
        let answer = instance.visitor().post(chosen, json!({ "link": link })).await.is(200);
        let begun = begun(&answer, answer.json["url"].as_str().unwrap());
        let address = there(&provider, &begun, more);
        back(&instance, &begun.cookie, &address).await
    };
    choose(json!({ "sub": "eve", "email": "eve@example.org" })).await.says(403, "not-invited");
    let came = choose(json!({})).await.is(303);
    assert_eq!(came.headers["location"], "/o");
    let me = whoami(&instance, &came).await;
    let belongs: Vec<&Value> = me["organisations"].as_array().unwrap().iter().map(|o| &o["id"]).collect();
    assert_eq!(belongs, [second.as_str()]);
    let waiting = owner.get(&format!("/api/v1/organisations/{org}/invitations")).await.is(200).json;
    assert_eq!(waiting["items"][0]["ended"], Value::Null, "it waits until it is accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_alone_changes_no_password_and_sets_up_no_app_where_there_is_a_second_factor() {
    let (instance, provider) = stage().await;
    let (owner, _) = instance.owner().await;
    let linked = owner.send("POST", "/api/v1/account/oidc/work", None, &[]).await.is(200);
    let begun = begun(&linked, linked.json["url"].as_str().unwrap());
    let address = there(&provider, &begun, json!({ "sub": "ada" }));
    owner.raw("GET", &address, Vec::new(), &[("cookie", &begun.cookie)]).await.is(303);
    let came = arrive(&instance, &provider, json!({ "sub": "ada" })).await.is(303);
    let one = instance.visitor().with_session(&cookie(&came, "attesta").unwrap()).await;
    assert_eq!(one.account, owner.account);
    // An app that was begun before there was a passkey is not confirmed afterwards by who did not show it.
    one.send("POST", "/api/v1/account/app", None, &[]).await.is(200);
    let key = Device { origin: "http://localhost:8686", ..Device::new(7) };
    make(&owner, &key).await.is(201);
    let came = arrive(&instance, &provider, json!({ "sub": "ada" })).await.is(303);
    let one = instance.visitor().with_session(&cookie(&came, "attesta").unwrap()).await;
    one.post("/api/v1/account/app/confirm", json!({ "code": "000000" })).await.says(403, "confirm");
    one.send("POST", "/api/v1/account/app", None, &[]).await.says(403, "confirm");
    let new = json!({ "password": PASSWORD, "new": "a long sentence of my own 42" });
    one.post("/api/v1/account/password", new).await.says(403, "confirm");
    one.send("POST", "/api/v1/account/oidc/work", None, &[]).await.says(403, "confirm");
    assert_eq!(owner.get("/api/v1/account").await.is(200).json["app"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_way_into_an_account_stays() {
    let (instance, provider) = stage().await;
    let (owner, org) = instance.owner().await;
    invite(&owner, &org, "ann@example.org").await;
    let came = arrive(&instance, &provider, json!({})).await.is(303);
    let session = cookie(&came, "attesta").unwrap();
    let me = whoami(&instance, &came).await;
    let csrf = me["csrf"].as_str().unwrap();
    let headers = [("cookie", session.as_str()), ("x-attesta-csrf", csrf)];
    let visitor = instance.visitor();
    visitor.send("DELETE", "/api/v1/account/oidc/work", None, &headers).await.says(409, "refused");
    // An invitation elsewhere is accepted with the session, as there is no password.
    let made = owner.post("/api/v1/organisations", json!({ "name": "Second" })).await.is(201).json;
    let second = made["id"].as_str().unwrap();
    let asked = json!({ "email": "any@example.org", "position": { "role": "contributor" } });
    let made = owner.post(&format!("/api/v1/organisations/{second}/invitations"), asked).await.is(201).json;
    let link = made["link"].as_str().unwrap().split_once('#').unwrap().1;
    let mine = "/api/v1/invitations/accept/mine";
    visitor.send("POST", mine, Some(json!({ "link": link })), &headers).await.is(201);
    visitor.send("POST", mine, Some(json!({ "link": link })), &headers).await.says(403, "link");
    // With a password there is another way.
    let new = json!({ "new": "a long sentence of my own 42" });
    visitor.send("POST", "/api/v1/account/password", Some(new), &headers).await.is(200);
    visitor.send("DELETE", "/api/v1/account/oidc/work", None, &headers).await.is(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_for_the_browser_that_asked_once_and_soon() {
    let (instance, provider) = stage().await;
    let (owner, org) = instance.owner().await;
    invite(&owner, &org, "ann@example.org").await;
    // Somebody is sent an address of somebody else's sign-in.
    let mine = begin(&instance, "").await;
    let address = there(&provider, &mine, json!({}));
    instance.visitor().get(&address).await.says(403, "step");
    // A browser with a sign-in of its own is sent another's answer: the state differs, and its own step is used up.
    let theirs = begin(&instance, "").await;
    back(&instance, &theirs.cookie, &address).await.says(403, "provider");
    let own = there(&provider, &theirs, json!({}));
    back(&instance, &theirs.cookie, &own).await.says(403, "step");
    // Even with the right state: the code's challenge is another's.
    let theirs = begin(&instance, "").await;
    let code = query(&address, "code");
    let mixed = format!("/api/v1/session/oidc/work/callback?code={code}&state={}", query(&theirs.url, "state"));
    back(&instance, &theirs.cookie, &mixed).await.says(403, "provider");
    // The answer of one provider at another's address.
    let begun = begin(&instance, "").await;
    let address = there(&provider, &begun, json!({})).replace("/work/", "/other/");
    back(&instance, &begun.cookie, &address).await.says(403, "step");
    // Too late.
    let begun = begin(&instance, "").await;
    let address = there(&provider, &begun, json!({}));
    instance.house.clock.advance(301);
    back(&instance, &begun.cookie, &address).await.says(403, "step");
    instance.house.clock.advance(-301);
    // Once.
    let begun = begin(&instance, "").await;
    let address = there(&provider, &begun, json!({}));
    back(&instance, &begun.cookie, &address).await.is(303);
    back(&instance, &begun.cookie, &address).await.says(403, "step");
    // A session is no step, and a step is no session.
    let begun = begin(&instance, "").await;
    let session = begun.cookie.replace("attesta-oidc=", "attesta=");
    back(&instance, &session, "/api/v1/session").await.says(401, "sign-in");
    // What the provider refuses is told, to a browser as a page of ours.
    let refused =
        format!("/api/v1/session/oidc/work/callback?error=access_denied&state={}", query(&begun.url, "state"));
    let html = [("cookie", begun.cookie.as_str()), ("accept", "text/html,*/*")];
    let told = instance.visitor().raw("GET", &refused, Vec::new(), &html).await.is(303);
    assert_eq!(told.headers["location"], "/sign-in?problem=provider");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_always_new_and_leads_to_pages_of_ours() {
    let (instance, provider) = stage().await;
    let (owner, org) = instance.owner().await;
    invite(&owner, &org, "ann@example.org").await;
    arrive(&instance, &provider, json!({})).await.is(303);
    for (asked, leads) in [
        ("?back=/o/x/assessments", "/o/x/assessments"),
        ("?back=//evil.example", "/"),
        ("?back=https://evil.example", "/"),
        ("?back=/%5Cevil.example", "/"),
        ("?back=/%0d%0aSet-Cookie:x", "/"),
    ] {
        let begun = begin(&instance, asked).await;
        let address = there(&provider, &begun, json!({}));
        // The browser shows a session that somebody else put there; it gets another one.
        let planted = format!("{}; attesta=att_ses_planted", begun.cookie);
        let came = back(&instance, &planted, &address).await.is(303);
        assert_eq!(came.headers["location"], leads, "{asked}");
        let session = cookie(&came, "attesta").unwrap();
        assert!(!session.contains("planted"));
        let set = came.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>().join("\n");
        assert!(set.contains("attesta-oidc=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"), "{set}");
    }
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_at_start() {
    let good = ProviderConfig {
        name: "work".to_owned(),
        title: String::new(),
        issuer: "https://id.example.org".to_owned(),
        client: "attesta".to_owned(),
        secret: None,
    };
    let bad = [
        vec![ProviderConfig { name: "Work".to_owned(), ..good.clone() }],
        vec![ProviderConfig { issuer: "http://id.example.org".to_owned(), ..good.clone() }],
        vec![ProviderConfig { secret: Some("in plain text".to_owned()), ..good.clone() }],
        vec![good.clone(), good],
    ];
    for providers in bad {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
        config.providers = providers;
        let library = attesta_desk::Library::new(attesta_content::ContentSource::Embedded);
        let error = attesta_server::House::open(config, library).await.map(drop).unwrap_err().to_string();
        assert!(error.starts_with("the identity provider `"), "{error}");
    }
}

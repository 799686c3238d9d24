//! Other people's provider, authenticator and mail server over HTTP: `oidc-provider-mock`, `soft-webauthn` and `aiosmtpd`
//! (PyPI), started by `cargo xtask interop`. Without them these tests are shown as ignored.
#![cfg(all(feature = "oidc", feature = "mail"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use attesta_identity::oidc::{Http as _, Web};
use attesta_server::{Config, MailConfig, ProviderConfig, jobs::Worker};
use axum::http::Request;
use serde_json::{Value, json};
use support::Instance;

fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run `cargo xtask interop`"))
}

fn cookie(answer: &support::Answer, name: &str) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned());
    let mut pairs = set.map(|v| v.split(';').next().unwrap().to_owned());
    pairs.find(|pair| pair.starts_with(&format!("{name}=att_"))).unwrap()
}

async fn instance(change: impl FnOnce(&mut Config)) -> Instance {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::laptop(folder.path().join("data"), "127.0.0.1:8686".parse().unwrap());
    change(&mut config);
    Instance::with(config, folder).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a provider: `cargo xtask interop` starts one"]
async fn an_invited_person_comes_in_through_a_provider_that_is_not_ours() {
    let issuer = given("ATTESTA_OIDC_ISSUER");
    // It takes any secret, and no client without one.
    let instance = instance(|config| {
        config.providers = vec![ProviderConfig {
            name: "work".to_owned(),
            title: String::new(),
            issuer: issuer.clone(),
            client: "attesta".to_owned(),
            secret: Some(attesta_server::seal_secret(&config.data, "work", "secret").unwrap()),
        }];
    })
    .await;
    let (owner, org) = instance.owner().await;
    let invitation = json!({ "email": "ann@example.org", "position": { "role": "contributor" } });
    owner.post(&format!("/api/v1/organisations/{org}/invitations"), invitation).await.is(201);
    let web = Web::new().unwrap();
    let claims = json!({ "email": "ann@example.org", "email_verified": true, "name": "Ann" });
    let put = Request::put(format!("{}/users/ann-7", issuer.trim_end_matches('/')))
        .header("content-type", "application/json")
        .body(claims.to_string().into_bytes())
        .unwrap();
    assert!(web.send(put).await.unwrap().status().is_success());
    // The person's browser: the form of the provider's page is sent, and its redirect is followed back to us.
    let there = async |sub: &str| {
        let begun = instance.visitor().get("/api/v1/session/oidc/work?back=/o").await.is(303);
        let form = Request::post(begun.headers["location"].to_str().unwrap())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("sub={sub}").into_bytes())
            .unwrap();
        let answer = web.send(form).await.unwrap();
        let location = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
        let back = location.strip_prefix("http://127.0.0.1:8686").unwrap().to_owned();
        (cookie(&begun, "attesta-oidc"), back)
    };
    let (kept, back) = there("ann-7").await;
    instance.visitor().get(&back).await.says(403, "step");
    let came = instance.visitor().raw("GET", &back, Vec::new(), &[("cookie", &kept)]).await.is(303);
    assert_eq!(came.headers["location"], "/o");
    let session = cookie(&came, "attesta");
    let me = instance.visitor().raw("GET", "/api/v1/session", Vec::new(), &[("cookie", &session)]).await.is(200).json;
    assert_eq!((&me["name"], &me["organisations"][0]["id"]), (&json!("Ann"), &json!(org)));
    instance.visitor().raw("GET", &back, Vec::new(), &[("cookie", &kept)]).await.says(403, "step");
    let (kept, back) = there("eve%40example.org").await;
    instance.visitor().raw("GET", &back, Vec::new(), &[("cookie", &kept)]).await.says(403, "not-verified");
}

/// Has the authenticator answer each question; it keeps its key between them.
fn device(questions: &Value) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../adapters/identity/tests/interop/authenticator.py");
    let mut python =
        Command::new(given("ATTESTA_PYTHON")).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(questions.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a software authenticator: `cargo xtask interop` installs one"]
async fn a_passkey_of_an_authenticator_that_is_not_ours_is_made_and_alone_is_nobody() {
    let instance = instance(|config| config.public = "https://grc.example.org".to_owned()).await;
    let (owner, _) = instance.owner().await;
    let begun = owner.send("POST", "/api/v1/account/passkeys/begin", None, &[]).await.is(200).json;
    // The authenticator keeps its key within one conversation: what comes later is asked of it first.
    let alone = instance.visitor().send("POST", "/api/v1/session/passkey/begin", None, &[]).await.is(200).json;
    let (create, get) = (&begun["publicKey"], [&alone["publicKey"]]);
    let questions = json!({ "origin": "https://grc.example.org", "create": create, "get": get });
    let answers = device(&questions);
    let new = json!({ "step": begun["step"], "name": "soft", "credential": answers[0] });
    let made = owner.post("/api/v1/account/passkeys", new).await.is(201).json;
    assert_eq!(made["recovery_codes"].as_array().unwrap().len(), 10);
    // It is only touched, so alone it is nobody.
    let shown = json!({ "step": alone["step"], "credential": answers[1] });
    instance.visitor().post("/api/v1/session/passkey", shown).await.says(401, "passkey");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mail server: `cargo xtask interop` starts one"]
async fn mail_is_taken_by_a_server_that_is_not_ours() {
    let (address, folder) = (given("ATTESTA_SMTP"), std::path::PathBuf::from(given("ATTESTA_SMTP_FOLDER")));
    let mail = MailConfig {
        from: "Attesta <attesta@example.org>".to_owned(),
        through: format!("smtp://{address}"),
        secret: None,
    };
    let instance = instance(|config| config.mail = Some(mail)).await;
    let (owner, org) = instance.owner().await;
    let (con, _) = instance.member(&owner, &org, "con@example.org", json!({ "role": "contributor" })).await;
    let new = json!({ "title": "Ünsaid", "owner": con.account });
    owner.post(&format!("/api/v1/organisations/{org}/tasks"), new).await.is(201);
    Worker::new(Arc::clone(&instance.house)).run(tokio::time::sleep(Duration::from_secs(6))).await;
    let mut letters = Vec::new();
    for place in ["new", "cur"] {
        let files = std::fs::read_dir(folder.join(place)).into_iter().flatten();
        letters.extend(files.map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap()));
    }
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(
        letters[0].contains("To: con@example.org") && letters[0].contains("Subject: Something was assigned to you")
    );
}

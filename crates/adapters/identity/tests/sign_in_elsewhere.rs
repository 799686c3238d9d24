//! Other people's provider and authenticator: `oidc-provider-mock` and `soft-webauthn` (PyPI), started by
//! `cargo xtask interop`. Without them these tests are shown as ignored.
#![cfg(all(feature = "oidc", feature = "passkeys"))]
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use attesta_identity::{
    SystemChance,
    oidc::{Callback, Http as _, OidcError, Provider, ProviderSettings, Web},
    passkey::{AssertionAnswer, Challenge, PasskeyError, RelyingParty, Verification},
};
use attesta_kernel::Timestamp;
use openidconnect::http::Request;
use serde_json::{Value, json};

fn given(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run `cargo xtask interop`"))
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_second(i64::try_from(since.as_secs()).unwrap()).unwrap()
}

/// The `name` of an address's query. The provider's codes and our states hold no escaped letters.
fn query(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

#[test]
#[ignore = "needs a provider: `cargo xtask interop` starts one"]
fn somebody_signs_in_through_a_provider_that_is_not_ours() {
    let issuer = given("ATTESTA_OIDC_ISSUER");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let web = Web::new().unwrap();
        let secret = Some("secret".to_owned());
        let settings = ProviderSettings::new(&issuer, "attesta", secret, "http://localhost:1/back").unwrap();
        let provider = Provider::discover(settings, &web).await.unwrap();
        // The person's browser: the form of the provider's page is sent, and the answer's redirect is read.
        let sign_in = async |url: &str| {
            let form = Request::post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(b"sub=ann%40example.org".to_vec())
                .unwrap();
            let answer = web.send(form).await.unwrap();
            let location = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
            assert!(location.starts_with("http://localhost:1/back?"), "{location}");
            Callback { state: query(&location, "state"), code: query(&location, "code"), ..Callback::default() }
        };
        let begun = provider.begin(&mut SystemChance).unwrap();
        let callback = sign_in(&begun.url).await;
        let identity = provider.finish(&begun.pending, &callback, &web, now()).await.unwrap();
        assert_eq!(
            (identity.issuer.trim_end_matches('/'), identity.subject.as_str()),
            (issuer.trim_end_matches('/'), "ann@example.org")
        );
        assert!(!identity.email_verified, "the provider did not say that it looked");

        let again = provider.finish(&begun.pending, &callback, &web, now()).await;
        assert!(matches!(again, Err(OidcError::Refused(_))), "a code works once: {again:?}");

        let other = provider.begin(&mut SystemChance).unwrap();
        let stolen = sign_in(&begun.url).await;
        let said = provider.finish(&other.pending, &stolen, &web, now()).await;
        assert_eq!(said, Err(OidcError::Other("the state differs")));
        // Even with the right state, another browser's code lacks this browser's verifier; this provider lets that pass,
        // and then the nonce is another's.
        let callback = Callback { state: query(&other.url, "state"), ..stolen };
        let said = provider.finish(&other.pending, &callback, &web, now()).await;
        assert!(matches!(said, Err(OidcError::Refused(_) | OidcError::Claims(_))), "{said:?}");

        let begun = provider.begin(&mut SystemChance).unwrap();
        let callback = sign_in(&begun.url).await;
        let late = Timestamp::from_second(now().as_second() + 30 * 86_400).unwrap();
        let said = provider.finish(&begun.pending, &callback, &web, late).await;
        assert!(matches!(said, Err(OidcError::Claims(_))), "an old token: {said:?}");
    });
}

/// Has the authenticator answer each question; it keeps its key between them.
fn device(questions: &Value) -> Vec<Value> {
    let mut python = Command::new(given("ATTESTA_PYTHON"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/authenticator.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(questions.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "needs a software authenticator: `cargo xtask interop` installs one"]
fn a_passkey_of_an_authenticator_that_is_not_ours_signs_in() {
    let origin = "https://example.org";
    let party = RelyingParty::new("example.org", "Example", [origin.to_owned()]).unwrap();
    let challenges: Vec<Challenge> = (0..3).map(|_| Challenge::draw(&mut SystemChance).unwrap()).collect();
    // It is only touched: it has no way to know its owner.
    let wish = Verification::Preferred;
    let questions = json!({
        "origin": origin,
        "create": party.ask_to_register(&challenges[0], "acc_1", "ann", &[], wish),
        "get": [party.ask_to_prove(&challenges[1], &[], wish), party.ask_to_prove(&challenges[2], &[], wish)],
    });
    let answers = device(&questions);
    let passkey = party.register(&challenges[0], "acc_1", wish, &answers[0].to_string()).unwrap();
    let first = AssertionAnswer::read(&answers[1].to_string()).unwrap();
    let second = AssertionAnswer::read(&answers[2].to_string()).unwrap();
    let proven = party.prove(&challenges[1], &passkey, wish, &first).unwrap();
    assert!(!proven.verified);
    let proven = party.prove(&challenges[2], &proven.passkey, wish, &second).unwrap();
    assert!(proven.passkey.counter > passkey.counter);
    assert!(matches!(party.prove(&challenges[1], &proven.passkey, wish, &first), Err(PasskeyError::Counter { .. })));
    assert!(matches!(party.prove(&challenges[0], &passkey, wish, &first), Err(PasskeyError::Other(_))));
    let strict = party.prove(&challenges[1], &passkey, Verification::Required, &first);
    assert!(matches!(strict, Err(PasskeyError::Person(_))), "{strict:?}");
    let elsewhere = RelyingParty::new("example.net", "x", ["https://example.net".to_owned()]).unwrap();
    assert!(elsewhere.prove(&challenges[1], &passkey, wish, &first).is_err());
}

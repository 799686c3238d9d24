//! Sign-in through a provider of the test's that lies about every part. (A provider that is not ours: `sign_in_elsewhere.rs`.)
#![cfg(all(feature = "oidc", feature = "passkeys"))]
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::sync::Mutex;

use attesta_identity::oidc::{
    Callback, Http, HttpError, Identity, OidcError, Pending, Provider, ProviderSettings, Web,
};
use attesta_kernel::Timestamp;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use openidconnect::http::{Request, Response};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::Counting;

const ISSUER: &str = "https://id.example.org";
const NOW: i64 = 1_800_000_000;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the provider says, and how it signs.
#[derive(Clone)]
struct Fake {
    claims: Value,
    header: Value,
    seed: u8,
    published: Vec<u8>,
    tamper: bool,
    mac: bool,
    metadata: Value,
    no_token: bool,
}

struct Wire {
    fake: Fake,
    asked: Mutex<Vec<String>>,
    key_asked: Mutex<usize>,
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn jwk(seed: u8) -> Value {
    let point = key(seed).verifying_key().to_sec1_point(false).as_bytes().to_vec();
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": format!("k{seed}"),
        "x": b64(&point[1..33]), "y": b64(&point[33..]) })
}

impl Fake {
    fn honest(pending: &Value) -> Self {
        let hash = Sha256::digest("access");
        Self {
            claims: json!({ "iss": ISSUER, "sub": "ann", "aud": "attesta", "exp": NOW + 300, "iat": NOW,
                "nonce": pending["nonce"], "email": "ann@example.org", "email_verified": true,
                "at_hash": b64(&hash[..16]), "amr": ["pwd", "otp"] }),
            header: json!({ "alg": "ES256", "kid": "k7", "typ": "JWT" }),
            seed: 7,
            published: vec![7],
            tamper: false,
            mac: false,
            metadata: json!({}),
            no_token: false,
        }
    }

    fn with(mut self, claim: &str, value: Value) -> Self {
        self.claims[claim] = value;
        self
    }

    fn token(&self) -> String {
        let mut claims = self.claims.clone();
        let body = format!("{}.{}", b64(self.header.to_string()), b64(claims.to_string()));
        let signature = if self.header["alg"] == "none" {
            Vec::new()
        } else if self.mac {
            let secret = key(self.seed).verifying_key().to_sec1_point(false).as_bytes().to_vec();
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
            mac.update(body.as_bytes());
            mac.finalize().into_bytes().to_vec()
        } else {
            let signature: Signature = key(self.seed).sign(body.as_bytes());
            signature.to_bytes().to_vec()
        };
        let body = if self.tamper {
            claims["sub"] = "eve".into();
            format!("{}.{}", b64(self.header.to_string()), b64(claims.to_string()))
        } else {
            body
        };
        format!("{body}.{}", b64(signature))
    }
}

impl Http for Wire {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        let path = request.uri().path().to_owned();
        self.asked.lock().unwrap().push(format!("{path} {}", String::from_utf8_lossy(request.body())));
        let answer = match path.as_str() {
            "/.well-known/openid-configuration" => {
                let mut metadata = json!({ "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"),
                    "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": format!("{ISSUER}/keys"),
                    "response_types_supported": ["code"], "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"] });
                for (name, value) in self.fake.metadata.as_object().unwrap() {
                    metadata[name] = value.clone();
                }
                metadata
            }
            "/keys" => {
                let mut asked = self.key_asked.lock().unwrap();
                let seed = self.fake.published[(*asked).min(self.fake.published.len() - 1)];
                *asked += 1;
                json!({ "keys": [jwk(seed)] })
            }
            "/token" if self.fake.no_token => json!({ "access_token": "access", "token_type": "bearer" }),
            "/token" => json!({ "access_token": "access", "token_type": "bearer", "id_token": self.fake.token() }),
            other => panic!("asked for {other}"),
        };
        let answer = serde_json::to_vec(&answer).unwrap();
        Ok(Response::builder().header("content-type", "application/json").body(answer).unwrap())
    }
}

fn settings() -> ProviderSettings {
    ProviderSettings::new(ISSUER, "attesta", Some("secret".into()), "https://grc.example.org/sign-in/back").unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn pending() -> (String, Pending, Value) {
    // What is kept does not depend on the provider's keys.
    let fake = Fake::honest(&json!({}));
    let wire = Wire { fake, asked: Mutex::default(), key_asked: Mutex::default() };
    let begun = run(async { Provider::discover(settings(), &wire).await.unwrap().begin(&mut Counting(4)).unwrap() });
    let plain = serde_json::from_str(&begun.pending.to_stored().unwrap()).unwrap();
    (begun.url, begun.pending, plain)
}

fn callback(plain: &Value) -> Callback {
    Callback { state: plain["state"].as_str().map(str::to_owned), code: Some("code-1".into()), ..Callback::default() }
}

fn finish(fake: Fake, pending: &Pending, callback: &Callback) -> (Result<Identity, OidcError>, Vec<String>) {
    let wire = Wire { fake, asked: Mutex::default(), key_asked: Mutex::default() };
    let said = run(async {
        let provider = Provider::discover(settings(), &wire).await?;
        provider.finish(pending, callback, &wire, Timestamp::from_second(NOW + 1).unwrap()).await
    });
    (said, wire.asked.into_inner().unwrap())
}

#[test]
fn a_browser_is_sent_with_a_challenge_a_state_and_a_nonce() {
    let (url, kept, plain) = pending();
    let text = |name: &str| plain[name].as_str().unwrap().to_owned();
    let challenge = b64(Sha256::digest(text("verifier")));
    for part in [
        format!("{ISSUER}/authorize?"),
        "response_type=code".into(),
        "client_id=attesta".into(),
        "code_challenge_method=S256".into(),
        format!("code_challenge={challenge}"),
        format!("state={}", text("state")),
        format!("nonce={}", text("nonce")),
        "scope=openid+email+profile".into(),
    ] {
        assert!(url.contains(&part), "{part} is not in {url}");
    }
    assert!(!url.contains(&text("verifier")), "the verifier stays here");
    let again = Pending::from_stored(&kept.to_stored().unwrap()).unwrap();
    assert_eq!(again.to_stored().unwrap(), kept.to_stored().unwrap());
    assert_eq!(format!("{kept:?}"), "Pending(…)");
}

#[test]
fn who_the_provider_names_is_believed_when_all_of_it_holds() {
    let (_, kept, plain) = pending();
    let (said, asked) = finish(Fake::honest(&plain), &kept, &callback(&plain));
    let identity = said.unwrap();
    assert_eq!((identity.issuer.as_str(), identity.subject.as_str()), (ISSUER, "ann"));
    assert_eq!((identity.email.as_deref(), identity.email_verified), (Some("ann@example.org"), true));
    assert_eq!(identity.methods, ["pwd", "otp"]);
    let exchange = asked.iter().find(|a| a.starts_with("/token")).unwrap();
    assert!(exchange.contains(&format!("code_verifier={}", plain["verifier"].as_str().unwrap())), "{exchange}");
    let rotated = Fake { published: vec![6, 7], ..Fake::honest(&plain) };
    assert!(finish(rotated, &kept, &callback(&plain)).0.is_ok(), "keys are asked for again once");
}

#[test]
fn every_lie_of_a_provider_is_refused() {
    let (_, kept, plain) = pending();
    let honest = || Fake::honest(&plain);
    let lies = [
        ("another nonce", honest().with("nonce", "x".into())),
        ("no nonce", honest().with("nonce", Value::Null)),
        ("another audience", honest().with("aud", "other".into())),
        ("one more audience", honest().with("aud", json!(["attesta", "other"]))),
        ("another party", honest().with("aud", json!(["other"])).with("azp", "attesta".into())),
        ("another issuer", honest().with("iss", "https://evil.example".into())),
        ("expired", honest().with("exp", (NOW).into())),
        ("issued in the future", honest().with("iat", (NOW + 3600).into())),
        ("another access token", honest().with("at_hash", b64([0; 16]).into())),
        ("no signature", Fake { header: json!({ "alg": "none", "typ": "JWT" }), ..honest() }),
        ("a shared secret", Fake { header: json!({ "alg": "HS256", "kid": "k7" }), mac: true, ..honest() }),
        ("another algorithm", Fake { header: json!({ "alg": "RS256", "kid": "k7" }), ..honest() }),
        ("another key", Fake { seed: 8, ..honest() }),
        ("a key that nobody published", Fake { seed: 8, header: json!({ "alg": "ES256", "kid": "k8" }), ..honest() }),
        ("another subject", Fake { tamper: true, ..honest() }),
        ("no ID token", Fake { no_token: true, ..honest() }),
    ];
    for (name, lie) in lies {
        let said = finish(lie, &kept, &callback(&plain)).0;
        assert!(matches!(said, Err(OidcError::Claims(_))), "{name}: {said:?}");
    }
    let posing = Fake { metadata: json!({ "issuer": "https://evil.example" }), ..honest() };
    assert!(matches!(finish(posing, &kept, &callback(&plain)).0, Err(OidcError::Provider(_))));
}

#[test]
fn an_answer_to_another_question_never_reaches_the_provider() {
    let (_, kept, plain) = pending();
    let good = callback(&plain);
    let bad = [
        Callback { state: Some("x".into()), ..good.clone() },
        Callback { state: None, ..good.clone() },
        Callback { state: Some(String::new()), ..good.clone() },
        Callback { code: None, ..good.clone() },
        Callback { iss: Some("https://evil.example".into()), ..good.clone() },
        Callback { error: Some("access_denied".into()), ..good.clone() },
    ];
    for callback in bad {
        let (said, asked) = finish(Fake::honest(&plain), &kept, &callback);
        assert!(matches!(said, Err(OidcError::Other(_) | OidcError::Refused(_))), "{callback:?}: {said:?}");
        assert!(!asked.iter().any(|a| a.starts_with("/token")), "{callback:?}");
    }
    let iss = Callback { iss: Some(ISSUER.into()), ..good };
    assert!(finish(Fake::honest(&plain), &kept, &iss).0.is_ok());
}

#[test]
fn addresses_are_https_or_on_this_machine() {
    let back = "https://grc.example.org/back";
    for issuer in ["http://id.example.org", "id.example.org", "ftp://id.example.org", "https://id.example.org?x", ""] {
        assert!(ProviderSettings::new(issuer, "a", None, back).is_err(), "{issuer}");
    }
    assert!(ProviderSettings::new("http://127.0.0.1:9400", "a", None, "http://localhost:8080/back").is_ok());
    assert!(ProviderSettings::new(ISSUER, "a", None, "http://grc.example.org/back").is_err());
    let plain = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        Web::new().unwrap().send(Request::get("http://id.example.org/").body(vec![]).unwrap()).await
    });
    assert!(matches!(plain, Err(HttpError::Plain(_))), "{plain:?}");
}

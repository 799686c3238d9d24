//! An authenticator of the test's.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, Browser};

pub(crate) const ORIGIN: &str = "https://grc.example.org";

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A browser with an authenticator: it signs what it is asked.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) seed: u8,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    pub(crate) origin: &'static str,
}

impl Device {
    pub(crate) fn new(seed: u8) -> Self {
        Self { seed, flags: 0b101, counter: 1, origin: ORIGIN }
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_slice(&[self.seed; 32]).unwrap()
    }

    pub(crate) fn credential(&self) -> Vec<u8> {
        vec![self.seed; 20]
    }

    fn data(&self, attested: bool) -> Vec<u8> {
        let mut data = Sha256::digest(self.origin.split(&['/', ':'][..]).nth(3).unwrap()).to_vec();
        data.push(self.flags | if attested { 0x40 } else { 0 });
        data.extend(self.counter.to_be_bytes());
        if attested {
            data.extend([0; 16]);
            data.extend(20_u16.to_be_bytes());
            data.extend(self.credential());
            let point = self.key().verifying_key().to_sec1_point(false).as_bytes().to_vec();
            let pair = |label: i64, value: Cbor| (Cbor::from(label), value);
            let key = Cbor::Map(vec![
                pair(1, 2.into()),
                pair(3, (-7).into()),
                pair(-1, 1.into()),
                pair(-2, Cbor::Bytes(point[1..33].to_vec())),
                pair(-3, Cbor::Bytes(point[33..].to_vec())),
            ]);
            ciborium::into_writer(&key, &mut data).unwrap();
        }
        data
    }

    fn client(&self, kind: &str, asked: &Value) -> String {
        json!({ "type": kind, "challenge": asked["publicKey"]["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
    }

    pub(crate) fn make(&self, asked: &Value) -> Value {
        let object = Cbor::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Cbor::Map(vec![])),
            ("authData".into(), Cbor::Bytes(self.data(true))),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        let id = b64(self.credential());
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": b64(self.client("webauthn.create", asked)), "attestationObject": b64(bytes) } })
    }

    pub(crate) fn prove(&mut self, asked: &Value, user: &str) -> Value {
        self.counter += 1;
        let (data, client) = (self.data(false), self.client("webauthn.get", asked));
        let signature: Signature = self.key().sign(&[data.as_slice(), &Sha256::digest(&client)].concat());
        let id = b64(self.credential());
        json!({ "id": id, "rawId": id, "type": "public-key", "response": { "clientDataJSON": b64(client),
            "authenticatorData": b64(data), "signature": b64(signature.to_der().as_bytes()), "userHandle": b64(user) } })
    }
}

pub(crate) async fn make(who: &Browser, device: &Device) -> Answer {
    let begun = who.send("POST", "/api/v1/account/passkeys/begin", None, &[]).await.is(200).json;
    let credential = device.make(&begun);
    who.post("/api/v1/account/passkeys", json!({ "step": begun["step"], "name": "key", "credential": credential }))
        .await
}

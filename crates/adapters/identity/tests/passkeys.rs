//! Passkeys against the specification's own vectors, and against an authenticator of the test's that lies.
#![cfg(feature = "passkeys")]
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use attesta_identity::passkey::{
    AssertionAnswer, Challenge, Passkey, PasskeyError, PasskeyKey, Proven, RelyingParty, Verification,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use ed25519_dalek::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn challenge(bytes: &[u8]) -> Challenge {
    Challenge::from_bytes(bytes.try_into().unwrap())
}

fn party() -> RelyingParty {
    RelyingParty::new("example.org", "Example", ["https://example.org".to_owned()]).unwrap()
}

/// Web Authentication, level 3, section 16: "ES256 credential with no attestation".
mod w3c {
    pub(super) const CREDENTIAL: &str = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
    pub(super) const CREATE_CHALLENGE: &str = "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130";
    pub(super) const CREATE_CLIENT: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
    pub(super) const ATTESTATION: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
    pub(super) const GET_CHALLENGE: &str = "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408";
    pub(super) const GET_CLIENT: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a6368587961763031416722 2c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
    pub(super) const AUTHENTICATOR: &str = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
    pub(super) const SIGNATURE: &str = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";
}

#[test]
fn the_vectors_of_the_specification_are_verified() {
    let registration = json!({
        "id": b64(hex(w3c::CREDENTIAL)), "rawId": b64(hex(w3c::CREDENTIAL)), "type": "public-key",
        "response": { "clientDataJSON": b64(hex(w3c::CREATE_CLIENT)), "attestationObject": b64(hex(w3c::ATTESTATION)) },
    });
    let asked = challenge(&hex(w3c::CREATE_CHALLENGE));
    let passkey = party().register(&asked, "acc_1", Verification::Preferred, &registration.to_string()).unwrap();
    assert_eq!(passkey.credential, hex(w3c::CREDENTIAL));
    assert!(passkey.can_be_copied && passkey.is_copied);
    assert_eq!(Passkey::from_stored(&passkey.to_stored().unwrap()).unwrap(), passkey);

    let client = w3c::GET_CLIENT.replace(' ', "");
    let assertion = |signature: Vec<u8>| {
        let json = json!({
            "id": b64(hex(w3c::CREDENTIAL)), "rawId": b64(hex(w3c::CREDENTIAL)), "type": "public-key",
            "response": {
                "clientDataJSON": b64(hex(&client)), "authenticatorData": b64(hex(w3c::AUTHENTICATOR)),
                "signature": b64(signature), "userHandle": null,
            },
        });
        let answer = AssertionAnswer::read(&json.to_string()).unwrap();
        party().prove(&challenge(&hex(w3c::GET_CHALLENGE)), &passkey, Verification::Preferred, &answer)
    };
    let proven = assertion(hex(w3c::SIGNATURE)).unwrap();
    assert!(!proven.verified, "the vector's authenticator was only touched");
    for bit in 0..w3c::SIGNATURE.len() * 4 {
        let mut flipped = hex(w3c::SIGNATURE);
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(assertion(flipped).unwrap_err(), PasskeyError::Signature, "bit {bit}");
    }
}

/// An authenticator and a browser, of which every part can be made to lie.
#[derive(Clone)]
struct Device {
    seed: [u8; 32],
    ed: bool,
    flags: u8,
    counter: u32,
    party: &'static str,
    origin: &'static str,
    kind: Option<&'static str>,
    format: &'static str,
    user: Option<&'static str>,
    cross: bool,
    cose: Option<Value>,
    behind: &'static [u8],
    other_key: bool,
}

const CREDENTIAL: [u8; 20] = [9; 20];

impl Device {
    fn new(ed: bool) -> Self {
        Self {
            seed: [7; 32],
            ed,
            flags: 0b101,
            counter: 5,
            party: "example.org",
            origin: "https://example.org",
            kind: None,
            format: "none",
            user: Some("acc_1"),
            cross: false,
            cose: None,
            behind: &[],
            other_key: false,
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let seed = if self.other_key { [8; 32] } else { self.seed };
        if self.ed {
            return ed25519_dalek::SigningKey::from_bytes(&seed).sign(message).to_bytes().to_vec();
        }
        let signature: Signature = SigningKey::from_slice(&seed).unwrap().sign(message);
        signature.to_der().as_bytes().to_vec()
    }

    fn key(&self) -> Value {
        let pair = |label: i64, value: Value| (Value::from(label), value);
        if self.ed {
            let key = ed25519_dalek::SigningKey::from_bytes(&self.seed).verifying_key().to_bytes().to_vec();
            let pairs = [(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, Value::Bytes(key))];
            return Value::Map(pairs.map(|(l, v)| pair(l, v)).into());
        }
        let point =
            SigningKey::from_slice(&self.seed).unwrap().verifying_key().to_sec1_point(false).as_bytes().to_vec();
        let (x, y) = (point[1..33].to_vec(), point[33..].to_vec());
        let pairs = [(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, Value::Bytes(x)), (-3, Value::Bytes(y))];
        Value::Map(pairs.map(|(l, v)| pair(l, v)).into())
    }

    fn data(&self, attested: bool) -> Vec<u8> {
        let mut data = Sha256::digest(self.party).to_vec();
        data.push(self.flags | if attested { 0x40 } else { 0 });
        data.extend(self.counter.to_be_bytes());
        if attested {
            data.extend([0; 16]);
            data.extend(u16::try_from(CREDENTIAL.len()).unwrap().to_be_bytes());
            data.extend(CREDENTIAL);
            ciborium::into_writer(&self.cose.clone().unwrap_or_else(|| self.key()), &mut data).unwrap();
        }
        data.extend(self.behind);
        data
    }

    fn client(&self, kind: &str, challenge: &Challenge) -> String {
        let kind = self.kind.unwrap_or(kind);
        let challenge = b64(challenge.as_bytes());
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross }).to_string()
    }

    fn make(&self, challenge: &Challenge) -> String {
        let (data, client) = (self.data(true), self.client("webauthn.create", challenge));
        let statement = match self.format {
            "packed" => {
                let signature = self.sign(&[data.as_slice(), &Sha256::digest(&client)].concat());
                let alg = if self.ed { -8 } else { -7 };
                vec![("alg".into(), Value::from(alg)), ("sig".into(), Value::Bytes(signature))]
            }
            "none-but" => vec![("x".into(), Value::from(1))],
            _ => vec![],
        };
        let format = if self.format == "none-but" { "none" } else { self.format };
        let object = Value::Map(vec![
            ("fmt".into(), format.into()),
            ("attStmt".into(), Value::Map(statement)),
            ("authData".into(), Value::Bytes(data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        json!({ "id": b64(CREDENTIAL), "rawId": b64(CREDENTIAL), "type": "public-key",
            "response": { "clientDataJSON": b64(client), "attestationObject": b64(bytes) } })
        .to_string()
    }

    fn prove(&self, challenge: &Challenge) -> String {
        let (data, client) = (self.data(false), self.client("webauthn.get", challenge));
        let signature = self.sign(&[data.as_slice(), &Sha256::digest(&client)].concat());
        json!({ "id": b64(CREDENTIAL), "rawId": b64(CREDENTIAL), "type": "public-key",
            "response": { "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
                "userHandle": self.user.map(b64) } })
        .to_string()
    }
}

fn asked() -> Challenge {
    challenge(&[3; 32])
}

fn register(device: &Device) -> Result<Passkey, PasskeyError> {
    party().register(&asked(), "acc_1", Verification::Required, &device.make(&asked()))
}

fn prove(passkey: &Passkey, device: &Device) -> Result<Proven, PasskeyError> {
    let answer = AssertionAnswer::read(&device.prove(&asked()))?;
    party().prove(&asked(), passkey, Verification::Required, &answer)
}

#[test]
fn both_algorithms_and_self_attestation_are_taken() {
    for ed in [false, true] {
        for format in ["none", "packed"] {
            let device = Device { format, ..Device::new(ed) };
            let passkey = register(&device).unwrap();
            assert_eq!(matches!(passkey.key, PasskeyKey::Ed25519(_)), ed);
            let proven = prove(&passkey, &Device { counter: 6, ..device.clone() }).unwrap();
            assert!(proven.verified);
            assert_eq!(proven.passkey.counter, 6);
            let nameless = Device { counter: 6, user: None, ..device };
            assert!(prove(&passkey, &nameless).is_ok(), "a user handle may be missing");
        }
    }
}

#[test]
fn every_lie_at_registration_is_refused() {
    type Lie = fn(Device) -> Device;
    let off_curve = Value::Map(vec![
        (1.into(), 2.into()),
        (3.into(), (-7).into()),
        ((-1).into(), 1.into()),
        ((-2).into(), Value::Bytes(vec![1; 32])),
        ((-3).into(), Value::Bytes(vec![1; 32])),
    ]);
    let rsa = Value::Map(vec![(1.into(), 3.into()), (3.into(), (-257).into())]);
    let weak = Value::Map(vec![
        (1.into(), 1.into()),
        (3.into(), (-8).into()),
        ((-1).into(), 6.into()),
        ((-2).into(), Value::Bytes([&[1_u8][..], &[0; 31]].concat())),
    ]);
    let lies: [(&str, Lie); 10] = [
        ("another page", |d| Device { origin: "https://example.org.evil.example", ..d }),
        ("http", |d| Device { origin: "http://example.org", ..d }),
        ("another domain", |d| Device { party: "evil.example", ..d }),
        ("an assertion", |d| Device { kind: Some("webauthn.get"), ..d }),
        ("not touched", |d| Device { flags: 0b100, ..d }),
        ("not verified", |d| Device { flags: 0b001, ..d }),
        ("copied and cannot be", |d| Device { flags: 0b10101, ..d }),
        ("in a frame", |d| Device { cross: true, ..d }),
        ("something behind", |d| Device { behind: &[0], ..d }),
        ("extensions promised", |d| Device { flags: 0b1000_0101, ..d }),
    ];
    for (name, lie) in lies {
        assert!(register(&lie(Device::new(false))).is_err(), "{name}");
    }
    for format in ["none-but", "fido-u2f", "tpm", ""] {
        assert!(register(&Device { format, ..Device::new(false) }).is_err(), "{format}");
    }
    for (ed, cose) in [(false, off_curve), (false, rsa), (true, weak), (false, Value::from(1))] {
        assert!(register(&Device { cose: Some(cose), ..Device::new(ed) }).is_err());
    }
    let forged = Device { format: "packed", other_key: true, ..Device::new(false) };
    assert_eq!(register(&forged).unwrap_err(), PasskeyError::Signature);
    let other = challenge(&[4; 32]);
    let made = Device::new(false).make(&other);
    let said = party().register(&asked(), "acc_1", Verification::Required, &made);
    assert_eq!(said.unwrap_err(), PasskeyError::Other("the challenge differs"));
}

#[test]
fn every_lie_at_sign_in_is_refused() {
    for ed in [false, true] {
        let device = Device { counter: 6, ..Device::new(ed) };
        let passkey = register(&Device::new(ed)).unwrap();
        let refused = |device: Device| prove(&passkey, &device).unwrap_err();
        assert_eq!(refused(Device { other_key: true, ..device.clone() }), PasskeyError::Signature);
        assert_eq!(refused(Device { counter: 5, ..device.clone() }), PasskeyError::Counter { stored: 5, said: 5 });
        assert_eq!(refused(Device { counter: 0, ..device.clone() }), PasskeyError::Counter { stored: 5, said: 0 });
        assert!(matches!(refused(Device { user: Some("acc_2"), ..device.clone() }), PasskeyError::Other(_)));
        assert!(matches!(
            refused(Device { origin: "https://evil.example", ..device.clone() }),
            PasskeyError::Origin(_)
        ));
        assert!(matches!(refused(Device { party: "evil.example", ..device.clone() }), PasskeyError::Other(_)));
        assert!(matches!(refused(Device { kind: Some("webauthn.create"), ..device.clone() }), PasskeyError::Other(_)));
        assert!(matches!(refused(Device { flags: 0b100, ..device.clone() }), PasskeyError::Person(_)));
        assert!(matches!(refused(Device { flags: 0b001, ..device.clone() }), PasskeyError::Person(_)));
        assert!(
            matches!(refused(Device { flags: 0b1101, ..device.clone() }), PasskeyError::Form(_)),
            "can be copied now"
        );
        assert!(matches!(refused(Device { cross: true, ..device.clone() }), PasskeyError::Other(_)));
        assert!(matches!(refused(Device { behind: &[1], ..device.clone() }), PasskeyError::Form(_)));
        let mut other = passkey.clone();
        other.credential = vec![1];
        assert!(matches!(prove(&other, &device).unwrap_err(), PasskeyError::Other(_)));
        let replayed = AssertionAnswer::read(&device.prove(&asked())).unwrap();
        let said = party().prove(&challenge(&[4; 32]), &passkey, Verification::Required, &replayed);
        assert_eq!(said.unwrap_err(), PasskeyError::Other("the challenge differs"));
    }
    // An authenticator that never counts is taken every time.
    let quiet = Device { counter: 0, ..Device::new(false) };
    let passkey = register(&quiet).unwrap();
    assert!(prove(&passkey, &quiet).is_ok() && prove(&passkey, &quiet).is_ok());
}

#[test]
fn a_flipped_bit_anywhere_in_an_answer_is_refused() {
    let passkey = register(&Device::new(false)).unwrap();
    let good: serde_json::Value =
        serde_json::from_str(&Device { counter: 6, ..Device::new(false) }.prove(&asked())).unwrap();
    let mut tried = 0;
    for field in ["clientDataJSON", "authenticatorData", "signature"] {
        let bytes = URL_SAFE_NO_PAD.decode(good["response"][field].as_str().unwrap()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut bad = good.clone();
            bad["response"][field] = b64(flipped).into();
            let said = AssertionAnswer::read(&bad.to_string())
                .and_then(|a| party().prove(&asked(), &passkey, Verification::Required, &a));
            assert!(said.is_err(), "{field}, bit {bit}");
            tried += 1;
        }
    }
    assert!(tried > 1500, "{tried}");
}

#[test]
fn pages_must_belong_to_the_domain() {
    let new = |id: &str, origin: &str| RelyingParty::new(id, "x", [origin.to_owned()]);
    for (id, good) in [
        ("example.org", "https://example.org"),
        ("example.org", "https://grc.example.org:8443"),
        ("localhost", "http://localhost:8080"),
    ] {
        assert!(new(id, good).is_ok(), "{good}");
    }
    for bad in [
        "http://example.org",
        "https://badexample.org",
        "https://example.org/",
        "example.org",
        "https://example.org:x",
        "",
    ] {
        assert!(new("example.org", bad).is_err(), "{bad}");
    }
    assert!(RelyingParty::new("example.org", "x", []).is_err());
    assert!(new("", "https://").is_err());
}

#[test]
fn a_browser_is_asked_for_what_we_can_verify() {
    let passkey = register(&Device::new(false)).unwrap();
    let ask = party().ask_to_register(&asked(), "acc_1", "ann", std::slice::from_ref(&passkey), Verification::Required);
    assert_eq!(ask["pubKeyCredParams"], json!([{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -8}]));
    assert_eq!(ask["attestation"], "none");
    assert_eq!(ask["excludeCredentials"][0]["id"], b64(CREDENTIAL));
    let ask = party().ask_to_prove(&asked(), &[], Verification::Required);
    assert_eq!((&ask["rpId"], &ask["allowCredentials"]), (&json!("example.org"), &json!([])));
}

proptest::proptest! {
    #[test]
    fn no_answer_makes_the_reader_stop(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), text in "\\PC{0,80}") {
        let _ = AssertionAnswer::read(&text);
        let client = Device::new(false).client("webauthn.create", &asked());
        let json = json!({ "id": b64(CREDENTIAL), "rawId": b64(CREDENTIAL), "type": "public-key",
            "response": { "clientDataJSON": b64(client), "attestationObject": b64(&bytes) } });
        proptest::prop_assert!(party().register(&asked(), "a", Verification::Required, &json.to_string()).is_err());
    }
}

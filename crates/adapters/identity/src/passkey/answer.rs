//! What a browser answers, taken apart: the JSON of `PublicKeyCredential.toJSON()`, the client's data, the
//! authenticator's data.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use serde::Deserialize;

use super::PasskeyError;

/// Answers have one to four kilobytes.
const MOST_BYTES: usize = 64 << 10;
/// Attestation objects nest three deep.
const MOST_DEPTH: usize = 8;
const MOST_CREDENTIAL: usize = 1023;

/// An answer by which somebody proves to hold a passkey. It names the passkey, so that a store can find it.
#[derive(Debug, Clone)]
pub struct AssertionAnswer {
    pub(super) credential: Vec<u8>,
    pub(super) client: Vec<u8>,
    pub(super) authenticator: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) user: Option<String>,
}

impl AssertionAnswer {
    /// Reads the JSON of an answer; nothing of it is believed yet.
    pub fn read(json: &str) -> Result<Self, PasskeyError> {
        let answer: Wire<WireAssertion> = read_json(json)?;
        let credential = answer.credential()?;
        let user = answer.response.user_handle.as_deref().filter(|h| !h.is_empty()).map(base64url).transpose()?;
        let user = user.map(String::from_utf8).transpose();
        Ok(Self {
            credential,
            client: base64url(&answer.response.client)?,
            authenticator: base64url(&answer.response.authenticator)?,
            signature: base64url(&answer.response.signature)?,
            user: user.map_err(|_| PasskeyError::Form("the user handle is not ours"))?,
        })
    }

    /// Which passkey it names.
    pub fn credential(&self) -> &[u8] {
        &self.credential
    }
}

/// An answer by which somebody makes a passkey.
pub(super) struct RegistrationAnswer {
    pub(super) credential: Vec<u8>,
    pub(super) client: Vec<u8>,
    pub(super) attestation: Vec<u8>,
}

impl RegistrationAnswer {
    pub(super) fn read(json: &str) -> Result<Self, PasskeyError> {
        let answer: Wire<WireRegistration> = read_json(json)?;
        Ok(Self {
            credential: answer.credential()?,
            client: base64url(&answer.response.client)?,
            attestation: base64url(&answer.response.attestation)?,
        })
    }
}

/// Browsers may add fields, so unknown ones are left alone.
#[derive(Deserialize)]
struct Wire<R> {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: R,
}

#[derive(Deserialize)]
struct WireRegistration {
    #[serde(rename = "clientDataJSON")]
    client: String,
    #[serde(rename = "attestationObject")]
    attestation: String,
}

#[derive(Deserialize)]
struct WireAssertion {
    #[serde(rename = "clientDataJSON")]
    client: String,
    #[serde(rename = "authenticatorData")]
    authenticator: String,
    signature: String,
    #[serde(rename = "userHandle")]
    user_handle: Option<String>,
}

impl<R> Wire<R> {
    fn credential(&self) -> Result<Vec<u8>, PasskeyError> {
        if self.kind != "public-key" {
            return Err(PasskeyError::Form("it is not a `public-key`"));
        }
        let (id, raw) = (base64url(&self.id)?, base64url(&self.raw_id)?);
        if id != raw || id.is_empty() || id.len() > MOST_CREDENTIAL {
            return Err(PasskeyError::Form("`id` and `rawId` do not name one passkey"));
        }
        Ok(id)
    }
}

fn read_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, PasskeyError> {
    if json.len() > MOST_BYTES {
        return Err(PasskeyError::Form("it is longer than any answer"));
    }
    serde_json::from_str(json).map_err(|_| PasskeyError::Form("it is not the JSON of a credential"))
}

fn base64url(text: &str) -> Result<Vec<u8>, PasskeyError> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| PasskeyError::Form("a part of it is not base64url"))
}

/// What the browser says of the question and the page (`CollectedClientData`).
#[derive(Deserialize)]
pub(super) struct ClientData {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) challenge: String,
    pub(super) origin: String,
    #[serde(default, rename = "crossOrigin")]
    pub(super) cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    pub(super) top_origin: Option<String>,
}

impl ClientData {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PasskeyError> {
        serde_json::from_slice(bytes).map_err(|_| PasskeyError::Form("the client's data is not JSON"))
    }
}

/// What the authenticator says (WebAuthn 6.1).
pub(super) struct AuthenticatorData {
    pub(super) party: [u8; 32],
    flags: u8,
    pub(super) counter: u32,
    pub(super) attested: Option<Attested>,
}

/// A new passkey.
pub(super) struct Attested {
    pub(super) credential: Vec<u8>,
    pub(super) key: Value,
}

impl AuthenticatorData {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PasskeyError> {
        let mut rest = bytes;
        let party = *take::<32>(&mut rest)?;
        let [flags] = *take::<1>(&mut rest)?;
        let counter = u32::from_be_bytes(*take::<4>(&mut rest)?);
        let mut data = Self { party, flags, counter, attested: None };
        if data.has(6) {
            take::<16>(&mut rest)?;
            let length = usize::from(u16::from_be_bytes(*take::<2>(&mut rest)?));
            let (credential, after) = rest.split_at_checked(length).ok_or(SHORT)?;
            rest = after;
            data.attested = Some(Attested { credential: credential.to_vec(), key: cbor(&mut rest)? });
        }
        if data.has(7) && !matches!(cbor(&mut rest)?, Value::Map(_)) {
            return Err(PasskeyError::Form("the extensions are not a map"));
        }
        match rest.is_empty() {
            true => Ok(data),
            false => Err(PasskeyError::Form("something stands behind the authenticator's data")),
        }
    }

    fn has(&self, bit: u8) -> bool {
        self.flags >> bit & 1 == 1
    }

    pub(super) fn is_present(&self) -> bool {
        self.has(0)
    }

    pub(super) fn is_verified(&self) -> bool {
        self.has(2)
    }

    pub(super) fn can_be_copied(&self) -> bool {
        self.has(3)
    }

    pub(super) fn is_copied(&self) -> bool {
        self.has(4)
    }
}

const SHORT: PasskeyError = PasskeyError::Form("the authenticator's data is cut off");

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], PasskeyError> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(SHORT)?;
    *rest = after;
    Ok(taken)
}

/// One CBOR item from the beginning of the bytes.
pub(super) fn cbor(rest: &mut &[u8]) -> Result<Value, PasskeyError> {
    ciborium::de::from_reader_with_recursion_limit(rest, MOST_DEPTH)
        .map_err(|_| PasskeyError::Form("a part of it is not CBOR"))
}

/// The one value under a key; a key that stands twice has none.
pub(super) fn entry<'a>(map: &'a [(Value, Value)], key: &Value) -> Option<&'a Value> {
    let mut found = map.iter().filter(|(k, _)| k == key);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

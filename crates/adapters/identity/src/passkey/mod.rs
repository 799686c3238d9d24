//! Passkeys (WebAuthn, level 3): what a browser is asked, and whether what it answers is true.
//!
//! `none` and self attestation, ES256 and Ed25519. Which make of authenticator somebody has is not asked. A challenge is
//! used once and soon: keeping it until then, and forgetting it, is the server's.

mod answer;
mod ask;
mod key;
mod verify;

use std::{collections::BTreeSet, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::{Chance, NoChance, chance::draw};

pub use answer::AssertionAnswer;
pub use key::PasskeyKey;

/// Whose passkeys they are: a domain, and the origins of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    name: String,
    origins: BTreeSet<String>,
}

/// Whether the authenticator must know its owner (by finger, face or number) or only be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// It must: the passkey then counts as two factors.
    Required,
    /// It may.
    Preferred,
}

/// 32 random bytes that an answer must sign.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

/// A passkey as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// Which one: what a browser names in its answers.
    #[serde(with = "bytes")]
    pub credential: Vec<u8>,
    /// Its public key.
    pub key: PasskeyKey,
    /// Whose: the account's id, as the authenticator keeps it.
    pub user: String,
    /// How often it signed, where it counts at all.
    pub counter: u32,
    /// Whether it may be copied to the person's other devices.
    pub can_be_copied: bool,
    /// Whether it was.
    pub is_copied: bool,
}

/// Somebody who proved to hold a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The passkey as it must be stored now: its counter and whether it is copied.
    pub passkey: Passkey,
    /// Whether the authenticator knew its owner.
    pub verified: bool,
}

/// The answer is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// It cannot be read.
    #[error("the browser's answer cannot be read: {0}")]
    Form(&'static str),
    /// It answers another question.
    #[error("the browser answered another question ({0}); begin again")]
    Other(&'static str),
    /// The page is not ours.
    #[error("the passkey was used on `{0}`, which is not a page of this server; add it to the origins if it is")]
    Origin(String),
    /// Nobody touched the authenticator, or it did not know its owner.
    #[error("the authenticator says that {0}; try again")]
    Person(&'static str),
    /// A kind of key or attestation that is not taken.
    #[error("the authenticator uses {0}, which is not taken; use another one")]
    Unsupported(&'static str),
    /// The signature is not of this key.
    #[error("the signature is not of this passkey")]
    Signature,
    /// It signed fewer times than it did before: there may be a copy.
    #[error(
        "the passkey's counter went back from {stored} to {said}: there may be a copy of it; remove it and make a new one"
    )]
    Counter {
        /// What is stored.
        stored: u32,
        /// What it says.
        said: u32,
    },
    /// The domain and the pages do not belong together.
    #[error(
        "`{0}` is not a page of the domain; write `https://`, the domain (or one below it) and a port where there is one"
    )]
    Page(String),
}

impl RelyingParty {
    /// A domain and its pages' origins. Each must be `https` and on the domain or below it; `http://localhost` will do to
    /// try things out.
    pub fn new(id: &str, name: &str, origins: impl IntoIterator<Item = String>) -> Result<Self, PasskeyError> {
        let plain = |host: &str| {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        };
        if !plain(id) {
            return Err(PasskeyError::Page(id.to_owned()));
        }
        let origins: BTreeSet<String> = origins.into_iter().collect();
        for origin in &origins {
            let (secure, rest) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
                (Some(rest), _) => (true, rest),
                (None, Some(rest)) => (false, rest),
                (None, None) => return Err(PasskeyError::Page(origin.clone())),
            };
            let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
            let port_fits = port.is_none_or(|p| p.parse::<u16>().is_ok());
            let host_fits = host == id || host.strip_suffix(id).is_some_and(|before| before.ends_with('.'));
            if !plain(host) || !port_fits || !host_fits || !(secure || host == "localhost") {
                return Err(PasskeyError::Page(origin.clone()));
            }
        }
        match origins.is_empty() {
            true => Err(PasskeyError::Page(id.to_owned())),
            false => Ok(Self { id: id.to_owned(), name: name.to_owned(), origins }),
        }
    }
}

impl Challenge {
    /// A new one.
    pub fn draw(chance: &mut dyn Chance) -> Result<Self, NoChance> {
        draw(chance).map(Self)
    }

    /// One that was kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be kept until the answer comes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn is(&self, text: &str) -> bool {
        self.text().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(…)")
    }
}

impl Passkey {
    /// One line of JSON, to be stored.
    pub fn to_stored(&self) -> Result<String, PasskeyError> {
        serde_json::to_string(self).map_err(|_| PasskeyError::Form("it could not be written"))
    }

    /// A passkey that was stored.
    pub fn from_stored(text: &str) -> Result<Self, PasskeyError> {
        serde_json::from_str(text).map_err(|_| PasskeyError::Form("what is stored is not a passkey"))
    }
}

/// Bytes as base64url in JSON.
mod bytes {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        URL_SAFE_NO_PAD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

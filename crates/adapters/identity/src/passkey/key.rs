use ciborium::Value;
use ed25519_dalek::VerifyingKey as EdKey;
use p256::ecdsa::{Signature as EcSignature, VerifyingKey as EcKey, signature::Verifier as _};
use serde::{Deserialize, Serialize};

use super::{PasskeyError, answer::entry, bytes};

/// A passkey's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasskeyKey {
    /// ECDSA on P-256 with SHA-256: an uncompressed point.
    Es256(#[serde(with = "bytes")] Vec<u8>),
    /// Ed25519.
    Ed25519(#[serde(with = "bytes")] Vec<u8>),
}

const ES256: i64 = -7;
const EDDSA: i64 = -8;

impl PasskeyKey {
    /// COSE's numbers of the algorithms, the one that everything knows first.
    pub(super) const ALGORITHMS: [i64; 2] = [ES256, EDDSA];

    /// COSE's number of its algorithm.
    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::Ed25519(_) => EDDSA,
        }
    }

    /// A key as COSE writes it (RFC 9053): a point that is not on its curve is no key.
    pub(super) fn from_cose(cose: &Value) -> Result<Self, PasskeyError> {
        let Value::Map(map) = cose else { return Err(PasskeyError::Form("the key is not a map")) };
        let number = |label: i64| {
            entry(map, &Value::from(label)).and_then(Value::as_integer).and_then(|n| i64::try_from(n).ok())
        };
        let coordinate = |label: i64| {
            let bytes = entry(map, &Value::from(label)).and_then(Value::as_bytes).filter(|b| b.len() == 32);
            bytes.map(Vec::as_slice).ok_or(PasskeyError::Form("the key lacks a coordinate"))
        };
        match (number(1), number(3), number(-1)) {
            (Some(2), Some(ES256), Some(1)) => {
                let point = [&[4], coordinate(-2)?, coordinate(-3)?].concat();
                EcKey::from_sec1_bytes(&point).map_err(|_| PasskeyError::Form("the key is not on its curve"))?;
                Ok(Self::Es256(point))
            }
            (Some(1), Some(EDDSA), Some(6)) => {
                let key = coordinate(-2)?.to_vec();
                ed_key(&key)?;
                Ok(Self::Ed25519(key))
            }
            _ => Err(PasskeyError::Unsupported("a key that is neither ES256 nor Ed25519")),
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), PasskeyError> {
        let wrong = |_| PasskeyError::Signature;
        match self {
            Self::Es256(point) => {
                let key = EcKey::from_sec1_bytes(point).map_err(wrong)?;
                key.verify(message, &EcSignature::from_der(signature).map_err(wrong)?).map_err(wrong)
            }
            Self::Ed25519(key) => {
                let signature = ed25519_dalek::Signature::from_slice(signature).map_err(wrong)?;
                ed_key(key)?.verify_strict(message, &signature).map_err(wrong)
            }
        }
    }
}

fn ed_key(bytes: &[u8]) -> Result<EdKey, PasskeyError> {
    let wrong = PasskeyError::Form("the key is not on its curve");
    let key = <&[u8; 32]>::try_from(bytes).ok().and_then(|b| EdKey::from_bytes(b).ok());
    key.filter(|k| !k.is_weak()).ok_or(wrong)
}

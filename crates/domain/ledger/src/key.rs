use std::{fmt, str::FromStr};

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::hash::{from_base64, to_base64};

/// Ed25519 as signed-note defines it.
pub(crate) const ED25519: u8 = 1;
/// Timestamped Ed25519 of a witness, as tlog-cosignature defines it.
pub(crate) const COSIGNATURE: u8 = 4;

/// Who a log is: the first line of its checkpoints and the name of its key, e.g. `attesta.example.com/acme`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Box<str>);

/// The text cannot be an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an origin; write a name without blanks and without `+`, at most 200 bytes, like a web address \
     without its scheme: `attesta.example.com/acme`"
)]
pub struct OriginError(pub String);

impl Origin {
    /// The origin as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // signed-note: no Unicode spaces, no plus; control characters may stand in no note.
        let fits =
            (1..=200).contains(&text.len()) && !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
        if fits { Ok(Self(text.into())) } else { Err(OriginError(text.chars().take(80).collect())) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It has another shape.
    #[error("it is not a verifier key: a name, `+`, eight hexadecimal digits, `+`, base64")]
    Shape,
    /// It has another shape.
    #[error("it is not a signing key")]
    NotSigning,
    /// The key id does not belong to the name and the key: something was changed.
    #[error("its key id does not belong to its name and key")]
    Id,
    /// A kind of key that we cannot use here.
    #[error("its algorithm is number {0}, and only {1} is known here")]
    Algorithm(u8, u8),
    /// No point of the curve.
    #[error("it is not a point of the Ed25519 curve, or a weak one")]
    Point,
}

/// The first four bytes of the digest of name, algorithm and key (signed-note).
pub(crate) fn key_id(name: &Origin, algorithm: u8, key: &[u8; 32]) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_str().as_bytes());
    hasher.update([b'\n', algorithm]);
    hasher.update(key);
    let digest: [u8; 32] = hasher.finalize().into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

/// A name with a public key: what somebody must have from elsewhere to verify anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    pub(crate) name: Origin,
    pub(crate) id: [u8; 4],
    pub(crate) key: VerifyingKey,
    algorithm: u8,
}

impl VerifierKey {
    /// Whose key it is.
    pub fn name(&self) -> &Origin {
        &self.name
    }

    pub(crate) fn parse(text: &str, algorithm: u8) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Shape);
        };
        let name: Origin = name.parse().map_err(|_| KeyError::Shape)?;
        let bytes = from_base64(encoded).ok_or(KeyError::Shape)?;
        let (found, key) = bytes.split_first().ok_or(KeyError::Shape)?;
        let key: &[u8; 32] = match key.try_into() {
            Ok(key) if *found == algorithm => key,
            Ok(_) => return Err(KeyError::Algorithm(*found, algorithm)),
            Err(_) if *found != algorithm => return Err(KeyError::Algorithm(*found, algorithm)),
            Err(_) => return Err(KeyError::Shape),
        };
        let own = key_id(&name, algorithm, key);
        if id != hex4(own) {
            return Err(if id.len() == 8 { KeyError::Id } else { KeyError::Shape });
        }
        let key = VerifyingKey::from_bytes(key).map_err(|_| KeyError::Point)?;
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        Ok(Self { name, id: own, key, algorithm })
    }

    /// Whether `signature` is this key's over `message`. Strict: no small-order tricks, one signature per message.
    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verify_strict(message, &signature).is_ok()
    }
}

pub(crate) fn hex4(id: [u8; 4]) -> String {
    crate::hash::to_hex(&id)
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, ED25519)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.algorithm];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex4(self.id), to_base64(&bytes))
    }
}

/// The log's own key. Its text is that of Go's `sumdb/note`: `PRIVATE+KEY+name+id+base64`; keep it secret.
#[derive(Clone)]
pub struct SigningKey {
    name: Origin,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key of a log, from 32 random bytes.
    pub fn from_seed(name: Origin, seed: &[u8; 32]) -> Self {
        Self { name, key: ed25519_dalek::SigningKey::from_bytes(seed) }
    }

    /// What others verify with.
    pub fn verifier(&self) -> VerifierKey {
        self.verifier_as(ED25519)
    }

    pub(crate) fn verifier_as(&self, algorithm: u8) -> VerifierKey {
        let key = self.key.verifying_key();
        VerifierKey { name: self.name.clone(), id: key_id(&self.name, algorithm, key.as_bytes()), key, algorithm }
    }

    /// Whose key it is.
    pub fn name(&self) -> &Origin {
        &self.name
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The secret text, for the one file that holds it.
    pub fn to_secret_text(&self) -> String {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        format!("PRIVATE+KEY+{}+{}+{}", self.name, hex4(self.verifier().id), to_base64(&bytes))
    }

    /// Reads the secret text.
    ///
    /// # Errors
    ///
    /// When it is no signing key, or its key id does not belong to it. The error never repeats the text.
    pub fn from_secret_text(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(KeyError::NotSigning)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::NotSigning);
        };
        let name = name.parse().map_err(|_| KeyError::NotSigning)?;
        let bytes = from_base64(encoded).ok_or(KeyError::NotSigning)?;
        let seed: &[u8; 32] = match bytes.split_first() {
            Some((&ED25519, seed)) => seed.try_into().map_err(|_| KeyError::NotSigning)?,
            _ => return Err(KeyError::NotSigning),
        };
        let key = Self::from_seed(name, seed);
        if id == hex4(key.verifier().id) { Ok(key) } else { Err(KeyError::Id) }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_s_own_example_key_reads_and_writes() {
        // The verifier key of golang.org/x/mod/sumdb/note's documentation.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
    }

    #[test]
    fn a_signing_key_survives_its_text_and_hides_in_debug() {
        let key = SigningKey::from_seed("example.com/log".parse().unwrap(), &[7; 32]);
        let text = key.to_secret_text();
        let again = SigningKey::from_secret_text(&text).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert!(!format!("{key:?}").contains(&text[40..]));
        let tampered = text.replace("log+", "lag+");
        assert_eq!(SigningKey::from_secret_text(&tampered).err(), Some(KeyError::Id));
    }

    #[test]
    fn every_changed_character_of_a_key_is_refused() {
        let text = SigningKey::from_seed("a.example/l".parse().unwrap(), &[1; 32]).verifier().to_string();
        for at in 0..text.len() {
            for new in ["A", "b", "+", "=", "0"] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, new);
                assert!(changed == text || changed.parse::<VerifierKey>().is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn an_origin_has_no_blank_and_no_plus() {
        for bad in ["", "a b", "a+b", "a\nb", "a\u{a0}b", &"x".repeat(201)] {
            assert!(bad.parse::<Origin>().is_err(), "{bad:?}");
        }
    }
}

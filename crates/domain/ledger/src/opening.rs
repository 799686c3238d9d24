use std::{collections::BTreeMap, fmt};

use attesta_kernel::Digest;
use sha2::{Digest as _, Sha256};

use crate::{
    Json,
    hash::{from_base64, from_hex, to_base64, to_hex},
};

/// 32 random bytes that stand between a digest and the log, so that a leaf says nothing to whom it was not opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// These random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From small hexadecimal.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }

    /// Small hexadecimal.
    pub fn to_hex(&self) -> String {
        to_hex(&self.0)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// SHA-256 over a salt and a digest. Both are 32 bytes, so there is one way to take it apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaltedDigest([u8; 32]);

impl SaltedDigest {
    /// Salts a digest.
    pub fn of(salt: &Salt, digest: &Digest) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(salt.0);
        hasher.update(digest.as_bytes());
        Self(hasher.finalize().into())
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

impl fmt::Display for SaltedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&to_hex(&self.0))
    }
}

impl fmt::Debug for SaltedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SaltedDigest({self})")
    }
}

/// What an assessor needs besides the file: the leaf's bytes and the salt of its content. It travels in the `extra` line
/// of a proof file, which C2SP leaves to applications. Nothing in it is trusted: the leaf must be in the tree, and the
/// salt must lead from the file's digest to the leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The leaf as it was logged.
    pub leaf: Vec<u8>,
    /// The salt of the leaf's `content`.
    pub salt: Salt,
}

/// The extra line holds no opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the extra line holds no opening (`attesta.opening/1`)")]
pub struct OpeningError;

impl Opening {
    const SCHEMA: &str = "attesta.opening/1";

    /// Its one byte form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let members = [
            ("leaf", Json::text(to_base64(&self.leaf))),
            ("salt", Json::text(self.salt.to_hex())),
            ("schema", Json::text(Self::SCHEMA)),
        ];
        Json::object(members).to_string().into_bytes()
    }

    /// Reads the one byte form.
    ///
    /// # Errors
    ///
    /// When the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OpeningError> {
        let text = std::str::from_utf8(bytes).map_err(|_| OpeningError)?;
        let Ok(Json::Object(members)) = Json::parse(text) else { return Err(OpeningError) };
        Self::from_members(&members).filter(|opening| opening.to_bytes() == bytes).ok_or(OpeningError)
    }

    fn from_members(members: &BTreeMap<String, Json>) -> Option<Self> {
        let text = |key| match members.get(key) {
            Some(Json::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        Some(Self { leaf: from_base64(text("leaf")?)?, salt: Salt::from_hex(text("salt")?)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_salted_digest_is_sha256_of_salt_and_digest() {
        // python3: sha256(bytes(32) + sha256(b"").digest()).hexdigest()
        let salted = SaltedDigest::of(&Salt::from_bytes([0; 32]), &Digest::of(b""));
        assert_eq!(salted.to_string(), "1c9ecec90e28d2461650418635878a5c91e49f47586ecf75f2b0cbb94e897112");
    }

    #[test]
    fn an_opening_has_one_byte_form() {
        let opening = Opening { leaf: b"{}".to_vec(), salt: Salt::from_bytes([3; 32]) };
        let bytes = opening.to_bytes();
        assert_eq!(Opening::from_bytes(&bytes), Ok(opening));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Opening::from_bytes(&changed) != Opening::from_bytes(&bytes));
        }
        assert_eq!(Opening::from_bytes(b"{}"), Err(OpeningError));
    }
}

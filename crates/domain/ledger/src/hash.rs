use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// A node of the tree: SHA-256 as RFC 6962 section 2.1 hashes, written in base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// The text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not the base64 of 32 bytes")]
pub struct HashError;

impl Hash {
    /// The root of the empty tree.
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The hash of a leaf: 0x00 stands before it, so that no leaf can pass for a node.
    pub fn of_leaf(leaf: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update([0]);
        hasher.update(leaf);
        Self(hasher.finalize().into())
    }

    /// The hash of a node over two others.
    pub fn of_node(left: &Self, right: &Self) -> Self {
        let mut hasher = Sha256::new();
        hasher.update([1]);
        hasher.update(left.0);
        hasher.update(right.0);
        Self(hasher.finalize().into())
    }

    /// These 32 bytes as they are.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&to_base64(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = from_base64(text).ok_or(HashError)?;
        Ok(Self(bytes.try_into().map_err(|_| HashError)?))
    }
}

/// Standard base64 with padding (RFC 4648 section 4).
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes, when the text is their one canonical encoding.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    (to_base64(&bytes) == text).then_some(bytes)
}

/// Small hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// 32 bytes from small hexadecimal, written in the one way that [`to_hex`] writes.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_tree_has_rfc_6962_s_root() {
        assert_eq!(Hash::empty().to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn one_text_for_each_hash() {
        let text = Hash::empty().to_string();
        assert_eq!(text.parse(), Ok(Hash::empty()));
        for bad in [
            text.trim_end_matches('=').to_owned(),
            text.replace("FU=", "FV="),
            text.replace('+', "-"),
            format!("{text}\n"),
            String::new(),
        ] {
            assert_eq!(bad.parse::<Hash>(), Err(HashError), "{bad}");
        }
        let hex = to_hex(Hash::empty().as_bytes());
        assert_eq!(from_hex(&hex), Some(*Hash::empty().as_bytes()));
        assert_eq!(from_hex(&hex.to_uppercase()), None);
    }
}

//! Signatures that a receiver can check: HMAC-SHA256 (RFC 2104) over the time, a dot and the body.

use std::fmt;

use attesta_kernel::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header that holds a signature: `t=<seconds since 1970>,v1=<64 hex digits>`.
pub const SIGNATURE: &str = "Attesta-Signature";

/// No key is shorter, in bytes.
const LEAST: usize = 16;

/// A key that sender and receiver share.
#[derive(Clone)]
pub struct Key(Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has {LEAST} bytes at least; make one with `openssl rand -hex 32`")]
pub struct KeyError;

impl Key {
    /// The key as it is written; white space around it is no part of it.
    ///
    /// # Errors
    ///
    /// When it is too short.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.len() < LEAST { Err(KeyError) } else { Ok(Self(text.as_bytes().to_vec())) }
    }

    fn mac(&self, seconds: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(seconds.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        Some(mac)
    }
}

/// The header's value for a body sent at this time.
pub fn sign(key: &Key, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.as_second();
    let code = key.mac(seconds, body).map(|mac| mac.finalize().into_bytes());
    let hex: String = code.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is not written as it should be.
    #[error("the signature is not of the form `t=…,v1=…`")]
    Form,
    /// It is too old, or from the future: perhaps somebody sends again what they overheard.
    #[error("the signature's time is too far from now")]
    Time,
    /// Another key, or another body.
    #[error("the signature does not fit the body")]
    Wrong,
}

/// What a receiver does: the time is near, and the code fits. Compared in constant time.
///
/// # Errors
///
/// Why it does not hold.
pub fn verify(key: &Key, header: &str, body: &[u8], now: Timestamp, seconds: i64) -> Result<(), SignatureError> {
    let (time, code) = header.split_once(',').ok_or(SignatureError::Form)?;
    let time: i64 = time.strip_prefix("t=").and_then(|t| t.parse().ok()).ok_or(SignatureError::Form)?;
    let code = code.strip_prefix("v1=").and_then(bytes).ok_or(SignatureError::Form)?;
    if now.as_second().abs_diff(time) > seconds.unsigned_abs() {
        return Err(SignatureError::Time);
    }
    let mac = key.mac(time, body).ok_or(SignatureError::Wrong)?;
    mac.verify_slice(&code).map_err(|_| SignatureError::Wrong)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at.saturating_add(2))?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_code_is_what_others_work_out() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        let key = Key::new("0123456789abcdef0123456789abcdef\n").unwrap();
        let header = sign(&key, at(1_700_000_000), br#"{"a":1}"#);
        assert_eq!(header, "t=1700000000,v1=f05f2539e3ae1c49aec5f8cfdad75ef6b06480b133973ffbb7ec9e18827af177");
    }

    #[test]
    fn a_signature_holds_for_its_body_its_key_and_its_time() {
        let key = Key::new("0123456789abcdef").unwrap();
        let header = sign(&key, at(1000), b"body");
        let check = |header: &str, body: &[u8], now| verify(&key, header, body, at(now), 300);
        assert_eq!(check(&header, b"body", 1000), Ok(()));
        assert_eq!(check(&header, b"body", 1300), Ok(()));
        assert_eq!(check(&header, b"body", 700), Ok(()));
        assert_eq!(check(&header, b"body", 1301), Err(SignatureError::Time));
        assert_eq!(check(&header, b"body", 699), Err(SignatureError::Time));
        assert_eq!(check(&header, b"Body", 1000), Err(SignatureError::Wrong));
        assert_eq!(check(&header.replace("t=1000", "t=1001"), b"body", 1000), Err(SignatureError::Wrong));
        let other = Key::new("0123456789abcdeF").unwrap();
        assert_eq!(verify(&other, &header, b"body", at(1000), 300), Err(SignatureError::Wrong));
        for form in ["", "t=1", "t=x,v1=00", "t=1000,v1=0", "t=1000,v1=zz", "v1=00,t=1000"] {
            assert_eq!(check(form, b"body", 1000), Err(SignatureError::Form), "{form}");
        }
    }

    #[test]
    fn keys_are_long_and_never_printed() {
        assert_eq!(Key::new(" short ").unwrap_err(), KeyError);
        assert_eq!(format!("{:?}", Key::new("0123456789abcdef").unwrap()), "Key(..)");
    }
}

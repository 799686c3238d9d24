use std::fmt::Write as _;

use attesta_kernel::Timestamp;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::{Chance, NoChance, chance::draw};

const STEP_SECONDS: u64 = 30;

/// What an authenticator app shares with us (RFC 6238: SHA-1, six digits, 30 seconds, which every app knows).
pub struct TotpSecret(Zeroizing<[u8; 20]>);

/// What a code is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeVerdict {
    /// It is right; store the step, so that it is never taken again.
    Accepted {
        /// The 30 seconds to which it belongs.
        step: u64,
    },
    /// It is right, and it or a later one was used already.
    Replayed,
    /// It is wrong.
    Wrong,
}

/// The secret cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is stored is not a secret of 20 bytes; let the person set up the authenticator again")]
pub struct TotpError;

impl TotpSecret {
    /// A new secret.
    pub fn draw(chance: &mut dyn Chance) -> Result<Self, NoChance> {
        draw(chance).map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// A secret that was unsealed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TotpError> {
        bytes.try_into().map(|bytes| Self(Zeroizing::new(bytes))).map_err(|_| TotpError)
    }

    /// Its bytes, to be sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &*self.0
    }

    /// What an app reads from a picture.
    pub fn enrol_uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent(issuer), percent(account));
        let secret = Secret::from(self.0.to_vec()).to_base32();
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_SECONDS}"
        )
    }

    /// What a code is worth at `now`, one step to either side; `last_used` is the step of the last code that was taken.
    /// Spaces do not count.
    pub fn verify(&self, code: &str, now: Timestamp, last_used: Option<u64>) -> Result<CodeVerdict, TotpError> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).take(8).collect();
        if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(CodeVerdict::Wrong);
        }
        let Ok(seconds) = u64::try_from(now.as_second()) else { return Ok(CodeVerdict::Wrong) };
        let totp = self.totp()?;
        Ok(match totp.check(&code, seconds) {
            Some(step) if last_used.is_some_and(|last| step <= last) => CodeVerdict::Replayed,
            Some(step) => CodeVerdict::Accepted { step },
            None => CodeVerdict::Wrong,
        })
    }

    fn totp(&self) -> Result<Totp, TotpError> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(STEP_SECONDS)
            .with_secret(self.0.to_vec())
            .build()
            .map_err(|_| TotpError)
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

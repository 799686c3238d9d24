use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{Chance, NoChance, chance::draw, secret_token::base32};

const CODES: usize = 10;
const BYTES: usize = 10;
const DIGITS: usize = 16;

/// A code that lets somebody in once, when nothing else is at hand: 80 random bits, shown once.
pub struct RecoveryCode(Zeroizing<String>);

/// What is stored of somebody's recovery codes: digests of those that were not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryCodes {
    unused: Vec<[u8; 32]>,
}

/// What came of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// It was right. Store what is left before anybody is let in.
    Accepted {
        /// The codes without it.
        left: RecoveryCodes,
    },
    /// It was wrong, or used already.
    Wrong,
}

/// What is stored are not recovery codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is stored are not recovery codes; let the person make new ones")]
pub struct RecoveryError;

impl RecoveryCodes {
    /// Ten new codes: to be shown once, and to be stored. `account` is bound into what is stored, so that it is worth
    /// nothing beside another account.
    pub fn draw(account: &str, chance: &mut dyn Chance) -> Result<(Vec<RecoveryCode>, Self), NoChance> {
        let mut codes = Vec::with_capacity(CODES);
        for _ in 0..CODES {
            let bytes = Zeroizing::new(draw::<BYTES>(chance)?);
            codes.push(RecoveryCode(Zeroizing::new(base32(&*bytes))));
        }
        let unused = codes.iter().map(|c| digest(account, &c.0)).collect();
        Ok((codes, Self { unused }))
    }

    /// What came of a code; dashes, spaces and the case of letters do not count.
    pub fn redeem(&self, account: &str, code: &str) -> Redeemed {
        let plain: String = code
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .take(DIGITS + 1)
            .map(|c| match c.to_ascii_lowercase() {
                'i' | 'l' => '1',
                'o' => '0',
                other => other,
            })
            .collect();
        let asked = digest(account, &plain);
        // Every stored digest is compared, so that time does not tell which one it is.
        let (same, unused): (Vec<[u8; 32]>, Vec<[u8; 32]>) =
            self.unused.iter().copied().partition(|d| d.ct_eq(&asked).into());
        if plain.len() == DIGITS && !same.is_empty() {
            Redeemed::Accepted { left: Self { unused } }
        } else {
            Redeemed::Wrong
        }
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.unused.len()
    }

    /// The digests as hexadecimal words, to be stored.
    pub fn to_stored(&self) -> String {
        let words = self.unused.iter().map(|d| d.iter().map(|b| format!("{b:02x}")).collect::<String>());
        words.collect::<Vec<_>>().join(" ")
    }

    /// Codes that were stored.
    pub fn from_stored(text: &str) -> Result<Self, RecoveryError> {
        let mut unused = Vec::new();
        for word in text.split_whitespace() {
            let mut digest = [0_u8; 32];
            if word.len() != 64 || unused.len() >= CODES {
                return Err(RecoveryError);
            }
            for (at, byte) in digest.iter_mut().enumerate() {
                let pair = word.get(at * 2..at * 2 + 2).ok_or(RecoveryError)?;
                *byte = u8::from_str_radix(pair, 16).map_err(|_| RecoveryError)?;
            }
            unused.push(digest);
        }
        Ok(Self { unused })
    }
}

impl RecoveryCode {
    /// The code in groups of four, to be shown once.
    pub fn reveal(&self) -> String {
        let digits: Vec<char> = self.0.chars().collect();
        digits.chunks(4).map(|g| g.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

fn digest(account: &str, code: &str) -> [u8; 32] {
    Sha256::digest(format!("attesta recovery/1\n{account}\n{code}")).into()
}

use std::{fmt, str::FromStr};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use crate::{Chance, NoChance, chance::draw};

/// What a guess costs: memory, passes over it, lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// No hash costs more memory than this to verify, whatever is stored.
const MOST_MEMORY_KIB: u32 = 1 << 20;
const MOST_PASSES: u32 = 64;
const MOST_LANES: u32 = 16;

impl PasswordCost {
    /// 19 MiB, two passes, one lane: what OWASP's password storage cheat sheet asks of argon2id.
    pub const USUAL: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    /// A cost; less than 8 KiB for each lane, or more than 1 GiB, 64 passes or 16 lanes is refused.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        let fits = (1..=MOST_PASSES).contains(&passes)
            && (1..=MOST_LANES).contains(&lanes)
            && memory_kib <= MOST_MEMORY_KIB
            && memory_kib >= lanes.saturating_mul(8);
        if fits { Ok(Self { memory_kib, passes, lanes }) } else { Err(PasswordError::Cost) }
    }

    fn hasher(self) -> Result<Argon2<'static>, PasswordError> {
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| PasswordError::Cost)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// A password as it is kept: argon2id in the PHC form. Parsing is the only other door.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword(Box<str>);

/// Whether a password is the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// It is; `hash_again` where the stored form costs otherwise than is asked now.
    Matches {
        /// Store [`StoredPassword::new`] of the same password.
        hash_again: bool,
    },
    /// It is not.
    Differs,
}

/// A password could not be hashed or looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The cost is out of bounds.
    #[error("the cost of a password hash is out of bounds; use at most 1 GiB, 64 passes and 16 lanes")]
    Cost,
    /// What is stored is not an argon2id hash.
    #[error("what is stored is not an argon2id hash within bounds; let the person set a new password")]
    Stored,
    /// The password is longer than any.
    #[error("a password has at most 1024 bytes")]
    TooLong,
    /// No randomness.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The hash function refused.
    #[error("the password could not be hashed")]
    Hash,
}

/// Longer ones are refused before they cost anything.
pub(crate) const MOST_BYTES: usize = 1024;

impl StoredPassword {
    /// Hashes a password. It costs what it says, so call it where waiting hurts nobody.
    pub fn new(password: &str, cost: PasswordCost, chance: &mut dyn Chance) -> Result<Self, PasswordError> {
        if password.len() > MOST_BYTES {
            return Err(PasswordError::TooLong);
        }
        let salt = draw::<16>(chance)?;
        let hash =
            cost.hasher()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(|_| PasswordError::Hash)?;
        Ok(Self(hash.to_string().into()))
    }

    /// Whether the password is the one. For an account that does not exist, verify against [`Self::nobodys`], so that
    /// both answers take as long.
    pub fn verify(&self, password: &str, asked: PasswordCost) -> Result<PasswordVerdict, PasswordError> {
        if password.len() > MOST_BYTES {
            return Err(PasswordError::TooLong);
        }
        let (hash, cost) = read(&self.0)?;
        match cost.hasher()?.verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(PasswordVerdict::Matches { hash_again: cost != asked }),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(PasswordVerdict::Differs),
            Err(_) => Err(PasswordError::Stored),
        }
    }

    /// The hash of a password that nobody knows.
    pub fn nobodys(cost: PasswordCost, chance: &mut dyn Chance) -> Result<Self, PasswordError> {
        let secret = draw::<32>(chance)?;
        let text: String = secret.iter().map(|b| format!("{b:02x}")).collect();
        Self::new(&text, cost, chance)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn read(text: &str) -> Result<(PasswordHash, PasswordCost), PasswordError> {
    let hash = PasswordHash::new(text).map_err(|_| PasswordError::Stored)?;
    if hash.algorithm.as_str() != "argon2id" || hash.version != Some(19) {
        return Err(PasswordError::Stored);
    }
    let params = Params::try_from(&hash).map_err(|_| PasswordError::Stored)?;
    let cost =
        PasswordCost::new(params.m_cost(), params.t_cost(), params.p_cost()).map_err(|_| PasswordError::Stored)?;
    match hash.hash.map(|h| h.as_bytes().len()) {
        Some(32) => Ok((hash, cost)),
        _ => Err(PasswordError::Stored),
    }
}

impl FromStr for StoredPassword {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).map(|_| Self(text.into()))
    }
}

impl fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredPassword(…)")
    }
}

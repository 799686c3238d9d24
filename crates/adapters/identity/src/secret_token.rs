use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{Chance, NoChance, chance::draw};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// What an opaque token is for; it stands in front, so that scanners of leaked secrets know it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SecretKind {
            $($(#[$doc])* $name,)+
        }

        impl SecretKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What stands in front.
            pub fn prefix(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }
    };
}

kinds! {
    /// A session, in a cookie.
    Session = "att_ses_",
    /// A program's.
    Api = "att_api_",
    /// An invitation, and the first owner's link.
    Invitation = "att_inv_",
    /// A share link.
    Share = "att_shl_",
    /// A link that lets somebody set a new password.
    Reset = "att_rst_",
    /// A step of signing in: a question that was asked and is answered once.
    Step = "att_stp_",
    /// A share link that was opened.
    Guest = "att_gst_",
    /// A webhook's signing secret.
    Webhook = "att_whk_",
}

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SECRET: usize = 32;
const CHECK: usize = 4;

/// An opaque token: 256 random bits and a check, such as `att_api_…`. It is shown once; what is stored is its digest.
pub struct SecretToken {
    kind: SecretKind,
    text: Zeroizing<String>,
}

/// The text is no token of ours. It says nothing of which part is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a token of Attesta, or part of it is missing; copy the whole of it")]
pub struct SecretTokenError;

/// What is stored of a token: its SHA-256. 256 random bits need no slow hash.
#[derive(Clone, Copy)]
pub struct TokenDigest([u8; 32]);

impl SecretToken {
    /// A new token.
    pub fn draw(kind: SecretKind, chance: &mut dyn Chance) -> Result<Self, NoChance> {
        let secret = Zeroizing::new(draw::<SECRET>(chance)?);
        let body = base32(&*secret);
        let text = format!("{}{body}{}", kind.prefix(), check(kind, &body));
        Ok(Self { kind, text: Zeroizing::new(text) })
    }

    /// What it is for.
    pub fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The token itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What is stored.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.text.as_bytes()).into())
    }

    /// Reads a token of that kind; a mistyped or foreign one is refused without asking a store.
    pub fn read(kind: SecretKind, text: &str) -> Result<Self, SecretTokenError> {
        let token: Self = text.parse()?;
        if token.kind == kind { Ok(token) } else { Err(SecretTokenError) }
    }
}

impl FromStr for SecretToken {
    type Err = SecretTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = SecretKind::ALL.iter().find_map(|k| text.strip_prefix(k.prefix()).map(|rest| (*k, rest)));
        let (kind, rest) = found.ok_or(SecretTokenError)?;
        let long = length(SECRET);
        let (body, said) = rest.split_at_checked(long).ok_or(SecretTokenError)?;
        if !rest.bytes().all(|b| DIGITS.contains(&b)) || check(kind, body) != said {
            return Err(SecretTokenError);
        }
        Ok(Self { kind, text: Zeroizing::new(text.to_owned()) })
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretToken({}…)", self.kind.prefix())
    }
}

impl TokenDigest {
    /// Its bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A digest that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenDigest {}

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenDigest({self})")
    }
}

fn check(kind: SecretKind, body: &str) -> String {
    let digest = Sha256::digest(format!("attesta token/1 {}{body}", kind.prefix()));
    base32(digest.get(..CHECK).unwrap_or_default())
}

/// How many digits so many bytes have.
const fn length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Small letters and digits without i, l, o and u; the last digit is filled up with zeros.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |b| b >> (7 - at % 8) & 1);
    (0..length(bytes.len()))
        .filter_map(|digit| {
            let value = (0..5).fold(0_u8, |sum, n| sum << 1 | bit(digit * 5 + n));
            DIGITS.get(usize::from(value)).map(|b| char::from(*b))
        })
        .collect()
}

//! Proves who somebody is: passwords, codes, recovery codes, passkeys, identity providers; makes opaque tokens, and seals
//! secrets that must be kept.
//!
//! It will never serve HTTP, know a database, or decide what somebody may do (that is `attesta-access`). Time and chance
//! are handed in. Secrets do not show in `Debug`.

mod breached;
mod chance;
mod csrf;
mod password;
mod recovery;
mod rules;
mod seal;
mod secret_token;
mod totp;

#[cfg(feature = "oidc")]
pub mod oidc;
#[cfg(feature = "passkeys")]
pub mod passkey;

pub use breached::{Breach, BreachedList};
pub use chance::{Chance, NoChance, SystemChance};
pub use csrf::{csrf_token, is_csrf_token};
pub use password::{PasswordCost, PasswordError, PasswordVerdict, StoredPassword};
pub use recovery::{RecoveryCode, RecoveryCodes, RecoveryError, Redeemed};
pub use rules::{PasswordRules, Weakness};
pub use seal::{KeyId, Keyring, SealError, Sealed};
pub use secret_token::{SecretKind, SecretToken, SecretTokenError, TokenDigest};
pub use totp::{CodeVerdict, TotpError, TotpSecret};

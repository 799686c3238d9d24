use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::SecretToken;

/// What a form of this session carries, so that no other site can send it: an HMAC under the session's own secret, so
/// nothing is stored and nobody without the cookie can work it out.
pub fn csrf_token(session: &SecretToken) -> String {
    // HMAC takes keys of every length, so this branch is never taken; it would refuse every form.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(session.reveal().as_bytes()) else { return String::new() };
    mac.update(b"attesta csrf/1");
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Whether a form's token belongs to the session.
pub fn is_csrf_token(session: &SecretToken, said: &str) -> bool {
    let right = csrf_token(session);
    !right.is_empty() && right.as_bytes().ct_eq(said.as_bytes()).into()
}

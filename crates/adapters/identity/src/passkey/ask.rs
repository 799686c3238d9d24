//! What a browser is asked, in the JSON that `PublicKeyCredential.parseCreationOptionsFromJSON` and
//! `parseRequestOptionsFromJSON` read.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Challenge, Passkey, PasskeyKey, RelyingParty, Verification};

/// How long a browser waits for a person.
const WAIT_MILLISECONDS: u32 = 300_000;

impl Verification {
    fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
        }
    }
}

impl RelyingParty {
    /// What to ask so that somebody makes a passkey. `user` is the account's id (never an address), `label` what the
    /// person will recognise; passkeys that they have already are not made again.
    pub fn ask_to_register(
        &self,
        challenge: &Challenge,
        user: &str,
        label: &str,
        has: &[Passkey],
        verification: Verification,
    ) -> Value {
        json!({
            "rp": { "id": self.id, "name": self.name },
            "user": { "id": URL_SAFE_NO_PAD.encode(user), "name": label, "displayName": label },
            "challenge": challenge.text(),
            "pubKeyCredParams": PasskeyKey::ALGORITHMS.map(|alg| json!({ "type": "public-key", "alg": alg })),
            "timeout": WAIT_MILLISECONDS,
            "excludeCredentials": descriptors(has),
            "authenticatorSelection": {
                "residentKey": "preferred",
                "requireResidentKey": false,
                "userVerification": verification.as_str(),
            },
            "attestation": "none",
        })
    }

    /// What to ask so that somebody proves to hold a passkey: one of those named, or any where none is.
    pub fn ask_to_prove(&self, challenge: &Challenge, has: &[Passkey], verification: Verification) -> Value {
        json!({
            "rpId": self.id,
            "challenge": challenge.text(),
            "timeout": WAIT_MILLISECONDS,
            "allowCredentials": descriptors(has),
            "userVerification": verification.as_str(),
        })
    }
}

fn descriptors(passkeys: &[Passkey]) -> Vec<Value> {
    let ids = passkeys.iter().map(|p| URL_SAFE_NO_PAD.encode(&p.credential));
    ids.map(|id| json!({ "type": "public-key", "id": id })).collect()
}

//! The steps of WebAuthn 7.1 (registration) and 7.2 (assertion), in their order.

use ciborium::Value;
use sha2::{Digest as _, Sha256};

use super::{
    AssertionAnswer, Challenge, Passkey, PasskeyError, PasskeyKey, Proven, RelyingParty, Verification,
    answer::{AuthenticatorData, ClientData, RegistrationAnswer, cbor, entry},
};

impl RelyingParty {
    /// The passkey that somebody made, from the browser's answer to [`Self::ask_to_register`]. The store refuses one that
    /// is already somebody's.
    pub fn register(
        &self,
        challenge: &Challenge,
        user: &str,
        verification: Verification,
        json: &str,
    ) -> Result<Passkey, PasskeyError> {
        let answer = RegistrationAnswer::read(json)?;
        self.is_ours(&ClientData::read(&answer.client)?, "webauthn.create", challenge)?;
        let mut rest = answer.attestation.as_slice();
        let Value::Map(object) = cbor(&mut rest)? else {
            return Err(PasskeyError::Form("the attestation is not a map"));
        };
        if !rest.is_empty() {
            return Err(PasskeyError::Form("something stands behind the attestation"));
        }
        let part = |name: &str| entry(&object, &Value::from(name));
        let said = part("authData").and_then(Value::as_bytes).ok_or(PasskeyError::Form("it lacks `authData`"))?;
        let data = AuthenticatorData::read(said)?;
        self.is_willing(&data, verification)?;
        let attested = data.attested.as_ref().ok_or(PasskeyError::Form("it lacks a new passkey"))?;
        if attested.credential != answer.credential {
            return Err(PasskeyError::Form("it names two passkeys"));
        }
        let key = PasskeyKey::from_cose(&attested.key)?;
        let format = part("fmt").and_then(Value::as_text).ok_or(PasskeyError::Form("it lacks `fmt`"))?;
        let Some(Value::Map(statement)) = part("attStmt") else {
            return Err(PasskeyError::Form("it lacks `attStmt`"));
        };
        attestation(format, statement, &key, &signed(said, &answer.client))?;
        Ok(Passkey {
            credential: answer.credential,
            key,
            user: user.to_owned(),
            counter: data.counter,
            can_be_copied: data.can_be_copied(),
            is_copied: data.is_copied(),
        })
    }

    /// Whether the answer to [`Self::ask_to_prove`] proves that somebody holds the passkey.
    pub fn prove(
        &self,
        challenge: &Challenge,
        passkey: &Passkey,
        verification: Verification,
        answer: &AssertionAnswer,
    ) -> Result<Proven, PasskeyError> {
        if answer.credential != passkey.credential {
            return Err(PasskeyError::Other("it names another passkey"));
        }
        if answer.user.as_ref().is_some_and(|user| *user != passkey.user) {
            return Err(PasskeyError::Other("it names another person"));
        }
        self.is_ours(&ClientData::read(&answer.client)?, "webauthn.get", challenge)?;
        let data = AuthenticatorData::read(&answer.authenticator)?;
        self.is_willing(&data, verification)?;
        if data.can_be_copied() != passkey.can_be_copied {
            return Err(PasskeyError::Form("whether it can be copied has changed"));
        }
        passkey.key.verify(&signed(&answer.authenticator, &answer.client), &answer.signature)?;
        // A counter that stays 0 is of an authenticator that does not count.
        let counts = data.counter != 0 || passkey.counter != 0;
        if counts && data.counter <= passkey.counter {
            return Err(PasskeyError::Counter { stored: passkey.counter, said: data.counter });
        }
        let verified = data.is_verified();
        let passkey = Passkey { counter: data.counter, is_copied: data.is_copied(), ..passkey.clone() };
        Ok(Proven { passkey, verified })
    }

    fn is_ours(&self, client: &ClientData, kind: &str, challenge: &Challenge) -> Result<(), PasskeyError> {
        if client.kind != kind {
            return Err(PasskeyError::Other("it is of another kind"));
        }
        if !challenge.is(&client.challenge) {
            return Err(PasskeyError::Other("the challenge differs"));
        }
        if !self.origins.contains(&client.origin) {
            return Err(PasskeyError::Origin(client.origin.chars().take(200).collect()));
        }
        if client.cross_origin || client.top_origin.is_some() {
            return Err(PasskeyError::Other("the page stood within another site's"));
        }
        Ok(())
    }

    fn is_willing(&self, data: &AuthenticatorData, verification: Verification) -> Result<(), PasskeyError> {
        let party: [u8; 32] = Sha256::digest(self.id.as_bytes()).into();
        if data.party != party {
            return Err(PasskeyError::Other("it is for another domain"));
        }
        if !data.is_present() {
            return Err(PasskeyError::Person("nobody touched it"));
        }
        if verification == Verification::Required && !data.is_verified() {
            return Err(PasskeyError::Person("it did not look who touched it"));
        }
        if data.is_copied() && !data.can_be_copied() {
            return Err(PasskeyError::Form("it is copied and cannot be"));
        }
        Ok(())
    }
}

/// What is signed: the authenticator's data, and the digest of the client's.
fn signed(authenticator: &[u8], client: &[u8]) -> Vec<u8> {
    [authenticator, &Sha256::digest(client)].concat()
}

/// `none` says nothing; self attestation (`packed` without certificates) is signed by the new key itself.
fn attestation(
    format: &str,
    statement: &[(Value, Value)],
    key: &PasskeyKey,
    message: &[u8],
) -> Result<(), PasskeyError> {
    match format {
        "none" if statement.is_empty() => Ok(()),
        "none" => Err(PasskeyError::Form("an attestation of nothing says something")),
        "packed" if entry(statement, &Value::from("x5c")).is_none() => {
            let algorithm = entry(statement, &Value::from("alg")).and_then(Value::as_integer);
            if algorithm.and_then(|a| i64::try_from(a).ok()) != Some(key.algorithm()) {
                return Err(PasskeyError::Form("the attestation is of another algorithm than the key"));
            }
            let signature = entry(statement, &Value::from("sig")).and_then(Value::as_bytes);
            key.verify(message, signature.ok_or(PasskeyError::Form("the attestation lacks a signature"))?)
        }
        _ => Err(PasskeyError::Unsupported("an attestation that was not asked for")),
    }
}

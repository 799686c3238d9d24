use std::{fmt, str::FromStr};

use crate::{KeyError, Note, NoteSignature, Origin, SigningKey, VerifierKey, key::COSIGNATURE};

/// The key of a witness: somebody who saw every checkpoint of a log and signs only what continues what they saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey(pub(crate) VerifierKey);

impl WitnessKey {
    /// Whose key it is.
    pub fn name(&self) -> &Origin {
        self.0.name()
    }

    /// What this witness says about the note, if it cosigned it (C2SP `tlog-cosignature`, Ed25519).
    ///
    /// # Errors
    ///
    /// When a cosignature with the key's name and id does not hold.
    pub fn cosignature(&self, note: &Note) -> Result<Option<Cosignature>, BadCosignature> {
        let bad = || BadCosignature(self.name().clone());
        let mut found = None;
        for signature in note.signatures.iter().filter(|s| s.name == self.0.name && s.id == self.0.id) {
            let (time, bytes) = signature.bytes.split_first_chunk::<8>().ok_or_else(bad)?;
            let time = u64::from_be_bytes(*time);
            if i64::try_from(time).is_err() || !self.0.accepts(message(&note.text, time).as_bytes(), bytes) {
                return Err(bad());
            }
            found = Some(Cosignature { witness: self.name().clone(), time });
        }
        Ok(found)
    }
}

/// A witness's word about a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Which witness.
    pub witness: Origin,
    /// When, in seconds since 1970, by the witness's clock.
    pub time: u64,
}

/// A cosignature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cosignature of `{0}` does not hold")]
pub struct BadCosignature(pub Origin);

fn message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Cosigns a note as a witness does. A witness must have checked that the checkpoint continues the last one that it saw.
pub fn cosign(key: &SigningKey, note: &Note, time: u64) -> NoteSignature {
    let verifier = key.verifier_as(COSIGNATURE);
    let signature = key.sign(message(&note.text, time).as_bytes());
    let bytes = [time.to_be_bytes().as_slice(), &signature].concat();
    NoteSignature { name: verifier.name, id: verifier.id, bytes }
}

impl SigningKey {
    /// What others verify this key's cosignatures with, when it is a witness's.
    pub fn witness(&self) -> WitnessKey {
        WitnessKey(self.verifier_as(COSIGNATURE))
    }
}

impl FromStr for WitnessKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        VerifierKey::parse(text, COSIGNATURE).map(Self)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosignature_holds_for_its_text_and_time_alone() {
        let log = SigningKey::from_seed("log.example/l".parse().unwrap(), &[1; 32]);
        let witness = SigningKey::from_seed("witness.example/w".parse().unwrap(), &[2; 32]);
        let key: WitnessKey = witness.witness().to_string().parse().unwrap();
        let mut note = Note::sign("log.example/l\n1\nroot\n".into(), &log);
        assert_eq!(key.cosignature(&note), Ok(None));
        note.signatures.push(cosign(&witness, &note, 1_700_000_000));
        let word = Cosignature { witness: key.name().clone(), time: 1_700_000_000 };
        assert_eq!(key.cosignature(&note), Ok(Some(word)));
        assert_eq!(note.verify(&log.verifier()), Ok(()));
        let mut later = note.clone();
        later.signatures[1].bytes[7] ^= 1;
        assert!(key.cosignature(&later).is_err());
        let mut other = note;
        other.text = other.text.replace('1', "2");
        assert!(key.cosignature(&other).is_err());
    }

    #[test]
    fn a_log_s_key_is_no_witness_s_key() {
        let log = SigningKey::from_seed("log.example/l".parse().unwrap(), &[1; 32]);
        assert_eq!(log.verifier().to_string().parse::<WitnessKey>(), Err(KeyError::Algorithm(1, 4)));
    }
}

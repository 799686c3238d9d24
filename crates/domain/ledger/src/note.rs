use std::fmt;

use crate::{
    Origin, SigningKey, VerifierKey,
    hash::{from_base64, to_base64},
};

/// A note takes at most so many bytes and so many signatures; signed-note asks for 16 at least.
const MOST_BYTES: usize = 1 << 20;
const MOST_SIGNATURES: usize = 100;
/// What a statement begins with.
const STATEMENT: &str = "states: ";

/// A text with signatures under it (C2SP `signed-note`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed; it ends in a newline.
    pub text: String,
    /// Who signed. A note may carry signatures of keys that nobody here knows.
    pub signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: Origin,
    /// The id of the key.
    pub id: [u8; 4],
    /// What the key's algorithm made.
    pub bytes: Vec<u8>,
}

/// The text is not a signed note, or not signed by whom it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has another shape.
    #[error("it is not a signed note: {0}")]
    Shape(&'static str),
    /// The key has not signed it.
    #[error("no signature of `{0}` with the key's id stands under it")]
    Unsigned(Origin),
    /// Something was changed.
    #[error("the signature of `{0}` does not hold")]
    BadSignature(Origin),
}

impl Note {
    /// Reads a note. It proves nothing yet.
    ///
    /// # Errors
    ///
    /// When it is not of the shape that signed-note defines.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        if text.len() > MOST_BYTES {
            return Err(NoteError::Shape("it is bigger than 1 MiB"));
        }
        if text.chars().any(|c| u32::from(c) < 0x20 && c != '\n') {
            return Err(NoteError::Shape("it holds a control character"));
        }
        let at = text.rfind("\n\n").ok_or(NoteError::Shape("no empty line stands before the signatures"))?;
        let (body, below) = text.split_at(at + 1);
        let lines = below.strip_prefix('\n').and_then(|b| b.strip_suffix('\n'));
        let lines = lines.ok_or(NoteError::Shape("the last line has no end"))?;
        let signatures = lines.split('\n').map(signature).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MOST_SIGNATURES {
            return Err(NoteError::Shape("it has more than 100 signatures"));
        }
        Ok(Self { text: body.to_owned(), signatures })
    }

    /// Signs a text that ends in a newline.
    pub(crate) fn sign(text: String, key: &SigningKey) -> Self {
        let verifier = key.verifier();
        let bytes = key.sign(text.as_bytes()).to_vec();
        let signature = NoteSignature { name: verifier.name, id: verifier.id, bytes };
        Self { text, signatures: vec![signature] }
    }

    /// Signs a statement of one line. It can never be taken for a checkpoint: its first word ends in a blank, and no log's
    /// name holds one.
    ///
    /// # Errors
    ///
    /// When it is more than one line.
    pub fn state(what: &str, key: &SigningKey) -> Result<Self, NoteError> {
        if what.chars().any(char::is_control) {
            return Err(NoteError::Shape("a statement is one line"));
        }
        Ok(Self::sign(format!("{STATEMENT}{what}\n"), key))
    }

    /// What `key` stated.
    ///
    /// # Errors
    ///
    /// When it did not, or signed something else.
    pub fn stated(&self, key: &VerifierKey) -> Result<&str, NoteError> {
        self.verify(key)?;
        let what = self.text.strip_prefix(STATEMENT).and_then(|rest| rest.strip_suffix('\n'));
        what.filter(|what| !what.contains('\n')).ok_or(NoteError::Shape("it is no statement"))
    }

    /// Whether `key` signed the text.
    ///
    /// # Errors
    ///
    /// When no signature of the key stands there, or one does not hold.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut found = false;
        for signature in self.signatures.iter().filter(|s| s.name == key.name && s.id == key.id) {
            if !key.accepts(self.text.as_bytes(), &signature.bytes) {
                return Err(NoteError::BadSignature(key.name.clone()));
            }
            found = true;
        }
        if found { Ok(()) } else { Err(NoteError::Unsigned(key.name.clone())) }
    }
}

fn signature(line: &str) -> Result<NoteSignature, NoteError> {
    let wrong = NoteError::Shape("a signature line is not `— name base64`");
    let (name, encoded) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(wrong.clone())?;
    let bytes = from_base64(encoded).ok_or(wrong.clone())?;
    let (id, bytes) = bytes.split_first_chunk::<4>().ok_or(wrong.clone())?;
    if bytes.is_empty() {
        return Err(wrong);
    }
    Ok(NoteSignature { name: name.parse().map_err(|_| wrong)?, id: *id, bytes: bytes.to_vec() })
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.as_slice(), &self.bytes].concat();
        write!(f, "— {} {}", self.name, to_base64(&bytes))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text)?;
        f.write_str("\n")?;
        self.signatures.iter().try_for_each(|s| writeln!(f, "{s}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The note of the documentation of golang.org/x/mod/sumdb/note.
    const GO: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn go_s_own_note_verifies() {
        let note = Note::parse(GO).unwrap();
        assert_eq!(note.verify(&GO_KEY.parse().unwrap()), Ok(()));
        assert_eq!(note.to_string(), GO);
        let changed = Note::parse(&GO.replace("answer", "Answer")).unwrap();
        assert!(matches!(changed.verify(&GO_KEY.parse().unwrap()), Err(NoteError::BadSignature(_))));
    }

    #[test]
    fn a_statement_is_no_checkpoint_and_a_checkpoint_no_statement() {
        let key = SigningKey::from_seed("a.example/log".parse().unwrap(), &[3; 32]);
        let note = Note::state("archive of abc", &key).unwrap();
        let text = note.to_string();
        assert_eq!(Note::parse(&text).unwrap().stated(&key.verifier()), Ok("archive of abc"));
        assert!(crate::SignedCheckpoint::open(&text, &key.verifier()).is_err());
        let root = crate::Hash::empty();
        let signed = crate::Checkpoint { origin: key.name().clone(), size: 1, root }.sign(&key).to_string();
        assert!(Note::parse(&signed).unwrap().stated(&key.verifier()).is_err());
        assert!(Note::state("two\nlines", &key).is_err());
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for bad in [
            "",
            "a\n",
            "a\n\n",
            "a\n\n\n",
            "a\n\n— n AAAAAAA=",
            "a\n\n- n AAAAAAA=\n",
            "a\n\n— n AAAA\n",
            "a\n\n— n AAAAAA==\n",
            "a\n\n— n+m AAAAAAA=\n",
            "a\t\n\n— n AAAAAAA=\n",
        ] {
            assert!(Note::parse(bad).is_err(), "{bad:?}");
        }
        let many = format!("a\n\n{}", "— n AAAAAAA=\n".repeat(101));
        assert!(Note::parse(&many).is_err());
    }
}

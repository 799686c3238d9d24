use std::{collections::BTreeMap, fmt, str::FromStr};

use attesta_kernel::Timestamp;

use crate::{Hash, Json, SaltedDigest, hash};

/// The text is not a word that may stand in a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}; {form}")]
pub struct WordError {
    text: String,
    kind: &'static str,
    form: &'static str,
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $form:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The word as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(WordError { text: text.chars().take(80).collect(), kind: $kind, form: $form })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

word!(
    /// What happened: words in small letters, joined by dots, e.g. `evidence.added`.
    EventKind,
    "an event kind",
    "write small letters, digits and dashes, joined by dots, such as `evidence.added`",
    |t| is_id(t)
        && t.split('.').all(|w| w.starts_with(|c: char| c.is_ascii_lowercase())
            && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
);

word!(
    /// What it happened to: an id, never a name that people would read content from.
    SubjectId,
    "an id",
    "use letters, digits, dots, dashes and underscores, at most 64",
    is_id
);

word!(
    /// Who did it, by an id. A leaf can never be taken back, so an address or a person's name has no place in it.
    ActorId,
    "an actor's id",
    "use letters, digits, dots, dashes and underscores, at most 64; the log is for ever, so give an id and no address",
    is_id
);

/// One entry of the log: ids, a time, and salted digests of what it speaks of. There is no field for content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// What happened.
    pub kind: EventKind,
    /// What it happened to.
    pub subject: SubjectId,
    /// Who did it.
    pub actor: ActorId,
    /// When, to the second, by the clock of the machine that wrote it.
    pub at: Timestamp,
    /// Salted digest of the bytes that it brought, where it brought any.
    pub content: Option<SaltedDigest>,
    /// Salted digest of the record that was stored beside it.
    pub record: Option<SaltedDigest>,
    /// Hashes of the earlier leaves that it builds on.
    pub previous: Vec<Hash>,
}

/// The bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// They are no canonical JSON.
    #[error(transparent)]
    Json(#[from] crate::NotCanonical),
    /// They are no UTF-8.
    #[error("it is not UTF-8")]
    Utf8,
    /// Another schema, perhaps a newer one.
    #[error("it is not `attesta.leaf/1`")]
    Schema,
    /// A member is missing, unknown or of the wrong form.
    #[error("its `{0}` is missing, unknown or of the wrong form")]
    Member(&'static str),
    /// It is bigger than an entry may be.
    #[error("it is bigger than 65535 bytes")]
    Size,
}

impl Leaf {
    const SCHEMA: &str = "attesta.leaf/1";

    /// The only byte form of the leaf.
    ///
    /// # Errors
    ///
    /// When it is bigger than an entry of a bundle may be (65535 bytes).
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        let bytes = self.to_json().to_string().into_bytes();
        if bytes.len() > usize::from(u16::MAX) { Err(LeafError::Size) } else { Ok(bytes) }
    }

    fn to_json(&self) -> Json {
        let mut members = vec![
            ("actor", Json::text(self.actor.as_str())),
            ("at", Json::text(second(self.at))),
            ("kind", Json::text(self.kind.as_str())),
            ("schema", Json::text(Self::SCHEMA)),
            ("subject", Json::text(self.subject.as_str())),
        ];
        for (key, digest) in [("content", &self.content), ("record", &self.record)] {
            members.extend(digest.as_ref().map(|d| (key, Json::text(d.to_string()))));
        }
        if !self.previous.is_empty() {
            let hashes = self.previous.iter().map(|h| Json::text(hash::to_hex(h.as_bytes())));
            members.push(("previous", Json::List(hashes.collect())));
        }
        Json::object(members)
    }

    /// Reads the one byte form.
    ///
    /// # Errors
    ///
    /// When the bytes are anything else, down to a member that is not known.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafError> {
        let text = std::str::from_utf8(bytes).map_err(|_| LeafError::Utf8)?;
        let Json::Object(mut members) = Json::parse(text)? else { return Err(LeafError::Schema) };
        if members.remove("schema") != Some(Json::text(Self::SCHEMA)) {
            return Err(LeafError::Schema);
        }
        let leaf = Self {
            kind: word(&mut members, "kind")?,
            subject: word(&mut members, "subject")?,
            actor: word(&mut members, "actor")?,
            at: word(&mut members, "at")?,
            content: digest(&mut members, "content")?,
            record: digest(&mut members, "record")?,
            previous: previous(&mut members)?,
        };
        if !members.is_empty() || leaf.to_bytes()? != bytes {
            return Err(LeafError::Member("at, previous or another"));
        }
        Ok(leaf)
    }
}

/// Seconds are enough, and one way to write them.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn word<T: FromStr>(members: &mut BTreeMap<String, Json>, key: &'static str) -> Result<T, LeafError> {
    match members.remove(key) {
        Some(Json::Text(text)) => text.parse().map_err(|_| LeafError::Member(key)),
        _ => Err(LeafError::Member(key)),
    }
}

fn digest(members: &mut BTreeMap<String, Json>, key: &'static str) -> Result<Option<SaltedDigest>, LeafError> {
    match members.remove(key) {
        None => Ok(None),
        Some(Json::Text(text)) => SaltedDigest::from_hex(&text).map(Some).ok_or(LeafError::Member(key)),
        Some(_) => Err(LeafError::Member(key)),
    }
}

fn previous(members: &mut BTreeMap<String, Json>) -> Result<Vec<Hash>, LeafError> {
    let wrong = LeafError::Member("previous");
    let items = match members.remove("previous") {
        None => return Ok(Vec::new()),
        Some(Json::List(items)) if !items.is_empty() => items,
        Some(_) => return Err(wrong),
    };
    let read = items.iter().map(|item| match item {
        Json::Text(text) => hash::from_hex(text).map(Hash::from_bytes),
        _ => None,
    });
    read.collect::<Option<Vec<_>>>().ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use attesta_kernel::Digest;

    use super::*;
    use crate::Salt;

    fn leaf() -> Leaf {
        Leaf {
            kind: "evidence.added".parse().unwrap(),
            subject: "evd_01JD4QZ3M8X9Y7V6T5S4R3Q2P1".parse().unwrap(),
            actor: "ann".parse().unwrap(),
            at: "2026-11-26T20:40:30Z".parse().unwrap(),
            content: Some(SaltedDigest::of(&Salt::from_bytes([1; 32]), &Digest::of(b"evidence"))),
            record: Some(SaltedDigest::of(&Salt::from_bytes([2; 32]), &Digest::of(b"record"))),
            previous: vec![Hash::of_leaf(b"")],
        }
    }

    /// Golden: these bytes are for ever. Another form is another schema.
    const GOLDEN: &str = r#"{"actor":"ann","at":"2026-11-26T20:40:30Z","content":"5a0e75ee0b41e00ce535fafae092c60af0bfe1eadc3ad74128bc51e4dc6dd7d7","kind":"evidence.added","previous":["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],"record":"e0595d411f8102fdf3df1b087ee56cc4b9ae1cc7d294684cd66af5be724c9455","schema":"attesta.leaf/1","subject":"evd_01JD4QZ3M8X9Y7V6T5S4R3Q2P1"}"#;

    #[test]
    fn the_byte_form_is_golden() {
        assert_eq!(String::from_utf8(leaf().to_bytes().unwrap()).unwrap(), GOLDEN);
        assert_eq!(Leaf::from_bytes(GOLDEN.as_bytes()), Ok(leaf()));
    }

    #[test]
    fn optional_members_are_absent_and_not_empty() {
        let bare = Leaf { content: None, record: None, previous: Vec::new(), ..leaf() };
        let text = String::from_utf8(bare.to_bytes().unwrap()).unwrap();
        assert!(!text.contains("content") && !text.contains("previous"));
        assert_eq!(Leaf::from_bytes(text.as_bytes()), Ok(bare));
    }

    #[test]
    fn another_byte_form_is_no_leaf() {
        for (from, to) in [
            ("\"ann\"", " \"ann\""),
            ("30Z", "30.0Z"),
            ("30Z", "30+00:00"),
            ("2026-11-26", "2026-13-26"),
            ("evidence.added", "Evidence.Added"),
            ("evidence.added", "evidence."),
            ("\"actor\":\"ann\"", "\"actor\":\"ann@example.org\""),
            ("\"actor\":\"ann\",", ""),
            ("leaf/1", "leaf/2"),
            ("6e34", "6E34"),
            ("[\"6e34", "[1,\"6e34"),
            ("\"subject\"", "\"title\":\"x\",\"subject\""),
        ] {
            let changed = GOLDEN.replacen(from, to, 1);
            assert_ne!(changed, GOLDEN, "{from}");
            assert!(Leaf::from_bytes(changed.as_bytes()).is_err(), "{changed}");
        }
        let empty_list = GOLDEN.replace(&GOLDEN[GOLDEN.find("[\"6e").unwrap()..=GOLDEN.find("\"]").unwrap() + 1], "[]");
        assert!(Leaf::from_bytes(empty_list.as_bytes()).is_err(), "{empty_list}");
    }

    #[test]
    fn a_leaf_bigger_than_an_entry_is_refused() {
        let big = Leaf { previous: vec![Hash::empty(); 1000], ..leaf() };
        assert_eq!(big.to_bytes(), Err(LeafError::Size));
    }
}

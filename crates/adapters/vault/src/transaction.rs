//! One transaction is one file: its leaves, the records behind them and their salts. It is there whole or not at all, so a
//! change and its leaf can never come apart.

use attesta_kernel::Digest;
use attesta_ledger::{Hash, Leaf, Salt, SaltedDigest};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A transaction has no more leaves.
pub(crate) const MOST_LEAVES: usize = 100_000;

const SCHEMA: &str = "attesta.transaction/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    schema: String,
    first: u64,
    leaves: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Salts {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    record: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    sha256: String,
}

/// A leaf with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the log.
    pub index: u64,
    /// The leaf.
    pub leaf: Leaf,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The record: one line of JSON, which the leaf's salted digest covers.
    pub record: String,
    /// The salt of the leaf's `content`, when it has one.
    pub content_salt: Option<Salt>,
    /// The salt of the leaf's `record`.
    pub record_salt: Salt,
}

impl Entry {
    /// The hash of the leaf.
    pub fn hash(&self) -> Hash {
        Hash::of_leaf(&self.bytes)
    }

    /// Whether the record is the one that the leaf speaks of.
    pub fn has_its_record(&self) -> bool {
        let salted = SaltedDigest::of(&self.record_salt, &Digest::of(self.record.as_bytes()));
        self.leaf.record == Some(salted)
    }

    /// Whether the leaf speaks of bytes with this digest.
    pub fn speaks_of(&self, digest: &Digest) -> bool {
        self.content_salt.as_ref().is_some_and(|salt| self.leaf.content == Some(SaltedDigest::of(salt, digest)))
    }
}

/// The file's bytes.
pub(crate) fn encode(first: u64, entries: &[Entry]) -> Option<Vec<u8>> {
    let line = |out: &mut String, text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    let mut out = String::new();
    line(&mut out, &json(&Header { schema: SCHEMA.to_owned(), first, leaves: entries.len() })?);
    for entry in entries {
        line(&mut out, std::str::from_utf8(&entry.bytes).ok()?);
        line(&mut out, &entry.record);
        let content = entry.content_salt.as_ref().map(Salt::to_hex);
        line(&mut out, &json(&Salts { content, record: entry.record_salt.to_hex() })?);
    }
    let trailer = json(&Trailer { sha256: Digest::of(out.as_bytes()).to_string() })?;
    line(&mut out, &trailer);
    Some(out.into_bytes())
}

/// Whatever serde can write, as one line.
fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}

/// Reads the file's bytes.
///
/// # Errors
///
/// Says what is wrong, with the line.
pub(crate) fn decode(first: u64, bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let cut = || "it is cut short".to_owned();
    let body = text.strip_suffix('\n').ok_or_else(cut)?;
    let end = body.rfind('\n').ok_or_else(cut)?;
    let (covered, trailer) = (text.get(..=end).unwrap_or_default(), body.get(end + 1..).unwrap_or_default());
    let trailer: Trailer = serde_json::from_str(trailer).map_err(|_| cut())?;
    if trailer.sha256 != Digest::of(covered.as_bytes()).to_string() {
        return Err("its bytes do not have the digest in its last line".to_owned());
    }
    let mut lines = covered.lines();
    let header: Header =
        lines.next().and_then(|line| serde_json::from_str(line).ok()).ok_or("its first line is no header")?;
    if header.schema != SCHEMA || header.first != first || header.leaves > MOST_LEAVES {
        return Err(format!("its first line does not say `{SCHEMA}` and leaf {first}"));
    }
    let mut entries = Vec::new();
    for index in (first..).take(header.leaves) {
        let mut next = || lines.next().ok_or_else(cut);
        let (leaf, record, salts) = (next()?, next()?, next()?);
        entries.push(entry(index, leaf, record, salts).map_err(|why| format!("leaf {index}: {why}"))?);
    }
    if lines.next().is_some() { Err("it has more lines than leaves".to_owned()) } else { Ok(entries) }
}

fn entry(index: u64, leaf: &str, record: &str, salts: &str) -> Result<Entry, String> {
    let bytes = leaf.as_bytes().to_vec();
    let leaf = Leaf::from_bytes(&bytes).map_err(|e| e.to_string())?;
    let _: &RawValue = serde_json::from_str(record).map_err(|_| "its record is not JSON")?;
    let salts: Salts = serde_json::from_str(salts).map_err(|_| "its salts are none")?;
    let salt = |hex: &str| Salt::from_hex(hex).ok_or("a salt is not 32 bytes");
    let content_salt = salts.content.as_deref().map(salt).transpose()?;
    let entry =
        Entry { index, leaf, bytes, record: record.to_owned(), content_salt, record_salt: salt(&salts.record)? };
    if entry.leaf.content.is_some() != entry.content_salt.is_some() {
        return Err("its content and its salts do not go together".to_owned());
    }
    Ok(entry)
}

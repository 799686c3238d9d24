//! One row of a register of `hipaa/`, written beside the others. What it says is read again by whoever reads the folder: there
//! is one reader, and what it refuses is not written.

use std::fmt::Write as _;

use attesta_catalog::Fault;
use attesta_kernel::{Digest, Place};
use serde_json::{Map, Value};

use crate::{Change, Folder, Over, as_json, text};

/// A register that acts add rows to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HipaaRegister {
    /// Decisions about addressable specifications.
    Decisions,
    /// Business associate agreements.
    Agreements,
    /// Incidents.
    Incidents,
    /// Risks.
    Risks,
    /// Analyses that found them, in the same file.
    Analyses,
}

impl HipaaRegister {
    /// Its file.
    pub fn place(self) -> &'static str {
        match self {
            Self::Decisions => "hipaa/decisions.yaml",
            Self::Agreements => "hipaa/agreements.yaml",
            Self::Incidents => "hipaa/incidents.yaml",
            Self::Risks | Self::Analyses => "hipaa/risks.yaml",
        }
    }

    fn schema(self) -> &'static str {
        match self {
            Self::Decisions => "attesta.hipaa-decisions/1",
            Self::Agreements => "attesta.hipaa-agreements/1",
            Self::Incidents => "attesta.hipaa-incidents/1",
            Self::Risks | Self::Analyses => "attesta.hipaa-risks/1",
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::Decisions => "decisions",
            Self::Agreements => "agreements",
            Self::Incidents => "incidents",
            Self::Risks => "risks",
            Self::Analyses => "analyses",
        }
    }
}

/// The rows of a register, as its file says them.
///
/// # Errors
///
/// When the file cannot be read.
pub fn hipaa_rows(folder: &Folder, register: HipaaRegister) -> Result<Vec<Value>, Fault> {
    let (whole, _) = read(folder, register)?;
    Ok(whole.get(register.list()).and_then(Value::as_array).cloned().unwrap_or_default())
}

/// The register with these rows instead of its own; whatever else its file says stays. Comments do not.
///
/// # Errors
///
/// When the file that stands there cannot be read.
pub fn hipaa_change(folder: &Folder, register: HipaaRegister, rows: Vec<Value>) -> Result<Change, Fault> {
    let (mut whole, digest) = read(folder, register)?;
    whole.remove("schema");
    whole.insert(register.list().to_owned(), Value::Array(rows));
    let mut out = format!("schema: {}\n", register.schema());
    for (key, value) in &whole {
        put(&mut out, 0, &format!("{key}:"), value);
    }
    Ok(Change { inside: register.place().to_owned(), text: out, over: Over::Read(digest) })
}

fn read(folder: &Folder, register: HipaaRegister) -> Result<(Map<String, Value>, Option<Digest>), Fault> {
    let Some(file) = folder.file(register.place())? else { return Ok((Map::new(), None)) };
    let wrong = |what: String| Fault::plain(Place::new(folder.shown(register.place()), None), what);
    match as_json(&file.text).map_err(wrong)? {
        Value::Object(whole) => Ok((whole, Some(Digest::of(file.text.as_bytes())))),
        _ => Err(wrong("the file holds no keys".to_owned())),
    }
}

/// A value after its key (or the dash of a list), so far in.
fn put(out: &mut String, depth: usize, head: &str, value: &Value) {
    let space = "  ".repeat(depth);
    match value {
        Value::Object(members) if members.is_empty() => drop(writeln!(out, "{space}{head} {{}}")),
        Value::Array(items) if items.is_empty() => drop(writeln!(out, "{space}{head} []")),
        Value::Object(members) => {
            let _ = writeln!(out, "{space}{head}");
            for (key, value) in members {
                put(out, depth.saturating_add(1), &format!("{}:", text(key)), value);
            }
        }
        Value::Array(items) => {
            let _ = writeln!(out, "{space}{head}");
            for item in items {
                put(out, depth.saturating_add(1), "-", item);
            }
        }
        Value::String(words) => drop(writeln!(out, "{space}{head} {}", text(words))),
        other => drop(writeln!(out, "{space}{head} {other}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at a surprise")]

    use super::*;

    #[test]
    fn what_is_written_says_the_same_as_what_was_read() {
        let before = "schema: attesta.hipaa-decisions/1\n# a comment\ndecisions:\n  - item: \"164.312(a)(2)(iii)\"\n    choice: neither\n    \
                      rationale: \"a \\\"b\\\" \\n c: d # e\"\n    factors: {cost: low, \"size: x\": [1, 2]}\nnot_applicable:\n  - {item: x, on: 2026-01-12}\n";
        let folder = Folder::held("x", [("hipaa/decisions.yaml".to_owned(), before.into())].into());
        let rows = hipaa_rows(&folder, HipaaRegister::Decisions).unwrap();
        assert_eq!(rows.len(), 1);
        let change = hipaa_change(&folder, HipaaRegister::Decisions, rows).unwrap();
        assert_eq!(as_json(&change.text).unwrap(), as_json(before).unwrap());
        assert_eq!(change.over, Over::Read(Some(Digest::of(before.as_bytes()))));
        let none = Folder::held("x", Default::default());
        let first = hipaa_change(&none, HipaaRegister::Incidents, vec![serde_json::json!({ "id": "a" })]).unwrap();
        assert_eq!(first.over, Over::Read(None));
        assert!(
            first.text.starts_with("schema: attesta.hipaa-incidents/1\nincidents:\n  -\n    \"id\": \"a\"\n"),
            "{}",
            first.text
        );
    }
}

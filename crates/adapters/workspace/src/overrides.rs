//! `overrides.yaml`: what people decided may stand although a quality check found it.

use std::fmt::Write as _;

use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_kernel::Digest;
use attesta_lifecycle::quality::{Approval, Check, Fingerprint, Override, Refusal, Subject};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    folder::{Change, Folder, Over},
    text,
};

/// The file of overrides.
pub const OVERRIDES: &str = "overrides.yaml";
const SCHEMA: &str = "attesta.overrides/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    overrides: Vec<RawOverride>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOverride {
    check: Spanned<String>,
    subject: Spanned<String>,
    facts: Spanned<String>,
    because: Spanned<String>,
    by: Spanned<String>,
    on: Spanned<String>,
    approved: Option<RawApproval>,
    refused: Option<RawRefusal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRefusal {
    by: Spanned<String>,
    on: Spanned<String>,
    because: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApproval {
    by: Spanned<String>,
    on: Spanned<String>,
}

/// Every override of the folder, in the order of the file. Whether each counts is the domain's business.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn overrides(folder: &Folder) -> Result<Vec<Placed<Override>>, Vec<Fault>> {
    let mut faults = Vec::new();
    let found = match folder.file(OVERRIDES) {
        Ok(Some(file)) => read(&file, &mut faults),
        Ok(None) => Vec::new(),
        Err(fault) => return Err(vec![fault]),
    };
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn read(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<Override>> {
    let raw: Raw = match yaml::parse(file, SCHEMA) {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let reading = &mut Reading { file, faults };
    raw.overrides.iter().filter_map(|raw| one(reading, raw)).collect()
}

fn one(reading: &mut Reading<'_>, raw: &RawOverride) -> Option<Placed<Override>> {
    let check = reading.value::<Check>(&raw.check);
    let subject = reading.value::<Subject>(&raw.subject);
    let facts = reading.value::<Fingerprint>(&raw.facts);
    let because = reading.says("because", &raw.because);
    let (by, on) = (reading.value(&raw.by), reading.day(Some(&raw.on)));
    let approved = raw.approved.as_ref().map(|raw| {
        let (by, on) = (reading.value(&raw.by), reading.day(Some(&raw.on)));
        Some(Approval { by: by?.value, on: on?? })
    });
    let refused = raw.refused.as_ref().map(|raw| {
        let (by, on) = (reading.value(&raw.by), reading.day(Some(&raw.on)));
        let because = reading.says("because", &raw.because);
        Some(Refusal { by: by?.value, on: on??, because: because? })
    });
    let check = check?;
    let value = Override {
        check: check.value,
        subject: subject?.value,
        facts: facts?.value,
        because: because?,
        by: by?.value,
        on: on??,
        approved: match approved {
            Some(approved) => Some(approved?),
            None => None,
        },
        refused: match refused {
            Some(refused) => Some(refused?),
            None => None,
        },
    };
    Some(Placed::new(check.place, value))
}

/// The file of all overrides, as a server writes it in place of the one that was read.
pub fn overrides_change(overrides: &[Override], read: Option<Digest>) -> Change {
    let mut out = format!("schema: {SCHEMA}\noverrides:{}\n", if overrides.is_empty() { " []" } else { "" });
    for one in overrides {
        let subject = text(&one.subject.to_string());
        let _ = write!(out, "  - check: {}\n    subject: {subject}\n    facts: \"{}\"\n", one.check, one.facts);
        let _ = write!(out, "    because: {}\n    by: {}\n    on: {}\n", text(&one.because), one.by, one.on);
        if let Some(approved) = &one.approved {
            let _ = writeln!(out, "    approved: {{by: {}, on: {}}}", approved.by, approved.on);
        }
        if let Some(refused) = &one.refused {
            let because = text(&refused.because);
            let _ = writeln!(out, "    refused: {{by: {}, on: {}, because: {because}}}", refused.by, refused.on);
        }
    }
    Change { inside: OVERRIDES.to_owned(), text: out, over: Over::Read(read) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = "schema: attesta.overrides/1\noverrides:\n  - {check: QC-01, subject: \"topic x\", \
                    facts: \"3b66ded72891f195\", because: \"a \\\"b\\\" \\n c: d\", by: mara, on: 2026-09-03, \
                    approved: {by: edwin, on: 2026-10-07}, refused: {by: nell, on: 2026-10-08, because: \"no: \\\"b\\\"\"}}\n";
        let held = |text: &str| Folder::held("x", [("overrides.yaml".to_owned(), text.into())].into());
        let first: Vec<Override> = overrides(&held(text)).unwrap().into_iter().map(|o| o.value).collect();
        let again = overrides_change(&first, None);
        let second: Vec<Override> = overrides(&held(&again.text)).unwrap().into_iter().map(|o| o.value).collect();
        assert_eq!(first, second);
        assert!(overrides(&held(&overrides_change(&[], None).text)).unwrap().is_empty());
    }
}

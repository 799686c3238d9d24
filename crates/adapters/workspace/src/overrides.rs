//! `overrides.yaml`: what people decided may stand although a quality check found it.

use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use attesta_lifecycle::quality::{Approval, Check, Fingerprint, Override, Subject};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::folder::Folder;

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
    let found = match folder.file("overrides.yaml") {
        Ok(Some(file)) => read(&file, &mut faults),
        Ok(None) => Vec::new(),
        Err(fault) => return Err(vec![fault]),
    };
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn read(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<Override>> {
    let raw: Raw = match yaml::parse(file, "attesta.overrides/1") {
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
    };
    Some(Placed::new(check.place, value))
}

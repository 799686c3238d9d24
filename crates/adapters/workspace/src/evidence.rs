//! `evidence.yaml`.

use std::collections::BTreeMap;

use attesta_assessment::{Attestation, Evidence, EvidenceId};
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Reading},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::index;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    evidence: Vec<RawEvidence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvidence {
    id: Spanned<String>,
    title: Spanned<String>,
    kind: Spanned<String>,
    file: Option<Spanned<String>>,
    digest: Option<Spanned<String>>,
    collected: Option<Spanned<String>>,
    effective: Option<Spanned<String>>,
    valid_until: Option<Spanned<String>>,
    period: Option<RawPeriod>,
    system: Option<String>,
    owner: Option<Spanned<String>>,
    #[serde(default)]
    components: Vec<Spanned<String>>,
    attestation: Option<RawAttestation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPeriod {
    from: Spanned<String>,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttestation {
    organisation: Spanned<String>,
    report: Spanned<String>,
    dated: Spanned<String>,
    #[serde(default)]
    mapped: bool,
}

pub(crate) fn read(file: &File, faults: &mut Vec<Fault>) -> BTreeMap<EvidenceId, Placed<Evidence>> {
    let raw: Raw = match yaml::parse(file, "attesta.evidence/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return BTreeMap::new();
        }
    };
    let reading = &mut Reading { file, faults };
    let rows: Vec<_> = raw.evidence.iter().filter_map(|raw| evidence(reading, raw)).collect();
    index("evidence", rows, |row| row.id.clone(), faults)
}

fn evidence(reading: &mut Reading<'_>, raw: &RawEvidence) -> Option<Placed<Evidence>> {
    let place = reading.place(&raw.id);
    let id = reading.value::<EvidenceId>(&raw.id);
    let title = reading.says("title", &raw.title);
    let kind = reading.says("kind", &raw.kind);
    let file = match &raw.file {
        Some(file) if !inside(&file.value) => {
            let message = format!("`{}` is not a path below the folder", file.value);
            reading.complain(file, message, "write it like evidence/access-policy.pdf");
            None
        }
        file => Some(file.as_ref().map(|f| f.value.clone())),
    };
    let digest = match &raw.digest {
        Some(text) if text.value.len() != 64 || !text.value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) => {
            reading.complain(text, "is not a SHA-256 digest", "write 64 small hexadecimal digits, as sha256sum does");
            None
        }
        text => Some(text.as_ref().map(|t| t.value.clone().into_boxed_str())),
    };
    let collected = reading.day(raw.collected.as_ref());
    let effective = reading.day(raw.effective.as_ref());
    let valid_until = reading.day(raw.valid_until.as_ref());
    let period = match &raw.period {
        None => Some(None),
        Some(period) => {
            let (from, to) = (reading.day(Some(&period.from)).flatten(), reading.day(Some(&period.to)).flatten());
            if let (Some(from), Some(to)) = (from, to)
                && to < from
            {
                reading.complain(&period.to, format!("the period ends on {to}, before it begins"), "swap the days");
            }
            from.zip(to).map(Some)
        }
    };
    let owner = reading.optional(raw.owner.as_ref());
    let components = reading.list(&raw.components).into_iter().map(|c| c.value).collect();
    let attestation = match &raw.attestation {
        None => Some(None),
        Some(raw) => attestation(reading, raw).map(Some),
    };
    Some(Placed::new(
        place,
        Evidence {
            id: id?.value,
            title: title?,
            kind: kind?.into(),
            file: file?,
            digest: digest?,
            collected: collected?,
            effective: effective?,
            valid_until: valid_until?,
            period: period?,
            system: raw.system.clone(),
            owner: owner?,
            components,
            attestation: attestation?,
        },
    ))
}

fn attestation(reading: &mut Reading<'_>, raw: &RawAttestation) -> Option<Attestation> {
    let dated = reading.day(Some(&raw.dated)).flatten();
    let organisation = reading.says("organisation", &raw.organisation);
    let report = reading.says("report", &raw.report);
    Some(Attestation { organisation: organisation?, report: report?, dated: dated?, mapped: raw.mapped })
}

/// Whether a path stays below the folder.
pub(crate) fn inside(path: &str) -> bool {
    use std::path::{Component, Path};
    !path.is_empty() && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

//! `hipaa/attestations.yaml`.

use attesta_hipaa::{About, Attestation, RecordId, Records};
use serde::Deserialize;

use super::{Rows, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    attestations: Vec<RawAttestation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttestation {
    id: Text,
    about: Text,
    says: Text,
    by: Text,
    on: Text,
    until: Text,
    #[serde(default)]
    evidence: Vec<Text>,
}

pub(super) fn read(rows: &mut Rows<'_>, records: &mut Records) -> Option<()> {
    let raw: Raw = rows.parse("attesta.hipaa-attestations/1")?;
    records.attestations =
        rows.by_id("attestation", &raw.attestations, |raw| &raw.id, attestation, |row: &Attestation| &row.id);
    Some(())
}

fn attestation(rows: &mut Rows<'_>, raw: &RawAttestation, id: RecordId) -> Option<Attestation> {
    // Elements of our statements begin with letters, citations with a number: no text is both.
    let about = match raw.about.value.parse() {
        Ok(element) => Some(About::Element(element)),
        Err(_) => rows.value(&raw.about).map(About::Item),
    };
    let (says, by) = (rows.value(&raw.says), rows.value(&raw.by));
    let (on, until) = (rows.day(&raw.on), rows.day(&raw.until));
    let evidence = rows.evidence(&raw.evidence);
    Some(Attestation { id, about: about?, says: says?, by: by?, on: on?, until: until?, evidence: evidence? })
}

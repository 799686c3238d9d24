//! `hipaa/agreements.yaml`.

use std::collections::BTreeMap;

use attesta_hipaa::{Agreement, ClauseAnswer, RecordId, Records, Signed};
use attesta_kernel::Citation;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Rows, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    agreements: Vec<RawAgreement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAgreement {
    id: Text,
    party: Text,
    counterpart: Text,
    services: Option<Text>,
    signed_by_us: Option<RawSigned>,
    signed_by_them: Option<RawSigned>,
    effective: Option<Text>,
    expires: Option<Text>,
    renewal: Option<Text>,
    ended_on: Option<Text>,
    report_within_days: Option<u32>,
    #[serde(default)]
    clauses: Vec<RawClause>,
    #[serde(default)]
    evidence: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSigned {
    by: Text,
    on: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClause {
    clause: Text,
    at: Option<Text>,
    absent: Option<Spanned<bool>>,
    not_applicable: Option<Text>,
}

pub(super) fn read(rows: &mut Rows<'_>, records: &mut Records) -> Option<()> {
    let raw: Raw = rows.parse("attesta.hipaa-agreements/1")?;
    records.agreements = rows.by_id("agreement", &raw.agreements, |raw| &raw.id, agreement, |row: &Agreement| &row.id);
    Some(())
}

fn agreement(rows: &mut Rows<'_>, raw: &RawAgreement, id: RecordId) -> Option<Agreement> {
    let (party, counterpart) = (rows.value(&raw.party), rows.value(&raw.counterpart));
    let services = rows.maybe(raw.services.as_ref());
    let (us, them) = (signed(rows, raw.signed_by_us.as_ref()), signed(rows, raw.signed_by_them.as_ref()));
    let (effective, expires) = (rows.maybe_day(raw.effective.as_ref()), rows.maybe_day(raw.expires.as_ref()));
    let (renewal, ended_on) = (rows.maybe_day(raw.renewal.as_ref()), rows.maybe_day(raw.ended_on.as_ref()));
    let clauses = clauses(rows, &raw.clauses);
    let evidence = rows.evidence(&raw.evidence);
    Some(Agreement {
        id,
        party: party?,
        counterpart: counterpart?,
        services: services?,
        signed_by_us: us?,
        signed_by_them: them?,
        effective: effective?,
        expires: expires?,
        renewal: renewal?,
        ended_on: ended_on?,
        report_within_days: raw.report_within_days,
        clauses: clauses?,
        evidence: evidence?,
    })
}

fn signed(rows: &mut Rows<'_>, raw: Option<&RawSigned>) -> Option<Option<Signed>> {
    let Some(raw) = raw else { return Some(None) };
    let (by, on) = (rows.value(&raw.by), rows.day(&raw.on));
    Some(Some(Signed { by: by?, on: on? }))
}

fn clauses(rows: &mut Rows<'_>, raw: &[RawClause]) -> Option<BTreeMap<Citation, ClauseAnswer>> {
    let mut clauses = BTreeMap::new();
    for row in raw {
        let Some(citation) = rows.value::<Citation>(&row.clause) else { continue };
        let answer = match (&row.at, &row.absent, &row.not_applicable) {
            (at, None, None) => rows.maybe(at.as_ref()).map(ClauseAnswer::Present),
            (None, Some(absent), None) if absent.value => Some(ClauseAnswer::Absent),
            (None, None, Some(why)) => rows.value(why).map(ClauseAnswer::NotApplicable),
            _ => {
                let help = "say `at: …` where it stands, `absent: true`, or `not_applicable: …` with the reason";
                rows.reading.complain(&row.clause, format!("`{citation}` is answered in two ways, or in none"), help);
                None
            }
        };
        let Some(answer) = answer else { continue };
        if clauses.insert(citation.clone(), answer).is_some() {
            rows.reading.complain(&row.clause, format!("clause `{citation}` stands twice"), "remove one");
        }
    }
    (clauses.len() == raw.len()).then_some(clauses)
}

//! `hipaa/practices.yaml`.

use attesta_hipaa::{Period, Practice, RecordId, Records};
use serde::Deserialize;

use super::{Rows, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    practices: Vec<RawPractice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPractice {
    id: Text,
    family: Text,
    part: Option<Text>,
    title: Text,
    authority: Option<Text>,
    #[serde(default)]
    periods: Vec<RawPeriod>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPeriod {
    from: Text,
    until: Text,
    #[serde(default)]
    evidence: Vec<Text>,
}

pub(super) fn read(rows: &mut Rows<'_>, records: &mut Records) -> Option<()> {
    let raw: Raw = rows.parse("attesta.hipaa-practices/1")?;
    records.practices = rows.by_id("practice", &raw.practices, |raw| &raw.id, practice, |row: &Practice| &row.id);
    Some(())
}

fn practice(rows: &mut Rows<'_>, raw: &RawPractice, id: RecordId) -> Option<Practice> {
    let (family, part) = (rows.value(&raw.family), rows.maybe(raw.part.as_ref()));
    let (title, authority) = (rows.value(&raw.title), rows.maybe(raw.authority.as_ref()));
    let periods: Vec<Option<Period>> = raw.periods.iter().map(|raw| period(rows, raw)).collect();
    let periods: Option<Vec<Period>> = periods.into_iter().collect();
    Some(Practice { id, family: family?, part: part?, title: title?, authority: authority?, periods: periods? })
}

fn period(rows: &mut Rows<'_>, raw: &RawPeriod) -> Option<Period> {
    let (from, until) = (rows.day(&raw.from), rows.day(&raw.until));
    let evidence = rows.evidence(&raw.evidence);
    Some(Period { from: from?, until: until?, evidence: evidence? })
}

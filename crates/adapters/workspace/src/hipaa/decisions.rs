//! `hipaa/decisions.yaml`.

use std::collections::BTreeMap;

use attesta_hipaa::{Choice, Decision, Exemption, Records};
use serde::Deserialize;

use super::{Rows, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    decisions: Vec<RawDecision>,
    #[serde(default)]
    not_applicable: Vec<RawExemption>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecision {
    item: Text,
    choice: Text,
    rationale: Option<Text>,
    measure: Option<Text>,
    no_alternative: Option<Text>,
    #[serde(default)]
    factors: BTreeMap<String, Text>,
    approver: Option<Text>,
    decided_on: Option<Text>,
    review_by: Option<Text>,
    #[serde(default)]
    evidence: Vec<Text>,
    ended_on: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExemption {
    item: Text,
    reason: Text,
    by: Text,
    on: Text,
}

pub(super) fn read(rows: &mut Rows<'_>, records: &mut Records) -> Option<()> {
    let raw: Raw = rows.parse("attesta.hipaa-decisions/1")?;
    records.decisions = raw.decisions.iter().filter_map(|raw| decision(rows, raw)).collect();
    records.exemptions = raw
        .not_applicable
        .iter()
        .filter_map(|raw| {
            let (item, reason) = (rows.value(&raw.item), rows.value(&raw.reason));
            let (by, on) = (rows.value(&raw.by), rows.day(&raw.on));
            Some(Exemption { item: item?, reason: reason?, by: by?, on: on? })
        })
        .collect();
    Some(())
}

fn decision(rows: &mut Rows<'_>, raw: &RawDecision) -> Option<Decision> {
    let item = rows.value(&raw.item);
    let measure = rows.maybe(raw.measure.as_ref());
    let choice = match raw.choice.value.as_str() {
        "implement" => Some(Choice::Implement),
        "alternative" => measure.clone().map(|measure| Choice::Alternative { measure }),
        "neither" => Some(Choice::Neither),
        other => {
            let message = format!("`{other}` is not a choice");
            rows.reading.complain(&raw.choice, message, "use implement, alternative or neither (164.306(d)(3))");
            None
        }
    };
    if !matches!(choice, Some(Choice::Alternative { .. }) | None) {
        rows.misplaced("measure", raw.measure.as_ref(), "only `choice: alternative` has an equivalent measure");
    }
    if !matches!(choice, Some(Choice::Neither) | None) {
        let help = "only `choice: neither` says why there is no equivalent measure";
        rows.misplaced("no_alternative", raw.no_alternative.as_ref(), help);
    }
    let rationale = rows.maybe(raw.rationale.as_ref());
    let no_alternative = rows.maybe(raw.no_alternative.as_ref());
    let factors = rows.answers(&raw.factors);
    let approver = rows.maybe(raw.approver.as_ref());
    let decided_on = rows.maybe_day(raw.decided_on.as_ref());
    let review_by = rows.maybe_day(raw.review_by.as_ref());
    let evidence = rows.evidence(&raw.evidence);
    let ended_on = rows.maybe_day(raw.ended_on.as_ref());
    measure?;
    Some(Decision {
        item: item?,
        choice: choice?,
        rationale: rationale?,
        no_alternative: no_alternative?,
        factors: factors?,
        approver: approver?,
        decided_on: decided_on?,
        review_by: review_by?,
        evidence: evidence?,
        ended_on: ended_on?,
    })
}

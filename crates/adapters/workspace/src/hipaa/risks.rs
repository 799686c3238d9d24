//! `hipaa/risks.yaml`.

use std::collections::BTreeMap;

use attesta_hipaa::{Acceptance, Action, Analysis, Grades, RecordId, Records, Risk, SystemId, Treatment};
use attesta_kernel::Citation;
use serde::Deserialize;

use super::{Rows, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(default)]
    analyses: Vec<RawAnalysis>,
    #[serde(default)]
    risks: Vec<RawRisk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnalysis {
    id: Text,
    completed_on: Option<Text>,
    by: Option<Text>,
    method: Option<Text>,
    #[serde(default)]
    systems: Vec<Text>,
    #[serde(default)]
    without_risk: BTreeMap<String, Text>,
    #[serde(default)]
    evidence: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRisk {
    id: Text,
    system: Text,
    threat: Text,
    vulnerability: Text,
    likelihood: Text,
    impact: Text,
    residual: Option<RawGrades>,
    treatment: Option<Text>,
    plan: Option<Text>,
    owner: Option<Text>,
    due: Option<Text>,
    done_on: Option<Text>,
    #[serde(default)]
    evidence: Vec<Text>,
    accepted_by: Option<Text>,
    accepted_on: Option<Text>,
    reason: Option<Text>,
    review_by: Option<Text>,
    #[serde(default)]
    items: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrades {
    likelihood: Text,
    impact: Text,
}

pub(super) fn read(rows: &mut Rows<'_>, records: &mut Records) -> Option<()> {
    let raw: Raw = rows.parse("attesta.hipaa-risks/1")?;
    records.risks.analyses = rows.by_id("analysis", &raw.analyses, |raw| &raw.id, analysis, |row: &Analysis| &row.id);
    records.risks.risks = rows.by_id("risk", &raw.risks, |raw| &raw.id, risk, |row: &Risk| &row.id);
    Some(())
}

fn analysis(rows: &mut Rows<'_>, raw: &RawAnalysis, id: RecordId) -> Option<Analysis> {
    let completed_on = rows.maybe_day(raw.completed_on.as_ref());
    let by = rows.maybe(raw.by.as_ref());
    let method = rows.maybe(raw.method.as_ref());
    let systems: Vec<Option<SystemId>> = raw.systems.iter().map(|text| rows.value(text)).collect();
    let without_risk = rows.answers(&raw.without_risk);
    let evidence = rows.evidence(&raw.evidence);
    Some(Analysis {
        id,
        completed_on: completed_on?,
        by: by?,
        method: method?,
        systems: systems.into_iter().collect::<Option<_>>()?,
        without_risk: without_risk?,
        evidence: evidence?,
    })
}

fn grades(rows: &mut Rows<'_>, likelihood: &Text, impact: &Text) -> Option<Grades> {
    let (likelihood, impact) = (rows.value(likelihood), rows.value(impact));
    Some(Grades { likelihood: likelihood?, impact: impact? })
}

fn risk(rows: &mut Rows<'_>, raw: &RawRisk, id: RecordId) -> Option<Risk> {
    let system = rows.value(&raw.system);
    let threat = rows.value(&raw.threat);
    let vulnerability = rows.value(&raw.vulnerability);
    let inherent = grades(rows, &raw.likelihood, &raw.impact);
    let residual = match &raw.residual {
        Some(raw) => grades(rows, &raw.likelihood, &raw.impact).map(Some),
        None => Some(None),
    };
    let treatment = treatment(rows, raw);
    let items: Vec<Option<Citation>> = raw.items.iter().map(|text| rows.value(text)).collect();
    Some(Risk {
        id,
        system: system?,
        threat: threat?,
        vulnerability: vulnerability?,
        inherent: inherent?,
        residual: residual?,
        treatment: treatment?,
        items: items.into_iter().collect::<Option<_>>()?,
    })
}

fn treatment(rows: &mut Rows<'_>, raw: &RawRisk) -> Option<Option<Treatment>> {
    let of_action = [("plan", &raw.plan), ("owner", &raw.owner), ("due", &raw.due), ("done_on", &raw.done_on)];
    let of_acceptance = [
        ("accepted_by", &raw.accepted_by),
        ("accepted_on", &raw.accepted_on),
        ("reason", &raw.reason),
        ("review_by", &raw.review_by),
    ];
    let action = action(rows, raw);
    let acceptance = acceptance(rows, raw);
    let misplaced = |rows: &mut Rows<'_>, keys: &[(&str, &Option<Text>)], help: &str| {
        for (key, text) in keys {
            rows.misplaced(key, text.as_ref(), help);
        }
    };
    let Some(word) = &raw.treatment else {
        let help = "say `treatment: mitigate`, transfer, avoid or accept beside it";
        misplaced(rows, &of_action, help);
        misplaced(rows, &of_acceptance, help);
        return Some(None);
    };
    let treatment = match word.value.as_str() {
        "mitigate" => Treatment::Mitigate(action?),
        "transfer" => Treatment::Transfer(action?),
        "avoid" => Treatment::Avoid(action?),
        "accept" => Treatment::Accept(acceptance?),
        other => {
            let message = format!("`{other}` is not a treatment");
            rows.reading.complain(word, message, "use mitigate, transfer, avoid or accept");
            return None;
        }
    };
    match treatment {
        Treatment::Accept(_) => misplaced(rows, &of_action, "only what is done about a risk has it"),
        _ => misplaced(rows, &of_acceptance, "only `treatment: accept` has it"),
    }
    Some(Some(treatment))
}

fn action(rows: &mut Rows<'_>, raw: &RawRisk) -> Option<Action> {
    let (plan, owner) = (rows.maybe(raw.plan.as_ref()), rows.maybe(raw.owner.as_ref()));
    let (due, done_on) = (rows.maybe_day(raw.due.as_ref()), rows.maybe_day(raw.done_on.as_ref()));
    let evidence = rows.evidence(&raw.evidence);
    Some(Action { plan: plan?, owner: owner?, due: due?, done_on: done_on?, evidence: evidence? })
}

fn acceptance(rows: &mut Rows<'_>, raw: &RawRisk) -> Option<Acceptance> {
    let (by, on) = (rows.maybe(raw.accepted_by.as_ref()), rows.maybe_day(raw.accepted_on.as_ref()));
    let (why, review_by) = (rows.maybe(raw.reason.as_ref()), rows.maybe_day(raw.review_by.as_ref()));
    Some(Acceptance { by: by?, on: on?, why: why?, review_by: review_by? })
}

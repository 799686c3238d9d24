//! Decisions about addressable specifications.

use attesta_hipaa::{Decision, DecisionReport, DecisionRow, Ruling};
use serde_json::{Value, json};

use super::{Registers, texts};

/// Whether everything that is recorded counts. What is not decided at all may be implemented: `status` knows.
pub fn sound(report: &DecisionReport<'_>) -> bool {
    report.strays.is_empty()
        && report.exemptions.iter().all(|row| row.standing.is_ok())
        && report.rows.iter().all(|row| !matches!(row.ruling, Ruling::Flawed(..)))
}

/// The report as JSON.
pub fn as_json(desk: &Registers, report: &DecisionReport<'_>) -> serde_json::Map<String, Value> {
    let mut json = desk.json("attesta.hipaa-decisions-report/1");
    json.insert("sound".into(), sound(report).into());
    json.insert("decisions".into(), report.rows.iter().map(row).collect());
    let exemptions = report.exemptions.iter().map(|row| {
        json!({
            "item": row.exemption.item.to_string(),
            "reason": row.exemption.reason.as_str(),
            "by": row.exemption.by.as_str(),
            "on": row.exemption.on.to_string(),
            "stands": row.standing.is_ok(),
            "only_for": row.standing.ok(),
            "refused": row.standing.err().map(attesta_hipaa::ExemptionRefusal::as_str),
        })
    });
    json.insert("not_applicable".into(), exemptions.collect());
    let strays = report.strays.iter().map(|s| json!({"item": s.decision.item.to_string(), "why": s.to_string()}));
    json.insert("nothing_to_decide".into(), strays.collect());
    json.insert(
        "retention".into(),
        json!({
            "years": desk.rules.decisions.retention_years,
            "basis": super::provenance(&desk.rules.decisions.retention_provenance),
        }),
    );
    json
}

pub(super) fn row(row: &DecisionRow<'_>) -> Value {
    let (state, decision, flaws) = match &row.ruling {
        Ruling::None => ("not decided", None, Vec::new()),
        Ruling::Flawed(decision, flaws) => ("does not count", Some(*decision), texts(flaws)),
        Ruling::InForce(decision) => ("in force", Some(*decision), Vec::new()),
    };
    json!({
        "item": row.item.citation.to_string(),
        "title": row.item.title,
        "state": state,
        "decision": decision.map(decision_json),
        "flaws": flaws,
        "kept": row.kept.map(super::kept),
        "drafts": row.drafts.len(),
        "past": row.past.iter().map(|past| {
            json!({"decision": decision_json(past.decision), "kept": super::kept(past.kept)})
        }).collect::<Vec<_>>(),
    })
}

fn decision_json(decision: &Decision) -> Value {
    json!({
        "choice": decision.choice.as_str(),
        "rationale": decision.rationale.as_ref().map(|w| w.as_str()),
        "approver": decision.approver.as_ref().map(|w| w.as_str()),
        "decided_on": super::day(decision.decided_on),
        "review_by": super::day(decision.review_by),
        "ended_on": super::day(decision.ended_on),
        "factors": decision.factors.iter().map(|(k, v)| (k.to_string(), v.as_str().into())).collect::<serde_json::Map<_, _>>(),
        "evidence": texts(&decision.evidence),
    })
}

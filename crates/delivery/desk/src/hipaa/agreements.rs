//! Business associate agreements.

use attesta_hipaa::{AgreementReport, AgreementRow, Clause, ClauseAnswer};
use serde_json::{Value, json};

use super::{Registers, texts};

/// Where the proposed rule would add a clause.
pub const CLAUSES: &str = "164.314(a)";

/// The report as JSON.
pub fn as_json(desk: &Registers, report: &AgreementReport<'_>, proposed: bool) -> serde_json::Map<String, Value> {
    let mut json = desk.json("attesta.hipaa-agreements-report/1");
    json.insert("sound".into(), report.against().is_empty().into());
    json.insert("agreements".into(), report.rows.iter().map(row).collect());
    json.insert("providers_with_ephi".into(), desk.reach.providers.as_ref().map_or(Value::Null, |p| texts(p).into()));
    json.insert("without_agreement".into(), texts(&report.without).into());
    json.insert("against".into(), report.against().into());
    if proposed {
        let changes = desk.rules.proposed.changes.iter().filter(|c| c.stands_at.starts_with(CLAUSES));
        json.insert("proposed_2025".into(), super::status::proposal(&desk.rules.proposed, changes));
    }
    json
}

pub(super) fn row(row: &AgreementRow<'_>) -> Value {
    let signed = |of: &Option<attesta_hipaa::Signed>| {
        of.as_ref().map(|signed| json!({"by": signed.by.as_str(), "on": signed.on.to_string()}))
    };
    let agreement = row.agreement;
    json!({
        "id": agreement.id.to_string(),
        "party": agreement.party.to_string(),
        "counterpart": agreement.counterpart.as_str(),
        "state": row.state.as_str(),
        "services": agreement.services.as_ref().map(|w| w.as_str()),
        "signed_by_us": signed(&agreement.signed_by_us),
        "signed_by_them": signed(&agreement.signed_by_them),
        "effective": super::day(agreement.effective),
        "expires": super::day(agreement.expires),
        "renewal": super::day(agreement.renewal),
        "ended_on": super::day(agreement.ended_on),
        "clauses": row.clauses.iter().map(clause).collect::<Vec<_>>(),
        "flaws": texts(&row.flaws),
        "kept": super::kept(row.kept),
    })
}

fn clause(clause: &Clause<'_>) -> Value {
    let (answer, at) = match clause.answer {
        None => ("not looked for", None),
        Some(ClauseAnswer::Absent) => ("absent", None),
        Some(ClauseAnswer::Present(at)) => ("present", at.as_ref()),
        Some(ClauseAnswer::NotApplicable(why)) => ("not applicable", Some(why)),
    };
    json!({
        "clause": clause.rule.citation.to_string(),
        "title": clause.rule.title,
        "answer": answer,
        "at": at.map(|at| at.as_str()),
        "counts": clause.flaw.is_none(),
        "basis": super::provenance(&clause.rule.provenance),
    })
}

//! `attesta hipaa agreements`.

use attesta_hipaa::{AgreementReport, AgreementRow, Clause, ClauseAnswer};
use serde_json::{Value, json};

use super::{
    AgreementsOptions, Desk, list,
    page::{self, exit, many, texts},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

/// Where the proposed rule would add a clause.
const CLAUSES: &str = "164.314(a)";

pub(super) fn run(common: &Common, options: &AgreementsOptions) -> Result<Exit, Failure> {
    let desk = Desk::of(common, &options.register)?;
    let report = desk.agreements();
    match options.register.format {
        ListFormat::Table => table(&desk, &report, options.proposed_2025)?,
        ListFormat::Json => page::print(as_json(&desk, &report, options.proposed_2025))?,
    }
    Ok(exit(report.against().is_empty()))
}

fn table(desk: &Desk, report: &AgreementReport<'_>, proposed: bool) -> Result<(), Failure> {
    let mut page = desk.page("business associate agreements (164.308(b), 164.314(a), 164.504(e))");
    page.line(&many(report.rows.len(), "agreement", "agreements"));
    match &desk.reach.providers {
        Some(providers) => page.line(&format!("providers that touch ePHI: {}", list(providers))),
        None => {
            page.line("providers that touch ePHI: nobody says which (list them in the scope, or with --ephi-provider)")
        }
    }
    for row in &report.rows {
        page.heading(&format!("{}: {} ({})", row.agreement.id, row.agreement.party, row.agreement.counterpart));
        let holds = row.clauses.iter().filter(|clause| clause.flaw.is_none()).count();
        let clauses =
            if row.clauses.is_empty() { String::new() } else { format!(", {holds} of {} clauses", row.clauses.len()) };
        page.line(&format!("  {}{clauses}, {}", row.state, page::kept_words(row.kept)));
        for flaw in &row.flaws {
            page.below(&flaw.to_string());
        }
    }
    let against = report.against();
    page.heading("what stands against it");
    if against.is_empty() {
        page.line("  nothing");
    }
    for what in &against {
        page.line(&format!("  {what}"));
    }
    page.line("");
    let mut told: Vec<&attesta_kernel::Provenance> = Vec::new();
    for clause in &desk.rules.agreements.clauses {
        if !told.contains(&&clause.provenance) {
            page.basis("checklist", &clause.provenance);
            told.push(&clause.provenance);
        }
    }
    if proposed {
        let rule = &desk.rules.proposed;
        page.heading(&format!("{} ({})", rule.title, rule.label));
        for change in rule.changes.iter().filter(|change| change.stands_at.starts_with(CLAUSES)) {
            page.line(&format!("  {}: {} [{}]", change.stands_at, change.text, change.confidence));
        }
    }
    page.print()
}

fn as_json(desk: &Desk, report: &AgreementReport<'_>, proposed: bool) -> serde_json::Map<String, Value> {
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

fn row(row: &AgreementRow<'_>) -> Value {
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
        "effective": page::day(agreement.effective),
        "expires": page::day(agreement.expires),
        "renewal": page::day(agreement.renewal),
        "ended_on": page::day(agreement.ended_on),
        "clauses": row.clauses.iter().map(clause).collect::<Vec<_>>(),
        "flaws": texts(&row.flaws),
        "kept": page::kept(row.kept),
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
        "basis": page::provenance(&clause.rule.provenance),
    })
}

//! `attesta hipaa agreements`.

use attesta_desk::hipaa::{
    Registers,
    agreements::{CLAUSES, as_json},
};
use attesta_hipaa::AgreementReport;
use attesta_kernel::many;

use super::{
    AgreementsOptions, list,
    page::{self, exit},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &AgreementsOptions) -> Result<Exit, Failure> {
    let desk = super::registers(common, &options.register)?;
    let report = desk.agreements();
    match options.register.format {
        ListFormat::Table => table(&desk, &report, options.proposed_2025)?,
        ListFormat::Json => page::print(as_json(&desk, &report, options.proposed_2025))?,
    }
    Ok(exit(report.against().is_empty()))
}

fn table(desk: &Registers, report: &AgreementReport<'_>, proposed: bool) -> Result<(), Failure> {
    let mut page = page::begun(desk, "business associate agreements (164.308(b), 164.314(a), 164.504(e))");
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

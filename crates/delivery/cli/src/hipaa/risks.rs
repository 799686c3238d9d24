//! `attesta hipaa risks`.

use attesta_desk::hipaa::{
    Registers,
    risks::{analysis, as_json, sound},
};
use attesta_hipaa::{RiskReport, Treatment};
use attesta_kernel::many;

use super::{
    RegisterOptions, list,
    page::{self, exit},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &RegisterOptions) -> Result<Exit, Failure> {
    let desk = super::registers(common, options)?;
    let report = desk.risks();
    match options.format {
        ListFormat::Table => table(&desk, &report)?,
        ListFormat::Json => page::print(as_json(&desk, &report))?,
    }
    Ok(exit(sound(&report)))
}

fn table(desk: &Registers, report: &RiskReport<'_>) -> Result<(), Failure> {
    let mut page = page::begun(desk, "risk analysis (164.308(a)(1)(ii)(A) and (B))");
    let (state, due) = analysis(report);
    let due = due.map_or_else(String::new, |day| format!(", due again on {day}"));
    let which = report.analysis.analysis().map_or_else(String::new, |a| format!(" `{}`", a.id));
    page.line(&format!("analysis{which}: {state}{due}"));
    match (&desk.reach.systems, report.systems) {
        (Some(systems), Some(count)) => {
            let covered = count.saturating_sub(report.uncovered.len());
            page.line(&format!("systems that touch ePHI: {covered} of {count} covered ({})", list(systems)));
        }
        _ => page.line("systems that touch ePHI: nobody says which (list them in the scope, or with --ephi-system)"),
    }
    let levels: Vec<String> = report.by_level().iter().map(|(level, count)| format!("{count} {level}")).collect();
    page.line(&format!("risks: {}", if levels.is_empty() { "none recorded".to_owned() } else { levels.join(", ") }));
    if !report.rows.is_empty() {
        page.heading("risks, highest first");
    }
    for row in &report.rows {
        let level =
            |of: Option<(usize, &attesta_hipaa::Slug)>| of.map_or("not graded".to_owned(), |(_, l)| l.to_string());
        let treatment = row.risk.treatment.as_ref().map_or("untreated", Treatment::as_str);
        let residual = row.risk.residual.as_ref().map_or(String::new(), |_| format!("then {}", level(row.residual)));
        page.row([
            (row.risk.id.as_str(), 14),
            (&level(row.level), 10),
            (treatment, 9),
            (&residual, 15),
            (row.risk.system.as_str(), 16),
            (row.risk.threat.as_str(), 0),
        ]);
        for flaw in &row.flaws {
            page.below(&flaw.to_string());
        }
    }
    let against = [report.against_analysis(), report.against_treatment()].concat();
    page.heading("what stands against it");
    if against.is_empty() {
        page.line("  nothing");
    }
    for what in against {
        page.line(&format!("  {what}"));
    }
    page.line("");
    page.basis("levels", &desk.rules.risk.matrix.provenance);
    page.basis(&many_months(desk), &desk.rules.risk.review_provenance);
    page.print()
}

fn many_months(desk: &Registers) -> String {
    format!("review after {}", many(desk.rules.risk.review_months.try_into().unwrap_or(usize::MAX), "month", "months"))
}

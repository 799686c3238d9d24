//! `attesta hipaa practices`.

use attesta_desk::hipaa::{Registers, practices::as_json};
use attesta_hipaa::{PracticeReport, PracticeRow};

use super::{
    RegisterOptions,
    page::{self, Page, exit},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &RegisterOptions) -> Result<Exit, Failure> {
    let desk = super::registers(common, options)?;
    let report = desk.practices();
    match options.format {
        ListFormat::Table => table(&desk, &report)?,
        ListFormat::Json => page::print(as_json(&desk, &report))?,
    }
    Ok(exit(report.shown().next().is_some()))
}

fn table(desk: &Registers, report: &PracticeReport<'_>) -> Result<(), Failure> {
    let mut page = page::begun(desk, "recognised security practices (Pub. L. 116-321)");
    let shown: Vec<&str> = report.shown().map(|f| f.family.title.as_str()).collect();
    let months = desk.rules.practices.months;
    page.line(&match shown.as_slice() {
        [] => format!("no kind of practices is shown over the {months} months of {}", report.window),
        kinds => format!("shown over the {months} months of {}: {}", report.window, kinds.join("; ")),
    });
    for family in &report.families {
        if family.rows.is_empty() {
            continue;
        }
        page.heading(&format!("{}: {}", family.family.title, family.state));
        for row in &family.rows {
            practice(&mut page, row);
        }
        if !family.missing.is_empty() {
            let missing: Vec<&str> = family.missing.iter().map(|part| part.title.as_str()).collect();
            page.line(&format!("  not shown: {}", missing.join(", ")));
        }
        page.basis(family.family.id.as_str(), &family.family.provenance);
    }
    if !report.strays.is_empty() {
        page.heading("of no family");
        for row in &report.strays {
            practice(&mut page, row);
        }
    }
    page.line("");
    page.line(&desk.rules.practices.effect);
    page.basis(&format!("{months} months"), &desk.rules.practices.months_provenance);
    page.print()
}

fn practice(page: &mut Page, row: &PracticeRow<'_>) {
    let part = row.practice.part.as_ref().map_or("", |part| part.as_str());
    page.row([(row.practice.id.as_str(), 16), (part, 13), (row.state.as_str(), 10), (row.practice.title.as_str(), 0)]);
    if let Some(day) = row.shown_from {
        page.below(&format!("shown from {day} on, if the evidence goes on without a gap"));
    }
    for gap in &row.gaps {
        page.below(&format!("nothing shows it from {gap}"));
    }
    for flaw in &row.flaws {
        page.below(&flaw.to_string());
    }
}

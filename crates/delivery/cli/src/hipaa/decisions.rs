//! `attesta hipaa decisions`.

use attesta_desk::hipaa::{
    Registers,
    decisions::{as_json, sound},
};
use attesta_hipaa::{Decision, DecisionReport, Ruling};
use attesta_kernel::many;

use super::{
    DecisionsOptions,
    page::{self, exit},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &DecisionsOptions) -> Result<Exit, Failure> {
    let desk = super::registers(common, &options.register)?;
    let report = desk.decisions();
    match options.register.format {
        ListFormat::Table => table(&desk, &report, options.all)?,
        ListFormat::Json => page::print(as_json(&desk, &report))?,
    }
    Ok(exit(sound(&report)))
}

fn table(desk: &Registers, report: &DecisionReport<'_>, all: bool) -> Result<(), Failure> {
    let mut page = page::begun(desk, "decisions about addressable specifications (164.306(d)(3))");
    let count = |of: fn(&Ruling<'_>) -> bool| report.rows.iter().filter(|row| of(&row.ruling)).count();
    page.line(&format!(
        "{} of {} in force, {} do not count, {} not decided (fine where the specification is implemented and shown)",
        count(|r| matches!(r, Ruling::InForce(_))),
        report.rows.len(),
        count(|r| matches!(r, Ruling::Flawed(..))),
        count(|r| matches!(r, Ruling::None)),
    ));
    page.heading("decisions");
    for row in &report.rows {
        let (decision, flaws) = match &row.ruling {
            Ruling::None => {
                page.row([(&row.item.citation.to_string(), 24), (&row.item.title, 46), ("not decided", 0)]);
                continue;
            }
            Ruling::Flawed(decision, flaws) => (*decision, flaws.as_slice()),
            Ruling::InForce(decision) => (*decision, &[][..]),
        };
        let state = if flaws.is_empty() {
            decision.choice.as_str().to_owned()
        } else {
            format!("{}: does not count", decision.choice.as_str())
        };
        page.row([(&row.item.citation.to_string(), 24), (&row.item.title, 46), (&state, 0)]);
        if let (true, Some(review)) = (flaws.is_empty(), decision.review_by) {
            page.below(&format!("{}, review by {review}", who(decision)));
        }
        for flaw in flaws {
            page.below(&flaw.to_string());
        }
        if !row.drafts.is_empty() {
            page.below(&many(row.drafts.len(), "later draft", "later drafts"));
        }
        if all {
            if let Some(kept) = row.kept {
                page.below(&page::kept_words(kept));
            }
            for past in &row.past {
                let on = past.decision.decided_on.map_or_else(String::new, |d| format!(" of {d}"));
                page.below(&format!("before: {}{on}, {}", past.decision.choice.as_str(), page::kept_words(past.kept)));
            }
        }
    }
    if !report.exemptions.is_empty() {
        page.heading("marked as not applicable");
        for row in &report.exemptions {
            let state = row.standing.map_or("refused", |_| "stands");
            page.row([(&row.exemption.item.to_string(), 24), (state, 10), (row.exemption.reason.as_str(), 0)]);
            match row.standing {
                Ok(only) => page.below(only),
                Err(refusal) => page.below(refusal.as_str()),
            }
        }
    }
    if !report.strays.is_empty() {
        page.heading("nothing to decide");
        for stray in &report.strays {
            page.line(&format!("  {stray}"));
        }
    }
    page.print()
}

fn who(decision: &Decision) -> String {
    let by = decision.approver.as_ref().map_or("nobody", |words| words.as_str());
    decision.decided_on.map_or_else(|| format!("by {by}"), |day| format!("by {by} on {day}"))
}

//! `attesta hipaa risks`.

use attesta_hipaa::{AnalysisState, RiskReport, RiskRow, Treatment, Uncovered};
use serde_json::{Value, json};

use super::{
    Desk, RegisterOptions, list,
    page::{self, exit, many, texts},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &RegisterOptions) -> Result<Exit, Failure> {
    let desk = Desk::of(common, options)?;
    let report = desk.risks();
    match options.format {
        ListFormat::Table => table(&desk, &report)?,
        ListFormat::Json => page::print(as_json(&desk, &report))?,
    }
    Ok(exit(sound(&report)))
}

pub(super) fn sound(report: &RiskReport<'_>) -> bool {
    report.against_analysis().is_empty() && report.against_treatment().is_empty()
}

/// Where the analysis stands, in a word and a day.
fn analysis(report: &RiskReport<'_>) -> (&'static str, Option<attesta_kernel::Date>) {
    match &report.analysis {
        AnalysisState::Never => ("never done", None),
        AnalysisState::Flawed(_, due, _) => ("does not count", Some(*due)),
        AnalysisState::Overdue(_, due) => ("overdue", Some(*due)),
        AnalysisState::Current(_, due) => ("current", Some(*due)),
    }
}

fn table(desk: &Desk, report: &RiskReport<'_>) -> Result<(), Failure> {
    let mut page = desk.page("risk analysis (164.308(a)(1)(ii)(A) and (B))");
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

fn many_months(desk: &Desk) -> String {
    format!("review after {}", many(desk.rules.risk.review_months.try_into().unwrap_or(usize::MAX), "month", "months"))
}

fn as_json(desk: &Desk, report: &RiskReport<'_>) -> serde_json::Map<String, Value> {
    let mut json = desk.json("attesta.hipaa-risks-report/1");
    let (state, due) = analysis(report);
    json.insert("sound".into(), sound(report).into());
    json.insert(
        "analysis".into(),
        json!({
            "state": state,
            "id": report.analysis.analysis().map(|a| a.id.to_string()),
            "completed_on": page::day(report.analysis.analysis().and_then(|a| a.completed_on)),
            "due": page::day(due),
        }),
    );
    let uncovered = report.uncovered.iter().map(|(system, why)| {
        let why = match why {
            Uncovered::NotLookedAt => "not looked at",
            Uncovered::NothingRecorded => "nothing recorded",
        };
        json!({"system": system.to_string(), "why": why})
    });
    json.insert("systems_with_ephi".into(), desk.reach.systems.as_ref().map_or(Value::Null, |s| texts(s).into()));
    json.insert("uncovered".into(), uncovered.collect());
    json.insert("risks".into(), report.rows.iter().map(row).collect());
    json.insert("against_analysis".into(), report.against_analysis().into());
    json.insert("against_treatment".into(), report.against_treatment().into());
    json.insert("matrix_basis".into(), page::provenance(&desk.rules.risk.matrix.provenance));
    json.insert(
        "review".into(),
        json!({
            "months": desk.rules.risk.review_months,
            "basis": page::provenance(&desk.rules.risk.review_provenance),
        }),
    );
    json
}

fn row(row: &RiskRow<'_>) -> Value {
    json!({
        "id": row.risk.id.to_string(),
        "system": row.risk.system.to_string(),
        "threat": row.risk.threat.as_str(),
        "vulnerability": row.risk.vulnerability.as_str(),
        "likelihood": row.risk.inherent.likelihood.as_str(),
        "impact": row.risk.inherent.impact.as_str(),
        "level": row.level.map(|(_, level)| level.as_str()),
        "residual_level": row.residual.map(|(_, level)| level.as_str()),
        "treatment": row.risk.treatment.as_ref().map(Treatment::as_str),
        "who": row.risk.treatment.as_ref().and_then(Treatment::who).map(|who| who.as_str()),
        "treated_on": page::day(row.treated_on),
        "flaws": texts(&row.flaws),
    })
}

//! Recognised security practices.

use attesta_hipaa::{PracticeReport, PracticeRow};
use serde_json::{Value, json};

use super::{Registers, texts};

/// The report as JSON.
pub fn as_json(desk: &Registers, report: &PracticeReport<'_>) -> serde_json::Map<String, Value> {
    let mut json = desk.json("attesta.hipaa-practices-report/1");
    json.insert("shown".into(), report.shown().next().is_some().into());
    json.insert(
        "window".into(),
        json!({"from": report.window.from.to_string(), "until": report.window.until.to_string()}),
    );
    json.insert(
        "months".into(),
        json!({
            "count": desk.rules.practices.months,
            "basis": super::provenance(&desk.rules.practices.months_provenance),
        }),
    );
    let families = report.families.iter().map(|family| {
        json!({
            "id": family.family.id.as_str(),
            "title": family.family.title,
            "state": family.state.as_str(),
            "practices": family.rows.iter().map(row).collect::<Vec<_>>(),
            "missing": family.missing.iter().map(|part| part.id.to_string()).collect::<Vec<_>>(),
            "basis": super::provenance(&family.family.provenance),
        })
    });
    json.insert("families".into(), families.collect());
    json.insert("of_no_family".into(), report.strays.iter().map(row).collect());
    json.insert("effect".into(), desk.rules.practices.effect.as_str().into());
    json
}

fn row(row: &PracticeRow<'_>) -> Value {
    let span = |span: &attesta_hipaa::Span| json!({"from": span.from.to_string(), "until": span.until.to_string()});
    json!({
        "id": row.practice.id.to_string(),
        "part": row.practice.part.as_ref().map(ToString::to_string),
        "title": row.practice.title.as_str(),
        "state": row.state.as_str(),
        "run": row.run.as_ref().map(span),
        "gaps": row.gaps.iter().map(span).collect::<Vec<_>>(),
        "shown_from": super::day(row.shown_from),
        "flaws": texts(&row.flaws),
    })
}

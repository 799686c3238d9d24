//! The risk analysis.

use attesta_hipaa::{
    Analysis, AnalysisState, DecisionReport, MatrixCell, RiskReport, RiskRow, Ruling, Treatment, Uncovered,
};
use attesta_kernel::Citation;
use serde_json::{Value, json};

use super::{Registers, texts};

/// Whether nothing stands against the analysis or the treatment.
pub fn sound(report: &RiskReport<'_>) -> bool {
    report.against_analysis().is_empty() && report.against_treatment().is_empty()
}

/// Where the analysis stands, in a word and a day.
pub fn analysis(report: &RiskReport<'_>) -> (&'static str, Option<attesta_kernel::Date>) {
    match &report.analysis {
        AnalysisState::Never => ("never done", None),
        AnalysisState::Flawed(_, due, _) => ("does not count", Some(*due)),
        AnalysisState::Overdue(_, due) => ("overdue", Some(*due)),
        AnalysisState::Current(_, due) => ("current", Some(*due)),
    }
}

/// The report as JSON.
pub fn as_json(desk: &Registers, report: &RiskReport<'_>) -> serde_json::Map<String, Value> {
    let mut json = desk.json("attesta.hipaa-risks-report/1");
    let (state, due) = analysis(report);
    json.insert("sound".into(), sound(report).into());
    json.insert(
        "analysis".into(),
        json!({
            "state": state,
            "id": report.analysis.analysis().map(|a| a.id.to_string()),
            "completed_on": super::day(report.analysis.analysis().and_then(|a| a.completed_on)),
            "due": super::day(due),
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
    json.insert("risks".into(), report.rows.iter().map(|of| row(desk, of)).collect());
    json.insert("against_analysis".into(), report.against_analysis().into());
    json.insert("against_treatment".into(), report.against_treatment().into());
    json.insert("matrix".into(), matrix(desk, report));
    json.insert("matrix_basis".into(), super::provenance(&desk.rules.risk.matrix.provenance));
    json.insert(
        "review".into(),
        json!({
            "months": desk.rules.risk.review_months,
            "basis": super::provenance(&desk.rules.risk.review_provenance),
        }),
    );
    json
}

/// The matrix as it is drawn: grades, and each cell with its level and how many risks lie in it.
fn matrix(desk: &Registers, report: &RiskReport<'_>) -> Value {
    let matrix = &desk.rules.risk.matrix;
    let cell = |cell: MatrixCell<'_>| {
        json!({
            "likelihood": cell.likelihood.as_str(),
            "impact": cell.impact.as_str(),
            "level": cell.level.1.as_str(),
            "rank": cell.level.0,
            "before": cell.before,
            "today": cell.today,
        })
    };
    json!({
        "likelihoods": texts(matrix.likelihoods()),
        "impacts": texts(matrix.impacts()),
        "levels": texts(matrix.levels()),
        "cells": report.matrix(matrix).into_iter().map(cell).collect::<Vec<_>>(),
    })
}

/// An analysis, as its file says it.
pub(super) fn analysis_json(of: &Analysis) -> Value {
    json!({
        "id": of.id.to_string(),
        "completed_on": super::day(of.completed_on),
        "by": of.by.as_ref().map(|w| w.as_str()),
        "method": of.method.as_ref().map(|w| w.as_str()),
        "systems": texts(&of.systems),
        "evidence": texts(&of.evidence),
    })
}

/// A specification that a risk bears on, with what was decided about it where there is something to decide.
fn item(desk: &Registers, decided: &DecisionReport<'_>, of: &Citation) -> Value {
    let state = decided.row(of).map(|row| match row.ruling {
        Ruling::None => "not decided",
        Ruling::Flawed(..) => "does not count",
        Ruling::InForce(_) => "in force",
    });
    let title = desk.catalog.hipaa_item(of).map(|item| item.title.as_str());
    json!({"item": of.to_string(), "title": title, "decision": state})
}

pub(super) fn row(desk: &Registers, row: &RiskRow<'_>) -> Value {
    let decided = desk.decisions();
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
        "today": json!({"likelihood": row.today().likelihood.as_str(), "impact": row.today().impact.as_str()}),
        "treated_on": super::day(row.treated_on),
        "items": row.risk.items.iter().map(|of| item(desk, &decided, of)).collect::<Vec<_>>(),
        "flaws": texts(&row.flaws),
    })
}

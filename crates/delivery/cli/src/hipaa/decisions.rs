//! `attesta hipaa decisions`.

use attesta_hipaa::{Decision, DecisionReport, DecisionRow, Ruling};
use serde_json::{Value, json};

use super::{
    DecisionsOptions, Desk,
    page::{self, exit, many, texts},
};
use crate::{
    args::{Common, ListFormat},
    exit::{Exit, Failure},
};

pub(super) fn run(common: &Common, options: &DecisionsOptions) -> Result<Exit, Failure> {
    let desk = Desk::of(common, &options.register)?;
    let report = DecisionReport::of(
        &desk.catalog,
        &desk.rules.decisions,
        &desk.records.decisions,
        &desk.records.exemptions,
        desk.at,
    );
    match options.register.format {
        ListFormat::Table => table(&desk, &report, options.all)?,
        ListFormat::Json => page::print(as_json(&desk, &report))?,
    }
    Ok(exit(sound(&report)))
}

/// Whether everything that is recorded counts. What is not decided at all may be implemented: `status` knows.
pub(super) fn sound(report: &DecisionReport<'_>) -> bool {
    report.strays.is_empty()
        && report.exemptions.iter().all(|row| row.standing.is_ok())
        && report.rows.iter().all(|row| !matches!(row.ruling, Ruling::Flawed(..)))
}

fn table(desk: &Desk, report: &DecisionReport<'_>, all: bool) -> Result<(), Failure> {
    let mut page = desk.page("decisions about addressable specifications (164.306(d)(3))");
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

pub(super) fn as_json(desk: &Desk, report: &DecisionReport<'_>) -> serde_json::Map<String, Value> {
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
            "basis": page::provenance(&desk.rules.decisions.retention_provenance),
        }),
    );
    json
}

fn row(row: &DecisionRow<'_>) -> Value {
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
        "kept": row.kept.map(page::kept),
        "drafts": row.drafts.len(),
        "past": row.past.iter().map(|past| {
            json!({"decision": decision_json(past.decision), "kept": page::kept(past.kept)})
        }).collect::<Vec<_>>(),
    })
}

fn decision_json(decision: &Decision) -> Value {
    json!({
        "choice": decision.choice.as_str(),
        "rationale": decision.rationale.as_ref().map(|w| w.as_str()),
        "approver": decision.approver.as_ref().map(|w| w.as_str()),
        "decided_on": page::day(decision.decided_on),
        "review_by": page::day(decision.review_by),
        "ended_on": page::day(decision.ended_on),
        "factors": decision.factors.iter().map(|(k, v)| (k.to_string(), v.as_str().into())).collect::<serde_json::Map<_, _>>(),
        "evidence": texts(&decision.evidence),
    })
}

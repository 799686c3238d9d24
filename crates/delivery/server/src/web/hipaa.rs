//! HIPAA's registers.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind};
use attesta_desk::{Failure, hipaa::Registers};
use attesta_hipaa::Rules;
use attesta_pages::{
    Markup, page as framed,
    rooms::hipaa::{
        self as pages, Agreement, Agreements, Around, Cell, Change, Check, Clause, Clock, Decision, Decisions,
        Incident, Incidents, Item, Matrix, Proposal, Risk, Risks, Source, Status, Watched,
    },
};
use attesta_workspace::{HipaaRegister, hipaa_rows};
use axum::{extract::State, response::Html};
use serde::Deserialize;
use serde_json::Value;

use super::{Guest, Page, frame_at};
use crate::{
    House, deed,
    problem::Problem,
    sent::{Asked, Named},
    watching::{Looked, broken, looked},
};

/// How it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct How {
    proposed: String,
}

/// What the pages read of an opened assessment.
struct Read {
    report: Value,
    rules: Rules,
    evidence: Vec<(String, String)>,
    /// The systems of the scope: id and title.
    systems: Vec<(String, String)>,
    /// Standards and specifications that something can be said about: citation and title.
    items: Vec<(String, String)>,
    /// The rows of the register's file, by id.
    rows: BTreeMap<String, Value>,
    at: String,
}

/// Where the Security Rule stands.
pub(crate) async fn status(
    state: State<Arc<House>>,
    guest: Guest,
    Named((org, assessment)): Named<(String, String)>,
    asked: Asked<How>,
) -> Page {
    register(state, guest, Named((org, assessment, "status".to_owned())), asked).await
}

/// A register.
pub(crate) async fn register(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment, register)): Named<(String, String, String)>,
    Asked(how): Asked<How>,
) -> Page {
    let (report, file, kept) = match register.as_str() {
        "status" => ("status", "", None),
        "decisions" => ("decisions", "hipaa/decisions.yaml", None),
        "risks" => ("risks", "hipaa/risks.yaml", Some(HipaaRegister::Risks)),
        "agreements" => ("agreements", "hipaa/agreements.yaml", Some(HipaaRegister::Agreements)),
        "incidents" => ("breach", "hipaa/incidents.yaml", Some(HipaaRegister::Incidents)),
        _ => return Err(Problem::not_found("HIPAA's room has no such register").into()),
    };
    let proposed = how.proposed == "yes";
    // What sources show is in the scores alone.
    let (seen, looked) = match report {
        "status" => looked(&house, &guest.caller, &assessment, ResourceKind::HipaaRecord).await?,
        _ => (deed::look(&house, &guest.caller, &assessment, ResourceKind::HipaaRecord).await?, Looked::NoSources),
    };
    let judge = house.judge().map_err(broken)?;
    let read = deed::worked(&seen, move |desk| {
        let registers = Registers::read(&desk.folder, &desk.library, desk.at)?;
        let report = Value::Object(registers.report(report, proposed, looked.infrastructure(&judge))?);
        let rows = match kept {
            Some(kept) => hipaa_rows(&desk.folder, kept)?,
            None => Vec::new(),
        };
        Ok::<_, Failure>(Read {
            report,
            evidence: registers.evidence.iter().map(|(id, e)| (id.to_string(), e.value.title.clone())).collect(),
            items: registers
                .catalog
                .required()
                .chain(registers.catalog.addressable())
                .map(|item| (item.citation.to_string(), item.title.clone()))
                .collect(),
            rules: registers.rules,
            systems: desk
                .dossier
                .scope
                .systems
                .iter()
                .map(|(id, system)| (id.to_string(), system.value.title.clone()))
                .collect(),
            rows: rows.into_iter().map(|row| (text(&row, "id"), row)).collect(),
            at: desk.at.to_string(),
        })
    });
    let read = read.await?;
    let circumstance = Circumstance {
        assigned_to: Some(std::collections::BTreeSet::new()),
        ..deed::facts(&house, &guest.caller, &assessment).await?
    };
    let may = |action| guest.may(&house, action, ResourceKind::HipaaRecord, &circumstance);
    let around = Around {
        place: (guest.org(), assessment.clone()),
        at: read.at.clone(),
        rev: seen.of(file),
        may: (may(Action::Create), may(Action::Change), may_sign(&house, &guest, &circumstance)),
        evidence: read.evidence.clone(),
    };
    let main: Markup = match register.as_str() {
        "status" => pages::status(&stands(around, &read.report)),
        "decisions" => pages::decisions(&decided(around, &read)),
        "risks" => pages::risks(&analysed(around, &read)),
        "agreements" => pages::agreements(&agreed(around, &read)),
        _ => pages::incidents(&happened(around, &read)),
    };
    Ok(Html(
        framed(&frame_at(&house, &guest, ("HIPAA", "hipaa", &assessment), (seen.revision, seen.desk.at)), &main)
            .into_string(),
    ))
}

/// Whether somebody may sign, once they prove again who they are: that is asked when they do.
fn may_sign(house: &House, guest: &Guest, circumstance: &Circumstance) -> bool {
    let asked = attesta_access::authorise(
        &guest.caller.principal,
        Action::Sign,
        ResourceKind::HipaaRecord,
        circumstance,
        house.clock.now(),
    );
    match asked {
        Ok(_) => true,
        Err(refused) => Problem::from(refused).code() == "confirm",
    }
}

fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn yes(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// Where a figure comes from, and how sure content is of it.
fn basis(value: Option<&Value>) -> String {
    value.map_or(String::new(), |basis| format!("{} ({})", text(basis, "source"), text(basis, "confidence")))
}

fn proposal(report: &Value) -> Option<Proposal> {
    let told = report.get("proposed_2025")?;
    let change = |change: &Value| Change {
        topic: text(change, "topic"),
        stands_at: text(change, "stands_at"),
        text: text(change, "text"),
        confidence: text(change, "confidence"),
    };
    Some(Proposal {
        words: (text(told, "title"), text(told, "label"), text(told, "status")),
        changes: list(told, "changes").iter().map(change).collect(),
        would_be_required: texts(told, "would_be_required"),
    })
}

/// What a policy says of an item, with each source's part.
fn check(check: &Value, sources: &[Source]) -> Check {
    let counted = |of: &Value| {
        let count = |key: &str| number(of, &format!("/checks/{key}"));
        [count("fail"), count("waived"), count("unknown"), count("pass")]
    };
    let by = |part: &Value| {
        let id = text(part, "source");
        let name = sources.iter().find(|source| source.id == id).map(|source| source.name.clone());
        (id, name.unwrap_or_default(), counted(part))
    };
    Check {
        policy: (text(check, "policy"), text(check, "title")),
        severity: text(check, "severity"),
        counts: counted(check),
        by: list(check, "by").iter().map(by).collect(),
    }
}

fn watched(report: &Value) -> Watched {
    let Some(told) = report.get("watched") else { return Watched::NoSources };
    if yes(told, "/hidden") {
        return Watched::Hidden;
    }
    let source = |source: &Value| Source {
        id: text(source, "source"),
        name: text(source, "name"),
        seen: text(source, "seen"),
        run: text(source, "run"),
        when: (text(source, "seen_on"), source.get("days_ago").and_then(Value::as_u64)),
        why: text(source, "why"),
        undecided: texts(source, "undecided"),
    };
    Watched::Sources(list(told, "sources").iter().map(source).collect())
}

fn stands(around: Around, report: &Value) -> Status {
    let watched = watched(report);
    let sources = match &watched {
        Watched::Sources(sources) => sources.as_slice(),
        Watched::NoSources | Watched::Hidden => &[],
    };
    let items = |side: &str| -> Vec<Item> {
        let items = report.get(side).map_or(&[][..], |side| list(side, "items"));
        let item = |item: &Value| Item {
            citation: text(item, "citation"),
            title: text(item, "title"),
            state: text(item, "state"),
            reasons: texts(item, "reasons"),
            checks: list(item, "checks").iter().map(|c| check(c, sources)).collect(),
        };
        items.iter().map(item).collect()
    };
    let (required, addressable) = (items("required"), items("addressable"));
    let to_mend = report.get("to_mend").and_then(Value::as_object);
    let to_mend = to_mend.into_iter().flatten().map(|(register, against)| {
        (
            register.clone(),
            against.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>(),
        )
    });
    Status {
        required: (
            yes(report, "/required/met"),
            number(report, "/required/share/met"),
            number(report, "/required/share/of"),
        ),
        addressable: (
            report.pointer("/addressable/share/percent").and_then(Value::as_u64),
            number(report, "/addressable/share/met"),
            number(report, "/addressable/share/of"),
        ),
        counts: ["met_by_alternative", "decided_against", "open", "violated"]
            .map(|key| number(report, &format!("/addressable/{key}"))),
        items: (required, addressable),
        on_word: number(report, "/met_on_word_alone"),
        to_mend: to_mend.filter(|(_, against)| !against.is_empty()).collect(),
        proposal: proposal(report),
        watched,
        around,
    }
}

fn decided(around: Around, read: &Read) -> Decisions {
    let report = &read.report;
    let row = |row: &Value| {
        let decision = row.get("decision").cloned().unwrap_or_default();
        Decision {
            item: (text(row, "item"), text(row, "title")),
            state: text(row, "state"),
            choice: text(&decision, "choice"),
            rationale: text(&decision, "rationale"),
            signed: (text(&decision, "approver"), text(&decision, "decided_on"), text(&decision, "review_by")),
            flaws: texts(row, "flaws"),
            others: (number(row, "/drafts"), list(row, "past").len()),
        }
    };
    let marked = |mark: &Value| (text(mark, "item"), text(mark, "reason"), text(mark, "by"), yes(mark, "/stands"));
    let retention = report.get("retention").cloned().unwrap_or_default();
    Decisions {
        rows: list(report, "decisions").iter().map(row).collect(),
        factors: read.rules.decisions.factors.iter().map(|f| (f.id.to_string(), f.asks.clone())).collect(),
        not_applicable: list(report, "not_applicable").iter().map(marked).collect(),
        kept: format!(
            "A decision is kept for {} years after it was last in force: {}.",
            text(&retention, "years"),
            basis(retention.get("basis"))
        ),
        around,
    }
}

fn analysed(around: Around, read: &Read) -> Risks {
    let report = &read.report;
    let analysis = report.get("analysis").cloned().unwrap_or_default();
    let row = |row: &Value| {
        let id = text(row, "id");
        let written = read.rows.get(&id).cloned().unwrap_or_default();
        let left = written.get("residual").cloned().unwrap_or_default();
        Risk {
            id: (id, text(row, "system")),
            what: (text(row, "threat"), text(row, "vulnerability")),
            grades: (text(row, "likelihood"), text(row, "impact")),
            levels: (text(row, "level"), text(row, "residual_level")),
            left: (text(&left, "likelihood"), text(&left, "impact")),
            treatment: (text(row, "treatment"), text(row, "who")),
            flaws: texts(row, "flaws"),
            action: ["plan", "due", "done_on"].map(|key| text(&written, key)),
            accepted: ["accepted_on", "reason", "review_by"].map(|key| text(&written, key)),
            evidence: texts(&written, "evidence"),
            items: list(row, "items")
                .iter()
                .map(|i| [text(i, "item"), text(i, "title"), text(i, "decision")])
                .collect(),
        }
    };
    let drawn = report.get("matrix").cloned().unwrap_or_default();
    let cell = |cell: &Value| Cell {
        grades: (text(cell, "likelihood"), text(cell, "impact")),
        level: (text(cell, "level"), usize::try_from(number(cell, "/rank")).unwrap_or(usize::MAX)),
        counts: (number(cell, "/before"), number(cell, "/today")),
    };
    let review = report.get("review").cloned().unwrap_or_default();
    Risks {
        analysis: (text(&analysis, "state"), text(&analysis, "completed_on"), text(&analysis, "due")),
        systems: report.get("systems_with_ephi").and_then(Value::as_array).map(Vec::len),
        uncovered: list(report, "uncovered").iter().map(|u| (text(u, "system"), text(u, "why"))).collect(),
        scope: read.systems.clone(),
        items: read.items.clone(),
        rows: list(report, "risks").iter().map(row).collect(),
        matrix: Matrix {
            likelihoods: texts(&drawn, "likelihoods"),
            impacts: texts(&drawn, "impacts"),
            levels: texts(&drawn, "levels"),
            cells: list(&drawn, "cells").iter().map(cell).collect(),
        },
        against: [texts(report, "against_analysis"), texts(report, "against_treatment")].concat(),
        basis: vec![
            format!("Matrix: {}.", basis(report.get("matrix_basis"))),
            format!("Due again after {} months: {}.", text(&review, "months"), basis(review.get("basis"))),
        ],
        around,
    }
}

fn agreed(around: Around, read: &Read) -> Agreements {
    let report = &read.report;
    let clause = |clause: &Value| Clause {
        what: (text(clause, "clause"), text(clause, "title")),
        answer: text(clause, "answer"),
        at: text(clause, "at"),
        counts: yes(clause, "/counts"),
    };
    let signed = |row: &Value, key: &str| row.get(key).map_or(Default::default(), |s| (text(s, "by"), text(s, "on")));
    let row = |row: &Value| {
        let id = text(row, "id");
        let written = read.rows.get(&id).cloned().unwrap_or_default();
        Agreement {
            party: (text(row, "party"), text(row, "counterpart")),
            state: text(row, "state"),
            services: text(row, "services"),
            signed: ["signed_by_us", "signed_by_them"].map(|key| signed(row, key)),
            days: ["effective", "expires", "renewal", "ended_on"].map(|key| text(row, key)),
            report_within: text(&written, "report_within_days"),
            clauses: list(row, "clauses").iter().map(clause).collect(),
            flaws: texts(row, "flaws"),
            evidence: texts(&written, "evidence"),
            id,
        }
    };
    let clauses = &read.rules.agreements.clauses;
    Agreements {
        rows: list(report, "agreements").iter().map(row).collect(),
        without: texts(report, "without_agreement"),
        nobody_says: report.get("providers_with_ephi").is_none_or(Value::is_null),
        checklist: clauses.iter().map(|rule| (rule.citation.to_string(), rule.title.clone())).collect(),
        proposal: proposal(report),
        around,
    }
}

fn happened(around: Around, read: &Read) -> Incidents {
    let factors = &read.rules.breach.factors;
    let clock = |clock: &Value| {
        let (state, days, on) = (text(clock, "state"), text(clock, "days"), text(clock, "on"));
        Clock {
            to: match text(clock, "place").as_str() {
                "" => text(clock, "to"),
                place => format!("{} of {place}", text(clock, "to")),
            },
            known: yes(clock, "/known_to_apply"),
            due: text(clock, "due"),
            days: match state.as_str() {
                "running" => format!("{days} days left"),
                "overdue" => format!("{days} days overdue"),
                "sent late" => format!("on {on}, {days} days late"),
                "sent" => format!("on {on}"),
                _ => format!("until {on}"),
            },
            state,
            how: text(clock, "how"),
            basis: basis(clock.get("basis")),
        }
    };
    let row = |row: &Value| {
        let id = text(row, "id");
        let written = read.rows.get(&id).cloned().unwrap_or_default();
        let assessed = written.get("assessment").cloned().unwrap_or_default();
        let answers = assessed.get("factors").cloned().unwrap_or_default();
        let kept = [
            "should_have_known_on",
            "agent_knew_on",
            "residents",
            "secured",
            "exclusion",
            "agreement",
            "holds",
            "notices",
        ];
        let rest = kept.iter().filter_map(|key| Some(((*key).to_owned(), written.get(*key)?.to_string())));
        let incident = Incident {
            title: text(row, "title"),
            we_are: text(row, "we_are"),
            days: (text(row, "discovered_on"), text(&written, "known_on")),
            individuals: text(row, "individuals"),
            determination: (text(row, "determination"), texts(row, "why")),
            clocks: list(row, "clocks").iter().map(clock).collect(),
            flaws: texts(row, "flaws"),
            assessed: ["finding", "why", "by", "on"].map(|key| text(&assessed, key)),
            answers: factors.iter().map(|factor| text(&answers, factor.id.as_str())).collect(),
            rest: rest.collect(),
            id,
        };
        // What is due next comes first; what needs no notice comes last.
        let due = text(row, "next_due");
        ((due.is_empty(), due, incident.id.clone()), incident)
    };
    let mut rows: Vec<_> = list(&read.report, "incidents").iter().map(row).collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    Incidents {
        rows: rows.into_iter().map(|(_, incident)| incident).collect(),
        factors: factors.iter().map(|f| (f.id.to_string(), f.asks.clone())).collect(),
        burden: text(&read.report, "burden_of_proof"),
        around,
    }
}

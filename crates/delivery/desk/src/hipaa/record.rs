//! What people record in the registers: a decision, an agreement, an incident and its notices, a risk, an analysis. The register is read again
//! with the new row before anything is written, by the reader that every report uses.

use attesta_hipaa::{RecordId, RiskFlaw, SystemId};
use attesta_workspace::{Change, Folder, HipaaRegister, hipaa_change, hipaa_rows};
use serde_json::{Map, Value, json};

use super::Registers;
use crate::{
    deed::Deed,
    desk::Desk,
    failure::{Failure, Kind},
};

/// A row, with the keys of its file.
pub type Row = Map<String, Value>;

/// Writes a decision about an addressable specification down. With `approver` it is made today and signed by them; without,
/// it is a draft, which does not count.
///
/// # Errors
///
/// When the item leaves nothing to decide, or the row says what its file could not; nothing is written.
pub fn decide(desk: &Desk, mut row: Row, approver: Option<&str>) -> Result<Deed<Value>, Failure> {
    for key in ["approver", "decided_on", "ended_on"] {
        row.remove(key);
    }
    if let Some(approver) = approver {
        row.insert("approver".to_owned(), approver.into());
        row.insert("decided_on".to_owned(), desk.at.to_string().into());
    }
    let item = word(&row, "item")?;
    let register = HipaaRegister::Decisions;
    let mut rows = hipaa_rows(&desk.folder, register)?;
    // A draft is replaced by what is decided; what was decided stays, and is out of force from today.
    rows.retain(|other| text(other, "item") != item || !text(other, "decided_on").is_empty());
    rows.push(Value::Object(row));
    let (change, after) = written(desk, register, rows)?;
    let report = after.decisions();
    if let Some(stray) = report.strays.iter().find(|stray| stray.decision.item.to_string() == item) {
        return Err(Failure::new(Kind::BadInput, stray.to_string()));
    }
    let told = json!({ "item": item, "signed": approver.is_some() });
    let shown = report.rows.iter().find(|row| row.item.citation.to_string() == item);
    let answer = shown.map_or(Value::Null, super::decisions::row);
    Ok(Deed { answer, changes: vec![change], told })
}

/// Writes an agreement, an incident, a risk or an analysis down under its id: a new one, or one that stands there instead.
///
/// # Errors
///
/// When a new one has an id that is taken, a changed one an id that is not, or the row says what its file could not.
pub fn keep(desk: &Desk, register: HipaaRegister, id: &str, row: Row, is_new: bool) -> Result<Deed<Value>, Failure> {
    let id: RecordId = id.parse().map_err(|e| Failure::new(Kind::BadInput, format!("{e}")))?;
    let mut rows = hipaa_rows(&desk.folder, register)?;
    let at = rows.iter().position(|row| text(row, "id") == id.to_string());
    let mut row = row;
    row.insert("id".to_owned(), id.to_string().into());
    match (at.and_then(|at| rows.get_mut(at)), is_new) {
        (None, true) => rows.push(Value::Object(row)),
        (Some(there), false) => *there = Value::Object(row),
        (Some(_), true) => {
            return Err(Failure::new(Kind::Refused, format!("`{id}` stands in the register already"))
                .help("change that one, or choose another id"));
        }
        (None, false) => return Err(Failure::new(Kind::NotFound, format!("there is no `{id}` in the register"))),
    }
    let (change, after) = written(desk, register, rows)?;
    sensible(desk, &after, register, &id)?;
    Ok(Deed { answer: shown(&after, register, &id), changes: vec![change], told: json!({ "record": id.to_string() }) })
}

/// Writes down that a notice of an incident went out.
///
/// # Errors
///
/// When there is no such incident, or the notice says what its file could not.
pub fn notice(desk: &Desk, id: &str, notice: Row) -> Result<Deed<Value>, Failure> {
    let rows = hipaa_rows(&desk.folder, HipaaRegister::Incidents)?;
    let found = rows.into_iter().find(|row| text(row, "id") == id);
    let Some(Value::Object(mut incident)) = found else {
        return Err(Failure::new(Kind::NotFound, format!("there is no `{id}` in the register")));
    };
    if let Some(Value::Array(notices)) = incident.get_mut("notices") {
        notices.push(Value::Object(notice));
    } else {
        incident.insert("notices".to_owned(), Value::Array(vec![Value::Object(notice)]));
    }
    keep(desk, HipaaRegister::Incidents, id, incident, false)
}

/// The register with these rows, read again. What cannot be read is what was sent: everything else was read before.
fn written(desk: &Desk, register: HipaaRegister, rows: Vec<Value>) -> Result<(Change, Registers), Failure> {
    Registers::read(&desk.folder, &desk.library, desk.at)?;
    let change = hipaa_change(&desk.folder, register, rows)?;
    // A folder of its own: clones of the desk's share what is written.
    let folder = Folder::of_documents("sent", desk.folder.documents()?);
    folder.write(std::slice::from_ref(&change)).map_err(crate::answer::conflict)?;
    let after = Registers::read(&folder, &desk.library, desk.at)
        .map_err(|failure| Failure { kind: Kind::BadInput, ..failure })?;
    Ok((change, after))
}

/// What a file may say of a risk or an analysis and an act may not: a word that is no grade, a system that is nowhere.
fn sensible(desk: &Desk, after: &Registers, register: HipaaRegister, id: &RecordId) -> Result<(), Failure> {
    let known = &desk.dossier.scope.systems;
    let systems: Vec<&SystemId> = match register {
        HipaaRegister::Risks => {
            let report = after.risks();
            let row = report.rows.iter().find(|row| row.risk.id == *id);
            let matrix = &after.rules.risk.matrix;
            for flaw in row.into_iter().flat_map(|row| &row.flaws) {
                let grades = match flaw {
                    RiskFlaw::NoLikelihood(_) => matrix.likelihoods(),
                    RiskFlaw::NoImpact(_) => matrix.impacts(),
                    _ => continue,
                };
                let grades: Vec<&str> = grades.iter().map(attesta_hipaa::Slug::as_str).collect();
                return Err(Failure::new(Kind::BadInput, format!("risk `{id}`: {flaw}"))
                    .help(format!("use {}", grades.join(", "))));
            }
            let of = row.into_iter().map(|row| row.risk);
            for item in of.clone().flat_map(|risk| &risk.items) {
                if after.catalog.hipaa_item(item).is_none() {
                    return Err(Failure::new(
                        Kind::BadInput,
                        format!("risk `{id}`: `{item}` is nothing of the Security Rule"),
                    )
                    .help("`attesta catalog list hipaa` shows what there is"));
                }
            }
            of.map(|risk| &risk.system).collect()
        }
        HipaaRegister::Analyses => {
            let of = after.records.risks.analyses.iter().filter(|analysis| analysis.id == *id);
            of.flat_map(|analysis| analysis.systems.iter().chain(analysis.without_risk.keys())).collect()
        }
        HipaaRegister::Decisions | HipaaRegister::Agreements | HipaaRegister::Incidents => Vec::new(),
    };
    let Some(stray) = systems.into_iter().find(|system| !known.contains_key(*system)) else { return Ok(()) };
    let names: Vec<String> = known.keys().map(ToString::to_string).collect();
    Err(Failure::new(Kind::BadInput, format!("`{id}`: the scope has no system `{stray}`")).help(if names.is_empty() {
        "describe the systems in the scope first".to_owned()
    } else {
        format!("the scope has {}", names.join(", "))
    }))
}

fn shown(after: &Registers, register: HipaaRegister, id: &RecordId) -> Value {
    match register {
        HipaaRegister::Agreements => after.agreements().row(id).map_or(Value::Null, super::agreements::row),
        HipaaRegister::Incidents => after
            .incidents()
            .iter()
            .find(|report| report.incident.id == *id)
            .map_or(Value::Null, super::breach::incident),
        HipaaRegister::Risks => {
            let report = after.risks();
            report.rows.iter().find(|row| row.risk.id == *id).map_or(Value::Null, |row| super::risks::row(after, row))
        }
        HipaaRegister::Analyses => {
            let analysis = after.records.risks.analyses.iter().find(|analysis| analysis.id == *id);
            analysis.map_or(Value::Null, super::risks::analysis_json)
        }
        HipaaRegister::Decisions => Value::Null,
    }
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn word(row: &Row, key: &str) -> Result<String, Failure> {
    let word = row.get(key).and_then(Value::as_str).filter(|word| !word.is_empty());
    word.map(str::to_owned).ok_or_else(|| Failure::new(Kind::BadInput, format!("`{key}` is missing")))
}

//! One requirement: what was said of it, by whom, and why its number is what it is.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Permit, ResourceKind};
use attesta_assessment::{Judgement, LevelAnswer, Met, Strength, View};
use attesta_desk::{Desk, answer, explain, grid::Grid};
use attesta_pages::{
    page as framed,
    parts::Tone,
    rooms::requirement::{self as view, Change, Comment, Element, Level, Requirement, Told},
};
use attesta_scoring::{Explanation, MaturityLevel};
use attesta_store::{Assessment, Document, OneDocument, Page as Part, PastOf, Record, RecordSieve, Records, Room};
use attesta_workspace::{ANSWERS, VALIDATION, document_place};
use axum::{extract::State, response::Html};
use serde_json::Value;

use super::{
    Guest, Page,
    evidence::{FIRST_PEOPLE, named},
    frame_at,
    grid::{Pen, enter, points},
};
use crate::{House, api::assignments, matter, problem::Problem, sent::Named};

/// Earlier forms that the history tells.
const PAST: u32 = 30;
/// An explanation is told so deep.
const DEEPEST: usize = 8;

/// The page of one requirement.
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, assessment, id)): Named<(String, String, String)>,
) -> Page {
    let (mut room, row) = enter(&house, &guest, &assessment).await?;
    let desk = house.desk_at(&mut room, &row.id, row.rev).await?;
    let grid = house.derived(&guest.org(), &row.id, &desk, attesta_desk::grid::grid)?;
    let told = told(&house, &guest, &mut room, &row, &desk, &grid, &id, "").await?;
    let here = format!("/o/{}/a/{}", guest.org(), row.id);
    let crumbs = [(row.name.as_str(), here.as_str()), ("Requirements", &*format!("{here}/requirements"))];
    let main = view::page(&crumbs, &told);
    let title = format!("{}, {}", told.key.0, row.name);
    let around = frame_at(&house, &guest, (&title, "requirements", &row.id), (row.rev, desk.at));
    Ok(Html(framed(&around, &main).into_string()))
}

/// Everything of one requirement.
#[expect(clippy::too_many_arguments, reason = "what a page of an assessment has at hand")]
pub(crate) async fn told(
    house: &House,
    guest: &Guest,
    room: &mut Room,
    row: &Assessment,
    desk: &Arc<Desk>,
    grid: &Grid,
    id: &str,
    close: &str,
) -> Result<Requirement, Problem> {
    let none = || Problem::not_found("there is no such requirement here");
    let line = grid.rows.iter().find(|line| line.key.as_str() == id).ok_or_else(none)?;
    let mut pen = Pen::of(house, guest, &row.id, desk)?.within(grid);
    let about = format!("{}/requirements/{id}", row.id);
    let (answers, results) = (document_place(ANSWERS, &line.key), document_place(VALIDATION, &line.key));
    let reads_comments = comments_leave(house, guest, &about)?;
    let (assessment, sieve) = (&*row.id, RecordSieve { about: about.clone(), ..RecordSieve::default() });
    let told = room
        .ask(&(
            assignments::first(assessment),
            FIRST_PEOPLE,
            (OneDocument { assessment, path: &answers }, PastOf { assessment, path: &answers, limit: PAST }),
            (OneDocument { assessment, path: &results }, PastOf { assessment, path: &results, limit: PAST }),
            reads_comments.as_ref().map(|_| Records { kind: "comment", sieve, page: Part::first(200) }),
        ))
        .await?;
    let (assigned, people, of_answers, of_results, said) = told;
    let assigned = assignments::all(room, assessment, assigned).await?;
    if !pen.writes(house, guest, id, &assigned) {
        pen.side = "";
    }
    let tailored = desk.tailored()?;
    let asked = tailored.get(&line.key).ok_or_else(none)?;
    let requirement = asked.requirement;
    let answered = desk.dossier.answers.get(&line.key).map(|a| &a.value);
    let validated = desk.dossier.validation.get(&line.key).map(|v| &v.value);
    let base = format!("/o/{}", guest.org());
    let names = named(room, people).await?;
    let history = History { names: &names, key: &line.key };
    let mut written = Vec::new();
    let mut rev = String::new();
    for ((now, past), side, of) in [(of_answers, "entity", "answer"), (of_results, "assessor", "result")] {
        if side == pen.side || (side == "entity" && pen.side.is_empty()) {
            rev = now.as_ref().map_or_else(String::new, |d| d.rev.to_string());
        }
        let past = if now.is_some() { past } else { Vec::new() };
        written.extend(history.of(of, now, past)?);
    }
    written.sort_by(|a, b| b.at.cmp(&a.at));
    let scored = desk.scored(View::Final)?;
    let why = explain::explanation(desk, &scored, id).ok().map(|e| deep(&e, DEEPEST));
    let speaking = desk.library.speaking().map_err(attesta_desk::Failure::from)?;
    let notice = desk.dossier.packs.iter().find(|p| p.id == *asked.pack).map_or("", |p| p.notice.as_str());
    let domain = grid.domains.iter().find(|(n, _)| *n == line.domain).map_or("", |(_, title)| title.as_str());
    let owner =
        |id: &str| grid.owners.iter().find(|(own, _)| own == id).map_or(id, |(_, name)| name.as_str()).to_owned();
    let tester =
        |id: &str| grid.testers.iter().find(|(own, _)| own == id).map_or(id, |(_, name)| name.as_str()).to_owned();
    let levels = grid.levels.iter().zip(&line.entity).zip(&line.assessor);
    let api = format!("/api/v1/organisations/{}", guest.org());
    let word = if pen.side == "assessor" { VALIDATION } else { "responses" };
    let implemented = answered.and_then(|a| a.levels.get(&MaturityLevel::Implemented));
    let may_comment = matter::about(&about).is_ok_and(|about| {
        guest.may(house, Action::Create, ResourceKind::Comment, &matter::circumstance(&guest.caller, &about))
    });
    Ok(Requirement {
        key: (id.to_owned(), line.title.clone()),
        place: format!("{} {domain}, control reference {}", line.domain, line.reference),
        text: requirement.text.clone(),
        notice: notice.to_owned(),
        asked: asked.because.iter().map(ToString::to_string).collect(),
        elements: requirement
            .elements
            .iter()
            .map(|element| Element {
                number: element.number,
                text: element.text.clone(),
                stands: stands(implemented, element.number),
                policies: element.proven_by.as_ref().and_then(|e| speaking.get(e)).cloned().unwrap_or_default(),
            })
            .collect(),
        levels: levels
            .map(|((level, entity), assessor)| {
                let said = answered.and_then(|a| a.levels.get(level));
                let (given, because) = said.and_then(given).unwrap_or_default();
                Level {
                    word: level.as_str(),
                    entity: entity.clone(),
                    assessor: assessor.clone(),
                    how: said.map_or_else(String::new, how),
                    given,
                    because,
                    evidence: said.map(|s| evidence(desk, s, &base)).unwrap_or_default(),
                }
            })
            .collect(),
        comment: answered.map_or_else(String::new, |a| a.comment.clone()),
        not_applicable: answered.and_then(|a| a.not_applicable.clone()).unwrap_or_default(),
        owner: if pen.side == "entity" { line.owner.clone() } else { owner(&line.owner) },
        owners: grid.owners.clone(),
        inherited: inherited(desk, id),
        tested: validated.map(|v| {
            let who = if pen.side == "assessor" { v.tester.to_string() } else { tester(v.tester.as_str()) };
            (who, v.tested_on.to_string(), v.comment.clone(), v.complete)
        }),
        testers: grid.testers.clone(),
        scores: (points(line.score), points(line.last)),
        why,
        comments: reads_comments.map(|permit| comments(&permit, said.unwrap_or_default(), &names)).unwrap_or_default(),
        may_comment,
        history: written,
        side: pen.side,
        send_to: format!("{api}/assessments/{}/{word}/{}", row.id, super::escaped(id)),
        rev,
        today: house.clock.today().to_string(),
        comments_at: (about, format!("{api}/comments")),
        address: format!("{base}/a/{}/requirements/{}", row.id, super::escaped(id)),
        close: close.to_owned(),
    })
}

fn deep(from: &Explanation, depth: usize) -> Told {
    let below = depth.checked_sub(1);
    let because = from.because.iter().filter_map(|e| below.map(|depth| deep(e, depth))).collect();
    Told { says: from.says.clone(), because }
}

/// How an element stands on the Implemented level.
fn stands(level: Option<&LevelAnswer>, number: u8) -> (Tone, String) {
    let judged = level.into_iter().flat_map(|level| &level.parts).map(|part| match &part.judgement {
        Judgement::Rated { inapplicable, .. } if inapplicable.contains(&number) => "does not apply",
        Judgement::Rated { met: Met::All, .. } => "met",
        Judgement::Rated { met: Met::These(met), .. } if met.contains(&number) => "met",
        Judgement::Rated { .. } => "not met",
        Judgement::Given { .. } => "not judged",
    });
    let mut words: Vec<&str> = judged.collect();
    words.sort_unstable();
    words.dedup();
    match words.as_slice() {
        [] => (Tone::Unknown, "not answered".to_owned()),
        ["met"] => (Tone::Good, "met".to_owned()),
        ["not met"] => (Tone::Bad, "not met".to_owned()),
        ["does not apply"] => (Tone::Plain, "does not apply".to_owned()),
        [other] => (Tone::Unknown, (*other).to_owned()),
        several => (Tone::Warn, format!("by part: {}", several.join(", "))),
    }
}

/// A score that was given outright for all of the scope, with its reason.
fn given(level: &LevelAnswer) -> Option<(String, String)> {
    match level.parts.as_slice() {
        [part] => match &part.judgement {
            Judgement::Given { score, because } => Some((score.to_string(), because.clone())),
            Judgement::Rated { .. } => None,
        },
        _ => None,
    }
}

fn how(level: &LevelAnswer) -> String {
    let part = |part: &attesta_assessment::Part| {
        let place = part.component.as_ref().map_or_else(String::new, |c| format!("{c}: "));
        match &part.judgement {
            Judgement::Given { score, .. } => format!("{place}{score} given outright"),
            Judgement::Rated { met, strength, .. } => {
                let met = match met {
                    Met::All => "all elements met".to_owned(),
                    Met::These(these) if these.is_empty() => "no element met".to_owned(),
                    Met::These(these) => {
                        let numbers: Vec<String> = these.iter().map(ToString::to_string).collect();
                        format!("elements {} met", numbers.join(", "))
                    }
                };
                let strength = match strength {
                    Strength::Tier(tier) => tier.to_string(),
                    Strength::Share(share) => share.to_string(),
                    Strength::Measure(id) => format!("by measure {id}"),
                    Strength::Sample(id) => format!("by sample {id}"),
                };
                format!("{place}{met}, strength {strength}")
            }
        }
    };
    let mut said: Vec<String> = level.parts.iter().map(part).collect();
    said.extend(level.in_place_since.map(|day| format!("in place since {day}")));
    said.extend(level.tested_on.map(|day| format!("tested {day}")));
    said.join("; ")
}

fn evidence(desk: &Desk, level: &LevelAnswer, base: &str) -> Vec<(String, String, String, String)> {
    let one = |used: &attesta_assessment::EvidenceUse| {
        let id = used.evidence.to_string();
        let title = desk.dossier.evidence.get(&used.evidence).map_or_else(|| id.clone(), |e| e.value.title.clone());
        // Evidence of the library has a page; what only the folder's register names has none.
        let href = if id.starts_with("evd_") { format!("{base}/evidence/{id}") } else { String::new() };
        (id, title, used.at.clone().unwrap_or_default(), href)
    };
    level.evidence.iter().map(one).collect()
}

fn inherited(desk: &Desk, id: &str) -> Vec<(String, String)> {
    let requests = desk.dossier.inheritance.requests.iter().map(|r| &r.value);
    requests
        .filter(|request| request.requirement.as_str() == id)
        .map(|request| {
            let source = desk.dossier.inheritance.sources.get(&request.source);
            let title = source.map_or_else(|| request.source.to_string(), |s| s.value.title.clone());
            (title, format!("{} % of each level, {}", request.weight, request.state))
        })
        .collect()
}

/// Leave to read what was said about something; none where the guest may not.
fn comments_leave(house: &House, guest: &Guest, about: &str) -> Result<Option<Permit>, Problem> {
    let parsed = matter::about(about)?;
    let circumstance =
        attesta_access::Circumstance { addressed_to: None, ..matter::circumstance(&guest.caller, &parsed) };
    let now = house.clock.now();
    let principal = &guest.caller.principal;
    Ok(attesta_access::authorise(principal, Action::Read, ResourceKind::Comment, &circumstance, now).ok())
}

fn comments(permit: &Permit, found: Vec<Record>, names: &BTreeMap<String, String>) -> Vec<Comment> {
    found
        .into_iter()
        .filter_map(|record| {
            let body: Value = serde_json::from_str(&record.body).ok()?;
            let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let maker = text("maker");
            let shown = matter::shows(permit, &record.about, &maker, "") && record.state != "removed";
            let who = names.get(&maker).cloned().unwrap_or_else(|| "somebody who left".to_owned());
            shown.then(|| Comment { who, at: record.created.to_string(), text: text("text") })
        })
        .collect()
}

struct History<'a> {
    names: &'a BTreeMap<String, String>,
    key: &'a attesta_assessment::RequirementKey,
}

impl History<'_> {
    /// Each form of a document with what it changed, newest first.
    fn of(&self, of: &'static str, now: Option<Document>, past: Vec<Document>) -> Result<Vec<Change>, Problem> {
        let mut forms = Vec::new();
        for form in now.into_iter().chain(past) {
            let entry = answer::entry_of(&form.body, self.key)?.unwrap_or(Value::Null);
            forms.push((form, entry));
        }
        let nothing = Value::Null;
        let before = forms.iter().skip(1).map(|(_, entry)| entry).chain(std::iter::once(&nothing));
        let changes = forms.iter().zip(before).map(|((form, entry), before)| Change {
            at: form.updated.to_string(),
            who: self.names.get(&form.editor).cloned().unwrap_or_else(|| form.editor.clone()),
            of,
            what: differs(before, entry),
        });
        Ok(changes.collect())
    }
}

/// What differs, a line for each key.
fn differs(before: &Value, now: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let (old, new) = (before.as_object().unwrap_or(&empty), now.as_object().unwrap_or(&empty));
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let said = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::Object(level)) => match (level.get("score"), level.get("met"), level.get("strength")) {
            (Some(score), ..) => format!("score {}", plain(score)),
            (None, Some(met), strength) => {
                let strength = strength.map_or_else(String::new, |s| format!(", {}", plain(s)));
                format!("elements {}{strength}", plain(met))
            }
            _ => "answered by parts".to_owned(),
        },
        Some(value) => plain(value),
    };
    keys.into_iter()
        .filter(|key| key.as_str() != "requirement" && old.get(*key) != new.get(*key))
        .map(|key| {
            let (was, is) = (said(old.get(key)), said(new.get(key)));
            let name = key.replace('_', " ");
            if was == is { format!("{name}: reworded") } else { format!("{name}: {was} → {is}") }
        })
        .collect()
}

fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() > 80 { text.chars().take(79).chain(std::iter::once('…')).collect() } else { text }
}

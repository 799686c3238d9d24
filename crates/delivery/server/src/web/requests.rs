//! What the assessor asks of the entity.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, Permit, ResourceKind, authorise};
use attesta_pages::{
    page as framed,
    rooms::requests::{self as pages, Line, Request, Requests, Turn},
};
use attesta_store::{
    Assessment, EvidenceList, EvidenceRow, EvidenceSieve, OneRecord, Page as Part, RecordSieve, Records, Room,
    StoreError,
};
use attesta_work::{RequestMove, RequestState};
use axum::{extract::State, response::Html};
use serde::Deserialize;
use serde_json::json;

use super::{
    Guest, Page,
    evidence::{FIRST_PEOPLE, minute, named},
    frame,
    rest::{self, Cut, FIRST_ASSESSMENTS, records},
};
use crate::{
    House,
    api::{
        evidence::{self, Sight},
        requests as api,
    },
    matter,
    problem::Problem,
    sent::{Asked, Named},
};

/// So many lines are shown at once.
const SHOWN: u32 = 500;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    state: String,
    mine: String,
    after: String,
}

/// What something is about, in words: the assessment itself is named by who shows it.
pub(crate) fn about(text: &str) -> String {
    let mut parts = text.split('/');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    match (first.starts_with("asm_"), rest.as_slice()) {
        (true, []) => "the assessment".to_owned(),
        (true, ["requirements", id]) => format!("requirement {id}"),
        (true, ["actions", id]) => format!("corrective action {id}"),
        (true, rest) => rest.join(" "),
        _ => text.replace('/', " "),
    }
}

fn line(house: &House, names: &BTreeMap<String, String>, request: &api::Request) -> Line {
    let waits = ["asked", "returned"].contains(&request.state.as_str());
    let today = house.clock.today().to_string();
    Line {
        id: request.id.clone(),
        title: request.title.clone(),
        about: about(&request.about),
        state: request.state.clone(),
        owner: person(names, &request.owner),
        due: request.due.clone(),
        late: waits && !request.due.is_empty() && request.due < today,
        updated: minute(request.updated),
    }
}

/// A person's name; their id where they are nobody here any more.
pub(crate) fn person(names: &BTreeMap<String, String>, id: &str) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

fn reads(house: &House, guest: &Guest) -> Result<Permit, Problem> {
    let circumstance = matter::circumstance(&guest.caller, &matter::about("")?);
    Ok(authorise(&guest.caller.principal, Action::Read, ResourceKind::Request, &circumstance, house.clock.now())?)
}

/// The list.
pub(crate) async fn list(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let permit = reads(&house, &guest)?;
    let mut room = house.store.room(&permit).await?;
    let mine = !sought.mine.is_empty();
    let owner = if mine { matter::maker(&guest.caller) } else { String::new() };
    let sieve = RecordSieve { state: sought.state.clone(), owner, ..RecordSieve::default() };
    let part = Part { after: sought.after, limit: SHOWN };
    let asks_anywhere = guest.role.side() == attesta_access::Side::Assessor;
    let asks = (
        Records { kind: api::KIND, sieve: sieve.clone(), page: part.clone() },
        FIRST_PEOPLE,
        asks_anywhere.then_some(FIRST_ASSESSMENTS),
    );
    let (rows, people, assessments) = room.ask(&asks).await?;
    let cut = Cut::of(&part, rows.len());
    let of = records(&mut room, &permit, &cut, (api::KIND, &sieve)).await?;
    let last = rows.last().map_or(String::new(), |row| row.id.clone());
    let query = [("state", sought.state.as_str()), ("mine", &sought.mine)];
    let rest = cut.rest(of, &format!("/o/{}/requests", guest.org()), &query, ("after", &last));
    let names = named(&mut room, people).await?;
    let requests = rows.into_iter().map(api::shown).collect::<Result<Vec<_>, _>>()?;
    let seen = requests.iter().filter(|r| matter::shows(&permit, &r.about, &r.maker, &r.owner));
    let mut lines: Vec<Line> = seen.map(|request| line(&house, &names, request)).collect();
    // What waits comes first, soonest first; what has no day after that.
    lines.sort_by_key(|l| (l.state == "accepted", l.due.is_empty(), l.due.clone(), l.id.clone()));
    let assessments = rest::every_assessment(&mut room, assessments.unwrap_or_default()).await?;
    let may_ask = may_ask(&house, &guest, assessments);
    let requests = Requests { org: guest.org(), state: sought.state, mine, lines, rest, may_ask };
    Ok(Html(framed(&frame(&house, &guest, "Requests", "requests", ""), &pages::list(&requests)).into_string()))
}

/// Assessments of which the visitor may ask something.
fn may_ask(house: &House, guest: &Guest, rows: Vec<Assessment>) -> Vec<(String, String)> {
    let open = rows.into_iter().filter(|row| {
        row.state == "open"
            && row.id.parse().is_ok_and(|id| {
                let circumstance = Circumstance::of_assessment(guest.caller.tenant(), id);
                guest.may(house, Action::Create, ResourceKind::Request, &circumstance)
            })
    });
    open.map(|row| (row.id, row.name)).collect()
}

/// One request with its thread.
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, id)): Named<(String, String)>,
) -> Page {
    let permit = reads(&house, &guest)?;
    let mut room = house.store.room(&permit).await?;
    let sight = evidence::reads(&house, &guest.caller, Action::Read).ok();
    let pieces = EvidenceList { sieve: EvidenceSieve::default(), page: Part::first(SHOWN) };
    let asks = (OneRecord { kind: api::KIND, id: &id }, FIRST_PEOPLE, sight.as_ref().map(|_| pieces));
    let (found, people, pieces) = room.ask(&asks).await?;
    let found = found.ok_or_else(|| StoreError::NotFound { what: api::KIND, id: id.clone() })?;
    let request = api::shown(found)?;
    if !matter::shows(&permit, &request.about, &request.maker, &request.owner) {
        return Err(Problem::not_found("there is no such request here").into());
    }
    let names = named(&mut room, people).await?;
    let circumstance = matter::of(&guest.caller, &matter::about(&request.about)?, &request.maker, &request.owner);
    let may = |action| guest.may(&house, action, ResourceKind::Request, &circumstance);
    let state: RequestState = request.state.parse().map_err(Problem::internal)?;
    let moves = |how| state.after(how).is_ok();
    let answers = may(Action::Answer) && moves(RequestMove::Answer);
    let (evidence, more_evidence) = if answers || request.thread.iter().any(|turn| !turn.evidence.is_empty()) {
        match (&sight, pieces) {
            (Some(sight), Some(rows)) => titles(sight, &mut room, rows).await?,
            _ => (Vec::new(), false),
        }
    } else {
        (Vec::new(), false)
    };
    let known: BTreeMap<String, String> = evidence.iter().cloned().collect();
    let decides = may(Action::Decide);
    let shown = Request {
        org: guest.org(),
        line: line(&house, &names, &request),
        rev: request.rev,
        text: request.text.clone(),
        asked: (person(&names, &request.maker), minute(request.created)),
        thread: request
            .thread
            .iter()
            .map(|turn| Turn {
                at: minute(turn.at),
                by: person(&names, &turn.by),
                what: turn.what.clone(),
                text: turn.text.clone(),
                evidence: turn.evidence.iter().map(|id| (id.clone(), person(&known, id))).collect(),
            })
            .collect(),
        answers,
        decides: (decides && moves(RequestMove::Accept), decides && moves(RequestMove::Return)),
        rewords: may(Action::Change) && state.may_be_reworded(),
        people: if may(Action::Assign) { names.into_iter().collect() } else { Vec::new() },
        stood: (
            json!({ "owner": request.owner }).to_string(),
            json!({ "title": request.title, "text": request.text, "due": request.due }).to_string(),
        ),
        owner: request.owner,
        evidence,
        more_evidence,
    };
    Ok(Html(framed(&frame(&house, &guest, &shown.line.title, "requests", ""), &pages::one(&shown)).into_string()))
}

/// Evidence that the visitor reads, the newest of the first so many first: id and title; and whether there may be more.
async fn titles(
    sight: &Sight,
    room: &mut Room,
    rows: Vec<EvidenceRow>,
) -> Result<(Vec<(String, String)>, bool), Problem> {
    let more = Cut::of(&Part::first(SHOWN), rows.len()).is_part();
    let seen = sight.of_page(room, rows).await?;
    let title = |row: &attesta_store::EvidenceRow| {
        let thing = &row.item.evidence;
        (thing.id.to_string(), thing.description.title.as_ref().unwrap_or(&thing.file_name).to_string())
    };
    Ok((seen.iter().rev().map(title).collect(), more))
}

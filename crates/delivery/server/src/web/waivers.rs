//! Waivers: those that were asked for here, and those that lie in files beside what is watched.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::{Date, Timestamp};
use attesta_pages::{
    page as framed,
    rooms::{
        findings::Choose,
        waivers::{self as pages, Waiver, Waivers},
    },
};
use attesta_store::{Page as Part, Record, RecordSieve, Records};
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{
    Guest, Page,
    evidence::{FIRST_PEOPLE, everybody},
    findings::words,
    frame,
    requests::person,
    rest::{Cut, records},
};
use crate::{
    House,
    problem::Problem,
    sent::Asked,
    watching::{WAIVER, WaiverBody, asks, stood},
};

/// What is looked for, and what the dialog begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sought {
    state: String,
    policy: String,
    resource: String,
    source: String,
    after: String,
}

/// So many are read at once.
const SHOWN: u32 = 500;

/// The list.
pub(crate) async fn page(State(house): State<Arc<House>>, guest: Guest, Asked(sought): Asked<Sought>) -> Page {
    let inside = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Waiver, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let (sieve, part) = (RecordSieve::default(), Part { after: sought.after, limit: SHOWN });
    let asks = (Records { kind: WAIVER, sieve: sieve.clone(), page: part.clone() }, FIRST_PEOPLE, asks("", now));
    let (kept, people, answered) = room.ask(&asks).await?;
    let cut = Cut::of(&part, kept.len());
    let of = records(&mut room, &permit, &cut, (WAIVER, &sieve)).await?;
    let last = kept.last().map_or(String::new(), |record| record.id.clone());
    let query = [("state", sought.state.as_str())];
    let rest = cut.rest(of, &format!("/o/{}/cloud/waivers", guest.org()), &query, ("after", &last));
    let people = everybody(&mut room, people).await?;
    let me = guest.caller.actor();
    let decides = attesta_access::row(Action::Decide, ResourceKind::Waiver);
    let others = people.iter().filter(|m| m.account != me && decides.is_some_and(|row| may(row, &m.role))).count();
    let names: BTreeMap<String, String> = people.into_iter().map(|m| (m.account, m.name)).collect();
    let stands = stood(&house, &mut room, guest.caller.tenant(), "", answered, now).await?;
    let sources: Vec<(String, String)> = stands.iter().map(|s| (s.id.clone(), s.source.name.clone())).collect();
    let by_id: BTreeMap<&str, &str> = sources.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let mut rows = Vec::new();
    for record in kept {
        let source = by_id.get(record.about.as_str()).copied().unwrap_or_default().to_owned();
        rows.push(row(&house, &guest, record, &names, source, now)?);
    }
    // Those of files stand at the end of the list.
    for stand in stands.iter().filter(|_| rest.next.is_empty()) {
        // Those that were asked for here are in the list already, under their ids.
        for waiver in stand.waivers.iter().filter(|w| !w.place.file.starts_with("wvr_")) {
            rows.push(Waiver {
                about: (waiver.policy.to_string(), waiver.resource.clone()),
                source: stand.source.name.clone(),
                reason: waiver.reason.clone(),
                people: (String::new(), waiver.approved_by.clone()),
                until: waiver.until.to_string(),
                state: "in a file",
                ..Waiver::default()
            });
        }
    }
    rows.retain(|row| sought.state.is_empty() || row.state.replace(' ', "-") == sought.state);
    rows.sort_by(|a, b| (a.state != "asked", &a.until, &a.about).cmp(&(b.state != "asked", &b.until, &b.about)));
    let states = words("any", ["asked", "approved", "expired", "refused", "withdrawn", "in-a-file"]);
    let page = Waivers {
        org: guest.org(),
        filter: vec![Choose { label: "Stands", name: "state", options: states, chosen: sought.state }],
        rows,
        rest,
        alone: others == 0,
        asks: guest.may(&house, Action::Create, ResourceKind::Waiver, &inside),
        sources,
        begins: (sought.policy, sought.resource, sought.source),
        today: house.clock.today().to_string(),
    };
    Ok(Html(framed(&frame(&house, &guest, "Waivers", "cloud", ""), &pages::page(&page)).into_string()))
}

fn may(row: &attesta_access::Row, role: &str) -> bool {
    role.parse().is_ok_and(|role| row.cell(role) != attesta_access::Cell::Never)
}

fn row(
    house: &House,
    guest: &Guest,
    record: Record,
    names: &BTreeMap<String, String>,
    source: String,
    now: Timestamp,
) -> Result<Waiver, Problem> {
    let body: WaiverBody = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let until: Date = record.due.parse().map_err(Problem::internal)?;
    let state = match record.state.as_str() {
        "approved" if body.holds(until, now) => "approved",
        "approved" => "expired",
        "refused" => "refused",
        "withdrawn" => "withdrawn",
        _ => "asked",
    };
    let maker: Option<attesta_access::AccountId> = body.maker.parse().ok();
    let about_it =
        Circumstance { written_by: Some(maker.into_iter().collect()), ..Circumstance::within(guest.caller.tenant()) };
    let may = |action| guest.may(house, action, ResourceKind::Waiver, &about_it);
    let decided = body.decided.as_ref();
    Ok(Waiver {
        people: (person(names, &body.maker), decided.map(|d| person(names, &d.by)).unwrap_or_default()),
        because: decided.map(|d| d.because.clone()).unwrap_or_default(),
        about: (body.policy, body.resource),
        source,
        reason: body.reason,
        until: until.to_string(),
        mine: state == "asked" && body.maker == guest.caller.actor(),
        may: (state == "asked" && may(Action::Decide), ["asked", "approved"].contains(&state) && may(Action::Revoke)),
        state,
        rev: record.rev,
        id: record.id,
    })
}

//! Rooms of those who keep the house.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Area, Circumstance, Offer, Only, Reach, ResourceKind, Role, authorise};
use attesta_kernel::Timestamp;
use attesta_pages::{
    page as framed,
    parts::Tone,
    rooms::keeping::{self as pages, Act, Cell, Table},
};
use attesta_store::{
    BearerCount, BearerKind, Bearers, JobState, LeafSieve, MemberCount, Members, Page as Part, RecordSieve, Records,
    Trail,
};
use axum::{extract::State, response::Html};
use serde::Deserialize;

use super::{
    Guest, Page,
    evidence::{FIRST_PEOPLE, minute, named, offers},
    frame,
    requests::person,
    rest::{Cut, FIRST_ASSESSMENTS, address, every_assessment, records},
};
use crate::{
    House,
    api::{people as api_people, tokens as api_tokens, webhooks as api_webhooks},
    sent::Asked,
    within,
};

/// So many lines are shown at once.
const SHOWN: u32 = 500;
/// So many events are shown at once.
const EVENTS: u32 = 100;

/// Where lists begin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct After {
    pub(super) after: String,
    /// The second list of the page.
    then: String,
}

fn moment(at: Timestamp) -> Cell {
    Cell::Time(minute(at))
}

/// Until when something holds, and whether it still does.
fn holds(ended: Option<Timestamp>, expires: Timestamp, now: Timestamp) -> Cell {
    match ended {
        Some(_) => Cell::State(Tone::Plain, "ended".to_owned()),
        None if expires <= now => Cell::State(Tone::Plain, "expired".to_owned()),
        None => Cell::State(Tone::Good, "open".to_owned()),
    }
}

fn act(label: &'static str, what: &str, api: String) -> Act {
    Act { label, what: what.to_owned(), api, etag: None, with: None }
}

/// People and invitations.
pub(crate) async fn people(State(house): State<Arc<House>>, guest: Guest, Asked(begin): Asked<After>) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Person, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let part = Part { after: begin.after, limit: SHOWN };
    let seen = authorise(&guest.caller.principal, Action::Read, ResourceKind::Invitation, &inside, now).ok();
    let next = Part { after: begin.then.clone(), limit: SHOWN };
    let asks = (
        Members { page: part.clone() },
        seen.as_ref().map(|_| Bearers { kind: BearerKind::Invitation, page: next.clone() }),
        FIRST_ASSESSMENTS,
    );
    let (members, bearers, first) = room.ask(&asks).await?;
    let cut = Cut::of(&part, members.len());
    let cut_bearers = Cut::of(&next, bearers.as_ref().map_or(0, Vec::len));
    let own = seen.as_ref().is_some_and(|leave| matches!(leave.only(), Only::WrittenBy(_)));
    let counts = (
        cut.is_part().then_some(MemberCount),
        (cut_bearers.is_part() && !own).then_some(BearerCount { kind: BearerKind::Invitation }),
    );
    let (of, of_bearers) = room.ask(&counts).await?;
    let base = format!("/o/{org}/people");
    let last = members.last().map_or(String::new(), |m| m.account.clone());
    let api = format!("/api/v1/organisations/{org}");
    let mut people = Table {
        id: "people",
        title: "Who is here",
        teach: ("Nobody", "People come by an invitation."),
        heads: vec!["Name", "Address", "As what", "Until", "Only", ""],
        rest: cut.rest(of, &base, &[("then", &begin.then)], ("after", &last)),
        many: "people",
        ..Table::default()
    };
    let owners = u32::try_from(members.iter().filter(|m| m.role == "owner").count()).unwrap_or(u32::MAX);
    for member in members {
        let one = api_people::person(member)?;
        let role: Option<Role> = one.role.parse().ok();
        let left = owners.saturating_sub(u32::from(role == Some(Role::Owner)));
        let circumstance = Circumstance { takes: role, owners_left: Some(left), ..inside.clone() };
        let mut acts = Vec::new();
        if offers(&house, &guest, Action::Delete, ResourceKind::Person, &circumstance) {
            let path = format!("DELETE {api}/people/{}", one.account);
            acts.push(Act { etag: Some(one.rev), ..act("Take out", &one.name, path) });
        }
        people.rows.push(vec![
            Cell::Link(one.name, format!("/o/{org}/people/{}", one.account)),
            Cell::Text(one.email),
            Cell::Text(one.role.replace('-', " ")),
            one.until.map_or_else(|| Cell::Soft("no end".to_owned()), moment),
            Cell::Soft(one.assessments.map_or_else(
                || "every assessment".to_owned(),
                |named| named.into_iter().collect::<Vec<_>>().join(", "),
            )),
            Cell::Acts(acts),
        ]);
    }
    let mut invitations = None;
    if let Some((leave, bearers)) = seen.zip(bearers) {
        let last = bearers.last().map_or(String::new(), |b| b.id.clone());
        let mut table = Table {
            rest: cut_bearers.rest(of_bearers, &base, &[("after", &part.after)], ("then", &last)),
            many: "invitations",
            id: "invitations",
            title: "Invitations",
            teach: ("No invitation", "An invitation is a link that works once, for a week."),
            heads: vec!["For", "As what", "Until", "Stands", ""],
            ..Table::default()
        };
        let own = match leave.only() {
            Only::WrittenBy(account) => Some(account.to_string()),
            _ => None,
        };
        for bearer in bearers {
            if own.is_some() && bearer.account != own {
                continue;
            }
            let one = api_people::invitation(&bearer)?;
            let open = one.ended.is_none() && one.expires > now;
            let path = format!("DELETE {api}/invitations/{}", one.id);
            table.rows.push(vec![
                Cell::Text(one.email.clone()),
                Cell::Text(one.position.role.replace('-', " ")),
                moment(one.expires),
                holds(one.ended, one.expires, now),
                Cell::Acts(if open { vec![act("Take back", &one.email, path)] } else { Vec::new() }),
            ]);
        }
        invitations = Some(table);
    }
    let gives = |role: &&Role| {
        let offer = Some(Offer { role: **role, until: None, reach: Reach::All });
        offers(&house, &guest, Action::Create, ResourceKind::Invitation, &Circumstance { offer, ..inside.clone() })
    };
    let roles: Vec<String> = Role::ALL.iter().filter(gives).map(ToString::to_string).collect();
    let assessments = if roles.is_empty() { Vec::new() } else { every_assessment(&mut room, first).await? };
    let assessments: Vec<(String, String)> = assessments.into_iter().map(|a| (a.id, a.name)).collect();
    let main = pages::people(&org, &people, invitations.as_ref(), &roles, &assessments);
    Ok(Html(framed(&frame(&house, &guest, "People", "people", ""), &main).into_string()))
}

/// Tokens.
pub(crate) async fn tokens(State(house): State<Arc<House>>, guest: Guest, Asked(begin): Asked<After>) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Token, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let part = Part { after: begin.after, limit: SHOWN };
    let asks = (Bearers { kind: BearerKind::Token, page: part.clone() }, FIRST_PEOPLE);
    let (bearers, people) = room.ask(&asks).await?;
    let cut = Cut::of(&part, bearers.len());
    let all = cut.is_part() && !matches!(permit.only(), Only::WrittenBy(_));
    let of = if all { Some(room.bearer_count(BearerKind::Token).await?) } else { None };
    let last = bearers.last().map_or(String::new(), |b| b.id.clone());
    let names = named(&mut room, people).await?;
    let own = match permit.only() {
        Only::WrittenBy(account) => Some(account.to_string()),
        _ => None,
    };
    let mut table = Table {
        id: "tokens",
        title: "Tokens",
        teach: ("No token", "A program that sends evidence or reads scores comes in with a token."),
        heads: vec!["For", "May at most", "Made by", "Used", "Until", "Stands", ""],
        rest: cut.rest(of, &format!("/o/{org}/tokens"), &[], ("after", &last)),
        many: "tokens",
        ..Table::default()
    };
    for bearer in bearers.iter().filter(|b| own.is_none() || b.account == own) {
        let one = api_tokens::shown(bearer)?;
        let open = one.ended.is_none() && one.expires > now;
        let path = format!("DELETE /api/v1/organisations/{org}/tokens/{}", one.id);
        table.rows.push(vec![
            Cell::Text(one.name.clone()),
            Cell::Soft(one.scopes.iter().cloned().collect::<Vec<_>>().join(", ")),
            Cell::Text(person(&names, &one.maker)),
            moment(one.seen),
            moment(one.expires),
            holds(one.ended, one.expires, now),
            Cell::Acts(if open { vec![act("Take back", &one.name, path)] } else { Vec::new() }),
        ]);
    }
    let scopes: Vec<String> =
        Area::ALL.iter().flat_map(|area| [format!("{area}:read"), format!("{area}:write")]).collect();
    let may = offers(&house, &guest, Action::Create, ResourceKind::Token, &inside);
    let main = pages::tokens(&org, &table, &scopes, may);
    Ok(Html(framed(&frame(&house, &guest, "Tokens", "tokens", ""), &main).into_string()))
}

/// Which events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Events {
    kind: String,
    subject: String,
    actor: String,
    below: Option<u64>,
}

/// What an event is about: by its name and with its page where it has them, by its id otherwise.
fn about(
    org: &str,
    people: &BTreeMap<String, String>,
    assessments: &BTreeMap<String, String>,
    subject: String,
) -> Cell {
    let found = people.get(&subject).map(|name| (name, "people"));
    let found = found.or_else(|| assessments.get(&subject).map(|name| (name, "a")));
    match (found, subject.split_once('_').map(|(kind, _)| kind)) {
        (Some((name, place)), _) => Cell::Link(name.clone(), format!("/o/{org}/{place}/{subject}")),
        (None, Some("evd")) => Cell::Link(subject.clone(), format!("/o/{org}/evidence/{subject}")),
        (None, _) => Cell::Soft(subject),
    }
}

/// The audit trail.
pub(crate) async fn trail(State(house): State<Arc<House>>, guest: Guest, Asked(asked): Asked<Events>) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::AuditTrail, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let sieve = LeafSieve { subject: asked.subject.clone(), actor: asked.actor.clone(), kind: asked.kind.clone() };
    let asks =
        (Trail { sieve, below: asked.below.unwrap_or(u64::MAX), limit: EVENTS }, FIRST_PEOPLE, FIRST_ASSESSMENTS);
    let (events, people, first) = room.ask(&asks).await?;
    let names = named(&mut room, people).await?;
    let full = events.len() >= usize::try_from(EVENTS).unwrap_or(usize::MAX);
    let next = events.last().filter(|_| full).map(|last| {
        let below = last.index.to_string();
        let query =
            [("kind", asked.kind.as_str()), ("subject", &asked.subject), ("actor", &asked.actor), ("below", &below)];
        address(&format!("/o/{org}/trail"), &query)
    });
    let assessments: BTreeMap<String, String> =
        every_assessment(&mut room, first).await?.into_iter().map(|a| (a.id, a.name)).collect();
    let rows = within::reached(&permit, &mut room, events).await?.into_iter().map(|event| {
        vec![
            Cell::Text(event.index.to_string()),
            moment(event.at),
            Cell::Text(event.kind),
            about(&org, &names, &assessments, event.subject),
            Cell::Text(person(&names, &event.actor)),
        ]
    });
    let table = Table {
        id: "events",
        title: "Events",
        teach: ("Nothing like that happened", "Every change is an event here."),
        heads: vec!["Leaf", "When", "What", "To what", "By"],
        rows: rows.collect(),
        ..Table::default()
    };
    let filter = [
        ("kind", "Kind begins with", asked.kind.as_str()),
        ("subject", "About (id)", &asked.subject),
        ("actor", "By (account)", &asked.actor),
    ];
    let main = pages::trail(&org, &filter, &table, &next.unwrap_or_default());
    Ok(Html(framed(&frame(&house, &guest, "Audit trail", "trail", ""), &main).into_string()))
}

/// Which jobs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    state: String,
    after: String,
}

/// Jobs.
pub(crate) async fn jobs(State(house): State<Arc<House>>, guest: Guest, Asked(which): Asked<Which>) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    authorise(&guest.caller.principal, Action::Read, ResourceKind::Job, &inside, now)?;
    let state = JobState::ALL.into_iter().find(|s| s.as_str() == which.state);
    let runs = offers(&house, &guest, Action::Run, ResourceKind::Job, &inside);
    let part = Part { after: which.after.clone(), limit: SHOWN };
    let found = house.store.jobs(&org, state, &part).await?;
    let cut = Cut::of(&part, found.len());
    let of = if cut.is_part() {
        let counts = house.store.job_counts_of(&org).await?;
        Some(counts.iter().filter(|(s, _)| state.is_none_or(|state| state == *s)).map(|(_, n)| *n).sum())
    } else {
        None
    };
    let last = found.last().map_or(String::new(), |job| job.id.clone());
    let rest = cut.rest(of, &format!("/o/{org}/jobs"), &[("state", &which.state)], ("after", &last));
    let rows = found.into_iter().map(|job| {
        let (tone, dead) = match job.state {
            JobState::Done => (Tone::Good, false),
            JobState::Dead => (Tone::Bad, true),
            JobState::Waiting | JobState::Taken => (Tone::Plain, false),
        };
        let path = format!("POST /api/v1/organisations/{org}/jobs/{}/revive", job.id);
        vec![
            Cell::Text(job.kind.clone()),
            Cell::State(tone, job.state.to_string()),
            moment(job.due),
            Cell::Text(format!("{} of {}", job.attempts, job.most)),
            Cell::Soft(job.told.unwrap_or_default()),
            Cell::Acts(if dead && runs { vec![act("Try again", &job.kind, path)] } else { Vec::new() }),
        ]
    });
    let table = Table {
        id: "jobs",
        title: "Jobs",
        teach: ("No job", "Deliveries, summaries and checkpoints are jobs while they wait and after they ran."),
        heads: vec!["What", "Stands", "Due", "Tried", "Said", ""],
        rest,
        many: "jobs",
        rows: rows.collect(),
    };
    let states = JobState::ALL.map(JobState::as_str);
    let main = pages::jobs(&org, &states, &which.state, &table);
    Ok(Html(framed(&frame(&house, &guest, "Jobs", "jobs", ""), &main).into_string()))
}

/// Webhooks.
pub(crate) async fn webhooks(State(house): State<Arc<House>>, guest: Guest, Asked(begin): Asked<After>) -> Page {
    let (inside, now, org) = (Circumstance::within(guest.caller.tenant()), house.clock.now(), guest.org());
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Webhook, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let (sieve, part) = (RecordSieve::default(), Part { after: begin.after, limit: SHOWN });
    let hooks = Records { kind: crate::jobs::hooks::RECORD, sieve: sieve.clone(), page: part.clone() };
    let (kept, people) = room.ask(&(hooks, FIRST_PEOPLE)).await?;
    let cut = Cut::of(&part, kept.len());
    let of = records(&mut room, &permit, &cut, (crate::jobs::hooks::RECORD, &sieve)).await?;
    let last = kept.last().map_or(String::new(), |record| record.id.clone());
    let names = named(&mut room, people).await?;
    let may = |action| offers(&house, &guest, action, ResourceKind::Webhook, &inside);
    let (changes, removes, runs) = (may(Action::Change), may(Action::Delete), may(Action::Run));
    let mut table = Table {
        id: "webhooks",
        title: "Webhooks",
        teach: ("Nobody is told", "Name an address, and what happens is sent there, signed, until it is taken."),
        heads: vec!["Where", "Events", "Stands", "Made by", ""],
        rest: cut.rest(of, &format!("/o/{org}/webhooks"), &[], ("after", &last)),
        many: "webhooks",
        ..Table::default()
    };
    for record in kept {
        let one = api_webhooks::shown(record)?;
        let api = format!("/api/v1/organisations/{org}/webhooks/{}", one.id);
        let active = one.state == "active";
        let mut acts = Vec::new();
        if runs {
            acts.push(act("Test", &one.url, format!("POST {api}/ping")));
        }
        if changes {
            let (label, to) = if active { ("Pause", "paused") } else { ("Go on", "active") };
            let change = act(label, &one.url, format!("PATCH {api}"));
            acts.push(Act { etag: Some(one.rev), with: Some(("state", to)), ..change });
        }
        if removes {
            acts.push(Act { etag: Some(one.rev), ..act("Remove", &one.url, format!("DELETE {api}")) });
        }
        let events = if one.events.is_empty() { "all".to_owned() } else { one.events.join(", ") };
        table.rows.push(vec![
            Cell::Text(one.url),
            Cell::Soft(events),
            Cell::State(if active { Tone::Good } else { Tone::Warn }, one.state),
            Cell::Text(person(&names, &one.maker)),
            Cell::Acts(acts),
        ]);
    }
    let main = pages::webhooks(&org, &table, may(Action::Create));
    Ok(Html(framed(&frame(&house, &guest, "Webhooks", "webhooks", ""), &main).into_string()))
}

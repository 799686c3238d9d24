//! Home and the list of assessments.

use std::sync::Arc;

use attesta_access::{Action, Circumstance, Permit, ResourceKind, authorise};
use attesta_assessment::View;
use attesta_desk::{
    Desk, Failure,
    hipaa::Registers,
    report::{self, Reach},
};
use attesta_kernel::Timestamp;
use attesta_lifecycle::Standing;
use attesta_pages::{
    chart::Bar,
    page as framed,
    parts::{Tone, counted},
    rooms::{
        assessments::{self, Row},
        home::{self, Day, Hipaa, Home, Readiness},
    },
};
use attesta_store::{Assessment, NewestRecords, Page as Part, Record, RecordSieve, Records, Room};
use axum::{extract::State, response::Html};

use super::{
    Guest, Page, frame, frame_at, now,
    rest::{self, FIRST_ASSESSMENTS, every_assessment},
};
use crate::{
    House,
    api::evidence::{self, Sight},
    problem::Problem,
    sent::Asked,
    watching::{Asks, Looked, asks, broken, stood},
};

/// So many tasks are looked at to choose those that are due first.
const LOOKED_AT: u32 = 500;
/// So many lines of what is due or left are shown.
const SHOWN: usize = 8;

/// The assessments that a guest's access reaches, changed last first.
pub(super) async fn reached(house: &House, guest: &Guest) -> Result<(Room, Vec<Assessment>), Problem> {
    let (permit, mut room) = entered(house, guest).await?;
    let rows = among(&permit, rest::assessments(&mut room).await?);
    Ok((room, rows))
}

/// Leave to read assessments.
async fn entered(house: &House, guest: &Guest) -> Result<(Permit, Room), Problem> {
    let circumstance = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Assessment, &circumstance, now)?;
    let room = house.store.room(&permit).await?;
    Ok((permit, room))
}

/// Those that a permit reaches, changed last first.
fn among(permit: &Permit, mut rows: Vec<Assessment>) -> Vec<Assessment> {
    if let attesta_access::Reach::Named(named) = permit.reach() {
        rows.retain(|row| row.id.parse().is_ok_and(|id| named.contains(&id)));
    }
    rows.sort_by(|a, b| b.updated.cmp(&a.updated).then_with(|| a.id.cmp(&b.id)));
    rows
}

/// What home may tell a guest.
struct Wants {
    now: Timestamp,
    tasks: bool,
    sight: Option<Sight>,
    watched: bool,
}

impl Wants {
    fn of(house: &House, guest: &Guest) -> Self {
        let inside = Circumstance::within(guest.caller.tenant());
        let may = |kind| guest.may(house, Action::Read, kind, &inside);
        Self {
            now: house.clock.now(),
            tasks: may(ResourceKind::Task),
            sight: evidence::reads(house, &guest.caller, Action::Read).ok(),
            watched: may(ResourceKind::Finding),
        }
    }

    /// Tasks of the guest.
    fn tasks(&self, guest: &Guest) -> Option<Records<'static>> {
        let owner = guest.caller.principal.account().filter(|_| self.tasks)?.to_string();
        let sieve = RecordSieve { owner, ..RecordSieve::default() };
        Some(Records { kind: "task", sieve, page: Part::first(LOOKED_AT) })
    }

    /// What is watched, and what was told of it last.
    fn watched(&self) -> Option<(Asks<'static>, NewestRecords<'static>)> {
        self.watched.then(|| (asks("", self.now), now::newest_alerts()))
    }
}

/// The list of assessments.
pub(crate) async fn assessments(State(house): State<Arc<House>>, guest: Guest) -> Page {
    let (_, rows) = reached(&house, &guest).await?;
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|row| Row { id: row.id, name: row.name, state: row.state, updated: super::evidence::minute(row.updated) })
        .collect();
    let circumstance = Circumstance::within(guest.caller.tenant());
    let may = guest.may(&house, Action::Create, ResourceKind::Assessment, &circumstance);
    let main = assessments::page(&guest.org(), &rows, may);
    Ok(Html(framed(&frame(&house, &guest, "Assessments", "assessments", ""), &main).into_string()))
}

/// Home.
pub(crate) async fn page(State(house): State<Arc<House>>, guest: Guest) -> Page {
    // A provider's approver has one room.
    if guest.role == attesta_access::Role::ProviderApprover {
        return super::inbox::page(State(house), guest, Asked(Default::default())).await;
    }
    let wants = Wants::of(&house, &guest);
    let asks = (FIRST_ASSESSMENTS, wants.tasks(&guest), now::pieces(wants.sight.as_ref()), wants.watched());
    let (permit, mut room) = entered(&house, &guest).await?;
    let (rows, tasks, pieces, watched) = room.ask(&asks).await?;
    let rows = among(&permit, every_assessment(&mut room, rows).await?);
    let mut open = rows.into_iter().filter(|row| row.state == "open");
    let circumstance = Circumstance::within(guest.caller.tenant());
    let mut home = Home {
        organisation: (guest.org(), guest.organisation.clone()),
        may_begin: guest.may(&house, Action::Create, ResourceKind::Assessment, &circumstance),
        ..Home::default()
    };
    let mut around = frame(&house, &guest, &guest.organisation, "home", "");
    let (mut opened, mut looked) = (None, Looked::Hidden);
    if let Some(row) = open.next() {
        let desk = house.desk_at(&mut room, &row.id, row.rev).await?;
        let known = house.derived(&guest.org(), &row.id, &desk, ready)?;
        home.readiness = Some(Readiness { assessment: (row.id.clone(), row.name.clone()), ..known.readiness.clone() });
        home.days = known.days.clone();
        opened = Some(known);
        around = frame_at(&house, &guest, (&guest.organisation, "home", &row.id), (row.rev, desk.at));
    }
    (home.left, home.more) = left(&house, tasks.unwrap_or_default())?;
    if let Some((sight, pieces)) = wants.sight.as_ref().zip(pieces) {
        home.freshness = Some(now::freshness(&house, &guest, sight, &mut room, pieces).await?);
    }
    if let Some((answered, alerts)) = watched {
        let stands = stood(&house, &mut room, guest.caller.tenant(), "", answered, wants.now).await?;
        let (shown, known) = now::watched(&house, &guest, stands, alerts, wants.now).await?;
        (home.watched, looked) = (Some(shown), known);
    }
    drop(room);
    if let Some(registers) = opened.as_ref().and_then(|known| known.registers.as_ref()) {
        let judge = house.judge().map_err(broken)?;
        let href = match &home.readiness {
            Some(ready) if guest.may(&house, Action::Read, ResourceKind::HipaaRecord, &circumstance) => {
                format!("/o/{}/a/{}/hipaa", guest.org(), ready.assessment.0)
            }
            _ => String::new(),
        };
        home.hipaa = Some(Hipaa { href, ..now::hipaa(registers, looked.infrastructure(&judge)) });
    }
    home.others = open.map(|row| (row.id, row.name)).collect();
    let main = home::page(&home);
    Ok(Html(framed(&around, &main).into_string()))
}

/// What home tells of an assessment, worked out once for each revision and day.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) readiness: Readiness,
    pub(crate) days: Vec<Day>,
    /// HIPAA's registers; none where they cannot be read, which their own page tells.
    pub(crate) registers: Option<Registers>,
}

pub(crate) fn ready(desk: &Desk) -> Result<Known, Failure> {
    let scored = desk.scored(View::Entity)?;
    let it = report::readiness(desk, &scored);
    let header = &desk.dossier.assessment.value;
    let course = attesta_desk::Course::of(desk)?;
    let phase = course.history.life().state.phase();
    let bars = it.domains.into_iter().map(bar).collect();
    let readiness = Readiness {
        assessment: Default::default(),
        what: format!("{} {}, {}", header.program, header.purpose, phase),
        sentence: it.sentence,
        domains_ready: (it.domains_ready.count, it.domains_ready.of),
        answered: (it.answered.count, it.answered.of),
        gaps: (it.plans, it.others),
        bars,
        threshold: Some((it.threshold.hundredths, format!("threshold {}", it.threshold.shown))),
        unconfirmed: it.unconfirmed,
    };
    Ok(Known {
        readiness,
        days: days(desk, &course)?,
        registers: Registers::read(&desk.folder, &desk.library, desk.at).ok(),
    })
}

fn bar(domain: report::DomainLine) -> Bar {
    let (tone, word) = match domain.reach {
        Reach::NotAnswered => (Tone::Unknown, "not answered".to_owned()),
        Reach::Reached => (Tone::Good, "reaches it".to_owned()),
        Reach::NotKnown => (Tone::Unknown, counted(domain.unanswered, "not answered", "not answered")),
        Reach::Below => (Tone::Bad, "below".to_owned()),
    };
    Bar {
        label: format!("{} {}", domain.number, domain.title),
        href: String::new(),
        value: domain.hundredths,
        shown: domain.score,
        tone,
        word,
    }
}

/// What a day is about, with the name of whoever it belongs to in place of their id.
pub(super) fn whose(desk: &Desk, about: &str) -> String {
    let named = about.strip_suffix(')').and_then(|about| about.rsplit_once(" (")).and_then(|(what, id)| {
        let person = desk.dossier.people.get(&id.parse().ok()?)?;
        Some(format!("{what}, {}", person.value.name))
    });
    named.unwrap_or_else(|| about.to_owned())
}

/// Days of the calendar that are not done, soonest first.
fn days(desk: &Desk, course: &attesta_desk::Course) -> Result<Vec<Day>, Failure> {
    let calendar = attesta_desk::calendar::calendar(desk, course, None)?;
    let mut lines: Vec<_> = calendar.lines.iter().filter(|line| line.done.is_none()).collect();
    // What lies ahead comes before what passed undone.
    lines.sort_by_key(|line| (line.ends < desk.at, line.ends));
    let shown = lines.into_iter().map(|line| {
        let standing = line.standing(desk.at);
        let tone = match standing {
            Standing::Passed => Tone::Warn,
            Standing::Done | Standing::DoneLate => Tone::Good,
            Standing::Now => Tone::Now,
            _ => Tone::Plain,
        };
        let unsure = line.confidence() == Some(attesta_kernel::Confidence::Unverified);
        let about = if line.about.is_empty() { String::new() } else { format!(": {}", whose(desk, &line.about)) };
        Day {
            on: line.ends.to_string(),
            what: format!("{}{about}", line.key.title()),
            tone,
            word: standing.as_str().to_owned(),
            note: if unsure { "by a rule that nobody confirmed" } else { "" },
            ..Day::default()
        }
    });
    Ok(shown.take(SHOWN).collect())
}

/// Open tasks of the guest, and how many more there are.
fn left(house: &House, records: Vec<Record>) -> Result<(Vec<Day>, usize), Problem> {
    let today = house.clock.today().to_string();
    let mut days: Vec<Day> = records
        .into_iter()
        .filter(|record| !["done", "dropped"].contains(&record.state.as_str()))
        .map(|record| {
            let title = serde_json::from_str::<serde_json::Value>(&record.body).ok();
            let title = title.and_then(|b| b.get("title").and_then(|t| t.as_str()).map(str::to_owned));
            let late = !record.due.is_empty() && record.due < today;
            Day {
                what: title.unwrap_or_else(|| "a task".to_owned()),
                tone: if late { Tone::Bad } else { Tone::Plain },
                word: if late { "overdue".to_owned() } else { record.state.replace('-', " ") },
                on: record.due,
                ..Day::default()
            }
        })
        .collect();
    // What has no day comes last.
    days.sort_by(|a, b| (a.on.is_empty(), &a.on).cmp(&(b.on.is_empty(), &b.on)));
    let more = days.len().saturating_sub(SHOWN);
    days.truncate(SHOWN);
    Ok((days, more))
}

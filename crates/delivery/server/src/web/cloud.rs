//! What is watched: sources and their looks.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, ResourceKind, authorise};
use attesta_kernel::Timestamp;
use attesta_pages::{
    chart::{Bar, Point},
    page as framed,
    parts::Tone,
    rooms::cloud::{self as pages, Allowed, Checks, Cloud, One, Run, Source},
};
use attesta_posture::Tally;
use attesta_store::{NewestRecords, Page as Part, Record, RecordSieve};
use axum::{extract::State, response::Html};

use super::{
    Guest, Page,
    evidence::minute,
    frame,
    keeping::After,
    rest::{Cut, records},
};
use crate::{
    House,
    problem::Problem,
    sent::{Asked, Named},
    watching::{Origin, RUN, RunBody, ScheduleText, Stand, WindowText, asks, stands, stood},
};

/// So many looks of a source are listed.
const LOOKS: u32 = 100;
/// So many looks are drawn.
const DRAWN: usize = 60;

pub(super) fn counted(tally: &Tally) -> Checks {
    let Tally { pass, fail, waived, unknown, errored } = *tally;
    Checks { pass, fail, waived, unknown, errored }
}

/// The share that holds, in hundredths of a percent; none of nothing.
fn holds(tally: &Tally) -> Option<u32> {
    let hundredths = tally.pass.checked_mul(10_000)?.checked_div(tally.total())?;
    u32::try_from(hundredths).ok()
}

fn percent(value: Option<u32>) -> String {
    value.map_or("none".to_owned(), |v| format!("{}.{}", v / 100, v % 100 / 10))
}

fn what(origin: &Origin) -> String {
    match origin {
        Origin::Folder { place } => format!("folder {place}"),
        Origin::File { place } => format!("file {place}"),
        Origin::Aws { role, .. } => format!("AWS account, by {role}"),
        Origin::Pushed {} => "sent by a pipeline or a person".to_owned(),
    }
}

fn schedule(text: &ScheduleText, pushed: bool) -> String {
    let how = match (&text.every, text.daily.as_slice(), &text.cron) {
        (Some(every), ..) => format!("every {every}"),
        (None, [], Some(cron)) => format!("cron {cron}, UTC"),
        (None, daily, _) => format!("daily at {} UTC", daily.join(", ")),
    };
    if pushed { format!("awaited {how}") } else { how }
}

fn window(text: &WindowText) -> String {
    let when = match (&text.from, &text.to) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        _ => format!("{} {}", text.days.join(", "), text.between.join(" to ")),
    };
    format!("{when}: {}", text.because)
}

fn shown(stand: &Stand, now: Timestamp) -> Source {
    let (said, _, hidden) = stand.said(now);
    let pushed = matches!(stand.source.origin, Origin::Pushed {});
    Source {
        id: stand.id.clone(),
        name: stand.source.name.clone(),
        what: what(&stand.source.origin),
        schedule: schedule(&stand.source.schedule, pushed),
        standing: stand.standing.as_str(),
        paused: stand.paused,
        pushed,
        seen: stand.point.as_ref().map(|point| minute(point.at)).unwrap_or_default(),
        fresh_until: stand.fresh_until.map(minute).unwrap_or_default(),
        lost: stand.lost.as_ref().map(|(at, why)| (minute(*at), why.clone())),
        complete: stand.complete,
        not_seen: stand.not_seen.clone(),
        hidden,
        checks: counted(&said),
    }
}

/// The sources.
pub(crate) async fn page(State(house): State<Arc<House>>, guest: Guest) -> Page {
    let inside = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Finding, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let stands = stands(&house, &mut room, guest.caller.tenant(), "", now).await?;
    let (mut all, mut stale) = (Tally::default(), 0_u64);
    let mut groups: BTreeMap<usize, Tally> = BTreeMap::new();
    for stand in &stands {
        let (said, by_group, _) = stand.said(now);
        if !stand.counts() {
            stale = stale.saturating_add(said.total());
            continue;
        }
        all = all.and(said);
        for (index, tally) in by_group.iter().enumerate() {
            let group = groups.entry(index).or_default();
            *group = group.and(*tally);
        }
    }
    let org = guest.org();
    let names: Vec<(String, String)> = stands.first().map_or(Vec::new(), |stand| {
        stand.shelf.judge.groups().iter().map(|(id, title)| (id.to_owned(), title.to_owned())).collect()
    });
    let bars = names.iter().enumerate().filter_map(|(index, (id, title))| {
        let number = id.strip_prefix("hitrust-")?;
        let tally = groups.get(&index).filter(|tally| tally.total() > 0)?;
        let value = holds(tally);
        let tone = match (tally.fail, tally.untold()) {
            (0, 0) => Tone::Good,
            (0, _) => Tone::Unknown,
            _ => Tone::Bad,
        };
        let number = number.trim_start_matches('0');
        Some(Bar {
            label: title.clone(),
            href: format!("/o/{org}/cloud/findings?domain={number}"),
            value,
            shown: value.map_or("none".to_owned(), |v| format!("{}%", v / 100)),
            tone,
            word: match tally.untold() {
                0 => format!("{} fail", tally.fail),
                untold => format!("{} fail, {untold} unknown", tally.fail),
            },
        })
    });
    let may = |action| guest.may(&house, action, ResourceKind::Source, &inside);
    let tenant = guest.caller.tenant().to_string();
    let places = house.config.places.iter();
    let places = places.filter(|(_, allowed)| allowed.organisation.as_ref().is_none_or(|org| *org == tenant));
    let cloud = Cloud {
        sources: stands.iter().map(|stand| shown(stand, now)).collect(),
        checks: counted(&all),
        stale,
        domains: bars.collect(),
        adds: may(Action::Create).then(|| Allowed {
            places: places.map(|(name, _)| name.clone()).collect(),
            aws: house.config.aws.is_some(),
        }),
        runs: may(Action::Run),
        org,
    };
    Ok(Html(framed(&frame(&house, &guest, "Cloud and code", "cloud", ""), &pages::page(&cloud)).into_string()))
}

/// One source.
pub(crate) async fn source(
    State(house): State<Arc<House>>,
    guest: Guest,
    Named((_, id)): Named<(String, String)>,
    Asked(begin): Asked<After>,
) -> Page {
    let inside = Circumstance::within(guest.caller.tenant());
    let now = house.clock.now();
    let permit = authorise(&guest.caller.principal, Action::Read, ResourceKind::Source, &inside, now)?;
    let mut room = house.store.room(&permit).await?;
    let part = Part { after: begin.after, limit: LOOKS };
    let looks = NewestRecords { kind: RUN, about: &id, page: part.clone() };
    let (answered, runs) = room.ask(&(asks(&id, now), looks)).await?;
    let stands = stood(&house, &mut room, guest.caller.tenant(), &id, answered, now).await?;
    let stand = stands.first().ok_or_else(|| Problem::not_found("there is no such source"))?;
    let (cut, sieve) = (Cut::of(&part, runs.len()), RecordSieve { about: id.clone(), ..RecordSieve::default() });
    let of = records(&mut room, &permit, &cut, (RUN, &sieve)).await?;
    let last = runs.last().map_or(String::new(), |run| run.id.clone());
    let rest = cut.rest(of, &format!("/o/{}/cloud/sources/{id}", guest.org()), &[], ("after", &last));
    let points = stand.followed.as_ref().map_or(&[][..], |followed| &followed.series.points);
    let drawn = points.get(points.len().saturating_sub(DRAWN)..).unwrap_or_default();
    let course = drawn.iter().map(|point| {
        let value = holds(&point.all);
        Point { when: minute(point.at), value, shown: percent(value) }
    });
    let may = |action| guest.may(&house, action, ResourceKind::Source, &inside);
    let external_id = match &stand.source.origin {
        Origin::Aws { external_id, .. } => external_id.clone(),
        _ => String::new(),
    };
    let one = One {
        org: guest.org(),
        source: shown(stand, now),
        rev: stand.rev,
        every: stand.source.schedule.every.clone().unwrap_or_default(),
        external_id,
        windows: stand.source.windows.iter().map(window).collect(),
        course: course.collect(),
        runs: runs.into_iter().map(run).collect::<Result<_, _>>()?,
        may: (may(Action::Change), may(Action::Run), may(Action::Delete)),
        rest,
    };
    Ok(Html(framed(&frame(&house, &guest, &one.source.name, "cloud", ""), &pages::one(&one)).into_string()))
}

fn run(record: Record) -> Result<Run, Problem> {
    let body: RunBody = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let [pass, fail, waived, unknown, errored] = body.tally;
    let [resources, violated, mended, otherwise] = body.moved;
    let moved = [(resources, "resources"), (violated, "violated"), (mended, "mended"), (otherwise, "otherwise")];
    let moved: Vec<String> = moved.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    Ok(Run {
        number: body.number.map(|n| n.to_string()).unwrap_or_default(),
        state: record.state,
        at: minute(record.created),
        why: body.why.unwrap_or_default(),
        checks: Checks { pass, fail, waived, unknown, errored },
        moved: if body.number == Some(1) {
            "the first look".to_owned()
        } else if moved.is_empty() {
            "nothing".to_owned()
        } else {
            moved.join(", ")
        },
        documents: body.documents.into_iter().map(|d| (d.path, d.sha256)).collect(),
        evidence: body.evidence,
    })
}

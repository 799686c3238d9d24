//! How an organisation's sources stand: now or at a time, check by check, and over time.

use std::{collections::BTreeMap, sync::Arc};

use attesta_access::{Action, Circumstance, Permit, ResourceKind, authorise};
use attesta_kernel::{Date, Severity, Timestamp};
use attesta_posture::{Every, Series, SourceName, Tally, Verdict, trend as by_period};
use attesta_watch::{FindingRow, PlaceRow, View};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    House,
    api::runs::Counted,
    caller::Caller,
    page::Listed,
    problem::{Body, Problem},
    sent::Asked,
    watching::{Stand, broken, stands},
};

/// At which time, and of which source.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct At {
    /// At this time (`2026-11-27T10:00:00Z`) or at the end of this day; now, when nothing is said.
    #[serde(default)]
    at: String,
    /// Of this source; of all when nothing is said.
    #[serde(default)]
    source: String,
}

/// Which rows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Rows {
    /// At this time (`2026-11-27T10:00:00Z`) or at the end of this day; now, when nothing is said.
    #[serde(default)]
    at: String,
    /// Of this source; of all when nothing is said.
    #[serde(default)]
    source: String,
    /// Of this kind of resource: `object_store`.
    #[serde(default)]
    kind: String,
    /// Of this policy.
    #[serde(default)]
    policy: String,
    /// `fail`, `waived`, `unknown` or `errored`.
    #[serde(default)]
    verdict: String,
    /// At least this severity.
    #[serde(default)]
    severity: String,
    /// Of this assessment domain.
    #[serde(default)]
    domain: Option<u8>,
    /// With this in the resource's name.
    #[serde(default)]
    text: String,
    /// The `next` of the page before; nothing to begin.
    #[serde(default)]
    after: String,
    /// At most so many: 1 to 500, 50 when nothing is said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// Over which time.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Over {
    /// `daily`, `weekly`, `monthly`, `quarterly`, `half-yearly` or `yearly`; daily when nothing is said.
    #[serde(default)]
    every: String,
    /// From this day; from the first run, when nothing is said. At most 750 periods are shown, the last ones.
    #[serde(default)]
    from: String,
    /// To this day; today, when nothing is said or the day is later.
    #[serde(default)]
    to: String,
    /// Groups: `hitrust` (assessment domains), `hipaa`, `topic` or `severity`; assessment domains when nothing is said.
    #[serde(default)]
    by: String,
    /// Of this source; of all when nothing is said.
    #[serde(default)]
    source: String,
}

/// How a source stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceStand {
    /// Its id.
    source: String,
    /// What people call it.
    name: String,
    /// Whether nobody is to look.
    paused: bool,
    /// `fresh`; `stale`: nobody looked for longer than its schedule allows; `lost`: the last look saw nothing; `never`.
    standing: &'static str,
    /// When it was seen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    seen: Option<Timestamp>,
    /// Until when that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    fresh_until: Option<Timestamp>,
    /// Since when it is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    lost_at: Option<Timestamp>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_why: Option<String>,
    /// Whether the last run by then saw everything. What it did not see, nobody knows.
    complete: bool,
    /// What it did not see, the first of it.
    not_seen: Vec<String>,
    /// Violations that the last run does not show though nothing says that they are over. They count as unknown.
    hidden: u64,
    /// What it said when it was seen last, with what is hidden.
    checks: Counted,
}

/// The checks of a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    /// `hitrust-09`, `hipaa-technical`, `topic-encryption`, `severity-high`.
    id: String,
    /// Its title.
    title: String,
    /// Checks of sources that are fresh.
    checks: Counted,
    /// Checks of which a stale or lost source spoke last: what was, not what is.
    stale: u64,
}

/// Where an organisation's infrastructure stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Posture {
    /// At this time.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Whether there is a source, and every one is fresh and its last run saw everything. Where it is not so, nobody knows
    /// how things are there.
    whole: bool,
    /// Its sources.
    sources: Vec<SourceStand>,
    /// Checks of sources that are fresh.
    checks: Counted,
    /// Checks of which a stale or lost source spoke last: what was, not what is.
    stale: u64,
    /// The same by group.
    groups: Vec<Group>,
}

/// Where something stands in what was read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Placed {
    /// The document.
    document: String,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// JSON pointer in it.
    pointer: String,
    /// The source's own address.
    address: String,
}

/// A check that does not hold, or of which nobody can tell.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Finding {
    /// The same for the same policy and address in every run.
    id: String,
    /// The source.
    source: String,
    /// How the source stands: what a stale or lost one said is what was.
    standing: &'static str,
    /// The policy.
    policy: String,
    /// What is true when it passes.
    title: String,
    /// How bad a violation is.
    severity: String,
    /// `fail`, `waived`, `unknown` or `errored`.
    verdict: &'static str,
    /// The kind of resource.
    kind: &'static str,
    /// The resource.
    resource: String,
    /// Since which run it is violated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// When it was seen clear last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    clear_before: Option<Timestamp>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Placed>,
    /// The attribute that decided.
    attribute: String,
    /// What was found there.
    found: String,
    /// What was wanted.
    wanted: String,
    /// How to mend it.
    mend: String,
    /// How to mend it, as code of the document's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend_code: Option<String>,
    /// HITRUST control references.
    controls: Vec<String>,
    /// HIPAA citations.
    hipaa: Vec<String>,
    /// Assessment domains.
    domains: Vec<u8>,
}

/// A resource.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Resource {
    /// The source.
    source: String,
    /// How the source stands.
    standing: &'static str,
    /// What it is.
    kind: &'static str,
    /// Its name.
    resource: String,
    /// The source's own type.
    type_name: String,
    /// The document that it stands in.
    document: String,
    /// Its checks.
    checks: Counted,
}

/// A period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodRow {
    /// Its first day.
    from: String,
    /// Its last day.
    to: String,
    /// Whether nobody looked in it: then nothing is put in its place.
    gap: bool,
    /// Sources that had a run before and have none in it.
    missing: Vec<String>,
    /// Sources whose last run in it did not see everything.
    partial: Vec<String>,
    /// Checks of the last run of each source in it.
    checks: Counted,
    /// The same by group, in the order of `groups`.
    groups: Vec<Counted>,
}

/// How things moved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trend {
    /// How long a period is.
    every: String,
    /// The groups: id and title.
    groups: Vec<(String, String)>,
    /// The periods, oldest first.
    periods: Vec<PeriodRow>,
}

/// Periods that are shown at most.
const PERIODS: u32 = 750;

fn counted(tally: &Tally) -> Counted {
    let Tally { pass, fail, waived, unknown, errored } = *tally;
    Counted { pass, fail, waived, unknown, errored }
}

fn time(house: &House, text: &str) -> Result<Timestamp, Problem> {
    if text.is_empty() {
        return Ok(house.clock.now());
    }
    let day = || text.parse::<Date>().ok().and_then(attesta_posture::end_of);
    text.parse().ok().or_else(day).ok_or_else(|| {
        Problem::bad(format!("`{}` is no time", text.chars().take(40).collect::<String>()))
            .help("write it like 2026-11-27T10:00:00Z or 2026-11-27")
    })
}

fn permit(house: &House, caller: &Caller) -> Result<Permit, Problem> {
    let inside = Circumstance::within(caller.tenant());
    Ok(authorise(&caller.principal, Action::Read, ResourceKind::Finding, &inside, house.clock.now())?)
}

async fn at(house: &Arc<House>, caller: &Caller, source: &str, at: Timestamp) -> Result<Vec<Stand>, Problem> {
    let permit = permit(house, caller)?;
    let mut room = house.store.room(&permit).await?;
    stands(house, &mut room, caller.tenant(), source, at).await
}

/// Where things stand, or stood: sources with their freshness, and checks counted by group.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/posture",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), At),
    responses((status = 200, body = Posture), (status = "4XX", body = Body))
)]
pub(crate) async fn summary(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(asked): Asked<At>,
) -> Result<Response, Problem> {
    let when = time(&house, &asked.at)?;
    let stands = at(&house, &caller, &asked.source, when).await?;
    let mut posture = Posture {
        at: when,
        whole: !stands.is_empty() && stands.iter().all(Stand::is_whole),
        sources: Vec::new(),
        checks: Counted::default(),
        stale: 0,
        groups: Vec::new(),
    };
    let (mut all, mut groups): (Tally, BTreeMap<usize, (Tally, u64)>) = (Tally::default(), BTreeMap::new());
    for stand in &stands {
        let (said, by_group, hidden) = stand.said(when);
        if stand.counts() {
            all = all.and(said);
        } else {
            posture.stale += said.total();
        }
        for (index, tally) in by_group.iter().enumerate() {
            let group = groups.entry(index).or_default();
            if stand.counts() {
                group.0 = group.0.and(*tally);
            } else {
                group.1 += tally.total();
            }
        }
        posture.sources.push(SourceStand {
            source: stand.id.clone(),
            name: stand.source.name.clone(),
            paused: stand.paused,
            standing: stand.standing.as_str(),
            seen: stand.point.as_ref().map(|point| point.at),
            fresh_until: stand.fresh_until,
            lost_at: stand.lost.as_ref().map(|(at, _)| *at),
            lost_why: stand.lost.as_ref().map(|(_, why)| why.clone()),
            complete: stand.complete,
            not_seen: stand.not_seen.clone(),
            hidden,
            checks: counted(&said),
        });
    }
    posture.checks = counted(&all);
    if let Some(stand) = stands.first() {
        for (index, (id, title)) in stand.shelf.judge.groups().iter().enumerate() {
            let Some((tally, stale)) = groups.get(&index).filter(|(t, stale)| t.total() + stale > 0) else { continue };
            let (id, title) = (id.to_owned(), title.to_owned());
            posture.groups.push(Group { id, title, checks: counted(tally), stale: *stale });
        }
    }
    Ok(Json(posture).into_response())
}

/// Each source that has a run by then, with what it showed.
pub(crate) async fn views(
    house: &Arc<House>,
    caller: &Caller,
    source: &str,
    when: Timestamp,
) -> Result<Vec<(Stand, Arc<View>)>, Problem> {
    views_of(house, at(house, caller, source, when).await?).await
}

/// The same of sources whose standing is known: files.
pub(crate) async fn views_of(house: &Arc<House>, stands: Vec<Stand>) -> Result<Vec<(Stand, Arc<View>)>, Problem> {
    let house = Arc::clone(house);
    let read = tokio::task::spawn_blocking(move || {
        let mut views = Vec::new();
        for stand in stands {
            if let Some(view) = stand.view(&house).map_err(broken)? {
                views.push((stand, view));
            }
        }
        Ok(views)
    });
    read.await.map_err(Problem::internal)?
}

/// A page of rows in an order of their own; the cursor is the last row's key.
fn paged<T, R>(rows: impl Iterator<Item = (String, R)>, asked: &Rows, shown: impl Fn(R) -> T) -> Listed<T> {
    let limit = asked.limit.unwrap_or(50).clamp(1, 500);
    let mut rows: Vec<(String, R)> = rows.filter(|(key, _)| asked.after.is_empty() || *key > asked.after).collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(key, _)| key.clone());
    Listed { items: rows.into_iter().map(|(_, row)| shown(row)).collect(), next }
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<Option<T>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|e: T::Err| Problem::bad(e.to_string()))
}

/// Checks that do not hold or cannot be told, worst first, each with its place and how to mend it. A violation that the last
/// run does not show though nothing says that it is over is among them, as unknown and without a place.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/posture/findings",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), Rows),
    responses((status = 200, body = Listed<Finding>), (status = "4XX", body = Body))
)]
pub(crate) async fn findings(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(asked): Asked<Rows>,
) -> Result<Response, Problem> {
    let when = time(&house, &asked.at)?;
    let (verdict, least) = (word::<Verdict>(&asked.verdict)?, word::<Severity>(&asked.severity)?);
    let views = views(&house, &caller, &asked.source, when).await?;
    let wanted = |row: &&FindingRow| {
        (asked.kind.is_empty() || row.kind == asked.kind)
            && (asked.policy.is_empty() || row.policy == asked.policy)
            && verdict.is_none_or(|v| row.verdict == v)
            && least.is_none_or(|least| row.severity >= least)
            && asked.domain.is_none_or(|domain| row.domains.contains(&domain))
            && (asked.text.is_empty() || row.resource.contains(&asked.text))
    };
    let hidden: Vec<Vec<FindingRow>> = views.iter().map(|(stand, _)| stand.hidden(when)).collect();
    let rows = views.iter().zip(&hidden).flat_map(|((stand, view), hidden)| {
        view.findings.iter().chain(hidden).filter(wanted).map(move |row| {
            let worst = Severity::ALL.iter().rev().position(|s| *s == row.severity).unwrap_or(9);
            let FindingRow { policy, kind, resource, .. } = row;
            (format!("{worst}/{policy}/{}/{kind}/{resource}", stand.id), (stand, row))
        })
    });
    Ok(Json(paged(rows, &asked, |(stand, row)| finding(stand, row, when))).into_response())
}

fn finding(stand: &Stand, row: &FindingRow, when: Timestamp) -> Finding {
    let open = stand.followed.as_ref().and_then(|f| f.open(&row.policy, &row.resource, when));
    let placed = |place: &PlaceRow| Placed {
        document: place.path.clone(),
        line: place.line,
        pointer: place.pointer.clone(),
        address: place.address.clone(),
    };
    Finding {
        id: row.id.clone(),
        source: stand.id.clone(),
        standing: stand.standing.as_str(),
        policy: row.policy.clone(),
        title: row.title.clone(),
        severity: row.severity.to_string(),
        verdict: row.verdict.as_str(),
        kind: row.kind,
        resource: row.resource.clone(),
        since: open.map(|f| f.opened.at),
        clear_before: open.and_then(|f| f.clear_before),
        place: row.place.as_ref().map(placed),
        attribute: row.attribute.clone(),
        found: row.found.clone(),
        wanted: row.wanted.clone(),
        mend: row.mend.clone(),
        mend_code: row.mend_code.clone(),
        controls: row.controls.clone(),
        hipaa: row.hipaa.clone(),
        domains: row.domains.clone(),
    }
}

/// Resources, with how their checks stand.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/posture/resources",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), Rows),
    responses((status = 200, body = Listed<Resource>), (status = "4XX", body = Body))
)]
pub(crate) async fn resources(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(asked): Asked<Rows>,
) -> Result<Response, Problem> {
    let when = time(&house, &asked.at)?;
    if !(asked.policy.is_empty() && asked.verdict.is_empty() && asked.severity.is_empty() && asked.domain.is_none()) {
        return Err(
            Problem::bad("resources are found by `source`, `kind` and `text`").help("findings are found by more")
        );
    }
    let views = views(&house, &caller, &asked.source, when).await?;
    let rows = views.iter().flat_map(|(stand, view)| {
        let wanted = view.resources.iter().filter(|row| {
            (asked.kind.is_empty() || row.kind == asked.kind)
                && (asked.text.is_empty() || row.resource.contains(&asked.text))
        });
        wanted.map(move |row| (format!("{}/{}/{}", stand.id, row.kind, row.resource), (stand, row)))
    });
    let page = paged(rows, &asked, |(stand, row)| Resource {
        source: stand.id.clone(),
        standing: stand.standing.as_str(),
        kind: row.kind,
        resource: row.resource.clone(),
        type_name: row.type_name.clone(),
        document: row.document.clone(),
        checks: counted(&row.checks),
    });
    Ok(Json(page).into_response())
}

/// How checks moved, period by period and group by group. A period in which nobody looked is a gap.
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{org}/posture/trend",
    tag = "sources",
    params(("org" = String, Path, description = "The organisation's id"), Over),
    responses((status = 200, body = Trend), (status = "4XX", body = Body))
)]
pub(crate) async fn trend(
    State(house): State<Arc<House>>,
    caller: Caller,
    Asked(asked): Asked<Over>,
) -> Result<Response, Problem> {
    let every = word::<Every>(&asked.every)?.unwrap_or(Every::Day);
    let day = |text: &str| -> Result<Option<Date>, Problem> {
        let wrong = || Problem::bad("a day is written like 2026-11-27");
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| wrong()) }
    };
    // Nobody looked in days to come.
    let today = house.clock.today();
    let (from, to) = (day(&asked.from)?, day(&asked.to)?.map_or(today, |to| to.min(today)));
    let by = match asked.by.as_str() {
        "" => "hitrust",
        by if ["hitrust", "hipaa", "topic", "severity"].contains(&by) => by,
        _ => return Err(Problem::bad("groups are `hitrust`, `hipaa`, `topic` or `severity`")),
    };
    let by = by.to_owned();
    let until = attesta_posture::end_of(to).unwrap_or(Timestamp::MAX);
    let stands = at(&house, &caller, &asked.source, until.min(house.clock.now())).await?;
    let worked = tokio::task::spawn_blocking(move || periods(&stands, every, (from, to), until, &by));
    Ok(Json(worked.await.map_err(Problem::internal)?).into_response())
}

/// The periods between two days: the last ones, where there are too many. It reads every run of every source.
fn periods(stands: &[Stand], every: Every, (from, to): (Option<Date>, Date), until: Timestamp, by: &str) -> Trend {
    let named = |stand: &Stand| -> Option<(SourceName, Series)> {
        let series = &stand.followed.as_ref()?.series;
        let points = series.points.iter().take_while(|point| point.at <= until).cloned().collect();
        Some((stand.source.name.parse().ok()?, Series { points, findings: Vec::new() }))
    };
    let series: BTreeMap<SourceName, Series> = stands.iter().filter_map(named).collect();
    let first = series.values().flat_map(|s| s.points.iter().map(|p| attesta_posture::day_of(p.at))).min();
    // What is asked for from before the first run holds nothing, and no more is worked out than is shown.
    let from = from.max(first).max(every.before(to, PERIODS.saturating_sub(1)));
    let rows = if first.is_some() { by_period(&series, every, from, Some(to)) } else { Vec::new() };
    let partial = |source: &SourceName, run| {
        let whose = stands.iter().find(|stand| stand.source.name == source.as_str());
        whose.and_then(|stand| stand.followed.as_ref()).is_none_or(|followed| followed.is_partial(run))
    };
    let groups: Vec<(usize, String, String)> = stands.first().map_or(Vec::new(), |stand| {
        let all = stand.shelf.judge.groups().iter().enumerate();
        all.filter(|(_, (id, _))| id.strip_prefix(by).is_some_and(|rest| rest.starts_with('-')))
            .map(|(index, (id, title))| (index, id.to_owned(), title.to_owned()))
            .collect()
    });
    let spoken = |index: usize| rows.iter().any(|row| row.groups.get(index).is_some_and(|t| t.total() > 0));
    let groups: Vec<_> = groups.into_iter().filter(|(index, ..)| spoken(*index)).collect();
    let periods = rows.iter().map(|row| PeriodRow {
        from: row.period.from.to_string(),
        to: row.period.to.to_string(),
        gap: row.is_gap(),
        missing: row.missing.iter().map(ToString::to_string).collect(),
        partial: row.runs.iter().filter(|(s, p)| partial(s, p.run)).map(|(source, _)| source.to_string()).collect(),
        checks: counted(&row.all),
        groups: groups
            .iter()
            .map(|(index, ..)| counted(&row.groups.get(*index).copied().unwrap_or_default()))
            .collect(),
    });
    let periods = periods.collect();
    let groups = groups.into_iter().map(|(_, id, title)| (id, title)).collect();
    Trend { every: every.to_string(), groups, periods }
}

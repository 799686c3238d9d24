//! How an organisation's sources stand at a time. What a stale or lost source last said is counted apart: it shows what
//! was, not what is.

use std::sync::Arc;

use attesta_access::TenantId;
use attesta_evaluation::Waiver;
use attesta_kernel::Timestamp;
use attesta_posture::{Point, RunId, Tally, Verdict, day_of};
use attesta_store::{NewestAboutEach, NewestRecords, OneRecord, Record, RecordSieve, Records, Room, StoreError};
use attesta_watch::{FindingRow, Followed, View, WatchError, waivers_beside};
use attesta_work::LookId;

use super::{Accepted, Origin, Plan, RUN, RunBody, SOURCE, Shelf, SourceBody, WAIVER, broken, not_seen, place};
use crate::{House, ids, problem::Problem};

/// How a source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Somebody looked, and not too long ago.
    Fresh,
    /// Nobody looked for longer than its schedule allows.
    Stale,
    /// Somebody looked later and could not see it.
    Lost,
    /// Nobody ever saw it.
    Never,
}

impl Standing {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Lost => "lost",
            Self::Never => "never",
        }
    }
}

/// A source at a time.
#[derive(Debug)]
pub(crate) struct Stand {
    pub(crate) id: String,
    pub(crate) rev: u64,
    pub(crate) source: SourceBody,
    pub(crate) paused: bool,
    pub(crate) standing: Standing,
    /// The last run by then.
    pub(crate) point: Option<Point>,
    /// Until when that run counts as fresh.
    pub(crate) fresh_until: Option<Timestamp>,
    /// Why it is lost, and since when.
    pub(crate) lost: Option<(Timestamp, String)>,
    /// Whether that run saw everything: what it did not see, nobody knows.
    pub(crate) complete: bool,
    /// What it did not see, the first of it.
    pub(crate) not_seen: Vec<String>,
    /// Everything that follows from its runs.
    pub(crate) followed: Option<Arc<Followed>>,
    pub(crate) shelf: Shelf,
    /// Violations that are accepted at that time: in a file beside what is watched, or over the API.
    pub(crate) waivers: Vec<Waiver>,
}

/// What tells how every source (or the one that is named) stood at a time: asked together with whatever else a page wants.
pub(crate) type Asks<'a> = (
    Option<Records<'static>>,
    Option<OneRecord<'a>>,
    Option<NewestAboutEach<'static>>,
    Option<NewestRecords<'a>>,
    Records<'static>,
);
/// What was answered.
pub(crate) type Answered = <Asks<'static> as attesta_store::Ask>::Out;

/// See [`Asks`].
pub(crate) fn asks(only: &str, at: Timestamp) -> Asks<'_> {
    let one = !only.is_empty();
    // Ids sort by time: the first that could have been made a millisecond later.
    let below = LookId::new(ids::milliseconds(at).saturating_add(1), [0; 10]).to_string();
    let first = attesta_store::Page::first(500);
    let sources = Records { kind: SOURCE, sieve: RecordSieve::default(), page: first.clone() };
    let page = attesta_store::Page { after: below.clone(), limit: 1 };
    (
        (!one).then_some(sources),
        one.then_some(OneRecord { kind: SOURCE, id: only }),
        (!one).then_some(NewestAboutEach { whose: SOURCE, kind: RUN, below }),
        one.then_some(NewestRecords { kind: RUN, about: only, page }),
        Records { kind: WAIVER, sieve: RecordSieve::default(), page: first },
    )
}

/// Every source (or the one that is named) at a time: one statement, and files.
pub(crate) async fn stands(
    house: &Arc<House>,
    room: &mut Room,
    tenant: TenantId,
    only: &str,
    at: Timestamp,
) -> Result<Vec<Stand>, Problem> {
    let answered = room.ask(&asks(only, at)).await?;
    stood(house, room, tenant, only, answered, at).await
}

/// The same from what was answered: files, and a statement more where there are more than 500 waivers.
pub(crate) async fn stood(
    house: &Arc<House>,
    room: &mut Room,
    tenant: TenantId,
    only: &str,
    (all, one, each, newest, waivers): Answered,
    at: Timestamp,
) -> Result<Vec<Stand>, Problem> {
    if !only.is_empty() && one.iter().flatten().next().is_none() {
        return Err(StoreError::NotFound { what: SOURCE, id: only.to_owned() }.into());
    }
    let sources: Vec<Record> = all.into_iter().flatten().chain(one.into_iter().flatten()).collect();
    let attempts: Vec<Record> = each.into_iter().flatten().chain(newest.into_iter().flatten()).collect();
    let accepted = Accepted::from(room, waivers).await?;
    let house = Arc::clone(house);
    let stood = tokio::task::spawn_blocking(move || {
        let of = |source: Record| {
            let attempt = attempts.iter().find(|a| a.about == source.id);
            stand(&house, tenant, source, attempt, &accepted, at)
        };
        sources.into_iter().map(of).collect::<Result<Vec<_>, _>>()
    });
    stood.await.map_err(Problem::internal)?
}

fn stand(
    house: &House,
    tenant: TenantId,
    record: Record,
    attempt: Option<&Record>,
    accepted: &Accepted,
    at: Timestamp,
) -> Result<Stand, Problem> {
    let source: SourceBody = serde_json::from_str(&record.body).map_err(Problem::internal)?;
    let plan: Plan = source.plan()?;
    let shelf = house.shelf(tenant, &record.id).map_err(broken)?;
    let followed = house.followed(&shelf).map_err(broken)?;
    let mut point = followed.as_ref().and_then(|f| f.at(at)).cloned();
    let mut waivers = beside(house, tenant, &source.origin).map_err(broken)?;
    waivers.extend(accepted.at(&record.id, at)?);
    // A run is judged by the day on which it looked; what is accepted counts as it does at the time that is asked for.
    waivers.retain(|waiver| waiver.until >= day_of(at));
    let newest = followed.as_ref().and_then(|f| f.last);
    if let Some(point) = point.as_mut().filter(|point| newest == Some(point.run))
        && (point.all.waived > 0 || !waivers.is_empty())
    {
        let view = house.view(&shelf, point.run, waivers.clone()).map_err(broken)?;
        accept(point, &view, &shelf);
    }
    let partial = point.as_ref().filter(|point| followed.as_ref().is_none_or(|f| f.is_partial(point.run)));
    let not_seen = match partial {
        Some(point) => not_seen(&shelf.history().and_then(|h| Ok(h.run(point.run)?)).map_err(broken)?),
        None => Vec::new(),
    };
    let complete = point.is_some() && partial.is_none();
    let fresh_until = point.as_ref().map(|point| plan.schedule.fresh_until(point.at));
    let failed = attempt.filter(|a| a.state == "failed" && point.as_ref().is_none_or(|p| a.created >= p.at));
    let lost = match failed {
        Some(failed) => {
            let body: RunBody = serde_json::from_str(&failed.body).map_err(Problem::internal)?;
            Some((failed.created, body.why.unwrap_or_default()))
        }
        None => None,
    };
    let standing = match (&point, &lost, fresh_until) {
        (None, None, _) => Standing::Never,
        (_, Some(_), _) => Standing::Lost,
        (Some(_), None, Some(until)) if at <= until => Standing::Fresh,
        (Some(_), None, _) => Standing::Stale,
    };
    let paused = record.state == "paused";
    let (id, rev) = (record.id, record.rev);
    Ok(Stand {
        id,
        rev,
        source,
        paused,
        standing,
        point,
        complete,
        not_seen,
        fresh_until,
        lost,
        followed,
        shelf,
        waivers,
    })
}

/// Accepted violations, as they lie beside what is watched now.
fn beside(house: &House, tenant: TenantId, origin: &Origin) -> Result<Vec<Waiver>, WatchError> {
    match origin {
        Origin::Folder { place: name } | Origin::File { place: name } => {
            place(&house.config, tenant, name).map_or(Ok(Vec::new()), |allowed| waivers_beside(&allowed.path))
        }
        Origin::Aws { .. } | Origin::Pushed {} => Ok(Vec::new()),
    }
}

/// What was accepted or is no more since the newest run looked: the same violations, told apart as they are now.
fn accept(point: &mut Point, view: &View, shelf: &Shelf) {
    let told_apart = |tally: &mut Tally, waived: u64| {
        let all = tally.fail.saturating_add(tally.waived);
        tally.waived = waived.min(all);
        tally.fail = all.saturating_sub(tally.waived);
    };
    let waived: Vec<&FindingRow> = view.findings.iter().filter(|row| row.verdict == Verdict::Waived).collect();
    let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
    told_apart(&mut point.all, count(waived.len()));
    let grouping = &shelf.judge.groups().grouping;
    let of: Vec<Vec<usize>> = waived
        .iter()
        .map(|row| row.policy.parse().map_or_else(|_| Vec::new(), |policy| grouping.of(&policy).to_vec()))
        .collect();
    for (index, tally) in point.groups.iter_mut().enumerate() {
        told_apart(tally, count(of.iter().filter(|groups| groups.contains(&index)).count()));
    }
}

impl Stand {
    /// What its last run showed, row by row. It works on files.
    pub(crate) fn view(&self, house: &House) -> Result<Option<Arc<View>>, WatchError> {
        let Some(run) = self.run() else { return Ok(None) };
        house.view(&self.shelf, run, self.waivers.clone()).map(Some)
    }

    /// The last run by then.
    pub(crate) fn run(&self) -> Option<RunId> {
        self.point.as_ref().map(|point| point.run)
    }

    /// What the last run by then said, and findings that it does not show though nothing says that they are over: unknown.
    /// All of it, and of each group.
    pub(crate) fn said(&self, at: Timestamp) -> (Tally, Vec<Tally>, u64) {
        let (Some(point), Some(followed)) = (&self.point, &self.followed) else { return Default::default() };
        let (mut all, mut groups, mut hidden) = (point.all, point.groups.clone(), 0_u64);
        for (_, _, policy) in followed.hidden(&self.shelf.judge, at) {
            hidden = hidden.saturating_add(1);
            all.add(Verdict::Unknown);
            for index in self.shelf.judge.groups().grouping.of(&policy.id) {
                groups.get_mut(*index).into_iter().for_each(|tally| tally.add(Verdict::Unknown));
            }
        }
        (all, groups, hidden)
    }

    /// Findings that are open though the last run by then does not show them, as rows.
    pub(crate) fn hidden(&self, at: Timestamp) -> Vec<FindingRow> {
        self.followed.as_ref().map_or_else(Vec::new, |followed| followed.hidden_rows(&self.shelf.judge, at))
    }

    /// Whether what it said is how things are, and all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.counts() && self.complete
    }

    /// Whether what it said counts as how things are.
    pub(crate) fn counts(&self) -> bool {
        self.standing == Standing::Fresh
    }
}

//! What home tells of today: evidence by its standing, watched infrastructure, HIPAA's two scores.

use std::{collections::BTreeMap, sync::Arc};

use attesta_desk::hipaa::{Infrastructure, Registers, Status};
use attesta_evidence::Standing;
use attesta_kernel::Timestamp;
use attesta_pages::{
    chart::Point,
    parts::Tone,
    rooms::home::{Day, Freshness, Hipaa, Settings, Watched},
};
use attesta_posture::{Every, Series, SourceName, Tally};
use attesta_store::{
    EvidenceCount, EvidenceList, EvidenceRow, EvidenceSieve, NewestRecords, Page as Part, Record, Room,
};

use super::{
    Guest,
    evidence::{minute, stands as shown},
    rest::Cut,
};
use crate::{
    House,
    api::evidence::Sight,
    problem::Problem,
    watching::{ALERT, AlertBody, Looked, Stand, broken, watch},
};

/// So many pieces of evidence are counted.
const COUNTED: u32 = 500;
/// So many weeks of the trend are drawn.
const WEEKS: u32 = 26;
/// So many days, while there are fewer than two weeks with looks.
const DAYS: u32 = 21;
/// So many looks, while there is one day.
const DRAWN: usize = 60;
/// So many changes are told.
const CHANGES: u32 = 6;

/// The evidence that is counted, where the guest may see any.
pub(super) fn pieces(sight: Option<&Sight>) -> Option<EvidenceList> {
    sight.map(|_| EvidenceList { sieve: EvidenceSieve::default(), page: Part::first(COUNTED) })
}

/// What was told last of what is watched.
pub(super) fn newest_alerts() -> NewestRecords<'static> {
    NewestRecords { kind: ALERT, about: "", page: Part { after: String::new(), limit: CHANGES } }
}

/// Evidence by how it stands today, the best first.
pub(super) async fn freshness(
    house: &House,
    guest: &Guest,
    sight: &Sight,
    room: &mut Room,
    rows: Vec<EvidenceRow>,
) -> Result<Freshness, Problem> {
    let (sieve, part) = (EvidenceSieve::default(), Part::first(COUNTED));
    let cut = Cut::of(&part, rows.len());
    let all = cut.is_part() && matches!(sight.permit.reach(), attesta_access::Reach::All);
    let (own, of) = room.ask(&(sight.asks(&rows), all.then_some(EvidenceCount { sieve }))).await?;
    let last = rows.last().map_or(String::new(), |row| row.item.evidence.id.to_string());
    let rest = cut.rest(of, &format!("/o/{}/evidence", guest.org()), &[], ("after", &last));
    let today = house.clock.today();
    let rows = sight.of(rows, own);
    let mut counts: BTreeMap<(u8, String, &'static str), (usize, Tone)> = BTreeMap::new();
    for row in &rows {
        let standing = house.rules.standing(&row.item, today);
        let (tone, word) = shown(&standing, today);
        let (rank, word) = match (&standing, tone) {
            (Standing::Valid { .. }, Tone::Good) => (0, word),
            (Standing::Valid { .. }, _) => (1, "valid, not for long".to_owned()),
            (Standing::NotYet { .. }, _) => (2, "counts later".to_owned()),
            (Standing::Stale { .. }, _) => (3, word),
            (Standing::Unknown { .. }, _) => (4, word),
            _ => (5, word),
        };
        counts.entry((rank, word, standing.as_str())).or_insert((0, tone)).0 += 1;
    }
    let base = format!("/o/{}/evidence?standing=", guest.org());
    let rows = counts.into_iter().map(|((_, word, standing), (n, tone))| (word, n, tone, format!("{base}{standing}")));
    Ok(Freshness { rows: rows.collect(), rest })
}

/// HIPAA's two scores by what an assessment's registers and the organisation's sources show.
pub(super) fn hipaa(registers: &Registers, infrastructure: Infrastructure<'_>) -> Hipaa {
    let status = Status::of(registers, infrastructure);
    let (required, addressable) = (status.card.required_share(), status.card.addressable_share());
    let records = &registers.records;
    Hipaa {
        met: status.card.required_met(),
        required: (required.part, required.whole),
        addressable: (addressable.part, addressable.whole, addressable.percent()),
        violated: status.violated(),
        recorded: !(records.attestations.is_empty() && records.decisions.is_empty()),
        to_mend: status.registers.iter().map(|(_, against)| against.len()).sum(),
        settings: settings(&status),
        href: String::new(),
    }
}

/// What of the infrastructure is in the scores, in words.
pub(super) fn settings(status: &Status<'_>) -> Settings {
    match status.infrastructure {
        Infrastructure::NotChecked => Settings::NoSources,
        Infrastructure::Hidden => Settings::Hidden,
        Infrastructure::Checked(_) => Settings::Sources(1, 1),
        Infrastructure::Watched(watch, _) => {
            let whole = watch.sources.iter().filter(|source| source.sight == attesta_hipaa::Sight::Whole);
            Settings::Sources(whole.count(), watch.sources.len())
        }
    }
}

/// Watched infrastructure as it stands now, and what it shows policy by policy.
pub(super) async fn watched(
    house: &Arc<House>,
    guest: &Guest,
    stands: Vec<Stand>,
    alerts: Vec<Record>,
    now: Timestamp,
) -> Result<(Watched, Looked), Problem> {
    let mut watched = Watched { sources: (stands.len(), 0), ..Watched::default() };
    if stands.is_empty() {
        return Ok((watched, Looked::NoSources));
    }
    watched.sources.1 = stands.iter().filter(|stand| stand.is_whole()).count();
    for stand in &stands {
        let (said, ..) = stand.said(now);
        if stand.counts() {
            watched.passing.0 = watched.passing.0.saturating_add(said.pass);
            watched.passing.1 = watched.passing.1.saturating_add(said.total());
            watched.unknown = watched.unknown.saturating_add(said.unknown).saturating_add(said.errored);
        } else {
            watched.unknown = watched.unknown.saturating_add(said.total());
        }
    }
    let drift = format!("/o/{}/cloud/drift", guest.org());
    for alert in alerts {
        let body: AlertBody = serde_json::from_str(&alert.body).map_err(Problem::internal)?;
        let (tone, word) = attesta_pages::rooms::drift::word(&body.news);
        watched.changed.push(Day {
            on: alert.created.to_string().chars().take(10).collect(),
            what: body.subject.strip_prefix("[attesta] ").unwrap_or(&body.subject).to_owned(),
            href: format!("{drift}#{}", alert.id),
            tone,
            word: word.to_owned(),
            ..Day::default()
        });
    }
    let today = house.clock.today();
    let house = Arc::clone(house);
    let worked = tokio::task::spawn_blocking(move || {
        let looked = watch(&house, &stands, now).map_err(broken)?;
        Ok::<_, Problem>((course(&stands, today), looked))
    });
    let looked;
    ((watched.by, watched.trend), looked) = worked.await.map_err(Problem::internal)??;
    Ok((watched, looked))
}

/// How the share of passing checks went, and by what it goes: weeks, or days while there are fewer than two weeks with looks,
/// or looks while there is one day.
fn course(stands: &[Stand], today: attesta_kernel::Date) -> (&'static str, Vec<Point>) {
    let named = |stand: &Stand| -> Option<(SourceName, Series)> {
        let series = &stand.followed.as_ref()?.series;
        Some((stand.source.name.parse().ok()?, Series { points: series.points.clone(), findings: Vec::new() }))
    };
    let series: BTreeMap<SourceName, Series> = stands.iter().filter_map(named).collect();
    for (word, every, most) in [("week by week", Every::Week, WEEKS), ("day by day", Every::Day, DAYS)] {
        let points = periods(&series, every, most, today);
        if points.iter().filter(|point| point.value.is_some()).count() > 1 {
            return (word, points);
        }
    }
    let looks = attesta_posture::looks(&series);
    let shown = looks.iter().skip(looks.len().saturating_sub(DRAWN));
    ("look by look", shown.map(|(at, said)| point(minute(*at), said, false)).collect())
}

/// Period by period. One in which nobody looked breaks the line; unknown is no pass.
fn periods(series: &BTreeMap<SourceName, Series>, every: Every, most: u32, today: attesta_kernel::Date) -> Vec<Point> {
    let Some(first) = series.values().flat_map(|s| s.points.iter().map(|p| attesta_posture::day_of(p.at))).min() else {
        return Vec::new();
    };
    let from = Some(first).max(every.before(today, most.saturating_sub(1)));
    let rows = attesta_posture::trend(series, every, from, Some(today));
    rows.iter().map(|row| point(row.period.from.to_string(), &row.all, row.is_gap())).collect()
}

fn point(when: String, said: &Tally, gap: bool) -> Point {
    let (pass, of) = (said.pass, said.total());
    let share = pass.saturating_mul(10_000).checked_div(of).and_then(|share| u32::try_from(share).ok());
    let value = share.filter(|_| !gap);
    let shown = match value {
        Some(share) => format!("{} % ({pass} of {of})", share / 100),
        None => "nobody looked".to_owned(),
    };
    Point { when, value, shown }
}

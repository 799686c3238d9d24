//! How things moved, period by period.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use attesta_kernel::{Date, Timestamp};
use jiff::{Span, tz::TimeZone};

use crate::{Point, Series, SourceName, Tally, finding::seconds_between};

/// How long a period is. Days begin at midnight UTC, weeks on Mondays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Every {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// Half a year.
    HalfYear,
    /// A year.
    Year,
}

impl Every {
    /// Every length, shortest first.
    pub const ALL: [Self; 6] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::HalfYear, Self::Year];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
            Self::Quarter => "quarterly",
            Self::HalfYear => "half-yearly",
            Self::Year => "yearly",
        }
    }

    /// The period that a day stands in; `None` at the ends of the calendar.
    pub fn period(self, day: Date) -> Option<Period> {
        let of_month = |months: i8| {
            let month = day.month().checked_sub(1)?;
            let month = month.checked_sub(month.checked_rem(months)?)?.checked_add(1)?;
            Date::new(day.year(), month, 1).ok()
        };
        let (from, length) = match self {
            Self::Day => (day, Span::new().days(1)),
            Self::Week => {
                let since = i64::from(day.weekday().to_monday_zero_offset());
                (day.checked_sub(Span::new().days(since)).ok()?, Span::new().days(7))
            }
            Self::Month => (of_month(1)?, Span::new().months(1)),
            Self::Quarter => (of_month(3)?, Span::new().months(3)),
            Self::HalfYear => (of_month(6)?, Span::new().months(6)),
            Self::Year => (of_month(12)?, Span::new().months(12)),
        };
        let to = from.checked_add(length).ok()?.yesterday().ok()?;
        Some(Period { from, to })
    }

    /// The first day of the period that is `count` periods before that of a day; `None` before the calendar begins.
    pub fn before(self, day: Date, count: u32) -> Option<Date> {
        let months = |each: i64| Span::new().try_months(each.checked_mul(i64::from(count))?).ok();
        let back = match self {
            Self::Day => Span::new().try_days(count).ok()?,
            Self::Week => Span::new().try_weeks(count).ok()?,
            Self::Month => months(1)?,
            Self::Quarter => months(3)?,
            Self::HalfYear => months(6)?,
            Self::Year => months(12)?,
        };
        self.period(day)?.from.checked_sub(back).ok()
    }

    /// The periods from that of one day to that of another.
    pub fn periods(self, first: Date, last: Date) -> Vec<Period> {
        let mut periods = Vec::new();
        let mut next = self.period(first);
        while let Some(period) = next.filter(|period| period.from <= last) {
            periods.push(period);
            next = period.to.tomorrow().ok().and_then(|day| self.period(day));
        }
        periods
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no length of a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of a period; use daily, weekly, monthly, quarterly, half-yearly or yearly")]
pub struct UnknownLength(pub String);

impl FromStr for Every {
    type Err = UnknownLength;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim().to_lowercase();
        Self::ALL.into_iter().find(|e| e.as_str() == word).ok_or_else(|| UnknownLength(text.chars().take(40).collect()))
    }
}

/// Days from the first to the last, both of them in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// Whether a day stands in it.
    pub fn holds(&self, day: Date) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Its first moment.
    pub fn begin(&self) -> Option<Timestamp> {
        self.from.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp())
    }
}

/// The day of a time, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// The last moment of a day, in UTC.
pub fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    next.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()
}

/// One period of a trend: what the last run of each source said in it. A source without a run in the period is named, and
/// nothing is put in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendRow {
    /// The period.
    pub period: Period,
    /// The runs that are counted.
    pub runs: BTreeMap<SourceName, Point>,
    /// Sources that had a run before and have none in this period.
    pub missing: BTreeSet<SourceName>,
    /// Every check; nothing where no source has a run.
    pub all: Tally,
    /// The checks of each group.
    pub groups: Vec<Tally>,
}

impl TrendRow {
    /// Whether no run looked in this period.
    pub fn is_gap(&self) -> bool {
        self.runs.is_empty()
    }
}

/// The trend from the first run to the last day asked for.
pub fn trend(
    series: &BTreeMap<SourceName, Series>,
    every: Every,
    from: Option<Date>,
    to: Option<Date>,
) -> Vec<TrendRow> {
    let days = || series.values().flat_map(|s| s.points.iter().map(|p| day_of(p.at)));
    let (Some(first), Some(last)) = (from.or(days().min()), to.or(days().max())) else { return Vec::new() };
    let row = |period: Period| {
        let (mut runs, mut missing) = (BTreeMap::new(), BTreeSet::new());
        for (source, series) in series {
            let until = |point: &&Point| day_of(point.at) <= period.to;
            let seen = series.points.partition_point(|point| until(&point));
            let last = seen.checked_sub(1).and_then(|last| series.points.get(last));
            match last {
                Some(point) if period.holds(day_of(point.at)) => drop(runs.insert(source.clone(), point.clone())),
                Some(_) => drop(missing.insert(source.clone())),
                None => {}
            }
        }
        let all = runs.values().fold(Tally::default(), |sum, point| sum.and(point.all));
        let width = runs.values().map(|point| point.groups.len()).max().unwrap_or(0);
        let of = |index| runs.values().filter_map(|p| p.groups.get(index)).fold(Tally::default(), |sum, t| sum.and(*t));
        let groups = (0..width).map(of).collect();
        TrendRow { period, runs, missing, all, groups }
    };
    every.periods(first, last).into_iter().map(row).collect()
}

/// Every look in the order of time, each with what the last looks at all sources said by then: the trend of so short a time
/// that no period holds it.
pub fn looks(series: &BTreeMap<SourceName, Series>) -> Vec<(Timestamp, Tally)> {
    let of = |(source, series): (_, &Series)| -> Vec<_> {
        series.points.iter().map(|point| (point.at, source, point.all)).collect()
    };
    let mut points: Vec<(Timestamp, &SourceName, Tally)> = series.iter().flat_map(of).collect();
    points.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let mut last: BTreeMap<&SourceName, Tally> = BTreeMap::new();
    let so_far = points.into_iter().map(|(at, source, said)| {
        last.insert(source, said);
        (at, last.values().fold(Tally::default(), |sum, tally| sum.and(*tally)))
    });
    so_far.collect()
}

/// How old the newest look at a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// The source.
    pub source: SourceName,
    /// Its newest run by then, when there is one.
    pub point: Point,
    /// Seconds since.
    pub age: u64,
    /// Whether that is longer than was allowed.
    pub stale: bool,
}

/// Where things stood at a time. What stale runs said is counted apart: it shows what was, not what is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posture {
    /// Each source that had a run by then.
    pub sources: Vec<Freshness>,
    /// Every check of sources that are fresh.
    pub all: Tally,
    /// The checks of each group, of sources that are fresh.
    pub groups: Vec<Tally>,
    /// How many checks stale sources last spoke of.
    pub stale: u64,
    /// The same for each group.
    pub stale_groups: Vec<u64>,
}

/// Where things stood at `at`; a source is stale when its newest run is more than `fresh` seconds old.
pub fn posture(series: &BTreeMap<SourceName, Series>, at: Timestamp, fresh: u64) -> Posture {
    let mut posture = Posture::default();
    for (source, series) in series {
        let seen = series.points.partition_point(|point| point.at <= at);
        let Some(point) = seen.checked_sub(1).and_then(|last| series.points.get(last)) else { continue };
        let age = seconds_between(point.at, at);
        let stale = age > fresh;
        let width = posture.groups.len().max(point.groups.len());
        posture.groups.resize(width, Tally::default());
        posture.stale_groups.resize(width, 0);
        let groups = posture.groups.iter_mut().zip(&mut posture.stale_groups).zip(&point.groups);
        if stale {
            posture.stale = posture.stale.saturating_add(point.all.total());
            groups.for_each(|((_, stale), tally)| *stale = stale.saturating_add(tally.total()));
        } else {
            posture.all = posture.all.and(point.all);
            groups.for_each(|((sum, _), tally)| *sum = sum.and(*tally));
        }
        posture.sources.push(Freshness { source: source.clone(), point: point.clone(), age, stale });
    }
    posture
}

/// A time in which nobody looked at a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The source.
    pub source: SourceName,
    /// The last look before it.
    pub from: Timestamp,
    /// The first look after it; `None` where there is none yet.
    pub to: Option<Timestamp>,
    /// How long it is, in seconds.
    pub seconds: u64,
}

/// Every time longer than `most` seconds in which nobody looked, up to `at`.
pub fn gaps(series: &BTreeMap<SourceName, Series>, most: u64, at: Timestamp) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (source, series) in series {
        let times: Vec<Timestamp> = series.points.iter().map(|p| p.at).filter(|t| *t <= at).collect();
        let pairs = times.iter().zip(times.iter().skip(1)).map(|(from, to)| (*from, Some(*to)));
        for (from, to) in pairs.chain(times.last().map(|last| (*last, None))) {
            let seconds = seconds_between(from, to.unwrap_or(at));
            if seconds > most {
                gaps.push(Gap { source: source.clone(), from, to, seconds });
            }
        }
    }
    gaps
}

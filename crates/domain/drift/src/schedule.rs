//! When to look again, and when to keep quiet. Times of day are UTC.

use std::collections::BTreeSet;

use attesta_kernel::Timestamp;
use attesta_posture::SourceName;
use jiff::{
    SignedDuration,
    civil::{DateTime, Time, Weekday},
    tz::TimeZone,
};

use crate::Cron;

/// When a source is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// So long after the last time.
    Every(SignedDuration),
    /// At these times of every day.
    Daily(BTreeSet<Time>),
    /// As cron says.
    Cron(Cron),
}

impl Schedule {
    /// When to look next, after looking at `last`. One that was never looked at is due at once.
    pub fn next(&self, last: Option<Timestamp>) -> Timestamp {
        let Some(last) = last else { return Timestamp::MIN };
        match self {
            Self::Every(pause) => last.checked_add(*pause).unwrap_or(Timestamp::MAX),
            Self::Daily(times) => {
                let then = last.to_zoned(TimeZone::UTC).datetime();
                let later = times.iter().find(|time| **time > then.time()).map(|time| then.date().to_datetime(*time));
                let tomorrow = || Some(then.date().tomorrow().ok()?.to_datetime(*times.first()?));
                later.or_else(tomorrow).and_then(instant).unwrap_or(Timestamp::MAX)
            }
            Self::Cron(cron) => cron.next(last),
        }
    }

    /// Until when a look at `last` still shows how things stand: until the second look after it is due. One may be late;
    /// two that are missing are no accident.
    pub fn fresh_until(&self, last: Timestamp) -> Timestamp {
        self.next(Some(self.next(Some(last))))
    }

    /// Whether it is time.
    pub fn is_due(&self, last: Option<Timestamp>, now: Timestamp) -> bool {
        self.next(last) <= now
    }
}

fn instant(at: DateTime) -> Option<Timestamp> {
    at.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// A time in which nothing is told. What it hides is told afterwards, where it still holds then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// When.
    pub when: When,
    /// Of which sources; none named means all.
    pub sources: BTreeSet<SourceName>,
    /// Why.
    pub because: String,
}

/// When a window holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once.
    Once {
        /// From.
        from: Timestamp,
        /// Until, which is no part of it.
        to: Timestamp,
    },
    /// On these days of every week, from one time of day to another; past midnight where that is earlier.
    Weekly {
        /// The days on which it begins.
        days: Vec<Weekday>,
        /// From.
        from: Time,
        /// Until, which is no part of it.
        to: Time,
    },
}

impl Window {
    /// Whether it hides what is seen of this source at this time.
    pub fn holds(&self, source: &SourceName, at: Timestamp) -> bool {
        (self.sources.is_empty() || self.sources.contains(source)) && self.when.holds(at)
    }
}

impl When {
    /// Whether it holds at this time.
    pub fn holds(&self, at: Timestamp) -> bool {
        match self {
            Self::Once { from, to } => *from <= at && at < *to,
            Self::Weekly { days, from, to } => {
                let now = at.to_zoned(TimeZone::UTC).datetime();
                let begins = |day: Weekday| days.contains(&day);
                let (today, time) = (now.weekday(), now.time());
                if from < to {
                    begins(today) && *from <= time && time < *to
                } else {
                    (begins(today) && *from <= time) || (begins(today.previous()) && time < *to)
                }
            }
        }
    }
}

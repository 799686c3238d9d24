//! Findings over time: opened, mended, gone, opened again.

use attesta_kernel::Timestamp;

use crate::{CheckKey, RunId, SourceName};

/// A run and when it looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// Which run.
    pub run: RunId,
}

/// A violation from the run that first showed it to the run that first showed that it is over. What nobody could tell in
/// between neither opened nor closed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Seen in runs of this source.
    pub source: SourceName,
    /// What does not hold.
    pub check: CheckKey,
    /// The first run that showed it.
    pub opened: Moment,
    /// The last run before that which showed that there was none: it arose in between. `None` where no run did.
    pub clear_before: Option<Timestamp>,
    /// The last run that showed it.
    pub last_seen: Timestamp,
    /// Whether the last run that showed it showed a waiver too.
    pub waived: bool,
    /// How it ended; `None` while it is open.
    pub closed: Option<Closed>,
    /// How often it had been open before.
    pub reopened: u32,
    /// Times in which runs did not name it and could not tell that it is gone: from the first such run to the next one that
    /// tells.
    pub hidden: Vec<(Timestamp, Option<Timestamp>)>,
}

/// How a finding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// The first run that showed that it is over.
    pub by: Moment,
    /// In which way.
    pub how: Ending,
}

/// In which way a finding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// The check passes.
    Mended,
    /// The resource is no longer there, or the policy no longer concerns it.
    Gone,
}

impl Ending {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mended => "mended",
            Self::Gone => "gone",
        }
    }
}

impl Finding {
    /// Seconds from the run that first showed it to the run that first showed that it is over; `None` while it is open.
    pub fn seconds(&self) -> Option<u64> {
        self.closed.map(|closed| seconds_between(self.opened.at, closed.by.at))
    }

    /// Since when runs did not name it, where it was open at `at` and the last run by then did not: how it stood, nobody
    /// could tell.
    pub fn hidden_since(&self, at: Timestamp) -> Option<Timestamp> {
        self.hidden.iter().find(|(from, to)| *from <= at && to.is_none_or(|to| to > at)).map(|(from, _)| *from)
    }

    /// Seconds that it has been open at `at`.
    pub fn age(&self, at: Timestamp) -> u64 {
        seconds_between(self.opened.at, at)
    }
}

/// Whole seconds from one time to another; none where the other is before.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

/// How long findings took, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remediation {
    /// Findings that were mended.
    pub mended: Times,
    /// Findings whose resource is gone; counted apart, because nobody need have mended anything.
    pub gone: Times,
    /// Findings that are open without a waiver, and how long they have been.
    pub open: Times,
    /// Findings that are open under a waiver, and how long they have been.
    pub waived: Times,
    /// Findings that had been open before.
    pub reopened: u64,
}

/// Durations in whole seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Times {
    sorted: Vec<u64>,
}

/// Seconds as an exact fraction: a sum, and by how many it is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds {
    /// Seconds in all.
    pub total: u64,
    /// Of how many.
    pub of: u64,
}

impl Seconds {
    /// Whole seconds, what is left over dropped.
    pub fn whole(self) -> u64 {
        self.total.checked_div(self.of).unwrap_or(0)
    }
}

impl Times {
    /// How many.
    pub fn count(&self) -> u64 {
        u64::try_from(self.sorted.len()).unwrap_or(u64::MAX)
    }

    /// Their mean; `None` of none.
    pub fn mean(&self) -> Option<Seconds> {
        let total = self.sorted.iter().fold(0_u64, |sum, s| sum.saturating_add(*s));
        (!self.sorted.is_empty()).then(|| Seconds { total, of: self.count() })
    }

    /// Their median, of an even number the mean of the middle two; `None` of none.
    pub fn median(&self) -> Option<Seconds> {
        let half = self.sorted.len() / 2;
        let upper = *self.sorted.get(half)?;
        if self.sorted.len() % 2 == 1 {
            return Some(Seconds { total: upper, of: 1 });
        }
        let lower = *self.sorted.get(half.checked_sub(1)?)?;
        Some(Seconds { total: lower.saturating_add(upper), of: 2 })
    }

    /// The longest; `None` of none.
    pub fn longest(&self) -> Option<u64> {
        self.sorted.last().copied()
    }
}

impl FromIterator<u64> for Times {
    fn from_iter<I: IntoIterator<Item = u64>>(seconds: I) -> Self {
        let mut sorted: Vec<u64> = seconds.into_iter().collect();
        sorted.sort_unstable();
        Self { sorted }
    }
}

impl Remediation {
    /// Of these findings: those closed from `from` on and before `to`, and those open at `to`.
    pub fn of<'f>(findings: impl Iterator<Item = &'f Finding> + Clone, from: Option<Timestamp>, to: Timestamp) -> Self {
        let closed_in = |f: &Finding| f.closed.filter(|c| c.by.at <= to && from.is_none_or(|from| c.by.at >= from));
        let ended = |how| {
            let so = findings.clone().filter(move |f| closed_in(f).is_some_and(|c| c.how == how));
            so.filter_map(Finding::seconds).collect::<Times>()
        };
        let open = findings.clone().filter(|f| f.opened.at <= to && f.closed.is_none_or(|c| c.by.at > to));
        let aged = |waived| open.clone().filter(|f| f.waived == waived).map(|f| f.age(to)).collect::<Times>();
        let counted = findings.clone().filter(|f| f.opened.at <= to && f.reopened > 0);
        let reopened = counted.filter(|f| from.is_none_or(|from| f.opened.at >= from)).count();
        Self {
            mended: ended(Ending::Mended),
            gone: ended(Ending::Gone),
            open: aged(false),
            waived: aged(true),
            reopened: u64::try_from(reopened).unwrap_or(u64::MAX),
        }
    }
}

/// Seconds as people say them: `3 d 4 h 5 min`.
///
/// ```
/// assert_eq!(attesta_posture::in_words(93_784), "1 d 2 h 3 min 4 s");
/// assert_eq!(attesta_posture::in_words(3_600), "1 h");
/// assert_eq!(attesta_posture::in_words(0), "0 s");
/// ```
pub fn in_words(seconds: u64) -> String {
    let part = |unit: u64, most: u64| seconds.checked_div(unit).and_then(|n| n.checked_rem(most)).unwrap_or(0);
    let parts = [(part(86_400, u64::MAX), "d"), (part(3_600, 24), "h"), (part(60, 60), "min"), (part(1, 60), "s")];
    let told: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    if told.is_empty() { "0 s".to_owned() } else { told.join(" ") }
}

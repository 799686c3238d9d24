//! The five fields that people know from cron: minute, hour, day of month, month, day of week. Times are UTC.

use std::{fmt, str::FromStr};

use attesta_kernel::Timestamp;
use jiff::{
    SignedDuration,
    civil::{Date, Time},
    tz::TimeZone,
};

/// A schedule in cron's words. One that never comes cannot be made.
///
/// ```
/// use attesta_drift::Cron;
/// let cron: Cron = "*/15 8-17 * * mon-fri".parse()?;
/// let friday = "2026-11-27T17:50:00Z".parse().unwrap();
/// assert_eq!(cron.next(friday).to_string(), "2026-11-30T08:00:00Z");
/// # Ok::<(), attesta_drift::CronError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Day of month and day of week are both limited: then either is enough, as cron has always had it.
    either: bool,
}

/// The text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no cron schedule: {why}")]
pub struct CronError {
    text: String,
    why: String,
}

/// Nothing is looked for further ahead: two leap days are at most eight years apart.
const AHEAD: u32 = 3_000;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// What a field may hold.
struct Field {
    what: &'static str,
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { what: "minute", first: 0, last: 59, names: &[] },
    Field { what: "hour", first: 0, last: 23, names: &[] },
    Field { what: "day of the month", first: 1, last: 31, names: &[] },
    Field { what: "month", first: 1, last: 12, names: &MONTHS },
    Field { what: "day of the week", first: 0, last: 7, names: &WEEKDAYS },
];

impl Field {
    fn one(&self, text: &str) -> Result<u32, String> {
        let named = self.names.iter().position(|name| *name == text).and_then(|at| u32::try_from(at).ok());
        let number = || text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let value = named.map(|at| at.saturating_add(self.first)).or_else(number);
        let wrong = || format!("`{text}` is no {} from {} to {}", self.what, self.first, self.last);
        value.filter(|v| (self.first..=self.last).contains(v)).ok_or_else(wrong)
    }

    fn set(&self, text: &str) -> Result<u64, String> {
        let mut set = 0_u64;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => {
                    let step: Option<u32> = step.parse().ok().filter(|s| (1..=59).contains(s));
                    (range, step.ok_or_else(|| format!("`{part}` steps by no number from 1 to 59"))?)
                }
                None => (part, 1),
            };
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (self.first, self.last),
                Some((from, to)) => (self.one(from)?, self.one(to)?),
                None if part.contains('/') => (self.one(range)?, self.last),
                None => (self.one(range)?, self.one(range)?),
            };
            if from > to {
                return Err(format!("`{range}` ends before it begins"));
            }
            let step = usize::try_from(step).unwrap_or(1);
            set |= (from..=to).step_by(step).fold(0, |set, value| set | 1_u64 << value);
        }
        Ok(set)
    }
}

impl Cron {
    /// The first time after this one, in whole minutes.
    pub fn next(&self, after: Timestamp) -> Timestamp {
        self.coming(after).unwrap_or(Timestamp::MAX)
    }

    fn coming(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.checked_add(SignedDuration::from_mins(1)).ok()?.to_zoned(TimeZone::UTC).datetime();
        let (mut day, mut from) = (after.date(), Some(after.time()));
        for _ in 0..AHEAD {
            let time = if self.holds(day) { self.time(from) } else { None };
            if let Some(time) = time {
                return day.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
            }
            (day, from) = (day.tomorrow().ok()?, None);
        }
        None
    }

    fn holds(&self, day: Date) -> bool {
        let of = |set: u64, value: i8| u32::try_from(value).is_ok_and(|value| set >> value & 1 == 1);
        let (month, week) = (of(self.days, day.day()), of(self.weekdays, day.weekday().to_sunday_zero_offset()));
        of(self.months, day.month()) && if self.either { month || week } else { month && week }
    }

    /// The first time of a day, at the earliest in this minute.
    fn time(&self, from: Option<Time>) -> Option<Time> {
        let (first_hour, first_minute) = from.map_or((0, 0), |t| (t.hour(), t.minute()));
        let of = |set: u64, value: i8| u32::try_from(value).is_ok_and(|value| set >> value & 1 == 1);
        for hour in (first_hour..24).filter(|hour| of(self.hours, *hour)) {
            let begin = if hour == first_hour { first_minute } else { 0 };
            if let Some(minute) = (begin..60).find(|minute| of(self.minutes, *minute)) {
                return Time::new(hour, minute, 0, 0).ok();
            }
        }
        None
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let shown: String = text.chars().take(80).collect();
        let wrong = |why: String| CronError { text: shown.clone(), why };
        let lower = text.to_lowercase();
        let fields: Vec<&str> = lower.split_whitespace().collect();
        let [minute, hour, day, month, week] = fields.as_slice() else {
            return Err(wrong("it has five fields: minute, hour, day of the month, month, day of the week".to_owned()));
        };
        if text.len() > 200 {
            return Err(wrong("it is longer than 200 characters".to_owned()));
        }
        let sets = FIELDS.iter().zip([minute, hour, day, month, week]).map(|(field, text)| field.set(text));
        let sets: Vec<u64> = sets.collect::<Result<_, _>>().map_err(wrong)?;
        let &[minutes, hours, days, months, weekdays] = sets.as_slice() else {
            return Err(wrong("it has five fields".to_owned()));
        };
        // Sunday is 0 and 7.
        let weekdays = (weekdays | weekdays >> 7) & 0x7F;
        let either = !day.starts_with('*') && !week.starts_with('*');
        let text = fields.join(" ");
        let cron = Self { text, minutes, hours, days, months, weekdays, either };
        // A day far back from which two leap days are seen.
        match cron.coming(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(cron),
            None => Err(wrong("no day is ever like that".to_owned())),
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_the_first_that_fits() {
        for (cron, after, next) in [
            ("* * * * *", "2026-11-27T10:00:30Z", "2026-11-27T10:01:00Z"),
            ("*/15 * * * *", "2026-11-27T10:00:00Z", "2026-11-27T10:15:00Z"),
            ("0 6,18 * * *", "2026-11-27T18:00:00Z", "2026-11-28T06:00:00Z"),
            ("30 2 1 * *", "2026-12-31T23:59:59Z", "2027-01-01T02:30:00Z"),
            ("0 0 29 2 *", "2026-11-27T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 9 * * 7", "2026-11-27T00:00:00Z", "2026-11-29T09:00:00Z"),
            ("0 9 * * sun", "2026-11-29T09:00:00Z", "2026-12-06T09:00:00Z"),
            // Both days are limited: either is enough.
            ("0 0 13 * fri", "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z"),
            ("0 0 13 * fri", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"),
            ("5/20 8 * jan-mar mon", "2026-11-27T00:00:00Z", "2027-01-04T08:05:00Z"),
            ("59 23 31 dec *", "2026-12-31T23:58:00Z", "2026-12-31T23:59:00Z"),
        ] {
            let found = cron.parse::<Cron>().unwrap().next(after.parse().unwrap());
            assert_eq!(found.to_string(), next, "{cron} after {after}");
        }
    }

    #[test]
    fn what_never_comes_or_cannot_be_read_is_refused_with_its_reason() {
        for (cron, why) in [
            ("", "five fields"),
            ("* * * *", "five fields"),
            ("60 * * * *", "no minute"),
            ("* 24 * * *", "no hour"),
            ("* * 0 * *", "no day of the month"),
            ("* * * foo *", "no month"),
            ("* * * * 8", "no day of the week"),
            ("5-3 * * * *", "ends before"),
            ("*/0 * * * *", "steps by"),
            ("0 0 31 2 *", "ever like that"),
            ("+1 * * * *", "no minute"),
        ] {
            let error = cron.parse::<Cron>().unwrap_err().to_string();
            assert!(error.contains(why), "{cron}: {error}");
        }
    }

    #[test]
    fn it_agrees_with_a_walk_through_every_minute() {
        for cron in ["*/7 3-5 * * *", "0 0 1,15 * mon", "17 */6 10-20/3 */2 *", "59 23 * * sat"] {
            let parsed: Cron = cron.parse().unwrap();
            let mut at: Timestamp = "2027-02-26T22:00:00Z".parse().unwrap();
            let expected = parsed.next(at);
            loop {
                at = at.checked_add(SignedDuration::from_mins(1)).unwrap();
                let then = at.to_zoned(TimeZone::UTC).datetime();
                if parsed.holds(then.date()) && parsed.time(Some(then.time())) == Some(then.time()) {
                    break;
                }
            }
            assert_eq!(at, expected, "{cron}");
        }
    }
}

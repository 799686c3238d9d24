//! Days, months and years from a day. What lies beyond the calendar ends at its last day.

use attesta_kernel::Date;
use jiff::{Span, Unit};

/// The day this many calendar days after `day`.
pub fn plus_days(day: Date, days: u32) -> Date {
    day.saturating_add(Span::new().days(i64::from(days.min(MOST_DAYS))))
}

/// The same day of the month this many months later; the month's last day where it has no such day.
pub fn plus_months(day: Date, months: u32) -> Date {
    day.saturating_add(Span::new().months(i64::from(months.min(MOST_MONTHS))))
}

/// The same day this many years later; 28 February for a 29th that the year does not have.
pub fn plus_years(day: Date, years: u32) -> Date {
    plus_months(day, years.saturating_mul(12))
}

/// The day this many months before `day`.
pub(crate) fn minus_months(day: Date, months: u32) -> Date {
    day.saturating_sub(Span::new().months(i64::from(months.min(MOST_MONTHS))))
}

/// How many days lie from `from` to `to`; negative when `to` comes first.
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until((Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
}

/// The calendar knows no more days than this.
const MOST_DAYS: u32 = 7_304_484;
const MOST_MONTHS: u32 = 239_976;

/// How long a record must be kept (45 CFR 164.316(b)(2)(i)): from its making or from the day on which it was last in
/// force, whichever is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Still in force: were it to end on the day of the report, it would be kept through this day.
    AtLeast(Date),
    /// Out of force: kept through this day.
    Until(Date),
}

impl Retention {
    /// Of a record made on `made`, out of force since `ended`.
    pub(crate) fn of(made: Option<Date>, ended: Option<Date>, at: Date, years: u32) -> Self {
        match ended.filter(|day| *day <= at) {
            Some(ended) => Self::Until(plus_years(made.map_or(ended, |made| made.max(ended)), years)),
            None => Self::AtLeast(plus_years(at, years)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_months_and_years_know_leap_years() {
        for (from, days, to) in
            [("2023-12-31", 60, "2024-02-29"), ("2024-12-31", 60, "2025-03-01"), ("2024-02-28", 2, "2024-03-01")]
        {
            assert_eq!(plus_days(day(from), days), day(to));
        }
        assert_eq!(plus_months(day("2026-01-31"), 1), day("2026-02-28"));
        assert_eq!(plus_years(day("2024-02-29"), 6), day("2030-02-28"));
        assert_eq!(minus_months(day("2025-02-28"), 12), day("2024-02-28"));
        assert_eq!(days_between(day("2024-02-28"), day("2024-03-01")), 2);
        assert_eq!(days_between(day("2024-03-01"), day("2024-02-28")), -2);
        assert_eq!(plus_days(Date::MAX, u32::MAX), Date::MAX);
    }

    #[test]
    fn retention_runs_from_the_later_of_making_and_last_in_force() {
        let (made, ended, at) = (day("2020-01-01"), day("2024-02-29"), day("2026-11-26"));
        assert_eq!(Retention::of(Some(made), Some(ended), at, 6), Retention::Until(day("2030-02-28")));
        assert_eq!(Retention::of(Some(ended), Some(made), at, 6), Retention::Until(day("2030-02-28")));
        assert_eq!(Retention::of(Some(made), None, at, 6), Retention::AtLeast(day("2032-11-26")));
        assert_eq!(Retention::of(Some(made), Some(day("2027-01-01")), at, 6), Retention::AtLeast(day("2032-11-26")));
    }
}

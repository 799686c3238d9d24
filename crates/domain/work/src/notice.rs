//! What is worth telling whom, how each person wishes to hear of it, and when the day's summary goes out.

use std::collections::BTreeMap;

use attesta_kernel::{Date, Timestamp};
use jiff::tz::TimeZone;

use crate::words::states;

/// What is due within so many days is due soon.
const SOON: i32 = 3;

states! {
    /// Something that people are told of.
    Notice, "something that people are told of" {
        /// Something became theirs to do.
        Assigned = "assigned",
        /// Somebody commented where they take part.
        Comment = "comment",
        /// The assessor asks, or somebody answered.
        Request = "request",
        /// Something of theirs is due within days.
        DueSoon = "due-soon",
        /// Something of theirs should be done already.
        Overdue = "overdue",
        /// They are invited.
        Invitation = "invitation",
        /// Signing in failed too often.
        Lockout = "lockout",
        /// What is watched changed.
        Drift = "drift",
    }
}

states! {
    /// How somebody hears of it.
    Way, "a way to hear of it" {
        /// At once.
        Now = "now",
        /// In the day's summary.
        Daily = "daily",
        /// Not at all.
        Off = "off",
    }
}

/// How somebody wishes to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// What differs from what is usual.
    pub ways: BTreeMap<Notice, Way>,
    /// The hour of the day, in their time zone, from which on the summary goes out.
    pub hour: u8,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { ways: BTreeMap::new(), hour: 8 }
    }
}

impl Wishes {
    /// How they hear of something. Nobody wishes away an invitation, nor that somebody tries their account.
    pub fn way(&self, notice: Notice) -> Way {
        let usual = notice.usual();
        match notice {
            Notice::Invitation => Way::Now,
            Notice::Lockout => match self.ways.get(&notice) {
                Some(Way::Daily) => Way::Daily,
                _ => Way::Now,
            },
            _ => self.ways.get(&notice).copied().unwrap_or(usual),
        }
    }
}

impl Notice {
    /// How people hear of it who said nothing.
    pub fn usual(self) -> Way {
        match self {
            Self::Assigned | Self::Request | Self::Invitation | Self::Lockout | Self::Drift => Way::Now,
            Self::Comment | Self::DueSoon | Self::Overdue => Way::Daily,
        }
    }

    /// What is told of a thing that is due on a day.
    pub fn of_due(due: Date, today: Date) -> Option<Self> {
        let soon = today.checked_add(jiff::Span::new().days(SOON)).unwrap_or(today);
        if due < today {
            Some(Self::Overdue)
        } else if due <= soon {
            Some(Self::DueSoon)
        } else {
            None
        }
    }
}

/// The day whose summary may go out now: once a day, from an hour on, where the person lives. Days that a clock skips or
/// repeats an hour of have one summary too.
pub fn digest_day(now: Timestamp, zone: &TimeZone, hour: u8) -> Option<Date> {
    let there = now.to_zoned(zone.clone());
    (i32::from(there.hour()) >= i32::from(hour)).then(|| there.date())
}

/// From when until before when a day's summary tells: from the hour of the day before to that of the day, where the person
/// lives, whenever it is written; so each thing that happens is told in one. `None` at the ends of the calendar.
pub fn digest_window(day: Date, zone: &TimeZone, hour: u8) -> Option<(Timestamp, Timestamp)> {
    let hour = i8::try_from(hour).ok()?;
    let time = jiff::civil::Time::new(hour, 0, 0, 0).ok()?;
    let at = |day: Date| zone.to_timestamp(day.to_datetime(time)).ok();
    Some((at(day.yesterday().ok()?)?, at(day)?))
}

/// One thing that happened to a record or to what somebody made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Happened<'a> {
    /// What, as the log names it: `task.changed`.
    pub kind: &'a str,
    /// By whom.
    pub actor: &'a str,
    /// Whose it is now; may be empty.
    pub owner: &'a str,
    /// Whose it was before; empty when it was nobody's or is new.
    pub owner_before: &'a str,
    /// Who made it; may be empty.
    pub maker: &'a str,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hearer {
    /// An account.
    Account(Box<str>),
    /// Whoever runs the organisation's assessments: owners and compliance leads.
    Leads,
    /// Whoever answers for a provider: its approvers, owners and compliance leads.
    Approvers,
    /// Everybody who took part in the conversation.
    Thread,
}

impl Happened<'_> {
    /// Whether a leaf of that kind can be worth telling.
    pub fn is_told(kind: &str) -> bool {
        matches!(
            kind,
            "task.added"
                | "task.changed"
                | "assignment.added"
                | "assignment.changed"
                | "comment.added"
                | "request.added"
                | "request.changed"
                | "alert.added"
                | "inbox.added"
        )
    }

    /// What it is, and who hears of it. Nobody is told of what they did themselves.
    pub fn told(&self) -> Vec<(Notice, Hearer)> {
        let one = |account: &str| Hearer::Account(account.into());
        let others = |account: &str| !account.is_empty() && account != self.actor;
        match self.kind {
            "task.added" | "task.changed" | "assignment.added" | "assignment.changed"
                if others(self.owner) && self.owner != self.owner_before =>
            {
                vec![(Notice::Assigned, one(self.owner))]
            }
            "request.added" | "request.changed" => {
                let mut hearers = Vec::new();
                if others(self.maker) && self.kind == "request.changed" {
                    hearers.push((Notice::Request, one(self.maker)));
                }
                if others(self.owner) {
                    hearers.push((Notice::Request, one(self.owner)));
                } else if self.owner.is_empty() && self.actor == self.maker {
                    hearers.push((Notice::Request, Hearer::Leads));
                }
                hearers
            }
            "comment.added" => vec![(Notice::Comment, Hearer::Thread)],
            "inbox.added" => vec![(Notice::Request, Hearer::Approvers)],
            "alert.added" => vec![(Notice::Drift, Hearer::Leads)],
            _ => Vec::new(),
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
    fn what_is_due_is_soon_or_over() {
        let today = day("2026-11-27");
        let table = [
            ("2026-11-26", Some(Notice::Overdue)),
            ("2026-11-27", Some(Notice::DueSoon)),
            ("2026-11-30", Some(Notice::DueSoon)),
            ("2026-12-01", None),
        ];
        for (due, want) in table {
            assert_eq!(Notice::of_due(day(due), today), want, "{due}");
        }
    }

    #[test]
    fn nobody_wishes_away_what_protects_them() {
        let mut wishes = Wishes::default();
        for notice in Notice::ALL {
            assert_eq!(wishes.way(*notice), notice.usual());
            wishes.ways.insert(*notice, Way::Off);
        }
        for notice in Notice::ALL {
            let want = if matches!(notice, Notice::Invitation | Notice::Lockout) { Way::Now } else { Way::Off };
            assert_eq!(wishes.way(*notice), want, "{notice}");
        }
    }

    #[test]
    fn a_summary_goes_out_from_the_hour_on_where_the_person_lives() {
        let east = TimeZone::fixed(jiff::tz::offset(9));
        let west = TimeZone::fixed(jiff::tz::offset(-8));
        let now = "2026-11-27T00:30:00Z".parse().unwrap();
        assert_eq!(digest_day(now, &TimeZone::UTC, 8), None);
        assert_eq!(digest_day(now, &east, 8), Some(day("2026-11-27")));
        assert_eq!(digest_day(now, &west, 8), Some(day("2026-11-26")));
        assert_eq!(digest_day(now, &TimeZone::UTC, 0), Some(day("2026-11-27")));
        // Each window begins where the one before ended, on days with another length too.
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for zone in [TimeZone::UTC, east, west, berlin.clone()] {
            let windows: Vec<_> = ["2026-10-24", "2026-10-25", "2026-10-26"]
                .map(|text| digest_window(day(text), &zone, 8).unwrap())
                .into();
            assert!(windows.windows(2).all(|pair| pair[0].1 == pair[1].0), "{windows:?}");
        }
        let (from, until) = digest_window(day("2026-10-25"), &berlin, 8).unwrap();
        assert_eq!(
            (from.to_string(), until.to_string()),
            ("2026-10-24T06:00:00Z".into(), "2026-10-25T07:00:00Z".into())
        );
    }

    #[test]
    fn nobody_is_told_of_what_they_did() {
        let happened = Happened { actor: "acc_1", maker: "acc_1", ..Happened::default() };
        let one = |account: &str| Hearer::Account(account.into());
        let table = [
            (
                Happened { kind: "task.added", owner: "acc_2", ..happened.clone() },
                vec![(Notice::Assigned, one("acc_2"))],
            ),
            (Happened { kind: "task.added", owner: "acc_1", ..happened.clone() }, vec![]),
            (Happened { kind: "task.changed", owner: "acc_2", owner_before: "acc_2", ..happened.clone() }, vec![]),
            (
                Happened { kind: "task.changed", owner: "acc_2", owner_before: "acc_3", ..happened.clone() },
                vec![(Notice::Assigned, one("acc_2"))],
            ),
            (Happened { kind: "task.removed", owner: "acc_2", ..happened.clone() }, vec![]),
            (Happened { kind: "request.added", ..happened.clone() }, vec![(Notice::Request, Hearer::Leads)]),
            (
                Happened { kind: "request.added", owner: "acc_2", ..happened.clone() },
                vec![(Notice::Request, one("acc_2"))],
            ),
            (
                Happened { kind: "request.changed", actor: "acc_2", owner: "acc_2", ..happened.clone() },
                vec![(Notice::Request, one("acc_1"))],
            ),
            (Happened { kind: "comment.added", ..happened.clone() }, vec![(Notice::Comment, Hearer::Thread)]),
            (Happened { kind: "alert.added", ..happened.clone() }, vec![(Notice::Drift, Hearer::Leads)]),
            (Happened { kind: "inbox.added", ..happened.clone() }, vec![(Notice::Request, Hearer::Approvers)]),
            (Happened { kind: "evidence.added", owner: "acc_2", ..happened }, vec![]),
        ];
        for (happened, want) in table {
            assert_eq!(happened.told(), want, "{happened:?}");
            assert!(want.is_empty() || Happened::is_told(happened.kind));
        }
    }
}

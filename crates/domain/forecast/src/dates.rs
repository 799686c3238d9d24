//! The earliest dates of a plan: when each improvement is done, from when it counts, and when the assessment can be tested,
//! submitted and decided.
//!
//! Work of one owner goes one after the other; owners work side by side. An owner's work that has longest to wait before it
//! counts goes first, which no other order beats: what decides is the last day on which something begins to count, and swapping
//! two neighbours so that the longer wait goes first never moves that day back. Days are calendar days; hours are spread evenly
//! over the week.

use std::collections::BTreeMap;

use attesta_kernel::{Date, Provenance};
use attesta_scoring::MaturityLevel;
use jiff::ToSpan as _;

use crate::{Item, Plan};

/// A span of days that content gives, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// How many days.
    pub days: u32,
    /// Where the number comes from and how sure we are.
    pub provenance: Provenance,
}

/// The spans of an assessment type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// How long a new or changed policy or procedure must have been in place before it is tested.
    pub policy_procedure: Window,
    /// How long what is implemented, measured or managed must have run before it is tested.
    pub operation: Window,
    /// The most days between the first day of fieldwork and submission.
    pub fieldwork_at_most: Window,
    /// How long it takes from submission to a decision.
    pub decision: Window,
}

/// How the work and the assessment are meant to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The first day on which anybody works.
    pub start: Date,
    /// Hours in a week of each owner, by name; at least 1.
    pub owners: BTreeMap<Box<str>, u32>,
    /// Hours in a week of whoever is not among them, and of all work without an owner together; at least 1.
    pub hours_a_week: u32,
    /// How many days fieldwork is meant to take.
    pub fieldwork_days: u32,
    /// How many days of fieldwork are needed once the last improvement counts, to test it. As many as `fieldwork_days` lets
    /// fieldwork begin only when everything counts.
    pub last_test_days: u32,
    /// How many days pass between the end of fieldwork and submission.
    pub lead_days: u32,
}

/// The dates of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dates {
    /// Of each item, in the order of the plan.
    pub items: Vec<ItemDates>,
    /// From when everything counts; the first day where nothing must be done.
    pub all_count_from: Date,
    /// The earliest first day of fieldwork.
    pub fieldwork_from: Date,
    /// The earliest day of submission.
    pub submission: Date,
    /// The day on which a decision can be expected.
    pub decision: Date,
    /// The items (by their place) that decide the date: those that count last.
    pub decided_by: Vec<usize>,
}

/// The dates of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemDates {
    /// The first day of work.
    pub begins: Date,
    /// The last.
    pub done: Date,
    /// The first day on which a test of it counts in full.
    pub counts_from: Date,
}

/// Why a plan has no dates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatesRefusal {
    /// Nobody works.
    #[error("hours a week of {who}: 0 hours never end; write 1 or more")]
    NoHours {
        /// Whose.
        who: String,
    },
    /// More days of fieldwork than the rules allow.
    #[error(
        "fieldwork: {days} days from its first day to submission are more than the {most} that are allowed; shorten it"
    )]
    FieldworkTooLong {
        /// Its days and those until submission.
        days: u64,
        /// The most.
        most: u32,
    },
    /// More days for the last test than for all of fieldwork.
    #[error("last test: {last} days are more than fieldwork's {all}; shorten it")]
    LastTestTooLong {
        /// For the last test.
        last: u32,
        /// For all of it.
        all: u32,
    },
    /// The calendar ends before.
    #[error("the dates lie beyond the year 9999; give more hours a week")]
    Beyond,
}

/// The earliest dates of a plan. It is the earliest for these improvements: a dearer plan may be done sooner.
///
/// # Errors
///
/// When the calendar makes no sense.
pub fn dates(plan: &Plan, windows: &Windows, calendar: &Calendar) -> Result<Dates, DatesRefusal> {
    check(windows, calendar)?;
    let wait = |item: &Item| match item.level {
        MaturityLevel::Policy | MaturityLevel::Procedure => windows.policy_procedure.days,
        MaturityLevel::Implemented | MaturityLevel::Measured | MaturityLevel::Managed => windows.operation.days,
    };
    let mut order: Vec<usize> = (0..plan.items.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(plan.items.get(*at).map(wait)), *at));
    // Each lane's place in time, in parts of a day of which an owner's weekly hours make seven.
    let mut lanes: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    let mut found: BTreeMap<usize, ItemDates> = BTreeMap::new();
    for at in order {
        let Some(item) = plan.items.get(at) else { continue };
        let owner = item.owner.as_deref();
        let named = owner.and_then(|owner| calendar.owners.get(owner));
        let hours = u64::from(*named.unwrap_or(&calendar.hours_a_week)).max(1);
        let lane = lanes.entry(owner).or_insert(0);
        let first = *lane / hours;
        *lane += (u64::from(item.work.hours) * 7).max(u64::from(item.work.days) * hours);
        // What takes no time at all is done with what came before it.
        let last = lane.div_ceil(hours).saturating_sub(1);
        let begins = after(calendar.start, first.min(last))?;
        let done = after(calendar.start, last)?;
        found.insert(at, ItemDates { begins, done, counts_from: after(done, wait(item).into())? });
    }
    let items: Vec<ItemDates> = found.into_values().collect();
    let all_count_from = items.iter().map(|i| i.counts_from).max().unwrap_or(calendar.start);
    let decided_by =
        items.iter().enumerate().filter(|(_, i)| i.counts_from == all_count_from).map(|(at, _)| at).collect();
    let whole = after(calendar.start, calendar.fieldwork_days.into())?;
    let ends = whole.max(after(all_count_from, calendar.last_test_days.into())?);
    let before = i64::from(calendar.fieldwork_days);
    let fieldwork_from = ends.checked_sub(before.days()).map_err(|_| DatesRefusal::Beyond)?;
    let submission = after(ends, calendar.lead_days.into())?;
    let decision = after(submission, windows.decision.days.into())?;
    Ok(Dates { items, all_count_from, fieldwork_from, submission, decision, decided_by })
}

fn check(windows: &Windows, calendar: &Calendar) -> Result<(), DatesRefusal> {
    if calendar.hours_a_week == 0 {
        return Err(DatesRefusal::NoHours { who: "work without an owner".to_owned() });
    }
    if let Some((owner, _)) = calendar.owners.iter().find(|(_, hours)| **hours == 0) {
        return Err(DatesRefusal::NoHours { who: format!("`{owner}`") });
    }
    let days = u64::from(calendar.fieldwork_days) + u64::from(calendar.lead_days);
    let most = windows.fieldwork_at_most.days;
    if days > u64::from(most) {
        return Err(DatesRefusal::FieldworkTooLong { days, most });
    }
    if calendar.last_test_days > calendar.fieldwork_days {
        return Err(DatesRefusal::LastTestTooLong { last: calendar.last_test_days, all: calendar.fieldwork_days });
    }
    Ok(())
}

fn after(day: Date, days: u64) -> Result<Date, DatesRefusal> {
    let days = i64::try_from(days).ok().filter(|days| *days < 4_000_000).ok_or(DatesRefusal::Beyond)?;
    day.checked_add(days.days()).map_err(|_| DatesRefusal::Beyond)
}

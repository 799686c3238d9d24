use attesta_kernel::{Date, Provenance};
use jiff::ToSpan as _;

use crate::{Item, Kind, Matter, Status, Text, words::word};

word!(
    /// A retention class, from the content's list: `hipaa-documentation`.
    RetentionId,
    "a retention class"
);

/// How long something must stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Its id.
    pub id: RetentionId,
    /// What it is for.
    pub title: Text,
    /// So many years, from creation or from when it was last in effect, whichever is later.
    pub years: u8,
    /// Who says so, and how sure that is.
    pub provenance: Provenance,
}

/// What counts as the end of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InEffect {
    /// A document is in effect until another takes its place or its own last day comes.
    UntilReplaced,
    /// A picture, a list or a report speaks of a moment or a period, and is past as soon as it is made.
    Moment,
}

/// Whether evidence must stay on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Nothing keeps it any more, since this day.
    Free {
        /// The last day on which it had to stay.
        since: Date,
    },
    /// A hold keeps it, whatever the class says.
    Held(Vec<Matter>),
    /// The class keeps it.
    Until(Date),
    /// It is still in effect, so its time has not begun to run.
    InEffect,
}

/// Whether `item` must stay on `day` (45 CFR 164.316(b)(2)(i) is the model: years from creation or from when it was last in
/// effect, whichever is later). Without a kind it counts as a document.
pub fn kept(item: &Item, kind: Option<&Kind>, class: &Retention, day: Date) -> Kept {
    if !item.holds.is_empty() {
        return Kept::Held(item.holds.keys().cloned().collect());
    }
    let description = &item.evidence.description;
    let dates = description.dates;
    let replaced = match &item.status {
        Status::Superseded { on, .. } => Some(*on),
        _ => None,
    };
    let in_effect = kind.map_or(InEffect::UntilReplaced, |k| k.in_effect);
    let ended = replaced.into_iter().chain(dates.valid_until).min();
    if in_effect == InEffect::UntilReplaced && ended.is_none_or(|end| end >= day) {
        return Kept::InEffect;
    }
    let days = [Some(dates.received), dates.effective, dates.collected, ended, description.period.map(|p| p.to())];
    let last = days.into_iter().flatten().max().unwrap_or(dates.received);
    let until = last.checked_add(i64::from(class.years).years()).unwrap_or(Date::MAX);
    if day <= until { Kept::Until(until) } else { Kept::Free { since: until } }
}

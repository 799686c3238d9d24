//! What a list leaves out, so that no list stops without saying so.

use attesta_access::{Permit, Reach};
use attesta_pages::parts::Rest;
use attesta_store::{Assessment, Assessments, Page as Part, RecordCount, RecordSieve, Room};

use super::escaped;
use crate::problem::Problem;

/// An address with what is looked for; what is empty is left out.
pub(super) fn address(base: &str, query: &[(&str, &str)]) -> String {
    let parts: Vec<String> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    if parts.is_empty() { base.to_owned() } else { format!("{base}?{}", parts.join("&")) }
}

/// A part of a list that was read.
#[derive(Debug)]
pub(super) struct Cut {
    read: usize,
    is_full: bool,
    is_first: bool,
}

impl Cut {
    /// Of a page of the store that so many rows came of.
    pub(super) fn of(part: &Part, read: usize) -> Self {
        let is_full = read >= usize::try_from(part.limit).unwrap_or(usize::MAX);
        Self { read, is_full, is_first: part.after.is_empty() }
    }

    /// Whether there is, or may be, more of it.
    pub(super) fn is_part(&self) -> bool {
        self.is_full || !self.is_first
    }

    /// What the page says. `last` is the id of the last row that was read, `name` the name of its place in the address.
    pub(super) fn rest(&self, of: Option<u64>, base: &str, query: &[(&str, &str)], (name, last): (&str, &str)) -> Rest {
        let whole = of.is_some_and(|of| self.is_first && of <= u64::try_from(self.read).unwrap_or(u64::MAX));
        let next =
            if self.is_full && !whole { address(base, &[query, &[(name, last)]].concat()) } else { String::new() };
        let first = if self.is_first { String::new() } else { address(base, query) };
        Rest { looked: self.read, of, next, first }
    }
}

/// A part of rows that are all at hand: which of them, and what the page says. `from` is how many came before.
pub(super) fn span(
    all: usize,
    from: usize,
    most: usize,
    base: &str,
    query: &[(&str, &str)],
) -> (std::ops::Range<usize>, Rest) {
    let from = if from < all { from } else { 0 };
    let to = all.min(from.saturating_add(most));
    let place = to.to_string();
    let next = if to < all { address(base, &[query, &[("from", place.as_str())]].concat()) } else { String::new() };
    let first = if from == 0 { String::new() } else { address(base, query) };
    (from..to, Rest { looked: to.saturating_sub(from), of: u64::try_from(all).ok(), next, first })
}

/// How many records there are of which a part was read; none where a guest reaches only some of them, and no statement where
/// the part is the whole.
pub(super) async fn records(
    room: &mut Room,
    permit: &Permit,
    cut: &Cut,
    (kind, sieve): (&str, &RecordSieve),
) -> Result<Option<u64>, Problem> {
    Ok(room.ask(&count(permit, cut, (kind, sieve))).await?)
}

/// The same, to be asked together with what else a page wants.
pub(super) fn count<'a>(permit: &Permit, cut: &Cut, (kind, sieve): (&'a str, &RecordSieve)) -> Option<RecordCount<'a>> {
    let counts = cut.is_part() && matches!(permit.reach(), Reach::All);
    counts.then(|| RecordCount { kind, sieve: sieve.clone() })
}

/// Every assessment, however many there are: rows are small, and what is chosen from must be whole.
pub(super) async fn assessments(room: &mut Room) -> Result<Vec<Assessment>, Problem> {
    let first = room.ask(&FIRST_ASSESSMENTS).await?;
    every_assessment(room, first).await
}

/// The first of them: asked together with what else a page wants.
pub(super) const FIRST_ASSESSMENTS: Assessments = Assessments { page: Part { after: String::new(), limit: 500 } };

/// All of them, of which [`FIRST_ASSESSMENTS`] were read.
pub(super) async fn every_assessment(room: &mut Room, first: Vec<Assessment>) -> Result<Vec<Assessment>, Problem> {
    let (mut all, mut is_full) = (first, true);
    while let Some(last) = all.last().filter(|_| is_full && all.len().is_multiple_of(500)) {
        let rows = room.assessments(&Part { after: last.id.clone(), limit: 500 }).await?;
        is_full = !rows.is_empty();
        all.extend(rows);
    }
    Ok(all)
}

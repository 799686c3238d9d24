use attesta_kernel::Timestamp;

use crate::{StoreError, sql::Tx};

/// No page is longer.
const MOST: u32 = 500;

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The id of the last one that was seen; none to begin.
    pub after: String,
    /// At most so many; cut to 500.
    pub limit: u32,
}

impl Page {
    /// The first `limit`.
    pub fn first(limit: u32) -> Self {
        Self { after: String::new(), limit }
    }

    pub(crate) fn most(&self) -> i64 {
        i64::from(self.limit.clamp(1, MOST))
    }
}

/// Reads of one organisation, all of one moment. Every query names the organisation.
#[derive(Debug)]
pub struct Room {
    pub(crate) tx: Tx,
    pub(crate) tenant: String,
}

impl Room {
    pub(crate) fn new(tx: Tx, tenant: &str) -> Self {
        Self { tx, tenant: tenant.to_owned() }
    }

    /// Whose rows these are.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }
}

/// A time as it is stored: UTC to the millisecond, always the same width, so that text sorts as time passes.
pub(crate) fn stored(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

pub(crate) fn time(place: &str, text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| StoreError::damaged(place, format!("`{text}` is no time")))
}

/// A number that is never negative, as it is stored.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

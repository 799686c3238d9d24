//! How often somebody may ask: a window of a minute for each caller, in this process.

use std::{collections::HashMap, sync::Mutex};

use attesta_kernel::Timestamp;
use axum::http::StatusCode;

use crate::{house::lock, problem::Problem};

/// So many callers are remembered; beyond that, those of an earlier minute are forgotten.
const MOST: usize = 100_000;

/// Counts by caller.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<String, (i64, u32)>>);

impl Rates {
    /// Whether somebody may not ask in this minute any more, without counting.
    pub(crate) fn spent(&self, who: &str, most: u32, now: Timestamp) -> Result<(), Problem> {
        let minute = now.as_second() / 60;
        let count = lock(&self.0).get(who).filter(|(when, _)| *when == minute).map_or(0, |(_, count)| *count);
        if count < most { Ok(()) } else { Err(too_many(most, now)) }
    }

    /// Counts one more; refuses when it is more than `most` in this minute.
    pub(crate) fn one_more(&self, who: &str, most: u32, now: Timestamp) -> Result<(), Problem> {
        let minute = now.as_second() / 60;
        let mut counts = lock(&self.0);
        if counts.len() >= MOST {
            counts.retain(|_, (when, _)| *when == minute);
        }
        let (when, count) = counts.entry(who.to_owned()).or_insert((minute, 0));
        if *when != minute {
            (*when, *count) = (minute, 0);
        }
        *count += 1;
        if *count <= most {
            return Ok(());
        }
        Err(too_many(most, now))
    }
}

fn too_many(most: u32, now: Timestamp) -> Problem {
    let wait = u64::try_from(60 - now.as_second() % 60).unwrap_or(60);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", format!("more than {most} requests in a minute"))
        .help("wait, and ask for more at once")
        .retry_after(wait)
}

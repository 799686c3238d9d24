//! Waivers that were asked for over the API: what is stored of one, and which of them hold at a time. Those in a file beside
//! what is watched ([`attesta_watch::waivers_beside`]) count too.

use attesta_evaluation::Waiver;
use attesta_kernel::{Date, Place, PolicyId, Timestamp};
use attesta_store::{Page, Record, RecordSieve, Room, StoreError};
use attesta_work::waiver_holds;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// The word in the store. Its `about` is the source that it is about, or nothing for all; its `owner` whom it was asked of;
/// its `due` the last day on which it holds.
pub(crate) const WAIVER: &str = "waiver";

/// A waiver, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WaiverBody {
    pub(crate) policy: String,
    /// The resource's address; `*` stands for any run of characters.
    pub(crate) resource: String,
    pub(crate) reason: String,
    /// The account that asked.
    pub(crate) maker: String,
    /// The account that decided, when, and what it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decided: Option<Decided>,
    /// When it was taken back, by which account, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) withdrawn: Option<Decided>,
}

/// Who said something of a waiver, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) by: String,
    pub(crate) at: Timestamp,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) because: String,
    /// Whether somebody answers for it from then on.
    #[serde(default)]
    pub(crate) approved: bool,
}

impl WaiverBody {
    /// Whether it covers anything at a time.
    pub(crate) fn holds(&self, until: Date, at: Timestamp) -> bool {
        let approved = self.decided.as_ref().filter(|decided| decided.approved).map(|decided| decided.at);
        waiver_holds(approved, self.withdrawn.as_ref().map(|withdrawn| withdrawn.at), until, at)
    }
}

/// All waivers of an organisation, with what is stored of each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Accepted(Vec<(Record, WaiverBody)>);

impl Accepted {
    /// Reads them.
    pub(crate) async fn of(room: &mut Room) -> Result<Self, Problem> {
        let first = room.records(WAIVER, &RecordSieve::default(), &Page::first(500)).await?;
        Self::from(room, first).await
    }

    /// All of them, of which the first 500 were read.
    pub(crate) async fn from(room: &mut Room, first: Vec<Record>) -> Result<Self, Problem> {
        let mut records = first;
        let mut is_full = records.len() >= 500;
        while let Some(last) = records.last().filter(|_| is_full) {
            let page = Page { after: last.id.clone(), limit: 500 };
            let more = room.records(WAIVER, &RecordSieve::default(), &page).await?;
            is_full = more.len() >= 500;
            records.extend(more);
        }
        let read = |record: Record| {
            let body = serde_json::from_str(&record.body).map_err(Problem::internal)?;
            Ok((record, body))
        };
        Ok(Self(records.into_iter().map(read).collect::<Result<_, Problem>>()?))
    }

    /// Those that cover something of a source at a time. An account answers for each by its id.
    pub(crate) fn at(&self, source: &str, at: Timestamp) -> Result<Vec<Waiver>, Problem> {
        let mut waivers = Vec::new();
        for (record, body) in &self.0 {
            let until: Date = record.due.parse().map_err(|e| unreadable(record, e))?;
            if (!record.about.is_empty() && record.about != source) || !body.holds(until, at) {
                continue;
            }
            let policy: PolicyId = body.policy.parse().map_err(|e| unreadable(record, e))?;
            waivers.push(Waiver {
                policy,
                resource: body.resource.clone(),
                reason: body.reason.clone(),
                approved_by: body.decided.as_ref().map_or(String::new(), |decided| decided.by.clone()),
                until,
                place: Place::new(record.id.clone(), None),
            });
        }
        Ok(waivers)
    }
}

fn unreadable(record: &Record, error: impl std::fmt::Display) -> Problem {
    Problem::internal(StoreError::Refused(format!("{} cannot be read: {error}", record.id)))
}

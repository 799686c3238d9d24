//! Messages that wait: one file each, written whole before anybody tries to send them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::{Path, PathBuf},
};

use attesta_disk::{self as disk, Access, Disk, DiskError};
use attesta_kernel::{Digest, Timestamp};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{Message, Transport};

const PENDING: &str = "pending";
const FAILED: &str = "failed";
const TEMPORARIES: &str = "tmp";
const LOG: &str = "deliveries.jsonl";
/// A message that nobody took for so long is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The first pause; each is twice the one before.
const FIRST_PAUSE: i64 = 60;
/// The longest pause.
const LONGEST_PAUSE: i64 = 6 * 3600;

/// A folder of messages that wait, a log of what became of them, and those that were given up.
#[derive(Debug)]
pub struct Outbox {
    root: PathBuf,
    disk: Disk,
    /// What was taken by its receiver already.
    delivered: BTreeSet<(String, String)>,
}

/// Why an outbox does not work.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The disk says no.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file in it is not what was written there.
    #[error("{place}: {what}")]
    Damaged {
        /// Which file.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// The message's or the route's name cannot be a file's.
    #[error("`{0}` cannot name a message or a route; use small letters, digits, dots and dashes")]
    Name(String),
}

/// A message that waits for one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// Where it shall go.
    pub route: String,
    /// Since when it waits.
    #[serde(with = "instant")]
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    #[serde(with = "instant")]
    pub next: Timestamp,
    /// What the last attempt came to.
    pub last_error: Option<String>,
    /// The message.
    pub message: Message,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The message.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// Where it should go.
    pub route: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Delivered,
    /// It did not; it is tried again then.
    Waits {
        /// Why.
        why: String,
        /// When.
        next: Timestamp,
    },
    /// It did not, for so long that it is given up; it lies in `failed`.
    GivenUp {
        /// Why.
        why: String,
    },
}

/// One line of the log.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(with = "instant")]
    at: Timestamp,
    id: String,
    route: String,
    attempt: u32,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// Times as they are written.
mod instant {
    use attesta_kernel::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// How long to wait after so many attempts: a minute, then twice as long each time, six hours at most.
pub fn backoff(attempts: u32) -> SignedDuration {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(20)).unwrap_or(i64::MAX);
    SignedDuration::from_secs(FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE))
}

impl Outbox {
    /// Opens an outbox, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When the disk says no, or the log cannot be read.
    pub fn open(root: &Path, disk: &Disk) -> Result<Self, OutboxError> {
        for folder in [PENDING, FAILED, TEMPORARIES] {
            disk.folder(&root.join(folder))?;
        }
        disk::own_alone(root)?;
        let mut outbox = Self { root: root.to_owned(), disk: disk.clone(), delivered: BTreeSet::new() };
        let log = disk::read(&root.join(LOG))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        // A line that a crash cut off says nothing; its message still waits.
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            if line.outcome == "delivered" {
                outbox.delivered.insert((line.id, line.route));
            }
        }
        Ok(outbox)
    }

    /// Puts a message for a route. One that waits already or was delivered is not put again.
    ///
    /// # Errors
    ///
    /// When the disk says no: then it is not put.
    pub fn put(&self, route: &str, message: &Message, now: Timestamp) -> Result<(), OutboxError> {
        let path = self.path(PENDING, route, &message.id)?;
        let done = self.delivered.contains(&(message.id.clone(), route.to_owned()));
        if done || path.exists() || self.path(FAILED, route, &message.id)?.exists() {
            return Ok(());
        }
        let (route, message) = (route.to_owned(), message.clone());
        self.write(&path, &Pending { route, since: now, attempts: 0, next: now, last_error: None, message })
    }

    /// Everything that waits, in the order of its time.
    ///
    /// # Errors
    ///
    /// When a file cannot be read; no other is lost by that.
    pub fn pending(&self) -> Result<Vec<Pending>, OutboxError> {
        self.list(PENDING)
    }

    /// Everything that was given up.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn failed(&self) -> Result<Vec<Pending>, OutboxError> {
        self.list(FAILED)
    }

    /// Tries everything that is due. A message whose route is not among `routes` waits.
    ///
    /// # Errors
    ///
    /// When the disk says no. What was sent until then is written down.
    pub fn deliver(
        &mut self,
        routes: &BTreeMap<String, Box<dyn Transport>>,
        now: Timestamp,
    ) -> Result<Vec<Attempt>, OutboxError> {
        let mut attempts = Vec::new();
        for pending in self.pending()?.into_iter().filter(|p| p.next <= now) {
            let path = self.path(PENDING, &pending.route, &pending.message.id)?;
            let (id, subject) = (pending.message.id.clone(), pending.message.subject.clone());
            let (route, tried) = (pending.route.clone(), pending.attempts.saturating_add(1));
            // A crash after the log's line and before the removal must not send it again.
            if self.delivered.contains(&(id.clone(), route.clone())) {
                self.disk.remove(&path)?;
                continue;
            }
            let sent = match routes.get(&route) {
                Some(transport) => transport.send(&pending.message, now),
                None => Err(format!("there is no route `{route}` any more")),
            };
            let outcome = match sent {
                Ok(()) => {
                    self.log(now, &pending, tried, "delivered", None)?;
                    self.delivered.insert((id.clone(), route.clone()));
                    self.disk.remove(&path)?;
                    Outcome::Delivered
                }
                Err(why) => {
                    let last_error = Some(why.clone());
                    let next = now.checked_add(backoff(tried)).unwrap_or(now);
                    let later = Pending { attempts: tried, next, last_error, ..pending.clone() };
                    if now.duration_since(pending.since) >= PATIENCE {
                        self.log(now, &pending, tried, "given_up", Some(&why))?;
                        self.write(&self.path(FAILED, &route, &id)?, &later)?;
                        self.disk.remove(&path)?;
                        Outcome::GivenUp { why }
                    } else {
                        self.log(now, &pending, tried, "failed", Some(&why))?;
                        self.write(&path, &later)?;
                        Outcome::Waits { why, next }
                    }
                }
            };
            attempts.push(Attempt { id, subject, route, outcome });
        }
        Ok(attempts)
    }

    fn list(&self, folder: &str) -> Result<Vec<Pending>, OutboxError> {
        let root = self.root.join(folder);
        let mut found = Vec::new();
        for name in disk::names(&root)? {
            let damaged = |what: String| OutboxError::Damaged { place: format!("{folder}/{name}"), what };
            let Some(bytes) = disk::read(&root.join(&name))? else { continue };
            found.push(serde_json::from_slice::<Pending>(&bytes).map_err(|e| damaged(e.to_string()))?);
        }
        found.sort_by(|a, b| (a.since, &a.message.id, &a.route).cmp(&(b.since, &b.message.id, &b.route)));
        Ok(found)
    }

    fn path(&self, folder: &str, route: &str, id: &str) -> Result<PathBuf, OutboxError> {
        let fits = |name: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
            !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.bytes().all(plain)
        };
        match [route, id].into_iter().find(|name| !fits(name)) {
            Some(wrong) => Err(OutboxError::Name(wrong.to_owned())),
            None => Ok(self.root.join(folder).join(format!("{id}_{route}.json"))),
        }
    }

    fn write(&self, path: &Path, pending: &Pending) -> Result<(), OutboxError> {
        let damaged = |what: String| OutboxError::Damaged { place: path.display().to_string(), what };
        let bytes = serde_json::to_vec_pretty(pending).map_err(|e| damaged(e.to_string()))?;
        let name: [u8; 12] = disk::random()?;
        let temporary = self.root.join(TEMPORARIES).join(Digest::of(&name).to_string());
        Ok(self.disk.write(&temporary, path, &bytes, Access::Secret)?)
    }

    fn log(
        &self,
        at: Timestamp,
        pending: &Pending,
        attempt: u32,
        outcome: &str,
        why: Option<&str>,
    ) -> Result<(), OutboxError> {
        let path = self.root.join(LOG);
        let (id, route) = (pending.message.id.clone(), pending.route.clone());
        let line = Line { at, id, route, attempt, outcome: outcome.to_owned(), why: why.map(str::to_owned) };
        let damaged = |what: String| OutboxError::Damaged { place: LOG.to_owned(), what };
        let text = serde_json::to_string(&line).map_err(|e| damaged(e.to_string()))?;
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // The line end in front parts it from one that a crash cut off.
        let written = options.open(&path).and_then(|mut file| {
            file.write_all(format!("\n{text}").as_bytes())?;
            file.sync_all()
        });
        written.map_err(|e| damaged(e.to_string()))
    }
}

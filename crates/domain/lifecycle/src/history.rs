use attesta_assessment::Purpose;
use attesta_kernel::Digest;

use crate::{Event, Life, Refusal, Track};

/// One entry of a history: an event, and the digest that chains it to those before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// The digest of this event after the one before.
    pub digest: Digest,
}

/// What happened to an assessment, oldest first; it only grows.
///
/// Each entry's digest covers the digest before it, so an entry that is edited, taken out or put in by hand is told. The chain
/// alone does not stop somebody who works out all digests anew; the last digest can be anchored elsewhere for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    entries: Vec<Entry>,
    life: Life,
}

/// A history that was not written by `advance`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryFault {
    /// The digest does not cover the entry.
    #[error("entry {0} was changed, or one before it was: its digest does not fit")]
    Digest(usize),
    /// The event cannot follow.
    #[error("entry {0} cannot follow the one before: {1}")]
    Event(usize, Refusal),
}

impl HistoryFault {
    /// The entry, from 1.
    pub fn entry(&self) -> usize {
        match self {
            Self::Digest(entry) | Self::Event(entry, _) => *entry,
        }
    }
}

impl History {
    /// An assessment to which nothing has happened.
    pub fn begin(purpose: Purpose, track: &Track) -> Self {
        Self { entries: Vec::new(), life: Life::begin(purpose, track) }
    }

    /// Replays entries and checks the chain.
    ///
    /// # Errors
    ///
    /// The first entry that does not fit.
    pub fn replay(purpose: Purpose, track: &Track, entries: Vec<Entry>) -> Result<Self, HistoryFault> {
        let mut history = Self::begin(purpose, track);
        for (number, entry) in (1..).zip(entries) {
            if entry.event.digest(history.head()) != entry.digest {
                return Err(HistoryFault::Digest(number));
            }
            history.life = history.life.after(&entry.event).map_err(|e| HistoryFault::Event(number, e))?;
            history.entries.push(entry);
        }
        Ok(history)
    }

    /// The history with one more event.
    ///
    /// # Errors
    ///
    /// When the event cannot follow.
    pub fn with(&self, event: Event) -> Result<Self, Refusal> {
        let life = self.life.after(&event)?;
        let mut entries = self.entries.clone();
        let digest = event.digest(self.head());
        entries.push(Entry { event, digest });
        Ok(Self { entries, life })
    }

    /// Where the assessment stands now.
    pub fn life(&self) -> &Life {
        &self.life
    }

    /// Every entry, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last digest.
    pub fn head(&self) -> Option<Digest> {
        self.entries.last().map(|e| e.digest)
    }
}

use std::collections::BTreeMap;

use attesta_evidence::{EvidenceId, Shelf};
use attesta_ledger::{Hash, SubjectId};

use crate::{Entry, Vault, error::VaultError, wire};

/// Everything that happened, and what it comes to.
#[derive(Debug)]
pub struct History {
    /// Every leaf with its record.
    pub entries: Vec<Entry>,
    /// All evidence as it is now.
    pub shelf: Shelf,
    last: BTreeMap<SubjectId, Hash>,
    added: BTreeMap<EvidenceId, usize>,
}

impl Vault {
    /// Reads and folds everything.
    ///
    /// # Errors
    ///
    /// When a file is damaged, or an event could not have happened.
    pub fn history(&self) -> Result<History, VaultError> {
        History::of(self.entries()?)
    }
}

impl History {
    pub(crate) fn of(entries: Vec<Entry>) -> Result<Self, VaultError> {
        let mut history = Self { entries, shelf: Shelf::default(), last: BTreeMap::new(), added: BTreeMap::new() };
        for (at, entry) in history.entries.iter().enumerate() {
            history.last.insert(entry.leaf.subject.clone(), entry.hash());
            if !entry.leaf.kind.as_str().starts_with("evidence.") {
                continue;
            }
            let wrong = |why: String| VaultError::damaged(format!("leaf {}", entry.index), why);
            let (id, change) = wire::read(&entry.record).map_err(wrong)?;
            if id.to_string() != entry.leaf.subject.as_str() || change.word() != entry.leaf.kind.as_str() {
                return Err(wrong("its record is about something else".to_owned()));
            }
            history.shelf.apply(id, &change).map_err(|e| wrong(e.to_string()))?;
            if let attesta_evidence::Change::Added(_) = change {
                history.added.insert(id, at);
            }
        }
        Ok(history)
    }

    /// The hash of the last leaf about a piece of evidence.
    pub fn last(&self, id: EvidenceId) -> Option<Hash> {
        self.last.get(&id.to_string().parse().ok()?).copied()
    }

    /// The entry that added a piece of evidence.
    pub fn added(&self, id: EvidenceId) -> Option<&Entry> {
        self.entries.get(*self.added.get(&id)?)
    }
}

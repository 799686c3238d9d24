use std::collections::BTreeMap;

use attesta_kernel::{Date, Digest};

use crate::{
    Change, Evidence, EvidenceId, Item, Kind, KindId, PhiPattern, Refusal, Retention, RetentionId, Standing, Status,
    Text, standing,
};

/// No evidence has this id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no evidence {0}")]
pub struct UnknownId(pub EvidenceId);

/// The figures that the content gives: kinds with their freshness, and retention classes.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Kinds, by id.
    pub kinds: BTreeMap<KindId, Kind>,
    /// Retention classes, by id.
    pub retention: BTreeMap<RetentionId, Retention>,
    /// The class of what has no kind.
    pub default_retention: Retention,
    /// No file is bigger, unless somebody says so.
    pub most_bytes: u64,
    /// So much of a text is looked at for PHI.
    pub scan_bytes: u64,
    /// What looks like PHI.
    pub phi: Vec<PhiPattern>,
}

impl Rules {
    /// The kind of a piece of evidence, when the content has it.
    pub fn kind(&self, evidence: &Evidence) -> Option<&Kind> {
        self.kinds.get(evidence.description.kind.as_ref()?)
    }

    /// The class that keeps a piece of evidence. One that the content does not know keeps as the default does.
    pub fn retention(&self, evidence: &Evidence) -> &Retention {
        let named = evidence.description.retention.as_ref();
        let id = named.or_else(|| self.kind(evidence).map(|kind| &kind.retention));
        id.and_then(|id| self.retention.get(id)).unwrap_or(&self.default_retention)
    }

    /// Where a piece of evidence stands on a day.
    pub fn standing(&self, item: &Item, day: Date) -> Standing {
        standing(item, self.kind(&item.evidence), day)
    }

    /// The change that removes its bytes.
    ///
    /// # Errors
    ///
    /// While a hold or its class keeps it.
    pub fn retire(&self, item: &Item, day: Date, why: Text) -> Result<Change, Refusal> {
        item.retire(self.kind(&item.evidence), self.retention(&item.evidence), day, why)
    }
}

/// All evidence of a workspace, folded from what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelf {
    items: BTreeMap<EvidenceId, Item>,
}

/// Why an event cannot be folded in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// Nothing has the id.
    #[error(transparent)]
    Unknown(#[from] UnknownId),
    /// It cannot happen now.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Shelf {
    /// Folds one event in.
    ///
    /// # Errors
    ///
    /// When it cannot happen; the shelf is then as before.
    pub fn apply(&mut self, id: EvidenceId, change: &Change) -> Result<(), FoldError> {
        let next = match (change, self.items.get(&id)) {
            (Change::Added(evidence), None) if evidence.id == id => Item::new(Evidence::clone(evidence)),
            (_, None) => return Err(UnknownId(id).into()),
            (Change::Superseded { by, .. }, _) if !self.items.contains_key(by) => return Err(UnknownId(*by).into()),
            (change, Some(item)) => item.clone().after(change)?,
        };
        self.items.insert(id, next);
        Ok(())
    }

    /// One piece of evidence.
    ///
    /// # Errors
    ///
    /// When nothing has the id.
    pub fn item(&self, id: EvidenceId) -> Result<&Item, UnknownId> {
        self.items.get(&id).ok_or(UnknownId(id))
    }

    /// Everything, oldest id first.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// Whether bytes with this digest must be there: something that is not retired names them.
    pub fn needs(&self, digest: &Digest) -> bool {
        self.items.values().any(|i| i.evidence.digest == *digest && !matches!(i.status, Status::Retired(_)))
    }
}

use std::collections::BTreeMap;

use attesta_kernel::Date;

use crate::{Evidence, EvidenceId, Kept, Kind, Link, Matter, Retention, Target, Text, kept};

/// A piece of evidence and all that has happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What was added.
    pub evidence: Evidence,
    /// What it is for.
    pub links: BTreeMap<Target, Link>,
    /// Holds that keep it.
    pub holds: BTreeMap<Matter, Hold>,
    /// Where it is in its life.
    pub status: Status,
}

/// Where evidence is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It stands.
    Current,
    /// A newer version stands in its place; its bytes stay.
    Superseded {
        /// Which.
        by: EvidenceId,
        /// Since when.
        on: Date,
    },
    /// Its bytes are gone; that it was here stays known.
    Retired(Tombstone),
}

impl Status {
    /// A word that stays.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded { .. } => "superseded",
            Self::Retired(_) => "retired",
        }
    }
}

/// What is left of evidence whose bytes were removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// When.
    pub on: Date,
    /// Why.
    pub why: Text,
}

/// A legal hold: it has no end of its own, and is taken away by somebody who says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What it is about.
    pub matter: Matter,
    /// Why.
    pub why: Text,
    /// Since when.
    pub on: Date,
}

/// What happened to a piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was added.
    Added(Box<Evidence>),
    /// It is for something, or for it in another way than before.
    Linked(Link),
    /// It is not for that any more.
    Unlinked(Target),
    /// A newer version stands in its place.
    Superseded {
        /// Which.
        by: EvidenceId,
        /// Since when.
        on: Date,
    },
    /// A hold keeps it.
    Held(Hold),
    /// The hold is taken away.
    Released {
        /// Which.
        matter: Matter,
        /// Why.
        why: Text,
    },
    /// Its bytes are removed.
    Retired(Tombstone),
}

impl Change {
    /// The word of the event that records it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Added(_) => "evidence.added",
            Self::Linked(_) => "evidence.linked",
            Self::Unlinked(_) => "evidence.unlinked",
            Self::Superseded { .. } => "evidence.superseded",
            Self::Held(_) => "evidence.held",
            Self::Released { .. } => "evidence.released",
            Self::Retired(_) => "evidence.retired",
        }
    }
}

/// Why a change cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was added already.
    #[error("{0} is here already")]
    Twice(EvidenceId),
    /// Nothing happens to what is gone.
    #[error("{0} is retired; its bytes are gone")]
    Retired(EvidenceId),
    /// A newer version stands in its place already.
    #[error("{0} is superseded by {1} already")]
    Superseded(EvidenceId, EvidenceId),
    /// Not by itself.
    #[error("{0} cannot supersede itself")]
    Itself(EvidenceId),
    /// There is no such link.
    #[error("{0} is not linked to `{1}`")]
    NotLinked(EvidenceId, Target),
    /// The matter holds it already.
    #[error("{0} is held for `{1}` already")]
    Held(EvidenceId, Matter),
    /// There is no such hold.
    #[error("{0} is not held for `{1}`")]
    NotHeld(EvidenceId, Matter),
    /// Holds keep it.
    #[error("{id} is held for {}; release it first", list(.matters))]
    Kept {
        /// Which evidence.
        id: EvidenceId,
        /// What for.
        matters: Vec<Matter>,
    },
    /// Its class keeps it.
    #[error("{0} must stay until {1}: `{2}` says {3} years")]
    Until(EvidenceId, Date, String, u8),
    /// It is in effect.
    #[error(
        "{0} is still in effect, so its retention has not begun; supersede it, or say the last day on which it counted"
    )]
    InEffect(EvidenceId),
}

fn list(matters: &[Matter]) -> String {
    matters.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", ")
}

impl Item {
    /// A piece of evidence that was just added.
    pub(crate) fn new(evidence: Evidence) -> Self {
        Self { evidence, links: BTreeMap::new(), holds: BTreeMap::new(), status: Status::Current }
    }

    /// What it is after a change.
    ///
    /// # Errors
    ///
    /// When the change cannot happen to it now. Retention is not asked here: that is what [`Item::retire`] is for.
    pub fn after(mut self, change: &Change) -> Result<Self, Refusal> {
        let id = self.evidence.id;
        if let Status::Retired(_) = self.status {
            return Err(Refusal::Retired(id));
        }
        match change {
            Change::Added(_) => return Err(Refusal::Twice(id)),
            Change::Linked(link) => drop(self.links.insert(link.target.clone(), link.clone())),
            Change::Unlinked(target) => {
                self.links.remove(target).ok_or_else(|| Refusal::NotLinked(id, target.clone()))?;
            }
            Change::Superseded { by, on } => match &self.status {
                Status::Superseded { by, .. } => return Err(Refusal::Superseded(id, *by)),
                _ if *by == id => return Err(Refusal::Itself(id)),
                _ => self.status = Status::Superseded { by: *by, on: *on },
            },
            Change::Held(hold) => {
                if self.holds.insert(hold.matter.clone(), hold.clone()).is_some() {
                    return Err(Refusal::Held(id, hold.matter.clone()));
                }
            }
            Change::Released { matter, .. } => {
                self.holds.remove(matter).ok_or_else(|| Refusal::NotHeld(id, matter.clone()))?;
            }
            Change::Retired(stone) => {
                if !self.holds.is_empty() {
                    return Err(Refusal::Kept { id, matters: self.holds.into_keys().collect() });
                }
                self.status = Status::Retired(stone.clone());
            }
        }
        Ok(self)
    }

    /// The change that removes its bytes.
    ///
    /// # Errors
    ///
    /// While a hold or its retention class keeps it.
    pub fn retire(&self, kind: Option<&Kind>, class: &Retention, day: Date, why: Text) -> Result<Change, Refusal> {
        let id = self.evidence.id;
        match kept(self, kind, class, day) {
            _ if matches!(self.status, Status::Retired(_)) => Err(Refusal::Retired(id)),
            Kept::Held(matters) => Err(Refusal::Kept { id, matters }),
            Kept::Until(until) => Err(Refusal::Until(id, until, class.id.to_string(), class.years)),
            Kept::InEffect => Err(Refusal::InEffect(id)),
            Kept::Free { .. } => Ok(Change::Retired(Tombstone { on: day, why })),
        }
    }
}

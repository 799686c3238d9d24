use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_kernel::Timestamp;

use crate::{ResourceKind, ShareLinkId, TenantId, Window, WindowState};

/// One thing by kind and id, such as `evidence/evd_01…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    kind: ResourceKind,
    id: Box<str>,
}

/// The text names no thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no thing; write its kind, a slash and its id, such as `reports/readiness-2026`")]
pub struct ItemError(String);

impl Item {
    /// The thing of that kind with that id: letters, digits, `.`, `_` and `-`, at most 80.
    pub fn new(kind: ResourceKind, id: &str) -> Result<Self, ItemError> {
        let fits = (1..=80).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if fits { Ok(Self { kind, id: id.into() }) } else { Err(ItemError(id.chars().take(80).collect())) }
    }

    /// Its kind.
    pub fn kind(&self) -> ResourceKind {
        self.kind
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

impl FromStr for Item {
    type Err = ItemError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ItemError(text.chars().take(80).collect());
        let (kind, id) = text.split_once('/').ok_or_else(wrong)?;
        Self::new(kind.parse().map_err(|_| wrong())?, id).map_err(|_| wrong())
    }
}

/// What lets a customer see what it names, without an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareLink {
    /// Which one.
    pub id: ShareLinkId,
    /// Whose things it shows.
    pub tenant: TenantId,
    /// What it shows; nothing else.
    pub names: BTreeSet<Item>,
    /// From when until when. A link without an end is never valid.
    pub window: Window,
    /// How often it may be used, where that is limited.
    pub most_uses: Option<u32>,
    /// How often it was.
    pub uses: u32,
    /// When somebody took it back.
    pub revoked: Option<Timestamp>,
}

/// Where a share link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareState {
    /// It holds.
    Valid {
        /// Until when.
        until: Timestamp,
        /// How often it may still be used, where that is limited.
        uses_left: Option<u32>,
    },
    /// It does not hold yet.
    NotYet {
        /// From when it does.
        from: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// It never had an end, so it never held.
    WithoutEnd,
    /// Somebody took it back.
    Revoked {
        /// When.
        at: Timestamp,
    },
    /// It was used as often as it may be.
    Exhausted,
}

impl ShareLink {
    /// Where it stands. What a person did comes before what time did.
    pub fn state(&self, now: Timestamp) -> ShareState {
        if let Some(at) = self.revoked {
            return ShareState::Revoked { at };
        }
        let Some(until) = self.window.until() else { return ShareState::WithoutEnd };
        match self.window.state(now) {
            WindowState::NotYet(from) => ShareState::NotYet { from },
            WindowState::Over(since) => ShareState::Expired { since },
            WindowState::Open => match self.most_uses {
                Some(most) if self.uses >= most => ShareState::Exhausted,
                most => ShareState::Valid { until, uses_left: most.map(|m| m.saturating_sub(self.uses)) },
            },
        }
    }

    /// The link after it was opened once more, to be stored and to see with; `Err` says why it could not be.
    pub fn open(mut self, now: Timestamp) -> Result<OpenedLink, ShareState> {
        match self.state(now) {
            ShareState::Valid { .. } => {
                self.uses = self.uses.saturating_add(1);
                Ok(OpenedLink(self))
            }
            other => Err(other),
        }
    }
}

/// A link that was opened and whose use is counted: only through one does a guest see anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedLink(ShareLink);

impl OpenedLink {
    /// The link, with this use counted.
    pub fn link(&self) -> &ShareLink {
        &self.0
    }
}

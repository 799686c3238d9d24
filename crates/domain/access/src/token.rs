use std::{collections::BTreeSet, fmt, str::FromStr};

use attesta_kernel::Timestamp;

use crate::{AccountId, Action, Area, ResourceKind, TenantId, TokenId, Window, WindowState};

/// What a token may do at most: read in an area, or write in it. One does not hold the other.
///
/// ```
/// use attesta_access::{Action, ResourceKind, Scope};
/// let scope: Scope = "evidence:write".parse()?;
/// assert!(scope.holds(Action::Create, ResourceKind::Evidence));
/// assert!(!scope.holds(Action::Read, ResourceKind::Evidence));
/// # Ok::<(), attesta_access::ScopeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    area: Area,
    writes: bool,
}

/// The text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scope; write an area and `:read` or `:write`, such as `evidence:write`")]
pub struct ScopeError(String);

impl Scope {
    /// The scope that an act needs.
    pub fn of(action: Action, resource: ResourceKind) -> Self {
        Self { area: resource.area(), writes: !action.reads() }
    }

    /// Whether the act is within it.
    pub fn holds(self, action: Action, resource: ResourceKind) -> bool {
        self == Self::of(action, resource)
    }

    /// Every scope that a token can have; one's own account is never a token's.
    pub fn all() -> impl Iterator<Item = Self> {
        let areas = Area::ALL.iter().copied().filter(|a| *a != Area::Own);
        areas.flat_map(|area| [false, true].map(|writes| Self { area, writes }))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}:{}", self.area, if self.writes { "write" } else { "read" }))
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|s| s.to_string() == text).ok_or_else(|| ScopeError(text.chars().take(80).collect()))
    }
}

/// What lets a program in: no more than its scopes, and no more than the role of who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Which one.
    pub id: TokenId,
    /// Where it holds.
    pub tenant: TenantId,
    /// Who made it.
    pub maker: AccountId,
    /// What it may do at most.
    pub scopes: BTreeSet<Scope>,
    /// From when until when. A token without an end is never valid.
    pub window: Window,
    /// When somebody took it back.
    pub revoked: Option<Timestamp>,
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It holds.
    Valid {
        /// Until when.
        until: Timestamp,
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
}

impl Token {
    /// Where it stands.
    pub fn state(&self, now: Timestamp) -> TokenState {
        if let Some(at) = self.revoked {
            return TokenState::Revoked { at };
        }
        let Some(until) = self.window.until() else { return TokenState::WithoutEnd };
        match self.window.state(now) {
            WindowState::NotYet(from) => TokenState::NotYet { from },
            WindowState::Over(since) => TokenState::Expired { since },
            WindowState::Open => TokenState::Valid { until },
        }
    }
}

use std::{collections::BTreeSet, fmt, str::FromStr};

use crate::{PersonId, RequirementKey};

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// On whose side they stand.
    pub side: Side,
    /// What they do, in the field's words: `compliance lead`, `engagement executive`, `qa reviewer`.
    pub role: String,
    /// Credentials that they hold, e.g. `CCSFP`, `CHQP`.
    pub credentials: BTreeSet<String>,
    /// Requirements whose controls they implemented or remediated; they may not validate these.
    pub implemented: BTreeSet<RequirementKey>,
    /// The account with which they sign in, where the assessment is kept by a server.
    pub account: Option<Box<str>>,
}

/// On whose side somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The assessed entity.
    Entity,
    /// The external assessor firm.
    Assessor,
    /// A service provider.
    Provider,
    /// HITRUST, who checks the quality and decides.
    Hitrust,
}

impl Side {
    /// Every side.
    pub const ALL: [Self; 4] = [Self::Entity, Self::Assessor, Self::Provider, Self::Hitrust];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Assessor => "assessor",
            Self::Provider => "provider",
            Self::Hitrust => "hitrust",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no side; use entity, assessor, provider or hitrust")]
pub struct UnknownSide(pub String);

impl FromStr for Side {
    type Err = UnknownSide;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or_else(|| UnknownSide(text.to_owned()))
    }
}

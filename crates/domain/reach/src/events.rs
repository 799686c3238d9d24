//! Who did: events, put together by who acted.

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{Digest, Timestamp};

use crate::{Nature, Span};

/// Who acted, as the event tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A user, a role or the root user, by ARN.
    Principal(Box<str>),
    /// A service of the provider.
    Service(Box<str>),
    /// Somebody of another account, of whom only the account is told.
    Account(Box<str>),
    /// A request without a signature.
    Anyone,
    /// The event does not tell.
    Untold,
}

impl Actor {
    /// The word for the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Principal(_) => "principal",
            Self::Service(_) => "service",
            Self::Account(_) => "account",
            Self::Anyone => "anyone",
            Self::Untold => "untold",
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Principal(name) | Self::Service(name) | Self::Account(name) => name,
            Self::Anyone => "anyone, unsigned",
            Self::Untold => "not told",
        }
    }
}

/// One event, with no more of it than is asked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The operation, as the event names it.
    pub name: Box<str>,
    /// The action that allows it, in lower case.
    pub action: Box<str>,
    /// Who.
    pub actor: Actor,
    /// The session's name, where a role acted.
    pub session: Option<Box<str>>,
    /// The store.
    pub store: Option<Box<str>>,
    /// Digest of the object's key. The key itself is not held.
    pub object: Option<Digest>,
    /// The code with which it was refused, or failed.
    pub refused: Option<Box<str>>,
    /// Where it came from.
    pub address: Option<Box<str>>,
}

/// What somebody did of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Act {
    /// How often it was done.
    pub done: u64,
    /// How often it was refused or failed.
    pub refused: u64,
}

/// What somebody did to a store in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Did {
    /// The first and the last time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
    /// By operation.
    pub acts: BTreeMap<Box<str>, Act>,
    /// How many distinct objects were named in acts that were done.
    pub objects: BTreeSet<Digest>,
    /// Names of sessions.
    pub sessions: BTreeSet<Box<str>>,
    /// Addresses.
    pub addresses: BTreeSet<Box<str>>,
}

impl Did {
    /// How often the content of an object was read.
    pub fn reads(&self) -> u64 {
        let reads = self.acts.iter().filter(|(name, _)| Nature::of_event(name) == Nature::Reads);
        reads.fold(0, |sum: u64, (_, act)| sum.saturating_add(act.done))
    }
}

/// Who did what to a store in a period.
pub fn did<'a>(events: impl IntoIterator<Item = &'a Event>, store: &str, period: Span) -> BTreeMap<Actor, Did> {
    let mut all: BTreeMap<Actor, Did> = BTreeMap::new();
    for event in events {
        if event.store.as_deref() != Some(store) || !period.holds(event.at) {
            continue;
        }
        let did = all.entry(event.actor.clone()).or_insert_with(|| Did {
            first: event.at,
            last: event.at,
            acts: BTreeMap::new(),
            objects: BTreeSet::new(),
            sessions: BTreeSet::new(),
            addresses: BTreeSet::new(),
        });
        did.first = did.first.min(event.at);
        did.last = did.last.max(event.at);
        let act = did.acts.entry(event.name.clone()).or_default();
        if event.refused.is_some() {
            act.refused = act.refused.saturating_add(1);
        } else {
            act.done = act.done.saturating_add(1);
            did.objects.extend(event.object);
        }
        did.sessions.extend(event.session.clone());
        did.addresses.extend(event.address.clone());
    }
    all
}

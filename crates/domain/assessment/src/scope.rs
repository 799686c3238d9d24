use std::collections::{BTreeMap, BTreeSet};

use attesta_catalog::Placed;

use crate::{ComponentId, FacilityId, ProviderId, SystemId};

/// What is assessed, what is not, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// What the organisation does, in a sentence or two.
    pub description: String,
    /// Kinds of data that it handles, e.g. `ephi`, `pii`, `card`.
    pub data_types: BTreeSet<Box<str>>,
    /// Systems, in and out of scope.
    pub systems: BTreeMap<SystemId, Placed<System>>,
    /// Facilities, in and out of scope.
    pub facilities: BTreeMap<FacilityId, Placed<Facility>>,
    /// Parts that are scored by themselves where a requirement says so.
    pub components: BTreeMap<ComponentId, Placed<Component>>,
    /// Service providers.
    pub providers: BTreeMap<ProviderId, Placed<Provider>>,
    /// Data flows between systems, facilities and providers.
    pub flows: Vec<Placed<Flow>>,
}

/// A system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// What people call it.
    pub title: String,
    /// What it is for.
    pub environment: Environment,
    /// Kinds of data that it touches.
    pub touches: BTreeSet<Box<str>>,
    /// Whether it is in scope, or why not.
    pub inclusion: Inclusion,
    /// Providers that host or run a part of it.
    pub providers: BTreeSet<ProviderId>,
    /// The isolated environment that it runs in, where there is one.
    pub dedicated: Option<bool>,
}

/// What a system is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// Serves customers or patients.
    Production,
    /// Development, test, staging.
    Development,
    /// Finance, human resources, marketing and the like.
    BackOffice,
}

/// In or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inclusion {
    /// In scope.
    In,
    /// Left out, and why.
    Out {
        /// The reason.
        because: String,
    },
}

impl Inclusion {
    /// Whether it is in scope.
    pub fn is_in(&self) -> bool {
        matches!(self, Self::In)
    }
}

/// A facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facility {
    /// What people call it.
    pub title: String,
    /// Where it is, e.g. `US-CO`.
    pub place: String,
    /// Whether it is in scope, or why not.
    pub inclusion: Inclusion,
}

/// A part of the scope that is scored by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// What people call it.
    pub title: String,
    /// Systems that it stands for; several that share one process may stand together.
    pub systems: BTreeSet<SystemId>,
    /// Facilities that it stands for.
    pub facilities: BTreeSet<FacilityId>,
    /// Why systems of the same process stand together, where they do.
    pub rationale: Option<String>,
}

/// A service provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub title: String,
    /// What it does for the organisation.
    pub services: Vec<String>,
    /// How its part is covered.
    pub coverage: Option<Coverage>,
    /// Whether it touches electronic protected health information.
    pub ephi: bool,
}

/// How a provider's part of the scope is covered (Handbook ch. 12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// Its assessment's results are inherited.
    Inheritance,
    /// A report of another's is relied upon.
    Report,
    /// The assessor tests it.
    Tested,
    /// Another's testing is relied upon, such as internal assessors'.
    InternalAssessor,
    /// It is carved out; not everywhere allowed.
    CarvedOut,
}

/// Data that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// From a system or provider, by id.
    pub from: Box<str>,
    /// To a system or provider, by id.
    pub to: Box<str>,
    /// Kinds of data.
    pub data: BTreeSet<Box<str>>,
}

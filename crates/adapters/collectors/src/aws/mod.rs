//! AWS, normalised: every source type that we cover, one module per family of kinds.
//!
//! Each family lists its [`Main`] and [`Satellite`] types. A build function comes in two dialects where the sources
//! differ: `terraform` (snake case; Pulumi's bridged provider is brought to it) and `cloudformation` (Pascal case;
//! Pulumi's native provider is brought to it). Defaults are AWS's documented ones, each with its reason beside it.

mod api_gateway;
mod backup;
mod cache;
mod cdn;
mod compute;
mod container;
mod database;
mod detection;
mod function;
mod identity;
mod keys;
mod load_balancer;
mod logging;
mod messaging;
mod network;
mod object_store;
mod policy_document;
mod query;
mod search;
pub(crate) mod shared;
mod storage;
mod web_firewall;

use crate::{
    draft::Draft,
    registry::{Main, Satellite},
    view::Raw,
};

const MAINS: &[&[Main]] = &[
    api_gateway::MAINS,
    backup::MAINS,
    cache::MAINS,
    cdn::MAINS,
    compute::MAINS,
    container::MAINS,
    database::MAINS,
    detection::MAINS,
    function::MAINS,
    identity::MAINS,
    keys::MAINS,
    load_balancer::MAINS,
    logging::MAINS,
    messaging::MAINS,
    network::MAINS,
    object_store::MAINS,
    query::MAINS,
    search::MAINS,
    storage::MAINS,
    web_firewall::MAINS,
];

const SATELLITES: &[&[Satellite]] = &[
    api_gateway::SATELLITES,
    backup::SATELLITES,
    cache::SATELLITES,
    cdn::SATELLITES,
    compute::SATELLITES,
    container::SATELLITES,
    database::SATELLITES,
    detection::SATELLITES,
    function::SATELLITES,
    identity::SATELLITES,
    keys::SATELLITES,
    load_balancer::SATELLITES,
    logging::SATELLITES,
    messaging::SATELLITES,
    network::SATELLITES,
    object_store::SATELLITES,
    query::SATELLITES,
    search::SATELLITES,
    storage::SATELLITES,
    web_firewall::SATELLITES,
];

/// Every main type.
pub(crate) fn mains() -> impl Iterator<Item = &'static Main> {
    MAINS.iter().copied().flatten()
}

/// Every satellite type.
pub(crate) fn satellites() -> impl Iterator<Item = &'static Satellite> {
    SATELLITES.iter().copied().flatten()
}

/// Whether a satellite may belong to this main type, or another main type may pull it in.
pub(crate) fn is_referred_to(main: &Main) -> bool {
    let ours = |name: &&str| main.types.contains(name);
    satellites().any(|s| s.owners.iter().any(|o| ours(&o)))
        || mains().flat_map(|m| m.pulls).any(|p| p.types.iter().any(|t| ours(&t)))
}

/// The names under which a pulled type may be referred to.
pub(crate) fn pulled_names(canonical: &str) -> &'static [&'static str] {
    mains().flat_map(|m| m.pulls).find(|p| p.types.contains(&canonical)).map_or(&[], |p| p.names)
}

/// What every kind has: name, region and tags.
pub(crate) fn common(raw: &Raw, name: Option<String>, draft: &mut Draft) {
    shared::common(raw, name, draft);
}

//! AWS, normalised: every source type that we cover, one module per family of kinds.
//!
//! Each family lists its [`Main`] and [`Satellite`] types, and which satellites may stand [`Alone`]. A build function comes in two dialects where the sources
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
    registry::{Alone, Chain, Main, Satellite},
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

/// Satellites that carry what would go unseen if they were passed over with their owner.
const ALONE: &[&[Alone]] = &[
    api_gateway::ALONE,
    backup::ALONE,
    compute::ALONE,
    container::ALONE,
    database::ALONE,
    function::ALONE,
    identity::ALONE,
    keys::ALONE,
    load_balancer::ALONE,
    messaging::ALONE,
    network::ALONE,
    object_store::ALONE,
    search::ALONE,
    storage::ALONE,
];

const CHAINS: &[&[Chain]] = &[identity::CHAINS];

/// Every main type.
pub(crate) fn mains() -> impl Iterator<Item = &'static Main> {
    MAINS.iter().copied().flatten()
}

/// Every satellite type.
pub(crate) fn satellites() -> impl Iterator<Item = &'static Satellite> {
    SATELLITES.iter().copied().flatten()
}

/// Every satellite type that may stand alone.
pub(crate) fn alone() -> impl Iterator<Item = &'static Alone> {
    ALONE.iter().copied().flatten()
}

/// Every satellite type that names others in turn.
pub(crate) fn chains() -> impl Iterator<Item = &'static Chain> {
    CHAINS.iter().copied().flatten()
}

/// What every kind has: name, region and tags.
pub(crate) fn common(raw: &Raw, name: Option<String>, draft: &mut Draft) {
    shared::common(raw, name, draft);
}

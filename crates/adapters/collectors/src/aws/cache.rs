//! In-memory caches: ElastiCache clusters, replication groups and serverless caches, and MemoryDB.

#[cfg(test)]
mod tests;

use attesta_resource::{Kind, Unknown};

use super::shared::{always, authored, encryption, is_authored, is_cloudformation, prop};
use crate::{
    cloudformation::PLAIN_DEFAULT,
    draft::{Draft, Joined},
    fact::Fact,
    node::Node,
    registry::{Main, Satellite},
    view::Raw,
};

const fn cache(
    types: &'static [&'static str],
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind: Kind::Cache, names, pulls: &[], build }
}

pub(super) const MAINS: &[Main] = &[
    cache(&["aws_elasticache_cluster"], &["cluster_id", "id", "arn"], node_cluster),
    cache(&["AWS::ElastiCache::CacheCluster"], &["ClusterName"], node_cluster),
    cache(&["aws_elasticache_replication_group"], &["replication_group_id", "id", "arn"], replication_group),
    cache(&["AWS::ElastiCache::ReplicationGroup"], &["ReplicationGroupId"], replication_group),
    cache(&["aws_elasticache_serverless_cache"], &["name", "id", "arn"], serverless),
    cache(&["AWS::ElastiCache::ServerlessCache"], &["ServerlessCacheName"], serverless),
    cache(&["aws_memorydb_cluster"], &["name", "id", "arn"], memory_database),
    cache(&["AWS::MemoryDB::Cluster"], &["ClusterName"], memory_database),
];

pub(super) const SATELLITES: &[Satellite] = &[];

fn replication_group(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    // "redis" unless said otherwise (CreateReplicationGroup).
    let engine = authored(prop(raw, "engine", "Engine").text()).or_default("redis".to_owned());
    let valkey = engine.value().is_some_and(|name| name.eq_ignore_ascii_case("valkey"));
    draft.put("engine", engine.map(|name| name.to_ascii_lowercase()));
    let at_rest = authored(prop(raw, "at_rest_encryption_enabled", "AtRestEncryptionEnabled").bool());
    let in_transit = authored(prop(raw, "transit_encryption_enabled", "TransitEncryptionEnabled").bool());
    // Off by default for Redis (ElastiCache user guide, "Data security"); for Valkey Terraform's provider documents
    // encryption at rest to be on, and AWS says nothing of either.
    let at_rest = match (valkey, is_cloudformation(raw)) {
        (true, false) => at_rest.or_default(true),
        (true, true) => at_rest,
        _ => at_rest.or_default(false),
    };
    encryption(draft, at_rest, authored(prop(raw, "kms_key_id", "KmsKeyId").text()));
    let in_transit = if valkey { in_transit } else { in_transit.or_default(false) };
    // In the mode `preferred`, meant for migrations, clients may still speak plain.
    let required = authored(prop(raw, "transit_encryption_mode", "TransitEncryptionMode").text())
        .map(|mode| !mode.eq_ignore_ascii_case("preferred"))
        .or_default(true);
    draft.put("encryption_in_transit.enabled", present(in_transit, |fact| fact.and(required)));
    // A token that only becomes known at apply is still a token.
    let token = prop(raw, "auth_token", "AuthToken").is_set();
    let users = prop(raw, "user_group_ids", "UserGroupIds").is_set();
    draft.put(
        "authentication.enabled",
        certain(raw, &["auth_token", "AuthToken", "user_group_ids", "UserGroupIds"]).or(token).or(users),
    );
    let snapshots = authored(prop(raw, "snapshot_retention_limit", "SnapshotRetentionLimit").int());
    draft.put("backup.retention_days", snapshots.or_default(0));
    draft.put("multi_zone", authored(prop(raw, "multi_az_enabled", "MultiAZEnabled").bool()).or_default(false));
    minor_upgrades(raw, draft);
}

/// Clusters of nodes: Memcached, or Redis without replication.
fn node_cluster(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    // A member of a replication group takes everything from it.
    if is_authored(&raw.at("replication_group_id")) {
        draft.put("engine", authored(raw.at("engine").text()));
        return minor_upgrades(raw, draft);
    }
    let engine = authored(prop(raw, "engine", "Engine").text()).map(|name| name.to_ascii_lowercase());
    let memcached = engine.value().map(|name| name == "memcached");
    draft.put("engine", engine);
    // Encryption at rest and backups to disk need a replication group or a serverless cache (ElastiCache user guide,
    // "At-Rest Encryption": conditions).
    encryption(draft, always(raw, false), Fact::absent(raw.origin()));
    let in_transit = authored(prop(raw, "transit_encryption_enabled", "TransitEncryptionEnabled").bool());
    draft.put("encryption_in_transit.enabled", in_transit.or_default(false));
    // CreateCacheCluster takes no token and no user group that Terraform or CloudFormation would pass on.
    draft.put("authentication.enabled", always(raw, false));
    if memcached == Some(false) {
        let snapshots = authored(prop(raw, "snapshot_retention_limit", "SnapshotRetentionLimit").int());
        draft.put("backup.retention_days", snapshots.or_default(0));
        draft.put("multi_zone", always(raw, false));
    } else {
        let zones = authored(prop(raw, "az_mode", "AZMode").text()).map(|mode| mode == "cross-az");
        draft.put("multi_zone", zones.or_default(false));
    }
    minor_upgrades(raw, draft);
}

/// Serverless caches are encrypted at rest and in transit and spread over zones (ElastiCache user guide, "Serverless").
fn serverless(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("engine", authored(prop(raw, "engine", "Engine").text()).map(|name| name.to_ascii_lowercase()));
    encryption(draft, always(raw, true), authored(prop(raw, "kms_key_id", "KmsKeyId").text()));
    draft.put("encryption_in_transit.enabled", always(raw, true));
    draft.put("authentication.enabled", prop(raw, "user_group_id", "UserGroupId").is_set());
    let snapshots = authored(prop(raw, "snapshot_retention_limit", "SnapshotRetentionLimit").int());
    draft.put("backup.retention_days", snapshots.or_default(0));
    draft.put("multi_zone", always(raw, true));
    draft.put("auto_minor_upgrade", always(raw, true));
}

fn memory_database(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("engine", authored(prop(raw, "engine", "Engine").text()).or_default("redis".to_owned()));
    // MemoryDB developer guide, "At-Rest Encryption": always, with a key of AWS's own unless one is named.
    encryption(draft, always(raw, true), authored(prop(raw, "kms_key_arn", "KmsKeyId").text()));
    draft
        .put("encryption_in_transit.enabled", authored(prop(raw, "tls_enabled", "TLSEnabled").bool()).or_default(true));
    // The list `open-access` lets everybody in without a password ("Authenticating users with ACLs").
    let list = prop(raw, "acl_name", "ACLName").text();
    draft.put("authentication.enabled", list.map(|name| name != "open-access").derived());
    let snapshots = authored(prop(raw, "snapshot_retention_limit", "SnapshotRetentionLimit").int());
    draft.put("backup.retention_days", snapshots.or_default(0));
    let replicas = authored(prop(raw, "num_replicas_per_shard", "NumReplicasPerShard").int()).or_default(1);
    draft.put("multi_zone", replicas.map(|count| count > 0).derived());
    minor_upgrades(raw, draft);
}

fn minor_upgrades(raw: &Raw, draft: &mut Draft) {
    // On by default (CreateReplicationGroup, CreateCacheCluster, CreateCluster of MemoryDB).
    let upgrade = authored(prop(raw, "auto_minor_version_upgrade", "AutoMinorVersionUpgrade").bool());
    draft.put("auto_minor_upgrade", upgrade.or_default(true));
}

/// Known true when one of these comes from another resource or is hidden: set for certain, whatever its value is.
fn certain(raw: &Raw, keys: &[&'static str]) -> Fact<bool> {
    let set = keys.iter().map(|key| raw.at(key)).find(|view| {
        matches!(view.node(), Some(Node::Reference(_)))
            || match view.unknown() {
                Some(Unknown::Hidden) => true,
                Some(Unknown::Unresolved { what }) => what.ends_with(PLAIN_DEFAULT) || what.starts_with("{{resolve:"),
                _ => false,
            }
    });
    set.map_or_else(|| raw.derive(false), |view| view.derive(true))
}

/// Applies `f` unless the fact is absent.
fn present(fact: Fact<bool>, f: impl FnOnce(Fact<bool>) -> Fact<bool>) -> Fact<bool> {
    if fact.is_absent() { fact } else { f(fact) }
}

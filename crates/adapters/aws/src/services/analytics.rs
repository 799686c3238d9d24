//! Stores for analysis and speed: Redshift, OpenSearch, Kinesis, ElastiCache.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, is, items, map, tags, text},
};

const WAREHOUSE: Type = Type { name: "AWS::Redshift::Cluster", canonical: "aws_redshift_cluster" };
const PARAMETERS: Type =
    Type { name: "AWS::Redshift::ClusterParameterGroup", canonical: "aws_redshift_parameter_group" };
const DOMAIN: Type = Type { name: "AWS::OpenSearchService::Domain", canonical: "AWS::OpenSearchService::Domain" };
const STREAM: Type = Type { name: "AWS::Kinesis::Stream", canonical: "aws_kinesis_stream" };
const CACHE: Type = Type { name: "AWS::ElastiCache::ReplicationGroup", canonical: "aws_elasticache_replication_group" };
const NODES: Type = Type { name: "AWS::ElastiCache::CacheCluster", canonical: "aws_elasticache_cluster" };

pub(crate) async fn warehouses(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("redshift", "DescribeClusters", nothing());
    let (listed, clusters) =
        place.list(&mut found, WAREHOUSE, asked, "/Clusters", &place.arn("redshift", "cluster:*")).await;
    let inputs = clusters.iter().map(|cluster| json!({ "ClusterIdentifier": get(cluster, "/ClusterIdentifier") }));
    let logging = place.each("redshift", "DescribeLoggingStatus", inputs).await;
    let mut groups = BTreeSet::new();
    for ((pointer, cluster), logs) in placed(&clusters, "/Clusters").zip(&logging) {
        let id = text(cluster, "/ClusterIdentifier");
        let group = text(cluster, GROUP);
        if !group.is_empty() && !group.starts_with("default.") {
            groups.insert(group.to_owned());
        }
        let told = match logs.missing() {
            Some(why) => unknown(why),
            None => json!({ "enable": logs.at("/LoggingEnabled"), "log_exports": logs.at("/LogExports") }),
        };
        let firewalls: Value =
            items(cluster, "/VpcSecurityGroups").map(|group| get(group, "/VpcSecurityGroupId")).collect();
        found.push(
            Found::new(WAREHOUSE, place.arn("redshift", &format!("cluster:{id}")), &listed, &pointer)
                .set("cluster_identifier", json!(id))
                .set("cluster_version", get(cluster, "/ClusterVersion"))
                .set("encrypted", get(cluster, "/Encrypted"))
                .set("kms_key_id", place.keys.name(get(cluster, "/KmsKeyId")))
                .set("publicly_accessible", get(cluster, "/PubliclyAccessible"))
                .set("cluster_parameter_group_name", get(cluster, GROUP))
                .set("automated_snapshot_retention_period", get(cluster, "/AutomatedSnapshotRetentionPeriod"))
                .set("multi_az", is(get(cluster, "/MultiAZ"), "enabled"))
                .set("allow_version_upgrade", get(cluster, "/AllowVersionUpgrade"))
                .set("enhanced_vpc_routing", get(cluster, "/EnhancedVpcRouting"))
                .set("vpc_security_group_ids", firewalls)
                .set("manage_master_password", json!(!get(cluster, "/MasterPasswordSecretArn").is_null()))
                .set("tags", tags(get(cluster, "/Tags")))
                .told("logging", logs, "/LoggingEnabled", told)
                .attribute("backup.final_snapshot", unknown("it is chosen when somebody deletes the cluster")),
        );
    }
    let inputs = groups.iter().map(|name| json!({ "ParameterGroupName": name, "Source": "user" }));
    let replies = place.each("redshift", "DescribeClusterParameters", inputs).await;
    for (name, reply) in groups.iter().zip(&replies) {
        let list = map(reply.at("/Parameters"), |list| {
            items(list, "")
                .map(|one| json!({ "name": get(one, "/ParameterName"), "value": get(one, "/ParameterValue") }))
                .collect()
        });
        let id = place.arn("redshift", &format!("parametergroup:{name}"));
        found.push(Found::new(PARAMETERS, id, reply, "/Parameters").set("name", json!(name)).set("parameter", list));
    }
    found
}

const GROUP: &str = "/ClusterParameterGroups/0/ParameterGroupName";

pub(crate) async fn domains(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("opensearch", "ListDomainNames", nothing());
    let (listed, names) = place.list(&mut found, DOMAIN, asked, "/DomainNames", &place.arn("es", "domain/*")).await;
    let inputs = names.iter().map(|name| json!({ "DomainName": get(name, "/DomainName") }));
    let replies = place.each("opensearch", "DescribeDomain", inputs).await;
    for ((pointer, name), reply) in placed(&names, "/DomainNames").zip(&replies) {
        let name = text(name, "/DomainName");
        let mut one = Found::new(DOMAIN, place.arn("es", &format!("domain/{name}")), &listed, &pointer)
            .set("DomainName", json!(name));
        // The API and CloudFormation call these alike.
        for property in [
            "EncryptionAtRestOptions",
            "NodeToNodeEncryptionOptions",
            "DomainEndpointOptions",
            "VPCOptions",
            "AccessPolicies",
            "AdvancedSecurityOptions",
            "LogPublishingOptions",
        ] {
            let pointer = format!("/DomainStatus/{property}");
            let mut value = reply.at(&pointer);
            if value.as_str() == Some("") {
                value = Value::Null;
            }
            if let Some(key) = value.get_mut("KmsKeyId") {
                *key = place.keys.name(key.take());
            }
            one = one.told(property, reply, &pointer, value);
        }
        found.push(one);
    }
    found
}

pub(crate) async fn streams(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("kinesis", "ListStreams", nothing());
    let (listed, names) =
        place.list(&mut found, STREAM, asked, "/StreamNames", &place.arn("kinesis", "stream/*")).await;
    let inputs = names.iter().map(|name| json!({ "StreamName": name }));
    let replies = place.each("kinesis", "DescribeStreamSummary", inputs).await;
    for ((pointer, name), reply) in placed(&names, "/StreamNames").zip(&replies) {
        let of = |key: &str| reply.at(&format!("/StreamDescriptionSummary/{key}"));
        let arn = place.arn("kinesis", &format!("stream/{}", name.as_str().unwrap_or_default()));
        found.push(
            Found::new(STREAM, &arn, &listed, &pointer)
                .set("name", name.clone())
                .set("arn", json!(arn))
                .told("encryption_type", reply, "/StreamDescriptionSummary/EncryptionType", of("EncryptionType"))
                .set("kms_key_id", place.keys.name(of("KeyId")))
                .set("retention_period", of("RetentionPeriodHours"))
                .attribute("policy.statements", unknown("the collector does not ask kinesis:GetResourcePolicy yet")),
        );
    }
    found
}

pub(crate) async fn caches(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("elasticache", "DescribeReplicationGroups", nothing());
    let everything = place.arn("elasticache", "replicationgroup:*");
    let (listed, groups) = place.list(&mut found, CACHE, asked, "/ReplicationGroups", &everything).await;
    for (pointer, group) in placed(&groups, "/ReplicationGroups") {
        let id = text(group, "/ReplicationGroupId");
        // The token itself is never told, only that there is one.
        let token = if get(group, "/AuthTokenEnabled") == json!(true) { json!("set") } else { Value::Null };
        found.push(
            Found::new(CACHE, place.arn("elasticache", &format!("replicationgroup:{id}")), &listed, &pointer)
                .set("replication_group_id", json!(id))
                .set("engine", get(group, "/Engine"))
                .set("at_rest_encryption_enabled", flag(group, "/AtRestEncryptionEnabled"))
                .set("transit_encryption_enabled", flag(group, "/TransitEncryptionEnabled"))
                .set("transit_encryption_mode", get(group, "/TransitEncryptionMode"))
                .set("kms_key_id", place.keys.name(get(group, "/KmsKeyId")))
                .set("auth_token", token)
                .set("user_group_ids", get(group, "/UserGroupIds"))
                .set("snapshot_retention_limit", get(group, "/SnapshotRetentionLimit"))
                .set("multi_az_enabled", is(get(group, "/MultiAZ"), "enabled"))
                .set("auto_minor_version_upgrade", get(group, "/AutoMinorVersionUpgrade")),
        );
    }
    let asked = ("elasticache", "DescribeCacheClusters", json!({ "ShowCacheClustersNotInReplicationGroups": true }));
    let everything = place.arn("elasticache", "cluster:*");
    let (listed, clusters) = place.list(&mut found, NODES, asked, "/CacheClusters", &everything).await;
    for (pointer, cluster) in placed(&clusters, "/CacheClusters") {
        let id = text(cluster, "/CacheClusterId");
        if !text(cluster, "/ReplicationGroupId").is_empty() {
            continue;
        }
        let across = text(cluster, "/PreferredAvailabilityZone") == "Multiple";
        found.push(
            Found::new(NODES, place.arn("elasticache", &format!("cluster:{id}")), &listed, &pointer)
                .set("cluster_id", json!(id))
                .set("engine", get(cluster, "/Engine"))
                .set("transit_encryption_enabled", flag(cluster, "/TransitEncryptionEnabled"))
                .set("snapshot_retention_limit", get(cluster, "/SnapshotRetentionLimit"))
                .set("az_mode", json!(if across { "cross-az" } else { "single-az" }))
                .set("auto_minor_version_upgrade", get(cluster, "/AutoMinorVersionUpgrade")),
        );
    }
    found
}

/// A switch of which the service says nothing is off.
fn flag(value: &Value, pointer: &str) -> Value {
    json!(get(value, pointer) == json!(true))
}

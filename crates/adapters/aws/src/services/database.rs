//! RDS with everything that shares its API, and DynamoDB.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::{Reply, unknown},
    found::{Found, Type, get, items, map, tags, text},
};

const INSTANCE: Type = Type { name: "AWS::RDS::DBInstance", canonical: "aws_db_instance" };
const CLUSTER: Type = Type { name: "AWS::RDS::DBCluster", canonical: "aws_rds_cluster" };
const GROUP: Type = Type { name: "AWS::RDS::DBParameterGroup", canonical: "aws_db_parameter_group" };
const SNAPSHOT: Type = Type { name: "AWS::RDS::DBSnapshot", canonical: "aws_db_snapshot" };
const CLUSTER_SNAPSHOT: Type = Type { name: "AWS::RDS::DBClusterSnapshot", canonical: "aws_db_cluster_snapshot" };
const TABLE: Type = Type { name: "AWS::DynamoDB::Table", canonical: "aws_dynamodb_table" };
const TABLE_POLICY: Type = Type { name: "AWS::DynamoDB::Table (policy)", canonical: "aws_dynamodb_resource_policy" };

/// Which of the three engines that share the API an answer is about: types of cluster, member and parameter group.
struct Family {
    cluster: Type,
    member: Type,
    group: Type,
    /// The property that names the parameter group, and the one that names the key.
    link: &'static str,
    key: &'static str,
}

const AURORA: Family = Family {
    cluster: CLUSTER,
    member: Type { name: "AWS::RDS::DBInstance", canonical: "aws_rds_cluster_instance" },
    group: Type { name: "AWS::RDS::DBClusterParameterGroup", canonical: "aws_rds_cluster_parameter_group" },
    link: "db_cluster_parameter_group_name",
    key: "kms_key_id",
};
const DOCUMENTS: Family = Family {
    cluster: Type { name: "AWS::DocDB::DBCluster", canonical: "aws_docdb_cluster" },
    member: Type { name: "AWS::DocDB::DBInstance", canonical: "aws_docdb_cluster_instance" },
    group: Type { name: "AWS::DocDB::DBClusterParameterGroup", canonical: "aws_docdb_cluster_parameter_group" },
    link: "db_cluster_parameter_group_name",
    key: "kms_key_id",
};
const GRAPHS: Family = Family {
    cluster: Type { name: "AWS::Neptune::DBCluster", canonical: "aws_neptune_cluster" },
    member: Type { name: "AWS::Neptune::DBInstance", canonical: "aws_neptune_cluster_instance" },
    group: Type { name: "AWS::Neptune::DBClusterParameterGroup", canonical: "aws_neptune_cluster_parameter_group" },
    link: "neptune_cluster_parameter_group_name",
    key: "kms_key_arn",
};

fn family(database: &Value) -> &'static Family {
    match text(database, "/Engine") {
        "docdb" => &DOCUMENTS,
        "neptune" => &GRAPHS,
        _ => &AURORA,
    }
}

const FINAL: &str = "it is chosen when somebody deletes the database";

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("rds", "DescribeDBInstances", nothing());
    let (listed, instances) = place.list(&mut found, INSTANCE, asked, "/DBInstances", &place.arn("rds", "db:*")).await;
    let mut groups = BTreeSet::new();
    for (pointer, instance) in placed(&instances, "/DBInstances") {
        let member = !text(instance, "/DBClusterIdentifier").is_empty();
        let of = if member { family(instance).member } else { INSTANCE };
        let one = Found::new(of, text(instance, "/DBInstanceArn"), &listed, &pointer)
            .set("identifier", get(instance, "/DBInstanceIdentifier"))
            .set("publicly_accessible", get(instance, "/PubliclyAccessible"))
            .set("multi_az", get(instance, "/MultiAZ"))
            .set("auto_minor_version_upgrade", get(instance, "/AutoMinorVersionUpgrade"))
            .set("performance_insights_enabled", get(instance, "/PerformanceInsightsEnabled"))
            .set("performance_insights_kms_key_id", place.keys.name(get(instance, "/PerformanceInsightsKMSKeyId")))
            .set("kms_key_id", place.keys.name(get(instance, "/KmsKeyId")))
            .set("parameter_group_name", get(instance, "/DBParameterGroups/0/DBParameterGroupName"));
        if !member && let Some(name) = custom(instance, "/DBParameterGroups/0/DBParameterGroupName") {
            groups.insert(name);
        }
        found.push(shared(one, instance, member));
    }
    parameters(place, "DescribeDBParameters", "DBParameterGroupName", &groups, GROUP, &mut found).await;
    clusters(place, &mut found).await;
    snapshots(place, &INSTANCES, &mut found).await;
    snapshots(place, &CLUSTERS, &mut found).await;
    found
}

/// What instances and clusters tell alike.
fn shared(one: Found, database: &Value, member: bool) -> Found {
    let managed = get(database, "/MasterUserSecret/SecretArn");
    let groups: Value = items(database, "/VpcSecurityGroups").map(|group| get(group, "/VpcSecurityGroupId")).collect();
    let one = one
        .set("engine", get(database, "/Engine"))
        .set("engine_version", get(database, "/EngineVersion"))
        .set("storage_encrypted", get(database, "/StorageEncrypted"))
        .set("deletion_protection", get(database, "/DeletionProtection"))
        .set("iam_database_authentication_enabled", get(database, "/IAMDatabaseAuthenticationEnabled"))
        .set("enabled_cloudwatch_logs_exports", get(database, "/EnabledCloudwatchLogsExports"))
        .set("manage_master_user_password", json!(!managed.is_null()))
        .set("vpc_security_group_ids", groups)
        .set("tags", tags(get(database, "/TagList")));
    // Backups and what becomes of the data belong to the cluster.
    if member {
        return one;
    }
    one.set("backup_retention_period", get(database, "/BackupRetentionPeriod"))
        .attribute("backup.final_snapshot", unknown(FINAL))
}

/// A parameter group of the account's own; what AWS's defaults hold is documented.
fn custom(database: &Value, pointer: &str) -> Option<String> {
    let name = text(database, pointer);
    (!name.is_empty() && !name.starts_with("default.")).then(|| name.to_owned())
}

async fn clusters(place: &Place, found: &mut Vec<Found>) {
    let asked = ("rds", "DescribeDBClusters", nothing());
    let (listed, clusters) = place.list(found, CLUSTER, asked, "/DBClusters", &place.arn("rds", "cluster:*")).await;
    let mut groups: [(&Family, BTreeSet<String>); 3] =
        [(&AURORA, BTreeSet::new()), (&DOCUMENTS, BTreeSet::new()), (&GRAPHS, BTreeSet::new())];
    for (pointer, cluster) in placed(&clusters, "/DBClusters") {
        let family = family(cluster);
        let one = Found::new(family.cluster, text(cluster, "/DBClusterArn"), &listed, &pointer)
            .set("cluster_identifier", get(cluster, "/DBClusterIdentifier"))
            .set("arn", get(cluster, "/DBClusterArn"))
            .set("engine_mode", get(cluster, "/EngineMode"))
            .set("availability_zones", get(cluster, "/AvailabilityZones"))
            .set("auto_minor_version_upgrade", get(cluster, "/AutoMinorVersionUpgrade"))
            .set("performance_insights_enabled", get(cluster, "/PerformanceInsightsEnabled"))
            .set("performance_insights_kms_key_id", place.keys.name(get(cluster, "/PerformanceInsightsKMSKeyId")))
            .set(family.key, place.keys.name(get(cluster, "/KmsKeyId")))
            .set(family.link, get(cluster, "/DBClusterParameterGroup"));
        let name = custom(cluster, "/DBClusterParameterGroup");
        let of_family =
            groups.iter_mut().find(|(other, _)| other.link == family.link && other.group.name == family.group.name);
        if let (Some(name), Some((_, names))) = (name, of_family) {
            names.insert(name);
        }
        // An activity stream sends every statement out of the database.
        let streaming = text(cluster, "/ActivityStreamStatus") == "started";
        let one = shared(one, cluster, false);
        found.push(if streaming { one.attribute("logging.audit", json!(true)) } else { one });
    }
    for (family, names) in &groups {
        let call = "DescribeDBClusterParameters";
        parameters(place, call, "DBClusterParameterGroupName", names, family.group, found).await;
    }
}

/// What parameter groups set; only what differs from the engine's default matters.
async fn parameters(
    place: &Place,
    operation: &'static str,
    key: &str,
    names: &BTreeSet<String>,
    of: Type,
    found: &mut Vec<Found>,
) {
    let inputs = names.iter().map(|name| json!({ key: name, "Source": "user" }));
    let replies = place.each("rds", operation, inputs).await;
    for (name, reply) in names.iter().zip(&replies) {
        let list = map(reply.at("/Parameters"), |list| {
            let set = items(list, "").filter(|parameter| !get(parameter, "/ParameterValue").is_null());
            set.map(|parameter| {
                json!({ "name": get(parameter, "/ParameterName"), "value": get(parameter, "/ParameterValue") })
            })
            .collect()
        });
        let id = place.arn("rds", &format!("pg:{name}"));
        found.push(Found::new(of, id, reply, "/Parameters").set("name", json!(name)).set("parameter", list));
    }
}

/// Snapshots of instances or of clusters.
struct Snapshots {
    of: Type,
    list: (&'static str, &'static str),
    attributes: (&'static str, &'static str),
    id: &'static str,
    arn: &'static str,
    property: &'static str,
    encrypted: &'static str,
    everything: &'static str,
}

const INSTANCES: Snapshots = Snapshots {
    of: SNAPSHOT,
    list: ("DescribeDBSnapshots", "/DBSnapshots"),
    attributes: ("DescribeDBSnapshotAttributes", "/DBSnapshotAttributesResult/DBSnapshotAttributes"),
    id: "DBSnapshotIdentifier",
    arn: "/DBSnapshotArn",
    property: "db_snapshot_identifier",
    encrypted: "/Encrypted",
    everything: "snapshot:*",
};
const CLUSTERS: Snapshots = Snapshots {
    of: CLUSTER_SNAPSHOT,
    list: ("DescribeDBClusterSnapshots", "/DBClusterSnapshots"),
    attributes: (
        "DescribeDBClusterSnapshotAttributes",
        "/DBClusterSnapshotAttributesResult/DBClusterSnapshotAttributes",
    ),
    id: "DBClusterSnapshotIdentifier",
    arn: "/DBClusterSnapshotArn",
    property: "db_cluster_snapshot_identifier",
    encrypted: "/StorageEncrypted",
    everything: "cluster-snapshot:*",
};

async fn snapshots(place: &Place, words: &Snapshots, found: &mut Vec<Found>) {
    let asked = ("rds", words.list.0, nothing());
    let everything = place.arn("rds", words.everything);
    let (listed, copies) = place.list(found, words.of, asked, words.list.1, &everything).await;
    // Automatic ones cannot be shared.
    let manual = |copy: &Value| text(copy, "/SnapshotType") != "automated";
    let name = |copy: &Value| get(copy, &format!("/{}", words.id));
    let inputs = copies.iter().filter(|copy| manual(copy)).map(|copy| json!({ words.id: name(copy) }));
    let mut shares = place.each("rds", words.attributes.0, inputs).await.into_iter();
    for (pointer, copy) in placed(&copies, words.list.1) {
        let mut one = Found::new(words.of, text(copy, words.arn), &listed, &pointer)
            .set(words.property, name(copy))
            .set("encrypted", get(copy, words.encrypted))
            .set("kms_key_id", place.keys.name(get(copy, "/KmsKeyId")))
            .set("tags", tags(get(copy, "/TagList")));
        if manual(copy)
            && let Some(share) = shares.next()
        {
            one = one.told("shared_accounts", &share, words.attributes.1, accounts(&share, words.attributes.1));
        }
        found.push(one);
    }
}

/// Accounts that may restore a snapshot; `all` for anyone.
fn accounts(share: &Reply, pointer: &str) -> Value {
    map(share.at(pointer), |list| {
        let restore = items(list, "").filter(|attribute| text(attribute, "/AttributeName") == "restore");
        restore.flat_map(|attribute| items(attribute, "/AttributeValues")).cloned().collect()
    })
}

pub(crate) async fn tables(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("dynamodb", "ListTables", nothing());
    let (listed, names) = place.list(&mut found, TABLE, asked, "/TableNames", &place.arn("dynamodb", "table/*")).await;
    let inputs = || names.iter().map(|name| json!({ "TableName": name }));
    let described = place.each("dynamodb", "DescribeTable", inputs()).await;
    let backups = place.each("dynamodb", "DescribeContinuousBackups", inputs()).await;
    let arns = names.iter().map(|name| place.arn("dynamodb", &format!("table/{}", name.as_str().unwrap_or_default())));
    let arns: Vec<String> = arns.collect();
    let policies =
        place.each("dynamodb", "GetResourcePolicy", arns.iter().map(|arn| json!({ "ResourceArn": arn }))).await;
    for (((((pointer, name), reply), backup), policy), arn) in
        placed(&names, "/TableNames").zip(&described).zip(&backups).zip(&policies).zip(&arns)
    {
        let sse = match reply.missing() {
            Some(why) => unknown(why),
            None => {
                let told = reply.at("/Table/SSEDescription");
                let by_kms =
                    text(&told, "/SSEType") == "KMS" && matches!(text(&told, "/Status"), "ENABLED" | "UPDATING");
                json!({ "enabled": by_kms, "kms_key_arn": place.keys.name(get(&told, "/KMSMasterKeyArn")) })
            }
        };
        let recovery = map(backup.at(RECOVERY), |told| {
            json!({
                "enabled": text(told, "/PointInTimeRecoveryStatus") == "ENABLED",
                "recovery_period_in_days": get(told, "/RecoveryPeriodInDays"),
            })
        });
        found.push(
            Found::new(TABLE, arn, &listed, &pointer)
                .set("name", name.clone())
                .set("arn", json!(arn))
                .told("server_side_encryption", reply, "/Table/SSEDescription", sse)
                .told("point_in_time_recovery", backup, RECOVERY, recovery)
                .told("deletion_protection_enabled", reply, PROTECTION, reply.at(PROTECTION)),
        );
        let told = policy.at("/Policy");
        if !told.is_null() {
            found.push(
                Found::new(TABLE_POLICY, format!("{arn}?policy"), policy, "/Policy")
                    .set("resource_arn", json!(arn))
                    .set("policy", told),
            );
        }
    }
    found
}

const RECOVERY: &str = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription";
const PROTECTION: &str = "/Table/DeletionProtectionEnabled";

//! Databases: RDS instances and clusters, DocumentDB and Neptune, which share one API; tables and warehouses apart.
//!
//! A cluster holds the data, its members only serve it: what belongs to the cluster (encryption, backups, credentials)
//! is said of the cluster alone and is absent from its members unless their source states it.

mod audit;
mod parameters;
mod table;
#[cfg(test)]
mod tests;
mod tls;
mod warehouse;

use attesta_resource::{Kind, Unknown};

use self::parameters::Group;
use super::shared::{
    always, authored, is_authored, is_cloudformation, is_template, names_customer_key, prop, unresolved,
};
use crate::{
    cloudformation::PLAIN_DEFAULT,
    draft::{Draft, Joined},
    fact::{Fact, State},
    node::Node,
    registry::{Alone, Main, Pull, Satellite},
    view::{Items, Raw, View},
};

const fn database(
    types: &'static [&'static str],
    names: &'static [&'static str],
    pulls: &'static [Pull],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind: Kind::Database, names, pulls, build }
}

const fn warehouse(
    types: &'static [&'static str],
    names: &'static [&'static str],
    pulls: &'static [Pull],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind: Kind::DataWarehouse, names, pulls, build }
}

pub(super) const MAINS: &[Main] = &[
    database(
        &["aws_db_instance"],
        &["identifier", "id", "arn"],
        &[Pull { link: "parameter_group_name", types: &["aws_db_parameter_group"], names: &["name", "id", "arn"] }],
        instance,
    ),
    database(
        &["AWS::RDS::DBInstance"],
        &["DBInstanceIdentifier"],
        &[Pull {
            link: "DBParameterGroupName",
            types: &["AWS::RDS::DBParameterGroup"],
            names: &["DBParameterGroupName"],
        }],
        instance,
    ),
    database(
        &["aws_rds_cluster"],
        &["cluster_identifier", "id", "arn"],
        &[Pull {
            link: "db_cluster_parameter_group_name",
            types: &["aws_rds_cluster_parameter_group"],
            names: &["name", "id", "arn"],
        }],
        cluster,
    ),
    database(
        &["AWS::RDS::DBCluster"],
        &["DBClusterIdentifier"],
        &[Pull {
            link: "DBClusterParameterGroupName",
            types: &["AWS::RDS::DBClusterParameterGroup"],
            names: &["DBClusterParameterGroupName"],
        }],
        cluster,
    ),
    database(
        &["aws_docdb_cluster"],
        &["cluster_identifier", "id", "arn"],
        &[Pull {
            link: "db_cluster_parameter_group_name",
            types: &["aws_docdb_cluster_parameter_group"],
            names: &["name", "id", "arn"],
        }],
        cluster,
    ),
    database(
        &["AWS::DocDB::DBCluster"],
        &["DBClusterIdentifier"],
        &[Pull {
            link: "DBClusterParameterGroupName",
            types: &["AWS::DocDB::DBClusterParameterGroup"],
            names: &["Name"],
        }],
        cluster,
    ),
    database(
        &["aws_neptune_cluster"],
        &["cluster_identifier", "id", "arn"],
        &[Pull {
            link: "neptune_cluster_parameter_group_name",
            types: &["aws_neptune_cluster_parameter_group"],
            names: &["name", "id", "arn"],
        }],
        cluster,
    ),
    database(
        &["AWS::Neptune::DBCluster"],
        &["DBClusterIdentifier"],
        &[Pull {
            link: "DBClusterParameterGroupName",
            types: &["AWS::Neptune::DBClusterParameterGroup"],
            names: &["Name"],
        }],
        cluster,
    ),
    database(
        &["aws_rds_cluster_instance", "aws_docdb_cluster_instance", "aws_neptune_cluster_instance"],
        &["identifier", "id", "arn"],
        &[],
        member,
    ),
    database(&["AWS::DocDB::DBInstance", "AWS::Neptune::DBInstance"], &["DBInstanceIdentifier"], &[], member),
    database(&["aws_dynamodb_table"], &["name", "id", "arn"], &[], table::terraform),
    database(&["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"], &["TableName"], &[], table::cloudformation),
    warehouse(
        &["aws_redshift_cluster"],
        &["cluster_identifier", "id", "arn"],
        &[Pull {
            link: "cluster_parameter_group_name",
            types: &["aws_redshift_parameter_group"],
            names: &["name", "id", "arn"],
        }],
        warehouse::cluster,
    ),
    warehouse(
        &["AWS::Redshift::Cluster"],
        &["ClusterIdentifier"],
        &[Pull {
            link: "ClusterParameterGroupName",
            types: &["AWS::Redshift::ClusterParameterGroup"],
            names: &["ParameterGroupName"],
        }],
        warehouse::cluster,
    ),
    warehouse(&["aws_redshiftserverless_namespace"], &["namespace_name", "id", "arn"], &[], warehouse::serverless),
    warehouse(&["AWS::RedshiftServerless::Namespace"], &["NamespaceName"], &[], warehouse::serverless),
];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite { types: &[audit::STREAM], owners: &["aws_rds_cluster"], links: &["resource_arn"] },
    Satellite { types: &["aws_dynamodb_resource_policy"], owners: &["aws_dynamodb_table"], links: &["resource_arn"] },
    Satellite { types: &[warehouse::LOGGING], owners: &["aws_redshift_cluster"], links: &["cluster_identifier"] },
    Satellite {
        types: &["aws_redshiftserverless_workgroup"],
        owners: &["aws_redshiftserverless_namespace"],
        links: &["namespace_name"],
    },
    Satellite {
        types: &["AWS::RedshiftServerless::Workgroup"],
        owners: &["AWS::RedshiftServerless::Namespace"],
        links: &["NamespaceName"],
    },
];

/// A work group says how its namespace is reached.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: &["aws_redshiftserverless_workgroup"],
        owner: "aws_redshiftserverless_namespace",
        links: &["namespace_name"],
        what: "the namespace",
    },
    Alone {
        types: &["AWS::RedshiftServerless::Workgroup"],
        owner: "AWS::RedshiftServerless::Namespace",
        links: &["NamespaceName"],
        what: "the namespace",
    },
];

/// Properties that say where a new database takes its data, and with them its encryption, from.
const SOURCES: &[&str] = &[
    "snapshot_identifier",
    "replicate_source_db",
    "replication_source_identifier",
    "restore_to_point_in_time",
    "s3_import",
    "global_cluster_identifier",
    "DBSnapshotIdentifier",
    "DBClusterSnapshotIdentifier",
    "SnapshotIdentifier",
    "SourceDBInstanceIdentifier",
    "SourceDBInstanceAutomatedBackupsArn",
    "SourceDBClusterIdentifier",
    "ReplicationSourceIdentifier",
    "GlobalClusterIdentifier",
];

fn instance(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    // In CloudFormation members of a cluster are of the same type as instances that stand alone.
    if is_authored(&raw.at("DBClusterIdentifier")) {
        return member(raw, joined, draft);
    }
    draft.put("role", raw.derive("instance"));
    let engine = engine_of(raw);
    serving(raw, draft, engine.clone());
    encryption(raw, draft);

    let stated = authored(prop(raw, "backup_retention_period", "BackupRetentionPeriod").int());
    let retention = match (is_copied(raw), is_cloudformation(raw)) {
        (true, true) => stated,
        // RDS API, CreateDBInstance: one day by default.
        (false, true) => stated.or_default(1),
        // Terraform's provider always sends the number, and its default is 0.
        (_, false) => stated.or_default(0),
    };
    backups(draft, retention);
    final_snapshot(raw, draft);
    draft.put("multi_zone", authored(prop(raw, "multi_az", "MultiAZ").bool()).or_default(false));
    protection(raw, draft);
    sign_in(raw, draft, &engine);

    let group = Group::find(
        joined,
        &["aws_db_parameter_group", "AWS::RDS::DBParameterGroup"],
        prop(raw, "parameter_group_name", "DBParameterGroupName"),
    );
    let version = authored(prop(raw, "engine_version", "EngineVersion").text());
    draft.put("encryption_in_transit.required", tls::required(&engine, &version, &group));
    audit::put(raw, joined, draft, &engine, &group);
}

fn cluster(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("role", raw.derive("cluster"));
    let engine = engine_of(raw);
    let version = authored(prop(raw, "engine_version", "EngineVersion").text());
    draft.put("engine", engine.clone());
    draft.put("engine_version", version.clone());
    encryption(raw, draft);

    // One day is the least and the default of all three (CreateDBCluster of RDS, DocumentDB and Neptune).
    backups(draft, authored(prop(raw, "backup_retention_period", "BackupRetentionPeriod").int()).or_default(1));
    final_snapshot(raw, draft);
    draft.put("multi_zone", spans_zones(raw, &engine));
    protection(raw, draft);
    sign_in(raw, draft, &engine);
    draft
        .put("auto_minor_upgrade", authored(prop(raw, "auto_minor_version_upgrade", "AutoMinorVersionUpgrade").bool()));
    insights(
        draft,
        authored(prop(raw, "performance_insights_enabled", "PerformanceInsightsEnabled").bool()),
        authored(prop(raw, "performance_insights_kms_key_id", "PerformanceInsightsKmsKeyId").text()),
    );
    draft.put("firewalls", authored(prop(raw, "vpc_security_group_ids", "VpcSecurityGroupIds").texts()));
    // Only clusters of the Multi-AZ kind have an address setting of their own.
    draft.put("public_access", authored(raw.at("PubliclyAccessible").bool()));

    let link = if &*raw.type_name == "aws_neptune_cluster" {
        raw.at("neptune_cluster_parameter_group_name")
    } else {
        prop(raw, "db_cluster_parameter_group_name", "DBClusterParameterGroupName")
    };
    let group = Group::find(
        joined,
        &[
            "aws_rds_cluster_parameter_group",
            "aws_docdb_cluster_parameter_group",
            "aws_neptune_cluster_parameter_group",
            "AWS::RDS::DBClusterParameterGroup",
            "AWS::DocDB::DBClusterParameterGroup",
            "AWS::Neptune::DBClusterParameterGroup",
        ],
        link,
    );
    draft.put("encryption_in_transit.required", tls::required(&engine, &version, &group));
    audit::put(raw, joined, draft, &engine, &group);
}

fn member(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("role", raw.derive("cluster_instance"));
    serving(raw, draft, engine_of(raw));
    // Inherited from the cluster; a state shows it here too.
    draft.put("encryption_at_rest.enabled", authored(prop(raw, "storage_encrypted", "StorageEncrypted").bool()));
}

/// What an instance says whether it stands alone or belongs to a cluster.
fn serving(raw: &Raw, draft: &mut Draft, engine: Fact<String>) {
    let documents = raw.type_name.contains("docdb") || raw.type_name.contains("DocDB");
    draft.put("engine", engine);
    draft.put("engine_version", authored(prop(raw, "engine_version", "EngineVersion").text()));
    let public = authored(prop(raw, "publicly_accessible", "PubliclyAccessible").bool());
    draft.put(
        "public_access",
        match (public.is_absent(), is_cloudformation(raw)) {
            // DocumentDB lives in private networks only (DocumentDB developer guide, "Connecting from outside a VPC").
            _ if documents => public.or_default(false),
            // CreateDBInstance: "the default behavior depends on the VPC and the subnet group": on an internet gateway.
            (true, true) => unresolved(
                &raw.at("PubliclyAccessible"),
                "not set: RDS decides by whether the subnet group's network has an internet gateway",
            ),
            // Terraform's provider sends false (aws_db_instance, `publicly_accessible`).
            _ => public.or_default(false),
        },
    );
    if !documents {
        // DocumentDB takes the setting and ignores it. Elsewhere it is on by default (CreateDBInstance).
        let upgrade = authored(prop(raw, "auto_minor_version_upgrade", "AutoMinorVersionUpgrade").bool());
        draft.put("auto_minor_upgrade", upgrade.or_default(true));
    }
    let enabled = match &*raw.type_name {
        "aws_docdb_cluster_instance" => raw.at("enable_performance_insights"),
        _ => prop(raw, "performance_insights_enabled", "EnablePerformanceInsights"),
    };
    insights(
        draft,
        authored(enabled.bool()),
        authored(prop(raw, "performance_insights_kms_key_id", "PerformanceInsightsKMSKeyId").text()),
    );
    draft.put("firewalls", authored(prop(raw, "vpc_security_group_ids", "VPCSecurityGroups").texts()));
}

fn engine_of(raw: &Raw) -> Fact<String> {
    match &*raw.type_name {
        "aws_docdb_cluster" | "aws_docdb_cluster_instance" | "AWS::DocDB::DBCluster" | "AWS::DocDB::DBInstance" => {
            always(raw, "docdb".to_owned())
        }
        "aws_neptune_cluster"
        | "aws_neptune_cluster_instance"
        | "AWS::Neptune::DBCluster"
        | "AWS::Neptune::DBInstance" => always(raw, "neptune".to_owned()),
        _ => authored(prop(raw, "engine", "Engine").text()),
    }
}

fn is_copied(raw: &Raw) -> bool {
    SOURCES.iter().any(|source| {
        let view = raw.at(source);
        is_authored(&view) && !view.node().is_some_and(Node::is_empty)
    })
}

fn encryption(raw: &Raw, draft: &mut Draft) {
    let key = match &*raw.type_name {
        "aws_neptune_cluster" => raw.at("kms_key_arn"),
        _ => prop(raw, "kms_key_id", "KmsKeyId"),
    };
    super::shared::encryption(draft, is_encrypted(raw), authored(key.text()));
}

/// Whether an instance or a cluster of this API is encrypted; its snapshots are as it is.
pub(super) fn is_encrypted(raw: &Raw) -> Fact<bool> {
    let stated = prop(raw, "storage_encrypted", "StorageEncrypted");
    let serverless = prop(raw, "engine_mode", "EngineMode").text().value().is_some_and(|mode| mode == "serverless");
    let fact = authored(stated.bool());
    match engine_of(raw).value() {
        _ if !fact.is_absent() => fact,
        _ if is_copied(raw) => unresolved(&stated, "not set: taken over from what this database is a copy of"),
        // Aurora Serverless v1 is always encrypted (Aurora user guide, "Using Amazon Aurora Serverless v1").
        _ if serverless => fact.or_default(true),
        // Aurora user guide, "Encrypting Amazon Aurora resources".
        Some(engine) if engine.starts_with("aurora") => unresolved(
            &stated,
            "not set: Aurora encrypts clusters made since 2026-02-18 by default, older ones it does not",
        ),
        _ => fact.or_default(false),
    }
}

/// Automatic backups of this API are what point-in-time recovery reads.
fn backups(draft: &mut Draft, retention: Fact<i64>) {
    draft.put("backup.point_in_time_recovery", is_kept(&retention));
    backups_only(draft, retention);
}

fn backups_only(draft: &mut Draft, retention: Fact<i64>) {
    draft.put("backup.enabled", is_kept(&retention));
    draft.put("backup.retention_days", retention);
}

fn is_kept(retention: &Fact<i64>) -> Fact<bool> {
    retention.clone().map(|days| days > 0).derived()
}

/// In CloudFormation this is the resource's `DeletionPolicy`, which is not one of its properties: the reader puts it
/// among them. What is retained is not deleted, and so keeps more than a snapshot would.
fn final_snapshot(raw: &Raw, draft: &mut Draft) {
    let policy = raw.at("DeletionPolicy");
    let kept = if !is_cloudformation(raw) {
        authored(raw.at("skip_final_snapshot").bool()).or_default(false).negate()
    } else if policy.is_absent() && !is_template(raw) {
        unresolved(&policy, "not told: this provider has no word for what becomes of a deleted database")
    } else {
        // "The default policy is Snapshot for AWS::RDS::DBCluster resources and for AWS::RDS::DBInstance resources that
        // don't specify the DBClusterIdentifier property", else Delete (CloudFormation, DeletionPolicy attribute).
        let default = matches!(&*raw.type_name, "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance");
        match policy.text().value().map(String::as_str) {
            Some("Snapshot" | "Retain" | "RetainExceptOnCreate") => policy.derive(true),
            Some("Delete") => policy.derive(false),
            Some(_) => unresolved(&policy, "a deletion policy that CloudFormation does not have"),
            None => policy.bool().or_default(default),
        }
    };
    draft.put("backup.final_snapshot", kept);
}

fn protection(raw: &Raw, draft: &mut Draft) {
    // Off by default in every create call of this API.
    draft.put(
        "deletion_protection",
        authored(prop(raw, "deletion_protection", "DeletionProtection").bool()).or_default(false),
    );
}

fn spans_zones(raw: &Raw, engine: &Fact<String>) -> Fact<bool> {
    let zones = prop(raw, "availability_zones", "AvailabilityZones");
    match engine.value().map(String::as_str) {
        // A cluster of these engines is of the Multi-AZ kind: a writer and two readers in three zones (RDS user guide,
        // "Multi-AZ DB cluster deployments").
        Some("mysql" | "postgres") => always(raw, true),
        // Unset, AWS picks zones for the storage, which says nothing of members that could take over.
        _ if !is_authored(&zones) => Fact::absent(zones.origin()),
        _ => match zones.items() {
            Items::Unknown(why) => Fact { state: State::Unknown(why), origin: zones.origin() },
            Items::Known(items) => zones.derive(items.len() > 1),
        },
    }
}

fn sign_in(raw: &Raw, draft: &mut Draft, engine: &Fact<String>) {
    let engine = engine.value().map_or("", String::as_str);
    if engine != "docdb" {
        let by_identity = match &*raw.type_name {
            "AWS::Neptune::DBCluster" => raw.at("IamAuthEnabled"),
            _ => prop(raw, "iam_database_authentication_enabled", "EnableIAMDatabaseAuthentication"),
        };
        draft.put("directory_authentication", authored(by_identity.bool()).or_default(false));
    }
    // Neptune has no passwords (Neptune user guide, "Identity and access management").
    if engine != "neptune" {
        let password = match &*raw.type_name {
            "aws_db_instance" => raw.at("password"),
            _ => prop(raw, "master_password", "MasterUserPassword"),
        };
        credentials(raw, draft, &password, &prop(raw, "manage_master_user_password", "ManageMasterUserPassword"));
    }
}

/// `credentials.*` from the property that holds the administrator's password and the one that hands it to AWS.
fn credentials(raw: &Raw, draft: &mut Draft, password: &View<'_>, managed: &View<'_>) {
    let managed = authored(managed.bool()).or_default(false);
    draft.put("credentials.in_plain_text", is_literal(password, is_template(raw)).and(managed.clone().negate()));
    draft.put("credentials.managed", managed);
}

/// Whether a password stands in the source as it is. What comes from another resource or is only decided at apply was
/// not written down; neither was a dynamic reference of CloudFormation. What a source hides stays unknown, except in a
/// template, where a hidden value is a parameter with `NoEcho` and no default.
fn is_literal(password: &View<'_>, template: bool) -> Fact<bool> {
    const BY_REFERENCE: &str = "{{resolve:";
    let literal = match (password.node(), password.unknown()) {
        (Some(Node::Text(text)), _) => Some(!text.is_empty() && !text.contains(BY_REFERENCE)),
        (Some(Node::Reference(_)), _) | (_, Some(Unknown::AfterApply { .. })) | (None, None) => Some(false),
        (_, Some(Unknown::Hidden)) if template => Some(false),
        (_, Some(Unknown::Unresolved { what })) if what.contains(BY_REFERENCE) => Some(false),
        (_, Some(Unknown::Unresolved { what })) if template && what.ends_with(PLAIN_DEFAULT) => Some(true),
        // The reader's words for a parameter that whoever deploys the template must give.
        (_, Some(Unknown::Unresolved { what })) if template && what.starts_with("parameter ") => Some(false),
        (Some(node), _) if node.is_empty() => Some(false),
        _ => None,
    };
    match (literal, password.unknown()) {
        (Some(literal), _) => password.derive(literal),
        (None, Some(why)) => Fact { state: State::Unknown(why), origin: password.origin() },
        (None, None) => password.is_set(),
    }
}

/// Performance data exists only where the insights are on.
fn insights(draft: &mut Draft, enabled: Fact<bool>, key: Fact<String>) {
    let fact = match enabled.state {
        State::Known(true) => names_customer_key(key),
        State::Unknown(why) => Fact { state: State::Unknown(why), origin: enabled.origin },
        _ => return,
    };
    draft.put("activity_insights.encrypted", fact);
}

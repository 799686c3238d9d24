use serde_json::{Value, json};

use crate::{
    draft::{Draft, Joined},
    testing::{check, one},
    view::Raw,
};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k";

#[test]
fn an_instance_says_everything() {
    let expected = [
        ("role", "\"instance\""),
        ("engine", "\"postgres\""),
        ("engine_version", "\"15.4\""),
        ("encryption_at_rest.enabled", "true"),
        ("encryption_at_rest.customer_managed_key", "true"),
        ("public_access", "false"),
        ("backup.enabled", "true"),
        ("backup.retention_days", "14"),
        ("backup.point_in_time_recovery", "true"),
        ("multi_zone", "true"),
        ("deletion_protection", "true"),
        ("auto_minor_upgrade", "false"),
        ("logging.exports", "[\"postgresql\"]"),
        ("logging.audit", "true"),
        ("directory_authentication", "true"),
        ("credentials.managed", "false"),
        ("activity_insights.encrypted", "true"),
        ("encryption_in_transit.required", "true"),
    ];
    let instance = one(&[
        (
            "aws_db_instance.d",
            "aws_db_instance",
            json!({
                "identifier": "db", "engine": "postgres", "engine_version": "15.4", "storage_encrypted": true, "kms_key_id": KEY,
                "publicly_accessible": false, "backup_retention_period": 14, "multi_az": true, "deletion_protection": true,
                "auto_minor_version_upgrade": false, "enabled_cloudwatch_logs_exports": ["postgresql"], "skip_final_snapshot": true,
                "iam_database_authentication_enabled": true, "password": "x", "performance_insights_enabled": true,
                "performance_insights_kms_key_id": KEY, "parameter_group_name": {"$late": ["aws_db_parameter_group.p"]},
                "vpc_security_group_ids": ["sg-1", {"$late": ["aws_security_group.s"]}],
            }),
        ),
        (
            "aws_db_parameter_group.p",
            "aws_db_parameter_group",
            json!({"family": "postgres14", "parameter": [{"name": "log_connections", "value": "1"}, {"name": "rds.force_ssl", "value": "1"}]}),
        ),
    ]);
    check(&instance, &expected);
    check(&instance, &[("credentials.in_plain_text", "true"), ("backup.final_snapshot", "false")]);
    let instance = one(&[
        (
            "D",
            "AWS::RDS::DBInstance",
            json!({
                "DBInstanceIdentifier": "db", "Engine": "postgres", "EngineVersion": "15.4", "StorageEncrypted": "true", "KmsKeyId": KEY,
                "PubliclyAccessible": "false", "BackupRetentionPeriod": "14", "MultiAZ": true, "DeletionProtection": true,
                "AutoMinorVersionUpgrade": false, "EnableCloudwatchLogsExports": ["postgresql"],
                "EnableIAMDatabaseAuthentication": true, "MasterUserPassword": "{{resolve:secretsmanager:db:SecretString:password}}",
                "EnablePerformanceInsights": true, "PerformanceInsightsKMSKeyId": KEY, "DBParameterGroupName": {"$ref": "P"},
            }),
        ),
        ("P", "AWS::RDS::DBParameterGroup", json!({"Family": "postgres15", "Parameters": {"log_statement": "ddl"}})),
    ]);
    check(&instance, &expected);
    check(&instance, &[("credentials.in_plain_text", "false"), ("backup.final_snapshot", "true")]);
}

#[test]
fn a_bare_instance_has_the_documented_defaults() {
    check(
        &one(&[(
            "d",
            "aws_db_instance",
            json!({"engine": "mysql", "kms_key_id": {"$late": []}, "multi_az": {"$late": []}}),
        )]),
        &[
            ("encryption_at_rest.enabled", "false"),
            ("encryption_at_rest.key", "absent"),
            ("encryption_at_rest.customer_managed_key", "false"),
            ("public_access", "false"),
            ("backup.enabled", "false"),
            ("backup.retention_days", "0"),
            ("multi_zone", "false"),
            ("auto_minor_upgrade", "true"),
            ("backup.final_snapshot", "true"),
            ("logging.exports", "[]"),
            ("logging.audit", "false"),
            ("credentials.in_plain_text", "false"),
            ("activity_insights.encrypted", "absent"),
            ("encryption_in_transit.required", "false"),
        ],
    );
    check(
        &one(&[("D", "AWS::RDS::DBInstance", json!({"Engine": "oracle-ee", "ManageMasterUserPassword": true}))]),
        &[
            ("public_access", "unknown"),
            ("backup.retention_days", "1"),
            ("encryption_at_rest.enabled", "false"),
            ("credentials.managed", "true"),
            ("encryption_in_transit.required", "absent"),
        ],
    );
    check(
        &one(&[("D", "AWS::RDS::DBInstance", json!({"DBSnapshotIdentifier": "snap"}))]),
        &[("encryption_at_rest.enabled", "unknown"), ("engine", "absent"), ("backup.retention_days", "absent")],
    );
}

#[test]
fn passwords_in_plain_text() {
    for (password, managed, want) in [
        (json!("hunter2"), json!(null), "true"),
        (json!("hunter2"), json!(true), "false"),
        (json!("hunter2"), json!({"$unknown": "var"}), "unknown"),
        (json!(null), json!(null), "false"),
        (json!(""), json!(null), "false"),
        (json!({"$late": ["random_password.p"]}), json!(null), "false"),
        (json!({"$unknown": "Fn::If"}), json!(null), "unknown"),
        (json!({"$unknown": "{{resolve:ssm-secure:p}}"}), json!(null), "false"),
    ] {
        let instance = json!({"engine": "mysql", "password": password, "manage_master_user_password": managed});
        check(&one(&[("d", "aws_db_instance", instance)]), &[("credentials.in_plain_text", want)]);
        let cluster =
            json!({"Engine": "aurora-mysql", "MasterUserPassword": password, "ManageMasterUserPassword": managed});
        check(&one(&[("D", "AWS::RDS::DBCluster", cluster)]), &[("credentials.in_plain_text", want)]);
    }
}

#[test]
fn a_parameter_without_default_is_no_literal() {
    let password = json!({"$unknown": "parameter Password has no default"});
    let cluster = json!({"Engine": "aurora-mysql", "MasterUserPassword": password});
    check(&one(&[("D", "AWS::RDS::DBCluster", cluster)]), &[("credentials.in_plain_text", "false")]);
}

#[test]
fn tls_is_required_by_parameter_or_by_version() {
    let group = |setting: Value| {
        (
            "p",
            "aws_rds_cluster_parameter_group",
            json!({"name": "p", "family": "aurora-mysql8.0", "parameters": setting}),
        )
    };
    for (engine, version, group_name, want) in [
        ("postgres", json!("14.9"), json!(null), "false"),
        ("postgres", json!("17"), json!("default.postgres17"), "true"),
        ("postgres", json!(null), json!(null), "unknown"),
        ("postgres", json!("17"), json!("hardened"), "unknown"),
        ("mariadb", json!("11.8.3"), json!(null), "true"),
        ("mariadb", json!("10.11"), json!(null), "false"),
        ("sqlserver-se", json!("15.00"), json!(null), "false"),
        ("db2-se", json!("11.5"), json!(null), "absent"),
    ] {
        let instance = json!({"engine": engine, "engine_version": version, "parameter_group_name": group_name});
        check(&one(&[("d", "aws_db_instance", instance)]), &[("encryption_in_transit.required", want)]);
    }
    for (parameters, want) in [
        (json!([{"name": "require_secure_transport", "value": "ON"}]), "true"),
        (json!([{"name": "require_secure_transport", "value": "OFF"}]), "false"),
        (json!([{"name": "time_zone", "value": "UTC"}]), "false"),
        (json!([{"name": "require_secure_transport", "value": {"$unknown": "var"}}]), "unknown"),
        (json!({"$unknown": "dynamic"}), "unknown"),
        (json!([{"$unknown": "each"}]), "unknown"),
    ] {
        let cluster = json!({"engine": "aurora-mysql", "engine_version": "8.0.mysql_aurora.3.05.2", "db_cluster_parameter_group_name": "p"});
        check(
            &one(&[("c", "aws_rds_cluster", cluster), group(parameters)]),
            &[("encryption_in_transit.required", want)],
        );
    }
    let cluster = |parameters: Value| {
        one(&[
            (
                "C",
                "AWS::DocDB::DBCluster",
                json!({"DBClusterParameterGroupName": {"$ref": "P"}, "EnableCloudwatchLogsExports": ["audit"]}),
            ),
            ("P", "AWS::DocDB::DBClusterParameterGroup", json!({"Family": "docdb5.0", "Parameters": parameters})),
        ])
    };
    check(
        &cluster(json!({"tls": "disabled"})),
        &[("encryption_in_transit.required", "false"), ("logging.audit", "false")],
    );
    check(
        &cluster(json!({"audit_logs": "enabled"})),
        &[("encryption_in_transit.required", "true"), ("logging.audit", "true")],
    );
}

#[test]
fn clusters_and_their_members() {
    check(
        &one(&[(
            "c",
            "aws_rds_cluster",
            json!({
                "cluster_identifier": "c", "engine": "aurora-postgresql", "engine_version": "16.4", "storage_encrypted": true,
                "kms_key_id": {"$late": ["aws_kms_key.k"]}, "availability_zones": ["a", "b"], "master_password": {"$late": ["random_password.p"]},
                "backup_retention_period": 7, "skip_final_snapshot": false, "deletion_protection": true,
            }),
        )]),
        &[
            ("role", "\"cluster\""),
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "unknown"),
            ("encryption_in_transit.required", "false"),
            ("multi_zone", "true"),
            ("backup.retention_days", "7"),
            ("backup.final_snapshot", "true"),
            ("credentials.in_plain_text", "false"),
        ],
    );
    // Aurora's default depends on when the cluster was made.
    check(
        &one(&[("C", "AWS::RDS::DBCluster", json!({"Engine": "aurora-mysql"}))]),
        &[("encryption_at_rest.enabled", "unknown"), ("backup.retention_days", "1"), ("multi_zone", "absent")],
    );
    check(
        &one(&[("C", "AWS::RDS::DBCluster", json!({"Engine": "postgres", "EngineVersion": "16"}))]),
        &[("encryption_at_rest.enabled", "false"), ("multi_zone", "true"), ("encryption_in_transit.required", "true")],
    );
    check(
        &one(&[(
            "c",
            "aws_neptune_cluster",
            json!({"storage_encrypted": true, "kms_key_arn": KEY, "enable_cloudwatch_logs_exports": ["audit"]}),
        )]),
        &[
            ("engine", "\"neptune\""),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("encryption_in_transit.required", "true"),
            ("credentials.in_plain_text", "absent"),
            ("logging.audit", "false"),
        ],
    );
    check(
        &one(&[("i", "aws_docdb_cluster_instance", json!({"cluster_identifier": "c"}))]),
        &[
            ("role", "\"cluster_instance\""),
            ("public_access", "false"),
            ("encryption_at_rest.enabled", "absent"),
            ("backup.enabled", "absent"),
        ],
    );
    check(
        &one(&[(
            "I",
            "AWS::RDS::DBInstance",
            json!({"DBClusterIdentifier": {"$ref": "C"}, "Engine": "aurora-mysql", "PubliclyAccessible": true}),
        )]),
        &[("role", "\"cluster_instance\""), ("public_access", "true"), ("encryption_at_rest.enabled", "absent")],
    );
}

#[test]
fn an_activity_stream_audits_a_cluster() {
    let cluster = one(&[
        ("aws_rds_cluster.c", "aws_rds_cluster", json!({"cluster_identifier": "c", "engine": "aurora-postgresql"})),
        (
            "s",
            "aws_rds_cluster_activity_stream",
            json!({"resource_arn": "arn:aws:rds:us-east-1:1:cluster:c", "mode": "async"}),
        ),
    ]);
    check(&cluster, &[("logging.audit", "true")]);
}

#[test]
fn tables() {
    check(
        &one(&[(
            "t",
            "aws_dynamodb_table",
            json!({"name": "t", "point_in_time_recovery": [{"enabled": true}], "server_side_encryption": [{"enabled": true, "kms_key_arn": KEY}]}),
        )]),
        &[
            ("role", "\"table\""),
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("backup.enabled", "true"),
            ("backup.retention_days", "35"),
            ("multi_zone", "true"),
            ("deletion_protection", "false"),
        ],
    );
    check(
        &one(&[(
            "t",
            "aws_dynamodb_table",
            json!({"name": "t", "point_in_time_recovery": [{"enabled": false}], "server_side_encryption": []}),
        )]),
        &[
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "false"),
            ("backup.enabled", "false"),
            ("backup.retention_days", "absent"),
        ],
    );
    check(
        &one(&[(
            "T",
            "AWS::DynamoDB::Table",
            json!({
                "SSESpecification": {"SSEEnabled": "true", "SSEType": "KMS", "KMSMasterKeyId": {"$unknown": "Fn::ImportValue"}},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7},
                "DeletionProtectionEnabled": true,
            }),
        )]),
        &[
            ("encryption_at_rest.customer_managed_key", "unknown"),
            ("backup.point_in_time_recovery", "true"),
            ("backup.retention_days", "7"),
            ("deletion_protection", "true"),
        ],
    );
    check(
        &one(&[(
            "G",
            "AWS::DynamoDB::GlobalTable",
            json!({
                "SSESpecification": {"SSEEnabled": true, "SSEType": "KMS"},
                "Replicas": [
                    {"Region": "us-east-1", "SSESpecification": {"KMSMasterKeyId": KEY}, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}},
                    {"Region": "us-west-2", "SSESpecification": {"KMSMasterKeyId": KEY}},
                ],
            }),
        )]),
        &[("encryption_at_rest.customer_managed_key", "true"), ("backup.enabled", "false")],
    );
}

#[test]
fn warehouses() {
    check(
        &one(&[
            (
                "c",
                "aws_redshift_cluster",
                json!({
                    "cluster_identifier": "c", "encrypted": "true", "kms_key_id": KEY, "publicly_accessible": false, "enhanced_vpc_routing": true,
                    "automated_snapshot_retention_period": 35, "cluster_parameter_group_name": "p", "master_password": "Hunter22", "multi_az": false,
                }),
            ),
            (
                "p",
                "aws_redshift_parameter_group",
                json!({"name": "p", "family": "redshift-1.0", "parameter": [{"name": "require_ssl", "value": "true"}]}),
            ),
            (
                "l",
                "aws_redshift_logging",
                json!({"cluster_identifier": {"$late": ["c"]}, "log_exports": ["connectionlog"]}),
            ),
        ]),
        &[
            ("role", "\"warehouse\""),
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("public_access", "false"),
            ("backup.retention_days", "35"),
            ("encryption_in_transit.required", "true"),
            ("enhanced_network_routing", "true"),
            ("credentials.in_plain_text", "true"),
            ("logging.audit", "true"),
            ("logging.exports", "[\"connectionlog\"]"),
        ],
    );
    check(
        &one(&[
            (
                "C",
                "AWS::Redshift::Cluster",
                json!({"ClusterParameterGroupName": {"$ref": "P"}, "LoggingProperties": {"BucketName": "b"}}),
            ),
            (
                "P",
                "AWS::Redshift::ClusterParameterGroup",
                json!({"ParameterGroupFamily": "redshift-1.0", "Parameters": [{"ParameterName": "require_ssl", "ParameterValue": "false"}]}),
            ),
        ]),
        &[
            ("encryption_at_rest.enabled", "unknown"),
            ("public_access", "unknown"),
            ("encryption_in_transit.required", "false"),
            ("logging.audit", "true"),
            ("backup.enabled", "true"),
        ],
    );
    check(
        &one(&[
            (
                "n",
                "aws_redshiftserverless_namespace",
                json!({"namespace_name": "n", "log_exports": ["userlog"], "manage_admin_password": true}),
            ),
            (
                "w",
                "aws_redshiftserverless_workgroup",
                json!({"namespace_name": "n", "publicly_accessible": true, "config_parameter": [{"parameter_key": "require_ssl", "parameter_value": "true"}]}),
            ),
        ]),
        &[
            ("encryption_at_rest.enabled", "true"),
            ("public_access", "true"),
            ("encryption_in_transit.required", "true"),
            ("logging.audit", "false"),
            ("credentials.managed", "true"),
        ],
    );
}

#[test]
fn what_a_stack_leaves_behind() {
    for (address, kind, properties, want) in [
        ("D", "AWS::RDS::DBInstance", json!({}), "true"),
        ("D", "AWS::RDS::DBCluster", json!({}), "true"),
        ("D", "AWS::DocDB::DBCluster", json!({}), "false"),
        ("D", "AWS::Neptune::DBCluster", json!({"DeletionPolicy": "Snapshot"}), "true"),
        ("D", "AWS::Redshift::Cluster", json!({}), "false"),
        ("D", "AWS::RDS::DBInstance", json!({"DeletionPolicy": "Delete"}), "false"),
        ("D", "AWS::RDS::DBInstance", json!({"DeletionPolicy": "Retain"}), "true"),
        ("D", "AWS::RDS::DBInstance", json!({"DeletionPolicy": {"$unknown": "parameter P has no default"}}), "unknown"),
        ("D", "AWS::RDS::DBInstance", json!({"DeletionPolicy": "delete"}), "unknown"),
        ("urn:pulumi:s::p::aws-native:rds:DbInstance::d", "AWS::RDS::DBInstance", json!({}), "unknown"),
    ] {
        check(&one(&[(address, kind, properties)]), &[("backup.final_snapshot", want)]);
    }
}

#[test]
fn a_secret_parameter_is_no_literal_unless_its_default_can_be_read() {
    let template = |parameter: &str| {
        let text = format!(
            "Parameters: {{P: {{Type: String, NoEcho: true{parameter}}}}}\nResources:\n  D:\n    Type: AWS::RDS::DBInstance\n    Properties: {{MasterUserPassword: !Ref P}}\n"
        );
        let (_, inventory) = crate::cloudformation::read(&text).unwrap();
        let node = inventory.loader.load(0).unwrap();
        let raw = Raw {
            address: "D".into(),
            type_name: "AWS::RDS::DBInstance".into(),
            source: attesta_resource::SourceIndex(0),
            node,
        };
        let mut draft = Draft::default();
        super::instance(&raw, &Joined::default(), &mut draft);
        crate::testing::show_in(&draft.attributes, "credentials.in_plain_text")
    };
    assert_eq!(template(""), "false");
    assert_eq!(template(", Default: ''"), "false");
    assert_eq!(template(", Default: '{{resolve:secretsmanager:db}}'"), "false");
    assert_eq!(template(", Default: hunter2"), "true");
}

#[test]
fn a_global_table_is_backed_up_where_every_replica_is() {
    let on = json!({"Region": "a", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    let may =
        json!({"Region": "b", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": {"$unknown": ""}}});
    for (replicas, want) in [
        (json!([on]), "true"),
        (json!([on, on]), "true"),
        (json!([on, {"Region": "b"}]), "false"),
        (json!([on, may]), "unknown"),
        (json!({"$unknown": ""}), "unknown"),
    ] {
        check(
            &one(&[("T", "AWS::DynamoDB::GlobalTable", json!({"Replicas": replicas}))]),
            &[("backup.point_in_time_recovery", want)],
        );
    }
}

#[test]
fn a_copy_has_the_engine_of_its_source() {
    let copy = json!({"SourceDBInstanceIdentifier": "ehr"});
    check(&one(&[("D", "AWS::RDS::DBInstance", copy)]), &[("encryption_in_transit.required", "unknown")]);
    let oracle = json!({"Engine": "oracle-ee"});
    check(&one(&[("D", "AWS::RDS::DBInstance", oracle)]), &[("encryption_in_transit.required", "absent")]);
}

use serde_json::json;

use crate::testing::{check, one};

#[test]
fn replication_groups() {
    check(
        &one(&[(
            "g",
            "aws_elasticache_replication_group",
            json!({
                "replication_group_id": "g", "engine": "redis", "at_rest_encryption_enabled": "true", "transit_encryption_enabled": true,
                "kms_key_id": "arn:aws:kms:us-east-1:1:key/k", "auth_token": {"$late": ["random_password.t"]}, "multi_az_enabled": true,
                "snapshot_retention_limit": 7, "auto_minor_version_upgrade": "false",
            }),
        )]),
        &[
            ("name", "\"g\""),
            ("engine", "\"redis\""),
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("encryption_in_transit.enabled", "true"),
            ("authentication.enabled", "unknown"),
            ("backup.retention_days", "7"),
            ("multi_zone", "true"),
            ("auto_minor_upgrade", "false"),
        ],
    );
    let bare = [
        ("engine", "\"redis\""),
        ("encryption_at_rest.enabled", "false"),
        ("encryption_at_rest.customer_managed_key", "false"),
        ("encryption_in_transit.enabled", "false"),
        ("authentication.enabled", "false"),
        ("backup.retention_days", "0"),
        ("multi_zone", "false"),
        ("auto_minor_upgrade", "true"),
    ];
    check(
        &one(&[("g", "aws_elasticache_replication_group", json!({"at_rest_encryption_enabled": {"$late": []}}))]),
        &bare,
    );
    check(&one(&[("G", "AWS::ElastiCache::ReplicationGroup", json!({}))]), &bare);
    check(
        &one(&[(
            "G",
            "AWS::ElastiCache::ReplicationGroup",
            json!({"TransitEncryptionEnabled": true, "TransitEncryptionMode": "preferred", "AuthToken": {"$ref": "Token"}}),
        )]),
        &[("encryption_in_transit.enabled", "false"), ("authentication.enabled", "true")],
    );
    check(
        &one(&[("g", "aws_elasticache_replication_group", json!({"engine": "valkey"}))]),
        &[("encryption_at_rest.enabled", "true"), ("encryption_in_transit.enabled", "absent")],
    );
}

#[test]
fn clusters_of_nodes() {
    check(
        &one(&[(
            "c",
            "aws_elasticache_cluster",
            json!({"cluster_id": "c", "engine": "memcached", "transit_encryption_enabled": true, "az_mode": "cross-az"}),
        )]),
        &[
            ("encryption_at_rest.enabled", "false"),
            ("encryption_in_transit.enabled", "true"),
            ("authentication.enabled", "false"),
            ("backup.retention_days", "absent"),
            ("multi_zone", "true"),
        ],
    );
    check(
        &one(&[("c", "aws_elasticache_cluster", json!({"cluster_id": "c", "replication_group_id": {"$late": ["g"]}}))]),
        &[("encryption_at_rest.enabled", "absent"), ("multi_zone", "absent"), ("auto_minor_upgrade", "true")],
    );
    check(
        &one(&[("C", "AWS::ElastiCache::CacheCluster", json!({"Engine": "redis", "SnapshotRetentionLimit": 3}))]),
        &[("backup.retention_days", "3"), ("multi_zone", "false"), ("encryption_in_transit.enabled", "false")],
    );
}

#[test]
fn serverless_and_memory_databases() {
    check(
        &one(&[(
            "s",
            "aws_elasticache_serverless_cache",
            json!({"name": "s", "engine": "valkey", "user_group_id": "u"}),
        )]),
        &[
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "false"),
            ("encryption_in_transit.enabled", "true"),
            ("authentication.enabled", "true"),
            ("multi_zone", "true"),
        ],
    );
    check(
        &one(&[(
            "m",
            "aws_memorydb_cluster",
            json!({"name": "m", "acl_name": "open-access", "kms_key_arn": {"$unknown": "var"}, "num_replicas_per_shard": 0}),
        )]),
        &[
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "unknown"),
            ("encryption_in_transit.enabled", "true"),
            ("authentication.enabled", "false"),
            ("multi_zone", "false"),
        ],
    );
    check(
        &one(&[(
            "M",
            "AWS::MemoryDB::Cluster",
            json!({"ACLName": {"$ref": "Acl"}, "TLSEnabled": "false", "SnapshotRetentionLimit": 5}),
        )]),
        &[
            ("authentication.enabled", "true"),
            ("encryption_in_transit.enabled", "false"),
            ("backup.retention_days", "5"),
        ],
    );
}

#[test]
fn a_token_that_is_set_for_certain() {
    for (token, want) in [
        (json!({"$unknown": "{{resolve:ssm:/token:1}}"}), "true"),
        (json!({"$unknown": "parameter P is a secret whose default stands in the template"}), "true"),
        (json!({"$ref": "Secret"}), "true"),
        (json!({"$unknown": "Fn::If on C"}), "unknown"),
        (json!(""), "false"),
    ] {
        check(
            &one(&[("G", "AWS::ElastiCache::ReplicationGroup", json!({"AuthToken": token}))]),
            &[("authentication.enabled", want)],
        );
    }
}

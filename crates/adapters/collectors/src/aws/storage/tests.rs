use serde_json::json;

use crate::testing::{check, normalise, one};

const KEY: &str = "arn:aws:kms:us-east-1:1:key/k";

#[test]
fn volumes() {
    for (volume, enabled, customer) in [
        (json!({"encrypted": true, "snapshot_id": "", "kms_key_id": {"$late": []}}), "true", "false"),
        (json!({"encrypted": true, "kms_key_id": KEY}), "true", "true"),
        (json!({"encrypted": true, "kms_key_id": {"$late": ["aws_kms_key.k"]}}), "true", "unknown"),
        (json!({"encrypted": false, "kms_key_id": KEY}), "false", "false"),
        (json!({"encrypted": {"$late": []}}), "false", "false"),
        (json!({"encrypted": {"$late": []}, "snapshot_id": "snap-1"}), "unknown", "false"),
        (json!({"encrypted": {"$unknown": "var.e"}, "kms_key_id": KEY}), "unknown", "unknown"),
    ] {
        check(
            &one(&[("v", "aws_ebs_volume", volume)]),
            &[("encryption_at_rest.enabled", enabled), ("encryption_at_rest.customer_managed_key", customer)],
        );
    }
    check(
        &one(&[("V", "AWS::EC2::Volume", json!({"Encrypted": "true", "KmsKeyId": {"$ref": "Key"}}))]),
        &[("encryption_at_rest.enabled", "true"), ("encryption_at_rest.customer_managed_key", "true")],
    );
    check(
        &one(&[("V", "AWS::EC2::Volume", json!({"SnapshotId": "snap"}))]),
        &[("encryption_at_rest.enabled", "unknown")],
    );
}

#[test]
fn snapshots_are_as_what_they_are_made_from() {
    let resources = normalise(&[
        ("v", "aws_ebs_volume", json!({"encrypted": true})),
        (
            "s",
            "aws_ebs_snapshot",
            json!({"volume_id": {"$late": ["v"]}, "encrypted": {"$late": []}, "kms_key_id": {"$late": []}}),
        ),
        ("d", "aws_db_instance", json!({"identifier": "db", "engine": "mysql"})),
        (
            "ds",
            "aws_db_snapshot",
            json!({"db_instance_identifier": "db", "encrypted": {"$late": []}, "shared_accounts": ["all"]}),
        ),
        (
            "c",
            "aws_rds_cluster",
            json!({"cluster_identifier": "c", "engine": "aurora-mysql", "storage_encrypted": true}),
        ),
        ("cs", "aws_db_cluster_snapshot", json!({"db_cluster_identifier": "c"})),
        ("elsewhere", "aws_ebs_snapshot", json!({"volume_id": "vol-1"})),
        (
            "p",
            "aws_snapshot_create_volume_permission",
            json!({"snapshot_id": {"$late": ["elsewhere"]}, "account_id": "all"}),
        ),
    ]);
    let at = |address: &str| resources.iter().find(|r| &*r.address == address).unwrap();
    check(at("s"), &[("of", "\"volume\""), ("encryption_at_rest.enabled", "true"), ("public", "false")]);
    check(at("ds"), &[("of", "\"database\""), ("encryption_at_rest.enabled", "false"), ("public", "true")]);
    check(at("cs"), &[("of", "\"database_cluster\""), ("encryption_at_rest.enabled", "true"), ("public", "false")]);
    check(at("elsewhere"), &[("encryption_at_rest.enabled", "unknown"), ("public", "true")]);
}

#[test]
fn copies_may_have_a_key_of_their_own() {
    check(
        &one(&[(
            "s",
            "aws_ebs_snapshot_copy",
            json!({"source_snapshot_id": "snap", "encrypted": true, "kms_key_id": KEY}),
        )]),
        &[("encryption_at_rest.enabled", "true"), ("encryption_at_rest.key", "\"arn:aws:kms:us-east-1:1:key/k\"")],
    );
    check(
        &one(&[("s", "aws_db_snapshot_copy", json!({"kms_key_id": KEY, "shared_accounts": [{"$unknown": "var"}]}))]),
        &[("encryption_at_rest.enabled", "true"), ("public", "unknown")],
    );
}

#[test]
fn file_systems() {
    let deny = json!({"Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]});
    check(
        &one(&[
            ("f", "aws_efs_file_system", json!({"encrypted": true, "kms_key_id": KEY})),
            (
                "b",
                "aws_efs_backup_policy",
                json!({"file_system_id": {"$late": ["f"]}, "backup_policy": [{"status": "ENABLED"}]}),
            ),
            (
                "p",
                "aws_efs_file_system_policy",
                json!({"file_system_id": {"$late": ["f"]}, "policy": deny.to_string()}),
            ),
        ]),
        &[
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("backup.enabled", "true"),
            ("transport.tls_required", "true"),
        ],
    );
    check(
        &one(&[(
            "F",
            "AWS::EFS::FileSystem",
            json!({"Encrypted": true, "BackupPolicy": {"Status": "DISABLED"}, "FileSystemPolicy": deny, "FileSystemTags": [{"Key": "Name", "Value": "f"}]}),
        )]),
        &[
            ("encryption_at_rest.customer_managed_key", "false"),
            ("backup.enabled", "false"),
            ("transport.tls_required", "true"),
            ("tags", "[{key: \"Name\", value: \"f\"}]"),
        ],
    );
    for (kind, properties, backed_up) in [
        ("aws_efs_file_system", json!({"encrypted": false}), "false"),
        ("aws_efs_file_system", json!({"availability_zone_name": "us-east-1a"}), "true"),
        ("aws_fsx_windows_file_system", json!({}), "true"),
        ("aws_fsx_lustre_file_system", json!({"automatic_backup_retention_days": {"$late": []}}), "false"),
        ("AWS::FSx::FileSystem", json!({"FileSystemType": "LUSTRE"}), "false"),
        ("AWS::FSx::FileSystem", json!({"OntapConfiguration": {}}), "absent"),
        ("AWS::FSx::FileSystem", json!({"OpenZFSConfiguration": {"AutomaticBackupRetentionDays": 5}}), "true"),
    ] {
        let encrypted = if kind.contains("efs") { "false" } else { "true" };
        check(
            &one(&[("f", kind, properties)]),
            &[("backup.enabled", backed_up), ("encryption_at_rest.enabled", encrypted)],
        );
    }
}

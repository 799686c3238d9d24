use serde_json::json;

use crate::testing::{check, one, show};

#[test]
fn plans() {
    let plan = one(&[(
        "p",
        "aws_backup_plan",
        json!({"name": "p", "rule": [
            {"rule_name": "daily", "schedule": "cron(0 1 * * ? *)", "lifecycle": [{"delete_after": 35, "cold_storage_after": 0}], "copy_action": [{"destination_vault_arn": {"$late": ["v"]}}], "enable_continuous_backup": true},
            {"rule_name": "ever", "schedule": "cron(0 2 * * ? *)", "lifecycle": [], "copy_action": []},
            {"$unknown": "dynamic"},
        ]}),
    )]);
    assert_eq!(
        show(&plan, "rules"),
        "[{schedule: \"cron(0 1 * * ? *)\", retention_days: 35, copies_elsewhere: true, continuous: true}, \
         {schedule: \"cron(0 2 * * ? *)\", copies_elsewhere: false, continuous: false}, \
         unknown: cannot be resolved here (`dynamic`)]"
    );
    let plan = one(&[(
        "P",
        "AWS::Backup::BackupPlan",
        json!({"BackupPlan": {"BackupPlanName": "p", "BackupPlanRule": [{"RuleName": "r", "Lifecycle": {"DeleteAfterDays": "90", "MoveToColdStorageAfterDays": {"$unknown": "Ref"}}}]}}),
    )]);
    check(&plan, &[("name", "\"p\"")]);
    assert_eq!(
        show(&plan, "rules"),
        "[{schedule: \"cron(0 5 ? * * *)\", retention_days: 90, cold_after_days: unknown: cannot be resolved here (`Ref`), \
         copies_elsewhere: false, continuous: false}]"
    );
    let plan = one(&[("p", "aws_backup_plan", json!({"rules": [{"schedule": "cron(0 1 * * ? *)"}]}))]);
    assert!(show(&plan, "rules").starts_with("[{schedule"));
}

#[test]
fn vaults() {
    check(
        &one(&[
            ("v", "aws_backup_vault", json!({"name": "v", "kms_key_arn": {"$late": []}})),
            ("l", "aws_backup_vault_lock_configuration", json!({"backup_vault_name": "v", "min_retention_days": 7})),
        ]),
        &[("encryption_at_rest.customer_managed_key", "false"), ("immutable", "true"), ("minimum_retention_days", "7")],
    );
    check(
        &one(&[("v", "aws_backup_vault", json!({"name": "v", "kms_key_arn": "arn:aws:kms:us-east-1:1:key/k"}))]),
        &[
            ("encryption_at_rest.customer_managed_key", "true"),
            ("immutable", "false"),
            ("minimum_retention_days", "absent"),
        ],
    );
    check(
        &one(&[(
            "V",
            "AWS::Backup::BackupVault",
            json!({"BackupVaultName": "v", "EncryptionKeyArn": {"$ref": "K"}, "LockConfiguration": {"MinRetentionDays": 30}, "BackupVaultTags": {"a": "b"}}),
        )]),
        &[
            ("encryption_at_rest.key", "\"K\""),
            ("immutable", "true"),
            ("minimum_retention_days", "30"),
            ("tags", "[{key: \"a\", value: \"b\"}]"),
        ],
    );
    check(
        &one(&[("v", "aws_backup_logically_air_gapped_vault", json!({"name": "v", "min_retention_days": 14}))]),
        &[("immutable", "true"), ("minimum_retention_days", "14")],
    );
}

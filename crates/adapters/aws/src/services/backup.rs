//! AWS Backup: vaults and plans.

use serde_json::{Value, json};

use super::{Place, nothing, placed};
use crate::found::{Found, Type, get, map, text};

const VAULT: Type = Type { name: "AWS::Backup::BackupVault", canonical: "aws_backup_vault" };
const LOCK: Type = Type { name: "AWS::Backup::BackupVault (lock)", canonical: "aws_backup_vault_lock_configuration" };
const POLICY: Type = Type { name: "AWS::Backup::BackupVault (policy)", canonical: "aws_backup_vault_policy" };
const PLAN: Type = Type { name: "AWS::Backup::BackupPlan", canonical: "AWS::Backup::BackupPlan" };

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("backup", "ListBackupVaults", nothing());
    let everything = place.arn("backup", "backup-vault:*");
    let (listed, vaults) = place.list(&mut found, VAULT, asked, "/BackupVaultList", &everything).await;
    let inputs = vaults.iter().map(|vault| json!({ "BackupVaultName": get(vault, "/BackupVaultName") }));
    let policies = place.each("backup", "GetBackupVaultAccessPolicy", inputs).await;
    for ((pointer, vault), policy) in placed(&vaults, "/BackupVaultList").zip(&policies) {
        let (arn, name) = (text(vault, "/BackupVaultArn"), get(vault, "/BackupVaultName"));
        found.push(
            Found::new(VAULT, arn, &listed, &pointer)
                .set("name", name.clone())
                .set("arn", json!(arn))
                .set("kms_key_arn", place.keys.name(get(vault, "/EncryptionKeyArn"))),
        );
        let told = policy.at("/Policy");
        if !told.is_null() {
            found.push(
                Found::new(POLICY, format!("{arn}?policy"), policy, "/Policy")
                    .set("backup_vault_name", name.clone())
                    .set("policy", told),
            );
        }
        if get(vault, "/Locked") == json!(true) {
            found.push(
                Found::new(LOCK, format!("{arn}?lock"), &listed, &format!("{pointer}/Locked"))
                    .set("backup_vault_name", name)
                    .set("min_retention_days", get(vault, "/MinRetentionDays")),
            );
        }
    }
    let asked = ("backup", "ListBackupPlans", nothing());
    let (listed, plans) =
        place.list(&mut found, PLAN, asked, "/BackupPlansList", &place.arn("backup", "backup-plan:*")).await;
    let inputs = plans.iter().map(|plan| json!({ "BackupPlanId": get(plan, "/BackupPlanId") }));
    let replies = place.each("backup", "GetBackupPlan", inputs).await;
    for ((pointer, plan), reply) in placed(&plans, "/BackupPlansList").zip(&replies) {
        let rules = map(reply.at("/BackupPlan/Rules"), Value::clone);
        found.push(Found::new(PLAN, text(plan, "/BackupPlanArn"), &listed, &pointer).told(
            "BackupPlan",
            reply,
            "/BackupPlan",
            json!({ "BackupPlanName": get(plan, "/BackupPlanName"), "BackupPlanRule": rules }),
        ));
    }
    found
}

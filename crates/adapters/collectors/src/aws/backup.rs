//! Backup plans and the vaults that they fill.

#[cfg(test)]
mod tests;

use attesta_resource::{Kind, Record};

use super::shared::{access, always, authored, either, is_cloudformation, names_customer_key, prop};
use crate::{
    draft::{Draft, Joined, put},
    registry::{Alone, Main, Satellite},
    view::{Raw, View},
};

const fn main(
    kind: Kind,
    types: &'static [&'static str],
    names: &'static [&'static str],
    build: fn(&Raw, &Joined, &mut Draft),
) -> Main {
    Main { types, kind, names, pulls: &[], build }
}

pub(super) const MAINS: &[Main] = &[
    main(Kind::BackupPlan, &["aws_backup_plan"], &["name", "id", "arn"], plan),
    main(Kind::BackupPlan, &["AWS::Backup::BackupPlan"], &[], plan),
    main(Kind::BackupVault, &["aws_backup_vault"], &["name", "id", "arn"], vault),
    main(Kind::BackupVault, &["AWS::Backup::BackupVault"], &["BackupVaultName"], vault),
    main(Kind::BackupVault, &["aws_backup_logically_air_gapped_vault"], &["name", "id", "arn"], air_gapped),
    main(Kind::BackupVault, &["AWS::Backup::LogicallyAirGappedBackupVault"], &["BackupVaultName"], air_gapped),
];

const LOCK: &str = "aws_backup_vault_lock_configuration";
const POLICY: &str = "aws_backup_vault_policy";

pub(super) const SATELLITES: &[Satellite] = &[Satellite {
    types: &[LOCK, POLICY],
    owners: &["aws_backup_vault", "aws_backup_logically_air_gapped_vault"],
    links: &["backup_vault_name"],
}];

/// What lets others in.
pub(super) const ALONE: &[Alone] =
    &[Alone { types: &[POLICY], owner: "aws_backup_vault", links: &["backup_vault_name"], what: "the vault" }];

fn plan(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    if is_cloudformation(raw) {
        let plan = raw.at("BackupPlan");
        if let Some(name) = plan.at("BackupPlanName").text().value() {
            draft.names.push(name.as_str().into());
        }
        draft.put("name", plan.at("BackupPlanName").text());
        draft.put_records("rules", &plan.at("BackupPlanRule"), |rule| {
            let life = rule.at("Lifecycle");
            Some(record(
                &rule.at("ScheduleExpression"),
                (&life.at("DeleteAfterDays"), &life.at("MoveToColdStorageAfterDays")),
                &rule.at("CopyActions"),
                &rule.at("EnableContinuousBackup"),
            ))
        });
    } else {
        draft.put_records("rules", &either(&raw.root(), "rule", "rules"), |rule| {
            let life = rule.at("lifecycle");
            Some(record(
                &rule.at("schedule"),
                (&life.at("delete_after"), &life.at("cold_storage_after")),
                &either(rule, "copy_action", "copy_actions"),
                &rule.at("enable_continuous_backup"),
            ))
        });
    }
}

fn record(
    schedule: &View<'_>,
    (delete, cold): (&View<'_>, &View<'_>),
    copies: &View<'_>,
    continuous: &View<'_>,
) -> Record {
    let mut record = Record::new();
    // At five in the morning, UTC, unless said otherwise (AWS Backup API, BackupRuleInput).
    put(&mut record, "schedule", schedule.text().or_default("cron(0 5 ? * * *)".to_owned()));
    // Terraform writes zero where nothing is said; a backup that is kept for no days does not exist.
    put(&mut record, "retention_days", delete.int().filter_map(|days| (days > 0).then_some(days)));
    put(&mut record, "cold_after_days", cold.int().filter_map(|days| (days > 0).then_some(days)));
    put(&mut record, "copies_elsewhere", copies.is_set());
    put(&mut record, "continuous", authored(continuous.bool()).or_default(false));
    record
}

fn vault(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    // A key that AWS manages unless one is named (AWS Backup developer guide, "Encryption for backups").
    let key = authored(prop(raw, "kms_key_arn", "EncryptionKeyArn").text());
    draft.put("encryption_at_rest.customer_managed_key", names_customer_key(key.clone()));
    draft.put("encryption_at_rest.key", key);
    // Either mode of a lock keeps backups from being deleted early; in governance mode people with a permission of
    // their own may take the lock away first (AWS Backup developer guide, "Vault Lock").
    let (immutable, least) = match joined.first(&[LOCK]) {
        Some(lock) => (lock.derive(true), lock.at("min_retention_days")),
        None => {
            let lock = raw.at("LockConfiguration");
            (lock.is_set(), lock.at("MinRetentionDays"))
        }
    };
    draft.put("immutable", immutable);
    draft.put("minimum_retention_days", authored(least.int()));
    access(raw, draft, policies(raw, joined));
}

/// Locked from the start, in compliance mode (AWS Backup developer guide, "Logically air-gapped vault").
fn air_gapped(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let key = authored(prop(raw, "encryption_key_arn", "EncryptionKeyArn").text());
    draft.put("encryption_at_rest.customer_managed_key", names_customer_key(key.clone()));
    draft.put("encryption_at_rest.key", key);
    draft.put("immutable", always(raw, true));
    draft.put("minimum_retention_days", prop(raw, "min_retention_days", "MinRetentionDays").int());
    access(raw, draft, policies(raw, joined));
}

fn policies<'a>(raw: &'a Raw, joined: &'a Joined) -> impl Iterator<Item = View<'a>> {
    joined.of(&[POLICY]).map(|policy| policy.at("policy")).chain(is_cloudformation(raw).then(|| raw.at("AccessPolicy")))
}

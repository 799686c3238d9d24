//! DynamoDB tables: encrypted and spread over zones whatever is said; the key and the backups are what differs.

use super::super::shared::{access, always, authored, encryption};
use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    view::{Items, Raw, View},
};

pub(super) fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    common(raw, draft);
    let block = raw.at("server_side_encryption");
    // Off means a key that AWS owns, on without a key one that AWS manages in the account.
    let key = match authored(block.at("enabled").bool()).value() {
        Some(false) => Fact::absent(block.at("kms_key_arn").origin()),
        _ => authored(block.at("kms_key_arn").text()),
    };
    encrypted(raw, draft, key);
    let recovery = raw.at("point_in_time_recovery");
    backups(draft, recovery.at("enabled").bool(), &recovery.at("recovery_period_in_days"));
    draft.put("deletion_protection", authored(raw.at("deletion_protection_enabled").bool()).or_default(false));
    access(raw, draft, joined.of(&["aws_dynamodb_resource_policy"]).map(|policy| policy.at("policy")));
}

pub(super) fn cloudformation(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    common(raw, draft);
    let specification = raw.at("SSESpecification");
    // A global table states the key, the backups and the protection per replica. Backups and protection count where
    // every replica has them; the key is the first one's, for each region has its own.
    let replica = raw.at("Replicas").item(0);
    let global = &*raw.type_name == "AWS::DynamoDB::GlobalTable";
    let settings = if global { replica } else { raw.root() };
    let key = match specification.at("SSEEnabled").bool().value() {
        Some(false) => Fact::absent(specification.origin()),
        _ if global => settings.at("SSESpecification").at("KMSMasterKeyId").text(),
        _ => specification.at("KMSMasterKeyId").text(),
    };
    encrypted(raw, draft, key);
    let recovery = settings.at("PointInTimeRecoverySpecification");
    let everywhere = |said: &dyn Fn(&View<'_>) -> Fact<bool>| match global {
        true => every(&raw.at("Replicas"), said),
        false => said(&raw.root()),
    };
    let recovers =
        everywhere(&|one| one.at("PointInTimeRecoverySpecification").at("PointInTimeRecoveryEnabled").bool());
    backups(draft, recovers, &recovery.at("RecoveryPeriodInDays"));
    let protected = everywhere(&|one| one.at("DeletionProtectionEnabled").bool());
    draft.put("deletion_protection", protected.or_default(false));
    access(raw, draft, [settings.at("ResourcePolicy").at("PolicyDocument")]);
}

fn common(raw: &Raw, draft: &mut Draft) {
    draft.put("role", raw.derive("table"));
    draft.put("engine", always(raw, "dynamodb"));
    // DynamoDB developer guide, "Resilience": every table is kept in three zones.
    draft.put("multi_zone", always(raw, true));
    // There is no other way to sign in.
    draft.put("directory_authentication", always(raw, true));
}

/// DynamoDB developer guide, "Encryption at rest": it cannot be turned off.
fn encrypted(raw: &Raw, draft: &mut Draft, key: Fact<String>) {
    encryption(draft, always(raw, true), key);
}

/// Kleene's *and* over the replicas. Without any, nobody says it.
fn every(replicas: &View<'_>, said: &dyn Fn(&View<'_>) -> Fact<bool>) -> Fact<bool> {
    match replicas.items() {
        Items::Unknown(why) => Fact { state: State::Unknown(why), origin: replicas.origin() },
        Items::Known(items) => items
            .iter()
            .map(|one| match one.unknown() {
                Some(why) => Fact { state: State::Unknown(why), origin: one.origin() },
                None => said(one),
            })
            .reduce(Fact::and)
            .unwrap_or_else(|| Fact::absent(replicas.origin())),
    }
}

fn backups(draft: &mut Draft, enabled: Fact<bool>, days: &View<'_>) {
    let enabled = authored(enabled).or_default(false);
    if enabled.value() == Some(&true) {
        // "Point-in-time backups for DynamoDB": 35 days unless set.
        draft.put("backup.retention_days", authored(days.int()).or_default(35));
    }
    draft.put("backup.enabled", enabled.clone());
    draft.put("backup.point_in_time_recovery", enabled);
}

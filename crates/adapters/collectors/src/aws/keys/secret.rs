//! Secrets with their rotation, and parameters.

use super::super::shared::{access, authored, customer_key, either, prop, says_credential};
use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    view::{Raw, View},
};

pub(super) const ROTATION: &str = "aws_secretsmanager_secret_rotation";
pub(super) const POLICY: &str = "aws_secretsmanager_secret_policy";
pub(super) const ROTATION_SCHEDULE: &str = "AWS::SecretsManager::RotationSchedule";
pub(super) const RESOURCE_POLICY: &str = "AWS::SecretsManager::ResourcePolicy";

pub(super) fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    // Encrypted with `aws/secretsmanager` unless a key is named (Secrets Manager user guide, "Secret encryption").
    customer_key(draft, "encryption_at_rest.key", "encryption_at_rest.customer_managed_key", &raw.at("kms_key_id"));
    match joined.first(&[ROTATION]) {
        Some(rotation) => {
            draft.put("rotation.enabled", authored(rotation.at("rotation_enabled").bool()).or_default(true));
            draft.put("rotation.days", days(&rotation.at("rotation_rules")));
        }
        // Older providers stated it in the secret itself.
        None => {
            let function = authored(raw.at("rotation_lambda_arn").is_set());
            let stated = authored(raw.at("rotation_enabled").bool()).or_else(|| function);
            draft.put("rotation.enabled", stated.or_default(false));
            draft.put("rotation.days", authored(days(&raw.at("rotation_rules"))));
        }
    }
    // 30 days unless said otherwise (Secrets Manager API, DeleteSecret).
    draft.put("recovery_window_days", authored(raw.at("recovery_window_in_days").int()).or_default(30));
    let separate: Vec<_> = joined.of(&[POLICY]).map(|policy| policy.at("policy")).collect();
    access(raw, draft, if separate.is_empty() { vec![raw.at("policy")] } else { separate });
}

pub(super) fn cloudformation(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    customer_key(draft, "encryption_at_rest.key", "encryption_at_rest.customer_managed_key", &raw.at("KmsKeyId"));
    let rotation = joined.first(&[ROTATION_SCHEDULE]);
    draft.put("rotation.enabled", rotation.map_or_else(|| raw.derive(false), |schedule| schedule.derive(true)));
    if let Some(schedule) = rotation {
        draft.put("rotation.days", days(&schedule.at("RotationRules")));
    }
    access(raw, draft, joined.of(&[RESOURCE_POLICY]).map(|policy| policy.at("ResourcePolicy")));
}

/// Days between rotations. Of a schedule only a plain rate of days or hours is such a number.
fn days(rules: &View<'_>) -> Fact<i64> {
    either(rules, "automatically_after_days", "AutomaticallyAfterDays")
        .int()
        .or_else(|| either(rules, "schedule_expression", "ScheduleExpression").text().filter_map(|text| rate(&text)))
}

/// `rate(10 days)` is 10; a rate of hours counts as the days that it begins.
fn rate(text: &str) -> Option<i64> {
    let (number, unit) = text.trim().strip_prefix("rate(")?.strip_suffix(')')?.trim().split_once(' ')?;
    let number: i64 = number.parse().ok()?;
    match unit.trim() {
        "day" | "days" => Some(number),
        "hour" | "hours" => Some(number.saturating_add(23) / 24),
        _ => None,
    }
}

pub(super) fn parameter(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    // CloudFormation cannot make secure parameters, and says so of `Type`.
    let kind = prop(raw, "type", "Type").text();
    draft.put("secure", kind.map(|kind| kind == "SecureString"));
    let name = prop(raw, "name", "Name").text();
    draft.put("looks_secret", name.map(|name| says_credential(last_segment(&name))).derived());
}

/// Parameters are named like paths; what they hold is said last: `/app/secrets/url` is a URL.
fn last_segment(name: &str) -> &str {
    name.trim_end_matches('/').rsplit('/').next().unwrap_or(name)
}

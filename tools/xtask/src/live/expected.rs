//! What the seeder's account must look like to the policies: the seeder's own word for each resource, and the verdict
//! that follows from it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::statuses;

/// A verdict that follows from what the seeder did.
enum Follows {
    /// Passes exactly when this flag is set.
    When(&'static str),
    /// Fails exactly when this flag is set.
    Unless(&'static str),
    /// Passes exactly when this number is at least so much; where there is none, it passes as "for ever".
    AtLeast(&'static str, i64),
    /// Fails exactly when the first flag is set and the second is not.
    UnlessGuarded(&'static str, &'static str),
    /// Passes exactly when the second flag is set, and concerns only those with the first.
    Among(&'static str, &'static str),
    /// Always this.
    Always(&'static str),
    /// Fails exactly for the last of every eight: the seeder attaches its policies in turn, and the eighth allows all.
    UnlessEighth,
}

use Follows::{Always, Among, AtLeast, Unless, UnlessEighth, UnlessGuarded, When};

/// Kind of the seeder, policy, what follows. Buckets that only take logs are judged by other policies, and are left out
/// where the table says `-logs`.
const ROWS: &[(&str, &str, Follows)] = &[
    ("s3.bucket", "object-store-encryption-at-rest", Always("pass")),
    ("s3.bucket-logs", "object-store-customer-managed-key", When("kms")),
    ("s3.bucket-logs", "object-store-kms-encryption", When("kms")),
    ("s3.bucket", "object-store-versioning", When("versioning")),
    ("s3.bucket", "object-store-public-access-block", When("pab")),
    ("s3.bucket", "object-store-not-public", UnlessGuarded("public", "pab")),
    ("s3.bucket", "object-store-tls-only", When("tls_only")),
    ("s3.bucket-logs", "object-store-access-logging", When("logging")),
    ("ec2.vpc", "network-flow-logs", When("flow_logs")),
    ("ec2.subnet", "subnet-no-public-addresses", Unless("map_public_ip")),
    ("ec2.security_group", "firewall-no-world-ssh", Unless("open_22")),
    ("ec2.security_group", "firewall-no-world-rdp", Unless("open_3389")),
    ("ec2.security_group", "firewall-no-world-database-ports", Unless("open_5432")),
    ("ec2.security_group", "firewall-no-world-all-ports", Unless("open_all")),
    ("ec2.instance", "compute-instance-imdsv2", When("imdsv2")),
    ("ec2.instance", "compute-instance-no-public-address", Unless("public_ip")),
    ("ec2.instance", "compute-instance-detailed-monitoring", When("monitoring")),
    ("ec2.volume", "volume-encryption-at-rest", When("encrypted")),
    ("ec2.snapshot", "volume-snapshot-encryption", When("encrypted")),
    ("ec2.snapshot", "volume-snapshot-not-public", Unless("public")),
    ("elbv2.load_balancer", "load-balancer-listeners-encrypted", When("tls")),
    ("elbv2.load_balancer", "load-balancer-access-logging", When("access_logs")),
    ("elbv2.load_balancer", "load-balancer-deletion-protection", When("deletion_protection")),
    ("rds.instance", "database-encryption-at-rest", When("encrypted")),
    ("rds.instance", "database-customer-managed-key", When("encrypted")),
    ("rds.instance", "database-backup-enabled", AtLeast("backup_days", 1)),
    ("rds.instance", "database-backup-retention", AtLeast("backup_days", 7)),
    ("rds.instance", "database-multi-zone", When("multi_az")),
    ("rds.instance", "database-not-public", Unless("public")),
    ("rds.instance", "database-deletion-protection", When("deletion_protection")),
    ("rds.instance", "database-log-exports", When("logs")),
    ("rds.cluster", "database-encryption-at-rest", When("encrypted")),
    ("rds.cluster", "database-deletion-protection", When("deletion_protection")),
    ("rds.cluster", "database-backup-retention", AtLeast("backup_days", 7)),
    ("rds.snapshot", "volume-snapshot-encryption", When("encrypted")),
    ("rds.snapshot", "volume-snapshot-not-public", Unless("public")),
    ("dynamodb.table", "table-customer-managed-key", When("kms")),
    ("dynamodb.table", "table-point-in-time-recovery", When("pitr")),
    ("efs.file_system", "file-system-encryption-at-rest", When("encrypted")),
    ("efs.file_system", "file-system-backup", When("backup")),
    ("ecr.repository", "container-registry-scan-on-push", When("scan_on_push")),
    ("ecr.repository", "container-registry-immutable-tags", When("immutable")),
    ("sns.topic", "topic-encryption-at-rest", When("kms")),
    ("sqs.queue", "queue-encryption-at-rest", When("kms")),
    ("sqs.queue", "queue-not-public", Unless("public")),
    ("iam.policy", "access-policy-no-full-admin", Unless("admin")),
    ("iam.user", "identity-console-mfa", Among("console", "mfa")),
    ("iam.user", "identity-no-long-lived-keys", Unless("access_keys")),
    ("iam.user", "identity-no-direct-policies", Unless("inline_policy")),
    ("iam.role", "role-trust-not-open", Unless("trust_any")),
    ("iam.group", "access-policy-no-full-admin", UnlessEighth),
    ("iam.password_policy", "credential-policy-length", AtLeast("min_length", 14)),
    ("kms.key", "key-rotation", When("rotation")),
    ("lambda.function", "function-in-private-network", When("in_vpc")),
    ("lambda.function", "function-runtime-supported", Unless("deprecated_runtime")),
    // The simulator has no answer to this question: a page of HTML, which must not pass.
    ("lambda.function", "function-url-requires-sign-in", Always("unknown")),
    ("secretsmanager.secret", "secret-rotation", When("rotation")),
    ("logs.group", "log-store-customer-managed-key", When("kms")),
    ("logs.group", "log-store-retention", AtLeast("retention_days", 90)),
    ("cloudtrail.trail", "audit-trail-multi-region", When("multi_region")),
    ("cloudtrail.trail", "audit-trail-customer-managed-key", When("kms")),
    ("cloudtrail.trail", "audit-trail-integrity-validation", When("validation")),
    ("cloudtrail.trail", "audit-trail-enabled", When("logging")),
    ("config.recorder", "config-recorder-records", When("recording")),
    ("guardduty.detector", "threat-detector-enabled", When("enabled")),
    ("backup.vault", "backup-vault-customer-managed-key", When("kms")),
    ("redshift.cluster", "data-warehouse-encryption-at-rest", When("encrypted")),
    ("redshift.cluster", "data-warehouse-not-public", Unless("public")),
    ("opensearch.domain", "search-cluster-encryption-at-rest", When("encrypted")),
    ("opensearch.domain", "search-cluster-node-to-node", When("n2n")),
    ("opensearch.domain", "search-cluster-https-required", When("https")),
    ("kinesis.stream", "stream-encryption-at-rest", When("encrypted")),
    ("elasticache.replication_group", "cache-encryption-at-rest", When("at_rest")),
    ("elasticache.replication_group", "cache-encryption-in-transit", When("transit")),
    ("ecs.cluster", "container-cluster-insights", When("insights")),
    ("ecs.task_definition", "container-task-not-privileged", Unless("privileged")),
    ("eks.cluster", "container-cluster-endpoint-restricted", Unless("public_endpoint")),
    ("backup.plan", "backup-plan-retention", AtLeast("delete_after", 30)),
    ("cloudfront.distribution", "cdn-viewer-https", When("https")),
    ("cloudfront.distribution", "cdn-access-logging", Always("fail")),
    ("cloudfront.distribution", "cdn-web-firewall", Always("fail")),
    // The simulator answers these with pages of HTML.
    ("ec2.instance", "compute-instance-patched", Always("unknown")),
    ("backup.vault", "backup-vault-policy-not-open", Always("unknown")),
];

/// What the collector does not ask; every report must name the service.
const NOT_ASKED: &[(&str, &str)] = &[("fsx", "FSx"), ("elb", "Elastic Load Balancing, classic")];

/// What no kind of the model or no policy is about.
const NO_KIND: &[&str] = &[
    // APIs without a method or a stage: nothing is there to be judged.
    "apigateway.rest_api",
    "cloudwatch.alarm",
    "cognito.user_pool",
    "config.rule",
    "ec2.account",
    "ec2.eip",
    "ec2.igw",
    "macie2.session",
    "route53.zone",
    "securityhub.hub",
    "ssm.parameter",
    "stepfunctions.state_machine",
];

/// Compares the report with the truth, resource by resource.
pub(super) fn verdicts(truth: &Value, report: &Value) -> Result<String, String> {
    let found = statuses(report, |_| true);
    let mut addresses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (address, _) in found.keys() {
        for name in [address.as_str(), tail(address, ':'), tail(address, '/')] {
            addresses.entry(name).or_default().insert(address);
        }
    }
    let resources = truth.get("truth").and_then(Value::as_array).ok_or("the seeder told no truth")?;
    let mut wrong = Vec::new();
    let mut compared = 0_usize;
    let mut judged = 0_usize;
    for resource in resources {
        let kind = resource.get("kind").and_then(Value::as_str).unwrap_or_default();
        let id = resource.get("id").and_then(Value::as_str).unwrap_or_default();
        let attributes = resource.get("attrs").cloned().unwrap_or_default();
        let rows: Vec<_> = ROWS.iter().filter(|(of, ..)| of.trim_end_matches("-logs") == kind).collect();
        if rows.is_empty() {
            let service = kind.split('.').next().unwrap_or_default();
            if !NO_KIND.contains(&kind) && !NOT_ASKED.iter().any(|(of, _)| *of == service) {
                wrong.push(format!("{kind} {id}: nothing is expected of it"));
            }
            continue;
        }
        judged += 1;
        let candidates = address_of(kind, id, &addresses, &found);
        for (of, policy, follows) in rows {
            if of.ends_with("-logs") && takes_logs(id) {
                continue;
            }
            let want = expect(follows, id, &attributes);
            let told = candidates.iter().find_map(|address| found.get(&((*address).to_owned(), (*policy).to_owned())));
            compared += 1;
            if told.map(String::as_str) != want {
                wrong.push(format!("{kind} {id}: {policy} is {told:?}, not {want:?}"));
            }
        }
    }
    if wrong.is_empty() {
        Ok(format!("{compared} verdicts on {judged} of {} seeded resources are as expected", resources.len()))
    } else {
        let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
        Err(format!("{} of {compared} verdicts are not as expected:\n  {}", wrong.len(), shown.join("\n  ")))
    }
}

fn tail(text: &str, by: char) -> &str {
    text.rsplit_once(by).map_or(text, |(_, tail)| tail)
}

/// Addresses that a seeded resource may have in the report: an ARN that is its id or ends with it.
fn address_of<'a>(
    kind: &str,
    id: &'a str,
    addresses: &BTreeMap<&str, BTreeSet<&'a str>>,
    found: &'a BTreeMap<(String, String), String>,
) -> Vec<&'a str> {
    let name = match kind {
        // A queue is known by its address.
        "sqs.queue" => tail(id, '/'),
        "iam.password_policy" => "account-password-policy",
        _ => id,
    };
    let exact: Vec<&str> = addresses.get(name).into_iter().flatten().copied().collect();
    if !exact.is_empty() {
        return exact;
    }
    let ends = |address: &&str| address.strip_suffix(name).is_some_and(|before| before.ends_with([':', '/']));
    found.keys().map(|(address, _)| address.as_str()).filter(ends).collect()
}

/// Buckets that others write their logs to.
fn takes_logs(bucket: &str) -> bool {
    bucket.ends_with("-access-logs") || bucket.ends_with("-trail") || bucket.contains("-flow-")
}

/// The verdict; `None` where the policy must not concern the resource.
fn expect(follows: &Follows, id: &str, attributes: &Value) -> Option<&'static str> {
    let flag = |key: &str| match attributes.get(key) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_i64().unwrap_or(0) > 0,
        _ => false,
    };
    let verdict = |pass: bool| Some(if pass { "pass" } else { "fail" });
    match follows {
        When(key) => verdict(flag(key)),
        Unless(key) => verdict(!flag(key)),
        AtLeast(key, least) => verdict(attributes.get(*key).and_then(Value::as_i64).is_none_or(|n| n >= *least)),
        UnlessGuarded(key, guard) => verdict(!flag(key) || flag(guard)),
        Among(key, then) => {
            if flag(key) {
                verdict(flag(then))
            } else {
                None
            }
        }
        Always(status) => Some(status),
        UnlessEighth => verdict(tail(id, '-').parse::<u32>().is_ok_and(|number| number % 8 != 7)),
    }
}

/// What the collector does not ask must be named in the snapshot and in the report.
pub(super) fn shown(snapshot: &Value, report: &Value) -> Result<(), String> {
    for (_, service) in NOT_ASKED {
        for (place, value) in [("snapshot", snapshot.get("not_asked")), ("report", report.get("not_understood"))] {
            if !value.is_some_and(|list| list.to_string().contains(service)) {
                return Err(format!("{service} is not asked, and the {place} does not say so"));
            }
        }
    }
    Ok(())
}

/// After the faults of `denied` exactly what they hide may differ from the report without faults: what hung on a refused
/// call is unknown or gone behind an `*`, and never passes; all the rest is as it was.
pub(super) fn only_these_changed(base: &Value, faulty: &Value) -> Result<(), String> {
    let (before, after) = (statuses(base, |_| true), statuses(faulty, |_| true));
    let instances = |address: &str| address.contains(":rds:") && address.contains(":db:");
    let hidden_list =
        |address: &str| instances(address) || address.contains(":cloudtrail:") || address.contains(":guardduty:");
    // Policies that read what the refused call would have told.
    let may_be_unknown = |address: &str, policy: &str| {
        (policy.starts_with("key-rotation") && address.contains(":kms:"))
            || (address.contains(":sqs:"))
            || (address.contains(":s3:::")
                && matches!(policy, "object-store-not-public" | "object-store-tls-only"))
            // Where a trail writes is not seen, so any bucket may be one that takes logs.
            || (address.contains(":s3:::") && is_about_log_stores(policy))
            || address == "(all inputs)"
    };
    let mut unknown = 0_usize;
    for ((address, policy), status) in &before {
        let now = after.get(&(address.clone(), policy.clone())).map(String::as_str);
        if hidden_list(address) {
            if now.is_some() {
                return Err(format!("{address} could not be seen, and {policy} says {now:?}"));
            }
            continue;
        }
        if now == Some(status.as_str()) {
            continue;
        }
        if now != Some("unknown") || !may_be_unknown(address, policy) {
            return Err(format!("{policy} of {address} was {status}, is {now:?}"));
        }
        unknown += 1;
    }
    let mut stand_ins = 0_usize;
    for ((address, policy), status) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        // A bucket that may take logs is judged as one; what holds, holds whether it does or not.
        let holds_anyway = status == "pass" && address.contains(":s3:::") && is_about_log_stores(policy);
        if status != "unknown" && !holds_anyway {
            return Err(format!("{policy} of {address} appears, and is {status}"));
        }
        stand_ins += usize::from(address.ends_with('*'));
    }
    // What the refused calls stand for: databases, trails, detectors.
    for (part, least) in [(":db:*", 10), (":trail/*", 5), (":detector/*", 1)] {
        let count = after.keys().filter(|(address, _)| address.ends_with(part)).count();
        if count < least {
            return Err(format!("only {count} verdicts stand for what is behind {part}"));
        }
    }
    for (policy, why) in [("queue-not-public", "sqs"), ("key-rotation", "kms"), ("object-store-tls-only", "s3")] {
        let passes =
            after.iter().find(|((address, of), status)| of == policy && *status == "pass" && !is_aws_key(address));
        if let Some(((address, _), _)) = passes {
            return Err(format!("{policy} of {address} passes, though {why} refused to tell"));
        }
    }
    let audit = after.get(&("(all inputs)".to_owned(), "account-audit-trail".to_owned())).map(String::as_str);
    if audit != Some("unknown") {
        return Err(format!("no trail could be seen, and account-audit-trail is {audit:?}"));
    }
    println!("xtask: six refused calls: {unknown} verdicts became unknown, {stand_ins} stand for what was not seen");
    Ok(())
}

fn is_about_log_stores(policy: &str) -> bool {
    policy.starts_with("object-store-logs")
        || matches!(
            policy,
            "object-store-access-logging"
                | "object-store-customer-managed-key"
                | "object-store-kms-encryption"
                | "object-store-replication"
        )
}

/// Keys of which the rotation is not asked.
fn is_aws_key(address: &str) -> bool {
    address.contains("alias/aws/")
}

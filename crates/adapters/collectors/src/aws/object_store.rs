//! Object stores: S3 buckets with everything that Terraform and Pulumi keep in separate resources.
//!
//! Old code states the same settings inside the bucket; a separate resource wins over them, because Terraform reads
//! what it set back into the bucket.

#[cfg(test)]
mod tests;

use attesta_resource::Kind;

use super::shared::{self, Access, authored, either, points_to, some};
use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    registry::{Alone, Main, Satellite},
    view::{Raw, View},
};

const NAMES: &[&str] = &["bucket", "id", "arn"];

pub(super) const MAINS: &[Main] = &[
    Main { types: &["aws_s3_bucket"], kind: Kind::ObjectStore, names: NAMES, pulls: &[], build: terraform },
    Main {
        types: &["AWS::S3::Bucket"],
        kind: Kind::ObjectStore,
        names: &["BucketName"],
        pulls: &[],
        build: cloudformation,
    },
];

const ENCRYPTION: &str = "aws_s3_bucket_server_side_encryption_configuration";
const VERSIONING: &str = "aws_s3_bucket_versioning";
const ACL: &str = "aws_s3_bucket_acl";
const POLICY: &str = "aws_s3_bucket_policy";
const PUBLIC_ACCESS: &str = "aws_s3_bucket_public_access_block";
const OWNERSHIP: &str = "aws_s3_bucket_ownership_controls";
const LOGGING: &str = "aws_s3_bucket_logging";
const LIFECYCLE: &str = "aws_s3_bucket_lifecycle_configuration";
const OBJECT_LOCK: &str = "aws_s3_bucket_object_lock_configuration";
const REPLICATION: &str = "aws_s3_bucket_replication_configuration";
const WEBSITE: &str = "aws_s3_bucket_website_configuration";

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &[
            ENCRYPTION,
            VERSIONING,
            ACL,
            POLICY,
            PUBLIC_ACCESS,
            OWNERSHIP,
            LIFECYCLE,
            OBJECT_LOCK,
            REPLICATION,
            WEBSITE,
        ],
        owners: &["aws_s3_bucket"],
        links: &["bucket"],
    },
    // Belongs to the bucket that is watched and to the one that takes the logs.
    Satellite { types: &[LOGGING], owners: &["aws_s3_bucket"], links: &["bucket", "target_bucket"] },
    Satellite { types: &["AWS::S3::BucketPolicy"], owners: &["AWS::S3::Bucket"], links: &["Bucket"] },
];

/// What can open a bucket or leave it unprotected; the others only ever add to it.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: &[ENCRYPTION, VERSIONING, ACL, POLICY, PUBLIC_ACCESS, OWNERSHIP, WEBSITE],
        owner: "aws_s3_bucket",
        links: &["bucket"],
        what: "the bucket",
    },
    Alone { types: &["AWS::S3::BucketPolicy"], owner: "AWS::S3::Bucket", links: &["Bucket"], what: "the bucket" },
];

fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let root = raw.root();
    let rule = match joined.first(&[ENCRYPTION]) {
        Some(separate) => either(&separate.root(), "rule", "rules"),
        None => {
            let block = either(&root, "server_side_encryption_configuration", "server_side_encryption_configurations");
            either(&block, "rule", "rules")
        }
    };
    let by_default =
        either(&rule, "apply_server_side_encryption_by_default", "apply_server_side_encryption_by_defaults");
    let key = by_default.at("kms_master_key_id").text();
    // Only inside the bucket is the block one that the provider computes.
    let key = if joined.first(&[ENCRYPTION]).is_some() { key } else { authored(key) };
    encryption(raw, draft, &by_default.at("sse_algorithm"), key);

    let lock = object_lock_terraform(raw, joined, draft);
    let (versions, mfa_delete) = match joined.first(&[VERSIONING]) {
        Some(separate) => {
            let block = separate.at("versioning_configuration");
            (says(&block.at("status"), "Enabled"), authored(says(&block.at("mfa_delete"), "Enabled")))
        }
        None => {
            let block = either(&root, "versioning", "versionings");
            (authored(block.at("enabled").bool()), authored(block.at("mfa_delete").bool()))
        }
    };
    versioning(draft, versions, mfa_delete, lock);

    let controls = joined.first(&[OWNERSHIP]).map_or_else(|| raw.at("ownership_controls"), Raw::root);
    let disabled = says(&either(&controls, "rule", "rules").at("object_ownership"), "BucketOwnerEnforced");
    let separate_acl = joined.first(&[ACL]);
    let canned = match separate_acl {
        // An explicit list of grants stands in place of a canned ACL.
        Some(separate) => separate.at("acl").text(),
        None => authored(raw.at("acl").text()).or_default("private".to_owned()),
    };
    let grants = match separate_acl {
        Some(separate) => {
            let policy = separate.at("access_control_policy");
            // Where a canned ACL is given instead, a plan leaves the list of grants to the provider.
            authored(some(&either(&policy, "grant", "grants"), |grant| to_public_group(&grant.at("grantee").at("uri"))))
        }
        None => authored(some(&either(&root, "grant", "grants"), |grant| to_public_group(&grant.at("uri")))),
    };
    let block = joined.first(&[PUBLIC_ACCESS]);
    let switch = |key| block.map_or_else(|| raw.absent(), |block| block.at(key).bool());
    let separate_policies: Vec<_> = joined.of(&[POLICY]).map(|policy| policy.at("policy")).collect();
    let policies = if separate_policies.is_empty() { vec![raw.at("policy")] } else { separate_policies };
    let access = shared::access(raw, draft, policies);
    public_access(
        draft,
        Openings { canned, grants, disabled, access },
        [
            switch("block_public_acls"),
            switch("ignore_public_acls"),
            switch("block_public_policy"),
            switch("restrict_public_buckets"),
        ],
    );

    logging_terraform(raw, joined, draft);
    draft.put(
        "replication.enabled",
        match joined.first(&[REPLICATION]) {
            Some(separate) => enabled_rule(&either(&separate.root(), "rule", "rules"), "status"),
            None => {
                let block = either(&root, "replication_configuration", "replication_configurations");
                authored(enabled_rule(&block.at("rules"), "status")).or_default(false)
            }
        },
    );
    draft.put(
        "lifecycle.enabled",
        match joined.first(&[LIFECYCLE]) {
            Some(separate) => enabled_rule(&either(&separate.root(), "rule", "rules"), "status"),
            None => {
                let rules = either(&root, "lifecycle_rule", "lifecycle_rules");
                authored(some(&rules, |rule| rule.at("enabled").bool())).or_default(false)
            }
        },
    );
    draft.put(
        "website.enabled",
        match joined.first(&[WEBSITE]) {
            Some(separate) => separate.derive(true),
            None => authored(either(&root, "website", "websites").is_set()).or_default(false),
        },
    );
}

fn cloudformation(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let by_default =
        raw.at("BucketEncryption").at("ServerSideEncryptionConfiguration").at("ServerSideEncryptionByDefault");
    encryption(raw, draft, &by_default.at("SSEAlgorithm"), by_default.at("KMSMasterKeyID").text());

    let retention = raw.at("ObjectLockConfiguration").at("Rule").at("DefaultRetention");
    let lock = raw
        .at("ObjectLockEnabled")
        .bool()
        .or_else(|| says(&raw.at("ObjectLockConfiguration").at("ObjectLockEnabled"), "Enabled"))
        .or_default(false);
    draft.put("object_lock.enabled", lock.clone());
    draft.put("object_lock.default_days", days(&retention.at("Days"), &retention.at("Years")));
    // CloudFormation has no property for MFA delete; it can only be set with the root user's device.
    versioning(draft, says(&raw.at("VersioningConfiguration").at("Status"), "Enabled"), raw.absent(), lock);

    let block = raw.at("PublicAccessBlockConfiguration");
    let access = shared::access(raw, draft, joined.of(&["AWS::S3::BucketPolicy"]).map(|p| p.at("PolicyDocument")));
    public_access(
        draft,
        Openings {
            canned: raw.at("AccessControl").text().map(|acl| kebab(&acl)).or_default("private".to_owned()),
            grants: raw.absent(),
            disabled: says(&raw.at("OwnershipControls").at("Rules").at("ObjectOwnership"), "BucketOwnerEnforced"),
            access,
        },
        [
            block.at("BlockPublicAcls").bool(),
            block.at("IgnorePublicAcls").bool(),
            block.at("BlockPublicPolicy").bool(),
            block.at("RestrictPublicBuckets").bool(),
        ],
    );

    // Without a destination the bucket writes to itself (CloudFormation, `LoggingConfiguration`).
    let logging = raw.at("LoggingConfiguration");
    draft.put("logging.enabled", logging.is_set());
    draft.put("logging.target", logging.at("DestinationBucketName").text());
    draft.put("replication.enabled", enabled_rule(&raw.at("ReplicationConfiguration").at("Rules"), "Status"));
    draft.put("lifecycle.enabled", enabled_rule(&raw.at("LifecycleConfiguration").at("Rules"), "Status"));
    draft.put("website.enabled", raw.at("WebsiteConfiguration").is_set());
}

fn encryption(raw: &Raw, draft: &mut Draft, algorithm: &View<'_>, key: Fact<String>) {
    let algorithm = authored(algorithm.text());
    // S3 encrypts every new object with its own keys since 2023-01-05 (S3 user guide, "Setting default server-side
    // encryption behavior"): whatever the algorithm is, there is one.
    let seen = algorithm.value().is_some() || (!algorithm.is_absent() && raw.unseen().is_none());
    let enabled = if seen { Fact::known(true, algorithm.origin.clone()) } else { shared::always(raw, true) };
    draft.put("encryption_at_rest.algorithm", algorithm.or_default("AES256".to_owned()));
    shared::encryption(draft, enabled.derived(), key);
}

/// `versioning.*`. Object lock turns versioning on by itself (S3 user guide, "Locking objects with Object Lock").
fn versioning(draft: &mut Draft, enabled: Fact<bool>, mfa_delete: Fact<bool>, lock: Fact<bool>) {
    draft.put("versioning.enabled", enabled.or_else(|| lock.derived()).or_default(false));
    draft.put("versioning.mfa_delete", mfa_delete.or_default(false));
}

/// What may open a bucket to anyone.
struct Openings {
    canned: Fact<String>,
    grants: Fact<bool>,
    disabled: Fact<bool>,
    access: Access,
}

/// `acl`, `acls_disabled`, `public_access.*` and `transport.tls_required`. The four switches are given in the order
/// block ACLs, ignore ACLs, block policies, restrict buckets.
///
/// The switches count as off where the code does not set them: S3 turns them on for buckets made after 2023-04-28 but
/// leaves older ones as they were (S3 user guide, "Blocking public access"). For the same reason nothing is said of
/// ACLs being disabled where no ownership control says so.
fn public_access(draft: &mut Draft, openings: Openings, switches: [Fact<bool>; 4]) {
    let [block_acls, ignore_acls, block_policy, restrict] = switches.map(|switch| switch.or_default(false));
    let Openings { canned, grants, disabled, access } = openings;
    let public_acl = canned.clone().map(|acl| is_public_acl(&acl)).or(grants);
    let no_effect = ignore_acls.clone().or(disabled.clone());
    let by_acl = public_acl.and(no_effect.negate());
    let by_policy = access.anyone.and(restrict.clone().negate());
    draft.put("public_access.block_public_acls", block_acls);
    draft.put("public_access.ignore_public_acls", ignore_acls);
    draft.put("public_access.block_public_policy", block_policy);
    draft.put("public_access.restrict_public_buckets", restrict);
    draft.put("public_access.allowed", by_acl.or(by_policy).or_default(false).derived());
    draft.put("acl", canned);
    draft.put("acls_disabled", disabled);
    draft.put("transport.tls_required", access.denies_plain_http.or_default(false));
}

/// S3 calls an ACL public when it grants anything to the groups of all users or of all signed-in users of AWS
/// (S3 user guide, "The meaning of public").
fn is_public_acl(canned: &str) -> bool {
    matches!(canned, "public-read" | "public-read-write" | "authenticated-read")
}

fn to_public_group(uri: &View<'_>) -> Fact<bool> {
    uri.text().map(|uri| uri.ends_with("/global/AllUsers") || uri.ends_with("/global/AuthenticatedUsers"))
}

fn object_lock_terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) -> Fact<bool> {
    let separate = joined.first(&[OBJECT_LOCK]);
    let block = separate
        .map_or_else(|| either(&raw.root(), "object_lock_configuration", "object_lock_configurations"), Raw::root);
    let enabled = match separate {
        // The only value it takes.
        Some(separate) => says(&block.at("object_lock_enabled"), "Enabled").or_else(|| separate.derive(true)),
        None => authored(says(&block.at("object_lock_enabled"), "Enabled"))
            .or(authored(raw.at("object_lock_enabled").bool()))
            .or_default(false),
    };
    let retention = either(&either(&block, "rule", "rules"), "default_retention", "default_retentions");
    draft.put("object_lock.enabled", enabled.clone());
    draft.put("object_lock.default_days", authored(days(&retention.at("days"), &retention.at("years"))));
    enabled
}

fn logging_terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let mut own = None;
    for satellite in joined.of(&[LOGGING]) {
        if points_to(&satellite.at("target_bucket"), raw, NAMES) {
            draft.put("used_for_logs", satellite.at("target_bucket").derive(true));
        }
        if points_to(&satellite.at("bucket"), raw, NAMES) {
            own.get_or_insert(satellite);
        }
    }
    let target = match own {
        Some(satellite) => satellite.at("target_bucket"),
        None => either(&raw.root(), "logging", "loggings").at("target_bucket"),
    };
    let enabled = match own {
        Some(satellite) => satellite.derive(true),
        None => authored(target.is_set()).or_default(false),
    };
    draft.put("logging.enabled", enabled);
    draft.put("logging.target", authored(target.text()));
}

fn enabled_rule(rules: &View<'_>, status: &'static str) -> Fact<bool> {
    some(rules, |rule| says(&rule.at(status), "Enabled")).or_default(false)
}

fn says(view: &View<'_>, word: &str) -> Fact<bool> {
    view.text().map(|text| text.eq_ignore_ascii_case(word))
}

fn days(days: &View<'_>, years: &View<'_>) -> Fact<i64> {
    days.int().or_else(|| years.int().map(|years| years.saturating_mul(365)))
}

/// CloudFormation's `PublicReadWrite` is S3's `public-read-write`.
fn kebab(pascal: &str) -> String {
    let mut out = String::with_capacity(pascal.len() + 4);
    for c in pascal.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

//! S3: buckets with everything that is asked of each, and the account's own block of public access.

use serde_json::{Value, json};

use super::{Place, placed};
use crate::{
    ask::{Call, Reply, is_unknown},
    found::{Found, Type, get, is, items, map, or, tags, text},
};

const BUCKET: Type = Type { name: "AWS::S3::Bucket", canonical: "aws_s3_bucket" };
const BLOCK: Type =
    Type { name: "AWS::S3::Bucket (public access block)", canonical: "aws_s3_bucket_public_access_block" };

/// The four switches, in the dialect's and in the API's words.
const SWITCHES: [(&str, &str); 4] = [
    ("block_public_acls", "BlockPublicAcls"),
    ("ignore_public_acls", "IgnorePublicAcls"),
    ("block_public_policy", "BlockPublicPolicy"),
    ("restrict_public_buckets", "RestrictPublicBuckets"),
];

const QUESTIONS: [&str; 12] = [
    "GetBucketEncryption",
    "GetPublicAccessBlock",
    "GetBucketVersioning",
    "GetBucketLogging",
    "GetBucketPolicy",
    "GetBucketAcl",
    "GetBucketOwnershipControls",
    "GetBucketLifecycleConfiguration",
    "GetObjectLockConfiguration",
    "GetBucketReplication",
    "GetBucketWebsite",
    "GetBucketTagging",
];

/// Buckets of the whole account; each is asked where it lives.
pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let everything = format!("arn:{}:s3:::*", place.partition);
    let listing = ("s3", "ListBuckets", json!({ "MaxBuckets": 1000 }));
    let (listed, buckets) = place.list(&mut found, BUCKET, listing, "/Buckets", &everything).await;
    if buckets.is_empty() {
        return found;
    }
    let account = place.one("s3control", "GetPublicAccessBlock", json!({ "AccountId": place.account })).await;
    let regions = regions(place, &buckets).await;
    let mut calls = Vec::new();
    for (bucket, region) in buckets.iter().zip(&regions) {
        for question in QUESTIONS {
            calls.push(Call::new("s3", question, region, json!({ "Bucket": get(bucket, "/Name") })));
        }
    }
    let replies = place.ask.many(calls).await;
    for (((pointer, bucket), region), answers) in
        placed(&buckets, "/Buckets").zip(&regions).zip(replies.chunks(QUESTIONS.len()))
    {
        let [encryption, block, versioning, logging, policy, acl, owners, lifecycle, lock, copies, site, labels] =
            answers
        else {
            continue;
        };
        let name = text(bucket, "/Name");
        let arn = format!("arn:{}:s3:::{name}", place.partition);
        let one = Found::new(BUCKET, &arn, &listed, &pointer)
            .set("bucket", json!(name))
            .set("arn", json!(arn))
            .set("region", json!(region))
            .told("server_side_encryption_configuration", encryption, RULES, default_encryption(encryption, place))
            .told("versioning", versioning, "", versions(versioning))
            .told("logging", logging, "/LoggingEnabled", target(logging))
            .told("policy", policy, "/Policy", policy.at("/Policy"))
            .told("acl", acl, "/Grants", canned(acl))
            .set("grant", grants(acl))
            .told("ownership_controls", owners, OWNERS, rule(owners.at(OWNERS), "object_ownership"))
            .told("lifecycle_rule", lifecycle, "/Rules", enabled(lifecycle.at("/Rules")))
            .told("object_lock_configuration", lock, "/ObjectLockConfiguration", locked(lock))
            .told("replication_configuration", copies, COPIES, copied(copies))
            .told("website", site, "", map(site.at(""), |_| json!({ "on": true })))
            .told("tags", labels, "/TagSet", tags(labels.at("/TagSet")));
        found.push(one);

        let mut switches = Found::new(BLOCK, format!("{arn}?publicAccessBlock"), block, CONFIGURATION)
            .set("bucket", json!(name))
            .set("region", json!(region));
        for (property, wire) in SWITCHES {
            let pointer = format!("{CONFIGURATION}/{wire}");
            let (own, whole) = (block.at(&pointer), account.at(&pointer));
            // The stricter of the bucket's and the account's switch holds (S3 user guide, "Blocking public access").
            let by_account = !on(&own) && on(&whole);
            switches = switches.told(property, if by_account { &account } else { block }, &pointer, or(&own, &whole));
        }
        found.push(switches);
    }
    found
}

fn on(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

const CONFIGURATION: &str = "/PublicAccessBlockConfiguration";
const RULES: &str = "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault";
const OWNERS: &str = "/OwnershipControls/Rules/0/ObjectOwnership";
const COPIES: &str = "/ReplicationConfiguration/Rules";

/// Where each bucket lives. One that does not say so is asked in the region that was begun in.
async fn regions(place: &Place, buckets: &[Value]) -> Vec<String> {
    let silent = |bucket: &&Value| text(bucket, "/BucketRegion").is_empty();
    let asked: Vec<&Value> = buckets.iter().filter(silent).collect();
    let inputs = asked.iter().map(|bucket| json!({ "Bucket": get(bucket, "/Name") }));
    let mut replies = place.each("s3", "GetBucketLocation", inputs).await.into_iter();
    let told = |reply: Option<Reply>| match reply.map(|reply| reply.at("/LocationConstraint")) {
        Some(value) if is_unknown(&value) => place.region.clone(),
        Some(Value::String(region)) if region == "EU" => "eu-west-1".to_owned(),
        Some(Value::String(region)) if !region.is_empty() => region,
        // The oldest region has no name here.
        Some(_) => "us-east-1".to_owned(),
        None => place.region.clone(),
    };
    let region = |bucket: &Value| match text(bucket, "/BucketRegion") {
        "" => told(replies.next()),
        region => region.to_owned(),
    };
    buckets.iter().map(region).collect()
}

fn default_encryption(reply: &Reply, place: &Place) -> Value {
    map(reply.at(RULES), |told| {
        let key = place.keys.name(get(told, "/KMSMasterKeyID"));
        let inner = json!({ "sse_algorithm": get(told, "/SSEAlgorithm"), "kms_master_key_id": key });
        json!({ "rule": { "apply_server_side_encryption_by_default": inner } })
    })
}

fn versions(reply: &Reply) -> Value {
    map(
        reply.at(""),
        |told| json!({ "enabled": text(told, "/Status") == "Enabled", "mfa_delete": is(get(told, "/MFADelete"), "Enabled") }),
    )
}

fn target(reply: &Reply) -> Value {
    map(reply.at("/LoggingEnabled"), |told| json!({ "target_bucket": get(told, "/TargetBucket") }))
}

fn grants(reply: &Reply) -> Value {
    map(reply.at("/Grants"), |list| {
        items(list, "").filter_map(|grant| grant.pointer("/Grantee/URI")).map(|uri| json!({ "uri": uri })).collect()
    })
}

/// The canned ACL that the grants amount to; the API tells grants alone.
fn canned(reply: &Reply) -> Value {
    map(reply.at("/Grants"), |list| {
        let has = |group: &str, permissions: [&str; 2]| {
            items(list, "").any(|grant| {
                text(grant, "/Grantee/URI").ends_with(group) && permissions.contains(&text(grant, "/Permission"))
            })
        };
        json!(if has("/global/AllUsers", ["WRITE", "FULL_CONTROL"]) {
            "public-read-write"
        } else if has("/global/AllUsers", ["READ", "FULL_CONTROL"]) {
            "public-read"
        } else if has("/global/AuthenticatedUsers", ["READ", "FULL_CONTROL"]) {
            "authenticated-read"
        } else if has("/s3/LogDelivery", ["WRITE", "FULL_CONTROL"]) {
            "log-delivery-write"
        } else {
            "private"
        })
    })
}

fn rule(value: Value, key: &str) -> Value {
    map(value, |told| json!({ "rule": { key: told } }))
}

fn enabled(rules: Value) -> Value {
    map(rules, |list| items(list, "").map(|rule| json!({ "enabled": text(rule, "/Status") == "Enabled" })).collect())
}

fn copied(reply: &Reply) -> Value {
    map(reply.at(COPIES), |list| {
        let rules: Value = items(list, "").map(|rule| json!({ "status": get(rule, "/Status") })).collect();
        json!({ "rules": rules })
    })
}

fn locked(reply: &Reply) -> Value {
    map(reply.at("/ObjectLockConfiguration"), |told| {
        let retention = json!({
            "days": get(told, "/Rule/DefaultRetention/Days"),
            "years": get(told, "/Rule/DefaultRetention/Years"),
        });
        json!({
            "object_lock_enabled": get(told, "/ObjectLockEnabled"),
            "rule": { "default_retention": retention },
        })
    })
}

use serde_json::{Value, json};

use crate::testing::{check, normalise, one};

const BUCKET: &str = "aws_s3_bucket";

fn with(kind: &'static str, properties: Value) -> attesta_resource::Resource {
    let mut satellite = json!({"bucket": {"$late": ["aws_s3_bucket.b"]}});
    if let (Some(all), Some(more)) = (satellite.as_object_mut(), properties.as_object()) {
        all.extend(more.clone());
    }
    one(&[("aws_s3_bucket.b", BUCKET, json!({"bucket": "records"})), ("x.b", kind, satellite)])
}

#[test]
fn a_bare_bucket_has_the_documented_defaults() {
    let expected = [
        ("name", "\"records\""),
        ("encryption_at_rest.enabled", "true"),
        ("encryption_at_rest.algorithm", "\"AES256\""),
        ("encryption_at_rest.customer_managed_key", "false"),
        ("encryption_at_rest.key", "absent"),
        ("public_access.block_public_acls", "false"),
        ("public_access.allowed", "false"),
        ("acl", "\"private\""),
        ("acls_disabled", "absent"),
        ("versioning.enabled", "false"),
        ("versioning.mfa_delete", "false"),
        ("logging.enabled", "false"),
        ("transport.tls_required", "false"),
        ("object_lock.enabled", "false"),
        ("replication.enabled", "false"),
        ("lifecycle.enabled", "false"),
        ("website.enabled", "false"),
        ("used_for_logs", "absent"),
        ("policy.statements", "absent"),
    ];
    check(&one(&[("b", BUCKET, json!({"bucket": "records"}))]), &expected);
    check(&one(&[("B", "AWS::S3::Bucket", json!({"BucketName": "records"}))]), &expected);
}

#[test]
fn what_only_the_provider_decides_is_not_the_authors() {
    // A plan that makes a bucket marks every computed block of it as known after apply, from nothing.
    let computed = || json!({"$late": []});
    let bucket = one(&[(
        "b",
        BUCKET,
        json!({
            "bucket": "records", "acl": computed(), "policy": computed(), "versioning": computed(), "website": [],
            "grant": computed(), "logging": computed(), "lifecycle_rule": computed(), "object_lock_enabled": computed(),
            "server_side_encryption_configuration": computed(), "replication_configuration": computed(),
        }),
    )]);
    check(
        &bucket,
        &[
            ("website.enabled", "false"),
            ("public_access.allowed", "false"),
            ("acl", "\"private\""),
            ("versioning.enabled", "false"),
            ("logging.enabled", "false"),
            ("logging.target", "absent"),
            ("lifecycle.enabled", "false"),
            ("object_lock.enabled", "false"),
            ("replication.enabled", "false"),
            ("encryption_at_rest.algorithm", "\"AES256\""),
            ("encryption_at_rest.customer_managed_key", "false"),
        ],
    );
}

#[test]
fn joins_satellites_by_reference_and_by_name() {
    let found = normalise(&[
        ("aws_s3_bucket.b", BUCKET, json!({"bucket": "records"})),
        (
            "aws_s3_bucket_versioning.b",
            "aws_s3_bucket_versioning",
            json!({
                "bucket": {"$late": ["aws_s3_bucket.b"]},
                "versioning_configuration": [{"status": "Enabled", "mfa_delete": "Enabled"}],
            }),
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration.b",
            "aws_s3_bucket_server_side_encryption_configuration",
            json!({
                "bucket": "records",
                "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": {"$unknown": "later"}}]}],
            }),
        ),
        // Another bucket's, which is not in these inputs.
        (
            "aws_s3_bucket_acl.c",
            "aws_s3_bucket_acl",
            json!({"bucket": {"$unknown": "elsewhere"}, "acl": "public-read"}),
        ),
    ]);
    let [bucket, elsewhere] = found.as_slice() else { panic!("{found:#?}") };
    check(elsewhere, &[("acl", "\"public-read\""), ("name", "absent"), ("versioning.enabled", "unknown")]);
    check(
        bucket,
        &[
            ("name", "\"records\""),
            ("versioning.enabled", "true"),
            ("versioning.mfa_delete", "true"),
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.algorithm", "\"aws:kms\""),
            ("encryption_at_rest.key", "unknown"),
            ("encryption_at_rest.customer_managed_key", "unknown"),
            ("acl", "\"private\""),
        ],
    );
}

#[test]
fn a_key_of_a_separate_resource_stays_unknown_without_references() {
    let later = json!({"$late": []});
    let bucket = with(
        "aws_s3_bucket_server_side_encryption_configuration",
        json!({"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": later}]}]}),
    );
    check(&bucket, &[("encryption_at_rest.customer_managed_key", "unknown"), ("encryption_at_rest.enabled", "true")]);
}

#[test]
fn old_inline_settings_count() {
    let bucket = one(&[(
        "b",
        BUCKET,
        json!({
            "bucket": "records",
            "acl": "public-read",
            "server_side_encryption_configuration": {"rule": {"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": "arn:aws:kms:us-east-1:1:key/k"}}},
            "versioning": {"enabled": "true", "mfa_delete": false},
            "logging": [{"target_bucket": "logs"}],
            "lifecycle_rule": [{"enabled": false}, {"enabled": true}],
            "object_lock_configuration": [{"object_lock_enabled": "Enabled", "rule": [{"default_retention": [{"mode": "COMPLIANCE", "years": 6}]}]}],
            "replication_configuration": [{"role": "r", "rules": [{"status": "Enabled"}]}],
            "website": [{"index_document": "index.html"}],
            "tags": {"data": "phi"},
        }),
    )]);
    check(
        &bucket,
        &[
            ("acl", "\"public-read\""),
            ("public_access.allowed", "true"),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("versioning.enabled", "true"),
            ("logging.enabled", "true"),
            ("logging.target", "\"logs\""),
            ("lifecycle.enabled", "true"),
            ("object_lock.enabled", "true"),
            ("object_lock.default_days", "2190"),
            ("replication.enabled", "true"),
            ("website.enabled", "true"),
        ],
    );
}

#[test]
fn pulumi_writes_plurals() {
    let bucket = one(&[
        (
            "urn",
            BUCKET,
            json!({"bucket": "records", "versionings": [{"enabled": true}], "loggings": [{"target_bucket": "logs"}]}),
        ),
        (
            "urn2",
            "aws_s3_bucket_server_side_encryption_configuration",
            json!({"bucket": "records", "rules": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": "alias/aws/s3"}}]}),
        ),
        (
            "urn3",
            "aws_s3_bucket_lifecycle_configuration",
            json!({"bucket": "records", "rules": [{"status": "Enabled"}]}),
        ),
    ]);
    check(
        &bucket,
        &[
            ("versioning.enabled", "true"),
            ("logging.enabled", "true"),
            ("lifecycle.enabled", "true"),
            ("encryption_at_rest.algorithm", "\"aws:kms\""),
            ("encryption_at_rest.customer_managed_key", "false"),
        ],
    );
}

#[test]
fn public_access_weighs_acls_policies_and_switches() {
    let public = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]});
    let on = json!({"block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true, "restrict_public_buckets": true});
    let all_users = json!({"access_control_policy": [{"grant": [{"grantee": [{"type": "Group", "uri": "http://acs.amazonaws.com/groups/global/AllUsers"}], "permission": "READ"}]}]});
    let acl = |acl: Value| ("aws_s3_bucket_acl", json!({"acl": acl}));
    let policy = |policy: Value| ("aws_s3_bucket_policy", json!({"policy": policy}));
    let block = |switches: Value| ("aws_s3_bucket_public_access_block", switches);
    let owner = ("aws_s3_bucket_ownership_controls", json!({"rule": [{"object_ownership": "BucketOwnerEnforced"}]}));
    for (satellites, want) in [
        (vec![acl(json!("public-read"))], "true"),
        (vec![acl(json!("authenticated-read"))], "true"),
        (vec![acl(json!("private"))], "false"),
        (vec![acl(json!({"$unknown": "var.acl"}))], "unknown"),
        (vec![("aws_s3_bucket_acl", json!({"acl": "private", "access_control_policy": {"$late": []}}))], "false"),
        (vec![("aws_s3_bucket_acl", all_users.clone())], "true"),
        (vec![acl(json!("public-read")), block(on.clone())], "false"),
        (vec![acl(json!({"$unknown": "var.acl"})), block(on.clone())], "false"),
        (vec![acl(json!("public-read")), block(json!({"ignore_public_acls": {"$unknown": "var"}}))], "unknown"),
        (vec![acl(json!("public-read")), block(json!({"block_public_acls": true}))], "true"),
        (vec![acl(json!("public-read")), owner.clone()], "false"),
        (vec![policy(json!(public.to_string()))], "true"),
        (vec![policy(public.clone())], "true"),
        (vec![policy(public.clone()), owner.clone()], "true"),
        (vec![policy(public.clone()), block(on.clone())], "false"),
        (vec![policy(json!({"$unknown": "data"}))], "unknown"),
        (vec![policy(json!({"$unknown": "data"})), block(on.clone())], "false"),
        (vec![policy(json!({"$unknown": "data"})), acl(json!("public-read"))], "true"),
    ] {
        let mut entries = vec![("aws_s3_bucket.b", BUCKET, json!({"bucket": "records"}))];
        for (kind, properties) in &satellites {
            let mut properties = properties.clone();
            properties["bucket"] = json!("arn:aws:s3:::records");
            entries.push(("x", kind, properties));
        }
        let bucket = one(&entries);
        check(&bucket, &[("public_access.allowed", want)]);
    }
}

#[test]
fn a_policy_may_refuse_plain_http() {
    let deny = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::records", "arn:aws:s3:::records/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]});
    let bucket = with("aws_s3_bucket_policy", json!({"policy": deny.to_string()}));
    check(&bucket, &[("transport.tls_required", "true"), ("public_access.allowed", "false")]);
    let bucket = one(&[
        ("B", "AWS::S3::Bucket", json!({})),
        ("P", "AWS::S3::BucketPolicy", json!({"Bucket": {"$ref": "B"}, "PolicyDocument": deny})),
    ]);
    check(&bucket, &[("transport.tls_required", "true"), ("public_access.allowed", "false")]);
}

#[test]
fn logging_tells_source_and_target_apart() {
    let buckets = normalise(&[
        ("aws_s3_bucket.data", BUCKET, json!({"bucket": "data"})),
        ("aws_s3_bucket.logs", BUCKET, json!({"bucket": "logs"})),
        ("l", "aws_s3_bucket_logging", json!({"bucket": "data", "target_bucket": {"$late": ["aws_s3_bucket.logs"]}})),
    ]);
    check(&buckets[0], &[("logging.enabled", "true"), ("logging.target", "unknown"), ("used_for_logs", "absent")]);
    check(&buckets[1], &[("logging.enabled", "false"), ("logging.target", "absent"), ("used_for_logs", "true")]);
}

#[test]
fn separate_resources_of_every_sort() {
    check(
        &with("aws_s3_bucket_object_lock_configuration", json!({"rule": [{"default_retention": [{"days": 30}]}]})),
        &[("object_lock.enabled", "true"), ("object_lock.default_days", "30"), ("versioning.enabled", "true")],
    );
    check(&with("aws_s3_bucket_website_configuration", json!({})), &[("website.enabled", "true")]);
    check(
        &with("aws_s3_bucket_replication_configuration", json!({"rule": [{"status": "Disabled"}]})),
        &[("replication.enabled", "false")],
    );
    check(
        &with("aws_s3_bucket_versioning", json!({"versioning_configuration": [{"status": "Suspended"}]})),
        &[("versioning.enabled", "false")],
    );
    check(
        &with("aws_s3_bucket_versioning", json!({"versioning_configuration": [{"status": {"$unknown": "var"}}]})),
        &[("versioning.enabled", "unknown")],
    );
}

#[test]
fn cloudformation_says_it_inline() {
    let bucket = one(&[(
        "B",
        "AWS::S3::Bucket",
        json!({
            "BucketName": "records",
            "AccessControl": "PublicReadWrite",
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"$ref": "Key"}}}]},
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true", "IgnorePublicAcls": false},
            "LoggingConfiguration": {"LogFilePrefix": "s3/"},
            "LifecycleConfiguration": {"Rules": [{"Status": "Disabled"}]},
            "ObjectLockEnabled": true,
            "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Days": 10}}},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
            "Tags": [{"Key": "data", "Value": "phi"}],
        }),
    )]);
    check(
        &bucket,
        &[
            ("acl", "\"public-read-write\""),
            ("acls_disabled", "false"),
            ("encryption_at_rest.key", "\"Key\""),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("versioning.enabled", "true"),
            ("public_access.block_public_acls", "true"),
            ("public_access.allowed", "true"),
            ("logging.enabled", "true"),
            ("logging.target", "absent"),
            ("lifecycle.enabled", "false"),
            ("object_lock.default_days", "10"),
            ("tags", "[{key: \"data\", value: \"phi\"}]"),
        ],
    );
}

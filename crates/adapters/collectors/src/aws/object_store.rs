//! Object stores: S3 buckets with everything that Terraform and Pulumi keep in separate resources.

use attesta_resource::Kind;

use crate::{
    draft::{Draft, Joined},
    registry::{Main, Satellite},
    view::Raw,
};

use super::shared;

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_s3_bucket"],
        kind: Kind::ObjectStore,
        names: &["bucket", "id", "arn"],
        pulls: &[],
        build: terraform,
    },
    Main {
        types: &["AWS::S3::Bucket"],
        kind: Kind::ObjectStore,
        names: &["BucketName"],
        pulls: &[],
        build: cloudformation,
    },
];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &["aws_s3_bucket_server_side_encryption_configuration", "aws_s3_bucket_versioning"],
        owners: &["aws_s3_bucket"],
        links: &["bucket"],
    },
    Satellite { types: &["AWS::S3::BucketPolicy"], owners: &["AWS::S3::Bucket"], links: &["Bucket"] },
];

fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let separate = joined.first(&["aws_s3_bucket_server_side_encryption_configuration"]);
    let rule = match separate {
        Some(satellite) => satellite.at("rule"),
        None => raw.at("server_side_encryption_configuration").at("rule"),
    };
    let default = rule.at("apply_server_side_encryption_by_default");
    // S3 encrypts every new object with its own keys since 2023-01-05 (AWS S3 user guide, "default encryption").
    draft.put("encryption_at_rest.enabled", default.at("sse_algorithm").is_set().map(|_| true));
    draft.put("encryption_at_rest.algorithm", default.at("sse_algorithm").text().or_default("AES256".to_owned()));
    shared::customer_key(
        draft,
        "encryption_at_rest.key",
        "encryption_at_rest.customer_managed_key",
        &default.at("kms_master_key_id"),
    );
    let versioning = match joined.first(&["aws_s3_bucket_versioning"]) {
        Some(satellite) => satellite.at("versioning_configuration").at("status").text().map(|s| s == "Enabled"),
        None => raw.at("versioning").at("enabled").bool(),
    };
    draft.put("versioning.enabled", versioning.or_default(false));
}

fn cloudformation(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put(
        "versioning.enabled",
        raw.at("VersioningConfiguration").at("Status").text().map(|s| s == "Enabled").or_default(false),
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{check, one};

    #[test]
    fn joins_satellites_by_reference_and_by_name() {
        let bucket = one(&[
            ("aws_s3_bucket.b", "aws_s3_bucket", json!({"bucket": "records"})),
            (
                "aws_s3_bucket_versioning.b",
                "aws_s3_bucket_versioning",
                json!({
                    "bucket": {"$late": ["aws_s3_bucket.b"]},
                    "versioning_configuration": [{"status": "Enabled"}],
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
        ]);
        check(
            &bucket,
            &[
                ("name", "\"records\""),
                ("versioning.enabled", "true"),
                ("encryption_at_rest.algorithm", "\"aws:kms\""),
                ("encryption_at_rest.customer_managed_key", "unknown"),
            ],
        );
    }
}

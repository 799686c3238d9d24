use serde_json::json;

use crate::testing::{check, one};

const KEY: &str = "arn:aws:kms:us-east-1:1:key/k";

#[test]
fn work_groups() {
    for (settings, encrypted, customer, enforced) in [
        (
            json!([{"result_configuration": [{"encryption_configuration": [{"encryption_option": "SSE_KMS", "kms_key_arn": KEY}]}]}]),
            "true",
            "true",
            "true",
        ),
        (
            json!({"enforce_workgroup_configuration": false, "result_configuration": {"encryption_configuration": {"encryption_option": "SSE_S3"}}}),
            "true",
            "false",
            "false",
        ),
        (
            json!([{"result_configuration": [{"output_location": "s3://b/", "encryption_configuration": []}]}]),
            "false",
            "false",
            "true",
        ),
        (json!([]), "false", "false", "true"),
        (
            json!([{"managed_query_results_configuration": [{"enabled": true, "encryption_configuration": [{"kms_key": KEY}]}]}]),
            "true",
            "true",
            "true",
        ),
        (
            json!([{"result_configuration": [{"encryption_configuration": [{"encryption_option": {"$unknown": "var"}, "kms_key_arn": KEY}]}]}]),
            "unknown",
            "unknown",
            "true",
        ),
    ] {
        check(
            &one(&[("w", "aws_athena_workgroup", json!({"name": "w", "configuration": settings}))]),
            &[
                ("part", "\"workgroup\""),
                ("results.encrypted", encrypted),
                ("results.customer_managed_key", customer),
                ("settings_enforced", enforced),
            ],
        );
    }
    check(
        &one(&[(
            "W",
            "AWS::Athena::WorkGroup",
            json!({"Name": "w", "WorkGroupConfiguration": {"EnforceWorkGroupConfiguration": "true", "ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "CSE_KMS", "KmsKey": {"$ref": "K"}}}}}),
        )]),
        &[("results.encrypted", "true"), ("results.customer_managed_key", "true"), ("settings_enforced", "true")],
    );
    check(
        &one(&[("W", "AWS::Athena::WorkGroup", json!({"Name": "plain"}))]),
        &[("results.encrypted", "false"), ("results.customer_managed_key", "false"), ("settings_enforced", "true")],
    );
}

#[test]
fn databases_and_flows() {
    check(
        &one(&[(
            "d",
            "aws_athena_database",
            json!({"name": "d", "encryption_configuration": [{"encryption_option": "SSE_KMS", "kms_key": KEY}]}),
        )]),
        &[("part", "\"database\""), ("results.encrypted", "true"), ("results.customer_managed_key", "true")],
    );
    check(
        &one(&[("f", "aws_appflow_flow", json!({"name": "f", "kms_arn": {"$late": []}}))]),
        &[("part", "\"flow\""), ("results.encrypted", "true"), ("results.customer_managed_key", "false")],
    );
    check(
        &one(&[("C", "AWS::AppFlow::ConnectorProfile", json!({"ConnectorProfileName": "c", "KMSArn": KEY}))]),
        &[("part", "\"connection\""), ("results.customer_managed_key", "true"), ("settings_enforced", "absent")],
    );
}

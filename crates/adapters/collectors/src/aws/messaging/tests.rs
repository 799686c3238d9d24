use serde_json::json;

use crate::testing::{check, normalise, one};

const KEY: &str = "arn:aws:kms:us-east-1:1:key/k";

#[test]
fn queues_are_encrypted_unless_that_is_switched_off() {
    for (queue, enabled, customer) in [
        (json!({"name": "q"}), "true", "false"),
        (json!({"name": "q", "sqs_managed_sse_enabled": {"$late": []}}), "true", "false"),
        (json!({"name": "q", "sqs_managed_sse_enabled": false}), "false", "false"),
        (json!({"name": "q", "sqs_managed_sse_enabled": "false", "kms_master_key_id": ""}), "false", "false"),
        (json!({"name": "q", "sqs_managed_sse_enabled": false, "kms_master_key_id": KEY}), "true", "true"),
        (json!({"name": "q", "sqs_managed_sse_enabled": false, "kms_master_key_id": "alias/aws/sqs"}), "true", "false"),
        (
            json!({"name": "q", "sqs_managed_sse_enabled": false, "kms_master_key_id": {"$late": ["aws_kms_key.k"]}}),
            "unknown",
            "unknown",
        ),
    ] {
        check(
            &one(&[("q", "aws_sqs_queue", queue)]),
            &[
                ("encryption_at_rest.enabled", enabled),
                ("encryption_at_rest.customer_managed_key", customer),
                ("dead_letter.connected", "false"),
            ],
        );
    }
    check(
        &one(&[(
            "Q",
            "AWS::SQS::Queue",
            json!({"KmsMasterKeyId": {"$ref": "Key"}, "SqsManagedSseEnabled": false, "RedrivePolicy": {"deadLetterTargetArn": {"$ref": "D"}}}),
        )]),
        &[
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "true"),
            ("dead_letter.connected", "true"),
            ("public_access", "false"),
        ],
    );
}

#[test]
fn policies_of_queues_and_topics() {
    let open = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    let narrow = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}]});
    check(
        &one(&[
            ("q", "aws_sqs_queue", json!({"name": "q", "policy": {"$late": []}})),
            ("p", "aws_sqs_queue_policy", json!({"queue_url": {"$late": ["q"]}, "policy": open.to_string()})),
            (
                "r",
                "aws_sqs_queue_redrive_policy",
                json!({"queue_url": "q", "redrive_policy": "{\"maxReceiveCount\":4}"}),
            ),
        ]),
        &[("public_access", "true"), ("dead_letter.connected", "true")],
    );
    check(
        &one(&[("q", "aws_sqs_queue", json!({"name": "q", "policy": narrow.to_string()}))]),
        &[("public_access", "false")],
    );
    let resources = normalise(&[
        ("A", "AWS::SNS::Topic", json!({})),
        ("B", "AWS::SNS::Topic", json!({})),
        ("P", "AWS::SNS::TopicPolicy", json!({"Topics": [{"$ref": "A"}, {"$ref": "B"}], "PolicyDocument": open})),
    ]);
    for topic in &resources {
        check(topic, &[("public_access", "true"), ("encryption_at_rest.enabled", "false")]);
    }
}

#[test]
fn topics() {
    check(
        &one(&[
            ("t", "aws_sns_topic", json!({"name": "t", "kms_master_key_id": "alias/aws/sns"})),
            ("s", "aws_sns_topic_subscription", json!({"topic_arn": {"$late": ["t"]}, "protocol": "https"})),
            ("h", "aws_sns_topic_subscription", json!({"topic_arn": "arn:aws:sns:us-east-1:1:t", "protocol": "http"})),
        ]),
        &[
            ("encryption_at_rest.enabled", "true"),
            ("encryption_at_rest.customer_managed_key", "false"),
            ("insecure_subscriptions", "true"),
            ("public_access", "false"),
        ],
    );
    check(
        &one(&[("t", "aws_sns_topic", json!({"name": "t", "kms_master_key_id": null, "policy": {"$late": []}}))]),
        &[
            ("encryption_at_rest.enabled", "false"),
            ("encryption_at_rest.customer_managed_key", "false"),
            ("insecure_subscriptions", "false"),
            ("public_access", "false"),
        ],
    );
    check(
        &one(&[(
            "T",
            "AWS::SNS::Topic",
            json!({"KmsMasterKeyId": {"$ref": "Key"}, "Subscription": [{"Protocol": "email"}, {"Protocol": {"$unknown": "p"}}]}),
        )]),
        &[("encryption_at_rest.customer_managed_key", "true"), ("insecure_subscriptions", "unknown")],
    );
}

#[test]
fn streams() {
    for (kind, properties, enabled, customer) in [
        ("aws_kinesis_stream", json!({"encryption_type": "KMS", "kms_key_id": KEY}), "true", "true"),
        ("aws_kinesis_stream", json!({"encryption_type": "KMS", "kms_key_id": "alias/aws/kinesis"}), "true", "false"),
        ("aws_kinesis_stream", json!({"encryption_type": "NONE"}), "false", "false"),
        ("aws_kinesis_stream", json!({}), "false", "false"),
        (
            "AWS::Kinesis::Stream",
            json!({"StreamEncryption": {"EncryptionType": "KMS", "KeyId": {"$ref": "Key"}}}),
            "true",
            "true",
        ),
        (
            "aws_kinesis_firehose_delivery_stream",
            json!({"server_side_encryption": [{"enabled": true, "key_type": "AWS_OWNED_CMK"}]}),
            "true",
            "false",
        ),
        (
            "aws_kinesis_firehose_delivery_stream",
            json!({"server_side_encryption": {"enabled": true, "key_type": "CUSTOMER_MANAGED_CMK", "key_arn": KEY}}),
            "true",
            "true",
        ),
        ("aws_kinesis_firehose_delivery_stream", json!({}), "false", "false"),
        (
            "aws_kinesis_firehose_delivery_stream",
            json!({"kinesis_source_configuration": [{"role_arn": "r"}]}),
            "absent",
            "absent",
        ),
        (
            "AWS::KinesisFirehose::DeliveryStream",
            json!({"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": KEY}}),
            "true",
            "true",
        ),
        ("aws_msk_cluster", json!({"encryption_info": [{"encryption_at_rest_kms_key_arn": KEY}]}), "true", "true"),
        ("aws_msk_serverless_cluster", json!({}), "true", "false"),
        (
            "AWS::MSK::Cluster",
            json!({"EncryptionInfo": {"EncryptionAtRest": {"DataVolumeKMSKeyId": {"$unknown": "p"}}}}),
            "true",
            "unknown",
        ),
    ] {
        check(
            &one(&[("s", kind, properties)]),
            &[("encryption_at_rest.enabled", enabled), ("encryption_at_rest.customer_managed_key", customer)],
        );
    }
    check(&one(&[("s", "aws_kinesis_stream", json!({"retention_period": 168}))]), &[("retention_hours", "168")]);
    check(&one(&[("S", "AWS::Kinesis::Stream", json!({}))]), &[("retention_hours", "24")]);
}

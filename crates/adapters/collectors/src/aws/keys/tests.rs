use serde_json::json;

use crate::testing::{check, one};

const KEY: &str = "arn:aws:kms:us-east-1:1:key/k";

#[test]
fn keys() {
    let open = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "kms:*", "Resource": "*"}]});
    let expected = [
        ("enabled", "true"),
        ("rotation.enabled", "true"),
        ("rotation.supported", "true"),
        ("usage", "\"encrypt\""),
        ("deletion_window_days", "30"),
        ("multi_region", "false"),
    ];
    check(
        &one(&[(
            "k",
            "aws_kms_key",
            json!({"enable_key_rotation": true, "is_enabled": true, "deletion_window_in_days": 30, "customer_master_key_spec": "SYMMETRIC_DEFAULT", "key_usage": "ENCRYPT_DECRYPT", "policy": {"$late": []}, "custom_key_store_id": null, "multi_region": {"$late": []}}),
        )]),
        &expected,
    );
    let key = one(&[("K", "AWS::KMS::Key", json!({"EnableKeyRotation": "true", "KeyPolicy": open}))]);
    check(&key, &expected);
    assert!(key.get("policy.statements").is_some());
    for (kind, properties, rotates, supported) in [
        ("aws_kms_key", json!({}), "false", "true"),
        ("aws_kms_key", json!({"enable_key_rotation": {"$unknown": "var"}}), "unknown", "true"),
        ("aws_kms_key", json!({"customer_master_key_spec": "RSA_4096", "key_usage": "SIGN_VERIFY"}), "false", "false"),
        ("aws_kms_key", json!({"custom_key_store_id": "cks-1"}), "false", "false"),
        ("aws_kms_external_key", json!({}), "false", "false"),
        ("aws_kms_replica_key", json!({}), "absent", "false"),
        ("AWS::KMS::Key", json!({"Origin": "EXTERNAL"}), "false", "false"),
        ("AWS::KMS::Key", json!({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}), "false", "false"),
        ("AWS::KMS::ReplicaKey", json!({}), "absent", "false"),
    ] {
        check(&one(&[("k", kind, properties)]), &[("rotation.enabled", rotates), ("rotation.supported", supported)]);
    }
    check(&one(&[("k", "aws_kms_replica_key", json!({}))]), &[("multi_region", "true"), ("usage", "absent")]);
    let separate = one(&[
        ("k", "aws_kms_key", json!({"key_id": {"$late": []}, "policy": {"$late": []}})),
        ("p", "aws_kms_key_policy", json!({"key_id": {"$late": ["k"]}, "policy": open.to_string()})),
    ]);
    assert!(separate.get("policy.statements").is_some());
}

#[test]
fn secrets() {
    check(
        &one(&[
            (
                "s",
                "aws_secretsmanager_secret",
                json!({"name": "s", "kms_key_id": KEY, "recovery_window_in_days": 7, "policy": {"$late": []}}),
            ),
            (
                "r",
                "aws_secretsmanager_secret_rotation",
                json!({"secret_id": {"$late": ["s"]}, "rotation_rules": [{"automatically_after_days": 30}]}),
            ),
        ]),
        &[
            ("encryption_at_rest.customer_managed_key", "true"),
            ("rotation.enabled", "true"),
            ("rotation.days", "30"),
            ("recovery_window_days", "7"),
        ],
    );
    check(
        &one(&[("s", "aws_secretsmanager_secret", json!({"name": "s", "kms_key_id": null}))]),
        &[
            ("encryption_at_rest.customer_managed_key", "false"),
            ("rotation.enabled", "false"),
            ("rotation.days", "absent"),
            ("recovery_window_days", "30"),
        ],
    );
    check(
        &one(&[("s", "aws_secretsmanager_secret", json!({"name": "s", "kms_key_id": {"$late": ["aws_kms_key.k0"]}}))]),
        &[("encryption_at_rest.customer_managed_key", "unknown")],
    );
    check(
        &one(&[
            ("S", "AWS::SecretsManager::Secret", json!({"Name": "s", "KmsKeyId": "alias/aws/secretsmanager"})),
            (
                "R",
                "AWS::SecretsManager::RotationSchedule",
                json!({"SecretId": {"$ref": "S"}, "RotationRules": {"ScheduleExpression": "rate(10 days)"}}),
            ),
        ]),
        &[
            ("encryption_at_rest.customer_managed_key", "false"),
            ("rotation.enabled", "true"),
            ("rotation.days", "10"),
            ("recovery_window_days", "absent"),
        ],
    );
}

#[test]
fn parameters() {
    for (name, kind, secure, secret) in [
        ("/app/db/password", "SecureString", "true", "true"),
        ("/app/db/password", "String", "false", "true"),
        ("/app/secrets/url", "String", "false", "false"),
        ("/app/api-key", "String", "false", "true"),
        ("/app/password_policy", "String", "false", "false"),
        ("/app/log-level", "StringList", "false", "false"),
    ] {
        let expected = [("secure", secure), ("looks_secret", secret), ("name", &*format!("{name:?}"))];
        check(&one(&[("p", "aws_ssm_parameter", json!({"name": name, "type": kind}))]), &expected);
        check(&one(&[("P", "AWS::SSM::Parameter", json!({"Name": name, "Type": kind}))]), &expected);
    }
}

#[test]
fn certificates() {
    check(
        &one(&[(
            "c",
            "aws_acm_certificate",
            json!({"domain_name": "a.example", "validation_method": "DNS", "key_algorithm": {"$late": []}, "options": [{"certificate_transparency_logging_preference": "DISABLED"}]}),
        )]),
        &[("validation", "\"dns\""), ("key_algorithm", "\"RSA_2048\""), ("transparency_logging", "false")],
    );
    check(
        &one(&[(
            "c",
            "aws_acm_certificate",
            json!({"certificate_body": "-----BEGIN", "private_key": "x", "validation_method": {"$late": []}}),
        )]),
        &[("validation", "\"imported\""), ("key_algorithm", "absent"), ("transparency_logging", "absent")],
    );
    check(
        &one(&[(
            "C",
            "AWS::CertificateManager::Certificate",
            json!({"DomainName": "a.example", "KeyAlgorithm": "EC_prime256v1"}),
        )]),
        &[("validation", "\"email\""), ("key_algorithm", "\"EC_prime256v1\""), ("transparency_logging", "true")],
    );
    check(
        &one(&[("C", "AWS::IAM::ServerCertificate", json!({"ServerCertificateName": "c"}))]),
        &[("validation", "\"imported\""), ("name", "\"c\"")],
    );
}

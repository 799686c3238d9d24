use serde_json::json;

use crate::testing::{check, one};

#[test]
fn a_hardened_domain() {
    let expected = [
        ("name", "\"d\""),
        ("encryption_at_rest.enabled", "true"),
        ("encryption_at_rest.customer_managed_key", "true"),
        ("encryption_between_nodes", "true"),
        ("https_required", "true"),
        ("tls_minimum", "\"1.2\""),
        ("network.attached", "true"),
        ("public_access", "false"),
        ("access_control.fine_grained", "true"),
        ("logging.types", "[\"audit_logs\"]"),
    ];
    let open =
        json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}]});
    check(
        &one(&[
            (
                "d",
                "aws_opensearch_domain",
                json!({
                    "domain_name": "d", "encrypt_at_rest": [{"enabled": true, "kms_key_id": "k-1"}], "node_to_node_encryption": {"enabled": "true"},
                    "domain_endpoint_options": [{"tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10"}], "vpc_options": [{"subnet_ids": ["s"]}],
                    "advanced_security_options": [{"enabled": true}],
                    "log_publishing_options": [{"log_type": "AUDIT_LOGS", "enabled": true}, {"log_type": "INDEX_SLOW_LOGS", "enabled": false}],
                }),
            ),
            (
                "p",
                "aws_opensearch_domain_policy",
                json!({"domain_name": {"$late": ["d"]}, "access_policies": open.to_string()}),
            ),
        ]),
        &expected,
    );
    check(
        &one(&[(
            "D",
            "AWS::OpenSearchService::Domain",
            json!({
                "DomainName": "d", "EncryptionAtRestOptions": {"Enabled": true, "KmsKeyId": {"$ref": "Key"}}, "NodeToNodeEncryptionOptions": {"Enabled": true},
                "DomainEndpointOptions": {"EnforceHTTPS": true, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}, "VPCOptions": {"SubnetIds": [{"$ref": "S"}]},
                "AdvancedSecurityOptions": {"Enabled": true}, "AccessPolicies": open,
                "LogPublishingOptions": {"AUDIT_LOGS": {"Enabled": true}, "ES_APPLICATION_LOGS": {"Enabled": "false"}},
            }),
        )]),
        &expected,
    );
}

#[test]
fn a_bare_domain_has_the_documented_defaults() {
    let expected = [
        ("encryption_at_rest.enabled", "false"),
        ("encryption_at_rest.customer_managed_key", "false"),
        ("encryption_between_nodes", "false"),
        ("https_required", "false"),
        ("tls_minimum", "\"1.0\""),
        ("network.attached", "false"),
        ("public_access", "false"),
        ("access_control.fine_grained", "false"),
        ("logging.types", "[]"),
    ];
    let computed = json!({"$late": []});
    check(
        &one(&[(
            "d",
            "aws_elasticsearch_domain",
            json!({"domain_name": "d", "encrypt_at_rest": computed, "domain_endpoint_options": computed, "access_policies": computed}),
        )]),
        &expected,
    );
    check(&one(&[("D", "AWS::Elasticsearch::Domain", json!({}))]), &expected);
}

#[test]
fn an_open_policy_matters_outside_a_network() {
    let open = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "es:*", "Resource": "*"}]});
    for (network, want) in
        [(json!({}), "true"), (json!({"SubnetIds": ["s"]}), "false"), (json!({"$unknown": "Fn::If"}), "unknown")]
    {
        let domain = json!({"AccessPolicies": open, "VPCOptions": network});
        check(&one(&[("D", "AWS::OpenSearchService::Domain", domain)]), &[("public_access", want)]);
    }
    check(
        &one(&[(
            "D",
            "AWS::OpenSearchService::Domain",
            json!({"DomainEndpointOptions": {"TLSSecurityPolicy": "Policy-2031"}}),
        )]),
        &[("tls_minimum", "unknown"), ("https_required", "false")],
    );
}

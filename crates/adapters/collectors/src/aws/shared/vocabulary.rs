//! Whatever a family puts must stand in `content/model/kinds.yaml`, with the type that stands there.

use std::{collections::HashMap, fmt::Write as _};

use attesta_resource::{Record, Resource, Value};
use serde_json::json;

use crate::{aws, testing::normalise};

const DICTIONARY: &str = include_str!("../../../../../../content/model/kinds.yaml");

/// Attribute -> type; attributes of records as `name[]attribute`.
type Attributes = HashMap<String, String>;

/// Reads the dictionary's lines; it is written in one style throughout.
fn dictionary() -> HashMap<String, Attributes> {
    let mut kinds: HashMap<String, Attributes> = HashMap::new();
    // What an anchor stands for: attributes of records below a name.
    let mut anchors: HashMap<String, Attributes> = HashMap::new();
    let (mut kind, mut attribute, mut open_anchor) = (String::new(), String::new(), None::<String>);
    for line in DICTIONARY.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        let Some((key, rest)) = text.split_once(':') else { continue };
        let rest = rest.trim();
        match (indent, key) {
            (0, "common") => kind = "common".to_owned(),
            (0, "kinds") => kind.clear(),
            (2, _) if kind != "common" || kinds.contains_key("account") => {
                kind = key.to_owned();
                kinds.entry(kind.clone()).or_default();
            }
            (4, "title") => {}
            (4, "attributes") if kind != "common" => {
                if let Some(anchor) = rest.strip_prefix('*') {
                    let copied = anchors[anchor].clone();
                    kinds.entry(kind.clone()).or_default().extend(copied);
                }
                open_anchor = rest.strip_prefix('&').map(str::to_owned);
            }
            (2, _) | (6, _) if !is_record_attribute(&kind, indent) => {
                attribute = key.to_owned();
                let own = kinds.entry(kind.clone()).or_default();
                if let Some(inner) = type_of(rest) {
                    own.insert(attribute.clone(), inner.to_owned());
                    if let Some((_, of)) = rest.split_once("of: {") {
                        for part in of.split("}, ") {
                            if let Some((name, rest)) = part.trim().split_once(": {") {
                                own.insert(
                                    format!("{attribute}[]{name}"),
                                    type_of(rest).unwrap_or_default().to_owned(),
                                );
                            }
                        }
                    }
                    if let Some((_, anchor)) = rest.split_once("of: *") {
                        let anchor = anchor.trim_end_matches('}').trim();
                        for (name, kind) in anchors[anchor].clone() {
                            own.insert(format!("{attribute}[]{name}"), kind);
                        }
                    }
                } else if let Some(anchor) = rest.strip_prefix('*') {
                    for (name, kind) in anchors[anchor].clone() {
                        own.insert(format!("{attribute}{name}"), kind);
                    }
                } else if let Some(anchor) = rest.strip_prefix('&') {
                    open_anchor = Some(anchor.to_owned());
                }
            }
            (4 | 8, "type") => {
                kinds.entry(kind.clone()).or_default().insert(attribute.clone(), rest.to_owned());
                if let Some(anchor) = &open_anchor {
                    anchors.entry(anchor.clone()).or_default().insert(String::new(), rest.to_owned());
                }
            }
            (4 | 8, "of") => {
                if let Some(anchor) = rest.strip_prefix('&') {
                    open_anchor = Some(anchor.to_owned());
                }
            }
            (6 | 10, _) => {
                let inner = type_of(rest).unwrap_or_default().to_owned();
                kinds.entry(kind.clone()).or_default().insert(format!("{attribute}[]{key}"), inner.clone());
                if let Some(anchor) = &open_anchor {
                    let name = if anchor == "rules" { format!("[]{key}") } else { key.to_owned() };
                    anchors.entry(anchor.clone()).or_default().insert(name, inner);
                }
            }
            _ => {}
        }
        if open_anchor.as_deref() == Some("datastore") && indent == 6 {
            let own = kinds[&kind].clone();
            anchors.insert("datastore".to_owned(), own);
        }
    }
    kinds
}

/// Attributes of `common` stand two steps further left than those of a kind.
fn is_record_attribute(kind: &str, indent: usize) -> bool {
    kind == "common" && indent == 6
}

fn type_of(flow: &str) -> Option<&str> {
    let (_, rest) = flow.split_once("type: ")?;
    rest.split([',', '}']).next()
}

fn complaints(record: &Record, prefix: &str, kind: &Attributes, common: &Attributes, out: &mut String, at: &str) {
    for (name, attribute) in record.iter() {
        let name = format!("{prefix}{name}");
        let Some(want) = kind.get(&name).or_else(|| common.get(&name)) else {
            let _ = writeln!(out, "{at}: `{name}` is not in the dictionary");
            continue;
        };
        let fits = match &attribute.value {
            Value::Unknown(_) => true,
            Value::Bool(_) => want == "bool",
            Value::Int(_) => want == "int",
            Value::Text(_) => want == "text",
            Value::Record(_) => false,
            Value::List(items) => items.iter().all(|item| match &item.value {
                Value::Unknown(_) => true,
                Value::Text(_) => want == "texts",
                Value::Record(inner) => {
                    complaints(inner, &format!("{name}[]"), kind, common, out, at);
                    want == "records"
                }
                _ => false,
            }),
        };
        if !fits {
            let _ = writeln!(out, "{at}: `{name}` is to be {want}, not {}", attribute.value);
        }
    }
}

fn check_all(resources: &[Resource]) {
    let dictionary = dictionary();
    let mut out = String::new();
    for resource in resources {
        let kind = &dictionary[resource.kind.as_str()];
        complaints(&resource.attributes, "", kind, &dictionary["common"], &mut out, &resource.address);
    }
    assert!(out.is_empty(), "{out}");
}

#[test]
fn the_dictionary_is_read() {
    let dictionary = dictionary();
    assert_eq!(dictionary["common"]["tags[]key"], "text");
    assert_eq!(dictionary["common"]["policy.statements"], "records");
    assert_eq!(dictionary["common"]["policy.statements[]anyone"], "bool");
    assert_eq!(dictionary["access_policy"]["statements[]not_actions"], "texts");
    assert_eq!(dictionary["database"]["backup.retention_days"], "int");
    assert_eq!(dictionary["backup_plan"]["rules[]continuous"], "bool");
    assert_eq!(dictionary["firewall"]["ingress[]from_port"], "int");
    assert_eq!(dictionary["firewall"]["egress[]from_port"], "int");
    assert_eq!(dictionary["load_balancer"]["listeners[]port"], "int");
}

#[test]
fn every_type_keeps_to_the_dictionary_with_nothing_and_with_unknowns() {
    for properties in [json!({}), json!({"$unknown": "everything"}), json!({"$late": []})] {
        let entries: Vec<_> =
            aws::mains().flat_map(|m| m.types).map(|name| (*name, *name, properties.clone())).collect();
        check_all(&normalise(&entries));
    }
}

#[test]
fn rich_resources_keep_to_the_dictionary() {
    let open =
        json!({"Statement": [{"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    check_all(&normalise(&[
        (
            "bucket",
            "aws_s3_bucket",
            json!({"bucket": "b", "region": "us-east-1", "tags": {"a": "b"}, "policy": open.to_string(), "acl": "private",
                "object_lock_configuration": [{"object_lock_enabled": "Enabled", "rule": [{"default_retention": [{"days": 1}]}]}],
                "logging": [{"target_bucket": "logs"}]}),
        ),
        (
            "instance",
            "aws_db_instance",
            json!({"engine": "postgres", "engine_version": "15", "storage_encrypted": true, "kms_key_id": "k", "publicly_accessible": true,
                "backup_retention_period": 7, "enabled_cloudwatch_logs_exports": ["postgresql", {"$unknown": "x"}], "password": "x",
                "performance_insights_enabled": true, "vpc_security_group_ids": ["sg-1"]}),
        ),
        (
            "cluster",
            "aws_redshift_cluster",
            json!({"encrypted": true, "kms_key_id": "k", "vpc_security_group_ids": ["sg-1"], "logging": [{"enable": true}]}),
        ),
        (
            "cache",
            "aws_elasticache_replication_group",
            json!({"engine": "redis", "kms_key_id": "k", "auth_token": "t", "snapshot_retention_limit": 1}),
        ),
        (
            "search",
            "aws_opensearch_domain",
            json!({"encrypt_at_rest": [{"enabled": true, "kms_key_id": "k"}], "log_publishing_options": [{"log_type": "AUDIT_LOGS"}],
                "access_policies": open.to_string()}),
        ),
        ("snapshot", "aws_db_snapshot", json!({"encrypted": true, "kms_key_id": "k", "shared_accounts": ["all"]})),
        ("files", "AWS::EFS::FileSystem", json!({"Encrypted": true, "KmsKeyId": "k", "FileSystemPolicy": open})),
        (
            "queue",
            "aws_sqs_queue",
            json!({"name": "q", "kms_master_key_id": "k", "policy": open.to_string(), "redrive_policy": "{}"}),
        ),
        ("topic", "aws_sns_topic", json!({"name": "t", "kms_master_key_id": "k", "policy": open.to_string()})),
        (
            "stream",
            "aws_kinesis_stream",
            json!({"name": "s", "encryption_type": "KMS", "kms_key_id": "k", "retention_period": 24}),
        ),
        (
            "key",
            "aws_kms_key",
            json!({"key_usage": "SIGN_VERIFY", "policy": open.to_string(), "deletion_window_in_days": 7}),
        ),
        (
            "secret",
            "aws_secretsmanager_secret",
            json!({"name": "s", "kms_key_id": "k", "rotation_rules": [{"automatically_after_days": 1}]}),
        ),
        ("parameter", "aws_ssm_parameter", json!({"name": "p", "type": "String"})),
        ("certificate", "aws_acm_certificate", json!({"domain_name": "a.example", "validation_method": "DNS"})),
        (
            "plan",
            "aws_backup_plan",
            json!({"rule": [{"schedule": "s", "lifecycle": [{"delete_after": 1, "cold_storage_after": 1}], "copy_action": [{}], "enable_continuous_backup": true}]}),
        ),
        (
            "vault",
            "AWS::Backup::BackupVault",
            json!({"EncryptionKeyArn": "k", "LockConfiguration": {"MinRetentionDays": 1}, "AccessPolicy": open}),
        ),
        (
            "group",
            "aws_athena_workgroup",
            json!({"configuration": [{"result_configuration": [{"encryption_configuration": [{"encryption_option": "SSE_KMS", "kms_key_arn": "k"}]}]}]}),
        ),
    ]));
}

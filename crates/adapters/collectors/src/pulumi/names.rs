//! Property names: Pulumi's camel case to Terraform's and CloudFormation's spelling.
//!
//! For the bridged provider that is snake case, except where a table says otherwise, mostly because Pulumi turns the
//! name of a repeated block into its plural. For the native provider it is Pascal case, except for the abbreviations
//! that a table lists (`dbInstanceClass` is `DBInstanceClass`). Both tables know which maps hold the user's own keys.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use crate::node::Node;

use super::types::upper_first;

/// How a resource's properties are spelled.
pub(super) enum Dialect {
    /// As Terraform's, in camel case.
    Classic(Option<&'static Classic>),
    /// As CloudFormation's, in camel case.
    Native(Box<str>),
    /// As they are.
    Other,
}

/// What the keys below a property are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    /// Names of properties, to be respelled.
    Records,
    /// The user's own keys; below each, names of properties again.
    KeyedRecords,
    /// All the user's own, at any depth.
    Open,
}

/// Names of one Terraform type that differ from Pulumi's by more than case.
#[derive(Debug, Default)]
pub(super) struct Classic {
    /// Pulumi's name in snake case, to Terraform's.
    renamed: HashMap<&'static str, Cow<'static, str>>,
    /// The same below one parent only.
    below: HashMap<(&'static str, &'static str), &'static str>,
    /// Maps of the user's own keys.
    open: Vec<&'static str>,
}

/// By Terraform type.
static CLASSIC: LazyLock<HashMap<&'static str, Classic>> = LazyLock::new(|| {
    let lines = include_str!("classic_names.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(terraform, words)| (terraform, classic(words))).collect()
});

fn classic(words: &'static str) -> Classic {
    let mut names = Classic::default();
    for word in words.split(' ') {
        if let Some(open) = word.strip_prefix('~') {
            names.open.push(open);
        } else if let Some((pulumi, terraform)) = word.split_once('=') {
            match pulumi.split_once('/') {
                Some((parent, key)) => {
                    names.below.insert((parent, key), terraform);
                }
                None => {
                    names.renamed.insert(pulumi, Cow::Borrowed(terraform));
                }
            }
        } else {
            names.renamed.insert(word, singular(word));
        }
    }
    names
}

/// The spellings of one name that Pulumi writes without its abbreviations' capitals.
#[derive(Debug, Default)]
struct Native {
    /// In every type that does not follow.
    everywhere: Option<&'static str>,
    /// In these types, each named without `AWS::`.
    only: Vec<(&'static str, &'static str)>,
}

/// Irregular spellings by the name in lower case.
static NATIVE: LazyLock<HashMap<String, Native>> = LazyLock::new(|| {
    let mut names: HashMap<String, Native> = HashMap::new();
    for line in native_lines().filter(|line| !line.starts_with(['~', '%'])) {
        let mut words = line.split(' ');
        let Some(name) = words.next() else { continue };
        let spellings = names.entry(name.to_lowercase()).or_default();
        let before = spellings.only.len();
        spellings.only.extend(words.map(|type_name| (type_name, name)));
        if spellings.only.len() == before {
            spellings.everywhere = Some(name);
        }
    }
    names
});

/// What is below a property that is not a record, by its name; each with the types in which that is so.
static NATIVE_MAPS: LazyLock<HashMap<&'static str, Vec<(&'static str, Below)>>> = LazyLock::new(|| {
    let mut maps: HashMap<&'static str, Vec<(&'static str, Below)>> = HashMap::new();
    for line in native_lines() {
        let (line, below) = match (line.strip_prefix('~'), line.strip_prefix('%')) {
            (Some(line), _) => (line, Below::Open),
            (_, Some(line)) => (line, Below::KeyedRecords),
            _ => continue,
        };
        let mut words = line.split(' ');
        if let Some(name) = words.next() {
            maps.entry(name).or_default().extend(words.map(|type_name| (type_name, below)));
        }
    }
    maps
});

fn native_lines() -> impl Iterator<Item = &'static str> {
    include_str!("native_names.txt").lines().filter(|line| !line.starts_with('#'))
}

impl Dialect {
    /// The dialect of a type token that stands for this canonical type.
    pub(super) fn of(token: &str, canonical: &str) -> Self {
        if token.starts_with("aws:") {
            Self::Classic(CLASSIC.get(canonical))
        } else if token.starts_with("aws-native:") {
            Self::Native(canonical.strip_prefix("AWS::").unwrap_or(canonical).into())
        } else {
            Self::Other
        }
    }

    /// The spelling of `key` below the property `parent`, and what the keys below it are.
    pub(super) fn key(&self, parent: &str, key: &str, value: &Node) -> (Cow<'static, str>, Below) {
        match self {
            Self::Classic(names) => {
                let snake = snake(key);
                let name = names.and_then(|names| names.renamed(parent, &snake)).unwrap_or(Cow::Owned(snake));
                let tags = matches!(&*name, "tags" | "tags_all") && matches!(value, Node::Map(_));
                let open = tags || names.is_some_and(|names| names.open.contains(&&*name));
                (name, if open { Below::Open } else { Below::Records })
            }
            Self::Native(type_name) => {
                let name = native(type_name, key);
                let maps = NATIVE_MAPS.get(&*name).map_or(&[][..], Vec::as_slice);
                let below = maps.iter().find(|(t, _)| **t == **type_name).map_or(Below::Records, |(_, below)| *below);
                (name, below)
            }
            Self::Other => (Cow::Owned(key.to_owned()), Below::Open),
        }
    }
}

impl Classic {
    fn renamed(&self, parent: &str, key: &str) -> Option<Cow<'static, str>> {
        let below =
            self.below.iter().find(|((p, k), _)| *p == parent && *k == key).map(|(_, name)| Cow::Borrowed(*name));
        below.or_else(|| self.renamed.get(key).cloned())
    }
}

fn native(type_name: &str, key: &str) -> Cow<'static, str> {
    let spellings = NATIVE.get(&key.to_lowercase());
    let only = spellings.and_then(|s| s.only.iter().find(|(t, _)| *t == type_name).map(|(_, name)| *name));
    match only.or_else(|| spellings.and_then(|s| s.everywhere)) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(upper_first(key)),
    }
}

/// `kmsKeyId` to `kms_key_id`.
pub(super) fn snake(key: &str) -> String {
    let mut snake = String::with_capacity(key.len().saturating_add(4));
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            if !snake.is_empty() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        } else {
            snake.push(c);
        }
    }
    snake
}

/// The singular of a plural that the bridge made.
fn singular(word: &'static str) -> Cow<'static, str> {
    if let Some(stem) = word.strip_suffix("ies") {
        return Cow::Owned(format!("{stem}y"));
    }
    if ["sses", "xes", "ches", "shes", "uses"].iter().any(|end| word.ends_with(end)) {
        return Cow::Borrowed(word.strip_suffix("es").unwrap_or(word));
    }
    Cow::Borrowed(word.strip_suffix('s').unwrap_or(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terraform(terraform: &'static str, parent: &str, key: &str) -> String {
        let dialect = Dialect::of("aws:x/y:Y", terraform);
        dialect.key(parent, key, &Node::List(Vec::new())).0.into_owned()
    }

    #[test]
    fn bridged_names_become_terraforms() {
        for (of, parent, key, want) in [
            ("aws_db_instance", "", "kmsKeyId", "kms_key_id"),
            ("aws_db_instance", "", "iamDatabaseAuthenticationEnabled", "iam_database_authentication_enabled"),
            ("aws_instance", "", "ebsBlockDevices", "ebs_block_device"),
            ("aws_instance", "", "networkInterfaces", "network_interface"),
            ("aws_launch_template", "", "networkInterfaces", "network_interfaces"),
            ("aws_launch_template", "", "blockDeviceMappings", "block_device_mappings"),
            ("aws_s3_bucket", "server_side_encryption_configuration", "rules", "rule"),
            ("aws_s3_bucket", "replication_configuration", "rules", "rules"),
            ("aws_s3_bucket", "", "versionings", "versioning"),
            ("aws_s3_bucket_server_side_encryption_configuration", "", "rules", "rule"),
            ("aws_lambda_function", "", "name", "function_name"),
            ("aws_lambda_permission", "", "function", "function_name"),
            ("aws_sns_topic_subscription", "", "topic", "topic_arn"),
            ("aws_api_gateway_stage", "", "restApi", "rest_api_id"),
            ("aws_security_group", "", "ingress", "ingress"),
            ("aws_autoscaling_group", "", "tags", "tag"),
            ("aws_cloudfront_distribution", "", "orderedCacheBehaviors", "ordered_cache_behavior"),
            ("aws_elasticsearch_domain", "", "logPublishingOptions", "log_publishing_options"),
            ("aws_ecs_service", "", "capacityProviderStrategies", "capacity_provider_strategy"),
            ("aws_nothing", "", "fooBar2s", "foo_bar2s"),
        ] {
            assert_eq!(terraform(of, parent, key), want, "{of} {key}");
        }
    }

    #[test]
    fn native_names_become_cloudformations() {
        for (of, key, want) in [
            ("RDS::DBInstance", "dbInstanceClass", "DBInstanceClass"),
            ("RDS::DBInstance", "multiAz", "MultiAZ"),
            ("RDS::DBInstance", "kmsKeyId", "KmsKeyId"),
            ("RDS::DBInstance", "enableIamDatabaseAuthentication", "EnableIAMDatabaseAuthentication"),
            ("CloudTrail::Trail", "kmsKeyId", "KMSKeyId"),
            ("S3::Bucket", "kmsMasterKeyId", "KMSMasterKeyID"),
            ("S3::Bucket", "sseAlgorithm", "SSEAlgorithm"),
            ("DynamoDB::Table", "kmsMasterKeyId", "KMSMasterKeyId"),
            ("SNS::Topic", "kmsMasterKeyId", "KmsMasterKeyId"),
            ("EC2::SecurityGroup", "ipProtocol", "IpProtocol"),
            ("Nothing::AtAll", "someKey", "SomeKey"),
        ] {
            assert_eq!(native(of, key), want, "{of} {key}");
        }
    }

    /// Every name with an abbreviation that our normalisers read is one that the table can give.
    #[test]
    fn no_name_that_normalisers_read_is_missed() {
        let mut missed = Vec::new();
        for file in walkdir::WalkDir::new("src/aws").into_iter().filter_map(Result::ok) {
            let path = file.path();
            if path.extension().is_none_or(|e| e != "rs") || path.ends_with("tests.rs") {
                continue;
            }
            let source = std::fs::read_to_string(path).expect("reads");
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for name in source.split(".at(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let capitals = |pair: &[u8]| pair.iter().all(u8::is_ascii_uppercase);
                if !name.starts_with(|c: char| c.is_ascii_uppercase()) || !name.as_bytes().windows(2).any(capitals) {
                    continue;
                }
                let known = NATIVE.get(&name.to_lowercase());
                if !known
                    .is_some_and(|n| n.everywhere == Some(name) || n.only.iter().any(|(_, spelled)| *spelled == name))
                {
                    missed.push(format!("{name} ({})", path.display()));
                }
            }
        }
        missed.sort();
        missed.dedup();
        assert!(missed.is_empty(), "not in native_names.txt: {missed:#?}");
    }
}

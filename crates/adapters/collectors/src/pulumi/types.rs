//! Type tokens to the type names that normalisers know.

use std::{collections::HashMap, sync::LazyLock};

use crate::registry;

use super::names::snake;

/// Bridged types: `module/name` to Terraform's type.
static CLASSIC: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("classic_types.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.split_once(' '))
        .collect()
});

/// CloudFormation's types that we cover, by their names in lower case.
static NATIVE: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    registry::covered_types().into_iter().filter(|t| t.contains("::")).map(|t| (t.to_lowercase(), t)).collect()
});

/// The canonical name of a type token: Terraform's for `aws:`, CloudFormation's for `aws-native:`, else the token itself.
pub(super) fn canonical(token: &str) -> Box<str> {
    let mut parts = token.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("aws"), Some(module), Some(name)) => classic(module, name),
        (Some("aws-native"), Some(module), Some(name)) => native(module, name),
        _ => token.into(),
    }
}

/// `s3/bucket` and `Bucket`: from the table, else as most types are named.
fn classic(module: &str, name: &str) -> Box<str> {
    match CLASSIC.get(module) {
        Some(known) => (*known).into(),
        None => {
            let service = module.split('/').next().unwrap_or(module);
            format!("aws_{service}_{}", snake(&lower_first(name))).into()
        }
    }
}

/// `s3` and `Bucket`; only the case of either may differ from CloudFormation's, but for one service.
fn native(module: &str, name: &str) -> Box<str> {
    let service = if module == "configuration" { "config" } else { module };
    let guess = format!("AWS::{}::{name}", upper_first(service));
    NATIVE.get(&guess.to_lowercase()).map_or_else(|| guess.into(), |known| (*known).into())
}

fn lower_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// A word with its first letter in upper case.
pub(super) fn upper_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_of_all_generations() {
        for (token, want) in [
            ("aws:s3/bucket:Bucket", "aws_s3_bucket"),
            ("aws:s3/bucketV2:BucketV2", "aws_s3_bucket"),
            ("aws:s3/bucketVersioningV2:BucketVersioningV2", "aws_s3_bucket_versioning"),
            ("aws:s3/bucketVersioning:BucketVersioning", "aws_s3_bucket_versioning"),
            ("aws:rds/instance:Instance", "aws_db_instance"),
            ("aws:rds/cluster:Cluster", "aws_rds_cluster"),
            ("aws:ebs/volume:Volume", "aws_ebs_volume"),
            ("aws:ebs/encryptionByDefault:EncryptionByDefault", "aws_ebs_encryption_by_default"),
            ("aws:ec2/securityGroup:SecurityGroup", "aws_security_group"),
            ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
            ("aws:cloudwatch/logGroup:LogGroup", "aws_cloudwatch_log_group"),
            ("aws:lb/loadBalancer:LoadBalancer", "aws_lb"),
            ("aws:alb/listener:Listener", "aws_lb_listener"),
            ("aws:elasticloadbalancingv2/loadBalancer:LoadBalancer", "aws_lb"),
            ("aws:elb/loadBalancer:LoadBalancer", "aws_elb"),
            ("aws:cfg/recorder:Recorder", "aws_config_configuration_recorder"),
            ("aws:iam/accountPasswordPolicy:AccountPasswordPolicy", "aws_iam_account_password_policy"),
            ("aws:cloudtrail/trail:Trail", "aws_cloudtrail"),
            ("aws:unheard/ofType:OfType", "aws_unheard_of_type"),
            ("aws-native:s3:Bucket", "AWS::S3::Bucket"),
            ("aws-native:unheard:OfType", "AWS::Unheard::OfType"),
            ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:Deployment"),
            ("random", "random"),
        ] {
            assert_eq!(&*canonical(token), want, "{token}");
        }
    }

    #[test]
    fn every_covered_terraform_type_has_a_token() {
        /// Terraform types that Pulumi does not have.
        const WITHOUT: [&str; 1] = [
            // Terraform's second name for `aws_lb`; Pulumi's `aws:alb/loadBalancer` is brought to `aws_lb`.
            "aws_alb",
        ];
        let known: HashSet<&str> = CLASSIC.values().copied().collect();
        let missing: Vec<&str> = registry::covered_types()
            .into_iter()
            .filter(|t| {
                t.starts_with("aws_") && !known.contains(t) && !WITHOUT.contains(t) && !t.starts_with("aws_alb_")
            })
            .collect();
        assert!(missing.is_empty(), "no Pulumi token for {missing:?}");
    }

    #[test]
    fn the_table_has_no_type_twice_and_is_sorted() {
        let lines: Vec<&str> = include_str!("classic_types.txt").lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(CLASSIC.len(), lines.len());
        assert!(lines.is_sorted());
    }
}

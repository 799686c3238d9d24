//! Content delivery: CloudFront distributions. Both dialects nest the same parts; only their names differ.

use attesta_resource::{Attribute, Kind};

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Main, Satellite},
    view::{Items, Raw, View},
};

use super::{
    logging::{is_required_and_stated, is_stated},
    shared::{authored, either, is_authored},
};

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_cloudfront_distribution"],
        kind: Kind::Cdn,
        names: &["id", "arn"],
        pulls: &[],
        build: terraform,
    },
    Main { types: &["AWS::CloudFront::Distribution"], kind: Kind::Cdn, names: &[], pulls: &[], build: cloudformation },
];

/// Standard logging of the second version is set up outside the distribution, as a delivery of its logs.
pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &["aws_cloudwatch_log_delivery_source"],
        owners: &["aws_cloudfront_distribution"],
        links: &["resource_arn"],
    },
    Satellite {
        types: &["AWS::Logs::DeliverySource"],
        owners: &["AWS::CloudFront::Distribution"],
        links: &["ResourceArn"],
    },
];

/// The names of a dialect; of pairs, Pulumi writes the second.
struct Words {
    enabled: &'static str,
    default_behavior: &'static str,
    behaviors: (&'static str, &'static str),
    viewer_policy: &'static str,
    field_encryption: &'static str,
    certificate: &'static str,
    default_certificate: &'static str,
    own_certificates: [&'static str; 2],
    minimum: &'static str,
    origins: (&'static str, &'static str),
    domain: &'static str,
    custom: &'static str,
    origin_policy: &'static str,
    origin_tls: &'static str,
    bucket: &'static str,
    identity: &'static str,
    control: &'static str,
    private: &'static str,
    logging: &'static str,
    logging_bucket: &'static str,
    firewall: &'static str,
    root_object: &'static str,
}

const TERRAFORM: Words = Words {
    enabled: "enabled",
    default_behavior: "default_cache_behavior",
    behaviors: ("ordered_cache_behavior", "ordered_cache_behaviors"),
    viewer_policy: "viewer_protocol_policy",
    field_encryption: "field_level_encryption_id",
    certificate: "viewer_certificate",
    default_certificate: "cloudfront_default_certificate",
    own_certificates: ["acm_certificate_arn", "iam_certificate_id"],
    minimum: "minimum_protocol_version",
    origins: ("origin", "origins"),
    domain: "domain_name",
    custom: "custom_origin_config",
    origin_policy: "origin_protocol_policy",
    origin_tls: "origin_ssl_protocols",
    bucket: "s3_origin_config",
    identity: "origin_access_identity",
    control: "origin_access_control_id",
    private: "vpc_origin_config",
    logging: "logging_config",
    logging_bucket: "bucket",
    firewall: "web_acl_id",
    root_object: "default_root_object",
};

const CLOUDFORMATION: Words = Words {
    enabled: "Enabled",
    default_behavior: "DefaultCacheBehavior",
    behaviors: ("CacheBehaviors", "CacheBehaviors"),
    viewer_policy: "ViewerProtocolPolicy",
    field_encryption: "FieldLevelEncryptionId",
    certificate: "ViewerCertificate",
    default_certificate: "CloudFrontDefaultCertificate",
    own_certificates: ["AcmCertificateArn", "IamCertificateId"],
    minimum: "MinimumProtocolVersion",
    origins: ("Origins", "Origins"),
    domain: "DomainName",
    custom: "CustomOriginConfig",
    origin_policy: "OriginProtocolPolicy",
    origin_tls: "OriginSSLProtocols",
    bucket: "S3OriginConfig",
    identity: "OriginAccessIdentity",
    control: "OriginAccessControlId",
    private: "VpcOriginConfig",
    logging: "Logging",
    logging_bucket: "Bucket",
    firewall: "WebACLId",
    root_object: "DefaultRootObject",
};

fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    distribution(&raw.root(), joined, draft, &TERRAFORM);
    // Terraform: `minimum_protocol_version` "defaults to TLSv1".
    if draft.attributes.get("tls_minimum").is_none() {
        draft.put(
            "tls_minimum",
            raw.at(TERRAFORM.certificate).at(TERRAFORM.minimum).text().or_default("1.0".to_owned()),
        );
    }
}

fn cloudformation(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    distribution(&raw.at("DistributionConfig"), joined, draft, &CLOUDFORMATION);
}

fn distribution(config: &View<'_>, joined: &Joined, draft: &mut Draft, words: &Words) {
    draft.put("enabled", config.at(words.enabled).bool());
    draft.put("default_root_object", config.at(words.root_object).text());
    draft.put("web_firewall.attached", is_stated(&config.at(words.firewall)));
    draft.put("logging.enabled", logging(config, joined, words));
    behaviors(config, draft, words);
    certificate(config, draft, words);
    origins(config, draft, words);
}

fn logging(config: &View<'_>, joined: &Joined, words: &Words) -> Fact<bool> {
    if let Some(source) = joined.satellites.first() {
        return source.derive(true);
    }
    is_required_and_stated(&config.at(words.logging).at(words.logging_bucket))
}

fn behaviors(config: &View<'_>, draft: &mut Draft, words: &Words) {
    let default = config.at(words.default_behavior);
    let ordered = either(config, words.behaviors.0, words.behaviors.1);
    let mut protocols: Vec<Attribute> = Vec::new();
    let mut encrypts = is_stated(&default.at(words.field_encryption));
    let mut take = |behavior: &View<'_>| {
        protocols.extend(behavior.at(words.viewer_policy).text().into_attribute());
        encrypts = encrypts.clone().or(is_stated(&behavior.at(words.field_encryption)));
    };
    take(&default);
    match ordered.items() {
        Items::Known(items) => items.iter().for_each(take),
        // The path below an unknown is unknown too: one behaviour stands for all that may be there.
        Items::Unknown(_) => take(&ordered),
    }
    draft.put("viewer_protocols", Fact::known(protocols, config.origin()));
    draft.put("field_level_encryption", encrypts);
}

/// A distribution has either a certificate of its owner's or CloudFront's; with the latter it "automatically sets the
/// security policy to TLSv1 regardless of the value that you set" (API reference, ViewerCertificate).
fn certificate(config: &View<'_>, draft: &mut Draft, words: &Words) {
    let block = config.at(words.certificate);
    let flag = block.at(words.default_certificate).bool();
    let owns = words.own_certificates.iter().any(|key| is_authored(&block.at(key)));
    // CloudFront takes no distribution with neither, so that a certificate still to be made is one.
    let default = if block.unknown().is_some() { flag } else { flag.or_default(!owns) }.derived();
    let stated = block.at(words.minimum).text();
    let minimum = match &default.state {
        State::Known(true) => Fact { origin: default.origin.clone(), ..block.derive("1.0".to_owned()) },
        State::Unknown(why) => Fact { state: State::Unknown(why.clone()), origin: stated.origin },
        _ => version(stated),
    };
    draft.put("default_certificate", default);
    draft.put("tls_minimum", minimum);
}

fn origins(config: &View<'_>, draft: &mut Draft, words: &Words) {
    let list = either(config, words.origins.0, words.origins.1);
    let items = match list.items() {
        Items::Known(items) => items,
        Items::Unknown(why) => {
            let unknown = || Fact { state: State::Unknown(why.clone()), origin: list.origin() };
            draft.put::<String>("origin_protocols", unknown());
            draft.put::<String>("origin_tls_minimums", unknown());
            draft.put::<String>("origin_access_controlled", unknown());
            return;
        }
    };
    let (mut protocols, mut minimums) = (Vec::new(), Vec::new());
    let mut controlled = list.derive(true);
    for origin in &items {
        let custom = origin.at(words.custom);
        if is_present(&custom) {
            protocols.extend(custom.at(words.origin_policy).text().into_attribute());
            minimums.extend(lowest(&custom.at(words.origin_tls)).into_attribute());
            controlled = controlled.and(not_a_website(&origin.at(words.domain)));
        } else if !is_present(&origin.at(words.private)) {
            let identity = is_stated(&origin.at(words.bucket).at(words.identity));
            controlled = controlled.and(is_stated(&origin.at(words.control)).or(identity));
        }
    }
    draft.put("origin_protocols", Fact::known(protocols, list.origin()));
    draft.put("origin_tls_minimums", Fact::known(minimums, list.origin()));
    draft.put("origin_access_controlled", controlled.derived());
}

/// A bucket's website is an object store that only the public can reach.
fn not_a_website(domain: &View<'_>) -> Fact<bool> {
    let name = domain.text();
    match &name.state {
        State::Known(name) => domain.derive(!name.contains(".s3-website")),
        State::Unknown(why) if domain.late().is_some_and(|from| from.iter().any(|a| a.contains("aws_s3_bucket"))) => {
            Fact { state: State::Unknown(why.clone()), origin: domain.origin() }
        }
        // Whatever else a custom origin's name will be, it belongs to something that is no object store.
        _ => domain.derive(true),
    }
}

fn is_present(view: &View<'_>) -> bool {
    is_authored(view) && view.node().is_none_or(|node| !node.is_empty())
}

/// The lowest of the protocols that an origin may be spoken to with. CloudFormation's schema gives SSLv3 and TLSv1 where
/// none is stated; Terraform requires them.
fn lowest(protocols: &View<'_>) -> Fact<String> {
    let items = match protocols.items() {
        Items::Known(items) => items,
        Items::Unknown(why) => return Fact { state: State::Unknown(why), origin: protocols.origin() },
    };
    let mut lowest: Option<String> = None;
    let mut hidden = None;
    for item in items {
        match version(item.text()).state {
            State::Known(v) => {
                if lowest.as_ref().is_none_or(|l| v < *l) {
                    lowest = Some(v);
                }
            }
            State::Unknown(why) => hidden = Some(why),
            State::Absent => {}
        }
    }
    let state = match (lowest, hidden) {
        (Some(v), _) if v == "1.0" => State::Known(v),
        (_, Some(why)) => State::Unknown(why),
        (Some(v), None) => State::Known(v),
        (None, None) => return Fact::absent(protocols.origin()).or_default("1.0".to_owned()),
    };
    Fact { state, origin: protocols.origin() }.derived()
}

/// `TLSv1.2_2021` takes 1.2 and up. SSL 3 is lower than any word of the model and counts as 1.0.
fn version(protocol: Fact<String>) -> Fact<String> {
    let protocol = authored(protocol);
    let state = match protocol.state {
        State::Known(name) => match name.split('_').next().unwrap_or_default() {
            "SSLv3" | "TLSv1" => State::Known("1.0".to_owned()),
            "TLSv1.1" => State::Known("1.1".to_owned()),
            "TLSv1.2" => State::Known("1.2".to_owned()),
            "TLSv1.3" => State::Known("1.3".to_owned()),
            _ => State::Unknown(attesta_resource::Unknown::Unresolved { what: name.into() }),
        },
        other => other,
    };
    Fact { state, origin: protocol.origin }.derived()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one};

    fn terraform(properties: Json) -> attesta_resource::Resource {
        one(&[("aws_cloudfront_distribution.d", "aws_cloudfront_distribution", properties)])
    }

    #[test]
    fn terraform_with_everything() {
        let distribution = terraform(json!({
            "enabled": true,
            "default_root_object": "index.html",
            "web_acl_id": "arn:aws:wafv2:x",
            "logging_config": [{"bucket": {"$late": ["aws_s3_bucket.logs"]}}],
            "default_cache_behavior": [{"viewer_protocol_policy": "redirect-to-https", "field_level_encryption_id": ""}],
            "ordered_cache_behavior": [{"viewer_protocol_policy": "allow-all", "field_level_encryption_id": "f"}],
            "viewer_certificate": [{"acm_certificate_arn": {"$late": ["aws_acm_certificate.c"]}, "minimum_protocol_version": "TLSv1.2_2021"}],
            "origin": [
                {"domain_name": "b.s3.amazonaws.com", "s3_origin_config": [{"origin_access_identity": "oai"}], "custom_origin_config": []},
                {"domain_name": "b.s3.amazonaws.com", "origin_access_control_id": "oac"},
                {"domain_name": "api.example.org", "custom_origin_config": [
                    {"origin_protocol_policy": "https-only", "origin_ssl_protocols": ["TLSv1.2", "TLSv1.1"]}]},
            ],
        }));
        check(
            &distribution,
            &[
                ("enabled", "true"),
                ("viewer_protocols", "[\"redirect-to-https\", \"allow-all\"]"),
                ("field_level_encryption", "true"),
                ("tls_minimum", "\"1.2\""),
                ("default_certificate", "false"),
                ("origin_protocols", "[\"https-only\"]"),
                ("origin_tls_minimums", "[\"1.1\"]"),
                ("origin_access_controlled", "true"),
                ("logging.enabled", "true"),
                ("web_firewall.attached", "true"),
                ("default_root_object", "\"index.html\""),
            ],
        );
    }

    #[test]
    fn certificates_and_their_floor() {
        for (block, default, minimum) in [
            (
                json!([{"cloudfront_default_certificate": true, "minimum_protocol_version": "TLSv1.2_2021"}]),
                "true",
                "\"1.0\"",
            ),
            (json!([{}]), "true", "\"1.0\""),
            (json!([]), "true", "\"1.0\""),
            (json!([{"acm_certificate_arn": "arn:c"}]), "false", "\"1.0\""),
            (json!([{"iam_certificate_id": "c", "minimum_protocol_version": "TLSv1_2016"}]), "false", "\"1.0\""),
            (json!([{"iam_certificate_id": "c", "minimum_protocol_version": "TLSv2_2030"}]), "false", "unknown"),
            (json!([{"iam_certificate_id": "c", "minimum_protocol_version": "TLSv1.3_2025"}]), "false", "\"1.3\""),
            (
                json!([{"cloudfront_default_certificate": {"$unknown": ""}, "acm_certificate_arn": "c"}]),
                "unknown",
                "unknown",
            ),
            (json!({"$unknown": ""}), "unknown", "unknown"),
        ] {
            let distribution = terraform(json!({"viewer_certificate": block}));
            check(&distribution, &[("default_certificate", default), ("tls_minimum", minimum)]);
        }
    }

    #[test]
    fn origins_that_anyone_can_reach() {
        for (origins, want) in [
            (json!([{"domain_name": "b.s3.amazonaws.com"}]), "false"),
            (
                json!([{"domain_name": "b.s3.amazonaws.com", "s3_origin_config": [{"origin_access_identity": ""}]}]),
                "false",
            ),
            (json!([{"origin_access_control_id": {"$late": ["aws_cloudfront_origin_access_control.o"]}}]), "unknown"),
            (
                json!([{"domain_name": "b.s3-website-us-east-1.amazonaws.com", "custom_origin_config": [{"http_port": 80}]}]),
                "false",
            ),
            (json!([{"domain_name": {"$late": ["aws_lb.a"]}, "custom_origin_config": [{"http_port": 80}]}]), "true"),
            (json!([{"domain_name": "x", "vpc_origin_config": [{"vpc_origin_id": "v"}]}]), "true"),
            (json!({"$unknown": ""}), "unknown"),
        ] {
            check(&terraform(json!({"origins": origins})), &[("origin_access_controlled", want)]);
        }
    }

    #[test]
    fn templates() {
        let bare = one(&[(
            "Cdn",
            "AWS::CloudFront::Distribution",
            json!({"DistributionConfig": {
                "Enabled": "true",
                "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all"},
                "CacheBehaviors": {"$unknown": "P"},
                "Origins": [{"DomainName": "x", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}],
                "ViewerCertificate": {"AcmCertificateArn": {"$unknown": "C"}},
            }}),
        )]);
        check(
            &bare,
            &[
                ("enabled", "true"),
                ("viewer_protocols", "[\"allow-all\", unknown: cannot be resolved here (`P`)]"),
                ("default_certificate", "false"),
                ("tls_minimum", "absent"),
                ("origin_tls_minimums", "[\"1.0\"]"),
                ("logging.enabled", "false"),
                ("web_firewall.attached", "false"),
                ("field_level_encryption", "unknown"),
            ],
        );
        let logged = one(&[
            (
                "Cdn",
                "AWS::CloudFront::Distribution",
                json!({"DistributionConfig": {"Enabled": true, "WebACLId": {"$ref": "Acl"}}}),
            ),
            ("Source", "AWS::Logs::DeliverySource", json!({"ResourceArn": {"$ref": "Cdn"}, "LogType": "ACCESS_LOGS"})),
        ]);
        check(
            &logged,
            &[("logging.enabled", "true"), ("web_firewall.attached", "true"), ("default_certificate", "true")],
        );
    }
}

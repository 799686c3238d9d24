//! What stands before applications: CloudFront and web firewalls. Certificates too.

use serde_json::{Map, Value, json};

use super::{Place, nothing, placed};
use crate::{
    ask::{Call, Reply, is_unknown, unknown},
    found::{Found, Type, get, items, map, text},
};

const DISTRIBUTION: Type = Type { name: "AWS::CloudFront::Distribution", canonical: "AWS::CloudFront::Distribution" };
const WEB_ACL: Type = Type { name: "AWS::WAFv2::WebACL", canonical: "AWS::WAFv2::WebACL" };
const CERTIFICATE: Type = Type { name: "AWS::CertificateManager::Certificate", canonical: "aws_acm_certificate" };

/// Where CloudFront's logs and web firewalls are asked (CloudFront developer guide, "Standard logging (v2)"; WAF
/// developer guide, "Scope").
const HOME: &str = "us-east-1";

/// CloudFront, which belongs to no region.
pub(crate) async fn distributions(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let asked = ("cloudfront", "ListDistributions", nothing());
    let everything = format!("arn:{}:cloudfront::{}:distribution/*", place.partition, place.account);
    let (listed, summaries) = place.list(&mut found, DISTRIBUTION, asked, "/DistributionList/Items", &everything).await;
    if summaries.is_empty() {
        return found;
    }
    let inputs = summaries.iter().map(|one| json!({ "Id": get(one, "/Id") }));
    let configs = place.each("cloudfront", "GetDistributionConfig", inputs).await;
    let sources = place.ask.one(Call::new("logs", "DescribeDeliverySources", HOME, nothing())).await;
    let (delivered, lost) = sources.list("/deliverySources");
    for ((pointer, summary), config) in placed(&summaries, "/DistributionList/Items").zip(&configs) {
        let arn = text(summary, "/ARN");
        let told = map(config.at("/DistributionConfig"), distribution);
        let by_own = told.pointer("/Logging/Bucket").is_some();
        let by_delivery =
            delivered.iter().any(|one| items(one, "/resourceArns").any(|resource| resource.as_str() == Some(arn)));
        let mut one = Found::new(DISTRIBUTION, arn, &listed, &pointer).told(
            "DistributionConfig",
            config,
            "/DistributionConfig",
            told,
        );
        if !by_own && by_delivery {
            one = one.attribute("logging.enabled", json!(true));
        } else if !by_own && let Some(why) = &lost {
            one = one.attribute("logging.enabled", unknown(why));
        }
        found.push(one);
    }
    found
}

/// The configuration in CloudFormation's words: lists without their count, what is empty left out.
fn distribution(config: &Value) -> Value {
    let behavior = |told: &Value| {
        part(&[
            ("ViewerProtocolPolicy", get(told, "/ViewerProtocolPolicy")),
            ("FieldLevelEncryptionId", get(told, "/FieldLevelEncryptionId")),
        ])
    };
    let behaviors: Vec<Value> = items(config, "/CacheBehaviors/Items").map(behavior).collect();
    let origins: Vec<Value> = items(config, "/Origins/Items").map(origin).collect();
    let certificate = part(&[
        ("CloudFrontDefaultCertificate", get(config, "/ViewerCertificate/CloudFrontDefaultCertificate")),
        ("AcmCertificateArn", get(config, "/ViewerCertificate/ACMCertificateArn")),
        ("IamCertificateId", get(config, "/ViewerCertificate/IAMCertificateId")),
        ("MinimumProtocolVersion", get(config, "/ViewerCertificate/MinimumProtocolVersion")),
    ]);
    let logs = get(config, "/Logging/Enabled") == json!(true);
    let bucket = if logs { get(config, "/Logging/Bucket") } else { Value::Null };
    part(&[
        ("Enabled", get(config, "/Enabled")),
        ("DefaultRootObject", get(config, "/DefaultRootObject")),
        ("DefaultCacheBehavior", behavior(&get(config, "/DefaultCacheBehavior"))),
        ("CacheBehaviors", json!(behaviors)),
        ("Origins", json!(origins)),
        ("ViewerCertificate", certificate),
        ("Logging", part(&[("Bucket", bucket)])),
        ("WebACLId", get(config, "/WebACLId")),
    ])
}

fn origin(told: &Value) -> Value {
    let custom = map(get(told, "/CustomOriginConfig"), |custom| {
        part(&[
            ("OriginProtocolPolicy", get(custom, "/OriginProtocolPolicy")),
            ("OriginSSLProtocols", get(custom, "/OriginSslProtocols/Items")),
        ])
    });
    let bucket = map(get(told, "/S3OriginConfig"), |bucket| {
        part(&[("OriginAccessIdentity", get(bucket, "/OriginAccessIdentity"))])
    });
    part(&[
        ("DomainName", get(told, "/DomainName")),
        ("CustomOriginConfig", custom),
        ("S3OriginConfig", bucket),
        ("OriginAccessControlId", get(told, "/OriginAccessControlId")),
        ("VpcOriginConfig", get(told, "/VpcOriginConfig")),
    ])
}

/// An object of what is set: the API writes nothing as an empty text.
fn part(pairs: &[(&str, Value)]) -> Value {
    let set = pairs.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
    Value::Object(set.map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<Map<_, _>>())
}

/// Web firewalls of the region; CloudFront's stand in one region for all.
pub(crate) async fn firewalls(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let scopes: &[&str] = if place.region == HOME { &["REGIONAL", "CLOUDFRONT"] } else { &["REGIONAL"] };
    for scope in scopes {
        let asked = ("wafv2", "ListWebACLs", json!({ "Scope": scope, "Limit": 100 }));
        let everything = place.arn("wafv2", &format!("{}/webacl/*", scope.to_ascii_lowercase()));
        let (listed, acls) = place.list(&mut found, WEB_ACL, asked, "/WebACLs", &everything).await;
        let inputs = acls.iter().map(|acl| json!({ "Name": get(acl, "/Name"), "Id": get(acl, "/Id"), "Scope": scope }));
        let details = place.each("wafv2", "GetWebACL", inputs).await;
        let inputs = acls.iter().map(|acl| json!({ "ResourceArn": get(acl, "/ARN") }));
        let logs = place.each("wafv2", "GetLoggingConfiguration", inputs).await;
        for (((pointer, acl), detail), log) in placed(&acls, "/WebACLs").zip(&details).zip(&logs) {
            let logging = match log.missing() {
                Some(why) => unknown(why),
                None => json!(!log.at("/LoggingConfiguration").is_null()),
            };
            found.push(
                Found::new(WEB_ACL, text(acl, "/ARN"), &listed, &pointer)
                    .set("Name", get(acl, "/Name"))
                    .set("Scope", json!(scope))
                    .told("Rules", detail, "/WebACL/Rules", detail.at("/WebACL/Rules"))
                    .told("DefaultAction", detail, "/WebACL/DefaultAction", detail.at("/WebACL/DefaultAction"))
                    .attribute("logging.enabled", logging),
            );
        }
    }
    found
}

/// Whether a web firewall filters what comes to this, as WAF answers of it.
pub(crate) fn attached(reply: &Reply) -> Value {
    match reply.missing() {
        Some(why) => unknown(why),
        None => json!(reply.at("/WebACL").is_object()),
    }
}

/// ACM.
pub(crate) async fn certificates(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    // Without this filter only certificates with RSA keys of 2,048 bits are listed (ACM API, ListCertificates).
    let kinds =
        json!(["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]);
    let asked = ("acm", "ListCertificates", json!({ "Includes": { "keyTypes": kinds } }));
    let everything = place.arn("acm", "certificate/*");
    let (listed, summaries) = place.list(&mut found, CERTIFICATE, asked, "/CertificateSummaryList", &everything).await;
    let inputs = summaries.iter().map(|one| json!({ "CertificateArn": get(one, "/CertificateArn") }));
    let details = place.each("acm", "DescribeCertificate", inputs).await;
    for ((pointer, summary), detail) in placed(&summaries, "/CertificateSummaryList").zip(&details) {
        let of = |key: &str| detail.at(&format!("/Certificate/{key}"));
        let algorithm = map(of("KeyAlgorithm"), |told| json!(told.as_str().unwrap_or_default().replace('-', "_")));
        let kind = of("Type");
        let mut one = Found::new(CERTIFICATE, text(summary, "/CertificateArn"), &listed, &pointer)
            .set("domain_name", get(summary, "/DomainName"))
            .told("key_algorithm", detail, "/Certificate/KeyAlgorithm", algorithm);
        one = if is_unknown(&kind) {
            one.attribute("validation", kind.clone()).attribute("transparency_logging", kind)
        } else if kind.as_str() == Some("IMPORTED") {
            one.attribute("validation", json!("imported"))
        } else {
            let option = of("Options/CertificateTransparencyLoggingPreference");
            one.set("validation_method", of("DomainValidationOptions/0/ValidationMethod"))
                .set("certificate_authority_arn", of("CertificateAuthorityArn"))
                .set("options", json!({ "certificate_transparency_logging_preference": option }))
        };
        found.push(one.attribute("expires_in_days", days_left(place, &of("NotAfter"))));
    }
    found
}

/// Whole days until a time: JSON services write seconds.
fn days_left(place: &Place, time: &Value) -> Value {
    map(time.clone(), |time| {
        let seconds = time.as_i64().or_else(|| {
            let text = time.to_string();
            text.split('.').next().and_then(|whole| whole.parse().ok())
        });
        seconds.map_or(Value::Null, |at| json!(at.saturating_sub(place.now.as_second()).div_euclid(86_400)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_reads_as_its_template_would() {
        let told = distribution(&json!({
            "Enabled": true, "DefaultRootObject": "", "WebACLId": "",
            "DefaultCacheBehavior": { "ViewerProtocolPolicy": "https-only", "FieldLevelEncryptionId": "" },
            "CacheBehaviors": { "Quantity": 0 },
            "Origins": { "Quantity": 1, "Items": [{
                "DomainName": "a.example", "OriginAccessControlId": "",
                "CustomOriginConfig": { "OriginProtocolPolicy": "https-only", "OriginSslProtocols": { "Items": ["TLSv1.2"] } } }] },
            "Logging": { "Enabled": false, "Bucket": "" },
            "ViewerCertificate": { "CloudFrontDefaultCertificate": false, "ACMCertificateArn": "arn:c", "MinimumProtocolVersion": "TLSv1.2_2021" },
        }));
        let want = json!({
            "Enabled": true, "DefaultCacheBehavior": { "ViewerProtocolPolicy": "https-only" }, "CacheBehaviors": [],
            "Origins": [{ "DomainName": "a.example", "CustomOriginConfig": { "OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"] } }],
            "ViewerCertificate": { "CloudFrontDefaultCertificate": false, "AcmCertificateArn": "arn:c", "MinimumProtocolVersion": "TLSv1.2_2021" },
            "Logging": {},
        });
        assert_eq!(told, want);
    }
}

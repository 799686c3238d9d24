//! Classic load balancers: their listeners stand inside them, their TLS policies beside.

use attesta_resource::{Record, Unknown};

use crate::{
    draft::{Draft, Joined, Records, put},
    fact::{Fact, State},
    view::{Items, Raw, View},
};

use super::{tls, zones};
use crate::aws::{
    logging::is_stated,
    shared::{authored, either},
};

const NEGOTIATION: &str = "aws_lb_ssl_negotiation_policy";
const ASSIGNMENT: &str = "aws_load_balancer_listener_policy";
pub(super) const POLICIES: &[&str] = &[NEGOTIATION, ASSIGNMENT];

pub(super) fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("internet_facing", authored(raw.at("internal").bool()).or_default(false).negate());
    let logs = raw.at("access_logs");
    // Terraform: `access_logs.enabled` is true unless stated.
    draft.put("logging.enabled", logs.at("enabled").bool().or_else(|| logs.is_set()));
    draft.put("zones", zones(raw.at("subnets"), raw.at("availability_zones")));
    draft.put("firewalls", authored(raw.at("security_groups").texts()));
    health_checked(draft, &raw.at("health_check"));
    let mut listeners = Records::new();
    listeners.add(&either(&raw.root(), "listener", "listeners"), |item| {
        let port = item.at("lb_port").int();
        let policy = policy_beside(joined, &port);
        Some(listener(item.at("lb_protocol"), port, policy, is_stated(&item.at("ssl_certificate_id"))))
    });
    finish(raw, draft, listeners);
}

pub(super) fn cloudformation(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("internet_facing", raw.at("Scheme").text().map(|s| s != "internal").or_default(true));
    draft.put("logging.enabled", raw.at("AccessLoggingPolicy").at("Enabled").bool().or_default(false));
    draft.put("zones", zones(raw.at("Subnets"), raw.at("AvailabilityZones")));
    draft.put("firewalls", raw.at("SecurityGroups").texts());
    health_checked(draft, &raw.at("HealthCheck"));
    let mut listeners = Records::new();
    listeners.add(&raw.at("Listeners"), |item| {
        let policy = policy_by_name(&raw.at("Policies"), &item.at("PolicyNames"));
        let certificate = is_stated(&item.at("SSLCertificateId"));
        Some(listener(item.at("Protocol"), item.at("LoadBalancerPort").int(), policy, certificate))
    });
    finish(raw, draft, listeners);
}

/// A balancer that is told of no health check only sees whether a port opens (classic guide, "Configure health checks"):
/// nothing that the code asks for.
fn health_checked(draft: &mut Draft, check: &View<'_>) {
    draft.put("health_checked", is_stated(check));
}

fn finish(raw: &Raw, draft: &mut Draft, listeners: Records) {
    draft.put("type", raw.derive("classic"));
    listeners.put(draft, "listeners", raw.origin());
}

fn listener(protocol: View<'_>, port: Fact<i64>, policy: Policy, certificate: Fact<bool>) -> Record {
    let protocol = protocol.text().map(|p| p.to_ascii_lowercase());
    let encrypted = protocol.value().is_some_and(|p| matches!(p.as_str(), "https" | "ssl"));
    let mut record = Record::new();
    // Classic listeners forward, they cannot redirect.
    put(&mut record, "redirects_to_https", Fact::known(false, protocol.origin.clone()).derived());
    if encrypted {
        let origin = protocol.origin.clone();
        let (name, minimum) = match policy {
            Policy::Named(name) => (name.clone(), tls::minimum(name)),
            Policy::Custom(minimum) => (Fact::absent(origin), minimum),
            // "If you create a listener with no policy, … ELBSecurityPolicy-2016-08" (classic guide, "SSL
            // negotiation configurations").
            Policy::None => {
                let name = Fact::absent(origin).or_default(tls::DEFAULT_POLICY.to_owned());
                (name.clone(), tls::minimum(name))
            }
        };
        put(&mut record, "tls_policy", name);
        put(&mut record, "tls_minimum", minimum);
    }
    put(&mut record, "protocol", protocol);
    put(&mut record, "port", port);
    put(&mut record, "certificate", certificate);
    record
}

/// How a listener negotiates TLS.
enum Policy {
    None,
    /// One of Elastic Load Balancing's own.
    Named(Fact<String>),
    /// Protocols chosen one by one; the lowest of them.
    Custom(Fact<String>),
}

/// Terraform: a negotiation policy names the port itself.
fn policy_beside(joined: &Joined, port: &Fact<i64>) -> Policy {
    let fits = |policy: &&Raw| {
        ["lb_port", "load_balancer_port"]
            .iter()
            .any(|key| policy.at(key).int().value().is_some_and(|p| Some(p) == port.value()))
    };
    if let Some(policy) = joined.of(&[NEGOTIATION]).find(fits) {
        return from_attributes(&either(&policy.root(), "attribute", "attributes"), "name", "value");
    }
    match joined.of(&[ASSIGNMENT]).find(fits) {
        // It names policies that are resources of their own; which protocols they take stands there.
        Some(assignment) => Policy::Named(Fact {
            state: State::Unknown(Unknown::Unresolved { what: "TLS policies assigned by name".into() }),
            origin: assignment.origin(),
        }),
        None => Policy::None,
    }
}

/// CloudFormation: a listener names policies that stand in a list beside it, or one of the predefined.
fn policy_by_name(policies: &View<'_>, names: &View<'_>) -> Policy {
    let names = match names.items() {
        Items::Known(names) => names,
        Items::Unknown(why) => return Policy::Named(Fact { state: State::Unknown(why), origin: names.origin() }),
    };
    let mut undecided = Policy::None;
    for name in names {
        let wanted = name.text();
        let Some(text) = wanted.value() else {
            undecided = Policy::Named(wanted);
            continue;
        };
        if text.starts_with("ELBSecurityPolicy-") {
            return Policy::Named(wanted);
        }
        let Items::Known(items) = policies.items() else { continue };
        let found = items.iter().find(|p| p.at("PolicyName").text().value() == Some(text));
        if let Some(policy) = found {
            // Stickiness and proxy policies say nothing of TLS.
            if policy.at("PolicyType").text().value().is_some_and(|t| t == "SSLNegotiationPolicyType") {
                return from_attributes(&policy.at("Attributes"), "Name", "Value");
            }
        }
    }
    undecided
}

fn from_attributes(list: &View<'_>, name: &'static str, value: &'static str) -> Policy {
    let items = match list.items() {
        Items::Known(items) => items,
        Items::Unknown(why) => return Policy::Named(Fact { state: State::Unknown(why), origin: list.origin() }),
    };
    let of = |wanted: &str| items.iter().find(|i| i.at(name).text().value().is_some_and(|n| n == wanted));
    if let Some(reference) = of("Reference-Security-Policy") {
        return Policy::Named(reference.at(value).text());
    }
    if let Some(why) = items.iter().find_map(|i| i.at(name).unknown()) {
        return Policy::Custom(Fact { state: State::Unknown(why), origin: list.origin() });
    }
    // SSL 3 is lower still; the model's lowest word is 1.0.
    for (protocol, version) in [
        ("Protocol-SSLv3", "1.0"),
        ("Protocol-TLSv1", "1.0"),
        ("Protocol-TLSv1.1", "1.1"),
        ("Protocol-TLSv1.2", "1.2"),
        ("Protocol-TLSv1.3", "1.3"),
    ] {
        let on = of(protocol).map(|item| item.at(value).bool());
        match on.map(|fact| fact.state) {
            Some(State::Known(true)) => return Policy::Custom(list.derive(version.to_owned())),
            Some(State::Unknown(why)) => {
                return Policy::Custom(Fact { state: State::Unknown(why), origin: list.origin() });
            }
            _ => {}
        }
    }
    Policy::Custom(Fact {
        state: State::Unknown(Unknown::Unresolved { what: "a TLS policy that names no protocol".into() }),
        origin: list.origin(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::listener;
    use crate::testing::{check, one};

    #[test]
    fn terraform_with_policies_beside() {
        let link = || json!({"$late": ["aws_elb.e"]});
        let balancer = one(&[
            (
                "aws_elb.e",
                "aws_elb",
                json!({
                    "internal": {"$late": []}, "subnets": {"$late": []}, "availability_zones": ["a", "b"],
                    "access_logs": [{"bucket": "logs"}],
                    "health_check": [{"target": "HTTP:80/", "interval": 30}],
                    "listener": [
                        {"lb_protocol": "https", "lb_port": 443, "ssl_certificate_id": "arn:c"},
                        {"lb_protocol": "ssl", "lb_port": 8443, "ssl_certificate_id": "arn:c"},
                        {"lb_protocol": "HTTPS", "lb_port": 9443, "ssl_certificate_id": "arn:c"},
                        {"lb_protocol": "http", "lb_port": 80},
                    ],
                }),
            ),
            (
                "named",
                "aws_lb_ssl_negotiation_policy",
                json!({
                    "load_balancer": link(), "lb_port": 443,
                    "attribute": [{"name": "Reference-Security-Policy", "value": "ELBSecurityPolicy-TLS-1-2-2017-01"}],
                }),
            ),
            (
                "custom",
                "aws_lb_ssl_negotiation_policy",
                json!({
                    "load_balancer": link(), "lb_port": 8443,
                    "attribute": [{"name": "Protocol-TLSv1.2", "value": "true"}, {"name": "Protocol-TLSv1.1", "value": "true"}],
                }),
            ),
        ]);
        check(
            &balancer,
            &[
                ("type", "\"classic\""),
                ("internet_facing", "true"),
                ("logging.enabled", "true"),
                ("zones", "2"),
                ("health_checked", "true"),
                ("deletion_protection", "absent"),
            ],
        );
        assert_eq!(
            listener(&balancer, 0),
            ["https", "443", "false", "ELBSecurityPolicy-TLS-1-2-2017-01", "1.2", "true"]
        );
        assert_eq!(listener(&balancer, 1), ["ssl", "8443", "false", "absent", "1.1", "true"]);
        assert_eq!(listener(&balancer, 2), ["https", "9443", "false", "ELBSecurityPolicy-2016-08", "1.0", "true"]);
        assert_eq!(listener(&balancer, 3), ["http", "80", "false", "absent", "absent", "false"]);
    }

    #[test]
    fn cloudformation_with_policies_inside() {
        let balancer = one(&[(
            "Elb",
            "AWS::ElasticLoadBalancing::LoadBalancer",
            json!({
                "Scheme": "internal", "AccessLoggingPolicy": {"Enabled": false, "S3BucketName": "logs"},
                "Listeners": [
                    {"Protocol": "HTTPS", "LoadBalancerPort": "443", "PolicyNames": ["Sticky", "Strong"], "SSLCertificateId": "arn:c"},
                    {"Protocol": "HTTPS", "LoadBalancerPort": "444", "PolicyNames": ["Reference"], "SSLCertificateId": {"$unknown": "C"}},
                    {"Protocol": "HTTP", "LoadBalancerPort": "80"},
                ],
                "Policies": [
                    {"PolicyName": "Sticky", "PolicyType": "AppCookieStickinessPolicyType", "Attributes": []},
                    {"PolicyName": "Strong", "PolicyType": "SSLNegotiationPolicyType", "Attributes": [{"Name": "Protocol-TLSv1.2", "Value": true}]},
                    {"PolicyName": "Reference", "PolicyType": "SSLNegotiationPolicyType",
                     "Attributes": [{"Name": "Reference-Security-Policy", "Value": {"$unknown": "P"}}]},
                ],
            }),
        )]);
        check(&balancer, &[("internet_facing", "false"), ("logging.enabled", "false"), ("health_checked", "false")]);
        assert_eq!(listener(&balancer, 0), ["https", "443", "false", "absent", "1.2", "true"]);
        assert_eq!(listener(&balancer, 1), ["https", "444", "false", "unknown", "unknown", "unknown"]);
        assert_eq!(listener(&balancer, 2), ["http", "80", "false", "absent", "absent", "false"]);
    }
}

//! Load balancers: application, network and gateway ones with their listeners, and classic ones.

mod classic;
mod tls;

use attesta_resource::{Kind, Record};

use crate::{
    draft::{Draft, Joined, Records, put},
    fact::{Fact, State},
    registry::{Alone, Main, Satellite},
    view::{Items, Raw, View},
};

use super::{
    logging::is_stated,
    shared::{always, authored, either, is_authored},
    web_firewall,
};

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_lb", "aws_alb"],
        kind: Kind::LoadBalancer,
        names: &["name", "arn", "id"],
        pulls: &[],
        build: terraform,
    },
    Main {
        types: &["AWS::ElasticLoadBalancingV2::LoadBalancer"],
        kind: Kind::LoadBalancer,
        names: &["Name", "LoadBalancerArn"],
        pulls: &[],
        build: cloudformation,
    },
    Main {
        types: &["aws_elb"],
        kind: Kind::LoadBalancer,
        names: &["name", "arn", "id"],
        pulls: &[],
        build: classic::terraform,
    },
    Main {
        types: &["AWS::ElasticLoadBalancing::LoadBalancer"],
        kind: Kind::LoadBalancer,
        names: &["LoadBalancerName"],
        pulls: &[],
        build: classic::cloudformation,
    },
];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite { types: LISTENERS, owners: &["aws_lb", "aws_alb"], links: &["load_balancer_arn"] },
    Satellite {
        types: CFN_LISTENERS,
        owners: &["AWS::ElasticLoadBalancingV2::LoadBalancer"],
        links: &["LoadBalancerArn"],
    },
    Satellite { types: classic::POLICIES, owners: &["aws_elb"], links: &["load_balancer"] },
];

/// A listener speaks what it speaks, whatever its balancer is.
pub(super) const ALONE: &[Alone] = &[
    Alone { types: LISTENERS, owner: "aws_lb", links: &["load_balancer_arn"], what: "the load balancer" },
    Alone {
        types: CFN_LISTENERS,
        owner: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        links: &["LoadBalancerArn"],
        what: "the load balancer",
    },
];

const LISTENERS: &[&str] = &["aws_lb_listener", "aws_alb_listener"];
const CFN_LISTENERS: &[&str] = &["AWS::ElasticLoadBalancingV2::Listener"];

fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let kind = authored(raw.at("load_balancer_type").text()).or_default("application".to_owned());
    draft.put("internet_facing", authored(raw.at("internal").bool()).or_default(false).negate());
    draft.put("logging.enabled", raw.at("access_logs").at("enabled").bool().or_default(false));
    draft.put("deletion_protection", raw.at("enable_deletion_protection").bool().or_default(false));
    if is_application(&kind) {
        draft.put("drops_invalid_headers", raw.at("drop_invalid_header_fields").bool().or_default(false));
        draft.put("web_firewall.attached", web_firewall::attached(raw, joined));
    }
    draft.put("zones", zones(raw.at("subnets"), either(&raw.root(), "subnet_mapping", "subnet_mappings")));
    draft.put("firewalls", authored(raw.at("security_groups").texts()));
    let mut listeners = Records::new();
    for listener in joined.of(LISTENERS) {
        let words = Listener {
            protocol: authored(listener.at("protocol").text()),
            port: listener.at("port").int(),
            policy: authored(listener.at("ssl_policy").text()),
            certificate: is_stated(&listener.at("certificate_arn")),
            redirects: redirects(
                &either(&listener.root(), "default_action", "default_actions"),
                ["type", "redirect", "protocol"],
            ),
        };
        listeners.push(words.into_record(&kind), listener.origin());
    }
    finish(raw, draft, kind, listeners);
}

fn cloudformation(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    let kind = raw.at("Type").text().or_default("application".to_owned());
    // `Scheme`: "the default is an Internet-facing load balancer".
    draft.put("internet_facing", raw.at("Scheme").text().map(|s| s != "internal").or_default(true));
    // Each is off unless an attribute says otherwise (API reference, LoadBalancerAttribute).
    let flag = |key: &str| attribute(&raw.at("LoadBalancerAttributes"), key).or_default(false);
    draft.put("logging.enabled", flag("access_logs.s3.enabled"));
    draft.put("deletion_protection", flag("deletion_protection.enabled"));
    if is_application(&kind) {
        draft.put("drops_invalid_headers", flag("routing.http.drop_invalid_header_fields.enabled"));
        draft.put("web_firewall.attached", web_firewall::attached(raw, joined));
    }
    draft.put("zones", zones(raw.at("Subnets"), raw.at("SubnetMappings")));
    draft.put("firewalls", raw.at("SecurityGroups").texts());
    let mut listeners = Records::new();
    for listener in joined.of(CFN_LISTENERS) {
        let words = Listener {
            protocol: listener.at("Protocol").text(),
            port: listener.at("Port").int(),
            policy: listener.at("SslPolicy").text(),
            certificate: is_stated(&listener.at("Certificates")),
            redirects: redirects(&listener.at("DefaultActions"), ["Type", "RedirectConfig", "Protocol"]),
        };
        listeners.push(words.into_record(&kind), listener.origin());
    }
    finish(raw, draft, kind, listeners);
}

fn finish(raw: &Raw, draft: &mut Draft, kind: Fact<String>, listeners: Records) {
    draft.put("type", kind);
    listeners.put(draft, "listeners", raw.origin());
    // "If the target type is instance, ip, or alb, health checks are always enabled and can't be disabled" (API
    // reference, CreateTargetGroup).
    draft.put("health_checked", always(raw, true));
}

fn is_application(kind: &Fact<String>) -> bool {
    // Of a balancer whose type is unknown, what only one type has is asked too.
    kind.value().is_none_or(|k| k == "application")
}

/// A listener, in no one's dialect.
struct Listener {
    protocol: Fact<String>,
    port: Fact<i64>,
    policy: Fact<String>,
    certificate: Fact<bool>,
    redirects: Fact<bool>,
}

impl Listener {
    fn into_record(self, balancer: &Fact<String>) -> Record {
        let protocol = self.protocol.map(|p| p.to_ascii_lowercase());
        // Application balancers speak HTTP unless told otherwise.
        let protocol = match balancer.value().map(String::as_str) {
            Some("application") => protocol.or_default("http".to_owned()),
            _ => protocol,
        };
        let encrypted = protocol.value().is_some_and(|p| matches!(p.as_str(), "https" | "tls"));
        // "ELBSecurityPolicy-2016-08" is what listeners get that are made with the API, the CLI or CloudFormation (ALB
        // user guide, "Security policies for your Application Load Balancer", default security policies).
        let policy = if encrypted { self.policy.or_default(tls::DEFAULT_POLICY.to_owned()) } else { self.policy };
        let minimum = tls::minimum(policy.clone());
        let mut record = Record::new();
        put(&mut record, "protocol", protocol);
        put(&mut record, "port", self.port);
        put(&mut record, "redirects_to_https", self.redirects);
        put(&mut record, "tls_policy", policy);
        put(&mut record, "tls_minimum", minimum);
        put(&mut record, "certificate", self.certificate);
        record
    }
}

/// Whether some default action redirects to HTTPS. The protocol of a redirect stays the same unless it is stated
/// (API reference, RedirectActionConfig: `#{protocol}`).
fn redirects(actions: &View<'_>, [kind, redirect, protocol]: [&'static str; 3]) -> Fact<bool> {
    let none = actions.derive(false);
    match actions.items() {
        Items::Unknown(why) => Fact { state: State::Unknown(why), ..none },
        Items::Known(items) => items.iter().fold(none, |found, action| {
            let is_redirect = action.at(kind).text().map(|k| k == "redirect");
            let to_https = action.at(redirect).at(protocol).text().map(|p| p.eq_ignore_ascii_case("https"));
            found.or(is_redirect.and(to_https))
        }),
    }
}

/// How many zones the balancer spans: the length of whichever list is stated.
fn zones(subnets: View<'_>, other: View<'_>) -> Fact<i64> {
    let list = if is_authored(&subnets) { subnets } else { other };
    let count = match list.items() {
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(items) if items.is_empty() => State::Absent,
        Items::Known(items) => State::Known(i64::try_from(items.len()).unwrap_or(i64::MAX)),
    };
    authored(Fact { state: count, origin: list.origin() }).derived()
}

/// The flag under `key` in a list of `Key` and `Value`. An entry whose key cannot be seen may be the one.
fn attribute(list: &View<'_>, key: &str) -> Fact<bool> {
    let absent = Fact::absent(list.origin());
    let items = match list.items() {
        Items::Unknown(why) => return Fact { state: State::Unknown(why), ..absent },
        Items::Known(items) => items,
    };
    let mut hidden = None;
    for item in &items {
        match item.at("Key").text().state {
            State::Known(name) if name == key => return item.at("Value").bool(),
            State::Unknown(why) => hidden = Some(why),
            _ => {}
        }
    }
    hidden.map_or(absent.clone(), |why| Fact { state: State::Unknown(why), ..absent })
}

#[cfg(test)]
mod tests {
    use attesta_resource::{Resource, Value};
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one, show, show_in};

    /// One listener's attributes, in the order of the dictionary.
    pub(super) fn listener(balancer: &Resource, index: usize) -> Vec<String> {
        let Some(Value::List(items)) = balancer.get("listeners").map(|a| &a.value) else {
            panic!("{}", show(balancer, "listeners"))
        };
        let Value::Record(record) = &items[index].value else { return vec!["unknown".to_owned()] };
        ["protocol", "port", "redirects_to_https", "tls_policy", "tls_minimum", "certificate"]
            .iter()
            .map(|name| show_in(record, name).replace('"', ""))
            .collect()
    }

    #[test]
    fn what_a_bare_balancer_is() {
        let plan = json!({
            "internal": {"$late": []}, "subnets": {"$late": []}, "security_groups": {"$late": []}, "access_logs": [],
        });
        let same = [
            ("type", "\"application\""),
            ("internet_facing", "true"),
            ("logging.enabled", "false"),
            ("deletion_protection", "false"),
            ("drops_invalid_headers", "false"),
            ("web_firewall.attached", "false"),
            ("listeners", "[]"),
            ("zones", "absent"),
            ("firewalls", "absent"),
            ("health_checked", "true"),
        ];
        check(&one(&[("lb", "aws_lb", plan)]), &same);
        check(&one(&[("Lb", "AWS::ElasticLoadBalancingV2::LoadBalancer", json!({}))]), &same);
    }

    #[test]
    fn a_full_balancer_in_terraform() {
        let balancer = one(&[
            (
                "aws_alb.a",
                "aws_alb",
                json!({
                    "name": "web", "internal": true, "enable_deletion_protection": true, "drop_invalid_header_fields": true,
                    "access_logs": [{"bucket": "logs", "enabled": true}], "security_groups": ["sg-1"],
                    "subnet_mapping": [{"subnet_id": "a"}, {"subnet_id": "b"}], "subnets": {"$late": []},
                }),
            ),
            (
                "aws_wafv2_web_acl_association.w",
                "aws_wafv2_web_acl_association",
                json!({"resource_arn": {"$late": ["aws_alb.a"]}, "web_acl_arn": "arn:aws:wafv2:x"}),
            ),
        ]);
        check(
            &balancer,
            &[
                ("name", "\"web\""),
                ("internet_facing", "false"),
                ("logging.enabled", "true"),
                ("deletion_protection", "true"),
                ("drops_invalid_headers", "true"),
                ("web_firewall.attached", "true"),
                ("zones", "2"),
                ("firewalls", "[\"sg-1\"]"),
            ],
        );
        let network = one(&[("n", "aws_lb", json!({"load_balancer_type": "network", "subnets": ["a", "b", "c"]}))]);
        check(
            &network,
            &[
                ("type", "\"network\""),
                ("zones", "3"),
                ("web_firewall.attached", "absent"),
                ("drops_invalid_headers", "absent"),
            ],
        );
    }

    #[test]
    fn listeners_in_terraform() {
        let link = || json!({"$late": ["aws_lb.a"]});
        let redirect = |protocol: Json| json!([{"type": "redirect", "redirect": [{"protocol": protocol, "port": "443", "status_code": "HTTP_301"}]}]);
        for (properties, want) in [
            (
                json!({"protocol": "HTTP", "port": 80, "default_action": redirect(json!("HTTPS"))}),
                ["http", "80", "true", "absent", "absent", "false"],
            ),
            (
                json!({"protocol": "HTTP", "port": 80, "default_actions": redirect(json!("#{protocol}"))}),
                ["http", "80", "false", "absent", "absent", "false"],
            ),
            (
                json!({"protocol": {"$late": []}, "port": 80, "default_action": redirect(json!({"$unknown": ""}))}),
                ["http", "80", "unknown", "absent", "absent", "false"],
            ),
            (
                json!({"protocol": "HTTPS", "port": 443, "ssl_policy": {"$late": []}, "certificate_arn": "arn:c",
                       "default_action": [{"type": "forward"}]}),
                ["https", "443", "false", "ELBSecurityPolicy-2016-08", "1.0", "true"],
            ),
            (
                json!({"protocol": "HTTPS", "port": 443, "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
                       "certificate_arn": {"$late": ["aws_acm_certificate.c"]}}),
                ["https", "443", "false", "ELBSecurityPolicy-TLS13-1-2-2021-06", "1.2", "unknown"],
            ),
            (
                json!({"protocol": "TLS", "port": 443, "ssl_policy": "MyPolicy", "certificate_arn": "arn:c"}),
                ["tls", "443", "false", "MyPolicy", "unknown", "true"],
            ),
            (json!({"protocol": {"$unknown": ""}, "port": 1}), ["unknown", "1", "false", "absent", "absent", "false"]),
        ] {
            let mut properties = properties;
            properties["load_balancer_arn"] = link();
            let balancer = one(&[("aws_lb.a", "aws_lb", json!({})), ("l", "aws_lb_listener", properties)]);
            assert_eq!(listener(&balancer, 0), want);
        }
    }

    #[test]
    fn a_template() {
        let balancer = one(&[
            (
                "Lb",
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                json!({
                    "Scheme": "internal", "Subnets": ["a", "b"],
                    "LoadBalancerAttributes": [
                        {"Key": "access_logs.s3.enabled", "Value": "true"},
                        {"Key": "deletion_protection.enabled", "Value": {"$unknown": "P"}},
                    ],
                }),
            ),
            (
                "Plain",
                "AWS::ElasticLoadBalancingV2::Listener",
                json!({
                    "LoadBalancerArn": {"$ref": "Lb"}, "Protocol": "HTTP", "Port": 80,
                    "DefaultActions": [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}],
                }),
            ),
            (
                "Secure",
                "AWS::ElasticLoadBalancingV2::Listener",
                json!({
                    "LoadBalancerArn": {"$ref": "Lb"}, "Protocol": "HTTPS", "Port": 443,
                    "Certificates": [{"CertificateArn": {"$unknown": "Cert"}}], "DefaultActions": [{"Type": "forward"}],
                }),
            ),
            ("Acl", "AWS::WAFv2::WebACLAssociation", json!({"ResourceArn": {"$ref": "Lb"}, "WebACLArn": "arn:w"})),
        ]);
        check(
            &balancer,
            &[
                ("internet_facing", "false"),
                ("logging.enabled", "true"),
                ("deletion_protection", "unknown"),
                ("drops_invalid_headers", "false"),
                ("web_firewall.attached", "true"),
                ("zones", "2"),
            ],
        );
        assert_eq!(listener(&balancer, 0), ["http", "80", "true", "absent", "absent", "false"]);
        assert_eq!(listener(&balancer, 1), ["https", "443", "false", "ELBSecurityPolicy-2016-08", "1.0", "true"]);
        let hidden = json!({"LoadBalancerAttributes": [{"Key": {"$unknown": ""}, "Value": "true"}]});
        check(
            &one(&[("Lb", "AWS::ElasticLoadBalancingV2::LoadBalancer", hidden)]),
            &[("logging.enabled", "unknown"), ("deletion_protection", "unknown")],
        );
    }
}

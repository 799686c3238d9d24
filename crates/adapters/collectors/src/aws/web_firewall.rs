//! Web firewalls (WAF) and what they are attached to.

use attesta_resource::Kind;

use crate::{
    draft::{Draft, Joined},
    fact::{Fact, State},
    registry::{Main, Satellite},
    view::{Items, Raw, View},
};

use super::shared::{either, is_authored, unresolved};

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_wafv2_web_acl"],
        kind: Kind::WebFirewall,
        names: &["name", "arn", "id"],
        pulls: &[],
        build: terraform,
    },
    Main {
        types: &["AWS::WAFv2::WebACL"],
        kind: Kind::WebFirewall,
        names: &["Name"],
        pulls: &[],
        build: cloudformation,
    },
    Main {
        types: &["aws_waf_web_acl", "aws_wafregional_web_acl"],
        kind: Kind::WebFirewall,
        names: &["name", "arn", "id"],
        pulls: &[],
        build: terraform_classic,
    },
    Main {
        types: &["AWS::WAF::WebACL", "AWS::WAFRegional::WebACL"],
        kind: Kind::WebFirewall,
        names: &["Name"],
        pulls: &[],
        build: cloudformation_classic,
    },
];

/// What attaches a web firewall to something; the satellite belongs to that something.
const ASSOCIATIONS: &[&str] = &["aws_wafv2_web_acl_association", "aws_wafregional_web_acl_association"];
const CFN_ASSOCIATIONS: &[&str] = &["AWS::WAFv2::WebACLAssociation", "AWS::WAFRegional::WebACLAssociation"];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite {
        types: &["aws_wafv2_web_acl_logging_configuration"],
        owners: &["aws_wafv2_web_acl"],
        links: &["resource_arn"],
    },
    Satellite {
        types: &["AWS::WAFv2::LoggingConfiguration"],
        owners: &["AWS::WAFv2::WebACL"],
        links: &["ResourceArn"],
    },
    Satellite {
        types: ASSOCIATIONS,
        owners: &["aws_lb", "aws_alb", "aws_api_gateway_stage"],
        links: &["resource_arn"],
    },
    Satellite {
        types: CFN_ASSOCIATIONS,
        owners: &["AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ApiGateway::Stage"],
        links: &["ResourceArn"],
    },
];

/// Whether a web firewall filters what comes to `raw`. Associations are resources of their own: without one in the same
/// document none is declared.
pub(super) fn attached(raw: &Raw, joined: &Joined) -> Fact<bool> {
    match joined.of(ASSOCIATIONS).chain(joined.of(CFN_ASSOCIATIONS)).next() {
        Some(association) => association.derive(true),
        None => raw.derive(false),
    }
}

fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("scope", raw.at("scope").text().map(|s| s.to_ascii_lowercase()));
    // `rule_json` is the other way to write the rules, as text that the provider takes apart.
    let text = raw.at("rule_json");
    if is_authored(&text) {
        draft.put("rules", unresolved::<i64>(&text, "rules as JSON text"));
        draft.put("managed_rules", unresolved::<bool>(&text, "rules as JSON text"));
    } else {
        count_rules(draft, &either(&raw.root(), "rule", "rules"), "statement", "managed_rule_group_statement");
    }
    default_action(draft, &raw.at("default_action"), "allow", "block");
    let logging = joined.first(&["aws_wafv2_web_acl_logging_configuration"]);
    draft.put("logging.enabled", logging.map_or_else(|| raw.derive(false), |l| l.derive(true)));
}

fn cloudformation(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("scope", raw.at("Scope").text().map(|s| s.to_ascii_lowercase()));
    count_rules(draft, &raw.at("Rules"), "Statement", "ManagedRuleGroupStatement");
    default_action(draft, &raw.at("DefaultAction"), "Allow", "Block");
    let logging = joined.first(&["AWS::WAFv2::LoggingConfiguration"]);
    draft.put("logging.enabled", logging.map_or_else(|| raw.derive(false), |l| l.derive(true)));
}

/// WAF Classic has no managed rule groups but those of the marketplace, which stand among the rules by id.
fn terraform_classic(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let global = &*raw.type_name == "aws_waf_web_acl";
    draft.put("scope", raw.derive(if global { "cloudfront" } else { "regional" }));
    draft.put("rules", count(&either(&raw.root(), "rule", "rules")));
    draft.put("managed_rules", raw.derive(false));
    draft.put("default_action", raw.at("default_action").at("type").text().map(|t| t.to_ascii_lowercase()));
    draft.put("logging.enabled", raw.at("logging_configuration").is_set());
}

fn cloudformation_classic(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    let global = &*raw.type_name == "AWS::WAF::WebACL";
    draft.put("scope", raw.derive(if global { "cloudfront" } else { "regional" }));
    draft.put("rules", count(&raw.at("Rules")));
    draft.put("managed_rules", raw.derive(false));
    draft.put("default_action", raw.at("DefaultAction").at("Type").text().map(|t| t.to_ascii_lowercase()));
}

fn count(list: &View<'_>) -> Fact<i64> {
    let state = match list.items() {
        Items::Unknown(why) => State::Unknown(why),
        Items::Known(items) => State::Known(i64::try_from(items.len()).unwrap_or(i64::MAX)),
    };
    Fact { state, origin: list.origin() }.derived()
}

fn count_rules(draft: &mut Draft, list: &View<'_>, statement: &'static str, managed: &'static str) {
    draft.put("rules", count(list));
    let none = list.derive(false);
    let uses = match list.items() {
        Items::Unknown(why) => Fact { state: State::Unknown(why), ..none },
        Items::Known(items) => items.iter().fold(none, |found, rule| found.or(rule.at(statement).at(managed).is_set())),
    };
    draft.put("managed_rules", uses);
}

/// The action is named by the block that stands there, which may be empty.
fn default_action(draft: &mut Draft, action: &View<'_>, allow: &'static str, block: &'static str) {
    let stands = |key| match action.at(key).items() {
        Items::Known(items) => !items.is_empty(),
        Items::Unknown(_) => false,
    };
    let state = match (action.unknown(), stands(allow), stands(block)) {
        (Some(why), ..) => State::Unknown(why),
        (None, true, false) => State::Known("allow"),
        (None, false, true) => State::Known("block"),
        _ => match action.at(allow).unknown().or(action.at(block).unknown()) {
            Some(why) => State::Unknown(why),
            None => State::Absent,
        },
    };
    draft.put("default_action", Fact { state, origin: action.origin() });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{check, one};

    #[test]
    fn both_dialects() {
        let firewall = one(&[
            (
                "aws_wafv2_web_acl.w",
                "aws_wafv2_web_acl",
                json!({
                    "name": "edge", "scope": "CLOUDFRONT", "default_action": [{"allow": [{}], "block": []}],
                    "rule": [
                        {"name": "a", "statement": [{"managed_rule_group_statement": [{"name": "AWSManagedRulesCommonRuleSet"}]}]},
                        {"name": "b", "statement": [{"rate_based_statement": [{"limit": 100}]}]},
                    ],
                }),
            ),
            (
                "log",
                "aws_wafv2_web_acl_logging_configuration",
                json!({"resource_arn": {"$late": ["aws_wafv2_web_acl.w"]}, "log_destination_configs": ["arn:x"]}),
            ),
        ]);
        check(
            &firewall,
            &[
                ("scope", "\"cloudfront\""),
                ("rules", "2"),
                ("managed_rules", "true"),
                ("default_action", "\"allow\""),
                ("logging.enabled", "true"),
            ],
        );
        let template = one(&[(
            "Acl",
            "AWS::WAFv2::WebACL",
            json!({"Scope": "REGIONAL", "DefaultAction": {"Block": {}}, "Rules": [{"Statement": {"IPSetReferenceStatement": {}}}]}),
        )]);
        check(
            &template,
            &[
                ("scope", "\"regional\""),
                ("rules", "1"),
                ("managed_rules", "false"),
                ("default_action", "\"block\""),
                ("logging.enabled", "false"),
            ],
        );
        let open = json!({"scope": {"$unknown": ""}, "rule": {"$late": ["x.y"]}, "default_action": {"$unknown": ""}});
        check(
            &one(&[("w", "aws_wafv2_web_acl", open)]),
            &[("scope", "unknown"), ("rules", "unknown"), ("managed_rules", "unknown"), ("default_action", "unknown")],
        );
        let text = json!({"scope": "REGIONAL", "rule": [], "rule_json": "[]"});
        check(&one(&[("w", "aws_wafv2_web_acl", text)]), &[("rules", "unknown"), ("managed_rules", "unknown")]);
    }

    #[test]
    fn the_classic_kind() {
        let classic =
            json!({"default_action": [{"type": "BLOCK"}], "rule": [{"rule_id": "r"}], "logging_configuration": []});
        check(
            &one(&[("w", "aws_wafregional_web_acl", classic)]),
            &[
                ("scope", "\"regional\""),
                ("rules", "1"),
                ("default_action", "\"block\""),
                ("logging.enabled", "false"),
                ("managed_rules", "false"),
            ],
        );
    }
}

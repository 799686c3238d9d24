//! Networks, subnets and firewalls (security groups).

mod firewall;

use attesta_resource::Kind;

use crate::{
    draft::{Draft, Joined},
    fact::Fact,
    registry::{Alone, Main, Satellite},
    view::Raw,
};

use super::shared::authored;

pub(super) const MAINS: &[Main] = &[
    Main {
        types: &["aws_vpc", "aws_default_vpc"],
        kind: Kind::Network,
        names: &["id", "arn"],
        pulls: &[],
        build: terraform_network,
    },
    Main {
        types: &["AWS::EC2::VPC"],
        kind: Kind::Network,
        names: &["VpcId"],
        pulls: &[],
        build: cloudformation_network,
    },
    Main {
        types: &["aws_subnet", "aws_default_subnet"],
        kind: Kind::Subnet,
        names: &["id", "arn"],
        pulls: &[],
        build: terraform_subnet,
    },
    Main { types: &["AWS::EC2::Subnet"], kind: Kind::Subnet, names: &[], pulls: &[], build: cloudformation_subnet },
    Main {
        types: &["aws_security_group", "aws_default_security_group"],
        kind: Kind::Firewall,
        names: &["name", "id", "arn"],
        pulls: &[],
        build: firewall::terraform,
    },
    Main {
        types: &["AWS::EC2::SecurityGroup"],
        kind: Kind::Firewall,
        // Templates link by reference; a state of Pulumi's native provider by what AWS gave: here and elsewhere.
        names: &["GroupName", "GroupId"],
        pulls: &[],
        build: firewall::cloudformation,
    },
];

pub(super) const SATELLITES: &[Satellite] = &[
    Satellite { types: &["aws_flow_log"], owners: &["aws_vpc", "aws_default_vpc"], links: &["vpc_id"] },
    Satellite { types: &["AWS::EC2::FlowLog"], owners: &["AWS::EC2::VPC"], links: &["ResourceId"] },
    Satellite {
        types: firewall::TERRAFORM_RULES,
        owners: &["aws_security_group", "aws_default_security_group"],
        links: &["security_group_id"],
    },
    Satellite {
        types: firewall::CLOUDFORMATION_RULES,
        owners: &["AWS::EC2::SecurityGroup"],
        links: &["GroupId", "GroupName"],
    },
];

/// A rule opens what it opens, whichever group it is added to.
pub(super) const ALONE: &[Alone] = &[
    Alone {
        types: firewall::TERRAFORM_RULES,
        owner: "aws_security_group",
        links: &["security_group_id"],
        what: "the security group",
    },
    Alone {
        types: firewall::CLOUDFORMATION_RULES,
        owner: "AWS::EC2::SecurityGroup",
        links: &["GroupId", "GroupName"],
        what: "the security group",
    },
];

fn terraform_network(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("cidr", raw.at("cidr_block").text());
    draft.put("default", raw.derive(&*raw.type_name == "aws_default_vpc"));
    flow_logs(
        raw,
        joined,
        draft,
        &FlowLog {
            type_name: "aws_flow_log",
            traffic: "traffic_type",
            // The first that is set; `log_group_name` is from before version 6 of the provider.
            destinations: &["log_destination", "log_group_name", "log_destination_type"],
        },
    );
}

fn cloudformation_network(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("cidr", raw.at("CidrBlock").text());
    // The default network is made with the account; a template cannot declare it.
    draft.put("default", raw.derive(false));
    flow_logs(
        raw,
        joined,
        draft,
        &FlowLog {
            type_name: "AWS::EC2::FlowLog",
            traffic: "TrafficType",
            destinations: &["LogDestination", "LogGroupName", "LogDestinationType"],
        },
    );
}

/// How a dialect writes a flow log.
struct FlowLog {
    type_name: &'static str,
    traffic: &'static str,
    destinations: &'static [&'static str],
}

/// Flow logs live in resources of their own: a network without one in the same document has none that is declared.
fn flow_logs(raw: &Raw, joined: &Joined, draft: &mut Draft, words: &FlowLog) {
    let types = [words.type_name];
    let mut logs: Vec<&Raw> = joined.of(&types).collect();
    // A log of all traffic says more than one of a part.
    logs.sort_by_key(|log| log.at(words.traffic).text().value().map(String::as_str) != Some("ALL"));
    let Some(log) = logs.first() else {
        draft.put("flow_logs.enabled", raw.derive(false));
        return;
    };
    draft.put("flow_logs.enabled", log.derive(true));
    draft.put("flow_logs.traffic", log.at(words.traffic).text().map(|t| t.to_ascii_lowercase()));
    let retained = words
        .destinations
        .iter()
        .fold(Fact::absent(log.origin()), |found: Fact<String>, key| found.or_else(|| authored(log.at(key).text())));
    draft.put("flow_logs.retained_in", retained);
}

fn terraform_subnet(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("network", authored(raw.at("vpc_id").text()));
    draft.put("cidr", raw.at("cidr_block").text());
    // Default subnets give public addresses, others do not (VPC user guide, "IP addressing for your VPCs and subnets").
    let default = &*raw.type_name == "aws_default_subnet";
    draft.put("public_addresses", authored(raw.at("map_public_ip_on_launch").bool()).or_default(default));
}

fn cloudformation_subnet(raw: &Raw, _joined: &Joined, draft: &mut Draft) {
    draft.put("network", raw.at("VpcId").text());
    draft.put("cidr", raw.at("CidrBlock").text());
    // AWS::EC2::Subnet, `MapPublicIpOnLaunch`: "the default value is false".
    draft.put("public_addresses", raw.at("MapPublicIpOnLaunch").bool().or_default(false));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{check, normalise, one};

    #[test]
    fn flow_logs_are_joined_and_all_traffic_counts_most() {
        let network = one(&[
            ("aws_vpc.v", "aws_vpc", json!({"cidr_block": "10.0.0.0/16", "id": {"$late": []}})),
            ("aws_flow_log.a", "aws_flow_log", json!({"vpc_id": {"$late": ["aws_vpc.v"]}, "traffic_type": "REJECT"})),
            (
                "aws_flow_log.b",
                "aws_flow_log",
                json!({
                    "vpc_id": {"$late": ["aws_vpc.v"]}, "traffic_type": "ALL",
                    "log_destination": "arn:aws:logs:us-east-1:1:log-group:flows", "log_destination_type": "cloud-watch-logs",
                }),
            ),
        ]);
        check(
            &network,
            &[
                ("cidr", "\"10.0.0.0/16\""),
                ("default", "false"),
                ("flow_logs.enabled", "true"),
                ("flow_logs.traffic", "\"all\""),
                ("flow_logs.retained_in", "\"arn:aws:logs:us-east-1:1:log-group:flows\""),
            ],
        );
        let bare = one(&[("aws_default_vpc.v", "aws_default_vpc", json!({"cidr_block": {"$late": []}}))]);
        check(&bare, &[("default", "true"), ("flow_logs.enabled", "false"), ("cidr", "unknown")]);
        let template = one(&[
            ("Net", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})),
            (
                "Log",
                "AWS::EC2::FlowLog",
                json!({"ResourceId": {"$ref": "Net"}, "TrafficType": {"$unknown": "Param"}, "LogGroupName": "flows"}),
            ),
        ]);
        check(
            &template,
            &[("flow_logs.enabled", "true"), ("flow_logs.traffic", "unknown"), ("flow_logs.retained_in", "\"flows\"")],
        );
    }

    #[test]
    fn subnets_and_their_public_addresses() {
        for (type_name, properties, want) in [
            ("aws_subnet", json!({}), "false"),
            ("aws_subnet", json!({"map_public_ip_on_launch": true}), "true"),
            ("aws_default_subnet", json!({"map_public_ip_on_launch": {"$late": []}}), "true"),
            ("AWS::EC2::Subnet", json!({"VpcId": {"$ref": "Net"}}), "false"),
            ("AWS::EC2::Subnet", json!({"MapPublicIpOnLaunch": "true"}), "true"),
            ("AWS::EC2::Subnet", json!({"MapPublicIpOnLaunch": {"$unknown": "P"}}), "unknown"),
        ] {
            let subnet = normalise(&[("s", type_name, properties.clone())]).remove(0);
            check(&subnet, &[("public_addresses", want)]);
        }
    }
}

//! EC2's networks: VPCs with their flow logs, subnets, security groups.

use serde_json::{Value, json};

use super::{Place, placed};
use crate::{
    ask::unknown,
    found::{Found, Type, get, items, tags, text},
};

const VPC: Type = Type { name: "AWS::EC2::VPC", canonical: "aws_vpc" };
const DEFAULT_VPC: Type = Type { name: "AWS::EC2::VPC", canonical: "aws_default_vpc" };
const FLOW_LOG: Type = Type { name: "AWS::EC2::FlowLog", canonical: "aws_flow_log" };
const SUBNET: Type = Type { name: "AWS::EC2::Subnet", canonical: "aws_subnet" };
const GROUP: Type = Type { name: "AWS::EC2::SecurityGroup", canonical: "aws_security_group" };
const DEFAULT_GROUP: Type = Type { name: "AWS::EC2::SecurityGroup", canonical: "aws_default_security_group" };

pub(crate) async fn collect(place: &Place) -> Vec<Found> {
    let mut found = networks(place).await;
    let everything = place.arn("ec2", "subnet/*");
    let asked = ("ec2", "DescribeSubnets", json!({ "MaxResults": 1000 }));
    let (listed, subnets) = place.list(&mut found, SUBNET, asked, "/Subnets", &everything).await;
    for (pointer, subnet) in placed(&subnets, "/Subnets") {
        let id = text(subnet, "/SubnetId");
        found.push(
            Found::new(SUBNET, place.arn("ec2", &format!("subnet/{id}")), &listed, &pointer)
                .set("id", json!(id))
                .set("vpc_id", get(subnet, "/VpcId"))
                .set("cidr_block", get(subnet, "/CidrBlock"))
                .set("map_public_ip_on_launch", get(subnet, "/MapPublicIpOnLaunch"))
                .set("tags", tags(get(subnet, "/Tags"))),
        );
    }
    let everything = place.arn("ec2", "security-group/*");
    let asked = ("ec2", "DescribeSecurityGroups", json!({ "MaxResults": 1000 }));
    let (listed, groups) = place.list(&mut found, GROUP, asked, "/SecurityGroups", &everything).await;
    for (pointer, group) in placed(&groups, "/SecurityGroups") {
        let id = text(group, "/GroupId");
        let of = if text(group, "/GroupName") == "default" { DEFAULT_GROUP } else { GROUP };
        found.push(
            Found::new(of, place.arn("ec2", &format!("security-group/{id}")), &listed, &pointer)
                .set("id", json!(id))
                .set("name", get(group, "/GroupName"))
                .set("description", get(group, "/Description"))
                .set("vpc_id", get(group, "/VpcId"))
                .set("ingress", rules(group, "/IpPermissions"))
                .set("egress", rules(group, "/IpPermissionsEgress"))
                .set("tags", tags(get(group, "/Tags"))),
        );
    }
    found
}

async fn networks(place: &Place) -> Vec<Found> {
    let mut found = Vec::new();
    let everything = place.arn("ec2", "vpc/*");
    let (listed, networks) =
        place.list(&mut found, VPC, ("ec2", "DescribeVpcs", json!({ "MaxResults": 1000 })), "/Vpcs", &everything).await;
    let logs = place.one("ec2", "DescribeFlowLogs", json!({ "MaxResults": 1000 })).await;
    let (seen, missing) = logs.list("/FlowLogs");
    for (pointer, network) in placed(&networks, "/Vpcs") {
        let id = text(network, "/VpcId");
        let of = if get(network, "/IsDefault") == json!(true) { DEFAULT_VPC } else { VPC };
        let mut one = Found::new(of, place.arn("ec2", &format!("vpc/{id}")), &listed, &pointer)
            .set("id", json!(id))
            .set("cidr_block", get(network, "/CidrBlock"))
            .set("tags", tags(get(network, "/Tags")));
        // A log that was seen counts; without one, what was not seen may hold it.
        let logged = seen.iter().any(|log| text(log, "/ResourceId") == id && text(log, "/FlowLogStatus") == "ACTIVE");
        if let (Some(why), false) = (&missing, logged) {
            for name in ["flow_logs.enabled", "flow_logs.traffic", "flow_logs.retained_in"] {
                one = one.attribute(name, unknown(why));
            }
        }
        found.push(one);
    }
    for (pointer, log) in placed(&seen, "/FlowLogs") {
        // Logs of subnets and interfaces say nothing of the whole network.
        if !text(log, "/ResourceId").starts_with("vpc-") || text(log, "/FlowLogStatus") != "ACTIVE" {
            continue;
        }
        let id = text(log, "/FlowLogId");
        let to = get(log, "/LogDestination");
        let to = if to.is_null() { get(log, "/LogGroupName") } else { to };
        found.push(
            Found::new(FLOW_LOG, place.arn("ec2", &format!("vpc-flow-log/{id}")), &logs, &pointer)
                .set("vpc_id", get(log, "/ResourceId"))
                .set("traffic_type", get(log, "/TrafficType"))
                .set("log_destination", to),
        );
    }
    found
}

/// One rule for each source that a permission names; each has a description of its own.
fn rules(group: &Value, pointer: &str) -> Value {
    let mut rules = Vec::new();
    for permission in items(group, pointer) {
        let base = |more: (&str, Value), description: Value| {
            json!({
                "protocol": get(permission, "/IpProtocol"),
                "from_port": get(permission, "/FromPort"),
                "to_port": get(permission, "/ToPort"),
                "description": description,
                more.0: more.1,
            })
        };
        for (list, key, property) in [
            ("/IpRanges", "/CidrIp", "cidr_blocks"),
            ("/Ipv6Ranges", "/CidrIpv6", "ipv6_cidr_blocks"),
            ("/UserIdGroupPairs", "/GroupId", "security_groups"),
            ("/PrefixListIds", "/PrefixListId", "prefix_list_ids"),
        ] {
            for source in items(permission, list) {
                rules.push(base((property, json!([get(source, key)])), get(source, "/Description")));
            }
        }
    }
    Value::Array(rules)
}

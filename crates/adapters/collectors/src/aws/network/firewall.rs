//! Security groups: rules written inside the group and rules in resources of their own, one record per source.

use attesta_resource::{Attribute, Basis, Origin, Record, Unknown, Value};
use ipnet::IpNet;

use crate::{
    draft::{Draft, Joined, put},
    fact::{Fact, State},
    view::{Items, Raw, View},
};

use crate::aws::shared::{authored, is_authored};

const RULE: &str = "aws_security_group_rule";
const INGRESS: &str = "aws_vpc_security_group_ingress_rule";
const EGRESS: &str = "aws_vpc_security_group_egress_rule";
pub(super) const TERRAFORM_RULES: &[&str] = &[RULE, INGRESS, EGRESS];

const CFN_INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
const CFN_EGRESS: &str = "AWS::EC2::SecurityGroupEgress";
pub(super) const CLOUDFORMATION_RULES: &[&str] = &[CFN_INGRESS, CFN_EGRESS];

pub(super) fn terraform(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("description", raw.at("description").text());
    draft.put("default", raw.by_type(&*raw.type_name == "aws_default_security_group"));

    // Terraform takes the rule away that AWS gives new groups (all out), so that what is not written is not there.
    let mut ingress = Rules::new(&TERRAFORM);
    let mut egress = Rules::new(&TERRAFORM);
    // Rules whose group is not in the document are judged by themselves: they stand in no network that is known, and
    // what else the group may hold is not theirs.
    if raw.unseen().is_none() {
        draft.put("network", authored(raw.at("vpc_id").text()));
        ingress.add_list(&raw.at("ingress"));
        egress.add_list(&raw.at("egress"));
        // The default group without blocks is the documented way to close it.
        if joined.first(TERRAFORM_RULES).is_none() && &*raw.type_name != "aws_default_security_group" {
            ingress.add_unseen(&raw.at("ingress"));
            egress.add_unseen(&raw.at("egress"));
        }
    }
    for rule in &joined.satellites {
        let direction = match &*rule.type_name {
            INGRESS => Fact::known("ingress".to_owned(), rule.origin()),
            EGRESS => Fact::known("egress".to_owned(), rule.origin()),
            RULE => rule.at("type").text(),
            _ => continue,
        };
        match direction.state {
            State::Known(d) if d == "ingress" => ingress.add(&rule.root()),
            State::Known(d) if d == "egress" => egress.add(&rule.root()),
            State::Unknown(why) => {
                ingress.add_unknown(why.clone(), direction.origin.clone());
                egress.add_unknown(why, direction.origin);
            }
            _ => {}
        }
    }
    finish(raw, draft, (ingress, "ingress"), (egress, "egress"));
}

pub(super) fn cloudformation(raw: &Raw, joined: &Joined, draft: &mut Draft) {
    draft.put("description", raw.at("GroupDescription").text());
    draft.put("default", raw.by_type(false));

    let mut ingress = Rules::new(&CLOUDFORMATION);
    let mut egress = Rules::new(&CLOUDFORMATION);
    if raw.unseen().is_none() {
        draft.put("network", raw.at("VpcId").text());
        ingress.add_list(&raw.at("SecurityGroupIngress"));
        egress.add_list(&raw.at("SecurityGroupEgress"));
    }
    joined.of(&[CFN_INGRESS]).for_each(|rule| ingress.add(&rule.root()));
    joined.of(&[CFN_EGRESS]).for_each(|rule| egress.add(&rule.root()));
    let separate = joined.first(&[CFN_EGRESS]).is_some();
    if raw.at("SecurityGroupEgress").is_absent() && !separate {
        // "If you do not add egress rules, we add egress rules that allow all outbound IPv4 and IPv6 traffic"
        // (CloudFormation template reference, AWS::EC2::SecurityGroup).
        let origin = Origin { basis: Basis::Default, ..raw.at("SecurityGroupEgress").origin() };
        for block in ["0.0.0.0/0", "::/0"] {
            egress.items.push(everything_to(block, &origin));
        }
    }
    finish(raw, draft, (ingress, "SecurityGroupIngress"), (egress, "SecurityGroupEgress"));
}

/// Puts both lists, each with the property that it (or its first part) stands under.
fn finish(raw: &Raw, draft: &mut Draft, ingress: (Rules, &'static str), egress: (Rules, &'static str)) {
    draft.put("closed_by_default", ingress.0.none(raw).and(egress.0.none(raw)));
    put_rules(raw, draft, "ingress", ingress);
    put_rules(raw, draft, "egress", egress);
}

fn put_rules(raw: &Raw, draft: &mut Draft, name: &'static str, (rules, property): (Rules, &'static str)) {
    let state = match raw.unseen() {
        // No rule for this direction stands alone; the group may well have some.
        Some(why) if rules.items.is_empty() => State::Unknown(why.clone()),
        _ => State::Known(rules.items),
    };
    draft.put(name, Fact { state, origin: raw.at(property).origin() });
}

fn everything_to(block: &str, origin: &Origin) -> Attribute {
    let mut record = Record::new();
    put(&mut record, "protocol", Fact::known("any", origin.clone()));
    put(&mut record, "from_port", Fact::known(0, origin.clone()));
    put(&mut record, "to_port", Fact::known(LAST_PORT, origin.clone()));
    put(&mut record, "cidr", Fact::known(block, origin.clone()));
    Attribute { value: Value::Record(record), origin: origin.clone() }
}

/// How a dialect writes a rule, inside a group or on its own.
struct Words {
    protocol: &'static [&'static str],
    from_port: &'static str,
    to_port: &'static str,
    description: &'static str,
    /// Address blocks: one or a list.
    blocks: &'static [&'static str],
    /// Groups and prefix lists: one or a list.
    peers: &'static [&'static str],
    /// A flag that names the group itself.
    itself: &'static str,
}

const TERRAFORM: Words = Words {
    protocol: &["protocol", "ip_protocol"],
    from_port: "from_port",
    to_port: "to_port",
    description: "description",
    blocks: &["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"],
    peers: &[
        "security_groups",
        "source_security_group_id",
        "referenced_security_group_id",
        "prefix_list_ids",
        "prefix_list_id",
    ],
    itself: "self",
};

const CLOUDFORMATION: Words = Words {
    protocol: &["IpProtocol"],
    from_port: "FromPort",
    to_port: "ToPort",
    description: "Description",
    blocks: &["CidrIp", "CidrIpv6"],
    peers: &[
        "SourceSecurityGroupId",
        "SourceSecurityGroupName",
        "SourcePrefixListId",
        "DestinationSecurityGroupId",
        "DestinationPrefixListId",
    ],
    itself: "",
};

const LAST_PORT: i64 = 65_535;

/// Rules of one direction.
struct Rules {
    words: &'static Words,
    items: Vec<Attribute>,
}

impl Rules {
    fn new(words: &'static Words) -> Self {
        Self { words, items: Vec::new() }
    }

    /// Rules written inside a group. Terraform's plan leaves the list open when there is none.
    fn add_list(&mut self, list: &View<'_>) {
        if !is_authored(list) {
            return;
        }
        match list.items() {
            Items::Unknown(why) => self.add_unknown(why, list.origin()),
            Items::Known(items) => items.iter().for_each(|rule| self.add(rule)),
        }
    }

    /// A plan shows a `dynamic` block over values that are decided at apply just like no block at all: the whole list
    /// is computed, from nothing. Where no rule stands beside the group either, its rules cannot be told.
    fn add_unseen(&mut self, list: &View<'_>) {
        if !is_authored(list) && list.unknown().is_some() {
            self.add_unknown(Unknown::AfterApply { from: "no block that the plan shows".into() }, list.origin());
        }
    }

    fn add_unknown(&mut self, why: Unknown, origin: Origin) {
        self.items.push(Attribute { value: Value::Unknown(why), origin });
    }

    /// One record for each source that the rule names. A rule that names none has no effect.
    fn add(&mut self, rule: &View<'_>) {
        if let Some(why) = rule.unknown() {
            return self.add_unknown(why, rule.origin());
        }
        let words = self.words;
        let traffic = Traffic::read(rule, words);
        let mut push = |name: &'static str, who: Fact<String>| {
            if who.is_absent() {
                return;
            }
            let origin = who.origin.clone();
            let mut record = Record::new();
            put(&mut record, "protocol", traffic.protocol.clone());
            put(&mut record, "from_port", traffic.from.clone());
            put(&mut record, "to_port", traffic.to.clone());
            put(&mut record, name, who);
            put(&mut record, "description", rule.at(words.description).text());
            record.shrink();
            self.items.push(Attribute { value: Value::Record(record), origin });
        };
        for key in words.blocks {
            each(&rule.at(key), |block| push("cidr", tidy(block)));
        }
        for key in words.peers {
            each(&rule.at(key), |peer| push("peer", peer));
        }
        let itself = rule.at(words.itself).bool();
        match itself.state {
            State::Known(true) => push("peer", itself.map(|_| "self".to_owned())),
            State::Unknown(_) => push("peer", authored(itself.map(|_| "self".to_owned()))),
            _ => {}
        }
    }

    /// Whether there is no rule. A rule that cannot be seen may be a list that turns out to be empty.
    fn none(&self, raw: &Raw) -> Fact<bool> {
        let unknown = self.items.iter().find_map(|item| match &item.value {
            Value::Unknown(why) => Some(why.clone()),
            _ => None,
        });
        let state = match unknown {
            _ if self.items.iter().any(|item| matches!(item.value, Value::Record(_))) => State::Known(false),
            Some(why) => State::Unknown(why),
            None => return raw.derive(true),
        };
        Fact { state, origin: raw.origin() }
    }
}

/// The text there, or each text of the list there; what the author left open is nothing.
fn each(view: &View<'_>, mut take: impl FnMut(Fact<String>)) {
    if !is_authored(view) {
        return;
    }
    match view.items() {
        Items::Unknown(why) => take(Fact { state: State::Unknown(why), origin: view.origin() }),
        Items::Known(items) => items.iter().for_each(|item| take(item.text())),
    }
}

/// Which packets a rule is about.
struct Traffic {
    protocol: Fact<String>,
    from: Fact<i64>,
    to: Fact<i64>,
}

impl Traffic {
    fn read(rule: &View<'_>, words: &Words) -> Self {
        let protocol = words
            .protocol
            .iter()
            .fold(Fact::absent(rule.origin()), |found: Fact<String>, key| found.or_else(|| rule.at(key).text()));
        let protocol = Fact {
            state: match protocol.state {
                State::Known(name) => State::Known(protocol_name(&name)),
                // Every rule must name its protocol; without it there is no saying which ports are open.
                State::Absent => State::Unknown(unresolved("no protocol")),
                State::Unknown(why) => State::Unknown(why),
            },
            origin: protocol.origin,
        };
        let from = rule.at(words.from_port);
        let to = rule.at(words.to_port);
        let (from, to) = match &protocol.state {
            State::Known(name) if matches!(name.as_str(), "tcp" | "udp") => (port(&from, 0), port(&to, LAST_PORT)),
            // ICMP has types and codes instead of ports, and any other protocol is open as a whole: "if you specify
            // a protocol number other than these, traffic on all ports is allowed" (AWS::EC2::SecurityGroup Ingress).
            State::Known(_) => (Fact::known(0, from.origin()), Fact::known(LAST_PORT, to.origin())),
            // It may turn out to be a protocol whose ports do not matter.
            State::Unknown(why) => (
                Fact { state: State::Unknown(why.clone()), origin: from.origin() },
                Fact { state: State::Unknown(why.clone()), origin: to.origin() },
            ),
            State::Absent => (Fact::absent(from.origin()), Fact::absent(to.origin())),
        };
        Self { protocol, from, to }
    }
}

/// A port; -1 stands for any.
fn port(view: &View<'_>, any: i64) -> Fact<i64> {
    let fact = view.int();
    match fact.state {
        State::Known(n) if n < 0 => fact.map(|_| any),
        // TCP and UDP rules must name their ports.
        State::Absent => Fact { state: State::Unknown(unresolved("no port")), origin: fact.origin },
        _ => fact,
    }
}

/// IANA's protocol numbers by the names that AWS knows.
fn protocol_name(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        "-1" | "all" | "any" => "any",
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// The block as AWS keeps it: its network address, shortest spelling. So `1.2.3.4/0` is `0.0.0.0/0`.
fn tidy(block: Fact<String>) -> Fact<String> {
    let origin = block.origin;
    let state = match block.state {
        State::Known(text) if text.contains("${") => State::Unknown(Unknown::Unresolved { what: text.into() }),
        State::Known(text) => {
            State::Known(text.trim().parse::<IpNet>().map_or_else(|_| text.clone(), |net| net.trunc().to_string()))
        }
        other => other,
    };
    Fact { state, origin }
}

fn unresolved(what: &str) -> Unknown {
    Unknown::Unresolved { what: what.into() }
}

#[cfg(test)]
mod tests {
    use attesta_resource::{Resource, Value};
    use serde_json::{Value as Json, json};

    use crate::testing::{check, one, show, show_in};

    /// Each rule as `protocol from-to source`.
    fn rules(group: &Resource, direction: &str) -> Vec<String> {
        let Some(Value::List(items)) = group.get(direction).map(|a| &a.value) else {
            panic!("{}", show(group, direction))
        };
        items
            .iter()
            .map(|item| match &item.value {
                Value::Record(r) => {
                    let bare = |name| show_in(r, name).replace('"', "");
                    let who = if r.get("cidr").is_some() { bare("cidr") } else { format!("@{}", bare("peer")) };
                    format!("{} {}-{} {who}", bare("protocol"), bare("from_port"), bare("to_port"))
                }
                Value::Unknown(_) => "unknown".to_owned(),
                other => panic!("{other}"),
            })
            .collect()
    }

    #[track_caller]
    fn terraform_rule(rule: Json, want: &[&str]) {
        let group = one(&[("aws_security_group.g", "aws_security_group", json!({"ingress": [rule]}))]);
        assert_eq!(rules(&group, "ingress"), want);
    }

    #[test]
    fn rules_inside_a_group() {
        let unknown = || json!({"$unknown": "later"});
        terraform_rule(
            json!({
                "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0", "10.0.0.0/8"],
                "ipv6_cidr_blocks": ["0::0/0"], "security_groups": ["sg-1"], "prefix_list_ids": [], "self": true,
            }),
            &["tcp 22-22 0.0.0.0/0", "tcp 22-22 10.0.0.0/8", "tcp 22-22 ::/0", "tcp 22-22 @sg-1", "tcp 22-22 @self"],
        );
        terraform_rule(
            json!({"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["1.2.3.4/0"], "self": false}),
            &["any 0-65535 0.0.0.0/0"],
        );
        terraform_rule(
            json!({"protocol": "6", "from_port": -1, "to_port": -1, "cidr_blocks": ["0.0.0.0/0"]}),
            &["tcp 0-65535 0.0.0.0/0"],
        );
        terraform_rule(
            json!({"protocol": "ICMP", "from_port": 8, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}),
            &["icmp 0-65535 0.0.0.0/0"],
        );
        terraform_rule(
            json!({"protocol": 50, "from_port": 1, "to_port": 1, "cidr_blocks": ["10.0.0.0/8"]}),
            &["50 0-65535 10.0.0.0/8"],
        );
        terraform_rule(
            json!({"protocol": "tcp", "from_port": unknown(), "to_port": 22, "cidr_blocks": [unknown(), "10.0.0.0/8"]}),
            &["tcp unknown-22 unknown", "tcp unknown-22 10.0.0.0/8"],
        );
        terraform_rule(
            json!({"protocol": unknown(), "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}),
            &["unknown unknown-unknown 0.0.0.0/0"],
        );
        terraform_rule(
            json!({"protocol": "tcp", "from_port": 1, "to_port": 2, "cidr_blocks": {"$late": ["aws_vpc.v"]}}),
            &["tcp 1-2 unknown"],
        );
        terraform_rule(unknown(), &["unknown"]);
    }

    #[test]
    fn a_group_whose_blocks_the_plan_does_not_show_cannot_be_told() {
        let open = || json!({"ingress": {"$late": []}, "egress": {"$late": []}});
        let alone = one(&[("aws_security_group.g", "aws_security_group", open())]);
        check(&alone, &[("ingress", "[unknown: known only after apply (from `no block that the plan shows`)]")]);
        let rule = json!({"security_group_id": {"$late": ["aws_security_group.g"]}, "type": "egress",
            "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]});
        let ruled =
            one(&[("aws_security_group.g", "aws_security_group", open()), ("r", "aws_security_group_rule", rule)]);
        check(&ruled, &[("ingress", "[]")]);
    }

    #[test]
    fn a_plan_that_leaves_lists_open_has_no_rules_in_them() {
        let open = json!({"ingress": {"$late": []}, "egress": {"$late": []}, "vpc_id": {"$late": []}});
        let group = one(&[("aws_default_security_group.g", "aws_default_security_group", open)]);
        check(
            &group,
            &[
                ("ingress", "[]"),
                ("egress", "[]"),
                ("closed_by_default", "true"),
                ("default", "true"),
                ("network", "absent"),
            ],
        );
        let dynamic = json!({"ingress": {"$late": ["data.x.y"]}});
        let group = one(&[("aws_security_group.g", "aws_security_group", dynamic)]);
        check(&group, &[("closed_by_default", "unknown"), ("default", "false")]);
        assert_eq!(rules(&group, "ingress"), ["unknown"]);
    }

    #[test]
    fn rules_of_their_own() {
        let link = || json!({"$late": ["aws_security_group.g"]});
        let group = one(&[
            ("aws_security_group.g", "aws_security_group", json!({"name": "app", "description": "App"})),
            (
                "r1",
                "aws_security_group_rule",
                json!({
                    "security_group_id": link(), "type": "ingress", "protocol": "tcp", "from_port": 3389, "to_port": 3389,
                    "cidr_blocks": ["0.0.0.0/0"], "source_security_group_id": {"$late": []}, "self": false,
                }),
            ),
            (
                "r2",
                "aws_vpc_security_group_ingress_rule",
                json!({"security_group_id": link(), "ip_protocol": "-1", "from_port": null, "to_port": null, "cidr_ipv6": "::/0"}),
            ),
            (
                "r3",
                "aws_vpc_security_group_egress_rule",
                json!({
                    "security_group_id": link(), "ip_protocol": "tcp", "from_port": 443, "to_port": {"$unknown": ""},
                    "referenced_security_group_id": {"$late": ["aws_security_group.other"]},
                }),
            ),
            ("r4", "aws_security_group_rule", json!({"security_group_id": link(), "type": {"$unknown": ""}})),
        ]);
        assert_eq!(rules(&group, "ingress"), ["tcp 3389-3389 0.0.0.0/0", "any 0-65535 ::/0", "unknown"]);
        assert_eq!(rules(&group, "egress"), ["tcp 443-unknown @unknown", "unknown"]);
        check(&group, &[("name", "\"app\""), ("closed_by_default", "false"), ("description", "\"App\"")]);
    }

    #[test]
    fn templates() {
        let group = one(&[
            (
                "Group",
                "AWS::EC2::SecurityGroup",
                json!({
                    "GroupDescription": "app", "VpcId": {"$ref": "Net"},
                    "SecurityGroupIngress": {"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "CidrIp": "0.0.0.0/0"},
                }),
            ),
            (
                "Rule",
                "AWS::EC2::SecurityGroupIngress",
                json!({
                    "GroupId": {"$ref": "Group"}, "IpProtocol": "-1", "SourceSecurityGroupId": {"$ref": "Group"},
                }),
            ),
            (
                "Placeholder",
                "AWS::EC2::SecurityGroupIngress",
                json!({"GroupId": {"$ref": "Group"}, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "${Ip}/32"}),
            ),
        ]);
        assert_eq!(rules(&group, "ingress"), ["tcp 22-22 0.0.0.0/0", "any 0-65535 @Group", "tcp 1-1 unknown"]);
        assert_eq!(rules(&group, "egress"), ["any 0-65535 0.0.0.0/0", "any 0-65535 ::/0"]);

        let own_egress = json!({"GroupId": {"$ref": "G"}, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
        let group = one(&[
            ("G", "AWS::EC2::SecurityGroup", json!({"GroupDescription": "app"})),
            ("E", "AWS::EC2::SecurityGroupEgress", own_egress),
        ]);
        assert_eq!(rules(&group, "egress"), ["tcp 443-443 10.0.0.0/8"]);
        check(&group, &[("ingress", "[]"), ("closed_by_default", "false")]);
    }
}

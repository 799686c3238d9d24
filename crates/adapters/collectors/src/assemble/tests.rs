//! What joins to what: satellites that are resources too, policies two steps away, satellites without their owner.

use attesta_resource::{Attribute, Kind, Value};
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    inventory::{Entry, Parsed},
    testing::{self, check, normalise, show},
};

fn world(direction: &str) -> Json {
    json!({"type": direction, "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]})
}

/// `properties` with `link` set to `to`.
fn linked(mut properties: Json, link: &str, to: Json) -> Json {
    properties[link] = to;
    properties
}

fn policy(principal: &str) -> Json {
    json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}]})
}

fn left_out(entries: &[(&str, &str, Json)]) -> Vec<String> {
    let inventory = testing::inventory(entries);
    assemble(&inventory, DocumentIndex(0), 0, false).left_out.into_iter().map(|out| out.what).collect()
}

#[test]
fn a_type_may_be_a_resource_and_a_satellite() {
    let all = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let entries = [
        ("aws_iam_role.r", "aws_iam_role", json!({"name": "r"})),
        ("p", "aws_iam_role_policy", json!({"role": {"$late": ["aws_iam_role.r"]}, "policy": all})),
        ("q", "aws_iam_role_policy", json!({"role": "elsewhere", "policy": all})),
    ];
    let found = normalise(&entries);
    let kinds: Vec<Kind> = found.iter().map(|r| r.kind).collect();
    assert_eq!(kinds, [Kind::Role, Kind::AccessPolicy, Kind::AccessPolicy]);
    check(&found[0], &[("full_admin", "true"), ("inline_policies", "1")]);
    check(&found[1], &[("full_admin", "true"), ("attached_to", "\"role\"")]);
    check(&found[2], &[("full_admin", "true")]);
    // The one without its role is no orphan: it is judged as itself.
    assert_eq!(left_out(&entries), [""; 0]);
}

#[test]
fn what_satellites_name_is_handed_over_too() {
    let admin = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string();
    let reader = json!({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}).to_string();
    for (document, want) in [(&admin, "true"), (&reader, "false")] {
        for arn in [
            json!({"$late": ["aws_iam_policy.p"]}),
            json!("arn:aws:iam::111122223333:policy/team/power"),
            json!({"$ref": "aws_iam_policy.p"}),
        ] {
            let found = normalise(&[
                ("aws_iam_role.r", "aws_iam_role", json!({"name": "r"})),
                ("aws_iam_policy.p", "aws_iam_policy", json!({"name": "power", "policy": document})),
                ("a", "aws_iam_role_policy_attachment", json!({"role": "r", "policy_arn": arn})),
            ]);
            assert_eq!(found.len(), 2);
            check(&found[0], &[("full_admin", want), ("inline_policies", "0")]);
        }
        // A role outside the document, a policy inside.
        let found = normalise(&[
            ("aws_iam_policy.p", "aws_iam_policy", json!({"name": "power", "policy": document})),
            (
                "a",
                "aws_iam_role_policy_attachment",
                json!({"role": "elsewhere", "policy_arn": {"$late": ["aws_iam_policy.p"]}}),
            ),
        ]);
        let want = if want == "true" { "true" } else { "unknown" };
        check(&found[1], &[("full_admin", want), ("name", "\"elsewhere\""), ("trust.anyone", "unknown")]);
    }
}

#[test]
fn a_rule_without_its_group_is_judged_by_itself() {
    let rule = "aws_security_group_rule";
    for link in
        [json!("sg-1"), json!({"$unknown": "parameter Group has no default"}), json!({"$late": ["x.y"]}), json!(null)]
    {
        let found = normalise(&[("r", rule, linked(world("ingress"), "security_group_id", link.clone()))]);
        let [firewall] = found.as_slice() else { panic!("{link}: {found:#?}") };
        assert_eq!((firewall.kind, &*firewall.address), (Kind::Firewall, "r"));
        check(
            firewall,
            &[
                ("default", "false"),
                ("closed_by_default", "false"),
                ("network", "absent"),
                ("egress", "unknown"),
                ("description", "unknown"),
            ],
        );
        let ingress = show(firewall, "ingress");
        assert!(ingress.contains("from_port: 22") && ingress.contains("0.0.0.0/0"), "{ingress}");
        assert!(matches!(firewall.get("ingress").map(|a| &a.value), Some(Value::List(items)) if items.len() == 1));
    }
    let out = normalise(&[("r", rule, linked(world("egress"), "security_group_id", json!("sg-1")))]);
    check(&out[0], &[("ingress", "unknown"), ("closed_by_default", "false")]);
    // A rule that names no source opens nothing; that does not close the group.
    let none = normalise(&[("r", rule, json!({"type": "ingress", "protocol": "tcp", "security_group_id": "sg-1"}))]);
    check(&none[0], &[("ingress", "unknown"), ("egress", "unknown"), ("closed_by_default", "unknown")]);
    let template = normalise(&[(
        "Rule",
        "AWS::EC2::SecurityGroupIngress",
        json!({"GroupId": {"$unknown": "P"}, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}),
    )]);
    check(&template[0], &[("closed_by_default", "false"), ("egress", "unknown"), ("network", "absent")]);
    assert!(show(&template[0], "ingress").contains("0.0.0.0/0"));
}

#[test]
fn readers_lead_there() {
    let template = "
Parameters: {Group: {Type: String}, Team: {Type: CommaDelimitedList}}
Resources:
  Rule:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}
  Imported:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !ImportValue x, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/8}
  Conditional:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !If [Missing, !Ref A, !Ref B], IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}
  Topics:
    Type: AWS::SNS::TopicPolicy
    Properties: {Topics: !Ref Team, PolicyDocument: {Statement: {Effect: Allow, Principal: '*', Action: '*', Resource: '*'}}}
  Written:
    Type: AWS::IAM::Policy
    Properties: {Roles: !Ref Team, Users: [!Ref Group], PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}
";
    let (_, inventory) = crate::cloudformation::read(template).unwrap();
    let assembled = assemble(&inventory, DocumentIndex(0), 0, true);
    let kinds: Vec<Kind> = assembled.resources.iter().map(|r| r.kind).collect();
    assert_eq!(kinds, [Kind::Firewall, Kind::Firewall, Kind::Firewall, Kind::Topic, Kind::AccessPolicy]);
    assert_eq!(assembled.left_out, []);
    assert!(show(&assembled.resources[0], "ingress").contains("from_port: 22"));
    check(&assembled.resources[1], &[("ingress", "unknown")]);
    check(&assembled.resources[3], &[("public_access", "true"), ("encryption_at_rest.enabled", "unknown")]);
    check(&assembled.resources[4], &[("full_admin", "true")]);
    // Users' own policies see what the satellite states.
    assert_eq!(assembled.raw[0].1["CidrIp"], "0.0.0.0/0");

    let state = json!({"version": 3, "deployment": {"resources": [{
        "urn": "u", "custom": true, "type": "aws:ec2/securityGroupRule:SecurityGroupRule",
        "inputs": {"securityGroupId": "sg-1", "type": "ingress", "protocol": "tcp", "fromPort": 22, "toPort": 22,
                   "cidrBlocks": ["0.0.0.0/0"]},
    }]}})
    .to_string();
    let (_, inventory) = crate::pulumi::read(&state).unwrap();
    let resources = assemble(&inventory, DocumentIndex(0), 0, false).resources;
    assert_eq!((resources.len(), resources[0].kind), (1, Kind::Firewall));
    check(&resources[0], &[("name", "\"sg-1\""), ("closed_by_default", "false"), ("default", "false")]);
    assert!(show(&resources[0], "ingress").contains("0.0.0.0/0"));

    // The native provider's states name a group by the identifier that AWS gave it.
    let state = json!({"version": 3, "deployment": {"resources": [
        {"urn": "g", "custom": true, "type": "aws-native:ec2:SecurityGroup",
         "inputs": {"groupDescription": "app"}, "outputs": {"groupId": "sg-1"}},
        {"urn": "r", "custom": true, "type": "aws-native:ec2:SecurityGroupIngress",
         "inputs": {"groupId": "sg-1", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIp": "0.0.0.0/0"}},
    ]}})
    .to_string();
    let (_, inventory) = crate::pulumi::read(&state).unwrap();
    let resources = assemble(&inventory, DocumentIndex(0), 0, false).resources;
    assert_eq!((resources.len(), &*resources[0].address), (1, "g"));
    assert!(show(&resources[0], "ingress").contains("0.0.0.0/0"));
}

#[test]
fn satellites_of_one_owner_outside_are_one_resource() {
    let acl = |bucket: Json| json!({"bucket": bucket, "acl": "public-read"});
    let block = |bucket: Json| json!({"bucket": bucket, "ignore_public_acls": true, "restrict_public_buckets": true});
    let (by_acl, by_block) = ("aws_s3_bucket_acl", "aws_s3_bucket_public_access_block");
    for (one, other, count) in [
        (json!("logs"), json!("logs"), 1),
        (json!({"$ref": "Stack"}), json!({"$ref": "Stack"}), 1),
        (json!("logs"), json!("data"), 2),
        // Two values that cannot be seen may be two buckets: the block of one must not excuse the other.
        (json!({"$unknown": "list"}), json!({"$unknown": "list"}), 2),
        (json!({"$late": ["a.b"]}), json!({"$late": ["a.b"]}), 2),
        (json!(null), json!(null), 2),
    ] {
        let found = normalise(&[("a", by_acl, acl(one.clone())), ("b", by_block, block(other.clone()))]);
        assert_eq!(found.len(), count, "{one} {other}");
        check(&found[0], &[("acl", "\"public-read\""), ("versioning.enabled", "unknown")]);
        assert!(show(&found[0], "tags").contains("the bucket is not found in this document"));
        if count == 1 {
            // The two switches suffice, whatever else is said of the bucket.
            check(&found[0], &[("public_access.allowed", "false"), ("public_access.block_public_acls", "false")]);
        } else {
            check(&found[0], &[("public_access.allowed", "unknown")]);
        }
    }
    let named = normalise(&[("a", by_acl, acl(json!("arn:aws:s3:::logs")))]).remove(0);
    check(&named, &[("name", "\"logs\"")]);
    assert_eq!(named.names.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["arn:aws:s3:::logs", "logs"]);
}

#[test]
fn only_those_that_may_stand_alone_do() {
    let entries = [
        ("f", "aws_flow_log", json!({"vpc_id": "vpc-1"})),
        (
            "n",
            "aws_iam_policy_attachment",
            json!({"users": [], "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ),
    ];
    assert_eq!(normalise(&entries).len(), 0);
    assert_eq!(left_out(&entries), ["f (aws_flow_log)", "n (aws_iam_policy_attachment)"]);
}

/// What every type that may stand alone can carry: link set aside, its properties, and an attribute that they decide.
fn samples() -> Vec<(&'static str, Json, &'static str, &'static str)> {
    let open = policy("*");
    let admin = json!({"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    let cidr = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"});
    let some = |key: &str, value: Json| json!({key: value});
    vec![
        ("aws_security_group_rule", world("ingress"), "closed_by_default", "false"),
        (
            "aws_vpc_security_group_ingress_rule",
            json!({"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}),
            "closed_by_default",
            "false",
        ),
        (
            "aws_vpc_security_group_egress_rule",
            json!({"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}),
            "closed_by_default",
            "false",
        ),
        ("AWS::EC2::SecurityGroupIngress", cidr.clone(), "closed_by_default", "false"),
        ("AWS::EC2::SecurityGroupEgress", cidr, "closed_by_default", "false"),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            json!({"rule": {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}}),
            "encryption_at_rest.customer_managed_key",
            "false",
        ),
        (
            "aws_s3_bucket_versioning",
            json!({"versioning_configuration": {"status": "Suspended"}}),
            "versioning.enabled",
            "false",
        ),
        ("aws_s3_bucket_acl", json!({"acl": "public-read"}), "acl", "\"public-read\""),
        ("aws_s3_bucket_policy", some("policy", open.clone()), "transport.tls_required", "false"),
        (
            "aws_s3_bucket_public_access_block",
            json!({"block_public_acls": false}),
            "public_access.block_public_acls",
            "false",
        ),
        (
            "aws_s3_bucket_ownership_controls",
            json!({"rule": {"object_ownership": "ObjectWriter"}}),
            "acls_disabled",
            "false",
        ),
        ("aws_s3_bucket_website_configuration", json!({}), "website.enabled", "true"),
        ("AWS::S3::BucketPolicy", some("PolicyDocument", open.clone()), "transport.tls_required", "false"),
        ("aws_lambda_function_url", json!({"authorization_type": "NONE"}), "public_url", "true"),
        ("aws_lambda_permission", json!({"principal": "*"}), "invoke.anyone", "true"),
        ("aws_lambda_permission", json!({"principal": "arn:aws:iam::1:root"}), "invoke.anyone", "unknown"),
        ("AWS::Lambda::Permission", json!({"Principal": "*"}), "invoke.anyone", "true"),
        ("AWS::Lambda::Url", json!({"AuthType": "NONE"}), "public_url", "true"),
        ("aws_sqs_queue_policy", some("policy", open.clone()), "public_access", "true"),
        ("aws_sqs_queue_policy", some("policy", policy("1")), "public_access", "false"),
        ("AWS::SQS::QueuePolicy", some("PolicyDocument", open.clone()), "public_access", "true"),
        ("AWS::SQS::QueueInlinePolicy", some("PolicyDocument", open.clone()), "public_access", "true"),
        ("aws_sns_topic_policy", some("policy", open.clone()), "public_access", "true"),
        ("AWS::SNS::TopicPolicy", some("PolicyDocument", open.clone()), "public_access", "true"),
        ("AWS::SNS::TopicInlinePolicy", some("PolicyDocument", open.clone()), "public_access", "true"),
        ("aws_sns_topic_subscription", json!({"protocol": "http"}), "insecure_subscriptions", "true"),
        ("AWS::SNS::Subscription", json!({"Protocol": "https"}), "insecure_subscriptions", "unknown"),
        ("aws_ecr_repository_policy", some("policy", open.clone()), "lifecycle.enabled", "unknown"),
        ("aws_kms_key_policy", some("policy", open.clone()), "rotation.enabled", "unknown"),
        ("aws_secretsmanager_secret_policy", some("policy", open.clone()), "rotation.enabled", "unknown"),
        ("AWS::SecretsManager::ResourcePolicy", some("ResourcePolicy", open.clone()), "rotation.enabled", "unknown"),
        ("aws_lb_listener", json!({"protocol": "HTTP", "port": 80}), "internet_facing", "unknown"),
        ("aws_alb_listener", json!({"protocol": "HTTP", "port": 80}), "web_firewall.attached", "unknown"),
        (
            "AWS::ElasticLoadBalancingV2::Listener",
            json!({"Protocol": "HTTP", "Port": 80}),
            "internet_facing",
            "unknown",
        ),
        ("aws_snapshot_create_volume_permission", json!({"account_id": "all"}), "public", "true"),
        ("aws_snapshot_create_volume_permission", json!({"account_id": "1"}), "public", "unknown"),
        ("aws_efs_file_system_policy", some("policy", open.clone()), "transport.tls_required", "false"),
        ("aws_ami_launch_permission", json!({"group": "all"}), "public", "true"),
        ("aws_backup_vault_policy", some("policy", open.clone()), "immutable", "unknown"),
        ("aws_opensearch_domain_policy", some("access_policies", open.clone()), "public_access", "unknown"),
        ("aws_elasticsearch_domain_policy", some("access_policies", policy("1")), "public_access", "false"),
        ("aws_redshiftserverless_workgroup", json!({"publicly_accessible": true}), "public_access", "true"),
        ("AWS::RedshiftServerless::Workgroup", json!({"PubliclyAccessible": true}), "public_access", "true"),
        (
            "aws_api_gateway_method",
            json!({"authorization": "NONE", "http_method": "GET"}),
            "authorization_required",
            "false",
        ),
        ("aws_api_gateway_method", json!({"authorization": "AWS_IAM"}), "authorization_required", "unknown"),
        ("aws_api_gateway_rest_api_policy", some("policy", open), "authorization_required", "unknown"),
        (
            "AWS::ApiGateway::Method",
            json!({"AuthorizationType": "NONE", "HttpMethod": "GET"}),
            "authorization_required",
            "false",
        ),
        ("aws_apigatewayv2_route", json!({"route_key": "$connect"}), "authorization_required", "false"),
        ("aws_apigatewayv2_route", json!({"route_key": "GET /"}), "authorization_required", "unknown"),
        ("AWS::ApiGatewayV2::Route", json!({"AuthorizationType": "AWS_IAM"}), "authorization_required", "unknown"),
        ("aws_iam_access_key", json!({}), "access_keys", "1"),
        ("aws_iam_access_key", json!({"status": "Inactive"}), "access_keys", "unknown"),
        ("AWS::IAM::AccessKey", json!({}), "access_keys", "1"),
        ("aws_iam_user_login_profile", json!({}), "console_access", "true"),
        ("aws_iam_user_policy_attachment", admin.clone(), "full_admin", "true"),
        ("aws_iam_role_policy_attachment", admin.clone(), "full_admin", "true"),
        (
            "aws_iam_role_policy_attachment",
            json!({"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
            "full_admin",
            "unknown",
        ),
        ("aws_iam_group_policy_attachment", admin.clone(), "full_admin", "true"),
        ("aws_iam_policy_attachment", admin, "full_admin", "true"),
    ]
}

/// What the type alone tells, or what is counted of the satellites themselves.
const KNOWN_OF_ANY: &[&str] =
    &["default", "closed_by_default", "of", "role", "engine", "part", "attached_to", "access_keys"];

/// Whether nothing here comes from an owner that cannot be seen.
fn is_honest(attribute: &Attribute, owner: SourceIndex) -> bool {
    match &attribute.value {
        Value::Unknown(_) => true,
        Value::List(items) if !items.is_empty() => items.iter().all(|item| is_honest(item, owner)),
        Value::Record(record) => record.iter().all(|(_, field)| is_honest(field, owner)),
        _ => attribute.origin.source != owner,
    }
}

#[test]
fn nothing_is_claimed_of_an_owner_outside() {
    let samples = samples();
    for alone in aws::alone() {
        let main = role(alone.owner).and_then(|role| role.main).unwrap();
        for canonical in alone.types {
            let told: Vec<_> = samples.iter().filter(|(name, ..)| name == canonical).collect();
            assert!(!told.is_empty(), "no sample of {canonical}");
            let bare = json!({});
            for (properties, decided) in
                told.iter().map(|(_, p, name, want)| (p, Some((*name, *want)))).chain([(&bare, None)])
            {
                let link = alone.links[0];
                let satellite = || {
                    let node = testing::node(&linked(properties.clone(), link, json!("outside")));
                    let source = SourceIndex(0);
                    Raw { address: "s".into(), type_name: (*canonical).into(), source, node }
                };
                let joined = Joined { satellites: vec![satellite()] };
                let mut owner = owner_outside(alone, &joined.satellites[0]);
                owner.source = SourceIndex(9);
                let lone = build(main, &owner, &joined, Some(alone));
                for (name, attribute) in lone.attributes.iter() {
                    let fine = KNOWN_OF_ANY.contains(&name) || is_honest(attribute, SourceIndex(9));
                    assert!(fine, "{canonical} claims {name}: {attribute:?}");
                }
                if let Some((name, want)) = decided {
                    assert_eq!(show(&lone, name), want, "{name} of {canonical} {properties}");
                }

                // Whatever is known without the owner must hold with it: here with one that states nothing.
                let stated = Raw { node: testing::node(&json!({"name": "outside"})), ..owner };
                let whole = build(main, &stated, &joined, None);
                for (name, attribute) in lone.attributes.iter() {
                    if !matches!(attribute.value, Value::Unknown(_) | Value::List(_)) && name != "name" {
                        assert_eq!(show(&lone, name), show(&whole, name), "{name} of {canonical} {properties}");
                    }
                }
            }
        }
    }
}

#[test]
fn satellites_beyond_count_are_joined_in_one_pass() {
    let count = 20_000;
    let entry = |index: usize, canonical: &str| Entry {
        address: format!("e{index}").into(),
        type_name: canonical.into(),
        canonical: canonical.into(),
        pointer: "".into(),
    };
    let rule = testing::node(&linked(world("ingress"), "security_group_id", json!("sg-1")));
    let attachment = testing::node(&json!({"role": "r", "policy_arn": "arn:aws:iam::1:policy/p"}));
    let mut entries = vec![entry(0, "aws_iam_role"), entry(1, "aws_iam_policy")];
    let mut nodes = vec![testing::node(&json!({"name": "r"})), testing::node(&json!({"name": "p", "policy": "{}"}))];
    for index in 0..count {
        entries.push(entry(index * 2 + 2, "aws_security_group_rule"));
        nodes.push(rule.clone());
        entries.push(entry(index * 2 + 3, "aws_iam_role_policy_attachment"));
        nodes.push(attachment.clone());
    }
    let inventory = Inventory { entries, left_out: Vec::new(), loader: Box::new(Parsed(nodes)) };
    let resources = assemble(&inventory, DocumentIndex(0), 0, false).resources;
    let kinds: Vec<Kind> = resources.iter().map(|r| r.kind).collect();
    assert_eq!(kinds, [Kind::Role, Kind::AccessPolicy, Kind::Firewall]);
    assert!(matches!(resources[2].get("ingress").map(|a| &a.value), Some(Value::List(items)) if items.len() == count));
}

#[test]
fn an_exported_native_stack_names_owners_by_their_physical_ids() {
    let found = normalise(&[
        ("g", "AWS::EC2::SecurityGroup", json!({"GroupDescription": "web", "PhysicalId": "sg-1"})),
        (
            "r",
            "AWS::EC2::SecurityGroupIngress",
            json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}),
        ),
        ("b", "AWS::S3::Bucket", json!({"BucketName": "b", "PhysicalId": "b"})),
    ]);
    assert_eq!(found.len(), 2);
    assert!(matches!(found[0].get("ingress").map(|a| &a.value), Some(Value::List(rules)) if rules.len() == 1));
    assert_eq!(found[0].names, ["sg-1".into()]);
    assert_eq!(show(&found[0], "name"), "absent");
    assert_eq!(found[1].names, ["b".into()]);
}

#[test]
fn a_queue_is_named_by_the_end_of_its_address() {
    let found = normalise(&[
        ("q", "AWS::SQS::Queue", json!({"QueueName": "intake"})),
        (
            "p",
            "AWS::SQS::QueuePolicy",
            json!({
                "Queues": ["https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/intake"],
                "PolicyDocument": policy("*"),
            }),
        ),
    ]);
    assert_eq!(found.len(), 1);
    check(&found[0], &[("public_access", "true")]);
}

use serde_json::{Value as Json, json};

use attesta_resource::Unknown;

use super::*;
use crate::testing::show_in;

fn raw(policy: &Json) -> Raw {
    fn node(json: &Json) -> Node {
        match json {
            Json::Object(map) if map.contains_key("$unknown") => match map["$unknown"].as_str() {
                None | Some("") => Node::Unknown(Unknown::Hidden),
                Some(what) => Node::Unknown(Unknown::Unresolved { what: what.into() }),
            },
            Json::Object(map) if map.contains_key("$ref") => {
                Node::Reference(crate::node::Reference { address: "Other".into(), attribute: "Arn".into() })
            }
            Json::Object(map) => Node::Map(map.iter().map(|(k, v)| (k.as_str().into(), node(v))).collect()),
            Json::Array(items) => Node::List(items.iter().map(node).collect()),
            other => serde_json::from_value(other.clone()).unwrap(),
        }
    }
    enclose(Node::Map(vec![("policy".into(), node(policy))]), SourceIndex(0))
}

fn read(policy: &Json) -> Document {
    parse(&raw(policy).at("policy"))
}

fn word(fact: &Fact<bool>) -> &'static str {
    match fact.state {
        State::Known(true) => "yes",
        State::Known(false) => "no",
        State::Absent => "absent",
        State::Unknown(_) => "unknown",
    }
}

fn statement(statement: Json) -> Json {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// Text, object, list of one document and list of bare statements must all read alike.
#[track_caller]
fn in_every_dress(policy: &Json, ask: impl Fn(&Document) -> &Fact<bool>, want: &str) {
    let mut dresses = vec![policy.clone(), json!([policy]), policy["Statement"].clone()];
    if !policy.to_string().contains('$') {
        dresses.push(json!(policy.to_string()));
    }
    for dress in dresses {
        assert_eq!(word(ask(&read(&dress))), want, "{dress}");
    }
}

#[test]
fn who_may_come_in() {
    let allow =
        |principal: Json| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"});
    for (principal, want) in [
        (json!("*"), "yes"),
        (json!({"AWS": "*"}), "yes"),
        (json!({"AWS": ["arn:aws:iam::1:root", "*"]}), "yes"),
        (json!({"AWS": "arn:aws:iam::1:root"}), "no"),
        (json!({"AWS": "arn:aws:iam::${AWS::AccountId}:root"}), "no"),
        (json!({"AWS": "${Who}"}), "unknown"),
        (json!({"Service": "s3.amazonaws.com"}), "no"),
        (json!({"AWS": {"$unknown": ""}}), "unknown"),
        (json!({"AWS": {"$unknown": "AWS::AccountId"}}), "no"),
        (json!({"AWS": ["*", {"$unknown": ""}]}), "yes"),
        (json!({"AWS": {"$ref": ""}}), "no"),
        (json!({"$unknown": ""}), "unknown"),
    ] {
        let policy = statement(allow(principal));
        assert_eq!(word(&read(&policy).anyone), want, "{policy}");
        let mut deny = policy.clone();
        deny["Statement"][0]["Effect"] = json!("Deny");
        assert_eq!(word(&read(&deny).anyone), "no", "{deny}");
    }
    in_every_dress(&statement(allow(json!("*"))), |d| &d.anyone, "yes");
    let but = statement(json!({"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "*", "Resource": "*"}));
    in_every_dress(&but, |d| &d.anyone, "yes");
    let effect = statement(json!({"Effect": {"$unknown": ""}, "Principal": "*", "Action": "*", "Resource": "*"}));
    in_every_dress(&effect, |d| &d.anyone, "unknown");
    let missing = statement(json!({"Effect": "Permit", "Principal": "*", "Action": "*", "Resource": "*"}));
    in_every_dress(&missing, |d| &d.anyone, "unknown");
}

#[test]
fn conditions_that_narrow_who() {
    for (condition, anyone) in [
        (json!({"StringEquals": {"aws:SourceAccount": "1"}}), "no"),
        (json!({"StringEquals": {"AWS:SourceOwner": "1"}}), "no"),
        (json!({"StringEquals": {"aws:SourceAccount": {"$unknown": "AWS::AccountId"}}}), "no"),
        (json!({"StringEquals": {"aws:SourceAccount": {"$unknown": "Account"}}}), "unknown"),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::records"}}), "no"),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}}), "yes"),
        (json!({"StringLike": {"aws:PrincipalArn": "*"}}), "yes"),
        (json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}), "yes"),
        (json!({"StringLike": {"aws:PrincipalArn": ["arn:aws:iam::1:role/a", "*"]}}), "yes"),
        (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}), "yes"),
        (json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/*"}}), "yes"),
        (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}), "no"),
        (json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), "yes"),
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "no"),
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.7"}}), "no"),
        (json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), "yes"),
        (json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}), "yes"),
        (json!({"IpAddress": {"aws:SourceIp": "::/0"}}), "yes"),
        (json!({"IpAddress": {"aws:SourceIp": {"$unknown": ""}}}), "unknown"),
        (json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", {"$unknown": ""}]}}), "yes"),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), "yes"),
        (json!({"Bool": {"aws:PrincipalIsAWSService": true}}), "no"),
        (json!({"Bool": {"aws:PrincipalIsAWSService": "false"}}), "yes"),
        (json!({"StringEquals": {"aws:PrincipalIsAWSService": "false"}}), "yes"),
        (json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}), "yes"),
        (json!({"StringLike": {"aws:SourceVpce": "vpce-*"}}), "yes"),
        (json!({"StringEquals": {"aws:PrincipalTag/team": "x"}}), "yes"),
        (json!({"StringEquals": {"aws:SourceVpce": {"$ref": ""}}}), "no"),
        (json!({"StringEquals": {"$unknown": ""}}), "unknown"),
        (json!({"$unknown": ""}), "unknown"),
        (json!({}), "yes"),
    ] {
        let policy = statement(json!({
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": condition,
        }));
        assert_eq!(word(&read(&policy).anyone), anyone, "{condition}");
    }
}

#[test]
fn a_provider_that_everyone_shares_needs_a_subject() {
    let issuer = "token.actions.githubusercontent.com";
    let trust = |condition: Json| {
        statement(json!({
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
            "Principal": {"Federated": format!("arn:aws:iam::1:oidc-provider/{issuer}")},
        }))
    };
    for (condition, want) in [
        (json!({}), "yes"),
        (json!({"StringEquals": {format!("{issuer}:aud"): "sts.amazonaws.com"}}), "yes"),
        (json!({"StringLike": {format!("{issuer}:sub"): "repo:*"}}), "yes"),
        (json!({"StringLike": {format!("{issuer}:sub"): "repo:acme/*"}}), "no"),
    ] {
        in_every_dress(&trust(condition), |d| &d.anyone, want);
    }
    let own = statement(json!({
        "Effect": "Allow", "Action": "sts:AssumeRoleWithSAML",
        "Principal": {"Federated": "arn:aws:iam::1:saml-provider/acme"},
    }));
    in_every_dress(&own, |d| &d.anyone, "no");
}

#[test]
fn every_action_on_every_resource() {
    for (body, want) in [
        (json!({"Effect": "Allow", "Action": "*", "Resource": "*"}), "yes"),
        (json!({"Effect": "Allow", "Action": ["s3:Get*", "*:*"], "Resource": ["arn:x", "*"]}), "yes"),
        (json!({"Effect": "Allow", "Action": "?*", "Resource": "*"}), "yes"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "arn:*"}), "yes"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:*:*:*:*"}), "yes"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:*:*:*"}), "no"),
        (json!({"Effect": "Deny", "Action": "*", "Resource": "*"}), "no"),
        (json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}), "no"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::a/*"}), "no"),
        (json!({"Effect": "Allow", "Action": "*"}), "no"),
        (json!({"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "*"}), "yes"),
        (json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}), "no"),
        (json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a"}), "yes"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": {"$unknown": ""}}), "unknown"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "${Everything}"}), "unknown"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::a/${aws:username}"}), "no"),
        (json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"$unknown": ""}}), "no"),
        (json!({"Effect": "Allow", "Action": {"$unknown": ""}, "Resource": "arn:x"}), "no"),
        (json!({"$unknown": ""}), "unknown"),
    ] {
        assert_eq!(word(&read(&statement(body.clone())).full_admin), want, "{body}");
    }
}

#[test]
fn refusing_plain_http() {
    let both = json!(["arn:aws:s3:::a", "arn:aws:s3:::a/*"]);
    let deny = |action: &str, resource: Json, condition: Json| json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition});
    let plain = json!({"Bool": {"aws:SecureTransport": "false"}});
    for (body, want) in [
        (deny("s3:*", both.clone(), plain.clone()), "yes"),
        (deny("*", json!("*"), plain.clone()), "yes"),
        (deny("sqs:*", json!("arn:aws:sqs:us-east-1:1:q"), plain.clone()), "yes"),
        (deny("s3:*", json!([{"$ref": ""}, "${Records.Arn}/*"]), plain.clone()), "yes"),
        (deny("s3:*", json!([{"$ref": ""}, {"$unknown": ""}]), plain.clone()), "unknown"),
        (deny("s3:*", json!("arn:aws:s3:::a"), plain.clone()), "no"),
        (deny("s3:*", json!("arn:aws:s3:::a/*"), plain.clone()), "no"),
        (deny("s3:GetObject", both.clone(), plain.clone()), "no"),
        (deny("s3:*", both.clone(), json!({"Bool": {"aws:SecureTransport": true}})), "no"),
        (deny("s3:*", both.clone(), json!({"Bool": {"aws:SecureTransport": {"$unknown": ""}}})), "unknown"),
        (
            deny(
                "s3:*",
                both.clone(),
                json!({"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            ),
            "no",
        ),
        (
            deny(
                "s3:*",
                both.clone(),
                json!({"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}),
            ),
            "yes",
        ),
        // Refuses the services only.
        (
            deny("s3:*", both, json!({"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "true"}})),
            "no",
        ),
        // One folder is not the bucket's objects, and one object is not the bucket.
        (deny("s3:*", json!(["arn:aws:s3:::a", "arn:aws:s3:::a/logs/*"]), plain.clone()), "no"),
        (deny("s3:*", json!(["arn:aws:s3:::a/b.csv", "arn:aws:s3:::a/*"]), plain.clone()), "no"),
        (deny("s3:*", json!("arn:aws:s3:::a*"), plain.clone()), "yes"),
        (deny("s3:*", json!(["urn:pulumi:s::p::aws:s3/bucket:Bucket::a", "arn:aws:s3:::a/*"]), plain.clone()), "yes"),
    ] {
        assert_eq!(word(&read(&statement(body.clone())).denies_plain_http), want, "{body}");
    }
    // The policy of a file system may leave the resource out.
    let unsaid = json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Condition": plain.clone()});
    assert_eq!(word(&read(&statement(unsaid.clone())).denies_plain_http), "yes");
    let mut but_one = unsaid;
    but_one["NotResource"] = json!("arn:aws:s3:::a/public/*");
    assert_eq!(word(&read(&statement(but_one)).denies_plain_http), "no");
    // One statement for the bucket and one for its objects cover it together.
    let halves = json!({"Statement": [
        deny("s3:*", json!("arn:aws:s3:::a"), plain.clone()), deny("s3:*", json!("arn:aws:s3:::a/*"), plain),
    ]});
    assert_eq!(word(&read(&halves).denies_plain_http), "yes");
}

#[test]
fn statements_as_records() {
    let document = read(&statement(json!({
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::1:root", "Service": ["ec2.amazonaws.com"], "Federated": "f"},
        "Action": ["KMS:*", "s3:GetObject"],
        "Resource": "arn:x",
        "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
    })));
    let Some([Attribute { value: Value::Record(record), .. }]) = document.statements.value().map(Vec::as_slice) else {
        panic!("{:?}", document.statements)
    };
    for (name, want) in [
        ("effect", "\"allow\""),
        ("actions", "[\"kms:*\", \"s3:getobject\"]"),
        ("not_actions", "absent"),
        ("resources", "[\"arn:x\"]"),
        ("principals", "[\"arn:aws:iam::1:root\", \"service:ec2.amazonaws.com\", \"federated:f\"]"),
        ("condition_keys", "[\"aws:sourceaccount\"]"),
        ("conditional", "true"),
        ("full_admin", "false"),
        ("wildcard_actions", "true"),
        ("anyone", "false"),
    ] {
        assert_eq!(show_in(record, name), want, "{name}");
    }
}

#[test]
fn what_is_no_policy_is_unknown_and_nothing_is_nothing() {
    let all = |d: &Document| [word(&d.anyone), word(&d.full_admin), word(&d.denies_plain_http)];
    for nothing in [json!(null), json!(""), json!({}), json!([])] {
        let document = read(&nothing);
        assert_eq!(all(&document), ["no"; 3], "{nothing}");
        assert!(document.statements.is_absent());
    }
    let deep = "[".repeat(100_000);
    for odd in [
        json!("not json"),
        json!("${Policy}"),
        json!("\"text in text\""),
        json!({"$unknown": ""}),
        json!({"Version": "2012-10-17"}),
        json!({"Statement": {"$unknown": ""}}),
        json!({"Statement": ["x"]}),
        json!("{\"Statement\":[{\"Effect\":\"Deny\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"),
        json!(7),
        json!(deep),
    ] {
        assert_eq!(all(&read(&odd)), ["unknown"; 3], "{odd:.60}");
    }
}

#[test]
fn one_unknown_statement_leaves_the_others_visible() {
    let document = read(&json!({"Statement": [
        {"$unknown": ""},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
    ]}));
    assert_eq!(document.statements.value().map(Vec::len), Some(2));
    assert_eq!((word(&document.anyone), word(&document.full_admin)), ("yes", "unknown"));
}

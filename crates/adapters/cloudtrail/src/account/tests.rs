use attesta_reach::reach;
use serde_json::json;

use super::*;

const BUCKET: &str = "arn:aws:s3:::phi/";

fn trail_of(properties: Value) -> Trail {
    let Value::Object(mut properties) = properties else { panic!("an object") };
    properties.entry("enable_logging").or_insert(json!(true));
    properties.insert("is_multi_region_trail".to_owned(), json!(true));
    let told = Told {
        id: "arn:aws:cloudtrail:r:1:trail/t".to_owned(),
        canonical: "aws_cloudtrail".to_owned(),
        properties,
        unseen: None,
    };
    trail("us-east-1", &told)
}

fn plain(values: Value, word: &str) -> Value {
    json!({ "event_selector": [{ "read_write_type": word, "data_resource": [{ "type": "AWS::S3::Object", "values": values }] }] })
}

fn advanced(more: &[Value]) -> Value {
    let mut fields = vec![
        json!({ "field": "eventCategory", "equals": ["Data"] }),
        json!({ "field": "resources.type", "equals": ["AWS::S3::Object"] }),
    ];
    fields.extend(more.iter().cloned());
    json!({ "advanced_event_selector": [{ "field_selector": fields }] })
}

#[test]
fn whether_a_trail_records_all_of_a_bucket() {
    use Answer::{No, Unknown, Yes};
    for (properties, want) in [
        (json!({}), No),
        (plain(json!(["arn:aws:s3"]), "All"), Yes),
        (plain(json!(["arn:aws:s3:::phi/"]), "All"), Yes),
        (plain(json!(["arn:aws:s3:::other/"]), "All"), No),
        (plain(json!(["arn:aws:s3:::phi/x"]), "All"), Unknown),
        (plain(json!(["arn:aws:s3"]), "WriteOnly"), No),
        (plain(json!(["arn:aws:s3"]), "ReadOnly"), No),
        // A snapshot of an older version has no values: what they were is not known.
        (plain(Value::Null, "All"), Unknown),
        (advanced(&[]), Yes),
        (advanced(&[json!({ "field": "readOnly", "equals": ["true"] })]), No),
        (advanced(&[json!({ "field": "resources.ARN", "starts_with": ["arn:aws:s3:::phi/"] })]), Yes),
        (advanced(&[json!({ "field": "resources.ARN", "not_starts_with": ["arn:aws:s3:::phi/"] })]), Unknown),
        (advanced(&[json!({ "field": "eventName", "equals": ["PutObject"] })]), Unknown),
        (json!({ "event_selector": { "$unknown": "denied" } }), Unknown),
    ] {
        assert_eq!(trail_of(properties.clone()).records("AWS::S3::Object", Some(BUCKET)), want, "{properties}");
        let mut off = properties.clone();
        off["enable_logging"] = json!(false);
        assert_eq!(trail_of(off).records("AWS::S3::Object", Some(BUCKET)), No, "a trail that is off records nothing");
    }
}

fn snapshot(resources: Value) -> Account {
    let document = json!({
        "schema": "attesta.live-aws/1", "account": "1", "finished": "2026-01-01T00:00:00Z", "regions": ["us-east-1"],
        "sections": [{ "region": "us-east-1", "resources": resources }],
    });
    account(document.to_string().as_bytes()).unwrap()
}

fn allow(more: Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
    for (key, value) in more.as_object().unwrap() {
        statement[key] = value.clone();
    }
    json!({ "Statement": statement })
}

/// What of one user with this much of a policy and these resources besides.
fn reads(policy: Value, more: &[Value]) -> Answer {
    let mut resources = vec![
        json!({ "as": "aws_s3_bucket", "id": "arn:aws:s3:::phi", "properties": { "bucket": "phi", "region": "us-east-1" } }),
        json!({ "as": "aws_iam_user", "id": "arn:aws:iam::1:user/a", "properties": { "name": "a", "$groups": ["g"] } }),
        json!({ "as": "aws_iam_user_policy", "id": "p", "properties": { "user": "a", "name": "p", "policy": policy } }),
    ];
    resources.extend(more.iter().cloned());
    let account = snapshot(json!(resources));
    let (store, _) = &account.stores["phi"];
    reach(&account.identities, store).inside.iter().find(|grant| grant.action == "s3:getobject").unwrap().answer
}

#[test]
fn policies_are_read_as_aws_reads_them() {
    use Answer::{No, Unknown, Yes};
    let attached = |arn: &str| json!({ "as": "aws_iam_group_policy_attachment", "id": "x", "properties": { "group": "g", "policy_arn": arn } });
    for (policy, more, want) in [
        (Value::Null, vec![], No),
        (allow(json!({})), vec![], Yes),
        (json!(allow(json!({})).to_string()), vec![], Yes),
        (allow(json!({ "Action": ["s3:g*"] })), vec![], Yes),
        (allow(json!({ "Action": "s3:PutObject" })), vec![], No),
        (allow(json!({ "Resource": "arn:aws:s3:::other/*" })), vec![], No),
        (allow(json!({ "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } })), vec![], Unknown),
        (allow(json!({ "Resource": "arn:aws:s3:::phi/${aws:username}/*" })), vec![], Unknown),
        (json!({ "$unknown": "denied" }), vec![], Unknown),
        (json!("no json"), vec![], Unknown),
        (json!({ "Statement": [{ "Effect": "Perhaps" }] }), vec![], Unknown),
        (Value::Null, vec![attached("arn:aws:iam::aws:policy/AdministratorAccess")], Yes),
        (Value::Null, vec![attached("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")], Yes),
        (Value::Null, vec![attached("arn:aws:iam::aws:policy/ReadOnlyAccess")], Unknown),
        (Value::Null, vec![json!({ "as": "aws_iam_group", "id": "arn:*", "unseen": "denied" })], Unknown),
    ] {
        assert_eq!(reads(policy.clone(), &more), want, "{policy} {more:?}");
    }
}

#[test]
fn what_is_no_snapshot_is_refused() {
    for (text, why) in [
        ("x", "is no live snapshot"),
        (r#"{"schema":"other","account":"1","sections":[]}"#, "is a `other`"),
        (r#"{"schema":"attesta.live-aws/1","account":"1","sections":[]}"#, "broken off"),
    ] {
        assert!(account(text.as_bytes()).unwrap_err().contains(why), "{text}");
    }
}

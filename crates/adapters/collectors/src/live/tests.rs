use attesta_resource::Snapshot as Seen;
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    collect::{Limits, Request, Silent, collect},
    testing::{check, show},
};

fn snapshot(resources: Json, more: Json) -> Json {
    let mut text = json!({
        "schema": SCHEMA, "finished": "2026-11-26T00:00:00Z",
        "sections": [{"account": "123456789012", "region": "us-east-1", "resources": resources}],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        text[key] = value.clone();
    }
    text
}

fn seen(document: &Json) -> Seen {
    all_seen(std::slice::from_ref(document))
}

fn all_seen(documents: &[Json]) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..documents.len()).map(|n| folder.path().join(format!("snapshot-{n}.json"))).collect();
    for (path, document) in paths.iter().zip(documents) {
        std::fs::write(path, document.to_string()).unwrap();
    }
    let request = Request { paths, keep_raw: false, limits: Limits::default(), dictionary: None };
    let collection = collect(&request, &Silent);
    assert!(collection.refused.is_empty(), "{:?}", collection.refused);
    collection.snapshot
}

fn bucket(name: &str, properties: Json) -> Json {
    let mut all = json!({"bucket": name, "arn": format!("arn:aws:s3:::{name}")});
    for (key, value) in properties.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    json!({"type": "AWS::S3::Bucket", "as": "aws_s3_bucket", "id": format!("arn:aws:s3:::{name}"), "properties": all})
}

#[test]
fn a_live_bucket_is_read_as_one_in_a_plan() {
    let hidden = || json!({"$unknown": "s3:GetBucketPolicy: denied (AccessDenied)"});
    let block = json!({
        "type": "b", "as": "aws_s3_bucket_public_access_block", "id": "arn:aws:s3:::a?block",
        "properties": {"bucket": "a", "block_public_acls": true, "ignore_public_acls": true,
            "block_public_policy": true, "restrict_public_buckets": true},
    });
    let found = seen(&snapshot(
        json!([
            bucket("a", json!({"versioning": {"enabled": true}, "policy": hidden()})),
            bucket("b", json!({"versioning": hidden(), "policy": hidden()})),
            block,
        ]),
        json!({}),
    ));
    check(
        &found.resources[0],
        &[
            ("versioning.enabled", "true"),
            ("encryption_at_rest.enabled", "true"),
            ("public_access.restrict_public_buckets", "true"),
            ("public_access.allowed", "false"),
            ("transport.tls_required", "unknown"),
            ("region", "\"us-east-1\""),
        ],
    );
    check(
        &found.resources[1],
        &[("versioning.enabled", "unknown"), ("public_access.allowed", "unknown"), ("logging.enabled", "false")],
    );
    assert_eq!(&*found.sources[0].pointer, "/sections/0/resources/0/properties");
}

#[test]
fn what_was_not_seen_is_a_resource_of_which_everything_is_unknown() {
    let unseen = json!({"type": "AWS::RDS::DBInstance", "as": "aws_db_instance",
        "id": "arn:aws:rds:us-east-1:123456789012:db:*", "unseen": "rds:DescribeDBInstances: denied (AccessDenied)"});
    let failures =
        json!([{"call": "rds:DescribeDBInstances in us-east-1", "why": "denied (AccessDenied)", "count": 2}]);
    let found = seen(&snapshot(json!([unseen]), json!({"failures": failures, "not_asked": ["WAF (web_firewall)"]})));
    let database = &found.resources[0];
    assert_eq!(database.kind, Kind::Database);
    for name in ["encryption_at_rest.enabled", "role", "engine", "anything.at.all"] {
        assert_eq!(show(database, name), "unknown", "{name}");
    }
    let told: Vec<_> = found.not_understood.iter().map(|n| (n.reason, n.what.as_str(), n.count)).collect();
    assert_eq!(
        told,
        [
            (Reason::NotCollected, "rds:DescribeDBInstances in us-east-1: denied (AccessDenied)", 2),
            (Reason::NotAsked, "WAF (web_firewall)", 1),
        ]
    );
}

#[test]
fn names_join_within_one_region_only() {
    let place = |region: &str, policy: &str| {
        json!({"account": "1", "region": region, "resources": [
            {"type": "t", "as": "aws_sqs_queue", "id": format!("arn:{region}"), "properties": {"name": "q", "url": "u"}},
            {"type": "p", "as": "aws_sqs_queue_policy", "id": format!("arn:{region}?policy"),
             "properties": {"queue_url": "q", "policy": policy}},
        ]})
    };
    let open = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let shut = r#"{"Statement":[]}"#;
    let found = seen(&snapshot(json!([]), json!({"sections": [place("a", open), place("b", shut)]})));
    assert_eq!(show(&found.resources[0], "public_access"), "true");
    assert_eq!(show(&found.resources[1], "public_access"), "false");
}

#[test]
fn stores_may_take_logs_when_it_is_not_seen_who_writes_where() {
    let hidden = json!({"$unknown": "s3:GetBucketLogging: denied (AccessDenied)"});
    let found = seen(&snapshot(json!([bucket("a", json!({"logging": hidden})), bucket("b", json!({}))]), json!({})));
    assert_eq!(show(&found.resources[1], "used_for_logs"), "unknown");
    let to_b = json!({"logging": {"target_bucket": "b"}});
    let found = seen(&snapshot(json!([bucket("a", to_b), bucket("b", json!({}))]), json!({})));
    assert_eq!(show(&found.resources[1], "used_for_logs"), "true");
    assert_eq!(show(&found.resources[0], "used_for_logs"), "absent");
}

#[test]
fn members_of_a_group_may_what_the_group_may() {
    let entry = |canonical: &str, id: &str, properties: Json| json!({"type": "t", "as": canonical, "id": id, "properties": properties});
    let group = |name: &str| entry("aws_iam_group", &format!("arn:group/{name}"), json!({"name": name}));
    let attached = |name: &str, arn: Json| {
        let id = format!("arn:group/{name}?attached");
        entry("aws_iam_group_policy_attachment", &id, json!({"group": name, "policy_arn": arn}))
    };
    let user = |name: &str, groups: Json| {
        entry("aws_iam_user", &format!("arn:user/{name}"), json!({"name": name, "$groups": groups}))
    };
    let found = seen(&snapshot(
        json!([
            group("admins"),
            attached("admins", json!("arn:aws:iam::aws:policy/AdministratorAccess")),
            group("readers"),
            attached("readers", json!("arn:aws:iam::aws:policy/ReadOnlyAccess")),
            group("hidden"),
            attached("hidden", json!({"$unknown": "denied"})),
            user("ann", json!(["readers", "admins"])),
            user("bob", json!(["readers"])),
            user("cy", json!(["readers", "hidden"])),
            user("di", json!(["elsewhere"])),
            user("ed", json!([])),
        ]),
        json!({}),
    ));
    let users: Vec<_> = found.resources.iter().filter(|r| r.kind == Kind::Identity).collect();
    let told: Vec<String> = users.iter().map(|user| show(user, "full_admin")).collect();
    assert_eq!(told, ["true", "false", "unknown", "unknown", "false"]);
    assert_eq!(show(users[0], "direct_policies"), "false");
}

#[test]
fn attributes_without_a_word_in_code_come_as_they_are() {
    let user = json!({"type": "t", "as": "aws_iam_user", "id": "arn:u", "properties": {
        "name": "u", "$attributes": {"mfa.enabled": false, "key_age_days": 91, "last_used_days": {"$unknown": "w"}}}});
    let found = seen(&snapshot(json!([user]), json!({})));
    check(&found.resources[0], &[("mfa.enabled", "false"), ("key_age_days", "91"), ("last_used_days", "unknown")]);
}

#[test]
fn kinds_are_complete_only_when_the_snapshot_says_so() {
    let found = seen(&snapshot(json!([]), json!({"complete": ["audit_trail"]})));
    assert_eq!(found.complete_kinds, [Kind::AuditTrail]);
}

#[test]
fn a_kind_is_complete_only_when_every_account_says_so() {
    let whole = snapshot(json!([]), json!({"complete": ["audit_trail", "volume"]}));
    let denied = snapshot(json!([]), json!({"complete": ["volume"]}));
    for order in [[&whole, &denied], [&denied, &whole]] {
        let found = all_seen(&order.map(Json::clone));
        assert_eq!(found.complete_kinds, [Kind::Volume]);
    }
}

#[test]
fn half_a_snapshot_is_none() {
    for (document, want) in [
        (json!({"schema": SCHEMA, "sections": []}), "broken off"),
        (json!({"schema": SCHEMA, "finished": "x"}), "missing field `sections`"),
        (snapshot(json!([]), json!({"complete": ["buckets"]})), "`buckets` is not a resource kind"),
    ] {
        let why = read(&document.to_string()).err().unwrap();
        assert!(why.contains(want), "{why}");
    }
    let text = snapshot(json!([bucket("a", json!({}))]), json!({})).to_string();
    for cut in [1, 20, text.len() / 2, text.len() - 1] {
        assert!(read(&text[..cut]).is_err());
    }
    let newer = json!([{"type": "t", "as": "aws_quantum_ledger", "id": "arn:x", "properties": {}}]);
    let live = read(&snapshot(newer, json!({})).to_string()).unwrap();
    assert_eq!(live.sections[0].left_out[0].reason, Reason::Unreadable);
}

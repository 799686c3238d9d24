//! Snapshots: neutral resources through `attesta collect generic`, and what a live account showed, through `check`.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{attesta, attesta_with_input};

const EXAMPLE: &str = "examples/app-host/resources.jsonl";

fn statuses(report: &Value, address: &str, policy: &str) -> Vec<String> {
    let outcomes = report.get("outcomes").and_then(Value::as_array).unwrap().iter();
    let text = |o: &Value, pointer: &str| o.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let meant = outcomes.filter(|o| text(o, "/resource/address") == address && text(o, "/policy") == policy);
    meant.map(|o| text(o, "/status")).collect()
}

#[test]
fn an_application_host_is_checked_from_json_lines() {
    let run = attesta(&["check", EXAMPLE, "--format", "json"]);
    let report = run.json();
    assert_eq!(run.code, 1);
    for (address, policy, want) in [
        ("database/records", "database-encryption-at-rest", "pass"),
        ("database/records", "database-customer-managed-key", "unknown"),
        ("database/records", "database-not-public", "pass"),
        ("database/analytics", "database-not-public", "fail"),
        ("database/analytics", "database-backup-retention", "fail"),
        ("backup-policy/production", "backup-plan-retention", "pass"),
        ("endpoint/legacy-hl7", "load-balancer-access-logging", "fail"),
        ("log-drain/debug", "log-store-retention", "fail"),
        ("log-drain/siem", "log-store-retention", "pass"),
        ("app/patient-portal", "container-task-no-plain-secrets", "fail"),
        ("users/*", "identity-console-mfa", "unknown"),
        ("users/*", "identity-no-full-admin", "unknown"),
    ] {
        assert_eq!(statuses(&report, address, policy), [want], "{address} {policy}");
    }
    // A finding names its line.
    let found = report["outcomes"].as_array().unwrap().iter();
    let public = found.clone().find(|o| o["policy"] == "database-not-public" && o["status"] == "fail").unwrap();
    assert_eq!(public["line"], 4);
    assert_eq!(report["snapshot"]["documents"][0]["format"], "neutral");
}

#[test]
fn bad_lines_are_named_and_the_rest_is_checked() {
    let text = fs::read_to_string(support::root().join(EXAMPLE)).unwrap();
    let broken =
        text.replacen(r#""public_access":true"#, r#""public_acess":true"#, 1).replace("\"kind\":\"firewall\"", "oops");
    let run = attesta_with_input(&["check", "-", "--fail-on", "never"], broken.as_bytes());
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.out.contains("line 4: `public_acess` is no attribute of `database`"), "{}", run.out);
    assert!(run.out.contains("line 8: "), "{}", run.out);
    assert!(run.out.contains("endpoint/legacy-hl7"), "the others are still there");
}

#[test]
fn generic_keeps_what_it_takes_and_remembers_what_it_lost() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("snapshot.jsonl");
    let output = snapshot.to_str().unwrap();
    let whole = attesta(&["collect", "generic", EXAMPLE, "--output", output]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    let text = fs::read_to_string(&snapshot).unwrap();
    assert_eq!(text.lines().count(), 11);
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(header["complete"], json!(["backup_plan", "database", "log_store"]));
    assert!(header["collected_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(attesta(&["check", output, "--fail-on", "never"]).code, 0);

    let by_command = attesta(&["collect", "generic", "--source", "host", "--output", output, "--", "cat", EXAMPLE]);
    assert_eq!(by_command.code, 0, "{}", by_command.err);
    assert_eq!(fs::read_to_string(&snapshot).unwrap().lines().count(), 11);

    let lines = b"{\"kind\":\"queue\",\"address\":\"q\",\"attributes\":{}}\nnot json\n";
    let partly = attesta_with_input(&["collect", "generic", "-", "--output", output], lines);
    assert_eq!(partly.code, 3);
    assert!(partly.err.contains("standard input:2: "), "{}", partly.err);
    // Whoever checks the snapshot hears of the lost line too.
    let checked = attesta(&["check", output, "--fail-on", "never"]);
    assert_eq!(checked.code, 3, "{}", checked.out);
    assert!(checked.out.contains("lost when it was collected"), "{}", checked.out);
}

#[test]
fn a_command_that_fails_leaves_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("snapshot.jsonl");
    let output = snapshot.to_str().unwrap();
    let line = r#"printf '{"kind":"queue","address":"q","attributes":{}}\n'; exit 7"#;
    for command in [&["sh", "-c", line][..], &["no-such-program"]] {
        let run = attesta(&[&["collect", "generic", "--output", output, "--"], command].concat());
        assert_eq!(run.code, 3, "{}", run.err);
        assert!(!snapshot.exists());
    }
    let run = attesta(&["collect", "generic", EXAMPLE, "--complete", "buckets", "--output", output]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("`buckets` is not a resource kind"), "{}", run.err);
}

#[test]
fn what_a_live_account_refused_to_show_never_passes() {
    let denied = "rds:DescribeDBInstances: denied (AccessDenied)";
    let snapshot = json!({
        "schema": "attesta.live-aws/1", "finished": "2026-11-26T00:00:00Z", "complete": ["audit_trail"],
        "failures": [{"call": "rds:DescribeDBInstances in us-east-1", "why": "denied (AccessDenied)", "count": 1}],
        "not_asked": ["WAF (web_firewall)"],
        "sections": [{"account": "123456789012", "region": "us-east-1", "resources": [
            {"type": "AWS::RDS::DBInstance", "as": "aws_db_instance", "id": "arn:aws:rds:us-east-1:123456789012:db:*",
             "unseen": denied},
            {"type": "AWS::SQS::Queue", "as": "aws_sqs_queue", "id": "arn:aws:sqs:us-east-1:123456789012:q",
             "properties": {"name": "q", "sqs_managed_sse_enabled": true, "policy": {"$unknown": "sqs: denied"}}},
        ]}],
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.json");
    fs::write(&path, serde_json::to_string_pretty(&snapshot).unwrap()).unwrap();
    let path = path.to_str().unwrap();
    let run = attesta(&["check", path, "--format", "json", "--fail-on", "critical"]);
    assert_eq!(run.code, 3, "what could not be seen was not checked");
    let report = run.json();
    let unseen = "arn:aws:rds:us-east-1:123456789012:db:*";
    let outcomes: Vec<&Value> =
        report["outcomes"].as_array().unwrap().iter().filter(|o| o["resource"]["address"] == unseen).collect();
    assert!(outcomes.len() > 10, "every policy for databases is asked");
    assert!(outcomes.iter().all(|o| o["status"] == "unknown" && o.to_string().contains(denied)), "{outcomes:?}");
    let queue = "arn:aws:sqs:us-east-1:123456789012:q";
    assert_eq!(statuses(&report, queue, "queue-encryption-at-rest"), ["pass"]);
    assert_eq!(statuses(&report, queue, "queue-not-public"), ["unknown"]);
    // The account was seen whole, and has no trail: that is a finding, not a question.
    assert_eq!(statuses(&report, "(all inputs)", "account-audit-trail"), ["fail"]);
    assert_eq!(statuses(&report, "(all inputs)", "account-backup-plan"), ["unknown"]);
    let table = attesta(&["check", path, "--fail-on", "never"]).out;
    assert!(table.contains("rds:DescribeDBInstances in us-east-1: denied (AccessDenied)"), "{table}");
    assert!(table.contains("WAF (web_firewall)"), "{table}");
}

#[test]
fn users_rego_tells_nothing_of_what_was_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let policy = r#"# METADATA
# title: Queues have a name
# custom:
#   id: own-queue-named
#   topic: identity
#   severity: low
#   kind: queue
#   controls: ["07.b"]
#   hipaa: ["164.308(a)(2)"]
#   rationale: A test.
#   remediation:
#     text: Name it.
#   reads: [name]
package own.queue_named

import rego.v1

deny contains {"msg": "no name", "path": "name"} if {
	not input.attributes.name
}
"#;
    fs::write(folder.path().join("named.rego"), policy).unwrap();
    let dir = folder.path().to_str().unwrap();
    let lines = concat!(
        r#"{"kind":"queue","address":"q/*","unseen":"403"}"#,
        "\n",
        r#"{"kind":"queue","address":"q","attributes":{"name":"q"}}"#,
    );
    let run = attesta_with_input(&["check", "-", "--format", "json", "--policies", dir], lines.as_bytes());
    let report = run.json();
    assert_eq!(statuses(&report, "q/*", "own-queue-named"), ["unknown"], "{}", run.err);
    assert_eq!(statuses(&report, "q", "own-queue-named"), ["pass"]);
}

#[cfg(feature = "aws")]
#[test]
fn the_policy_that_a_live_run_needs_is_printed() {
    let run = attesta(&["collect", "aws", "--print-iam-policy"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let policy = run.json();
    assert_eq!(policy["Version"], "2012-10-17");
    let text = policy.to_string();
    assert!(text.contains("s3:GetAccountPublicAccessBlock") && !text.contains(":*"), "{text}");
    assert_eq!(attesta(&["collect", "aws"]).code, 2, "no --output");
    assert_eq!(attesta(&["collect", "aws", "--external-id", "x", "-o", "y"]).code, 2, "an external id without a role");
}

#[cfg(feature = "aws")]
#[test]
fn an_account_that_cannot_be_asked_leaves_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("snapshot.json");
    let mut command = support::command();
    command.args(["collect", "aws", "--region", "us-east-1", "--attempts", "1", "--timeout", "5"]);
    command.args(["--endpoint-url", "http://127.0.0.1:9", "-o"]).arg(&output);
    command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
    let run = command.output().unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(3), "{err}");
    assert!(err.contains("who we are could not be asked") && err.contains("help:"), "{err}");
    assert!(!output.exists());
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_binary_without_the_collector_says_how_to_get_it() {
    let run = attesta(&["collect", "aws", "-o", "x"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--features aws"), "{}", run.err);
}

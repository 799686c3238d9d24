//! `attesta findings`: what a real Prowler run found (on a simulated account), beside ours.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{attesta, attesta_with_input};

const PROWLER: &str = "fixtures/findings/prowler.ocsf.json";
const BUCKET: &str = "arn:aws:s3:::acme-access-logs";

/// A live snapshot of one bucket whose versioning is on, off, or was refused.
fn snapshot(folder: &std::path::Path, versioning: &Value) -> String {
    let path = folder.join("snapshot.json");
    let document = json!({
        "schema": "attesta.live-aws/1", "account": "123456789012", "started": "2026-11-26T00:00:00Z",
        "finished": "2026-11-26T00:01:00Z", "regions": ["us-east-1"], "complete": ["object_store"],
        "sections": [{ "region": "us-east-1", "resources": [
            { "type": "AWS::S3::Bucket", "as": "aws_s3_bucket", "id": BUCKET, "from": { "": "s3:ListBuckets#/Buckets/0" },
              "properties": { "bucket": "acme-access-logs", "arn": BUCKET, "versioning": versioning } } ] }],
    });
    fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What came of one of Prowler's checks about that bucket.
fn entry(report: &Value, check: &str) -> Value {
    let list = report["findings"].as_array().unwrap().iter();
    list.clone().find(|one| one["check"] == check && one["resource"] == BUCKET).unwrap().clone()
}

const VERSIONING: &str = "s3_bucket_object_versioning";

#[test]
fn a_conflict_is_named_and_ours_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(folder.path(), &json!({ "enabled": true }));
    let run = attesta(&["findings", PROWLER, "--beside", &path, "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let report = run.json();
    let told = entry(&report, VERSIONING);
    assert_eq!(
        (&told["claim"], &told["ours"]["status"], &told["beside"]),
        (&json!("fail"), &json!("pass"), &json!("conflict"))
    );
    assert_eq!(told["ours"]["policy"], "object-store-versioning");
    assert_eq!(told["mapped"]["relation"], "equal");
    assert!(report["counts"]["conflict"].as_u64().unwrap() >= 1);
    // Where it came from.
    let input = &report["inputs"][0];
    assert_eq!(
        (&input["tool"], &input["version"], &input["format"]),
        (&json!("Prowler"), &json!("5.46.0"), &json!("ocsf"))
    );
    assert_eq!(input["sha256"].as_str().unwrap().len(), 64);
    assert!(told["id"].as_str().unwrap().starts_with("prowler-aws-"), "{told}");
    assert!(told["seen_at"].as_str().unwrap().starts_with("2026-11-26T"), "{told}");
}

#[test]
fn what_we_cannot_see_is_theirs_alone_and_their_pass_is_no_proof() {
    let folder = tempfile::tempdir().unwrap();
    let path = snapshot(folder.path(), &json!({ "$unknown": "s3:GetBucketVersioning: denied" }));
    let report = attesta(&["findings", PROWLER, "--beside", &path, "--format", "json"]).json();
    let told = entry(&report, VERSIONING);
    assert_eq!((&told["ours"]["status"], &told["beside"]), (&json!("unknown"), &json!("theirs_alone")));
    let findings = report["findings"].as_array().unwrap();
    let kms = findings.iter().find(|one| one["check"] == "kms_cmk_rotation_enabled" && one["claim"] == "pass").unwrap();
    assert_eq!((&kms["ours"]["status"], &kms["beside"]), (&json!("not_asked"), &json!("no_proof")));
    // Our own report does not change by a byte.
    let ours = attesta(&["check", &path, "--format", "json", "--at", "2026-11-26"]);
    assert!(ours.out.contains("\"unknown\"") && !ours.out.contains("Prowler"));
}

#[test]
fn what_nothing_maps_is_listed_and_nothing_is_dropped() {
    let report = attesta(&["findings", PROWLER, "--format", "json"]).json();
    let unmapped: Vec<&str> =
        report["unmapped"].as_array().unwrap().iter().map(|one| one["check"].as_str().unwrap()).collect();
    assert!(unmapped.contains(&"cloudwatch_log_metric_filter_root_usage"), "{unmapped:?}");
    let text: Value = serde_json::from_str(&fs::read_to_string(support::root().join(PROWLER)).unwrap()).unwrap();
    let given = text.as_array().unwrap().len();
    let mut pointers: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    pointers.dedup();
    assert_eq!(pointers.len(), given);
    for format in ["table", "markdown"] {
        let run = attesta(&["findings", PROWLER, "--format", format, "--fail-on", "never"]);
        assert_eq!(run.code, 0);
        assert!(run.out.contains("cloudwatch_log_metric_filter_root_usage"), "{}", run.out);
    }
}

#[test]
fn our_own_sarif_can_be_read_back() {
    let sarif = attesta(&["check", "examples/app-host/resources.jsonl", "--format", "sarif"]);
    let run = attesta_with_input(&["findings", "-", "--format", "json"], sarif.out.as_bytes());
    let report = run.json();
    assert_eq!(report["inputs"][0]["format"], "sarif");
    assert!(report["findings"].as_array().unwrap().iter().any(|one| one["claim"] == "fail"));
}

#[test]
fn bad_input_is_named_and_nothing_of_it_is_used() {
    let run = attesta_with_input(&["findings", "-"], b"[{\"class_uid\": 2004},\n{\"class_uid\": 1}]");
    assert_eq!(run.code, 3);
    assert!(run.out.is_empty() && run.err.contains("-:2 (/1): `class_uid` 1"), "{}", run.err);
    assert_eq!(attesta(&["findings", "no-such-file.json"]).code, 3);
}

#[test]
fn a_map_of_ones_own_is_read_and_held_to_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("findings")).unwrap();
    let map = |policy: &str| {
        format!(
            "schema: attesta.foreign-findings/1\nid: own\ntitle: own\ntools: [prowler]\nbases:\n  us: {{source: us, confidence: inferred}}\nrows:\n  - {{check: cloudwatch_log_metric_filter_root_usage, policies: [{policy}], relation: related, basis: us}}\n"
        )
    };
    let path = folder.path().join("findings/own.yaml");
    let content = folder.path().to_str().unwrap();
    fs::write(&path, map("identity-root-unused")).unwrap();
    let run = attesta(&["--content", content, "findings", PROWLER, "--format", "json"]);
    assert!(!run.json()["unmapped"].to_string().contains("root_usage"), "{}", run.err);
    fs::write(&path, map("no-such-policy")).unwrap();
    let run = attesta(&["--content", content, "findings", PROWLER]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("own.yaml:8") && run.err.contains("`no-such-policy` is no policy"), "{}", run.err);
}

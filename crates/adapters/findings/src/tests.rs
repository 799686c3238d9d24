use attesta_evaluation::Claim;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn prowler(check: &str, status: &str, uid: &str) -> Value {
    json!({
        "class_uid": 2004, "status_code": status, "status_id": 1, "severity": "High", "time": 1_764_201_000,
        "metadata": { "event_code": check, "product": { "name": "Prowler", "version": "5.46.0" } },
        "finding_info": { "uid": format!("prowler-{check}"), "title": "A title", "created_time": 1_764_201_000 },
        "resources": [{ "uid": uid, "name": "b" }],
    })
}

fn one(value: &Value) -> ForeignReport {
    let reports = read("f.json", value.to_string().as_bytes()).unwrap();
    assert_eq!(reports.len(), 1);
    reports.into_iter().next().unwrap()
}

#[test]
fn prowlers_ocsf_keeps_where_each_finding_came_from() {
    let report = one(&json!([prowler("s3_bucket_acl", "FAIL", "arn:aws:s3:::a"), prowler("x", "MANUAL", "y")]));
    assert_eq!((&*report.tool, report.version.as_deref(), report.format), ("Prowler", Some("5.46.0"), "ocsf"));
    let first = &report.findings[0];
    assert_eq!((&*first.check, first.claim, &*first.word), ("s3_bucket_acl", Claim::Fail, "FAIL"));
    assert_eq!((first.resource.as_deref(), first.severity), (Some("arn:aws:s3:::a"), Some(Severity::High)));
    assert_eq!(first.at.unwrap().to_string(), "2025-11-26T23:50:00Z");
    assert_eq!((&*first.id, &*first.pointer), ("prowler-s3_bucket_acl", "/0"));
    assert_eq!(report.findings[1].claim, Claim::Open, "people must look");
}

#[test]
fn a_compliance_finding_tells_by_its_status_id() {
    for (id, want) in [(1, Claim::Pass), (2, Claim::Open), (3, Claim::Fail), (0, Claim::Open), (99, Claim::Open)] {
        let report = one(&json!([{
            "class_uid": 2003, "time": 1_764_201_000_000_i64, "metadata": { "product": { "name": "T" } },
            "finding_info": { "uid": "1", "title": "t" }, "compliance": { "status_id": id, "control": "c-1" },
            "resources": [{ "uid": "a" }, { "uid": "b" }],
        }]));
        let told: Vec<_> = report.findings.iter().map(|f| (f.claim, f.resource.as_deref())).collect();
        assert_eq!(told, [(want, Some("a")), (want, Some("b"))]);
        assert_eq!(report.findings[0].at.unwrap().to_string(), "2025-11-26T23:50:00Z");
    }
}

#[test]
fn json_lines_are_read_like_a_list() {
    let text = format!("{}\n{}\n", prowler("a", "PASS", "x"), prowler("b", "FAIL", "y"));
    let reports = read("f.jsonl", text.as_bytes()).unwrap();
    assert_eq!(reports[0].findings.len(), 2);
    assert_eq!(&*reports[0].findings[1].pointer, "/1");
}

#[test]
fn security_hubs_findings_are_named_by_their_control() {
    let finding = |status: &str, workflow: &str| {
        json!({
            "SchemaVersion": "2018-10-08", "Id": "arn:f", "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub",
            "ProductName": "Security Hub", "GeneratorId": "security-control/S3.5", "AwsAccountId": "1",
            "CreatedAt": "2026-01-01T00:00:00Z", "UpdatedAt": "2026-01-02T00:00:00Z", "Title": "t", "Description": "d",
            "Severity": { "Label": "MEDIUM" }, "Workflow": { "Status": workflow },
            "Compliance": { "Status": status, "SecurityControlId": "S3.5" }, "Resources": [{ "Type": "AwsS3Bucket", "Id": "arn:aws:s3:::a" }],
        })
    };
    let page =
        json!({ "Findings": [finding("FAILED", "NEW"), finding("PASSED", "SUPPRESSED"), finding("WARNING", "NEW")] });
    let report = one(&page);
    assert_eq!(&*report.tool, "Security Hub");
    let told: Vec<_> = report.findings.iter().map(|f| (&*f.check, f.claim, f.muted)).collect();
    assert_eq!(told, [("S3.5", Claim::Fail, false), ("S3.5", Claim::Pass, true), ("S3.5", Claim::Open, false)]);
    assert_eq!(&*report.findings[2].pointer, "/0/Findings/2");
}

#[test]
fn sarif_takes_the_standards_defaults() {
    let log = json!({
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "Checkov", "version": "3.3.30", "rules": [
                { "id": "CKV_AWS_21", "shortDescription": { "text": "versioning" }, "defaultConfiguration": { "level": "error" } } ] } },
            "results": [
                { "ruleId": "CKV_AWS_21", "message": { "text": "m" }, "locations": [{
                    "physicalLocation": { "artifactLocation": { "uri": "main.tf" }, "region": { "startLine": 7 } } }] },
                { "ruleIndex": 0, "kind": "pass", "message": { "text": "m" }, "suppressions": [],
                  "locations": [{ "logicalLocations": [{ "fullyQualifiedName": "aws_s3_bucket.a" }] }] },
                { "ruleId": "other", "kind": "review", "level": "none", "message": { "text": "m" }, "suppressions": [{ "kind": "inSource" }] },
            ],
        }],
    });
    let report = one(&log);
    let told: Vec<_> =
        report.findings.iter().map(|f| (&*f.check, f.claim, f.severity, f.resource.as_deref(), f.muted)).collect();
    assert_eq!(
        told,
        [
            ("CKV_AWS_21", Claim::Fail, Some(Severity::High), Some("main.tf:7"), false),
            ("CKV_AWS_21", Claim::Pass, Some(Severity::High), Some("aws_s3_bucket.a"), false),
            ("other", Claim::Open, None, None, true),
        ]
    );
    assert_eq!(&*report.findings[0].title, "versioning");
}

#[test]
fn bad_input_is_named_by_its_place_and_nothing_of_it_is_used() {
    let faults = |text: &str| {
        let faults = read("f.json", text.as_bytes()).unwrap_err();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let bad = format!("[\n{},\n{{\"class_uid\": 6003}},\n{{\"class_uid\": \"x\"}}\n]", prowler("a", "PASS", "x"));
    let told = faults(&bad);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("f.json:3 (/1): `class_uid` 6003 is no"), "{told:?}");
    assert!(told[1].starts_with("f.json:4 (/2): invalid type"), "{told:?}");
    assert!(faults("[")[0].contains("is not JSON"));
    assert!(faults("")[0].contains("holds no finding"));
    assert!(faults("{\"a\": 1}")[0].contains("is neither OCSF"));
    assert!(faults(r#"{"version": "2.0.0", "runs": []}"#)[0].contains("`2.0.0` is not 2.1.0"));
    let deep = format!("[{{\"class_uid\": 2004, \"x\": {}{}}}]", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!faults(&deep).is_empty(), "nesting is bounded");
    assert!(!read("f.json", b"\xff\xfe").unwrap_err().is_empty());
}

proptest! {
    /// Whatever stands in a file, it is read or refused by place, and a pass comes of a pass alone.
    #[test]
    fn no_word_but_pass_is_a_pass(word in "[A-Za-z_]{0,12}") {
        let report = one(&json!([prowler("c", &word, "r")]));
        let is_pass = matches!(word.to_ascii_uppercase().as_str(), "PASS" | "PASSED");
        prop_assert_eq!(report.findings[0].claim == Claim::Pass, is_pass);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("f", &bytes);
        let text = format!("[{{\"class_uid\": {}", String::from_utf8_lossy(&bytes));
        let _ = read("f", text.as_bytes());
    }
}

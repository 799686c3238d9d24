//! `attesta access-evidence`: who could, who did, and what was not seen, from files as CloudTrail delivers them.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use support::{Run, attesta};

const ACCOUNT: &str = "111122223333";
const ADA: &str = "arn:aws:iam::111122223333:user/ada";
const ROLE: &str = "arn:aws:iam::111122223333:role/reports";
const BUCKET: &str = "clinic-phi";
const DAY: &str = "2026-11-01";

fn event(id: &str, at: &str, name: &str, identity: Value, key: Option<&str>) -> Value {
    json!({
        "eventVersion": "1.09", "eventID": id, "eventTime": format!("{DAY}T{at}Z"), "eventName": name,
        "eventSource": "s3.amazonaws.com", "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.9", "userAgent": "x",
        "userIdentity": identity, "requestParameters": { "bucketName": BUCKET, "key": key, "Host": "h" },
    })
}

fn ada() -> Value {
    json!({ "type": "IAMUser", "arn": ADA, "accountId": ACCOUNT, "userName": "ada" })
}

fn role(session: &str) -> Value {
    json!({
        "type": "AssumedRole", "arn": format!("arn:aws:sts::111122223333:assumed-role/reports/{session}"),
        "accountId": ACCOUNT, "sessionContext": { "sessionIssuer": { "type": "Role", "arn": ROLE } },
    })
}

fn anyone() -> Value {
    json!({ "type": "AWSAccount", "principalId": "", "accountId": "anonymous" })
}

/// Writes one log file and one digest for each hour of the day; gives the digests' folder.
fn deliver(folder: &Path, records: &[Value]) {
    let log = json!({ "Records": records }).to_string();
    let name = "111122223333_CloudTrail_us-east-1_20261101T0100Z_abc.json.gz";
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(log.as_bytes()).unwrap();
    fs::create_dir_all(folder.join("CloudTrail")).unwrap();
    fs::write(folder.join("CloudTrail").join(name), packed.finish().unwrap()).unwrap();
    let digests = folder.join("CloudTrail-Digest");
    fs::create_dir_all(&digests).unwrap();
    let hash = sha256(log.as_bytes());
    for hour in 0..24 {
        let end = if hour == 23 { "2026-11-02T00:00:00Z".to_owned() } else { format!("{DAY}T{:02}:00:00Z", hour + 1) };
        let files = if hour == 1 {
            json!([{ "s3Bucket": "trail", "s3Object": format!("AWSLogs/1/CloudTrail/us-east-1/2026/11/01/{name}"), "hashValue": hash, "hashAlgorithm": "SHA-256" }])
        } else {
            json!([])
        };
        let digest = json!({
            "awsAccountId": ACCOUNT, "digestStartTime": format!("{DAY}T{hour:02}:00:00Z"), "digestEndTime": end,
            "digestS3Object": format!("AWSLogs/1/CloudTrail-Digest/us-east-1/2026/11/01/1_CloudTrail-Digest_us-east-1_all_us-east-1_20261101T{hour:02}0000Z.json.gz"),
            "logFiles": files,
        });
        fs::write(digests.join(format!("digest-{hour:02}.json")), digest.to_string()).unwrap();
    }
}

fn sha256(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    fs::write(&path, bytes).unwrap();
    let run = std::process::Command::new("sha256sum").arg(&path).output().unwrap();
    String::from_utf8(run.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

fn snapshot(folder: &Path, records_objects: bool) {
    let policy = |text: &str, actions: &[&str], resource: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": text, "Action": actions, "Resource": resource }] })
            .to_string()
    };
    let data = if records_objects {
        json!([{ "read_write_type": "All", "data_resource": [{ "type": "AWS::S3::Object", "values": ["arn:aws:s3:::clinic-phi/"] }] }])
    } else {
        json!([])
    };
    let document = json!({
        "schema": "attesta.live-aws/1", "account": ACCOUNT, "started": "2026-11-01T12:00:00Z", "finished": "2026-11-01T12:01:00Z",
        "regions": ["us-east-1"], "complete": ["audit_trail", "object_store"],
        "sections": [{ "region": "us-east-1", "resources": [
            { "as": "aws_s3_bucket", "type": "b", "id": "arn:aws:s3:::clinic-phi", "properties": { "bucket": BUCKET, "region": "us-east-1", "policy": null } },
            { "as": "aws_s3_bucket_public_access_block", "type": "b", "id": "x", "properties": { "bucket": BUCKET, "restrict_public_buckets": true } },
            { "as": "aws_iam_user", "type": "u", "id": ADA, "properties": { "name": "ada", "arn": ADA, "$groups": [] } },
            { "as": "aws_iam_user_policy", "type": "p", "id": "a", "properties": { "user": "ada", "name": "read", "policy": policy("Allow", &["s3:Get*", "sqs:SendMessage", "ec2:RunInstances"], "arn:aws:s3:::clinic-phi/*") } },
            { "as": "aws_iam_role", "type": "r", "id": ROLE, "properties": { "name": "reports", "arn": ROLE } },
            { "as": "aws_iam_role_policy_attachment", "type": "p", "id": "c", "properties": { "role": "reports", "policy_arn": "arn:aws:iam::aws:policy/SomethingElse" } },
            { "as": "aws_iam_user", "type": "u", "id": "arn:aws:iam::111122223333:user/eve", "properties": { "name": "eve", "arn": "arn:aws:iam::111122223333:user/eve", "$groups": [] } },
            { "as": "aws_cloudtrail", "type": "t", "id": "arn:aws:cloudtrail:us-east-1:111122223333:trail/all", "properties": { "enable_logging": true, "is_multi_region_trail": true, "event_selector": data } },
        ] }],
    });
    fs::write(folder.join("snapshot.json"), document.to_string()).unwrap();
}

fn records() -> Vec<Value> {
    let mut refused = event("4", "01:30:00", "GetObject", anyone(), Some("mrn-1/scan"));
    refused.as_object_mut().unwrap().insert("errorCode".to_owned(), json!("AccessDenied"));
    vec![
        event("1", "01:10:00", "GetObject", ada(), Some("mrn-1/scan")),
        event("1", "01:10:00", "GetObject", ada(), Some("mrn-1/scan")),
        event("2", "01:11:00", "GetObject", ada(), Some("mrn-2/scan")),
        event("3", "01:20:00", "ListObjects", role("nightly"), None),
        refused,
    ]
}

fn ask(folder: &Path, what: &[&str]) -> Run {
    let (snapshot, trail) = (folder.join("snapshot.json"), folder.to_str().unwrap().to_owned());
    let logs = [format!("{trail}/CloudTrail"), format!("{trail}/CloudTrail-Digest")];
    let mut arguments = vec!["access-evidence"];
    arguments.extend(what);
    arguments.extend(["--snapshot", snapshot.to_str().unwrap(), "--trail", &logs[0], "--trail", &logs[1]]);
    arguments.extend(["--period", "2026-11-01..2026-11-01", "--format", "json"]);
    attesta(&arguments)
}

#[test]
fn who_did_who_could_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path(), &records());
    snapshot(folder.path(), true);
    let run = ask(folder.path(), &["bucket", BUCKET]);
    assert_eq!(run.code, 0, "{} {}", run.err, run.out);
    let document = run.json();
    let did: Vec<(String, u64, u64)> = document["did"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["who"].as_str().unwrap().to_owned(), one["reads"].as_u64().unwrap(), one["objects"].as_u64().unwrap())
        })
        .collect();
    // The repeated event counts once; the refused one read nothing.
    assert_eq!(did, [(ROLE.to_owned(), 0, 0), (ADA.to_owned(), 2, 2), ("anyone, unsigned".to_owned(), 0, 0)]);
    assert_eq!(document["nobody_else"], "holds");
    let could = |who: &str| {
        let list = document["could"].as_array().unwrap();
        let one = list.iter().find(|one| one["who"] == who && one["action"] == "s3:getobject").unwrap();
        one["answer"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (could(ADA), could(ROLE)),
        ("yes".to_owned(), "unknown".to_owned()),
        "a policy of AWS's is not in the snapshot"
    );
    assert_eq!(could("arn:aws:iam::111122223333:user/eve"), "no");
    assert!(!run.out.contains("mrn-1"), "keys of objects may name patients");
    assert!(document["inputs"].as_array().unwrap().iter().all(|one| one["sha256"].as_str().unwrap().len() == 64));
}

#[test]
fn what_was_not_recorded_or_is_not_at_hand_is_unknown_never_nobody() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path(), &records());
    // No trail records objects.
    snapshot(folder.path(), false);
    let run = ask(folder.path(), &["bucket", BUCKET]);
    assert_eq!((run.code, run.json()["nobody_else"].as_str().unwrap()), (3, "unknown"));
    assert!(run.out.contains("no trail records reads and writes"), "{}", run.out);
    // A digest is missing.
    snapshot(folder.path(), true);
    fs::remove_file(folder.path().join("CloudTrail-Digest/digest-07.json")).unwrap();
    let document = ask(folder.path(), &["bucket", BUCKET]).json();
    assert_eq!(document["nobody_else"], "unknown");
    assert_eq!(document["coverage"][0]["gaps"][0]["from"], "2026-11-01T07:00:00Z");
    // A log file was changed, and another is broken.
    deliver(folder.path(), &records());
    let log = folder.path().join("CloudTrail/111122223333_CloudTrail_us-east-1_20261101T0100Z_abc.json.gz");
    fs::write(&log, json!({ "Records": records()[1..] }).to_string()).unwrap();
    let document = ask(folder.path(), &["bucket", BUCKET]).json();
    assert!(document["coverage"].to_string().contains("are not what the digest says"), "{document}");
    fs::write(&log, "{\"Records\": [{\"eventTime\": 1}]}").unwrap();
    let run = ask(folder.path(), &["bucket", BUCKET]);
    assert_eq!(run.code, 3);
    assert!(run.out.contains("abc.json.gz (/Records/0)") && run.out.contains("are not at hand"), "{}", run.out);
    // The digests are another trail's, which may record less.
    deliver(folder.path(), &records());
    let digests = folder.path().join("CloudTrail-Digest");
    for entry in fs::read_dir(&digests).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap().replace("_us-east-1_all_", "_us-east-1_management-only_");
        fs::write(path, text).unwrap();
    }
    assert_eq!(ask(folder.path(), &["bucket", BUCKET]).json()["nobody_else"], "unknown");
    // Somebody stopped the trail.
    let mut stopped = event("9", "05:00:00", "StopLogging", ada(), None);
    stopped["eventSource"] = json!("cloudtrail.amazonaws.com");
    let mut more = records();
    more.push(stopped);
    deliver(folder.path(), &more);
    let document = ask(folder.path(), &["bucket", BUCKET]).json();
    assert_eq!(document["nobody_else"], "unknown");
    assert!(
        document["not_seen"].to_string().contains("StopLogging by arn:aws:iam::111122223333:user/ada"),
        "{document}"
    );
}

#[test]
fn unused_rights_are_named_where_a_use_would_have_been_seen() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path(), &records());
    snapshot(folder.path(), true);
    let run = ask(folder.path(), &["principal", ADA]);
    assert_eq!(run.code, 0, "{}", run.err);
    let document = run.json();
    let told: Vec<(&str, &str)> = document["rights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["grants"].as_str().unwrap(), one["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("s3:get*", "used"), ("sqs:sendmessage", "not_seen"), ("ec2:runinstances", "unused")]);
    fs::remove_file(folder.path().join("CloudTrail-Digest/digest-07.json")).unwrap();
    let document = ask(folder.path(), &["principal", ADA]).json();
    assert!(!document["rights"].to_string().contains("\"unused\""), "a gap proves nothing");
    assert_eq!(ask(folder.path(), &["principal", "arn:nobody"]).code, 3);
}

#[test]
fn the_markdown_is_evidence_that_can_be_kept_and_the_query_is_text() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path(), &records());
    snapshot(folder.path(), true);
    let path = folder.path();
    let (snapshot, output) = (path.join("snapshot.json"), path.join("phi.md"));
    let (snapshot, output) = (snapshot.to_str().unwrap(), output.to_str().unwrap());
    let run = attesta(&[
        "access-evidence",
        "bucket",
        BUCKET,
        "--snapshot",
        snapshot,
        "--trail",
        path.join("CloudTrail").to_str().unwrap(),
        "--trail",
        path.join("CloudTrail-Digest").to_str().unwrap(),
        "--period",
        "2026-11-01..2026-11-01",
        "--output",
        output,
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = fs::read_to_string(output).unwrap();
    assert!(text.contains("# Who could and who did reach clinic") && text.contains("Nobody else did"), "{text}");
    let vault = path.join("vault");
    let vault = vault.to_str().unwrap();
    assert_eq!(attesta(&["init", vault]).code, 0);
    let added = attesta(&[
        "evidence",
        "add",
        output,
        "--workspace",
        vault,
        "--kind",
        "activity-record",
        "--title",
        "Who read clinic-phi",
        "--period",
        "2026-11-01..2026-11-01",
        "--actor",
        "ada",
    ]);
    assert_eq!(added.code, 0, "{}", added.err);
    let query = attesta(&["access-evidence", "query", "--bucket", BUCKET, "--period", "2026-11-01..2026-11-30"]);
    assert!(query.out.contains("eventtime < '2026-12-01T00:00:00Z'"), "{}", query.out);
}

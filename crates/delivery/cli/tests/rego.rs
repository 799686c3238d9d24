//! Users' own policies through `--policies`: judged like ours, and harmless when hostile.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, time::Instant};

use support::attesta;

const GOOD: &str = r#"# METADATA
# title: Object stores carry an owner tag
# custom:
#   id: own-owner-tag
#   topic: identity
#   severity: medium
#   kind: object_store
#   controls: ["07.b"]
#   hipaa: ["164.308(a)(2)"]
#   rationale: Somebody must answer for each store.
#   remediation:
#     text: Add an owner tag.
#   reads: [tags]
package own.owner_tag

import rego.v1

deny contains {"msg": "no ward tag", "path": "tags"} if {
	not has_owner
}

has_owner if {
	some tag in input.attributes.tags
	tag.key == "ward"
}
"#;

fn hostile(id: &str, body: &str) -> String {
    GOOD.replace("own-owner-tag", id)
        .replace("own.owner_tag", &format!("own.{}", id.replace('-', "_")))
        .split("deny contains")
        .next()
        .unwrap()
        .to_owned()
        + body
}

#[test]
fn own_policies_are_judged_beside_ours() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("owner.rego"), GOOD).unwrap();
    let dir = folder.path().to_str().unwrap();
    let run = attesta(&[
        "check",
        "examples/telehealth/plan.json",
        "--policies",
        dir,
        "--format",
        "json",
        "--fail-on",
        "never",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let report = run.json();
    let own: Vec<_> =
        report["outcomes"].as_array().unwrap().iter().filter(|o| o["policy"] == "own-owner-tag").collect();
    assert!(!own.is_empty());
    assert!(own.iter().all(|o| ["pass", "fail", "unknown"].contains(&o["status"].as_str().unwrap())), "{own:?}");
    assert!(own.iter().any(|o| o["status"] == "fail" && o["controls"][0] == "07.b"), "{own:?}");
    assert!(attesta(&["policy", "list", "--policies", dir]).out.contains("own-owner-tag"));
}

#[test]
fn hostile_policies_end_in_a_clear_error_and_harm_nothing() {
    for (id, body, told) in [
        ("endless", "f(n) := f(n + 1)\n\ndeny contains {\"msg\": f(1)}\n", "recurs"),
        (
            "giant-range",
            "deny contains {\"msg\": \"x\"} if {\n\tcount(numbers.range(1, 50000000)) > 1\n}\n",
            "numbers.range",
        ),
        (
            "network",
            "deny contains {\"msg\": \"x\"} if {\n\thttp.send({\"url\": \"http://127.0.0.1\", \"method\": \"get\"})\n}\n",
            "http.send",
        ),
        ("clock", "deny contains {\"msg\": \"x\"} if {\n\ttime.now_ns() > 0\n}\n", "time.now_ns"),
        ("syntax", "deny contains {\n", "rego"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bad.rego"), hostile(id, body)).unwrap();
        fs::write(folder.path().join("good.rego"), GOOD).unwrap();
        let started = Instant::now();
        let run = attesta(&[
            "check",
            "examples/telehealth/plan.json",
            "--policies",
            folder.path().to_str().unwrap(),
            "--format",
            "json",
            "--fail-on",
            "never",
        ]);
        assert!(started.elapsed().as_secs() < 60, "{id} took {:?}", started.elapsed());
        assert_eq!(run.code, 3, "{id} must not look like checked: {}", run.err);
        let report = run.json();
        assert!(
            report["refused"].to_string().contains("bad.rego") && report["refused"].to_string().contains(told),
            "{id}: {}",
            report["refused"]
        );
        assert!(
            report["outcomes"].as_array().unwrap().iter().any(|o| o["policy"] == "own-owner-tag"),
            "{id} took the good policy down"
        );
    }
}

#[test]
fn a_folder_without_policies_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_str().unwrap(), "/no/such/folder"] {
        let run = attesta(&["check", "examples/telehealth/plan.json", "--policies", path]);
        assert_eq!(run.code, 3);
        assert!(run.err.contains(path), "{}", run.err);
    }
}

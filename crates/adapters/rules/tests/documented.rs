//! `docs/reference/policies-rego.md` against what the code does.

mod support;

use attesta_rules::{Evaluator, Limits, Verdict};
use serde_json::json;
use support::*;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/reference/policies-rego.md"));

/// The page's blocks of Rego, in order.
fn blocks() -> Vec<&'static str> {
    PAGE.split("```rego\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_example_loads_passes_its_tests_and_judges() {
    let [policy, tests, ..] = blocks().try_into().map(|two: [&str; 2]| two).unwrap();
    let files = [file("acme/database_backups.rego", policy), file("acme/database_backups_test.rego", tests)];
    let mut worker = worker(&files, Limits::default());
    assert_eq!(worker.faults(), []);
    let outcomes = worker.run_tests();
    assert!(outcomes.len() >= 4 && outcomes.iter().all(|outcome| outcome.passed), "{outcomes:#?}");
    let verdicts = worker.evaluate(
        0,
        &[
            database(json!({"name": "records-1", "backup": {"retention_days": 35}})),
            database(json!({"name": "records-1", "backup": {"retention_days": 7}})),
            database(json!({"name": "records-1"})),
            database(json!({"name": "other"})),
            database_with_unknown(
                json!({"name": "records-1", "backup": {"retention_days": unknown()}}),
                &["backup.retention_days"],
            ),
        ],
    );
    assert!(
        matches!(
            verdicts.as_slice(),
            [Verdict::Pass, Verdict::Fail(_), Verdict::Fail(_), Verdict::NotApplicable, Verdict::Unknown(_)]
        ),
        "{verdicts:#?}"
    );
}

#[test]
fn every_allowed_builtin_is_listed_and_no_other() {
    let source = include_str!("../src/builtins.rs");
    let list = source.split("\nallow! {\n").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap();
    let allowed: Vec<&str> =
        list.split_whitespace().map(|name| name.trim_matches('"')).filter(|name| !name.starts_with("__")).collect();
    let section = PAGE.split("## Builtins\n").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let listed: Vec<&str> = section
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(listed, allowed);
}

#[test]
fn the_limits_are_the_defaults() {
    let limits = Limits::default();
    let rows = [
        ("files in a pack", limits.files.to_string()),
        ("bytes in a file", limits.file_bytes.to_string()),
        ("characters in a line", limits.line_characters.to_string()),
        ("rules in a file", limits.rules.to_string()),
        ("brackets inside brackets", limits.nesting.to_string()),
        ("instructions for one rule and one resource", limits.instructions.to_string()),
        ("milliseconds for one rule and one resource", limits.rule_milliseconds.to_string()),
        ("bytes or items in a value that a builtin makes", limits.value_size.to_string()),
        ("denials for one resource", limits.denials.to_string()),
        ("bytes in a message or path", limits.message_bytes.to_string()),
        ("bytes of stack", limits.stack_bytes.to_string()),
        ("bytes of memory of a worker", limits.worker_memory.to_string()),
        ("seconds of processor time for one request to a worker", limits.worker_cpu_seconds.to_string()),
        ("milliseconds that a worker may be silent", limits.worker_silence_milliseconds.to_string()),
    ];
    for (what, most) in rows {
        assert!(PAGE.contains(&format!("| {what} | {most} |")), "| {what} | {most} |");
    }
}

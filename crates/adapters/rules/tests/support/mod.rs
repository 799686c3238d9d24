//! Packs and inputs that the tests share.

#![allow(dead_code, reason = "each test file uses some of these")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up should stop")]

use attesta_rules::{InProcess, Limits, RuleFile, RulePack, Worker, WorkerOptions};
use serde_json::{Value, json};

/// A policy file: metadata with this id and these reads, a package named after the id, and this body.
pub(crate) fn policy(id: &str, reads: &[&str], body: &str) -> String {
    let package = id.replace('-', "_");
    let reads = serde_json::to_string(reads).unwrap();
    format!(
        "# METADATA\n# title: Title of {id}\n# custom:\n#   id: {id}\n#   topic: encryption\n#   severity: high\n#   kind: database\n#   reads: {reads}\npackage pack.{package}\n\nimport rego.v1\n\n{body}\n"
    )
}

/// The line on which the body of [`policy`] begins.
pub(crate) const BODY_LINE: u32 = 13;

/// A policy with nothing wrong.
pub(crate) fn sound() -> RuleFile {
    let body = r#"deny contains {"msg": "not encrypted", "path": "encryption_at_rest.enabled"} if {
	not input.attributes.encryption_at_rest.enabled
}"#;
    file("sound.rego", &policy("sound", &["encryption_at_rest.enabled"], body))
}

pub(crate) fn file(path: &str, text: &str) -> RuleFile {
    RuleFile::new(path, text)
}

/// A database with these attributes, all known.
pub(crate) fn database(attributes: Value) -> Value {
    json!({"kind": "database", "address": "aws_db_instance.records", "names": ["records"], "attributes": attributes, "unknown": []})
}

/// A database with some attributes unknown; their paths are given besides.
pub(crate) fn database_with_unknown(attributes: Value, unknown: &[&str]) -> Value {
    let mut input = database(attributes);
    input["unknown"] = json!(unknown);
    input
}

pub(crate) fn unknown() -> Value {
    json!({"$unknown": "known only after apply"})
}

/// Limits that let a hostile policy be found out quickly, yet hold on a machine that is busy with other things: what
/// is counted is small, what is on the clock is large.
pub(crate) fn tight() -> Limits {
    Limits {
        rule_milliseconds: 10_000,
        worker_memory: 384 << 20,
        worker_cpu_seconds: 2,
        worker_silence_milliseconds: 60_000,
        ..Limits::default()
    }
}

pub(crate) fn worker(files: &[RuleFile], limits: Limits) -> Worker {
    let options =
        WorkerOptions { program: env!("CARGO_BIN_EXE_attesta-rules-worker").into(), arguments: Vec::new(), limits };
    Worker::start(files, options).unwrap()
}

pub(crate) fn in_process(files: &[RuleFile]) -> InProcess {
    InProcess::new(RulePack::load(files, &tight()))
}

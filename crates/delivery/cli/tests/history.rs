//! `attesta history` as a user runs it: two stores over nine days, with a mend, a day that nobody looked, a day that
//! nobody could tell, and a store that went away.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, path::Path};

use support::{Run, attesta};

const POLICY: &str = "object-store-versioning";

/// A day's stores: what is said of each one's versioning.
fn stores(folder: &Path, stores: &[(&str, &str)]) -> String {
    let header = r#"{"schema":"attesta.neutral-resources/1","complete":["object_store"]}"#;
    let line = |(name, versioning): &(&str, &str)| {
        format!(
            r#"{{"kind":"object_store","address":"{name}","attributes":{{"versioning.enabled":{versioning},"public_access.allowed":false}}}}"#
        )
    };
    let text: Vec<String> = std::iter::once(header.to_owned()).chain(stores.iter().map(line)).collect();
    let path = folder.join("stores.jsonl");
    fs::write(&path, text.join("\n") + "\n").unwrap();
    path.display().to_string()
}

fn record(folder: &Path, day: u32, said: &[(&str, &str)]) -> Run {
    let (history, input) = (folder.join("history").display().to_string(), stores(folder, said));
    let time = format!("2026-03-{day:02}T06:00:00Z");
    attesta(&["history", "record", &history, &input, "--source", "hall", "--time", &time, "--no-waivers"])
}

/// The story, and the folder it stands in.
fn story() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let unknown = r#"{"$unknown":"the host did not answer"}"#;
    for (day, said) in [
        (1, vec![("ward", "true"), ("lab", "false")]),
        (2, vec![("ward", "false"), ("lab", "false")]),
        (3, vec![("ward", "false"), ("lab", "false")]),
        // On the fourth nobody looked; on the fifth nobody could tell.
        (5, vec![("ward", unknown), ("lab", unknown)]),
        (6, vec![("ward", "true"), ("lab", "false")]),
        (7, vec![("ward", "true")]),
        (9, vec![("ward", "false")]),
    ] {
        let run = record(folder.path(), day, &said);
        assert_eq!(run.code, 0, "{}", run.err);
    }
    let history = folder.path().join("history").display().to_string();
    (folder, history)
}

fn json(arguments: &[&str]) -> serde_json::Value {
    attesta(&[arguments, &["--format", "json"]].concat()).json()
}

#[test]
fn a_run_is_kept_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = record(folder.path(), 1, &[("ward", "true")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.starts_with("run-1 of hall at 2026-03-01T06:00:00Z:"), "{}", run.out);
    let history = folder.path().join("history").display().to_string();
    let listed = json(&["history", "list", &history]);
    assert_eq!(listed[0]["documents"][0]["path"], folder.path().join("stores.jsonl").display().to_string());
    let again = record(folder.path(), 1, &[("ward", "true")]);
    assert_eq!(again.code, 3);
    assert!(again.err.contains("is not after 2026-03-01T06:00:00Z"), "{}", again.err);
    assert!(again.err.contains("help:"), "{}", again.err);
    assert_eq!(json(&["history", "list", &history]).as_array().unwrap().len(), 1, "nothing was kept");
}

#[test]
fn what_was_read_is_brought_out_byte_for_byte() {
    let (folder, history) = story();
    let out = folder.path().join("out");
    let shown = json(&["history", "show", &history, "run-2", "--documents", &out.display().to_string(), "--verdicts"]);
    let expected = stores(folder.path(), &[("ward", "false"), ("lab", "false")]);
    assert_eq!(fs::read(out.join("001-stores.jsonl")).unwrap(), fs::read(expected).unwrap());
    let checks = shown["checks"].as_array().unwrap();
    assert!(checks.contains(&serde_json::json!([POLICY, "ward", "fail"])), "{checks:?}");
    assert_eq!(attesta(&["history", "show", &history, "run-99"]).code, 2);
}

#[test]
fn posture_is_that_of_the_newest_run_and_stale_where_that_is_old() {
    let (_folder, history) = story();
    let at = |when: &str, fresh: &str| json(&["history", "at", &history, when, "--fresh", fresh, "--by", "topic"]);
    let backup = |told: &serde_json::Value| {
        let groups = told["groups"].as_array().unwrap();
        groups.iter().find(|g| g["id"] == "topic-backup").unwrap().clone()
    };
    let first = at("2026-03-01", "2d");
    assert_eq!(first["sources"][0]["run"], "run-1");
    let (one, unseen) = (backup(&first), backup(&at("2026-03-05", "2d")));
    assert!(one["checks"]["pass"].as_u64().unwrap() > 0);
    assert_eq!(
        unseen["checks"]["pass"].as_u64().unwrap() + 1,
        one["checks"]["pass"].as_u64().unwrap(),
        "unknown is no pass"
    );
    let old = at("2026-03-04", "24h");
    assert_eq!(old["sources"][0]["stale"], true);
    assert_eq!((old["checks"]["total"].as_u64(), old["stale_checks"].as_u64().unwrap() > 0), (Some(0), true));
    assert_eq!(attesta(&["history", "at", &history, "2026-03-04", "--fresh", "24h"]).code, 3, "stale is not checked");
    assert_eq!(attesta(&["history", "at", &history, "2026-02-01"]).code, 3, "nobody had looked");
}

#[test]
fn a_trend_leaves_days_empty_on_which_nobody_looked() {
    let (folder, history) = story();
    let told = json(&["history", "trend", &history, "--every", "daily", "--to", "2026-03-10"]);
    let periods = told["periods"].as_array().unwrap();
    let gaps: Vec<&str> = periods.iter().filter(|p| p["gap"] == true).map(|p| p["from"].as_str().unwrap()).collect();
    assert_eq!(gaps, ["2026-03-04", "2026-03-08", "2026-03-10"]);
    assert!(periods[3]["checks"].is_null() && periods[3]["missing"][0] == "hall");
    let page = folder.path().join("trend.html");
    let run = attesta(&[
        "history",
        "trend",
        &history,
        "--every",
        "daily",
        "--format",
        "html",
        "-o",
        &page.display().to_string(),
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("<table>") && !page.contains("<script"));
    assert!(page.contains("role=\"img\"") && page.contains("prefers-color-scheme:dark"));
    assert!(page.contains("2026-03-04: no run"), "an empty column says so");
    let table = attesta(&["history", "trend", &history, "--every", "daily"]);
    assert!(table.out.contains("no run"), "{}", table.out);
}

#[test]
fn only_what_was_mended_counts_as_mended() {
    let (_folder, history) = story();
    let told = json(&["history", "remediation", &history]);
    let findings: Vec<&serde_json::Value> =
        told["findings"].as_array().unwrap().iter().filter(|f| f["policy"] == POLICY).collect();
    let of = |resource: &str| findings.iter().filter(|f| f["resource"] == resource).collect::<Vec<_>>();
    let (lab, ward) = (of("lab"), of("ward"));
    assert_eq!(lab.len(), 1);
    assert_eq!((lab[0]["closed"]["how"].as_str(), lab[0]["closed"]["run"].as_str()), (Some("gone"), Some("run-6")));
    assert_eq!(ward.len(), 2);
    // From the second to the sixth: what nobody could tell in between closed nothing.
    assert_eq!((ward[0]["seconds"].as_u64(), ward[0]["closed"]["how"].as_str()), (Some(4 * 86_400), Some("mended")));
    assert_eq!(ward[0]["last_seen"], "2026-03-03T06:00:00Z");
    assert_eq!((ward[1]["closed"].is_null(), ward[1]["reopened"].as_u64()), (true, Some(1)));
    assert_eq!(ward[1]["clear_before"], "2026-03-07T06:00:00Z");
    let medium = told["groups"].as_array().unwrap().iter().find(|g| g["id"] == "severity-medium").unwrap();
    assert_eq!(medium["mended"]["mean"]["total_seconds"], 4 * 86_400);
    let table = attesta(&["history", "remediation", &history]);
    assert!(table.out.contains("4 d") && table.out.contains("2026-03-09T06:00:00Z"), "{}", table.out);
}

#[test]
fn an_audit_names_what_was_changed() {
    let (folder, history) = story();
    let sound = attesta(&["history", "fsck", &history]);
    assert_eq!((sound.code, sound.out.contains("sound")), (0, true), "{}{}", sound.out, sound.err);
    let noted = json(&["history", "show", &history, "run-3"])["digest"].as_str().unwrap().to_owned();
    assert_eq!(attesta(&["history", "fsck", &history, "--known", &noted]).code, 0);
    let other = "0".repeat(64);
    assert_eq!(attesta(&["history", "fsck", &history, "--known", &other]).code, 4);
    let path = folder.path().join("history/runs/0000000/0000000002.run");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let broken = attesta(&["history", "fsck", &history]);
    assert_eq!(broken.code, 4);
    assert!(broken.out.contains("0000000002.run"), "{}", broken.out);
}

#[test]
fn what_is_no_history_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    for command in ["list", "fsck", "trend", "remediation"] {
        let run = attesta(&["history", command, &path]);
        assert_eq!(run.code, 3, "{command}");
        assert!(run.err.contains("holds no history") && run.err.contains("help:"), "{}", run.err);
    }
}

#[test]
fn what_could_not_be_read_is_kept_as_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let input = stores(folder.path(), &[("ward", "true")]);
    let history = folder.path().join("history").display().to_string();
    let run = attesta(&["history", "record", &history, &input, "/no/such/file.json", "--no-waivers"]);
    assert_eq!(run.code, 3, "kept, and not everything was seen");
    assert!(run.err.contains("not seen: /no/such/file.json"), "{}", run.err);
    let shown = json(&["history", "show", &history, "run-1"]);
    assert_eq!((shown["complete"].as_bool(), shown["unseen"][0]["reason"].as_str()), (Some(false), Some("unreadable")));
}

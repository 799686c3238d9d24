//! `attesta assess report` as a user runs it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, process::Command};

use support::{Run, attesta};
use tempfile::TempDir;

const FIXTURE: &str = "fixtures/telehealth-r2";
const DAY: &str = "2026-11-22";

fn report(name: &str, more: &[&str]) -> Run {
    let all: Vec<&str> = ["assess", "report", FIXTURE, name, "--at", DAY].iter().chain(more).copied().collect();
    attesta(&all)
}

#[test]
fn a_report_says_what_the_other_verbs_say() {
    let said = report("readiness", &[]).json();
    let score = attesta(&["assess", "score", FIXTURE, "--at", DAY, "--view", "entity", "--format", "json"]).json();
    assert_eq!(said["schema"], "attesta.report/1");
    let verdict = score["verdict"].as_str().unwrap();
    assert!(said["body"]["sentence"].as_str().unwrap().to_lowercase().contains(&verdict.to_lowercase()), "{verdict}");
    assert_eq!(said["body"]["domains"].as_array().unwrap().len(), 19);
    assert_eq!(said["body"]["caps"].as_array().unwrap().len(), score["caps"].as_array().unwrap().len());
    assert_eq!(said["about"]["rests"], "no ledger checkpoint was given");
    assert!(!said["body"]["unconfirmed"].as_array().unwrap().is_empty(), "what nobody confirmed is named");

    let said = report("gaps", &[]).json();
    let gaps = attesta(&["assess", "gaps", FIXTURE, "--at", DAY, "--view", "entity", "--format", "json"]).json();
    let told = [&said["body"]["plans"], &said["body"]["others"]].map(|list| list.as_array().unwrap().len());
    assert_eq!(told[0] + told[1], gaps.as_array().unwrap().len());
    let letter = report("letter", &[]).json();
    let clauses = letter["body"]["clauses"].to_string();
    assert!(!clauses.contains("checkpoint"), "a letter without a checkpoint speaks of none: {clauses}");
}

#[test]
fn a_checkpoint_goes_onto_the_report_and_nothing_else_does() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("checkpoint");
    let path = file.to_str().unwrap();
    fs::write(&file, "riverbend.example/log\n42\nqBvzWJ1sYk3N0d5xAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— a b\n").unwrap();
    let said = report("scope", &["--checkpoint", path]).json();
    assert_eq!(said["about"]["rests"], "ledger checkpoint of 42 leaves, root qBvzWJ1s");
    fs::write(&file, "no checkpoint").unwrap();
    let run = report("scope", &["--checkpoint", path]);
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert!(run.err.contains("is no checkpoint of a ledger"), "{}", run.err);
}

#[test]
fn a_pdf_wants_a_file_and_a_build_that_sets_it() {
    let run = report("readiness", &["--format", "pdf"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("--output FILE"), "{}", run.err);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("gaps.pdf");
    let path = file.to_str().unwrap();
    let run = report("gaps", &["--format", "pdf", "--output", path]);
    if !cfg!(feature = "pdf") {
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains("built without PDF") && run.err.contains("--features pdf"), "{}", run.err);
        assert!(!file.exists());
        return;
    }
    assert_eq!(run.code, 0, "{}", run.err);
    let once = fs::read(&file).unwrap();
    assert!(once.starts_with(b"%PDF-"));
    assert_eq!(report("gaps", &["--format", "pdf", "--output", path]).code, 0);
    assert_eq!(fs::read(&file).unwrap(), once, "the same folder on the same day gives the same bytes");
    let Ok(output) = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output() else { return };
    let text = String::from_utf8_lossy(&output.stdout).replace('\u{200b}', "");
    let said = report("gaps", &[]).json();
    for gap in said["body"]["plans"].as_array().unwrap().iter().chain(said["body"]["others"].as_array().unwrap()) {
        let id = gap["requirement"].as_str().unwrap();
        assert!(text.contains(id), "{id} is missing in:\n{text}");
    }
    assert!(text.contains("no ledger checkpoint was given"), "{text}");
}

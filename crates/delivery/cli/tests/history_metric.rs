//! Defined metrics from a history into an assessment, as a user runs it: nothing is proposed that people did not show.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, path::Path};

use serde_json::{Value, json};
use support::{Run, attesta};

const METRICS: &str = r#"schema: attesta.metrics/1
metrics:
  - id: versions
    requirements: [ATT-16-02]
    describes: "Stores keep former versions | all of them"
    source: hall
    checks: {policies: [object-store-versioning]}
    counts: failing
    threshold: {at_most: 0}
    frequency: weekly
    starts: 2026-03-02
    owner: mara
    reviewer: desmond
    review_frequency: monthly
    treatment: weaknesses-procedure
"#;
const REACTION: &str = r#"    reactions:
      - {breach: 2026-03-10, on: 2026-03-11, by: mara, what: "Turned versions on, and the template that left them off", action: cap-16}
    reviews:
      - {on: 2026-03-30, by: desmond, says: "One breach, mended within the week"}
"#;
const HEADER: &str = r#"schema: attesta.assessment/1
id: hall
title: "Hall (fictional)"
organisation: "Example Clinic (fictional)"
type: r2
purpose: validated
csf: v11.8.0
created: 2026-03-01
measured_and_managed: true
"#;
const PEOPLE: &str = r#"schema: attesta.people/1
people:
  - {id: mara, name: "Mara", side: entity}
  - {id: desmond, name: "Desmond", side: entity}
"#;

struct Story(tempfile::TempDir);

impl Story {
    /// A run each Monday of March: met, breached, met, met; the days in `leave_out` without one.
    fn new(metrics: &str, leave_out: &[u32]) -> Self {
        let story = Self(tempfile::tempdir().unwrap());
        story.put("metrics.yaml", metrics);
        for (day, versioning) in [(2, true), (9, false), (16, true), (23, true), (30, true)] {
            if leave_out.contains(&day) {
                continue;
            }
            let line = format!(
                r#"{{"kind":"object_store","address":"ward","attributes":{{"versioning.enabled":{versioning}}}}}"#
            );
            story.put("stores.jsonl", &format!("{{\"schema\":\"attesta.neutral-resources/1\"}}\n{line}\n"));
            let time = format!("2026-03-{day:02}T06:00:00Z");
            let run = attesta(&[
                "history",
                "record",
                &story.path("history"),
                &story.path("stores.jsonl"),
                "--source",
                "hall",
                "--time",
                &time,
                "--no-waivers",
            ]);
            assert_eq!(run.code, 0, "{}", run.err);
        }
        story.put("assessment/assessment.yaml", HEADER);
        story.put("assessment/people.yaml", PEOPLE);
        story
    }

    fn path(&self, inside: &str) -> String {
        self.0.path().join(inside).display().to_string()
    }

    fn put(&self, inside: &str, text: &str) {
        let path = self.0.path().join(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn metric(&self, command: &str, more: &[&str]) -> Run {
        let (history, file) = (self.path("history"), self.path("metrics.yaml"));
        attesta(&[&["history", "metric", command, &history, &file, "--at", "2026-04-02"], more].concat())
    }

    /// Carries it all into the assessment and proposes; levels with what is said, and what was told beside.
    fn propose(&self) -> (Vec<(String, String)>, String) {
        let measures = self.metric("measures", &[]);
        self.put("assessment/measures.yaml", &measures.out);
        let carried = self.metric("carry", &["--into", &self.path("assessment")]);
        assert_eq!(carried.code, 0, "{}", carried.err);
        let run = attesta(&[
            "assess",
            "propose",
            &self.path("assessment"),
            "--again",
            "--at",
            "2026-04-02",
            "--format",
            "json",
        ]);
        assert_eq!(run.code, 0, "{}", run.err);
        let rows = run.json();
        let of = |row: &&Value| row["requirement"] == "ATT-16-02" && row["level"] != "implemented";
        let told = |row: &Value| (row["level"].as_str().unwrap().to_owned(), row["says"].as_str().unwrap().to_owned());
        (rows.as_array().unwrap().iter().filter(of).map(told).collect(), run.err)
    }
}

#[test]
fn what_people_did_about_a_breach_makes_managed() {
    let story = Story::new(&format!("{METRICS}{REACTION}"), &[]);
    let shown = story.metric("show", &["--format", "json"]);
    assert_eq!(shown.code, 1, "a period was breached: {}", shown.err);
    let told = shown.json();
    let states: Vec<&str> =
        told[0]["periods"].as_array().unwrap().iter().map(|p| p["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["met", "breached", "met", "met", "running"]);
    assert_eq!(told[0]["periods"][1]["worked_from"], "2026-03-16");
    assert_eq!(told[0]["managed"], json!({ "shown": true, "treated": 1, "breaches": 1 }));
    let (proposed, notes) = story.propose();
    let levels: Vec<&str> = proposed.iter().map(|(level, _)| level.as_str()).collect();
    assert_eq!(levels, ["measured", "managed"], "{notes}");
    assert!(proposed[1].1.contains("1 of 1 breaches of metric `versions` were treated"), "{}", proposed[1].1);
    let again = story.metric("carry", &["--into", &story.path("assessment")]);
    assert!(again.out.starts_with("0 checks"), "what was carried is not carried twice: {}", again.out);
}

#[test]
fn numbers_alone_never_make_managed() {
    let story = Story::new(METRICS, &[]);
    let (proposed, notes) = story.propose();
    assert_eq!(proposed.len(), 1, "{proposed:?}");
    assert_eq!(proposed[0].0, "measured");
    assert!(notes.contains("metric `versions` does not show Managed"), "{notes}");
    assert!(notes.contains("no reaction is recorded to the breaches of the periods from 2026-03-09"), "{notes}");
}

#[test]
fn a_week_without_a_run_is_named_and_nothing_is_measured() {
    let story = Story::new(&format!("{METRICS}{REACTION}"), &[16]);
    let shown = story.metric("show", &["--format", "json"]).json();
    assert_eq!(shown[0]["measured"], json!({ "shown": false, "lacks": ["no run in the periods from 2026-03-16"] }));
    let table = story.metric("show", &[]);
    assert!(
        table.out.contains("missing") && table.out.contains("not shown: no run in the periods from 2026-03-16"),
        "{}",
        table.out
    );
    let (proposed, notes) = story.propose();
    assert!(proposed.is_empty(), "{proposed:?}");
    assert!(notes.contains("no proposal for Measured or Managed"), "{notes}");
}

#[test]
fn the_evidence_names_its_inputs_by_their_digests() {
    let story = Story::new(&format!("{METRICS}{REACTION}"), &[]);
    let out = story.path("evidence.md");
    let run = story.metric("evidence", &["--output", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = fs::read_to_string(&out).unwrap();
    let listed = attesta(&["history", "list", &story.path("history"), "--format", "json"]).json();
    for run in listed.as_array().unwrap() {
        assert!(text.contains(run["digest"].as_str().unwrap()), "{} is named", run["run"]);
        assert!(text.contains(run["documents"][0]["sha256"].as_str().unwrap()), "what it read is named");
    }
    for said in [
        "2026-03-09 to 2026-03-15 | breached",
        "2026-03-11 by mara (corrective action cap-16)",
        "the period from 2026-03-16 shows that it worked",
        "Stores keep former versions \\| all of them",
        "No period is missing.",
        "2026-03-30 by desmond",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    assert_eq!(story.metric("evidence", &["--id", "none-such"]).code, 2);
}

#[test]
fn a_measure_that_the_assessment_does_not_define_is_not_carried() {
    let story = Story::new(METRICS, &[]);
    let run = story.metric("carry", &["--into", &story.path("assessment")]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("there is no measure `versions`") && run.err.contains("metric measures"), "{}", run.err);
    assert!(!Path::new(&story.path("assessment/checks.yaml")).exists(), "nothing was written");
    story.put("metrics.yaml", &METRICS.replace("weekly", "hourly"));
    let wrong = story.metric("show", &[]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.err.contains("metrics.yaml:10") && wrong.err.contains("`hourly`"), "{}", wrong.err);
}

//! `attesta assess check-quality` and `attesta assess action` as a user runs them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{fmt::Write as _, path::Path};

use serde_json::Value;
use support::{Run, attesta};
use tempfile::TempDir;

const AT: &str = "2026-11-26";

fn put(dir: &Path, inside: &str, text: &str) {
    let path = dir.join(inside);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn change(dir: &Path, inside: &str, old: &str, new: &str) {
    let path = dir.join(inside);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{inside}: {old}");
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
}

/// A validated r2 of two requirements in which nothing stands in the way.
fn clinic() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut pack = String::from(
        "schema: attesta.requirements/1\nid: clinic\ntitle: \"Clinic\"\nnotice: \"ours\"\nsource: \"ours\"\nconfidence: verified\nrequirements:\n",
    );
    let mut answers = String::from("schema: attesta.answers/1\nanswers:\n");
    let mut validation = String::from("schema: attesta.validation/1\nresults:\n");
    let mut evidence = String::from("schema: attesta.evidence/1\nevidence:\n");
    for (key, reference) in [("CL-1", "01.b"), ("CL-2", "09.aa")] {
        let small = key.to_lowercase();
        let _ = write!(
            pack,
            "  - id: {key}\n    domain: 11\n    control_reference: \"{reference}\"\n    title: \"{key} holds\"\n    text: \"It holds.\"\n    elements: [{{text: \"It is so.\"}}, {{text: \"It stays so.\"}}]\n    core_of: [r2]\n"
        );
        let _ = writeln!(
            answers,
            "  - requirement: {key}\n    owner: ann\n    comment: \"what we do for {key} is in its policy\""
        );
        for (level, judged) in [
            ("policy", "met: all, strength: documented"),
            ("procedure", "met: all, strength: documented"),
            ("implemented", "met: all, strength: very-high"),
        ] {
            let _ = writeln!(
                answers,
                "    {level}: {{{judged}, evidence: [{small}-{level}], since: 2026-01-01, tested: 2026-10-01}}"
            );
            let _ = writeln!(
                evidence,
                "  - {{id: {small}-{level}, title: \"{key} {level}\", kind: record, collected: 2026-09-20}}"
            );
        }
        let _ = writeln!(
            validation,
            "  - {{requirement: {key}, tester: bob, tested: 2026-10-10, comment: \"saw {key} on the spot\", complete: true}}"
        );
    }
    put(dir.path(), "packs/clinic.yaml", &pack);
    put(dir.path(), "answers/all.yaml", &answers);
    put(dir.path(), "validation/all.yaml", &validation);
    put(dir.path(), "evidence.yaml", &evidence);
    put(
        dir.path(),
        "assessment.yaml",
        "schema: attesta.assessment/1\nid: clinic-r2\ntitle: \"Clinic\"\norganisation: \"Clinic\"\ntype: r2\npurpose: validated\ncsf: v11.8.0\ncreated: 2026-06-01\npacks: [clinic]\n",
    );
    put(
        dir.path(),
        "people.yaml",
        "schema: attesta.people/1\npeople:\n  - {id: ann, name: Ann, side: entity, role: lead}\n  - {id: bob, name: Bob, side: assessor, role: tester, credentials: [CCSFP]}\n  - {id: cat, name: Cat, side: assessor, role: QA reviewer, credentials: [CCSFP, CHQP]}\n  - {id: eve, name: Eve, side: assessor, role: engagement executive}\n",
    );
    put(
        dir.path(),
        "submission.yaml",
        "schema: attesta.submission/1
fieldwork: {began: 2026-10-01, ended: 2026-11-10}
submit_on: 2026-11-30
representation_letter: {by: \"Ann\", on: 2026-11-20}
report_agreement: {entity: {by: \"Ann\", on: 2026-11-20}}
qa_reservation: {begins: 2026-12-07}
time_sheet: [{person: cat, work: quality-assurance, hours: 12}]
qa_checklist: {executive: eve, executive_on: 2026-11-20, reviewer: cat, reviewer_on: 2026-11-20}
organisation_overview: {file: overview.pdf}
audits_utilised: []
",
    );
    dir
}

fn run(dir: &TempDir, verb: &str, more: &[&str]) -> Run {
    let path = dir.path().display().to_string();
    let arguments: Vec<&str> = ["assess", verb, &path].into_iter().chain(more.iter().copied()).collect();
    attesta(&[&arguments[..], &["--at", AT, "--quiet"]].concat())
}

fn quality(dir: &TempDir, more: &[&str]) -> (i32, Value) {
    let run = run(dir, "check-quality", &[more, &["--format", "json"]].concat());
    assert!(!run.out.is_empty(), "{}", run.err);
    (run.code, run.json())
}

fn issues(report: &Value) -> Vec<String> {
    let rows = report["issues"].as_array().unwrap().iter();
    rows.map(|i| format!("{} {}", i["check"].as_str().unwrap(), i["subject"].as_str().unwrap())).collect()
}

/// CL-1's Implemented falls to 1 of 2 elements, so that a plan is required.
fn fall_short(dir: &TempDir) {
    change(dir.path(), "answers/all.yaml", "implemented: {met: all", "implemented: {met: [1]");
}

#[test]
fn a_clean_assessment_may_be_handed_on() {
    let dir = clinic();
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, issues(&report)), (0, vec![]), "{report:#}");
    assert_eq!(report["passage"], "open");
    assert_eq!(report["could_not_look"], Value::Array(vec![]));
    assert_eq!(report["looked"], 39, "all but the one that is for interims");
    let shown = run(&dir, "check-quality", &[]);
    assert!(shown.out.starts_with("submission (To HITRUST's check-in): nothing stands in the way."), "{}", shown.out);
}

#[test]
fn a_young_policy_blocks_from_the_second_hand_off_on_until_it_is_overridden() {
    let dir = clinic();
    change(dir.path(), "answers/all.yaml", "since: 2026-01-01", "since: 2026-08-03");
    assert_eq!(quality(&dir, &["--gate", "validation"]).0, 0);
    let (code, report) = quality(&dir, &["--gate", "actions"]);
    assert_eq!((code, issues(&report)), (1, vec!["QC-11 level CL-1 policy".to_owned()]));
    let issue = &report["issues"][0];
    let says = issue["says"][0].as_str().unwrap();
    assert!(
        says.starts_with("approved since 2026-08-03, 59 days before its test on 2026-10-01; at least 60 ["),
        "{says}"
    );
    assert!(issue["place"].as_str().unwrap().ends_with("answers/all.yaml:3"));

    let facts = issue["facts"].as_str().unwrap();
    let over = |by: &str, approved: &str| {
        let text = format!(
            "schema: attesta.overrides/1\noverrides:\n  - check: QC-11\n    subject: \"level CL-1 policy\"\n    facts: \"{facts}\"\n    because: \"only its number changed\"\n    by: {by}\n    on: 2026-11-20\n{approved}"
        );
        put(dir.path(), "overrides.yaml", &text);
    };
    over("ann", "");
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, &report["issues"][0]["standing"]), (1, &"awaits approval".into()));
    over("ann", "    approved: {by: bob, on: 2026-11-21}\n");
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, &report["issues"][0]["standing"]), (0, &"overridden".into()));
    assert_eq!(report["overrides"][0]["counts"], true);
    let shown = run(&dir, "check-quality", &[]).out;
    assert!(
        shown.contains("overridden: \"only its number changed\" (ann on 2026-11-20, approved by bob on 2026-11-21)")
    );

    change(dir.path(), "answers/all.yaml", "since: 2026-08-03", "since: 2026-08-04");
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, &report["overrides"][0]["counts"]), (1, &false.into()));
    assert!(report["overrides"][0]["worth"].as_str().unwrap().starts_with("stale: the facts have changed"));
    assert!(run(&dir, "check-quality", &[]).out.contains("  facts "));
}

#[test]
fn a_usual_sample_is_drawn_or_its_absence_explained() {
    let dir = clinic();
    change(dir.path(), "packs/clinic.yaml", "    core_of: [r2]\n", "    core_of: [r2]\n    sampled: true\n");
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, issues(&report)), (1, vec!["QC-09 level CL-1 implemented".to_owned()]));
    change(dir.path(), "answers/all.yaml", "    comment:", "    not_sampled: \"there is one item\"\n    comment:");
    assert_eq!(quality(&dir, &[]).0, 0);
}

/// Records that the assessor finished on the 10th of November and that the letter was signed on the 20th.
fn hand_on(dir: &TempDir) {
    use attesta_lifecycle::{Detail, Event, History, Phase, Verb};
    let folder = attesta_workspace::Folder::open(dir.path()).unwrap();
    let process = attesta_content::process(&attesta_content::ContentSource::Embedded).unwrap();
    let purpose = attesta_assessment::Purpose::Validated;
    let (track, _) = process.phases.track(purpose, "2026-06-01".parse().unwrap()).unwrap();
    let files = attesta_workspace::held_files(&folder).unwrap();
    let steps = [
        ("2026-06-02", Verb::HandInPreAssessment, Phase::PreAssessment, Phase::PreAssessmentReview, None),
        ("2026-06-03", Verb::ApprovePreAssessment, Phase::PreAssessmentReview, Phase::Answering, None),
        ("2026-09-25", Verb::SubmitAnswers, Phase::Answering, Phase::Validation, None),
        ("2026-10-01", Verb::BeginFieldwork, Phase::Validation, Phase::Validation, Some("2026-10-01")),
        ("2026-11-10", Verb::CompleteValidation, Phase::Validation, Phase::CapsAndLetter, None),
        ("2026-11-20", Verb::SignLetter, Phase::CapsAndLetter, Phase::CapsAndLetter, Some("2026-11-20")),
    ];
    let mut history = History::begin(purpose, track);
    for (at, verb, from, to, day) in steps {
        let first = history.entries().is_empty();
        let files = files.iter().filter(|_| first).map(|(path, file)| (path.clone(), Some(file.clone()))).collect();
        let event = Event {
            at: at.parse().unwrap(),
            by: if verb.side() == attesta_assessment::Side::Entity { "ann" } else { "bob" }.parse().unwrap(),
            side: verb.side(),
            verb,
            from,
            to,
            detail: day.map_or(Detail::Nothing, |day| Detail::Day(day.parse().unwrap())),
            note: String::new(),
            reference: None,
            files,
            until: None,
            certificate: None,
        };
        history = history.with(event).unwrap();
    }
    folder.write(&[attesta_workspace::history_change(&history, None)]).unwrap();
}

#[test]
fn what_was_recorded_stands_in_and_what_was_handed_on_is_held() {
    let dir = clinic();
    change(dir.path(), "submission.yaml", "fieldwork: {began: 2026-10-01, ended: 2026-11-10}\n", "");
    change(dir.path(), "submission.yaml", "representation_letter: {by: \"Ann\", on: 2026-11-20}\n", "");
    assert_eq!(issues(&quality(&dir, &[]).1), ["QC-27 document representation_letter"]);
    hand_on(&dir);
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, issues(&report)), (0, vec![]), "{report:#}");

    change(dir.path(), "answers/all.yaml", "in its policy", "in its newest policy");
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, issues(&report)), (1, vec!["QC-24 document answers/all.yaml".to_owned()]));
    assert!(report["issues"][0]["says"][0].as_str().unwrap().contains("changed since the last hand-off"));
}

#[test]
fn an_answer_with_a_fault_hides_no_other_issue() {
    let dir = clinic();
    change(dir.path(), "answers/all.yaml", "met: all", "met: [9]");
    change(dir.path(), "people.yaml", "credentials: [CCSFP]}", "credentials: []}");
    let (code, report) = quality(&dir, &[]);
    assert_eq!(code, 1);
    assert_eq!(issues(&report), ["QC-35 requirement CL-1", "QC-26 person bob"]);
    let blind: Vec<&str> =
        report["could_not_look"].as_array().unwrap().iter().map(|b| b["check"].as_str().unwrap()).collect();
    assert_eq!(blind, ["QC-22", "QC-23", "QC-32"]);
}

#[test]
fn a_required_plan_is_drafted_filled_in_and_followed() {
    let dir = clinic();
    fall_short(&dir);
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, issues(&report)), (1, vec!["QC-22 requirement CL-1".to_owned()]));
    let list = run(&dir, "action", &["list"]);
    assert_eq!(list.code, 1, "{}", list.err);
    assert!(list.out.contains("(missing)") && list.out.contains("CL-1"), "{}", list.out);

    let draft = run(&dir, "action", &["draft"]);
    assert_eq!(draft.code, 0);
    assert!(draft.out.starts_with("schema: attesta.actions/1\nactions:\n  # CL-1 holds\n  # below 100: implemented "));
    assert!(!dir.path().join("actions.yaml").exists(), "nothing is written without being asked");
    assert_eq!(run(&dir, "action", &["draft", "--output", "actions.yaml"]).code, 0);
    assert_eq!(std::fs::read_to_string(dir.path().join("actions.yaml")).unwrap(), draft.out);

    // A draft answers nothing for people.
    let (code, report) = quality(&dir, &[]);
    assert_eq!((code, issues(&report)), (1, vec!["QC-23 action cap-cl-1".to_owned()]));
    assert_eq!(report["issues"][0]["says"].as_array().unwrap().len(), 5, "{report:#}");

    change(dir.path(), "actions.yaml", "weakness: \"\"", "weakness: \"it does not stay so\"");
    change(dir.path(), "actions.yaml", "plan: \"\"", "plan: \"watch it\"");
    change(dir.path(), "actions.yaml", "# owner: somebody of people.yaml", "owner: ann");
    change(dir.path(), "actions.yaml", "# due: 2027-01-31", "due: 2027-01-31");
    change(
        dir.path(),
        "actions.yaml",
        "milestones: []",
        "milestones: [{what: \"watched for a month\", due: 2027-01-15}]",
    );
    assert_eq!(quality(&dir, &[]).0, 0);
    assert_eq!(run(&dir, "action", &["list"]).code, 0);
    let show = run(&dir, "action", &["show", "cap-cl-1"]);
    assert!(show.out.contains("status: not-started; from here: start, raise-risk"), "{}", show.out);
    assert!(show.out.starts_with("cap-cl-1 for CL-1 (required), at "), "{}", show.out);

    // What people wrote is never overwritten.
    let before = std::fs::read_to_string(dir.path().join("actions.yaml")).unwrap();
    std::fs::write(dir.path().join("other.yaml"), "").unwrap();
    fall_short(&dir);
    let again = run(&dir, "action", &["draft", "--output", "actions.yaml"]);
    assert_eq!(again.code, 3);
    assert!(again.err.contains("stands there already"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(dir.path().join("actions.yaml")).unwrap(), before);
    let more = run(&dir, "action", &["draft", "--output", "actions/more.yaml"]);
    assert_eq!(more.code, 0, "{}", more.err);
    assert!(std::fs::read_to_string(dir.path().join("actions/more.yaml")).unwrap().contains("cap-cl-2"));
    assert_eq!(run(&dir, "action", &["draft"]).out, "schema: attesta.actions/1\nactions: []\n");
}

#[test]
fn files_from_which_plans_are_not_read_are_refused() {
    let dir = clinic();
    fall_short(&dir);
    for bad in ["plans.yaml", "actions/../people.yaml", "actions/.hidden.yaml", "/tmp/actions.yaml", "actions/x.txt"] {
        let refused = run(&dir, "action", &["draft", "--output", bad]);
        assert_eq!(refused.code, 2, "{bad}: {}", refused.out);
        assert!(refused.err.contains("use actions.yaml, or actions/NAME.yaml"), "{}", refused.err);
    }
    let unknown = run(&dir, "action", &["show", "cap-x"]);
    assert_eq!((unknown.code, unknown.err.contains("there is no plan `cap-x`")), (2, true), "{}", unknown.err);
}

#[test]
fn progress_is_told_against_the_certified_assessment() {
    let then = clinic();
    fall_short(&then);
    let now = clinic();
    let since = then.path().display().to_string();
    change(now.path(), "assessment.yaml", "id: clinic-r2", "id: clinic-interim");
    let none = run(&now, "action", &["progress", "--since", &since]);
    assert_eq!((none.code, none.err.contains("it goes back to no certificate")), (2, true), "{}", none.err);

    let header = std::fs::read_to_string(now.path().join("assessment.yaml")).unwrap();
    let prior = "prior: {assessment: clinic-r2, type: r2, issued: 2026-11-01, csf: v11.8.0}\n";
    put(now.path(), "assessment.yaml", &(header + prior));
    fall_short(&now);
    let standing = run(&now, "action", &["progress", "--since", &since, "--format", "json"]);
    assert_eq!((standing.code, &standing.json()[0]["advance"]), (1, &"no progress".into()), "{}", standing.err);

    change(now.path(), "answers/all.yaml", "met: [1]", "met: all");
    let raised = run(&now, "action", &["progress", "--since", &since, "--format", "json"]);
    let rows = raised.json();
    assert_eq!((raised.code, &rows[0]["advance"], rows.as_array().unwrap().len()), (0, &"raised".into(), 1));
    assert_eq!(rows[0]["levels"][0]["level"], "implemented");
    assert_eq!(rows[0]["levels"][0]["now"], 100);
}

#[test]
fn faults_of_all_files_are_told_at_once() {
    let dir = clinic();
    put(dir.path(), "actions.yaml", "schema: attesta.actions/1\nactions:\n  - {id: A!, requirement: CL-1}\n");
    put(dir.path(), "overrides.yaml", "schema: attesta.overrides/1\noverrides: [{check: QC-77}]\n");
    change(dir.path(), "submission.yaml", "hours: 12", "hours: -1");
    let run = run(&dir, "check-quality", &[]);
    assert_eq!(run.code, 3);
    for file in ["actions.yaml:3", "overrides.yaml:2", "submission.yaml:7"] {
        assert!(run.err.contains(file), "{file}: {}", run.err);
    }
    assert!(run.out.is_empty());
}

//! `actions.yaml`, `overrides.yaml` and `submission.yaml`: read with places, every fault at once, drafts that read back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::{collections::BTreeSet, path::Path};

use attesta_catalog::Fault;
use attesta_lifecycle::action::{RetestResult, Status};
use attesta_workspace::{Folder, Stub, actions, draft_actions, overrides, submission};

const ACTIONS: &str = r#"schema: attesta.actions/1
actions:
  - id: cap-1
    requirement: ATT-11-01
    weakness: "no review"
    owner: ann
    plan: "review"
    milestones:
      - {what: "first review", due: 2027-01-10, done: 2027-01-08}
      - {what: "second review", due: 2027-04-10}
    due: 2027-05-01
    status: completed
    retest: {by: bob, on: 2027-05-02, result: passed}
    progress:
      - {on: 2026-12-01, by: ann, says: "begun", status: started}
  - {id: cap-2, requirement: ATT-11-02}
"#;

const OVERRIDES: &str = r#"schema: attesta.overrides/1
overrides:
  - check: QC-11
    subject: "level ATT-11-01 policy"
    facts: "62e294fb105ae402"
    because: "only its number changed"
    by: ann
    on: 2026-11-20
    approved: {by: bob, on: 2026-11-21}
"#;

const SUBMISSION: &str = r#"schema: attesta.submission/1
fieldwork: {began: 2026-10-01, ended: 2026-11-10}
submit_on: 2026-11-30
representation_letter: {by: "Ann Example", on: 2026-11-20, file: letter.pdf}
report_agreement:
  entity: {by: "Ann Example", on: 2026-11-20}
  countersigned: {by: "HITRUST"}
participation_agreement: {by: "Ann Example"}
qa_reservation: {begins: 2026-12-07, submit_by: 2026-12-01, reference: "R-1"}
time_sheet:
  - {person: cat, work: quality-assurance, hours: 12}
qa_checklist: {executive: eve, executive_on: 2026-11-20, reviewer: cat}
organisation_overview: {file: overview.pdf, dated: 2026-09-01}
audits_utilised:
  - {organisation: "Auditor", report: "SOC 2", dated: 2026-03-01, covers: ["cloud"]}
"#;

fn with<T>(name: &str, text: &str, read: impl Fn(&Folder) -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    let put = |inside: &str, text: &str| {
        let path = dir.path().join(inside);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("assessment.yaml", "schema: attesta.assessment/1\n");
    put(name, text);
    read(&Folder::open(dir.path()).unwrap())
}

#[test]
fn a_whole_file_is_read_with_its_places() {
    let found = with("actions.yaml", ACTIONS, actions).unwrap();
    assert_eq!(found.len(), 2);
    let first = found.values().next().unwrap();
    assert_eq!(first.place.line, Some(3));
    let first = &first.value;
    assert_eq!((first.status, first.milestones.len()), (Some(Status::Completed), 2));
    assert_eq!(first.retest.as_ref().unwrap().result, RetestResult::Passed);
    let bare = &found.values().last().unwrap().value;
    assert_eq!((bare.status, bare.due, bare.owner.as_ref()), (None, None, None));

    let found = with("overrides.yaml", OVERRIDES, overrides).unwrap();
    assert_eq!((found.len(), found[0].place.line), (1, Some(3)));
    assert_eq!(found[0].value.subject.to_string(), "level ATT-11-01 policy");
    assert!(found[0].value.approved.is_some());

    let found = with("submission.yaml", SUBMISSION, submission).unwrap();
    assert_eq!(found.representation_letter.as_ref().unwrap().place.line, Some(4));
    assert_eq!(found.time_sheet.as_ref().unwrap().value[0].hours, 12);
    assert!(found.checklist.unwrap().value.reviewer_on.is_none());
    assert!(found.report_agreement.unwrap().value.countersigned.unwrap().on.is_none());
    assert_eq!(found.audits_utilised.unwrap().value.len(), 1);
}

#[test]
fn a_file_that_is_not_there_holds_nothing() {
    assert!(with("other.yaml", "", actions).unwrap().is_empty());
    assert!(with("other.yaml", "", overrides).unwrap().is_empty());
    assert_eq!(with("other.yaml", "", submission).unwrap(), Default::default());
}

#[test]
fn every_fault_stands_at_its_line() {
    type Read = fn(&Folder) -> Vec<Fault>;
    let table: [(&str, &str, &str, &str, u32, &str, Read); 16] = [
        ("actions.yaml", ACTIONS, "status: completed", "status: done", 12, "`done` is no status of an action", |f| {
            actions(f).unwrap_err()
        }),
        ("actions.yaml", ACTIONS, "due: 2027-05-01", "due: May", 11, "`May` is not a day", |f| actions(f).unwrap_err()),
        ("actions.yaml", ACTIONS, "done: 2027-01-08", "done: soon", 9, "`soon` is not a day", |f| {
            actions(f).unwrap_err()
        }),
        ("actions.yaml", ACTIONS, "result: passed", "result: yes", 13, "is no result of a retest", |f| {
            actions(f).unwrap_err()
        }),
        ("actions.yaml", ACTIONS, "id: cap-2", "id: cap-1", 16, "action `cap-1` stands twice", |f| {
            actions(f).unwrap_err()
        }),
        ("actions.yaml", ACTIONS, "owner: ann", "owner: Ann!", 6, "`Ann!` is not a person's id", |f| {
            actions(f).unwrap_err()
        }),
        ("actions.yaml", ACTIONS, "weakness:", "weaknes:", 5, "unknown key", |f| actions(f).unwrap_err()),
        ("overrides.yaml", OVERRIDES, "QC-11", "QC-77", 3, "`QC-77` is not a quality check", |f| {
            overrides(f).unwrap_err()
        }),
        ("overrides.yaml", OVERRIDES, "level ATT-11-01 policy", "ATT-11-01", 4, "is no subject of a check", |f| {
            overrides(f).unwrap_err()
        }),
        ("overrides.yaml", OVERRIDES, "62e294fb105ae402", "62e2", 5, "`62e2` is no fingerprint", |f| {
            overrides(f).unwrap_err()
        }),
        ("overrides.yaml", OVERRIDES, "only its number changed", " ", 6, "`because` is empty", |f| {
            overrides(f).unwrap_err()
        }),
        ("overrides.yaml", OVERRIDES, "on: 2026-11-21", "on: today", 9, "`today` is not a day", |f| {
            overrides(f).unwrap_err()
        }),
        ("submission.yaml", SUBMISSION, "ended: 2026-11-10", "ended: 2026-09-30", 2, "ends before it begins", |f| {
            submission(f).unwrap_err()
        }),
        (
            "submission.yaml",
            SUBMISSION,
            "quality-assurance",
            "napping",
            11,
            "`napping` is no work on a time sheet",
            |f| submission(f).unwrap_err(),
        ),
        ("submission.yaml", SUBMISSION, "hours: 12", "hours: many", 11, "not a whole number", |f| {
            submission(f).unwrap_err()
        }),
        ("submission.yaml", SUBMISSION, "submit_on: 2026-11-30", "submit_on: later", 3, "`later` is not a day", |f| {
            submission(f).unwrap_err()
        }),
    ];
    for (name, text, old, new, line, says, read) in table {
        assert!(text.contains(old), "{old}");
        let faults = with(name, &text.replacen(old, new, 1), read);
        assert!(faults.iter().any(|f| f.message.contains(says) && f.place.line == Some(line)), "{old}: {faults:?}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let text = ACTIONS.replace("completed", "done").replace("2027-05-01", "May").replace("passed", "maybe");
    assert_eq!(with("actions.yaml", &text, actions).unwrap_err().len(), 3);
    let text = SUBMISSION.replace("2026-11-30", "later").replace("quality-assurance", "napping");
    assert_eq!(with("submission.yaml", &text, submission).unwrap_err().len(), 2);
}

#[test]
fn a_draft_reads_back_and_answers_nothing_for_people() {
    let stub =
        |key: &str| Stub { requirement: key.parse().unwrap(), remarks: vec!["implemented is 50\n- id: x".into()] };
    let stubs = [stub("1123.01q1System.2"), stub("a \"key\" with: blanks"), stub("ATT-11-01"), stub("att 11 01")];
    let taken: BTreeSet<_> = ["cap-att-11-01".parse().unwrap()].into();
    let text = draft_actions(&stubs, &taken);
    let found = with("actions/draft.yaml", &text, actions).unwrap();
    let ids: Vec<&str> = found.keys().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["cap-1123.01q1system.2", "cap-a--key--with--blanks", "cap-att-11-01-2", "cap-att-11-01-3"]);
    for stub in &stubs {
        let action = found.values().find(|a| a.value.requirement == stub.requirement).unwrap();
        let action = &action.value;
        assert_eq!((action.status, &action.owner, action.due), (Some(Status::NotStarted), &None, None));
        assert!(action.weakness.is_empty() && action.plan.is_empty() && action.milestones.is_empty());
    }
    assert!(with("actions.yaml", &draft_actions(&[], &taken), actions).unwrap().is_empty());
}

#[test]
fn the_schemas_know_every_key_of_these_files() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content/schemas");
    for (name, text) in [("actions", ACTIONS), ("overrides", OVERRIDES), ("submission", SUBMISSION)] {
        let schema = std::fs::read_to_string(schemas.join(format!("{name}.schema.json"))).unwrap();
        let keys = text.split(['{', '\n', ',']).filter_map(|part| part.split_once(':')).map(|(key, _)| key.trim());
        for key in keys.map(|k| k.trim_start_matches("- ")) {
            assert!(schema.contains(&format!("\"{key}\": {{")), "{name}: {key}");
        }
    }
}

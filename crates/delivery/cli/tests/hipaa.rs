//! `attesta hipaa` as a user runs it, on a clinic with one of each kind of trouble (fixtures/hipaa-clinic).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, path::Path};

use serde_json::{Value, json};
use support::{Run, attesta, golden, root};
use tempfile::TempDir;

const CLINIC: &str = "fixtures/hipaa-clinic";

fn hipaa(verb: &str, more: &[&str]) -> Run {
    hipaa_in(CLINIC, verb, "2026-11-26", more)
}

fn hipaa_in(dir: &str, verb: &str, at: &str, more: &[&str]) -> Run {
    let arguments: Vec<&str> = ["hipaa", verb, dir, "--at", at].iter().chain(more).copied().collect();
    attesta(&arguments)
}

/// A copy of the clinic to change.
fn copy() -> (TempDir, String) {
    fn all(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                all(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let dir = TempDir::new().unwrap();
    let to = dir.path().join("clinic");
    all(&root().join(CLINIC), &to);
    let shown = to.display().to_string();
    (dir, shown)
}

fn edit(dir: &str, file: &str, from: &str, to: &str) {
    let path = Path::new(dir).join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} does not hold {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn every_register_is_told_as_a_table() {
    for verb in ["decisions", "risks", "breach", "agreements", "practices", "status"] {
        let run = hipaa(verb, &[]);
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{verb}");
        golden(&format!("hipaa-{verb}.txt"), &run);
    }
}

#[test]
fn earlier_decisions_are_shown_when_asked_for() {
    let run = hipaa("decisions", &["--all"]);
    assert!(run.out.contains("before: neither of 2022-02-01, kept until 2032-03-05"), "{}", run.out);
    assert!(!hipaa("decisions", &[]).out.contains("before:"));
}

#[test]
fn json_says_the_same() {
    let status = hipaa("status", &["--format", "json"]).json();
    assert_eq!(status["schema"], "attesta.hipaa-status/1");
    assert_eq!(status["required"]["met"], false);
    assert_eq!(status["required"]["share"], json!({"met": 6, "of": 27, "percent": 22}));
    assert_eq!(status["addressable"]["share"], json!({"met": 2, "of": 22, "percent": 9}));
    assert_eq!(
        (&status["addressable"]["met_by_alternative"], &status["addressable"]["decided_against"]),
        (&json!(1), &json!(1))
    );
    assert_eq!((&status["checked"], status.get("proposed_2025")), (&json!(false), None));
    let items = status["required"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 33);
    assert!(items.iter().all(|item| !item["reasons"].as_array().unwrap().is_empty()));

    let breach = hipaa("breach", &["--format", "json"]).json();
    let large = &breach["incidents"][0];
    assert_eq!((&large["determination"], &large["discovered_on"]), (&json!("breach"), &json!("2026-04-12")));
    assert_eq!((&large["clocks"][1]["place"], &large["clocks"][1]["state"]), (&json!("OR"), &json!("overdue")));
    let determinations: Vec<&Value> = (0..4).map(|at| &breach["incidents"][at]["determination"]).collect();
    assert_eq!(determinations, ["breach", "secured", "low probability", "presumed breach"]);

    let decisions = hipaa("decisions", &["--format", "json"]).json();
    assert_eq!(decisions["decisions"].as_array().unwrap().len(), 22);
    assert_eq!(decisions["not_applicable"][6]["stands"], false);
    let risks = hipaa("risks", &["--format", "json"]).json();
    assert_eq!((&risks["analysis"]["state"], &risks["uncovered"]), (&json!("current"), &json!([])));
    assert_eq!(risks["against_treatment"], json!(["risk `r-02` was to be treated by 2026-10-31"]));
    let agreements = hipaa("agreements", &["--format", "json"]).json();
    assert_eq!(agreements["without_agreement"], json!(["paylane", "postbird"]));
    let practices = hipaa("practices", &["--format", "json"]).json();
    assert_eq!(practices["families"][0]["missing"], json!(["PR", "RS", "RC"]));
    for verb in ["decisions", "risks", "breach", "agreements", "practices", "status"] {
        assert_eq!(hipaa(verb, &["--format", "json"]).code, 1, "{verb}");
    }
}

#[test]
fn each_clause_is_in_the_checklist() {
    let agreements = hipaa("agreements", &["--format", "json"]).json();
    let clauses = agreements["agreements"][2]["clauses"].as_array().unwrap();
    let answers: Vec<&str> = clauses.iter().map(|c| c["answer"].as_str().unwrap()).collect();
    assert_eq!(answers.len(), 13);
    assert_eq!((answers[3], answers[11], answers[12]), ("absent", "present", "not looked for"));
    assert_eq!(clauses.iter().filter(|c| c["counts"] == true).count(), 10);
}

#[test]
fn the_day_decides() {
    // On its sixtieth day the mailing was still in time, and nothing of later is known.
    let breach = hipaa_in(CLINIC, "breach", "2026-06-11", &["--format", "json"]);
    assert_eq!(breach.code, 0, "{}", breach.out);
    assert_eq!(breach.json()["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(hipaa_in(CLINIC, "breach", "2026-06-12", &[]).code, 1);
    assert_eq!(hipaa_in(CLINIC, "breach", "2026-04-11", &[]).code, 0);
    // The analysis is good for a year.
    let analysis = |at: &str| hipaa_in(CLINIC, "risks", at, &["--format", "json"]).json()["analysis"]["state"].clone();
    assert_eq!((analysis("2027-02-20"), analysis("2027-02-21")), (json!("current"), json!("overdue")));
    assert_eq!(hipaa_in(CLINIC, "risks", "2026-10-31", &[]).code, 0);
}

#[test]
fn the_proposal_is_off_until_asked_for_and_always_labelled() {
    let plain = hipaa("status", &[]);
    assert!(!plain.out.contains("proposed"));
    let run = hipaa("status", &["--proposed-2025"]);
    assert!(run.out.contains("proposed, binds nobody"), "{}", run.out);
    assert!(run.out.starts_with(plain.out.trim_end()), "the proposal changed a number");
    assert_eq!(run.out.lines().filter(|l| l.starts_with("  proposed ")).count(), 33);
    assert_eq!(run.code, plain.code);
    let json = hipaa("status", &["--proposed-2025", "--format", "json"]).json();
    assert_eq!(json["proposed_2025"]["label"], "proposed, binds nobody");
    let agreements = hipaa("agreements", &["--proposed-2025"]);
    assert!(
        agreements.out.contains("164.314(a)(2)(i)(D)") && agreements.out.contains("binds nobody"),
        "{}",
        agreements.out
    );
}

#[test]
fn each_number_explains_itself() {
    let run = hipaa("status", &["--explain", "164.312(a)(2)(iii)"]);
    assert!(
        run.out.contains("met by alternative") && run.out.contains("decided: alternative, by R. Fern"),
        "{}",
        run.out
    );
    let required = hipaa("status", &["--explain", "required"]);
    assert!(required.out.starts_with("Required: NOT MET, 6 of 27 items"), "{}", required.out);
    let nothing = hipaa("status", &["--explain", "164.306(a)(1)"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""));
    assert!(nothing.err.contains("is nothing that is scored here"), "{}", nothing.err);
}

#[test]
fn a_check_shows_violations_that_no_word_hides() {
    let run = hipaa("status", &["--check", "examples/telehealth/plan.json", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let status = run.json();
    assert_eq!(status["checked"], true);
    let backup = status["required"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|i| i["citation"] == "164.308(a)(7)(ii)(A)")
        .unwrap();
    assert_eq!(backup["state"], "violated");
    assert!(!backup["violated"].as_array().unwrap().is_empty());
    assert!(
        backup["reasons"].as_array().unwrap().iter().any(|r| r.as_str().unwrap().starts_with("attested by D. Reyes"))
    );
    let unchecked = hipaa("status", &["--format", "json"]).json();
    let backup = unchecked["required"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|i| i["citation"] == "164.308(a)(7)(ii)(A)")
        .unwrap();
    assert_eq!((&backup["state"], &backup["proof"]), (&json!("met"), &json!("people")));
    let nothing = hipaa("status", &["--check", "fixtures/hipaa-clinic/scope.yaml"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (3, ""));
}

#[test]
fn a_clinic_with_everything_in_place_is_met() {
    let (_dir, clinic) = copy();
    let hipaa_file = |name: &str, text: &str| fs::write(Path::new(&clinic).join("hipaa").join(name), text).unwrap();
    let listed = attesta(&["catalog", "list", "hipaa", "--format", "json"]).json();
    let mut attestations = "schema: attesta.hipaa-attestations/1\nattestations:\n".to_owned();
    for (at, item) in listed["entries"].as_array().unwrap().iter().enumerate() {
        if item["designation"] == "required" || item["designation"] == "addressable" {
            let about = item["citation"].as_str().unwrap();
            attestations.push_str(&format!(
                "  - {{id: a{at}, about: \"{about}\", says: \"So it is.\", by: \"M. Ito\", on: 2026-11-01, until: 2027-01-01, evidence: [ra-2026]}}\n"
            ));
        }
    }
    hipaa_file("attestations.yaml", &attestations);
    hipaa_file("incidents.yaml", "schema: attesta.hipaa-incidents/1\n");
    hipaa_file("decisions.yaml", "schema: attesta.hipaa-decisions/1\n");
    edit(&clinic, "hipaa/risks.yaml", "due: 2026-10-31", "due: 2026-12-31");
    let told = |more: &[&str]| hipaa_in(&clinic, "status", "2026-11-26", more);
    // The agreements are not in order yet.
    assert_eq!(told(&["--format", "json"]).json()["required"]["met"], false);
    let providers = ["--ephi-provider", "northbank"];
    let agreements = fs::read_to_string(Path::new(&clinic).join("hipaa/agreements.yaml")).unwrap();
    let only = agreements.split("  # Not signed").next().unwrap();
    hipaa_file("agreements.yaml", only);
    let run = told(&providers);
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.out.contains("Required: met, 33 of 33"), "{}", run.out);
    assert!(run.out.contains("Addressable: 100%, 22 of 22 met"), "{}", run.out);
    assert!(run.out.contains("note: infrastructure was not checked"), "{}", run.out);
    // A day after the last word is good, only what the registers show is met.
    let late = hipaa_in(&clinic, "status", "2027-01-02", &providers);
    assert_eq!(late.code, 1);
    assert!(late.out.contains("Required: NOT MET, 6 of 33"), "{}", late.out);
}

#[test]
fn a_folder_without_records_has_nothing_met_and_says_so() {
    let (_dir, clinic) = copy();
    fs::remove_dir_all(Path::new(&clinic).join("hipaa")).unwrap();
    fs::remove_file(Path::new(&clinic).join("scope.yaml")).unwrap();
    let run = hipaa_in(&clinic, "status", "2026-11-26", &[]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("Required: NOT MET, 0 of 33"), "{}", run.out);
    let risks = hipaa_in(&clinic, "risks", "2026-11-26", &[]);
    assert!(
        risks.out.contains("nobody says which") && risks.out.contains("no risk analysis was completed"),
        "{}",
        risks.out
    );
    assert_eq!(hipaa_in(&clinic, "breach", "2026-11-26", &[]).code, 0);
    assert_eq!(hipaa_in(&clinic, "agreements", "2026-11-26", &[]).code, 1);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_nothing_is_reported() {
    let cases = [
        ("decisions", "hipaa/decisions.yaml", "choice: neither", "choice: ignore", "`ignore` is not a choice"),
        (
            "decisions",
            "hipaa/decisions.yaml",
            "rationale: \"Laptops were few and never left the office.\"",
            "rationale: \"  \"",
            "`  ` is not an answer",
        ),
        (
            "decisions",
            "hipaa/decisions.yaml",
            "evidence: [idle-lock]",
            "evidence: [idle-lok]",
            "`idle-lok` is not in evidence.yaml",
        ),
        (
            "decisions",
            "hipaa/decisions.yaml",
            "decided_on: 2022-02-01",
            "decided_on: last year",
            "`last year` is not a day",
        ),
        (
            "decisions",
            "hipaa/decisions.yaml",
            "no_alternative: \"No measure",
            "measure: \"No measure",
            "`measure` makes no sense here",
        ),
        (
            "decisions",
            "hipaa/decisions.yaml",
            "item: \"164.312(a)(2)(iii)\"",
            "item: \"164.312(a\"",
            "`164.312(a` is not a citation",
        ),
        ("risks", "hipaa/risks.yaml", "treatment: avoid", "treatment: hope", "`hope` is not a treatment"),
        ("risks", "hipaa/risks.yaml", "id: r-02", "id: r-01", "risk `r-01` stands twice"),
        ("risks", "hipaa/risks.yaml", "reason: \"Visits", "plan: \"Visits", "`plan` makes no sense here"),
        ("breach", "hipaa/incidents.yaml", "key: safe", "key: probably", "`probably` is not a state of a key"),
        ("breach", "hipaa/incidents.yaml", "finding: breach", "finding: maybe", "`maybe` is not a finding"),
        ("breach", "hipaa/incidents.yaml", "individuals: 612", "individuals: many", "not a whole number"),
        ("breach", "hipaa/incidents.yaml", "to: hhs, ", "to: hhs, place: OR, ", "`place` makes no sense here"),
        (
            "agreements",
            "hipaa/agreements.yaml",
            "at: \"2.1\"",
            "at: \"2.1\", absent: true",
            "is answered in two ways, or in none",
        ),
        (
            "agreements",
            "hipaa/agreements.yaml",
            "counterpart: business-associate",
            "counterpart: friend",
            "`friend` is not a counterpart",
        ),
        ("practices", "hipaa/practices.yaml", "part: GV", "department: GV", "unknown key `department`"),
        (
            "status",
            "hipaa/attestations.yaml",
            "about: \"164.308(a)(2)\"",
            "about: everything",
            "`everything` is not a citation",
        ),
        ("status", "hipaa/attestations.yaml", "id: sanctions", "id: official", "attestation `official` stands twice"),
        (
            "status",
            "hipaa/attestations.yaml",
            "schema: attesta.hipaa-attestations/1",
            "schema: attesta.hipaa-risks/1",
            "is not what this file should hold",
        ),
    ];
    for (verb, file, from, to, told) in cases {
        let (_dir, clinic) = copy();
        edit(&clinic, file, from, to);
        let run = hipaa_in(&clinic, verb, "2026-11-26", &[]);
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{told}: {}", run.err);
        assert!(run.err.contains(told), "{told:?} is not in {}", run.err);
        assert!(run.err.contains(&format!("{file}:")), "no place in {}", run.err);
    }
    let run = attesta(&["hipaa", "status", "fixtures/no-such-folder"]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("holds no assessment"), "{}", run.err);
    assert_eq!(attesta(&["hipaa", "status"]).code, 2);
    assert_eq!(attesta(&["hipaa", "status", CLINIC, "--at", "soon"]).code, 2);
}

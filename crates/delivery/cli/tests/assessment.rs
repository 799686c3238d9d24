//! `attesta assess` on a small folder, as a user runs it: scores, what-ifs, inheritance, proposals, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, path::Path};

use serde_json::json;
use support::{Run, attesta};
use tempfile::TempDir;

const HEADER: &str = r#"schema: attesta.assessment/1
id: small
title: "Small platform"
organisation: "Example Clinic (fictional)"
type: r2
purpose: validated
csf: v11.8.0
created: 2026-06-01
"#;

const PEOPLE: &str = r#"schema: attesta.people/1
people:
  - {id: lee, name: "Lee", side: entity}
  - {id: host, name: "Host", side: provider}
"#;

const ANSWERS: &str = r#"schema: attesta.answers/1
answers:
  - requirement: ATT-12-01
    policy: {met: all, strength: documented}
    procedure: {met: [1, 2, 3], strength: documented}
    implemented: {met: all, strength: 8 of 10}
"#;

const SOURCE: &str = r#"schema: attesta.inheritance-source/1
id: host-r2
assessment: host-2025
title: "Host's r2 (fictional)"
relation: external
type: r2
state: certified
report: 2025-09-01
expires: 2027-09-01
results:
  - {requirement: ATT-12-01, policy: 100, procedure: 100, implemented: 100}
  - {requirement: ATT-18-01, policy: 100, procedure: 100, implemented: 75}
"#;

fn put(folder: &TempDir, inside: &str, text: &str) {
    let path = folder.path().join(inside);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    put(&folder, "assessment.yaml", HEADER);
    put(&folder, "people.yaml", PEOPLE);
    put(&folder, "answers/12.yaml", ANSWERS);
    put(&folder, "inheritance/sources/host.yaml", SOURCE);
    folder
}

fn assess(folder: &TempDir, words: &[&str]) -> Run {
    let dir = folder.path().display().to_string();
    let mut arguments = vec!["assess", words[0], &dir];
    arguments.extend(&words[1..]);
    attesta(&arguments)
}

fn score(folder: &TempDir) -> serde_json::Value {
    let run = assess(folder, &["score", "--format", "json", "--at", "2026-11-26", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    run.json()
}

#[test]
fn a_half_filled_assessment_is_scored_and_never_certified() {
    let told = score(&folder());
    // 100 x 15 % + 50 x 20 % + 75 x 40 % = 55
    assert_eq!(told["requirements"][0]["score"], json!(55));
    assert_eq!(told["requirements"][0]["band"], json!("3-"));
    assert_eq!(told["requirements"][0]["levels"], json!({"policy": 100, "procedure": 50, "implemented": 75}));
    assert_eq!(told["certified"], json!(false));
    assert_eq!(told["caps"], json!(["ATT-12-01"]));
    let unanswered = told["unanswered"].as_array().unwrap();
    assert!(unanswered.len() > 40 && unanswered.contains(&json!("ATT-01-01")), "{unanswered:?}");
    assert!(told["domains"].as_array().unwrap().iter().all(|d| d["passes"] == json!(false)), "{told}");
    assert!(told["unverified"].as_array().unwrap().iter().any(|u| u["figure"] == "rubric's cells of policy"));
}

#[test]
fn a_number_is_explained_down_to_elements() {
    let folder = folder();
    let run = assess(&folder, &["explain", "ATT-12-01", "--quiet"]);
    for line in [
        "ATT-12-01: 55\n",
        "  procedure 50 x 20 % = 10\n",
        "3 of 6 elements met, strength documented",
        "element 4 not met: The trail records reads and writes",
        "rubric's cells [unverified: ",
        "  gap that requires a corrective action plan\n",
    ] {
        assert!(run.out.contains(line), "{line}\n{}", run.out);
    }
    let open = assess(&folder, &["explain", "ATT-01-01", "--quiet"]);
    assert!(open.out.starts_with("ATT-01-01: nobody answered it"), "{}", open.out);
    assert_eq!(assess(&folder, &["explain", "nothing", "--quiet"]).code, 2);
}

#[test]
fn a_what_if_moves_numbers_and_writes_nothing() {
    let folder = folder();
    let before = score(&folder);
    let run = assess(
        &folder,
        &[
            "whatif",
            "--set",
            "ATT-12-01:implemented=100",
            "--set",
            "ATT-12-01:procedure=100",
            "--format",
            "json",
            "--quiet",
        ],
    );
    let told = run.json();
    assert_eq!(told["caps_go"], json!(["ATT-12-01"]), "{}", run.err);
    assert_eq!(told["domains"][0]["before"], json!(55));
    assert_eq!(told["domains"][0]["after"], json!(75));
    assert_eq!(score(&folder), before);
    for (words, message) in [
        (&["whatif"][..], "nothing would change"),
        (&["whatif", "--set", "ATT-12-01=3"], "is no answer"),
        (&["whatif", "--set", "ATT-12-01:policy=101"], "`101` is not points"),
        (&["whatif", "--set", "X:policy=100"], "`X` would not be asked"),
        (&["whatif", "--inherit", "host-r2:ATT-12-01=50"], "no applied request"),
    ] {
        let run = assess(&folder, words);
        assert_eq!(run.code, 2, "{words:?} {}", run.err);
        assert!(run.err.contains(message), "{words:?} {}", run.err);
    }
}

#[test]
fn a_request_lives_from_draft_to_withdrawal_and_counts_only_when_applied() {
    let folder = folder();
    let at = ["--at", "2026-11-01"];
    let act = |words: &[&str]| {
        let mut all = vec!["inherit"];
        all.extend(words);
        all.extend(at);
        assess(&folder, &all)
    };
    let one = ["--source", "host-r2", "--requirement", "ATT-12-01"];
    let run = act(&[&["request"][..], &one, &["--weight", "60"]].concat());
    assert_eq!((run.code, run.out.as_str()), (0, "ATT-12-01 from host-r2: 60 %, draft\n"), "{}", run.err);
    let twice = act(&[&["request"][..], &one, &["--weight", "60"]].concat());
    assert_eq!(twice.code, 1);
    assert!(twice.err.contains("there is a request already, which is draft"), "{}", twice.err);
    let early = act(&[&["apply"][..], &one, &["--by", "lee"]].concat());
    assert_eq!(early.code, 1);
    assert!(
        early.err.contains("a request that is draft cannot be applied; submit, reweigh or withdraw it"),
        "{}",
        early.err
    );
    assert_eq!(act(&[&["submit"][..], &one, &["--by", "lee"]].concat()).code, 0);
    let own = act(&[&["approve"][..], &one, &["--by", "lee"]].concat());
    assert!(own.err.contains("is up to the provider's side"), "{}", own.err);
    assert_eq!(act(&[&["approve"][..], &one, &["--by", "host"]].concat()).code, 0);
    assert_eq!(score(&folder)["requirements"][0]["score"], json!(55), "approved is not applied");
    assert_eq!(act(&[&["apply"][..], &one, &["--by", "lee"]].concat()).code, 0);
    // policy 100; procedure 60 + 0.4 x 50 = 80; implemented 60 + 0.4 x 75 = 90: 15 + 16 + 36.
    assert_eq!(score(&folder)["requirements"][0]["score"], json!(67));
    let effect = act(&["effect", "--format", "json"]).json();
    assert_eq!((&effect["domains"][0]["without"], &effect["domains"][0]["with"]), (&json!(55), &json!(67)));
    let run = act(&[&["withdraw"][..], &one, &["--by", "lee"]].concat());
    assert!(run.err.contains("needs a reason"), "{}", run.err);
    assert_eq!(act(&[&["withdraw"][..], &one, &["--by", "lee", "--because", "out of scope"]].concat()).code, 0);
    assert_eq!(score(&folder)["requirements"][0]["score"], json!(55));
}

#[test]
fn a_source_that_ran_out_stops_the_score_and_names_itself() {
    let folder = folder();
    put(
        &folder,
        "inheritance/requests.yaml",
        "schema: attesta.inheritance-requests/1\nrequests:\n  - {requirement: ATT-12-01, source: host-r2, weight: 60, state: applied, by: lee, on: 2026-07-01}\n",
    );
    assert_eq!(assess(&folder, &["score", "--at", "2027-09-01", "--quiet"]).code, 0);
    let late = assess(&folder, &["score", "--at", "2027-09-02", "--quiet"]);
    assert_eq!(late.code, 3);
    assert!(late.err.contains("the certificate of source `host-r2` ran out on 2027-09-01"), "{}", late.err);
}

#[test]
fn what_is_still_mine_is_a_list() {
    let told = assess(&folder(), &["inherit", "mine", "--format", "json", "--quiet"]).json();
    let mine = told["mine"].as_array().unwrap();
    let whose = |element: u64| {
        mine.iter()
            .find(|m| m["requirement"] == "ATT-18-01" && m["element"] == element)
            .map_or("provider", |m| m["responsibility"].as_str().unwrap())
            .to_owned()
    };
    assert_eq!((whose(4), whose(1)), ("provider".to_owned(), "shared".to_owned()));
    assert!(told["matrices"][0]["notice"].as_str().unwrap().contains("illustration"));
}

#[test]
fn a_report_of_a_check_proposes_what_the_check_does() {
    let plan = "examples/telehealth/plan.json";
    let report = attesta(&["check", plan, "--at", "2026-09-01", "--format", "json", "--quiet"]);
    let (by_check, by_report) = (folder(), folder());
    put(&by_report, "report.json", &report.out);
    let file = by_report.path().join("report.json").display().to_string();
    let at = ["--at", "2026-09-01", "--format", "json", "--quiet"];
    let first = assess(&by_check, &[&["propose", "--check", plan], &at[..]].concat());
    let second = assess(&by_report, &[&["propose", "--report", &file], &at[..]].concat());
    assert_eq!((first.code, second.code), (0, 0), "{} {}", first.err, second.err);
    assert_eq!(first.json(), second.json());
    let kept = |folder: &TempDir| fs::read_to_string(folder.path().join("checks.yaml")).unwrap();
    assert_eq!(kept(&by_check), kept(&by_report), "what it rests on is the same, to the digest");
    put(&by_report, "report.json", &report.out.replace("\"complete\": true", "\"complete\": false"));
    let told = assess(&by_report, &[&["propose", "--report", &file], &at[..]].concat());
    assert_eq!(told.code, 3, "{}", told.err);
}

#[test]
fn automation_proposes_and_a_person_accepts() {
    let folder = folder();
    fs::remove_file(folder.path().join("answers/12.yaml")).unwrap();
    let plan = "examples/telehealth/plan.json";
    let run = assess(&folder, &["propose", "--check", plan, "--at", "2026-09-01", "--format", "json", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let rows = run.json();
    let row = rows.as_array().unwrap().iter().find(|r| r["requirement"] == "ATT-12-02").unwrap().clone();
    assert_eq!((&row["level"], &row["state"]), (&json!("implemented"), &json!("proposed")));
    assert!(
        score(&folder)["unanswered"].as_array().unwrap().contains(&json!("ATT-12-02")),
        "a proposal counts for nothing"
    );
    let provider = assess(&folder, &["accept", "ATT-12-02", "--by", "host", "--at", "2026-09-02"]);
    assert_eq!(provider.code, 1);
    let early = assess(&folder, &["accept", "ATT-12-02", "--by", "lee", "--at", "2026-08-31"]);
    assert!(early.err.contains("before 2026-09-01, the day of the check"), "{}", early.err);
    let done = assess(&folder, &["accept", "ATT-12-02", "--by", "lee", "--at", "2026-09-02"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let told = score(&folder);
    assert!(!told["unanswered"].as_array().unwrap().contains(&json!("ATT-12-02")));
    assert_eq!(told["incomplete"][0]["levels"], json!(["policy", "procedure"]), "the other levels are people's");
    // What people write wins over what was accepted.
    put(
        &folder,
        "answers/12.yaml",
        "schema: attesta.answers/1\nanswers:\n  - requirement: ATT-12-02\n    implemented: {score: 25, because: \"seen otherwise\"}\n",
    );
    let run = assess(&folder, &["score", "--format", "json"]);
    assert!(run.err.contains("an accepted proposal is left aside"), "{}", run.err);
    assert_eq!(run.json()["requirements"][0]["levels"]["implemented"], json!(25));
    let again = assess(&folder, &["reject", "ATT-12-02", "--by", "lee", "--because", "x", "--at", "2026-09-03"]);
    assert!(again.err.contains("nothing is proposed for implemented"), "{}", again.err);
}

#[test]
fn an_export_is_whole_and_never_overwrites() {
    let folder = folder();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let run = assess(&folder, &["export", "--output", out, "--at", "2026-11-26", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(Path::new(out).join("manifest.json")).unwrap()).unwrap();
    for file in manifest["files"].as_array().unwrap() {
        let bytes = fs::read(Path::new(out).join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(json!(bytes.len()), file["bytes"]);
    }
    let rows = fs::read_to_string(Path::new(out).join("requirements.csv")).unwrap();
    assert!(rows.contains("ATT-12-01,12,09.aa,"), "{rows}");
    assert_eq!(assess(&folder, &["export", "--output", out]).code, 3);
}

#[test]
fn bad_folders_are_refused_with_place_and_mend() {
    for (inside, text, wanted) in [
        ("assessment.yaml", HEADER.replace("r2", "r9"), "assessment.yaml:2: there is no assessment type `r9` (help: use e1, i1, r2)"),
        ("assessment.yaml", HEADER.replace("2026-06-01", "June"), "assessment.yaml:8: `June` is not a day"),
        ("assessment.yaml", format!("{HEADER}rubric: v9\n"), "there is no rubric of that day `v9`"),
        ("assessment.yaml", format!("{HEADER}packs: [none-such]\n"), "none-such"),
        ("answers/12.yaml", ANSWERS.replace("ATT-12-01", "ATT-12-99"), "12.yaml:3: there is no requirement `ATT-12-99`"),
        ("answers/12.yaml", ANSWERS.replace("documented", "strong"), "`strong` is not how strong policy can be; use none, undocumented, documented"),
        ("answers/12.yaml", ANSWERS.replace("[1, 2, 3]", "[1, 9]"), "element 9 does not exist; it has 6"),
        ("answers/12.yaml", ANSWERS.replace("8 of 10", "11 of 10"), "12.yaml:6: `11 of 10` is no share"),
        ("answers/12.yaml", format!("{ANSWERS}    owner: nobody\n"), "there is no person `nobody`"),
        ("answers/12.yaml", format!("{ANSWERS}    not_applicable: \"no\"\n"), "is not applicable and answered"),
        ("answers/12.yaml", format!("{ANSWERS}    wrong: 1\n"), "unknown key `wrong`"),
        ("answers/13.yaml", ANSWERS.to_owned(), "requirement `ATT-12-01` stands twice"),
        ("people.yaml", PEOPLE.replace("side: entity", "side: ours"), "`ours` is no side"),
        (
            "inheritance/requests.yaml",
            "schema: attesta.inheritance-requests/1\nrequests:\n  - {requirement: ATT-12-01, source: host-r2, weight: 60, state: applied, by: lee, on: 2026-07-01}\n  - {requirement: ATT-12-01, source: other, weight: 60, state: applied, by: lee, on: 2026-07-01}\n".to_owned(),
            "there is no source `other`",
        ),
    ] {
        let folder = folder();
        put(&folder, inside, &text);
        let run = assess(&folder, &["score", "--at", "2026-11-26", "--quiet"]);
        assert_eq!(run.code, 3, "{wanted}\n{}{}", run.out, run.err);
        assert!(run.err.contains(wanted), "wanted: {wanted}\ngot: {}", run.err);
        assert!(run.out.is_empty(), "nothing is half told");
    }
    let nowhere = attesta(&["assess", "score", "no-such-folder"]);
    assert_eq!(nowhere.code, 3);
    assert!(nowhere.err.contains("begin one with `attesta assess init DIR"), "{}", nowhere.err);
}

//! Beginning, scoping, tailoring and importing an assessment, and replacing a figure, as a user runs them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, path::PathBuf};

use serde_json::json;
use support::{Run, attesta, root};

/// An assessment's folder; it goes when the room does.
struct Room {
    _dir: tempfile::TempDir,
    dir: PathBuf,
}

impl Room {
    fn new(kind: &str, more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("acme");
        let room = Self { _dir: dir, dir: path };
        let begin = ["assess", "init", room.path(), "--type", kind, "--created", "2026-11-26"];
        let run = attesta(&begin.iter().chain(more).copied().collect::<Vec<_>>());
        assert_eq!(run.code, 0, "{}", run.err);
        room
    }

    fn path(&self) -> &str {
        self.dir.to_str().unwrap()
    }

    fn write(&self, inside: &str, text: &str) {
        fs::write(self.dir.join(inside), text).unwrap();
    }

    fn run(&self, verb: &str, more: &[&str]) -> Run {
        attesta(&["assess", verb, self.path()].iter().chain(more).copied().collect::<Vec<_>>())
    }
}

#[test]
fn a_new_assessment_loads_as_it_is_and_overwrites_nothing() {
    for (kind, more, asked) in [
        ("e1", vec![], 44),
        ("i1", vec!["--addition", "hipaa", "--purpose", "validated"], 46),
        ("r2", vec!["--addition", "nist-csf-2.0", "--target", "2027-11-30"], 83),
    ] {
        let room = Room::new(kind, &more);
        let told = room.run("tailor", &["--format", "json"]);
        assert_eq!(told.code, 0, "{}", told.err);
        assert_eq!(told.json()["asked"], json!(asked), "{kind}");
        assert_eq!(room.run("score", &[]).code, 0);
        let again = attesta(&["assess", "init", room.path(), "--type", kind]);
        assert_eq!((again.code, again.err.contains("is not empty")), (2, true), "{}", again.err);
    }
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for (arguments, told) in [
        (vec!["--type", "r3"], "`r3` is not an assessment type"),
        (
            vec!["--type", "e1", "--purpose", "interim"],
            "`e1` cannot be made for `interim` on 2026-11-26; use readiness, validated, rapid",
        ),
        (vec!["--type", "e1", "--addition", "ai2"], "`ai2` cannot be added to `e1` (help: it is for r2; take it out)"),
        (vec!["--type", "r2", "--addition", "ai2", "--csf", "v11.3"], "`ai2` is not in v11.3.0 of the CSF"),
        (vec!["--type", "r2", "--csf", "eleven"], "`eleven` is not a version of the CSF"),
    ] {
        let room = at("none");
        let run = attesta(
            &["assess", "init", &room, "--created", "2026-11-26"].into_iter().chain(arguments).collect::<Vec<_>>(),
        );
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains(told), "{told}: {}", run.err);
        assert!(!dir.path().join("none").exists(), "nothing is half made");
    }
}

#[test]
fn an_answer_shows_what_comes_and_goes() {
    let room = Room::new("r2", &[]);
    let run = room.run("tailor", &["--what-if", "fax=no", "--format", "json"]);
    let told = run.json();
    assert_eq!((&told["comes"], &told["stays"]), (&json!([]), &json!(79)));
    assert_eq!(told["goes"][0]["id"], json!("ATR-09-03"));
    assert_eq!(told["goes"][0]["because"], json!(["fax is no"]));
    room.write(
        "factors.yaml",
        "schema: attesta.factor-answers/1\nfactors:\n  fax: {is: no, because: \"the last machine left in 2020\"}\n  users: {is: above-5500}\n",
    );
    let told = room.run("tailor", &["--format", "json"]).json();
    assert_eq!(told["asked"], json!(79));
    assert!(
        told["notes"]
            .to_string()
            .contains("the published core of r2 has 182 requirements (secondary); these packs have 44")
    );
    assert!(told["unverified"].to_string().contains("answers of users: Bands recalled"));
    let table = room.run("tailor", &["--left-out"]).out;
    assert!(table.contains("ATR-09-03") && table.contains("fax is no"), "{table}");
    assert!(table.contains("they are not HITRUST's requirement statements"));
    for (text, told) in [
        (
            "  fax: {is: no}\n",
            "factors.yaml:3: `fax: no` needs a written reason; it is shown in the report (help: say it under `because`)",
        ),
        ("  fux: {is: yes}\n", "factors.yaml:3: `fux` is not a factor"),
        (
            "  users: {is: many}\n",
            "factors.yaml:3: `many` is not an answer to `users` (help: use below-500, from-500-to-5500, above-5500)",
        ),
        ("  users: {is: [below-500, above-5500]}\n", "`users` takes one answer and has 2"),
        ("  users: {was: below-500}\n", "unknown key `was`"),
    ] {
        room.write("factors.yaml", &format!("schema: attesta.factor-answers/1\nfactors:\n{text}"));
        let run = room.run("tailor", &[]);
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{told}");
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
}

const SCOPE: &str = r#"schema: attesta.scope/1
data_types: [ephi, employee]
systems:
  - {id: portal, title: Portal, environment: production, touches: [ephi], in_scope: true, providers: [host], dedicated: true}
  - {id: archive, title: Archive, environment: production, touches: [ephi], in_scope: false, because: "old"}
  - {id: payroll, title: Payroll, environment: back-office, touches: [employee], in_scope: true}
  - {id: lab, title: Lab, environment: development, in_scope: false, because: "made-up data"}
facilities:
  - {id: office, title: Office, place: US-CO, in_scope: true}
components:
  - {id: app, title: App, systems: [portal], facilities: [office], rationale: "one team"}
providers:
  - {id: host, title: Host, ephi: true}
flows:
  - {from: archive, to: portal, data: [ephi]}
  - {from: outside, to: portal, data: [ephi]}
"#;

#[test]
fn a_scope_is_told_what_is_too_broad_too_narrow_or_contradicts_itself() {
    let room = Room::new("r2", &[]);
    room.write("scope.yaml", SCOPE);
    let run = room.run("scope", &["--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let told: Vec<String> = run.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{}:{} {}", f["concern"].as_str().unwrap(), f["line"], f["message"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "too-broad:6 a back-office system, `payroll`, is in scope although it touches no protected data",
            "too-narrow:5 system `archive` is out of scope, yet it touches ephi and feeds portal",
            "coverage:13 nothing says how the part of provider `host` is covered",
        ]
    );
    assert_eq!(room.run("tailor", &[]).code, 0, "warnings stop nothing");
    let table = [
        (
            "title: Host, ephi",
            "title: Host, coverage: carved-out, ephi",
            "provider `host` is carved out, which `r2` does not allow",
        ),
        (
            "systems: [portal]",
            "systems: [prtal]",
            "component `app` stands for the system `prtal`, which does not exist",
        ),
        ("systems: [portal]", "systems: [lab]", "component `app` stands for the system `lab`, which is out of scope"),
        ("from: outside", "from: nowhere", "a flow goes from `nowhere`, which is no system, provider or facility"),
        (
            "providers: [host]",
            "providers: [hoster]",
            "system `portal` is run by `hoster`, which is not among the providers",
        ),
        ("{id: lab,", "{id: portal,", "system `portal` is in scope and out of scope"),
        ("touches: [employee]", "touches: [ephy]", "system `payroll` names `ephy`, which is no kind of data"),
        ("touches: [employee]", "touches: [card]", "handles `card`, which the scope's `data_types` does not name"),
        ("in_scope: false, because: \"old\"", "in_scope: false", "system `archive` is out of scope without a reason"),
        (
            "in_scope: true, providers",
            "in_scope: true, because: \"x\", providers",
            "is in scope, and `because` says why it is out",
        ),
        ("environment: back-office", "environment: backoffice", "unknown variant `backoffice`"),
    ];
    for (from, to, told) in table {
        assert!(SCOPE.contains(from), "{from}");
        room.write("scope.yaml", &SCOPE.replace(from, to));
        let (scope, tailor) = (room.run("scope", &[]), room.run("tailor", &[]));
        assert_eq!((scope.code, tailor.code), (3, 3), "{told}: {} {}", scope.out, scope.err);
        assert!(format!("{}{}", scope.out, scope.err).contains(told), "{told}: {} {}", scope.out, scope.err);
        assert!(tailor.err.contains(told) && tailor.err.contains("scope.yaml:"), "{told}: {}", tailor.err);
    }
    let e1 = Room::new("e1", &[]);
    e1.write("scope.yaml", &SCOPE.replace("title: Host, ephi", "title: Host, coverage: carved-out, ephi"));
    assert_eq!(e1.run("scope", &[]).code, 1, "an e1 may carve out");
}

#[test]
fn an_import_is_confirmed_before_it_is_written_and_comes_back_as_it_was() {
    let room = Room::new("r2", &[]);
    let file = root().join("fixtures/packs/report-column.xlsx");
    let file = file.to_str().unwrap();
    let import = |more: &[&str]| {
        attesta(&["assess", "import", file, room.path()].iter().chain(more).copied().collect::<Vec<_>>())
    };
    let asked = import(&[]);
    assert_eq!(asked.code, 2);
    assert!(
        asked.out.contains("`report-column`") && asked.out.contains("headers that mean nothing here: Assessor Notes"),
        "{}",
        asked.out
    );
    assert!(asked.err.contains("nothing was written") && asked.err.contains("--accept"), "{}", asked.err);
    let dry = import(&["--dry-run", "--format", "json"]);
    let counts = &dry.json()["counts"];
    assert_eq!((&counts["requirements"], &counts["repeats"], &counts["inherited"]), (&json!(4), &json!(1), &json!(3)));
    assert_eq!((&counts["unread_cells"], &counts["unread_rows"], dry.code), (&json!(1), &json!(1), 0));
    assert!(!room.dir.join("packs").exists());
    let written = import(&["--accept", "--as", "ours", "--answers"]);
    assert_eq!(written.code, 0, "{}", written.err);
    let before = fs::read_to_string(room.dir.join("packs/ours.yaml")).unwrap();
    let again = import(&["--accept", "--as", "ours"]);
    assert!(again.code == 3 && again.err.contains("stands there already"), "{}", again.err);
    assert_eq!(import(&["--profile", "report-column", "--as", "ours", "--replace"]).code, 0);
    assert_eq!(fs::read_to_string(room.dir.join("packs/ours.yaml")).unwrap(), before);
    let header = fs::read_to_string(room.dir.join("assessment.yaml")).unwrap();
    room.write("assessment.yaml", &header.replace("packs: []", "packs: [ours]"));
    let told = room.run("tailor", &["--format", "json"]);
    assert_eq!(told.json()["asked"], json!(4), "{}", told.err);
    let out = attesta(&["assess", "export-pack", room.path(), "ours"]).out;
    assert!(out.starts_with("Baseline Unique ID,Control Reference,Requirement Statement,Maturity - Policy,"), "{out}");
    assert!(out.contains("0410.01x1System.12-01.xMobile Computing and Communications,01.x,"));
    assert!(out.contains("5. Fully Compliant (100%)") && out.contains("Inheritance") && out.contains("TBD"));
    let score = room.run("score", &["--format", "json"]);
    assert_eq!(score.code, 0, "{}", score.err);
    room.write("assessment.yaml", &header.replace("packs: []", "packs: [theirs]"));
    assert!(room.run("tailor", &[]).err.contains("there is no pack `theirs`"));
    let e1 = root().join("fixtures/packs/e1.csv");
    let refused = attesta(&["assess", "import", e1.to_str().unwrap(), room.path(), "--accept"]);
    assert!(refused.code == 3 && refused.err.contains("rows contradict each other"), "{}", refused.err);
    assert!(!room.dir.join("packs/e1-requirements.yaml").exists());
}

#[test]
fn advice_comes_with_reasons_and_what_would_change_it() {
    let run =
        attesta(&["assess", "advise", "--ephi-volume", "2,000,000", "--data-sensitivity", "high", "--format", "json"]);
    let told = run.json();
    assert_eq!(told["type"], json!("r2"));
    assert_eq!(told["reasons"].as_array().unwrap().len(), 2);
    assert!(
        told["would_change"]
            .as_array()
            .unwrap()
            .iter()
            .any(|c| c["question"] == "budget" && c["answer"] == "below-60k")
    );
    assert_eq!(
        attesta(&["assess", "advise", "--ephi-volume", "0", "--data-sensitivity", "low"]).out.lines().next(),
        Some("advice: e1")
    );
    let wrong = attesta(&["assess", "advise", "--certificate", "soc2"]);
    assert!(wrong.code == 2 && wrong.err.contains("`soc2` is not an answer to `certificate`"), "{}", wrong.err);
}

#[test]
fn a_replaced_figure_counts_and_is_told() {
    let room = Room::new("r2", &[]);
    assert_eq!(attesta(&["program", "override", "program", "r2", "--dir", room.path()]).code, 0);
    let twice = attesta(&["program", "override", "program", "r2", "--dir", room.path()]);
    assert!(twice.code == 2 && twice.err.contains("stands there already"), "{}", twice.err);
    let file = room.dir.join("content/programs/hitrust/r2.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("at_least: 62", "at_least: 64")).unwrap();
    let shown = attesta(&["program", "show", "r2", "--dir", room.path(), "--format", "json"]).json();
    assert!(shown["figures"].to_string().contains("at least 64"));
    assert!(shown["overridden"][0].as_str().unwrap().ends_with("content/programs/hitrust/r2.yaml"));
    for verb in ["tailor", "score"] {
        let run = room.run(verb, &[]);
        assert!(run.err.contains("r2.yaml stands in for the file that ships"), "{verb}: {}", run.err);
    }
    assert!(room.run("score", &[]).out.contains("threshold 64") || room.run("score", &[]).out.contains("THRESHOLD 64"));
    let over = room.dir.join("content");
    let over = over.to_str().unwrap();
    let plain = attesta(&["program", "show", "r2", "--content", over, "--format", "json"]).json();
    assert!(plain["figures"].to_string().contains("at least 64"));
    let listed = attesta(&["program", "list", "--content", over]);
    assert!(listed.err.contains("r2.yaml stands in for the file that ships"), "{}", listed.err);
    assert_eq!(attesta(&["catalog", "validate", over]).code, 0);
    fs::write(&file, text.replace("at_least: 62", "at_least: lots")).unwrap();
    let broken = room.run("tailor", &[]);
    assert!(
        broken.code == 3 && broken.err.contains("r2.yaml:") && broken.err.contains("`lots` is not points"),
        "{}",
        broken.err
    );
    assert!(attesta(&["program", "override", "rubric", "v9"]).err.contains("no content file is `rubric v9`"));
    let listed = attesta(&["program", "list", "--format", "json"]).json();
    assert_eq!(listed["programs"].as_array().unwrap().len(), 3);
}

//! `attesta crosswalk` as a user runs it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod support;

use std::{fs, path::Path};

use support::{Run, attesta, golden};
use tempfile::TempDir;

const ANSWERS: &str = "framework,id,standing\nnist-800-53,CP-9,met\nnist-800-53,RA-3,3 of 5\nnist-800-53,PM-2,unmet\nnist-csf,PR.AA-03,met\nattesta,ATT-18-01.6,met\n";

fn answers(text: &str) -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("answers.csv");
    fs::write(&path, text).unwrap();
    (dir, path.display().to_string())
}

#[test]
fn answers_in_one_framework_show_in_another() {
    let (_dir, file) = answers(ANSWERS);
    let run = attesta(&["crosswalk", "hipaa", "--answers", &file, "--limit", "4"]);
    assert_eq!(run.code, 0, "{}", run.err);
    golden("crosswalk-hipaa.txt", &run);
    assert_eq!(
        attesta(&["crosswalk", "hipaa", "--answers", &file, "--limit", "4"]).out,
        run.out,
        "repeats byte for byte"
    );
}

#[test]
fn chains_are_explained_hop_by_hop() {
    let (_dir, file) = answers(ANSWERS);
    let run = attesta(&["crosswalk", "explain", "hipaa", "45 CFR 164.308(a)(1)(ii)(A)", "--answers", &file]);
    assert_eq!(run.code, 0, "{}", run.err);
    golden("crosswalk-explain.txt", &run);
}

#[test]
fn without_inputs_it_shows_what_the_mappings_could_cover() {
    let run = attesta(&["crosswalk", "soc2", "--limit", "3"]);
    assert_eq!(run.code, 0, "{}", run.err);
    golden("crosswalk-soc2.txt", &run);
}

#[test]
fn every_framework_adds_up_in_both_formats() {
    for framework in ["hipaa", "hitrust", "nist-800-53", "nist-csf", "soc2", "iso27001", "pci-dss"] {
        let json = attesta(&["crosswalk", framework, "--format", "json"]).json();
        let sum =
            |counts: &serde_json::Value| counts.as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum::<u64>();
        let all = u64::try_from(json["requirements"].as_array().unwrap().len()).unwrap();
        assert_eq!(sum(&json["counts"]), all, "{framework}");
        let groups = json["groups"].as_array().unwrap();
        let of_groups = groups.iter().filter(|g| g["level"] == 0).map(|g| sum(&g["counts"])).sum::<u64>();
        assert_eq!(of_groups, all, "{framework}");
        assert_eq!(json["counts"]["full_reviewed"], 0, "nobody reviewed anything");
        for requirement in json["requirements"].as_array().unwrap() {
            if matches!(requirement["coverage"].as_str().unwrap(), "partial" | "perhaps partial") {
                assert!(requirement["by"]["gap"].is_string(), "{requirement}");
            }
        }
        let table = attesta(&["crosswalk", framework, "--limit", "0"]);
        assert_eq!(table.code, 0);
        assert!(table.out.lines().all(|line| line.chars().count() <= 100), "{framework}");
    }
}

#[test]
fn a_check_gives_standings_and_an_answer_fills_what_people_must_show() {
    let plan = "examples/telehealth/plan.json";
    let of = |arguments: &[&str]| {
        let all: Vec<&str> = ["crosswalk", "hipaa", plan, "--at", "2026-11-22", "--format", "json"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let json = attesta(&all).json();
        let list = json["requirements"].as_array().unwrap().clone();
        move |id: &str| list.iter().find(|r| r["id"] == id).unwrap()["coverage"].as_str().unwrap().to_owned()
    };
    let check = of(&[]);
    assert_eq!(check("164.308(a)(2)"), "unknown");
    assert_eq!(check("164.312(b)"), "partial");
    let (_dir, file) = answers("framework,id,standing\nattesta,ATT-01-02.1,met\n");
    assert_eq!(of(&["--answers", &file])("164.308(a)(2)"), "full");
    // Volumes are not all encrypted in the example, and no answer says otherwise.
    let (_dir, file) = answers("framework,id,standing\nattesta,ATT-19-01,met\nattesta,ATT-19-01.2,met\n");
    let explained = attesta(&[
        "crosswalk",
        "explain",
        "nist-csf",
        "PR.DS-01",
        plan,
        "--at",
        "2026-11-22",
        "--answers",
        &file,
        "--format",
        "json",
    ])
    .json();
    let chains = explained["requirement"]["chains"].as_array().unwrap();
    let statement = chains.iter().find(|c| c["source"]["id"] == "ATT-19-01").unwrap();
    assert_ne!(statement["standing"], "met", "{statement}");
}

fn import(from: &Path, overlay: &str) -> Run {
    attesta(&[
        "crosswalk",
        "import",
        &from.display().to_string(),
        "--from",
        "hipaa",
        "--to",
        "nist-800-53",
        "--id",
        "theirs",
        "--by",
        "A \"quoted\" name",
        "--source",
        "Their table: 2026",
        "--at",
        "2026-12-01",
        "--overlay",
        overlay,
    ])
}

#[test]
fn what_is_exported_can_be_imported_and_exported_the_same() {
    let dir = TempDir::new().unwrap();
    let first = dir.path().join("out.csv");
    let run = attesta(&[
        "crosswalk",
        "export",
        "--from",
        "hipaa",
        "--to",
        "nist-800-53",
        "--stated-only",
        "-o",
        &first.display().to_string(),
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("23 mappings"), "{}", run.err);
    let overlay = dir.path().join("overlay").display().to_string();
    let run = import(&first, &overlay);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("23 mappings, proposed by A \"quoted\" name"), "{}", run.out);
    let again = attesta(&[
        "crosswalk",
        "export",
        "--from",
        "hipaa",
        "--to",
        "nist-800-53",
        "--stated-only",
        "--overlay",
        &overlay,
    ]);
    assert!(again.err.contains("46 mappings"), "{}", again.err);
    // Columns 1, 5 to 8 and 10 say what a mapping is; they come back as they went.
    let told = |text: &str, imported: bool| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut rows: Vec<Vec<String>> = reader
            .records()
            .map(Result::unwrap)
            .filter(|r| r[11].contains("theirs: Their table: 2026") == imported)
            .map(|r| [0, 3, 4, 5, 6, 7, 9].map(|at| r[at].to_owned()).to_vec())
            .collect();
        rows.sort();
        rows
    };
    let ours = told(&again.out, false);
    assert_eq!(ours.len(), 23);
    assert_eq!(told(&again.out, true), ours);
    // A second import of the same name loses nothing.
    let run = import(&first, &overlay);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("is there already") && run.err.contains("help:"), "{}", run.err);
}

#[test]
fn an_import_with_a_bad_row_writes_nothing() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("bad.csv");
    let good = attesta(&["crosswalk", "export", "--from", "hipaa", "--to", "nist-800-53", "--stated-only"]).out;
    fs::write(&file, good.replace("superset_of", "covers").replace("subset_of", "inside")).unwrap();
    let overlay = dir.path().join("overlay");
    let run = import(&file, &overlay.display().to_string());
    assert_eq!(run.code, 3);
    assert!(run.err.contains("bad.csv:2: `inside` is not a relation"), "{}", run.err);
    assert!(!overlay.exists());
}

#[test]
fn a_review_in_an_overlay_moves_a_requirement_from_proposed_to_reviewed() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("crosswalks/reviews");
    fs::create_dir_all(&folder).unwrap();
    let review = "schema: attesta.crosswalk-reviews/1\nreviewed: {by: \"A. Assessor\", on: 2026-12-01}\nrows:\n  - {crosswalk: hipaa-to-nist-800-53, source: \"164.308(a)(7)(ii)(A)\", target: CP-9, relation: subset of}\n";
    fs::write(folder.join("mine.yaml"), review).unwrap();
    let (_dir, file) = answers(ANSWERS);
    let overlay = dir.path().display().to_string();
    let all = attesta(&["crosswalk", "hipaa", "--answers", &file, "--overlay", &overlay, "--format", "json"]).json();
    assert_eq!(
        (&all["counts"]["full_reviewed"], &all["counts"]["full_proposed"]),
        (&1.into(), &2.into()),
        "{}",
        all["counts"]
    );
    let only = attesta(&[
        "crosswalk",
        "hipaa",
        "--answers",
        &file,
        "--overlay",
        &overlay,
        "--reviewed-only",
        "--format",
        "json",
    ])
    .json();
    assert_eq!(
        (&only["counts"]["full_reviewed"], &only["counts"]["full_proposed"]),
        (&1.into(), &0.into()),
        "{}",
        only["counts"]
    );
}

#[test]
fn mistakes_are_answered_with_their_mend() {
    let (_dir, bad) = answers("framework,id,standing\nhipaa,164.312(b),mostly\n");
    let (_other, table) = answers("FDE#,FDE Name\n164.312(b),x\n");
    for (arguments, code, said) in [
        (&["crosswalk", "explain", "soc2", "CC99"][..], 2, "`CC99` is not in soc2"),
        (&["crosswalk", "explain", "nist-800-53", "AC-2(10)"], 2, "AC-2(10)` of nist-800-53 is withdrawn"),
        (&["crosswalk", "hippa"], 2, "invalid value 'hippa'"),
        (&["crosswalk"], 2, "FRAMEWORK"),
        (&["crosswalk", "soc2", "--reviewed-only", "--include-proposed"], 2, "cannot be used with"),
        (&["crosswalk", "soc2", "--answers", &bad], 3, "answers.csv:2: `mostly` is not a standing"),
        (&["crosswalk", "soc2", "--answers", "/no/such"], 3, "/no/such: cannot be read"),
        (&["crosswalk", "soc2", "--overlay", "/no/such"], 3, "holds no crosswalks and no reviews"),
        (&["crosswalk", "soc2", "--min-strength", "0"], 2, "`0` is not a strength"),
        (&["crosswalk", "export", "--from", "soc2", "--to", "pci-dss"], 3, "no mapping joins soc2 and pci-dss"),
        (
            &[
                "crosswalk",
                "import",
                &table,
                "--from",
                "hipaa",
                "--to",
                "soc2",
                "--id",
                "x",
                "--by",
                "me",
                "--source",
                "s",
            ],
            3,
            "answers.csv:1: column `Target ID #` is missing",
        ),
        (
            &[
                "crosswalk",
                "import",
                &table,
                "--from",
                "hipaa",
                "--to",
                "soc2",
                "--id",
                "../x",
                "--by",
                "me",
                "--source",
                "s",
            ],
            2,
            "`../x` is not an id",
        ),
    ] {
        let run = attesta(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(said), "{arguments:?}: {}", run.err);
        assert!(run.out.is_empty(), "{arguments:?}");
    }
}

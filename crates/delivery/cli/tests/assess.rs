//! `attesta assess score` and `attesta catalog id` as a user runs them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use serde_json::json;
use support::{Run, attesta, attesta_with_input};

fn score(input: &str, more: &[&str]) -> Run {
    let arguments: Vec<&str> = ["assess", "score", "--from-json", "-"].iter().chain(more).copied().collect();
    attesta_with_input(&arguments, input.as_bytes())
}

fn row(id: &str, reference: &str, levels: &str) -> String {
    format!(
        r#"{{"id":"{id}","domain":1,"control_reference":"{reference}","core":true,"required_for_certification":true,"not_applicable":false,"levels":{levels}}}"#
    )
}

fn assessment(kind: &str, rows: &[String]) -> String {
    format!(r#"{{"type":"{kind}","requirements":[{}]}}"#, rows.join(","))
}

const FULL: &str = r#"{"policy":100,"procedure":100,"implemented":100}"#;
const SHORT: &str = r#"{"policy":100,"procedure":100,"implemented":75}"#;

#[test]
fn scores_an_r2_to_the_letter() {
    let input = assessment(
        "r2",
        &[
            row("0101.00a1Organizational.123", "00.a", FULL),
            row("0102.00a2Organizational.123", "00.a", r#"{"policy":83.33,"procedure":100,"implemented":100.00}"#),
            row("0113.04a1Organizational.2", "04.a", SHORT),
            row("0114.04b1Organizational.1", "04.b", "{}")
                .replace("\"not_applicable\":false", "\"not_applicable\":true"),
        ],
    );
    let run = score(&input, &["--created", "2026-11-22"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let expected = r#"{
  "schema": "attesta.scorecard/1",
  "type": "r2",
  "requirements": [
    {"id": "0101.00a1Organizational.123", "score": 75},
    {"id": "0102.00a2Organizational.123", "score": 72.5},
    {"id": "0113.04a1Organizational.2", "score": 65},
    {"id": "0114.04b1Organizational.1", "score": null}
  ],
  "control_references": [
    {"control_reference": "00.a", "score": 73.75},
    {"control_reference": "04.a", "score": 65},
    {"control_reference": "04.b", "score": null}
  ],
  "domains": [
    {"domain": 1, "score": 70.83, "passes": true}
  ],
  "certified": true,
  "caps": [
    "0113.04a1Organizational.2"
  ],
  "gaps": [
    "0102.00a2Organizational.123"
  ],
  "incomplete": [],
"#;
    assert!(run.out.starts_with(expected), "{}", run.out);
    assert_eq!(run.json()["unverified"][0]["figure"], json!("gap"));
    assert_eq!(run.err, "note: decided over 1 of 19 assessment domains\n");
    assert!(score(&input, &["--quiet"]).err.is_empty());
}

#[test]
fn decides_e1_and_i1_by_the_core() {
    for kind in ["e1", "i1"] {
        let extra = row("B", "01.b", r#"{"implemented":0}"#).replace("\"core\":true", "\"core\":false");
        let run = score(&assessment(kind, &[row("A", "01.a", SHORT.replace("75", "83").as_str()), extra]), &[]);
        let told = run.json();
        assert_eq!(told["certified"], json!(true), "{}", run.out);
        assert_eq!(told["domains"], json!([{"domain": 1, "score": 83, "passes": true}]));
        assert!(run.err.contains(&format!("{kind} does not score policy, procedure; left aside")), "{}", run.err);
        let below = score(&assessment(kind, &[row("A", "01.a", r#"{"implemented":82.99}"#)]), &[]).json();
        assert_eq!(below["certified"], json!(false));
    }
}

#[test]
fn the_day_of_creation_picks_the_figures() {
    let input = assessment("r2", &[row("A", "01.a", FULL)]);
    let of = |day: &str| score(&input, &["--created", day]).json()["requirements"][0]["score"].clone();
    assert_eq!((of("2019-12-30"), of("2019-12-31")), (json!(75), json!(75)));
    let input = assessment("r2", &[row("A", "01.a", SHORT)]);
    let of = |day: &str| score(&input, &["--created", day]).json()["requirements"][0]["score"].clone();
    assert_eq!((of("2019-12-30"), of("2019-12-31")), (json!(68.75), json!(65)));
    let early = score(&assessment("e1", &[row("A", "01.a", FULL)]), &["--created", "2020-01-01"]);
    assert_eq!(early.code, 3);
    assert!(early.err.contains("program `e1` has no `weights` that holds on 2020-01-01"), "{}", early.err);
}

#[test]
fn explains_a_number() {
    let input = assessment("r2", &[row("A", "01.a", FULL), row("B", "01.b", SHORT)]);
    let run = score(&input, &["--explain", "1"]);
    assert!(
        run.out.starts_with("domain 1: 70, the mean of 2 requirements, reaches 62\n  threshold 62 [secondary: "),
        "{}",
        run.out
    );
    assert!(score(&input, &["--explain", "decision"]).out.starts_with("certified"));
    assert!(score(&input, &["--explain", "B"]).out.contains("gap that requires a corrective action plan"));
    assert!(score(&input, &["--explain", "01.b"]).out.starts_with("control reference 01.b: 65"));
    let nothing = score(&input, &["--explain", "19"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""));
}

#[test]
fn names_the_place_of_what_is_wrong_and_scores_nothing() {
    let good = row("A", "01.a", FULL);
    let cases: Vec<(String, &str)> = vec![
        (String::new(), "standard input: not an assessment: EOF"),
        ("[]".into(), "not an assessment"),
        (r#"{"type":"r2"}"#.into(), "missing field `requirements`"),
        (assessment("r3", &[]), "type: `r3` is not an assessment type"),
        (assessment("r2", &[good.clone(), "7".into()]), "requirement 2: "),
        (
            assessment("r2", &[good.clone(), good.clone()]),
            "requirement 2 (`A`): id: it stands already as requirement 1",
        ),
        (assessment("r2", &[good.replace("\"id\":\"A\",", "")]), "requirement 1: id: it is missing"),
        (assessment("r2", &[good.replace("\"id\":\"A\"", "\"id\":\"\\u001b[2J\"")]), "control characters"),
        (assessment("r2", &[good.replace("\"domain\":1", "\"domain\":20")]), "requirement 1 (`A`): domain: 20 is not"),
        (assessment("r2", &[good.replace("\"domain\":1", "\"domain\":1.5")]), "domain: `1.5` is not a whole number"),
        (assessment("r2", &[good.replace("01.a", "1a")]), "control_reference: `1a`"),
        (
            assessment("r2", &[good.replace("\"core\":true", "\"core\":\"yes\"")]),
            "core: `\"yes\"` is not true or false",
        ),
        (assessment("e1", &[good.replace("\"core\":true,", "")]), "requirement 1 (`A`): core: it is missing"),
        (assessment("r2", &[good.replace("\"core\"", "\"kore\"")]), "unknown field `kore`"),
        (assessment("r2", &[good.replace("{\"id\"", "{\"id\":\"B\",\"id\"")]), "duplicate field `id`"),
        (assessment("r2", &[row("A", "01.a", r#"{"policy":101}"#)]), "levels.policy: `101` is not points"),
        (assessment("r2", &[row("A", "01.a", r#"{"policy":-1}"#)]), "levels.policy: `-1`"),
        (assessment("r2", &[row("A", "01.a", r#"{"policy":33.333}"#)]), "levels.policy: `33.333`"),
        (assessment("r2", &[row("A", "01.a", r#"{"policy":"100"}"#)]), "levels.policy"),
        (assessment("r2", &[row("A", "01.a", r#"{"polity":1}"#)]), "levels: unknown field `polity`"),
        (assessment("r2", &[row("A", "01.a", "{}")]), "requirement 1 (`A`): levels: none of the levels"),
        (
            assessment("r2", &[row("A", "01.a", r#"{"implemented":100,"measured":25,"managed":50}"#)]),
            "requirement 1 (`A`): levels.managed: 50 is above measured (25)",
        ),
        (format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)), "not an assessment"),
        (assessment("r2", &vec!["7".to_owned(); 100_001]), "requirements: 100001 are more than 100000"),
    ];
    for (input, told) in cases {
        let run = score(&input, &[]);
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{told}: {}", run.err);
        assert!(run.err.contains(told), "{told:?} is not in {}", run.err);
        assert!(run.err.len() < 6_000);
    }
    assert_eq!(attesta(&["assess", "score"]).code, 2);
    assert_eq!(attesta(&["assess", "score", "--from-json", "no/such.json"]).code, 3);
    let many = assessment("r2", &vec![good; 50]);
    let run = score(&many, &[]);
    assert!(run.err.contains("29 more"), "{}", run.err);
}

#[test]
fn takes_ids_apart() {
    let run = attesta(&[
        "catalog",
        "id",
        "--format",
        "json",
        "1123.01q1System.2",
        "0836.09.n2Organizational.1",
        "06.10jAISecSystem.1",
        "1454.05kCSPOrganizational.3",
        "0901.09s1System.910",
        "11180.01c3System.6",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let lines: Vec<serde_json::Value> = run.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(
        lines[0],
        json!({"id": "1123.01q1System.2", "domain": 11, "sequence": "23", "control_reference": "01.q", "level": "1",
            "factor_type": "System", "items": "2", "item_numbers": [2], "items_ambiguous": false, "tail": ""})
    );
    assert_eq!(lines[1]["control_reference"], json!("09.n"));
    assert_eq!((&lines[2]["sequence"], &lines[2]["level"]), (&json!(null), &json!("AISec")));
    assert_eq!(lines[3]["level"], json!("CSP"));
    assert_eq!(lines[4]["item_numbers"], json!([9, 10]));
    assert_eq!(lines[5]["sequence"], json!("180"));
    let bad = attesta(&["catalog", "id", "--format", "json", "nonsense", "1123.01q1System.2"]);
    assert_eq!((bad.code, bad.out.lines().count()), (3, 1));
    assert!(bad.err.contains("`nonsense` is not a requirement identifier"), "{}", bad.err);
    assert!(attesta(&["catalog", "id", "1123.01q1System.2"]).out.contains("01.q"));
    assert_eq!(attesta(&["catalog", "id"]).code, 2);
}

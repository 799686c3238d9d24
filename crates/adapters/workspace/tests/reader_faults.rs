//! What is wrong in a file of an assessment's folder is told with its line, and the same file without it reads.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

use std::fs;

use attesta_workspace::{Folder, import_record, proposals, samples};

const HEADER: &str = include_str!("folder/assessment.yaml");
const PEOPLE: &str = include_str!("folder/people.yaml");
const EVIDENCE: &str = include_str!("folder/evidence.yaml");
const MEASURES: &str = include_str!("folder/measures.yaml");
const ANSWERS: &str = include_str!("folder/answers.yaml");
const VALIDATION: &str = include_str!("folder/validation.yaml");
const SOURCE: &str = include_str!("folder/source.yaml");
const REQUESTS: &str = include_str!("folder/requests.yaml");
const MATRIX: &str = include_str!("folder/matrix.yaml");

/// A folder with one file besides `assessment.yaml`; the faults as `line: message`, without the path.
fn told<T>(inside: &str, text: &str, read: impl Fn(&Folder) -> Result<T, Vec<attesta_catalog::Fault>>) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    for (inside, text) in [("assessment.yaml", HEADER), (inside, text)] {
        let path = dir.path().join(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let faults = read(&Folder::open(dir.path()).unwrap()).err().unwrap_or_default();
    let root = format!("{}/", dir.path().display());
    faults
        .iter()
        .map(|f| {
            let line = f.place.line.map_or("-".to_owned(), |line| line.to_string());
            format!("{line}: {}", f.message.replace(&root, ""))
        })
        .collect()
}

fn whole(folder: &Folder) -> Result<(), Vec<attesta_catalog::Fault>> {
    attesta_workspace::read(folder, Vec::new()).map(drop)
}

#[test]
fn every_fault_of_what_people_write_is_told_with_its_line() {
    const SLUG: &str = "use small letters, digits, dots and dashes, at most 80, beginning with a letter or digit";
    let table: &[(&str, &str, &str, &str, &[&str])] = &[
        (
            "assessment.yaml",
            HEADER,
            "attesta.assessment/1",
            "attesta.people/1",
            &["1: schema `attesta.people/1` is not what this file should hold"],
        ),
        ("assessment.yaml", HEADER, "id: own", "id: Own!", &["2: `Own!` is not an assessment's id; {slug}"]),
        (
            "assessment.yaml",
            HEADER,
            "purpose: validated",
            "purpose: vague",
            &["6: `vague` is not what an assessment can be for; use readiness, validated, interim, rapid or bridge"],
        ),
        ("assessment.yaml", HEADER, "2026-01-02", "2026-02-30", &["8: `2026-02-30` is not a day"]),
        ("assessment.yaml", HEADER, "packs: [own]", "packs: [own, own]", &["10: pack `own` stands twice"]),
        ("assessment.yaml", HEADER, "rubric: v3", "rubric: \"\"", &["12: `rubric` is empty"]),
        (
            "assessment.yaml",
            HEADER,
            "target: 2026-12-31",
            "target: 2026-01-01",
            &["13: the target 2026-01-01 is not after 2026-01-02"],
        ),
        ("assessment.yaml", HEADER, "type: r2, issued", "type: \"\", issued", &["14: `type` is empty"]),
        (
            "assessment.yaml",
            HEADER,
            "measured_and_managed: true",
            "measured_and_managed: yes",
            &["11: not true or false"],
        ),
        (
            "people.yaml",
            PEOPLE,
            "side: entity",
            "side: us",
            &["3: `us` is no side; use entity, assessor, provider or hitrust"],
        ),
        ("people.yaml", PEOPLE, "name: \"Ann\"", "name: \" \"", &["3: `name` is empty"]),
        (
            "people.yaml",
            PEOPLE,
            "people:\n",
            "people:\n  - {id: ann, name: \"A\", side: entity}\n",
            &["4: person `ann` stands twice"],
        ),
        ("people.yaml", PEOPLE, "role:", "rolle:", &["3: unknown key `rolle`"]),
        (
            "evidence.yaml",
            EVIDENCE,
            "file: evidence/",
            "file: ../",
            &["6: `../policy.pdf` is not a path below the folder"],
        ),
        ("evidence.yaml", EVIDENCE, "file: evidence/", "file: /", &["6: `/policy.pdf` is not a path below the folder"]),
        ("evidence.yaml", EVIDENCE, "e3b0c442", "E3B0C442", &["7: is not a SHA-256 digest"]),
        (
            "evidence.yaml",
            EVIDENCE,
            "to: 2026-06-30",
            "to: 2025-06-30",
            &["11: the period ends on 2025-06-30, before it begins"],
        ),
        ("evidence.yaml", EVIDENCE, "dated: 2026-03-01", "dated: March", &["15: `March` is not a day"]),
        ("measures.yaml", MEASURES, "id: open", "id: Open", &["3: `Open` is not a measure's id; {slug}"]),
        ("measures.yaml", MEASURES, "independent: true", "independent: often", &["15: not true or false"]),
        (
            "answers/01.yaml",
            ANSWERS,
            "met: all, inapplicable",
            "met: most, inapplicable",
            &["5: `most` does not say which elements are met"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "met: all, inapplicable",
            "met: {a: 1}, inapplicable",
            &["5: invalid type: map, expected all, none or a list like [1, 2]"],
        ),
        ("answers/01.yaml", ANSWERS, "met: [1], inapp", "met: [300], inapp", &["9: not a whole number that fits here"]),
        (
            "answers/01.yaml",
            ANSWERS,
            "strength: documented, evidence",
            "evidence",
            &["5: `policy` does not say how strong it is"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "{id: policy, at",
            "{id: Policy, at",
            &["5: `Policy` is not an evidence's id; {slug}"],
        ),
        ("answers/01.yaml", ANSWERS, "{id: policy, at", "{ids: policy, at", &["5: unknown key `ids`"]),
        (
            "answers/01.yaml",
            ANSWERS,
            "score: 75, because: \"seen\"",
            "score: 75",
            &["6: `procedure` gives a score without a reason"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "score: 75, because",
            "score: 101, because",
            &["6: `101` is not points; write 0 to 100 with at most two decimals, such as `75` or `83.33`"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "score: 75,",
            "score: 75, met: all,",
            &["6: `procedure` gives a score and judges elements"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "{met: all, measure: open}",
            "{met: all, measure: open, because: \"so\"}",
            &["14: `measured` gives a reason without a score"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "{met: all, measure: open}",
            "{met: all, measure: open, strength: high}",
            &["14: `measured` gives a strength and a measure"],
        ),
        ("answers/01.yaml", ANSWERS, "8 of 10", "11 of 10", &["9: `11 of 10` is no share"]),
        ("answers/01.yaml", ANSWERS, "weight: 2", "weight: 0", &["9: a weight of 0 is not allowed"]),
        (
            "answers/01.yaml",
            ANSWERS,
            "      weights_because",
            "      met: all\n      weights_because",
            &["8: `implemented` mixes `parts` with keys of a part"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "{met: none, strength: documented}",
            "{parts: []}",
            &["15: `managed` has 0 parts"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "      sample: s1\n",
            "",
            &["11: `implemented` takes its strength from a sample and names none"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "not_applicable: \"no wireless\"",
            "not_applicable: \"\"",
            &["18: `not_applicable` is empty"],
        ),
        (
            "answers/01.yaml",
            ANSWERS,
            "not_applicable: \"no wireless\"",
            "not_applicable: \"no\", policy: {met: all, strength: documented}",
            &["18: `A-2` is not applicable and answered"],
        ),
        ("answers/01.yaml", ANSWERS, "requirement: A-2", "requirement: A-1", &["18: requirement `A-1` stands twice"]),
        (
            "validation/01.yaml",
            VALIDATION,
            "\"83.33\"",
            "83.333",
            &["3: `83.333` is not points; write 0 to 100 with at most two decimals, such as `75` or `83.33`"],
        ),
        (
            "validation/01.yaml",
            VALIDATION,
            "not_applicable: false",
            "not_applicable: true",
            &["3: `A-1` is not applicable and scored"],
        ),
        (
            "inheritance/sources/host.yaml",
            SOURCE,
            "state: certified",
            "state: done",
            &["8: `done` is no state of a source; use readiness, unfinished, validated-only or certified"],
        ),
        (
            "inheritance/sources/host.yaml",
            SOURCE,
            "expires: 2027",
            "expires: 2024",
            &["10: it expires on 2024-10-01, before its report of 2025-10-01"],
        ),
        (
            "inheritance/sources/host.yaml",
            SOURCE,
            "results:\n",
            "results:\n  - {requirement: A-1}\n",
            &["14: `A-1` has two results"],
        ),
        (
            "inheritance/requests.yaml",
            REQUESTS,
            "by: ann, ",
            "",
            &["3: `rejected` is no state of a request with `by` and `on`"],
        ),
        (
            "inheritance/requests.yaml",
            REQUESTS,
            "requests:\n",
            "requests:\n  - {requirement: A-1, source: host, weight: 1, state: draft}\n  - {requirement: A-1, source: host, weight: 2, state: draft}\n",
            &["4: the request for `A-1` from `host` stands twice"],
        ),
        (
            "matrices/host.yaml",
            MATRIX,
            "shared: [2]",
            "shared: [1]",
            &["9: element 1 of `A-1` has two who answer for it"],
        ),
        (
            "matrices/host.yaml",
            MATRIX,
            "confidence: secondary",
            "confidence: sure",
            &["7: unknown variant `sure`, expected one of verified, secondary, inferred, unverified"],
        ),
        // Every fault of a file at once, in order.
        (
            "people.yaml",
            PEOPLE,
            "people:\n",
            "people:\n  - {id: A, name: \"\", side: us}\n  - {id: bob, name: \"\", side: entity}\n",
            &[
                "3: `A` is not a person's id; {slug}",
                "3: `name` is empty",
                "3: `us` is no side; use entity, assessor, provider or hitrust",
                "4: `name` is empty",
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (inside, text, old, new, expected) in table {
        assert_eq!(told(inside, text, whole), Vec::<String>::new(), "{inside}");
        assert!(text.contains(old), "{inside}: {old}");
        let found = told(inside, &text.replacen(old, new, 1), whole);
        let expected: Vec<String> = expected.iter().map(|e| e.replace("{slug}", SLUG)).collect();
        if found != expected {
            wrong.push(format!("{inside} {new:?}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_commands_alone_write_tells_an_edit_by_hand() {
    let sample = include_str!("folder/sample.yaml");
    let found = told("samples/other.yaml", sample, samples);
    assert_eq!(found, ["2: sample `s1` stands in a file of another name"]);
    let twice = sample.replacen("attributes:\n", "attributes:\n  - {number: 1, text: \"other\", elements: [2]}\n", 1);
    assert_eq!(told("samples/s1.yaml", &twice, samples), ["2: attribute 1 stands twice"]);
    let stranger = sample.replacen("{item: \"week 7\", attribute", "{item: \"week 9\", attribute", 1);
    assert_eq!(told("samples/s1.yaml", &stranger, samples), ["30: item `week 9` was not drawn"]);

    let held = include_str!("folder/proposals.yaml");
    let more = held.replacen("operates: [8, 10]", "operates: [11, 10]", 1);
    assert_eq!(told("proposals.yaml", &more, proposals), ["-: `A-1` operates on 11 of 10"]);
    let lost = held.replacen("    by: ann\n", "", 1);
    assert_eq!(told("proposals.yaml", &lost, proposals), ["-: `A-1` says not by whom and when it became accepted"]);

    let import = include_str!("folder/import.yaml").replacen("pack: own", "pack: other", 1);
    let found = told("imports/own.yaml", &import, |f| import_record(f, &"own".parse().unwrap()));
    assert_eq!(found, ["-: it tells of pack `other`, not of `own`"]);
}

#[test]
fn files_that_are_no_yaml_of_this_kind_are_refused_whole() {
    for (text, expected) in [
        ("", "1: says no schema"),
        ("people: []\n", "1: says no schema"),
        ("schema: attesta.people/1\n", "missing field `people`"),
        ("schema: attesta.people/1\npeople:\n", "2: not a list"),
        ("schema: attesta.people/1\npeople: [\n", "2: unclosed bracket '['"),
        ("schema: attesta.people/1\npeople: []\npeople: []\n", "3: key `people` stands twice"),
        ("schema: attesta.people/1\npeople: 7\n", "2: not a list"),
    ] {
        let found = told("people.yaml", text, whole);
        let told = found.first().map(String::as_str).unwrap_or_default();
        assert!(found.len() == 1 && told.ends_with(expected), "{text:?}: {found:?}");
    }
}

//! Every kind of mistake in content is answered with its file, its line, what is wrong and how to mend it.
#![expect(clippy::unwrap_used, reason = "a test helper may fail its test")]

use std::{fs, path::Path};

use attesta_catalog::Fault;
use attesta_content::{ContentSource, files, load};
use tempfile::TempDir;

const RULE: &str = "frameworks/hipaa/security-rule.yaml";
const CSF: &str = "frameworks/hitrust/csf-structure.yaml";
const NIST: &str = "frameworks/nist-800-53r5.csv";
const SOC2: &str = "frameworks/soc2.csv";
const MAPPING: &str = "mappings/hipaa-to-nist-csf-2.0.csv";
const AUDIT: &str = "statements/12-audit-logging-and-monitoring.yaml";
const TRAINING: &str = "statements/13-education-training-and-awareness.yaml";
const KINDS: &str = "model/kinds.yaml";

/// What is changed in a copy of the content that ships.
enum Edit {
    /// The first text becomes the second; the line of the second's first line is where the fault must be.
    Change(&'static str, &'static str),
    /// The first text becomes the second; the fault must be at the line that begins the third.
    ChangeSeenAt(&'static str, &'static str, &'static str),
    /// Everything from this text on is gone; the fault must be at the line that begins the second.
    CutFrom(&'static str, &'static str),
}

use Edit::{Change, ChangeSeenAt, CutFrom};

#[test]
fn faults_name_file_and_line() {
    let cases: &[(&str, Edit, &str)] = &[
        // shape
        (AUDIT, Change("confidence: inferred", "certainty: high"), "unknown key `certainty`"),
        (
            AUDIT,
            ChangeSeenAt("    title: ", "    title: \"A\"\n    title: ", "    title: \"An"),
            "key `title` stands twice",
        ),
        (AUDIT, Change("number: 2", "number: two"), "not a whole number"),
        (AUDIT, Change("proof: automation", "proof: magic"), "unknown variant `magic`"),
        (AUDIT, Change("source: \"Attesta", "source: [1]\n    source: \"Attesta"), "expected string scalar"),
        (
            AUDIT,
            Change("schema: attesta.statements/1", "schema: attesta.policy/1"),
            "schema `attesta.policy/1` is not what",
        ),
        (
            RULE,
            Change("  - citation: \"164.304\"", "  - \"citation: \"164.304\""),
            "invalid trailing content after double-quoted scalar",
        ),
        (RULE, Change("    kind: standard", "    kind: law"), "unknown variant `law`"),
        (NIST, Change("AC-1,Policy and Procedures,", "AC-1,"), "has 6 fields where the header has 7"),
        (SOC2, Change("id,title,group,parent", "id,title,group,mother"), "unknown column `mother`"),
        (
            NIST,
            Change(
                "AC-1,Policy and Procedures,Access Control,,active,,low",
                "AC-1,Policy and Procedures,Access Control,,active,,lower",
            ),
            "`lower` is not a baseline",
        ),
        // words that name nothing
        (AUDIT, Change("id: ATT-12-02", "id: ATT-12-2"), "`ATT-12-2` is not a statement id"),
        (
            AUDIT,
            Change("control_references: [\"09.aa\"", "control_references: [\"9.aa\""),
            "`9.aa` is not a control reference",
        ),
        (AUDIT, Change("hipaa: [\"164.308(a)(1)(ii)(D)\"", "hipaa: [\"164.308(a\""), "`164.308(a` is not a citation"),
        (CSF, Change("  - {id: \"01.02\"", "  - {id: \"1.02\""), "`1.02` is not an objective"),
        (
            CSF,
            Change(
                "{ref: \"01.a\", objective: \"01.01\", title: \"Access Control Policy\", basis: names-v11-2",
                "{ref: \"01.a\", objective: \"01.01\", title: \"Access Control Policy\", basis: hearsay",
            ),
            "basis `hearsay` is not one of this file's",
        ),
        (MAPPING, Change("164.306(a)(1),GV.OC-03", "306a1,GV.OC-03"), "`306a1` is not a citation"),
        (
            MAPPING,
            Change("164.306(a)(1),GV.OC-03,primary,curated", "164.306(a)(1),GV.OC-03,primary,guess"),
            "basis `guess` is not one of this mapping's",
        ),
        ("frameworks/frameworks.yaml", Change("id: soc2", "id: soc9"), "`soc9` is not a framework"),
        (
            KINDS,
            ChangeSeenAt("  access_analyzer:\n", "  access_analyser:\n", "    title: Access analyser"),
            "`access_analyser` is not a resource kind",
        ),
        // references that dangle
        (
            AUDIT,
            Change("\"09.aa\", \"09.ac\"", "\"09.zz\", \"09.ac\""),
            "points at the control reference `09.zz`, which does not exist",
        ),
        (
            AUDIT,
            Change(
                "hipaa: [\"164.308(a)(1)(ii)(D)\", \"164.312(b)\", \"164.312(c)(2)\"]",
                "hipaa: [\"164.312(b)\", \"164.312(z)\"]",
            ),
            "cites `164.312(z)`, which is not an item",
        ),
        (
            AUDIT,
            Change("nist_800_53: [\"AU-2\"", "nist_800_53: [\"AU-99\""),
            "points at `AU-99`, which is not an id of nist-800-53",
        ),
        (
            AUDIT,
            Change("nist_800_53: [\"AU-2\"", "nist_800_53: [\"AC-3(1)\""),
            "points at `AC-3(1)`, which nist-800-53 has withdrawn",
        ),
        (
            AUDIT,
            Change("nist_csf: [\"PR.PS-04\"", "nist_csf: [\"PR.PS-99\""),
            "points at `PR.PS-99`, which is not an id of nist-csf",
        ),
        (AUDIT, Change("soc2: [\"CC7.2\"", "soc2: [\"CC7.9\""), "points at `CC7.9`, which is not an id of soc2"),
        (
            AUDIT,
            Change("iso27001: [\"A.8.15\"", "iso27001: [\"A.9.1\""),
            "points at `A.9.1`, which is not an id of iso27001",
        ),
        (
            AUDIT,
            Change("pci_dss: [\"10.2.1\"", "pci_dss: [\"10.99\""),
            "points at `10.99`, which is not an id of pci-dss",
        ),
        (
            RULE,
            ChangeSeenAt("parent: \"164.306(b)(1)\"", "parent: \"164.399\"", "  - citation: \"164.306(b)(2)\""),
            "names the parent `164.399`, which does not exist",
        ),
        (
            CSF,
            Change("{ref: \"01.a\", objective: \"01.01\"", "{ref: \"01.a\", objective: \"01.99\""),
            "names the objective `01.99`, which does not exist",
        ),
        (
            CSF,
            Change("{ref: \"01.a\", objective: \"01.01\"", "{ref: \"01.a\", objective: \"02.01\""),
            "names the objective `02.01` of another category",
        ),
        (MAPPING, Change("164.306(a)(1),GV.OC-03", "164.306(z),GV.OC-03"), "`164.306(z)` is not an item"),
        (
            MAPPING,
            Change("164.306(a)(1),GV.OC-03", "164.306(a)(1),GV.OC-99"),
            "points at `GV.OC-99`, which is not an id of nist-csf",
        ),
        (
            NIST,
            Change(
                "AC-2(1),Automated System Account Management,Access Control,AC-2,",
                "AC-2(1),Automated System Account Management,Access Control,AC-222,",
            ),
            "names the parent `AC-222`, which does not exist",
        ),
        // twice
        (RULE, Change("  - citation: \"164.304\"", "  - citation: \"164.302\""), "citation `164.302` stands twice"),
        (SOC2, Change("CC1.2,", "CC1.1,"), "id `CC1.1` stands twice"),
        (
            MAPPING,
            ChangeSeenAt(
                "164.306(a)(1),PR.DS-01,",
                "164.306(a)(1),GV.OC-03,primary,curated\n164.306(a)(1),PR.DS-01,",
                "164.306(a)(1),GV.OC-03,primary,curated\n164.306(a)(1),PR.DS-01,",
            ),
            "row `164.306(a)(1) to GV.OC-03` stands twice",
        ),
        (AUDIT, Change("\"09.aa\", \"09.ac\"", "\"09.ac\", \"09.ac\""), "control reference `09.ac` stands twice"),
        (CSF, Change("{ref: \"01.b\"", "{ref: \"01.a\""), "control reference `01.a` stands twice"),
        (AUDIT, Change("  - id: ATT-12-02", "  - id: ATT-12-01"), "statement `ATT-12-01` stands twice"),
        // circles
        (
            RULE,
            Change("  - citation: \"164.306(b)(1)\"", "  - citation: \"164.306(b)(1)\"\n    parent: \"164.306(b)(2)\""),
            "`164.306(b)(1)` under `164.306(b)(2)` under `164.306(b)(1)`",
        ),
        (
            SOC2,
            Change("CC1.1,Integrity and ethical values,Security,", "CC1.1,Integrity and ethical values,Security,CC1.1"),
            "id `CC1.1` is its own ancestor",
        ),
        // order, counts, texts
        (AUDIT, Change("  - id: ATT-12-02", "  - id: ATT-12-07"), "`ATT-12-07` is out of order"),
        (AUDIT, Change("  - id: ATT-12-01", "  - id: ATT-11-01"), "`ATT-11-01` stands in the file of domain 12"),
        (AUDIT, Change("      - number: 2", "      - number: 9"), "element number 9 of `ATT-12-01` is out of order"),
        (TRAINING, CutFrom("      - number: 2", "  - id: ATT-13-01"), "`ATT-13-01` has 1 elements"),
        (
            AUDIT,
            ChangeSeenAt("title: \"An audit trail records who did what\"", "title: \" \"", "  - id: ATT-12-01"),
            "title of `ATT-12-01` is empty",
        ),
        (
            AUDIT,
            ChangeSeenAt("evidence: [\"Audit trail settings\"]", "evidence: []", "      - number: 1"),
            "`ATT-12-01.1` names no evidence",
        ),
        (
            AUDIT,
            Change("hipaa: [\"164.312(b)\"]\n      - number: 2", "hipaa: [\"164.312(d)\"]\n      - number: 2"),
            "an element of `ATT-12-01` cites `164.312(d)`, which the statement does not",
        ),
        (
            AUDIT,
            Change(
                "hipaa: [\"164.308(a)(1)(ii)(D)\", \"164.312(b)\", \"164.312(c)(2)\"]",
                "hipaa: [\"164.308(a)(1)(ii)(D)\", \"164.312(b)\", \"164.312(c)(2)\", \"164.312(d)\"]",
            ),
            "`ATT-12-01` cites `164.312(d)`, but none of its elements does",
        ),
        (AUDIT, Change("notice: \"These", "notice: \"Those"), "the notice differs from that of another file"),
        (
            RULE,
            ChangeSeenAt("designation: standard", "designation: required", "  - citation: \"164.308(a)(1)(i)\""),
            "is a standard and cannot be designated `required`",
        ),
        (
            KINDS,
            Change(
                "name: {type: text, means: \"The name that people know the resource by\"}",
                "name: {type: text, means: \"\"}",
            ),
            "meaning of `name` is empty",
        ),
        (
            KINDS,
            Change("name: {type: text,", "name: {type: records,"),
            "`name` is a list of records, but no fields are named",
        ),
        (
            KINDS,
            Change("scope: {type: text, means: \"`account`", "region: {type: text, means: \"`account`"),
            "`region` of `access_analyzer` is a common attribute already",
        ),
    ];
    let mut wrong = Vec::new();
    for (file, edit, expected) in cases {
        let folder = copy();
        let path = folder.path().join(file);
        let line = apply(&path, edit);
        let faults = faults(&folder);
        let fits =
            |f: &Fault| f.place.line == Some(line) && f.message.contains(expected) && Path::new(&f.place.file) == path;
        if !faults.iter().any(fits) {
            let lines: Vec<String> = faults.iter().map(|fault| format!("    {fault}")).collect();
            wrong.push(format!("{file}:{line}: wanted `{expected}`, got:\n{}", lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fault_is_shown_not_only_the_first() {
    let folder = copy();
    apply(&folder.path().join(AUDIT), &Change("\"09.aa\", \"09.ac\"", "\"09.zz\", \"09.zy\""));
    apply(&folder.path().join(TRAINING), &Change("iso27001: [\"A.6.3\"", "iso27001: [\"A.66.3\""));
    assert_eq!(faults(&folder).len(), 3);

    let folder = copy();
    apply(&folder.path().join(AUDIT), &Change("confidence: inferred", "certainty: high"));
    apply(&folder.path().join(RULE), &Change("    kind: standard", "    kind: law"));
    assert_eq!(faults(&folder).len(), 2, "broken files are all named, and nothing is said of what rests on them");
}

#[test]
fn a_missing_file_and_a_binary_file_are_faults() {
    let folder = copy();
    fs::remove_file(folder.path().join("pack.yaml")).unwrap();
    fs::write(folder.path().join(AUDIT), b"schema: \xff\xfe").unwrap();
    let messages: Vec<String> = faults(&folder).into_iter().map(|f| f.message).collect();
    assert_eq!(messages, ["this file is missing from the pack", "is not UTF-8 text"]);
}

#[test]
fn a_dropped_domain_and_kind_are_seen_by_what_names_them() {
    let folder = copy();
    apply(&folder.path().join(CSF), &Change("  - {number: 13, title", "  - {number: 77, title"));
    let faults = faults(&folder);
    assert!(faults.iter().any(|f| f.message == "`ATT-13-01` belongs to domain 13, which does not exist"));
    assert!(faults.iter().any(|f| f.message == "`02.e` names the domain 13, which does not exist"));
}

fn faults(folder: &TempDir) -> Vec<Fault> {
    load(&ContentSource::Folder(folder.path().to_owned())).err().unwrap_or_default()
}

/// Changes the file and answers with the line where the fault must be.
fn apply(path: &Path, edit: &Edit) -> u32 {
    let text = fs::read_to_string(path).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{} holds no `{from}`", path.display());
        text.replacen(from, to, 1)
    };
    let (new, offset) = match edit {
        Change(from, to) => (changed(from, to), text.find(from)),
        ChangeSeenAt(from, to, at) => {
            let new = changed(from, to);
            let offset = new.find(at);
            (new, offset)
        }
        CutFrom(from, at) => (text.split(from).next().unwrap_or_default().to_owned(), text.find(at)),
    };
    fs::write(path, &new).unwrap();
    let before = &new[..offset.unwrap()];
    u32::try_from(before.matches('\n').count()).unwrap() + 1
}

fn copy() -> TempDir {
    let folder = TempDir::new().unwrap();
    for below in ["frameworks", "mappings", "model", "statements"] {
        for file in files(&ContentSource::Embedded, below).unwrap() {
            write(&folder, &file.inside, &file.text);
        }
    }
    let pack = files(&ContentSource::Embedded, "").unwrap().find(|file| file.inside == "pack.yaml").unwrap();
    write(&folder, &pack.inside, &pack.text);
    folder
}

fn write(folder: &TempDir, inside: &str, text: &str) {
    let path = folder.path().join(inside);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

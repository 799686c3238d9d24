//! `attesta check` and `explain` on the shipped example, through the door that users use.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

mod support;

use std::{collections::BTreeMap, fs};

use support::{attesta, report};

const PLAN: &str = "examples/telehealth/plan.json";

#[test]
fn exit_codes_follow_the_worst_finding() {
    let code = |more: &[&str]| attesta(&[&["check", PLAN, "--at", "2026-11-22"][..], more].concat()).code;
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--fail-on", "critical"]), 1);
    assert_eq!(code(&["--fail-on", "never"]), 0);
}

#[test]
fn every_format_is_written_and_the_same_twice() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["table", "json", "sarif", "junit", "html", "markdown"] {
        let path = folder.path().join(format);
        let arguments = ["check", PLAN, "--at", "2026-11-22", "--format", format];
        let first = attesta(&arguments);
        let second = attesta(&[&arguments[..], &["--output", path.to_str().unwrap()]].concat());
        assert_eq!((first.code, second.code), (1, 1), "{format}: {}", first.err);
        assert!(second.out.is_empty());
        assert_eq!(fs::read_to_string(&path).unwrap(), first.out, "{format} differs between two runs");
    }
}

#[test]
fn a_finding_points_at_the_line_to_mend() {
    let report = report(&[PLAN]);
    let text = fs::read_to_string(support::root().join(PLAN)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let outcomes = report["outcomes"].as_array().unwrap();
    let open = |o: &&serde_json::Value| o["policy"] == "firewall-no-world-ssh" && o["status"] == "fail";
    let ssh = outcomes.iter().find(open).expect("the example has a group open on port 22");
    let line = usize::try_from(ssh["line"].as_u64().unwrap()).unwrap();
    assert!(lines[line - 1].contains("0.0.0.0/0"), "line {line} is {:?}", lines[line - 1]);
    let failing = outcomes.iter().filter(|o| o["status"] == "fail");
    assert!(failing.clone().count() > 50);
    for outcome in failing {
        assert!(outcome["line"].is_u64() || outcome["resource"]["kind"] == "account", "{outcome}");
        assert!(!outcome["reasons"].as_array().unwrap().is_empty(), "{outcome}");
    }
}

#[test]
fn one_framework_alone() {
    let hipaa = report(&[PLAN, "--framework", "hipaa"]);
    assert!(hipaa["readiness"]["hitrust"].is_null() && hipaa["readiness"]["hipaa"]["required"]["of"] == 33);
    let table = attesta(&["check", PLAN, "--framework", "hitrust"]).out;
    assert!(table.contains("HITRUST") && !table.contains("164.308(a)(1)(ii)(A)  Risk analysis"), "{table}");
}

#[test]
fn waivers_count_as_told() {
    let with = report(&[PLAN]);
    let without = report(&[PLAN, "--no-waivers"]);
    let waived =
        |r: &serde_json::Value| r["outcomes"].as_array().unwrap().iter().filter(|o| !o["waived"].is_null()).count();
    assert!(waived(&with) > 0);
    assert_eq!(waived(&without), 0);
    let proven = |r: &serde_json::Value| r["readiness"]["hitrust"].to_string().matches("\"proven\"").count();
    assert_eq!(proven(&with), proven(&without), "a waiver proves nothing");
    let table = attesta(&["check", PLAN, "--at", "2026-11-22"]).out;
    assert!(
        table.contains("ended on") && table.contains("matches no violation"),
        "expired and unmatched waivers are told"
    );
    let later = attesta(&["check", PLAN, "--at", "2030-01-01", "--format", "json"]).json();
    assert_eq!(waived(&later), 0, "every waiver ends");
}

/// One small infrastructure, written five times: every policy says the same of each resource.
#[test]
fn the_twins_get_the_same_verdicts_resource_by_resource() {
    let files = [
        ("terraform.plan.json", "terraform"),
        ("cloudformation.yaml", "cloudformation"),
        ("cloudformation.json", "cloudformation"),
        ("pulumi.preview.json", "pulumi_preview"),
        ("pulumi.stack.json", "pulumi_stack"),
        ("pulumi-native.stack.json", "pulumi_native"),
    ];
    let pairs = fs::read_to_string(support::root().join("fixtures/twins/pairs.csv")).unwrap();
    let mut pairs = pairs.lines().map(|l| l.split(',').map(str::to_owned).collect::<Vec<_>>());
    let heading = pairs.next().unwrap();
    let rows: Vec<Vec<String>> = pairs.collect();
    assert!(rows.len() >= 15);
    // logical name -> policy -> status
    type Verdicts = BTreeMap<String, BTreeMap<String, String>>;
    let verdicts = |(file, column): (&str, &str)| -> Verdicts {
        let column = heading.iter().position(|h| h == column).unwrap();
        let report = report(&["--no-waivers", &format!("fixtures/twins/{file}")]);
        let mut found = Verdicts::new();
        for row in rows.iter().filter(|r| !r[column].is_empty()) {
            let mine = report["outcomes"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|o| o["resource"]["address"] == row[column].as_str());
            let statuses = mine
                .map(|o| (o["policy"].as_str().unwrap().to_owned(), o["status"].as_str().unwrap().to_owned()))
                .collect();
            found.insert(row[0].clone(), statuses);
        }
        found
    };
    let first = verdicts(files[0]);
    let judged: usize = first.values().map(BTreeMap::len).sum();
    assert!(judged > 100, "{judged} verdicts");
    for file in &files[1..] {
        let mut twin = verdicts(*file);
        for (name, statuses) in &mut twin {
            let mut expected = first[name].clone();
            if file.1 == "pulumi_native" {
                // That provider has no word for a last snapshot (fixtures/twins/README.md).
                statuses.remove("database-final-snapshot");
                expected.remove("database-final-snapshot");
            }
            assert_eq!(*statuses, expected, "{name} in {} is judged otherwise than in {}", file.0, files[0].0);
        }
    }
}

#[test]
fn explain_goes_from_the_number_to_its_inputs() {
    let bare = attesta(&["explain", "164.312(a)(2)(iv)"]);
    assert_eq!(bare.code, 0, "{}", bare.err);
    assert!(bare.out.contains("Encryption and decryption (addressable specification)"), "{}", bare.out);
    let control = attesta(&["explain", "10.f", PLAN]);
    assert!(control.out.contains("Policy on the Use of Cryptographic Controls"));
    assert!(control.out.contains("stands as violated"), "{}", control.out);
    assert!(control.out.contains("examples/telehealth/plan.json:"), "{}", control.out);
    let finding = control.out.split_whitespace().find(|w| w.starts_with("F-")).unwrap();
    let told = attesta(&["explain", finding, PLAN]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("to mend:") && told.out.contains("what it leaves unproven"), "{}", told.out);
    for subject in ["9", "ATT-09-01", "ATT-09-01.1", "database-encryption-at-rest"] {
        assert_eq!(attesta(&["explain", subject]).code, 0, "{subject}");
    }
}

#[test]
fn catalog_and_policies_speak_for_themselves() {
    let sound = attesta(&["catalog", "validate"]);
    assert_eq!(sound.code, 0, "{}", sound.err);
    assert!(
        sound.out.contains("33 required, 22 addressable")
            && sound.out.contains("156 references, 19 domains")
            && sound.out.contains("44 statements"),
        "{}",
        sound.out
    );
    let tested = attesta(&["policy", "test"]);
    assert_eq!(tested.code, 0, "{}", tested.out);
    for shelf in [
        "hipaa",
        "categories",
        "objectives",
        "references",
        "domains",
        "statements",
        "kinds",
        "nist-800-53",
        "nist-csf",
        "soc2",
        "iso27001",
        "pci-dss",
    ] {
        let list = attesta(&["catalog", "list", shelf, "--format", "json"]);
        assert!(!list.json()["entries"].as_array().unwrap().is_empty(), "{shelf}");
    }
    for id in ["10.f", "164.312(b)", "ATT-12-01", "object_store", "10.03", "AC-2(1)", "CC6.1", "A.8.15"] {
        let shown = attesta(&["catalog", "show", id]);
        assert_eq!(shown.code, 0, "{id}: {}", shown.err);
        assert!(shown.out.contains(id) || id == "object_store", "{id}: {}", shown.out);
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(attesta(&["completions", shell]).out.contains("attesta"));
    }
}

/// A broken pack is refused with the place of every fault, and a sound copy is accepted.
#[test]
fn a_pack_is_validated_as_its_author_would() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    copy(&support::root().join("content"), &pack);
    let dir = pack.to_str().unwrap();
    assert_eq!(attesta(&["catalog", "validate", dir]).code, 0);
    let policy = pack.join("policies/encryption/database-encryption-at-rest.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    for (from, to, told) in [
        ("severity: high", "severity: dreadful", "dreadful"),
        ("kind: database", "kind: databse", "databse"),
        ("attribute: encryption_at_rest.enabled", "attribute: encryption.enabled", "encryption.enabled"),
        ("topic: encryption", "topic: encryption\nowner: me", "owner"),
        ("\ncheck:", "\ncheck:\n  present: true", "2 tests instead of one"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&policy, text.replacen(from, to, 1)).unwrap();
        let run = attesta(&["catalog", "validate", dir]);
        assert_eq!(run.code, 1, "{to}: {}", run.out);
        assert!(run.err.contains("database-encryption-at-rest.yaml") && run.err.contains(told), "{to}: {}", run.err);
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

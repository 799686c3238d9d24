//! `attesta diff` and `attesta check --baseline`: what changed, through the door that users use.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests, outside of the test functions"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use support::{attesta, golden};

const BEFORE: &str = "fixtures/drift/before.yaml";
const AFTER: &str = "fixtures/drift/after.yaml";
const DAY: [&str; 2] = ["--at", "2026-11-22"];

fn diff(before: &str, after: &str, more: &[&str]) -> support::Run {
    attesta(&[&["diff", before, after][..], &DAY, more].concat())
}

fn diff_json(before: &str, after: &str) -> Value {
    diff(before, after, &["--format", "json", "--fail-on", "never"]).json()
}

/// `turn policy address` of each changed verdict that took one of these turns.
fn turned(report: &Value, turns: &[&str]) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let verdicts = report["verdicts"].as_array().unwrap().iter();
    let told = verdicts.filter(|v| turns.contains(&v["turn"].as_str().unwrap()));
    told.map(|v| format!("{} {} {}", text(&v["turn"]), text(&v["policy"]), text(&v["resource"]["address"]))).collect()
}

#[test]
fn a_state_does_not_differ_from_itself() {
    for path in ["examples/telehealth/plan.json", "examples/telehealth/cloudformation", "examples/app-host", BEFORE] {
        let run = diff(path, path, &["--fail-on", "change"]);
        assert_eq!(run.code, 0, "{path}: {}{}", run.out, run.err);
        assert!(run.out.contains("nothing changed"), "{path}: {}", run.out);
    }
}

#[test]
fn public_templates_do_not_differ_from_themselves_and_differ_from_each_other_both_ways() {
    let Some(corpus) = support::corpus() else { return };
    let mut found: Vec<PathBuf> = walk(&corpus.join("cfn"));
    found.sort();
    let paths: Vec<&str> = found.iter().take(4).map(|p| p.to_str().unwrap()).collect();
    for pair in paths.windows(2) {
        assert_eq!(diff(pair[0], pair[0], &["--fail-on", "change"]).code, 0, "{pair:?}");
        let (there, back) = (diff_json(pair[0], pair[1]), diff_json(pair[1], pair[0]));
        let count = |report: &Value| report["verdicts"].as_array().unwrap().len();
        assert_eq!(count(&there), count(&back), "{pair:?}");
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|p| if p.is_dir() { walk(&p) } else { vec![p] }).collect()
}

#[test]
fn table_json_and_markdown_are_as_they_were_looked_at() {
    golden("drift.txt", &diff(BEFORE, AFTER, &[]));
    golden("drift.md", &diff(BEFORE, AFTER, &["--format", "markdown"]));
    let report = diff_json(BEFORE, AFTER);
    assert_eq!(report["schema"], "attesta.drift/1");
    assert_eq!(report["summary"]["resources"], json!({"appeared": 1, "changed": 3, "gone": 1}));
    assert_eq!(
        turned(&report, &["mended", "now_unknown", "gone_with_resource"])[..3],
        [
            "now_unknown database-backup-enabled Records",
            "now_unknown database-backup-retention Records",
            "mended database-not-public Reporting"
        ]
    );
    let lost = &report["hipaa"].as_array().unwrap().iter().find(|i| i["id"] == "164.308(a)(7)(ii)(B)").unwrap();
    assert_eq!((&lost["before"], &lost["direction"]), (&json!("people"), &json!("untold")));
    let database = report["resources"].as_array().unwrap().iter().find(|r| r["resource"]["address"] == "Reporting");
    let attributes = database.unwrap()["attributes"].as_array().unwrap();
    let told: Vec<&str> = attributes.iter().map(|a| a["path"].as_str().unwrap()).collect();
    assert_eq!(told, ["encryption_at_rest.enabled", "public_access"]);
}

#[test]
fn exit_codes_follow_what_is_new() {
    let code = |before, after, fail_on: &str| diff(before, after, &["--fail-on", fail_on]).code;
    assert_eq!(diff(BEFORE, AFTER, &[]).code, 1, "new violations");
    assert_eq!(code(BEFORE, AFTER, "new:high"), 1);
    assert_eq!(code(BEFORE, AFTER, "critical"), 0, "nothing critical is new");
    assert_eq!(code(BEFORE, AFTER, "any:critical"), 0, "the critical one is mended");
    assert_eq!(code(BEFORE, BEFORE, "any:critical"), 1);
    assert_eq!(code(BEFORE, BEFORE, "new"), 0);
    assert_eq!(code(BEFORE, AFTER, "never"), 0);
    assert_eq!(code(BEFORE, AFTER, "loudly"), 2);
    assert_eq!(code(BEFORE, "fixtures/drift/nowhere.yaml", "new"), 3);
    assert_eq!(attesta(&["check", BEFORE, "--fail-on", "new"]).code, 2, "nothing is new without a baseline");
}

#[test]
fn one_seeded_change_of_a_plan_is_told_with_its_line_of_the_example() {
    let folder = tempfile::tempdir().unwrap();
    let plan = fs::read_to_string(support::root().join("examples/telehealth/plan.json")).unwrap();
    let mut changed: Value = serde_json::from_str(&plan).unwrap();
    let all = changed["resource_changes"].as_array_mut().unwrap();
    let database = all.iter_mut().find(|r| r["address"] == "module.database[\"ehr\"].aws_db_instance.this").unwrap();
    database["change"]["after"]["storage_encrypted"] = json!(false);
    let after = folder.path().join("plan.json");
    fs::write(&after, changed.to_string()).unwrap();
    let report = diff_json("examples/telehealth/plan.json", after.to_str().unwrap());
    let address = "module.database[\"ehr\"].aws_db_instance.this";
    let policies = ["database-encryption-at-rest", "database-customer-managed-key"];
    assert_eq!(turned(&report, &["new_failure"]), policies.map(|p| format!("new_failure {p} {address}")));
    assert_eq!(report["summary"]["resources"], json!({"changed": 1}));
    assert_eq!(report["verdicts"][0]["controls"], json!(["06.d", "10.f"]));
    // The waivers beside the example hold for the copy too: nothing looks as if it had come to its end.
    assert_eq!(report["summary"]["verdicts"]["now_waived"], 0);
}

fn lines(folder: &Path, name: &str, header: &Value, resources: &[Value]) -> String {
    let path = folder.join(name);
    let text: String = std::iter::once(header).chain(resources).map(|v| format!("{v}\n")).collect();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_a_source_did_not_show_is_not_gone() {
    let folder = tempfile::tempdir().unwrap();
    let volume = json!({"kind": "volume", "address": "disk/1", "attributes": {"encryption_at_rest.enabled": false}});
    let whole = json!({"schema": "attesta.neutral-resources/1", "complete": ["volume"]});
    let part = json!({"schema": "attesta.neutral-resources/1"});
    let before = lines(folder.path(), "before.jsonl", &whole, std::slice::from_ref(&volume));
    let unseen = json!({"kind": "volume", "address": "disk/1", "unseen": "the host refused"});
    for (name, header, resources, want) in [
        ("gone", &whole, vec![], "gone_with_resource"),
        ("perhaps", &part, vec![], "no_longer_seen"),
        ("refused", &part, vec![unseen], "now_unknown"),
    ] {
        let after = lines(folder.path(), &format!("{name}.jsonl"), header, &resources);
        let report = diff_json(&before, &after);
        let told = turned(&report, &["gone_with_resource", "no_longer_seen", "now_unknown", "mended"]);
        assert!(told.contains(&format!("{want} volume-encryption-at-rest disk/1")), "{name}: {told:?}");
        assert_eq!(report["summary"]["verdicts"]["mended"], 0, "{name}");
    }
}

// --- baselines in git ------------------------------------------------------------------------------------------------

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]);
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A repository in which `infra/stack.yaml` was committed as it was, and is now as it is after.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let infra = folder.path().join("infra");
    fs::create_dir(&infra).unwrap();
    fs::copy(support::root().join(BEFORE), infra.join("stack.yaml")).unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "as it was"]);
    fs::copy(support::root().join(AFTER), infra.join("stack.yaml")).unwrap();
    folder
}

fn check_in(folder: &Path, arguments: &[&str]) -> support::Run {
    let output =
        support::command().current_dir(folder).args([&["check"][..], arguments, &DAY].concat()).output().unwrap();
    support::Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_commit_is_a_baseline_for_a_file_and_for_a_folder() {
    let repository = repository();
    let wanted = turned(&diff_json(BEFORE, AFTER), &["new_failure", "mended", "gone_with_resource"]);
    for path in ["infra/stack.yaml", "infra", ".", "./infra/"] {
        let run = check_in(repository.path(), &[path, "--baseline", "HEAD", "--format", "json"]);
        assert_eq!(run.code, 1, "{path}: {}", run.err);
        let report = run.json();
        assert_eq!(turned(&report, &["new_failure", "mended", "gone_with_resource"]), wanted, "{path}");
        let gone = report["verdicts"].as_array().unwrap().iter().find(|v| v["turn"] == "gone_with_resource").unwrap();
        assert!(gone["file"].as_str().unwrap().ends_with("infra/stack.yaml"), "{path}: {gone}");
    }
    // Committed, nothing is new any more.
    git(repository.path(), &["commit", "-qam", "the change"]);
    let run = check_in(repository.path(), &["infra", "--baseline", "HEAD"]);
    assert_eq!(run.code, 0, "{}", run.out);
    assert_eq!(check_in(repository.path(), &["infra", "--baseline", "HEAD~1"]).code, 1);
    assert_eq!(check_in(repository.path(), &["infra", "--baseline", "HEAD", "--fail-on", "any"]).code, 1);
}

#[test]
fn the_inputs_may_be_reached_from_elsewhere() {
    let (repository, elsewhere) = (repository(), tempfile::tempdir().unwrap());
    let path = repository.path().join("infra");
    let run = check_in(elsewhere.path(), &[path.to_str().unwrap(), "--baseline", "main", "--format", "markdown"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("**New violations** | 13:"), "{}", run.out);
}

#[test]
fn what_did_not_exist_then_is_all_new() {
    let repository = repository();
    let more = repository.path().join("more");
    fs::create_dir(&more).unwrap();
    fs::copy(support::root().join(BEFORE), more.join("stack.yaml")).unwrap();
    let run = check_in(repository.path(), &["more", "--baseline", "HEAD", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("more is not in HEAD"), "{}", run.err);
    let report = run.json();
    assert_eq!(report["still_failing"], json!([]));
    assert!(report["summary"]["resources"]["appeared"].as_u64().unwrap() >= 4);
}

#[test]
fn a_waiver_that_the_change_brings_is_part_of_the_change() {
    let repository = repository();
    let waiver = "schema: attesta.waivers/1\nwaivers:\n- policy: firewall-no-world-ssh\n  resource: Web\n  reason: for a day\n  approved_by: ops\n  until: 2026-12-31\n";
    fs::write(repository.path().join("infra/attesta.waivers.yaml"), waiver).unwrap();
    let report = check_in(repository.path(), &["infra", "--baseline", "HEAD", "--format", "json"]).json();
    assert_eq!(turned(&report, &["now_waived"]), ["now_waived firewall-no-world-ssh Web"]);
}

#[test]
fn a_baseline_that_cannot_be_had_is_refused_with_its_mend() {
    let (repository, nowhere) = (repository(), tempfile::tempdir().unwrap());
    fs::copy(support::root().join(BEFORE), nowhere.path().join("stack.yaml")).unwrap();
    for (folder, arguments, code, said) in [
        (&repository, ["infra", "--baseline", "no-such-branch"], 3, "neither a file nor a commit"),
        (&repository, ["infra", "--baseline", "--output=x"], 2, ""),
        (&nowhere, ["stack.yaml", "--baseline", "main"], 3, "is in no git repository"),
        (&nowhere, ["-", "--baseline", "main"], 2, "standard input has no history"),
    ] {
        let run = check_in(folder.path(), &arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(said), "{arguments:?}: {}", run.err);
    }
    let run = support::command()
        .current_dir(repository.path())
        .env("PATH", nowhere.path())
        .args(["check", "infra", "--baseline", "main"])
        .output()
        .unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(3));
    assert!(err.contains("the `git` program cannot be run") && err.contains("help: install git"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_tree_leads_nowhere() {
    let repository = repository();
    std::os::unix::fs::symlink("/etc/passwd", repository.path().join("infra/link.yaml")).unwrap();
    git(repository.path(), &["add", "."]);
    git(repository.path(), &["commit", "-qm", "a link"]);
    let run = check_in(repository.path(), &["infra", "--baseline", "HEAD"]);
    assert!(run.err.contains("infra/link.yaml of HEAD") && run.err.contains("left out"), "{}", run.err);
}

#[test]
fn the_baseline_leaves_nothing_behind() {
    let (repository, temporary) = (repository(), tempfile::tempdir().unwrap());
    for reference in ["HEAD", "no-such-branch"] {
        let run = support::command()
            .current_dir(repository.path())
            .env("TMPDIR", temporary.path())
            .args(["check", "infra", "--baseline", reference])
            .output()
            .unwrap();
        assert!(run.status.code().is_some());
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "{reference}");
    }
}

#[test]
fn sarif_says_what_is_new_and_what_is_absent_and_a_file_is_a_baseline_too() {
    let run = attesta(&[&["check", AFTER, "--baseline", BEFORE, "--format", "sarif"][..], &DAY].concat());
    assert_eq!(run.code, 1, "{}", run.err);
    let report = run.json();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let state = |rule: &str, address: &str| -> Vec<(&str, &str)> {
        let of = |r: &&Value| {
            let name = &r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
            r["ruleId"] == rule && name == address
        };
        let found = results.iter().filter(of);
        found.map(|r| (r["baselineState"].as_str().unwrap(), r["kind"].as_str().unwrap())).collect()
    };
    assert_eq!(state("database-encryption-at-rest", "Records"), [("new", "fail")]);
    assert_eq!(state("database-encryption-at-rest", "Reporting"), [("absent", "fail")]);
    assert_eq!(state("database-backup-enabled", "Records"), [("new", "open")], "it passed before");
    assert_eq!(state("volume-encryption-at-rest", "Export"), [("absent", "fail")]);
    let states: Vec<&str> = results.iter().map(|r| r["baselineState"].as_str().unwrap()).collect();
    assert!(states.contains(&"unchanged"));
    // Without a baseline no result has a state.
    let plain = attesta(&["check", AFTER, "--format", "sarif"]).json();
    assert!(plain["runs"][0]["results"].as_array().unwrap().iter().all(|r| r["baselineState"].is_null()));
}

#[test]
fn sarif_never_calls_absent_what_was_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let volume = json!({"kind": "volume", "address": "disk/1", "attributes": {"encryption_at_rest.enabled": false}});
    let part = json!({"schema": "attesta.neutral-resources/1"});
    let before = lines(folder.path(), "before.jsonl", &part, std::slice::from_ref(&volume));
    let after = lines(folder.path(), "after.jsonl", &part, &[]);
    let run = attesta(&["check", &after, "--baseline", &before, "--format", "sarif"]);
    let report = run.json();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let lost: Vec<&Value> = results.iter().filter(|r| r["ruleId"] == "volume-encryption-at-rest").collect();
    assert_eq!(lost.len(), 1, "{results:?}");
    assert_eq!((&lost[0]["baselineState"], &lost[0]["kind"]), (&json!("updated"), &json!("open")));
    assert!(lost[0]["message"]["text"].as_str().unwrap().contains("no longer seen"));
}

#[test]
fn formats_that_show_no_comparison_are_refused() {
    for format in ["html", "junit"] {
        let run = attesta(&["check", AFTER, "--baseline", BEFORE, "--format", format]);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains("use table, json, markdown or sarif"), "{}", run.err);
    }
}

// --- an assessment ---------------------------------------------------------------------------------------------------

#[test]
fn an_assessment_shows_which_domain_falls_and_nothing_is_written_there() {
    let folder = tempfile::tempdir().unwrap();
    let assessment = support::root().join("fixtures/telehealth-r2");
    let copy = folder.path().join("r2");
    for file in walk(&assessment) {
        let to = copy.join(file.strip_prefix(&assessment).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, &to).unwrap();
    }
    let tree = |root: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = walk(root).into_iter().map(|p| (p.clone(), fs::read(p).unwrap())).collect();
        files.sort();
        files
    };
    let was = tree(&copy);
    let plan = fs::read_to_string(support::root().join("examples/telehealth/plan.json")).unwrap();
    let mut changed: Value = serde_json::from_str(&plan).unwrap();
    for resource in changed["resource_changes"].as_array_mut().unwrap() {
        let settings: &[&str] = match resource["type"].as_str().unwrap() {
            "aws_db_instance" => &["storage_encrypted"],
            "aws_cloudtrail" => &["enable_logging", "enable_log_file_validation", "is_multi_region_trail"],
            _ => &[],
        };
        settings.iter().for_each(|setting| resource["change"]["after"][*setting] = json!(false));
    }
    let after = folder.path().join("plan.json");
    fs::write(&after, changed.to_string()).unwrap();
    let arguments = [
        "diff",
        "examples/telehealth/plan.json",
        after.to_str().unwrap(),
        "--assessment",
        copy.to_str().unwrap(),
        "--at",
        "2026-08-25",
        "--fail-on",
        "never",
    ];
    let run = attesta(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let effect = &run.json()["assessment"];
    let domains = effect["domains"].as_array().unwrap();
    assert_eq!(domains.len(), 1, "{effect}");
    let fallen = (&domains[0]["domain"], &domains[0]["passes_before"], &domains[0]["passes_after"]);
    assert_eq!(fallen, (&json!(12), &json!(true), &json!(false)), "{effect}");
    assert!(domains[0]["after"].as_f64() < domains[0]["before"].as_f64());
    let certified = (&effect["certified_before"], &effect["certified_after"], &effect["at_risk"]);
    assert_eq!(certified, (&json!(true), &json!(false), &json!(true)));
    let requirements = effect["requirements"].as_array().unwrap();
    assert_eq!(requirements.len(), 1, "{effect}");
    assert_eq!(
        (&requirements[0]["requirement"], &requirements[0]["level"]),
        (&json!("ATT-12-01"), &json!("implemented"))
    );
    // People answered for encryption themselves: no score moves, and they hear of it.
    assert_eq!(effect["answered_otherwise"], json!(["ATT-19-01"]));
    let table = attesta(&arguments);
    assert!(table.out.contains("certification: at risk for"), "{}", table.out);
    assert_eq!(tree(&copy), was, "the assessment was written to");
    // The same state on both sides moves nothing.
    let still = attesta(
        &[&arguments[..2], &["examples/telehealth/plan.json"], &arguments[3..], &["--format", "json"]].concat(),
    );
    let effect = &still.json()["assessment"];
    assert_eq!(
        (&effect["domains"], &effect["requirements"], &effect["at_risk"]),
        (&json!([]), &json!([]), &json!(false))
    );
    let wrong = attesta(&[&arguments[..], &["--component", "no-such-part"]].concat());
    assert_eq!(wrong.code, 2, "{}", wrong.err);
}

//! What loading refuses: each row names the place, says what is wrong and how to mend it, and takes nothing sound down.

mod support;

use attesta_kernel::Place;
use attesta_rules::{Evaluator, RuleFault, RuleFile, Verdict};
use serde_json::json;
use support::*;

/// Loads the files beside a sound policy, in a worker and in this process: both give exactly this fault, and the sound
/// policy still judges.
#[track_caller]
fn check(files: &[RuleFile], place: (&str, Option<u32>), message: &str, help: &str) {
    let files: Vec<RuleFile> = files.iter().cloned().chain([sound()]).collect();
    let mut worker = worker(&files, tight());
    let faults: Vec<RuleFault> = worker.faults().to_vec();
    assert_eq!(faults, in_process(&files).faults(), "both fences agree");
    let found = faults.iter().any(|fault| {
        fault.place == Place::new(place.0, place.1) && fault.message.contains(message) && fault.help.contains(help)
    });
    assert!(found, "no fault at {place:?} with {message:?} and {help:?} in {faults:#?}");
    let sound = worker.policies().iter().position(|policy| policy.metadata.id.as_str() == "sound");
    // A number that no policy has gives errors, which the last assertion refuses.
    let sound = sound.unwrap_or(usize::MAX);
    let verdicts =
        worker.evaluate(sound, &[database(json!({"encryption_at_rest": {"enabled": true}})), database(json!({}))]);
    assert!(matches!(verdicts.as_slice(), [Verdict::Pass, Verdict::Fail(_)]), "{verdicts:?}");
}

/// The same for one hostile body, whose fault is expected on this line of it, from 0.
#[track_caller]
fn check_body(reads: &[&str], body: &str, line: u32, message: &str, help: &str) {
    let hostile = file("hostile.rego", &policy("hostile", reads, body));
    check(&[hostile], ("hostile.rego", Some(BODY_LINE + line)), message, help);
}

const DENY: &str = "deny contains \"x\" if { input.kind == \"x\" }\n";

#[test]
fn recursion() {
    check_body(
        &[],
        "f(n) := f(n + 1)\ndeny contains \"x\" if { f(1) }",
        0,
        "`f` is recursive: f → f",
        "loop over a collection",
    );
    check_body(
        &[],
        "f(n) := g(n)\ng(n) := f(n)\ndeny contains \"x\" if { f(1) }",
        0,
        "`f` is recursive: f → g → f",
        "loop",
    );
    check_body(&[], "a if not b\nb if not a\ndeny contains \"x\" if a", 0, "`a` is recursive", "loop");
    check_body(
        &[],
        "a := data.pack.hostile.b\nb := data.pack.hostile.a\ndeny contains \"x\" if a",
        0,
        "`a` is recursive",
        "loop",
    );
}

#[test]
fn recursion_through_another_file() {
    let one = file("one.rego", "package lib.one\nimport data.lib.two\nf(n) := two.g(n)\n");
    let two = file("two.rego", "package lib.two\nimport data.lib.one\ng(n) := one.f(n)\n");
    check(&[one.clone(), two.clone()], ("one.rego", Some(3)), "`f` is recursive: f → g → f", "loop");
    check(&[one, two], ("two.rego", Some(3)), "`g` is recursive: f → g → f", "loop");
}

#[test]
fn builtins_that_ask_the_world_or_make_much_of_little() {
    let call = |call: &str, message: &str, help: &str| {
        check_body(&[], &format!("{DENY}y := {call}"), 1, message, help);
    };
    call("numbers.range(1, 50000000)", "`numbers.range` may not be called: it can make a huge value", "loop over");
    call(
        "http.send({\"method\": \"get\", \"url\": \"https://example.invalid\"})",
        "a policy may not reach the network",
        "from `input`",
    );
    call("net.lookup_ip_addr(\"example.invalid\")", "a policy may not reach the network", "from `input`");
    call("time.now_ns()", "a policy may not ask the machine", "take dates from `input`");
    call("rand.intn(\"x\", 5)", "gives the same answer every time", "from `input`");
    call("uuid.rfc4122(\"x\")", "gives the same answer every time", "from `input`");
    call("opa.runtime()", "a policy may not ask the machine", "input");
    call("net.cidr_expand(\"0.0.0.0/0\")", "it can make a huge value", "loop over");
    call("bits.lsh(1, 4000000000)", "it can make a huge value", "loop over");
    call("print(\"x\")", "a policy's only output is its rules", "`deny` message");
    call("trace(\"x\")", "a policy's only output is its rules", "`deny` message");
    call("time.clock([0, \"Local\"])", "may depend on the machine", "time.parse_rfc3339_ns");
    call("__builtin_host_await(1, 2)", "there is no function", "mend its name");
    call("__builtin_sets.union({1}, {2})", "may not be called", "lists them");
    call("launch_missiles()", "there is no function `launch_missiles`", "mend its name");
    check_body(&[], &format!("http := 1\n{DENY}"), 0, "the rule `http` hides a builtin", "another name");
}

#[test]
fn files_that_are_too_much_for_a_parser() {
    let comment = format!("{}{}", policy("hostile", &[], DENY), "# padding\n".repeat(30_000));
    check(&[file("hostile.rego", &comment)], ("hostile.rego", None), "at most 262144 are read", "split it");
    check_body(
        &[],
        &format!("{DENY}# {}", "x".repeat(2_000)),
        1,
        "the line is longer than 1024 characters",
        "break the line",
    );
    check_body(
        &[],
        &format!("{DENY}x := {}1{}", "(".repeat(500), ")".repeat(500)),
        1,
        "brackets stand more than 12 deep",
        "rule of their own",
    );
    check_body(
        &[],
        &format!("{DENY}x := {}1{}", "[".repeat(28), "]".repeat(28)),
        1,
        "brackets stand more than 12 deep",
        "rule of their own",
    );
    let wide: String = (0..200).map(|n| format!("x{n} := {}1{}\n", "[".repeat(12), "]".repeat(12))).collect();
    check_body(&[], &format!("{DENY}{wide}"), 33, "too many nested brackets", "split it");
    let many: String = (0..1_100).map(|n| format!("x{n} := 1\n")).collect();
    check(
        &[file("hostile.rego", &policy("hostile", &[], &many))],
        ("hostile.rego", None),
        "at most 1000 are read",
        "split it",
    );
    let mut latin = policy("hostile", &[], DENY).into_bytes();
    latin.extend(b"# caf\xe9\n");
    check(
        &[RuleFile::new("hostile.rego", latin)],
        ("hostile.rego", Some(BODY_LINE + 2)),
        "not UTF-8",
        "save it as UTF-8",
    );
    check(&[file("hostile.rego", "")], ("hostile.rego", Some(1)), "package", "Rego v1 is expected");
}

#[test]
fn brackets_in_strings_and_comments_do_not_count() {
    let deep = "[".repeat(50);
    let text = policy("quoting", &[], &format!("# {deep}\nx := \"\\\"{deep}\"\ny := `{deep}\\`\n{DENY}"));
    let pack = in_process(&[file("quoting.rego", &text)]);
    assert_eq!(pack.faults(), []);
}

#[test]
fn mistakes_in_rego() {
    check_body(
        &[],
        &format!("{DENY}deny contains \"y\" if {{ count( }}"),
        1,
        "expecting expression",
        "Rego v1 is expected",
    );
    check_body(&[], "deny[\"x\"] { input.kind == 1 }", 0, "`if` keyword is required", "opa fmt --v0-v1");
    check_body(&[], &format!("{DENY}deny contains x if {{ y == 1; x := y }}"), 1, "Undefined variable: 'y'", "mend it");
    check_body(
        &[],
        &format!("{DENY}deny contains data.pack.nowhere.x"),
        1,
        "`data.pack.nowhere.x` is no rule of these files",
        "load its file",
    );
    check_body(
        &[],
        &format!("{DENY}deny contains data[input.kind].x"),
        1,
        "is no rule of these files",
        "name one rule",
    );
    check_body(
        &[],
        &format!("{DENY}deny contains \"y\" if data.pack.sound.deny"),
        1,
        "belongs to another policy",
        "a file without `deny`",
    );
    check_body(
        &[],
        &format!("{DENY}deny contains \"y\" if input.kind with input as 3"),
        1,
        "`with` is for tests",
        "_test.rego",
    );
    check_body(&[], "deny := true", 0, "`deny` has the wrong form", "deny contains");
    check_body(&[], &format!("{DENY}applies contains 1"), 1, "`applies` has the wrong form", "applies if");
}

#[test]
fn metadata_that_is_missing_or_wrong() {
    let bare = format!("package pack.hostile\n{DENY}");
    check(&[file("hostile.rego", &bare)], ("hostile.rego", Some(2)), "the policy has no metadata", "# METADATA");
    let text = policy("hostile", &[], "x := 1");
    check(&[file("hostile.rego", &text)], ("hostile.rego", Some(9)), "metadata but no `deny`", "drop the metadata");
    let swap = |from: &str, to: &str, line: u32, message: &str| {
        let text = policy("hostile", &[], DENY).replace(from, to);
        assert!(text.contains(to));
        check(&[file("hostile.rego", &text)], ("hostile.rego", Some(line)), message, "docs/reference/policies-rego.md");
    };
    swap("severity: high", "severity: dire", 6, "`dire` is not a severity");
    swap("kind: database", "kind: databse", 7, "`databse` is not a resource kind");
    swap("topic: encryption", "topic: magic", 5, "`magic` is not a topic");
    swap("id: hostile", "id: Hostile", 4, "`Hostile` is not a policy id");
    swap("reads: []", "reads: [Size]", 8, "`Size` cannot be read");
    swap("topic: encryption", "topik: encryption", 5, "unknown field `topik`");
    swap("#   severity: high\n", "#   severity: high\n#   controls: [1.a]\n", 7, "`1.a` is not a control reference");
    swap("title: Title of hostile", "titel: x", 2, "unknown field `titel`");
    swap("#   reads: []\n", "", 7, "missing field `reads`");
}

#[test]
fn two_of_one() {
    let one = file("a.rego", &policy("twin", &[], DENY));
    let two = file("b.rego", &policy("twin", &[], DENY).replace("package pack.twin", "package pack.other"));
    check(&[one.clone(), two], ("b.rego", Some(9)), "the id `twin` is also in a.rego", "another id");
    let two = file("b.rego", &policy("twin", &[], DENY).replace("id: twin", "id: other"));
    check(&[one, two], ("b.rego", Some(9)), "the package `pack.twin` is also in a.rego", "another package");
}

#[test]
fn reads_that_are_not_declared() {
    let read = |reads: &[&str], expression: &str, message: &str, help: &str| {
        check_body(reads, &format!("deny contains \"x\" if {{ {expression} }}"), 0, message, help);
    };
    read(
        &["role"],
        "input.attributes.engine == 1",
        "the attribute `engine` is read but not declared",
        "add `engine` to `custom.reads`",
    );
    read(
        &["backup.retention_days"],
        "input.attributes.backup.enabled",
        "`backup.enabled` is read but not declared",
        "backup.enabled",
    );
    read(&["backup.enabled"], "input.attributes.backup[x]", "`backup` is read but not declared", "add `backup`");
    read(&["role"], "input.attributes[\"engine\"] == 1", "`engine` is read but not declared", "engine");
    read(&["a.b"], "input.attributes[\"a.b\"] == 1", "`[\"a.b\"]` finds nothing", "write `input.attributes.a.b`");
    read(&["role"], "input.attributes[input.kind]", "reads all of `input.attributes`", "reads: [\"*\"]");
    read(&["role"], "some x in input.attributes", "reads all of `input.attributes`", "reads: [\"*\"]");
    read(
        &["role"],
        "a := input; a.attributes.engine",
        "`input` is not something that a policy may read",
        "input.attributes",
    );
    read(&["*"], "some k; input[k]", "`input._` is not something that a policy may read", "input.attributes");
    read(&["*"], "walk(input, [p, v])", "`input` is not something that a policy may read", "input.attributes");
    read(&["*"], "input.raw.x", "`input.raw` is read but not declared", "add `input.raw`");
    read(&["role"], "some input; input.attributes.engine", "`engine` is read but not declared", "engine");
    let aliased = policy("hostile", &["role"], DENY).replace("import rego.v1", "import input.attributes.engine as e");
    check(&[file("hostile.rego", &aliased)], ("hostile.rego", Some(11)), "`engine` is read but not declared", "engine");
    let library = file("lib.rego", "package lib\nx := input.attributes.engine\n");
    check(&[library], ("lib.rego", Some(2)), "a library may not read `input`", "function's argument");
}

#[test]
fn a_policy_that_leans_on_a_refused_library_is_refused_too() {
    let library = file("lib.rego", "package lib\nx := time.now_ns()\n");
    let hostile = file("hostile.rego", &policy("hostile", &[], "deny contains \"x\" if data.lib.x == 1"));
    check(&[library.clone(), hostile.clone()], ("lib.rego", Some(2)), "`time.now_ns` may not be called", "input");
    check(
        &[library, hostile],
        ("hostile.rego", Some(BODY_LINE)),
        "`data.lib.x` is no rule of these files",
        "load its file",
    );
}

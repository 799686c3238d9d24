//! What gets past loading and misbehaves when it runs: the fence holds, and other policies go on.

mod support;

use std::time::{Duration, Instant};

use attesta_rules::{Evaluator, InProcess, Limits, RulePack, Verdict};
use serde_json::{Value, json};
use support::*;

/// What the policy says of one input in a worker; afterwards a sound policy of the same pack still judges, and all of
/// it takes a bounded time.
#[track_caller]
fn judged(limits: Limits, reads: &[&str], body: &str, input: Value) -> Verdict {
    let started = Instant::now();
    let mut worker = worker(&[file("hostile.rego", &policy("hostile", reads, body)), sound()], limits);
    assert_eq!(worker.faults(), []);
    let verdict = worker.evaluate(0, &[input]).remove(0);
    let verdicts =
        worker.evaluate(1, &[database(json!({"encryption_at_rest": {"enabled": true}})), database(json!({}))]);
    assert!(matches!(verdicts.as_slice(), [Verdict::Pass, Verdict::Fail(_)]), "{verdicts:?}");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    verdict
}

#[track_caller]
fn check(reads: &[&str], body: &str, input: Value, wanted: &str) {
    let verdict = judged(tight(), reads, body, input);
    let clear = |why: &str| why.starts_with("hostile.rego:") && why.contains(wanted);
    assert!(matches!(&verdict, Verdict::Errored(why) if clear(why)), "{wanted}: {verdict:?}");
}

fn items(count: usize) -> Value {
    database(json!({"items": vec!["x"; count]}))
}

/// `s0` to `s<times>`, each made of two of the one before.
fn doubling(times: usize, first: &str, twice: impl Fn(&str) -> String) -> String {
    let steps: String = (1..=times).map(|n| format!("\ts{n} := {}\n", twice(&format!("s{}", n - 1)))).collect();
    format!("\ts0 := {first}\n{steps}")
}

#[test]
fn a_comprehension_over_four_hundred_million_pairs() {
    let body = "deny contains \"x\" if {\n\tpairs := [1 | some a in input.attributes.items; some b in input.attributes.items; a != b]\n\tcount(pairs) > 5\n}";
    check(&["items"], body, items(20_000), "`deny` used up its 100000 instructions near line 14; loop over less");
}

#[test]
fn a_comprehension_that_no_instruction_limit_stops_is_stopped_by_the_clock() {
    let body = "deny contains \"x\" if {\n\tpairs := [1 | some a in input.attributes.items; some b in input.attributes.items; a != b]\n\tcount(pairs) > 5\n}";
    let limits = Limits { instructions: usize::MAX, rule_milliseconds: 50, ..tight() };
    let verdict = judged(limits, &["items"], body, items(20_000));
    assert!(matches!(&verdict, Verdict::Errored(why) if why.contains("`deny` ran longer than 50 ms")), "{verdict:?}");
}

#[test]
fn the_instruction_limit_falls_on_the_same_input_every_time() {
    let body =
        "deny contains \"x\" if {\n\tsome a in input.attributes.items\n\tsome b in input.attributes.items\n\ta != b\n}";
    let mut evaluator = in_process(&[file("hostile.rego", &policy("hostile", &["items"], body))]);
    let inputs: Vec<Value> = (1..10).map(|n| items(n * 20)).collect();
    let first = evaluator.evaluate(0, &inputs);
    assert!(
        matches!(first.first(), Some(Verdict::Pass)) && matches!(first.last(), Some(Verdict::Errored(_))),
        "{first:?}"
    );
    for _ in 0..5 {
        assert_eq!(evaluator.evaluate(0, &inputs), first);
    }
}

#[test]
fn text_that_doubles_itself() {
    for times in [26, 40] {
        let body = format!(
            "deny contains \"x\" if {{\n{}\ts{times} == \"\"\n}}",
            doubling(times, "\"xxxxxxxxxx\"", |s| format!("concat(\"\", [{s}, {s}])"))
        );
        check(
            &[],
            &body,
            database(json!({})),
            "`concat` made a value of 1310720 bytes or items; at most 1048576 are allowed",
        );
    }
}

#[test]
fn text_that_doubles_itself_where_no_guard_looks_meets_the_limit_on_memory() {
    let body = format!(
        "deny contains \"x\" if {{\n{}\ts40 == \"\"\n}}",
        doubling(40, "\"xxxxxxxxxx\"", |s| format!("concat(\"\", [{s}, {s}])"))
    );
    let limits = Limits { value_size: usize::MAX, rule_milliseconds: 60_000, ..tight() };
    let Verdict::Errored(why) = judged(limits, &[], &body, database(json!({}))) else { panic!() };
    assert!(why.contains("out of memory or stack; it may use 384 MB"), "{why}");
    assert!(why.contains("given up for this run"), "{why}");
}

#[test]
fn a_list_of_lists_of_lists_is_small_until_it_is_written_out() {
    let body = format!("deny contains json.marshal(s40) if {{\n{}}}", doubling(40, "[1]", |s| format!("[{s}, {s}]")));
    let Verdict::Errored(why) = judged(tight(), &[], &body, database(json!({}))) else { panic!() };
    assert!(why.contains("the worker died") || why.contains("silent"), "{why}");
}

#[test]
fn a_number_that_squares_itself() {
    let body = format!(
        "deny contains \"x\" if {{\n{}\ts40 == 1\n}}",
        doubling(40, "12345678901234567890", |s| format!("{s} * {s}"))
    );
    let verdict = judged(tight(), &[], &body, database(json!({})));
    assert!(matches!(verdict, Verdict::Errored(_)), "{verdict:?}");
}

#[test]
fn a_regex_that_kills_backtracking_engines_is_linear_here() {
    let long = database(json!({"name": format!("{}b", "a".repeat(3_000))}));
    let body = "deny contains \"x\" if regex.match(`(a+)+$`, input.attributes.name)";
    assert_eq!(judged(tight(), &["name"], body, long.clone()), Verdict::Pass);
    let body = "deny contains \"x\" if regex.match(`(((a{1,100}){1,100}){1,100}){1,100}`, input.attributes.name)";
    check(&["name"], body, long, "`regex.match` failed");
}

#[test]
fn a_panic_of_the_engine_is_one_verdict() {
    let body = "deny contains \"x\" if object.subset([1, 2], input.attributes.items)";
    check(&["items"], body, items(0), "the Rego engine broke: window size must be non-zero");
    let files = [file("hostile.rego", &policy("hostile", &["items"], body))];
    let mut evaluator = in_process(&files);
    let verdicts = evaluator.evaluate(0, &[items(0), items(1), items(0)]);
    assert!(matches!(verdicts.as_slice(), [Verdict::Errored(_), Verdict::Pass, Verdict::Errored(_)]), "{verdicts:?}");
}

#[test]
fn output_that_is_too_much() {
    let body = "deny contains sprintf(\"%d\", [i]) if some i, _ in input.attributes.items";
    check(&["items"], body, items(1_001), "`deny` holds 1001 entries; at most 1000 are read");
    let body = "deny contains concat(\"\", input.attributes.items)";
    check(&["items"], body, items(5_000), "an entry of `deny` is longer than 4096 bytes");
}

#[test]
fn output_of_the_wrong_shape() {
    let shape = |entry: &str| {
        check(
            &[],
            &format!("deny contains {entry}"),
            database(json!({})),
            "an entry of `deny` is neither a text nor an object",
        )
    };
    shape("1");
    shape("{\"message\": \"x\"}");
    shape("{\"msg\": 1}");
    shape("{\"msg\": \"x\", \"path\": [\"a\"]}");
    check(&[], "applies := 1\ndeny contains \"x\"", database(json!({})), "`applies` is neither true nor false");
}

#[test]
fn a_worker_that_dies_takes_only_its_policy() {
    let bomb = format!(
        "deny contains json.marshal(s40) if {{\n\tinput.attributes.bomb\n{}}}",
        doubling(40, "[1]", |s| format!("[{s}, {s}]"))
    );
    let mut worker = worker(&[file("bomb.rego", &policy("bomb", &["bomb"], &bomb)), sound()], tight());
    let inert = database(json!({}));
    assert_eq!(worker.evaluate(0, std::slice::from_ref(&inert)), [Verdict::Pass]);
    assert!(matches!(worker.evaluate(0, &[database(json!({"bomb": true}))]).as_slice(), [Verdict::Errored(_)]));
    let after = worker.evaluate(0, &vec![inert.clone(); 1_000]);
    assert!(
        after.iter().all(|verdict| matches!(verdict, Verdict::Errored(why) if why.contains("given up"))),
        "{:?}",
        after.first()
    );
    assert!(matches!(worker.evaluate(1, &[inert]).as_slice(), [Verdict::Fail(_)]));
}

#[test]
fn a_file_that_keeps_the_parser_busy_for_hours_is_named_and_the_rest_loads() {
    let deep = format!("deny contains \"x\"\nx := {}1{}", "[".repeat(30), "]".repeat(30));
    let files = [file("deep.rego", &policy("deep", &[], &deep)), sound()];
    let limits = Limits { nesting: 100, nesting_work: u64::MAX, worker_silence_milliseconds: 1_500, ..tight() };
    let mut worker = worker(&files, limits);
    assert!(
        matches!(worker.faults(), [fault] if fault.place.file == "deep.rego" && fault.message.contains("silent for 1500 ms")),
        "{:?}",
        worker.faults()
    );
    assert_eq!(worker.policies().len(), 1);
    assert!(matches!(worker.evaluate(0, &[database(json!({}))]).as_slice(), [Verdict::Fail(_)]));
}

#[test]
fn a_worker_that_is_none_is_an_error() {
    let options = |program: &str| attesta_rules::WorkerOptions {
        program: program.into(),
        arguments: Vec::new(),
        limits: tight(),
    };
    let error = attesta_rules::Worker::start(&[sound()], options("/nowhere/attesta")).unwrap_err();
    assert!(error.to_string().contains("cannot start `/nowhere/attesta` as a policy worker"), "{error}");
    let error = attesta_rules::Worker::start(&[sound()], options("/bin/false")).unwrap_err();
    assert!(error.to_string().contains("did not answer: the worker died (exit status: 1)"), "{error}");
}

#[test]
fn memory_that_is_too_little_to_start_with_is_an_error_and_no_pass() {
    let limits = Limits { worker_memory: 1 << 20, ..tight() };
    let options = attesta_rules::WorkerOptions {
        program: env!("CARGO_BIN_EXE_attesta-rules-worker").into(),
        arguments: Vec::new(),
        limits,
    };
    assert!(attesta_rules::Worker::start(&[sound()], options).is_err());
}

#[test]
fn more_files_than_are_read() {
    let files: Vec<_> =
        (0..4).map(|n| file(&format!("p{n}.rego"), &policy(&format!("p{n}"), &[], "deny contains \"x\""))).collect();
    let pack = RulePack::load(&files, &Limits { files: 2, ..Limits::default() });
    assert_eq!(InProcess::new(pack).policies().len(), 2);
    let pack = RulePack::load(&files, &Limits { files: 2, ..Limits::default() });
    assert!(
        matches!(pack.faults(), [fault] if fault.place.file == "p2.rego" && fault.message.contains("at most 2")),
        "{:?}",
        pack.faults()
    );
}

//! Tests that a pack brings with it.

mod support;

use attesta_rules::{Evaluator, Limits, RuleFile, TestOutcome};
use support::*;

fn outcomes(files: &[RuleFile]) -> Vec<TestOutcome> {
    let mut here = in_process(files);
    assert_eq!(here.faults(), []);
    let outcomes = here.run_tests();
    assert_eq!(outcomes, worker(files, tight()).run_tests(), "both fences agree");
    outcomes
}

fn tests(body: &str) -> RuleFile {
    file("sound_test.rego", &format!("package pack.sound_test\nimport rego.v1\nimport data.pack.sound\n{body}\n"))
}

#[test]
fn tests_pass_and_fail() {
    let body = "test_plain_fails if count(sound.deny) == 1 with input as {\"attributes\": {}}\n\
                test_encrypted_passes if count(sound.deny) == 0 with input as {\"attributes\": {\"encryption_at_rest\": {\"enabled\": true}}}\n\
                test_wrong if count(sound.deny) == 5 with input as {\"attributes\": {}}\n\
                test_no_truth := 3\n\
                helper := 1";
    let outcomes = outcomes(&[sound(), tests(body)]);
    let told: Vec<_> =
        outcomes.iter().map(|o| (o.place.to_string(), o.name.as_str(), o.passed, o.message.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("sound_test.rego:4".into(), "data.pack.sound_test.test_plain_fails", true, None),
            ("sound_test.rego:5".into(), "data.pack.sound_test.test_encrypted_passes", true, None),
            (
                "sound_test.rego:6".into(),
                "data.pack.sound_test.test_wrong",
                false,
                Some("the test's body does not hold")
            ),
            (
                "sound_test.rego:7".into(),
                "data.pack.sound_test.test_no_truth",
                false,
                Some("the test gives 3, not true")
            ),
        ]
    );
}

#[test]
fn tests_in_the_policy_s_own_package() {
    let own = file(
        "own_test.rego",
        "package pack.sound\nimport rego.v1\ntest_it if count(deny) == 1 with input as {\"attributes\": {}}\n",
    );
    assert!(outcomes(&[sound(), own]).iter().all(|outcome| outcome.passed));
}

#[test]
fn a_hostile_test_fails_in_bounded_time_and_the_others_go_on() {
    let lists: String = (1..=40).map(|n| format!("\ts{n} := [s{}, s{}]\n", n - 1, n - 1)).collect();
    let bomb = format!(
        "package bomb\nimport rego.v1\ntest_a_bomb if {{\n\ts0 := [1]\n{lists}\tcount(json.marshal(s40)) > 1\n}}\ntest_b := true\n"
    );
    let fine = tests("test_plain_fails if count(sound.deny) == 1 with input as {\"attributes\": {}}");
    let outcomes = worker(&[file("bomb_test.rego", &bomb), sound(), fine], tight()).run_tests();
    let [bomb, after, fine] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(!bomb.passed && bomb.message.as_ref().unwrap().contains("worker"), "{bomb:?}");
    assert!(!after.passed && after.message.as_ref().unwrap().contains("not run"), "{after:?}");
    assert!(fine.passed, "{fine:?}");
}

#[test]
fn a_test_that_loops_is_stopped_by_the_timer() {
    let list = (0..4_000).map(|n| format!("{n},{}", if n % 50 == 0 { "\n" } else { "" })).collect::<String>();
    let body =
        format!("list := [{list}]\ntest_slow if {{\n\tcount([1 | some a in list; some b in list; a != b]) > 1\n}}");
    let limits = Limits { rule_milliseconds: 50, worker_cpu_seconds: 30, ..tight() };
    let outcomes = worker(&[sound(), tests(&body)], limits).run_tests();
    let said = outcomes.first().and_then(|outcome| outcome.message.as_deref());
    assert!(said.is_some_and(|said| said.contains("time limit")), "{outcomes:?}");
}

#[test]
fn tests_may_not_do_what_policies_may_not() {
    let faults = |body: &str| in_process(&[sound(), tests(body)]).faults().to_vec();
    let refused = |body: &str, wanted: &str| {
        let faults = faults(body);
        assert!(
            matches!(faults.as_slice(), [fault] if fault.message.contains(wanted) && fault.place.line == Some(4)),
            "{faults:#?}"
        );
    };
    refused("test_x if http.send({}).status == 200", "may not reach the network");
    refused("test_x if count(numbers.range(1, 50000000)) > 1", "may not be called");
    refused("test_x if sound.deny with sound.deny as {1}", "`with` may only replace `input`");
    refused("test_x if test_x", "recursive");
}

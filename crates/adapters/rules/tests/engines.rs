//! regorus has two engines. Policies are judged on the younger, its machine; the older, its interpreter, is the oracle
//! here, over small policies and inputs of every wrong shape.

mod support;

use attesta_rules::{Evaluator, Verdict};
use regorus::Engine;
use serde_json::{Value, json};
use support::*;

const BODIES: [&str; 18] = [
    "deny contains \"x\" if { r := input.attributes.l[_]; c := r.c[_]; c == \"bad\" }",
    "deny contains \"x\" if { some r in input.attributes.l; some c in r.c; c == \"bad\" }",
    "deny contains \"x\" if input.attributes.l[_].c[_] == \"bad\"",
    "deny contains \"x\" if { some r in input.attributes.l; every c in r.c { c == \"bad\" } }",
    "deny contains \"x\" if count([c | some r in input.attributes.l; some c in r.c; c == \"bad\"]) > 0",
    "deny contains \"x\" if { some r in input.attributes.l; \"bad\" in r.c }",
    "deny contains \"x\" if { some r in input.attributes.l; {\"a\": v} := r; v == \"bad\" }",
    "deny contains \"x\" if { some r in input.attributes.l; [_, b] := r.c; b == \"bad\" }",
    "deny contains \"x\" if { some r in input.attributes.l; not r.c }",
    "ok(r) if r.c[_] == \"good\"\ndeny contains \"x\" if { some r in input.attributes.l; not ok(r) }",
    "ok(r) if { some c in r.c; c == \"good\" }\ndeny contains \"x\" if { some r in input.attributes.l; not ok(r) }",
    "bad contains c if { some r in input.attributes.l; some c in r.c }\ndeny contains \"x\" if \"bad\" in bad",
    "deny contains {\"msg\": \"x\", \"path\": p} if { some r in input.attributes.l; p := r.a; r.c[0] == \"bad\" }",
    "deny contains \"x\" if { some r in input.attributes.l; x := {r.a, r.c}; \"bad\" in x }",
    "deny contains \"x\" if { some r in input.attributes.l; x := {\"k\": r.a, \"j\": r.c}; x.k == \"bad\" }",
    "deny contains \"x\" if { some r in input.attributes.l; r.a > 5 }",
    "deny contains \"x\" if { some r in input.attributes.l; x := r.c | {1}; \"bad\" in x }",
    "deny contains \"x\" if { some i; input.attributes.l[i].a == \"bad\"; input.attributes.l[i].c }",
];

fn inputs() -> Vec<Value> {
    let pieces = [
        json!({"c": "x"}),
        json!({"c": ["bad"]}),
        json!({"c": null}),
        json!({}),
        json!({"c": 5}),
        json!({"a": "bad"}),
        json!({"a": "bad", "c": ["good", "bad"]}),
        json!("text"),
        json!(7),
        json!([]),
        json!({"c": {"k": "bad"}}),
        json!({"a": "bad", "c": "bad"}),
        json!(null),
        json!({"a": 9}),
    ];
    let pairs = pieces
        .iter()
        .flat_map(|a| pieces.iter().flat_map(move |b| [json!({"l": [a, b]}), json!({"l": {"q": a, "r": b}})]));
    [json!({}), json!({"l": 5}), json!({"l": "text"}), json!({"l": null})]
        .into_iter()
        .chain(pairs)
        .map(database)
        .collect()
}

#[test]
fn the_machine_denies_what_the_interpreter_denies() {
    let (inputs, mut denied) = (inputs(), 0);
    for body in BODIES {
        let text = policy("p", &["l"], body);
        let mut evaluator = in_process(&[file("p.rego", &text)]);
        assert_eq!(evaluator.faults(), []);
        let mut oracle = Engine::new();
        oracle.add_policy("p.rego".into(), text).unwrap();
        for (input, verdict) in inputs.iter().zip(evaluator.evaluate(0, &inputs)) {
            oracle.set_input_json(&input.to_string()).unwrap();
            // The interpreter stops where the machine, and OPA, loop over a number no times.
            let Ok(denials) = oracle.eval_rule("data.pack.p.deny".into()) else { continue };
            let count = match &verdict {
                Verdict::Pass => 0,
                Verdict::Fail(denials) => denials.len(),
                other => unreachable!("{body} {input}: {other:?}"),
            };
            assert_eq!(count, denials.as_set().unwrap().len(), "{body} {input}");
            denied += count;
        }
    }
    assert!(denied > 500, "the table denies {denied} times");
}

#[test]
fn a_loop_goes_on_after_something_that_is_no_collection() {
    let verdicts = |body| in_process(&[file("p.rego", &policy("p", &["l"], body))]).evaluate(0, &inputs());
    assert_eq!(verdicts(BODIES[0]), verdicts(BODIES[1]), "`some c in` and `[_]` find the same");
}

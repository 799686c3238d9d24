//! The three-valued logic, table by table, and its laws over random checks.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use attesta_evaluation::{
    Body, Check, Context, Leaf, Literal, Outcome, Policy, PolicyIndex, Remediation, Status, Test, Topic, Version, judge,
};
use attesta_kernel::{Confidence, Place, Provenance, Severity};
use attesta_resource::{
    Attribute, Basis, Kind, Origin, Record, Resource, ResourceIndex, Snapshot, SourceIndex, Unknown, Value,
};
use proptest::prelude::*;

fn attribute(value: Value) -> Attribute {
    Attribute { value, origin: Origin { source: SourceIndex(0), path: "somewhere".into(), basis: Basis::Stated } }
}

fn unknown() -> Value {
    Value::Unknown(Unknown::Hidden)
}

fn text(t: &str) -> Value {
    Value::Text(t.into())
}

fn list(items: Vec<Value>) -> Value {
    Value::List(items.into_iter().map(attribute).collect())
}

fn record(fields: &[(&'static str, Value)]) -> Record {
    let mut record = Record::new();
    for (name, value) in fields {
        record.put(*name, attribute(value.clone()));
    }
    record
}

fn resource(kind: Kind, name: &str, fields: &[(&'static str, Value)]) -> Resource {
    Resource {
        kind,
        source: SourceIndex(0),
        address: name.into(),
        names: vec![name.into()],
        attributes: record(fields),
    }
}

fn policy(kind: Kind, when: Option<Check>, check: Check) -> Policy {
    Policy {
        id: "a-policy".parse().unwrap(),
        title: String::new(),
        topic: Topic::Encryption,
        severity: Severity::High,
        kind,
        body: Body::Declarative { when, check },
        controls: Vec::new(),
        hipaa: Vec::new(),
        nist_800_53: Vec::new(),
        proves: Vec::new(),
        rationale: String::new(),
        remediation: Remediation::default(),
        provenance: Provenance { source: String::new(), confidence: Confidence::Verified },
        place: Place::default(),
    }
}

fn leaf(attribute: &str, test: Test) -> Check {
    Check::Leaf(Leaf { attribute: attribute.into(), test })
}

fn outcome_in(snapshot: &Snapshot, when: Option<Check>, check: Check) -> Outcome {
    let policies = [policy(snapshot.resources[0].kind, when, check)];
    judge(&Context::new(snapshot, &policies), &policies, PolicyIndex(0), ResourceIndex(0)).unwrap()
}

fn outcome(fields: &[(&'static str, Value)], check: Check) -> Outcome {
    let snapshot = Snapshot { resources: vec![resource(Kind::Database, "db", fields)], ..Snapshot::default() };
    outcome_in(&snapshot, None, check)
}

fn status(value: Option<Value>, test: Test) -> Status {
    let fields: Vec<_> = value.into_iter().map(|v| ("a", v)).collect();
    outcome(&fields, leaf("a", test)).status
}

#[test]
fn every_test_on_known_absent_and_unknown() {
    use Status::{Fail, Pass, Unknown as U};
    let yes = || Literal::Bool(true);
    let t = |t: &str| Literal::Text(t.into());
    let nets = |n: &[&str]| n.iter().map(|n| n.parse().unwrap()).collect::<Vec<_>>();
    let regex = |r: &str| regex::Regex::new(r).unwrap();
    for (value, test, want) in [
        (Some(Value::Bool(true)), Test::Is(yes()), Pass),
        (Some(Value::Bool(false)), Test::Is(yes()), Fail),
        (None, Test::Is(yes()), Fail),
        (Some(unknown()), Test::Is(yes()), U),
        (None, Test::IsNot(yes()), Pass),
        (Some(unknown()), Test::IsNot(yes()), U),
        (Some(text("x")), Test::In(vec![t("x"), t("y")]), Pass),
        (Some(text("z")), Test::In(vec![t("x"), t("y")]), Fail),
        (Some(text("z")), Test::NotIn(vec![t("x")]), Pass),
        (None, Test::NotIn(vec![t("x")]), Pass),
        (Some(Value::Int(7)), Test::AtLeast(7), Pass),
        (Some(Value::Int(6)), Test::AtLeast(7), Fail),
        (None, Test::AtLeast(7), Fail),
        (Some(text("7")), Test::AtLeast(7), U),
        (Some(Value::Int(6)), Test::AtMost(6), Pass),
        (Some(text("abc")), Test::Matches(regex("b")), Pass),
        (Some(text("abc")), Test::NotMatches(regex("b")), Fail),
        (None, Test::NotMatches(regex("b")), Pass),
        (Some(text("")), Test::Present(true), Fail),
        (Some(list(vec![])), Test::Present(true), Fail),
        (Some(text("x")), Test::Present(false), Fail),
        (None, Test::Present(false), Pass),
        (Some(unknown()), Test::Present(true), U),
        (Some(text("1.10")), Test::VersionAtLeast(Version::read("1.2").unwrap()), Pass),
        (Some(text("1.1")), Test::VersionAtLeast(Version::read("1.2").unwrap()), Fail),
        (Some(text("latest")), Test::VersionAtLeast(Version::read("1.2").unwrap()), U),
        (Some(text("10.1.0.0/16")), Test::CidrWithin(nets(&["10.0.0.0/8"])), Pass),
        (Some(text("0.0.0.0/0")), Test::CidrWithin(nets(&["10.0.0.0/8"])), Fail),
        (Some(text("0.0.0.0/1")), Test::CidrOverlaps(nets(&["10.0.0.0/8"])), Pass),
        (Some(text("192.168.0.0/16")), Test::CidrOverlaps(nets(&["10.0.0.0/8"])), Fail),
        (Some(text("0.0.0.0/1")), Test::CidrBroaderThan(16), Pass),
        (Some(text("::/0")), Test::CidrBroaderThan(16), Pass),
        (Some(text("2001:db8::/32")), Test::CidrBroaderThan(16), Fail),
        (Some(text("10.1.2.3")), Test::CidrBroaderThan(16), Fail),
        (Some(text("${Cidr}")), Test::CidrBroaderThan(16), U),
        (Some(list(vec![text("x"), unknown()])), Test::HasAll(vec![t("x")]), Pass),
        (Some(list(vec![text("x"), unknown()])), Test::HasAll(vec![t("x"), t("y")]), U),
        (Some(list(vec![text("x")])), Test::HasAll(vec![t("x"), t("y")]), Fail),
        (Some(list(vec![text("x")])), Test::HasAny(vec![t("y"), t("x")]), Pass),
        (None, Test::HasAny(vec![t("y")]), Fail),
        (Some(unknown()), Test::HasAny(vec![t("y")]), U),
    ] {
        let told = format!("{value:?} {test}");
        assert_eq!(status(value, test), want, "{told}");
    }
}

#[test]
fn lists_of_records() {
    use Status::{Fail, Pass, Unknown as U};
    let rule =
        |from: Value, to: Value, cidr: Value| Value::Record(record(&[("from", from), ("to", to), ("cidr", cidr)]));
    let int = Value::Int;
    let open = || {
        Check::All(vec![
            leaf("from", Test::AtMost(22)),
            leaf("to", Test::AtLeast(22)),
            leaf("cidr", Test::CidrBroaderThan(16)),
        ])
    };
    let closed = || Check::Not(Box::new(Check::Some { list: "ingress".into(), check: Box::new(open()) }));
    let all_ports = || rule(int(0), int(65535), text("0.0.0.0/0"));
    let inside = || rule(int(22), int(22), text("10.0.0.0/8"));
    let late = || rule(int(22), int(22), unknown());
    let other_port = || rule(int(443), int(443), unknown());
    for (rules, want) in [
        (vec![], Pass),
        (vec![all_ports()], Fail),
        (vec![late(), all_ports()], Fail),
        (vec![late()], U),
        (vec![other_port()], Pass),
        (vec![unknown()], U),
        (vec![unknown(), all_ports()], Fail),
        (vec![rule(int(22), int(22), text("10.0.0.0/24"))], Pass),
    ] {
        let told = format!("{rules:?}");
        assert_eq!(outcome(&[("ingress", list(rules))], closed()).status, want, "{told}");
    }
    let failed = outcome(&[("ingress", list(vec![inside(), all_ports()]))], closed());
    let _ = inside;
    let told: Vec<&str> = failed.reasons.iter().map(|r| r.attribute.as_str()).collect();
    assert!(told.contains(&"ingress/1/cidr"), "{told:?}");
    assert_eq!(outcome(&[("ingress", unknown())], closed()).status, U);
    assert_eq!(outcome(&[], closed()).status, Pass);
}

#[test]
fn applicability() {
    let when = || Some(leaf("role", Test::Is(Literal::Text("instance".into()))));
    let check = || leaf("on", Test::Is(Literal::Bool(true)));
    for (fields, want) in [
        (vec![("role", text("table"))], Status::NotApplicable),
        (vec![("role", text("instance"))], Status::Fail),
        (vec![("role", unknown())], Status::Unknown),
        (vec![("role", unknown()), ("on", Value::Bool(true))], Status::Pass),
    ] {
        let snapshot = Snapshot { resources: vec![resource(Kind::Database, "db", &fields)], ..Snapshot::default() };
        assert_eq!(outcome_in(&snapshot, when(), check()).status, want, "{fields:?}");
    }
}

#[test]
fn lookups_and_existence() {
    let rotates = || Box::new(leaf("rotation.enabled", Test::Is(Literal::Bool(true))));
    let lookup = || Check::Lookup { by: "key".into(), kind: Kind::EncryptionKey, check: rotates() };
    let key = |on| resource(Kind::EncryptionKey, "k1", &[("rotation.enabled", Value::Bool(on))]);
    let db = |named: Value| resource(Kind::Database, "db", &[("key", named)]);
    for (named, keys, want) in [
        (text("k1"), vec![key(true)], Status::Pass),
        (text("arn:aws:kms:us-east-1:1:key/k1"), vec![key(true)], Status::Pass),
        (text("k1"), vec![key(false)], Status::Fail),
        (text("elsewhere"), vec![key(true)], Status::Unknown),
        (unknown(), vec![key(true)], Status::Unknown),
    ] {
        let resources = [vec![db(named)], keys].concat();
        let snapshot = Snapshot { resources, ..Snapshot::default() };
        assert_eq!(outcome_in(&snapshot, None, lookup()).status, want);
    }
    let exists = || Check::Exists { kind: Kind::EncryptionKey, check: rotates() };
    let account = || resource(Kind::Account, "all", &[]);
    for (keys, complete, want) in [
        (vec![], false, Status::Unknown),
        (vec![key(false)], false, Status::Unknown),
        (vec![key(false)], true, Status::Fail),
        (vec![], true, Status::Fail),
        (vec![key(false), key(true)], false, Status::Pass),
    ] {
        let complete_kinds = if complete { vec![Kind::EncryptionKey] } else { Vec::new() };
        let snapshot = Snapshot { resources: [vec![account()], keys].concat(), complete_kinds, ..Snapshot::default() };
        let outcome = outcome_in(&snapshot, None, exists());
        assert_eq!(outcome.status, want);
        assert_eq!(outcome.reasons.is_empty(), want == Status::Pass);
    }
}

/// A random check over three attributes whose truth each stands in the snapshot.
fn checks() -> impl Strategy<Value = Check> {
    let leaves =
        prop_oneof![Just("t"), Just("f"), Just("u")].prop_map(|name| leaf(name, Test::Is(Literal::Bool(true))));
    leaves.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Check::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Check::Any),
            inner.prop_map(|c| Check::Not(Box::new(c))),
        ]
    })
}

fn three(unknown_as: Value) -> Vec<(&'static str, Value)> {
    vec![("t", Value::Bool(true)), ("f", Value::Bool(false)), ("u", unknown_as)]
}

/// The naive oracle: what a check comes to when every unknown is made true, and when it is made false.
fn classical(check: &Check, unknown_as: bool) -> bool {
    match check {
        Check::Leaf(leaf) => match &*leaf.attribute {
            "t" => true,
            "f" => false,
            _ => unknown_as,
        },
        Check::All(checks) => checks.iter().all(|c| classical(c, unknown_as)),
        Check::Any(checks) => checks.iter().any(|c| classical(c, unknown_as)),
        Check::Not(check) => !classical(check, unknown_as),
        _ => unreachable!("not generated"),
    }
}

proptest! {
    /// A verdict that is not unknown survives whatever the unknown turns out to be: we never guess.
    #[test]
    fn a_decided_answer_holds_whatever_the_unknown_turns_out_to_be(check in checks()) {
        let decided = outcome(&three(unknown()), check.clone()).status;
        if decided != Status::Unknown {
            let holds = decided == Status::Pass;
            prop_assert_eq!(classical(&check, true), holds);
            prop_assert_eq!(classical(&check, false), holds);
        }
    }

    /// With nothing unknown the logic is the classical one.
    #[test]
    fn without_unknowns_it_is_classical(check in checks(), value: bool) {
        let got = outcome(&three(Value::Bool(value)), check.clone()).status;
        prop_assert_eq!(got == Status::Pass, classical(&check, value));
        prop_assert_ne!(got, Status::Unknown);
    }

    /// Every outcome that is not a pass says why.
    #[test]
    fn every_failure_names_its_leaves(check in checks()) {
        let got = outcome(&three(unknown()), check);
        prop_assert_eq!(got.reasons.is_empty(), got.status == Status::Pass);
    }
}

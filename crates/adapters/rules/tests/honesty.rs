//! What is unknown, missing or mistaken never becomes a pass, and nothing false becomes a fail.

mod support;

use attesta_kernel::Digest;
use attesta_resource::{
    Attribute, Basis, Document, DocumentIndex, Format, Kind, Origin, Record, Resource, Snapshot, Source, SourceIndex,
    Unknown, Value as Neutral,
};
use attesta_rules::{Denial, Evaluator, Verdict, input_of};
use serde_json::{Value, json};
use support::*;

/// The verdict of a policy in this process and in a worker, which must agree.
#[track_caller]
fn verdict(reads: &[&str], body: &str, input: Value) -> Verdict {
    let files = [file("p.rego", &policy("p", reads, body))];
    let mut here = in_process(&files);
    assert_eq!(here.faults(), []);
    let verdict = here.evaluate(0, std::slice::from_ref(&input)).remove(0);
    assert_eq!(worker(&files, tight()).evaluate(0, &[input]), std::slice::from_ref(&verdict), "both fences agree");
    verdict
}

fn fail(message: &str, path: &str) -> Verdict {
    Verdict::Fail(vec![Denial { message: message.into(), path: Some(path.into()) }])
}

/// An unknown verdict of which some reason holds this text.
#[track_caller]
fn unknown_for(verdict: &Verdict, text: &str) {
    assert!(
        matches!(verdict, Verdict::Unknown(reasons) if reasons.iter().any(|reason| reason.contains(text))),
        "{verdict:?}"
    );
}

const ENCRYPTED: &str = r#"deny contains {"msg": "not encrypted", "path": "encryption.enabled"} if {
	not input.attributes.encryption.enabled
}"#;

#[test]
fn known_attributes_pass_or_fail() {
    assert_eq!(
        verdict(&["encryption.enabled"], ENCRYPTED, database(json!({"encryption": {"enabled": true}}))),
        Verdict::Pass
    );
    let failed = fail("not encrypted", "encryption.enabled");
    assert_eq!(
        verdict(&["encryption.enabled"], ENCRYPTED, database(json!({"encryption": {"enabled": false}}))),
        failed
    );
    assert_eq!(verdict(&["encryption.enabled"], ENCRYPTED, database(json!({}))), failed, "absent is not set");
}

#[test]
fn an_unknown_that_is_read_is_neither_pass_nor_fail() {
    let input = database_with_unknown(json!({"encryption": {"enabled": unknown()}}), &["encryption.enabled"]);
    let reason = "`encryption.enabled` is unknown: known only after apply";
    // However the policy is written, and whichever way the marker falls.
    for condition in [
        "not input.attributes.encryption.enabled",
        "input.attributes.encryption.enabled != true",
        "input.attributes.encryption.enabled == false",
        "not input.attributes.encryption.enabled == true",
        "not startswith(input.attributes.encryption.enabled, \"aws\")",
        "not input.attributes.encryption.enabled in [\"a\", \"b\"]",
        "is_object(input.attributes.encryption.enabled)",
        "upper(input.attributes.encryption.enabled) == \"A\"",
    ] {
        for entry in [
            "\"x\"",
            "{\"msg\": \"x\", \"path\": \"encryption.enabled\"}",
            "{\"msg\": \"x\", \"path\": \"encryption\"}",
        ] {
            let body = format!("deny contains {entry} if {condition}");
            unknown_for(&verdict(&["encryption.enabled"], &body, input.clone()), reason);
        }
    }
}

#[test]
fn an_unknown_that_is_not_read_changes_nothing() {
    let input = database_with_unknown(json!({"encryption": {"enabled": true, "key": unknown()}}), &["encryption.key"]);
    assert_eq!(verdict(&["encryption.enabled"], ENCRYPTED, input), Verdict::Pass);
}

#[test]
fn a_denial_about_what_is_known_stands_beside_an_unknown() {
    let body = format!(
        "{ENCRYPTED}\ndeny contains {{\"msg\": \"kept too short\", \"path\": \"backup.days\"}} if input.attributes.backup.days < 7"
    );
    let reads = ["encryption.enabled", "backup.days"];
    let input = |days: i64| {
        database_with_unknown(
            json!({"encryption": {"enabled": unknown()}, "backup": {"days": days}}),
            &["encryption.enabled"],
        )
    };
    assert_eq!(verdict(&reads, &body, input(1)), fail("kept too short", "backup.days"));
    unknown_for(&verdict(&reads, &body, input(30)), "encryption.enabled");
    // A known path does not help when the denial hangs on the unknown all the same.
    let hanging =
        "deny contains {\"msg\": \"x\", \"path\": \"backup.days\"} if input.attributes.encryption.enabled == false";
    unknown_for(&verdict(&reads, hanging, input(1)), "encryption.enabled");
}

#[test]
fn an_unknown_inside_a_list_counts_for_the_list() {
    let body = "deny contains {\"msg\": \"open\", \"path\": sprintf(\"ingress/%d/cidr\", [i])} if {\n\tsome i, rule in input.attributes.ingress\n\trule.cidr == \"0.0.0.0/0\"\n}";
    let known = json!({"cidr": "10.0.0.0/8"});
    let input = database_with_unknown(json!({"ingress": [known, {"cidr": unknown()}]}), &["ingress/1/cidr"]);
    unknown_for(&verdict(&["ingress"], body, input), "`ingress/1/cidr` is unknown: known only after apply");
    let open = json!({"cidr": "0.0.0.0/0"});
    let input = database_with_unknown(json!({"ingress": [open, {"cidr": unknown()}]}), &["ingress/1/cidr"]);
    assert_eq!(verdict(&["ingress"], body, input), fail("open", "ingress/0/cidr"));
}

#[test]
fn applies() {
    let body = format!("applies if is_postgres\nis_postgres if input.attributes.engine == \"postgres\"\n{ENCRYPTED}");
    let reads = ["engine", "encryption.enabled"];
    assert_eq!(verdict(&reads, &body, database(json!({"engine": "mysql"}))), Verdict::NotApplicable);
    assert_eq!(verdict(&reads, &body, database(json!({}))), Verdict::NotApplicable);
    assert_eq!(
        verdict(&reads, &body, database(json!({"engine": "postgres"}))),
        fail("not encrypted", "encryption.enabled")
    );
    // Whether it applies hangs on what is unknown.
    let input = database_with_unknown(json!({"engine": unknown(), "encryption": {"enabled": true}}), &["engine"]);
    unknown_for(&verdict(&reads, &body, input), "`engine` is unknown");
    // It certainly does not apply, whatever else is unknown.
    let input = database_with_unknown(
        json!({"engine": "mysql", "encryption": {"enabled": unknown()}}),
        &["encryption.enabled"],
    );
    assert_eq!(verdict(&reads, &body, input), Verdict::NotApplicable);
    assert_eq!(
        verdict(&[], "default applies := false\ndeny contains \"x\"", database(json!({}))),
        Verdict::NotApplicable
    );
}

#[test]
fn what_the_policy_calls_unknown_is_unknown() {
    let body = "deny contains \"x\" if false\nunknown contains {\"msg\": \"not checked by hand\", \"path\": \"role\"} if input.attributes.role == \"other\"";
    let told = verdict(&["role"], body, database(json!({"role": "other"})));
    assert_eq!(told, Verdict::Unknown(vec!["`role`: not checked by hand".into()]));
    assert_eq!(verdict(&["role"], body, database(json!({"role": "one"}))), Verdict::Pass);
}

#[test]
fn a_builtin_given_the_wrong_type_is_an_error_and_no_pass() {
    for condition in [
        "startswith(input.attributes.name, \"x\")",
        "not startswith(input.attributes.name, \"x\")",
        "lower(input.attributes.name) == \"x\"",
    ] {
        let body = format!("deny contains \"x\" if {condition}");
        let verdict = verdict(&["name"], &body, database(json!({"name": 5})));
        assert!(
            matches!(&verdict, Verdict::Errored(why) if why.starts_with("p.rego:13: `") && why.contains("failed")),
            "{condition}: {verdict:?}"
        );
    }
}

#[test]
fn a_mistake_that_the_machine_swallows_is_an_error_and_no_pass() {
    for (body, wanted) in [
        ("deny contains \"x\" if input.attributes.days - \"a\" == 3", "numeric"),
        ("deny contains \"x\" if input.attributes.days / 0 == 3", "divi"),
        ("x := 1 if input.attributes.days\nx := 2 if input.attributes.days\ndeny contains \"x\" if x == 3", "conflict"),
        ("x := n if some n in input.attributes.list\ndeny contains \"x\" if x == 3", "multiple"),
        ("f(n) := 1 if n > 0\nf(n) := 2 if n > 1\ndeny contains \"x\" if f(input.attributes.days) == 3", "multiple"),
        ("applies if input.attributes.days - \"a\" == 3\ndeny contains \"x\"", "numeric"),
    ] {
        let verdict = verdict(&["days", "list"], body, database(json!({"days": 5, "list": [1, 2]})));
        assert!(matches!(&verdict, Verdict::Errored(why) if why.contains(wanted)), "{body}: {verdict:?}");
    }
    let fine = "half(n) := n / 2\ndeny contains \"x\" if half(input.attributes.days) > 3";
    assert_eq!(verdict(&["days"], fine, database(json!({"days": 5}))), Verdict::Pass);
    assert!(matches!(verdict(&["days"], fine, database(json!({"days": 8}))), Verdict::Fail(_)));
}

#[test]
fn the_source_document_is_read_only_when_declared_and_at_hand() {
    let body = "deny contains \"x\" if not input.raw.storage_encrypted";
    unknown_for(
        &verdict(&["input.raw"], body, database(json!({}))),
        "`input.raw`: the source's own document is not at hand",
    );
    let with_raw = |unknown: &[&str]| {
        let mut input = database_with_unknown(json!({"role": "one"}), unknown);
        input["raw"] = json!({"storage_encrypted": true});
        input
    };
    assert_eq!(verdict(&["input.raw"], body, with_raw(&[])), Verdict::Pass);
    unknown_for(&verdict(&["input.raw"], body, with_raw(&["key"])), "`key` is unknown");
}

#[test]
fn a_policy_that_reads_everything_is_touched_by_every_unknown() {
    let body = "deny contains \"x\" if { some name; input.attributes[name] == \"forbidden\" }";
    assert_eq!(verdict(&["*"], body, database(json!({"a": "fine"}))), Verdict::Pass);
    let input = database_with_unknown(json!({"a": "fine", "b": unknown()}), &["b"]);
    unknown_for(&verdict(&["*"], body, input), "`b` is unknown");
}

#[test]
fn libraries_serve_policies() {
    let library =
        file("lib.rego", "package lib.text\nimport rego.v1\nis_weak(name) if lower(name) in {\"md5\", \"sha1\"}\n");
    let body = "import data.lib.text\ndeny contains \"weak\" if text.is_weak(input.attributes.digest)";
    let mut evaluator = worker(&[file("p.rego", &policy("p", &["digest"], body)), library], tight());
    assert_eq!(evaluator.faults(), []);
    let verdicts = evaluator.evaluate(0, &[database(json!({"digest": "MD5"})), database(json!({"digest": "sha256"}))]);
    assert!(matches!(verdicts.as_slice(), [Verdict::Fail(_), Verdict::Pass]), "{verdicts:?}");
}

#[test]
fn many_inputs_come_back_in_their_order() {
    let inputs: Vec<Value> = (0..1_000).map(|n| database(json!({"encryption": {"enabled": n % 3 == 0}}))).collect();
    let mut evaluator = worker(&[file("p.rego", &policy("p", &["encryption.enabled"], ENCRYPTED))], tight());
    let verdicts = evaluator.evaluate(0, &inputs);
    assert_eq!(verdicts.len(), inputs.len());
    for (n, verdict) in verdicts.iter().enumerate() {
        assert_eq!(*verdict == Verdict::Pass, n % 3 == 0, "{n}: {verdict:?}");
    }
    assert!(
        matches!(evaluator.evaluate(7, &inputs[..1]).as_slice(), [Verdict::Errored(why)] if why.contains("no policy number 7"))
    );
}

#[test]
fn an_input_that_is_too_large_is_one_error() {
    let mut evaluator = worker(&[file("p.rego", &policy("p", &["encryption.enabled"], ENCRYPTED))], tight());
    let fine = database(json!({"encryption": {"enabled": true}}));
    let large = database(json!({"name": "x".repeat(5 << 20)}));
    let verdicts = evaluator.evaluate(0, &[fine.clone(), large, fine]);
    assert!(
        matches!(verdicts.as_slice(), [Verdict::Pass, Verdict::Errored(why), Verdict::Pass] if why.contains("larger than")),
        "{verdicts:?}"
    );
}

#[test]
fn metadata_is_read_as_it_is_written() {
    let text = "# Copyright\n\n# METADATA\n# title: Databases encrypt\n# custom:\n#   id: db\n#   topic: encryption\n#   severity: critical\n#   kind: database\n#   reads: [encryption.enabled]\n#   controls: [\"10.f\", \"06.d\"]\n#   hipaa: [\"164.312(a)(2)(iv)\"]\n#   nist_800_53: [SC-28]\n#   proves: [ATT-19-01.1]\n#   rationale: >\n#     Because\n#     of it.\n#   remediation:\n#     text: Encrypt it.\n#     terraform: |\n#       resource \"x\" \"y\" {\n#         on = true\n#       }\npackage acme.db\nimport rego.v1\ndeny contains \"x\" if not input.attributes.encryption.enabled\n";
    let files = [file("db.rego", text)];
    let worker = worker(&files, tight());
    assert_eq!(worker.policies(), in_process(&files).policies(), "nothing is lost on the way from the worker");
    let [policy] = worker.policies() else { panic!("{:?}", worker.faults()) };
    assert_eq!((policy.place.to_string().as_str(), policy.package.as_str()), ("db.rego:26", "acme.db"));
    let metadata = &policy.metadata;
    assert_eq!(metadata.title, "Databases encrypt");
    assert_eq!(metadata.controls.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.f", "06.d"]);
    assert_eq!(metadata.hipaa[0].to_string(), "164.312(a)(2)(iv)");
    assert_eq!(metadata.proves[0].as_str(), "ATT-19-01.1");
    assert_eq!((metadata.kind, metadata.reads.names()), (Kind::Database, ["encryption.enabled".to_owned()].as_slice()));
    let remediation = metadata.remediation.as_ref().unwrap();
    assert_eq!(remediation.terraform.as_deref(), Some("resource \"x\" \"y\" {\n  on = true\n}\n"));
}

#[test]
fn a_resource_becomes_an_input() {
    let origin = || Origin { source: SourceIndex(0), path: "x".into(), basis: Basis::Stated };
    let fact = |value: Neutral| Attribute { value, origin: origin() };
    let mut rule = Record::new();
    rule.put("port", fact(Neutral::Int(22)));
    rule.put("cidr", fact(Neutral::Unknown(Unknown::Hidden)));
    let mut attributes = Record::new();
    attributes.put("encryption.enabled", fact(Neutral::Bool(true)));
    attributes.put("encryption.key", fact(Neutral::Unknown(Unknown::AfterApply { from: "aws_kms_key.k".into() })));
    attributes.put("ingress", fact(Neutral::List(vec![fact(Neutral::Record(rule))])));
    attributes.put(
        "zones",
        fact(Neutral::List(vec![fact(Neutral::Text("a".into())), fact(Neutral::Unknown(Unknown::Hidden))])),
    );
    attributes.put("backup", fact(Neutral::Text("daily".into())));
    attributes.put("backup.days", fact(Neutral::Int(7)));
    let resource = Resource {
        kind: Kind::Database,
        source: SourceIndex(0),
        address: "aws_db_instance.records".into(),
        names: vec!["records".into()],
        attributes,
    };
    let snapshot = Snapshot {
        documents: vec![Document {
            path: "plan.json".into(),
            format: Format::TerraformPlan,
            digest: Digest::of(b""),
            bytes: 0,
            source_resources: 1,
        }],
        sources: vec![Source {
            document: DocumentIndex(0),
            address: "aws_db_instance.records".into(),
            type_name: "aws_db_instance".into(),
            pointer: "/planned_values/0".into(),
        }],
        ..Snapshot::default()
    };
    assert_eq!(
        input_of(&resource, &snapshot, Some(json!({"a": 1}))),
        json!({
            "kind": "database",
            "address": "aws_db_instance.records",
            "names": ["records"],
            "attributes": {
                "encryption": {"enabled": true, "key": {"$unknown": "known only after apply (from `aws_kms_key.k`)"}},
                "ingress": [{"port": 22, "cidr": {"$unknown": "hidden as a secret"}}],
                "zones": ["a", {"$unknown": "hidden as a secret"}],
                "backup": {"": "daily", "days": 7},
            },
            "unknown": ["encryption.key", "ingress/0/cidr", "zones/1"],
            "origin": {
                "document": "plan.json",
                "format": "terraform-plan",
                "address": "aws_db_instance.records",
                "type": "aws_db_instance",
                "pointer": "/planned_values/0",
            },
            "raw": {"a": 1},
        })
    );
}

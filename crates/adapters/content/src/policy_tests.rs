//! A policy's own tests: cases with the outcome that each must have.

use attesta_catalog::Fault;
use attesta_evaluation::{Context, Policy, PolicyIndex, Status, judge};
use attesta_kernel::Place;
use attesta_resource::{
    Attribute, Basis, Kind, Origin, Record, Resource, ResourceIndex, Snapshot, SourceIndex, Unknown, Value,
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{File, yaml};

const SCHEMA: &str = "attesta.policy-tests/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTests {
    #[expect(dead_code, reason = "checked before the rest is read")]
    schema: String,
    policy: Spanned<String>,
    cases: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: Spanned<String>,
    expect: Spanned<String>,
    #[serde(default)]
    fails_at: Vec<String>,
    #[serde(default)]
    resource: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    fully_collected: bool,
    #[serde(default)]
    others: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// How one case came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The policy.
    pub policy: String,
    /// The case's name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// What was expected.
    pub expected: Status,
    /// `None` when it came out as expected, else what happened instead.
    pub failure: Option<String>,
}

/// Runs the cases of test files (`*.test.yaml`; others are left alone) against `policies`.
///
/// # Errors
/// Files that cannot be read as tests, and tests of no policy.
pub fn run_policy_tests<'a>(
    files: impl IntoIterator<Item = &'a File>,
    policies: &[Policy],
) -> Result<Vec<CaseResult>, Vec<Fault>> {
    let mut results = Vec::new();
    let mut faults = Vec::new();
    for file in files.into_iter().filter(|file| file.inside.ends_with(".test.yaml")) {
        if let Err(fault) = run_file(file, policies, &mut results) {
            faults.push(fault);
        }
    }
    if faults.is_empty() { Ok(results) } else { Err(faults) }
}

fn run_file(file: &File, policies: &[Policy], results: &mut Vec<CaseResult>) -> Result<(), Fault> {
    let raw: RawTests = yaml::parse(file, SCHEMA)?;
    let Some(policy) = policies.iter().find(|p| p.id.as_str() == raw.policy.value) else {
        let place = file.at(yaml::line(raw.policy.referenced));
        return Err(Fault::new(
            place,
            format!("tests the policy `{}`, which does not exist", raw.policy.value),
            "name the policy that stands beside it",
        ));
    };
    for case in raw.cases {
        let place = file.at(yaml::line(case.name.referenced));
        let expected = [Status::Pass, Status::Fail, Status::Unknown, Status::NotApplicable, Status::Errored]
            .into_iter()
            .find(|s| s.as_str() == case.expect.value)
            .ok_or_else(|| {
                let place = file.at(yaml::line(case.expect.referenced));
                Fault::new(
                    place,
                    format!("`{}` is not an outcome", case.expect.value),
                    "expect pass, fail, unknown or not_applicable",
                )
            })?;
        let failure = run_case(policy, &case, expected);
        results.push(CaseResult { policy: policy.id.to_string(), name: case.name.value, place, expected, failure });
    }
    Ok(())
}

fn run_case(policy: &Policy, case: &RawCase, expected: Status) -> Option<String> {
    let mut snapshot = Snapshot::default();
    snapshot.resources.push(resource(policy.kind, &case.resource));
    for other in &case.others {
        let kind = other.get("kind").and_then(|k| k.as_str()).unwrap_or_default();
        match kind.parse() {
            Ok(kind) => snapshot.resources.push(resource(kind, other)),
            Err(error) => return Some(format!("{error}")),
        }
    }
    if case.fully_collected {
        snapshot.complete_kinds = Kind::ALL.to_vec();
    }
    let policies = std::slice::from_ref(policy);
    let context = Context::new(&snapshot, policies);
    let Some(outcome) = judge(&context, policies, PolicyIndex(0), ResourceIndex(0)) else {
        return Some("the policy is not a declarative one".to_owned());
    };
    let told: Vec<String> = outcome.reasons.iter().map(|r| format!("{} is {}", r.attribute, r.found)).collect();
    if outcome.status != expected {
        return Some(format!("came out {} ({})", outcome.status, told.join("; ")));
    }
    let missing: Vec<&String> =
        case.fails_at.iter().filter(|want| !outcome.reasons.iter().any(|r| &r.attribute == *want)).collect();
    if missing.is_empty() { None } else { Some(format!("does not name {missing:?} but {told:?}")) }
}

fn resource(kind: Kind, json: &serde_json::Map<String, serde_json::Value>) -> Resource {
    let name = json.get("name").and_then(|n| n.as_str()).unwrap_or("case");
    Resource {
        kind,
        source: SourceIndex(0),
        address: name.into(),
        names: vec![name.into()],
        attributes: record(json, ""),
    }
}

fn record(json: &serde_json::Map<String, serde_json::Value>, path: &str) -> Record {
    let mut record = Record::new();
    for (name, value) in json.iter().filter(|(name, _)| *name != "kind") {
        if let Some(attribute) = attribute(value, &format!("{path}{name}")) {
            record.put(name.clone(), attribute);
        }
    }
    record
}

fn attribute(json: &serde_json::Value, path: &str) -> Option<Attribute> {
    use serde_json::Value as Json;
    let value = match json {
        Json::Null => return None,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => Value::Int(n.as_i64()?),
        Json::String(s) => Value::Text(s.as_str().into()),
        Json::Array(items) => Value::List(
            items.iter().enumerate().filter_map(|(i, item)| attribute(item, &format!("{path}/{i}"))).collect(),
        ),
        Json::Object(map) => match map.get("unknown") {
            Some(why) if map.len() == 1 => {
                Value::Unknown(Unknown::Unresolved { what: why.as_str().unwrap_or_default().into() })
            }
            _ => Value::Record(record(map, &format!("{path}/"))),
        },
    };
    let origin = Origin { source: SourceIndex(0), path: path.to_owned().into(), basis: Basis::Stated };
    Some(Attribute { value, origin })
}

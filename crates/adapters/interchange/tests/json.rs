//! The JSON report against its published schema, key by key.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, outside of the test functions"
)]

mod fixture;

use attesta_interchange::reports::{Format, Options, write};
use serde_json::Value;

fn report(options: &Options<'_>) -> Value {
    let catalog = fixture::catalog::catalog();
    let report = fixture::report(&catalog);
    let lines = fixture::lines(&report);
    let mut out = Vec::new();
    write(Format::Json, &report, &lines, options, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../content/schemas/report.schema.json")).unwrap()
}

/// Checks the part of JSON Schema that our schema uses. A full validator checks it by hand (docs/reference/report-json.md).
fn holds(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let target =
            root.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name} is not in the schema"));
        return holds(root, target, value, at);
    }
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let fits = |choice: &Value| choice.pointer("/properties/kind/const") == value.get("kind");
        let choice = choices.iter().find(|c| fits(c)).unwrap_or_else(|| panic!("{at}: no choice fits {value}"));
        return holds(root, choice, value, at);
    }
    for key in schema.as_object().unwrap().keys() {
        let known = [
            "$schema",
            "$id",
            "$defs",
            "title",
            "description",
            "type",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "enum",
            "const",
            "minimum",
            "maximum",
            "pattern",
            "propertyNames",
        ];
        assert!(known.contains(&key.as_str()), "{at}: this test does not know `{key}`");
    }
    if let Some(kinds) = schema.get("type") {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = kinds.as_str() == Some(kind) || kinds.as_array().is_some_and(|k| k.iter().any(|k| k == kind));
        assert!(fits, "{at}: {kind} is not {kinds}");
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        assert!(choices.contains(value), "{at}: {value} is none of {choices:?}");
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{at}");
    }
    if let Some(object) = value.as_object() {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            assert!(object.contains_key(name.as_str().unwrap()), "{at}: {name} is missing");
        }
        for (name, value) in object {
            let at = format!("{at}/{name}");
            match (schema.pointer(&format!("/properties/{name}")), schema.get("additionalProperties")) {
                (Some(schema), _) | (None, Some(schema @ Value::Object(_))) => holds(root, schema, value, &at),
                _ => panic!("{at} is not in the schema"),
            }
        }
    }
    for (index, value) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(schema) = schema.get("items") {
            holds(root, schema, value, &format!("{at}/{index}"));
        }
    }
}

#[test]
fn keeps_its_schema() {
    let schema = schema();
    for passes in [true, false] {
        holds(&schema, &schema, &report(&Options { passes, ..Options::new("0.1.0") }), "");
    }
}

#[test]
fn every_object_of_the_schema_is_strict() {
    fn walk(schema: &Value, at: &str) {
        if schema.get("properties").is_some() {
            assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(false)), "{at}");
        }
        for (key, inner) in schema.as_object().into_iter().flatten() {
            walk(inner, &format!("{at}/{key}"));
        }
    }
    walk(&schema(), "");
}

#[test]
fn findings_point_at_outcomes_by_index() {
    for passes in [true, false] {
        let report = report(&Options { passes, ..Options::new("0.1.0") });
        let outcomes = report["outcomes"].as_array().unwrap();
        let violations = report["findings"].as_array().unwrap().iter().filter(|f| f["kind"] == "violation");
        let mut count = 0;
        for finding in violations {
            let outcome = outcomes.iter().find(|o| o["index"] == finding["outcome"]).unwrap();
            assert_eq!(outcome["status"], "fail");
            assert_eq!(outcome["severity"], finding["severity"]);
            count += 1;
        }
        assert_eq!(count, report["summary"]["outcomes"]["fail"].as_u64().unwrap());
        assert_eq!(outcomes.iter().any(|o| o["status"] == "pass"), passes);
    }
}

//! Every schema is JSON, and every key of every file stands in the schema of its kind.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test helper may fail its test")]

use attesta_content::{ContentSource, files};
use serde_json::Value;

#[test]
fn every_schema_is_json_and_strict() {
    let mut count = 0;
    for file in files(&ContentSource::Embedded, "schemas").unwrap() {
        let schema: Value = serde_json::from_str(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{}", file.path);
        assert!(schema["title"].is_string(), "{}", file.path);
        assert_ne!(schema["additionalProperties"], Value::Bool(true), "{}", file.path);
        count += 1;
    }
    assert!(count >= 7, "{count} schemas");
}

#[test]
fn every_key_stands_in_its_schema() {
    let kinds = [
        ("pack.yaml", "pack"),
        ("frameworks/hipaa/", "hipaa"),
        ("frameworks/hitrust/csf-structure.yaml", "csf-structure"),
        ("frameworks/hitrust/csf-versions.yaml", "csf-versions"),
        ("factors/", "factors"),
        ("imports/", "import-profile"),
        ("additions/", "additions"),
        ("adviser/", "adviser"),
        ("scope/data-types.yaml", "data-types"),
        ("packs/attesta-statements.yaml", "statement-pack"),
        ("packs/attesta-tailored.yaml", "requirements"),
        ("frameworks/frameworks.yaml", "frameworks"),
        ("mappings/mappings.yaml", "mappings"),
        ("statements/", "statements"),
        ("model/kinds.yaml", "kinds"),
        ("programs/", "program"),
        ("rubrics/", "rubric"),
        ("quality/hitrust/", "quality-checks"),
        ("inheritance/", "inheritance"),
        ("lifecycle/hitrust/phases.yaml", "phases"),
        ("lifecycle/hitrust/figures.yaml", "process-figures"),
        ("lifecycle/hitrust/terms.yaml", "process-terms"),
        ("sampling/", "sample-sizes"),
        ("matrices/", "matrix"),
        ("matrix-profiles/", "matrix-profile"),
        ("measures/", "frequencies"),
        ("effort/", "effort"),
        ("hipaa/rules.yaml", "hipaa-rules"),
        ("hipaa/proposed-2025.yaml", "hipaa-proposed"),
        ("evidence/", "evidence-rules"),
        ("findings/", "foreign-findings"),
        ("crosswalks/lists.yaml", "crosswalk-lists"),
        ("crosswalks/attesta-", "crosswalk"),
        ("crosswalks/hipaa-", "crosswalk"),
    ];
    let schemas: Vec<_> = files(&ContentSource::Embedded, "schemas").unwrap().collect();
    for (path, kind) in kinds {
        let schema = schemas.iter().find(|file| file.inside == format!("schemas/{kind}.schema.json")).unwrap();
        let schema: Value = serde_json::from_str(&schema.text).unwrap();
        let below: Vec<_> = files(&ContentSource::Embedded, "")
            .unwrap()
            .filter(|f| f.inside.starts_with(path) && f.inside.ends_with(".yaml"))
            .collect();
        assert!(!below.is_empty(), "{path}");
        for file in below {
            let value: Value = serde_saphyr::from_str(&file.text).unwrap();
            assert_eq!(value["schema"], schema["properties"]["schema"]["const"], "{}", file.path);
            keys(&schema, &schema, &value, &file.path);
        }
    }
}

#[test]
fn every_key_of_the_clinic_stands_in_its_schema() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/hipaa-clinic/hipaa");
    for kind in ["decisions", "risks", "incidents", "agreements", "practices", "attestations"] {
        let name = format!("schemas/hipaa-{kind}.schema.json");
        let schema = files(&ContentSource::Embedded, "schemas").unwrap().find(|file| file.inside == name).unwrap();
        let schema: Value = serde_json::from_str(&schema.text).unwrap();
        let text = std::fs::read_to_string(folder.join(format!("{kind}.yaml"))).unwrap();
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(value["schema"], schema["properties"]["schema"]["const"], "{kind}");
        keys(&schema, &schema, &value, kind);
    }
}

/// Walks a value and its schema together.
fn keys(root: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(pointer) => root.pointer(pointer.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let own = schema["properties"].get(key);
                let any = schema.get("additionalProperties").filter(|s| s.is_object());
                let Some(next) = own.or(any) else { panic!("{at}: `{key}` is not in the schema") };
                keys(root, next, inner, &format!("{at}/{key}"));
            }
            for key in schema["required"].as_array().into_iter().flatten() {
                assert!(map.contains_key(key.as_str().unwrap()), "{at}: {key} is missing");
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                keys(root, &schema["items"], item, &format!("{at}/{index}"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

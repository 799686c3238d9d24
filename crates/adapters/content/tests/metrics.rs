//! The file of defined metrics: its reader and its published schema say the same, and what is wrong is named in its place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::BTreeSet;

use attesta_content::{Checks, ContentSource, File, files, metrics};
use attesta_kernel::PolicyId;
use attesta_posture::{Counted, Every, Threshold};
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("metrics.yaml");

struct Known;

impl Checks for Known {
    fn group(&self, id: &str) -> Option<BTreeSet<PolicyId>> {
        let policies: &[&str] = match id {
            "topic-public-access" => &["object-store-not-public"],
            "topic-empty" => &[],
            _ => return None,
        };
        Some(policies.iter().map(|p| p.parse().unwrap()).collect())
    }

    fn knows(&self, policy: &PolicyId) -> bool {
        policy.as_str() == "object-store-versioning"
    }
}

fn read(text: &str) -> Result<Vec<attesta_posture::Metric>, String> {
    let file = File { inside: "metrics.yaml".into(), path: "metrics.yaml".into(), text: text.to_owned().into() };
    metrics(&file, &Known).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn schema() -> Value {
    let all = files(&ContentSource::Embedded, "schemas").unwrap();
    let file = all.into_iter().find(|f| f.inside == "schemas/metrics.schema.json").unwrap();
    serde_json::from_str(&file.text).unwrap()
}

fn example() -> Value {
    serde_saphyr::from_str(EXAMPLE).unwrap()
}

/// JSON is YAML; the schema must begin its own line.
fn yaml(value: &Value) -> String {
    format!("schema: {}\nmetrics: {}\n", value["schema"].as_str().unwrap(), value["metrics"])
}

#[test]
fn the_example_is_read() {
    let read = read(EXAMPLE).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(
        (read[0].counts, read[0].threshold, read[0].frequency),
        (Counted::Failing, Threshold::AtMost(0), Every::Week)
    );
    assert_eq!(read[0].policies.iter().map(PolicyId::as_str).collect::<Vec<_>>(), ["object-store-not-public"]);
    assert_eq!(read[0].reactions[0].action.as_deref(), Some("cap-att-11-03"));
    assert_eq!((read[1].threshold, read[1].treatment.as_deref()), (Threshold::AtLeast(98), None));
    assert_eq!(self::read(&yaml(&example())).unwrap(), read, "as JSON it is the same");
}

/// Every object of the example with its schema: its path, and the schema's object.
fn objects<'s>(schema: &'s Value, value: &Value, at: &str, found: &mut Vec<(String, &'s Value)>) {
    match value {
        Value::Object(map) => {
            found.push((at.to_owned(), schema));
            for (key, inner) in map {
                let next = schema["properties"].get(key).unwrap_or_else(|| panic!("{at}/{key} is not in the schema"));
                objects(next, inner, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| objects(&schema["items"], item, &format!("{at}/{i}"), found));
        }
        _ => {}
    }
}

#[test]
fn reader_and_schema_want_the_same_keys() {
    let (schema, example) = (schema(), example());
    let mut found = Vec::new();
    objects(&schema, &example, "", &mut found);
    let mut shown: BTreeSet<(usize, String)> = BTreeSet::new();
    for (at, object) in &found {
        let map = example.pointer(at).unwrap().as_object().unwrap();
        let required: BTreeSet<&str> =
            object["required"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
        for key in map.keys() {
            shown.insert((std::ptr::from_ref(*object).addr(), key.clone()));
            let mut without = example.clone();
            without.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(key);
            if key == "schema" {
                continue;
            }
            let refused = read(&yaml(&without)).is_err();
            let one_of = object.get("maxProperties").is_some();
            assert_eq!(refused, required.contains(key.as_str()) || one_of, "{at}/{key}");
        }
        let mut more = example.clone();
        more.pointer_mut(at).unwrap().as_object_mut().unwrap().insert("colour".into(), json!("red"));
        assert!(!at.is_empty() && read(&yaml(&more)).is_err() || at.is_empty(), "{at}: a key that nobody knows");
        assert_eq!(object["additionalProperties"], false, "{at}");
    }
    for (at, object) in &found {
        for key in object["properties"].as_object().unwrap().keys() {
            let there = shown.contains(&(std::ptr::from_ref(*object).addr(), key.clone()));
            assert!(there, "the example shows no `{key}` at {at}");
        }
    }
}

#[test]
fn words_of_the_schema_are_those_of_the_reader() {
    let schema = schema();
    let metric = &schema["properties"]["metrics"]["items"]["properties"];
    let words = |value: &Value| {
        value["enum"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words(&metric["counts"]), Counted::ALL.map(|c| c.as_str().to_owned()));
    assert_eq!(words(&metric["frequency"]), Every::ALL.map(|e| e.as_str().to_owned()));
    assert_eq!(words(&metric["review_frequency"]), Every::ALL.map(|e| e.as_str().to_owned()));
    let frequencies = attesta_content::frequencies(&ContentSource::Embedded).unwrap();
    assert!(Every::ALL.iter().all(|e| frequencies.contains_key(e.as_str())), "the words that measures use");
}

#[test]
fn what_is_wrong_is_named_in_its_place() {
    for (from, to, told) in [
        ("group: topic-public-access", "group: topic-doors", "metrics.yaml:7"),
        ("group: topic-public-access", "group: topic-empty", "no policy speaks for the metric"),
        (
            "{group: topic-public-access}",
            "{group: topic-public-access, policies: [object-store-versioning]}",
            "not exactly one of `group`",
        ),
        ("[object-store-versioning]", "[object-store-colour]", "there is no policy `object-store-colour`"),
        ("counts: failing", "counts: sheep", "`sheep` cannot be counted"),
        ("{at_most: 0}", "{at_most: 0, at_least: 1}", "not exactly one of `at_most`"),
        ("frequency: weekly", "frequency: often", "`often` is no length of a period"),
        ("starts: 2026-01-05", "starts: soon", "metrics.yaml:11"),
        ("id: versions", "id: public-doors", "stands here twice"),
        ("requirements: [ATT-16-01]", "requirements: []", "measures no requirement"),
        ("describes: \"Former versions are kept\"", "describes: \" \"", "`describes` is empty"),
        ("breach: 2026-01-14", "breach: then", "metrics.yaml:18"),
    ] {
        let changed = EXAMPLE.replacen(from, to, 1);
        assert_ne!(changed, EXAMPLE, "{from}");
        let fault = read(&changed).unwrap_err();
        assert!(fault.contains(told), "{to}: {fault}");
    }
}

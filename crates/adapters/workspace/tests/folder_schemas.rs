//! The published schemas of an assessment's folder say what its readers say, both ways: every key that a reader accepts stands in
//! the schema and the other way round, required keys are missed, and values of another shape are refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::{collections::BTreeSet, fs, path::Path};

use attesta_assessment::Purpose;
use attesta_catalog::Fault;
use attesta_content::{ContentSource, files, process};
use attesta_workspace::{
    Folder, actions, checks, history, import_record, metric_results, notices, overrides, proposals, samples, submission,
};
use serde_json::{Value, json};

const HEADER: &str = include_str!("folder/assessment.yaml");

/// Where a kind of file stands, its schema, and an example with every key.
const EXAMPLES: [(&str, &str, &str); 17] = [
    ("assessment.yaml", "assessment", HEADER),
    ("people.yaml", "people", include_str!("folder/people.yaml")),
    ("evidence.yaml", "evidence", include_str!("folder/evidence.yaml")),
    ("measures.yaml", "measures", include_str!("folder/measures.yaml")),
    ("answers/01.yaml", "answers", include_str!("folder/answers.yaml")),
    ("validation/01.yaml", "validation", include_str!("folder/validation.yaml")),
    ("inheritance/sources/host.yaml", "inheritance-source", include_str!("folder/source.yaml")),
    ("inheritance/requests.yaml", "inheritance-requests", include_str!("folder/requests.yaml")),
    ("matrices/host.yaml", "matrix", include_str!("folder/matrix.yaml")),
    ("scope.yaml", "scope", include_str!("folder/scope.yaml")),
    ("proposals.yaml", "proposals", include_str!("folder/proposals.yaml")),
    ("checks.yaml", "checks", include_str!("folder/checks.yaml")),
    ("metric-results.yaml", "metric-results", include_str!("folder/metric-results.yaml")),
    ("lifecycle.yaml", "lifecycle", include_str!("folder/lifecycle.yaml")),
    ("samples/s1.yaml", "sample", include_str!("folder/sample.yaml")),
    ("events.yaml", "events", include_str!("folder/events.yaml")),
    ("imports/own.yaml", "import", include_str!("folder/import.yaml")),
];

/// Every fault that the reader of this file finds.
fn faults(inside: &str, text: &str) -> Vec<Fault> {
    let dir = tempfile::tempdir().unwrap();
    for (inside, text) in [("assessment.yaml", HEADER), (inside, text)] {
        let path = dir.path().join(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let folder = Folder::open(dir.path()).unwrap();
    let found = match inside.split(['/', '.']).next().unwrap() {
        "proposals" => proposals(&folder).err(),
        "checks" => checks(&folder).err(),
        "metric-results" => metric_results(&folder).err(),
        "samples" => samples(&folder).err(),
        "events" => notices(&folder, "2026-12-31".parse().unwrap()).err(),
        "imports" => import_record(&folder, &"own".parse().unwrap()).err(),
        "actions" => actions(&folder).err(),
        "overrides" => overrides(&folder).err(),
        "submission" => submission(&folder).err(),
        "lifecycle" => {
            let process = process(&ContentSource::Embedded).unwrap();
            let (track, _) = process.phases.track(Purpose::Validated, "2026-01-02".parse().unwrap()).unwrap();
            history(&folder, Purpose::Validated, track).err()
        }
        _ => attesta_workspace::read(&folder, Vec::new()).err(),
    };
    found.unwrap_or_default()
}

fn schema(name: &str) -> Value {
    let inside = format!("schemas/{name}.schema.json");
    let file = files(&ContentSource::Embedded, "schemas").unwrap().find(|f| f.inside == inside).unwrap();
    serde_json::from_str(&file.text).unwrap()
}

/// JSON is YAML; the schema must begin its own line.
fn yaml(value: &Value) -> String {
    let map = value.as_object().unwrap();
    let line = |(key, value): (&String, &Value)| match value {
        Value::String(text) if key == "schema" => format!("schema: {text}\n"),
        _ => format!("{}: {value}\n", json!(key)),
    };
    map.iter().map(line).collect()
}

/// A map of a document: where it stands, and where its schema stands.
type Node = (String, String);

/// Every map that the schema names keys for, every scalar, and what contradicts the schema.
struct Walk<'a> {
    root: &'a Value,
    maps: Vec<Node>,
    scalars: Vec<String>,
    wrong: Vec<String>,
}

impl Walk<'_> {
    fn of<'a>(root: &'a Value, document: &Value) -> Walk<'a> {
        let mut walk = Walk { root, maps: Vec::new(), scalars: Vec::new(), wrong: Vec::new() };
        walk.at(document, String::new(), String::new());
        walk
    }

    fn at(&mut self, value: &Value, at: String, mut schema_at: String) {
        let root = self.root;
        if let Some(pointer) = root.pointer(&schema_at).unwrap()["$ref"].as_str() {
            schema_at = pointer.trim_start_matches('#').to_owned();
        }
        let schema = root.pointer(&schema_at).unwrap();
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = |choice: &Value| match value {
                Value::Object(_) => choice["type"] == "object",
                Value::Array(_) => choice["type"] == "array",
                _ => choice["type"] == "string" || choice.get("enum").is_some(),
            };
            match choices.iter().position(fits) {
                Some(index) => self.at(value, at, format!("{schema_at}/oneOf/{index}")),
                None => self.wrong.push(at),
            }
            return;
        }
        match value {
            Value::Object(map) => {
                if schema.get("properties").is_some() {
                    self.maps.push((at.clone(), schema_at.clone()));
                }
                for required in schema["required"].as_array().into_iter().flatten() {
                    if !map.contains_key(required.as_str().unwrap()) {
                        self.wrong.push(format!("{at} misses {required}"));
                    }
                }
                for (key, inner) in map {
                    let own = schema["properties"].get(key).is_some();
                    let next = if own {
                        format!("{schema_at}/properties/{key}")
                    } else if schema["additionalProperties"].is_object() {
                        format!("{schema_at}/additionalProperties")
                    } else {
                        self.wrong.push(format!("{at}/{key} is not in the schema"));
                        continue;
                    };
                    self.at(inner, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), next);
                }
            }
            Value::Array(items) => {
                if schema["type"] != "array" {
                    self.wrong.push(format!("{at} is a list"));
                    return;
                }
                for (index, item) in items.iter().enumerate() {
                    self.at(item, format!("{at}/{index}"), format!("{schema_at}/items"));
                }
            }
            scalar => {
                let words = schema["enum"].as_array();
                if words.is_some_and(|words| !words.contains(scalar))
                    || schema.get("const").is_some_and(|c| c != scalar)
                {
                    self.wrong.push(format!("{at}: {scalar}"));
                }
                if schema["type"] == "object" || schema["type"] == "array" {
                    self.wrong.push(format!("{at} is {scalar}"));
                }
                self.scalars.push(at);
            }
        }
    }
}

/// Where schemas with keys of their own stand in a schema.
fn named(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if map.get("properties").is_some_and(Value::is_object) && map.get("type") == Some(&json!("object")) {
                found.insert(at.to_owned());
            }
            map.iter().for_each(|(key, inner)| named(inner, &format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| named(inner, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// The keys that a fault's help names.
fn known(help: &str) -> BTreeSet<String> {
    let keys = help.trim_start_matches("known here: ").replace(" or ", ", ");
    keys.split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_examples_read_and_fit_and_show_every_map() {
    for (inside, name, text) in EXAMPLES {
        let schema = schema(name);
        let document: Value = serde_saphyr::from_str(text).unwrap();
        let walk = Walk::of(&schema, &document);
        assert_eq!(walk.wrong, Vec::<String>::new(), "{inside}");
        let mut all = BTreeSet::new();
        named(&schema, "", &mut all);
        assert_eq!(walk.maps.iter().map(|(_, s)| s.clone()).collect::<BTreeSet<_>>(), all, "{inside}");
        // A history of one's own making never has the right digests; that it is read at all shows in its fault.
        let found: Vec<String> = faults(inside, text).iter().map(|f| f.message.clone()).collect();
        if name == "lifecycle" {
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("entry 1"), "{found:?}");
        } else {
            assert_eq!(found, Vec::<String>::new(), "{inside}");
        }
    }
}

#[test]
fn readers_know_the_keys_of_the_schema_and_no_others() {
    let mut maps = 0;
    for (inside, name, text) in EXAMPLES {
        let schema = schema(name);
        let document: Value = serde_saphyr::from_str(text).unwrap();
        for (at, schema_at) in Walk::of(&schema, &document).maps {
            maps += 1;
            let mut other = document.clone();
            other.pointer_mut(&at).unwrap().as_object_mut().unwrap().insert("zzz".into(), json!(1));
            let found = faults(inside, &yaml(&other));
            let fault = found.iter().find(|f| f.message == "unknown key `zzz`");
            let fault = fault.unwrap_or_else(|| panic!("{inside}{at}: {found:?}"));
            let keys: BTreeSet<String> =
                schema.pointer(&schema_at).unwrap()["properties"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(known(fault.help.as_deref().unwrap_or_default()), keys, "{inside}{at}");
        }
    }
    assert!(maps >= 50, "{maps} maps");
}

#[test]
fn what_the_schema_requires_is_missed_and_nothing_else_is() {
    for (inside, name, text) in EXAMPLES {
        let schema = schema(name);
        let document: Value = serde_saphyr::from_str(text).unwrap();
        for (at, schema_at) in Walk::of(&schema, &document).maps {
            let required: BTreeSet<&str> = schema.pointer(&schema_at).unwrap()["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for key in document.pointer(&at).unwrap().as_object().unwrap().keys().filter(|key| *key != "schema") {
                let mut other = document.clone();
                other.pointer_mut(&at).unwrap().as_object_mut().unwrap().remove(key);
                let missed = format!("missing field `{key}`");
                let told = faults(inside, &yaml(&other)).iter().any(|f| f.message == missed);
                assert_eq!(told, required.contains(key.as_str()), "{inside}{at}/{key}");
            }
        }
    }
}

#[test]
fn a_map_or_a_list_where_a_scalar_stands_is_refused() {
    for (inside, name, text) in EXAMPLES {
        let schema = schema(name);
        let document: Value = serde_saphyr::from_str(text).unwrap();
        for at in Walk::of(&schema, &document).scalars {
            for wrong in [json!({"zzz": {}}), json!([[[]]])] {
                let mut other = document.clone();
                *other.pointer_mut(&at).unwrap() = wrong;
                let found = faults(inside, &yaml(&other));
                let placed = found.iter().any(|f| f.place.line.is_some() || at == "/schema");
                assert!(placed, "{inside}{at}: {found:?}");
            }
        }
    }
}

/// The kind of a file of a folder by its path.
fn kind(inside: &str) -> Option<&'static str> {
    let name = match inside.split_once('/') {
        Some(("answers", _)) => "answers",
        Some(("validation", _)) => "validation",
        Some(("inheritance", rest)) if rest.starts_with("sources/") => "inheritance-source",
        Some(("inheritance", _)) => "inheritance-requests",
        Some(("matrices", _)) => "matrix",
        Some(("samples", _)) => "sample",
        Some(("actions", _)) => "actions",
        Some(_) => return None,
        None => match inside {
            "assessment.yaml" => "assessment",
            "people.yaml" => "people",
            "evidence.yaml" => "evidence",
            "measures.yaml" => "measures",
            "scope.yaml" => "scope",
            "factors.yaml" => "factor-answers",
            "actions.yaml" => "actions",
            "overrides.yaml" => "overrides",
            "submission.yaml" => "submission",
            "proposals.yaml" => "proposals",
            "checks.yaml" => "checks",
            "lifecycle.yaml" => "lifecycle",
            "events.yaml" => "events",
            _ => return None,
        },
    };
    Some(name)
}

#[test]
fn the_stories_folders_fit_their_schemas() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures");
    let mut seen = 0;
    for story in ["telehealth-r2", "wellness-e1", "hipaa-clinic"] {
        let mut waiting = vec![root.join(story)];
        while let Some(dir) = waiting.pop() {
            for entry in fs::read_dir(&dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                    continue;
                }
                let inside = path.strip_prefix(root.join(story)).unwrap().display().to_string();
                let Some(name) = kind(&inside).filter(|_| inside.ends_with(".yaml")) else { continue };
                let document: Value = serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
                assert_eq!(Walk::of(&schema(name), &document).wrong, Vec::<String>::new(), "{}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 50, "{seen} files");
}

/// Examples of the page are read as they stand; each begins with a comment that names its file.
#[test]
fn the_page_shows_what_readers_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/assessment-folder.md");
    let page = fs::read_to_string(page).unwrap();
    let mut seen = 0;
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let inside = text.lines().next().unwrap().trim_start_matches("# ").split(':').next().unwrap();
        if inside == "lifecycle.yaml" {
            continue;
        }
        let found: Vec<String> = faults(inside, text).iter().map(ToString::to_string).collect();
        assert_eq!(found, Vec::<String>::new(), "{inside}");
        seen += 1;
    }
    assert!(seen >= 15, "{seen} examples");
}

//! A monitor's configuration: the sample that ships, its schema, and what is refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of the test functions")]

use std::collections::BTreeSet;

use attesta_content::{ContentSource, File, files, monitor};
use attesta_drift::{Origin, Schedule, Via};
use serde_json::Value;

const SAMPLE: &str = include_str!("../../../../examples/monitor/monitor.yaml");

fn file(text: &str) -> File {
    File { inside: "monitor.yaml".into(), path: "monitor.yaml".into(), text: text.to_owned().into() }
}

#[test]
fn the_sample_reads_as_it_says() {
    let plan = monitor(&file(SAMPLE)).unwrap();
    let names: Vec<&str> = plan.sources.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["app-host", "telehealth-code", "aws-production"]);
    assert!(matches!(&plan.sources[0].schedule, Schedule::Every(pause) if pause.as_hours() == 1));
    assert!(matches!(&plan.sources[1].schedule, Schedule::Daily(times) if times.len() == 2));
    assert!(matches!(&plan.sources[2].origin, Origin::Collect(arguments) if arguments.len() == 3));
    assert_eq!(plan.windows.len(), 2);
    assert!(matches!(plan.routes[0].via, Via::Console));
    assert_eq!(plan.routes.len(), 4);
}

/// Paths of keys, list positions left out.
fn keys(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                found.insert(format!("{at}/{name}"));
                keys(field, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, at, found)),
        _ => {}
    }
}

fn schema_keys(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(format!("{at}/{name}"));
        schema_keys(field, &format!("{at}/{name}"), found);
    }
    if schema["items"].is_object() {
        schema_keys(&schema["items"], at, found);
    }
}

#[test]
fn the_schema_has_every_key_of_the_reader_and_no_other() {
    // The sample holds all keys that the reader knows, since the reader refuses others.
    let value: Value = serde_saphyr::from_str(SAMPLE).unwrap();
    let mut sample = BTreeSet::new();
    keys(&value, "", &mut sample);
    let file = files(&ContentSource::Embedded, "schemas").unwrap();
    let file = file.into_iter().find(|f| f.inside.ends_with("monitor.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&file.text).unwrap();
    let mut known = BTreeSet::new();
    schema_keys(&schema, "", &mut known);
    assert_eq!(sample, known);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_line_and_mend() {
    for (from, to, line, said) in [
        ("folder: kept", "folder: ''", 4, "the folder is not named"),
        ("name: app-host", "name: App", 6, "`App` is not a source's name"),
        ("name: telehealth-code", "name: app-host", 9, "two sources are called `app-host`"),
        ("every: 1h", "every: 10s", 6, "`10s` is no pause"),
        ("every: 1h", "every: 99d", 6, "`99d` is no pause"),
        ("every: 1h", "daily: [\"25:00\"]", 6, "`25:00` is no time of day"),
        ("every: 1h", "daily: [\"6:00\"]", 6, "`6:00` is no time of day"),
        ("every: 1h", "daily: []", 6, "has more than one of `every`, `daily` and `cron`, or none"),
        (
            "every: 1h",
            "every: 1h\n  daily: [\"06:00\"]",
            6,
            "has more than one of `every`, `daily` and `cron`, or none",
        ),
        ("  paths: [../app-host/resources.jsonl]\n", "", 6, "has `paths` and `collect`, or neither"),
        ("[aws, --profile, production]", "[aws, --output, x]", 17, "says where to collect to"),
        ("  assessment: ../../fixtures/telehealth-r2\n", "", 9, "names a component of no assessment"),
        ("to: 2026-12-01T04", "to: 2026-12-01T01", 20, "holds nothing"),
        ("days: [sunday]", "days: [sonntag]", 24, "`sonntag` is no day of the week"),
        ("[\"23:00\", \"01:00\"]", "[\"23:00\"]", 24, "does not say when"),
        ("because: the database moves", "because: ''", 20, "says why"),
        ("  sources: [aws-production]\n- because", "  sources: [aws]\n- because", 20, "there is no source `aws`"),
        ("  key_file: hook.key\n", "", 30, "has no key to sign with"),
        ("key_file: hook.key", "key_file: hook.key\n  key_env: X", 30, "has two keys"),
        ("console: true", "console: false", 28, "is not one way out"),
        ("severity: high", "severity: loud", 30, "`loud` is no severity"),
        ("to: [ops@example.org]", "to: []", 38, "is not one way out"),
        ("name: second-hook", "name: console", 35, "two routes are called `console`"),
    ] {
        assert!(SAMPLE.contains(from), "{from}");
        let faults = monitor(&file(&SAMPLE.replacen(from, to, 1))).unwrap_err();
        let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|f| f.contains(said)), "{to}: {shown:?}");
        let place = faults.iter().find(|f| f.to_string().contains(said)).unwrap();
        assert!(place.place.line.is_some_and(|l| l.abs_diff(line) <= 3), "{to}: {place}");
    }
    for (text, said) in [
        (SAMPLE.replace("routes:\n", "extra: 1\nroutes:\n"), "extra"),
        ("schema: attesta.monitor/1\nfolder: x\nsources: []\nroutes: []\n".to_owned(), "there are no sources"),
        ("schema: attesta.monitor/2\n".to_owned(), "attesta.monitor/2"),
    ] {
        let faults = monitor(&file(&text)).unwrap_err();
        assert!(faults.iter().any(|f| f.to_string().contains(said)), "{faults:?}");
    }
}

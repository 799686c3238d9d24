//! Changes that somebody asked for, from management events: who, what, when, and every name in the request.

use std::path::{Path, PathBuf};

use attesta_drift::ChangeEvent;
use attesta_kernel::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::files::{Fault, bytes, files};

/// No more names of one event are kept.
const MOST_NAMES: usize = 64;
/// Requests are looked into so deep.
const DEPTH: u8 = 8;

#[derive(Deserialize)]
struct Log {
    #[serde(rename = "Records", default)]
    records: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    event_time: String,
    event_name: String,
    event_source: String,
    #[serde(default)]
    read_only: Option<Value>,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    user_identity: Value,
    #[serde(default)]
    request_parameters: Value,
    #[serde(default)]
    response_elements: Value,
    #[serde(default)]
    resources: Value,
}

/// Reads every change of the files that the paths name, and in folders of every `.json` and `.json.gz`. Reads and refused
/// requests changed nothing and are left out.
pub fn changes(paths: &[PathBuf]) -> (Vec<ChangeEvent>, Vec<Fault>) {
    let (mut events, mut faults) = (Vec::new(), Vec::new());
    for path in files(paths, &mut faults) {
        match of_file(&path) {
            Ok(more) => events.extend(more),
            Err(what) => faults.push(Fault { place: path.display().to_string(), what }),
        }
    }
    events.sort_by(|a, b| (a.at, &a.service, &a.operation, &a.actor).cmp(&(b.at, &b.service, &b.operation, &b.actor)));
    // CloudTrail may deliver an event more than once.
    events.dedup();
    (events, faults)
}

fn of_file(path: &Path) -> Result<Vec<ChangeEvent>, String> {
    let (_, unpacked) = bytes(path).map_err(|error| format!("cannot be read: {error}"))?;
    let log: Log = serde_json::from_slice(&unpacked).map_err(|error| format!("is not CloudTrail's JSON: {error}"))?;
    log.records.into_iter().filter_map(|record| record.event().transpose()).collect()
}

impl Change {
    fn event(self) -> Result<Option<ChangeEvent>, String> {
        let reads = match &self.read_only {
            Some(Value::Bool(reads)) => *reads,
            Some(Value::String(text)) => text == "true",
            _ => ["Get", "List", "Describe", "Head"].iter().any(|verb| self.event_name.starts_with(verb)),
        };
        if reads || self.error_code.is_some() {
            return Ok(None);
        }
        let at: Timestamp =
            self.event_time.parse().map_err(|_| format!("`eventTime` `{}` is no time", self.event_time))?;
        let mut names = Vec::new();
        for part in [&self.request_parameters, &self.response_elements, &self.resources] {
            gather(part, DEPTH, &mut names);
        }
        let service = self.event_source.split('.').next().unwrap_or_default().to_owned();
        let actor = actor(&self.user_identity);
        Ok(Some(ChangeEvent { at, service, operation: self.event_name, actor, names }))
    }
}

fn actor(identity: &Value) -> String {
    let text = |pointer: &str| identity.pointer(pointer).and_then(Value::as_str);
    let found = text("/arn").or_else(|| text("/invokedBy")).or_else(|| text("/principalId"));
    found.or_else(|| text("/accountId")).unwrap_or("somebody whom the event does not name").to_owned()
}

fn gather(value: &Value, depth: u8, names: &mut Vec<String>) {
    if depth == 0 || names.len() >= MOST_NAMES {
        return;
    }
    match value {
        Value::String(text) if (3..=2048).contains(&text.len()) && !names.contains(text) => names.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, depth.saturating_sub(1), names)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, depth.saturating_sub(1), names)),
        _ => {}
    }
}

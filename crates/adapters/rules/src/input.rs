use attesta_resource::{Attribute, Record, Resource, Snapshot, Value};
use serde_json::{Map, Value as Json, json};

use crate::stand_in::MARKER;

/// What a policy sees of a resource, as `input`.
///
/// Dotted attribute names become objects within objects; an unknown value becomes `{"$unknown": "why"}`, and its path
/// stands in `input.unknown`. `raw` is the source's own document of the resource, when it is at hand.
pub fn input_of(resource: &Resource, snapshot: &Snapshot, raw: Option<Json>) -> Json {
    let mut unknown = Vec::new();
    let attributes = record(&resource.attributes, "", &mut unknown);
    let mut input = Map::new();
    input.insert("kind".into(), resource.kind.as_str().into());
    input.insert("address".into(), resource.address.as_ref().into());
    input.insert("names".into(), resource.names.iter().map(AsRef::as_ref).collect());
    input.insert("attributes".into(), Json::Object(attributes));
    input.insert("unknown".into(), unknown.into());
    if let Some(source) = snapshot.source(resource.source) {
        let document = snapshot.document(source.document);
        input.insert(
            "origin".into(),
            json!({
                "document": document.map(|d| d.path.as_str()),
                "format": document.map(|d| d.format.as_str()),
                "address": source.address.as_ref(),
                "type": source.type_name.as_ref(),
                "pointer": source.pointer.as_ref(),
            }),
        );
    }
    if let Some(raw) = raw {
        input.insert("raw".into(), raw);
    }
    Json::Object(input)
}

fn record(record: &Record, above: &str, unknown: &mut Vec<String>) -> Map<String, Json> {
    let mut fields = Map::new();
    for (name, attribute) in record.iter() {
        let value = value(attribute, &format!("{above}{name}"), unknown);
        put(&mut fields, name, value);
    }
    fields
}

/// Puts a value under a dotted name. Where one name is the beginning of another (`key` and `key.id`), the shorter one's
/// value goes under `""`, so that neither is lost.
fn put(fields: &mut Map<String, Json>, name: &str, value: Json) {
    let Some((first, rest)) = name.split_once('.') else {
        match fields.get_mut(name) {
            Some(Json::Object(inner)) => inner.insert(String::new(), value),
            _ => fields.insert(name.to_owned(), value),
        };
        return;
    };
    let inner = fields.entry(first).or_insert_with(|| Json::Object(Map::new()));
    if !inner.is_object() || inner.get(MARKER).is_some() {
        *inner = json!({ "": inner.take() });
    }
    if let Json::Object(inner) = inner {
        put(inner, rest, value);
    }
}

fn value(attribute: &Attribute, path: &str, unknown: &mut Vec<String>) -> Json {
    match &attribute.value {
        Value::Unknown(why) => {
            unknown.push(path.to_owned());
            json!({ MARKER: why.to_string() })
        }
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Text(value) => value.as_ref().into(),
        Value::List(items) => {
            (0_usize..).zip(items).map(|(index, item)| value_of_item(item, path, index, unknown)).collect()
        }
        Value::Record(inner) => Json::Object(record(inner, &format!("{path}/"), unknown)),
    }
}

fn value_of_item(item: &Attribute, list: &str, index: usize, unknown: &mut Vec<String>) -> Json {
    value(item, &format!("{list}/{index}"), unknown)
}

//! For the families' own tests: source resources written as JSON, normalised as a reader would.

use attesta_resource::{DocumentIndex, Record, Resource, Unknown, Value};

use crate::{
    assemble::assemble,
    inventory::{Entry, Inventory, Parsed},
    node::{Node, Reference},
};

/// Normalises these source resources: `(address, canonical type, properties)`.
///
/// In the properties `{"$unknown": "why"}` is a value that cannot be seen, `{"$ref": "address"}` certainly another
/// resource's value, and `{"$late": ["address"]}` decided at apply from these.
pub(crate) fn normalise(entries: &[(&str, &str, serde_json::Value)]) -> Vec<Resource> {
    assemble(&inventory(entries), DocumentIndex(0), 0, false).resources
}

/// The same, not normalised yet.
pub(crate) fn inventory(entries: &[(&str, &str, serde_json::Value)]) -> Inventory<'static> {
    Inventory {
        entries: entries
            .iter()
            .map(|(address, canonical, _)| Entry {
                address: (*address).into(),
                type_name: (*canonical).into(),
                canonical: (*canonical).into(),
                pointer: format!("/{address}").into(),
            })
            .collect(),
        left_out: Vec::new(),
        loader: Box::new(Parsed(entries.iter().map(|(_, _, json)| node(json)).collect())),
    }
}

/// The one resource that these give.
pub(crate) fn one(entries: &[(&str, &str, serde_json::Value)]) -> Resource {
    let mut resources = normalise(entries);
    assert_eq!(resources.len(), 1, "{resources:#?}");
    resources.remove(0)
}

/// The attribute as short text: `true`, `"text"`, `[…]`, `unknown`, `absent`.
pub(crate) fn show(resource: &Resource, name: &str) -> String {
    show_in(&resource.attributes, name)
}

/// The same for a record.
pub(crate) fn show_in(record: &Record, name: &str) -> String {
    match record.get(name).map(|a| &a.value) {
        None => "absent".to_owned(),
        Some(Value::Unknown(_)) => "unknown".to_owned(),
        Some(value) => value.to_string(),
    }
}

/// Asserts many attributes at once.
pub(crate) fn check(resource: &Resource, expected: &[(&str, &str)]) {
    for (name, want) in expected {
        assert_eq!(&show(resource, name), want, "{} of {}", name, resource.address);
    }
}

/// Properties as a reader would hand them on; see [`normalise`].
pub(crate) fn node(json: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    match json {
        Json::Null => Node::Null,
        Json::Bool(b) => Node::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| Node::Decimal(n.to_string().into()), Node::Int),
        Json::String(s) => Node::Text(s.as_str().into()),
        Json::Array(items) => Node::List(items.iter().map(node).collect()),
        Json::Object(map) => match map.iter().next() {
            Some((key, value)) if key == "$unknown" => {
                Node::Unknown(Unknown::Unresolved { what: value.as_str().unwrap_or_default().into() })
            }
            Some((key, value)) if key == "$ref" => {
                Node::Reference(Reference { address: value.as_str().unwrap_or_default().into(), attribute: "".into() })
            }
            Some((key, value)) if key == "$late" => {
                Node::Late(value.as_array().into_iter().flatten().filter_map(|v| v.as_str()).map(Into::into).collect())
            }
            _ => Node::Map(map.iter().map(|(k, v)| (k.as_str().into(), node(v))).collect()),
        },
    }
}

//! One resource's properties, in the spelling that normalisers know.

use std::{borrow::Cow, collections::HashMap};

use attesta_resource::Unknown;
use serde::Deserialize;

use crate::node::Node;

use super::{
    names::{Below, Dialect},
    special,
};

/// Under which key a resource of the native provider has the id that AWS gave it. In an exported stack others refer to
/// it by that.
pub(crate) const PHYSICAL_ID: &str = "PhysicalId";

#[derive(Deserialize)]
struct Full<'a> {
    #[serde(default)]
    inputs: Option<Node>,
    #[serde(default)]
    outputs: Option<Node>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "propertyDependencies")]
    depends: Option<Dependencies<'a>>,
}

/// The resources that each property's value comes from.
type Dependencies<'a> = HashMap<Cow<'a, str>, Option<Vec<Cow<'a, str>>>>;

/// Parses a resource's state: inputs, what outputs add at the top level, and its id.
pub(super) fn read(raw: &str, dialect: &Dialect) -> Result<Node, String> {
    let full: Full<'_> = serde_json::from_str(raw).map_err(|error| error.to_string())?;
    let mut properties: Vec<(Box<str>, Node)> = Vec::new();
    for (of_inputs, said) in [(true, full.inputs), (false, full.outputs)] {
        let Some(Node::Map(said)) = said else { continue };
        for (key, value) in said {
            if is_internal(&key) || matches!(value, Node::Null) {
                continue;
            }
            let from = match &full.depends {
                Some(depends) if of_inputs => depends.get(&*key).and_then(Option::as_deref).unwrap_or_default(),
                _ => &[],
            };
            let from: Vec<Box<str>> = from.iter().map(|urn| (&**urn).into()).collect();
            let (name, below) = dialect.key("", &key, &value);
            if properties.iter().any(|(known, _)| **known == *name) {
                continue;
            }
            let mut value = convert(value, &name, dialect, below, &from);
            if of_inputs {
                name_the_program(&mut value);
            }
            properties.push((name.into(), value));
        }
    }
    let id = full.id.filter(|id| !id.is_empty());
    let key = match dialect {
        Dialect::Classic(_) => "id",
        // CloudFormation has no property of this meaning.
        Dialect::Native(_) => PHYSICAL_ID,
        Dialect::Other => return Ok(Node::Map(properties)),
    };
    if let Some(id) = id
        && !properties.iter().any(|(known, _)| &**known == key)
    {
        let id = special::text(&id, &[]).unwrap_or_else(|| Node::Text(id.into()));
        properties.push((key.into(), id));
    }
    Ok(Node::Map(properties))
}

/// An input is the author's word even where it depends on nothing that Pulumi knows of. An unknown from nothing would
/// read as one that only the provider computes.
fn name_the_program(node: &mut Node) {
    match node {
        Node::Unknown(Unknown::AfterApply { from }) if from.is_empty() => *from = "the program".into(),
        Node::List(items) => items.iter_mut().for_each(name_the_program),
        Node::Map(entries) => entries.iter_mut().for_each(|(_, value)| name_the_program(value)),
        _ => {}
    }
}

/// Keys that the engine and its bridge keep for themselves.
fn is_internal(key: &str) -> bool {
    key.starts_with("__")
}

/// Special values told apart, keys respelled; `parent` is the respelled key under which the value stands.
fn convert(node: Node, parent: &str, dialect: &Dialect, below: Below, from: &[Box<str>]) -> Node {
    match node {
        Node::Text(text) => special::text(&text, from).unwrap_or(Node::Text(text)),
        Node::List(items) => {
            Node::List(items.into_iter().map(|item| convert(item, parent, dialect, below, from)).collect())
        }
        Node::Map(entries) => match special::map(entries, from) {
            Node::Map(entries) => map(entries, parent, dialect, below, from),
            // What was hidden inside, such as a secret list.
            node @ Node::List(_) => convert(node, parent, dialect, below, from),
            node => node,
        },
        other => other,
    }
}

fn map(entries: Vec<(Box<str>, Node)>, parent: &str, dialect: &Dialect, below: Below, from: &[Box<str>]) -> Node {
    // A record's keys are all in lower camel case; with any other key it is the user's own map or a policy document.
    let below = match below {
        Below::Records if !entries.iter().all(|(key, _)| is_internal(key) || is_lower_camel(key)) => Below::Open,
        below => below,
    };
    let mut converted = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        if is_internal(&key) {
            continue;
        }
        let (name, next) = match below {
            Below::Open => (Cow::Borrowed(&*key), Below::Open),
            Below::KeyedRecords => (Cow::Borrowed(&*key), Below::Records),
            Below::Records => dialect.key(parent, &key, &value),
        };
        let value = convert(value, &name, dialect, next, from);
        converted.push((name.into(), value));
    }
    Node::Map(converted)
}

fn is_lower_camel(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase()) && key.bytes().all(|b| b.is_ascii_alphanumeric())
}

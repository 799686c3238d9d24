//! The tree that every reader hands to the normalisers: JSON plus *unknown* and *reference*.

use attesta_resource::Unknown;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value as a source states it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Node {
    /// Said to be nothing; the same as not said.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, kept as it was written; no attribute of the model is one.
    Decimal(Box<str>),
    /// Text.
    Text(Box<str>),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the source's order.
    Map(Vec<(Box<str>, Node)>),
    /// Its value cannot be seen here.
    Unknown(Unknown),
    /// Certainly the value of another resource of the same document (`Ref`, `Fn::GetAtt`): set, but its text is not known.
    Reference(Reference),
    /// Decided at apply from these addresses of the same document; may turn out to be nothing.
    Late(Vec<Box<str>>),
}

/// A pointer to another resource of the same document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The other resource's address.
    pub(crate) address: Box<str>,
    /// Which of its attributes; empty for its id.
    pub(crate) attribute: Box<str>,
}

impl Node {
    /// The value under `key`, when this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(k, _)| &**k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The value under `key`, to change it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => entries.iter_mut().find(|(k, _)| &**k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Puts `value` under `key` when this is a map, replacing what was there.
    pub(crate) fn put(&mut self, key: &str, value: Self) {
        if let Self::Map(entries) = self {
            match entries.iter_mut().find(|(k, _)| &**k == key) {
                Some((_, old)) => *old = value,
                None => entries.push((key.into(), value)),
            }
        }
    }

    /// The text, when it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is said: null, or an empty text, list or map.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// As plain JSON, for users' own policies; unknowns become `{"$unknown": "why"}`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value, json};
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(n) => Value::from(*n),
            Self::Decimal(text) => text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text.to_string()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(entries) => Value::Object(entries.iter().map(|(k, v)| (k.to_string(), v.to_json())).collect()),
            Self::Unknown(why) => json!({"$unknown": why.to_string()}),
            Self::Reference(to) => {
                json!({"$reference": format!("{}.{}", to.address, to.attribute)})
            }
            Self::Late(from) => {
                json!({"$unknown": format!("known only after apply, from {}", from.join(", "))})
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or_else(|_| Node::Decimal(value.to_string().into()), Node::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        let text = value.to_string();
        Ok(text.parse().map_or_else(|_| Node::Decimal(text.into()), Node::Int))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries: Vec<(Box<str>, Node)> = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        entries.shrink_to_fit();
        Ok(Node::Map(entries))
    }
}

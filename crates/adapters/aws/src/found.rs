//! A resource as a normaliser reads it, on its way into the snapshot.

use serde_json::{Map, Value, json};

use crate::ask::{Reply, is_unknown};

/// A type of resource: what people call it, and the dialect in which it is written down for the normalisers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    /// CloudFormation's name, or a name like it.
    pub(crate) name: &'static str,
    /// The canonical type of `attesta-collectors`.
    pub(crate) canonical: &'static str,
}

/// One resource, or what one call did not show.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) of: Type,
    /// Its ARN, or what stands for one.
    pub(crate) id: String,
    properties: Map<String, Value>,
    attributes: Map<String, Value>,
    from: Map<String, Value>,
    pub(crate) unseen: Option<String>,
}

impl Found {
    /// A resource that a call showed at a pointer.
    pub(crate) fn new(of: Type, id: impl Into<String>, call: &Reply, pointer: &str) -> Self {
        let from = Map::from_iter([(String::new(), source(call, pointer))]);
        Self { of, id: id.into(), properties: Map::new(), attributes: Map::new(), from, unseen: None }
    }

    /// What a call did not show: any number of resources of this type.
    pub(crate) fn unseen(of: Type, id: impl Into<String>, call: &str, why: &str) -> Self {
        let from = Map::from_iter([(String::new(), json!(call))]);
        let unseen = Some(why.to_owned());
        Self { of, id: id.into(), properties: Map::new(), attributes: Map::new(), from, unseen }
    }

    /// A property; null says nothing.
    #[must_use]
    pub(crate) fn set(mut self, property: &str, value: Value) -> Self {
        self.put(property, value);
        self
    }

    /// The same, in place.
    pub(crate) fn put(&mut self, property: &str, value: Value) {
        if !value.is_null() {
            self.properties.insert(property.to_owned(), value);
        }
    }

    /// A property as a further call told it.
    #[must_use]
    pub(crate) fn told(mut self, property: &str, call: &Reply, pointer: &str, value: Value) -> Self {
        self.from.insert(property.to_owned(), source(call, pointer));
        self.put(property, value);
        self
    }

    /// An attribute of the neutral model for which no dialect of code has a word.
    #[must_use]
    pub(crate) fn attribute(mut self, name: &str, value: Value) -> Self {
        if !value.is_null() {
            self.attributes.insert(name.to_owned(), value);
        }
        self
    }

    /// As the snapshot holds it.
    pub(crate) fn into_json(mut self) -> Value {
        if !self.attributes.is_empty() {
            self.properties.insert("$attributes".to_owned(), Value::Object(self.attributes));
        }
        let mut out = Map::new();
        out.insert("type".to_owned(), json!(self.of.name));
        out.insert("as".to_owned(), json!(self.of.canonical));
        out.insert("id".to_owned(), json!(self.id));
        out.insert("from".to_owned(), Value::Object(self.from));
        match self.unseen {
            Some(why) => _ = out.insert("unseen".to_owned(), json!(why)),
            None => _ = out.insert("properties".to_owned(), Value::Object(self.properties)),
        }
        Value::Object(out)
    }
}

fn source(call: &Reply, pointer: &str) -> Value {
    json!(if pointer.is_empty() { call.call.clone() } else { format!("{}#{pointer}", call.call) })
}

/// The value under a key of an object; null where it is not there.
pub(crate) fn get(value: &Value, pointer: &str) -> Value {
    value.pointer(pointer).cloned().unwrap_or_default()
}

/// The text there, empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of the list there.
pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Maps a value that is known; null and unknown stay what they are.
pub(crate) fn map(value: Value, change: impl FnOnce(&Value) -> Value) -> Value {
    if value.is_null() || is_unknown(&value) { value } else { change(&value) }
}

/// Whether a known text is this one.
pub(crate) fn is(value: Value, word: &str) -> Value {
    map(value, |told| json!(told.as_str().is_some_and(|told| told.eq_ignore_ascii_case(word))))
}

/// Kleene's *or* of two flags; null counts as false.
pub(crate) fn or(one: &Value, other: &Value) -> Value {
    let on = |value: &Value| value.as_bool() == Some(true) || value.as_str() == Some("true");
    if on(one) || on(other) {
        return json!(true);
    }
    [one, other].into_iter().find(|value| is_unknown(value)).cloned().unwrap_or(json!(false))
}

/// Labels as a map, from a list of `Key` and `Value`.
pub(crate) fn tags(list: Value) -> Value {
    map(list, |list| {
        let pairs = list.as_array().into_iter().flatten().filter_map(|tag| {
            let of = |one, other| tag.get(one).or_else(|| tag.get(other));
            let key = of("Key", "key").or_else(|| tag.get("TagKey"))?.as_str()?.to_owned();
            let value = of("Value", "value").or_else(|| tag.get("TagValue")).cloned().unwrap_or_default();
            Some((key, value))
        });
        Value::Object(pairs.collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::unknown;

    #[test]
    fn a_switch_is_on_when_either_side_turns_it_on() {
        let hidden = unknown("denied");
        for (one, other, want) in [
            (json!(true), hidden.clone(), json!(true)),
            (hidden.clone(), json!(true), json!(true)),
            (json!(false), hidden.clone(), hidden.clone()),
            (Value::Null, hidden.clone(), hidden.clone()),
            (Value::Null, json!(false), json!(false)),
            (Value::Null, Value::Null, json!(false)),
            (json!("true"), json!(false), json!(true)),
        ] {
            assert_eq!(or(&one, &other), want, "{one} {other}");
        }
    }

    #[test]
    fn unknown_goes_through_every_change() {
        let hidden = unknown("denied");
        assert_eq!(is(hidden.clone(), "x"), hidden);
        assert_eq!(tags(hidden.clone()), hidden);
        assert_eq!(is(Value::Null, "x"), Value::Null);
        assert_eq!(is(json!("Enabled"), "enabled"), json!(true));
    }
}

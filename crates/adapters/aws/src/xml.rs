//! XML answers as JSON, by the shapes of the model.

use quick_xml::{Reader, events::Event};
use serde_json::{Map, Value};

use crate::model::{Member, Model, Shape};

/// Deepest nesting that is read.
const DEPTH: usize = 64;

/// An element: its name without prefix, attributes, children and text.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Parses a document. A page of HTML is refused: its first element says what it is.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| format!("not XML: {error}"))? {
            Event::Start(start) => {
                if open.len() > DEPTH {
                    return Err(format!("nested deeper than {DEPTH} levels"));
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                let element = element(&start)?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(element);
                }
            }
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                open.last_mut().ok_or("an end without a beginning")?.children.push(done);
            }
            Event::Text(words) => append(&mut open, &words),
            Event::CData(words) => append(&mut open, &words),
            Event::GeneralRef(reference) => append(&mut open, &resolved(&reference)?),
            Event::DocType(_) => return Err("a page of HTML, not an answer of the API".to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    match (open.len(), open.pop()) {
        (1, Some(mut top)) if top.children.len() == 1 => {
            let root = top.children.pop().unwrap_or_default();
            if root.name.eq_ignore_ascii_case("html") {
                return Err("a page of HTML, not an answer of the API".to_owned());
            }
            Ok(root)
        }
        _ => Err("the answer breaks off".to_owned()),
    }
}

fn append(open: &mut [Element], words: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(words);
    }
}

/// `&lt;` and its like; entities of a document's own are not read.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, String> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Ok(c.to_string());
    }
    let name: &str = reference;
    quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned).ok_or_else(|| format!("entity `{name}`"))
}

fn element(start: &quick_xml::events::BytesStart<'_>) -> Result<Element, String> {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false).flatten() {
        let key = attribute.key.as_ref().to_owned();
        attributes.push((key, attribute.value.into_owned()));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

/// The value that an element holds.
pub(crate) fn decode(model: &Model, shape: &Shape, element: &Element) -> Value {
    match model.resolve(shape) {
        Shape::Structure(_, members) => {
            let mut out = Map::new();
            for (name, member) in members {
                let (wire, inner, place) = match member {
                    Member::Placed(wire, inner, place) => (wire, inner, Some(place.as_str())),
                    Member::Body(wire, inner) => (wire, inner, None),
                };
                let value = match place {
                    None => member_of(model, inner, element, wire),
                    Some("attribute") => {
                        let found = element.attributes.iter().find(|(key, _)| key == wire);
                        found.map(|(_, value)| Value::String(value.clone()))
                    }
                    Some(_) => None,
                };
                if let Some(value) = value {
                    out.insert(name.clone(), value);
                }
            }
            Value::Object(out)
        }
        Shape::List(_, inner, name) => {
            let items = element.children.iter().filter(|child| name.as_ref().is_none_or(|name| child.name == *name));
            Value::Array(items.map(|item| decode(model, inner, item)).collect())
        }
        Shape::Map(_, key, value, inner, _) => {
            Value::Object(element.children.iter().filter_map(|entry| pair(model, entry, key, value, inner)).collect())
        }
        Shape::Scalar([word]) => scalar(word, &element.text),
        Shape::At(_) | Shape::Nothing => Value::Null,
    }
}

/// A member of a structure; lists and maps without an element of their own stand among its siblings.
fn member_of(model: &Model, shape: &Shape, element: &Element, wire: &str) -> Option<Value> {
    let named = || element.children.iter().filter(|child| child.name == wire);
    match model.resolve(shape) {
        Shape::List(_, inner, None) => {
            let items: Vec<Value> = named().map(|item| decode(model, inner, item)).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Shape::Map(_, key, value, inner, true) => {
            let pairs: Map<String, Value> = named().filter_map(|entry| pair(model, entry, key, value, inner)).collect();
            (!pairs.is_empty()).then_some(Value::Object(pairs))
        }
        _ => named().next().map(|child| decode(model, shape, child)),
    }
}

fn pair(model: &Model, entry: &Element, key: &str, value: &str, inner: &Shape) -> Option<(String, Value)> {
    Some((entry.child(key)?.text.clone(), decode(model, inner, entry.child(value)?)))
}

fn scalar(word: &str, text: &str) -> Value {
    let trimmed = text.trim();
    match word {
        "b" => match trimmed {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::String(text.to_owned()),
        },
        "i" => trimmed.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_decide_what_an_element_means() {
        let model = Model::built_in().unwrap();
        let text = "<DescribeVpcsResponse xmlns='x'><vpcSet><item><vpcId>vpc-1</vpcId><isDefault>true</isDefault>\
            <tagSet><item><key>a&amp;b</key><value>1</value></item></tagSet></item></vpcSet></DescribeVpcsResponse>";
        let shape = &model.operation("ec2", "DescribeVpcs").unwrap().output;
        let value = decode(&model, shape, &parse(text).unwrap());
        assert_eq!(value.pointer("/Vpcs/0/VpcId"), Some(&Value::from("vpc-1")));
        assert_eq!(value.pointer("/Vpcs/0/IsDefault"), Some(&Value::Bool(true)));
        assert_eq!(value.pointer("/Vpcs/0/Tags/0/Key"), Some(&Value::from("a&b")));
    }

    #[test]
    fn pages_of_html_and_broken_answers_are_refused() {
        for text in [
            "<!doctype html>\n<html lang=en><title>500</title>",
            "<html><body>x</body></html>",
            "<a><b></a>",
            "<a>",
            "",
            "oops",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("{}{}", "<a>".repeat(100), "</a>".repeat(100))).is_err());
    }
}

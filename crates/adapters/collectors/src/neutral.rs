//! Neutral resources as JSON lines: how any platform or tool feeds Attesta (`docs/reference/neutral-resources.md`).
//!
//! One resource in each line, in the words of `content/model/kinds.yaml`. A line that cannot be taken is named by its
//! number; the others stay. What a line states is checked against the dictionary, because a misspelt attribute would
//! look like one that nobody set.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use attesta_catalog::{Dictionary, Field, Shape};
use attesta_resource::{
    Attribute, Basis, DocumentIndex, Kind, Origin, Reason, Record, Resource, Source, SourceIndex, Unknown, Value,
};
use serde::Deserialize;

use crate::{
    assemble::Assembled,
    inventory::LeftOut,
    node::Node,
    view::{Raw, View},
};

/// What the first line may say the file is.
pub(crate) const SCHEMA: &str = "attesta.neutral-resources/1";
/// The one key of a value that cannot be seen; its text says why.
pub(crate) const UNKNOWN: &str = "$unknown";
/// Longest line, in bytes.
const LINE_BYTES: usize = 16 << 20;
/// Most bad lines that are told one by one.
const TOLD: usize = 100;

/// A file of neutral resources, read.
pub(crate) struct Read {
    /// Its resources.
    pub(crate) assembled: Assembled,
    /// Kinds of which the file says that it holds all.
    pub(crate) complete: Vec<Kind>,
    /// Lines that were read as resources, good or bad.
    pub(crate) entries: u32,
    /// Lines that cannot be taken, by number from 1.
    bad: Vec<(usize, String)>,
}

/// Lines of neutral resources, looked at one by one: what can be kept, and what is wrong with the rest.
#[derive(Debug, Default)]
pub struct Neutral {
    /// Lines that hold a resource as they should.
    pub lines: Vec<String>,
    /// Lines that cannot be taken, by number from 1, with the reason.
    pub bad: Vec<(usize, String)>,
    /// Kinds that the first line calls complete.
    pub complete: Vec<Kind>,
}

impl Neutral {
    /// What the first line of such a file says that it is.
    pub const SCHEMA: &str = SCHEMA;

    /// Looks at every line.
    pub fn read(text: &str, dictionary: &Dictionary) -> Self {
        let read = read(text, Some(dictionary), DocumentIndex(0), 0, false);
        let mut neutral = Self { complete: read.complete, ..Self::default() };
        let good: HashSet<usize> =
            read.assembled.sources.iter().filter_map(|source| line_of(&source.pointer)).collect();
        let lines = text.lines().enumerate().filter(|(index, _)| good.contains(index));
        neutral.lines = lines.map(|(_, line)| line.trim().to_owned()).collect();
        neutral.bad = read.bad;
        neutral
    }
}

fn line_of(pointer: &str) -> Option<usize> {
    pointer.strip_prefix('/')?.parse().ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[expect(dead_code, reason = "looked at before the line is taken for a header")]
    schema: String,
    #[serde(default)]
    complete: Vec<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for people; the snapshot's own date is the file's")]
    source: Option<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for people; the snapshot's own date is the file's")]
    collected_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    address: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default, rename = "type")]
    type_name: Option<String>,
    attributes: Option<Node>,
    unseen: Option<String>,
}

/// What `attesta collect generic` writes for a line that it could not take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lost {
    lost: String,
}

/// Reads the lines. Without a dictionary the names of attributes go unchecked.
pub(crate) fn read(
    text: &str,
    dictionary: Option<&Dictionary>,
    document: DocumentIndex,
    first_source: u32,
    keep_raw: bool,
) -> Read {
    let mut assembled = Assembled::default();
    let mut complete = Vec::new();
    let mut seen: HashMap<(Kind, String), usize> = HashMap::new();
    let mut entries = 0_u32;
    let mut bad: Vec<(usize, String)> = Vec::new();
    let mut first = true;
    for (index, line) in text.lines().enumerate().map(|(index, line)| (index, line.trim())) {
        if line.is_empty() {
            continue;
        }
        if std::mem::take(&mut first)
            && let Some(header) = header(line)
        {
            match header {
                Ok(kinds) => complete = kinds,
                Err(why) => bad.push((index.saturating_add(1), why)),
            }
            continue;
        }
        entries = entries.saturating_add(1);
        let source =
            SourceIndex(first_source.saturating_add(u32::try_from(assembled.sources.len()).unwrap_or(u32::MAX)));
        match resource(line, dictionary, source) {
            Ok((resource, type_name)) => {
                let key = (resource.kind, resource.address.to_string());
                if let Some(earlier) = seen.insert(key, index) {
                    let first = earlier.saturating_add(1);
                    let why = format!("`{}` stands here a second time; first on line {first}", resource.address);
                    bad.push((index.saturating_add(1), why));
                    continue;
                }
                assembled.sources.push(Source {
                    document,
                    address: resource.address.clone(),
                    type_name: type_name.map_or_else(|| resource.kind.as_str().into(), Into::into),
                    pointer: format!("/{index}").into(),
                });
                if keep_raw && let Ok(json) = serde_json::from_str(line) {
                    assembled.raw.push((source, json));
                }
                assembled.resources.push(resource);
            }
            Err(why) => bad.push((index.saturating_add(1), why)),
        }
    }
    let told = |what: String| LeftOut { reason: Reason::Unreadable, what };
    assembled.left_out.extend(bad.iter().take(TOLD).map(|(line, why)| told(format!("line {line}: {why}"))));
    if let Some(more) = bad.len().checked_sub(TOLD).filter(|more| *more > 0) {
        assembled.left_out.push(told(format!("{more} more lines that cannot be taken")));
    }
    if !bad.is_empty() {
        // A line that was lost may have been any resource.
        complete.clear();
    }
    Read { assembled, complete, entries, bad }
}

/// The kinds that a header calls complete; `None` where the line is no header.
fn header(line: &str) -> Option<Result<Vec<Kind>, String>> {
    #[derive(Deserialize)]
    struct Probe<'a> {
        #[serde(borrow)]
        schema: Option<Cow<'a, str>>,
    }
    let probe: Probe<'_> = serde_json::from_str(line).ok()?;
    let schema = probe.schema?;
    if schema != SCHEMA {
        return Some(Err(format!("`schema` is `{schema}`, not `{SCHEMA}`")));
    }
    let header = serde_json::from_str::<Header>(line).map_err(|error| plain(&error));
    Some(
        header.and_then(|header| header.complete.iter().map(|kind| kind.parse().map_err(|e| format!("{e}"))).collect()),
    )
}

fn resource(
    line: &str,
    dictionary: Option<&Dictionary>,
    source: SourceIndex,
) -> Result<(Resource, Option<String>), String> {
    if line.len() > LINE_BYTES {
        return Err(format!("is longer than {LINE_BYTES} bytes"));
    }
    if let Ok(Lost { lost }) = serde_json::from_str(line) {
        return Err(format!("lost when it was collected: {lost}"));
    }
    let line: Line = serde_json::from_str(line).map_err(|error| plain(&error))?;
    let kind: Kind = line.kind.parse().map_err(|error| format!("{error}"))?;
    if kind == Kind::Account {
        return Err("`account` stands for the inputs as a whole; no line may be one".to_owned());
    }
    if line.address.trim().is_empty() {
        return Err("`address` is empty; say what the resource is known by".to_owned());
    }
    let origin = Origin { source, path: Cow::Borrowed(""), basis: Basis::Stated };
    let attributes = match (line.attributes, line.unseen) {
        (Some(node @ Node::Map(_)), None) => {
            // Paths of attributes begin with the key that they stand under in the line.
            let node = Node::Map(vec![("attributes".into(), mark_unknown(node))]);
            let raw = Raw { address: "".into(), type_name: "".into(), source, node };
            let field_of = |name: &str| dictionary.and_then(|words| words.attribute(kind, name));
            let attributes = record(&raw.at("attributes"), "", dictionary.is_some(), &field_of);
            attributes.map_err(|fault| fault.replace(OF_KIND, &format!("of `{kind}`")))?
        }
        (None, Some(why)) => Record::unseen(Unknown::NotCollected { why: why.into() }, origin),
        (Some(_), None) => return Err("`attributes` is not an object".to_owned()),
        _ => return Err("give either `attributes` or `unseen`".to_owned()),
    };
    let names = line.names.into_iter().filter(|name| !name.is_empty()).map(Into::into).collect();
    Ok((Resource { kind, source, address: line.address.into(), names, attributes }, line.type_name))
}

/// Stands in a fault for the kind, which is named where it is known.
const OF_KIND: &str = "{kind}";

/// A record of attributes or fields, each checked against what the dictionary says of it.
fn record<'d>(
    view: &View<'_>,
    above: &str,
    checked: bool,
    field_of: &dyn Fn(&str) -> Option<&'d Field>,
) -> Result<Record, String> {
    let mut record = Record::new();
    for (name, told) in view.entries() {
        if told.is_absent() {
            continue;
        }
        let place = format!("{above}{name}");
        let field = field_of(name).filter(|_| !name.contains('/'));
        if checked && field.is_none() {
            return Err(format!("`{place}` is no attribute {OF_KIND}; `attesta catalog show` lists them"));
        }
        let attribute = match field {
            Some(field) => shaped(&told, field, &place)?,
            None => attribute(&told).ok_or_else(|| format!("`{place}` is neither a value nor a list"))?,
        };
        record.put(name.to_owned(), attribute);
    }
    record.shrink();
    Ok(record)
}

/// An attribute of the shape that the dictionary gives it.
fn shaped(view: &View<'_>, field: &Field, place: &str) -> Result<Attribute, String> {
    let wrong = || format!("`{place}` is not what it should be: {}", field.shape.as_str());
    if let Some(why) = view.unknown() {
        return Ok(Attribute { value: Value::Unknown(why), origin: view.origin() });
    }
    let value = match (&field.shape, view.node()) {
        (Shape::Bool, Some(Node::Bool(told))) => Value::Bool(*told),
        (Shape::Int, Some(Node::Int(told))) => Value::Int(*told),
        (Shape::Text, Some(Node::Text(told))) => Value::Text(told.clone()),
        (Shape::Texts, Some(Node::List(items))) => {
            let texts = (0..items.len()).map(|at| match (view.item(at).unknown(), items.get(at)) {
                (None, Some(Node::Text(told))) => {
                    Ok(Attribute { value: Value::Text(told.clone()), origin: view.item(at).origin() })
                }
                (Some(why), _) => Ok(Attribute { value: Value::Unknown(why), origin: view.item(at).origin() }),
                _ => Err(wrong()),
            });
            Value::List(texts.collect::<Result<_, _>>()?)
        }
        (Shape::Records(_), Some(Node::List(items))) => {
            let records = (0..items.len()).map(|at| {
                let item = view.item(at);
                let value = match (item.unknown(), item.node()) {
                    (Some(why), _) => Value::Unknown(why),
                    (None, Some(Node::Map(_))) => {
                        Value::Record(record(&item, &format!("{place}/"), true, &|name| field.of(name))?)
                    }
                    _ => return Err(wrong()),
                };
                Ok(Attribute { value, origin: item.origin() })
            });
            Value::List(records.collect::<Result<_, _>>()?)
        }
        _ => return Err(wrong()),
    };
    Ok(Attribute { value, origin: view.origin() })
}

/// An attribute as it is told, whatever its shape; `None` for what is absent or no value of the model.
pub(crate) fn attribute(view: &View<'_>) -> Option<Attribute> {
    let origin = view.origin();
    if let Some(why) = view.unknown() {
        return Some(Attribute { value: Value::Unknown(why), origin });
    }
    let value = match view.node()? {
        Node::Bool(told) => Value::Bool(*told),
        Node::Int(told) => Value::Int(*told),
        Node::Text(told) => Value::Text(told.clone()),
        Node::List(items) => Value::List((0..items.len()).filter_map(|at| attribute(&view.item(at))).collect()),
        Node::Map(_) => {
            let mut record = Record::new();
            for (name, inner) in view.entries() {
                if let Some(inner) = attribute(&inner) {
                    record.put(name.to_owned(), inner);
                }
            }
            Value::Record(record)
        }
        _ => return None,
    };
    Some(Attribute { value, origin })
}

/// Turns `{"$unknown": "why"}` into what it means, all the way down.
pub(crate) fn mark_unknown(node: Node) -> Node {
    match node {
        Node::Map(entries) => {
            if let [(key, why)] = entries.as_slice()
                && &**key == UNKNOWN
            {
                let why = why.as_text().unwrap_or("no reason is given").into();
                return Node::Unknown(Unknown::NotCollected { why });
            }
            Node::Map(entries.into_iter().map(|(key, value)| (key, mark_unknown(value))).collect())
        }
        Node::List(items) => Node::List(items.into_iter().map(mark_unknown).collect()),
        other => other,
    }
}

/// The parser's words without its place: each line is parsed by itself, so that it always says line 1.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let said = text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said);
    format!("{said} (column {})", error.column())
}

#[cfg(test)]
mod tests;

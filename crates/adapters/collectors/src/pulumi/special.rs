//! Values that are not data: secrets, assets, references to resources and what is known only after apply.

use attesta_resource::Unknown;

use crate::node::{Node, Reference};

/// A map with this key is not data; its value says what it is.
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
const ASSET: &str = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";
const RESOURCE: &str = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT: &str = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/// Text that stands for a value of some type that is not known yet.
const LATE: [&str; 7] = [
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/// What a preview shows in place of a secret.
const REDACTED: &str = "[secret]";

/// Deepest nesting of secrets in each other's text.
const DEPTH: u32 = 4;

/// What a text stands for; `None` when it is just text. `from` are the resources that the property depends on.
pub(super) fn text(text: &str, from: &[Box<str>]) -> Option<Node> {
    if LATE.contains(&text) {
        return Some(late(from));
    }
    (text == REDACTED).then_some(Node::Unknown(Unknown::Hidden))
}

/// Decided at apply, from these.
fn late(from: &[Box<str>]) -> Node {
    if from.is_empty() { Node::Unknown(Unknown::AfterApply { from: "".into() }) } else { Node::Late(from.to_vec()) }
}

/// What a map stands for: itself again when it is just a map. The value inside is not looked at further.
pub(super) fn map(mut entries: Vec<(Box<str>, Node)>, from: &[Box<str>]) -> Node {
    for _ in 0..DEPTH {
        let Some(signature) = entries.iter().find(|(key, _)| &**key == SIGNATURE).and_then(|(_, v)| v.as_text()) else {
            return Node::Map(entries);
        };
        let node = match signature {
            SECRET => secret(&entries),
            OUTPUT => match take(&mut entries, "value") {
                Some(value) => value,
                None => late(&dependencies(&entries)),
            },
            RESOURCE => return resource(&entries),
            ASSET | ARCHIVE => return asset(&entries),
            _ => match take(&mut entries, "value") {
                Some(value) => value,
                None => return Node::Unknown(Unknown::Unresolved { what: "a special value".into() }),
            },
        };
        match node {
            Node::Map(inner) => entries = inner,
            Node::Text(inner) => return text(&inner, from).unwrap_or(Node::Text(inner)),
            other => return other,
        }
    }
    Node::Unknown(Unknown::Hidden)
}

/// A secret's value when the export was made with its text, else hidden.
fn secret(entries: &[(Box<str>, Node)]) -> Node {
    let plain = entries.iter().find(|(key, _)| &**key == "plaintext").and_then(|(_, v)| v.as_text());
    plain.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Node::Unknown(Unknown::Hidden))
}

/// The resource that is meant, by its URN.
fn resource(entries: &[(Box<str>, Node)]) -> Node {
    let urn = entries.iter().find(|(key, _)| &**key == "urn").and_then(|(_, v)| v.as_text());
    match urn {
        Some(urn) => Node::Reference(Reference { address: urn.into(), attribute: "".into() }),
        None => Node::Unknown(Unknown::Unresolved { what: "a reference to a resource".into() }),
    }
}

/// A file or archive: known to be there; its path, address or digest stands for it.
fn asset(entries: &[(Box<str>, Node)]) -> Node {
    let named = ["path", "uri", "hash"].iter().find_map(|key| {
        entries.iter().find(|(k, _)| &**k == *key).and_then(|(_, v)| v.as_text()).filter(|t| !t.is_empty())
    });
    Node::Text(named.unwrap_or("asset").into())
}

fn dependencies(entries: &[(Box<str>, Node)]) -> Vec<Box<str>> {
    match entries.iter().find(|(key, _)| &**key == "dependencies") {
        Some((_, Node::List(items))) => items.iter().filter_map(|i| i.as_text().map(Into::into)).collect(),
        _ => Vec::new(),
    }
}

fn take(entries: &mut [(Box<str>, Node)], key: &str) -> Option<Node> {
    entries.iter_mut().find(|(k, _)| &**k == key).map(|(_, v)| std::mem::take(v))
}

//! What a live AWS account answered, as `attesta collect aws` wrote it (`docs/reference/collect-aws.md`).
//!
//! The collector already wrote each answer in the words of one of the two dialects of code that the normalisers know, so
//! that a bucket that runs is judged by the very same code as one in a plan (`docs/decisions/0007-live-aws.md`). One
//! section holds what one region of one account showed: names are unique there, and only there may one resource be
//! joined to another by its name.

use std::collections::HashMap;

use attesta_resource::{Attribute, Basis, Kind, Origin, Reason, Resource, Unknown, Value};
use serde::Deserialize;

use crate::{
    inventory::{Entry, Inventory, LeftOut, Parsed},
    neutral::mark_unknown,
    node::Node,
    registry::role,
};

/// What such a snapshot says of itself.
pub(crate) const SCHEMA: &str = "attesta.live-aws/1";

/// A live snapshot, taken apart.
pub(crate) struct Live {
    /// One inventory for each section.
    pub(crate) sections: Vec<Inventory<'static>>,
    /// What the collector could not see or does not ask.
    pub(crate) left_out: Vec<LeftOut>,
    /// Kinds of which every resource was seen.
    pub(crate) complete: Vec<Kind>,
}

#[derive(Deserialize)]
struct Snapshot {
    sections: Vec<Section>,
    #[serde(default)]
    complete: Vec<String>,
    #[serde(default)]
    failures: Vec<Failure>,
    #[serde(default)]
    not_asked: Vec<String>,
    finished: Option<String>,
}

#[derive(Deserialize)]
struct Section {
    region: String,
    #[serde(default)]
    resources: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    #[serde(rename = "type")]
    type_name: String,
    #[serde(rename = "as")]
    canonical: String,
    #[serde(default)]
    properties: Node,
    unseen: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    call: String,
    why: String,
    #[serde(default = "one")]
    count: u32,
}

fn one() -> u32 {
    1
}

/// Takes a snapshot apart.
pub(crate) fn read(text: &str) -> Result<Live, String> {
    let snapshot: Snapshot = serde_json::from_str(text).map_err(|error| format!("not a live snapshot: {error}"))?;
    if snapshot.finished.is_none() {
        return Err("the collection was broken off: run `attesta collect aws` again with --resume".to_owned());
    }
    let mut left_out = Vec::new();
    for failure in &snapshot.failures {
        let what = format!("{}: {}", failure.call, failure.why);
        left_out
            .extend((0..failure.count.min(1000)).map(|_| LeftOut { reason: Reason::NotCollected, what: what.clone() }));
    }
    left_out.extend(snapshot.not_asked.into_iter().map(|what| LeftOut { reason: Reason::NotAsked, what }));
    let mut complete = Vec::new();
    for kind in &snapshot.complete {
        complete.push(kind.parse().map_err(|error| format!("`complete`: {error}"))?);
    }
    let sections = snapshot.sections.into_iter().enumerate().map(|(at, section)| inventory(at, section)).collect();
    Ok(Live { sections, left_out, complete })
}

fn inventory(at: usize, section: Section) -> Inventory<'static> {
    let mut entries = Vec::with_capacity(section.resources.len());
    let mut nodes = Vec::with_capacity(section.resources.len());
    let mut left_out = Vec::new();
    for (index, told) in section.resources.into_iter().enumerate() {
        if role(&told.canonical).is_none() {
            let what = format!("{}: written for `{}`, which this version does not know", told.id, told.canonical);
            left_out.push(LeftOut { reason: Reason::Unreadable, what });
            continue;
        }
        entries.push(Entry {
            address: told.id.into(),
            type_name: told.type_name.into(),
            canonical: told.canonical.into(),
            pointer: format!("/sections/{at}/resources/{index}/properties").into(),
        });
        nodes.push(match told.unseen {
            Some(why) => Node::Unknown(Unknown::NotCollected { why: why.into() }),
            None => with_region(mark_unknown(told.properties), &section.region),
        });
    }
    Inventory { entries, left_out, loader: Box::new(Parsed(nodes)) }
}

/// Where it runs, for every resource alike.
fn with_region(mut node: Node, region: &str) -> Node {
    if node.get("region").is_none() {
        node.put("region", Node::Text(region.into()));
    }
    node
}

/// The property under which the collector lists a user's groups.
const GROUPS: &str = "$groups";

/// What a user may do through groups. Code cannot tell it, because who joins a group later is not in the code; an
/// account that shows all groups can.
pub(crate) fn through_groups(inventory: &Inventory<'_>, resources: &mut [Resource]) {
    let of_type = |canonical: &'static str| {
        let entries = inventory.entries.iter().enumerate();
        entries.filter(move |(_, entry)| *entry.canonical == *canonical)
    };
    let mut rights: HashMap<String, Option<Attribute>> = HashMap::new();
    let by_address: HashMap<Box<str>, usize> =
        resources.iter().enumerate().map(|(at, resource)| (resource.address.clone(), at)).collect();
    let at = |address: &str| by_address.get(address).copied();
    for (index, entry) in of_type("aws_iam_group") {
        let Ok(node) = inventory.loader.load(index) else { continue };
        let group = at(&entry.address).and_then(|at| resources.get(at));
        if let (Some(name), Some(group)) = (node.get("name").and_then(Node::as_text), group) {
            rights.insert(name.to_owned(), group.get(FULL_ADMIN).cloned());
        }
    }
    for (index, entry) in of_type("aws_iam_user") {
        let Ok(node) = inventory.loader.load(index) else { continue };
        let Some(Node::List(names)) = node.get(GROUPS) else { continue };
        let Some(user) = at(&entry.address).and_then(|at| resources.get_mut(at)) else { continue };
        let own = user.get(FULL_ADMIN).cloned();
        let is_all = |attribute: &Attribute| attribute.value == Value::Bool(true);
        if own.as_ref().is_some_and(is_all) {
            continue;
        }
        let groups: Vec<Option<&Attribute>> =
            names.iter().map(|name| rights.get(name.as_text()?).and_then(Option::as_ref)).collect();
        let all = groups.iter().flatten().find(|group| is_all(group));
        let hidden = names.iter().zip(&groups).find_map(|(name, group)| match group {
            Some(Attribute { value: Value::Bool(_), .. }) => None,
            _ => Some(name.as_text().unwrap_or_default()),
        });
        let settled = match (all, hidden, own) {
            (Some(group), ..) => Some(Attribute {
                value: Value::Bool(true),
                origin: Origin { basis: Basis::Derived, ..group.origin.clone() },
            }),
            (None, Some(name), own) => own.map(|own| {
                let why = format!("what the group {name} allows").into();
                Attribute { value: Value::Unknown(Unknown::NotCollected { why }), origin: own.origin }
            }),
            (None, None, own) => own,
        };
        if let Some(settled) = settled {
            user.attributes.put(FULL_ADMIN, settled);
        }
    }
}

const FULL_ADMIN: &str = "full_admin";

#[cfg(test)]
mod tests;

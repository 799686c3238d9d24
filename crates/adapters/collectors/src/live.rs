//! What a live AWS account answered, as `attesta collect aws` wrote it (`docs/reference/collect-aws.md`).
//!
//! The collector already wrote each answer in the words of one of the two dialects of code that the normalisers know, so
//! that a bucket that runs is judged by the very same code as one in a plan (`docs/decisions/0007-live-aws.md`). One
//! section holds what one region of one account showed: names are unique there, and only there may one resource be
//! joined to another by its name.

use attesta_resource::{Kind, Reason, Unknown};
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

#[cfg(test)]
mod tests;

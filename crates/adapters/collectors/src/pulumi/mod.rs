//! Pulumi: `preview --json`, `stack export`, bare checkpoints and engine events.
//!
//! A file may hold a hundred thousand resources, so it never becomes one tree: entries keep the span of their text, and
//! the loader parses one resource at a time. Of each resource its `inputs` (what the author declared) are taken first;
//! `outputs` (what the provider reports) fill in the top-level properties that the inputs do not have.
//!
//! Components, providers and the stack itself are no resources; those that are to be deleted or are only read
//! (`external`) are not part of what is deployed. None of them counts as not understood.

mod document;
mod names;
mod properties;
mod special;
#[cfg(test)]
mod tests;
mod types;

use attesta_resource::{Format, Reason};

use crate::{
    inventory::{Entry, Inventory, LeftOut, Loader},
    node::Node,
    tree::DocumentError,
};

use document::{Document, State};
use names::Dialect;
pub(crate) use properties::PHYSICAL_ID;

/// Reads one document. An error says what is wrong and on which line.
pub(crate) fn read(text: &str) -> Result<(Format, Inventory<'_>), String> {
    let document = document::parse(text).map_err(|error| error.to_string())?;
    let format = document.format;
    Ok((format, inventory(document)))
}

fn inventory(document: Document<'_>) -> Inventory<'_> {
    let mut entries = Vec::with_capacity(document.states.len());
    let mut resources = Vec::with_capacity(document.states.len());
    for State { urn, token, pointer, raw } in document.states {
        let canonical = types::canonical(&token);
        resources.push(Resource { raw, dialect: Dialect::of(&token, &canonical) });
        entries.push(Entry { address: urn, type_name: token, canonical, pointer: pointer.into() });
    }
    let left_out = document.unreadable.iter().map(unreadable).collect();
    Inventory { entries, left_out, loader: Box::new(Resources(resources)) }
}

fn unreadable(error: &DocumentError) -> LeftOut {
    LeftOut { reason: Reason::Unreadable, what: error.to_string() }
}

/// One resource's text, and how its properties are spelled.
struct Resource<'a> {
    raw: &'a str,
    dialect: Dialect,
}

struct Resources<'a>(Vec<Resource<'a>>);

impl Loader for Resources<'_> {
    fn load(&self, index: usize) -> Result<Node, String> {
        let resource = self.0.get(index).ok_or_else(|| "no such entry".to_owned())?;
        properties::read(resource.raw, &resource.dialect)
    }
}

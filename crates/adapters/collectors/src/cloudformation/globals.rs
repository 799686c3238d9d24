//! `Globals` of the serverless transform: properties that every resource of a kind has unless it says otherwise.

use crate::node::Node;

use super::template::Template;

/// A resource's properties with the template's globals for its type.
pub(super) fn applied(template: &Template<'_, '_>, type_name: &str, properties: Node) -> Node {
    let Some(kind) = type_name.strip_prefix("AWS::Serverless::") else { return properties };
    match template.globals.and_then(|g| g.get(kind)) {
        Some(globals) => merged(template.copied(template.value(globals)), properties),
        None => properties,
    }
}

/// Maps are merged, lists follow each other, and of everything else the resource's own is taken.
fn merged(global: Node, own: Node) -> Node {
    match (global, own) {
        (Node::Map(global), Node::Map(mut own)) => {
            for (key, value) in global {
                match own.iter_mut().find(|(k, _)| *k == key) {
                    Some((_, mine)) => *mine = merged(value, std::mem::take(mine)),
                    None => own.push((key, value)),
                }
            }
            Node::Map(own)
        }
        (Node::List(mut global), Node::List(own)) => {
            global.extend(own);
            Node::List(global)
        }
        (global, Node::Null) => global,
        (_, own) => own,
    }
}

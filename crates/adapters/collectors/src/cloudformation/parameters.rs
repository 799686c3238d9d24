//! What a reference to a parameter gives when the template is deployed with its defaults.

use attesta_resource::Unknown;

use crate::{node::Node, tree::Tree};

/// How the reason ends for a secret parameter whose default anyone may read in the template. The value itself is not
/// told, because reports must not show it.
pub(crate) const PLAIN_DEFAULT: &str = "is a secret whose default stands in the template";

/// A parameter's value: its default, unless that is a secret or only a name to look up.
pub(super) fn value(name: &str, declaration: &Tree<'_>) -> Node {
    let unresolved = |what: String| Node::Unknown(Unknown::Unresolved { what: what.into() });
    let default = declaration.get("Default").and_then(Tree::scalar);
    if declaration.get("NoEcho").and_then(Tree::scalar).is_some_and(|t| t.eq_ignore_ascii_case("true")) {
        return match default {
            None => Node::Unknown(Unknown::Hidden),
            // Nothing is no secret.
            Some(text) if text.is_empty() => Node::Text("".into()),
            Some(text) if text.contains("{{resolve:") => Node::Text(text.into()),
            Some(_) => unresolved(format!("parameter {name} {PLAIN_DEFAULT}")),
        };
    }
    let Some(default) = default else {
        return unresolved(format!("parameter {name} has no default"));
    };
    let kind = declaration.get("Type").and_then(Tree::as_text).unwrap_or("String");
    if kind.starts_with("AWS::SSM::Parameter::Value<") {
        return unresolved(format!("parameter {name} is looked up in Parameter Store ({default})"));
    }
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let items = default.split(',').map(str::trim).filter(|item| !item.is_empty());
        return Node::List(items.map(|item| scalar(kind, item)).collect());
    }
    scalar(kind, &default)
}

fn scalar(kind: &str, text: &str) -> Node {
    let number = if kind.contains("Number") { text.parse().ok() } else { None };
    number.map_or_else(|| Node::Text(text.into()), Node::Int)
}

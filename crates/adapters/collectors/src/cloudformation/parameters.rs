//! What a reference to a parameter gives when the template is deployed with its defaults.

use attesta_resource::Unknown;

use crate::{node::Node, tree::Tree};

/// A parameter's value: its default, unless that is a secret or only a name to look up.
pub(super) fn value(name: &str, declaration: &Tree<'_>) -> Node {
    let unresolved = |what: String| Node::Unknown(Unknown::Unresolved { what: what.into() });
    if declaration.get("NoEcho").and_then(Tree::scalar).is_some_and(|t| t.eq_ignore_ascii_case("true")) {
        return Node::Unknown(Unknown::Hidden);
    }
    let Some(default) = declaration.get("Default").and_then(Tree::scalar) else {
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

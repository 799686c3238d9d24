//! Values with their functions worked out.

use crate::{
    node::{Node, Reference},
    tree::Tree,
};

use super::{
    conditions::text,
    intrinsics::{Form, Function, form},
    substitute::{Piece, concatenated, pieces, pseudo, unresolved},
    template::Template,
};

impl<'t, 'a> Template<'t, 'a> {
    /// A value; what is removed (`AWS::NoValue`) is null.
    pub(super) fn value(&self, tree: &'t Tree<'a>) -> Node {
        self.resolve(tree).unwrap_or_default()
    }

    /// A value, or `None` where the template removes it.
    fn resolve(&self, tree: &'t Tree<'a>) -> Option<Node> {
        let (function, name, argument) = match form(tree) {
            Form::Plain => return Some(self.plain(tree)),
            Form::Mixed(name) => return Some(unresolved(format!("{name} beside other keys"))),
            Form::Call(function, name, argument) => (function, name, argument),
        };
        let node = match function {
            Function::Ref => return self.reference(argument),
            Function::If => return self.choose(argument),
            Function::Base64 => return self.resolve(argument),
            Function::FindInMap => self.find_in_map(argument),
            Function::GetAtt => self.attribute(argument),
            Function::Join => self.join(argument),
            Function::Length => self.length(argument),
            Function::Select => self.select(argument),
            Function::Split => self.split(argument),
            Function::Sub => self.substitute(argument),
            Function::ToJsonString => self.to_json(argument),
            Function::And | Function::Or | Function::Not | Function::Equals => {
                self.evaluate(tree).map_or_else(|| unresolved(name), Node::Bool)
            }
            Function::Condition => {
                argument.as_text().and_then(|c| self.holds(c)).map_or_else(|| unresolved(name), Node::Bool)
            }
            Function::Other => match argument.scalar() {
                Some(argument) => unresolved(format!("{name} {argument}")),
                None => unresolved(name),
            },
        };
        Some(node)
    }

    fn plain(&self, tree: &'t Tree<'a>) -> Node {
        match tree {
            Tree::Null | Tree::Tagged(_) => Node::Null,
            Tree::Bool(b) => Node::Bool(*b),
            Tree::Int(n) => Node::Int(*n),
            // A dynamic reference to a plain parameter stands for its value; one to a secret is as good as the secret.
            Tree::Text(text) if text.contains("{{resolve:ssm:") => unresolved(&**text),
            // Versions (`EngineVersion: 5.7`): CloudFormation passes them on as they are written.
            Tree::Decimal(text) | Tree::Text(text) => Node::Text((&**text).into()),
            Tree::List(items) => Node::List(items.iter().filter_map(|item| self.resolve(item)).collect()),
            Tree::Map(pairs) => {
                let resolved = pairs.iter().filter_map(|p| Some(((&*p.key).into(), self.resolve(&p.value)?)));
                Node::Map(resolved.collect())
            }
        }
    }

    fn reference(&self, name: &Tree<'_>) -> Option<Node> {
        let Some(name) = name.scalar() else { return Some(unresolved("Ref")) };
        if name == "AWS::NoValue" { None } else { Some(self.named(&name)) }
    }

    /// What a parameter, pseudo parameter or resource gives by its name.
    fn named(&self, name: &str) -> Node {
        if let Some(value) = self.parameters.get(name) {
            return self.copied(value.clone());
        }
        if let Some(value) = pseudo(name) {
            return value;
        }
        self.attribute_of(name, "")
    }

    fn attribute_of(&self, name: &str, attribute: &str) -> Node {
        if self.makes(name) {
            return Node::Reference(Reference { address: name.into(), attribute: attribute.into() });
        }
        let dot = if attribute.is_empty() { "" } else { "." };
        unresolved(format!("{name}{dot}{attribute} is not made by this template"))
    }

    fn attribute(&self, argument: &'t Tree<'a>) -> Node {
        match argument {
            Tree::List(items) => match items.as_slice() {
                [name, rest @ ..] if !rest.is_empty() => {
                    let parts: Option<Vec<String>> =
                        rest.iter().map(|part| text(&self.value(part)).map(|t| t.into_owned())).collect();
                    match (name.as_text(), parts) {
                        (Some(name), Some(parts)) => self.attribute_of(name, &parts.join(".")),
                        _ => unresolved("Fn::GetAtt"),
                    }
                }
                _ => unresolved("Fn::GetAtt"),
            },
            one => match one.as_text() {
                Some(dotted) => self.dotted(dotted),
                None => unresolved("Fn::GetAtt"),
            },
        }
    }

    /// `Name.Attribute`; logical ids hold no dots, attributes may.
    fn dotted(&self, dotted: &str) -> Node {
        let (name, attribute) = dotted.split_once('.').unwrap_or((dotted, ""));
        self.attribute_of(name, attribute)
    }

    fn substitute(&self, argument: &'t Tree<'a>) -> Node {
        let (pattern, own) = match argument {
            Tree::List(items) => match items.as_slice() {
                [pattern, own] => (self.value(pattern), own.pairs()),
                [pattern] => (self.value(pattern), &[][..]),
                _ => return unresolved("Fn::Sub"),
            },
            one => (self.value(one), &[][..]),
        };
        let pattern = match &pattern {
            Node::Text(pattern) => pattern,
            Node::Unknown(_) => return pattern,
            _ => return unresolved("Fn::Sub"),
        };
        let parts = pieces(pattern).into_iter().map(|piece| match piece {
            Piece::Literal(text) => Node::Text(text.into()),
            Piece::Variable(name) => match own.iter().find(|p| p.key == name) {
                Some(pair) => self.value(&pair.value),
                None if name.contains('.') => self.dotted(name),
                None => self.named(name),
            },
        });
        concatenated(self, parts.collect())
    }

    fn join(&self, argument: &'t Tree<'a>) -> Node {
        let Tree::List(items) = argument else { return unresolved("Fn::Join") };
        let [delimiter, list] = items.as_slice() else { return unresolved("Fn::Join") };
        let delimiter = self.value(delimiter);
        match self.value(list) {
            Node::List(values) => {
                let mut parts = Vec::with_capacity(values.len().saturating_mul(2));
                for value in values {
                    if !parts.is_empty() {
                        parts.push(delimiter.clone());
                    }
                    parts.push(value);
                }
                concatenated(self, parts)
            }
            unknown @ Node::Unknown(_) => unknown,
            Node::Reference(to) => unresolved(format!("Fn::Join of {}.{}", to.address, to.attribute)),
            one => one,
        }
    }

    fn split(&self, argument: &'t Tree<'a>) -> Node {
        let Tree::List(items) = argument else { return unresolved("Fn::Split") };
        let [delimiter, source] = items.as_slice() else { return unresolved("Fn::Split") };
        match (self.value(delimiter), self.value(source)) {
            // A placeholder may hold the delimiter, in its name or in its value.
            (_, Node::Text(source)) if source.contains("${") => unresolved(format!("Fn::Split of {source}")),
            (Node::Text(delimiter), Node::Text(source)) if !delimiter.is_empty() => {
                if !self.may_join(source.len()) {
                    return unresolved("a template whose text grows beyond bounds");
                }
                Node::List(source.split(&*delimiter).map(|part| Node::Text(part.into())).collect())
            }
            (_, unknown @ Node::Unknown(_)) | (unknown @ Node::Unknown(_), _) => unknown,
            (_, Node::Reference(to)) => unresolved(format!("Fn::Split of {}.{}", to.address, to.attribute)),
            _ => unresolved("Fn::Split"),
        }
    }

    fn select(&self, argument: &'t Tree<'a>) -> Node {
        let Tree::List(items) = argument else { return unresolved("Fn::Select") };
        let [index, list] = items.as_slice() else { return unresolved("Fn::Select") };
        let index = self.value(index);
        let Some(index) = text(&index).and_then(|t| t.parse::<usize>().ok()) else { return unresolved("Fn::Select") };
        match self.value(list) {
            Node::List(values) => match values.into_iter().nth(index) {
                Some(value) => value,
                None => unresolved(format!("Fn::Select of item {index}, which is not there")),
            },
            unknown @ Node::Unknown(_) => unknown,
            Node::Reference(to) => unresolved(format!("Fn::Select of {}.{}", to.address, to.attribute)),
            _ => unresolved("Fn::Select"),
        }
    }

    fn length(&self, argument: &'t Tree<'a>) -> Node {
        match self.value(argument) {
            // An item that is not known may be removed.
            Node::List(items) if items.iter().any(|i| matches!(i, Node::Unknown(_))) => unresolved("Fn::Length"),
            Node::List(items) => i64::try_from(items.len()).map_or_else(|_| unresolved("Fn::Length"), Node::Int),
            unknown @ Node::Unknown(_) => unknown,
            _ => unresolved("Fn::Length"),
        }
    }

    fn to_json(&self, argument: &'t Tree<'a>) -> Node {
        let value = self.value(argument);
        if !is_known(&value) {
            return unresolved("Fn::ToJsonString");
        }
        let json = value.to_json().to_string();
        if self.may_join(json.len()) { Node::Text(json.into()) } else { unresolved("Fn::ToJsonString") }
    }

    /// `Fn::If`. When it is not known which branch is taken, what both agree on is known all the same.
    fn choose(&self, argument: &'t Tree<'a>) -> Option<Node> {
        let Tree::List(items) = argument else { return Some(unresolved("Fn::If")) };
        let [condition, then, otherwise] = items.as_slice() else { return Some(unresolved("Fn::If")) };
        let (holds, name) = match condition.as_text() {
            Some(name) => (self.holds(name), name),
            None => (self.evaluate(condition), "an expression"),
        };
        match holds {
            Some(true) => self.resolve(then),
            Some(false) => self.resolve(otherwise),
            None => match (self.resolve(then), self.resolve(otherwise)) {
                (None, None) => None,
                (Some(a), Some(b)) => Some(agreed(a, b, name)),
                _ => Some(undecided(name)),
            },
        }
    }

    fn find_in_map(&self, argument: &'t Tree<'a>) -> Node {
        let Tree::List(items) = argument else { return unresolved("Fn::FindInMap") };
        let (arguments, default) = match items.as_slice() {
            [map, first, second] => ([map, first, second], None),
            [map, first, second, options] => ([map, first, second], options.get("DefaultValue")),
            _ => return unresolved("Fn::FindInMap"),
        };
        let [map, first, second] = arguments.map(|tree| self.value(tree));
        let Some(name) = text(&map) else { return unresolved("Fn::FindInMap") };
        let rows = self.mappings.and_then(|m| m.get(&name)).map_or(&[][..], Tree::pairs);
        let rows = chosen(rows, &first);
        let found: Vec<Option<Node>> = rows
            .into_iter()
            .flat_map(|row| {
                let cells = chosen(row.value.pairs(), &second);
                let known = text(&second).is_some();
                let missing = (known && cells.is_empty()).then_some(None);
                cells.into_iter().map(|cell| Some(self.value(&cell.value))).chain(missing)
            })
            .collect();
        match (found.split_first(), default) {
            (Some((Some(one), more)), _) if more.iter().all(|other| other.as_ref() == Some(one)) => {
                self.copied(one.clone())
            }
            (None, Some(default)) if text(&first).is_some() && text(&second).is_some() => self.value(default),
            _ => {
                let key = |node: &Node| text(node).map_or_else(|| "?".to_owned(), |t| t.into_owned());
                unresolved(format!("Fn::FindInMap {name}.{}.{}", key(&first), key(&second)))
            }
        }
    }
}

/// The entry that a key names; every one when the key is not known.
fn chosen<'t, 'a>(pairs: &'t [crate::tree::Pair<'a>], key: &Node) -> Vec<&'t crate::tree::Pair<'a>> {
    match text(key) {
        Some(key) if !key.contains("${") => pairs.iter().filter(|p| p.key == key).collect(),
        _ => pairs.iter().collect(),
    }
}

/// What two branches have in common.
fn agreed(a: Node, b: Node, condition: &str) -> Node {
    if a == b {
        return a;
    }
    match (a, b) {
        // Whether something is said at all must not be invented.
        (a, b) if a.is_empty() != b.is_empty() => undecided(condition),
        (Node::Map(a), Node::Map(mut b)) => {
            let mut merged = Vec::with_capacity(a.len());
            for (key, value) in a {
                let other = b.iter().position(|(k, _)| *k == key).map(|at| b.swap_remove(at).1);
                let value = other.map_or_else(|| undecided(condition), |other| agreed(value, other, condition));
                merged.push((key, value));
            }
            merged.extend(b.into_iter().map(|(key, _)| (key, undecided(condition))));
            Node::Map(merged)
        }
        (Node::List(a), Node::List(b)) if a.len() == b.len() => {
            Node::List(a.into_iter().zip(b).map(|(a, b)| agreed(a, b, condition)).collect())
        }
        _ => undecided(condition),
    }
}

fn undecided(condition: &str) -> Node {
    unresolved(format!("Fn::If on {condition}"))
}

fn is_known(node: &Node) -> bool {
    match node {
        Node::Unknown(_) | Node::Reference(_) | Node::Late(_) => false,
        Node::List(items) => items.iter().all(is_known),
        Node::Map(entries) => entries.iter().all(|(_, value)| is_known(value)),
        _ => true,
    }
}

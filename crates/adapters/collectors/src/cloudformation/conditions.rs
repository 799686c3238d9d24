//! Conditions, in three values: true, false, and not known before deployment (`None`).

use std::borrow::Cow;

use crate::{
    node::Node,
    tree::{DocumentError, Tree},
};

use super::{
    intrinsics::{Form, Function, form},
    template::{Evaluation, Template},
};

/// Deepest nesting of conditions in each other.
const DEPTH: u32 = 100;

impl<'t, 'a> Template<'t, 'a> {
    /// Whether the condition of this name holds with the default parameters. One that is not declared is not known.
    pub(super) fn holds(&self, name: &str) -> Option<bool> {
        let (&name, &pair) = self.conditions.get_key_value(name)?;
        let known = self.known.borrow().get(name).copied();
        match known {
            Some(Evaluation::Done(holds)) => return holds,
            Some(Evaluation::Running) => {
                return self.broken(DocumentError::new(pair.line, format!("condition `{name}` refers to itself")));
            }
            None => {}
        }
        self.known.borrow_mut().insert(name, Evaluation::Running);
        let holds = self.evaluate(&pair.value);
        self.known.borrow_mut().insert(name, Evaluation::Done(holds));
        holds
    }

    /// Whether a condition's expression holds.
    pub(super) fn evaluate(&self, tree: &'t Tree<'a>) -> Option<bool> {
        let depth = self.depth.get();
        if depth >= DEPTH {
            return self.broken(DocumentError::new(0, format!("conditions nest deeper than {DEPTH}")));
        }
        self.depth.set(depth.saturating_add(1));
        let holds = self.expression(tree);
        self.depth.set(depth);
        holds
    }

    fn expression(&self, tree: &'t Tree<'a>) -> Option<bool> {
        match form(tree) {
            Form::Call(Function::Condition, _, name) => self.holds(name.as_text()?),
            Form::Call(Function::Not, _, argument) => match argument {
                Tree::List(items) => self.evaluate(items.first()?).map(|holds| !holds),
                one => self.evaluate(one).map(|holds| !holds),
            },
            Form::Call(Function::And, _, Tree::List(items)) => self.any(items, false).map(|found| !found),
            Form::Call(Function::Or, _, Tree::List(items)) => self.any(items, true),
            Form::Call(Function::Equals, _, Tree::List(items)) => match items.as_slice() {
                [a, b] => equal(&self.value(a), &self.value(b)),
                _ => None,
            },
            Form::Plain => match tree {
                Tree::Bool(holds) => Some(*holds),
                // `{"Condition": name}` is a function here and nowhere else.
                map => self.holds(map.get("Condition")?.as_text()?),
            },
            _ => None,
        }
    }

    /// Whether any of them is `wanted`; not known when none is but some are not known.
    fn any(&self, items: &'t [Tree<'a>], wanted: bool) -> Option<bool> {
        let mut found = Some(false);
        for item in items {
            match self.evaluate(item) {
                Some(holds) if holds == wanted => return Some(true),
                Some(_) => {}
                None => found = None,
            }
        }
        found
    }

    fn broken(&self, error: DocumentError) -> Option<bool> {
        self.broken.borrow_mut().get_or_insert(error);
        None
    }
}

/// Compares as CloudFormation does, as text.
fn equal(a: &Node, b: &Node) -> Option<bool> {
    if let (Some(a), Some(b)) = (text(a), text(b)) {
        // What only stands for a value (`${AWS::Region}`) is equal to itself and may be equal to anything else.
        return if a == b { Some(true) } else { (!a.contains("${") && !b.contains("${")).then_some(false) };
    }
    match (a, b) {
        (Node::List(a), Node::List(b)) => {
            let pairs: Option<Vec<bool>> = a.iter().zip(b).map(|(a, b)| equal(a, b)).collect();
            if a.len() == b.len() { pairs.map(|equal| equal.iter().all(|e| *e)) } else { Some(false) }
        }
        (Node::Unknown(_) | Node::Late(_) | Node::Reference(_), _)
        | (_, Node::Unknown(_) | Node::Late(_) | Node::Reference(_)) => None,
        _ => (a == b).then_some(true),
    }
}

/// A scalar as text.
pub(super) fn text(node: &Node) -> Option<Cow<'_, str>> {
    match node {
        Node::Text(text) | Node::Decimal(text) => Some(Cow::Borrowed(text)),
        Node::Int(n) => Some(Cow::Owned(n.to_string())),
        Node::Bool(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
        _ => None,
    }
}

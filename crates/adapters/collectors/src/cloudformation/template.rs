//! What functions may refer to: parameters, mappings, conditions and resources.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use crate::{
    node::Node,
    tree::{DocumentError, Pair, Tree},
};

use super::{parameters, substitute::unresolved};

/// Most bytes of text that a template's functions may put together.
const JOINED: usize = 64 << 20;

/// A template's declarations.
pub(super) struct Template<'t, 'a> {
    /// What a reference to each parameter gives.
    pub(super) parameters: HashMap<&'t str, Node>,
    pub(super) mappings: Option<&'t Tree<'a>>,
    /// `Globals` of the serverless transform.
    pub(super) globals: Option<&'t Tree<'a>>,
    resources: HashMap<&'t str, Option<&'t str>>,
    pub(super) conditions: HashMap<&'t str, &'t Pair<'a>>,
    pub(super) known: RefCell<HashMap<&'t str, Evaluation>>,
    /// How deep conditions are being evaluated.
    pub(super) depth: Cell<u32>,
    /// The first condition that cannot be evaluated at all.
    pub(super) broken: RefCell<Option<DocumentError>>,
    joined: Cell<usize>,
}

/// Where the evaluation of a condition stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Evaluation {
    Running,
    Done(Option<bool>),
}

impl<'t, 'a> Template<'t, 'a> {
    /// Refuses conditions that refer to themselves.
    pub(super) fn new(tree: &'t Tree<'a>) -> Result<Self, DocumentError> {
        let section = |key: &str| tree.get(key).map_or(&[][..], Tree::pairs);
        let template = Self {
            parameters: section("Parameters").iter().map(|p| (&*p.key, parameters::value(&p.key, &p.value))).collect(),
            mappings: tree.get("Mappings"),
            globals: tree.get("Globals"),
            resources: section("Resources")
                .iter()
                .map(|p| (&*p.key, p.value.get("Condition").and_then(Tree::as_text)))
                .collect(),
            conditions: section("Conditions").iter().map(|p| (&*p.key, p)).collect(),
            known: RefCell::default(),
            depth: Cell::default(),
            broken: RefCell::default(),
            joined: Cell::default(),
        };
        for pair in section("Conditions") {
            template.holds(&pair.key);
            if let Some(error) = template.broken.take() {
                return Err(error);
            }
        }
        Ok(template)
    }

    /// Whether a resource of this name is made, as far as can be told.
    pub(super) fn makes(&self, name: &str) -> bool {
        match self.resources.get(name) {
            None => false,
            Some(None) => true,
            Some(Some(condition)) => self.holds(condition) != Some(false),
        }
    }

    /// A value that stands in the template once and is used possibly often.
    pub(super) fn copied(&self, node: Node) -> Node {
        if self.may_join(weight(&node)) { node } else { unresolved("a template that grows beyond bounds") }
    }

    /// Whether `bytes` more of text may be put together.
    pub(super) fn may_join(&self, bytes: usize) -> bool {
        let joined = self.joined.get().saturating_add(bytes);
        self.joined.set(joined);
        joined <= JOINED
    }
}

/// About how many bytes a value takes.
fn weight(node: &Node) -> usize {
    match node {
        Node::Text(text) => text.len(),
        Node::List(items) => items.iter().map(|i| weight(i).saturating_add(32)).fold(0, usize::saturating_add),
        Node::Map(entries) => entries
            .iter()
            .map(|(k, v)| weight(v).saturating_add(k.len()).saturating_add(48))
            .fold(0, usize::saturating_add),
        _ => 0,
    }
}

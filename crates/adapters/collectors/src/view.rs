//! A cursor over a source's tree that remembers its path, so that every fact knows its origin.

use std::borrow::Cow;

use attesta_resource::{Attribute, Basis, Origin, SourceIndex, Unknown};

use crate::{
    fact::{Fact, IntoValue, State},
    node::Node,
};

/// One source resource: a main one or a satellite, parsed, with its index in the snapshot.
#[derive(Debug)]
pub(crate) struct Raw {
    /// The source's own address.
    pub(crate) address: Box<str>,
    /// The canonical type name (Terraform's or CloudFormation's).
    pub(crate) type_name: Box<str>,
    /// Index in the snapshot.
    pub(crate) source: SourceIndex,
    /// Its properties.
    pub(crate) node: Node,
}

impl Raw {
    /// A cursor at the property `key`.
    pub(crate) fn at(&self, key: &'static str) -> View<'_> {
        View { at: At::of(Some(&self.node)), path: Cow::Borrowed(""), source: self.source }.at(key)
    }

    /// A cursor at the whole.
    pub(crate) fn root(&self) -> View<'_> {
        View { at: At::of(Some(&self.node)), path: Cow::Borrowed(""), source: self.source }
    }

    /// An origin for something worked out from the whole resource.
    pub(crate) fn origin(&self) -> Origin {
        Origin { source: self.source, path: Cow::Borrowed(""), basis: Basis::Derived }
    }

    /// Why nothing of it can be seen, when that is so: it stands outside the document.
    pub(crate) fn unseen(&self) -> Option<&Unknown> {
        match &self.node {
            Node::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// A fact worked out from the whole resource, e.g. that nothing is attached to it. Of a resource that cannot be
    /// seen it is unknown.
    pub(crate) fn derive<T>(&self, value: T) -> Fact<T> {
        let state = self.unseen().map_or(State::Known(value), |why| State::Unknown(why.clone()));
        Fact { state, origin: self.origin() }
    }

    /// A fact that the type alone tells, whether or not the resource can be seen.
    pub(crate) fn by_type<T>(&self, value: T) -> Fact<T> {
        Fact::known(value, self.origin())
    }

    /// Nobody says it; of a resource that cannot be seen, who knows.
    pub(crate) fn absent<T>(&self) -> Fact<T> {
        let state = self.unseen().map_or(State::Absent, |why| State::Unknown(why.clone()));
        Fact { state, origin: self.origin() }
    }
}

#[derive(Debug, Clone)]
enum At<'a> {
    Node(&'a Node),
    Absent,
    /// Below an unknown: unknown too.
    Unknown(Unknown),
    /// Decided at apply, from these addresses.
    Late(&'a [Box<str>]),
}

impl<'a> At<'a> {
    fn of(node: Option<&'a Node>) -> Self {
        match node {
            None | Some(Node::Null) => Self::Absent,
            Some(Node::Unknown(why)) => Self::Unknown(why.clone()),
            Some(Node::Late(from)) => Self::Late(from),
            Some(node) => Self::Node(node),
        }
    }

    fn why_unknown(&self) -> Option<Unknown> {
        match self {
            Self::Unknown(why) => Some(why.clone()),
            Self::Late(from) => Some(Unknown::AfterApply { from: from.join(", ").into() }),
            _ => None,
        }
    }
}

/// A cursor: what stands at a path, possibly nothing, possibly unknown.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    at: At<'a>,
    path: Cow<'static, str>,
    source: SourceIndex,
}

/// What a list holds.
#[derive(Debug, Clone)]
pub(crate) enum Items<'a> {
    /// These items (some may be unknown in themselves). Nothing said gives an empty list.
    Known(Vec<View<'a>>),
    /// The list as a whole is unknown.
    Unknown(Unknown),
}

impl<'a> View<'a> {
    /// The property `key`. A list with exactly one item is stepped into by itself, because Terraform writes single
    /// blocks as lists and Pulumi does not.
    #[must_use]
    pub(crate) fn at(&self, key: &'static str) -> Self {
        let at = match &self.at {
            At::Node(Node::List(items)) if items.len() == 1 => return self.item(0).at(key),
            At::Node(node @ Node::Map(_)) => At::of(node.get(key)),
            At::Unknown(_) | At::Late(_) => self.at.clone(),
            _ => At::Absent,
        };
        Self { at, path: self.join(Cow::Borrowed(key)), source: self.source }
    }

    /// The list's item at `index`.
    #[must_use]
    pub(crate) fn item(&self, index: usize) -> Self {
        let at = match &self.at {
            At::Node(Node::List(items)) => At::of(items.get(index)),
            At::Unknown(_) | At::Late(_) => self.at.clone(),
            _ => At::Absent,
        };
        Self { at, path: self.join(Cow::Owned(index.to_string())), source: self.source }
    }

    /// The items of a list. A single map or scalar counts as a list of one (Pulumi and CloudFormation shorthand).
    pub(crate) fn items(&self) -> Items<'a> {
        match &self.at {
            At::Absent => Items::Known(Vec::new()),
            At::Unknown(why) => Items::Unknown(why.clone()),
            At::Late(from) => Items::Unknown(Unknown::AfterApply { from: from.join(", ").into() }),
            At::Node(Node::List(items)) => Items::Known((0..items.len()).map(|i| self.item(i)).collect()),
            At::Node(_) => Items::Known(vec![self.clone()]),
        }
    }

    /// The entries of a map, with their keys.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Self)> {
        match &self.at {
            At::Node(Node::Map(entries)) => entries
                .iter()
                .map(|(key, node)| {
                    (
                        &**key,
                        Self { at: At::of(Some(node)), path: self.join(Cow::Owned(escape(key))), source: self.source },
                    )
                })
                .collect(),
            At::Node(Node::List(items)) if items.len() == 1 => self.item(0).entries(),
            _ => Vec::new(),
        }
    }

    /// The node itself, when it is known.
    pub(crate) fn node(&self) -> Option<&'a Node> {
        match &self.at {
            At::Node(node) => Some(node),
            _ => None,
        }
    }

    /// Why it is unknown, when it is.
    pub(crate) fn unknown(&self) -> Option<Unknown> {
        self.at.why_unknown()
    }

    /// The addresses from which it will be decided at apply, when that is so.
    pub(crate) fn late(&self) -> Option<&'a [Box<str>]> {
        match self.at {
            At::Late(from) => Some(from),
            _ => None,
        }
    }

    /// Whether nothing is said here.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.at, At::Absent)
    }

    /// Where this is.
    pub(crate) fn origin(&self) -> Origin {
        Origin { source: self.source, path: self.path.clone(), basis: Basis::Stated }
    }

    /// A boolean; `"true"` and `"false"` count.
    pub(crate) fn bool(&self) -> Fact<bool> {
        self.read(|node| match node {
            Node::Bool(b) => Some(*b),
            Node::Text(t) if t.eq_ignore_ascii_case("true") => Some(true),
            Node::Text(t) if t.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        })
    }

    /// A whole number; digits in text count.
    pub(crate) fn int(&self) -> Fact<i64> {
        self.read(|node| match node {
            Node::Int(n) => Some(*n),
            Node::Text(t) => t.trim().parse().ok(),
            _ => None,
        })
    }

    /// Text; numbers and booleans are printed. Empty text is absent. A reference reads as the address that it points to.
    pub(crate) fn text(&self) -> Fact<String> {
        let fact = self.read(|node| match node {
            Node::Text(t) => Some(t.to_string()),
            Node::Int(n) => Some(n.to_string()),
            Node::Bool(b) => Some(b.to_string()),
            Node::Reference(to) => Some(to.address.to_string()),
            _ => None,
        });
        fact.filter_map(|t| (!t.is_empty()).then_some(t))
    }

    /// A list of text. Items that are unknown stay unknown items.
    pub(crate) fn texts(&self) -> Fact<Vec<Attribute>> {
        match self.items() {
            Items::Unknown(why) => Fact { state: State::Unknown(why), origin: self.origin() },
            Items::Known(items) if items.is_empty() && self.is_absent() => Fact::absent(self.origin()),
            Items::Known(items) => {
                Fact::known(items.iter().filter_map(|i| i.text().into_attribute()).collect(), self.origin())
            }
        }
    }

    /// Whether something is said: known true when there is a value, known false when nothing, unknown when unknown.
    /// An empty text, list or map counts as nothing.
    pub(crate) fn is_set(&self) -> Fact<bool> {
        let state = match &self.at {
            At::Absent => State::Known(false),
            At::Unknown(_) | At::Late(_) => State::Unknown(self.at.why_unknown().unwrap_or(Unknown::Hidden)),
            At::Node(node) => State::Known(!node.is_empty()),
        };
        Fact { state, origin: Origin { basis: Basis::Derived, ..self.origin() } }
    }

    /// A fact worked out from what stands here.
    pub(crate) fn derive<T: IntoValue>(&self, value: T) -> Fact<T> {
        Fact::known(value, Origin { basis: Basis::Derived, ..self.origin() })
    }

    /// Absent, unknown, or what `f` makes of the node; a node of another shape is unknown, never a guess.
    fn read<T>(&self, f: impl FnOnce(&Node) -> Option<T>) -> Fact<T> {
        let state = match &self.at {
            At::Absent => State::Absent,
            At::Unknown(_) | At::Late(_) => State::Unknown(self.at.why_unknown().unwrap_or(Unknown::Hidden)),
            At::Node(node) => match f(node) {
                Some(value) => State::Known(value),
                None => State::Unknown(Unknown::Unresolved { what: describe(node).into() }),
            },
        };
        Fact { state, origin: self.origin() }
    }

    fn join(&self, segment: Cow<'static, str>) -> Cow<'static, str> {
        if self.path.is_empty() { segment } else { Cow::Owned(format!("{}/{segment}", self.path)) }
    }
}

/// A JSON pointer segment.
pub(crate) fn escape(key: &str) -> String {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1") } else { key.to_owned() }
}

fn describe(node: &Node) -> String {
    let text = node.to_json().to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

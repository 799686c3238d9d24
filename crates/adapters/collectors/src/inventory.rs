//! What a reader finds in one document: entries that can be loaded one by one, and what it left out.

use attesta_resource::Reason;

use crate::node::Node;

/// One resource of the source, not loaded yet.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The source's own address.
    pub(crate) address: Box<str>,
    /// The source's own type name.
    pub(crate) type_name: Box<str>,
    /// The type name that normalisers know (Terraform's or CloudFormation's).
    pub(crate) canonical: Box<str>,
    /// JSON pointer of its properties.
    pub(crate) pointer: Box<str>,
}

/// Something that a reader left out, before it is given a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) reason: Reason,
    pub(crate) what: String,
}

/// Loads the properties of one entry. Called from several threads, possibly more than once for one entry.
pub(crate) trait Loader: Sync {
    /// The properties of the entry at this index.
    fn load(&self, index: usize) -> Result<Node, String>;
}

/// A document, taken apart.
pub(crate) struct Inventory<'a> {
    pub(crate) entries: Vec<Entry>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) loader: Box<dyn Loader + 'a>,
}

/// A loader over properties that are parsed already.
pub(crate) struct Parsed(pub(crate) Vec<Node>);

impl Loader for Parsed {
    fn load(&self, index: usize) -> Result<Node, String> {
        self.0.get(index).cloned().ok_or_else(|| "no such entry".to_owned())
    }
}

use std::{borrow::Cow, fmt};

/// A dotted attribute name, e.g. `encryption_at_rest.enabled`.
pub type Name = Cow<'static, str>;

/// Index of a [`Source`](crate::Source) in its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceIndex(pub u32);

/// One fact about a resource, with where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// What is known of it.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// What is known of an attribute. Absent attributes are not in the record at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// It exists, but its value cannot be seen here.
    Unknown(Unknown),
    /// True or false.
    Bool(bool),
    /// A whole number (days, ports, counts).
    Int(i64),
    /// Text.
    Text(Box<str>),
    /// A list; its items may each be unknown.
    List(Vec<Attribute>),
    /// A record inside a list, with attributes of its own.
    Record(Record),
}

/// Why a value cannot be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// Decided only when the plan is applied; the expression refers to these addresses.
    AfterApply {
        /// What the value will come from, as the source writes it; may be empty.
        from: Box<str>,
    },
    /// Hidden as a secret.
    Hidden,
    /// A parameter without a default, an import, a function that cannot be computed here.
    Unresolved {
        /// The expression, as short text.
        what: Box<str>,
    },
    /// The source was not asked, refused or failed.
    NotCollected {
        /// What went wrong.
        why: Box<str>,
    },
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AfterApply { from } if from.is_empty() => f.write_str("known only after apply"),
            Self::AfterApply { from } => write!(f, "known only after apply (from `{from}`)"),
            Self::Hidden => f.write_str("hidden as a secret"),
            Self::Unresolved { what } => write!(f, "cannot be resolved here (`{what}`)"),
            Self::NotCollected { why } => write!(f, "not collected: {why}"),
        }
    }
}

/// How a value came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The source says it at `path`.
    Stated,
    /// The source is silent; the provider's documented default applies.
    Default,
    /// Worked out from what stands at `path` (a policy document, several settings together).
    Derived,
}

/// Where an attribute came from: which source, which path inside it, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source resource (a satellite keeps its own).
    pub source: SourceIndex,
    /// Path inside the source resource, as a JSON pointer without its leading slash, e.g. `ingress/0/cidr_blocks/0`.
    pub path: Cow<'static, str>,
    /// How the value came about.
    pub basis: Basis,
}

/// Attributes by name, in the order in which they were put.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    entries: Vec<(Name, Attribute)>,
    /// What holds for every name that was not put; absent for nearly all records.
    rest: Option<Box<Attribute>>,
}

impl Record {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// A record of which nothing can be seen: every attribute that somebody asks for is unknown, none is absent. It
    /// stands for what a source refused to show, so that a refusal never looks like "there is none".
    pub fn unseen(why: Unknown, origin: Origin) -> Self {
        Self { entries: Vec::new(), rest: Some(Box::new(Attribute { value: Value::Unknown(why), origin })) }
    }

    /// Why everything that was not put is unknown, when that is so.
    pub fn rest(&self) -> Option<&Attribute> {
        self.rest.as_deref()
    }

    /// The attribute of this name; `None` means absent.
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.entries.iter().find(|(n, _)| n == name).map(|(_, a)| a).or_else(|| self.rest())
    }

    /// Puts an attribute, replacing one of the same name.
    pub fn put(&mut self, name: impl Into<Name>, attribute: Attribute) {
        let name = name.into();
        match self.entries.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = attribute,
            None => self.entries.push((name, attribute)),
        }
    }

    /// Every attribute with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.entries.iter().map(|(n, a)| (n.as_ref(), a))
    }

    /// How many attributes are set or unknown.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rest.is_none()
    }

    /// Gives back spare memory; a snapshot may hold a hundred thousand of these.
    pub fn shrink(&mut self) {
        self.entries.shrink_to_fit();
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(why) => write!(f, "unknown: {why}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Text(t) => write!(f, "{t:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    if i == 5 {
                        write!(f, "… {} in all", items.len())?;
                        break;
                    }
                    write!(f, "{}", item.value)?;
                }
                f.write_str("]")
            }
            Self::Record(record) => {
                f.write_str("{")?;
                for (i, (name, attribute)) in record.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{name}: {}", attribute.value)?;
                }
                f.write_str("}")
            }
        }
    }
}

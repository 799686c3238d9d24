//! A document as its author wrote it: keys with their lines, tags, nothing resolved yet. YAML and JSON both come here.

use std::{borrow::Cow, collections::HashMap, fmt};

/// Deepest nesting of lists and maps.
const DEPTH: usize = 100;
/// Most values written in one document.
const WRITTEN: usize = 5_000_000;
/// Most that aliases may add, in cost (see [`cost`]).
const EXPANDED: usize = 1_000_000;
/// Aliases may always add this much, however short the document is.
const EXPANDED_FREELY: usize = 10_000;
/// Aliases may add this many times what is written.
const EXPANDED_TIMES: usize = 10;
/// Maps up to this size are searched for duplicates pair by pair.
const FEW: usize = 12;

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentError {
    /// The line, counted from one; zero when it is not known.
    pub(crate) line: u32,
    /// What is wrong.
    pub(crate) what: String,
}

impl DocumentError {
    pub(crate) fn new(line: u32, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.what),
            line => write!(f, "line {line}: {}", self.what),
        }
    }
}

impl std::error::Error for DocumentError {}

/// A value as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree<'a> {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`, not quoted.
    Bool(bool),
    /// A whole number, not quoted, without leading zeros.
    Int(i64),
    /// Any other number, as it was written.
    Decimal(Cow<'a, str>),
    /// Everything else that is neither a list nor a map.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Tree<'a>>),
    /// A map, in the order of writing.
    Map(Vec<Pair<'a>>),
    /// A value behind an application's tag (`!Ref x`).
    Tagged(Box<Tagged<'a>>),
}

/// One key of a map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair<'a> {
    /// The key's text.
    pub(crate) key: Cow<'a, str>,
    /// The key's line, counted from one.
    pub(crate) line: u32,
    /// Its value.
    pub(crate) value: Tree<'a>,
}

/// A value with a tag of the application.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tagged<'a> {
    /// The tag without its `!`.
    pub(crate) tag: Box<str>,
    /// What it stands before.
    pub(crate) value: Tree<'a>,
}

impl<'a> Tree<'a> {
    /// The pairs, when this is a map; else none.
    pub(crate) fn pairs(&self) -> &[Pair<'a>] {
        match self {
            Self::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The value under `key`, when this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().iter().find(|p| p.key == key).map(|p| &p.value)
    }

    /// The text, when it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Text, a number or a boolean, as text.
    pub(crate) fn scalar(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) | Self::Decimal(text) => Some(Cow::Borrowed(text)),
            Self::Int(n) => Some(Cow::Owned(n.to_string())),
            Self::Bool(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
            _ => None,
        }
    }
}

/// One step through a document, in the order of writing; keys and values of a map alternate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event<'a> {
    /// Text, a number, a boolean or nothing. Only what is `plain` (not quoted) may be other than text.
    Scalar {
        /// As it is written, quotes and escapes resolved.
        text: Cow<'a, str>,
        /// Whether it stood without quotes.
        plain: bool,
        /// Tag and anchor.
        mark: Mark,
    },
    /// A list begins.
    List(Mark),
    /// A map begins.
    Map(Mark),
    /// The innermost list or map ends.
    End,
    /// The value of an anchor, again.
    Alias(usize),
}

/// What may stand before a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// The tag, if any.
    pub(crate) tag: Tag,
    /// The anchor's number; zero for none.
    pub(crate) anchor: usize,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Tag {
    /// None, or one of YAML's own that changes nothing here.
    #[default]
    None,
    /// Text, whatever it looks like (`!!str`, `!`).
    Text,
    /// One of the application.
    Local(Box<str>),
}

/// Takes a document's events.
pub(crate) trait Sink<'a> {
    /// The next event, and its line counted from one.
    fn event(&mut self, event: Event<'a>, line: u32) -> Result<(), DocumentError>;
}

/// Builds a [`Tree`] and keeps it within bounds.
#[derive(Default)]
pub(crate) struct Builder<'a> {
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Anchored<'a>>,
    written: usize,
    expanded: usize,
    root: Option<Tree<'a>>,
}

struct Open<'a> {
    mark: Mark,
    line: u32,
    cost: usize,
    height: usize,
    body: Body<'a>,
}

enum Body<'a> {
    List(Vec<Tree<'a>>),
    Map { pairs: Vec<Pair<'a>>, merges: Vec<(Tree<'a>, u32)>, key: Option<(Cow<'a, str>, bool, u32)> },
}

#[derive(Clone)]
struct Anchored<'a> {
    tree: Tree<'a>,
    cost: usize,
    height: usize,
}

impl<'a> Builder<'a> {
    /// The finished tree; nothing at all is null.
    pub(crate) fn finish(self) -> Tree<'a> {
        self.root.unwrap_or(Tree::Null)
    }

    fn open(&mut self, mark: Mark, body: Body<'a>, line: u32) -> Result<(), DocumentError> {
        self.count(line)?;
        if self.open.len() >= DEPTH {
            return Err(DocumentError::new(line, format!("nested deeper than {DEPTH} levels")));
        }
        if self.key_wanted() {
            return Err(DocumentError::new(line, "a list or map stands where a key is expected"));
        }
        self.open.push(Open { mark, line, cost: 1, height: 1, body });
        Ok(())
    }

    fn close(&mut self, line: u32) -> Result<(), DocumentError> {
        let Some(open) = self.open.pop() else {
            return Err(DocumentError::new(line, "an end without a beginning"));
        };
        let tree = match open.body {
            Body::List(items) => Tree::List(items),
            Body::Map { pairs, merges, .. } => {
                refuse_duplicates(&pairs)?;
                Tree::Map(merged(pairs, merges)?)
            }
        };
        self.put(tree, open.mark, open.cost, open.height, open.line)
    }

    fn scalar(&mut self, text: Cow<'a, str>, plain: bool, mark: Mark, line: u32) -> Result<(), DocumentError> {
        self.count(line)?;
        if self.key_wanted() {
            if let Some(Open { body: Body::Map { key, .. }, .. }) = self.open.last_mut() {
                *key = Some((text, plain, line));
            }
            return Ok(());
        }
        let cost = cost(&text);
        let tree = if plain && mark.tag != Tag::Text { plain_scalar(text) } else { Tree::Text(text) };
        self.put(tree, mark, cost, 0, line)
    }

    fn alias(&mut self, anchor: usize, line: u32) -> Result<(), DocumentError> {
        let Some(found) = self.anchors.get(&anchor) else {
            return Err(DocumentError::new(line, "an alias stands inside its own anchor"));
        };
        if self.key_wanted() {
            return Err(DocumentError::new(line, "an alias stands where a key is expected"));
        }
        if self.open.len().saturating_add(found.height) > DEPTH {
            return Err(DocumentError::new(line, format!("nested deeper than {DEPTH} levels")));
        }
        self.expanded = spend(self.expanded, found.cost, self.written, line)?;
        let Anchored { tree, cost, height } = found.clone();
        self.put(tree, Mark::default(), cost, height, line)
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, tree: Tree<'a>, mark: Mark, cost: usize, height: usize, line: u32) -> Result<(), DocumentError> {
        let tree = match mark.tag {
            Tag::Local(tag) => Tree::Tagged(Box::new(Tagged { tag, value: tree })),
            Tag::None | Tag::Text => tree,
        };
        if mark.anchor != 0 {
            // The copy that is kept for later counts as much as one that is used.
            self.expanded = spend(self.expanded, cost, self.written, line)?;
            self.anchors.insert(mark.anchor, Anchored { tree: tree.clone(), cost, height });
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(tree);
            return Ok(());
        };
        open.cost = open.cost.saturating_add(cost);
        open.height = open.height.max(height.saturating_add(1));
        match &mut open.body {
            Body::List(items) => items.push(tree),
            Body::Map { pairs, merges, key } => match key.take() {
                Some((key, true, line)) if key == "<<" => merges.push((tree, line)),
                Some((key, _, line)) => pairs.push(Pair { key, line, value: tree }),
                None => return Err(DocumentError::new(line, "a value without a key")),
            },
        }
        Ok(())
    }

    fn key_wanted(&self) -> bool {
        matches!(self.open.last(), Some(Open { body: Body::Map { key: None, .. }, .. }))
    }

    fn count(&mut self, line: u32) -> Result<(), DocumentError> {
        self.written = self.written.saturating_add(1);
        if self.written > WRITTEN {
            return Err(DocumentError::new(line, format!("more than {WRITTEN} values in one document")));
        }
        Ok(())
    }
}

impl<'a> Sink<'a> for Builder<'a> {
    fn event(&mut self, event: Event<'a>, line: u32) -> Result<(), DocumentError> {
        match event {
            Event::Scalar { text, plain, mark } => self.scalar(text, plain, mark, line),
            Event::List(mark) => self.open(mark, Body::List(Vec::new()), line),
            Event::Map(mark) => self.open(mark, Body::Map { pairs: Vec::new(), merges: Vec::new(), key: None }, line),
            Event::End => self.close(line),
            Event::Alias(anchor) => self.alias(anchor, line),
        }
    }
}

/// What copies have cost with this one, if that is still within bounds.
fn spend(spent: usize, cost: usize, written: usize, line: u32) -> Result<usize, DocumentError> {
    let spent = spent.saturating_add(cost);
    if spent > written.saturating_mul(EXPANDED_TIMES).clamp(EXPANDED_FREELY, EXPANDED) {
        return Err(DocumentError::new(line, "anchors and aliases expand to more than ten times the document"));
    }
    Ok(spent)
}

/// What repeating a scalar costs: one, and one more for every 64 bytes.
fn cost(text: &str) -> usize {
    (text.len() >> 6).saturating_add(1)
}

/// A scalar without quotes, by the core schema. Numbers with leading zeros or a plus sign stay text (account numbers,
/// telephone numbers), and so do `yes`, `on` and their like.
fn plain_scalar(text: Cow<'_, str>) -> Tree<'_> {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => return Tree::Null,
        "true" | "True" | "TRUE" => return Tree::Bool(true),
        "false" | "False" | "FALSE" => return Tree::Bool(false),
        _ => {}
    }
    match number(&text) {
        Some(Number::Whole) => match text.parse() {
            Ok(n) => Tree::Int(n),
            Err(_) => Tree::Decimal(text),
        },
        Some(Number::Decimal) => Tree::Decimal(text),
        None => Tree::Text(text),
    }
}

enum Number {
    Whole,
    Decimal,
}

fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent
        && !digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
    {
        return None;
    }
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    if !digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    match (fraction, exponent) {
        (None, None) => Some(Number::Whole),
        (Some(fraction), _) if !digits(fraction) => None,
        _ => Some(Number::Decimal),
    }
}

fn refuse_duplicates(pairs: &[Pair<'_>]) -> Result<(), DocumentError> {
    let refused = |first: &Pair<'_>, second: &Pair<'_>| {
        DocumentError::new(
            second.line,
            format!("`{}` stands here a second time; first on line {}", second.key, first.line),
        )
    };
    if pairs.len() <= FEW {
        let mut rest = pairs;
        while let [before @ .., last] = rest {
            if let Some(first) = before.iter().find(|p| p.key == last.key) {
                return Err(refused(first, last));
            }
            rest = before;
        }
        return Ok(());
    }
    let mut seen: HashMap<&str, &Pair<'_>> = HashMap::with_capacity(pairs.len());
    for pair in pairs {
        if let Some(first) = seen.insert(&pair.key, pair) {
            return Err(refused(first, pair));
        }
    }
    Ok(())
}

/// Adds what `<<` names: a map, or a list of maps of which earlier ones win. Keys of the map itself win over both.
fn merged<'a>(mut pairs: Vec<Pair<'a>>, merges: Vec<(Tree<'a>, u32)>) -> Result<Vec<Pair<'a>>, DocumentError> {
    for (tree, line) in merges {
        let sources = match tree {
            Tree::List(items) => items,
            one => vec![one],
        };
        for source in sources {
            let Tree::Map(more) = source else {
                return Err(DocumentError::new(line, "`<<` needs a map"));
            };
            for pair in more {
                if !pairs.iter().any(|p| p.key == pair.key) {
                    pairs.push(pair);
                }
            }
        }
    }
    Ok(pairs)
}

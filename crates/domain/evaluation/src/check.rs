//! The declarative language (`docs/reference/policy-format.md`), compiled.

use std::fmt;

use attesta_resource::Kind;
use ipnet::IpNet;
use regex::Regex;

/// A condition on one resource, or on a record of one of its lists.
#[derive(Debug, Clone)]
pub enum Check {
    /// One attribute, one test.
    Leaf(Leaf),
    /// All hold.
    All(Vec<Check>),
    /// At least one holds.
    Any(Vec<Check>),
    /// Does not hold.
    Not(Box<Check>),
    /// Holds for every record of a list.
    Each {
        /// The list's attribute.
        list: Box<str>,
        /// Must hold for each.
        check: Box<Check>,
    },
    /// Holds for at least one record of a list.
    Some {
        /// The list's attribute.
        list: Box<str>,
        /// Must hold for one.
        check: Box<Check>,
    },
    /// Holds for the resource that an attribute names.
    Lookup {
        /// The attribute that names it.
        by: Box<str>,
        /// Its kind.
        kind: Kind,
        /// Must hold for it.
        check: Box<Check>,
    },
    /// Holds for some resource of a kind.
    Exists {
        /// The kind.
        kind: Kind,
        /// Must hold for one of them.
        check: Box<Check>,
    },
}

/// One attribute, one test.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The attribute's dotted name.
    pub attribute: Box<str>,
    /// What is asked of it.
    pub test: Test,
}

/// What may be asked of an attribute.
#[derive(Debug, Clone)]
pub enum Test {
    /// Equals.
    Is(Literal),
    /// Differs, or is absent.
    IsNot(Literal),
    /// Equals one of these.
    In(Vec<Literal>),
    /// Equals none of these, or is absent.
    NotIn(Vec<Literal>),
    /// Is a whole number of at least this.
    AtLeast(i64),
    /// Is a whole number of at most this.
    AtMost(i64),
    /// Matches the expression.
    Matches(Regex),
    /// Does not match, or is absent.
    NotMatches(Regex),
    /// Is set to something (`true`), or is not (`false`).
    Present(bool),
    /// Is a dotted version of at least this.
    VersionAtLeast(Version),
    /// Is an address block inside one of these.
    CidrWithin(Vec<IpNet>),
    /// Is an address block that shares an address with one of these.
    CidrOverlaps(Vec<IpNet>),
    /// Is an address block with a prefix shorter than this (IPv6: than twice this).
    CidrBroaderThan(u8),
    /// Is a list that holds all of these.
    HasAll(Vec<Literal>),
    /// Is a list that holds one of these.
    HasAny(Vec<Literal>),
}

/// A value in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(Box<str>),
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Text(t) => write!(f, "{t:?}"),
        }
    }
}

/// A dotted version, compared number by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u64>);

impl Version {
    /// Reads the leading dotted numbers of a text, e.g. `1.2` of `1.2` or `TLSv1.2_2021` (letters before are skipped).
    ///
    /// ```
    /// use attesta_evaluation::Version;
    /// assert!(Version::read("1.10") > Version::read("1.2"));
    /// assert_eq!(Version::read("TLSv1.2_2021"), Version::read("1.2"));
    /// assert_eq!(Version::read("latest"), None);
    /// ```
    pub fn read(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let numbers = text.get(start..)?;
        let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
        let parts: Option<Vec<u64>> =
            numbers.get(..end)?.split('.').filter(|p| !p.is_empty()).map(|p| p.parse().ok()).collect();
        parts.map(Self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

impl fmt::Display for Test {
    /// What is wanted, as people would say it after "wanted".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(v) => write!(f, "{v}"),
            Self::IsNot(v) => write!(f, "anything but {v}"),
            Self::In(vs) => write!(f, "one of {}", join(vs)),
            Self::NotIn(vs) => write!(f, "none of {}", join(vs)),
            Self::AtLeast(n) => write!(f, "at least {n}"),
            Self::AtMost(n) => write!(f, "at most {n}"),
            Self::Matches(r) => write!(f, "text that matches `{r}`"),
            Self::NotMatches(r) => write!(f, "text that does not match `{r}`"),
            Self::Present(true) => f.write_str("to be set"),
            Self::Present(false) => f.write_str("not to be set"),
            Self::VersionAtLeast(v) => write!(f, "version {v} or later"),
            Self::CidrWithin(nets) => write!(f, "an address block within {}", join(nets)),
            Self::CidrOverlaps(nets) => write!(f, "an address block that overlaps {}", join(nets)),
            Self::CidrBroaderThan(n) => write!(f, "an address block broader than /{n}"),
            Self::HasAll(vs) => write!(f, "a list with {}", join(vs)),
            Self::HasAny(vs) => write!(f, "a list with one of {}", join(vs)),
        }
    }
}

fn join<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

impl Check {
    /// Every kind whose resources the check looks at besides its own.
    pub fn other_kinds(&self, found: &mut Vec<Kind>) {
        match self {
            Self::Leaf(_) => {}
            Self::All(checks) | Self::Any(checks) => checks.iter().for_each(|c| c.other_kinds(found)),
            Self::Not(check) | Self::Each { check, .. } | Self::Some { check, .. } => check.other_kinds(found),
            Self::Lookup { kind, check, .. } | Self::Exists { kind, check } => {
                found.push(*kind);
                check.other_kinds(found);
            }
        }
    }
}

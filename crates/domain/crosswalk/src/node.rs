use std::{fmt, str::FromStr};

use attesta_catalog::{Catalog, FrameworkId};
use attesta_kernel::{Citation, ControlRef, ElementId, RequirementId, StatementId};

/// A body of requirements that a crosswalk may lead from or to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// Our own statements and their elements.
    Attesta,
    /// The HIPAA Security Rule.
    Hipaa,
    /// The HITRUST CSF's control references.
    Hitrust,
    /// HITRUST requirements by their published ids; the catalog holds none, so any well-formed id is taken.
    Requirements,
    /// A list of ids.
    List(FrameworkId),
}

impl Document {
    /// Every document.
    pub const ALL: [Self; 9] = [
        Self::Attesta,
        Self::Hipaa,
        Self::Hitrust,
        Self::Requirements,
        Self::List(FrameworkId::Nist80053),
        Self::List(FrameworkId::NistCsf),
        Self::List(FrameworkId::Soc2),
        Self::List(FrameworkId::Iso27001),
        Self::List(FrameworkId::PciDss),
    ];

    /// The word used in content and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attesta => "attesta",
            Self::Hipaa => "hipaa",
            Self::Hitrust => "hitrust",
            Self::Requirements => "hitrust-requirements",
            Self::List(id) => id.as_str(),
        }
    }

    /// The name and version that people know it by.
    pub fn name(self, catalog: &Catalog) -> String {
        match self {
            Self::Attesta => "Attesta's own statements".to_owned(),
            Self::Hipaa => catalog.hipaa_edition().name.clone(),
            Self::Hitrust => {
                let edition = catalog.csf_edition();
                format!("{}, {}", edition.name, edition.version)
            }
            Self::Requirements => "HITRUST requirements".to_owned(),
            Self::List(id) => catalog.framework(id).map_or_else(
                || id.to_string(),
                |framework| format!("{} {}", framework.edition.name, framework.edition.version),
            ),
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word names no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a framework; use attesta, hipaa, hitrust, hitrust-requirements, nist-800-53, nist-csf, soc2, iso27001 or pci-dss"
)]
pub struct UnknownDocument(pub String);

impl FromStr for Document {
    type Err = UnknownDocument;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|d| d.as_str() == text.trim()).ok_or_else(|| UnknownDocument(text.to_owned()))
    }
}

/// One requirement of one document, its id in the document's own form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    document: Document,
    id: Box<str>,
}

/// The id names nothing in its document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// It has not the document's form.
    #[error("{0}")]
    Form(String),
    /// It has the form, and is not there.
    #[error("`{id}` is not in {document}")]
    Absent {
        /// What was asked.
        id: String,
        /// Where it is not.
        document: Document,
    },
    /// Its publisher has withdrawn it.
    #[error("`{id}` of {document} is withdrawn{}", .instead.as_ref().map_or(String::new(), |i| format!("; use {i}")))]
    Withdrawn {
        /// What was asked.
        id: String,
        /// Where it was.
        document: Document,
        /// What took its place.
        instead: Option<String>,
    },
}

impl NodeId {
    /// Reads an id as people write it, and finds it in the catalog.
    ///
    /// # Errors
    ///
    /// When it has not the document's form, is not there, or was withdrawn.
    pub fn find(document: Document, text: &str, catalog: &Catalog) -> Result<Self, NodeError> {
        fn form<T: FromStr<Err = E>, E: fmt::Display>(text: &str) -> Result<T, NodeError> {
            text.parse().map_err(|e: E| NodeError::Form(e.to_string()))
        }
        let text = text.trim();
        let (id, found): (String, bool) = match document {
            Document::Attesta if text.contains('.') => {
                let id: ElementId = form(text)?;
                (id.to_string(), catalog.element(&id).is_some())
            }
            Document::Attesta => {
                let id: StatementId = form(text)?;
                (id.to_string(), catalog.statement(&id).is_some())
            }
            Document::Hipaa => {
                let id: Citation = form(text)?;
                (id.to_string(), catalog.hipaa_item(&id).is_some())
            }
            Document::Hitrust => {
                let id: ControlRef = form(text)?;
                (id.to_string(), catalog.reference(&id).is_some())
            }
            Document::Requirements => {
                let id: RequirementId = form(text)?;
                (id.to_string(), true)
            }
            Document::List(framework) => match catalog.framework(framework).and_then(|f| f.entry(text)) {
                Some(entry) if entry.withdrawn => {
                    let instead = (!entry.replaced_by.is_empty()).then(|| entry.replaced_by.join(" or "));
                    return Err(NodeError::Withdrawn { id: text.to_owned(), document, instead });
                }
                entry => (text.to_owned(), entry.is_some()),
            },
        };
        match found {
            true => Ok(Self { document, id: id.into() }),
            false => Err(NodeError::Absent { id, document }),
        }
    }

    /// An id that the catalog itself hands out.
    pub(crate) fn of(document: Document, id: impl fmt::Display) -> Self {
        Self { document, id: id.to_string().into() }
    }

    /// A statement of ours.
    pub fn statement(id: &StatementId) -> Self {
        Self::of(Document::Attesta, id)
    }

    /// An element of a statement of ours.
    pub fn element(id: &ElementId) -> Self {
        Self::of(Document::Attesta, id)
    }

    /// The document that it belongs to.
    pub fn document(&self) -> Document {
        self.document
    }

    /// Its id in the document.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its title, where one may be shown.
    pub fn title<'a>(&self, catalog: &'a Catalog) -> Option<&'a str> {
        match self.document {
            Document::Attesta => match self.id.parse() {
                Ok(element) => catalog.element(&element).map(|e| e.element.text.as_str()),
                Err(_) => catalog.statement(&self.id.parse().ok()?).map(|s| s.title.as_str()),
            },
            Document::Hipaa => catalog.hipaa_item(&self.id.parse().ok()?).map(|i| i.title.as_str()),
            Document::Hitrust => catalog.reference(&self.id.parse().ok()?).map(|r| r.title.as_str()),
            Document::Requirements => None,
            Document::List(framework) => catalog.framework(framework)?.entry(&self.id)?.title.as_deref(),
        }
    }

    /// What it asks in words that may be shown: ours, or the public domain's.
    pub fn text<'a>(&self, catalog: &'a Catalog) -> Option<&'a str> {
        match self.document {
            Document::Attesta => match self.id.parse() {
                Ok(element) => catalog.element(&element).map(|e| e.element.text.as_str()),
                Err(_) => catalog.statement(&self.id.parse().ok()?).map(|s| s.text.as_str()),
            },
            Document::Hipaa => catalog.hipaa_item(&self.id.parse().ok()?).map(|i| i.statement.as_str()),
            Document::List(FrameworkId::NistCsf) => self.title(catalog),
            Document::Hitrust | Document::Requirements | Document::List(_) => None,
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.document, self.id))
    }
}

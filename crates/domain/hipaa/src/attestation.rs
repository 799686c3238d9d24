//! What people attest: who says that an item or an element is met, by what, and until when the word is good.

use std::fmt;

use attesta_assessment::EvidenceId;
use attesta_catalog::Catalog;
use attesta_kernel::{Citation, Date, ElementId};

use crate::{EvidenceBook, RecordId, Words};

/// What an attestation speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// An item of the Security Rule, with all its elements.
    Item(Citation),
    /// One element of our statements.
    Element(ElementId),
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(citation) => citation.fmt(f),
            Self::Element(element) => element.fmt(f),
        }
    }
}

/// Somebody's word, with what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// Its id.
    pub id: RecordId,
    /// What it speaks of.
    pub about: About,
    /// What is so.
    pub says: Words,
    /// Who says it.
    pub by: Words,
    /// When.
    pub on: Date,
    /// The last day on which it is good.
    pub until: Date,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
}

/// Why an attestation does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttestationFlaw {
    /// Nothing shows it.
    NoEvidence,
    /// None of its evidence is good on the day of the report.
    NoGoodEvidence,
    /// It ends before it begins.
    EndsBeforeItBegins,
    /// It is dated after the day of the report.
    NotYet(Date),
    /// It was good until this day.
    Expired(Date),
    /// It speaks of nothing in the catalog.
    AboutNothing,
}

impl fmt::Display for AttestationFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEvidence => f.write_str("names no evidence"),
            Self::NoGoodEvidence => f.write_str("names evidence, none of which is good on the day of the report"),
            Self::EndsBeforeItBegins => f.write_str("ends before it begins"),
            Self::NotYet(day) => write!(f, "is dated {day}, after the day of the report"),
            Self::Expired(day) => write!(f, "was good until {day}"),
            Self::AboutNothing => f.write_str("speaks of nothing in the catalog"),
        }
    }
}

impl Attestation {
    /// Why it does not count on the day `at`; empty when it does.
    pub fn flaws(&self, catalog: &Catalog, evidence: EvidenceBook<'_>, at: Date) -> Vec<AttestationFlaw> {
        let known = match &self.about {
            About::Item(citation) => catalog.hipaa_item(citation).is_some(),
            About::Element(element) => catalog.element(element).is_some(),
        };
        let mut flaws = Vec::new();
        if self.evidence.is_empty() {
            flaws.push(AttestationFlaw::NoEvidence);
        } else if !evidence.shows(&self.evidence, at) {
            flaws.push(AttestationFlaw::NoGoodEvidence);
        }
        if self.until < self.on {
            flaws.push(AttestationFlaw::EndsBeforeItBegins);
        } else if self.until < at {
            flaws.push(AttestationFlaw::Expired(self.until));
        }
        if self.on > at {
            flaws.push(AttestationFlaw::NotYet(self.on));
        }
        if !known {
            flaws.push(AttestationFlaw::AboutNothing);
        }
        flaws
    }
}

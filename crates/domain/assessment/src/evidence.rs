use std::collections::BTreeSet;

use attesta_kernel::Date;

use crate::{ComponentId, EvidenceId, PersonId};

/// One piece of evidence: what it is, of which time, and where its bytes are. The bytes themselves stand elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// What people call it.
    pub title: String,
    /// What kind of thing it is, e.g. `policy`, `procedure`, `configuration`, `record`, `report`, `lead-sheet`.
    pub kind: Box<str>,
    /// The file, below the assessment's folder; none where it is withheld and shown live.
    pub file: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: Option<Box<str>>,
    /// The day on which it was taken.
    pub collected: Option<Date>,
    /// The day on which a document was approved or took effect.
    pub effective: Option<Date>,
    /// The last day on which it is good.
    pub valid_until: Option<Date>,
    /// The time that it covers.
    pub period: Option<(Date, Date)>,
    /// The system that it comes from.
    pub system: Option<String>,
    /// Who answers for it.
    pub owner: Option<PersonId>,
    /// Parts of the scope that it covers; none is all of them.
    pub components: BTreeSet<ComponentId>,
    /// Another's report that is relied upon.
    pub attestation: Option<Attestation>,
}

/// Another's report that is relied upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// Who wrote it.
    pub organisation: String,
    /// What it is, e.g. `SOC 2 type 2`.
    pub report: String,
    /// Its date.
    pub dated: Date,
    /// Whether its controls were mapped to requirements.
    pub mapped: bool,
}

/// Evidence as an answer uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceUse {
    /// Which.
    pub evidence: EvidenceId,
    /// Section, page or paragraph.
    pub at: Option<String>,
    /// The elements that it shows; none is all.
    pub elements: BTreeSet<u8>,
}

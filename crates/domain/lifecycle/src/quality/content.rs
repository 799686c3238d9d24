use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{ChoiceId, FactorId, Purpose};
use attesta_kernel::{Provenance, Severity};

use super::{Check, HandOff};

/// What content says about the checks: words for people, hand-offs, figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// One for each check.
    pub rules: BTreeMap<Check, Rule>,
    /// What each hand-off is, in our own words.
    pub hand_offs: BTreeMap<HandOff, String>,
    /// What answers to factors say about what requirements speak of.
    pub meanings: Vec<Meaning>,
    /// Figures that only checks use.
    pub figures: Figures,
}

/// What the answers to one factor mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The factor.
    pub factor: FactorId,
    /// Choices that say that what it asks about exists.
    pub affirms: BTreeSet<ChoiceId>,
    /// Choices that say that it does not.
    pub denies: BTreeSet<ChoiceId>,
    /// What requirements about it speak of.
    pub topics: BTreeSet<Box<str>>,
}

/// One check as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// A short title.
    pub title: String,
    /// What is wrong when it is found.
    pub wrong: String,
    /// How to mend it.
    pub mend: String,
    /// What it cannot see, where that matters.
    pub blind: Option<String>,
    /// The first hand-off at which it blocks.
    pub hand_off: HandOff,
    /// How much it matters.
    pub severity: Severity,
    /// The kinds of assessment on which it looks.
    pub purposes: BTreeSet<Purpose>,
    /// The programs on which it looks; empty is all.
    pub programs: BTreeSet<String>,
    /// Where it comes from and how sure we are.
    pub provenance: Provenance,
}

/// A figure and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// The figure.
    pub value: T,
    /// Where it comes from and how sure we are.
    pub provenance: Provenance,
}

/// Figures that only checks use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// More than this share of requirements, in per cent, is unusually many not applicable.
    pub not_applicable_percent: Known<u32>,
    /// With fewer requirements than this the share says nothing.
    pub not_applicable_among: Known<u32>,
    /// Topics of things that are there or not, so that requirements about them stand or fall together.
    pub whole_topics: Known<BTreeSet<String>>,
    /// So many requirements with the same comment are boilerplate.
    pub comments_alike: Known<u32>,
    /// A comment shorter than this, in characters, may well be the same by chance.
    pub comment_length: Known<u32>,
    /// How many days old evidence of operation may be on the day of the test.
    pub evidence_age_days: Known<u32>,
    /// How many days old another's report may be.
    pub report_age_days: Known<u32>,
    /// Texts that say nothing, e.g. `n/a`.
    pub empty_texts: Known<Vec<String>>,
    /// Phrases by which a comment says that something is not done, or only in part.
    pub undone_phrases: Known<Vec<String>>,
    /// Phrases by which a comment says that all is done.
    pub done_phrases: Known<Vec<String>>,
    /// Credentials that a tester holds.
    pub tester_credentials: Known<BTreeSet<String>>,
    /// Credentials that a quality reviewer holds.
    pub reviewer_credentials: Known<BTreeSet<String>>,
    /// The role by which a quality reviewer is known.
    pub reviewer_role: Known<String>,
}

impl Rule {
    /// Whether it looks at assessments of this purpose and program.
    pub fn concerns(&self, purpose: Purpose, program: &str) -> bool {
        self.purposes.contains(&purpose) && (self.programs.is_empty() || self.programs.contains(program))
    }
}

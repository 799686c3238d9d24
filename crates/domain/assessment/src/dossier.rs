use std::collections::BTreeMap;

use attesta_catalog::Placed;
use attesta_kernel::Share;

use crate::{
    Answered, Assessment, Evidence, EvidenceId, FactorAnswers, Measure, MeasureId, Pack, Person, PersonId, Register,
    RequirementKey, SampleId, Scope, Validated,
};

/// Everything that an assessment holds, as its people wrote it. What follows from it is worked out, never stored here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// What it is.
    pub assessment: Placed<Assessment>,
    /// What is assessed.
    pub scope: Scope,
    /// Answers to the tailoring factors.
    pub factors: FactorAnswers,
    /// The packs that requirements come from, in order.
    pub packs: Vec<Pack>,
    /// Who takes part.
    pub people: BTreeMap<PersonId, Placed<Person>>,
    /// What the entity answers.
    pub answers: BTreeMap<RequirementKey, Placed<Answered>>,
    /// What the assessor found.
    pub validation: BTreeMap<RequirementKey, Placed<Validated>>,
    /// The register of evidence.
    pub evidence: BTreeMap<EvidenceId, Placed<Evidence>>,
    /// Measures and metrics.
    pub measures: BTreeMap<MeasureId, Placed<Measure>>,
    /// Of each finished sample, the drawn items on which everything tested holds.
    pub samples: BTreeMap<SampleId, Share>,
    /// What is inherited, and from where.
    pub inheritance: Register,
}

//! What an assessment holds (scope, factors, requirement packs, answers, evidence, inheritance) and what follows from it.
//!
//! Everything is a plain value: the folder or the database that it comes from is an adapter's business. Figures come from
//! content; this crate holds the form of the rules. It will never read a clock or a file, and it never answers for somebody.

mod answer;
mod dossier;
mod evidence;
mod factor;
mod header;
mod id;
mod measure;
mod pack;
mod people;
mod scope;

pub use answer::{Answered, Judgement, LevelAnswer, Met, Part, Strength, Validated};
pub use dossier::Dossier;
pub use evidence::{Attestation, Evidence, EvidenceUse};
pub use factor::{FactorAnswer, FactorAnswers};
pub use header::{Assessment, PriorCertificate, Purpose, UnknownPurpose};
pub use id::{
    ActionId, AdditionId, AssessmentId, ChoiceId, ComponentId, EvidenceId, FacilityId, FactorId, MatrixId, MeasureId,
    NotAnId, PackId, PersonId, ProviderId, RequirementKey, SampleId, SourceId, SystemId,
};
pub use measure::{Measure, MeasureClass};
pub use pack::{Condition, Pack, PackElement, PackRequirement};
pub use people::{Person, Side, UnknownSide};
pub use scope::{Component, Coverage, Environment, Facility, Flow, Inclusion, Provider, Scope, System};

//! What an assessment holds (scope, factors, requirement packs, answers, evidence, inheritance) and what follows from it.
//!
//! Everything is a plain value: the folder or the database that it comes from is an adapter's business. Figures come from
//! content; this crate holds the form of the rules. It will never read a clock or a file, and it never answers for somebody.

mod addition;
mod adviser;
mod answer;
mod assessment_type;
mod condition;
mod csf;
mod delta;
mod dossier;
mod evidence;
mod explain;
mod factor;
mod header;
mod id;
mod import;
mod inheritance;
mod links;
mod measure;
mod metric_record;
mod pack;
mod people;
mod proposal;
mod scope;
mod scope_check;
mod sheet;
mod statements;
mod tailor;
mod work;

pub use addition::{
    Addition, AdditionOutcome, AdditionRow, AdditionRule, Additions, Over, RowStanding, Yields, decide_addition,
};
pub use adviser::{ADVISER, Advice, AdviceRule, AdviceVerdict, Adviser, Says};
pub use answer::{Answered, Judgement, LevelAnswer, Met, Part, Strength, Validated};
pub use assessment_type::{
    AssessmentType, CarveOuts, CoreCount, CoreDifference, Covers, CsfChoice, NotAllowed, PurposeRule, Tailoring,
    check_header,
};
pub use condition::{Facts, Ground, Truth, Verdict};
pub use csf::{CsfRelease, CsfVersion, NotAVersion, VersionConcern, version_concerns};
pub use delta::{Delta, Movement, delta, movement};
pub use dossier::Dossier;
pub use evidence::{Attestation, Evidence, EvidenceUse};
pub use explain::explain_level;
pub use factor::{Choice, Factor, FactorAnswer, FactorAnswers, FactorGroup, Factors, UnknownGroup, UnknownInCondition};
pub use header::{Assessment, PriorCertificate, Purpose, UnknownPurpose};
pub use id::{
    ActionId, AdditionId, AssessmentId, ChoiceId, ComponentId, EvidenceId, FacilityId, FactorId, MatrixId, MeasureId,
    NotAnId, PackId, PersonId, ProviderId, RequirementKey, SampleId, SourceId, SystemId,
};
pub use import::{
    Field, Import, ImportProfile, ImportRefusal, ImportReport, ImportedLevel, LevelSays, Shape, UnknownField, import,
    read_level, recognise,
};
pub use inheritance::{
    Inheritable, InheritanceFault, InheritanceRules, Matrix, MatrixField, MatrixImport, MatrixProfile, MatrixReport,
    MatrixRow, Mine, Register, Relation, Request, RequestCommand, RequestEvent, RequestRefusal, RequestState,
    Responsibility, Source, SourceState, UnknownMatrixField, applied, import_matrix, may_be_used, recognise_matrix,
    still_mine,
};
pub use links::check_links;
pub use measure::{Measure, MeasureClass};
pub use metric_record::{ManagedRecord, MetricRecord};
pub use pack::{Condition, Pack, PackElement, PackRequirement};
pub use people::{Person, Side, UnknownSide};
pub use proposal::{
    CheckRun, Frequencies, NoHistory, Proposal, ProposalVerdict, ProposedPart, Seen, VerdictRefusal, propose,
    propose_from_history,
};
pub use scope::{Component, Coverage, Environment, Facility, Flow, Inclusion, Provider, Scope, System};
pub use scope_check::{DataType, DataTypes, ScopeConcern, ScopeFinding, ScopeWeight, check_scope};
pub use sheet::{Headers, RowTrouble, Sheet, SheetRow};
pub use statements::{StatementPack, StatementRole, statement_pack};
pub use tailor::{Asked, Exclusion, LeftOut, Reason, TailorInput, Tailored, tailor};
pub use work::{
    AnswerFault, AnswerFaultKind, Inherited, View, Worked, WorkedLevel, WorkedPart, Workings, not_asked, work_out,
    work_out_all,
};

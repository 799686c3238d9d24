//! HIPAA's people side: decisions about addressable specifications, the risk analysis, incidents and their clocks,
//! business associate agreements, recognised security practices, and the two scores that come of them.
//!
//! It takes records as people wrote them, the figures as content says them and the day as an input, and tells what
//! counts, what does not and why. It will never read a file or a clock, decide for a person, or call a proposal law.

mod agreement;
mod attestation;
mod calendar;
mod clock;
mod decision;
mod evidence;
mod gate;
mod incident;
mod practice;
mod proposal;
mod reach;
mod record;
mod risk;
mod rules;
mod score;
mod watch;
mod words;

pub use agreement::{
    Agreement, AgreementFlaw, AgreementReport, AgreementRow, AgreementState, Clause, ClauseAnswer, Counterpart, Signed,
};
pub use attesta_assessment::{EvidenceId, ProviderId, SystemId};
pub use attestation::{About, Attestation, AttestationFlaw};
pub use calendar::{Retention, days_between, plus_days, plus_months, plus_years};
pub use clock::{Applies, Clock, ClockState, ClockStep};
pub use decision::{
    Choice, Decision, DecisionFlaw, DecisionReport, DecisionRow, Exemption, ExemptionRefusal, ExemptionRow, Past,
    Ruling, StrayDecision,
};
pub use evidence::EvidenceBook;
pub use gate::{Register, RegisterState};
pub use incident::{
    Determination, Exclusion, FactorAssessment, Finding, Hold, HoldForm, Incident, IncidentFlaw, IncidentReport,
    KeyState, Notice, OurRole, Secured,
};
pub use practice::{FamilyReport, Period, Practice, PracticeFlaw, PracticeReport, PracticeRow, PracticeState, Span};
pub use proposal::{Overlay, ProposedChange, ProposedRule};
pub use reach::Reach;
pub use record::{RecordId, Records, Slug, Words};
pub use risk::{
    Acceptance, Action, Analysis, AnalysisFlaw, AnalysisState, Assessed, Grades, MatrixCell, Risk, RiskFlaw,
    RiskRegister, RiskReport, RiskRow, Treatment, Uncovered,
};
pub use rules::{
    AgreementRules, BreachRules, ClauseRule, ClockRule, Condition, CountedFrom, DecisionRules, Factor, Family,
    GateRule, MatrixError, Part, PracticeRules, Recipient, RiskMatrix, RiskRules, Rules,
};
pub use score::{Checked, ItemPosition, Proof, Reason, ScoreCard, ScoreInputs, State, Stray, score};
pub use watch::{Said, Sight, Source, Watch};

//! Scoring: from answers on maturity levels to requirement, control-reference and domain scores, gaps, required corrective
//! action plans and a certification decision; every number can be explained.
//!
//! All figures (weights, thresholds, bands, rating tables) are content, handed in as a [`Program`] or a [`Rubric`]; this
//! crate holds the form of the rules and no figure of HITRUST's. Arithmetic is exact: [`Exact`] is a fraction, comparisons
//! are made on it, and [`Exact::rounded`] is the one place that rounds. Nothing here is a float.
//!
//! It will never read a clock or a file, and it never guesses an answer that was not given.

mod assessment;
mod board;
mod explain;
mod level;
mod points;
mod program;
mod rubric;
mod score;

pub use assessment::{Answer, Refusal, RefusalKind, Requirement};
pub use board::ScoreBoard;
pub use explain::{Explanation, Subject, explain, explain_with};
pub use level::{Levels, MaturityLevel, UnknownLevel};
pub use points::{Exact, Score, ScoreError};
pub use program::{
    Bands, CapRule, CapScope, Counted, DomainRule, Figure, NoFigure, Program, ProgramError, RollUp, Rules, Timeline,
    Weight, Weights,
};
pub use rubric::{CoverageBands, Matrix, RateError, Rubric, RubricError, Strengths};
pub use score::{Decision, DomainScore, GroupScore, RequirementScore, Scorecard, Shortfall, score};

//! Inheritance: other assessments' results in ours, and who is responsible for what.

mod matrix;
mod request;
mod source;

pub use matrix::{Inheritable, Matrix, MatrixRow, Mine, Responsibility, still_mine};
pub use request::{Request, RequestCommand, RequestEvent, RequestRefusal, RequestState};
pub use source::{InheritanceFault, InheritanceRules, Register, Relation, Source, SourceState, applied, may_be_used};

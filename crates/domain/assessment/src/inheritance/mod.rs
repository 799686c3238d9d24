//! Inheritance: other assessments' results in ours, and who is responsible for what.

mod matrix;
mod matrix_import;
mod request;
mod source;

pub use matrix::{Inheritable, Matrix, MatrixRow, Mine, Responsibility, still_mine};
pub use matrix_import::{
    MatrixField, MatrixImport, MatrixProfile, MatrixReport, UnknownMatrixField, import_matrix, recognise_matrix,
};
pub use request::{Request, RequestCommand, RequestEvent, RequestRefusal, RequestState};
pub use source::{InheritanceFault, InheritanceRules, Register, Relation, Source, SourceState, applied, may_be_used};

//! The catalog: frameworks, control statements, mappings and the dictionary of the resource model, as checked data.
//!
//! An adapter reads content into [`Parts`], each with its [`Place`](attesta_kernel::Place); [`Catalog::build`] checks
//! every reference between them and either answers with a [`Catalog`] or with every [`Fault`] at once.
//!
//! This crate will never read a file, and holds no fact about HIPAA or HITRUST itself: those are content.

mod catalog;
mod csf;
mod dictionary;
mod edition;
mod fault;
mod framework;
mod hipaa;
mod mapping;
mod parents;
mod statement;

pub use catalog::{Catalog, Parts};
pub use csf::{Category, CsfParts, Domain, Objective, ObjectiveId, ObjectiveIdError, Reference};
pub use dictionary::{Dictionary, DictionaryParts, Field, FieldPart, KindFields, KindPart, Shape, ShapePart};
pub use edition::{Edition, Pack};
pub use fault::{Fault, Placed};
pub use framework::{Baseline, Entry, Framework, FrameworkId, FrameworkPart, UnknownFramework};
pub use hipaa::{Designation, HipaaGroup, HipaaItem, HipaaKind, HipaaParts, Proposal};
pub use mapping::{Mapped, MappingPart, MappingRow, Strength};
pub use statement::{Element, ElementEntry, ElementPart, Proof, Statement, StatementPart};

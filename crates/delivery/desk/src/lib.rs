//! What commands and the API do with an assessment.
//!
//! A [`Desk`] is an assessment's files, on disk or held in memory, with everything that its numbers rest on. Use cases take
//! a desk and typed input and give back a report, or changes of files with what to say about them. A [`Library`] is the
//! content, read once and shared by every desk.
//!
//! It speaks to nobody: no arguments, no printing, no process, and no clock: the day is an argument.

mod desk;
mod failure;
pub mod gates;
mod library;
mod life;
mod review;

pub use desk::{Desk, Scored};
pub use failure::{Complaint, Failure, Kind};
pub use library::Library;
pub use life::{Course, person, person_of};
pub use review::{Certified, Folio, Reviewed, Standing, last_levels, review};

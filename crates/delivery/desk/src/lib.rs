//! What commands and the API do with an assessment.
//!
//! A [`Desk`] is an assessment's files, on disk or held in memory, with everything that its numbers rest on. Use cases take
//! a desk and typed input and give back a report, or changes of files with what to say about them. A
//! [`Library`] is the content, read once and shared by every desk.
//!
//! It speaks to nobody: no arguments, no printing, no process, and no clock: the day is an argument.

pub mod actions;
pub mod additions;
pub mod advance;
pub mod answer;
pub mod board;
pub mod calendar;
mod deed;
mod desk;
pub mod effect;
pub mod events;
pub mod explain;
pub mod export;
mod failure;
pub mod gaps;
pub mod gates;
pub mod grid;
pub mod hipaa;
pub mod import;
pub mod inherit;
pub mod init;
mod library;
mod life;
pub mod plan;
pub mod points;
pub mod propose;
pub mod quality;
pub mod recheck;
pub mod redraw;
pub mod report;
mod review;
pub mod samples;
pub mod scope;
pub mod scoping;
pub mod score;
pub mod shared;
pub mod tailor;
pub mod testing;
pub mod trust;
pub mod whatif;

pub use deed::{Deed, Guest};
pub use desk::{Desk, Scored};
pub use failure::{Complaint, Failure, Kind};
pub use library::{Library, Speaking};
pub use life::{Course, person, person_of};
pub use review::{Certified, Folio, Reviewed, Standing, last_levels, review};

/// A report as the commands print it with `--format json`, without the last line end.
///
/// # Errors
///
/// None for the reports of this crate; what cannot be written as JSON is told.
pub fn to_json<T: serde::Serialize>(report: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(report).map_err(|e| Failure::new(Kind::Unknown, e.to_string()))
}

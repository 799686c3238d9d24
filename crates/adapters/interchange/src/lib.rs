//! Interchange: writes what Attesta found in the formats that people and tools read, and reads what others export.
//!
//! Every writer here is a pure function of a report: no clock, no network, no files of its own, and the same bytes for
//! the same report. Whatever comes from inputs is escaped for the format it lands in.
//!
//! This crate judges nothing. What a finding, a standing or a share is, the domain has said already.

mod book;
pub mod packs;
pub mod process;
pub mod reports;
mod sheets;
pub mod strm;

pub use book::workbook;
pub use sheets::csv;

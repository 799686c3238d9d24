//! The rooms, one module each.

pub mod account;
pub mod assessments;
pub mod calendar;
pub mod cloud;
pub mod drift;
pub mod entry;
pub mod evidence;
pub mod findings;
pub mod gaps;
pub mod grid;
pub mod hipaa;
pub mod home;
pub mod keeping;
pub mod overview;
pub mod plan;
pub mod policies;
pub mod reports;
pub mod requests;
pub mod requirement;
pub mod tasks;
pub mod upkeep;

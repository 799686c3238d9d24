//! The rooms, one module each.

pub mod account;
pub mod assessments;
pub mod calendar;
pub mod entry;
pub mod evidence;
pub mod gaps;
pub mod grid;
pub mod home;
pub mod keeping;
pub mod overview;
pub mod plan;
pub mod requests;
pub mod requirement;
pub mod tasks;
pub mod upkeep;

//! The rooms, one module each.

pub mod assessments;
pub mod calendar;
pub mod entry;
pub mod evidence;
pub mod gaps;
pub mod home;
pub mod keeping;
pub mod plan;
pub mod requests;
pub mod tasks;

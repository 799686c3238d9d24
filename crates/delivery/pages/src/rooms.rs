//! The rooms, one module each.

pub mod assessments;
pub mod entry;
pub mod grid;
pub mod home;
pub mod overview;
pub mod requirement;

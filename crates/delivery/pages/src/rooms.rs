//! The rooms, one module each.

pub mod assessments;
pub mod entry;
pub mod home;

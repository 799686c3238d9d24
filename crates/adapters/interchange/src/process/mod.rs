//! How an assessment is run, for people and other programs: its calendar, the lead sheets of its samples.

mod calendar;
mod gantt;
mod ics;
mod lead_sheet;

pub use calendar::{calendar_json, calendar_text, outlook};
pub use ics::calendar_ics;
pub use lead_sheet::{lead_sheet_csv, lead_sheet_markdown};

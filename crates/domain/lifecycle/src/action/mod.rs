//! Corrective action plans: who mends a shortfall, how, until when, and whether it worked.
//!
//! [`Action`] is what people write; [`Action::after`] moves its status or refuses; [`progress`] compares with the
//! certificate for an interim assessment. What is wrong with a plan is told by the quality checks.

mod plan;
mod progress;
mod status;

pub use plan::{Action, Milestone, Note, Retest, RetestResult, UnknownRetestResult};
pub use progress::{Advance, Change, Progress, progress};
pub use status::{Command, Jump, Move, Moved, Refusal, Status, UnknownStatus};

//! What is done with a source that is looked at again and again: a look is judged and kept, the next one is compared with
//! it, what is news is written down once, and what is known is shown with its age. `attesta monitor` and the server do it
//! in the same way; they differ in where a source's documents come from and in who is told.
//!
//! It asks nobody for documents, sends nothing and reads no clock.

mod judge;
mod keep;
mod look;
mod tell;
mod view;

use std::path::PathBuf;

pub use attesta_app::explain::Explanation;
use attesta_catalog::Fault;
use attesta_history::HistoryError;

pub use judge::Judge;
pub use keep::Kept;
pub use look::{WAIVERS, keep_run, new_run, waivers_beside};
pub use tell::{Alerted, How, Moved, Told, tell, untold};
pub use view::{FindingRow, Followed, PlaceRow, ResourceRow, View, explained, followed, view};

/// Why a source cannot be worked with. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The content that is judged by.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Content(Vec<Fault>),
    /// Where runs are kept.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// What was known of the source.
    #[error("{}: {what}", path.display())]
    State {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Something was read, and it is no state of a source.
    #[error("{0}")]
    NotSeen(String),
}

impl From<Vec<Fault>> for WatchError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Content(faults)
    }
}

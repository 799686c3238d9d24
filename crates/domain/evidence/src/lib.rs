//! Evidence: what was collected, by whom, from where, for which period, when it goes stale, and how long it must stay.
//!
//! It holds no bytes: a digest names them. It will never read a clock or a file, and no day is today here; whether a
//! thing is valid is asked of a day, and the answer is never a bare yes.

mod freshness;
mod id;
mod item;
mod link;
mod media;
mod phi;
mod record;
mod retention;
mod shelf;
mod words;

pub use freshness::{CountsFrom, Freshness, Kind, KindId, Standing, Why, standing};
pub use id::EvidenceId;
pub use item::{Change, Hold, Item, Refusal, Status, Tombstone};
pub use link::{Link, Target, TargetError};
pub use media::{Media, media_type};
pub use phi::{PhiPattern, PhiPatternError, PhiPatternId, Suspicion, suspicions};
pub use record::{Attestation, Dates, Description, Evidence, Period, PeriodError, Role, Source};
pub use retention::{InEffect, Kept, Retention, RetentionId, kept};
pub use shelf::{FoldError, Rules, Shelf, UnknownId};
pub use words::{Matter, Text, TextError, WordError};

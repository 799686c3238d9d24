//! What people do around an assessment: tasks, requests from the assessor, comments, waivers; and when something is tried
//! again.
//!
//! It decides which move leads where, what a thing may be about and when the next attempt is due. It will never store,
//! send or read a clock; who may do it is [`attesta_access`]'s to say.

mod about;
mod backoff;
mod id;
mod notice;
mod request;
mod task;
mod waiver;
mod words;

pub use about::{About, AboutError};
pub use backoff::again_after;
pub use id::{AlertId, CommentId, JobId, LookId, RequestId, SourceId, TaskId, WaiverId};
pub use notice::{Happened, Hearer, Notice, Way, Wishes, digest_day, digest_window};
pub use request::{RequestMove, RequestState};
pub use task::{TaskMove, TaskState};
pub use waiver::{WaiverMove, WaiverState, waiver_holds};
pub use words::{NoMove, UnknownState};

//! What changed between two evaluated states: resources and their attributes, verdicts, and where requirements stand.
//!
//! Two rules hold throughout. *Unknown is never mended*: a violation that can no longer be told is told as such. *What was
//! not seen is not gone*: a resource that is missing where the source did not show all of its kind is *no longer seen*,
//! and its violations are neither mended nor gone.
//!
//! This crate will never read a clock, a file or the network. The day is an input, and so are both states.

mod attributes;
mod attribution;
mod compare;
mod cron;
mod effect;
mod monitor;
mod presence;
mod schedule;
mod stand;
mod state;
mod turn;
mod watch;

pub use attesta_posture::Verdict;
pub use attributes::{AttributeChange, changes};
pub use attribution::{ChangeEvent, Who, who};
pub use compare::{Drift, ResourceChange, compare};
pub use cron::{Cron, CronError};
pub use effect::{DomainMove, Effect, Level, RequirementMove};
pub use monitor::{MonitorPlan, MonitorSource, Origin, Route, RouteName, Secret, Via};
pub use presence::Presence;
pub use schedule::{Schedule, When, Window};
pub use stand::{Direction, DomainChange, ElementChange, GroupChange, StandingChange};
pub use state::{ResourceKey, State};
pub use turn::{Turn, VerdictChange, verdict};
pub use watch::{Condition, News, Notice, Observed, Subject, Watch, Watched, step};

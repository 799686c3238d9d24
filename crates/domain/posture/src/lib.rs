//! Dated verdicts: what each run said of each check, and what follows over time.
//!
//! A *check* is one policy on one resource. A run says of a check that it passes, fails, fails under a waiver, is unknown
//! or could not be run; what a run does not name is *gone* where the run would have seen it, and *not seen* where it may
//! have missed it. Only a pass is a pass, and what was not seen neither opens a finding nor closes one. Between two runs
//! nothing is claimed.
//!
//! It will never read a clock or a file, and it judges nothing itself: policies do.

mod finding;
mod follow;
mod grouping;
mod id;
mod metric;
mod step;
mod trend;
mod verdict;

pub use finding::{Closed, Ending, Finding, Moment, Remediation, Seconds, Times, in_words, seconds_between};
pub use follow::{Broken, Follower, Point, Series};
pub use grouping::Grouping;
pub use id::{CheckKey, RunId, SourceName};
pub use metric::{
    Counted, Managed, Metric, MetricId, MetricResult, MetricRun, PeriodResult, PeriodState, Reaction, Review,
    Threshold, UnknownCounted, Value, measure,
};
pub use step::{Absence, Delta, Judged, Reach, Step, changes, put};
pub use trend::{
    Every, Freshness, Gap, Period, Posture, TrendRow, UnknownLength, day_of, end_of, gaps, looks, posture, trend,
};
pub use verdict::{Tally, UnknownVerdict, Verdict, Verdicts};

//! Phases, calendar, sampling, quality checks and corrective actions: how an assessment is run.
//!
//! Every window, size and count is content, handed in; the day is an input. HITRUST's own acts are recorded as people tell
//! them: this is not HITRUST's portal, and nothing here decides for HITRUST.

pub mod action;
mod change;
mod draw;
mod figures;
mod phase;
mod population;
pub mod quality;
mod sample;
mod sizes;
mod state;
pub mod submission;

pub use change::{Change, Subject, UnknownSubject, Why, may_change};
pub use draw::{NotASeed, Seed, draw, order};
pub use figures::{
    Derived, FigureName, Figures, NoFigure, Unit, UnknownFigure, business_days_after, business_days_before, days_after,
    days_before, months_after, months_before,
};
pub use phase::{Phase, UnknownPhase};
pub use population::{Items, Population, PopulationRefusal, Window};
pub use sample::{
    Attribute, DrawAsk, Drawn, Finding, ItemOutcome, ReplaceAsk, Replacement, Sample, SampleRefusal, SampleResult,
};
pub use sizes::{Frequency, NoSize, Size, Sizes, Step, Steps, StepsError, Take, UnknownFrequency};
pub use state::{
    Certificate, CertificateStanding, Draft, Frozen, FrozenFile, Life, Outcome, Papers, Reservation, Signed, State,
    Submission, Task, TaskStatus, Tasks,
};

//! Phases, calendar, sampling, quality checks and corrective actions: how an assessment is run.
//!
//! Every window, size and count is content, handed in; the day is an input. HITRUST's own acts are recorded as people tell
//! them: this is not HITRUST's portal, and nothing here decides for HITRUST.

pub mod action;
mod advance;
mod calendar;
mod change;
mod draw;
mod event;
mod figures;
mod gate;
mod history;
mod notice;
mod phase;
mod plan;
mod population;
pub mod quality;
mod recheck;
mod refusal;
mod sample;
mod sizes;
mod state;
pub mod submission;
mod terms;
mod track;
mod verb;

pub use advance::{Seen, Setting, Telling, advance, drift};
pub use calendar::{Calendar, CalendarAsk, CapDue, Milestone, MilestoneKey, Origin, Outlook, Standing, calendar};
pub use change::{Change, Subject, UnknownSubject, Why, may_change};
pub use draw::{NotASeed, Seed, draw, order};
pub use event::Event;
pub use figures::{
    Derived, FigureName, Figures, NoFigure, Unit, UnknownFigure, business_days_after, business_days_before, days_after,
    days_before, months_after, months_before,
};
pub use gate::{Gate, GateState, Lack, Readiness};
pub use history::{Entry, History, HistoryFault};
pub use notice::{
    Clock, Consulted, Ended, NotANoticeId, NoticeId, NoticeRefusal, Notices, SecurityEvent, SignificantChange,
};
pub use phase::{Phase, UnknownPhase};
pub use plan::{InPlace, StageSet, earliest, plan_back};
pub use population::{Items, Population, PopulationRefusal, Window};
pub use recheck::{
    Candidate, InterimSelection, Recheck, RecheckReason, RecheckVerdict, degraded, interim_selection, requirement_draw,
};
pub use refusal::{Drift, Refusal};
pub use sample::{
    Attribute, DrawAsk, Drawn, Finding, ItemOutcome, ReplaceAsk, Replacement, Sample, SampleRefusal, SampleResult,
};
pub use sizes::{Frequency, NoSize, Size, Sizes, Step, Steps, StepsError, Take, UnknownFrequency};
pub use state::{
    Certificate, CertificateStanding, Draft, FileChanges, Frozen, FrozenFile, Life, Outcome, Papers, Reservation,
    Signed, State, Submission, Task, TaskStatus, Tasks, digest_of_files,
};
pub use terms::{
    AllTerms, ProgramTerms, RapidPlan, RapidRefusal, RapidSet, RapidTerms, SetSize, SubmissionWindow, Terms,
    TermsError, Told, bridge_window, interim_window, rapid_plan,
};
pub use track::{PhaseNote, Phases, PhasesError, Track, TrackError};
pub use verb::{Command, CommandError, Detail, Paper, UnknownPaper, UnknownVerb, Verb, Wants, route, verbs_of};

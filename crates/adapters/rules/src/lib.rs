//! Users' own policies, written in Rego v1: loaded, checked, fenced in and judged.
//!
//! A [`Worker`] loads a pack in a process of its own and gives one [`Verdict`] for each resource; [`InProcess`] does the
//! same here, for packs that are trusted. Both refuse at load what could harm or mislead, and name the place and the
//! mend. The format is documented in `docs/reference/policies-rego.md`.
//!
//! This crate will never read a file, a clock or the network for a policy, and never turns what could not be evaluated
//! into a pass.

mod builtins;
mod check;
mod evaluator;
mod fault;
mod fence;
mod input;
mod judge;
mod limits;
mod metadata;
mod pack;
mod process;
mod program;
mod reads;
mod recursion;
mod rlimit;
mod session;
mod source;
mod stand_in;
mod supervisor;
mod syntax;
mod verdict;
mod wire;
mod worker;

pub use evaluator::{Evaluator, InProcess, TestOutcome};
pub use fault::RuleFault;
pub use input::input_of;
pub use limits::Limits;
pub use metadata::{Metadata, Remediation};
pub use pack::{RulePack, RulePolicy, RuleTest};
pub use process::{WORKER_FLAG, WorkerOptions};
pub use reads::Reads;
pub use source::RuleFile;
pub use supervisor::{Worker, WorkerError};
pub use verdict::{Denial, Verdict};
pub use worker::worker_main;

//! Forecast: the cheapest set of improvements that certifies an assessment, proven to be the cheapest; the earliest day; what
//! would be different if; and why.
//!
//! [`plan`] turns today's answers and estimates into an integer [`Problem`], lets a [`Solver`] (a port; the adapter uses a MILP
//! crate) find an answer, goes on from it with an exact search of its own that either proves it the cheapest or finds a cheaper
//! one, applies the improvements and scores the assessment again. So no float decides anything, and a solver that errs costs
//! time, not truth. What is not proven is said to be not proven ([`Proof`]).
//!
//! ```
//! use std::collections::BTreeMap;
//! use attesta_forecast::{Defaults, Estimate, Goal, Inputs, Proof, Solver, Work, plan};
//! use attesta_scoring::{MaturityLevel, Requirement, Rules};
//!
//! fn cheapest(rules: &Rules<'_>, requirements: &[Requirement], defaults: &Defaults, solver: &dyn Solver) -> String {
//!     let names = BTreeMap::from([(2, "Endpoint Protection".to_owned())]);
//!     let estimates = [Estimate {
//!         requirement: "1123.01q1System.2".into(),
//!         level: MaturityLevel::Implemented,
//!         target: attesta_scoring::Score::FULL,
//!         work: Work { hours: 16, days: 3 },
//!         owner: Some("Ada".into()),
//!     }];
//!     let goal = Goal::CertifyWithFewestCaps;
//!     let inputs = Inputs { rules, requirements, estimates: &estimates, defaults, domain_names: &names, goal };
//!     match plan(&inputs, solver) {
//!         // A refusal says what stays short, by how much, and what could be done.
//!         Err(refusal) => refusal.to_string(),
//!         Ok(plan) => {
//!             let needs: Vec<String> = plan.needs.iter().map(|need| need.says(&plan.items)).collect();
//!             let proven = if plan.proof == Proof::Cheapest { "and no plan takes fewer" } else { "perhaps not the fewest" };
//!             format!("{}\n{} hours, {proven}", needs.join("\n"), plan.hours)
//!         }
//!     }
//! }
//! ```
//!
//! It will never lower a score, guess an effort (assumptions are handed in, and marked in the result), or claim that a goal
//! which is out of reach is near.

mod bound;
mod build;
mod compare;
mod dates;
mod explain;
mod inputs;
mod next;
mod offer;
mod plan;
mod problem;
mod prove;
mod reduce;
mod refusal;
mod sums;

pub use compare::{Affordable, Difference, affordable, compare};
pub use dates::{Calendar, Dates, DatesRefusal, ItemDates, Window, Windows, dates};
pub use explain::{Need, Route, Unsure};
pub use inputs::{Basis, Defaults, Estimate, Goal, Inputs, LevelDefault, Work};
pub use next::{NextStep, next_steps};
pub use plan::{Item, Plan, Proof, plan, plan_with};
pub use problem::{Choice, Component, Group, NoAnswer, Problem, Selection, Solver, Unaided};
pub use prove::Effort;
pub use refusal::{EstimateFault, EstimateRefusal, OutOfReach, Refusal};

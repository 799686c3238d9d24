use attesta_kernel::ControlRef;
use attesta_scoring::{Exact, MaturityLevel, Score};

/// Why there is no forecast.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Today's answers cannot be scored.
    #[error("{}", lines(.0))]
    Answers(Vec<attesta_scoring::Refusal>),
    /// Nothing in the assessment counts, so nothing can be certified.
    #[error("nothing counts in this assessment: every requirement is left out")]
    NothingCounts,
    /// Estimates that make no sense.
    #[error("{}", lines(.0))]
    Estimates(Vec<EstimateRefusal>),
    /// The goal cannot be reached, whatever is done of what is offered.
    #[error("the goal cannot be reached with the improvements offered:\n{}", lines(.0))]
    OutOfReach(Vec<OutOfReach>),
    /// More than the forecast takes.
    #[error("{what}: {given} is more than a forecast takes; the most is {most}")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How much was given.
        given: usize,
        /// How much is taken.
        most: usize,
    },
    /// Fractions so unlike that they do not fit into whole numbers.
    #[error("the exact needs of {0} do not fit; use scores with fewer decimals or the flat roll-up")]
    TooFine(String),
    /// The answer, applied and scored, does not do what it was chosen for. It is a fault of ours; nothing is claimed.
    #[error("the plan that was found does not hold when it is scored ({0}); please report this")]
    Broken(String),
}

/// An estimate that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("estimate {} (`{requirement}`, {level}): {kind}", .index + 1)]
pub struct EstimateRefusal {
    /// Where it stands in the list, from 0.
    pub index: usize,
    /// The requirement that it names.
    pub requirement: Box<str>,
    /// The level that it names.
    pub level: MaturityLevel,
    /// What is wrong.
    pub kind: EstimateFault,
}

/// What is wrong with an estimate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EstimateFault {
    /// No such requirement.
    #[error("the assessment has no such requirement; write its id as the assessment does")]
    NoSuchRequirement,
    /// The program does not score the level.
    #[error("the level does not count here; remove the estimate")]
    NotScored,
    /// The same target twice.
    #[error("{target} was estimated already by estimate {}; remove one", .first + 1)]
    Twice {
        /// The target.
        target: Score,
        /// Where, from 0.
        first: usize,
    },
    /// More work than anybody means.
    #[error("{given} {unit} is more than an estimate may be; the most is {most}")]
    TooMuch {
        /// What was given.
        given: u32,
        /// Hours or days.
        unit: &'static str,
        /// The most.
        most: u32,
    },
}

/// One thing that stays short when everything offered is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfReach {
    /// A domain stays below its threshold.
    #[error(
        "{name} reaches {} at most and needs {at_least}; offer more on its requirements, or rescope",
        at_most(.best)
    )]
    Domain {
        /// Its number.
        number: u8,
        /// What people call it.
        name: String,
        /// The exact mean with everything done.
        best: Exact,
        /// The threshold.
        at_least: Score,
    },
    /// A requirement lacks a level that the program asks for, and nothing is offered on it.
    #[error("{requirement} has no answer on {level}; answer it, or offer an improvement on it")]
    Unanswered {
        /// Its id.
        requirement: Box<str>,
        /// The level.
        level: MaturityLevel,
    },
    /// A requirement keeps a required corrective action plan.
    #[error(
        "{requirement} keeps a required corrective action plan: {level} stays below 100 and control reference \
         {reference} reaches {} at most and needs {limit}",
        at_most(.best)
    )]
    Cap {
        /// Its id.
        requirement: Box<str>,
        /// Its control reference.
        reference: ControlRef,
        /// The level on which the plan hangs.
        level: MaturityLevel,
        /// The reference's exact mean with everything done.
        best: Exact,
        /// The limit.
        limit: Score,
    },
}

/// A score that stays below a limit, shown so that rounding never makes it look reached.
fn at_most(score: &Exact) -> String {
    let rounded = score.rounded();
    if *score == rounded.into() { rounded.to_string() } else { format!("{rounded} (exactly {score})") }
}

fn lines<T: ToString>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

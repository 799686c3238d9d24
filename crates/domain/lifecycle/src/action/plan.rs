use std::{fmt, str::FromStr};

use attesta_assessment::{ActionId, PersonId, RequirementKey};
use attesta_kernel::Date;

use super::Status;

/// A corrective action plan for one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// What it mends.
    pub requirement: RequirementKey,
    /// What is weak.
    pub weakness: String,
    /// Who answers for it.
    pub owner: Option<PersonId>,
    /// What will be done.
    pub plan: String,
    /// Steps that can be seen to be done.
    pub milestones: Vec<Milestone>,
    /// When it shall be done.
    pub due: Option<Date>,
    /// Where it stands; none where nobody has said.
    pub status: Option<Status>,
    /// How it was tested again.
    pub retest: Option<Retest>,
    /// What happened, oldest first.
    pub progress: Vec<Note>,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// What can be seen when it is done.
    pub what: String,
    /// When it shall be done.
    pub due: Option<Date>,
    /// When it was done.
    pub done: Option<Date>,
}

impl Milestone {
    /// Whether one can tell if it is met: it says what, and until when.
    pub fn measurable(&self) -> bool {
        !self.what.trim().is_empty() && self.due.is_some()
    }
}

/// A test after the mending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retest {
    /// Who tested.
    pub by: PersonId,
    /// When.
    pub on: Date,
    /// What came of it.
    pub result: RetestResult,
}

/// What came of a retest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetestResult {
    /// It holds now.
    Passed,
    /// It does not.
    Failed,
}

impl RetestResult {
    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for RetestResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no result of a retest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no result of a retest; use passed or failed")]
pub struct UnknownRetestResult(pub String);

impl FromStr for RetestResult {
    type Err = UnknownRetestResult;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Passed, Self::Failed]
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or_else(|| UnknownRetestResult(text.chars().take(80).collect()))
    }
}

/// What happened on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The day.
    pub on: Date,
    /// Who says so.
    pub by: PersonId,
    /// What they say.
    pub says: String,
    /// The status from this day on, where it changed.
    pub status: Option<Status>,
}

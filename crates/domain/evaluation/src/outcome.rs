use std::{fmt, ops::Deref, sync::Arc};

use attesta_resource::{Origin, ResourceIndex};

/// Index of a policy in the list that was evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyIndex(pub u32);

/// Index of a waiver in the list that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiverIndex(pub u32);

/// How one policy stands for one resource. Never a bare boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The check holds, on known facts.
    Pass,
    /// The check does not hold, on known facts.
    Fail,
    /// It hangs on something that cannot be seen here.
    Unknown,
    /// The policy could not be run. As good as unknown, and worth mending.
    Errored,
    /// The policy does not concern this resource.
    NotApplicable,
}

impl Status {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Errored => "errored",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One policy, one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The policy.
    pub policy: PolicyIndex,
    /// The resource.
    pub resource: ResourceIndex,
    /// How it stands.
    pub status: Status,
    /// Why: the leaves that made it fail or unknown. Empty for a pass.
    pub reasons: Reasons,
    /// The waiver that covers a failure, when one does. A waived failure is still no proof.
    pub waived: Option<WaiverIndex>,
}

/// Why an outcome came out as it did. Outcomes that are carried from one state to the next share theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons(Option<Arc<[Reason]>>);

impl From<Vec<Reason>> for Reasons {
    fn from(reasons: Vec<Reason>) -> Self {
        Self(if reasons.is_empty() { None } else { Some(reasons.into()) })
    }
}

impl Deref for Reasons {
    type Target = [Reason];

    fn deref(&self) -> &[Reason] {
        self.0.as_deref().unwrap_or(&[])
    }
}

impl<'a> IntoIterator for &'a Reasons {
    type Item = &'a Reason;
    type IntoIter = std::slice::Iter<'a, Reason>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One leaf that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The attribute's path, list positions included: `ingress/0/cidr`.
    pub attribute: String,
    /// What was found there, as text.
    pub found: String,
    /// What was wanted.
    pub wanted: String,
    /// Where the value came from; `None` where nobody set it.
    pub origin: Option<Origin>,
}

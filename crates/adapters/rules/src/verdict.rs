use serde::{Deserialize, Serialize};

/// What one policy says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Nothing is denied, and everything that the policy reads is known.
    Pass,
    /// These denials hold, sorted.
    Fail(Vec<Denial>),
    /// The policy's `applies` is false or undefined.
    NotApplicable,
    /// It cannot be told, for these reasons.
    Unknown(Vec<String>),
    /// The policy could not be evaluated: the place, what went wrong, and the mend.
    Errored(String),
}

/// One entry of a policy's `deny`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Denial {
    /// What is wrong, in the policy's own words.
    pub message: String,
    /// The attribute that it is about, when the policy names one: `encryption_at_rest.enabled`, `ingress/0/cidr`.
    pub path: Option<String>,
}

use std::{fmt, str::FromStr};

use crate::Exact;

/// One of the five maturity levels on which a requirement is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MaturityLevel {
    /// It is written down, or at least understood, what must hold.
    Policy,
    /// It is written down how.
    Procedure,
    /// It is done.
    Implemented,
    /// It is measured.
    Measured,
    /// What measuring shows is acted upon.
    Managed,
}

impl MaturityLevel {
    /// Every level, in order.
    pub const ALL: [Self; 5] = [Self::Policy, Self::Procedure, Self::Implemented, Self::Measured, Self::Managed];

    /// The word used in content, files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Procedure => "procedure",
            Self::Implemented => "implemented",
            Self::Measured => "measured",
            Self::Managed => "managed",
        }
    }
}

impl fmt::Display for MaturityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is not a maturity level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a maturity level; use policy, procedure, implemented, measured or managed")]
pub struct UnknownLevel(pub String);

impl FromStr for MaturityLevel {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|l| l.as_str() == text).ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

/// What was answered on each level; `None` is a level that was not scored, which is not zero.
///
/// Answers are exact: a mean over three components or an inherited share need not lie on a hundredth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels {
    /// On policy.
    pub policy: Option<Exact>,
    /// On procedure.
    pub procedure: Option<Exact>,
    /// On implementation.
    pub implemented: Option<Exact>,
    /// On measuring.
    pub measured: Option<Exact>,
    /// On acting upon what is measured.
    pub managed: Option<Exact>,
}

impl Levels {
    /// The answer on one level.
    pub fn get(&self, level: MaturityLevel) -> Option<Exact> {
        match level {
            MaturityLevel::Policy => self.policy,
            MaturityLevel::Procedure => self.procedure,
            MaturityLevel::Implemented => self.implemented,
            MaturityLevel::Measured => self.measured,
            MaturityLevel::Managed => self.managed,
        }
    }

    /// Puts an answer on one level.
    pub fn set(&mut self, level: MaturityLevel, score: Option<impl Into<Exact>>) {
        *match level {
            MaturityLevel::Policy => &mut self.policy,
            MaturityLevel::Procedure => &mut self.procedure,
            MaturityLevel::Implemented => &mut self.implemented,
            MaturityLevel::Measured => &mut self.measured,
            MaturityLevel::Managed => &mut self.managed,
        } = score.map(Into::into);
    }
}

use std::{fmt, str::FromStr};

use attesta_kernel::{IdError, PolicyId};

/// A run in its history, numbered from 1: `run-12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(u64);

/// No history holds more runs.
const MOST_RUNS: u64 = 9_999_999_999;

impl RunId {
    /// The first run.
    pub const FIRST: Self = Self(1);

    /// The run of this number, from 1 to 9,999,999,999.
    pub fn new(number: u64) -> Option<Self> {
        (1..=MOST_RUNS).contains(&number).then_some(Self(number))
    }

    /// Its number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The run after it, while there is room.
    pub fn next(self) -> Option<Self> {
        Self::new(self.0.saturating_add(1))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("run-{}", self.0))
    }
}

impl FromStr for RunId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix("run-").filter(|n| n.bytes().all(|b| b.is_ascii_digit()) && !n.starts_with('0'));
        number
            .and_then(|n| n.parse().ok())
            .and_then(Self::new)
            .ok_or_else(|| IdError::new(text, "a run", "write `run-` and its number, such as `run-12`"))
    }
}

attesta_kernel::text_id!(
    /// What runs are taken of, as people call it: `aws-production`. Runs of one source follow each other.
    SourceName,
    "a source's name",
    "use small letters, digits, dots and dashes, at most 64, beginning with a letter",
    |t| t.len() <= 64
        && t.starts_with(|c: char| c.is_ascii_lowercase())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
);

/// One check: a policy on a resource. Two resources of one address in one run (logical ids of two templates) are told
/// apart by what stands behind the address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckKey {
    /// The policy.
    pub policy: PolicyId,
    /// The resource's address.
    pub resource: Box<str>,
}

impl fmt::Display for CheckKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.policy, self.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_written_one_way() {
        assert_eq!("run-12".parse::<RunId>().unwrap().to_string(), "run-12");
        for bad in ["run-0", "run-012", "run-", "12", "run--1", "run-+1", "run-99999999999999999999", "run-10000000000"]
        {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_source_has_a_plain_name() {
        assert!("aws-production.eu".parse::<SourceName>().is_ok());
        for bad in ["", "A", "-a", "a b", "a/b", "..", &"a".repeat(65)] {
            assert!(bad.parse::<SourceName>().is_err(), "{bad}");
        }
    }
}

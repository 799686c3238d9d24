use std::{collections::BTreeMap, fmt, str::FromStr};

use attesta_kernel::Share;

use crate::CheckKey;

/// What a run said of a check. Only [`Pass`](Self::Pass) is a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It holds, on known facts.
    Pass,
    /// It does not hold, on known facts.
    Fail,
    /// It does not hold, and somebody answers for that for a time.
    Waived,
    /// It hangs on something that could not be seen.
    Unknown,
    /// The policy could not be run.
    Errored,
}

/// What one run said of every check that it names.
pub type Verdicts = BTreeMap<CheckKey, Verdict>;

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Fail, Self::Waived, Self::Unknown, Self::Errored];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::Errored => "errored",
        }
    }

    /// Whether it does not hold, waived or not.
    pub fn is_violation(self) -> bool {
        matches!(self, Self::Fail | Self::Waived)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no verdict; use pass, fail, waived, unknown or errored")]
pub struct UnknownVerdict(pub String);

impl FromStr for Verdict {
    type Err = UnknownVerdict;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|v| v.as_str() == text)
            .ok_or_else(|| UnknownVerdict(text.chars().take(40).collect()))
    }
}

/// Verdicts, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Passes.
    pub pass: u64,
    /// Failures without a waiver.
    pub fail: u64,
    /// Failures under a waiver.
    pub waived: u64,
    /// Unknowns.
    pub unknown: u64,
    /// Could not be run.
    pub errored: u64,
}

impl Tally {
    /// Of all these verdicts.
    pub fn of<'v>(verdicts: impl IntoIterator<Item = &'v Verdict>) -> Self {
        let mut tally = Self::default();
        verdicts.into_iter().for_each(|v| tally.add(*v));
        tally
    }

    fn slot(&mut self, verdict: Verdict) -> &mut u64 {
        match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::Waived => &mut self.waived,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Errored => &mut self.errored,
        }
    }

    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        let slot = self.slot(verdict);
        *slot = slot.saturating_add(1);
    }

    /// Counts one less.
    pub fn take(&mut self, verdict: Verdict) {
        let slot = self.slot(verdict);
        *slot = slot.saturating_sub(1);
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            pass: self.pass.saturating_add(other.pass),
            fail: self.fail.saturating_add(other.fail),
            waived: self.waived.saturating_add(other.waived),
            unknown: self.unknown.saturating_add(other.unknown),
            errored: self.errored.saturating_add(other.errored),
        }
    }

    /// How many of a verdict.
    pub fn count(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Fail => self.fail,
            Verdict::Waived => self.waived,
            Verdict::Unknown => self.unknown,
            Verdict::Errored => self.errored,
        }
    }

    /// How many that nobody can tell: unknown or errored.
    pub fn untold(&self) -> u64 {
        self.unknown.saturating_add(self.errored)
    }

    /// How many that do not hold, waived or not.
    pub fn violations(&self) -> u64 {
        self.fail.saturating_add(self.waived)
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.pass.saturating_add(self.violations()).saturating_add(self.untold())
    }

    /// Passes of all, unknowns counted in the whole.
    pub fn passing(&self) -> Share {
        self.share(self.pass)
    }

    /// Violations of all, waived ones too.
    pub fn failing(&self) -> Share {
        self.share(self.violations())
    }

    /// Unknown and errored of all.
    pub fn unknown_share(&self) -> Share {
        self.share(self.untold())
    }

    fn share(&self, part: u64) -> Share {
        let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Share::new(narrow(part), narrow(self.total()))
    }
}

use attesta_kernel::Timestamp;
use jiff::SignedDuration;

use crate::session::later;

/// How failed sign-ins slow the next one down. Waiting grows and never becomes for ever, so that nobody can lock somebody
/// else out for long; past the most failures only another way in helps (NIST SP 800-63B: at most 100 in a row).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// Failures that cost nothing.
    pub free: u32,
    /// The wait after the first that costs; each further one doubles it.
    pub first_wait: SignedDuration,
    /// No wait is longer.
    pub longest_wait: SignedDuration,
    /// From so many failures in a row on, a password alone no longer lets anybody in.
    pub most: u32,
}

/// Whether somebody may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// They may.
    Allowed {
        /// Failures that still cost nothing.
        free_left: u32,
    },
    /// Not yet.
    WaitUntil(Timestamp),
    /// No more: a recovery code, another way in, or an owner's help is needed.
    Blocked,
}

impl LockoutPolicy {
    /// Five free, then 30 seconds doubling to 15 minutes, 100 in a row at most.
    pub const USUAL: Self = Self {
        free: 5,
        first_wait: SignedDuration::from_secs(30),
        longest_wait: SignedDuration::from_mins(15),
        most: 100,
    };

    /// What the failures in a row so far (those since the last success, in any order) mean for a try at `now`. A failure
    /// in the future (a clock was set back) counts as one at `now`.
    ///
    /// ```
    /// use attesta_access::{Attempt, LockoutPolicy};
    /// let now: attesta_kernel::Timestamp = "2026-11-26T10:00:00Z".parse().unwrap();
    /// assert_eq!(LockoutPolicy::USUAL.attempt(&[now; 4], now), Attempt::Allowed { free_left: 1 });
    /// assert_eq!(LockoutPolicy::USUAL.attempt(&[now; 7], now), Attempt::WaitUntil("2026-11-26T10:02:00Z".parse().unwrap()));
    /// ```
    pub fn attempt(&self, failures: &[Timestamp], now: Timestamp) -> Attempt {
        self.attempt_after(u32::try_from(failures.len()).unwrap_or(u32::MAX), failures.iter().copied().max(), now)
    }

    /// The same from what a store keeps: how many in a row, and when the last was.
    pub fn attempt_after(&self, in_a_row: u32, last: Option<Timestamp>, now: Timestamp) -> Attempt {
        if in_a_row >= self.most {
            return Attempt::Blocked;
        }
        let Some(last) = last else { return Attempt::Allowed { free_left: self.free } };
        if in_a_row < self.free {
            return Attempt::Allowed { free_left: self.free.saturating_sub(in_a_row) };
        }
        let until = later(last.min(now), self.wait_after(in_a_row));
        if now < until { Attempt::WaitUntil(until) } else { Attempt::Allowed { free_left: 0 } }
    }

    fn wait_after(&self, in_a_row: u32) -> SignedDuration {
        let doublings = in_a_row.saturating_sub(self.free);
        let factor = 2_i32.checked_pow(doublings).unwrap_or(i32::MAX);
        self.first_wait.checked_mul(factor).unwrap_or(self.longest_wait).min(self.longest_wait)
    }
}

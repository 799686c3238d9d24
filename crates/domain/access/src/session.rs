use attesta_kernel::Timestamp;
use jiff::SignedDuration;

use crate::{AccountId, SessionId, words::words};

words! {
    /// How surely somebody was recognised.
    Factors, "a strength of sign-in" {
        /// By one thing: a password, or what an identity provider said without more.
        One = "one",
        /// By two: a password and a code, or a passkey that knew its owner.
        Two = "two",
    }
}

/// Somebody who signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Which one.
    pub id: SessionId,
    /// Who.
    pub account: AccountId,
    /// When it began.
    pub began: Timestamp,
    /// When it was last used.
    pub last_seen: Timestamp,
    /// When the person last proved to be who they are.
    pub authenticated: Timestamp,
    /// How surely.
    pub factors: Factors,
    /// When it was ended by hand.
    pub revoked: Option<Timestamp>,
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    idle: SignedDuration,
    absolute: SignedDuration,
    fresh: SignedDuration,
    sensitive_wants: Factors,
}

/// The limits contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionLimitsError {
    /// A limit is no time at all.
    #[error("each limit of a session must be longer than nothing")]
    Nothing,
    /// The idle limit is beyond the absolute one.
    #[error("a session cannot idle longer than it lasts; make the idle limit the shorter one")]
    IdleBeyondAbsolute,
    /// Nobody would be asked again.
    #[error("a session may last 30 days at most")]
    TooLong,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// It holds, until the earlier of the two if nobody does anything.
    Live {
        /// When it ends if it is not used.
        idle_at: Timestamp,
        /// When it ends in any case.
        ends_at: Timestamp,
    },
    /// Nobody used it for too long.
    Idle {
        /// Since when it no longer holds.
        since: Timestamp,
    },
    /// It lasted as long as a session may.
    Ended {
        /// Since when.
        since: Timestamp,
    },
    /// Somebody ended it.
    Revoked {
        /// When.
        at: Timestamp,
    },
    /// It begins later than now by more than clocks differ: a clock was set back.
    FromTheFuture,
}

/// How far two clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
const MOST: SignedDuration = SignedDuration::from_hours(30 * 24);

impl SessionLimits {
    /// 30 minutes idle, 12 hours in all (what NIST SP 800-63B asked at AAL2 in its third revision), 10 minutes fresh for
    /// what is sensitive. HIPAA 164.312(a)(2)(iii) asks for an automatic logoff and names no time.
    pub const USUAL: Self = Self {
        idle: SignedDuration::from_mins(30),
        absolute: SignedDuration::from_hours(12),
        fresh: SignedDuration::from_mins(10),
        sensitive_wants: Factors::One,
    };

    /// Limits: idle, in all, how long a sign-in is fresh enough for a sensitive act, and how surely somebody must have
    /// been recognised for one.
    pub fn new(
        idle: SignedDuration,
        absolute: SignedDuration,
        fresh: SignedDuration,
        sensitive_wants: Factors,
    ) -> Result<Self, SessionLimitsError> {
        if [idle, absolute, fresh].into_iter().any(|d| d <= SignedDuration::ZERO) {
            Err(SessionLimitsError::Nothing)
        } else if idle > absolute {
            Err(SessionLimitsError::IdleBeyondAbsolute)
        } else if absolute > MOST || fresh > MOST {
            Err(SessionLimitsError::TooLong)
        } else {
            Ok(Self { idle, absolute, fresh, sensitive_wants })
        }
    }

    /// How surely somebody must have been recognised for a sensitive act.
    pub fn sensitive_wants(self) -> Factors {
        self.sensitive_wants
    }
}

impl Session {
    /// Where it stands.
    pub fn state(&self, limits: SessionLimits, now: Timestamp) -> SessionState {
        let ends_at = later(self.began, limits.absolute);
        let idle_at = later(self.last_seen, limits.idle);
        if let Some(at) = self.revoked {
            SessionState::Revoked { at }
        } else if later(now, SKEW) < self.began {
            SessionState::FromTheFuture
        } else if now >= ends_at {
            SessionState::Ended { since: ends_at }
        } else if now >= idle_at {
            SessionState::Idle { since: idle_at }
        } else {
            SessionState::Live { idle_at, ends_at }
        }
    }

    /// The session after it was used; a use never makes it older, nor longer than it may last.
    #[must_use]
    pub fn seen(self, now: Timestamp) -> Self {
        Self { last_seen: self.last_seen.max(now), ..self }
    }

    /// The session after the person proved again to be who they are.
    #[must_use]
    pub fn authenticated_again(self, factors: Factors, now: Timestamp) -> Self {
        Self { authenticated: now, factors, ..self.seen(now) }
    }

    /// Until when the sign-in is fresh enough for a sensitive act; `None` where it is not, or stands in the future.
    pub fn fresh_until(&self, limits: SessionLimits, now: Timestamp) -> Option<Timestamp> {
        let until = later(self.authenticated, limits.fresh);
        (self.authenticated <= later(now, SKEW) && now < until).then_some(until)
    }
}

/// A moment later by that much; the end of time where there is none.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

use attesta_kernel::Timestamp;

/// From when (inclusive) until when (exclusive) something holds; an end that is missing is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Window {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// The end does not come after the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it ends ({until}) before it begins ({from}); give an end after the beginning")]
pub struct WindowError {
    from: Timestamp,
    until: Timestamp,
}

/// Where a moment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    /// Before it begins.
    NotYet(Timestamp),
    /// Within.
    Open,
    /// At its end or after.
    Over(Timestamp),
}

impl Window {
    /// Open on both ends.
    pub const ALWAYS: Self = Self { from: None, until: None };

    /// A window; an end that comes before its beginning is refused.
    pub fn new(from: impl Into<Option<Timestamp>>, until: impl Into<Option<Timestamp>>) -> Result<Self, WindowError> {
        let (from, until) = (from.into(), until.into());
        match (from, until) {
            (Some(from), Some(until)) if until <= from => Err(WindowError { from, until }),
            _ => Ok(Self { from, until }),
        }
    }

    /// When it begins.
    pub fn from(self) -> Option<Timestamp> {
        self.from
    }

    /// When it ends.
    pub fn until(self) -> Option<Timestamp> {
        self.until
    }

    /// Where `now` stands.
    pub fn state(self, now: Timestamp) -> WindowState {
        match (self.from, self.until) {
            (Some(from), _) if now < from => WindowState::NotYet(from),
            (_, Some(until)) if now >= until => WindowState::Over(until),
            _ => WindowState::Open,
        }
    }
}

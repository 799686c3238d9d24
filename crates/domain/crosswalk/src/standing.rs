use std::{fmt, str::FromStr};

use attesta_kernel::Share;

/// Where a source requirement stands. Unknown is never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All of it is met.
    Met,
    /// A part is met or shown, never all and never nothing.
    Partial(Share),
    /// None of it is met.
    Unmet,
    /// Nobody can tell.
    Unknown,
}

impl Standing {
    /// Where a whole stands by its parts: `met` of them are shown to be met, `unmet` shown not to be, `open` neither.
    /// What is open earns nothing.
    pub fn of_parts(met: u32, unmet: u32, open: u32) -> Self {
        let whole = met.saturating_add(unmet).saturating_add(open);
        match (met, unmet, open) {
            (0, 0, _) => Self::Unknown,
            (_, 0, 0) => Self::Met,
            (0, _, _) => Self::Unmet,
            (met, _, _) => Self::Partial(Share::new(met, whole)),
        }
    }

    /// Where an exact score stands, as `part` of `whole`; `None` when that is no score.
    pub fn of_score(part: u32, whole: u32) -> Option<Self> {
        match part {
            _ if whole == 0 || part > whole => None,
            0 => Some(Self::Unmet),
            part if part == whole => Some(Self::Met),
            part => Some(Self::Partial(Share::new(part, whole))),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Met => f.pad("met"),
            Self::Partial(share) => f.pad(&format!("{share} met")),
            Self::Unmet => f.pad("not met"),
            Self::Unknown => f.pad("unknown"),
        }
    }
}

/// The words are not a standing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a standing; use met, unmet, unknown, or a part such as `3 of 5`")]
pub struct NotAStanding(pub String);

impl FromStr for Standing {
    type Err = NotAStanding;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "met" => Ok(Self::Met),
            "unmet" | "not met" => Ok(Self::Unmet),
            "unknown" => Ok(Self::Unknown),
            part => part
                .split_once(" of ")
                .and_then(|(part, whole)| Self::of_score(part.trim().parse().ok()?, whole.trim().parse().ok()?))
                .ok_or_else(|| NotAStanding(text.to_owned())),
        }
    }
}

use std::{fmt, str::FromStr};

/// How sure we are of a fact that we ship. Shown to the user wherever the fact shapes what they see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Read in a primary source (a law's text, a publisher's own page or data set).
    Verified,
    /// Read in a secondary source.
    Secondary,
    /// Worked out from other facts.
    Inferred,
    /// General knowledge that nobody here has confirmed; replace it when you know better.
    Unverified,
}

impl Confidence {
    /// Every confidence, surest first.
    pub const ALL: [Self; 4] = [Self::Verified, Self::Secondary, Self::Inferred, Self::Unverified];

    /// The word used in content and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Secondary => "secondary",
            Self::Inferred => "inferred",
            Self::Unverified => "unverified",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Confidence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|c| c.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a confidence; use verified, secondary, inferred or unverified"))
    }
}

/// Where a fact comes from and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The authority or document, e.g. `45 CFR 164.312(b)`.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
}

use std::{fmt, str::FromStr};

/// The text is not a word of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}; use small letters, digits and dashes, at most 60, beginning with a letter")]
pub struct WordError {
    pub(crate) text: String,
    pub(crate) kind: &'static str,
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The word as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::WordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if crate::words::is_word(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(crate::WordError { text: text.chars().take(80).collect(), kind: $kind })
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}
pub(crate) use word;

pub(crate) fn is_word(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

word!(
    /// What a legal hold is about: a short name such as `case-2026-07`.
    Matter,
    "a matter"
);

/// Text that people wrote: not empty, one line, not long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Box<str>);

/// The text cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is empty, longer than 1000 bytes or holds control characters")]
pub struct TextError;

impl Text {
    /// The text as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Text {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() || text.len() > 1000 || text.chars().any(char::is_control) {
            return Err(TextError);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

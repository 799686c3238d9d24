//! Enums that are one word in files, tables and reports.

/// The text is none of the words that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}; use one of: {known}")]
pub struct UnknownWord {
    text: String,
    kind: &'static str,
    known: String,
}

impl UnknownWord {
    pub(crate) fn new(text: &str, kind: &'static str, known: impl Iterator<Item = &'static str>) -> Self {
        Self { text: text.chars().take(80).collect(), kind, known: known.collect::<Vec<_>>().join(", ") }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $kind:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every one, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word used in tables, files and on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let known = || Self::ALL.iter().copied();
                known()
                    .find(|w| w.as_str() == text)
                    .ok_or_else(|| crate::UnknownWord::new(text, $kind, known().map(Self::as_str)))
            }
        }
    };
}
pub(crate) use words;

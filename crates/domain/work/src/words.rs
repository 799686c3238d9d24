/// The text is none of the states.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no state of a {of}; use one of: {known}")]
pub struct UnknownState {
    pub(crate) text: String,
    pub(crate) of: &'static str,
    pub(crate) known: String,
}

/// The move does not begin where the thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {of} that is `{from}` cannot become `{to}`")]
pub struct NoMove {
    /// Of what.
    pub of: &'static str,
    /// Where it is.
    pub from: &'static str,
    /// Where it should go.
    pub to: &'static str,
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident, $of:literal { $($(#[$state_doc:meta])* $state:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$state_doc])* $state,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$state,)+];

            /// The word that is stored.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$state => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::UnknownState;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|s| s.as_str() == text).ok_or_else(|| crate::UnknownState {
                    text: text.chars().take(80).collect(),
                    of: $of,
                    known: [$($word),+].join(", "),
                })
            }
        }
    };
}
pub(crate) use states;

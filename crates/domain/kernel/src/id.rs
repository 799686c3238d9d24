/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}; {form}")]
pub struct IdError {
    text: String,
    kind: &'static str,
    form: &'static str,
}

/// No more characters of a wrong text are said back.
const MOST_SAID: usize = 80;

impl IdError {
    /// What was given, what was asked for (with its article), and how that is written.
    pub fn new(text: &str, kind: &'static str, form: &'static str) -> Self {
        Self { text: text.chars().take(MOST_SAID).collect(), kind, form }
    }
}

/// A type for texts of one form, with parsing as its only door: name, what it is, how it is written, and whether a text
/// fits. The text is kept as it was written.
///
/// ```
/// attesta_kernel::text_id!(
///     /// A ward's number.
///     Ward,
///     "a ward",
///     "write two digits, such as `07`",
///     |text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())
/// );
/// assert_eq!("07".parse::<Ward>()?.as_str(), "07");
/// assert_eq!("7".parse::<Ward>().unwrap_err().to_string(), "`7` is not a ward; write two digits, such as `07`");
/// # Ok::<(), attesta_kernel::IdError>(())
/// ```
#[macro_export]
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $form:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.into())) } else { Err($crate::IdError::new(text, $kind, $form)) }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

text_id!(
    /// A policy's id: small letters, digits and dashes, e.g. `object-store-encryption-at-rest`.
    PolicyId,
    "a policy id",
    "use small letters, digits and dashes, at most 80, beginning with a letter",
    |t| t.len() <= 80
        && t.starts_with(|c: char| c.is_ascii_lowercase())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

text_id!(
    /// One of Attesta's own control statements: `ATT-<domain>-<number>`, e.g. `ATT-09-02`. Never a HITRUST identifier.
    StatementId,
    "a statement id",
    "write `ATT-`, two digits of assessment domain, a dash and two digits, such as `ATT-09-02`",
    is_statement
);

text_id!(
    /// One evaluative element of a statement: `ATT-09-02.1`.
    ElementId,
    "an element id",
    "write a statement id, a dot and the element's number, such as `ATT-09-02.1`",
    |t| t.split_once('.').is_some_and(|(statement, number)| {
        is_statement(statement) && (1..=2).contains(&number.len()) && !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit())
    })
);

impl ElementId {
    /// The statement that the element belongs to.
    pub fn statement(&self) -> StatementId {
        StatementId(self.as_str().split('.').next().unwrap_or_default().into())
    }
}

fn is_statement(text: &str) -> bool {
    text.strip_prefix("ATT-").and_then(|rest| rest.split_once('-')).is_some_and(|(domain, number)| {
        let two_digits = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
        two_digits(domain) && two_digits(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_parsed_not_guessed() {
        assert!("ATT-09-02".parse::<StatementId>().is_ok());
        assert_eq!("ATT-09-02.3".parse::<ElementId>().unwrap().statement().as_str(), "ATT-09-02");
        for bad in ["ATT-9-02", "ATT-09-02.0", "ATT-09-02.", "att-09-02.1", "ATT-09-02.100"] {
            assert!(bad.parse::<ElementId>().is_err(), "{bad}");
        }
        for bad in ["", "Upper", "1a", "a_b", "a b"] {
            assert!(bad.parse::<PolicyId>().is_err(), "{bad}");
        }
    }
}

use std::{fmt, str::FromStr};

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}; {form}")]
pub struct IdError {
    text: String,
    kind: &'static str,
    form: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $form:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let fits: fn(&str) -> bool = $fits;
                if fits(text) { Ok(Self(text.into())) } else { Err(IdError { text: text.to_owned(), kind: $kind, form: $form }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

text_id!(
    /// A policy's id: small letters, digits and dashes, e.g. `object-store-encryption-at-rest`.
    PolicyId,
    "policy id",
    "use small letters, digits and dashes, at most 80, beginning with a letter",
    |t| t.len() <= 80
        && t.starts_with(|c: char| c.is_ascii_lowercase())
        && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

text_id!(
    /// One of Attesta's own control statements: `ATT-<domain>-<number>`, e.g. `ATT-09-02`. Never a HITRUST identifier.
    StatementId,
    "statement id",
    "write `ATT-`, two digits of assessment domain, a dash and two digits, such as `ATT-09-02`",
    is_statement
);

text_id!(
    /// One evaluative element of a statement: `ATT-09-02.1`.
    ElementId,
    "element id",
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

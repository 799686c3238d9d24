use std::{fmt, str::FromStr};

use attesta_kernel::RequirementId;

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}; {form}")]
pub struct NotAnId {
    /// What was given.
    pub text: String,
    /// What was asked for.
    pub kind: &'static str,
    /// How it is written.
    pub form: &'static str,
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)+) => {$(
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
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if is_slug(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(NotAnId {
                        text: text.chars().take(80).collect(),
                        kind: $kind,
                        form: "use small letters, digits, dots and dashes, at most 80, beginning with a letter or digit",
                    })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}

id! {
    /// An assessment, e.g. `telehealth-r2-2026`.
    AssessmentId = "an assessment's id";
    /// A system in or out of scope.
    SystemId = "a system's id";
    /// A facility.
    FacilityId = "a facility's id";
    /// A part of the scope that is scored by itself: an application, a database fleet, a site, a business unit.
    ComponentId = "a scope component's id";
    /// A service provider.
    ProviderId = "a provider's id";
    /// A person.
    PersonId = "a person's id";
    /// One piece of evidence.
    EvidenceId = "an evidence's id";
    /// A measure or metric.
    MeasureId = "a measure's id";
    /// A tailoring factor, e.g. `records-held`.
    FactorId = "a factor's id";
    /// One choice of a factor, e.g. `from-10m-to-60m`.
    ChoiceId = "a factor's choice";
    /// An addition to an assessment: a compliance factor such as `hipaa`, or `ai1`, `nist-csf-2.0`.
    AdditionId = "an addition's id";
    /// Another assessment from which results are inherited.
    SourceId = "an inheritance source's id";
    /// A shared responsibility matrix.
    MatrixId = "a shared responsibility matrix's id";
    /// A requirement pack.
    PackId = "a requirement pack's id";
    /// A sample.
    SampleId = "a sample's id";
    /// A corrective action plan.
    ActionId = "a corrective action's id";
}

fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=80).contains(&bytes.len())
        && bytes.first().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// How a requirement is named in its pack: a published identifier (`1123.01q1System.2`) or one of ours (`ATT-11-01`).
///
/// The text is opaque and never changed, so that an export goes back as it came; [`published`](Self::published) reads it
/// where it has the published form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementKey(Box<str>);

/// No key is longer than this many bytes.
const LONGEST_KEY: usize = 500;

impl RequirementKey {
    /// The key as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The published identifier, where the key has that form.
    pub fn published(&self) -> Option<RequirementId> {
        self.0.parse().ok()
    }
}

impl FromStr for RequirementKey {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sound = !text.trim().is_empty()
            && text.trim() == text
            && text.len() <= LONGEST_KEY
            && !text.chars().any(char::is_control);
        if sound {
            Ok(Self(text.into()))
        } else {
            Err(NotAnId {
                text: text.chars().take(80).collect(),
                kind: "a requirement's id",
                form: "give it as its pack does, without blanks around it, in at most 500 bytes",
            })
        }
    }
}

impl fmt::Display for RequirementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_parsed_not_guessed() {
        for good in ["a", "prod-db", "m-1.2", "2026-plan"] {
            assert_eq!(good.parse::<SystemId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "Prod", "a b", "ä", &"a".repeat(81)] {
            assert!(bad.parse::<SystemId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_are_kept_as_written() {
        let key: RequirementKey = "0410.01x1System.12-01.xMobile Computing".parse().unwrap();
        assert_eq!(key.to_string(), "0410.01x1System.12-01.xMobile Computing");
        assert_eq!(key.published().unwrap().domain(), 4);
        assert!("ATT-11-01".parse::<RequirementKey>().unwrap().published().is_none());
        for bad in ["", " a", "a\n"] {
            assert!(bad.parse::<RequirementKey>().is_err(), "{bad:?}");
        }
    }
}

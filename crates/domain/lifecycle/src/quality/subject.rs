use std::{fmt, str::FromStr};

use attesta_assessment::{
    ActionId, ComponentId, EvidenceId, FactorId, PersonId, ProviderId, RequirementKey, SampleId, SourceId,
};
use attesta_scoring::MaturityLevel;

/// What an issue is about. Written as a kind and an id: `level ATT-11-01 implemented`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The assessment as a whole.
    Assessment,
    /// What requirements speak of.
    Topic(Box<str>),
    /// A tailoring factor.
    Factor(FactorId),
    /// A requirement.
    Requirement(RequirementKey),
    /// A level of a requirement.
    Level(RequirementKey, MaturityLevel),
    /// A part of the scope.
    Component(ComponentId),
    /// A service provider.
    Provider(ProviderId),
    /// A piece of evidence.
    Evidence(EvidenceId),
    /// A sample.
    Sample(SampleId),
    /// A source of inheritance.
    Source(SourceId),
    /// A person.
    Person(PersonId),
    /// A corrective action.
    Action(ActionId),
    /// A document of the submission package, by its key in the file.
    Document(Box<str>),
}

impl Subject {
    /// The requirement that it is or belongs to.
    pub fn requirement(&self) -> Option<&RequirementKey> {
        match self {
            Self::Requirement(key) | Self::Level(key, _) => Some(key),
            _ => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assessment => write!(f, "assessment"),
            Self::Topic(topic) => write!(f, "topic {topic}"),
            Self::Factor(id) => write!(f, "factor {id}"),
            Self::Requirement(key) => write!(f, "requirement {key}"),
            Self::Level(key, level) => write!(f, "level {key} {level}"),
            Self::Component(id) => write!(f, "component {id}"),
            Self::Provider(id) => write!(f, "provider {id}"),
            Self::Evidence(id) => write!(f, "evidence {id}"),
            Self::Sample(id) => write!(f, "sample {id}"),
            Self::Source(id) => write!(f, "source {id}"),
            Self::Person(id) => write!(f, "person {id}"),
            Self::Action(id) => write!(f, "action {id}"),
            Self::Document(key) => write!(f, "document {key}"),
        }
    }
}

/// The text is no subject of a check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no subject of a check; copy it from `attesta assess check-quality`, such as `requirement ATT-11-01`, `level ATT-11-01 implemented` or `assessment`"
)]
pub struct UnknownSubject(pub String);

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| UnknownSubject(text.chars().take(80).collect()))
    }
}

fn parse(text: &str) -> Option<Subject> {
    if text == "assessment" {
        return Some(Subject::Assessment);
    }
    let (kind, id) = text.split_once(' ')?;
    let named = || (!id.trim().is_empty() && id.trim() == id).then(|| id.into());
    match kind {
        "topic" => named().map(Subject::Topic),
        "factor" => id.parse().ok().map(Subject::Factor),
        "requirement" => id.parse().ok().map(Subject::Requirement),
        "level" => {
            let (key, level) = id.rsplit_once(' ')?;
            Some(Subject::Level(key.parse().ok()?, level.parse().ok()?))
        }
        "component" => id.parse().ok().map(Subject::Component),
        "provider" => id.parse().ok().map(Subject::Provider),
        "evidence" => id.parse().ok().map(Subject::Evidence),
        "sample" => id.parse().ok().map(Subject::Sample),
        "source" => id.parse().ok().map(Subject::Source),
        "person" => id.parse().ok().map(Subject::Person),
        "action" => id.parse().ok().map(Subject::Action),
        "document" => named().map(Subject::Document),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_reads_back_as_it_is_written() {
        for text in [
            "assessment",
            "topic mobile devices",
            "factor records-held",
            "requirement a key with blanks",
            "level a key with blanks implemented",
            "evidence ev-1",
            "document qa_reservation",
        ] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for bad in ["", "requirement", "requirement ", "level x", "level x deep", "planet mars", "action A"] {
            assert!(bad.parse::<Subject>().is_err(), "{bad}");
        }
    }
}

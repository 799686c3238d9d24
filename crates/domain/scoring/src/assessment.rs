use attesta_kernel::ControlRef;

use crate::{Exact, Levels, MaturityLevel};

/// One requirement of an assessment, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its id as the assessment writes it; each stands once.
    pub id: Box<str>,
    /// The number of its assessment domain.
    pub domain: u8,
    /// The control reference that it belongs to.
    pub control_reference: ControlRef,
    /// Whether it is of the type's core, and not there for an added compliance factor.
    pub core: bool,
    /// Whether its control reference must hold for certification.
    pub required_for_certification: bool,
    /// What was answered.
    pub answer: Answer,
}

/// What was answered on a requirement.
#[expect(clippy::large_enum_variant, reason = "nearly every answer is scored, and a list of them is walked in order")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing of it applies in the scope; it is left out of every mean.
    NotApplicable,
    /// The levels as scored.
    Scored(Levels),
}

/// An answer that no score can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("requirement {} (`{id}`): {kind}", .index + 1)]
pub struct Refusal {
    /// Where it stands in the list, from 0.
    pub index: usize,
    /// Its id.
    pub id: Box<str>,
    /// What is wrong.
    pub kind: RefusalKind,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusalKind {
    /// The id stood before.
    #[error("id: it stands already as requirement {}; remove one", .first + 1)]
    Twice {
        /// Where, from 0.
        first: usize,
    },
    /// No such domain.
    #[error("domain: {given} is not an assessment domain; use 1 to {most}")]
    NoSuchDomain {
        /// What was given.
        given: u8,
        /// How many there are.
        most: u8,
    },
    /// Nothing that the program scores was answered.
    #[error("levels: none of the levels that count here was answered ({}); answer one, or say that it is not applicable", words(.scored))]
    Unanswered {
        /// The levels that would count.
        scored: Vec<MaturityLevel>,
    },
    /// What is not measured cannot be managed.
    #[error("levels.managed: {} is above measured ({}); what is not measured cannot be managed", .managed.rounded(), .measured.map_or_else(|| "not scored".to_owned(), |m| m.rounded().to_string()))]
    ManagedAboveMeasured {
        /// On managed.
        managed: Exact,
        /// On measured.
        measured: Option<Exact>,
    },
    /// Fractions so unlike that no exact mean fits.
    #[error(
        "levels: the exact mean does not fit; use answers of at most two decimals, or fewer unlike component weights"
    )]
    TooFine,
}

pub(crate) fn words(levels: &[MaturityLevel]) -> String {
    levels.iter().map(|l| l.as_str()).collect::<Vec<_>>().join(", ")
}

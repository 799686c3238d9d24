use std::collections::{BTreeMap, BTreeSet};

use attesta_catalog::Placed;

use crate::{ChoiceId, FactorId};

/// Answers to the tailoring factors, as people wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactorAnswers(pub BTreeMap<FactorId, Placed<FactorAnswer>>);

/// The answer to one factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorAnswer {
    /// The choices; most factors take one.
    pub choices: BTreeSet<ChoiceId>,
    /// Why, where a reason is asked for.
    pub because: String,
}

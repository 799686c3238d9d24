use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{Date, Share};
use attesta_scoring::{MaturityLevel, Score};

use crate::{ComponentId, EvidenceUse, MeasureId, PersonId, RequirementKey, SampleId};

/// What the assessed entity answers on one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which.
    pub requirement: RequirementKey,
    /// Who answers for it.
    pub owner: Option<PersonId>,
    /// Why nothing of it applies, where that is so.
    pub not_applicable: Option<String>,
    /// What was answered, by level.
    pub levels: BTreeMap<MaturityLevel, LevelAnswer>,
    /// The entity's comment.
    pub comment: String,
    /// Why no sample was drawn although one is usual.
    pub not_sampled: Option<String>,
}

/// What was answered on one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelAnswer {
    /// One for each part of the scope that is judged by itself; a single one without a component is for all of it.
    pub parts: Vec<Part>,
    /// Why parts weigh unequally, where they do.
    pub weights_because: Option<String>,
    /// What shows it.
    pub evidence: Vec<EvidenceUse>,
    /// Since when it stands: approved (policy, procedure) or in operation.
    pub in_place_since: Option<Date>,
    /// The day on which it was last tested.
    pub tested_on: Option<Date>,
    /// The sample that it was tested on.
    pub sample: Option<SampleId>,
}

/// A judgement on a part of the scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which part; none is all of the scope.
    pub component: Option<ComponentId>,
    /// How much it weighs among the parts; 1 unless a reason is given.
    pub weight: u32,
    /// The judgement.
    pub judgement: Judgement,
}

/// How a part was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// By elements met and strength, through the rubric.
    Rated {
        /// Elements that are met.
        met: Met,
        /// Elements that do not apply, by number.
        inapplicable: BTreeSet<u8>,
        /// How strong it is.
        strength: Strength,
    },
    /// By a score that somebody gives outright.
    Given {
        /// The score.
        score: Score,
        /// Why.
        because: String,
    },
}

/// Which elements are met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// All that apply.
    All,
    /// These, by number.
    These(BTreeSet<u8>),
}

/// How strong a level is, in the rubric's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strength {
    /// A tier by its name, e.g. `documented`.
    Tier(Box<str>),
    /// A share of the scope or sample on which it operates, or of issues that were treated.
    Share(Share),
    /// What a measure amounts to.
    Measure(MeasureId),
    /// The share of drawn items on which everything tested holds.
    Sample(SampleId),
}

/// What the external assessor found on one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validated {
    /// Which.
    pub requirement: RequirementKey,
    /// Who tested it.
    pub tester: PersonId,
    /// When.
    pub tested_on: Date,
    /// Scores where the assessor differs from the entity; a level that is not here is agreed.
    pub levels: BTreeMap<MaturityLevel, Score>,
    /// Whether the assessor agrees that it is not applicable; none where the entity did not say so.
    pub not_applicable: Option<bool>,
    /// The assessor's comment.
    pub comment: String,
    /// Whether the assessor has finished with it.
    pub complete: bool,
}

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    ActionId, ChoiceId, Dossier, FactorId, PackRequirement, RequirementKey, SampleId, SourceId,
};
use attesta_catalog::Placed;
use attesta_kernel::{Date, Place};
use attesta_scoring::{Levels, MaturityLevel, Score, Shortfall};

use super::{Known, Override};
use crate::{action::Action, submission::Submission};

/// Everything that the checks look at, on one day. What is none is not known, and checks that need it say so instead of
/// finding nothing.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What people wrote.
    pub dossier: &'a Dossier,
    /// The requirements that the assessment asks, in order.
    pub asked: &'a [Asked<'a>],
    /// What the answers to factors mean.
    pub factors: &'a [Meaning],
    /// The levels that are scored: those that must be, and those that may.
    pub scored: Scored<'a>,
    /// What each requirement's levels come to.
    pub levels: &'a BTreeMap<RequirementKey, Levelled>,
    /// The ratings that the rubric's table holds, by level.
    pub ratings: &'a BTreeMap<MaturityLevel, BTreeSet<Score>>,
    /// What falls short by the last word on the scores; none where they could not be worked out.
    pub shortfalls: Option<&'a BTreeMap<RequirementKey, Shortfall>>,
    /// What fell short at the certificate that an interim goes back to.
    pub certified: Option<&'a BTreeMap<RequirementKey, Shortfall>>,
    /// The levels as they stood when the assessor was done, where somebody kept them.
    pub completed: Option<&'a BTreeMap<RequirementKey, Levels>>,
    /// What is inherited.
    pub inheritance: Option<&'a Inheritance>,
    /// What each sample's lead sheet lacks; empty is complete.
    pub samples: Option<&'a BTreeMap<SampleId, Vec<String>>>,
    /// Corrective actions.
    pub actions: &'a BTreeMap<ActionId, Placed<Action>>,
    /// Documents of the package.
    pub submission: &'a Submission,
    /// What people decided may stand.
    pub overrides: &'a [Placed<Override>],
    /// Days of the assessment.
    pub dates: Dates,
    /// Windows and limits.
    pub windows: &'a Windows,
    /// The day of the check.
    pub at: Date,
}

/// A requirement that the assessment asks.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What it is.
    pub requirement: &'a PackRequirement,
}

/// The levels that are scored.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// Those without which a requirement is not answered.
    pub required: &'a BTreeSet<MaturityLevel>,
    /// Those that may be scored as well.
    pub optional: &'a BTreeSet<MaturityLevel>,
}

impl Scored<'_> {
    /// Whether the level counts at all.
    pub fn contains(&self, level: MaturityLevel) -> bool {
        self.required.contains(&level) || self.optional.contains(&level)
    }
}

/// What the levels of one requirement come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levelled {
    /// What the rubric gives for the elements and strength that were recorded; a level that was given outright has none.
    pub rated: Levels,
    /// The entity's own part, before anything is inherited.
    pub own: Levels,
    /// The entity's, with what it inherits.
    pub entity: Levels,
    /// The last word: the assessor's where they differ.
    pub last: Levels,
}

/// What the answers to one factor mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The factor.
    pub factor: FactorId,
    /// Choices that say that what it asks about exists.
    pub affirms: BTreeSet<ChoiceId>,
    /// Choices that say that it does not.
    pub denies: BTreeSet<ChoiceId>,
    /// What requirements about it speak of.
    pub topics: BTreeSet<Box<str>>,
}

/// What is inherited and from where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inheritance {
    /// The sources that are used.
    pub sources: BTreeMap<SourceId, Placed<SourceSeen>>,
    /// What each requirement takes.
    pub taken: Vec<Placed<Taken>>,
}

/// A source of inheritance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSeen {
    /// Certified until a day.
    Certified {
        /// The last day.
        until: Date,
    },
    /// Validated, without a certificate; reported on a day.
    ValidatedOnly {
        /// The day.
        reported: Date,
    },
    /// A readiness assessment, or one that is not finished.
    Neither,
}

/// What one requirement takes from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Which requirement.
    pub requirement: RequirementKey,
    /// From which source.
    pub source: SourceId,
    /// How much, in per cent.
    pub weight: Score,
    /// How much may be taken.
    pub allowance: Allowance,
}

/// How much may be inherited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// At most this, in per cent; nothing is 0.
    UpTo(Score),
    /// The matrix says nothing about the requirement, or there is none.
    Unknown,
    /// No matrix rules it: it comes from the organisation's own assessment.
    Own,
}

/// Days of the assessment, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dates {
    /// The assessor's first day of testing.
    pub fieldwork_began: Option<Date>,
    /// The assessor's last day of testing.
    pub fieldwork_ended: Option<Date>,
    /// The day on which it was handed in, or is planned to be.
    pub submission: Option<Date>,
}

/// Windows and limits, in days; what content does not know is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Windows {
    /// How long a policy or procedure stands before its test counts.
    pub written: Option<Known<u32>>,
    /// How long a control operates before its test counts.
    pub working: Option<Known<u32>>,
    /// How long before submission fieldwork may begin.
    pub fieldwork: Option<Known<u32>>,
    /// How old evidence of operation may be on the day of the test.
    pub evidence: Option<Known<u32>>,
    /// How old another's report may be.
    pub report: Option<Known<u32>>,
    /// How old the report of a source without a certificate may be.
    pub validated_only: Option<Known<u32>>,
}

/// Whole days from one day to another; negative backwards.
pub(super) fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| span.get_days().into())
}

/// The place of something that was written.
pub(super) fn place<T>(placed: Option<&Placed<T>>) -> Option<Place> {
    placed.map(|p| p.place.clone())
}

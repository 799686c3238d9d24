use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{ActionId, Asked, CarveOuts, Dossier, InheritanceRules, RequirementKey, SampleId, Worked};
use attesta_catalog::Placed;
use attesta_kernel::{Date, Place};
use attesta_scoring::{Levels, MaturityLevel, Score, Shortfall};

use super::{Known, Override};
use crate::{Frozen, Life, Sample, action::Action, submission::Submission};

/// Everything that the checks look at, on one day. What is none is not known, and checks that need it say so instead of
/// finding nothing.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What people wrote.
    pub dossier: &'a Dossier,
    /// The requirements that the assessment asks, in order.
    pub asked: &'a [Asked<'a>],
    /// The levels that are scored: those that must be, and those that may.
    pub scored: Scored<'a>,
    /// What each requirement's levels come to.
    pub levels: &'a BTreeMap<RequirementKey, Levelled>,
    /// Why nothing can be worked out of an answer, where that is so.
    pub faults: &'a BTreeMap<RequirementKey, Vec<String>>,
    /// The ratings that the rubric's table holds, by level.
    pub ratings: &'a BTreeMap<MaturityLevel, BTreeSet<Score>>,
    /// What falls short by the last word on the scores; none where they could not be worked out.
    pub shortfalls: Option<&'a BTreeMap<RequirementKey, Shortfall>>,
    /// What fell short at the certificate that an interim goes back to.
    pub certified: Option<&'a BTreeMap<RequirementKey, Shortfall>>,
    /// What was handed on, and the files as they are now; none where nobody records it.
    pub handed: Option<Handed<'a>>,
    /// The levels as they stood when the assessor was done, where somebody kept them.
    pub completed: Option<&'a BTreeMap<RequirementKey, Levels>>,
    /// The rules by which the dossier's register of inheritance is judged.
    pub inheritance: Option<&'a InheritanceRules>,
    /// Whether the program lets providers be carved out.
    pub carve_outs: Option<CarveOuts>,
    /// Samples with their lead sheets.
    pub samples: Option<&'a BTreeMap<SampleId, Placed<Sample>>>,
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

/// What was handed on, beside what is there now.
#[derive(Debug, Clone, Copy)]
pub struct Handed<'a> {
    /// Where the assessment stands, with the files as they were at the last event.
    pub life: &'a Life,
    /// The files as they are.
    pub now: &'a Frozen,
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

impl Levelled {
    /// From what was worked out for the entity and by the last word.
    pub fn of(entity: &Worked, last: &Worked) -> Self {
        let mut of = Self::default();
        for (level, worked) in &entity.levels {
            of.own.set(*level, worked.own);
            of.entity.set(*level, worked.value);
            let by_rubric = !worked.parts.is_empty() && worked.parts.iter().all(|p| p.rated.is_some());
            of.rated.set(*level, worked.own.filter(|_| by_rubric));
        }
        for (level, worked) in &last.levels {
            of.last.set(*level, worked.value);
        }
        of
    }
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
}

/// Whole days from one day to another; negative backwards.
pub(super) fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| span.get_days().into())
}

/// The place of something that was written.
pub(super) fn place<T>(placed: Option<&Placed<T>>) -> Option<Place> {
    placed.map(|p| p.place.clone())
}

use std::collections::BTreeMap;

use attesta_kernel::Provenance;
use attesta_scoring::{Exact, MaturityLevel, Requirement, Rules, Score};

/// What a forecast is made from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The program's figures that hold for the assessment.
    pub rules: &'a Rules<'a>,
    /// Today's answers.
    pub requirements: &'a [Requirement],
    /// What somebody estimated.
    pub estimates: &'a [Estimate],
    /// What is assumed where nobody did.
    pub defaults: &'a Defaults,
    /// What people call the assessment domains, by number; one without a name is shown by its number.
    pub domain_names: &'a BTreeMap<u8, String>,
    /// What must come true.
    pub goal: Goal,
}

/// What must come true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Every domain reaches its threshold.
    Certify,
    /// And no corrective action plan is required. An assessment that cannot get there is refused.
    CertifyWithoutCaps,
    /// And as few corrective action plans are required as can be.
    CertifyWithFewestCaps,
}

/// What it takes to bring one level of one requirement to a score, from where it stands today.
///
/// An estimate for a score that is reached already is of no use and no fault: it is passed over, and so is one on a
/// requirement that is not applicable. So a "what if" on a score needs no other list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The requirement's id.
    pub requirement: Box<str>,
    /// The level.
    pub level: MaturityLevel,
    /// The score that it reaches.
    pub target: Score,
    /// The work.
    pub work: Work,
    /// Who does it.
    pub owner: Option<Box<str>>,
}

/// Work: its hours, and the calendar days that it takes at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work {
    /// Whole hours.
    pub hours: u32,
    /// Calendar days, for what cannot be hurried.
    pub days: u32,
}

/// What is assumed for a level of a requirement that has no estimate.
///
/// The assumption grows with the way: from 50 to 100 takes half of the whole, rounded up. A level that is optional and was not
/// scored is never raised on an assumption, and neither is a level that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// By level.
    pub levels: BTreeMap<MaturityLevel, LevelDefault>,
    /// Whose assumption it is.
    pub provenance: Provenance,
}

/// What is assumed for one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelDefault {
    /// The scores that can be aimed at.
    pub targets: Vec<Score>,
    /// The work from 0 to 100.
    pub whole: Work,
}

impl LevelDefault {
    /// The assumed work from one score to another; the whole where the fraction does not fit.
    pub(crate) fn work(&self, from: Exact, to: Score) -> Work {
        let way = Exact::from(to).minus(from).unwrap_or_default();
        let (full, _) = Exact::FULL.as_fraction();
        let share = |whole: u32| {
            let (millionths, over) = way.as_fraction();
            let part = millionths.checked_mul(whole.into())?.div_ceil(over.checked_mul(full)?);
            u32::try_from(part).ok()
        };
        let or_whole = |whole: u32| share(whole).unwrap_or(whole);
        Work { hours: or_whole(self.whole.hours), days: or_whole(self.whole.days) }
    }
}

/// Where an effort comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Somebody estimated it.
    Estimated,
    /// Nobody did; the defaults were taken.
    Assumed,
}

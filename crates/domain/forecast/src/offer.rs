use std::collections::{BTreeMap, BTreeSet};

use attesta_scoring::{Answer, Exact, MaturityLevel, Requirement, Score, Weight};

use crate::{Basis, EstimateFault, EstimateRefusal, Inputs, Refusal, Work};

const MOST_REQUIREMENTS: usize = 5_000;
const MOST_ESTIMATES: usize = 100_000;
const MOST_HOURS: u32 = 100_000;
const MOST_DAYS: u32 = 3_650;

/// One improvement that can be chosen: a level of a requirement brought to a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) at: usize,
    pub(crate) level: MaturityLevel,
    pub(crate) from: Option<Exact>,
    pub(crate) to: Score,
    pub(crate) work: Work,
    pub(crate) owner: Option<Box<str>>,
    pub(crate) basis: Basis,
}

/// Every improvement on offer, by requirement, level and score.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Offers(pub(crate) Vec<Offer>);

impl Offers {
    /// The estimates that help, and defaults where there is none.
    pub(crate) fn new(inputs: &Inputs<'_>) -> Result<Self, Refusal> {
        let sizes = [
            ("requirements", inputs.requirements.len(), MOST_REQUIREMENTS),
            ("estimates", inputs.estimates.len(), MOST_ESTIMATES),
        ];
        if let Some((what, given, most)) = sizes.into_iter().find(|(_, given, most)| given > most) {
            return Err(Refusal::TooLarge { what, given, most });
        }
        let weights: BTreeMap<MaturityLevel, Weight> =
            inputs.rules.weights.value.iter().map(|w| (w.level, w)).collect();
        let places: BTreeMap<&str, usize> =
            inputs.requirements.iter().enumerate().map(|(at, r)| (&*r.id, at)).collect();
        let refusals = refusals(inputs, &weights, &places);
        if !refusals.is_empty() {
            return Err(Refusal::Estimates(refusals));
        }
        let mut offers = Vec::new();
        let mut estimated = BTreeSet::new();
        for estimate in inputs.estimates {
            let Some(at) = places.get(&*estimate.requirement) else { continue };
            estimated.insert((*at, estimate.level));
            offers.extend(inputs.offer(*at, &weights, estimate.level, estimate.target, |_| {
                (estimate.work, estimate.owner.clone(), Basis::Estimated)
            }));
        }
        for (at, requirement) in inputs.requirements.iter().enumerate() {
            for (level, default) in &inputs.defaults.levels {
                let asked = weights.get(level).is_some_and(|w| !w.optional) || answer(requirement, *level).is_some();
                if !asked || estimated.contains(&(at, *level)) {
                    continue;
                }
                let targets: BTreeSet<Score> = default.targets.iter().copied().collect();
                for target in targets {
                    let work = |from: Exact| (default.work(from, target), None, Basis::Assumed);
                    offers.extend(inputs.offer(at, &weights, *level, target, work));
                }
            }
        }
        offers.sort_by_key(|o| (o.at, o.level, o.to));
        Ok(Self(offers))
    }

    /// Those on one level of one requirement, with their places.
    pub(crate) fn on(&self, at: usize, level: MaturityLevel) -> impl Iterator<Item = (usize, &Offer)> {
        let first = self.0.partition_point(|o| (o.at, o.level) < (at, level));
        let own = self.0.iter().enumerate().skip(first);
        own.take_while(move |(_, o)| (o.at, o.level) == (at, level))
    }

    /// The answers with these improvements made.
    pub(crate) fn applied(
        &self,
        requirements: &[Requirement],
        picked: impl IntoIterator<Item = usize>,
    ) -> Vec<Requirement> {
        let mut applied = requirements.to_vec();
        for offer in picked.into_iter().filter_map(|at| self.0.get(at)) {
            if let Some(Requirement { answer: Answer::Scored(levels), .. }) = applied.get_mut(offer.at) {
                levels.set(offer.level, Some(offer.to));
            }
        }
        applied
    }

    /// The improvements of the answers with everything done that is offered: the most on each level, and on managing no more
    /// than measuring reaches. Every score is the highest that it can be, all at once.
    pub(crate) fn all(&self, requirements: &[Requirement]) -> Vec<usize> {
        let mut all = Vec::new();
        for (at, requirement) in requirements.iter().enumerate() {
            for level in MaturityLevel::ALL {
                let measured = || {
                    let most = self.on(at, MaturityLevel::Measured).last().map(|(_, o)| o.to.into());
                    most.or(answer(requirement, MaturityLevel::Measured)).unwrap_or_default()
                };
                let fits = |o: &Offer| level != MaturityLevel::Managed || Exact::from(o.to) <= measured();
                all.extend(self.on(at, level).filter(|(_, o)| fits(o)).last().map(|(place, _)| place));
            }
        }
        all
    }
}

pub(crate) fn answer(requirement: &Requirement, level: MaturityLevel) -> Option<Exact> {
    match &requirement.answer {
        Answer::Scored(levels) => levels.get(level),
        Answer::NotApplicable => None,
    }
}

impl Inputs<'_> {
    /// An improvement, unless it improves nothing: the score is reached, or the requirement is not applicable.
    ///
    /// A level that may stay unscored leaves no gap as long as it does. So where gaps and plans look at it, only 100 is
    /// offered: then no improvement ever makes a plan necessary.
    fn offer(
        &self,
        at: usize,
        weights: &BTreeMap<MaturityLevel, Weight>,
        level: MaturityLevel,
        to: Score,
        work: impl Fn(Exact) -> (Work, Option<Box<str>>, Basis),
    ) -> Option<Offer> {
        let weight = weights.get(&level)?;
        let requirement = self.requirements.get(at)?;
        let Answer::Scored(levels) = &requirement.answer else { return None };
        let from = levels.get(level);
        let helps = match from {
            Some(from) => Exact::from(to) > from,
            None if !weight.optional => true,
            None => {
                let looked_at = self.rules.cap.value.level == level || self.rules.gap.value.contains(&level);
                to > Score::ZERO && (!looked_at || to == Score::FULL)
            }
        };
        let (work, owner, basis) = work(from.unwrap_or_default());
        helps.then_some(Offer { at, level, from, to, work, owner, basis })
    }
}

fn refusals(
    inputs: &Inputs<'_>,
    weights: &BTreeMap<MaturityLevel, Weight>,
    places: &BTreeMap<&str, usize>,
) -> Vec<EstimateRefusal> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<(&str, MaturityLevel, Score), usize> = BTreeMap::new();
    for (index, estimate) in inputs.estimates.iter().enumerate() {
        let (requirement, level) = (&estimate.requirement, estimate.level);
        let mut refuse = |kind| found.push(EstimateRefusal { index, requirement: requirement.clone(), level, kind });
        if !places.contains_key(&**requirement) {
            refuse(EstimateFault::NoSuchRequirement);
        }
        if !weights.contains_key(&level) {
            refuse(EstimateFault::NotScored);
        }
        let first = *seen.entry((&**requirement, level, estimate.target)).or_insert(index);
        if first != index {
            refuse(EstimateFault::Twice { target: estimate.target, first });
        }
        let Work { hours, days } = estimate.work;
        for (given, unit, most) in [(hours, "hours", MOST_HOURS), (days, "days", MOST_DAYS)] {
            if given > most {
                refuse(EstimateFault::TooMuch { given, unit, most });
            }
        }
    }
    found
}

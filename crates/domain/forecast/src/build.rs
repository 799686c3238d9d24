//! From answers and offers to the integer problem.
//!
//! Each requirement is one group: its options are the ways to raise its levels, with those left out that another way beats.
//! A domain below its threshold is a cover over what its requirements gain. Where corrective action plans are to be avoided, a
//! control reference below the limit is a group of two routes: either its mean reaches the limit (a cover over what its
//! requirements gain), or each of its requirements on which a plan can hang reaches 100 on the level that decides.
//!
//! Raising only ever helps: a score that rises lowers no mean and makes no plan required. So a plan that stays required with
//! everything done is required whatever is done, every other one can be avoided at once with all the others, and "as few as
//! can be" is the same as "each that can be".

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::ControlRef;
use attesta_scoring::{Answer, CapScope, Exact, MaturityLevel, Requirement, Scorecard, Shortfall};

use crate::{
    Choice, Goal, Group, Inputs, Problem, Refusal, Selection,
    offer::{Offers, answer},
    sums::{self, gcd},
};

const MOST_WAYS: usize = 4_000;
const MOST_COST: i64 = 1 << 46;

/// A problem, and what its options stand for.
pub(crate) struct Built {
    pub(crate) problem: Problem,
    /// An answer to it: everything done.
    pub(crate) everything: Selection,
    /// By group and option: the offers taken.
    pub(crate) taken: Vec<Vec<Vec<usize>>>,
    /// How much cost an hour is; the rest counts improvements.
    pub(crate) hour: i64,
}

/// A way to raise a requirement's levels.
#[derive(Debug, Clone)]
struct Way {
    /// In the requirement's own unit (see [`sums::weighted`]).
    gain: i128,
    cost: i64,
    /// The level that decides on plans is at 100.
    decisive_full: bool,
    /// Every level that leaves a gap is at 100. Only kept where the level that decides is not one of them.
    gapless: bool,
    measured: Exact,
    offers: Vec<usize>,
}

impl Way {
    fn avoids(&self) -> bool {
        self.decisive_full || self.gapless
    }
}

/// A control reference on which required plans hang that can be avoided.
#[derive(Debug, Clone)]
pub(crate) struct Weak {
    pub(crate) reference: ControlRef,
    /// The requirements whose plans can be avoided.
    pub(crate) avoidable: Vec<usize>,
    /// Whether the mean can reach the limit.
    pub(crate) can_reach: bool,
}

struct Cover {
    name: String,
    need: i128,
    /// By group and option.
    amounts: Vec<(usize, usize, i128)>,
    /// By group and option: takes the whole need away again, so that it is met only where this is chosen.
    only_with: Option<(usize, usize)>,
}

/// The control references below the limit today on which plans hang, or may come to hang, and that can be helped.
pub(crate) fn weak(inputs: &Inputs<'_>, now: &Scorecard, best: &Scorecard) -> Vec<Weak> {
    let rule = inputs.rules.cap.value;
    let limit = rule.reference_below.into();
    let mut found: BTreeMap<&ControlRef, Vec<usize>> = BTreeMap::new();
    for (at, requirement) in inputs.requirements.iter().enumerate() {
        let concerned = match rule.only {
            CapScope::All => true,
            CapScope::Core => requirement.core,
            CapScope::RequiredForCertification => requirement.required_for_certification,
        };
        let shortfall = now.requirements.get(at).map(|r| r.shortfall);
        // A level that must still be answered may leave a gap once it is.
        let may_come = now.requirements.get(at).is_some_and(|r| !r.missing.is_empty());
        let kept = best.requirements.get(at).is_some_and(|r| r.shortfall == Shortfall::RequiredCap);
        if concerned && !kept && (shortfall == Some(Shortfall::RequiredCap) || may_come) {
            found.entry(&requirement.control_reference).or_default().push(at);
        }
    }
    let score = |card: &Scorecard, reference: &ControlRef| card.control_references.get(reference).and_then(|g| g.score);
    found
        .into_iter()
        .filter(|(reference, _)| score(now, reference).is_none_or(|s| s < limit))
        .map(|(reference, avoidable)| Weak {
            reference: reference.clone(),
            avoidable,
            can_reach: score(best, reference).is_some_and(|s| s >= limit),
        })
        .collect()
}

/// The problem of reaching `goal`, which must be within reach.
pub(crate) fn build(inputs: &Inputs<'_>, offers: &Offers, weak: &[Weak]) -> Result<Built, Refusal> {
    let hour = i64::try_from(offers.0.len()).unwrap_or(i64::MAX).saturating_add(1);
    let total: i64 = offers.0.iter().map(|o| i64::from(o.work.hours)).sum();
    if total.checked_mul(hour).is_none_or(|cost| cost > MOST_COST) {
        let hours = usize::try_from(total).unwrap_or(usize::MAX);
        let most = usize::try_from(MOST_COST / hour).unwrap_or(0);
        return Err(Refusal::TooLarge { what: "hours of all improvements together", given: hours, most });
    }
    let weak: &[Weak] = if inputs.goal == Goal::Certify { &[] } else { weak };
    let domains = sums::domains(inputs.rules, inputs.requirements)?;
    let concerned: BTreeSet<usize> = weak.iter().flat_map(|w| w.avoidable.iter().copied()).collect();
    let must_be_full: BTreeSet<usize> =
        weak.iter().filter(|w| !w.can_reach).flat_map(|w| w.avoidable.iter().copied()).collect();
    let mut built = Built { problem: Problem::default(), everything: Selection(vec![]), taken: vec![], hour };
    let mut ways_of: BTreeMap<usize, (usize, Vec<Way>)> = BTreeMap::new();
    for (at, requirement) in inputs.requirements.iter().enumerate() {
        let mut ways = ways(inputs, offers, at, requirement, hour, concerned.contains(&at))?;
        if must_be_full.contains(&at) {
            ways.retain(Way::avoids);
        }
        if ways.len() > 1 || ways.iter().any(|w| !w.offers.is_empty()) {
            let group = built.group(ways.iter().map(|w| (w.cost, w.offers.clone())));
            let most = ways.iter().enumerate().max_by_key(|(_, w)| (w.avoids(), w.gain)).map_or(0, |(at, _)| at);
            built.everything.0.push(most);
            ways_of.insert(at, (group, ways));
        }
    }
    let mut covers = Vec::new();
    let gains = |factors: &BTreeMap<usize, i128>| {
        let mut amounts = Vec::new();
        for (at, factor) in factors {
            let Some((group, ways)) = ways_of.get(at) else { continue };
            amounts.extend(ways.iter().enumerate().map(|(option, w)| (*group, option, factor.saturating_mul(w.gain))));
        }
        amounts
    };
    for (number, sum) in domains.iter().filter(|(_, sum)| sum.missing > 0) {
        let name = format!("domain {number}");
        covers.push(Cover { name, need: sum.missing, amounts: gains(&sum.factors), only_with: None });
    }
    for weak in weak.iter().filter(|w| w.can_reach) {
        let name = format!("control reference {}", weak.reference);
        let sum = sums::reference(inputs.rules, inputs.requirements, &weak.reference);
        let sum = sum.ok_or_else(|| Refusal::TooFine(name.clone()))?;
        let routes = built.group([(0, Vec::new()), (0, Vec::new())]);
        built.everything.0.push(1);
        let amounts = gains(&sum.factors);
        covers.push(Cover { name: name.clone(), need: sum.missing, amounts, only_with: Some((routes, 1)) });
        for at in &weak.avoidable {
            let mut amounts = vec![(routes, 1, 1)];
            if let Some((group, ways)) = ways_of.get(at) {
                let full = ways.iter().enumerate().filter(|(_, way)| way.avoids());
                amounts.extend(full.map(|(option, _)| (*group, option, 1)));
            }
            covers.push(Cover { name: name.clone(), need: 1, amounts, only_with: None });
        }
    }
    for cover in covers {
        built.cover(cover)?;
    }
    Ok(built)
}

impl Built {
    fn group(&mut self, options: impl IntoIterator<Item = (i64, Vec<usize>)>) -> usize {
        let (costs, taken): (Vec<i64>, Vec<Vec<usize>>) = options.into_iter().unzip();
        let options = costs.into_iter().map(|cost| Choice { cost, amounts: BTreeMap::new() }).collect();
        self.problem.groups.push(Group { options });
        self.taken.push(taken);
        self.problem.groups.len() - 1
    }

    /// Adds a cover, in the largest unit that keeps every amount whole. What is needed is rounded up to it, which changes
    /// nothing, as only whole units can be added.
    fn cover(&mut self, cover: Cover) -> Result<(), Refusal> {
        let unit = cover.amounts.iter().fold(0, |unit, (_, _, amount)| gcd(unit, *amount)).max(1);
        let too_fine = |_| Refusal::TooFine(cover.name.clone());
        let need = i64::try_from((cover.need + unit - 1).div_euclid(unit)).map_err(too_fine)?;
        let place = self.problem.needs.len();
        self.problem.needs.push(if cover.only_with.is_some() { 0 } else { need });
        let mut amounts: Vec<(usize, usize, i64)> = Vec::new();
        for (group, option, amount) in &cover.amounts {
            amounts.push((*group, *option, i64::try_from(amount / unit).map_err(too_fine)?));
        }
        amounts.extend(cover.only_with.map(|(group, option)| (group, option, -need)));
        for (group, option, amount) in amounts.into_iter().filter(|(_, _, amount)| *amount != 0) {
            let options = self.problem.groups.get_mut(group).map(|g| &mut g.options);
            if let Some(choice) = options.and_then(|o| o.get_mut(option)) {
                choice.amounts.insert(place, amount);
            }
        }
        Ok(())
    }
}

/// The ways to raise a requirement that no other way beats, cheapest first.
fn ways(
    inputs: &Inputs<'_>,
    offers: &Offers,
    at: usize,
    requirement: &Requirement,
    hour: i64,
    plan_can_hang: bool,
) -> Result<Vec<Way>, Refusal> {
    let rule = inputs.rules.cap.value;
    let gap = &inputs.rules.gap.value;
    let too_fine = || Refusal::TooFine(requirement.id.to_string());
    let Answer::Scored(levels) = &requirement.answer else { return Ok(Vec::new()) };
    let unit = sums::unit(inputs.rules, levels).ok_or_else(too_fine)?;
    let own_gap = plan_can_hang && !gap.contains(&rule.level);
    let full = |level: MaturityLevel, score: Option<Exact>| {
        score.is_none_or(|s| s == Exact::FULL) || !(level == rule.level || gap.contains(&level))
    };
    let start = Way {
        gain: 0,
        cost: 0,
        decisive_full: plan_can_hang,
        gapless: own_gap,
        measured: answer(requirement, MaturityLevel::Measured).unwrap_or_default(),
        offers: Vec::new(),
    };
    let mut ways = vec![start];
    for weight in inputs.rules.weights.value.iter() {
        let level = weight.level;
        let today = answer(requirement, level);
        let stay = (today.is_some() || weight.optional).then_some((today, 0, None));
        let raise = offers
            .on(at, level)
            .map(|(place, o)| (Some(Exact::from(o.to)), i64::from(o.work.hours) * hour + 1, Some(place)));
        let steps: Vec<(Option<Exact>, i64, Option<usize>)> = stay.into_iter().chain(raise).collect();
        // Nothing is offered on a level that needs an answer: told before a problem is built.
        if steps.is_empty() {
            continue;
        }
        let mut next = Vec::new();
        for way in &ways {
            for (score, cost, offer) in &steps {
                let allowed = level != MaturityLevel::Managed || score.unwrap_or_default() <= way.measured;
                if !allowed {
                    continue;
                }
                let mut way = way.clone();
                let points = |score: &Option<Exact>| {
                    score.map_or(Some(0), |score| sums::weighted(weight.share, score, unit)).ok_or_else(too_fine)
                };
                way.gain += points(score)? - points(&today)?;
                way.cost += cost;
                way.decisive_full &= level != rule.level || full(level, *score);
                way.gapless &= !gap.contains(&level) || full(level, *score);
                if level == MaturityLevel::Measured {
                    way.measured = score.unwrap_or_default();
                }
                way.offers.extend(offer);
                next.push(way);
            }
        }
        // How far measuring goes matters only until managing is chosen.
        if level == MaturityLevel::Managed {
            next.iter_mut().for_each(|w| w.measured = Exact::ZERO);
        }
        ways = unbeaten(next);
        if ways.len() > MOST_WAYS {
            return Err(Refusal::TooLarge {
                what: "ways to raise one requirement",
                given: ways.len(),
                most: MOST_WAYS,
            });
        }
    }
    Ok(ways)
}

fn unbeaten(mut ways: Vec<Way>) -> Vec<Way> {
    let key = |w: &Way| (w.cost, std::cmp::Reverse((w.gain, w.decisive_full, w.gapless, w.measured)));
    ways.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.offers.cmp(&b.offers)));
    let mut kept: Vec<Way> = Vec::new();
    for way in ways {
        let beats = |k: &Way| {
            k.gain >= way.gain
                && k.decisive_full >= way.decisive_full
                && k.gapless >= way.gapless
                && k.measured >= way.measured
        };
        if !kept.iter().any(beats) {
            kept.push(way);
        }
    }
    kept
}

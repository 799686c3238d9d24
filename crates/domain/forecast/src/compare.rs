use std::collections::{BTreeMap, BTreeSet};

use attesta_scoring::{Decision, MaturityLevel, Score};

use crate::{Goal, Inputs, Item, Plan, Refusal, Solver, plan};

/// What is different between two plans: what a "what if" comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Hours more (or fewer, below 0) than before.
    pub hours: i64,
    /// Improvements of the new plan that the old one did not have.
    pub added: Vec<Item>,
    /// Improvements of the old plan that the new one does not need.
    pub dropped: Vec<Item>,
    /// Domains that pass today with the change and did not without, by number.
    pub domains_gained: Vec<u8>,
    /// Domains that do not pass today with the change and did without.
    pub domains_lost: Vec<u8>,
    /// Required corrective action plans more (or fewer, below 0) when all is done.
    pub caps: i64,
    /// Whether today's answers certify, before and with the change.
    pub certified: (Decision, Decision),
}

/// What is different in `new`, the plan for changed answers, factors or inheritance.
pub fn compare(old: &Plan, new: &Plan) -> Difference {
    let keys = |plan: &Plan| -> BTreeSet<(Box<str>, MaturityLevel, Score)> {
        plan.items.iter().map(|i| (i.requirement.clone(), i.level, i.to)).collect()
    };
    let missing = |plan: &Plan, other: &Plan| -> Vec<Item> {
        let others = keys(other);
        plan.items.iter().filter(|i| !others.contains(&(i.requirement.clone(), i.level, i.to))).cloned().collect()
    };
    let passing =
        |plan: &Plan| -> BTreeMap<u8, bool> { plan.before.domains.iter().map(|(n, d)| (*n, d.passes)).collect() };
    let (before, after) = (passing(old), passing(new));
    let changed = |from: &BTreeMap<u8, bool>, to: &BTreeMap<u8, bool>| -> Vec<u8> {
        to.iter().filter(|(n, passes)| **passes && from.get(*n) == Some(&false)).map(|(n, _)| *n).collect()
    };
    Difference {
        hours: signed(new.hours) - signed(old.hours),
        added: missing(new, old),
        dropped: missing(old, new),
        domains_gained: changed(&before, &after),
        domains_lost: changed(&after, &before),
        caps: count(&new.caps_left) - count(&old.caps_left),
        certified: (old.before.decision.clone(), new.before.decision.clone()),
    }
}

/// What a number of hours buys: as many passing domains as can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affordable {
    /// The domains that can be brought over their thresholds, cheapest first, each with its plan.
    pub domains: Vec<(u8, Plan)>,
    /// The domains that the hours do not reach, cheapest first, each with the hours that it takes.
    pub too_dear: Vec<(u8, u64)>,
    /// The domains that no improvement on offer brings over their thresholds, and why.
    pub out_of_reach: Vec<(u8, Refusal)>,
    /// The hours that are left.
    pub left: u64,
}

/// The most domains that `hours` bring over their thresholds. A domain's threshold asks nothing of another domain, so taking the
/// cheapest first is the best there is; ties go to the lower number.
///
/// # Errors
///
/// When an answer or estimate makes no sense.
pub fn affordable(inputs: &Inputs<'_>, solver: &dyn Solver, hours: u64) -> Result<Affordable, Refusal> {
    let card = attesta_scoring::score(inputs.rules, inputs.requirements).map_err(Refusal::Answers)?;
    let mut dear: Vec<(u64, u8, Plan)> = Vec::new();
    let mut out_of_reach = Vec::new();
    for number in card.domains.iter().filter(|(_, d)| !d.passes).map(|(number, _)| *number) {
        let requirements: Vec<_> = inputs.requirements.iter().filter(|r| r.domain == number).cloned().collect();
        let own = |id: &str| requirements.iter().any(|r| *r.id == *id);
        let known = |id: &str| inputs.requirements.iter().any(|r| *r.id == *id);
        let estimates: Vec<_> =
            inputs.estimates.iter().filter(|e| own(&e.requirement) || !known(&e.requirement)).cloned().collect();
        let domain = Inputs { requirements: &requirements, estimates: &estimates, goal: Goal::Certify, ..*inputs };
        match plan(&domain, solver) {
            Ok(plan) => dear.push((plan.hours, number, plan)),
            Err(refusal @ Refusal::OutOfReach(_)) => out_of_reach.push((number, refusal)),
            Err(other) => return Err(other),
        }
    }
    dear.sort_by_key(|(hours, number, _)| (*hours, *number));
    let (mut domains, mut too_dear, mut left) = (Vec::new(), Vec::new(), hours);
    for (cost, number, plan) in dear {
        match left.checked_sub(cost) {
            Some(rest) if too_dear.is_empty() => {
                left = rest;
                domains.push((number, plan));
            }
            _ => too_dear.push((number, cost)),
        }
    }
    Ok(Affordable { domains, too_dear, out_of_reach, left })
}

fn signed(hours: u64) -> i64 {
    i64::try_from(hours).unwrap_or(i64::MAX)
}

fn count(caps: &[usize]) -> i64 {
    i64::try_from(caps.len()).unwrap_or(i64::MAX)
}

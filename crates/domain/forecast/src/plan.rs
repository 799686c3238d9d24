use std::collections::BTreeSet;

use attesta_kernel::ControlRef;
use attesta_scoring::{Decision, Exact, MaturityLevel, Requirement, Score, Scorecard, Shortfall, score};

use crate::{
    Basis, Effort, Goal, Inputs, Need, OutOfReach, Refusal, Selection, Solver, Work,
    build::{self, Built, Weak},
    explain,
    offer::{Offer, Offers},
    problem::Component,
    prove::settle,
};

/// The cheapest way to a goal, applied and scored again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it was made for.
    pub goal: Goal,
    /// What to do, by requirement and level. Nothing when the goal is reached already.
    pub items: Vec<Item>,
    /// The hours of all of it.
    pub hours: u64,
    /// What is proven of its cost.
    pub proof: Proof,
    /// Today's scores.
    pub before: Scorecard,
    /// The scores when all is done.
    pub after: Scorecard,
    /// What is short today, each with what mends it.
    pub needs: Vec<Need>,
    /// Requirements (from 0) on which a corrective action plan stays required.
    pub caps_left: Vec<usize>,
    /// Figures of the program that shape the plan and were not read in a primary source.
    pub unsure: Vec<explain::Unsure>,
}

/// One improvement of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The requirement's place in the assessment, from 0.
    pub at: usize,
    /// Its id.
    pub requirement: Box<str>,
    /// Its assessment domain.
    pub domain: u8,
    /// Its control reference.
    pub control_reference: ControlRef,
    /// The level to raise.
    pub level: MaturityLevel,
    /// Where it stands; `None` is not scored.
    pub from: Option<Exact>,
    /// Where it must get to.
    pub to: Score,
    /// What that takes.
    pub work: Work,
    /// Who does it, where that is known.
    pub owner: Option<Box<str>>,
    /// Whether somebody estimated the work.
    pub basis: Basis,
}

/// What is proven of a plan's cost. Proven means in whole numbers, by a search that ended; a solver's word is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// No plan takes fewer hours.
    Cheapest,
    /// The search reached its limit. No plan takes fewer hours than these; whether one takes fewer than this plan is not known.
    NotBelow {
        /// The hours.
        hours: u64,
    },
}

/// The cheapest set of improvements that reaches the goal. Among equally cheap ones: the one with the fewest improvements, and
/// then the first in the search's order, which follows the order of the input; the same input has the same plan.
///
/// The plan is applied to the answers and scored again before it is returned.
///
/// # Errors
///
/// When an answer or estimate makes no sense, or the goal is out of reach of all that is offered.
pub fn plan(inputs: &Inputs<'_>, solver: &dyn Solver) -> Result<Plan, Refusal> {
    plan_with(inputs, solver, Effort::default())
}

/// As [`plan`], with another limit for the search.
///
/// # Errors
///
/// As [`plan`].
pub fn plan_with(inputs: &Inputs<'_>, solver: &dyn Solver, effort: Effort) -> Result<Plan, Refusal> {
    let offers = Offers::new(inputs)?;
    let before = score(inputs.rules, inputs.requirements).map_err(Refusal::Answers)?;
    let best = offers.applied(inputs.requirements, offers.all(inputs.requirements));
    let best = score(inputs.rules, &best).map_err(Refusal::Answers)?;
    let out_of_reach = out_of_reach(inputs, &best)?;
    if !out_of_reach.is_empty() {
        return Err(Refusal::OutOfReach(out_of_reach));
    }
    let weak = build::weak(inputs, &before, &best);
    let built = build::build(inputs, &offers, &weak)?;
    let (mut picked, at_least) = choose(&built, solver, effort)?;
    let hours = |picked: &BTreeSet<usize>| -> u64 {
        picked.iter().filter_map(|at| offers.0.get(*at)).map(|o| u64::from(o.work.hours)).sum()
    };
    let lost = caps(&best);
    let reached = |picked: &BTreeSet<usize>| -> Result<Scorecard, String> {
        let answers = offers.applied(inputs.requirements, picked.iter().copied());
        let card = score(inputs.rules, &answers).map_err(|r| r.first().map(ToString::to_string).unwrap_or_default())?;
        let more = caps(&card).iter().any(|at| !lost.contains(at));
        match card.decision {
            Decision::Certified if inputs.goal == Goal::Certify || !more => Ok(card),
            Decision::Certified => Err("a plan stays required that can be avoided".to_owned()),
            _ => Err("it does not certify".to_owned()),
        }
    };
    let floor = u64::try_from(at_least / built.hour.max(1)).unwrap_or(0);
    if floor < hours(&picked) {
        // Without a proof something may be superfluous; with one, leaving it out would have been cheaper.
        for at in picked.clone() {
            let mut fewer = picked.clone();
            fewer.remove(&at);
            if reached(&fewer).is_ok() {
                picked = fewer;
            }
        }
    }
    let after = reached(&picked).map_err(Refusal::Broken)?;
    let hours = hours(&picked);
    let proof = if floor >= hours { Proof::Cheapest } else { Proof::NotBelow { hours: floor } };
    let items: Vec<Item> = picked.iter().filter_map(|at| item(inputs, offers.0.get(*at)?)).collect();
    let weak: Vec<Weak> = if inputs.goal == Goal::Certify { Vec::new() } else { weak };
    let needs = explain::needs(inputs, &items, &before, &after, &weak)?;
    let caps_left = caps(&after).into_iter().collect();
    Ok(Plan {
        goal: inputs.goal,
        items,
        hours,
        proof,
        before,
        after,
        needs,
        caps_left,
        unsure: explain::unsure(inputs),
    })
}

pub(crate) fn item(inputs: &Inputs<'_>, offer: &Offer) -> Option<Item> {
    let requirement: &Requirement = inputs.requirements.get(offer.at)?;
    Some(Item {
        at: offer.at,
        requirement: requirement.id.clone(),
        domain: requirement.domain,
        control_reference: requirement.control_reference.clone(),
        level: offer.level,
        from: offer.from,
        to: offer.to,
        work: offer.work,
        owner: offer.owner.clone(),
        basis: offer.basis,
    })
}

fn caps(card: &Scorecard) -> BTreeSet<usize> {
    let required = card.requirements.iter().enumerate().filter(|(_, r)| r.shortfall == Shortfall::RequiredCap);
    required.map(|(at, _)| at).collect()
}

/// What stays short of the goal when everything is done that is offered. Raising never hurts, so what this does not reach
/// nothing reaches, and what it reaches is reached all at once.
fn out_of_reach(inputs: &Inputs<'_>, best: &Scorecard) -> Result<Vec<OutOfReach>, Refusal> {
    if best.decision == Decision::NothingScored {
        return Err(Refusal::NothingCounts);
    }
    let mut found = Vec::new();
    for (requirement, own) in inputs.requirements.iter().zip(&best.requirements) {
        let missing = own.missing.iter().copied();
        found.extend(missing.map(|level| OutOfReach::Unanswered { requirement: requirement.id.clone(), level }));
    }
    for (number, domain) in best.domains.iter().filter(|(_, d)| !d.passes) {
        if let Some(best) = domain.group.score {
            let at_least = inputs.rules.domain.value.at_least;
            found.push(OutOfReach::Domain {
                number: *number,
                name: explain::domain_name(inputs, *number),
                best,
                at_least,
            });
        }
    }
    if inputs.goal == Goal::CertifyWithoutCaps {
        for requirement in caps(best).into_iter().filter_map(|at| inputs.requirements.get(at)) {
            let reference = requirement.control_reference.clone();
            let mean = best.control_references.get(&reference).and_then(|g| g.score);
            found.extend(mean.map(|best| OutOfReach::Cap {
                requirement: requirement.id.clone(),
                reference,
                level: inputs.rules.cap.value.level,
                best,
                limit: inputs.rules.cap.value.reference_below,
            }));
        }
    }
    Ok(found)
}

/// The offers of the cheapest answer, and the cost below which there is none.
fn choose(built: &Built, solver: &dyn Solver, effort: Effort) -> Result<(BTreeSet<usize>, i64), Refusal> {
    let mut picked = BTreeSet::new();
    let mut at_least = 0_i64;
    for component in built.problem.components() {
        let Component { problem, groups } = component;
        let own = groups.iter().filter_map(|at| built.everything.0.get(*at)).copied().collect();
        let start = problem.trim(Selection(own));
        let broken = || Refusal::Broken("everything done is no answer".to_owned());
        let settled = settle(&problem, start, solver, effort).ok_or_else(broken)?;
        at_least += settled.at_least;
        for (at, option) in groups.iter().zip(&settled.selection.0) {
            picked.extend(built.taken.get(*at).and_then(|options| options.get(*option)).into_iter().flatten());
        }
    }
    Ok((picked, at_least))
}

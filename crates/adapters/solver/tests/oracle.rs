//! The crate's answers against the forecast's own: on small assessments an enumeration, on large ones the search without help.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

#[path = "../../../domain/forecast/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use attesta_forecast::{Choice, Goal, Group, NoAnswer, Problem, Proof, Selection, Solver, Unaided, plan};
use attesta_scoring::{
    Levels,
    MaturityLevel::{Implemented, Policy, Procedure},
};
use attesta_solver::Milp;
use support::{Case, Chance, Figures, estimate, no_defaults, requirement, whole};

/// Any problem, small enough to go through: whether the crate finds the cheapest, without the forecast's search behind it.
fn problem(chance: &mut Chance) -> Problem {
    let covers = 1 + chance.below(3);
    let group = |chance: &mut Chance| {
        let options = (0..1 + chance.below(4)).map(|_| {
            let amounts = (0..covers).filter(|_| chance.one_in(2)).collect::<Vec<_>>();
            let amounts =
                amounts.into_iter().map(|cover| (usize::try_from(cover).unwrap(), i64::from(chance.below(50)) - 5));
            Choice { amounts: amounts.collect(), cost: i64::from(chance.below(30)) }
        });
        Group { options: options.collect() }
    };
    let groups = (0..1 + chance.below(5)).map(|_| group(chance)).collect();
    let needs = (0..covers).map(|_| i64::from(chance.below(60)) - 5).collect();
    Problem { groups, needs }
}

fn cheapest(problem: &Problem) -> Option<i64> {
    let mut picked = vec![0; problem.groups.len()];
    let mut best = None;
    loop {
        best = [best, problem.cost(&Selection(picked.clone()))].into_iter().flatten().min();
        let next = (0..picked.len()).find(|at| picked[*at] + 1 < problem.groups[*at].options.len());
        let Some(at) = next else { return best };
        picked[at] += 1;
        picked[..at].fill(0);
    }
}

#[test]
fn on_small_problems_the_crate_finds_the_cheapest_answer() {
    let mut chance = Chance::new(11);
    let (mut solved, mut infeasible) = (0, 0);
    for number in 0..3_000 {
        let problem = problem(&mut chance);
        match (Milp::default().solve(&problem), cheapest(&problem)) {
            (Ok(found), best) => {
                assert_eq!(problem.cost(&found), best, "{number}: {problem:?} {found:?}");
                solved += 1;
            }
            (Err(NoAnswer::Infeasible), None) => infeasible += 1,
            other => panic!("{number}: {problem:?} {other:?}"),
        }
    }
    assert!(solved > 1_000 && infeasible > 300, "{solved} {infeasible}");
}

#[test]
fn with_the_crate_no_plan_is_cheaper_than_the_best_of_all() {
    let mut chance = Chance::new(12);
    let mut reached = 0;
    for number in 0..3_000 {
        let case = Case::random(&mut chance, 150);
        let found = case.with(case.goal, |inputs| plan(inputs, &Milp::default()));
        let best = case.by_enumeration().map(|(_, hours)| u64::from(hours));
        assert_eq!(found.as_ref().ok().map(|plan| plan.hours), best, "case {number}: {case:#?}\n{found:#?}");
        reached += usize::from(found.is_ok_and(|plan| plan.proof == Proof::Cheapest));
    }
    assert!(reached > 800, "{reached}");
}

/// Sixty requirements on three levels in four domains.
fn large(chance: &mut Chance) -> Case {
    let (mut requirements, mut estimates) = (Vec::new(), Vec::new());
    for at in 0..60_u32 {
        let id = format!("R{at}");
        let domain = at % 4;
        let mut levels = Levels::default();
        for (level, hours) in [(Policy, 8), (Procedure, 8), (Implemented, 24)] {
            let now = chance.below(5) * 25;
            levels.set(level, Some(whole(now)));
            for target in (1..=4).map(|quarter| quarter * 25).filter(|target| *target > now) {
                let hours = hours * (target - now) / 25 + chance.below(9);
                estimates.push(estimate(&id, level, &target.to_string(), hours));
            }
        }
        let letter = char::from(b'a' + u8::try_from(chance.below(5)).unwrap());
        let reference = format!("{:02}.{letter}", if chance.one_in(30) { chance.below(4) } else { domain });
        requirements.push(requirement(&id, u8::try_from(domain + 1).unwrap(), &reference, levels));
    }
    Case { figures: Figures::r2(), requirements, estimates, defaults: no_defaults(), goal: Goal::Certify }
}

#[test]
fn on_large_assessments_help_changes_no_proven_cost() {
    let mut chance = Chance::new(13);
    let mut proven = 0;
    for _ in 0..4 {
        let case = large(&mut chance);
        for goal in [Goal::Certify, Goal::CertifyWithFewestCaps] {
            let helped = case.with(goal, |inputs| plan(inputs, &Milp::default())).unwrap();
            let alone = case.with(goal, |inputs| plan(inputs, &Unaided)).unwrap();
            let floor = |proof: Proof, hours: u64| match proof {
                Proof::Cheapest => hours,
                Proof::NotBelow { hours } => hours,
            };
            // What one has proven, the other cannot go below.
            assert!(
                floor(alone.proof, alone.hours) <= helped.hours && floor(helped.proof, helped.hours) <= alone.hours
            );
            if helped.proof == Proof::Cheapest && alone.proof == Proof::Cheapest {
                assert_eq!(helped.hours, alone.hours);
                proven += 1;
            }
        }
    }
    assert!(proven >= 4, "{proven}");
}

#[test]
fn a_solver_that_errs_costs_no_truth() {
    struct Wrong;
    impl Solver for Wrong {
        fn solve(&self, problem: &Problem) -> Result<Selection, NoAnswer> {
            Ok(Selection(vec![0; problem.groups.len() + 1]))
        }
    }
    struct Lazy;
    impl Solver for Lazy {
        fn solve(&self, problem: &Problem) -> Result<Selection, NoAnswer> {
            Ok(Selection(problem.groups.iter().map(|_| 0).collect()))
        }
    }
    let mut chance = Chance::new(14);
    for _ in 0..300 {
        let case = Case::random(&mut chance, 2_000);
        let alone = case.with(case.goal, |inputs| plan(inputs, &Unaided)).ok().map(|p| p.hours);
        assert_eq!(case.with(case.goal, |inputs| plan(inputs, &Wrong)).ok().map(|p| p.hours), alone);
        assert_eq!(case.with(case.goal, |inputs| plan(inputs, &Lazy)).ok().map(|p| p.hours), alone);
    }
}

#[test]
fn the_node_limit_is_a_refusal_or_an_answer_that_holds() {
    let mut chance = Chance::new(15);
    let case = large(&mut chance);
    let found = case.with(Goal::Certify, |inputs| plan(inputs, &Milp { nodes: 1 })).unwrap();
    let again = case.with(Goal::Certify, |inputs| plan(inputs, &Milp { nodes: 1 })).unwrap();
    assert_eq!(found, again);
    let empty = Problem { groups: Vec::new(), needs: vec![1] };
    assert_eq!(Milp::default().solve(&empty), Err(NoAnswer::Infeasible));
    let free = Problem {
        groups: vec![Group { options: vec![Choice { cost: 3, amounts: BTreeMap::new() }, Choice::default()] }],
        needs: Vec::new(),
    };
    assert_eq!(Milp::default().solve(&free), Ok(Selection(vec![1])));
}

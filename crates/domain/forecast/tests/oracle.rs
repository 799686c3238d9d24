//! The plan against an enumeration of everything, on random assessments.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_forecast::{Goal, Plan, Proof, Refusal, Unaided, plan};
use attesta_scoring::{Answer, Decision, Exact, Requirement, Shortfall, score};
use support::{Case, Chance, rules};

fn applied(case: &Case, plan: &Plan, leave_out: Option<usize>) -> Vec<Requirement> {
    let mut answers = case.requirements.clone();
    for (at, item) in plan.items.iter().enumerate() {
        if let Answer::Scored(levels) = &mut answers[item.at].answer
            && leave_out != Some(at)
        {
            levels.set(item.level, Some(item.to));
        }
    }
    answers
}

/// The plans that stay required when it certifies and scores at all.
fn caps(case: &Case, answers: &[Requirement]) -> Option<usize> {
    let program = case.figures.program();
    let card = score(&rules(&program), answers).ok()?;
    let caps = card.requirements.iter().filter(|r| r.shortfall == Shortfall::RequiredCap).count();
    (card.decision == Decision::Certified).then_some(caps)
}

#[test]
fn no_plan_is_cheaper_and_none_is_superfluous() {
    let mut chance = Chance::new(1);
    let (mut reached, mut refused, mut spent, mut left) = (0, 0, 0, 0);
    for number in 0..20_000 {
        let case = Case::random(&mut chance, 220);
        let found = case.with(case.goal, |inputs| plan(inputs, &Unaided));
        let best = case.by_enumeration();
        let context = || format!("case {number}: {case:#?}\nfound {found:#?}\nbest {best:?}");
        match (&found, best) {
            (Ok(plan), Some((caps_left, hours))) => {
                reached += 1;
                assert_eq!((plan.hours, plan.proof), (u64::from(hours), Proof::Cheapest), "{}", context());
                let after = caps(&case, &applied(&case, plan, None));
                assert!(after.is_some(), "{}", context());
                if case.goal != Goal::Certify {
                    assert_eq!(after, usize::try_from(caps_left).ok(), "{}", context());
                    assert_eq!(plan.caps_left.len(), after.unwrap());
                }
                for at in 0..plan.items.len() {
                    let without = caps(&case, &applied(&case, plan, Some(at)));
                    let broken = without.is_none() || (case.goal != Goal::Certify && without > after);
                    assert!(broken, "item {at} is superfluous, {}", context());
                }
                spent += usize::from(plan.hours > 0);
                left += plan.caps_left.len();
            }
            (Err(Refusal::OutOfReach(_) | Refusal::NothingCounts), None) => refused += 1,
            _ => panic!("{}", context()),
        }
    }
    // The cases are of every kind, or this test shows little.
    assert!(reached > 6_000 && refused > 3_000 && spent > 3_000 && left > 1_000, "{reached} {refused} {spent} {left}");
}

#[test]
fn raising_a_score_never_raises_the_cheapest_cost() {
    let mut chance = Chance::new(2);
    let (mut compared, mut cheaper) = (0, 0);
    for number in 0..6_000 {
        let mut case = Case::random(&mut chance, 2_000);
        let Ok(before) = case.with(case.goal, |inputs| plan(inputs, &Unaided)) else { continue };
        let old = case.clone();
        let at = usize::try_from(chance.below(u32::try_from(case.requirements.len()).unwrap())).unwrap();
        let Answer::Scored(levels) = &mut case.requirements[at].answer else { continue };
        let (level, ..) = case.figures.weights
            [usize::try_from(chance.below(u32::try_from(case.figures.weights.len()).unwrap())).unwrap()];
        let Some(now) = levels.get(level) else { continue };
        let up = now.plus(support::whole(25).into()).unwrap().min(Exact::FULL);
        levels.set(level, Some(up));
        match case.with(case.goal, |inputs| plan(inputs, &Unaided)) {
            Ok(after) => {
                // Where a plan can be avoided that could not before, fewer plans come first.
                let cost = |plan: &Plan| match case.goal {
                    Goal::CertifyWithFewestCaps => (plan.caps_left.len(), plan.hours),
                    Goal::Certify | Goal::CertifyWithoutCaps => (0, plan.hours),
                };
                assert!(cost(&after) <= cost(&before), "case {number}: {old:#?}\n{case:#?}\n{before:#?}\n{after:#?}");
                compared += 1;
                cheaper += usize::from(after.hours < before.hours);
            }
            // Managing above measuring is no answer.
            Err(Refusal::Answers(_)) => {}
            Err(other) => panic!("case {number}: {other}"),
        }
    }
    assert!(compared > 1_000 && cheaper > 150, "{compared} {cheaper}");
}

#[test]
fn the_same_input_has_the_same_plan() {
    let mut chance = Chance::new(3);
    for _ in 0..300 {
        let case = Case::random(&mut chance, 5_000);
        let once = case.with(case.goal, |inputs| plan(inputs, &Unaided));
        assert_eq!(once, case.with(case.goal, |inputs| plan(inputs, &Unaided)));
    }
}

/// The fewest hours to certify by a table over points for each domain: another shape, and large enough for the real size.
fn by_table(case: &Case) -> u64 {
    let mut total = 0;
    for domain in 1..=19 {
        let own: Vec<&Requirement> = case.requirements.iter().filter(|r| r.domain == domain).collect();
        let (mut need, mut table) = (0_i64, vec![0_u64]);
        for one in own {
            let Answer::Scored(levels) = &one.answer else { continue };
            need += i64::from(case.figures.domain.at_least.hundredths()) * 100;
            for (level, share, _) in &case.figures.weights {
                let Some(now) = levels.get(*level) else { continue };
                let now = i64::from(now.on_grid().unwrap().hundredths());
                need -= now * i64::from(*share);
                let estimates: Vec<_> =
                    case.estimates.iter().filter(|e| e.requirement == one.id && e.level == *level).collect();
                let mut next = table.clone();
                for estimate in estimates {
                    // 125 is what all gains are multiples of here.
                    let gain = (i64::from(estimate.target.hundredths()) - now) * i64::from(*share) / 12_500;
                    let gain = usize::try_from(gain).unwrap();
                    next.resize(next.len().max(table.len() + gain), u64::MAX);
                    for (points, hours) in table.iter().enumerate().filter(|(_, hours)| **hours < u64::MAX) {
                        let hours = hours + u64::from(estimate.work.hours);
                        next[points + gain] = next[points + gain].min(hours);
                    }
                }
                table = next;
            }
        }
        let need = usize::try_from((need.max(0) + 12_499) / 12_500).unwrap();
        total += table.iter().skip(need).min().unwrap();
    }
    total
}

#[test]
fn on_four_hundred_requirements_the_table_agrees() {
    let mut chance = Chance::new(4);
    for _ in 0..3 {
        let (mut requirements, mut estimates) = (Vec::new(), Vec::new());
        for at in 0..400_u32 {
            let (id, domain) = (format!("R{at}"), at % 19);
            let mut levels = attesta_scoring::Levels::default();
            let figures = support::Figures::r2();
            for (level, ..) in figures.weights.iter().take(3) {
                let now = chance.below(5) * 25;
                levels.set(*level, Some(support::whole(now)));
                for target in (1..=4).map(|quarter| quarter * 25).filter(|target| *target > now) {
                    let hours = 6 * (target - now) / 25 + chance.below(13);
                    estimates.push(support::estimate(&id, *level, &target.to_string(), hours));
                }
            }
            requirements.push(support::requirement(&id, u8::try_from(domain + 1).unwrap(), "01.a", levels));
        }
        let figures = support::Figures::r2();
        let case = Case { figures, requirements, estimates, defaults: support::no_defaults(), goal: Goal::Certify };
        let found = case.with(case.goal, |inputs| plan(inputs, &Unaided)).unwrap();
        assert_eq!((found.hours, found.proof), (by_table(&case), Proof::Cheapest));
        assert!(found.hours > 0);
    }
}

//! What a plan says, on assessments that can be worked out by hand.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::collections::BTreeMap;

use attesta_forecast::{
    Basis, Defaults, Estimate, Goal, Inputs, Need, Proof, Refusal, Route, Unaided, Work, affordable, compare,
    next_steps, plan,
};
use attesta_scoring::{
    Decision,
    MaturityLevel::{Implemented, Policy, Procedure},
    Requirement,
};
use support::{Figures, defaults, estimate, levels, no_defaults, requirement, rules};

fn with<T>(
    figures: &Figures,
    requirements: &[Requirement],
    estimates: &[Estimate],
    defaults: &Defaults,
    goal: Goal,
    f: impl FnOnce(&Inputs<'_>) -> T,
) -> T {
    let program = figures.program();
    let domain_names = BTreeMap::from([(2, "Endpoint Protection".to_owned())]);
    f(&Inputs { rules: &rules(&program), requirements, estimates, defaults, domain_names: &domain_names, goal })
}

fn i1(id: &str, domain: u8, reference: &str, implemented: &str) -> Requirement {
    requirement(id, domain, reference, levels(&[(Implemented, implemented)]))
}

fn r2(id: &str, domain: u8, reference: &str, [policy, procedure, implemented]: [&str; 3]) -> Requirement {
    let answers = [(Policy, policy), (Procedure, procedure), (Implemented, implemented)];
    requirement(id, domain, reference, levels(&answers))
}

#[test]
fn a_domain_below_its_threshold_is_told_with_what_mends_it() {
    // 100, 75, 50, 75: 75, and 83 is needed. Two quarters are 87.5, one is 81.25.
    let own = [i1("A", 2, "01.a", "100"), i1("B", 2, "01.a", "75"), i1("C", 2, "01.b", "50"), i1("D", 2, "01.b", "75")];
    let estimates = [
        estimate("B", Implemented, "100", 9),
        estimate("C", Implemented, "75", 5),
        estimate("C", Implemented, "100", 16),
        estimate("D", Implemented, "100", 8),
    ];
    let found = with(&Figures::i1(), &own, &estimates, &no_defaults(), Goal::Certify, |inputs| plan(inputs, &Unaided));
    let found = found.unwrap();
    assert_eq!((found.hours, found.proof), (13, Proof::Cheapest));
    assert_eq!(found.after.decision, Decision::Certified);
    let says: Vec<String> = found.needs.iter().map(|need| need.says(&found.items)).collect();
    assert_eq!(
        says,
        [
            "Endpoint Protection (2) needs +8 points over 4 requirements: raise C implemented 50 -> 75 (5 h), D implemented 75 -> 100 (8 h)"
        ]
    );
    assert!(found.unsure.iter().any(|u| u.what == "domain" && u.value == "a domain passes at 83"));
}

#[test]
fn what_is_lacking_is_rounded_upwards() {
    // The mean is 82.99, and 83 is needed: 0.01 over one requirement; over three, a third of it is still 0.01.
    let own = [i1("A", 1, "01.a", "82.99"), i1("B", 1, "01.a", "83"), i1("C", 1, "01.a", "83")];
    let estimates = [estimate("A", Implemented, "83", 1)];
    let found = with(&Figures::i1(), &own, &estimates, &no_defaults(), Goal::Certify, |inputs| plan(inputs, &Unaided));
    let found = found.unwrap();
    let Need::Domain { lacks, .. } = &found.needs[0] else { panic!("{found:?}") };
    assert_eq!((lacks.to_string(), found.hours), ("0.01".to_owned(), 1));
}

#[test]
fn what_is_certified_already_needs_nothing() {
    let own = [r2("A", 1, "01.a", ["100", "100", "75"]), r2("B", 2, "01.b", ["75", "75", "100"])];
    let free = defaults(&[(Policy, 0), (Implemented, 0)]);
    let found = with(&Figures::r2(), &own, &[], &free, Goal::Certify, |inputs| plan(inputs, &Unaided)).unwrap();
    assert_eq!((found.items.len(), found.hours, found.needs.len(), found.proof), (0, 0, 0, Proof::Cheapest));
}

#[test]
fn a_required_plan_is_avoided_by_the_mean_or_by_the_level_whichever_is_cheaper() {
    // 65: below 71, and implemented falls short. 100 there is 75 points; policy alone cannot lift the mean to 71.
    let own = [r2("A", 1, "01.a", ["100", "100", "75"]), r2("B", 1, "01.a", ["50", "50", "100"])];
    let route = |hours_implemented: u32, hours_other: u32| {
        let estimates = [
            estimate("A", Implemented, "100", hours_implemented),
            estimate("B", Policy, "100", hours_other),
            estimate("B", Procedure, "100", hours_other),
        ];
        let goal = Goal::CertifyWithoutCaps;
        let found =
            with(&Figures::r2(), &own, &estimates, &no_defaults(), goal, |inputs| plan(inputs, &Unaided)).unwrap();
        assert!(found.caps_left.is_empty());
        let Need::Caps { route, .. } = &found.needs[1] else { panic!("{found:?}") };
        (*route, found.hours, found.needs[1].says(&found.items))
    };
    // (65 + 57.5) / 2 = 61.25; with B's 75 it is 70: still below. So only the level avoids it.
    let (by_level, hours, says) = route(40, 1);
    assert_eq!((by_level, hours), (Route::LevelsFull, 40));
    assert_eq!(
        says,
        "control reference 01.a avoids 1 required corrective action plan (A): its mean 61.25 -> 66.25 stays below 71, but nothing that \
         decides stays below 100: raise A implemented 75 -> 100 (40 h)"
    );
    let better = [
        r2("A", 1, "01.a", ["100", "100", "75"]),
        r2("B", 1, "01.a", ["75", "100", "100"]),
        r2("C", 1, "01.a", ["100", "50", "100"]),
    ];
    let estimates = [
        estimate("A", Implemented, "100", 40),
        estimate("C", Procedure, "75", 4),
        estimate("C", Procedure, "100", 9),
        estimate("B", Policy, "100", 5),
    ];
    // 65, 71.25 and 65: 67.08. 71 needs 213: 201.25 + 10 + 3.75 with C's procedure and B's policy at 100 is 215.
    let goal = Goal::CertifyWithFewestCaps;
    let found =
        with(&Figures::r2(), &better, &estimates, &no_defaults(), goal, |inputs| plan(inputs, &Unaided)).unwrap();
    let Need::Caps { route, .. } = &found.needs[0] else { panic!("{found:?}") };
    assert_eq!((*route, found.hours), (Route::MeanReaches, 14));
}

#[test]
fn what_is_out_of_reach_is_told_plainly() {
    let own = [i1("A", 2, "01.a", "50"), i1("B", 2, "01.a", "50")];
    let estimates = [estimate("A", Implemented, "100", 3)];
    let refused =
        with(&Figures::i1(), &own, &estimates, &no_defaults(), Goal::Certify, |inputs| plan(inputs, &Unaided));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the goal cannot be reached with the improvements offered:\nEndpoint Protection (2) reaches 75 at most and needs 83; \
         offer more on its requirements, or rescope"
    );
    let own = [i1("A", 1, "01.a", "100"), i1("B", 1, "01.b", "75")];
    let goal = Goal::CertifyWithoutCaps;
    let refused = with(&Figures::i1(), &own, &[], &no_defaults(), goal, |inputs| plan(inputs, &Unaided)).unwrap_err();
    assert!(refused.to_string().ends_with(
        "B keeps a required corrective action plan: implemented stays below 100 and control reference 01.b reaches 75 at \
         most and needs 80"
    ));
    let fewest =
        with(&Figures::i1(), &own, &[], &no_defaults(), Goal::CertifyWithFewestCaps, |inputs| plan(inputs, &Unaided));
    assert_eq!(fewest.unwrap().caps_left, [1]);
}

#[test]
fn estimates_that_make_no_sense_are_refused_with_their_place() {
    let own = [i1("A", 1, "01.a", "50")];
    let estimates = [
        estimate("Z", Implemented, "100", 1),
        estimate("A", Policy, "100", 1),
        estimate("A", Implemented, "75", 1),
        estimate("A", Implemented, "75", 2),
        Estimate { work: Work { hours: 100_001, days: 1 }, ..estimate("A", Implemented, "100", 1) },
    ];
    let refused =
        with(&Figures::i1(), &own, &estimates, &no_defaults(), Goal::Certify, |inputs| plan(inputs, &Unaided));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "estimate 1 (`Z`, implemented): the assessment has no such requirement; write its id as the assessment does\n\
         estimate 2 (`A`, policy): the level does not count here; remove the estimate\n\
         estimate 4 (`A`, implemented): 75 was estimated already by estimate 3; remove one\n\
         estimate 5 (`A`, implemented): 100001 hours is more than an estimate may be; the most is 100000"
    );
}

#[test]
fn an_assumed_effort_is_marked_and_an_estimate_stands_before_it() {
    let own = [i1("A", 1, "01.a", "50"), i1("B", 1, "01.a", "75")];
    let estimates = [estimate("A", Implemented, "100", 30)];
    let assumed = defaults(&[(Implemented, 41)]);
    let found =
        with(&Figures::i1(), &own, &estimates, &assumed, Goal::Certify, |inputs| plan(inputs, &Unaided)).unwrap();
    let lines: Vec<String> = found.items.iter().map(ToString::to_string).collect();
    // 50 and 100 are 75; 100 and 75 are 87.5.
    assert_eq!(lines, ["A implemented 50 -> 100 (30 h)"]);
    assert_eq!(found.items[0].basis, Basis::Estimated);
    let found = with(&Figures::i1(), &own, &[], &assumed, Goal::Certify, |inputs| plan(inputs, &Unaided)).unwrap();
    let lines: Vec<String> = found.items.iter().map(ToString::to_string).collect();
    // A quarter of 41 hours is 11, half is 21: 75 and 100, or 100 and 75, both 87.5 by way of fewer improvements.
    assert_eq!((lines.as_slice(), found.hours), (&["A implemented 50 -> 100 (21 h assumed)".to_owned()][..], 21));
}

#[test]
fn the_next_step_gains_most_per_hour_and_no_more_than_is_lacking() {
    let own = [i1("A", 1, "01.a", "0"), i1("B", 1, "01.a", "75"), i1("C", 2, "01.b", "81"), i1("D", 3, "01.c", "100")];
    let estimates = [
        estimate("A", Implemented, "50", 10),
        estimate("A", Implemented, "100", 25),
        estimate("B", Implemented, "100", 5),
        // 19 points, of which 2 are lacking.
        estimate("C", Implemented, "100", 1),
    ];
    let steps = with(&Figures::i1(), &own, &estimates, &no_defaults(), Goal::Certify, next_steps).unwrap();
    let lines: Vec<String> = steps.iter().map(|s| format!("{}: +{} of {}", s.item, s.gains, s.lacks)).collect();
    assert_eq!(
        lines,
        [
            "B implemented 75 -> 100 (5 h): +12.5 of 45.5",
            "A implemented 0 -> 50 (10 h): +25 of 45.5",
            "C implemented 81 -> 100 (1 h): +2 of 2",
            "A implemented 0 -> 100 (25 h): +45.5 of 45.5",
        ]
    );
}

#[test]
fn what_if_tells_the_difference() {
    let figures = Figures::i1();
    let old = [i1("A", 1, "01.a", "50"), i1("B", 2, "01.b", "50")];
    let estimates = [estimate("A", Implemented, "100", 7), estimate("B", Implemented, "100", 9)];
    let of = |own: &[Requirement]| {
        with(&figures, own, &estimates, &no_defaults(), Goal::Certify, |inputs| plan(inputs, &Unaided)).unwrap()
    };
    let difference = compare(&of(&old), &of(&[i1("A", 1, "01.a", "90"), i1("B", 2, "01.b", "50")]));
    assert_eq!((difference.hours, difference.domains_gained, difference.domains_lost), (-7, vec![1], vec![]));
    assert_eq!((difference.added.len(), difference.dropped.len()), (0, 1));
}

#[test]
fn a_budget_buys_the_most_domains() {
    let own = [i1("A", 1, "01.a", "50"), i1("B", 2, "01.b", "50"), i1("C", 3, "01.c", "50"), i1("D", 4, "01.d", "50")];
    let estimates = [("A", 7), ("B", 9), ("C", 4)].map(|(id, hours)| estimate(id, Implemented, "100", hours));
    let bought = with(&Figures::i1(), &own, &estimates, &no_defaults(), Goal::Certify, |inputs| {
        affordable(inputs, &Unaided, 12)
    })
    .unwrap();
    let numbers: Vec<u8> = bought.domains.iter().map(|(number, _)| *number).collect();
    assert_eq!((numbers, bought.too_dear, bought.left), (vec![3, 1], vec![(2, 9)], 1));
    assert!(matches!(bought.out_of_reach.as_slice(), [(4, Refusal::OutOfReach(_))]));
}

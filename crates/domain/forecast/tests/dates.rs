//! When a plan can come true.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::collections::BTreeMap;

use attesta_forecast::{
    Calendar, Dates, DatesRefusal, Estimate, Goal, Inputs, Plan, Unaided, Window, Windows, Work, dates, plan,
};
use attesta_kernel::{Confidence, Date};
use attesta_scoring::MaturityLevel::{Implemented, Policy, Procedure};
use support::{Figures, estimate, levels, no_defaults, provenance, requirement, rules};

fn window(days: u32) -> Window {
    Window { days, provenance: provenance(Confidence::Secondary) }
}

fn windows() -> Windows {
    Windows { policy_procedure: window(60), operation: window(90), fieldwork_at_most: window(90), decision: window(40) }
}

fn calendar() -> Calendar {
    Calendar {
        start: Date::constant(2027, 1, 1),
        owners: BTreeMap::new(),
        hours_a_week: 7,
        fieldwork_days: 30,
        last_test_days: 30,
        lead_days: 5,
    }
}

/// A plan that must raise all three levels.
fn planned(estimates: &[Estimate]) -> Plan {
    let own = [requirement("A", 1, "01.a", levels(&[(Policy, "0"), (Procedure, "0"), (Implemented, "0")]))];
    let program = Figures::r2().program();
    let inputs = Inputs {
        rules: &rules(&program),
        requirements: &own,
        estimates,
        defaults: &no_defaults(),
        domain_names: &BTreeMap::new(),
        goal: Goal::Certify,
    };
    plan(&inputs, &Unaided).unwrap()
}

fn three() -> [Estimate; 3] {
    [estimate("A", Policy, "100", 2), estimate("A", Procedure, "100", 3), estimate("A", Implemented, "100", 4)]
}

fn shown(dates: &Dates) -> Vec<String> {
    dates.items.iter().map(|i| format!("{}..{} counts {}", i.begins, i.done, i.counts_from)).collect()
}

#[test]
fn what_waits_longest_is_done_first_and_all_of_it_counts_before_fieldwork() {
    let plan = planned(&three());
    let found = dates(&plan, &windows(), &calendar()).unwrap();
    // An hour a day: implemented 1 to 4 January, then policy 5 and 6, then procedure 7 to 9.
    assert_eq!(
        shown(&found),
        [
            "2027-01-05..2027-01-06 counts 2027-03-07",
            "2027-01-07..2027-01-09 counts 2027-03-10",
            "2027-01-01..2027-01-04 counts 2027-04-04",
        ]
    );
    assert_eq!(found.decided_by, [2]);
    assert_eq!(found.fieldwork_from, Date::constant(2027, 4, 4));
    assert_eq!(found.submission, Date::constant(2027, 5, 9));
    assert_eq!(found.decision, Date::constant(2027, 6, 18));
}

#[test]
fn fieldwork_may_begin_while_the_last_improvement_waits() {
    let early = Calendar { last_test_days: 10, ..calendar() };
    let found = dates(&planned(&three()), &windows(), &early).unwrap();
    assert_eq!(found.submission, Date::constant(2027, 4, 19));
    assert_eq!(found.fieldwork_from, Date::constant(2027, 3, 15));
}

#[test]
fn owners_work_side_by_side() {
    let mut estimates = three();
    estimates[0].owner = Some("Ada".into());
    estimates[1].owner = Some("Ben".into());
    let two = Calendar { owners: BTreeMap::from([("Ben".into(), 21)]), ..calendar() };
    let found = dates(&planned(&estimates), &windows(), &two).unwrap();
    assert!(found.items.iter().all(|i| i.begins == Date::constant(2027, 1, 1)));
    let done: Vec<Date> = found.items.iter().map(|i| i.done).collect();
    assert_eq!(done, [2, 1, 4].map(|day| Date::constant(2027, 1, day)));
}

#[test]
fn days_that_cannot_be_hurried_count_and_short_work_shares_a_day() {
    let mut estimates = three();
    estimates[2].work = Work { hours: 1, days: 20 };
    let busy = Calendar { hours_a_week: 70, ..calendar() };
    let found = dates(&planned(&estimates), &windows(), &busy).unwrap();
    assert_eq!(found.items[2].done, Date::constant(2027, 1, 20));
    estimates.iter_mut().for_each(|e| e.work = Work { hours: 3, days: 0 });
    let found = dates(&planned(&estimates), &windows(), &busy).unwrap();
    assert!(found.items.iter().all(|i| i.done == Date::constant(2027, 1, 1)));
}

#[test]
fn no_other_order_of_one_owners_work_is_ready_sooner() {
    let mut chance = support::Chance::new(4);
    for _ in 0..500 {
        let mut estimates = three();
        estimates.iter_mut().for_each(|e| e.work = Work { hours: chance.below(60), days: chance.below(12) });
        let spans =
            Windows { policy_procedure: window(chance.below(100)), operation: window(chance.below(100)), ..windows() };
        let calendar = Calendar { hours_a_week: 7 * (1 + chance.below(9)), ..calendar() };
        let plan = planned(&estimates);
        let found = dates(&plan, &spans, &calendar).unwrap().all_count_from;
        let rate = u64::from(calendar.hours_a_week / 7);
        let waits = [spans.policy_procedure.days, spans.policy_procedure.days, spans.operation.days];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            // In hours since the start; an item ends on the day in which its last hour lies.
            let (mut hours, mut ready) = (0_u64, 0);
            for at in order {
                let work = plan.items[at].work;
                hours += u64::from(work.hours).max(u64::from(work.days) * rate);
                ready = ready.max(hours.div_ceil(rate).saturating_sub(1) + u64::from(waits[at]));
            }
            let days = found.since(calendar.start).unwrap().get_days();
            assert!(u64::try_from(days).unwrap() <= ready, "{order:?} {plan:?} {spans:?}");
        }
    }
}

#[test]
fn a_calendar_that_makes_no_sense_is_refused() {
    let plan = planned(&three());
    let refused = |calendar: Calendar| dates(&plan, &windows(), &calendar).unwrap_err();
    assert_eq!(
        refused(Calendar { fieldwork_days: 86, ..calendar() }).to_string(),
        "fieldwork: 91 days from its first day to submission are more than the 90 that are allowed; shorten it"
    );
    assert!(matches!(refused(Calendar { hours_a_week: 0, ..calendar() }), DatesRefusal::NoHours { .. }));
    assert!(matches!(refused(Calendar { last_test_days: 31, ..calendar() }), DatesRefusal::LastTestTooLong { .. }));
    assert!(dates(&plan, &windows(), &Calendar { fieldwork_days: 85, ..calendar() }).is_ok());
}

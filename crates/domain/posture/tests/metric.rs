//! What a metric tells of its periods, and what Measured and Managed ask for besides numbers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use attesta_kernel::{Date, PolicyId, Share, Timestamp};
use attesta_posture::{
    CheckKey, Closed, Counted, Ending, Every, Finding, Managed, Metric, MetricResult, MetricRun, Moment, PeriodState,
    Reach, Reaction, Review, RunId, Tally, Threshold, Value, Verdict, measure,
};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn metric(counts: Counted, threshold: Threshold) -> Metric {
    Metric {
        id: "doors".parse().unwrap(),
        requirements: ["ATT-11-03".to_owned()].into(),
        describes: "Doors".to_owned(),
        source: "s".parse().unwrap(),
        policies: ["p".parse::<PolicyId>().unwrap()].into(),
        counts,
        threshold,
        frequency: Every::Day,
        starts: day("2026-03-02"),
        owner: "mara".to_owned(),
        reviewer: "desmond".to_owned(),
        review_frequency: Every::Month,
        independent: false,
        treatment: Some("procedure".to_owned()),
        reactions: Vec::new(),
        reviews: Vec::new(),
    }
}

fn moment(date: &str) -> Moment {
    Moment { at: format!("{date}T06:00:00Z").parse::<Timestamp>().unwrap(), run: RunId::FIRST }
}

fn run(date: &str, verdicts: &[(Verdict, u64)]) -> MetricRun {
    let mut tally = Tally::default();
    verdicts.iter().for_each(|(verdict, count)| (0..*count).for_each(|_| tally.add(*verdict)));
    MetricRun { moment: moment(date), judged: [("p".parse().unwrap(), Reach::All)].into(), tally }
}

fn states(result: &MetricResult) -> Vec<&'static str> {
    result.periods.iter().map(|p| p.state.as_str()).collect()
}

use Verdict::{Fail, Pass, Unknown, Waived};

#[test]
fn a_period_is_told_only_where_the_unknown_decides_nothing() {
    let most = |n| metric(Counted::Failing, Threshold::AtMost(n));
    let violations = metric(Counted::Violations, Threshold::AtMost(0));
    let percent = |n| metric(Counted::PassingPercent, Threshold::AtLeast(n));
    for (metric, verdicts, state) in [
        (most(0), vec![(Pass, 5)], "met"),
        (most(0), vec![(Pass, 5), (Fail, 1)], "breached"),
        (most(0), vec![(Pass, 5), (Waived, 1)], "met"),
        (violations, vec![(Pass, 5), (Waived, 1)], "breached"),
        (most(0), vec![(Pass, 5), (Unknown, 1)], "not-told"),
        (most(1), vec![(Pass, 5), (Unknown, 1)], "met"),
        (most(1), vec![(Fail, 2), (Unknown, 9)], "breached"),
        (most(0), vec![], "not-told"),
        (percent(98), vec![(Pass, 98), (Fail, 2)], "met"),
        (percent(98), vec![(Pass, 97), (Fail, 3)], "breached"),
        (percent(98), vec![(Pass, 97), (Fail, 2), (Unknown, 1)], "not-told"),
        (percent(98), vec![(Pass, 98), (Fail, 1), (Unknown, 1)], "met"),
        (percent(98), vec![(Pass, 90), (Fail, 9), (Unknown, 1)], "breached"),
        (percent(1), vec![(Unknown, 4)], "not-told"),
    ] {
        let result = measure(&metric, &[run("2026-03-02", &verdicts)], &[], day("2026-03-03"));
        assert_eq!(result.periods[0].state.as_str(), state, "{} {} of {verdicts:?}", metric.counts, metric.threshold);
    }
}

#[test]
fn what_a_run_did_not_see_is_not_met() {
    for (reach, fails, state) in [(Reach::Part, 0, "not-told"), (Reach::Part, 1, "breached"), (Reach::All, 0, "met")] {
        let mut seen = run("2026-03-02", &[(Pass, 5), (Fail, fails)]);
        seen.judged = [("p".parse().unwrap(), reach)].into();
        let metric = metric(Counted::Failing, Threshold::AtMost(0));
        let result = measure(&metric, &[seen], &[], day("2026-03-03"));
        assert_eq!(result.periods[0].state.as_str(), state, "{reach:?} with {fails}");
    }
    let mut other = run("2026-03-02", &[(Pass, 5)]);
    other.judged.clear();
    let result = measure(&metric(Counted::Failing, Threshold::AtMost(0)), &[other], &[], day("2026-03-03"));
    assert!(matches!(&result.periods[0].state, PeriodState::NotTold(why) if why.contains('p')));
}

#[test]
fn the_last_run_of_a_period_counts_and_a_period_without_one_is_missing() {
    let runs = [run("2026-03-02", &[(Fail, 1)]), run("2026-03-02", &[(Pass, 1)]), run("2026-03-05", &[(Fail, 2)])];
    let result = measure(&metric(Counted::Failing, Threshold::AtMost(0)), &runs, &[], day("2026-03-06"));
    assert_eq!(states(&result), ["met", "missing", "missing", "breached", "running"]);
    assert_eq!((result.periods[0].runs, result.periods[3].value), (2, Some(Value::Count(2))));
    assert!(!result.measured());
    assert_eq!(result.measured_lacks, ["no run in the periods from 2026-03-03, 2026-03-04"]);
}

#[test]
fn measured_needs_every_period_told_and_two_at_least() {
    let metric = metric(Counted::Failing, Threshold::AtMost(0));
    let lacks = |runs: &[MetricRun], at| measure(&metric, runs, &[], day(at)).measured_lacks;
    assert_eq!(lacks(&[run("2026-03-02", &[(Pass, 1)])], "2026-03-03"), ["1 periods are over; two are the least"]);
    let both = [run("2026-03-02", &[(Pass, 1)]), run("2026-03-03", &[(Fail, 1)])];
    assert!(lacks(&both, "2026-03-04").is_empty(), "a breach is a result");
    let untold = [run("2026-03-02", &[(Pass, 1)]), run("2026-03-03", &[(Unknown, 1)])];
    assert_eq!(lacks(&untold, "2026-03-04"), ["not told in the periods from 2026-03-03"]);
    assert!(!lacks(&[], "2026-03-01").is_empty());
}

/// Met, breached, breached, met.
fn four() -> Vec<MetricRun> {
    ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]
        .iter()
        .zip([0, 1, 2, 0])
        .map(|(date, fails)| run(date, &[(Pass, 3), (Fail, fails)]))
        .collect()
}

fn reaction(breach: &str, on: &str) -> Reaction {
    Reaction { breach: day(breach), on: day(on), by: "june".to_owned(), what: "closed it".to_owned(), action: None }
}

#[test]
fn managed_is_never_shown_by_numbers_alone() {
    let mut metric = metric(Counted::Failing, Threshold::AtMost(0));
    let managed = |metric: &Metric, at| measure(metric, &four(), &[], day(at)).managed;
    let Managed::Lacks(lacks) = managed(&metric, "2026-03-06") else { panic!("numbers alone") };
    assert_eq!(lacks[0], "no reaction is recorded to the breaches of the periods from 2026-03-03, 2026-03-04");
    metric.reactions.push(reaction("2026-03-03", "2026-03-04"));
    let Managed::Lacks(lacks) = managed(&metric, "2026-03-06") else { panic!("one breach has no reaction") };
    assert_eq!(lacks, ["no reaction is recorded to the breaches of the periods from 2026-03-04"]);
    metric.reactions.push(reaction("2026-03-04", "2026-03-05"));
    assert_eq!(managed(&metric, "2026-03-06"), Managed::Shown(Share::new(2, 2)));
    metric.treatment = None;
    assert!(matches!(managed(&metric, "2026-03-06"), Managed::Lacks(l) if l[0].contains("written process")));
}

#[test]
fn a_reaction_counts_when_a_later_period_shows_that_it_worked() {
    let mut metric = metric(Counted::Failing, Threshold::AtMost(0));
    metric.reactions = vec![reaction("2026-03-03", "2026-03-04"), reaction("2026-03-04", "2026-03-04")];
    let before = measure(&metric, &four()[..3], &[], day("2026-03-05"));
    assert!(matches!(before.managed, Managed::Lacks(_)), "nothing shows yet that it worked");
    let after = measure(&metric, &four(), &[], day("2026-03-06"));
    assert_eq!(after.periods[1].effective.unwrap().from, day("2026-03-05"));
    // What was done after the last period that is met shows nothing.
    metric.reactions[1].on = day("2026-03-06");
    assert_eq!(measure(&metric, &four(), &[], day("2026-03-06")).managed, Managed::Shown(Share::new(1, 2)));
    // What was done before the breach, or after the day, is no reaction.
    for on in ["2026-03-01", "2026-04-01"] {
        metric.reactions[1].on = day(on);
        assert!(matches!(measure(&metric, &four(), &[], day("2026-03-06")).managed, Managed::Lacks(_)), "{on}");
    }
}

#[test]
fn without_a_breach_nothing_shows_how_breaches_are_treated() {
    let runs = [run("2026-03-02", &[(Pass, 1)]), run("2026-03-03", &[(Pass, 1)])];
    let metric = metric(Counted::Failing, Threshold::AtMost(0));
    assert_eq!(measure(&metric, &runs, &[], day("2026-03-04")).managed, Managed::NothingBreached);
}

#[test]
fn a_review_that_was_left_out_is_named() {
    let mut metric = metric(Counted::Failing, Threshold::AtMost(0));
    metric.frequency = Every::Month;
    metric.starts = day("2026-01-01");
    let review = |on, by: &str| Review { on: day(on), by: by.to_owned(), says: "fine".to_owned() };
    metric.reviews = vec![review("2026-01-31", "desmond"), review("2026-02-10", "somebody")];
    let result = measure(&metric, &[], &[], day("2026-03-15"));
    assert_eq!(result.unreviewed.iter().map(|p| p.from).collect::<Vec<_>>(), [day("2026-02-01")]);
}

#[test]
fn mean_hours_are_those_of_what_was_mended_in_the_period() {
    let finding = |opened: &str, closed: Option<&str>| Finding {
        source: "s".parse().unwrap(),
        check: CheckKey { policy: "p".parse().unwrap(), resource: "r".into() },
        opened: moment(opened),
        clear_before: None,
        last_seen: moment(opened).at,
        waived: false,
        closed: closed.map(|date| Closed { by: moment(date), how: Ending::Mended }),
        reopened: 0,
        hidden: Vec::new(),
    };
    let metric = metric(Counted::MeanHoursToRemediate, Threshold::AtMost(36));
    let all = [
        finding("2026-03-02", Some("2026-03-03")),
        finding("2026-03-01", Some("2026-03-03")),
        finding("2026-03-02", Some("2026-03-04")),
    ];
    let runs: Vec<MetricRun> =
        ["2026-03-02", "2026-03-03", "2026-03-04"].iter().map(|d| run(d, &[(Pass, 1)])).collect();
    let result = measure(&metric, &runs, &all.iter().collect::<Vec<_>>(), day("2026-03-05"));
    // On the second nothing was mended while two were open; on the third a day and two days: 36 hours; then two days.
    assert_eq!(states(&result), ["not-told", "met", "breached", "running"]);
    assert_eq!(result.periods[0].value, Some(Value::Nothing));
    let Some(Value::Mean(mean)) = result.periods[1].value else { panic!() };
    assert_eq!((mean.total, mean.of), (3 * 86_400, 2));
}

proptest! {
    /// Whatever the unknown checks turn out to be, what was told stays true.
    #[test]
    fn what_is_told_survives_every_way_the_unknown_may_turn(
        pass in 0_u64..8, fail in 0_u64..8, waived in 0_u64..4, unknown in 0_u64..6, limit in 0_u32..110,
        counts in prop::sample::select(vec![Counted::Failing, Counted::Violations, Counted::PassingPercent]),
        least in any::<bool>(),
    ) {
        let threshold = if least { Threshold::AtLeast(limit) } else { Threshold::AtMost(limit) };
        let metric = metric(counts, threshold);
        let told = |pass, fail, unknown| {
            let seen = run("2026-03-02", &[(Pass, pass), (Fail, fail), (Waived, waived), (Unknown, unknown)]);
            measure(&metric, &[seen], &[], day("2026-03-03")).periods[0].state.as_str()
        };
        let now = told(pass, fail, unknown);
        let turned: Vec<&str> = (0..=unknown).map(|good| told(pass + good, fail + unknown - good, 0)).collect();
        if pass + fail + waived + unknown == 0 {
            prop_assert_eq!(now, "not-told");
        } else if now == "not-told" {
            prop_assert!(turned.contains(&"met") && turned.contains(&"breached"), "{:?}", turned);
        } else {
            prop_assert!(turned.iter().all(|t| *t == now), "{now}: {turned:?}");
        }
    }
}

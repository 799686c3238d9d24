//! What is followed step by step is what somebody naive finds who looks at every run whole, check by check.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::BTreeMap;

use attesta_kernel::Timestamp;
use attesta_posture::{
    CheckKey, Closed, Delta, Ending, Finding, Follower, Grouping, Judged, Moment, Reach, Remediation, RunId, Series,
    SourceName, Step, Tally, Verdict, Verdicts, changes, day_of, gaps, posture, seconds_between, trend,
};
use proptest::prelude::*;

const POLICIES: [&str; 2] = ["p-one", "p-two"];
const RESOURCES: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
struct Look {
    source: usize,
    hours: u8,
    reach: [Option<Reach>; 2],
    said: [[Option<Verdict>; 3]; 2],
    whole: bool,
}

fn look() -> impl Strategy<Value = Look> {
    let reach = prop_oneof![5 => Just(Some(Reach::All)), 2 => Just(Some(Reach::Part)), 1 => Just(None)];
    let verdict = prop_oneof![
        3 => Just(Some(Verdict::Pass)),
        3 => Just(Some(Verdict::Fail)),
        1 => Just(Some(Verdict::Waived)),
        1 => Just(Some(Verdict::Unknown)),
        1 => Just(Some(Verdict::Errored)),
        2 => Just(None),
    ];
    let said = prop::array::uniform2(prop::array::uniform3(verdict));
    (0_usize..2, 1_u8..60, prop::array::uniform2(reach), said, any::<bool>())
        .prop_map(|(source, hours, reach, said, whole)| Look { source, hours, reach, said, whole })
}

/// One run, seen whole.
#[derive(Debug, Clone)]
struct Whole {
    moment: Moment,
    judged: Judged,
    verdicts: Verdicts,
}

fn key(policy: usize, resource: usize) -> CheckKey {
    CheckKey { policy: POLICIES[policy].parse().unwrap(), resource: RESOURCES[resource].into() }
}

fn source(index: usize) -> SourceName {
    ["east", "west"][index].parse().unwrap()
}

/// The runs as they are, and as steps.
fn runs(looks: &[Look]) -> (BTreeMap<SourceName, Vec<Whole>>, Vec<Step>) {
    let mut at = Timestamp::from_second(1_767_225_600).unwrap();
    let (mut wholes, mut steps) = (BTreeMap::<SourceName, Vec<Whole>>::new(), Vec::new());
    for (look, number) in looks.iter().zip(1..) {
        at = at.checked_add(jiff::SignedDuration::from_hours(i64::from(look.hours))).unwrap();
        let reach = look.reach.iter().enumerate().filter_map(|(p, r)| Some((POLICIES[p].parse().unwrap(), (*r)?)));
        let judged: Judged = reach.collect();
        let mut verdicts = Verdicts::new();
        for (policy, row) in look.said.iter().enumerate().filter(|(p, _)| look.reach[*p].is_some()) {
            verdicts.extend(row.iter().enumerate().filter_map(|(r, v)| Some((key(policy, r), (*v)?))));
        }
        let (source, run) = (source(look.source), RunId::new(number).unwrap());
        let earlier = wholes.entry(source.clone()).or_default();
        let delta = match earlier.last() {
            Some(last) if !look.whole => Delta::Changed(changes(&last.verdicts, &verdicts)),
            _ => Delta::Whole(verdicts.clone()),
        };
        earlier.push(Whole { moment: Moment { at, run }, judged: judged.clone(), verdicts });
        steps.push(Step { run, at, source, judged, delta });
    }
    (wholes, steps)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Violated { waived: bool },
    Clear(Ending),
    Untold,
}

fn state(run: &Whole, key: &CheckKey) -> State {
    match run.verdicts.get(key) {
        Some(Verdict::Fail) => State::Violated { waived: false },
        Some(Verdict::Waived) => State::Violated { waived: true },
        Some(Verdict::Pass) => State::Clear(Ending::Mended),
        Some(_) => State::Untold,
        None if run.judged.get(&key.policy) == Some(&Reach::All) => State::Clear(Ending::Gone),
        None => State::Untold,
    }
}

/// From each run between two times that does not name a check to the next that does, or to the end.
fn hidden(
    runs: &[Whole],
    key: &CheckKey,
    from: Timestamp,
    to: Option<Timestamp>,
) -> Vec<(Timestamp, Option<Timestamp>)> {
    let open: Vec<&Whole> =
        runs.iter().filter(|r| r.moment.at >= from && to.is_none_or(|to| r.moment.at < to)).collect();
    let mut spans = Vec::new();
    for group in open.chunk_by(|a, b| a.verdicts.contains_key(key) == b.verdicts.contains_key(key)) {
        if group[0].verdicts.contains_key(key) {
            continue;
        }
        let next = open.iter().find(|r| r.moment.at > group[group.len() - 1].moment.at);
        spans.push((group[0].moment.at, next.map(|r| r.moment.at).or(to)));
    }
    spans
}

/// The findings of one check: runs that tell nothing are struck out, and what is left is read from left to right.
fn findings_of(source: &SourceName, runs: &[Whole], key: &CheckKey) -> Vec<Finding> {
    let told: Vec<(Moment, State)> =
        runs.iter().map(|run| (run.moment, state(run, key))).filter(|(_, state)| *state != State::Untold).collect();
    let mut found = Vec::new();
    for group in told.chunk_by(|(_, a), (_, b)| matches!(a, State::Clear(_)) == matches!(b, State::Clear(_))) {
        let State::Violated { .. } = group[0].1 else { continue };
        let begin = told.iter().position(|t| t.0 == group[0].0).unwrap();
        let after = told.get(begin + group.len());
        let (last_seen, State::Violated { waived }) = group[group.len() - 1] else { unreachable!() };
        found.push(Finding {
            source: source.clone(),
            check: key.clone(),
            opened: group[0].0,
            clear_before: begin.checked_sub(1).map(|i| told[i].0.at),
            last_seen: last_seen.at,
            waived,
            closed: after.map(|(by, state)| {
                let State::Clear(how) = state else { unreachable!() };
                Closed { by: *by, how: *how }
            }),
            reopened: u32::try_from(found.len()).unwrap(),
            hidden: hidden(runs, key, group[0].0.at, after.map(|(by, _)| by.at)),
        });
    }
    found
}

fn followed(steps: Vec<Step>, grouping: Grouping) -> BTreeMap<SourceName, Series> {
    let mut follower = Follower::new(grouping);
    steps.into_iter().for_each(|step| follower.take(step).unwrap());
    follower.finish()
}

fn one_group() -> Grouping {
    let mut grouping = Grouping::default();
    grouping.add("second", ["p-two".parse().unwrap(), "p-two".parse().unwrap()]);
    grouping.add("both", POLICIES.map(|p| p.parse().unwrap()));
    grouping.add("none", []);
    grouping
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn findings_are_those_of_whoever_looks_at_each_check_by_itself(looks in prop::collection::vec(look(), 0..24)) {
        let (wholes, steps) = runs(&looks);
        let series = followed(steps, Grouping::default());
        for (source, runs) in &wholes {
            let keys = (0..2).flat_map(|p| (0..3).map(move |r| key(p, r)));
            let mut expected: Vec<Finding> = keys.flat_map(|key| findings_of(source, runs, &key)).collect();
            expected.sort_by(|a, b| (a.opened, &a.check).cmp(&(b.opened, &b.check)));
            prop_assert_eq!(&series[source].findings, &expected);
        }
    }

    #[test]
    fn counts_are_those_of_each_run_by_itself(looks in prop::collection::vec(look(), 0..24)) {
        let (wholes, steps) = runs(&looks);
        let series = followed(steps, one_group());
        for (source, runs) in &wholes {
            for (run, point) in runs.iter().zip(&series[source].points) {
                let of = |p: &str| Tally::of(run.verdicts.iter().filter(|(k, _)| k.policy.as_str() == p).map(|(_, v)| v));
                prop_assert_eq!(point.all, of("p-one").and(of("p-two")));
                prop_assert_eq!(&point.groups, &vec![of("p-two"), point.all, Tally::default()]);
                prop_assert_eq!((point.at, point.run), (run.moment.at, run.moment.run));
            }
        }
    }

    #[test]
    fn posture_is_what_the_newest_runs_said(looks in prop::collection::vec(look(), 1..24), hours in 0_i64..1_500, fresh in 0_u64..400_000) {
        let (wholes, steps) = runs(&looks);
        let series = followed(steps, one_group());
        let at = Timestamp::from_second(1_767_225_600 + hours * 3_600).unwrap();
        let now = posture(&series, at, fresh);
        let (mut all, mut stale) = (Tally::default(), 0);
        for runs in wholes.values() {
            let Some(run) = runs.iter().rev().find(|run| run.moment.at <= at) else { continue };
            let tally = Tally::of(run.verdicts.values());
            if seconds_between(run.moment.at, at) > fresh { stale += tally.total() } else { all = all.and(tally) }
        }
        prop_assert_eq!((now.all, now.stale), (all, stale));
        prop_assert_eq!(now.groups.get(1).copied().unwrap_or_default(), all);
    }

    #[test]
    fn a_trend_names_every_day_and_fills_none(looks in prop::collection::vec(look(), 1..24)) {
        let (wholes, steps) = runs(&looks);
        let series = followed(steps, Grouping::default());
        let rows = trend(&series, attesta_posture::Every::Day, None, None);
        let all: Vec<&Whole> = wholes.values().flatten().collect();
        let first = all.iter().map(|r| day_of(r.moment.at)).min().unwrap();
        for (row, offset) in rows.iter().zip(0..) {
            let day = first.checked_add(jiff::Span::new().days(offset)).unwrap();
            prop_assert_eq!((row.period.from, row.period.to), (day, day));
            let mut expected = Tally::default();
            for (source, runs) in &wholes {
                let of_day = runs.iter().rfind(|r| day_of(r.moment.at) == day);
                let before = runs.iter().any(|r| day_of(r.moment.at) < day);
                expected = expected.and(Tally::of(of_day.iter().flat_map(|r| r.verdicts.values())));
                prop_assert_eq!(row.missing.contains(source), of_day.is_none() && before);
            }
            prop_assert_eq!(row.all, expected);
            prop_assert_eq!(row.is_gap(), !all.iter().any(|r| day_of(r.moment.at) == day));
        }
        prop_assert_eq!(rows.last().unwrap().period.to, all.iter().map(|r| day_of(r.moment.at)).max().unwrap());
    }

    #[test]
    fn mean_and_median_are_those_of_a_list(looks in prop::collection::vec(look(), 1..40)) {
        let (_, steps) = runs(&looks);
        let to = steps.last().unwrap().at;
        let series = followed(steps, Grouping::default());
        let findings: Vec<&Finding> = series.values().flat_map(|s| &s.findings).collect();
        let told = Remediation::of(findings.iter().copied(), None, to);
        let mut times: Vec<u64> = Vec::new();
        for finding in &findings {
            if let Some(Closed { by, how: Ending::Mended }) = finding.closed {
                times.push(u64::try_from(by.at.as_second() - finding.opened.at.as_second()).unwrap());
            }
        }
        times.sort_unstable();
        let sum: u64 = times.iter().sum();
        let count = u64::try_from(times.len()).unwrap();
        prop_assert_eq!(told.mended.count(), count);
        match told.mended.mean() {
            Some(mean) => prop_assert_eq!(mean.total * count, sum * mean.of),
            None => prop_assert_eq!(count, 0),
        }
        if let Some(median) = told.mended.median() {
            let (low, high) = (times[(times.len() - 1) / 2], times[times.len() / 2]);
            prop_assert_eq!(median.total * 2, (low + high) * median.of);
        }
        let open = findings.iter().filter(|f| f.closed.is_none()).count();
        prop_assert_eq!(told.open.count() + told.waived.count(), u64::try_from(open).unwrap());
    }

    #[test]
    fn gaps_are_all_there_are(looks in prop::collection::vec(look(), 1..24), most in 0_u64..250_000, later in 0_i64..100) {
        let (wholes, steps) = runs(&looks);
        let at = steps.last().unwrap().at.checked_add(jiff::SignedDuration::from_hours(later)).unwrap();
        let series = followed(steps, Grouping::default());
        let found = gaps(&series, most, at);
        let mut expected = 0;
        for runs in wholes.values() {
            for (index, run) in runs.iter().enumerate() {
                let next = runs.get(index + 1).map_or(at, |r| r.moment.at);
                expected += usize::from(seconds_between(run.moment.at, next) > most);
            }
        }
        prop_assert_eq!(found.len(), expected);
    }
}

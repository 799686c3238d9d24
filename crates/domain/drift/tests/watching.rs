//! When to look, when to keep quiet, what is news, and who is named.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, outside of the test functions")]

use std::collections::BTreeSet;

use attesta_drift::{
    ChangeEvent, Condition, Drift, News, Observed, Presence, ResourceKey, Schedule, Turn, Verdict, VerdictChange,
    Watch, When, Who, Window, step, who,
};
use attesta_kernel::{Severity, Timestamp};
use attesta_resource::{DocumentIndex, Kind, Record, Resource, Snapshot, Source, SourceIndex};
use jiff::{
    SignedDuration,
    civil::{Time, Weekday},
};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn time(hour: i8, minute: i8) -> Time {
    Time::new(hour, minute, 0, 0).unwrap()
}

#[test]
fn schedules() {
    let hourly = Schedule::Every(SignedDuration::from_hours(1));
    let daily = Schedule::Daily(BTreeSet::from([time(6, 0), time(18, 0)]));
    for (schedule, last, next) in [
        (&hourly, "2026-11-26T06:10:00Z", "2026-11-26T07:10:00Z"),
        (&daily, "2026-11-26T05:59:59Z", "2026-11-26T06:00:00Z"),
        (&daily, "2026-11-26T06:00:00Z", "2026-11-26T18:00:00Z"),
        (&daily, "2026-11-26T18:00:01Z", "2026-11-27T06:00:00Z"),
        (&daily, "2026-12-31T23:00:00Z", "2027-01-01T06:00:00Z"),
    ] {
        assert_eq!(schedule.next(Some(at(last))), at(next), "{last}");
        assert!(schedule.is_due(Some(at(last)), at(next)));
        assert!(!schedule.is_due(Some(at(last)), at(last)));
        assert!(schedule.is_due(None, at(last)), "what was never looked at is due");
    }
    // Days that were slept through are made good by one look.
    assert!(daily.is_due(Some(at("2026-11-20T06:00:00Z")), at("2026-11-26T05:00:00Z")));
}

#[test]
fn windows() {
    let once = When::Once { from: at("2026-12-01T02:00:00Z"), to: at("2026-12-01T04:00:00Z") };
    let night = When::Weekly { days: vec![Weekday::Sunday], from: time(23, 0), to: time(1, 0) };
    let morning = When::Weekly { days: vec![Weekday::Monday, Weekday::Friday], from: time(2, 0), to: time(4, 0) };
    for (when, then, holds) in [
        (&once, "2026-12-01T01:59:59Z", false),
        (&once, "2026-12-01T02:00:00Z", true),
        (&once, "2026-12-01T04:00:00Z", false),
        (&night, "2026-11-29T22:59:00Z", false), // a Sunday
        (&night, "2026-11-29T23:00:00Z", true),
        (&night, "2026-11-30T00:59:00Z", true),
        (&night, "2026-11-30T01:00:00Z", false),
        (&night, "2026-11-29T00:30:00Z", false), // the night before
        (&night, "2026-11-30T23:30:00Z", false),
        (&morning, "2026-11-27T03:00:00Z", true),
        (&morning, "2026-11-28T03:00:00Z", false),
        (&morning, "2026-11-30T04:00:00Z", false),
    ] {
        assert_eq!(when.holds(at(then)), holds, "{then}");
    }
    let of = Window { when: once, sources: BTreeSet::from(["aws".parse().unwrap()]), because: "x".into() };
    assert!(of.holds(&"aws".parse().unwrap(), at("2026-12-01T03:00:00Z")));
    assert!(!of.holds(&"host".parse().unwrap(), at("2026-12-01T03:00:00Z")));
}

fn key(name: &str) -> ResourceKey {
    ResourceKey { kind: Kind::Volume, address: name.to_owned(), document: String::new() }
}

/// A comparison in which one check was `before` and is `after`.
fn one(before: Option<Verdict>, after: Option<Verdict>, presence: Presence) -> Drift {
    let mut drift = Drift::default();
    let turn = Turn::of(before, after, presence);
    let change = VerdictChange {
        policy: "a-policy".parse().unwrap(),
        severity: Severity::High,
        resource: key("vol-1"),
        presence,
        turn: turn.unwrap_or(Turn::Appeared),
        before,
        after,
        resource_before: None,
        resource_after: None,
        outcome_before: None,
        outcome_after: None,
    };
    match (turn, after) {
        (Some(_), _) => drift.verdicts.push(change),
        (None, Some(Verdict::Fail)) => drift.still_failing.push(change),
        (None, Some(Verdict::Pass) | None) => {}
        (None, Some(_)) => drift.still_open.push(change),
    }
    drift
}

/// What is told along a path of verdicts, the first of which is the first look. `None` is a resource that is not seen.
fn told(path: &[Option<Verdict>], quiet: &[usize]) -> Vec<Option<News>> {
    let mut watch = Watch::default();
    let mut told = Vec::new();
    let day = at("2026-11-26T00:00:00Z");
    let instant = |n: usize| day.checked_add(SignedDuration::from_hours(i64::try_from(n).unwrap())).unwrap();
    for (n, now) in path.iter().enumerate() {
        let was = n.checked_sub(1).map_or(*now, |n| path[n]);
        let presence = match (was, now) {
            (Some(_), None) => Presence::NoLongerSeen,
            (None, Some(_)) => Presence::FirstSeen,
            _ => Presence::Stayed,
        };
        let drift = one(was, *now, presence);
        let before = n.checked_sub(1).map(instant);
        let run = Observed { drift: &drift, before, at: instant(n), quiet: quiet.contains(&n) };
        let (next, notices) = step(&watch, &run, &|_| false);
        assert!(notices.len() <= 1);
        told.push(notices.first().map(|notice| notice.news));
        watch = next;
    }
    told
}

#[test]
fn each_thing_is_told_once() {
    use News::{Mended, ToldAgain, Untold, Violated, Waived};
    const P: Option<Verdict> = Some(Verdict::Pass);
    const F: Option<Verdict> = Some(Verdict::Fail);
    const U: Option<Verdict> = Some(Verdict::Unknown);
    const W: Option<Verdict> = Some(Verdict::Waived);
    for (path, quiet, want) in [
        (vec![P, P], vec![], vec![None, None]),
        (vec![F, F], vec![], vec![None, None]),
        (vec![P, F, F, F], vec![], vec![None, Some(Violated), None, None]),
        (vec![P, F, P, P], vec![], vec![None, Some(Violated), Some(Mended), None]),
        (vec![F, P], vec![], vec![None, Some(Mended)]),
        (vec![P, F, U, U, P], vec![], vec![None, Some(Violated), Some(Untold), None, Some(ToldAgain)]),
        (vec![P, F, U, F], vec![], vec![None, Some(Violated), Some(Untold), Some(Violated)]),
        (vec![P, F, None, None, F], vec![], vec![None, Some(Violated), Some(Untold), None, Some(Violated)]),
        (vec![P, F, W, F], vec![], vec![None, Some(Violated), Some(Waived), Some(Violated)]),
        (vec![P, F, W, P], vec![], vec![None, Some(Violated), Some(Waived), Some(Mended)]),
        // Quiet: what is over within the window is no news, what still holds is.
        (vec![P, F, P, P], vec![1, 2], vec![None, None, None, None]),
        (vec![P, F, F, F], vec![1, 2], vec![None, None, None, Some(Violated)]),
        (vec![P, F, P, P], vec![2], vec![None, Some(Violated), None, Some(Mended)]),
    ] {
        assert_eq!(told(&path, &quiet), want, "{path:?} {quiet:?}");
    }
}

#[test]
fn since_when_is_kept_through_a_window() {
    let (first, second, third) = (at("2026-11-26T00:00:00Z"), at("2026-11-26T01:00:00Z"), at("2026-11-26T02:00:00Z"));
    let turned = one(Some(Verdict::Pass), Some(Verdict::Fail), Presence::Stayed);
    let still = one(Some(Verdict::Fail), Some(Verdict::Fail), Presence::Stayed);
    let run = |drift, before, at, quiet| Observed { drift, before: Some(before), at, quiet };
    let (watch, quiet) = step(&Watch::default(), &run(&turned, first, second, true), &|_| false);
    assert!(quiet.is_empty());
    let (_, notices) = step(&watch, &run(&still, second, third, false), &|_| false);
    let watched = &notices[0].checks[0].1;
    assert_eq!((watched.since, watched.before, watched.told), (second, Some(first), Condition::Fine));
}

#[test]
fn what_was_not_seen_is_gone_only_when_that_is_certain() {
    let drift = one(Some(Verdict::Fail), None, Presence::NoLongerSeen);
    let run = Observed {
        drift: &drift,
        before: Some(at("2026-11-26T00:00:00Z")),
        at: at("2026-11-26T01:00:00Z"),
        quiet: false,
    };
    let (watch, told) = step(&Watch::default(), &run, &|_| false);
    assert_eq!(told[0].news, News::Untold);
    let nothing = Drift::default();
    let next = |certain: bool| step(&watch, &Observed { drift: &nothing, ..run }, &|_| certain);
    assert!(next(false).1.is_empty());
    assert_eq!(next(true).1[0].news, News::Gone);
    assert!(next(true).0.checks.is_empty());
}

proptest! {
    #[test]
    fn no_news_is_told_twice_and_only_a_pass_mends(
        path in prop::collection::vec(prop::option::of(prop::sample::select(&Verdict::ALL[..])), 1..12),
        quiet in prop::collection::vec(0_usize..12, 0..4),
    ) {
        let told = told(&path, &quiet);
        prop_assert_eq!(told[0], None, "the first look");
        let mut last = None;
        for (n, news) in told.iter().enumerate() {
            let Some(news) = news else { continue };
            prop_assert!(!quiet.contains(&n));
            prop_assert!(last != Some(news), "{:?}", told);
            if matches!(news, News::Mended | News::ToldAgain) {
                prop_assert_eq!(path[n], Some(Verdict::Pass));
            }
            last = Some(news);
        }
    }
}

#[test]
fn an_event_names_somebody_only_where_resource_and_time_fit() {
    let snapshot = |type_name: &str| Snapshot {
        sources: vec![Source {
            document: DocumentIndex(0),
            address: "x".into(),
            type_name: type_name.into(),
            pointer: "".into(),
        }],
        ..Snapshot::default()
    };
    let resource = |names: &[&str]| Resource {
        kind: Kind::Database,
        source: SourceIndex(0),
        address: "aws_db_instance.records".into(),
        names: names.iter().map(|n| (*n).into()).collect(),
        attributes: Record::new(),
    };
    let event = |time: &str, service: &str, name: &str, actor: &str| ChangeEvent {
        at: at(time),
        service: service.into(),
        operation: "Modify".into(),
        actor: actor.into(),
        names: vec![name.into()],
    };
    let (from, to) = (at("2026-11-26T06:00:00Z"), at("2026-11-26T07:00:00Z"));
    let arn = "arn:aws:rds:us-east-1:111122223333:db:records";
    let named = resource(&[arn, "records", "sg-0a1b2c3d4e"]);
    let of = |events: &[ChangeEvent], type_name: &str| who(events, &snapshot(type_name), &named, Some(from), to);
    for (event, type_name, fits) in [
        (event("2026-11-26T06:30:00Z", "rds", arn, "eve"), "aws_db_instance", true),
        (event("2026-11-26T06:00:00Z", "rds", arn, "eve"), "aws_db_instance", false), // it was seen otherwise then
        (event("2026-11-26T07:00:00Z", "rds", arn, "eve"), "aws_db_instance", true),
        (event("2026-11-26T07:00:01Z", "rds", arn, "eve"), "aws_db_instance", false),
        (event("2026-11-26T06:30:00Z", "rds", "records", "eve"), "AWS::RDS::DBInstance", true),
        (event("2026-11-26T06:30:00Z", "s3", "records", "eve"), "AWS::RDS::DBInstance", false), // a bucket of that name
        (event("2026-11-26T06:30:00Z", "rds", "records-2", "eve"), "AWS::RDS::DBInstance", false),
        (event("2026-11-26T06:30:00Z", "ec2", "sg-0a1b2c3d4e", "eve"), "aws_security_group", true),
    ] {
        let found = of(std::slice::from_ref(&event), type_name);
        assert_eq!(found == Who::Known(event.clone()), fits, "{event:?} {type_name}: {found:?}");
        assert_eq!(found == Who::NotKnown, !fits);
    }
    let two = [event("2026-11-26T06:10:00Z", "rds", arn, "eve"), event("2026-11-26T06:20:00Z", "rds", arn, "bob")];
    assert!(matches!(of(&two, "x"), Who::Perhaps(some) if some[0].actor == "bob" && some.len() == 2));
    assert_eq!(who(&two, &snapshot("x"), &named, None, to), Who::NotKnown, "nobody knows since when");
}

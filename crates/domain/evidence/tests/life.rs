//! Where evidence stands, how long it stays, and what may happen to it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

use attesta_evidence::{
    Change, CountsFrom, Dates, Description, Evidence, EvidenceId, Freshness, Hold, InEffect, Item, Kept, Kind, Link,
    Refusal, Retention, Shelf, Source, Standing, Tombstone, kept, standing,
};
use attesta_kernel::{Confidence, Date, Digest, Provenance};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn id(number: u8) -> EvidenceId {
    EvidenceId::new(1, [number; 10])
}

fn evidence(number: u8) -> Evidence {
    Evidence {
        id: id(number),
        version: 1,
        supersedes: None,
        digest: Digest::of(&[number]),
        size: 1,
        media_type: "text/plain".parse().unwrap(),
        file_name: "a.txt".parse().unwrap(),
        description: Description {
            title: None,
            kind: None,
            dates: Dates { effective: None, collected: None, received: day("2026-01-10"), valid_until: None },
            period: None,
            source: Source::default(),
            role: None,
            component: None,
            attestation: None,
            confidential: false,
            retention: None,
        },
    }
}

fn provenance() -> Provenance {
    Provenance { source: "test".into(), confidence: Confidence::Unverified }
}

fn kind(days: u16, counts_from: CountsFrom, in_effect: InEffect) -> Kind {
    Kind {
        id: "k".parse().unwrap(),
        title: "k".parse().unwrap(),
        freshness: Some(Freshness { days, counts_from, provenance: provenance() }),
        in_effect,
        retention: "six".parse().unwrap(),
    }
}

fn six() -> Retention {
    Retention { id: "six".parse().unwrap(), title: "six".parse().unwrap(), years: 6, provenance: provenance() }
}

/// An item with its dates: effective, collected, valid until, end of period.
fn item(dates: [&str; 4]) -> Item {
    let [effective, collected, valid_until, period_end] = dates.map(|d| d.parse::<Date>().ok());
    let mut evidence = evidence(1);
    evidence.description.dates.effective = effective;
    evidence.description.dates.collected = collected;
    evidence.description.dates.valid_until = valid_until;
    evidence.description.period = period_end.map(|end| format!("2025-01-01..{end}").parse().unwrap());
    let mut shelf = Shelf::default();
    shelf.apply(id(1), &Change::Added(Box::new(evidence))).unwrap();
    shelf.item(id(1)).unwrap().clone()
}

#[test]
fn valid_on_a_day() {
    use CountsFrom::{Collected, Effective, PeriodEnd};
    let table = [
        // dates, days, from, asked on, answer
        (["2026-01-01", "", "", ""], Some((365, Effective)), "2025-12-31", "not-yet"),
        (["2026-01-01", "", "", ""], Some((365, Effective)), "2026-01-01", "valid"),
        (["2026-01-01", "", "", ""], Some((365, Effective)), "2027-01-01", "valid"),
        (["2026-01-01", "", "", ""], Some((365, Effective)), "2027-01-02", "stale"),
        (["", "", "", ""], Some((365, Effective)), "2026-02-01", "unknown"),
        (["", "2026-01-05", "", ""], Some((90, Collected)), "2026-04-05", "valid"),
        (["", "2026-01-05", "", ""], Some((90, Collected)), "2026-04-06", "stale"),
        (["", "", "", "2025-12-31"], Some((90, PeriodEnd)), "2026-03-31", "valid"),
        (["", "", "", "2025-12-31"], Some((90, PeriodEnd)), "2026-04-01", "stale"),
        // Its own date: alone it decides, with a kind the stricter does.
        (["", "", "2026-06-30", ""], None, "2026-06-30", "valid"),
        (["", "", "2026-06-30", ""], None, "2026-07-01", "stale"),
        (["", "2026-01-05", "2030-01-01", ""], Some((90, Collected)), "2026-04-06", "stale"),
        (["", "2026-01-05", "2026-02-01", ""], Some((90, Collected)), "2026-02-02", "stale"),
        (["", "", "2030-01-01", ""], Some((90, Collected)), "2026-02-01", "unknown"),
        (["", "", "2026-01-31", ""], Some((90, Collected)), "2026-02-01", "stale"),
        // Nobody says anything.
        (["2026-01-01", "2026-01-01", "", ""], None, "2026-01-02", "unknown"),
        // Before it arrived it does not count.
        (["", "", "2026-06-30", ""], None, "2026-01-09", "not-yet"),
    ];
    for (dates, rule, asked, answer) in table {
        let kind = rule.map(|(days, from)| kind(days, from, InEffect::Moment));
        assert_eq!(standing(&item(dates), kind.as_ref(), day(asked)).as_str(), answer, "{dates:?} on {asked}");
    }
}

#[test]
fn a_superseded_version_was_valid_before() {
    let on = day("2026-03-01");
    let old = item(["2026-01-01", "", "2026-12-31", ""]).after(&Change::Superseded { by: id(2), on }).unwrap();
    assert_eq!(standing(&old, None, day("2026-02-28")).as_str(), "valid");
    assert_eq!(standing(&old, None, on), Standing::Superseded { by: id(2) });
}

#[test]
fn how_long_it_stays() {
    let document = kind(365, CountsFrom::Effective, InEffect::UntilReplaced);
    let picture = kind(90, CountsFrom::Collected, InEffect::Moment);
    let policy = item(["2020-01-01", "", "", ""]);
    assert_eq!(kept(&policy, Some(&document), &six(), day("2040-01-01")), Kept::InEffect);
    // 164.316(b)(2)(i): from creation or from when it was last in effect, whichever is later.
    let replaced = policy.clone().after(&Change::Superseded { by: id(2), on: day("2027-05-01") }).unwrap();
    assert_eq!(kept(&replaced, Some(&document), &six(), day("2033-05-01")), Kept::Until(day("2033-05-01")));
    assert_eq!(kept(&replaced, Some(&document), &six(), day("2033-05-02")), Kept::Free { since: day("2033-05-01") });
    assert_eq!(kept(&policy, Some(&picture), &six(), day("2032-01-10")), Kept::Until(day("2032-01-10")));
    assert_eq!(kept(&policy, None, &six(), day("2040-01-01")), Kept::InEffect, "without a kind it is a document");
    let hold = Hold { matter: "case".parse().unwrap(), why: "suit".parse().unwrap(), on: day("2026-02-01") };
    let held = replaced.after(&Change::Held(hold)).unwrap();
    assert_eq!(kept(&held, Some(&document), &six(), day("2099-01-01")), Kept::Held(vec!["case".parse().unwrap()]));
}

#[test]
fn retiring_waits_for_class_and_holds() {
    let picture = kind(90, CountsFrom::Collected, InEffect::Moment);
    let why = || "time is over".parse().unwrap();
    let item = item(["", "2026-01-05", "", ""]);
    let early = item.retire(Some(&picture), &six(), day("2030-01-01"), why());
    assert!(matches!(early, Err(Refusal::Until(..))), "{early:?}");
    let hold = Hold { matter: "case".parse().unwrap(), why: why(), on: day("2026-02-01") };
    let held = item.clone().after(&Change::Held(hold.clone())).unwrap();
    assert!(matches!(held.retire(Some(&picture), &six(), day("2040-01-01"), why()), Err(Refusal::Kept { .. })));
    assert!(matches!(held.clone().after(&Change::Held(hold)), Err(Refusal::Held(..))));
    let stone = Change::Retired(Tombstone { on: day("2040-01-01"), why: why() });
    assert!(matches!(held.clone().after(&stone), Err(Refusal::Kept { .. })), "no replay passes a hold either");
    let released = held.after(&Change::Released { matter: "case".parse().unwrap(), why: why() }).unwrap();
    let change = released.retire(Some(&picture), &six(), day("2040-01-01"), why()).unwrap();
    let gone = released.after(&change).unwrap();
    assert_eq!(standing(&gone, Some(&picture), day("2040-01-01")), Standing::Retired);
    assert!(matches!(gone.retire(Some(&picture), &six(), day("2040-01-02"), why()), Err(Refusal::Retired(_))));
}

fn change() -> impl Strategy<Value = Change> {
    let day = day("2026-02-01");
    let why = || "why".parse().unwrap();
    prop_oneof![
        (0..4_u8).prop_map(|n| Change::Added(Box::new(evidence(n)))),
        Just(Change::Linked(Link {
            target: "09.aa".parse().unwrap(),
            levels: Default::default(),
            elements: Default::default(),
            place: None
        })),
        Just(Change::Unlinked("09.aa".parse().unwrap())),
        (0..4_u8).prop_map(move |n| Change::Superseded { by: id(n), on: day }),
        Just(Change::Held(Hold { matter: "m".parse().unwrap(), why: why(), on: day })),
        Just(Change::Released { matter: "m".parse().unwrap(), why: why() }),
        Just(Change::Retired(Tombstone { on: day, why: why() })),
    ]
}

proptest! {
    #[test]
    fn every_change_moves_or_refuses_and_what_is_refused_leaves_no_trace(
        changes in prop::collection::vec((0..4_u8, change()), 0..60)
    ) {
        let mut shelf = Shelf::default();
        let mut taken = Vec::new();
        for (number, change) in changes {
            let before = shelf.clone();
            match shelf.apply(id(number), &change) {
                Ok(()) => taken.push((number, change)),
                Err(_) => prop_assert_eq!(&before, &shelf),
            }
        }
        let mut again = Shelf::default();
        for (number, change) in &taken {
            again.apply(id(*number), change).unwrap();
        }
        prop_assert_eq!(again, shelf);
    }
}

//! Populations, sizes, draws, replacements, findings.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod drive;

use std::collections::{BTreeMap, BTreeSet};

use attesta_kernel::{Digest, Share};
use attesta_lifecycle::*;
use drive::*;
use proptest::prelude::*;

fn population(size: u32) -> Population {
    Population {
        source: "ticket system, query `type = change`".into(),
        created: day("2026-04-01"),
        window: Window::Time { from: day("2026-01-01"), to: day("2026-03-31") },
        completeness: "count compared with the monthly report".into(),
        reveals_failures: "tickets without approval are in it too".into(),
        file: "samples/changes.csv".into(),
        digest: Digest::of(b"frozen"),
        size,
    }
}

fn items(count: u32) -> Items {
    Items::new((1..=count).map(|n| format!("CHG-{n:04}").into()).collect()).unwrap()
}

fn sample(size: u32) -> Sample {
    let attribute = |text: &str, element| Attribute { text: text.into(), elements: BTreeSet::from([element]) };
    Sample {
        id: "changes".parse().unwrap(),
        requirements: BTreeSet::from(["0605.09k1Organizational.1".parse().unwrap()]),
        control: "every change is approved and tested".into(),
        frequency: Frequency::Each,
        population: population(size),
        attributes: BTreeMap::from([(1, attribute("approved", 1)), (2, attribute("tested", 2))]),
        drawn: None,
    }
}

fn size(count: u32) -> Size {
    let figure = always(());
    Size { count, rule: "a test".into(), provenance: figure.figures()[0].provenance.clone() }
}

fn ask(count: Option<u32>) -> DrawAsk {
    DrawAsk { seed: "spring".parse().unwrap(), count, on: day("2026-04-02"), by: "tess".parse().unwrap() }
}

fn found(outcome: ItemOutcome) -> Finding {
    Finding { outcome, evidence: Vec::new(), on: day("2026-04-03"), by: "tess".parse().unwrap() }
}

fn drawn(population: u32, count: u32) -> Sample {
    sample(population).draw(&items(population), Digest::of(b"frozen"), size(count), ask(None)).unwrap()
}

const NOW: fn() -> Digest = || Digest::of(b"frozen");

fn table() -> Sizes {
    let take = |f| match f {
        Frequency::Daily => Take::Fixed(25),
        Frequency::Weekly => Take::Fixed(5),
        Frequency::Monthly | Frequency::Quarterly => Take::Fixed(2),
        Frequency::Automated => Take::All,
        _ => Take::Fixed(1),
    };
    let frequencies = Frequency::ALL.into_iter().filter(|f| *f != Frequency::Each);
    let step = |from, take| Step { from, take };
    let steps =
        Steps::new(vec![step(1, Take::Fixed(5)), step(50, Take::Percent(10)), step(250, Take::Fixed(25))]).unwrap();
    Sizes::new(frequencies.map(|f| (f, always(take(f)))).collect(), always(steps)).unwrap()
}

#[test]
fn sizes_follow_the_table() {
    let table = table();
    let of = |frequency, population| table.of(frequency, population, day("2026-04-01")).unwrap().count;
    for (population, expected) in
        [(1000, 25), (250, 25), (249, 25), (120, 12), (51, 6), (50, 5), (49, 5), (3, 3), (1, 1)]
    {
        assert_eq!(of(Frequency::Each, population), expected, "{population}");
    }
    assert_eq!(of(Frequency::Daily, 90), 25);
    assert_eq!(of(Frequency::Weekly, 52), 5);
    assert_eq!(of(Frequency::Automated, 4), 4, "each distinct configuration");
    let few = table.of(Frequency::Daily, 20, day("2026-04-01")).unwrap();
    assert_eq!(few.count, 20);
    assert_eq!(few.rule, "a control that works daily: take 25; there are only 20, so all of them");
    assert!(table.of(Frequency::Each, 0, day("2026-04-01")).is_err());
}

#[test]
fn steps_that_make_no_sense_are_refused() {
    let step = |from, take| Step { from, take };
    for bad in [
        vec![],
        vec![step(2, Take::Fixed(1))],
        vec![step(1, Take::Fixed(1)), step(1, Take::Fixed(2))],
        vec![step(1, Take::Fixed(0))],
        vec![step(1, Take::Percent(101))],
    ] {
        assert!(Steps::new(bad).is_err());
    }
}

#[test]
fn a_population_is_whole_and_of_its_time() {
    let figures = World::new().figures;
    let told = |population: &Population, test: &str, began: Option<&str>| -> Vec<String> {
        population.refusals(&figures, day(test), began.map(day)).iter().map(ToString::to_string).collect()
    };
    // 2026-01-01 to 2026-03-31 is 90 days with both ends.
    assert!(told(&population(9), "2026-04-02", None).is_empty());
    let with =
        |from: &str, to: &str| Population { window: Window::Time { from: day(from), to: day(to) }, ..population(9) };
    assert_eq!(
        told(&with("2026-01-02", "2026-03-31"), "2026-04-02", None),
        ["the time from 2026-01-02 to 2026-03-31 is shorter than 90 days"]
    );
    assert!(told(&with("2025-04-02", "2026-03-31"), "2026-04-02", None).is_empty(), "one year back");
    assert_eq!(
        told(&with("2025-04-01", "2026-03-31"), "2026-04-02", None),
        ["the time begins on 2025-04-01, more than 12 months before the test on 2026-04-02"]
    );
    assert!(told(&with("2026-01-01", "2026-04-02"), "2026-04-03", None)[0].contains("after the population was taken"));
    let silent = Population { reveals_failures: " ".into(), completeness: String::new(), ..population(9) };
    assert_eq!(told(&silent, "2026-04-02", None), ["`completeness` is not told", "`reveals_failures` is not told"]);
    let things = Population { window: Window::Items, ..population(9) };
    assert!(told(&things, "2026-04-02", Some("2026-04-01")).is_empty());
    assert_eq!(
        told(&things, "2026-04-02", Some("2026-04-02")),
        ["the population was taken on 2026-04-01, outside the fieldwork that began on 2026-04-02"]
    );
    assert_eq!(
        told(&things, "2026-03-31", None),
        ["the test on 2026-03-31 is before the population was taken on 2026-04-01"]
    );
}

#[test]
fn items_are_there_and_each_once() {
    let read = |ids: &[&str]| Items::new(ids.iter().map(|i| (*i).into()).collect()).map_err(|e| e.to_string());
    assert_eq!(read(&[]).unwrap_err(), "the population has no items");
    assert_eq!(read(&["a", " "]).unwrap_err(), "item 2 has no id");
    assert_eq!(read(&["a", "b", "a"]).unwrap_err(), "item `a` stands twice");
}

#[test]
fn a_draw_is_made_once_and_no_smaller_than_the_table() {
    let sample = sample(120);
    let draw = |count| sample.draw(&items(120), NOW(), size(12), ask(count));
    assert_eq!(draw(None).unwrap().drawn.unwrap().items.len(), 12);
    assert_eq!(draw(Some(30)).unwrap().drawn.unwrap().items.len(), 30);
    assert_eq!(draw(Some(121)).unwrap_err().to_string(), "a sample of 121 is larger than its population of 120");
    assert_eq!(draw(Some(11)).unwrap_err().to_string(), "a sample of 11 is smaller than the 12 of the table (a test)");
    let again = draw(None).unwrap().draw(&items(120), NOW(), size(12), ask(None));
    assert_eq!(again.unwrap_err().to_string(), "sample `changes` was drawn already");
    let other = sample.draw(&items(120), Digest::of(b"edited"), size(12), ask(None));
    assert_eq!(other.unwrap_err().to_string(), "the population `samples/changes.csv` changed after it was frozen");
    let early = DrawAsk { on: day("2026-03-31"), ..ask(None) };
    assert!(sample.draw(&items(120), NOW(), size(12), early).unwrap_err().to_string().contains("before"));
    let blind = Sample { attributes: BTreeMap::new(), ..sample.clone() };
    assert!(blind.draw(&items(120), NOW(), size(12), ask(None)).is_err(), "nothing is looked at");
}

fn replacing(item: &str) -> ReplaceAsk {
    ReplaceAsk {
        item: item.into(),
        because: "the ticket was cancelled".into(),
        on: day("2026-04-03"),
        by: "tess".parse().unwrap(),
    }
}

#[test]
fn a_replacement_is_the_next_of_the_draw_and_happens_once() {
    let one = drawn(30, 5);
    let all = order(&"spring".parse().unwrap(), items(30).iter()).iter().map(ToString::to_string).collect::<Vec<_>>();
    let two = one.replace(&items(30), NOW(), replacing(&all[1])).unwrap();
    assert_eq!(two.drawn.as_ref().unwrap().items[1].as_ref(), all[5], "the next one after the sample");
    let told = |s: &Sample, item: &str| s.replace(&items(30), NOW(), replacing(item)).map_err(|e| e.to_string());
    assert!(told(&two, &all[1]).unwrap_err().contains("was replaced already"));
    assert!(told(&two, &all[5]).unwrap_err().contains("was replaced already"), "nor is what stands in");
    assert_eq!(told(&two, &all[9]).unwrap_err(), format!("item `{}` was not drawn", all[9]));
    let three = told(&two, &all[2]).unwrap();
    assert_eq!(three.drawn.as_ref().unwrap().items[2].as_ref(), all[6]);
    let silent = ReplaceAsk { because: " ".into(), ..replacing(&all[0]) };
    assert_eq!(two.replace(&items(30), NOW(), silent).unwrap_err(), SampleRefusal::NoReason);
    let seen = one.record(NOW(), &all[0], 1, found(ItemOutcome::Deviation { what: "not approved".into() })).unwrap();
    assert!(told(&seen, &all[0]).unwrap_err().contains("would hide them"));
    let whole = drawn(5, 5);
    let item = whole.drawn.as_ref().unwrap().items[0].clone();
    let left = whole.replace(&items(5), NOW(), replacing(&item)).unwrap_err().to_string();
    assert_eq!(left, format!("no item of the population is left to stand in for `{item}`"));
}

#[test]
fn deviations_feed_a_share_and_unfinished_samples_say_nothing() {
    let mut sample = drawn(30, 5);
    assert_eq!(self::sample(30).result(), SampleResult::NotDrawn);
    let items: Vec<Box<str>> = sample.drawn.as_ref().unwrap().items.clone();
    for (n, item) in items.iter().enumerate() {
        let SampleResult::Unfinished { missing, .. } = sample.result() else { panic!("not all was looked at") };
        assert_eq!(usize::try_from(missing).unwrap(), (5 - n) * 2);
        let deviation = ItemOutcome::Deviation { what: "no record of a test".into() };
        sample = sample.record(NOW(), item, 1, found(ItemOutcome::Holds)).unwrap();
        let outcome = if n == 0 { deviation } else { ItemOutcome::Holds };
        sample = sample.record(NOW(), item, 2, found(outcome)).unwrap();
    }
    let by_attribute = BTreeMap::from([(1, Share::new(5, 5)), (2, Share::new(4, 5))]);
    assert_eq!(sample.result(), SampleResult::Finished { passing: Share::new(4, 5), by_attribute });
    let told =
        |item: &str, attribute, outcome| sample.record(NOW(), item, attribute, found(outcome)).unwrap_err().to_string();
    assert_eq!(told("CHG-9999", 1, ItemOutcome::Holds), "item `CHG-9999` was not drawn");
    assert_eq!(told(&items[0], 3, ItemOutcome::Holds), "the sample has no attribute 3");
    assert!(told(&items[0], 2, ItemOutcome::Holds).contains("has a finding already"), "a deviation stays");
    assert_eq!(told(&items[0], 2, ItemOutcome::Deviation { what: String::new() }), "no reason is given");
    let edited = sample.record(Digest::of(b"edited"), &items[0], 1, found(ItemOutcome::Holds));
    assert!(matches!(edited, Err(SampleRefusal::PopulationChanged { .. })));
    let early = Finding { on: day("2026-04-01"), ..found(ItemOutcome::Holds) };
    assert!(sample.record(NOW(), &items[0], 1, early).unwrap_err().to_string().contains("before the draw"));
    let undrawn = self::sample(30).record(NOW(), "CHG-0001", 1, found(ItemOutcome::Holds));
    assert_eq!(undrawn.unwrap_err(), SampleRefusal::NotDrawn("changes".parse().unwrap()));
}

proptest! {
    #[test]
    fn a_sample_repeats_from_its_seed(size_of in 1_u32..200, word in "[a-z]{1,8}", share in 1_u32..=100) {
        let count = (size_of * share).div_ceil(100).max(1);
        let draw = |order: &Items| {
            let ask = DrawAsk { seed: word.parse().unwrap(), ..ask(None) };
            sample(size_of).draw(order, NOW(), size(count), ask).unwrap().drawn.unwrap().items
        };
        let forward = draw(&items(size_of));
        let mut ids: Vec<Box<str>> = items(size_of).iter().map(Into::into).collect();
        ids.reverse();
        prop_assert_eq!(&forward, &draw(&Items::new(ids).unwrap()));
        prop_assert_eq!(u32::try_from(forward.len()).unwrap(), count);
        prop_assert_eq!(forward.iter().collect::<BTreeSet<_>>().len(), forward.len());
    }

    /// Whatever is replaced, the sample keeps its size, holds each item once and none that was replaced.
    #[test]
    fn replacements_keep_the_sample_sound(picks in proptest::collection::vec(0_usize..40, 0..20)) {
        let mut sample = drawn(40, 10);
        for pick in picks {
            let item = format!("CHG-{:04}", pick + 1);
            if let Ok(after) = sample.replace(&items(40), NOW(), replacing(&item)) {
                sample = after;
            }
            let drawn = sample.drawn.as_ref().unwrap();
            let held: BTreeSet<&str> = drawn.items.iter().map(AsRef::as_ref).collect();
            prop_assert_eq!(held.len(), 10);
            prop_assert_eq!(sample.repeats(&items(40)), Ok(()));
            let mut edited = sample.clone();
            edited.drawn.as_mut().unwrap().items[3] = "CHG-9999".into();
            prop_assert!(edited.repeats(&items(40)).is_err());
            prop_assert!(drawn.replacements.iter().all(|r| !held.contains(r.item.as_ref())));
        }
    }
}

//! An override removes the one issue that it names, and only while its facts stand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_assessment::*;
use attesta_lifecycle::{action::RetestResult, quality::*};
use attesta_scoring::{MaturityLevel, Shortfall};
use proptest::prelude::*;
use support::*;

/// R1's policy is 59 days old; the issue and an override of it by somebody.
fn young(by: &str) -> (World, Override) {
    let mut world = clean();
    world.on("R1", "policy").in_place_since = Some(day("2026-08-03"));
    let given = over(&world.review().issues[0], by);
    (world, given)
}

fn over(issue: &Issue, by: &str) -> Override {
    Override {
        check: issue.check,
        subject: issue.subject.clone(),
        facts: issue.fingerprint.clone(),
        because: "the old policy said the same; only its number changed".into(),
        by: id(by),
        on: day("2026-11-20"),
        approved: None,
        refused: None,
    }
}

fn worth(world: &World, given: &Override) -> Worth {
    let mut world = world.clone();
    world.overrides = vec![at("overrides.yaml", 3, given.clone())];
    let review = world.review();
    let [weighed] = review.overrides.as_slice() else { panic!("{review:#?}") };
    let stands = review.issues.iter().any(|i| i.check == given.check && i.subject == given.subject && i.stands());
    if weighed.worth.counts() {
        assert!(!stands, "{review:#?}");
    }
    weighed.worth.clone()
}

fn approved(by: &str, on: &str) -> Option<Approval> {
    Some(Approval { by: id(by), on: day(on) })
}

fn refused(by: &str) -> Option<Refusal> {
    Some(Refusal { by: id(by), on: day("2026-11-21"), because: "the number is not all that changed".into() })
}

#[test]
fn the_assessor_overrides_and_approves_and_nobody_else_does() {
    let (world, given) = young("ann");
    let zoe: PersonId = id("zoe");
    let table = [
        (Override { by: id("bob"), ..given.clone() }, Worth::Counts),
        (given.clone(), Worth::AwaitsApproval),
        (Override { approved: approved("bob", "2026-11-21"), ..given.clone() }, Worth::Counts),
        (Override { approved: approved("ann", "2026-11-21"), ..given.clone() }, Worth::ApprovedByOther(id("ann"))),
        (Override { approved: approved("pat", "2026-11-21"), ..given.clone() }, Worth::ApprovedByOther(id("pat"))),
        (Override { approved: approved("zoe", "2026-11-21"), ..given.clone() }, Worth::UnknownPerson(zoe.clone())),
        (Override { by: id("bob"), refused: refused("bob"), ..given.clone() }, Worth::Refused(id("bob"))),
        (
            Override { approved: approved("bob", "2026-11-21"), refused: refused("bob"), ..given.clone() },
            Worth::Refused(id("bob")),
        ),
        (Override { refused: refused("ann"), ..given.clone() }, Worth::RefusedByOther(id("ann"))),
        (Override { by: id("pat"), ..given.clone() }, Worth::NotTheirs(Side::Provider)),
        (Override { by: zoe.clone(), ..given.clone() }, Worth::UnknownPerson(zoe)),
        (Override { because: " ".into(), by: id("bob"), ..given.clone() }, Worth::NoReason),
        (Override { on: day("2026-11-27"), by: id("bob"), ..given.clone() }, Worth::ToCome(day("2026-11-27"))),
        (Override { approved: approved("bob", "2026-11-27"), ..given.clone() }, Worth::ToCome(day("2026-11-27"))),
        (Override { subject: id("level R1 procedure"), ..given.clone() }, Worth::MatchesNothing),
        (Override { check: Check::WorkingTooYoung, ..given }, Worth::MatchesNothing),
    ];
    for (given, expected) in table {
        assert_eq!(worth(&world, &given), expected, "{given:?}");
    }
}

#[test]
fn an_override_is_stale_once_its_facts_change() {
    let (mut world, given) = young("bob");
    world.on("R1", "policy").in_place_since = Some(day("2026-08-04"));
    let now = world.review().issues[0].fingerprint.clone();
    assert_ne!(now, given.facts);
    assert_eq!(worth(&world, &given), Worth::FactsChanged { now });
    world.on("R1", "policy").in_place_since = Some(day("2026-08-02"));
    assert_eq!(worth(&world, &given), Worth::MatchesNothing);
}

#[test]
fn the_day_alone_changes_no_facts() {
    let mut world = clean();
    world.scores("R1", [Some("100"), Some("100"), Some("50"), None, None]);
    world.short("R1", Shortfall::RequiredCap);
    let mut overdue = action("a-1", "R1");
    overdue.due = Some(day("2026-11-25"));
    world.add_action(overdue);
    world.on("R2", "policy").in_place_since = Some(day("2026-11-01"));
    world.on("R2", "policy").tested_on = None;
    world.dossier.validation.remove(&id::<RequirementKey>("R2"));
    let on = |world: &mut World, at: &str| {
        world.at = day(at);
        let issues = world.review().issues;
        issues.into_iter().map(|i| (i.check, i.subject, i.fingerprint)).collect::<Vec<_>>()
    };
    let today = on(&mut world, "2026-11-26");
    assert_eq!(today.len(), 3, "{today:#?}");
    assert_eq!(today, on(&mut world, "2026-11-29"));
}

#[test]
fn an_override_of_a_check_that_could_not_look_is_not_called_stale() {
    let (mut world, given) = young("bob");
    world.windows.written = None;
    assert_eq!(worth(&world, &given), Worth::NotLookedAt);
}

#[test]
fn the_second_override_of_an_issue_is_told() {
    let (mut world, given) = young("bob");
    world.overrides = vec![at("overrides.yaml", 3, given.clone()), at("overrides.yaml", 9, given)];
    let worths: Vec<Worth> = world.review().overrides.into_iter().map(|w| w.worth).collect();
    assert_eq!(worths, [Worth::Counts, Worth::Again]);
}

#[test]
fn what_awaits_approval_still_blocks_and_says_whose_it_is() {
    let (mut world, given) = young("ann");
    world.overrides = vec![at("overrides.yaml", 3, given.clone())];
    let review = world.review();
    assert_eq!(review.passage(HandOff::Actions), Passage::Blocked(1));
    let Standing::AwaitsApproval(shown) = &review.issues[0].standing else { panic!("{review:#?}") };
    assert_eq!(shown.value, given);
    world.overrides[0].value.approved = approved("bob", "2026-11-21");
    let review = world.review();
    assert_eq!(review.passage(HandOff::Actions), Passage::Open);
    assert_eq!(review.issues.len(), 1, "the reviewer sees what was overridden");
}

/// A stream of numbers from a seed; a test needs no better one.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn day(&mut self) -> attesta_kernel::Date {
        let days = i64::try_from(self.roll(1_500)).unwrap();
        day("2024-01-01").checked_add(jiff::Span::new().days(days)).unwrap()
    }

    fn maybe(&mut self) -> Option<attesta_kernel::Date> {
        (self.roll(4) > 0).then(|| self.day())
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.roll(u64::try_from(of.len()).unwrap())).unwrap()]
    }
}

/// Breaks something.
fn shake(world: &mut World, dice: &mut Dice) {
    let key = *dice.one(&["R1", "R2", "R3", "M0", "M1"]);
    let shown = *dice.one(&["r1-policy", "r2-procedure", "r3-implemented", "r1-implemented"]);
    let scored = *dice.one(&["policy", "procedure", "implemented"]);
    let who = *dice.one(&["ann", "bob", "cat", "eve", "zoe"]);
    let text = *dice.one(&["", "n/a", "partially", "fully implemented", "the same words everywhere", "tbd"]);
    let points = || [None, Some("0"), Some("33.33"), Some("50"), Some("100")];
    match dice.roll(32) {
        0 => world.answer(key).not_applicable = Some(text.into()),
        1 => world.answer(key).comment = text.into(),
        2 => world.validated(key).comment = text.into(),
        3 => world.on(key, scored).in_place_since = dice.maybe(),
        4 => world.on(key, scored).tested_on = dice.maybe(),
        5 => world.on(key, scored).evidence.clear(),
        6 => world.on(key, scored).sample = dice.one(&[None, Some("s-1"), Some("s-9")]).map(id),
        7 => world.on(key, scored).parts.clear(),
        8 => world.validated(key).tested_on = dice.day(),
        9 => world.validated(key).complete = dice.roll(2) == 0,
        10 => world.validated(key).tester = id(who),
        11 => world.validated(key).not_applicable = *dice.one(&[None, Some(true), Some(false)]),
        12 => {
            let scores = std::array::from_fn(|_| *dice.one(&points()));
            world.scores(key, scores);
        }
        13 => {
            let scores = levels_of(std::array::from_fn(|_| *dice.one(&points())));
            world.levelled(key).last = scores;
        }
        14 => {
            let scores = levels_of(std::array::from_fn(|_| *dice.one(&points())));
            world.levelled(key).rated = scores;
        }
        15 => world.short(key, *dice.one(&[Shortfall::None, Shortfall::Gap, Shortfall::RequiredCap])),
        16 => world.evidence(shown).collected = dice.maybe(),
        17 => world.evidence(shown).valid_until = dice.maybe(),
        18 => world.evidence(shown).period = Some((dice.day(), dice.day())),
        19 => world.evidence(shown).digest = Some("same".into()),
        20 => {
            let (dated, mapped) = (dice.day(), dice.roll(2) == 0);
            world.evidence(shown).attestation =
                Some(Attestation { organisation: "x".into(), report: "y".into(), dated, mapped });
        }
        21 => {
            world.dates =
                Dates { fieldwork_began: dice.maybe(), fieldwork_ended: dice.maybe(), submission: dice.maybe() }
        }
        22 => world.submission.representation_letter = None,
        23 => {
            if let Some(letter) = &mut world.submission.representation_letter {
                letter.value.on = dice.maybe();
            }
        }
        24 => world.submission.time_sheet = None,
        25 => {
            let mut action = action(if dice.roll(2) == 0 { "a-1" } else { "a-2" }, key);
            action.due = dice.maybe();
            action.milestones[0].due = dice.maybe();
            action.milestones[0].done = dice.maybe();
            action.status = *dice.one(&[None, Some(attesta_lifecycle::action::Status::Completed)]);
            action.retest = dice.maybe().map(|on| attesta_lifecycle::action::Retest {
                by: id("bob"),
                on,
                result: RetestResult::Failed,
            });
            world.add_action(action);
        }
        26 => drop(world.dossier.people.remove(&id::<PersonId>(who))),
        27 => drop(world.levels.insert(id(key), Levelled::default())),
        28 => drop(world.ratings.remove(&MaturityLevel::Policy)),
        29 => world.at = dice.day(),
        30 => world.windows.working = None,
        _ => world.completed = None,
    }
}

fn shaken(seed: u64) -> World {
    let mut dice = Dice(seed.max(1));
    let mut world = clean();
    world.more(2);
    for _ in 0..dice.roll(12) {
        shake(&mut world, &mut dice);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_override_removes_exactly_its_issue(seed in any::<u64>()) {
        let world = shaken(seed);
        let before = world.review();
        let names = |review: &Review, stands: bool| -> Vec<(Check, Subject)> {
            let issues = review.issues.iter().filter(|i| i.stands() == stands);
            issues.map(|i| (i.check, i.subject.clone())).collect()
        };
        let all = names(&before, true);
        let mut once = all.clone();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), all.len(), "a check tells one issue about one subject");
        prop_assert_eq!(&world.review(), &before, "the same case reads the same twice");
        for issue in &before.issues {
            let mut world = world.clone();
            // Whoever was struck from the people stands in again, as an override needs its writer.
            let mut given = over(issue, "max");
            given.on = world.at;
            world.dossier.people.insert(id("max"), person("max", Side::Assessor, "lead", &["CCSFP"]));
            world.overrides = vec![at("overrides.yaml", 3, given)];
            let after = world.review();
            prop_assert!(after.overrides[0].worth.counts());
            let name = (issue.check, issue.subject.clone());
            prop_assert_eq!(names(&after, false), vec![name.clone()]);
            let rest: Vec<_> = all.iter().filter(|n| **n != name).cloned().collect();
            prop_assert_eq!(names(&after, true), rest);
            let written = issue.subject.to_string();
            prop_assert_eq!(&written.parse::<Subject>().unwrap(), &issue.subject);
        }
    }
}

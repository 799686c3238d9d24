//! A corrective action moves by its table or refuses, and its progress is worked out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_lifecycle::action::*;
use attesta_scoring::Levels;
use proptest::prelude::*;
use support::*;

const STATUSES: [Option<Status>; 5] =
    [None, Some(Status::NotStarted), Some(Status::Started), Some(Status::AtRisk), Some(Status::Completed)];

fn command(step: Move) -> Command {
    let because = || "so".to_owned();
    match step {
        Move::Plan => Command::Plan,
        Move::Start => Command::Start,
        Move::RaiseRisk => Command::RaiseRisk { because: because() },
        Move::Recover => Command::Recover { because: because() },
        Move::Complete => Command::Complete { retest: retest("2026-11-01", RetestResult::Passed) },
        Move::Reopen => Command::Reopen { because: because() },
    }
}

fn standing(status: Option<Status>) -> Action {
    Action { status, ..action("a-1", "R1") }
}

#[test]
fn every_status_takes_or_refuses_every_command() {
    let mut table =
        String::from("status       plan         start        raise-risk   recover      complete     reopen\n");
    for status in STATUSES {
        let row = Move::ALL.map(|step| {
            let after = standing(status).after(command(step), &id("ann"), day(AT));
            assert_eq!(after.is_ok(), Move::from(status).any(|m| m == step));
            after.map_or("-", |(action, _)| action.status.unwrap().as_str())
        });
        let cells: Vec<String> =
            std::iter::once(status.map_or("(none)", Status::as_str)).chain(row).map(|c| format!("{c:<12}")).collect();
        table.push_str(cells.join(" ").trim_end());
        table.push('\n');
    }
    assert_eq!(
        table,
        "\
status       plan         start        raise-risk   recover      complete     reopen
(none)       not-started  started      -            -            -            -
not-started  -            started      at-risk      -            -            -
started      -            -            at-risk      -            completed    -
at-risk      -            -            -            started      completed    -
completed    -            -            -            -            -            started
"
    );
}

#[test]
fn a_command_needs_its_reason_its_retest_and_its_day() {
    let by = id("ann");
    let refused = |status, command, on: &str| standing(Some(status)).after(command, &by, day(on)).unwrap_err();
    let table = [
        (refused(Status::Started, Command::RaiseRisk { because: " ".into() }, AT), "`raise-risk` needs a reason"),
        (refused(Status::AtRisk, Command::Recover { because: String::new() }, AT), "`recover` needs a reason"),
        (refused(Status::Completed, Command::Reopen { because: String::new() }, AT), "`reopen` needs a reason"),
        (
            refused(Status::Started, Command::Complete { retest: retest("2026-11-01", RetestResult::Failed) }, AT),
            "the retest on 2026-11-01 failed; mend and test again before it is complete",
        ),
        (
            refused(Status::Started, Command::Complete { retest: retest("2026-11-27", RetestResult::Passed) }, AT),
            "the retest is dated 2026-11-27, after the day on which it is told (2026-11-26)",
        ),
        (
            refused(Status::Completed, Command::Start, AT),
            "an action that is completed cannot start; from here it can reopen",
        ),
    ];
    for (refusal, says) in table {
        assert_eq!(refusal.to_string(), says);
    }
    let (noted, _) = standing(None).after(Command::Plan, &by, day(AT)).unwrap();
    let refusal = noted.after(Command::Start, &by, day("2026-11-25")).unwrap_err();
    assert_eq!(refusal.to_string(), "it is told for 2026-11-25, but something happened later, on 2026-11-26");
}

#[test]
fn reopening_takes_the_old_retest_away() {
    let (done, moved) = standing(Some(Status::Started)).after(command(Move::Complete), &id("bob"), day(AT)).unwrap();
    assert!(done.retest.is_some());
    assert_eq!((moved.from, moved.to, moved.step), (Some(Status::Started), Status::Completed, Move::Complete));
    let (again, _) = done.after(command(Move::Reopen), &id("bob"), day(AT)).unwrap();
    assert_eq!((again.status, again.retest), (Some(Status::Started), None));
}

proptest! {
    #[test]
    fn commands_leave_a_history_that_leads_to_the_status(steps in prop::collection::vec(0_usize..6, 0..40)) {
        let mut action = standing(None);
        for step in steps {
            let before = action.clone();
            match action.after(command(Move::ALL[step]), &id("ann"), day(AT)) {
                Ok((next, moved)) => {
                    prop_assert_eq!((moved.from, Some(moved.to)), (before.status, next.status));
                    prop_assert_eq!(next.progress.len(), before.progress.len() + 1);
                    action = next;
                }
                Err(_) => prop_assert_eq!(&action, &before),
            }
            prop_assert_eq!(action.history(), Ok(()));
            prop_assert_eq!(action.status == Some(Status::Completed), action.retest.is_some());
        }
    }
}

fn came_to(now: Option<Levels>, change: impl Fn(&mut Action)) -> Advance {
    let then = [(id("R1"), levels_of([Some("100"), Some("50"), Some("50"), None, None]))].into();
    let now = now.map(|levels| (id("R1"), levels)).into_iter().collect();
    let mut plan = action("a-1", "R1");
    change(&mut plan);
    let plans = [(id("a-1"), at("actions.yaml", 3, plan))].into();
    let progress = progress(&then, &now, &plans, day("2026-06-01"));
    assert_eq!(progress.len(), 1);
    assert_eq!(progress[0].actions, [id("a-1")]);
    progress[0].advance
}

#[test]
fn progress_since_the_certificate() {
    let same = || Some(levels_of([Some("100"), Some("50"), Some("50"), None, None]));
    let done = |a: &mut Action| a.status = Some(Status::Completed);
    let milestone = |on: &'static str| move |a: &mut Action| a.milestones[0].done = Some(day(on));
    let begun = |on: &'static str| {
        move |a: &mut Action| {
            a.progress = vec![Note { on: day(on), by: id("ann"), says: "begun".into(), status: Some(Status::Started) }];
        }
    };
    assert_eq!(came_to(same(), |_| {}), Advance::Standing);
    assert_eq!(came_to(same(), milestone("2026-06-01")), Advance::Standing);
    assert_eq!(came_to(same(), milestone("2026-06-02")), Advance::Underway);
    assert_eq!(came_to(same(), begun("2026-06-01")), Advance::Standing);
    assert_eq!(came_to(same(), begun("2026-06-02")), Advance::Underway);
    assert_eq!(came_to(Some(levels_of([Some("100"), Some("50"), Some("75"), None, None])), |_| {}), Advance::Raised);
    assert_eq!(came_to(Some(levels_of([Some("100"), Some("25"), Some("100"), None, None])), done), Advance::Fallen);
    assert_eq!(came_to(Some(full()), |_| {}), Advance::Raised);
    assert_eq!(came_to(Some(full()), done), Advance::Closed);
    assert_eq!(came_to(Some(levels_of([Some("100"), None, Some("100"), None, None])), done), Advance::Unknown);
    assert_eq!(came_to(None, done), Advance::Unknown);
    assert!(Advance::Raised.is_progress() && !Advance::Unknown.is_progress() && !Advance::Fallen.is_progress());
}

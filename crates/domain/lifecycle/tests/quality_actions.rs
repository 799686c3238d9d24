//! Corrective actions are whole and true.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_assessment::*;
use attesta_lifecycle::action::{Action, Milestone, Note, RetestResult, Status};
use attesta_scoring::Shortfall;
use support::*;

#[test]
fn corrective_actions_are_whole() {
    table(&[
        ("required and there", |w| planned(w, |_| {}), &[]),
        (
            "required and missing",
            |w| {
                planned(w, |_| {});
                w.actions.clear();
            },
            &["QC-22 requirement R1"],
        ),
        ("a gap needs none", |w| w.short("R1", Shortfall::Gap), &[]),
        ("no owner", |w| planned(w, |a| a.owner = None), &["QC-23 action a-1"]),
        ("an owner who is nobody", |w| planned(w, |a| a.owner = Some(id("zoe"))), &["QC-23 action a-1"]),
        ("no date", |w| planned(w, |a| a.due = None), &["QC-23 action a-1"]),
        ("no plan", |w| planned(w, |a| a.plan = " ".into()), &["QC-23 action a-1"]),
        ("no milestone", |w| planned(w, |a| a.milestones.clear()), &["QC-23 action a-1"]),
        ("a milestone without a date", |w| planned(w, |a| a.milestones[0].due = None), &["QC-23 action a-1"]),
        (
            "a milestone after the action's date",
            |w| {
                planned(w, |a| a.milestones[0].due = Some(day("2027-02-02")));
            },
            &["QC-23 action a-1"],
        ),
        ("due today", |w| planned(w, |a| (a.due, a.milestones[0].due) = (Some(day(AT)), Some(day(AT)))), &[]),
        (
            "due yesterday",
            |w| {
                planned(w, |a| (a.due, a.milestones[0].due) = (Some(day("2026-11-25")), Some(day("2026-11-25"))));
            },
            &["QC-23 action a-1"],
        ),
        (
            "a milestone due yesterday and done",
            |w| {
                planned(w, |a| {
                    (a.milestones[0].due, a.milestones[0].done) = (Some(day("2026-11-25")), Some(day("2026-11-20")))
                });
            },
            &[],
        ),
        (
            "a plan that is not required may be bare",
            |w| {
                planned(w, |a| (a.owner, a.due) = (None, None));
                w.short("R1", Shortfall::Gap);
            },
            &[],
        ),
        (
            "but not overdue",
            |w| {
                planned(w, |a| a.due = Some(day("2026-11-25")));
                w.short("R1", Shortfall::Gap);
            },
            &["QC-23 action a-1"],
        ),
        (
            "completed and mended",
            |w| {
                planned(w, completed);
                w.scores("R1", [Some("100"), Some("100"), Some("100"), None, None]);
                w.short("R1", Shortfall::None);
            },
            &[],
        ),
        ("completed while implemented is 50", |w| planned(w, completed), &["QC-31 action a-1"]),
        (
            "completed without a retest",
            |w| {
                mended(w, |a| a.retest = None);
            },
            &["QC-31 action a-1"],
        ),
        (
            "completed although the retest failed",
            |w| {
                mended(w, |a| a.retest = Some(retest("2026-11-01", RetestResult::Failed)));
            },
            &["QC-31 action a-1"],
        ),
        (
            "completed by a retest to come",
            |w| {
                mended(w, |a| a.retest = Some(retest("2026-11-27", RetestResult::Passed)));
            },
            &["QC-31 action a-1"],
        ),
        ("completed with a milestone open", |w| mended(w, |a| a.milestones[0].done = None), &["QC-31 action a-1"]),
        (
            "mended and still open",
            |w| {
                planned(w, |_| {});
                w.scores("R1", [Some("100"), Some("100"), Some("100"), None, None]);
                w.short("R1", Shortfall::None);
            },
            &["QC-32 action a-1"],
        ),
        (
            "risen above the limit since the certificate",
            |w| {
                planned(w, |_| {});
                w.short("R1", Shortfall::Gap);
                w.certified = Some([(id("R1"), Shortfall::RequiredCap)].into());
            },
            &["QC-32 action a-1"],
        ),
        (
            "a gap then and now may keep its plan",
            |w| {
                planned(w, |_| {});
                w.short("R1", Shortfall::Gap);
                w.certified = Some([(id("R1"), Shortfall::Gap)].into());
            },
            &[],
        ),
        ("no status", |w| planned(w, |a| a.status = None), &["QC-33 action a-1"]),
        (
            "for a requirement that is not asked",
            |w| {
                w.add_action(action("a-9", "R9"));
            },
            &["QC-34 action a-9"],
        ),
        (
            "for a requirement that does not apply",
            |w| {
                mobile_out(w);
                w.add_action(action("a-9", "R1"));
            },
            &["QC-34 action a-9"],
        ),
        (
            "notes that lead to the status",
            |w| {
                planned(w, |a| {
                    a.progress =
                        vec![note("2026-10-20", Some(Status::NotStarted)), note("2026-11-01", Some(Status::Started))];
                });
            },
            &[],
        ),
        (
            "notes that lead elsewhere",
            |w| {
                planned(w, |a| a.progress = vec![note("2026-10-20", Some(Status::AtRisk))]);
            },
            &["QC-39 action a-1"],
        ),
        (
            "notes that jump",
            |w| {
                planned(w, |a| {
                    a.progress = vec![
                        note("2026-10-20", Some(Status::NotStarted)),
                        note("2026-11-01", Some(Status::Completed)),
                        note("2026-11-02", Some(Status::Started)),
                    ];
                });
            },
            &["QC-39 action a-1"],
        ),
    ]);
}

/// R1 falls short so that a plan is required, and has the one that `support::action` makes.
fn planned(world: &mut World, change: fn(&mut Action)) {
    world.scores("R1", [Some("100"), Some("100"), Some("50"), None, None]);
    world.short("R1", Shortfall::RequiredCap);
    let mut action = action("a-1", "R1");
    change(&mut action);
    world.add_action(action);
}

fn note(on: &str, status: Option<Status>) -> Note {
    Note { on: day(on), by: id("ann"), says: "so".into(), status }
}

fn completed(action: &mut Action) {
    action.status = Some(Status::Completed);
    action.retest = Some(retest("2026-11-01", RetestResult::Passed));
    let done = Milestone { what: "first review".into(), due: Some(day("2026-10-20")), done: Some(day("2026-10-20")) };
    action.milestones = vec![done];
}

/// The action of R1 is completed and R1 is full; `change` breaks the action.
fn mended(world: &mut World, change: fn(&mut Action)) {
    planned(world, completed);
    change(&mut world.actions.get_mut(&id::<ActionId>("a-1")).unwrap().value);
    world.scores("R1", [Some("100"), Some("100"), Some("100"), None, None]);
    world.short("R1", Shortfall::None);
}

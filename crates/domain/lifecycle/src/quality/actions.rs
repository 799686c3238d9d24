//! QC-22, QC-23, QC-31 to QC-34 and QC-39: corrective actions.

use attesta_catalog::Placed;
use attesta_scoring::{Exact, MaturityLevel, Shortfall};

use super::{
    Check, Subject,
    look::{Found, Look, Row, points},
};
use crate::action::{Action, RetestResult, Status};

pub(super) fn look(look: &mut Look<'_>) {
    let (case, rows) = (look.case, look.rows());
    match case.shortfalls {
        Some(_) => missing(look, &rows),
        None => {
            for check in [Check::ActionMissing, Check::ActionIncomplete, Check::ActionOpenLate] {
                look.cannot(check, "no scores could be worked out, so it is not known where a plan is required");
            }
        }
    }
    for placed in case.actions.values() {
        let row = rows.iter().find(|r| *r.key() == placed.value.requirement);
        incomplete(look, placed, row);
        late(look, placed);
        status(look, placed);
        match row {
            Some(row) if !row.not_applicable() => {
                closed_early(look, placed, row);
                open_late(look, placed, row);
            }
            Some(_) => orphaned(look, placed, "which is not applicable"),
            None => orphaned(look, placed, "which this assessment does not ask"),
        }
    }
}

fn subject(action: &Placed<Action>) -> Subject {
    Subject::Action(action.value.id.clone())
}

fn tell(look: &mut Look<'_>, check: Check, action: &Placed<Action>, says: impl Into<String>) {
    look.add(Found::new(check, subject(action), Some(action.place.clone()), says));
}

fn shortfall(look: &Look<'_>, row: &Row<'_>) -> Option<Shortfall> {
    look.case.shortfalls?.get(row.key()).copied()
}

fn missing(look: &mut Look<'_>, rows: &[Row<'_>]) {
    let case = look.case;
    for row in rows.iter().filter(|r| shortfall(look, r) == Some(Shortfall::RequiredCap)).collect::<Vec<_>>() {
        if !case.actions.values().any(|a| a.value.requirement == *row.key()) {
            let says = "a corrective action plan is required, and there is none";
            look.add(Found::new(Check::ActionMissing, row.subject(), row.place(), says));
        }
    }
}

/// For a plan that is not required, all fields are up to its owner.
fn incomplete(look: &mut Look<'_>, placed: &Placed<Action>, row: Option<&Row<'_>>) {
    let (case, action) = (look.case, &placed.value);
    if row.is_none_or(|r| shortfall(look, r) != Some(Shortfall::RequiredCap)) {
        return;
    }
    let mut says = Vec::new();
    match &action.owner {
        None => says.push("it has no owner".to_owned()),
        Some(owner) if !case.dossier.people.contains_key(owner) => {
            says.push(format!("its owner `{owner}` is nobody in people.yaml"));
        }
        Some(_) => {}
    }
    if action.due.is_none() {
        says.push("it has no date".to_owned());
    }
    if action.weakness.trim().is_empty() {
        says.push("it does not say what is weak".to_owned());
    }
    if action.plan.trim().is_empty() {
        says.push("it does not say what will be done".to_owned());
    }
    if !action.milestones.iter().any(crate::action::Milestone::measurable) {
        says.push("it has no milestone that says what can be seen, and until when".to_owned());
    }
    if let (Some(due), Some(last)) = (action.due, action.milestones.iter().filter_map(|m| m.due).max())
        && last > due
    {
        says.push(format!("its last milestone is due on {last}, after the action itself ({due})"));
    }
    for says in says {
        tell(look, Check::ActionIncomplete, placed, says);
    }
}

/// A date that has passed is told for every action, required or not.
fn late(look: &mut Look<'_>, placed: &Placed<Action>) {
    let (at, action) = (look.case.at, &placed.value);
    if action.status == Some(Status::Completed) {
        return;
    }
    let mut past = Vec::new();
    if let Some(due) = action.due.filter(|due| *due < at) {
        past.push((format!("it was due on {due}, before {at}, and is not completed"), format!("due {due}")));
    }
    for milestone in action.milestones.iter().filter(|m| m.done.is_none()) {
        if let Some(due) = milestone.due.filter(|due| *due < at) {
            let what = milestone.what.trim();
            past.push((
                format!("its milestone `{what}` was due on {due}, before {at}, and is not done"),
                format!("milestone {what} {due}"),
            ));
        }
    }
    for (says, fact) in past {
        let found = Found::new(Check::ActionIncomplete, subject(placed), Some(placed.place.clone()), says);
        look.add(found.fact(fact));
    }
}

fn status(look: &mut Look<'_>, placed: &Placed<Action>) {
    if placed.value.status.is_none() {
        tell(look, Check::ActionStatusBlank, placed, "it has no status");
    }
    if let Err(jump) = placed.value.history() {
        tell(look, Check::ActionHistory, placed, jump.to_string());
    }
}

fn closed_early(look: &mut Look<'_>, placed: &Placed<Action>, row: &Row<'_>) {
    let (case, action) = (look.case, &placed.value);
    if action.status != Some(Status::Completed) {
        return;
    }
    let check = Check::ActionClosedEarly;
    match &action.retest {
        None => tell(look, check, placed, "completed without a retest"),
        Some(retest) if retest.result == RetestResult::Failed => {
            tell(look, check, placed, format!("completed although the retest on {} failed", retest.on));
        }
        Some(retest) if retest.on > case.at => {
            let says = format!("completed by a retest on {}, which is yet to come", retest.on);
            let found = Found::new(check, subject(placed), Some(placed.place.clone()), says);
            look.add(found.fact(format!("retest {}", retest.on)));
        }
        Some(_) => {}
    }
    for level in MaturityLevel::ALL.into_iter().filter(|l| case.scored.contains(*l)) {
        let required = case.scored.required.contains(&level);
        match row.levelled.last.get(level) {
            Some(score) if score < Exact::FULL && required => {
                tell(look, check, placed, format!("completed while {level} is {}", points(score)));
            }
            None if required => tell(look, check, placed, format!("completed while {level} is not scored")),
            _ => {}
        }
    }
    if let Some(undone) = action.milestones.iter().find(|m| m.done.is_none()) {
        tell(look, check, placed, format!("completed while its milestone `{}` is not done", undone.what.trim()));
    }
}

/// What has risen above the limit needs no plan any more; the plan should say so.
fn open_late(look: &mut Look<'_>, placed: &Placed<Action>, row: &Row<'_>) {
    if placed.value.status == Some(Status::Completed) {
        return;
    }
    let certified = look.case.certified.and_then(|c| c.get(row.key())).copied();
    let says = match (certified, shortfall(look, row)) {
        (_, Some(Shortfall::None)) => "nothing of its requirement falls short any more, and it is still open",
        (Some(Shortfall::RequiredCap), Some(Shortfall::Gap)) => {
            "its requirement has risen above the limit for required plans since the certificate, and it is still open"
        }
        _ => return,
    };
    tell(look, Check::ActionOpenLate, placed, says);
}

fn orphaned(look: &mut Look<'_>, placed: &Placed<Action>, why: &str) {
    let says = format!("it mends {}, {why}", placed.value.requirement);
    tell(look, Check::ActionOrphaned, placed, says);
}

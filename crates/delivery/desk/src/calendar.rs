//! Every date of an assessment with its rule, forward and back from a target.

use attesta_assessment::{Dossier, RequirementKey};
use attesta_kernel::{Confidence, Date};
use attesta_lifecycle::{Calendar, CalendarAsk, CapDue, InPlace, Milestone, action::Status, calendar as worked_out};
use attesta_scoring::MaturityLevel;

use crate::{
    desk::Desk,
    failure::{Failure, Kind},
    life::Course,
};

/// The calendar, seen on the desk's day; `target` in place of the header's.
///
/// # Errors
///
/// When a date cannot be told.
pub fn calendar(desk: &Desk, course: &Course, target: Option<Date>) -> Result<Calendar, Failure> {
    let header = &desk.dossier.assessment.value;
    let setting = course.setting(desk, desk.at);
    let levels = desk.rules()?.weights.value.levels();
    let (notices, _) = attesta_workspace::notices(&desk.folder, desk.at)?;
    let caps = caps(desk)?;
    let ask = CalendarAsk {
        life: course.history.life(),
        target: target.or(header.target),
        levels: &levels,
        stands: in_place(desk)?,
        caps: &caps,
        notices: &notices,
    };
    worked_out(&setting, ask).map_err(|e| Failure::new(Kind::Unknown, e.to_string()).help(e.help()))
}

/// What a reader of the days alone might miss.
pub fn unsure(calendar: &Calendar) -> Option<String> {
    let unsure = |l: &&Milestone| l.confidence() == Some(Confidence::Unverified);
    let titles: Vec<&str> = calendar.lines.iter().filter(unsure).map(|l| l.key.title()).collect();
    (!titles.is_empty()).then(|| format!("lengths that nobody confirmed shape these days: {}", titles.join("; ")))
}

/// Corrective actions with a day.
fn caps(desk: &Desk) -> Result<Vec<CapDue>, Failure> {
    let actions = attesta_workspace::actions(&desk.folder)?;
    let due = actions.into_values().filter_map(|placed| {
        let action = placed.value;
        let done = action.progress.iter().rev().find(|n| n.status == Some(Status::Completed)).map(|n| n.on);
        let done = done.filter(|_| action.status == Some(Status::Completed));
        Some(CapDue { action: action.id, owner: action.owner, due: action.due?, done })
    });
    Ok(due.collect())
}

/// Since when everything that is scored stands; none where one answer does not say.
fn in_place(desk: &Desk) -> Result<InPlace, Failure> {
    let tailored = desk.tailored()?;
    let levels = desk.rules()?.weights.value.levels();
    let keys: Vec<_> = tailored.requirements.iter().map(|a| &a.requirement.id).collect();
    let youngest = |wanted: &[MaturityLevel]| youngest(&desk.dossier, &keys, wanted, &levels);
    Ok(InPlace {
        documents: youngest(&[MaturityLevel::Policy, MaturityLevel::Procedure]),
        operation: youngest(&[MaturityLevel::Implemented]),
    })
}

fn youngest(
    dossier: &Dossier,
    keys: &[&RequirementKey],
    wanted: &[MaturityLevel],
    scored: &[MaturityLevel],
) -> Option<Date> {
    let mut youngest = None;
    for key in keys {
        let answered = &dossier.answers.get(*key)?.value;
        if answered.not_applicable.is_some() {
            continue;
        }
        for level in wanted.iter().filter(|l| scored.contains(l)) {
            youngest = youngest.max(Some(answered.levels.get(level)?.in_place_since?));
        }
    }
    youngest
}

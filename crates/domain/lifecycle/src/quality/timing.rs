//! QC-11 to QC-13, QC-24 and QC-40: how long something stood before its test, how long the testing took, what changed
//! after it.

use attesta_assessment::Side;
use attesta_kernel::{Date, Place};
use attesta_scoring::MaturityLevel;

use super::{
    Check, Handed, Subject,
    case::days,
    look::{Found, Look, OwnLevel, Row, points},
};
use crate::{Change, Phase, drift, may_change};

pub(super) fn look(look: &mut Look<'_>) {
    for own in look.own_levels() {
        young(look, &own);
    }
    for row in look.rows() {
        changed(look, &row);
        not_validated(look, &row);
    }
    fieldwork(look);
    if let Some(handed) = look.case.handed {
        files_changed(look, handed);
    }
}

fn young(look: &mut Look<'_>, own: &OwnLevel<'_>) {
    let case = look.case;
    let written = matches!(own.level, MaturityLevel::Policy | MaturityLevel::Procedure);
    let (check, window, name) = if written {
        (Check::WrittenTooYoung, &case.windows.written, "how long a policy or procedure must stand")
    } else {
        (Check::WorkingTooYoung, &case.windows.working, "how long a control must operate")
    };
    let Some(limit) = look.window(check, window.as_ref(), name) else { return };
    let stands = if written { "approved" } else { "in operation" };
    let Some(since) = own.answer.in_place_since.or_else(|| if written { approved(look, own) } else { None }) else {
        let says = format!("scored {}, and nobody says since when it is {stands}", points(own.score));
        look.add(Found::new(check, own.subject(), own.row.place(), says));
        return;
    };
    let tested = own.tested();
    let reference = tested.unwrap_or(case.at);
    let age = days(since, reference);
    if age < limit.value.into() {
        let on = match tested {
            Some(tested) => format!("its test on {tested}"),
            None => format!("today, {reference}, as it is not tested yet"),
        };
        let says = format!(
            "{stands} since {since}, {age} days before {on}; at least {} [{}]",
            limit.value, limit.provenance.confidence
        );
        let fact = format!("{since} {}", tested.map_or_else(|| "untested".to_owned(), |t| t.to_string()));
        look.add(Found::new(check, own.subject(), own.row.place(), says).fact(fact).by(limit));
    }
}

/// The last approval among the documents that show a level.
fn approved(look: &Look<'_>, own: &OwnLevel<'_>) -> Option<Date> {
    let register = &look.case.dossier.evidence;
    own.answer.evidence.iter().filter_map(|u| register.get(&u.evidence)?.value.effective).max()
}

/// Fieldwork is counted back from the submission (or from the day of the check, until there is one).
fn fieldwork(look: &mut Look<'_>) {
    let case = look.case;
    let tests = case.dossier.validation.values().map(|v| v.value.tested_on);
    let Some(began) = tests.chain(case.dates.fieldwork_began).min() else { return };
    let window = look.window(Check::FieldworkTooLong, case.windows.fieldwork.as_ref(), "how long fieldwork may take");
    let Some(limit) = window else { return };
    let (until, what) = case.dates.submission.map_or((case.at, "today"), |day| (day, "submission"));
    let length = days(began, until);
    if length > limit.value.into() {
        let says = format!(
            "fieldwork began on {began}, {length} days before {what} ({until}); at most {} [{}]",
            limit.value, limit.provenance.confidence
        );
        let fact = match case.dates.submission {
            Some(day) => format!("{began} {day}"),
            None => format!("{began} not submitted"),
        };
        let at = Some(case.dossier.assessment.place.clone());
        look.add(Found::new(Check::FieldworkTooLong, Subject::Assessment, at, says).fact(fact).by(limit));
    }
}

fn changed(look: &mut Look<'_>, row: &Row<'_>) {
    let (case, check) = (look.case, Check::ChangedAfterCompletion);
    let Some(validated) = row.validated.filter(|v| v.value.complete) else { return };
    let done = validated.value.tested_on;
    let levels = row.answer.into_iter().flat_map(|a| &a.value.levels);
    for (level, tested) in levels.filter_map(|(level, a)| Some((level, a.tested_on.filter(|t| *t > done)?))) {
        let says = format!("{level} was tested again on {tested}, after the assessor finished on {done}");
        look.add(Found::new(check, row.subject(), row.place(), says));
    }
    let Some(then) = case.completed.and_then(|kept| kept.get(row.key())) else { return };
    for level in MaturityLevel::ALL.into_iter().filter(|l| case.scored.contains(*l)) {
        let (then, now) = (then.get(level), row.levelled.last.get(level));
        if then != now {
            let word = |score: Option<_>| score.map_or_else(|| "not scored".to_owned(), points);
            let says = format!("{level} was {} when the assessor finished and is {} now", word(then), word(now));
            look.add(Found::new(check, row.subject(), row.place(), says));
        }
    }
}

/// Answers and results that were handed on are not touched by either side (Handbook 13.4 has checks run at each hand-off).
fn files_changed(look: &mut Look<'_>, handed: Handed<'_>) {
    let phase = handed.life.state.phase();
    if phase < Phase::Validation || phase.is_final() {
        return;
    }
    for (path, what, how) in drift(&handed.life.files, handed.now) {
        let concerned = matches!(what, crate::Subject::Answers | crate::Subject::AssessorResults);
        // Whose change it would be is not known here; what neither side may do is an issue.
        let refused = [Side::Entity, Side::Assessor].map(|side| may_change(phase, what, side, true));
        if let (true, [Change::Refused(_), Change::Refused(why)]) = (concerned, refused) {
            let says = format!("{path} {how} since the last hand-off; {}", why.as_str());
            let place = Some(Place::new(path.to_string(), None));
            look.add(Found::new(Check::ChangedAfterCompletion, Subject::Document(path), place, says));
        }
    }
}

fn not_validated(look: &mut Look<'_>, row: &Row<'_>) {
    let says = match row.validated {
        None => "the assessor has not looked at it",
        Some(v) if !v.value.complete => "the assessor has not finished with it",
        Some(v) => {
            let claimed = row.answer.is_some_and(|a| a.value.not_applicable.is_some());
            if !claimed || v.value.not_applicable.is_some() {
                return;
            }
            "the entity says that it is not applicable, and the assessor neither agrees nor disagrees"
        }
    };
    let place = row.validated.map(|v| v.place.clone()).or_else(|| row.place());
    look.add(Found::new(Check::NotValidated, row.subject(), place, says));
}

//! QC-27, QC-28, QC-30 and QC-37: the documents of the submission package.

use attesta_kernel::{Date, Place};

use super::{
    Check, Subject,
    look::{Found, Look},
};
use crate::submission::{Signature, Work};

pub(super) fn look(look: &mut Look<'_>) {
    signatures(look);
    reservation(look);
    hours(look);
    documents(look);
}

fn tell(look: &mut Look<'_>, check: Check, document: &str, place: Option<&Place>, says: impl Into<String>) {
    look.add(Found::new(check, Subject::Document(document.into()), place.cloned(), says));
}

fn signatures(look: &mut Look<'_>) {
    let (submission, check) = (look.case.submission, Check::SignatureMissing);
    let tests = look.case.dossier.validation.values().map(|v| v.value.tested_on);
    let ended = look.case.dates.fieldwork_ended.into_iter().chain(tests).max();
    match &submission.representation_letter {
        None => tell(look, check, "representation_letter", None, "there is none"),
        Some(letter) => signed(look, "representation_letter", &letter.value, &letter.place, ended),
    }
    match &submission.report_agreement {
        None => tell(look, check, "report_agreement", None, "there is none"),
        Some(agreement) => {
            signed(look, "report_agreement", &agreement.value.entity, &agreement.place, ended);
        }
    }
    if let Some(agreement) = &submission.participation_agreement {
        signed(look, "participation_agreement", &agreement.value, &agreement.place, None);
    }
}

/// Signed, not ahead of time, and not before there was something to represent.
fn signed(look: &mut Look<'_>, document: &str, signature: &Signature, place: &Place, ended: Option<Date>) {
    let (at, check) = (look.case.at, Check::SignatureMissing);
    if signature.by.trim().is_empty() {
        tell(look, check, document, Some(place), "it does not say who signs");
    }
    match (signature.on, ended) {
        (None, _) => tell(look, check, document, Some(place), "it is not signed"),
        (Some(on), _) if on > at => {
            let says = format!("it is signed on {on}, which is yet to come on {at}");
            let subject = Subject::Document(document.into());
            look.add(Found::new(check, subject, Some(place.clone()), says).fact(format!("to come {on}")));
        }
        (Some(on), Some(ended)) if on < ended => {
            tell(
                look,
                check,
                document,
                Some(place),
                format!("it is signed on {on}, before fieldwork ended on {ended}"),
            );
        }
        (Some(_), _) => {}
    }
}

fn reservation(look: &mut Look<'_>) {
    let (case, check) = (look.case, Check::ReservationMissing);
    let Some(reservation) = &case.submission.reservation else {
        tell(look, check, "qa_reservation", None, "no time is reserved for HITRUST's quality assurance");
        return;
    };
    let (submission, place) = (case.dates.submission.unwrap_or(case.at), &reservation.place);
    let value = &reservation.value;
    let mut late = |says: String, fact: String| {
        let subject = Subject::Document("qa_reservation".into());
        look.add(Found::new(check, subject, Some(place.clone()), says).fact(fact));
    };
    if let Some(by) = value.submit_by.filter(|by| *by < submission) {
        late(format!("it is lost unless submitted by {by}; submission is {submission}"), format!("submit by {by}"));
    }
    if value.begins < submission {
        late(
            format!("its block begins on {}, before submission on {submission}", value.begins),
            format!("begins {}", value.begins),
        );
    }
}

fn hours(look: &mut Look<'_>) {
    let (case, check) = (look.case, Check::QualityHoursMissing);
    let Some(sheet) = &case.submission.time_sheet else {
        tell(look, check, "time_sheet", None, "there is none");
        return;
    };
    let quality = sheet.value.iter().filter(|h| h.work == Work::Quality && h.hours > 0);
    let (mut any, place) = (false, &sheet.place);
    for row in quality {
        any = true;
        if !case.dossier.people.contains_key(&row.person) {
            let says = format!("`{}` has hours of quality assurance and is nobody in people.yaml", row.person);
            tell(look, check, "time_sheet", Some(place), says);
        }
    }
    if !any {
        tell(look, check, "time_sheet", Some(place), "it has no hours of quality assurance");
    }
}

fn documents(look: &mut Look<'_>) {
    let (submission, check) = (look.case.submission, Check::PackageIncomplete);
    match &submission.checklist {
        None => tell(look, check, "qa_checklist", None, "there is none"),
        Some(checklist) => {
            let value = &checklist.value;
            let signers = [("executive", value.executive_on), ("reviewer", value.reviewer_on)];
            for (who, _) in signers.into_iter().filter(|(_, on)| on.is_none()) {
                tell(look, check, "qa_checklist", Some(&checklist.place), format!("the {who} has not signed it"));
            }
            if value.executive == value.reviewer {
                let says = format!("`{}` signs as executive and as reviewer", value.executive);
                tell(look, check, "qa_checklist", Some(&checklist.place), says);
            }
        }
    }
    if submission.overview.is_none() {
        tell(look, check, "organisation_overview", None, "there is none");
    }
    match &submission.audits_utilised {
        None => tell(look, check, "audits_utilised", None, "nobody says which audits were used, or that none were"),
        Some(audits) => {
            for audit in audits.value.iter().filter(|a| a.covers.is_empty() || a.dated.is_none()) {
                let lacks = if audit.dated.is_none() { "no date" } else { "no platform or facility" };
                let says = format!("`{}` of `{}` has {lacks}", audit.report, audit.organisation);
                tell(look, check, "audits_utilised", Some(&audits.place), says);
            }
        }
    }
}

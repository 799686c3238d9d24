//! The assessor's team and the submission package.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_assessment::*;
use attesta_lifecycle::submission::*;
use support::*;

#[test]
fn the_team_holds_its_credentials_and_stands_apart() {
    table(&[
        ("a tester without the credential", |w| w.person("bob").credentials.clear(), &["QC-26 person bob"]),
        ("the credential in small letters", |w| w.person("bob").credentials = ["ccsfp".to_owned()].into(), &[]),
        ("a tester of the entity", |w| w.person("bob").side = Side::Entity, &["QC-26 person bob"]),
        ("a tester who is nobody", |w| w.validated("R1").tester = id("zoe"), &["QC-26 person zoe"]),
        (
            "a reviewer without one of two credentials",
            |w| {
                w.person("cat").credentials.remove("CHQP");
            },
            &["QC-26 person cat"],
        ),
        ("no reviewer", |w| w.person("cat").role = "tester".into(), &["QC-26 assessment"]),
        ("the reviewer tests", |w| w.validated("R1").tester = id("cat"), &["QC-26 person cat"]),
        (
            "tested what they built",
            |w| {
                w.person("bob").implemented.insert(id("R2"));
            },
            &["QC-36 person bob"],
        ),
        (
            "built what somebody else tested",
            |w| {
                w.person("bob").implemented.insert(id("R2"));
                w.person("eve").credentials.insert("CCSFP".into());
                w.validated("R2").tester = id("eve");
            },
            &[],
        ),
    ]);
}

#[test]
fn the_package_is_whole() {
    table(&[
        ("no letter", |w| w.submission.representation_letter = None, &["QC-27 document representation_letter"]),
        ("a letter that is not signed", |w| letter(w, None), &["QC-27 document representation_letter"]),
        ("signed on the last day of fieldwork", |w| letter(w, Some("2026-11-10")), &[]),
        ("signed before it", |w| letter(w, Some("2026-11-09")), &["QC-27 document representation_letter"]),
        ("signed tomorrow", |w| letter(w, Some("2026-11-27")), &["QC-27 document representation_letter"]),
        (
            "without the end of fieldwork the last test counts",
            |w| {
                w.dates.fieldwork_ended = None;
                letter(w, Some("2026-10-09"));
            },
            &["QC-27 document representation_letter"],
        ),
        ("no agreement", |w| w.submission.report_agreement = None, &["QC-27 document report_agreement"]),
        (
            "an agreement that the entity has not signed",
            |w| {
                w.submission.report_agreement.as_mut().unwrap().value.entity.on = None;
            },
            &["QC-27 document report_agreement"],
        ),
        ("no reservation", |w| w.submission.reservation = None, &["QC-28 document qa_reservation"]),
        (
            "a reservation that submission misses",
            |w| w.dates.submission = Some(day("2026-12-02")),
            &["QC-28 document qa_reservation"],
        ),
        (
            "a block before submission",
            |w| {
                let reservation = &mut w.submission.reservation.as_mut().unwrap().value;
                (reservation.begins, reservation.submit_by) = (day("2026-11-29"), None);
            },
            &["QC-28 document qa_reservation"],
        ),
        ("no time sheet", |w| w.submission.time_sheet = None, &["QC-30 document time_sheet"]),
        (
            "no hours of quality assurance",
            |w| {
                w.submission.time_sheet.as_mut().unwrap().value[0].work = Work::Fieldwork;
            },
            &["QC-30 document time_sheet"],
        ),
        (
            "no time of quality assurance",
            |w| {
                w.submission.time_sheet.as_mut().unwrap().value[0].hours = 0;
            },
            &["QC-30 document time_sheet"],
        ),
        (
            "hours of somebody who is nobody",
            |w| {
                w.submission.time_sheet.as_mut().unwrap().value[0].person = id("zoe");
            },
            &["QC-30 document time_sheet"],
        ),
        ("no checklist", |w| w.submission.checklist = None, &["QC-37 document qa_checklist"]),
        (
            "a checklist that one has not signed",
            |w| {
                w.submission.checklist.as_mut().unwrap().value.reviewer_on = None;
            },
            &["QC-37 document qa_checklist"],
        ),
        (
            "a checklist that one signed twice",
            |w| {
                w.submission.checklist.as_mut().unwrap().value.executive = id("cat");
            },
            &["QC-37 document qa_checklist"],
        ),
        ("no overview", |w| w.submission.overview = None, &["QC-37 document organisation_overview"]),
        ("nobody says which audits", |w| w.submission.audits_utilised = None, &["QC-37 document audits_utilised"]),
        (
            "an audit without a date",
            |w| {
                w.submission.audits_utilised.as_mut().unwrap().value.push(Audit {
                    organisation: "Auditor".into(),
                    report: "SOC 2".into(),
                    dated: None,
                    covers: vec!["cloud".into()],
                });
            },
            &["QC-37 document audits_utilised"],
        ),
    ]);
}

fn letter(world: &mut World, on: Option<&str>) {
    world.submission.representation_letter.as_mut().unwrap().value.on = on.map(day);
}

//! What a review says, and when it may be trusted.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_assessment::*;
use attesta_lifecycle::quality::*;
use support::*;

#[test]
fn a_clean_assessment_has_no_issue_and_every_check_looks() {
    let review = clean().review();
    assert_eq!(review.issues, []);
    assert_eq!(review.unlooked, []);
    assert_eq!(review.looked, Check::ALL.len());
    assert!(HandOff::ALL.into_iter().all(|h| review.passage(h) == Passage::Open));
}

#[test]
fn a_check_looks_only_at_its_purposes_and_programs() {
    let mut world = clean();
    world.submission.reservation = None;
    let rule = world.checks.rules.get_mut(&Check::ReservationMissing).unwrap();
    rule.purposes = [Purpose::Readiness].into();
    assert_eq!(world.found(), [""; 0]);
    let rule = world.checks.rules.get_mut(&Check::ReservationMissing).unwrap();
    (rule.purposes, rule.programs) = ([Purpose::Validated].into(), ["e1".to_owned()].into());
    assert_eq!(world.found(), [""; 0]);
    world.checks.rules.get_mut(&Check::ReservationMissing).unwrap().programs =
        ["e1".to_owned(), "r2".to_owned()].into();
    assert_eq!(world.found(), ["QC-28 document qa_reservation"]);
}

#[test]
fn an_issue_says_its_values_its_mend_and_how_sure_its_figure_is() {
    let mut world = clean();
    world.on("R1", "policy").in_place_since = Some(day("2026-08-03"));
    let review = world.review();
    let [issue] = review.issues.as_slice() else { panic!("{review:#?}") };
    assert_eq!(
        issue.says,
        ["approved since 2026-08-03, 59 days before its test on 2026-10-01; at least 60 [unverified]"]
    );
    assert_eq!(issue.mend, "mend QC-11");
    assert_eq!(issue.place.as_ref().unwrap().to_string(), "answers/all.yaml:10");
    assert_eq!(issue.provenances.len(), 2);
    assert_eq!(issue.hand_off, HandOff::Actions);
    assert_eq!(review.passage(HandOff::Validation), Passage::Open);
    assert_eq!(review.passage(HandOff::Actions), Passage::Blocked(1));
    assert_eq!(review.passage(HandOff::Submission), Passage::Blocked(1));
}

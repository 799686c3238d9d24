//! Every date with its rule: forward from what is recorded, back from a target.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod drive;

use attesta_assessment::{PriorCertificate, Purpose};
use attesta_kernel::Date;
use attesta_lifecycle::*;
use attesta_scoring::MaturityLevel;
use drive::*;
use proptest::prelude::*;

const THREE: [MaturityLevel; 3] = [MaturityLevel::Policy, MaturityLevel::Procedure, MaturityLevel::Implemented];

fn made(setting: &Setting<'_>, life: &Life, target: Option<Date>, stands: InPlace) -> Calendar {
    let notices = Notices::default();
    let ask = CalendarAsk { life, target, levels: &THREE, stands, caps: &[], notices: &notices };
    calendar(setting, ask).unwrap()
}

fn told(calendar: &Calendar) -> Vec<String> {
    calendar
        .lines
        .iter()
        .map(|l| format!("{} {} {} {}", l.begins, l.ends, l.key, l.standing(calendar.today).as_str()))
        .collect()
}

#[test]
fn a_target_is_planned_back_day_by_day() {
    let world = World::new();
    let setting = Setting { today: day("2026-01-02"), ..world.setting(Purpose::Validated, None) };
    let life = Life::begin(Purpose::Validated, setting.track().unwrap());
    let calendar = made(&setting, &life, Some(day("2026-12-01")), InPlace::default());
    // Counted by hand: 7 days of report, 30 of reading, 14 of answers, 10 business days to the first questions, 7 of block, 5
    // business days of check-in; 90 of fieldwork; 60 for documents, 90 for controls.
    assert_eq!(
        told(&calendar),
        [
            "2026-01-02 2026-01-02 created done",
            "2026-03-15 2026-03-15 operation-first ahead",
            "2026-04-14 2026-04-14 documents-first ahead",
            "2026-06-13 2026-06-13 operation-last ahead",
            "2026-06-13 2026-09-11 fieldwork ahead",
            "2026-07-13 2026-07-13 documents-last ahead",
            "2026-09-11 2026-09-11 letter ahead",
            "2026-09-11 2026-09-11 submission ahead",
            "2026-09-11 2026-09-18 check-in ahead",
            "2026-09-18 2026-09-25 qa-block ahead",
            "2026-09-25 2026-10-11 qa-feedback ahead",
            "2026-10-11 2026-10-25 qa-answers ahead",
            "2026-10-25 2026-11-24 draft-review ahead",
            "2026-11-24 2026-12-01 final-report ahead",
            "2026-12-01 2026-12-01 target ahead",
        ]
    );
    assert_eq!(calendar.outlook, Outlook::Open);
    assert!(calendar.lines.iter().filter(|l| l.provenance.is_none()).all(|l| {
        matches!(l.key, MilestoneKey::Created | MilestoneKey::Letter | MilestoneKey::Submission | MilestoneKey::Target)
    }));
}

#[test]
fn a_target_that_cannot_be_met_says_what_would_have_been_due() {
    let world = World::new();
    let on = |today: &str, stands: InPlace| {
        let setting = Setting { today: day(today), ..world.setting(Purpose::Validated, None) };
        let life = Life::begin(Purpose::Validated, setting.track().unwrap());
        made(&setting, &life, Some(day("2026-12-01")), stands).outlook
    };
    let stands =
        |documents: &str, operation: &str| InPlace { documents: Some(day(documents)), operation: Some(day(operation)) };
    assert_eq!(
        on("2026-05-01", InPlace::default()),
        Outlook::Tight { passed: vec![MilestoneKey::OperationFirst, MilestoneKey::DocumentsFirst] },
        "tests must come later in the fieldwork"
    );
    let Outlook::Missed { first, due, earliest } = on("2026-07-14", InPlace::default()) else { panic!() };
    assert_eq!((first, due), (MilestoneKey::OperationLast, day("2026-06-13")));
    assert!(earliest > day("2026-12-01"), "{earliest}");
    assert_eq!(on("2026-07-14", stands("2026-01-10", "2026-01-10")), Outlook::Open);
    let Outlook::Missed { first, due, .. } = on("2026-07-14", stands("2026-07-14", "2026-01-10")) else { panic!() };
    assert_eq!((first, due), (MilestoneKey::DocumentsLast, day("2026-07-13")), "one day late is late");
}

#[test]
fn the_earliest_day_meets_its_own_plan() {
    let world = World::new();
    for today in ["2026-02-03", "2026-07-31", "2027-12-24"] {
        let setting = Setting { today: day(today), ..world.setting(Purpose::Validated, None) };
        let set = StageSet { validation: true, qa: true, draft: true };
        let earliest = earliest(setting.figures, set, &THREE, day(today), InPlace::default(), None).unwrap();
        let life = Life::begin(Purpose::Validated, setting.track().unwrap());
        let stands = InPlace { documents: Some(day(today)), operation: Some(day(today)) };
        let at = |target| made(&setting, &life, Some(target), stands).outlook;
        assert!(matches!(at(earliest), Outlook::Tight { .. }), "{today}: {earliest} can be met");
        assert!(matches!(at(days_before(earliest, 5)), Outlook::Missed { .. }), "{today}: five days before cannot");
    }
}

fn certified(prior: &PriorCertificate) -> Vec<String> {
    let world = World::new();
    let setting = Setting { today: day("2026-07-01"), ..world.setting(Purpose::Interim, Some(prior)) };
    let life = Life::begin(Purpose::Interim, setting.track().unwrap());
    told(&made(&setting, &life, None, InPlace::default()))
}

#[test]
fn a_certificate_of_june_first_has_these_days() {
    assert_eq!(
        certified(&prior("r2", "2026-06-01")),
        [
            "2026-01-02 2026-01-02 created done",
            "2026-06-01 2028-06-01 certificate now",
            "2027-02-01 2027-02-01 interim-create ahead",
            "2027-03-03 2027-06-01 interim ahead",
            "2028-04-02 2028-07-01 bridge ahead",
            "2028-06-01 2028-06-01 recertification ahead",
        ]
    );
    assert_eq!(
        certified(&prior("i1", "2026-06-01")),
        [
            "2026-01-02 2026-01-02 created done",
            "2026-06-01 2027-06-01 certificate now",
            "2027-06-01 2027-06-01 recertification ahead",
            "2027-06-01 2027-06-01 rapid ahead",
        ]
    );
    let (terms, figures) = (World::new().terms, World::new().figures);
    let (_, ends) = bridge_window(terms.of("r2").unwrap(), &figures, day("2026-06-01")).unwrap().unwrap();
    assert_eq!(ends.day, day("2028-08-30"), "a bridge holds 90 days from the old expiry");
    assert_eq!(bridge_window(terms.of("i1").unwrap(), &figures, day("2026-06-01")).unwrap(), None);
}

#[test]
fn days_under_way_follow_from_what_was_recorded() {
    let world = World::new();
    let setting = Setting { today: day("2026-06-20"), ..world.setting(Purpose::Validated, None) };
    let mut steps: Vec<(Verb, &str)> =
        way_to(Purpose::Validated, Phase::Validation).into_iter().map(|v| (v, "2026-04-01")).collect();
    steps.extend([(Verb::BeginFieldwork, "2026-04-01"), (Verb::CompleteValidation, "2026-05-20")]);
    steps.extend([
        (Verb::SignLetter, "2026-05-21"),
        (Verb::HandInCaps, "2026-05-22"),
        (Verb::SignAgreement, "2026-05-22"),
    ]);
    let history = drive(&setting, History::begin(Purpose::Validated, setting.track().unwrap()), &steps);
    let reserve = Command::new(Verb::ReserveQa, Some(day("2026-06-15")), None, None).unwrap();
    let seen_files = files();
    let readiness = open();
    let seen = Seen { readiness: &readiness, files: &seen_files };
    let history = advance(&history, &setting, seen, &reserve, telling(Verb::ReserveQa, "2026-05-25")).unwrap();
    let history = drive(&setting, history, &[(Verb::Submit, "2026-06-05")]);
    let notices = Notices {
        events: vec![SecurityEvent {
            id: "login".parse().unwrap(),
            what: "a strange login".into(),
            identified: day("2026-05-01"),
            ended: None,
            told: None,
            by: "ana".parse().unwrap(),
        }],
        changes: vec![],
    };
    let caps = [CapDue {
        action: "cap-1".parse().unwrap(),
        owner: Some("ana".parse().unwrap()),
        due: day("2026-06-10"),
        done: None,
    }];
    let ask = CalendarAsk {
        life: history.life(),
        target: None,
        levels: &THREE,
        stands: InPlace::default(),
        caps: &caps,
        notices: &notices,
    };
    assert_eq!(
        told(&calendar(&setting, ask).unwrap()),
        [
            "2026-01-02 2026-01-02 created done",
            "2026-04-01 2026-06-30 fieldwork done",
            "2026-05-21 2026-05-21 letter done",
            "2026-06-05 2026-06-05 submission done",
            "2026-06-10 2026-06-10 cap passed",
            "2026-06-15 2026-06-21 qa-block now",
            "2026-06-30 2026-06-30 security-event ahead",
        ]
    );
}

fn rapid(prior: &PriorCertificate, on: &str, sets: &[(RapidSet, u32)]) -> Result<RapidPlan, Vec<String>> {
    let world = World::new();
    let sets = sets.iter().map(|(kind, n)| SetSize { kind: *kind, name: kind.as_str().into(), requirements: *n });
    let terms = world.terms.of(&prior.program).unwrap();
    rapid_plan(terms, &world.figures, prior, day(on), &Told::Unchanged, &Told::Unchanged, sets.collect())
        .map_err(|e| e.iter().map(ToString::to_string).collect())
}

#[test]
fn a_rapid_assessment_draws_sixty_of_sets_that_are_larger() {
    let i1 = prior("i1", "2026-06-01");
    let plan = rapid(&i1, "2027-05-01", &[(RapidSet::Core, 182), (RapidSet::Compliance, 60)]).unwrap();
    assert_eq!((plan.sample, plan.sampled.len(), plan.whole.len()), (60, 1, 1), "182 yes, 60 no");
    assert_eq!(rapid(&i1, "2027-05-01", &[(RapidSet::Compliance, 61)]).unwrap().sampled.len(), 1, "61 yes");
    let e1 = prior("e1", "2026-06-01");
    let no = rapid(&e1, "2027-05-01", &[(RapidSet::Core, 43)]).unwrap_err();
    assert_eq!(no, ["no set qualifies: a set needs more than 60 requirements (core 43)"]);
    let never = rapid(&e1, "2027-05-01", &[(RapidSet::Core, 182)]).unwrap_err();
    assert!(never[0].starts_with("no set qualifies"), "the core of an e1 never qualifies, however large");
    assert_eq!(
        rapid(&prior("r2", "2026-06-01"), "2027-05-01", &[(RapidSet::Core, 400)]).unwrap_err(),
        ["a certificate of `r2` is not renewed by a rapid assessment"]
    );
}

#[test]
fn a_rapid_assessment_is_refused_with_every_reason() {
    let mut i1 = prior("i1", "2026-06-01");
    i1.rapid = true;
    i1.csf = "v9.6.2".into();
    let why = rapid(&i1, "2027-06-02", &[(RapidSet::Core, 182)]).unwrap_err();
    assert_eq!(
        why,
        [
            "the certificate of 2026-06-01 came of a rapid assessment itself; two do not follow each other",
            "the certificate stands on CSF v9.6.2, older than v11.0.0",
            "the certificate expired on 2027-06-01; the letter is signed on that day at the latest",
        ]
    );
    assert!(rapid(&prior("i1", "2026-06-01"), "2027-06-01", &[(RapidSet::Core, 182)]).is_ok(), "on the day itself");
    let world = World::new();
    let sets = vec![SetSize { kind: RapidSet::Core, name: "core".into(), requirements: 182 }];
    let i1 = prior("i1", "2026-06-01");
    let terms = world.terms.of("i1").unwrap();
    let unknown = rapid_plan(terms, &world.figures, &i1, day("2027-05-01"), &Told::Unknown, &Told::Unknown, sets);
    assert_eq!(unknown.unwrap_err().len(), 2, "what nobody told is not as it was");
}

proptest! {
    /// Whatever the target: lines follow each other without a hole, and end on it.
    #[test]
    fn a_plan_has_no_holes(days in 200_u32..1500) {
        let world = World::new();
        let setting = Setting { today: day("2026-01-02"), ..world.setting(Purpose::Validated, None) };
        let life = Life::begin(Purpose::Validated, setting.track().unwrap());
        let target = days_after(day("2026-01-02"), days);
        let calendar = made(&setting, &life, Some(target), InPlace::default());
        let stages = [
            MilestoneKey::Fieldwork, MilestoneKey::CheckIn, MilestoneKey::QaBlock, MilestoneKey::QaFeedback,
            MilestoneKey::QaAnswers, MilestoneKey::DraftReview, MilestoneKey::FinalReport,
        ];
        let line = |key| calendar.lines.iter().find(|l| l.key == key).unwrap();
        for pair in stages.windows(2) {
            prop_assert_eq!(line(pair[0]).ends, line(pair[1]).begins);
        }
        prop_assert_eq!(line(MilestoneKey::FinalReport).ends, target);
        prop_assert!(calendar.lines.iter().all(|l| l.begins <= l.ends && !l.rule.is_empty()));
    }
}

//! What automation proposes, and when it counts.
#![expect(clippy::unwrap_used, reason = "a test may stop at a surprise")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    Asked, CheckRun, Condition, Frequencies, Judgement, Measure, Met, NoHistory, PackElement, PackId, PackRequirement,
    Proposal, ProposalVerdict, Reason, Seen, Strength, VerdictRefusal, propose, propose_from_history,
};
use attesta_catalog::Proof;
use attesta_kernel::{Date, ElementId, Share};
use attesta_scoring::MaturityLevel;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn element(number: u8) -> ElementId {
    format!("ATT-01-01.{number}").parse().unwrap()
}

/// Elements 1 to 3 are told by settings, 4 by settings and people, 5 by people.
fn requirement() -> PackRequirement {
    PackRequirement {
        id: "ATT-01-01".parse().unwrap(),
        domain: 1,
        control_reference: "01.b".parse().unwrap(),
        title: "One".into(),
        text: String::new(),
        elements: (1..=5)
            .map(|number| PackElement { number, text: String::new(), proven_by: Some(element(number)) })
            .collect(),
        core_of: BTreeSet::new(),
        brought_by: BTreeSet::new(),
        brought_when: Condition::Always,
        when: Condition::Always,
        sampled: false,
        topics: BTreeSet::new(),
        hipaa: BTreeSet::new(),
        maps: BTreeMap::new(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is handed in where some elements are not known")]
fn proof(id: &ElementId) -> Option<Proof> {
    Some(match id.as_str() {
        "ATT-01-01.4" => Proof::Both,
        "ATT-01-01.5" => Proof::People,
        _ => Proof::Automation,
    })
}

fn run(on: &str, component: Option<&str>, seen: &[(u8, u32, u32, u32)]) -> CheckRun {
    let seen = seen.iter().map(|(number, passes, fails, unknowns)| {
        (element(*number), Seen { passes: *passes, fails: *fails, waived: 0, unknowns: *unknowns })
    });
    CheckRun { on: day(on), component: component.map(|c| c.parse().unwrap()), inputs: Vec::new(), seen: seen.collect() }
}

fn proposed(runs: &[CheckRun]) -> Vec<Proposal> {
    let (pack, requirement): (PackId, _) = ("own".parse().unwrap(), requirement());
    let because = vec![Reason::Core];
    let asked = Asked { pack: &pack, requirement: &requirement, because, core: true, required_for_certification: true };
    propose(&[asked], runs, &proof)
}

#[test]
fn an_element_is_met_where_it_operates_and_unknowns_count_against_the_strength() {
    let runs = [run("2026-09-01", None, &[(1, 8, 2, 0), (2, 0, 3, 0), (3, 0, 0, 4), (4, 5, 0, 5)])];
    let proposals = proposed(&runs);
    let part = &proposals[0].parts[0];
    assert_eq!(part.met, [1].into());
    assert_eq!(part.unmet, [2].into());
    assert_eq!(part.unknown, [3].into());
    assert_eq!(part.people, [4, 5].into(), "the half of element 4 that settings tell is fine; people tell the rest");
    // 8 of 10 of element 1, and 5 of 10 of element 4's technical half.
    assert_eq!(part.operates, Share::new(13, 20));
}

#[test]
fn what_settings_do_not_tell_gets_no_proposal() {
    assert!(proposed(&[run("2026-09-01", None, &[])]).is_empty());
    assert!(proposed(&[]).is_empty());
    let waived = Seen { waived: 1, ..Seen::default() };
    let mut only_waived = run("2026-09-01", None, &[]);
    only_waived.seen.insert(element(1), waived);
    assert_eq!(proposed(&[only_waived])[0].parts[0].unmet, [1].into(), "a waiver is no pass");
}

#[test]
fn the_newest_check_of_each_part_speaks() {
    let runs = [
        run("2026-08-01", Some("app"), &[(1, 1, 0, 0)]),
        run("2026-09-01", Some("app"), &[(1, 0, 1, 0)]),
        run("2026-08-15", Some("db"), &[(1, 1, 0, 0)]),
        run("2026-09-02", None, &[(1, 9, 0, 0)]),
    ];
    let proposals = proposed(&runs);
    assert_eq!(proposals[0].checked, day("2026-09-01"));
    let parts: Vec<_> = proposals[0].parts.iter().map(|p| (p.component.as_ref().unwrap().as_str(), &p.met)).collect();
    assert_eq!(parts, [("app", &BTreeSet::new()), ("db", &[1].into())]);
}

fn accepted(people_met: &[u8]) -> ProposalVerdict {
    let people_met = people_met.iter().copied().collect();
    ProposalVerdict::Accepted {
        by: "lee".parse().unwrap(),
        on: day("2026-09-03"),
        people_met,
        evidence: Vec::new(),
        in_place_since: Some(day("2026-03-01")),
    }
}

#[test]
fn a_proposal_counts_only_once_a_person_accepted_it() {
    let proposal = proposed(&[run("2026-09-01", None, &[(1, 8, 2, 0), (4, 1, 0, 0)])]).remove(0);
    assert_eq!(proposal.answer(), None);
    let answer = proposal.judge(accepted(&[5])).unwrap().answer().unwrap();
    let Judgement::Rated { met, strength, .. } = &answer.parts[0].judgement else { panic!("it is rated") };
    assert_eq!(*met, Met::These([1, 5].into()), "element 4 waits until somebody says that it is met");
    assert_eq!(*strength, Strength::Share(Share::new(9, 11)));
    assert_eq!(answer.tested_on, Some(day("2026-09-01")));
    assert_eq!(answer.in_place_since, Some(day("2026-03-01")), "a check sees one day; a person says since when");
}

#[test]
fn judging_twice_too_early_or_beyond_is_refused() {
    let proposal = proposed(&[run("2026-09-01", None, &[(1, 8, 2, 0)])]).remove(0);
    assert_eq!(proposal.judge(accepted(&[1])).unwrap_err(), VerdictRefusal::NotForPeople(1));
    let by = || "lee".parse().unwrap();
    let early = ProposalVerdict::Accepted {
        by: by(),
        on: day("2026-08-31"),
        people_met: BTreeSet::new(),
        evidence: Vec::new(),
        in_place_since: None,
    };
    let ProposalVerdict::Accepted { by: lee, on, people_met, evidence, .. } = accepted(&[]) else { panic!() };
    let in_place_since = Some(day("2026-09-02"));
    let young = ProposalVerdict::Accepted { by: lee, on, people_met, evidence, in_place_since };
    assert!(matches!(proposal.judge(young).unwrap_err(), VerdictRefusal::AfterTheCheck { .. }));
    assert!(matches!(proposal.judge(early).unwrap_err(), VerdictRefusal::BeforeTheCheck { .. }));
    let empty = ProposalVerdict::Rejected { by: by(), on: day("2026-09-03"), because: " ".into() };
    assert_eq!(proposal.judge(empty).unwrap_err(), VerdictRefusal::NoReason);
    let done = proposal.judge(accepted(&[])).unwrap();
    assert_eq!(done.judge(accepted(&[])).unwrap_err(), VerdictRefusal::Judged("accepted"));
}

fn measure() -> Measure {
    Measure {
        id: "m".parse().unwrap(),
        requirements: ["ATT-01-01".parse().unwrap()].into(),
        describes: "backups".into(),
        frequency: "Monthly".into(),
        data: "b".into(),
        gathered_by: Some("p".parse().unwrap()),
        recorded: "c".into(),
        calculation: "d".into(),
        reviewed_by: Some("q".parse().unwrap()),
        review_frequency: "quarterly".into(),
        threshold: None,
        tracked_since: None,
        independent: false,
        evidence: Vec::new(),
    }
}

fn frequencies() -> Frequencies {
    [("monthly".to_owned(), 31), ("weekly".to_owned(), 7)].into()
}

fn history(runs: &[CheckRun], measure: &Measure) -> Result<Vec<Proposal>, NoHistory> {
    propose_from_history(measure, &requirement(), runs, &frequencies(), day("2026-09-20"))
}

#[test]
fn history_proposes_measured_and_managed() {
    let runs = [
        run("2026-07-01", None, &[(1, 8, 4, 0), (2, 1, 0, 0)]),
        run("2026-08-01", None, &[(1, 11, 1, 0), (2, 1, 0, 0)]),
        run("2026-09-01", None, &[(1, 11, 1, 0), (2, 0, 1, 0)]),
    ];
    let told = history(&runs, &measure()).unwrap();
    assert_eq!(told[0].level, MaturityLevel::Measured);
    assert_eq!(told[0].parts[0].met, [1, 2].into(), "elements that settings tell");
    assert_eq!(told[0].parts[0].unmet, [3, 4, 5].into());
    assert_eq!(told[1].level, MaturityLevel::Managed);
    assert_eq!(told[1].parts[0].operates, Share::new(3, 5), "4 + 1 violations seen, 3 gone later");
}

#[test]
fn history_that_pauses_or_a_measure_that_is_not_whole_proposes_nothing() {
    let runs = [run("2026-08-01", None, &[(1, 1, 0, 0)]), run("2026-09-01", None, &[(1, 1, 0, 0)])];
    assert!(history(&runs, &measure()).is_ok());
    let mut lacking = measure();
    lacking.reviewed_by = None;
    assert_eq!(history(&runs, &lacking), Err(NoHistory::Incomplete("m".parse().unwrap(), "reviewed_by".into())));
    let odd = Measure { frequency: "often".into(), ..measure() };
    assert!(matches!(history(&runs, &odd), Err(NoHistory::Frequency(..))));
    assert!(matches!(history(&runs[..1], &measure()), Err(NoHistory::TooFew(_, 1))));
    assert!(matches!(history(&[], &measure()), Err(NoHistory::TooFew(_, 0))));
    let paused = [run("2026-06-01", None, &[(1, 1, 0, 0)]), runs[1].clone()];
    assert!(matches!(history(&paused, &measure()), Err(NoHistory::Paused { .. })));
    let since = Measure { tracked_since: Some(day("2026-06-15")), ..measure() };
    assert!(matches!(history(&runs, &since), Err(NoHistory::Paused { .. })), "it was to be tracked from June on");
    // One part of the scope does not make good for another's pause.
    let apart = [runs[0].clone(), runs[1].clone(), run("2026-09-01", Some("db"), &[(1, 1, 0, 0)])];
    assert!(matches!(history(&apart, &measure()), Err(NoHistory::TooFew(_, 1))));
}

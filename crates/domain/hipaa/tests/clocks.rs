//! Breaches: whether an incident is one, who must be told, and the last day on which that is in time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::collections::BTreeMap;

use attesta_hipaa::{
    Agreement, Applies, ClockState, Counterpart, Determination, Exclusion, FactorAssessment, Finding, Hold, HoldForm,
    Incident, IncidentFlaw, IncidentReport, KeyState, Notice, OurRole, Recipient, Retention, Secured, days_between,
    plus_days,
};
use proptest::prelude::*;
use support::{day, evidence, rules, slug, words};

fn incident(known: &str, individuals: Option<u32>, residents: &[(&str, u32)]) -> Incident {
    Incident {
        id: "inc".parse().unwrap(),
        title: words("something happened"),
        we_are: OurRole::CoveredEntity,
        known_on: day(known),
        should_have_known_on: None,
        agent_knew_on: None,
        individuals,
        residents: residents.iter().map(|(place, count)| (words(place), *count)).collect(),
        secured: None,
        exclusion: None,
        assessment: Some(assessment(Finding::Breach)),
        agreement: None,
        holds: vec![],
        notices: vec![],
    }
}

fn assessment(finding: Finding) -> FactorAssessment {
    FactorAssessment {
        factors: ["data", "recipient", "acquired", "mitigation"].map(|f| (slug(f), words("told"))).into(),
        finding: Some(finding),
        why: Some(words("because")),
        by: Some(words("M. Ito")),
        on: Some(day("2026-01-10")),
        evidence: vec![evidence("good")],
    }
}

fn sent(to: Recipient, on: &str, place: Option<&str>) -> Notice {
    Notice { to, place: place.map(words), sent_on: day(on), evidence: vec![evidence("good")] }
}

/// Clocks as `id place due state`.
fn told(incident: &Incident, at: &str) -> Vec<String> {
    let rules = rules();
    let report = IncidentReport::of(&rules, incident, None, day(at)).unwrap();
    report
        .clocks
        .iter()
        .map(|c| {
            let place = c.place.map_or(String::new(), |p| format!(" {p}"));
            let sure = if c.applies == Applies::Assumed { "?" } else { "" };
            format!("{}{place}{sure} {} {:?}", c.rule.id, c.due, c.state)
        })
        .collect()
}

#[test]
fn the_sixtieth_day_is_still_in_time() {
    // 2026-01-01 and 60 days is 2026-03-02.
    let incident = incident("2026-01-01", Some(10), &[]);
    for (at, state) in [
        ("2026-02-28", "Running(2)"),
        ("2026-03-01", "Running(1)"), // day 59
        ("2026-03-02", "Running(0)"), // day 60
        ("2026-03-03", "Overdue(1)"), // day 61
    ] {
        assert_eq!(told(&incident, at)[0], format!("individuals 2026-03-02 {state}"), "{at}");
    }
    for (on, state) in [
        ("2026-03-01", "Sent(2026-03-01)"),
        ("2026-03-02", "Sent(2026-03-02)"),
        ("2026-03-03", "SentLate(2026-03-03, 1)"),
    ] {
        let mut incident = incident.clone();
        incident.notices = vec![sent(Recipient::Individuals, on, None)];
        assert_eq!(told(&incident, "2026-06-01")[0], format!("individuals 2026-03-02 {state}"));
    }
}

#[test]
fn leap_years_move_the_day() {
    for (known, due) in [
        ("2024-01-01", "2024-03-01"),
        ("2023-01-01", "2023-03-02"),
        ("2024-02-29", "2024-04-29"),
        ("2023-12-31", "2024-02-29"),
        ("2024-12-31", "2025-03-01"),
    ] {
        let mut incident = incident(known, Some(1), &[]);
        incident.assessment = None;
        assert!(told(&incident, known)[0].contains(due), "{known}");
    }
}

#[test]
fn hhs_is_five_hundred_or_more_and_media_more_than_five_hundred() {
    let ids = |count: u32| {
        let incident = incident("2026-01-01", Some(count), &[("OR", count)]);
        told(&incident, "2026-01-10").iter().map(|c| c.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(499), ["individuals", "hhs-small"]);
    assert_eq!(ids(500), ["individuals", "hhs-large"]);
    assert_eq!(ids(501), ["individuals", "media", "hhs-large"]);
}

#[test]
fn media_counts_each_state_by_itself() {
    let media = |residents: &[(&str, u32)]| {
        let all = residents.iter().map(|(_, count)| count).sum();
        let incident = incident("2026-01-01", Some(all), residents);
        told(&incident, "2026-01-10").into_iter().filter(|c| c.starts_with("media")).collect::<Vec<_>>()
    };
    assert!(media(&[("OR", 500), ("WA", 500)]).is_empty());
    assert_eq!(media(&[("OR", 501), ("WA", 500)]), ["media OR 2026-03-02 Running(51)"]);
    assert_eq!(media(&[("OR", 501), ("WA", 501)]).len(), 2);
}

#[test]
fn a_notice_to_the_media_of_one_state_serves_no_other() {
    let mut incident = incident("2026-01-01", Some(1200), &[("OR", 600), ("WA", 600)]);
    incident.notices = vec![sent(Recipient::Media, "2026-02-01", Some("OR"))];
    let media: Vec<_> = told(&incident, "2026-06-01").into_iter().filter(|c| c.starts_with("media")).collect();
    assert_eq!(media, ["media OR 2026-03-02 Sent(2026-02-01)", "media WA 2026-03-02 Overdue(91)"]);
}

#[test]
fn fewer_than_five_hundred_wait_for_the_end_of_the_year() {
    for (known, due) in [
        ("2026-01-01", "2027-03-01"),
        ("2026-12-31", "2027-03-01"),
        ("2027-01-01", "2028-02-29"), // 2028 is a leap year: the sixtieth day is 29 February
    ] {
        let incident = incident(known, Some(499), &[]);
        assert!(told(&incident, "2027-02-01")[1].starts_with(&format!("hhs-small {due}")), "{known}");
    }
}

#[test]
fn hhs_hears_of_a_large_breach_with_the_individuals() {
    let mut incident = incident("2026-01-01", Some(500), &[("OR", 500)]);
    incident.notices = vec![sent(Recipient::Individuals, "2026-02-10", None)];
    assert_eq!(told(&incident, "2026-02-10")[1], "hhs-large 2026-02-10 Running(0)");
    assert_eq!(told(&incident, "2026-02-11")[1], "hhs-large 2026-02-10 Overdue(1)");
    // Late individuals do not give HHS more time.
    incident.notices = vec![sent(Recipient::Individuals, "2026-04-01", None)];
    assert_eq!(told(&incident, "2026-04-02")[1], "hhs-large 2026-03-02 Overdue(31)");
}

#[test]
fn counts_that_are_not_whole_start_every_clock_they_could() {
    let unknown = incident("2026-01-01", None, &[]);
    assert_eq!(
        told(&unknown, "2026-01-10"),
        ["individuals 2026-03-02 Running(51)", "media? 2026-03-02 Running(51)", "hhs-large? 2026-03-02 Running(51)"]
    );
    // 700 people of whom 300 are placed: any State may hold more than 500, Oregon with its 300 among them.
    let partly = incident("2026-01-01", Some(700), &[("OR", 300)]);
    let media: Vec<_> = told(&partly, "2026-01-10").into_iter().filter(|c| c.starts_with("media")).collect();
    assert_eq!(media, ["media OR? 2026-03-02 Running(51)"]);
    let known = incident("2026-01-01", None, &[("OR", 501)]);
    assert!(told(&known, "2026-01-10").contains(&"hhs-large 2026-03-02 Running(51)".to_owned()));
}

#[test]
fn discovery_is_the_first_day_that_anybody_knew_or_should_have() {
    let mut incident = incident("2026-01-10", Some(1), &[]);
    for (should, agent, due) in [
        (None, None, "2026-03-11"),
        (Some("2026-01-05"), None, "2026-03-06"),
        (None, Some("2026-01-01"), "2026-03-02"),
        (Some("2026-01-05"), Some("2026-01-01"), "2026-03-02"),
        (Some("2026-02-01"), None, "2026-03-11"),
    ] {
        incident.should_have_known_on = should.map(day);
        incident.agent_knew_on = agent.map(day);
        assert!(told(&incident, "2026-02-01")[0].contains(due), "{should:?} {agent:?}");
    }
    assert!(IncidentReport::of(&rules(), &incident, None, day("2026-01-09")).is_none());
}

fn agreement(days: Option<u32>) -> Agreement {
    Agreement {
        id: "baa".parse().unwrap(),
        party: "client".parse().unwrap(),
        counterpart: Counterpart::CoveredEntity,
        services: Some(words("billing")),
        signed_by_us: None,
        signed_by_them: None,
        effective: None,
        expires: None,
        renewal: None,
        ended_on: None,
        report_within_days: days,
        clauses: BTreeMap::new(),
        evidence: vec![],
    }
}

#[test]
fn a_business_associate_tells_the_covered_entity_by_the_shorter_clock() {
    let rules = rules();
    let mut incident = incident("2026-01-01", None, &[]);
    incident.we_are = OurRole::BusinessAssociate;
    incident.agreement = Some("baa".parse().unwrap());
    for (days, due) in
        [(None, "2026-03-02"), (Some(10), "2026-01-11"), (Some(60), "2026-03-02"), (Some(90), "2026-03-02")]
    {
        let report = IncidentReport::of(&rules, &incident, Some(&agreement(days)), day("2026-01-10")).unwrap();
        assert_eq!(
            report.clocks.iter().map(|c| (c.rule.to, c.due)).collect::<Vec<_>>(),
            [(Recipient::CoveredEntity, day(due))]
        );
        assert_eq!(report.flaws, []);
    }
    let lost = IncidentReport::of(&rules, &incident, None, day("2026-01-10")).unwrap();
    assert_eq!(lost.flaws, [IncidentFlaw::NoAgreement("baa".parse().unwrap())]);
    incident.agreement = None;
    let unnamed = IncidentReport::of(&rules, &incident, None, day("2026-01-10")).unwrap();
    assert_eq!(unnamed.flaws, [IncidentFlaw::AgreementNotNamed]);
}

fn hold(form: HoldForm, stated: &str) -> Hold {
    Hold { form, stated_on: day(stated), official: Some(words("Det. Lane")), evidence: vec![evidence("good")] }
}

#[test]
fn law_enforcement_holds_thirty_days_if_oral_and_as_long_as_it_says_in_writing() {
    let first = |incident: &Incident, at: &str| told(incident, at)[0].clone();
    let mut incident = incident("2026-01-01", Some(1), &[]);
    incident.holds = vec![hold(HoldForm::Oral, "2026-02-20")];
    // 2026-02-20 and 30 days is 2026-03-22, after the sixtieth day.
    assert_eq!(first(&incident, "2026-02-19"), "individuals 2026-03-02 Running(11)");
    assert_eq!(first(&incident, "2026-02-20"), "individuals 2026-03-22 Held(2026-03-22)");
    assert_eq!(first(&incident, "2026-03-21"), "individuals 2026-03-22 Held(2026-03-22)");
    assert_eq!(first(&incident, "2026-03-22"), "individuals 2026-03-22 Running(0)");
    assert_eq!(first(&incident, "2026-03-23"), "individuals 2026-03-22 Overdue(1)");
    // A hold that ends before the sixtieth day changes no day.
    incident.holds = vec![hold(HoldForm::Oral, "2026-01-05")];
    assert_eq!(first(&incident, "2026-01-10"), "individuals 2026-03-02 Held(2026-02-04)");
    assert_eq!(first(&incident, "2026-02-10"), "individuals 2026-03-02 Running(20)");
    // A written statement in that time holds for longer.
    incident.holds = vec![hold(HoldForm::Oral, "2026-02-20"), hold(HoldForm::Written(day("2026-07-01")), "2026-03-15")];
    assert_eq!(first(&incident, "2026-03-20"), "individuals 2026-07-01 Held(2026-07-01)");
    // A statement after the last day mends nothing.
    incident.holds = vec![hold(HoldForm::Written(day("2026-07-01")), "2026-03-03")];
    assert_eq!(first(&incident, "2026-03-10"), "individuals 2026-03-02 Overdue(8)");
}

#[test]
fn a_hold_without_its_official_or_its_paper_does_not_count() {
    let rules = rules();
    let mut incident = incident("2026-01-01", Some(1), &[]);
    let mut nameless = hold(HoldForm::Oral, "2026-02-20");
    nameless.official = None;
    let mut unshown = hold(HoldForm::Oral, "2026-02-20");
    unshown.evidence = vec![];
    let backwards = hold(HoldForm::Written(day("2026-02-19")), "2026-02-20");
    for bad in [nameless, unshown, backwards] {
        incident.holds = vec![bad];
        let report = IncidentReport::of(&rules, &incident, None, day("2026-02-21")).unwrap();
        assert_eq!(report.clocks[0].due, day("2026-03-02"));
        assert!(matches!(report.flaws[0], IncidentFlaw::HoldDoesNotCount(..)), "{:?}", report.flaws);
    }
}

#[test]
fn a_notice_under_a_hold_is_told() {
    let mut incident = incident("2026-01-01", Some(1), &[]);
    incident.holds = vec![hold(HoldForm::Oral, "2026-01-05")];
    incident.notices = vec![sent(Recipient::Individuals, "2026-01-20", None)];
    let flaws = IncidentReport::of(&rules(), &incident, None, day("2026-02-01")).unwrap().flaws;
    assert_eq!(flaws, [IncidentFlaw::NoticeDuringHold(Recipient::Individuals, day("2026-01-20"))]);
}

#[test]
fn an_incident_is_a_breach_until_something_whole_says_otherwise() {
    let rules = rules();
    let determine =
        |incident: &Incident| IncidentReport::of(&rules, incident, None, day("2026-06-01")).unwrap().determination;
    let mut incident = incident("2026-01-01", Some(1), &[]);
    assert_eq!(determine(&incident), Determination::Breach);
    incident.assessment = None;
    assert!(matches!(determine(&incident), Determination::Presumed(_)));
    incident.assessment = Some(assessment(Finding::LowProbability));
    assert_eq!(determine(&incident), Determination::LowProbability);
    let whole = incident.clone();
    let broken: [fn(&mut FactorAssessment); 7] = [
        |a| drop(a.factors.remove(&slug("acquired"))),
        |a| drop(a.factors.insert(slug("mood"), words("good"))),
        |a| a.finding = None,
        |a| a.why = None,
        |a| a.by = None,
        |a| a.on = Some(day("2026-06-02")),
        |a| a.evidence = vec![],
    ];
    for (number, breaks) in broken.into_iter().enumerate() {
        let mut incident = whole.clone();
        breaks(incident.assessment.as_mut().unwrap());
        assert!(matches!(determine(&incident), Determination::Presumed(_)), "{number}");
    }
}

#[test]
fn secured_data_and_exclusions_need_their_proof() {
    let rules = rules();
    let determine =
        |incident: &Incident| IncidentReport::of(&rules, incident, None, day("2026-06-01")).unwrap().determination;
    let mut incident = incident("2026-01-01", Some(1), &[]);
    incident.assessment = None;
    let secured = |key, shown: bool| Secured {
        method: words("encrypted"),
        key,
        by: words("M. Ito"),
        on: day("2026-01-02"),
        evidence: if shown { vec![evidence("good")] } else { vec![] },
    };
    incident.secured = Some(secured(KeyState::Safe, true));
    assert_eq!(determine(&incident), Determination::Secured);
    for bad in [secured(KeyState::Safe, false), secured(KeyState::Taken, true), secured(KeyState::Unknown, true)] {
        incident.secured = Some(bad);
        assert!(matches!(determine(&incident), Determination::Presumed(_)));
    }
    incident.secured = None;
    let exclusion = |which: &str, shown: bool| Exclusion {
        which: slug(which),
        why: words("in good faith"),
        by: words("M. Ito"),
        on: day("2026-01-02"),
        evidence: if shown { vec![evidence("good")] } else { vec![] },
    };
    incident.exclusion = Some(exclusion("good-faith", true));
    assert_eq!(determine(&incident), Determination::Excluded(slug("good-faith")));
    for bad in [exclusion("good-faith", false), exclusion("too-small", true)] {
        incident.exclusion = Some(bad);
        assert!(matches!(determine(&incident), Determination::Presumed(_)));
    }
}

#[test]
fn a_notice_without_evidence_shows_nothing() {
    let mut incident = incident("2026-01-01", Some(1), &[]);
    incident.notices = vec![sent(Recipient::Individuals, "2026-02-01", None)];
    incident.notices[0].evidence = vec![];
    let flaws = IncidentReport::of(&rules(), &incident, None, day("2026-02-02")).unwrap().flaws;
    assert_eq!(flaws, [IncidentFlaw::NoticeUnshown(Recipient::Individuals, day("2026-02-01"))]);
}

#[test]
fn a_notice_of_tomorrow_was_not_sent_today() {
    let mut incident = incident("2026-01-01", Some(1), &[]);
    incident.notices = vec![sent(Recipient::Individuals, "2026-02-01", None)];
    assert!(told(&incident, "2026-01-31")[0].contains("Running"));
    assert!(told(&incident, "2026-02-01")[0].contains("Sent"));
}

#[test]
fn papers_are_kept_six_years_after_the_last_of_them() {
    let mut incident = incident("2026-01-01", Some(1), &[]);
    incident.notices = vec![sent(Recipient::Individuals, "2026-02-01", None), sent(Recipient::Hhs, "2027-01-15", None)];
    let kept = |at: &str| IncidentReport::of(&rules(), &incident, None, day(at)).unwrap().kept;
    assert_eq!(kept("2026-06-01"), Retention::AtLeast(day("2032-06-01")));
    assert_eq!(kept("2027-02-01"), Retention::Until(day("2033-01-15")));
}

#[test]
fn clocks_follow_the_figures_of_content() {
    let mut rules = rules();
    for clock in &mut rules.breach.clocks {
        clock.days = 45;
    }
    rules.breach.since = day("2026-02-01");
    let incident = incident("2026-01-01", Some(1), &[]);
    let report = IncidentReport::of(&rules, &incident, None, day("2026-01-10")).unwrap();
    assert_eq!(report.clocks[0].due, day("2026-02-15"));
    assert_eq!(report.flaws, [IncidentFlaw::BeforeTheRules(day("2026-02-01"))]);
}

proptest! {
    /// In another shape: days after discovery are counted one by one.
    #[test]
    fn a_clock_is_overdue_exactly_after_its_last_day(start in 0_u32..4000, later in 0_u32..150, people in 0_u32..1500) {
        let known = plus_days(day("2014-01-01"), start);
        let at = plus_days(known, later);
        let mut incident = incident("2014-01-01", Some(people), &[]);
        incident.known_on = known;
        incident.residents = [(words("OR"), people)].into();
        let rules = rules();
        let report = IncidentReport::of(&rules, &incident, None, at).unwrap();
        let individuals = &report.clocks[0];
        prop_assert_eq!(matches!(individuals.state, ClockState::Overdue(_)), later > 60);
        prop_assert_eq!(days_between(known, individuals.due), 60);
        prop_assert_eq!(report.clocks.iter().any(|c| c.rule.id.as_str() == "hhs-large"), people >= 500);
        prop_assert_eq!(report.clocks.iter().any(|c| c.rule.id.as_str() == "hhs-small"), people < 500);
        prop_assert_eq!(report.clocks.iter().any(|c| c.rule.id.as_str() == "media"), people > 500);
    }
}

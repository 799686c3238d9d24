//! The risk analysis, the agreements and the recognised practices: what is in order and what stands against it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{Environment, Flow, Inclusion, Provider, Scope, System};
use attesta_catalog::Placed;
use attesta_hipaa::{
    Acceptance, Action, Agreement, AgreementFlaw, AgreementReport, AgreementState, Analysis, AnalysisState,
    ClauseAnswer, Counterpart, EvidenceBook, Grades, MatrixError, Period, Practice, PracticeFlaw, PracticeReport,
    PracticeState, ProviderId, Reach, RegisterState, Retention, Risk, RiskFlaw, RiskMatrix, RiskRegister, RiskReport,
    Signed, SystemId, Treatment, Uncovered,
};
use attesta_kernel::Place;
use proptest::prelude::*;
use support::{basis, book, cite, day, evidence, rules, set, slug, words};

const AT: &str = "2026-06-01";

fn grades(likelihood: &str, impact: &str) -> Grades {
    Grades { likelihood: slug(likelihood), impact: slug(impact) }
}

fn analysis(completed: &str, systems: &[&str]) -> Analysis {
    Analysis {
        id: "ra".parse().unwrap(),
        completed_on: Some(day(completed)),
        by: Some(words("M. Ito")),
        method: Some(words("by hand")),
        systems: set(systems),
        without_risk: BTreeMap::new(),
        evidence: vec![evidence("good")],
    }
}

fn risk(id: &str, system: &str, treatment: Option<Treatment>) -> Risk {
    Risk {
        id: id.parse().unwrap(),
        system: system.parse().unwrap(),
        threat: words("theft"),
        vulnerability: words("no lock"),
        inherent: grades("high", "high"),
        residual: Some(grades("low", "high")),
        treatment,
        items: vec![],
    }
}

fn action() -> Action {
    Action {
        plan: Some(words("a lock")),
        owner: Some(words("D. Reyes")),
        due: Some(day("2026-12-31")),
        done_on: None,
        evidence: vec![],
    }
}

fn acceptance() -> Acceptance {
    Acceptance {
        by: Some(words("R. Fern")),
        on: Some(day("2026-02-01")),
        why: Some(words("small")),
        review_by: Some(day("2027-02-01")),
    }
}

fn register() -> RiskRegister {
    RiskRegister {
        analyses: vec![analysis("2026-01-31", &["db", "web"])],
        risks: vec![
            risk("r-1", "db", Some(Treatment::Mitigate(action()))),
            risk("r-2", "web", Some(Treatment::Accept(acceptance()))),
        ],
    }
}

fn against(register: &RiskRegister, systems: Option<&[&str]>, at: &str) -> Vec<String> {
    let rules = rules();
    let systems: Option<BTreeSet<SystemId>> = systems.map(set);
    RiskReport::of(&rules.risk, register, systems.as_ref(), day(at)).against_analysis()
}

#[test]
fn an_analysis_that_covers_every_system_with_ephi_is_in_order() {
    assert_eq!(against(&register(), Some(&["db", "web"]), AT), Vec::<String>::new());
}

#[test]
fn nobody_saying_which_systems_touch_ephi_is_no_cover() {
    assert_eq!(against(&register(), None, AT), ["nobody says which systems touch ePHI"]);
    assert_eq!(
        against(&register(), Some(&[]), AT),
        ["no system is said to touch ePHI, so that nothing can be covered"]
    );
}

#[test]
fn a_system_is_covered_when_it_was_looked_at_and_something_is_recorded() {
    let told = |register: &RiskRegister| {
        let rules = rules();
        let systems = set(&["db", "web", "fax"]);
        RiskReport::of(&rules.risk, register, Some(&systems), day(AT)).uncovered
    };
    let fax = || "fax".parse::<SystemId>().unwrap();
    assert_eq!(told(&register()), [(fax(), Uncovered::NotLookedAt)]);
    let mut looked = register();
    looked.analyses[0].systems.insert(fax());
    assert_eq!(told(&looked), [(fax(), Uncovered::NothingRecorded)]);
    let mut reasoned = looked.clone();
    reasoned.analyses[0].without_risk.insert(fax(), words("it is off"));
    assert_eq!(told(&reasoned), []);
    looked.risks.push(risk("r-3", "fax", Some(Treatment::Accept(acceptance()))));
    assert_eq!(told(&looked), []);
}

#[test]
fn an_analysis_is_due_again_after_its_months_and_overdue_the_day_after() {
    let rules = rules();
    let systems = set(&["db", "web"]);
    let state = |completed: &str, at: &str| {
        let mut register = register();
        register.analyses = vec![analysis(completed, &["db", "web"])];
        match RiskReport::of(&rules.risk, &register, Some(&systems), day(at)).analysis {
            AnalysisState::Never => "never".to_owned(),
            AnalysisState::Flawed(..) => "flawed".to_owned(),
            AnalysisState::Overdue(_, due) => format!("overdue {due}"),
            AnalysisState::Current(_, due) => format!("current {due}"),
        }
    };
    assert_eq!(state("2026-01-31", "2027-01-31"), "current 2027-01-31");
    assert_eq!(state("2026-01-31", "2027-02-01"), "overdue 2027-01-31");
    assert_eq!(state("2024-02-29", "2025-02-28"), "current 2025-02-28");
    assert_eq!(state("2024-02-29", "2025-03-01"), "overdue 2025-02-28");
    assert_eq!(state("2026-01-31", "2026-01-30"), "never");
}

#[test]
fn the_last_analysis_counts_and_one_without_a_name_does_not() {
    let mut register = register();
    register.analyses.push(Analysis { by: None, evidence: vec![], ..analysis("2026-05-01", &["db", "web"]) });
    assert_eq!(
        against(&register, Some(&["db", "web"]), AT),
        ["the risk analysis `ra` names nobody who answers for it", "the risk analysis `ra` names no evidence"]
    );
    // The one before is what counted a month earlier.
    assert_eq!(against(&register, Some(&["db", "web"]), "2026-04-30"), Vec::<String>::new());
}

#[test]
fn a_risk_needs_a_treatment_or_an_acceptance_by_somebody_named() {
    let flaws = |treatment: Option<Treatment>| {
        let rules = rules();
        let register = RiskRegister { analyses: vec![], risks: vec![risk("r", "db", treatment)] };
        RiskReport::of(&rules.risk, &register, None, day(AT)).rows[0].flaws.clone()
    };
    let mitigate = |change: fn(&mut Action)| {
        let mut action = action();
        change(&mut action);
        flaws(Some(Treatment::Mitigate(action)))
    };
    let accept = |change: fn(&mut Acceptance)| {
        let mut acceptance = acceptance();
        change(&mut acceptance);
        flaws(Some(Treatment::Accept(acceptance)))
    };
    assert_eq!(flaws(None), [RiskFlaw::Untreated]);
    assert_eq!(mitigate(|_| ()), []);
    assert_eq!(mitigate(|a| a.plan = None), [RiskFlaw::NoPlan]);
    assert_eq!(mitigate(|a| a.owner = None), [RiskFlaw::NoOwner]);
    assert_eq!(mitigate(|a| a.due = None), [RiskFlaw::NoDue]);
    assert_eq!(mitigate(|a| a.due = Some(day("2026-06-01"))), []);
    assert_eq!(mitigate(|a| a.due = Some(day("2026-05-31"))), [RiskFlaw::Overdue(day("2026-05-31"))]);
    assert_eq!(mitigate(|a| a.done_on = Some(day("2026-05-31"))), [RiskFlaw::DoneUnshown(day("2026-05-31"))]);
    let done = |a: &mut Action| (a.done_on, a.evidence) = (Some(day("2026-05-31")), vec![evidence("good")]);
    assert_eq!(mitigate(done), []);
    assert_eq!(accept(|_| ()), []);
    assert_eq!(accept(|a| a.by = None), [RiskFlaw::AcceptedByNobody]);
    assert_eq!(accept(|a| a.on = Some(day("2026-06-02"))), [RiskFlaw::AcceptedNever]);
    assert_eq!(accept(|a| a.why = None), [RiskFlaw::NoReason]);
    assert_eq!(accept(|a| a.review_by = None), [RiskFlaw::NoReviewDay]);
    assert_eq!(accept(|a| a.review_by = Some(day(AT))), []);
    assert_eq!(accept(|a| a.review_by = Some(day("2026-05-31"))), [RiskFlaw::ReviewOverdue(day("2026-05-31"))]);
}

#[test]
fn grades_are_words_of_content_and_what_is_left_is_not_more() {
    let rules = rules();
    let mut risky = risk("r", "db", Some(Treatment::Accept(acceptance())));
    risky.inherent = grades("dire", "low");
    risky.residual = Some(grades("low", "grim"));
    let register = RiskRegister { analyses: vec![], risks: vec![risky] };
    let report = RiskReport::of(&rules.risk, &register, None, day(AT));
    assert_eq!(report.rows[0].flaws, [RiskFlaw::NoLikelihood(slug("dire")), RiskFlaw::NoImpact(slug("grim"))]);
    let mut worse = risk("r", "db", Some(Treatment::Accept(acceptance())));
    (worse.inherent, worse.residual) = (grades("low", "low"), Some(grades("high", "low")));
    let register = RiskRegister { analyses: vec![], risks: vec![worse] };
    assert_eq!(RiskReport::of(&rules.risk, &register, None, day(AT)).rows[0].flaws, [RiskFlaw::ResidualAbove]);
}

#[test]
fn an_overdue_treatment_stands_against_the_treatment_and_not_the_analysis() {
    let mut register = register();
    register.risks[0] =
        risk("r-1", "db", Some(Treatment::Mitigate(Action { due: Some(day("2026-05-01")), ..action() })));
    let rules = rules();
    let systems = set(&["db", "web"]);
    let report = RiskReport::of(&rules.risk, &register, Some(&systems), day(AT));
    assert!(matches!(report.analysis_state(), RegisterState::Shown(_)));
    assert!(matches!(report.treatment_state(), RegisterState::NotInOrder(_)));
}

#[test]
fn a_matrix_never_falls_where_likelihood_or_impact_rises() {
    let words = |list: &[&str]| list.iter().map(|w| slug(w)).collect::<Vec<_>>();
    let build = |cells: &[&[&str]]| {
        let cells: Vec<_> = cells.iter().map(|row| words(row)).collect();
        RiskMatrix::new(words(&["a", "b"]), words(&["a", "b"]), words(&["low", "high"]), &cells, basis())
    };
    assert!(build(&[&["low", "low"], &["low", "high"]]).is_ok());
    assert!(matches!(build(&[&["low", "high"], &["high", "low"]]), Err(MatrixError::Falls { .. })));
    assert!(matches!(build(&[&["high", "high"], &["low", "high"]]), Err(MatrixError::Falls { .. })));
    assert!(matches!(build(&[&["low", "high"]]), Err(MatrixError::Shape)));
    assert!(matches!(build(&[&["low"], &["high"]]), Err(MatrixError::Shape)));
    assert!(matches!(build(&[&["low", "dire"], &["low", "high"]]), Err(MatrixError::Level(_))));
    let twice = RiskMatrix::new(words(&["a", "a"]), words(&["a"]), words(&["l"]), &[], basis());
    assert!(matches!(twice, Err(MatrixError::Grades("likelihoods"))));
}

fn agreement() -> Agreement {
    let signed = || Some(Signed { by: words("R. Fern"), on: day("2024-01-01") });
    Agreement {
        id: "baa".parse().unwrap(),
        party: "host".parse().unwrap(),
        counterpart: Counterpart::BusinessAssociate,
        services: Some(words("hosting")),
        signed_by_us: signed(),
        signed_by_them: signed(),
        effective: Some(day("2024-01-01")),
        expires: Some(day("2026-06-30")),
        renewal: Some(day("2026-06-15")),
        ended_on: None,
        report_within_days: Some(60),
        clauses: [
            (cite("164.504(e)(2)(ii)(A)"), ClauseAnswer::Present(Some(words("2.1")))),
            (cite("164.504(e)(2)(ii)(H)"), ClauseAnswer::NotApplicable(words("no obligation"))),
        ]
        .into(),
        evidence: vec![evidence("good")],
    }
}

fn judged(agreement: Agreement, at: &str) -> (AgreementState, Vec<AgreementFlaw>) {
    let rules = rules();
    let agreements = [agreement];
    let report = AgreementReport::of(&rules, &agreements, None, day(at));
    (report.rows[0].state, report.rows[0].flaws.clone())
}

#[test]
fn an_agreement_holds_from_its_first_day_to_its_last() {
    use AgreementState::{Expired, InForce, NotInForce};
    assert_eq!(judged(agreement(), AT), (InForce, vec![]));
    assert_eq!(judged(agreement(), "2024-01-01").0, InForce);
    assert_eq!(judged(agreement(), "2023-12-31").0, NotInForce);
    assert_eq!(judged(agreement(), "2026-06-30"), (InForce, vec![AgreementFlaw::RenewalOverdue(day("2026-06-15"))]));
    assert_eq!(judged(agreement(), "2026-07-01").0, Expired);
}

#[test]
fn each_thing_that_an_agreement_lacks_is_told() {
    let flaws = |change: fn(&mut Agreement)| {
        let mut agreement = agreement();
        change(&mut agreement);
        judged(agreement, AT).1
    };
    let clause = || cite("164.504(e)(2)(ii)(A)");
    assert_eq!(flaws(|a| a.services = None), [AgreementFlaw::NoServices]);
    assert_eq!(flaws(|a| a.signed_by_us = None), [AgreementFlaw::Unsigned("us")]);
    assert_eq!(flaws(|a| a.signed_by_them = None), [AgreementFlaw::Unsigned("the other party")]);
    assert_eq!(flaws(|a| a.effective = None), [AgreementFlaw::NoEffectiveDay]);
    assert_eq!(flaws(|a| a.evidence = vec![]), [AgreementFlaw::NoEvidence]);
    assert_eq!(flaws(|a| a.report_within_days = Some(61)), [AgreementFlaw::ReportsTooLate(61, 60)]);
    assert_eq!(
        flaws(|a| drop(a.clauses.remove(&cite("164.504(e)(2)(ii)(A)")))),
        [AgreementFlaw::ClauseNotLookedFor(clause())]
    );
    let answer = |answer: fn() -> ClauseAnswer| {
        let mut agreement = agreement();
        agreement.clauses.insert(clause(), answer());
        judged(agreement, AT).1
    };
    assert_eq!(answer(|| ClauseAnswer::Absent), [AgreementFlaw::ClauseAbsent(clause())]);
    assert_eq!(answer(|| ClauseAnswer::Present(None)), [AgreementFlaw::ClauseWithoutPlace(clause())]);
    assert_eq!(answer(|| ClauseAnswer::NotApplicable(words("no"))), [AgreementFlaw::ClauseConcernsAll(clause())]);
    assert_eq!(
        flaws(|a| drop(a.clauses.insert(cite("164.504(e)(1)"), ClauseAnswer::Absent))),
        [AgreementFlaw::UnknownClause(cite("164.504(e)(1)"))]
    );
}

#[test]
fn a_provider_that_touches_ephi_needs_an_agreement_in_force() {
    let rules = rules();
    let providers: BTreeSet<ProviderId> = set(&["host", "mail"]);
    let without = |agreement: Agreement, at: &str| {
        AgreementReport::of(&rules, &[agreement], Some(&providers), day(at))
            .without
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(without(agreement(), AT), ["mail"]);
    assert_eq!(without(agreement(), "2026-07-01"), ["host", "mail"]);
    assert_eq!(without(Agreement { counterpart: Counterpart::CoveredEntity, ..agreement() }, AT), ["host", "mail"]);
    let agreements = [agreement()];
    let unsaid = AgreementReport::of(&rules, &agreements, None, day(AT));
    assert_eq!(unsaid.against(), ["nobody says which providers touch ePHI"]);
}

#[test]
fn an_agreement_that_ended_is_kept_and_not_judged() {
    let rules = rules();
    let ended = Agreement { ended_on: Some(day("2024-05-31")), services: None, ..agreement() };
    let agreements = [ended];
    let report = AgreementReport::of(&rules, &agreements, Some(&BTreeSet::new()), day(AT));
    let row = &report.rows[0];
    assert_eq!(
        (row.state, row.flaws.as_slice(), row.kept),
        (AgreementState::Ended, &[][..], Retention::Until(day("2030-05-31")))
    );
    // Nothing shows that contracts are in place, and nothing is against it.
    assert!(matches!(report.state(), RegisterState::Silent(_)));
}

fn practice(id: &str, part: &str, periods: &[(&str, &str, &str)]) -> Practice {
    Practice {
        id: id.parse().unwrap(),
        family: slug("csf"),
        part: Some(part.parse().unwrap()),
        title: words("a practice"),
        authority: None,
        periods: periods
            .iter()
            .map(|(from, until, shown)| Period {
                from: day(from),
                until: day(until),
                evidence: if shown.is_empty() { vec![] } else { vec![evidence(shown)] },
            })
            .collect(),
    }
}

fn state(periods: &[(&str, &str, &str)], at: &str) -> PracticeState {
    let (rules, book) = (rules(), book());
    let practices = [practice("p", "ID", periods)];
    PracticeReport::of(&rules.practices, &practices, EvidenceBook(&book), day(at)).families[0].rows[0].state
}

#[test]
fn twelve_months_without_a_gap_up_to_the_day() {
    use PracticeState::{Lapsed, Short, Shown, Unshown};
    let at = "2026-06-01";
    for (periods, expected) in [
        (&[("2025-06-01", "2026-06-01", "good")][..], Shown),
        (&[("2025-06-02", "2026-06-01", "good")], Short),
        (&[("2025-01-01", "2026-05-31", "good")], Lapsed),
        (&[("2025-01-01", "2025-12-31", "good"), ("2026-01-01", "2026-06-01", "good")], Shown),
        (&[("2026-01-01", "2026-06-01", "good"), ("2025-01-01", "2025-12-31", "good")], Shown),
        (&[("2025-01-01", "2025-12-31", "good"), ("2026-01-02", "2026-06-01", "good")], Short),
        (&[("2025-01-01", "2026-02-01", "good"), ("2025-12-01", "2026-06-01", "good")], Shown),
        (&[("2025-01-01", "2026-06-01", "")], Unshown),
        (&[("2025-01-01", "2025-12-31", "good"), ("2026-01-01", "2026-06-01", "")], Lapsed),
        (&[("2025-01-01", "2027-01-01", "good")], Shown),
        (&[], Unshown),
    ] {
        assert_eq!(state(periods, at), expected, "{periods:?}");
    }
    // Twelve months before 29 February is 28 February.
    assert_eq!(state(&[("2023-02-28", "2024-02-29", "good")], "2024-02-29"), Shown);
    assert_eq!(state(&[("2023-03-01", "2024-02-29", "good")], "2024-02-29"), Short);
}

#[test]
fn evidence_does_not_reach_past_the_day_on_which_it_was_taken() {
    let (rules, mut book) = (rules(), book());
    book.get_mut(&evidence("good")).unwrap().value.collected = Some(day("2026-03-01"));
    let practices = [practice("p", "ID", &[("2025-01-01", "2026-06-01", "good")])];
    let report = PracticeReport::of(&rules.practices, &practices, EvidenceBook(&book), day(AT));
    let row = &report.families[0].rows[0];
    assert_eq!(row.state, PracticeState::Lapsed);
    assert!(matches!(row.flaws[0], PracticeFlaw::PeriodBeyondEvidence(_, reach) if reach == day("2026-03-01")));
    assert_eq!(row.gaps.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-03-02 to 2026-06-01"]);
}

#[test]
fn gaps_and_the_day_from_which_it_will_be_shown_are_told() {
    let (rules, book) = (rules(), book());
    let practices =
        [practice("p", "ID", &[("2025-01-01", "2025-12-31", "good"), ("2026-01-22", "2026-06-01", "good")])];
    let report = PracticeReport::of(&rules.practices, &practices, EvidenceBook(&book), day(AT));
    let row = &report.families[0].rows[0];
    assert_eq!(row.gaps.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-01-01 to 2026-01-21"]);
    assert_eq!(row.shown_from, Some(day("2027-01-22")));
}

#[test]
fn a_family_is_shown_when_each_of_its_parts_is() {
    let (rules, book) = (rules(), book());
    let year = &[("2025-01-01", "2026-06-01", "good")][..];
    let report = |practices: &[Practice]| {
        let report = PracticeReport::of(&rules.practices, practices, EvidenceBook(&book), day(AT));
        let missing: Vec<String> = report.families[0].missing.iter().map(|p| p.id.to_string()).collect();
        (report.families[0].state, report.families[1].state, missing, report.shown().count())
    };
    use PracticeState::{Shown, Unshown};
    assert_eq!(report(&[]), (Unshown, Unshown, vec!["ID".into(), "PR".into()], 0));
    assert_eq!(report(&[practice("a", "ID", year)]), (Unshown, Unshown, vec!["PR".into()], 0));
    assert_eq!(report(&[practice("a", "ID", year), practice("b", "PR", year)]), (Shown, Unshown, vec![], 1));
    // An open family asks which law recognises the practice.
    let open = |authority: Option<&str>| Practice {
        family: slug("other"),
        part: None,
        authority: authority.map(words),
        ..practice("c", "ID", year)
    };
    assert_eq!(report(&[open(Some("a State's rule"))]).1, Shown);
    assert_eq!(report(&[open(None)]).1, Unshown);
}

proptest! {
    /// In another shape: a practice is shown exactly when every single day of the window lies in a shown period.
    #[test]
    fn shown_is_every_day(periods in prop::collection::vec((0_i64..500, 0_i64..400), 0..5)) {
        let start = day("2025-03-01");
        let shift = |days: i64| start.saturating_add(jiff::Span::new().days(days));
        let spans: Vec<(i64, i64)> = periods.iter().map(|(from, long)| (*from, from + long)).collect();
        let mut practice = practice("p", "ID", &[]);
        practice.periods = spans.iter().map(|(from, until)| Period { from: shift(*from), until: shift(*until), evidence: vec![evidence("good")] }).collect();
        let (rules, book) = (rules(), book());
        let practices = [practice];
        let report = PracticeReport::of(&rules.practices, &practices, EvidenceBook(&book), day(AT));
        // 2025-06-01 is day 92, 2026-06-01 is day 457.
        let every_day = (92..=457).all(|d| spans.iter().any(|(from, until)| (*from..=*until).contains(&d)));
        let row = &report.families[0].rows[0];
        prop_assert_eq!(row.state == PracticeState::Shown, every_day);
        prop_assert_eq!(row.gaps.is_empty(), every_day);
    }

    /// Raising likelihood or impact never lowers the level of a risk.
    #[test]
    fn levels_never_fall(a in 0_usize..3, b in 0_usize..3, c in 0_usize..3, d in 0_usize..3) {
        let rules = rules();
        let matrix = &rules.risk.matrix;
        let rank = |l: usize, i: usize| matrix.level(&matrix.likelihoods()[l], &matrix.impacts()[i]).unwrap().0;
        prop_assert!(rank(a.min(c), b.min(d)) <= rank(a.max(c), b.max(d)));
    }
}

#[test]
fn what_touches_ephi_is_told_by_the_scope_and_its_flows() {
    assert_eq!(Reach::of(&Scope::default()), Reach { systems: None, providers: None });
    let here = |place: &str| Place::new(place, None);
    let system = |touches: &[&str], inclusion| System {
        title: "s".into(),
        environment: Environment::Production,
        touches: touches.iter().map(|t| (*t).into()).collect(),
        inclusion,
        providers: BTreeSet::new(),
        dedicated: None,
    };
    let provider = |ephi| Provider { title: "p".into(), services: vec![], coverage: None, ephi };
    let mut scope = Scope::default();
    for (id, system) in [
        ("db", system(&["ephi"], Inclusion::In)),
        ("archive", system(&["ephi"], Inclusion::Out { because: "old".into() })),
        ("shop", system(&["card"], Inclusion::In)),
        ("relay", system(&[], Inclusion::In)),
    ] {
        scope.systems.insert(id.parse().unwrap(), Placed::new(here(id), system));
    }
    for (id, ephi) in [("host", true), ("mail", false), ("pay", false)] {
        scope.providers.insert(id.parse().unwrap(), Placed::new(here(id), provider(ephi)));
    }
    let flow = |from: &str, to: &str, data: &str| {
        Placed::new(here("f"), Flow { from: from.into(), to: to.into(), data: BTreeSet::from([data.into()]) })
    };
    scope.flows = vec![flow("relay", "mail", "ephi"), flow("shop", "pay", "card")];
    let reach = Reach::of(&scope);
    // What an assessment leaves out of scope still touches ePHI.
    assert_eq!(reach.systems, Some(set(&["archive", "db", "relay"])));
    assert_eq!(reach.providers, Some(set(&["host", "mail"])));
}

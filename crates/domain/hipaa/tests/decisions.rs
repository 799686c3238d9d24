//! Decisions about addressable specifications: every choice either counts or says why not.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_hipaa::{
    Choice, Decision, DecisionFlaw, DecisionReport, Exemption, ExemptionRefusal, Retention, Ruling, days_between,
};
use proptest::prelude::*;
use support::{FACTORS, catalog, cite, day, decision, evidence, rules, slug, words};

const ITEM: &str = "164.312(a)(2)(iv)";

fn alternative() -> Choice {
    Choice::Alternative { measure: Some(words("a lock")) }
}

fn flaws(decision: &Decision, at: &str) -> Vec<DecisionFlaw> {
    let (catalog, rules) = (catalog(), rules());
    let decisions = [decision.clone()];
    let report = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day(at));
    match &report.row(&cite(ITEM)).unwrap().ruling {
        Ruling::InForce(_) => Vec::new(),
        Ruling::Flawed(_, flaws) => flaws.clone(),
        Ruling::None => panic!("nothing was recorded"),
    }
}

#[test]
fn each_choice_counts_when_it_is_whole() {
    for choice in [Choice::Implement, alternative(), Choice::Neither] {
        assert_eq!(flaws(&decision(ITEM, choice), "2026-06-01"), []);
    }
}

#[test]
fn what_is_missing_is_told_and_does_not_count() {
    let of = |change: fn(&mut Decision), choice: Choice| {
        let mut decision = decision(ITEM, choice);
        change(&mut decision);
        flaws(&decision, "2026-06-01")
    };
    assert_eq!(of(|d| d.rationale = None, Choice::Implement), [DecisionFlaw::NoRationale]);
    assert_eq!(of(|d| d.no_alternative = None, Choice::Neither), [DecisionFlaw::NoWordOnAlternatives]);
    assert_eq!(of(|_| (), Choice::Alternative { measure: None }), [DecisionFlaw::NoMeasure]);
    assert_eq!(of(|d| d.approver = None, alternative()), [DecisionFlaw::NoApprover]);
    assert_eq!(of(|d| d.decided_on = None, alternative()), [DecisionFlaw::NoDay]);
    assert_eq!(of(|d| d.review_by = None, alternative()), [DecisionFlaw::NoReviewDay]);
    assert_eq!(of(|d| d.review_by = d.decided_on, alternative())[0], DecisionFlaw::ReviewBeforeDecision);
    assert_eq!(
        of(|d| drop(d.factors.insert(slug("mood"), words("good"))), Choice::Neither),
        [DecisionFlaw::UnknownFactor(slug("mood"))]
    );
    for factor in FACTORS {
        let mut decision = decision(ITEM, Choice::Neither);
        decision.factors.remove(&slug(factor));
        assert_eq!(flaws(&decision, "2026-06-01"), [DecisionFlaw::NoFactor(slug(factor))]);
    }
}

#[test]
fn a_review_is_overdue_on_the_day_after() {
    let decision = decision(ITEM, Choice::Neither);
    assert_eq!(flaws(&decision, "2026-12-31"), []);
    assert_eq!(flaws(&decision, "2027-01-01"), [DecisionFlaw::ReviewOverdue(day("2026-12-31"))]);
}

#[test]
fn a_decision_of_tomorrow_does_not_count_today() {
    let decision = decision(ITEM, Choice::Neither);
    assert_eq!(flaws(&decision, "2025-12-30"), [DecisionFlaw::NotYet(day("2025-12-31"))]);
    assert_eq!(flaws(&decision, "2025-12-31"), []);
}

#[test]
fn a_later_decision_replaces_an_earlier_one_and_the_earlier_is_kept_six_years() {
    let (catalog, rules) = (catalog(), rules());
    let mut first = decision(ITEM, Choice::Neither);
    first.decided_on = Some(day("2020-02-29"));
    let mut second = decision(ITEM, Choice::Implement);
    second.decided_on = Some(day("2024-02-29"));
    let third = decision(ITEM, alternative());
    // The order of the file does not matter.
    let decisions = [third, first, second];
    let report = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day("2026-06-01"));
    let row = report.row(&cite(ITEM)).unwrap();
    assert!(matches!(&row.ruling, Ruling::InForce(d) if d.choice == alternative()));
    assert_eq!(row.kept, Some(Retention::AtLeast(day("2032-06-01"))));
    let past: Vec<_> = row.past.iter().map(|p| (p.decision.choice.as_str(), p.kept)).collect();
    let until = |text| Retention::Until(day(text));
    assert_eq!(past, [("implement", until("2031-12-31")), ("neither", until("2030-02-28"))]);
    // On a day between, the second one rules.
    let report = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day("2025-12-30"));
    let row = report.row(&cite(ITEM)).unwrap();
    assert!(matches!(&row.ruling, Ruling::InForce(d) if d.choice == Choice::Implement));
    assert_eq!((row.past.len(), row.drafts.len()), (1, 1));
}

#[test]
fn a_withdrawn_decision_does_not_wake_the_one_before() {
    let (catalog, rules) = (catalog(), rules());
    let mut first = decision(ITEM, Choice::Neither);
    first.decided_on = Some(day("2025-01-01"));
    let mut second = decision(ITEM, Choice::Implement);
    second.ended_on = Some(day("2026-03-01"));
    let decisions = [first, second];
    let report = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day("2026-06-01"));
    let row = report.row(&cite(ITEM)).unwrap();
    assert_eq!(row.ruling, Ruling::None);
    let kept: Vec<_> = row.past.iter().map(|p| p.kept).collect();
    assert_eq!(kept, [Retention::Until(day("2032-03-01")), Retention::Until(day("2031-12-31"))]);
    let before = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day("2026-02-28"));
    assert!(matches!(before.row(&cite(ITEM)).unwrap().ruling, Ruling::InForce(_)));
}

#[test]
fn two_decisions_of_one_day_rule_nothing() {
    let (catalog, rules) = (catalog(), rules());
    let decisions = [decision(ITEM, Choice::Neither), decision(ITEM, Choice::Implement)];
    let report = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day("2026-06-01"));
    let Ruling::Flawed(_, flaws) = &report.row(&cite(ITEM)).unwrap().ruling else { panic!("one of them ruled") };
    assert_eq!(*flaws, [DecisionFlaw::SameDay(day("2025-12-31"))]);
}

#[test]
fn there_is_nothing_to_decide_about_what_is_required() {
    let (catalog, rules) = (catalog(), rules());
    let decisions = ["164.312(b)", "164.312(a)(1)", "164.999"].map(|item| decision(item, Choice::Neither));
    let report = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day("2026-06-01"));
    let told: Vec<String> = report.strays.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("is required: there is nothing to decide"), "{told:?}");
    assert!(told[1].contains("is not an addressable specification"), "{told:?}");
    assert!(told[2].contains("is not an item"), "{told:?}");
}

#[test]
fn only_what_may_not_apply_can_be_marked_so() {
    let (catalog, rules) = (catalog(), rules());
    let mark = |item: &str, on: &str| Exemption { item: cite(item), reason: words("r"), by: words("b"), on: day(on) };
    let marks = [
        mark("164.314(a)(2)(ii)", "2026-01-01"),
        mark("164.312(b)", "2026-01-01"),
        mark("164.312(a)(2)(iv)", "2026-01-01"),
        mark("164.999", "2026-01-01"),
        mark("164.314(a)(2)(ii)", "2026-06-02"),
    ];
    let report = DecisionReport::of(&catalog, &rules.decisions, &[], &marks, day("2026-06-01"));
    let standing: Vec<_> = report.exemptions.iter().map(|row| row.standing).collect();
    use ExemptionRefusal::{AppliesToAll, NoItem, NotYet};
    assert_eq!(standing, [Ok("Only for governments."), Err(AppliesToAll), Err(AppliesToAll), Err(NoItem), Err(NotYet)]);
    assert!(report.exemption(&cite("164.314(a)(2)(ii)")).is_some());
    assert!(report.exemption(&cite("164.312(b)")).is_none());
}

#[test]
fn retention_follows_the_figure_of_content() {
    let (catalog, mut rules) = (catalog(), rules());
    rules.decisions.retention_years = 1;
    let decisions = [decision(ITEM, Choice::Neither)];
    let report = DecisionReport::of(&catalog, &rules.decisions, &decisions, &[], day("2026-06-01"));
    assert_eq!(report.row(&cite(ITEM)).unwrap().kept, Some(Retention::AtLeast(day("2027-06-01"))));
}

fn any_decision() -> impl Strategy<Value = Decision> {
    let choice = prop_oneof![
        Just(Choice::Implement),
        any::<bool>().prop_map(|told| Choice::Alternative { measure: told.then(|| words("m")) }),
        Just(Choice::Neither)
    ];
    let days = (-400_i64..400, -400_i64..400, any::<(bool, bool, bool, bool, bool, bool)>());
    (choice, prop::collection::btree_set(0_usize..5, 0..=5), days).prop_map(
        |(choice, factors, (decided, review, told))| {
            let names = ["size-and-capabilities", "technical-infrastructure", "cost", "risk", "mood"];
            let at = day("2026-06-01");
            let shift = |days: i64| {
                if days < 0 {
                    at.saturating_sub(jiff::Span::new().days(-days))
                } else {
                    at.saturating_add(jiff::Span::new().days(days))
                }
            };
            let (rationale, no_alternative, approver, has_day, has_review, shown) = told;
            Decision {
                item: cite(ITEM),
                choice,
                rationale: rationale.then(|| words("r")),
                no_alternative: no_alternative.then(|| words("n")),
                factors: factors.into_iter().map(|at| (slug(names[at]), words("w"))).collect(),
                approver: approver.then(|| words("a")),
                decided_on: has_day.then(|| shift(decided)),
                review_by: has_review.then(|| shift(review)),
                evidence: if shown { vec![evidence("good")] } else { vec![] },
                ended_on: None,
            }
        },
    )
}

proptest! {
    /// The rule in another shape: a decision counts exactly when a checklist says so, and else it says why not.
    #[test]
    fn every_decision_counts_or_says_why_not(decision in any_decision()) {
        let at = day("2026-06-01");
        let told = flaws(&decision, "2026-06-01");
        let choice = match &decision.choice {
            Choice::Implement => true,
            Choice::Alternative { measure } => measure.is_some(),
            Choice::Neither => decision.no_alternative.is_some(),
        };
        let factors: Vec<&str> = decision.factors.keys().map(|k| k.as_str()).collect();
        let whole = choice
            && decision.rationale.is_some()
            && factors == ["cost", "risk", "size-and-capabilities", "technical-infrastructure"]
            && decision.approver.is_some()
            && decision.decided_on.is_some_and(|day| days_between(day, at) >= 0)
            && decision.review_by.is_some_and(|day| days_between(at, day) >= 0)
            && decision.review_by > decision.decided_on;
        prop_assert_eq!(told.is_empty(), whole, "{:?}", told);
        for flaw in told {
            prop_assert!(!flaw.to_string().is_empty());
        }
    }
}

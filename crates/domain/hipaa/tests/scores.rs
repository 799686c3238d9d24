//! The two scores: what counts as met, what is told apart, and that people's word hides no violation.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use attesta_evaluation::{
    Body, Counts, Outcome, Policy, PolicyIndex, Remediation, Standings, Status, Topic, WaiverIndex,
};
use attesta_hipaa::{
    About, AgreementReport, Analysis, Attestation, Choice, Decision, DecisionReport, EvidenceBook, Exemption, Overlay,
    Proof, RiskRegister, RiskReport, ScoreCard, ScoreInputs, Sight, Source, State, SystemId, Watch, score,
};
use attesta_kernel::{ElementId, Place, Severity};
use attesta_resource::{Kind, ResourceIndex};
use proptest::prelude::*;
use support::{basis, book, catalog, cite, day, decision, evidence, rules, set, words};

const AT: &str = "2026-06-01";
const ENCRYPTION: &str = "164.312(a)(2)(iv)";
const LOGOFF: &str = "164.312(a)(2)(iii)";
const AUDIT: &str = "164.312(b)";

/// What a check found of element 1 (encryption) and element 3 (audit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Pass,
    Fail,
    Waived,
    Unknown,
    Errored,
    Nothing,
}

fn policy(id: &str, element: &str) -> Policy {
    Policy {
        id: id.parse().unwrap(),
        title: "t".into(),
        topic: Topic::ALL[0],
        severity: Severity::High,
        kind: Kind::ALL[0],
        body: Body::External,
        controls: vec![],
        hipaa: vec![],
        nist_800_53: vec![],
        proves: vec![element.parse().unwrap()],
        rationale: "r".into(),
        remediation: Remediation::default(),
        provenance: basis(),
        place: Place::default(),
    }
}

fn standings(one: Found, three: Found) -> Standings {
    let policies = [policy("one", "ATT-01-01.1"), policy("three", "ATT-01-01.3")];
    let outcome = |policy, found| {
        let (status, waived) = match found {
            Found::Pass => (Status::Pass, None),
            Found::Fail => (Status::Fail, None),
            Found::Waived => (Status::Fail, Some(WaiverIndex(0))),
            Found::Unknown => (Status::Unknown, None),
            Found::Errored => (Status::Errored, None),
            Found::Nothing => return None,
        };
        Some(Outcome {
            policy: PolicyIndex(policy),
            resource: ResourceIndex(0),
            status,
            reasons: vec![].into(),
            waived,
        })
    };
    let outcomes: Vec<Outcome> = [outcome(0, one), outcome(1, three)].into_iter().flatten().collect();
    Standings::fold(&catalog(), &policies, outcomes.iter())
}

fn attest(about: &str, kept: &[&str]) -> Attestation {
    Attestation {
        id: format!("a-{}", about.replace(['(', ')'], "-")).parse().unwrap(),
        about: about.parse().map_or_else(|_| About::Item(cite(about)), About::Element),
        says: words("it is so"),
        by: words("M. Ito"),
        on: day("2026-01-01"),
        until: day("2026-12-31"),
        evidence: kept.iter().map(|id| evidence(id)).collect(),
    }
}

#[derive(Default)]
struct Case {
    decisions: Vec<Decision>,
    exemptions: Vec<Exemption>,
    attestations: Vec<Attestation>,
    found: Option<(Option<Found>, Option<Found>)>,
    analysed: bool,
    lapsed: BTreeSet<ElementId>,
}

fn card(case: &Case) -> ScoreCard {
    let standings =
        case.found.map(|(one, three)| standings(one.unwrap_or(Found::Nothing), three.unwrap_or(Found::Nothing)));
    card_by(case, standings.as_ref())
}

fn card_by(case: &Case, standings: Option<&Standings>) -> ScoreCard {
    let (catalog, rules, book, at) = (catalog(), rules(), book(), day(AT));
    let mut register = RiskRegister::default();
    if case.analysed {
        register.analyses.push(Analysis {
            id: "ra".parse().unwrap(),
            completed_on: Some(day("2026-01-31")),
            by: Some(words("M. Ito")),
            method: Some(words("by hand")),
            systems: set(&["db"]),
            without_risk: BTreeMap::from([("db".parse().unwrap(), words("none"))]),
            evidence: vec![evidence("good")],
        });
    }
    let systems: BTreeSet<SystemId> = set(&["db"]);
    let decisions = DecisionReport::of(&catalog, &rules.decisions, &case.decisions, &case.exemptions, at);
    score(&ScoreInputs {
        catalog: &catalog,
        rules: &rules,
        decisions: &decisions,
        attestations: &case.attestations,
        evidence: EvidenceBook(&book),
        risks: &RiskReport::of(&rules.risk, &register, Some(&systems), at),
        agreements: &AgreementReport::of(&rules, &[], None, at),
        standings,
        lapsed: &case.lapsed,
        at,
    })
}

/// A source of which both policies said this when it was seen.
fn source(sight: Sight, one: Counts, three: Counts) -> Source {
    let policies = [("one".parse().unwrap(), one), ("three".parse().unwrap(), three)];
    Source {
        id: sight.to_string(),
        name: sight.to_string(),
        sight,
        run: None,
        why: String::new(),
        policies: policies.into(),
    }
}

fn state(card: &ScoreCard, item: &str) -> State {
    card.required.iter().chain(&card.addressable).find(|p| p.citation == cite(item)).unwrap().state
}

fn reasons(card: &ScoreCard, item: &str) -> Vec<String> {
    let position = card.required.iter().chain(&card.addressable).find(|p| p.citation == cite(item)).unwrap();
    position.reasons.iter().map(ToString::to_string).collect()
}

/// Everything in place: settings pass, people attest, the analysis is done, one item does not apply.
fn whole() -> Case {
    Case {
        decisions: vec![],
        exemptions: vec![Exemption {
            item: cite("164.314(a)(2)(ii)"),
            reason: words("no government"),
            by: words("M. Ito"),
            on: day("2026-01-01"),
        }],
        attestations: vec![
            attest("164.308(a)(2)", &["good"]),
            attest(LOGOFF, &["good"]),
            attest("ATT-01-01.2", &["good"]),
        ],
        found: Some((Some(Found::Pass), Some(Found::Pass))),
        analysed: true,
        lapsed: BTreeSet::new(),
    }
}

#[test]
fn required_is_met_as_a_whole_and_each_number_says_how() {
    let card = card(&whole());
    assert!(card.required_met());
    assert_eq!((card.required_share().part, card.required_share().whole), (3, 3));
    assert_eq!(state(&card, "164.308(a)(1)(ii)(A)"), State::Met(Proof::People));
    assert_eq!(state(&card, AUDIT), State::Met(Proof::Automation));
    assert_eq!(state(&card, ENCRYPTION), State::Met(Proof::Both));
    assert_eq!(state(&card, "164.314(a)(2)(ii)"), State::NotApplicable);
    assert_eq!(card.addressable_share().percent(), Some(100));
    for position in card.required.iter().chain(&card.addressable) {
        assert!(!position.reasons.is_empty(), "{} explains nothing", position.citation);
    }
}

#[test]
fn one_required_item_less_and_required_is_not_met() {
    type Lack = fn(&mut Case);
    let lacking: [(&str, Lack); 4] = [
        ("164.308(a)(2)", |c| drop(c.attestations.remove(0))),
        ("164.308(a)(1)(ii)(A)", |c| c.analysed = false),
        (AUDIT, |c| c.found = Some((Some(Found::Pass), Some(Found::Nothing)))),
        ("164.314(a)(2)(ii)", |c| c.exemptions.clear()),
    ];
    for (item, lack) in lacking {
        let mut case = whole();
        lack(&mut case);
        let card = card(&case);
        assert!(!card.required_met(), "{item}");
        assert_eq!(state(&card, item), State::Open, "{item}");
    }
}

#[test]
fn a_violated_element_is_never_met_by_word_alone() {
    for item in [AUDIT, ENCRYPTION] {
        let mut case = whole();
        case.attestations.push(attest(item, &["good"]));
        case.found = Some((Some(Found::Fail), Some(Found::Fail)));
        let card = card(&case);
        assert_eq!(state(&card, item), State::Violated);
        let position = card.required.iter().chain(&card.addressable).find(|p| p.citation == cite(item)).unwrap();
        assert_eq!(position.violated.len(), 1);
        assert!(!card.required_met());
    }
}

#[test]
fn a_waiver_proves_nothing() {
    let mut case = whole();
    case.attestations.push(attest(AUDIT, &["good"]));
    case.found = Some((Some(Found::Pass), Some(Found::Waived)));
    let card = card(&case);
    assert_eq!(state(&card, AUDIT), State::Open);
    assert!(reasons(&card, AUDIT).iter().any(|r| r.contains("waived: accepted for a time, not proven")));
}

#[test]
fn unknown_and_errored_are_never_met_without_people_and_are_told_with_them() {
    for found in [Found::Unknown, Found::Errored, Found::Nothing] {
        let mut case = whole();
        case.found = Some((Some(Found::Pass), Some(found)));
        assert_eq!(state(&card(&case), AUDIT), State::Open);
        case.attestations.push(attest(AUDIT, &["good"]));
        let card = card(&case);
        assert_eq!(state(&card, AUDIT), State::Met(Proof::People));
        assert_eq!(card.rest_on_word(), 1);
    }
}

#[test]
fn nothing_checked_is_told() {
    let mut case = whole();
    case.found = None;
    case.attestations.push(attest(AUDIT, &["good"]));
    case.attestations.push(attest(ENCRYPTION, &["good"]));
    let card = card(&case);
    assert!(card.required_met());
    assert_eq!(card.checked.as_str(), "not checked");
    assert_eq!(card.rest_on_word(), 2);
}

#[test]
fn an_attestation_counts_with_good_evidence_and_in_its_time() {
    let of = |attestation: Attestation| {
        let mut case = whole();
        case.attestations[0] = attestation;
        let card = card(&case);
        (state(&card, "164.308(a)(2)"), card.strays.len())
    };
    let on =
        |on: &str, until: &str| Attestation { on: day(on), until: day(until), ..attest("164.308(a)(2)", &["good"]) };
    let met = (State::Met(Proof::People), 0);
    let open = (State::Open, 1);
    assert_eq!(of(on(AT, AT)), met);
    assert_eq!(of(on("2026-01-01", "2026-05-31")), open);
    assert_eq!(of(on("2026-06-02", "2026-12-31")), open);
    assert_eq!(of(on("2026-06-01", "2026-01-01")), open);
    assert_eq!(of(attest("164.308(a)(2)", &[])), open);
    assert_eq!(of(attest("164.308(a)(2)", &["old"])), open);
    assert_eq!(of(attest("164.308(a)(2)", &["new"])), open);
    assert_eq!(of(attest("164.308(a)(2)", &["lost"])), open);
    assert_eq!(of(attest("164.308(a)(2)", &["old", "good"])), met);
    assert_eq!(of(attest("164.308(a)(9)", &["good"])), open);
}

#[test]
fn one_element_s_word_does_not_stand_for_the_others() {
    let mut case = whole();
    case.found = Some((Some(Found::Unknown), Some(Found::Pass)));
    assert_eq!(state(&card(&case), ENCRYPTION), State::Open);
    case.attestations.push(attest("ATT-01-01.1", &["good"]));
    assert_eq!(state(&card(&case), ENCRYPTION), State::Met(Proof::People));
}

fn without_logoff(choice: Choice) -> Case {
    let mut case = whole();
    case.attestations.remove(1);
    case.decisions = vec![decision(LOGOFF, choice)];
    case
}

fn alternative() -> Choice {
    Choice::Alternative { measure: Some(words("a lock")) }
}

#[test]
fn an_alternative_with_evidence_counts_as_met_and_neither_does_not() {
    let met = card(&without_logoff(alternative()));
    assert_eq!(state(&met, LOGOFF), State::MetByAlternative);
    assert_eq!(met.addressable_share().part, 2);
    let against = card(&without_logoff(Choice::Neither));
    assert_eq!(state(&against, LOGOFF), State::DecidedAgainst);
    assert_eq!((against.addressable_share().part, against.addressable_share().whole), (1, 2));
    assert_eq!(against.addressable_share().percent(), Some(50));
    let open = card(&without_logoff(Choice::Implement));
    assert_eq!(state(&open, LOGOFF), State::Open);
}

#[test]
fn an_alternative_whose_measure_nothing_shows_is_open() {
    for kept in [&[][..], &["old"], &["lost"]] {
        let mut case = without_logoff(alternative());
        case.decisions[0].evidence = kept.iter().map(|id| evidence(id)).collect();
        let card = card(&case);
        assert_eq!(state(&card, LOGOFF), State::Open);
        assert!(reasons(&card, LOGOFF).iter().any(|r| r.contains("no evidence")));
    }
}

#[test]
fn a_decision_that_does_not_count_leaves_it_open_and_says_why() {
    let mut case = without_logoff(alternative());
    case.decisions[0].review_by = Some(day("2026-05-31"));
    let card = card(&case);
    assert_eq!(state(&card, LOGOFF), State::Open);
    assert!(reasons(&card, LOGOFF).contains(&"the decision was to be reviewed by 2026-05-31".to_owned()));
}

#[test]
fn violations_stay_told_beside_an_alternative_and_beside_neither() {
    for (choice, expected) in [(alternative(), State::MetByAlternative), (Choice::Neither, State::DecidedAgainst)] {
        let mut case = whole();
        case.found = Some((Some(Found::Fail), Some(Found::Pass)));
        case.decisions = vec![decision(ENCRYPTION, choice)];
        let card = card(&case);
        assert_eq!(state(&card, ENCRYPTION), expected);
        let position = card.addressable.iter().find(|p| p.citation == cite(ENCRYPTION)).unwrap();
        assert_eq!(position.violated.len(), 1);
        assert!(reasons(&card, ENCRYPTION).contains(&"settings violate 1 element".to_owned()));
    }
}

#[test]
fn what_is_met_as_written_needs_no_decision_and_no_decision_makes_it_less() {
    for choice in [Choice::Implement, alternative(), Choice::Neither] {
        let mut case = whole();
        case.decisions = vec![decision(ENCRYPTION, choice)];
        assert_eq!(state(&card(&case), ENCRYPTION), State::Met(Proof::Both));
    }
}

#[test]
fn the_proposal_changes_no_number() {
    let card = card(&without_logoff(alternative()));
    let before = card.clone();
    let rules = rules();
    let overlay = Overlay::of(&rules.proposed, &card);
    // An alternative would no longer do.
    assert_eq!(overlay.would_be_required, [cite(LOGOFF)]);
    assert!(overlay.rule.label.contains("binds nobody"));
    assert_eq!(card, before);
}

fn any_found() -> impl Strategy<Value = Option<Found>> {
    prop::sample::select(vec![
        None,
        Some(Found::Pass),
        Some(Found::Fail),
        Some(Found::Waived),
        Some(Found::Unknown),
        Some(Found::Errored),
        Some(Found::Nothing),
    ])
}

fn any_choice() -> impl Strategy<Value = Option<Choice>> {
    prop::sample::select(vec![None, Some(Choice::Implement), Some(alternative()), Some(Choice::Neither)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// In another shape: each state of encryption follows from what was found, said and decided.
    #[test]
    fn every_state_follows_from_what_is_known(
        found in any_found(), item in any::<bool>(), first in any::<bool>(), second in any::<bool>(), choice in any_choice(),
        reviewed in any::<bool>(), shown in any::<bool>(),
    ) {
        let mut case = whole();
        case.attestations.retain(|a| a.about != About::Element("ATT-01-01.2".parse().unwrap()));
        case.found = Some((found, Some(Found::Pass)));
        for (said, about) in [(item, ENCRYPTION), (first, "ATT-01-01.1"), (second, "ATT-01-01.2")] {
            if said {
                case.attestations.push(attest(about, &["good"]));
            }
        }
        case.decisions.extend(choice.clone().map(|choice| {
            let mut decision = decision(ENCRYPTION, choice);
            if !reviewed {
                decision.review_by = Some(day("2026-05-31"));
            }
            if !shown {
                decision.evidence.clear();
            }
            decision
        }));
        let told = state(&card(&case), ENCRYPTION);
        let found = found.unwrap_or(Found::Nothing);
        let written = match found {
            Found::Fail => Err(State::Violated),
            Found::Waived => Err(State::Open),
            Found::Pass if item || second => Ok(()),
            Found::Unknown | Found::Errored | Found::Nothing if item || (first && second) => Ok(()),
            _ => Err(State::Open),
        };
        let expected = match (written, choice, reviewed) {
            (Ok(()), _, _) => "met",
            (Err(_), Some(Choice::Neither), true) => "decided against",
            (Err(_), Some(Choice::Alternative { .. }), true) if shown => "met by alternative",
            (Err(state), _, _) => state.as_str(),
        };
        prop_assert_eq!(told.as_str(), expected);
        if found == Found::Fail {
            prop_assert!(!matches!(told, State::Met(_)));
        }
    }

    /// One more attestation never makes an item worse, and never lifts a violated one.
    #[test]
    fn a_word_more_never_harms(one in any_found(), three in any_found(), about in prop::sample::select(vec![ENCRYPTION, AUDIT, LOGOFF])) {
        let mut case = whole();
        case.attestations.clear();
        case.found = Some((one, three));
        let before = state(&card(&case), about);
        case.attestations.push(attest(about, &["good"]));
        let after = state(&card(&case), about);
        prop_assert!(after >= before);
        if before == State::Violated {
            prop_assert_eq!(after, State::Violated);
        }
    }
}

const PASS: Counts = Counts { passes: 2, fails: 0, waived: 0, unknowns: 0 };
const FAIL: Counts = Counts { passes: 1, fails: 1, waived: 0, unknowns: 0 };
const NONE: Counts = Counts { passes: 0, fails: 0, waived: 0, unknowns: 0 };

/// How the encryption and the audit item stand when these sources are watched, with nobody's word for the audit item
/// unless `attested`.
fn watched(sources: Vec<Source>, attested: bool) -> (State, ScoreCard) {
    let policies = [policy("one", "ATT-01-01.1"), policy("three", "ATT-01-01.3")];
    let watch = Watch::of(&catalog(), &policies, sources);
    let mut case = Case { lapsed: watch.lapsed.clone(), ..whole() };
    if attested {
        case.attestations.push(attest(AUDIT, &["good"]));
    }
    let card = card_by(&case, Some(&watch.standings));
    (state(&card, AUDIT), card)
}

#[test]
fn only_a_source_that_was_seen_fresh_and_whole_proves_anything() {
    let table = [
        (vec![source(Sight::Whole, PASS, PASS)], State::Met(Proof::Automation)),
        (vec![source(Sight::Whole, PASS, FAIL)], State::Violated),
        (vec![source(Sight::Whole, PASS, NONE)], State::Open),
        (vec![source(Sight::Partial, PASS, PASS)], State::Open),
        (vec![source(Sight::Partial, PASS, FAIL)], State::Violated),
        (vec![source(Sight::Stale, PASS, PASS)], State::Open),
        (vec![source(Sight::Lost, PASS, PASS)], State::Open),
        (vec![source(Sight::Never, NONE, NONE)], State::Open),
        // One that proves does not speak for another that nobody can see.
        (vec![source(Sight::Whole, PASS, PASS), source(Sight::Never, NONE, NONE)], State::Open),
        (vec![source(Sight::Whole, PASS, PASS), source(Sight::Partial, PASS, NONE)], State::Open),
        (vec![source(Sight::Whole, PASS, PASS), source(Sight::Stale, PASS, PASS)], State::Open),
        // What it never spoke of may stand there since: nothing gets better by letting a source go stale.
        (vec![source(Sight::Whole, PASS, PASS), source(Sight::Stale, PASS, NONE)], State::Open),
        (vec![source(Sight::Whole, PASS, PASS), source(Sight::Lost, PASS, NONE)], State::Open),
        (vec![source(Sight::Whole, PASS, PASS), source(Sight::Whole, PASS, FAIL)], State::Violated),
    ];
    for (sources, expected) in table {
        let named: Vec<(Sight, Counts)> =
            sources.iter().map(|s| (s.sight, s.policies.values().copied().last().unwrap())).collect();
        assert_eq!(watched(sources, false).0, expected, "{named:?}");
    }
}

#[test]
fn a_violation_that_nobody_sees_any_more_is_not_met_by_word() {
    for sight in [Sight::Stale, Sight::Lost] {
        let (state, card) = watched(vec![source(sight, PASS, FAIL)], true);
        assert_eq!(state, State::Open, "{sight}");
        assert!(reasons(&card, AUDIT).iter().any(|r| r.contains("was violated when last seen")), "{sight}");
        // What passed then is unknown now, and people may speak for it.
        let (state, card) = watched(vec![source(sight, PASS, PASS)], true);
        assert_eq!(state, State::Met(Proof::People), "{sight}");
        assert!(card.rest_on_word() > 0);
    }
}

#[test]
fn an_item_names_the_policies_and_sources_that_it_rests_on() {
    let policies = [policy("one", "ATT-01-01.1"), policy("three", "ATT-01-01.3")];
    let sources = vec![source(Sight::Whole, PASS, FAIL), source(Sight::Stale, PASS, PASS)];
    let (catalog, watch) = (catalog(), Watch::of(&catalog(), &policies, sources));
    let said = watch.said(&catalog, &policies, &cite(AUDIT));
    let [said] = said.as_slice() else { panic!("one policy speaks for it: {said:?}") };
    assert_eq!((said.policy.id.as_str(), said.counts), ("three", Counts { unknowns: 2, ..FAIL }));
    assert_eq!(said.by.len(), 2);
    let stale = watch.sources.last().unwrap();
    assert_eq!(stale.undecided(&policies).len(), 2, "what a stale source judged is not decided");
}

//! From what people write to levels: parts of the scope, elements, strength, inheritance; the worked examples F.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    AnswerFaultKind, Answered, Assessment, Condition, Dossier, FactorAnswers, InheritanceFault, Inherited, Judgement,
    LevelAnswer, Measure, Met, PackElement, PackRequirement, Part, Person, Purpose, Register, Relation, Request,
    RequestCommand, RequestRefusal, RequestState, Scope, Side, Source, SourceState, Strength, Validated, View, applied,
    may_be_used, work_out,
};
use attesta_catalog::Placed;
use attesta_content::{ContentSource, inheritance_rules, programs, rubrics};
use attesta_kernel::{Date, Place, Share};
use attesta_scoring::{Answer, Exact, Levels, MaturityLevel, Program, Rubric, Score};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn points(text: &str) -> Score {
    text.parse().unwrap()
}

fn placed<T>(value: T) -> Placed<T> {
    Placed::new(Place::new("x.yaml", 1), value)
}

fn dossier(program: &str, purpose: Purpose) -> Dossier {
    Dossier {
        assessment: placed(Assessment {
            id: "ours".parse().unwrap(),
            title: "Ours".into(),
            organisation: "A".into(),
            program: program.into(),
            purpose,
            csf: "v11.8.0".into(),
            created: day("2026-06-01"),
            additions: BTreeSet::new(),
            packs: Vec::new(),
            measured_and_managed: false,
            rubric: "v3".into(),
            target: None,
            prior: None,
        }),
        scope: Scope::default(),
        factors: FactorAnswers::default(),
        packs: Vec::new(),
        people: BTreeMap::<_, Placed<Person>>::new(),
        answers: BTreeMap::new(),
        validation: BTreeMap::new(),
        evidence: BTreeMap::new(),
        measures: BTreeMap::new(),
        samples: BTreeMap::new(),
        inheritance: Register::default(),
    }
}

fn requirement(elements: u8) -> PackRequirement {
    PackRequirement {
        id: "R1".parse().unwrap(),
        domain: 1,
        control_reference: "01.b".parse().unwrap(),
        title: "One".into(),
        text: String::new(),
        elements: (1..=elements).map(|number| PackElement { number, text: String::new(), proven_by: None }).collect(),
        core_of: BTreeSet::new(),
        brought_by: BTreeSet::new(),
        brought_when: Condition::Always,
        hipaa: BTreeSet::new(),
        maps: BTreeMap::new(),
        when: Condition::Always,
        sampled: false,
        topics: BTreeSet::new(),
    }
}

fn given(score: &str) -> Judgement {
    Judgement::Given { score: points(score), because: "test".into() }
}

fn rated(met: &[u8], inapplicable: &[u8], strength: Strength) -> Judgement {
    let met = Met::These(met.iter().copied().collect());
    Judgement::Rated { met, inapplicable: inapplicable.iter().copied().collect(), strength }
}

fn tier(name: &str) -> Strength {
    Strength::Tier(name.into())
}

fn level(judgements: Vec<Judgement>) -> LevelAnswer {
    let several = judgements.len() > 1;
    let part =
        |(at, judgement)| Part { component: several.then(|| format!("c{at}").parse().unwrap()), weight: 1, judgement };
    LevelAnswer {
        parts: judgements.into_iter().enumerate().map(part).collect(),
        weights_because: None,
        evidence: Vec::new(),
        in_place_since: None,
        tested_on: None,
        sample: None,
    }
}

fn answer(dossier: &mut Dossier, levels: Vec<(MaturityLevel, LevelAnswer)>) {
    let requirement = "R1".parse().unwrap();
    let answered = Answered {
        requirement,
        owner: None,
        not_applicable: None,
        levels: levels.into_iter().collect(),
        comment: String::new(),
        not_sampled: None,
    };
    dossier.answers.insert("R1".parse().unwrap(), placed(answered));
}

fn program(id: &str) -> Program {
    programs(&ContentSource::Embedded).unwrap().into_iter().find(|p| p.id == id).unwrap()
}

fn rubric() -> Rubric {
    rubrics(&ContentSource::Embedded, day("2026-06-01")).unwrap().remove(0)
}

/// The levels of R1 in an r2.
fn levels(dossier: &Dossier, elements: u8, inherited: &[Inherited]) -> Result<Levels, AnswerFaultKind> {
    let program = program("r2");
    let rules = program.rules(day("2026-06-01")).unwrap();
    match work_out(dossier, &rules, &rubric(), &requirement(elements), inherited, View::Final) {
        Ok(worked) => match worked.answer {
            Some(Answer::Scored(levels)) => Ok(levels),
            _ => Ok(Levels::default()),
        },
        Err(faults) => Err(faults[0].kind.clone()),
    }
}

fn full(text: &str) -> Levels {
    let mut levels = Levels::default();
    for (level, score) in MaturityLevel::ALL.into_iter().zip(text.split('/')) {
        levels.set(level, (score != "-").then(|| points(score)));
    }
    levels
}

fn from(source: &str, weight: &str, levels: &str) -> Inherited {
    Inherited { source: source.parse().unwrap(), weight: points(weight), levels: full(levels) }
}

#[test]
fn elements_and_strength_make_a_rating() {
    use MaturityLevel::{Implemented, Policy, Procedure};
    for (which, judgement, elements, expected) in [
        (Policy, rated(&[1, 2, 3, 4], &[], tier("documented")), 4, "100"),
        (Policy, rated(&[1, 2, 3, 4], &[], tier("undocumented")), 4, "25"),
        (Policy, rated(&[1, 2], &[], tier("documented")), 4, "50"),
        // One element does not apply: 2 of 3 are met.
        (Procedure, rated(&[1, 2], &[4], tier("documented")), 4, "75"),
        (Implemented, rated(&[1, 2], &[], Strength::Share(Share::new(25, 25))), 4, "50"),
        // 20 of 25 is 80 %: tier 3; all elements: very high coverage.
        (Implemented, rated(&[1, 2, 3, 4], &[], Strength::Share(Share::new(20, 25))), 4, "75"),
        (Implemented, rated(&[], &[], Strength::Share(Share::new(25, 25))), 4, "0"),
    ] {
        let mut dossier = dossier("r2", Purpose::Readiness);
        answer(&mut dossier, vec![(which, level(vec![judgement]))]);
        let worked = levels(&dossier, elements, &[]).unwrap();
        assert_eq!(worked.get(which), Some(points(expected).into()), "{which} {expected}");
    }
}

#[test]
fn answers_that_make_no_sense_are_refused_by_name() {
    use MaturityLevel::{Implemented, Measured, Policy};
    let nothing = |kind: &AnswerFaultKind| matches!(kind, AnswerFaultKind::NothingApplies);
    type Row<'a> = (MaturityLevel, Judgement, &'a dyn Fn(&AnswerFaultKind) -> bool);
    let table: [Row<'_>; 8] = [
        (Policy, rated(&[3], &[], tier("documented")), &|k| {
            matches!(k, AnswerFaultKind::NoElement { number: 3, most: 2 })
        }),
        (Policy, rated(&[], &[9], tier("documented")), &|k| matches!(k, AnswerFaultKind::NoElement { number: 9, .. })),
        (Policy, rated(&[1], &[1], tier("documented")), &|k| *k == AnswerFaultKind::MetAndInapplicable(1)),
        (Policy, rated(&[], &[1, 2], tier("documented")), &nothing),
        (Policy, rated(&[1], &[], tier("strong")), &|k| matches!(k, AnswerFaultKind::Rate(_))),
        (Policy, rated(&[1], &[], Strength::Share(Share::new(1, 2))), &|k| matches!(k, AnswerFaultKind::Rate(_))),
        (Implemented, rated(&[1], &[], Strength::Measure("m".parse().unwrap())), &|k| {
            *k == AnswerFaultKind::MeasureHere
        }),
        (Measured, rated(&[1], &[], tier("independent-metric")), &|k| *k == AnswerFaultKind::MeasureNeeded),
    ];
    for (which, judgement, wanted) in table {
        let mut dossier = dossier("r2", Purpose::Readiness);
        dossier.assessment.value.measured_and_managed = true;
        answer(&mut dossier, vec![(which, level(vec![judgement]))]);
        let kind = levels(&dossier, 2, &[]).unwrap_err();
        assert!(wanted(&kind), "{kind}");
    }
}

#[test]
fn a_policy_over_three_of_four_business_units_scores_75() {
    let mut dossier = dossier("r2", Purpose::Readiness);
    let parts = vec![given("100"), given("100"), given("100"), given("0")];
    answer(&mut dossier, vec![(MaturityLevel::Policy, level(parts))]);
    assert_eq!(levels(&dossier, 1, &[]).unwrap().policy, Some(points("75").into()));
}

#[test]
fn unequal_weights_need_a_reason_and_a_part_stands_once() {
    let mut unequal = level(vec![given("100"), given("0")]);
    unequal.parts[0].weight = 3;
    let mut dossier = dossier("r2", Purpose::Readiness);
    answer(&mut dossier, vec![(MaturityLevel::Policy, unequal.clone())]);
    assert_eq!(levels(&dossier, 1, &[]).unwrap_err(), AnswerFaultKind::WeightsWithoutReason);
    unequal.weights_because = Some("three times the records".into());
    answer(&mut dossier, vec![(MaturityLevel::Policy, unequal.clone())]);
    assert_eq!(levels(&dossier, 1, &[]).unwrap().policy, Some(points("75").into()));
    unequal.parts[1].component = unequal.parts[0].component.clone();
    answer(&mut dossier, vec![(MaturityLevel::Policy, unequal)]);
    assert!(matches!(levels(&dossier, 1, &[]).unwrap_err(), AnswerFaultKind::PartTwice(_)));
}

#[test]
fn example_f_one_provider_with_70_per_cent() {
    let mut dossier = dossier("r2", Purpose::Validated);
    answer(&mut dossier, vec![(MaturityLevel::Policy, level(vec![given("50")]))]);
    let worked = levels(&dossier, 1, &[from("a", "70", "100/100/100")]).unwrap();
    assert_eq!(worked.policy, Some(points("85").into()));
    assert_eq!(worked.procedure, None, "the own 30 % of a level that nobody answered is not guessed");
}

#[test]
fn example_f_two_providers_and_an_own_part() {
    let mut dossier = dossier("r2", Purpose::Validated);
    answer(&mut dossier, vec![(MaturityLevel::Policy, level(vec![given("50")]))]);
    let brought = [from("a", "40", "100/-/-"), from("b", "35", "75/-/-")];
    assert_eq!(levels(&dossier, 1, &brought).unwrap().policy, Some(points("78.75").into()));
}

#[test]
fn example_f_three_equal_parties_stay_off_the_grid() {
    let mut dossier = dossier("r2", Purpose::Validated);
    let parts = |scores: [&str; 3]| level(scores.map(given).to_vec());
    let policy = (MaturityLevel::Policy, parts(["75", "75", "100"]));
    answer(&mut dossier, vec![policy, (MaturityLevel::Implemented, parts(["100", "100", "100"]))]);
    let worked = levels(&dossier, 1, &[]).unwrap();
    let policy = worked.policy.unwrap();
    assert_eq!((policy.to_string(), policy.rounded().to_string()), ("250 / 3".into(), "83.33".into()));
    assert_eq!(worked.implemented, Some(Exact::FULL));
}

#[test]
fn example_f_all_of_it_inherited_leaves_the_own_answer_aside() {
    let mut dossier = dossier("r2", Purpose::Validated);
    answer(&mut dossier, vec![(MaturityLevel::Policy, level(vec![given("0")]))]);
    let worked = levels(&dossier, 1, &[from("a", "100", "100/100/75")]).unwrap();
    assert_eq!(worked.policy, Some(Exact::FULL));
    assert_eq!(worked.implemented, Some(points("75").into()), "no own answer is needed");
}

#[test]
fn a_source_brings_its_zeros_too() {
    let dossier = dossier("r2", Purpose::Validated);
    // An e1 has Implemented alone: policy and procedure come as zero.
    let worked = levels(&dossier, 1, &[from("a", "100", "-/-/100")]).unwrap();
    assert_eq!((worked.policy, worked.procedure), (Some(Exact::ZERO), Some(Exact::ZERO)));
    assert_eq!(worked.measured, None, "levels that the assessment leaves out stay out");
}

#[test]
fn example_f_weights_over_100_are_refused() {
    let dossier = dossier("r2", Purpose::Validated);
    let brought = [from("a", "60", "100/-/-"), from("b", "50", "100/-/-")];
    assert_eq!(levels(&dossier, 1, &brought).unwrap_err(), AnswerFaultKind::OverInherited("110.00".into()));
}

#[test]
fn the_assessors_score_replaces_the_answer_and_the_entity_keeps_its_own() {
    let mut dossier = dossier("r2", Purpose::Validated);
    answer(&mut dossier, vec![(MaturityLevel::Policy, level(vec![given("100")]))]);
    let validated = Validated {
        requirement: "R1".parse().unwrap(),
        tester: "t".parse().unwrap(),
        tested_on: day("2026-08-01"),
        levels: [(MaturityLevel::Policy, points("50"))].into(),
        not_applicable: None,
        comment: String::new(),
        complete: true,
    };
    dossier.validation.insert("R1".parse().unwrap(), placed(validated));
    assert_eq!(levels(&dossier, 1, &[]).unwrap().policy, Some(points("50").into()));
    let program = program("r2");
    let rules = program.rules(day("2026-06-01")).unwrap();
    let entity = work_out(&dossier, &rules, &rubric(), &requirement(1), &[], View::Entity).unwrap();
    assert!(matches!(entity.answer, Some(Answer::Scored(l)) if l.policy == Some(Exact::FULL)));
}

#[test]
fn measured_follows_from_what_its_measure_says() {
    let whole = Measure {
        id: "m".parse().unwrap(),
        requirements: ["R1".parse().unwrap()].into(),
        describes: "a".into(),
        frequency: "monthly".into(),
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
    };
    let metric = Measure { threshold: Some("95 %".into()), tracked_since: Some(day("2026-01-01")), ..whole.clone() };
    for (measure, expected) in [
        (Measure { frequency: " ".into(), ..whole.clone() }, "0"),
        (Measure { reviewed_by: None, ..whole.clone() }, "0"),
        (whole.clone(), "25"),
        (metric.clone(), "50"),
        (Measure { independent: true, ..whole.clone() }, "75"),
        (Measure { independent: true, ..metric.clone() }, "100"),
    ] {
        let mut dossier = dossier("r2", Purpose::Readiness);
        dossier.measures.insert("m".parse().unwrap(), placed(measure));
        let judgement = rated(&[1], &[], Strength::Measure("m".parse().unwrap()));
        answer(&mut dossier, vec![(MaturityLevel::Measured, level(vec![judgement]))]);
        assert_eq!(levels(&dossier, 1, &[]).unwrap().measured, Some(points(expected).into()));
    }
}

#[test]
fn a_finished_sample_tells_the_strength() {
    let judgement = || rated(&[1, 2], &[], Strength::Sample("smp".parse().unwrap()));
    let mut dossier = dossier("r2", Purpose::Readiness);
    answer(&mut dossier, vec![(MaturityLevel::Implemented, level(vec![judgement()]))]);
    assert_eq!(levels(&dossier, 2, &[]).unwrap_err(), AnswerFaultKind::NoSample("smp".parse().unwrap()));
    // 20 of 25 is tier 3; all elements.
    dossier.samples.insert("smp".parse().unwrap(), Share::new(20, 25));
    assert_eq!(levels(&dossier, 2, &[]).unwrap().implemented, Some(points("75").into()));
}

// Sources.

fn source(program: &str, state: SourceState) -> Source {
    Source {
        id: "s".parse().unwrap(),
        assessment: "theirs".parse().unwrap(),
        title: "Theirs".into(),
        provider: None,
        relation: Relation::External,
        program: program.into(),
        state,
        report: Some(day("2025-06-01")),
        expires: Some(day("2027-06-01")),
        inherits_from: BTreeSet::new(),
        results: [("R1".parse().unwrap(), full("100/100/100"))].into(),
    }
}

fn used(source: &Source, purpose: Purpose, at: &str) -> Result<(), InheritanceFault> {
    let rules = inheritance_rules(&ContentSource::Embedded, day("2026-06-01")).unwrap();
    let dossier = dossier("r2", purpose);
    may_be_used(&rules, &dossier.assessment.value, &dossier.inheritance, source, day(at))
}

#[test]
fn example_f_which_sources_may_be_used() {
    use InheritanceFault as F;
    let certified = source("r2", SourceState::Certified);
    assert_eq!(used(&certified, Purpose::Validated, "2027-06-01"), Ok(()), "the last day counts");
    assert!(matches!(used(&certified, Purpose::Validated, "2027-06-02"), Err(F::Expired { .. })));
    let validated = source("r2", SourceState::ValidatedOnly);
    assert_eq!(used(&validated, Purpose::Validated, "2026-06-01"), Ok(()), "365 days");
    assert!(matches!(used(&validated, Purpose::Validated, "2026-06-02"), Err(F::TooOld { days: 366, .. })));
    assert!(matches!(
        used(&source("i1", SourceState::ValidatedOnly), Purpose::Validated, "2025-07-01"),
        Err(F::NotCertified { .. })
    ));
    let readiness = source("r2", SourceState::Readiness);
    assert!(matches!(used(&readiness, Purpose::Validated, "2025-07-01"), Err(F::Readiness(_))));
    assert_eq!(used(&readiness, Purpose::Readiness, "2025-07-01"), Ok(()));
    assert!(matches!(
        used(&source("soc2", SourceState::Certified), Purpose::Readiness, "2026-01-01"),
        Err(F::Program { .. })
    ));
    assert!(matches!(
        used(&source("r2", SourceState::Unfinished), Purpose::Readiness, "2026-01-01"),
        Err(F::Unfinished(_))
    ));
    let undated = Source { expires: None, ..certified };
    assert!(matches!(used(&undated, Purpose::Validated, "2026-01-01"), Err(F::Undated { what: "expires", .. })));
}

fn request(weight: &str, state: RequestState) -> Request {
    Request {
        requirement: "R1".parse().unwrap(),
        source: "s".parse().unwrap(),
        stands_for: None,
        weight: points(weight),
        state,
    }
}

fn applied_state() -> RequestState {
    RequestState::Applied { by: "p".parse().unwrap(), on: day("2026-06-02") }
}

fn register(sources: Vec<Source>, requests: Vec<Request>) -> Dossier {
    let mut dossier = dossier("r2", Purpose::Validated);
    dossier.inheritance.sources = sources.into_iter().map(|s| (s.id.clone(), placed(s))).collect();
    dossier.inheritance.requests = requests.into_iter().map(placed).collect();
    dossier
}

fn brought(dossier: &Dossier) -> Result<usize, Vec<InheritanceFault>> {
    let rules = inheritance_rules(&ContentSource::Embedded, day("2026-06-01")).unwrap();
    applied(&rules, &dossier.assessment.value, &dossier.inheritance, day("2026-07-01"))
        .map(|b| b.values().map(Vec::len).sum())
}

#[test]
fn example_f_internal_inheritance_is_whole_and_single() {
    let internal = Source { relation: Relation::Internal, ..source("r2", SourceState::Certified) };
    assert_eq!(brought(&register(vec![internal.clone()], vec![request("100", applied_state())])), Ok(1));
    let faults = brought(&register(vec![internal.clone()], vec![request("60", applied_state())])).unwrap_err();
    assert!(matches!(faults[0], InheritanceFault::InternalWeight { .. }));
    let other = Source { id: "t".parse().unwrap(), assessment: "others".parse().unwrap(), ..internal.clone() };
    let second = Request { source: "t".parse().unwrap(), ..request("100", applied_state()) };
    let faults = brought(&register(vec![internal, other], vec![request("100", applied_state()), second])).unwrap_err();
    assert!(faults.iter().any(|f| matches!(f, InheritanceFault::InternalSources { count: 2, .. })), "{faults:?}");
    assert!(faults.iter().any(|f| matches!(f, InheritanceFault::OverAll { .. })), "{faults:?}");
}

#[test]
fn only_what_is_applied_counts() {
    let states = [
        RequestState::Draft,
        RequestState::Submitted { by: "p".parse().unwrap(), on: day("2026-06-02") },
        RequestState::Approved { by: "p".parse().unwrap(), on: day("2026-06-02") },
        RequestState::Rejected { by: "p".parse().unwrap(), on: day("2026-06-02"), because: "no".into() },
        RequestState::Withdrawn { by: "p".parse().unwrap(), on: day("2026-06-02"), because: "no".into() },
    ];
    for state in states {
        let register = register(vec![source("r2", SourceState::Certified)], vec![request("70", state)]);
        assert_eq!(brought(&register), Ok(0));
    }
}

#[test]
fn results_do_not_go_round_in_a_circle() {
    let mut first = source("r2", SourceState::Certified);
    first.inherits_from = ["others".parse().unwrap()].into();
    let mut second = source("r2", SourceState::Certified);
    second.id = "t".parse().unwrap();
    second.assessment = "others".parse().unwrap();
    second.inherits_from = ["theirs".parse().unwrap()].into();
    let round = register(vec![first.clone(), second.clone()], vec![request("70", applied_state())]);
    assert_eq!(brought(&round), Ok(1), "a circle of others is not ours");
    second.inherits_from.insert("ours".parse().unwrap());
    let faults = brought(&register(vec![first, second], vec![request("70", applied_state())])).unwrap_err();
    assert_eq!(
        faults[0].to_string(),
        "source `s` inherits from this assessment itself, by way of s -> others -> ours; results cannot go round in a circle"
    );
}

#[test]
fn an_unknown_source_and_a_missing_result_are_named() {
    let faults = brought(&register(Vec::new(), vec![request("70", applied_state())])).unwrap_err();
    assert!(matches!(faults[0], InheritanceFault::NoSource(_)));
    let mut other = request("70", applied_state());
    other.requirement = "R2".parse().unwrap();
    let sources = || vec![source("r2", SourceState::Certified)];
    assert!(matches!(
        brought(&register(sources(), vec![other.clone()])).unwrap_err()[0],
        InheritanceFault::NoResult { .. }
    ));
    other.stands_for = Some("R1".parse().unwrap());
    assert_eq!(brought(&register(sources(), vec![other])), Ok(1), "it stands there under another id");
}

// Requests: every state x command moves or refuses.

fn commands() -> [RequestCommand; 6] {
    [
        RequestCommand::Reweigh(points("40")),
        RequestCommand::Submit,
        RequestCommand::Approve,
        RequestCommand::Reject("no".into()),
        RequestCommand::Apply,
        RequestCommand::Withdraw("enough".into()),
    ]
}

#[test]
fn every_state_of_a_request_moves_or_refuses() {
    let (by, on) = (|| "p".parse().unwrap(), day("2026-06-02"));
    let because = || "x".to_owned();
    let states = [
        RequestState::Draft,
        RequestState::Submitted { by: by(), on },
        RequestState::Approved { by: by(), on },
        RequestState::Rejected { by: by(), on, because: because() },
        RequestState::Applied { by: by(), on },
        RequestState::Withdrawn { by: by(), on, because: because() },
    ];
    let mut told = String::new();
    for relation in [Relation::External, Relation::Internal] {
        for state in &states {
            for command in commands() {
                let side = match command {
                    RequestCommand::Approve | RequestCommand::Reject(_) => Side::Provider,
                    _ => Side::Entity,
                };
                let before = request("70", state.clone());
                let next = match before.act(&command, relation, &by(), side, day("2026-06-03")) {
                    Ok((next, _)) => next.state.to_string(),
                    Err(RequestRefusal::NotFromHere { .. }) => "-".into(),
                    Err(other) => other.to_string(),
                };
                told.push_str(&format!("{relation} {state} {}: {next}\n", command.as_str()));
            }
        }
    }
    let moves: Vec<&str> = told.lines().filter(|line| !line.ends_with(": -")).collect();
    assert_eq!(
        moves,
        [
            "external draft reweigh: draft",
            "external draft submit: submitted",
            "external draft withdraw: withdrawn",
            "external submitted approve: approved",
            "external submitted reject: rejected",
            "external submitted withdraw: withdrawn",
            "external approved apply: applied",
            "external approved withdraw: withdrawn",
            "external applied withdraw: withdrawn",
            "internal draft reweigh: draft",
            "internal draft apply: applied",
            "internal draft withdraw: withdrawn",
            "internal submitted approve: approved",
            "internal submitted reject: rejected",
            "internal submitted withdraw: withdrawn",
            "internal approved apply: applied",
            "internal approved withdraw: withdrawn",
            "internal applied withdraw: withdrawn",
        ]
    );
    assert_eq!(told.lines().count(), 72);
}

#[test]
fn sides_reasons_and_days_are_kept() {
    let submitted = request("70", RequestState::Submitted { by: "p".parse().unwrap(), on: day("2026-06-02") });
    let by = "p".parse().unwrap();
    let act = |command: RequestCommand, side, on: &str| {
        submitted.act(&command, Relation::External, &by, side, day(on)).map(|(r, _)| r.state.to_string())
    };
    assert!(matches!(act(RequestCommand::Approve, Side::Entity, "2026-06-03"), Err(RequestRefusal::NotTheirs { .. })));
    assert!(matches!(
        act(RequestCommand::Reject(" ".into()), Side::Provider, "2026-06-03"),
        Err(RequestRefusal::NoReason(_))
    ));
    assert!(matches!(
        act(RequestCommand::Approve, Side::Provider, "2026-06-01"),
        Err(RequestRefusal::BeforeItsTime { .. })
    ));
    assert_eq!(act(RequestCommand::Approve, Side::Provider, "2026-06-02"), Ok("approved".into()));
    let nothing = request("0", RequestState::Draft);
    assert_eq!(
        nothing.act(&RequestCommand::Submit, Relation::External, &by, Side::Entity, day("2026-06-02")).unwrap_err(),
        RequestRefusal::NoWeight
    );
}

proptest! {
    /// A blend lies between its least and greatest part, and the naive formula in hundredths of hundredths agrees.
    #[test]
    fn a_blend_is_the_weighted_sum(
        own in 0_u16..=10_000, first in 0_u16..=10_000, second in 0_u16..=10_000, a in 0_u16..=10_000, b in 0_u16..=10_000,
    ) {
        let b = b.min(10_000 - a);
        let score = |h| Score::from_hundredths(h).unwrap();
        let mut dossier = dossier("r2", Purpose::Validated);
        let judgement = Judgement::Given { score: score(own), because: "t".into() };
        answer(&mut dossier, vec![(MaturityLevel::Policy, level(vec![judgement]))]);
        let part = |source: &str, weight, value| {
            let mut levels = Levels::default();
            levels.set(MaturityLevel::Policy, Some(score(value)));
            Inherited { source: source.parse().unwrap(), weight: score(weight), levels }
        };
        let brought = [part("a", a, first), part("b", b, second)];
        let policy = levels(&dossier, 1, &brought).unwrap().policy.unwrap();
        let rest = u64::from(10_000 - a - b);
        let naive = u64::from(a) * u64::from(first) + u64::from(b) * u64::from(second) + rest * u64::from(own);
        // `naive` counts millionths of a point.
        let (millionths, over) = policy.as_fraction();
        prop_assert_eq!(u128::from(naive) * over, millionths);
    }
}

//! What does not apply, levels, scores and comments.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod support;

use attesta_assessment::*;
use attesta_scoring::{MaturityLevel, Shortfall};
use support::*;

#[test]
fn what_does_not_apply() {
    table(&[
        ("all that speaks of it is out", mobile_out, &[]),
        (
            "out in one domain, scored in another",
            |w| w.not_applicable("R1", "no devices"),
            &["QC-01 topic mobile-devices"],
        ),
        (
            "another subject that is wholly out explains it",
            |w| {
                w.dossier.packs[0].requirements[0].topics.insert("wireless".into());
                w.dossier.packs[0].requirements[2].topics.insert("wireless".into());
                w.not_applicable("R1", "no wireless");
                w.not_applicable("R3", "no wireless");
            },
            &[],
        ),
        (
            "a subject that is never wholly absent is not compared",
            |w| {
                mobile_out(w);
                for at in [0, 2] {
                    w.dossier.packs[0].requirements[at].topics.insert("logging".into());
                }
            },
            &[],
        ),
        (
            "the assessor disagrees that it does not apply, so it is scored",
            |w| {
                mobile_out(w);
                w.validated("R1").not_applicable = Some(false);
            },
            &["QC-01 topic mobile-devices"],
        ),
        (
            "the factor says that there are some",
            |w| {
                mobile_out(w);
                factor(w, "yes", "");
            },
            &["QC-02 factor mobile-devices"],
        ),
        ("the factor says so and one is scored", |w| factor(w, "yes", ""), &[]),
        (
            "without a reason",
            |w| {
                mobile_out(w);
                w.not_applicable("R1", " ");
            },
            &["QC-03 requirement R1"],
        ),
        (
            "with a reason that says nothing",
            |w| {
                mobile_out(w);
                w.not_applicable("R2", "N/A");
            },
            &["QC-03 requirement R2"],
        ),
        (
            "a chosen addition asks for it",
            |w| {
                mobile_out(w);
                w.dossier.assessment.value.additions.insert(id("hipaa"));
                w.dossier.packs[0].requirements[1].brought_by.insert(id("hipaa"));
            },
            &["QC-05 requirement R2"],
        ),
        (
            "an addition that was not chosen asks for it",
            |w| {
                mobile_out(w);
                w.dossier.packs[0].requirements[1].brought_by.insert(id("hipaa"));
            },
            &[],
        ),
        ("a denied factor without a reason", |w| factor(w, "no", " "), &["QC-29 factor mobile-devices"]),
        (
            "a denied factor with a reason that says nothing",
            |w| factor(w, "no", "tbd"),
            &["QC-29 factor mobile-devices"],
        ),
        ("a denied factor with a reason", |w| factor(w, "no", "devices are forbidden"), &[]),
    ]);
}

#[test]
fn unusually_many_out_are_told_above_the_share_and_from_the_least_number() {
    // 20 requirements, limit 15 %: three are 15 %, four are more.
    let story = |all: u32, out: u32| {
        let mut world = clean();
        world.more(all - 3);
        for number in 0..out {
            world.not_applicable(&format!("M{number}"), "no such thing here");
        }
        world.found()
    };
    assert_eq!(story(20, 3), [""; 0]);
    assert_eq!(story(20, 4), ["QC-04 assessment"]);
    assert_eq!(story(19, 4), [""; 0]);
}

fn factor(world: &mut World, choice: &str, because: &str) {
    let answer = FactorAnswer { choices: [id(choice)].into(), because: because.into() };
    world.dossier.factors.0.insert(id("mobile-devices"), at("factors.yaml", 4, answer));
}

#[test]
fn levels_and_what_stands_behind_them() {
    table(&[
        (
            "managed above measured",
            |w| {
                w.scores("R1", [Some("100"), Some("100"), Some("100"), Some("25"), Some("50")]);
            },
            &["QC-06 level R1 managed"],
        ),
        (
            "managed as high as measured",
            |w| {
                w.scores("R1", [Some("100"), Some("100"), Some("100"), Some("50"), Some("50")]);
            },
            &[],
        ),
        (
            "managed without measured",
            |w| {
                w.scores("R1", [Some("100"), Some("100"), Some("100"), None, Some("25")]);
            },
            &["QC-06 level R1 managed"],
        ),
        (
            "managed 0 without measured",
            |w| {
                w.scores("R1", [Some("100"), Some("100"), Some("100"), None, Some("0")]);
            },
            &[],
        ),
        ("measured without a measure", |w| measured(w, None), &["QC-07 level R1 measured"]),
        ("measured by a whole measure", |w| measured(w, Some(measure())), &[]),
        (
            "measured by a measure that lacks a reviewer",
            |w| {
                measured(w, Some(Measure { reviewed_by: None, ..measure() }));
            },
            &["QC-07 level R1 measured"],
        ),
        (
            "measured at 0 needs no measure",
            |w| {
                measured(w, None);
                w.scores("R1", [Some("100"), Some("100"), Some("100"), Some("0"), None]);
            },
            &[],
        ),
        ("scored without evidence", |w| w.on("R1", "policy").evidence.clear(), &["QC-08 level R1 policy"]),
        (
            "scored 0 without evidence",
            |w| {
                w.on("R1", "policy").evidence.clear();
                w.scores("R1", [Some("0"), Some("100"), Some("100"), None, None]);
                w.short("R1", Shortfall::Gap);
            },
            &[],
        ),
        (
            "evidence that is not in the register",
            |w| {
                w.on("R1", "policy").evidence[0].evidence = id("lost");
            },
            &["QC-08 level R1 policy"],
        ),
        (
            "inherited alone needs no evidence of one's own",
            |w| {
                w.answer("R1").levels.remove(&MaturityLevel::Policy);
                w.levelled("R1").own.policy = None;
                w.levelled("R1").rated.policy = None;
            },
            &[],
        ),
        ("no sample and no reason", |w| w.on("R3", "implemented").sample = None, &["QC-09 level R3 implemented"]),
        (
            "no sample, with a reason",
            |w| {
                w.on("R3", "implemented").sample = None;
                w.answer("R3").not_sampled = Some("there is one item".into());
            },
            &[],
        ),
        ("a sample that nobody kept", |w| w.samples.as_mut().unwrap().clear(), &["QC-09 level R3 implemented"]),
        ("a sample that is not drawn", |w| sample(w).drawn = None, &["QC-09 level R3 implemented"]),
        (
            "a sample with a finding missing",
            |w| {
                sample(w).drawn.as_mut().unwrap().results.pop_last();
            },
            &["QC-09 level R3 implemented"],
        ),
        (
            "a sample for another requirement",
            |w| {
                sample(w).requirements = [id("R1")].into();
            },
            &["QC-09 level R3 implemented"],
        ),
        (
            "a sample that looks at one element of two",
            |w| {
                sample(w).attributes.remove(&2);
            },
            &["QC-09 level R3 implemented"],
        ),
        (
            "not answered at all",
            |w| {
                w.dossier.answers.remove(&id::<RequirementKey>("R1"));
                w.levels.remove(&id::<RequirementKey>("R1"));
                w.completed = None;
            },
            &["QC-35 requirement R1"],
        ),
        (
            "not answered on a level that must be",
            |w| {
                w.scores("R1", [Some("100"), None, Some("100"), None, None]);
            },
            &["QC-35 requirement R1"],
        ),
        (
            "an answer that nothing can be worked out of",
            |w| {
                w.faults.insert(id("R1"), vec!["element 9 does not exist; it has 2".into()]);
                w.levels.remove(&id::<RequirementKey>("R1"));
                w.completed = None;
            },
            &["QC-35 requirement R1"],
        ),
        (
            "not applicable needs no levels",
            |w| {
                mobile_out(w);
                w.levels.remove(&id::<RequirementKey>("R1"));
                w.completed = None;
            },
            &[],
        ),
    ]);
}

fn sample(world: &mut World) -> &mut attesta_lifecycle::Sample {
    &mut world.samples.as_mut().unwrap().get_mut(&id::<SampleId>("s-1")).unwrap().value
}

fn measure() -> Measure {
    Measure {
        id: id("m-1"),
        requirements: [id("R1")].into(),
        describes: "reviews".into(),
        frequency: "monthly".into(),
        data: "tickets".into(),
        gathered_by: Some(id("ann")),
        recorded: "sheet".into(),
        calculation: "done of due".into(),
        reviewed_by: Some(id("ann")),
        review_frequency: "monthly".into(),
        threshold: None,
        tracked_since: None,
        independent: false,
        evidence: Vec::new(),
    }
}

fn measured(world: &mut World, measure: Option<Measure>) {
    let answer = level_answer(all_met(), "r1-implemented");
    world.answer("R1").levels.insert(MaturityLevel::Measured, answer);
    world.scores("R1", [Some("100"), Some("100"), Some("100"), Some("25"), None]);
    if let Some(measure) = measure {
        world.dossier.measures.insert(measure.id.clone(), at("measures.yaml", 3, measure));
    }
}

#[test]
fn scores_follow_from_the_rubric() {
    table(&[
        (
            "given outright, on the table",
            |w| {
                w.on("R1", "policy").parts[0].judgement = given("75");
                w.scores("R1", [Some("75"), Some("100"), Some("100"), None, None]);
                w.levelled("R1").rated.policy = None;
                w.short("R1", Shortfall::Gap);
            },
            &[],
        ),
        (
            "given outright, off the table",
            |w| {
                w.on("R1", "policy").parts[0].judgement = given("80");
                w.scores("R1", [Some("80"), Some("100"), Some("100"), None, None]);
                w.levelled("R1").rated.policy = None;
                w.short("R1", Shortfall::Gap);
            },
            &["QC-19 level R1 policy"],
        ),
        (
            "scored otherwise than the elements recorded",
            |w| {
                w.levelled("R1").rated.policy = Some(score("75").into());
            },
            &["QC-19 level R1 policy"],
        ),
        ("the assessor lowers it and says why", |w| assessor_lowers(w, "75", "one site was not covered"), &[]),
        ("the assessor lowers it silently", |w| assessor_lowers(w, "75", " "), &["QC-19 level R1 policy"]),
        (
            "the assessor's score is off the table",
            |w| assessor_lowers(w, "80", "one site was not covered"),
            &["QC-19 level R1 policy"],
        ),
        (
            "a mean of parts need not be on the table",
            |w| {
                let part = w.on("R1", "policy").parts[0].clone();
                w.on("R1", "policy").parts.push(part);
                assessor_lowers(w, "87.5", "one of two sites was not covered");
            },
            &[],
        ),
    ]);
}

fn given(points: &str) -> Judgement {
    Judgement::Given { score: score(points), because: "judged as a whole".into() }
}

fn assessor_lowers(world: &mut World, points: &str, comment: &str) {
    world.validated("R1").levels.insert(MaturityLevel::Policy, score(points));
    world.validated("R1").comment = comment.into();
    world.levelled("R1").last.policy = Some(score(points).into());
    world.completed = None;
    world.short("R1", Shortfall::Gap);
}

#[test]
fn comments_and_scores_agree() {
    table(&[
        (
            "says partially, scores 100",
            |w| w.answer("R1").comment = "Only partially done".into(),
            &["QC-20 requirement R1"],
        ),
        (
            "says partially, and one level is below 100",
            |w| {
                w.answer("R1").comment = "Only partially done".into();
                w.scores("R1", [Some("75"), Some("100"), Some("100"), None, None]);
                w.short("R1", Shortfall::Gap);
            },
            &[],
        ),
        (
            "the assessor says so",
            |w| w.validated("R1").comment = "This is in  progress.".into(),
            &["QC-20 requirement R1"],
        ),
        ("a word that only begins like the phrase", |w| w.answer("R1").comment = "impartially judged".into(), &[]),
        (
            "says all is done, scores 0",
            |w| {
                w.answer("R1").comment = "Fully implemented!".into();
                w.scores("R1", [Some("0"), Some("0"), Some("0"), None, None]);
                w.short("R1", Shortfall::Gap);
            },
            &["QC-20 requirement R1"],
        ),
        ("says all is done, scores 100", |w| w.answer("R1").comment = "Fully implemented!".into(), &[]),
        ("three alike", |w| alike(w, &["R1", "R2", "R3"], "We follow our policy."), &["QC-21 requirement R1"]),
        ("two alike", |w| alike(w, &["R1", "R2"], "We follow our policy."), &[]),
        ("three short ones", |w| alike(w, &["R1", "R2", "R3"], "See policy"), &[]),
        (
            "three of the assessor",
            |w| {
                for key in ["R1", "R2", "R3"] {
                    w.validated(key).comment = "Tested without exception".into();
                }
            },
            &["QC-21 requirement R1"],
        ),
    ]);
}

fn alike(world: &mut World, keys: &[&str], comment: &str) {
    for key in keys {
        world.answer(key).comment = comment.into();
    }
}

//! What an assessment costs: from answers to scores, and one changed answer. Run with `cargo bench -p attesta-bench --bench
//! assessment`; figures and the machine that they come from stand in `docs/performance.md`.
#![expect(clippy::unwrap_used, reason = "a bench may stop at a surprise")]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{
    Answered, Asked, Assessment, Condition, Dossier, FactorAnswers, Judgement, LevelAnswer, Met, PackElement, PackId,
    PackRequirement, Part, Purpose, Reason, Register, Scope, Strength, View, work_out_all,
};
use attesta_catalog::Placed;
use attesta_content::ContentSource;
use attesta_kernel::{Date, Place, Share};
use attesta_scoring::{Answer, MaturityLevel, Program, Rubric, Score, ScoreBoard, score};

fn main() {
    divan::main();
}

const REQUIREMENTS: u32 = 2_000;
const PARTS: u32 = 10;

fn day() -> Date {
    Date::constant(2026, 11, 22)
}

struct World {
    dossier: Dossier,
    requirements: Vec<PackRequirement>,
    pack: PackId,
    program: Program,
    rubric: Rubric,
}

impl World {
    fn asked(&self) -> Vec<Asked<'_>> {
        let one = |requirement| Asked {
            pack: &self.pack,
            requirement,
            because: vec![Reason::Core],
            core: true,
            required_for_certification: true,
        };
        self.requirements.iter().map(one).collect()
    }
}

/// 2,000 requirements of four elements, each answered on five levels over ten parts of the scope.
fn world() -> World {
    let source = ContentSource::Embedded;
    let place = Place::new("bench", None);
    let requirements: Vec<PackRequirement> = (0..REQUIREMENTS)
        .map(|n| PackRequirement {
            id: format!("R{n}").parse().unwrap(),
            domain: u8::try_from(n % 19 + 1).unwrap(),
            control_reference: format!("{:02}.{}", n % 14, char::from(b'a' + u8::try_from(n % 11).unwrap()))
                .parse()
                .unwrap(),
            title: String::new(),
            text: String::new(),
            elements: (1..=4).map(|number| PackElement { number, text: String::new(), proven_by: None }).collect(),
            core_of: BTreeSet::new(),
            brought_by: BTreeSet::new(),
            brought_when: Condition::Always,
            when: Condition::Always,
            sampled: false,
            topics: BTreeSet::new(),
            hipaa: BTreeSet::new(),
            maps: BTreeMap::new(),
        })
        .collect();
    let answers = requirements.iter().zip(0_u32..).map(|(r, n)| {
        let level = |level: MaturityLevel| {
            let parts = (0..PARTS).map(|part| {
                let met: BTreeSet<u8> = (1..=u8::try_from((n + part) % 4 + 1).unwrap()).collect();
                let judgement = match level {
                    MaturityLevel::Policy | MaturityLevel::Procedure => Judgement::Rated {
                        met: Met::These(met),
                        inapplicable: BTreeSet::new(),
                        strength: Strength::Tier("documented".into()),
                    },
                    MaturityLevel::Measured => Judgement::Given { score: Score::FULL, because: String::new() },
                    _ => Judgement::Rated {
                        met: Met::These(met),
                        inapplicable: BTreeSet::new(),
                        strength: Strength::Share(Share::new(8, 10)),
                    },
                };
                Part { component: Some(format!("c{part}").parse().unwrap()), weight: 1, judgement }
            });
            let parts = parts.collect();
            LevelAnswer {
                parts,
                weights_because: None,
                evidence: Vec::new(),
                in_place_since: None,
                tested_on: None,
                sample: None,
            }
        };
        let answered = Answered {
            requirement: r.id.clone(),
            owner: None,
            not_applicable: None,
            levels: MaturityLevel::ALL.into_iter().map(|l| (l, level(l))).collect(),
            comment: String::new(),
            not_sampled: None,
        };
        (r.id.clone(), Placed::new(place.clone(), answered))
    });
    let answers = answers.collect();
    let assessment = Assessment {
        id: "bench".parse().unwrap(),
        title: String::new(),
        organisation: String::new(),
        program: "r2".into(),
        purpose: Purpose::Readiness,
        csf: "v11.8.0".into(),
        created: day(),
        additions: BTreeSet::new(),
        packs: Vec::new(),
        measured_and_managed: true,
        rubric: "v3".into(),
        target: None,
        prior: None,
    };
    World {
        dossier: Dossier {
            assessment: Placed::new(place, assessment),
            scope: Scope::default(),
            factors: FactorAnswers::default(),
            packs: Vec::new(),
            people: BTreeMap::new(),
            answers,
            validation: BTreeMap::new(),
            evidence: BTreeMap::new(),
            measures: BTreeMap::new(),
            samples: BTreeMap::new(),
            inheritance: Register::default(),
        },
        requirements,
        pack: "bench".parse().unwrap(),
        program: attesta_content::programs(&source).unwrap().into_iter().find(|p| p.id == "r2").unwrap(),
        rubric: attesta_content::rubrics(&source, day()).unwrap().remove(0),
    }
}

/// 2,000 requirements x 10 parts x 5 levels, from what people wrote to the decision.
#[divan::bench]
fn from_scratch(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    let rules = world.program.rules(day()).unwrap();
    let asked = world.asked();
    bencher.bench(|| {
        let workings =
            work_out_all(&world.dossier, &rules, &world.rubric, &asked, &BTreeMap::new(), View::Entity).unwrap();
        score(&rules, &workings.requirements).unwrap()
    });
}

/// One changed answer among 2,000 requirements.
#[divan::bench]
fn one_changed_answer(bencher: divan::Bencher<'_, '_>) {
    let world = world();
    let rules = world.program.rules(day()).unwrap();
    let asked = world.asked();
    let workings = work_out_all(&world.dossier, &rules, &world.rubric, &asked, &BTreeMap::new(), View::Entity).unwrap();
    let mut board = ScoreBoard::new(rules, workings.requirements).unwrap();
    let first = board.requirements().first().unwrap().answer;
    let mut other = first;
    if let Answer::Scored(levels) = &mut other {
        levels.set(MaturityLevel::Implemented, Some(Score::ZERO));
    }
    let mut turn = false;
    bencher.bench_local(|| {
        turn = !turn;
        board.set(0, if turn { other } else { first }).unwrap().unwrap();
    });
}

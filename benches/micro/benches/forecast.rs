//! What a forecast costs on 400 requirements. Run with `cargo bench -p attesta-bench --bench forecast`; figures stand in
//! `docs/performance.md`.
#![expect(clippy::unwrap_used, reason = "a bench may stop at a surprise")]

use std::collections::BTreeMap;

use attesta_content::ContentSource;
use attesta_forecast::{Defaults, Estimate, Goal, Inputs, LevelDefault, Plan, Work, plan};
use attesta_kernel::{Confidence, ControlRef, Date, Provenance};
use attesta_scoring::{Answer, Levels, MaturityLevel, Program, Requirement, Score};
use attesta_solver::Milp;

fn main() {
    divan::main();
}

const REQUIREMENTS: u32 = 400;
const DOMAINS: u32 = 19;

/// Where the hours come from: the same assumption everywhere, so that very many plans cost the same, or estimates.
#[derive(Debug, Clone, Copy)]
enum Hours {
    Assumed,
    Estimated,
}

struct Made {
    program: Program,
    requirements: Vec<Requirement>,
    estimates: Vec<Estimate>,
    defaults: Defaults,
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 11) % u64::from(most)).unwrap()
    }
}

fn whole(points: u32) -> Score {
    Score::from_hundredths(u16::try_from(points * 100).unwrap()).unwrap()
}

/// 400 requirements over 19 domains and about 150 control references, `spanning` of 100 of them in another domain's reference.
fn made(program: &str, hours: Hours, spanning: u32, seed: u64) -> Made {
    let program =
        attesta_content::programs(&ContentSource::Embedded).unwrap().into_iter().find(|p| p.id == program).unwrap();
    let scored = program.rules(Date::constant(2026, 11, 26)).unwrap().weights.value.levels();
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (mut requirements, mut estimates) = (Vec::new(), Vec::new());
    for at in 0..REQUIREMENTS {
        let domain = at % DOMAINS;
        let home = if chance.below(100) < spanning { chance.below(DOMAINS) } else { domain };
        let letter = char::from(b'a' + u8::try_from(chance.below(8)).unwrap());
        let second = if home >= 14 { "a" } else { "" };
        let reference = format!("{:02}.{second}{letter}", home % 14);
        let mut levels = Levels::default();
        let id: Box<str> = format!("R{at}").into();
        for level in &scored {
            let optional = matches!(level, MaturityLevel::Measured | MaturityLevel::Managed);
            if optional {
                continue;
            }
            let now = chance.below(5) * 25;
            levels.set(*level, Some(whole(now)));
            let base = if *level == MaturityLevel::Implemented { 24 } else { 8 };
            for target in (1..=4).map(|quarter| quarter * 25).filter(|target| *target > now) {
                if matches!(hours, Hours::Estimated) {
                    let hours = base * (target - now) / 25 + chance.below(20);
                    let work = Work { hours, days: 1 + hours / 8 };
                    estimates.push(Estimate {
                        requirement: id.clone(),
                        level: *level,
                        target: whole(target),
                        work,
                        owner: None,
                    });
                }
            }
        }
        requirements.push(Requirement {
            id,
            domain: u8::try_from(domain + 1).unwrap(),
            control_reference: reference.parse::<ControlRef>().unwrap(),
            core: true,
            required_for_certification: chance.below(3) > 0,
            answer: Answer::Scored(levels),
        });
    }
    let level = |hours: u32| LevelDefault {
        targets: (1..=4).map(|quarter| whole(quarter * 25)).collect(),
        whole: Work { hours, days: hours / 4 },
    };
    let hours = [(MaturityLevel::Policy, 10), (MaturityLevel::Procedure, 18), (MaturityLevel::Implemented, 44)];
    let levels = hours.map(|(l, hours)| (l, level(hours))).into_iter().collect();
    let provenance = Provenance { source: "a bench".to_owned(), confidence: Confidence::Unverified };
    Made { program, requirements, estimates, defaults: Defaults { levels, provenance } }
}

impl Made {
    fn plan(&self, goal: Goal) -> Plan {
        let rules = self.program.rules(Date::constant(2026, 11, 26)).unwrap();
        let inputs = Inputs {
            rules: &rules,
            requirements: &self.requirements,
            estimates: &self.estimates,
            defaults: &self.defaults,
            domain_names: &BTreeMap::new(),
            goal,
        };
        plan(&inputs, &Milp::default()).unwrap()
    }
}

const CASES: [(&str, &str, Hours, Goal, u32); 8] = [
    ("i1 certify, assumed", "i1", Hours::Assumed, Goal::Certify, 10),
    ("i1 certify, estimated", "i1", Hours::Estimated, Goal::Certify, 10),
    ("i1 no caps, assumed", "i1", Hours::Assumed, Goal::CertifyWithFewestCaps, 10),
    ("i1 no caps, estimated", "i1", Hours::Estimated, Goal::CertifyWithFewestCaps, 10),
    ("r2 certify, assumed", "r2", Hours::Assumed, Goal::Certify, 10),
    ("r2 certify, estimated", "r2", Hours::Estimated, Goal::Certify, 10),
    ("r2 no caps, assumed", "r2", Hours::Assumed, Goal::CertifyWithFewestCaps, 10),
    ("r2 no caps, estimated", "r2", Hours::Estimated, Goal::CertifyWithFewestCaps, 10),
];

#[divan::bench(args = CASES.map(|(name, ..)| name), sample_count = 5, sample_size = 1)]
fn forecast(bencher: divan::Bencher<'_, '_>, name: &str) {
    let (_, program, hours, goal, spanning) = *CASES.iter().find(|(case, ..)| *case == name).unwrap();
    let made = made(program, hours, spanning, 7);
    bencher.bench_local(|| made.plan(goal).hours);
}

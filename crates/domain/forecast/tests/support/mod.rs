//! Programs and random assessments to forecast on, and an oracle: a naive scorer and an enumeration of every way to raise.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise; only functions marked as tests are exempt by themselves"
)]

use std::collections::BTreeMap;

use attesta_forecast::{Defaults, Estimate, Goal, Inputs, LevelDefault, Work};
use attesta_kernel::{Confidence, ControlRef, Date, Provenance};
use attesta_scoring::{
    Answer, Bands, CapRule, CapScope, Counted, DomainRule, Exact, Figure, Levels, MaturityLevel, Program, Requirement,
    RollUp, Rules, Score, Timeline, Weight, Weights,
};

pub(crate) fn points(text: &str) -> Score {
    text.parse().unwrap()
}

pub(crate) fn whole(points: u32) -> Score {
    Score::from_hundredths(u16::try_from(points * 100).unwrap()).unwrap()
}

pub(crate) fn provenance(confidence: Confidence) -> Provenance {
    Provenance { source: "a test".to_owned(), confidence }
}

fn timeline<T>(value: T) -> Timeline<T> {
    let provenance = provenance(Confidence::Unverified);
    Timeline::new(vec![Figure { value, csf: "any".to_owned(), from: None, until: None, provenance }])
        .unwrap_or_else(|(_, e)| panic!("{e}"))
}

/// The figures of a program that matter here.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) weights: Vec<(MaturityLevel, u32, bool)>,
    pub(crate) domain: DomainRule,
    pub(crate) gap: Vec<MaturityLevel>,
    pub(crate) cap: CapRule,
}

use MaturityLevel::{Implemented, Managed, Measured, Policy, Procedure};

impl Figures {
    pub(crate) fn i1() -> Self {
        Self {
            weights: vec![(Implemented, 100, false)],
            domain: DomainRule { at_least: whole(83), counts: Counted::Core, roll_up: RollUp::Flat },
            gap: vec![Implemented],
            cap: CapRule { level: Implemented, reference_below: whole(80), only: CapScope::Core },
        }
    }

    pub(crate) fn r2() -> Self {
        let optional = [(Measured, 10, true), (Managed, 15, true)];
        Self {
            weights: [(Policy, 15, false), (Procedure, 20, false), (Implemented, 40, false)]
                .into_iter()
                .chain(optional)
                .collect(),
            domain: DomainRule { at_least: whole(62), counts: Counted::All, roll_up: RollUp::Flat },
            gap: vec![Policy, Procedure, Implemented],
            cap: CapRule { level: Implemented, reference_below: whole(71), only: CapScope::RequiredForCertification },
        }
    }

    pub(crate) fn program(&self) -> Program {
        let weights = self.weights.iter().map(|(level, share, optional)| Weight {
            level: *level,
            share: whole(*share),
            optional: *optional,
        });
        Program {
            id: "test".to_owned(),
            title: String::new(),
            assessment_domains: timeline(19),
            weights: timeline(Weights::new(weights.collect()).unwrap()),
            domain: timeline(self.domain),
            gap: timeline(self.gap.clone()),
            cap: timeline(self.cap),
            bands: timeline(Bands::new(vec![("all".to_owned(), Score::ZERO)]).unwrap()),
        }
    }
}

pub(crate) fn rules(program: &Program) -> Rules<'_> {
    program.rules(Date::constant(2026, 11, 26)).unwrap()
}

pub(crate) fn levels(answers: &[(MaturityLevel, &str)]) -> Levels {
    let mut levels = Levels::default();
    answers.iter().for_each(|(level, text)| levels.set(*level, Some(points(text))));
    levels
}

pub(crate) fn requirement(id: &str, domain: u8, reference: &str, levels: Levels) -> Requirement {
    Requirement {
        id: id.into(),
        domain,
        control_reference: reference.parse::<ControlRef>().unwrap(),
        core: true,
        required_for_certification: true,
        answer: Answer::Scored(levels),
    }
}

pub(crate) fn estimate(requirement: &str, level: MaturityLevel, target: &str, hours: u32) -> Estimate {
    let work = Work { hours, days: hours.div_ceil(8) };
    Estimate { requirement: requirement.into(), level, target: points(target), work, owner: None }
}

pub(crate) fn no_defaults() -> Defaults {
    Defaults { levels: BTreeMap::new(), provenance: provenance(Confidence::Unverified) }
}

pub(crate) fn defaults(levels: &[(MaturityLevel, u32)]) -> Defaults {
    let level = |hours: u32| LevelDefault {
        targets: vec![whole(25), whole(50), whole(75), whole(100)],
        whole: Work { hours, days: hours.div_ceil(4) },
    };
    Defaults {
        levels: levels.iter().map(|(l, hours)| (*l, level(*hours))).collect(),
        provenance: provenance(Confidence::Inferred),
    }
}

/// A small generator of numbers that is the same everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..4 {
            chance.next();
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, most: u32) -> u32 {
        u32::try_from((self.next() >> 11) % u64::from(most)).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(u32::try_from(all.len()).unwrap())).unwrap()]
    }
}

type Answers = BTreeMap<MaturityLevel, Option<Exact>>;

/// In thirds of a millionth of a point, which is as fine as the cases get.
fn thirds(score: Exact) -> i128 {
    let (millionths, over) = score.as_fraction();
    assert_eq!(3 % over, 0);
    i128::try_from(millionths * 3 / over).unwrap()
}

/// A random thing to forecast on.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) figures: Figures,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) estimates: Vec<Estimate>,
    pub(crate) defaults: Defaults,
    pub(crate) goal: Goal,
}

impl Case {
    pub(crate) fn with<T>(&self, goal: Goal, f: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let program = self.figures.program();
        let rules = rules(&program);
        f(&Inputs {
            rules: &rules,
            requirements: &self.requirements,
            estimates: &self.estimates,
            defaults: &self.defaults,
            domain_names: &BTreeMap::new(),
            goal,
        })
    }

    /// Small enough to go through every way to raise it, and odd on purpose: references that span domains, levels without an
    /// answer, scores off the grid, nested roll-ups, plans that hang on a level that leaves no gap.
    pub(crate) fn random(chance: &mut Chance, most_ways: u64) -> Self {
        let mut figures = if chance.one_in(3) { Figures::i1() } else { Figures::r2() };
        if chance.one_in(4) {
            figures.domain.roll_up = RollUp::Nested;
        }
        if chance.one_in(6) {
            figures.weights = vec![(Policy, 30, chance.one_in(2)), (Implemented, 70, chance.one_in(3))];
            figures.gap = chance.of(&[&[Policy][..], &[Policy, Implemented], &[Implemented], &[]]).to_vec();
        }
        figures.domain.at_least = whole(chance.of(&[40, 62, 70, 83]));
        figures.domain.counts = chance.of(&[Counted::All, Counted::Core]);
        figures.cap.reference_below = whole(chance.of(&[50, 71, 80]));
        figures.cap.only = chance.of(&[CapScope::All, CapScope::Core, CapScope::RequiredForCertification]);
        let grid = chance.one_in(4);
        let score = |chance: &mut Chance| {
            if grid {
                Score::from_hundredths(u16::try_from(chance.below(10_001)).unwrap()).unwrap()
            } else {
                whole(25 * chance.below(5))
            }
        };
        let (domains, references) = (1 + chance.below(2), 1 + chance.below(3));
        let mut requirements = Vec::new();
        for at in 0..1 + chance.below(5) {
            let mut answers = Levels::default();
            for (level, _, optional) in &figures.weights {
                let leave = if *optional { chance.one_in(2) } else { chance.one_in(20) };
                let mut today = Exact::from(score(chance));
                if chance.one_in(15) {
                    // As an inherited share may be.
                    today = today.times(1, 3).unwrap();
                }
                answers.set(*level, (!leave).then_some(today));
            }
            let measured = answers.measured.unwrap_or_default();
            answers.managed = answers.managed.map(|managed| managed.min(measured));
            let domain = u8::try_from(1 + chance.below(domains)).unwrap();
            let reference = format!("01.{}", chance.of(&["a", "b", "c"][..usize::try_from(references).unwrap()]));
            let mut one = requirement(&format!("R{at}"), domain, &reference, answers);
            one.core = !chance.one_in(4);
            one.required_for_certification = !chance.one_in(4);
            if chance.one_in(12) || figures.weights.iter().all(|(level, ..)| answers.get(*level).is_none()) {
                one.answer = Answer::NotApplicable;
            }
            requirements.push(one);
        }
        let mut estimates: Vec<Estimate> = Vec::new();
        for one in &requirements {
            for (level, ..) in &figures.weights {
                for _ in 0..chance.below(3) {
                    let target = if chance.one_in(2) { Score::FULL } else { score(chance) };
                    let hours = if chance.one_in(8) { 0 } else { chance.below(12) };
                    let same = |e: &Estimate| e.requirement == one.id && e.level == *level && e.target == target;
                    if !estimates.iter().any(same) {
                        let work = Work { hours, days: chance.below(9) };
                        estimates.push(Estimate {
                            requirement: one.id.clone(),
                            level: *level,
                            target,
                            work,
                            owner: None,
                        });
                    }
                }
            }
        }
        let mut defaults = no_defaults();
        if chance.one_in(3) {
            let level = chance.of(&[Policy, Implemented, Measured]);
            let targets = vec![whole(25 * (1 + chance.below(4))), Score::FULL];
            let whole = Work { hours: chance.below(30), days: 3 };
            defaults.levels.insert(level, LevelDefault { targets, whole });
        }
        let goal = chance.of(&[Goal::Certify, Goal::CertifyWithoutCaps, Goal::CertifyWithFewestCaps]);
        let mut case = Self { figures, requirements, estimates, defaults, goal };
        while case.ways().iter().map(|w| u64::try_from(w.len()).unwrap()).product::<u64>() > most_ways {
            if case.estimates.pop().is_none() {
                case.requirements.pop();
            }
        }
        case
    }

    /// For each requirement and level, the answers that it can end with and the hours, written anew from the documentation.
    pub(crate) fn ways(&self) -> Vec<Vec<(Option<Exact>, u32)>> {
        let mut all = Vec::new();
        for one in &self.requirements {
            let Answer::Scored(answers) = &one.answer else { continue };
            for (level, _, optional) in &self.figures.weights {
                let today = answers.get(*level);
                let looked_at = self.figures.cap.level == *level || self.figures.gap.contains(level);
                let mut ways = Vec::new();
                if today.is_some() || *optional {
                    ways.push((today, 0));
                }
                let helps = |to: Score| match today {
                    Some(today) => Exact::from(to) > today,
                    None if *optional => to > Score::ZERO && (!looked_at || to == Score::FULL),
                    None => true,
                };
                let own: Vec<&Estimate> =
                    self.estimates.iter().filter(|e| e.requirement == one.id && e.level == *level).collect();
                ways.extend(own.iter().filter(|e| helps(e.target)).map(|e| (Some(e.target.into()), e.work.hours)));
                if let Some(default) = self.defaults.levels.get(level).filter(|_| own.is_empty())
                    && (today.is_some() || !optional)
                {
                    for to in default.targets.iter().filter(|to| helps(**to)) {
                        let way = thirds((*to).into()) - thirds(today.unwrap_or_default());
                        let hours = (i128::from(default.whole.hours) * way + 299_999_999) / 300_000_000;
                        ways.push((Some((*to).into()), u32::try_from(hours).unwrap()));
                    }
                }
                all.push(ways);
            }
        }
        all
    }

    /// The fewest plans and hours by going through everything: `(plans, hours)`, or `None` when nothing reaches the goal.
    pub(crate) fn by_enumeration(&self) -> Option<(u32, u32)> {
        let ways = self.ways();
        let mut picked = vec![0; ways.len()];
        let mut best: Option<(u32, u32)> = None;
        if ways.iter().any(Vec::is_empty) {
            return None;
        }
        loop {
            let chosen: Vec<(Option<Exact>, u32)> = ways.iter().zip(&picked).map(|(w, at)| w[*at]).collect();
            if let Some(caps) = self.naive(&chosen) {
                let hours = chosen.iter().map(|(_, hours)| hours).sum();
                let found = match self.goal {
                    Goal::Certify => Some((0, hours)),
                    Goal::CertifyWithoutCaps => (caps == 0).then_some((0, hours)),
                    Goal::CertifyWithFewestCaps => Some((caps, hours)),
                };
                best = [best, found].into_iter().flatten().min();
            }
            let Some(at) = (0..ways.len()).find(|at| picked[*at] + 1 < ways[*at].len()) else { return best };
            picked[at] += 1;
            picked[..at].fill(0);
        }
    }

    /// The number of required plans when it certifies; fractions are compared by multiplying out.
    fn naive(&self, chosen: &[(Option<Exact>, u32)]) -> Option<u32> {
        let figures = &self.figures;
        let mut rest = chosen.iter().map(|(score, _)| *score);
        let mut scored: Vec<(&Requirement, Answers, i128)> = Vec::new();
        for one in self.requirements.iter().filter(|r| r.answer != Answer::NotApplicable) {
            let answers: Answers = figures.weights.iter().map(|(level, ..)| (*level, rest.next().unwrap())).collect();
            let get = |level| answers.get(&level).copied().flatten().unwrap_or_default();
            if get(Managed) > get(Measured) {
                return None;
            }
            let score = figures.weights.iter().map(|(level, share, _)| i128::from(*share) * thirds(get(*level))).sum();
            scored.push((one, answers, score));
        }
        let counted: Vec<_> =
            scored.iter().filter(|(one, ..)| figures.domain.counts == Counted::All || one.core).collect();
        if counted.is_empty() {
            return None;
        }
        let limit = thirds(figures.domain.at_least.into()) * 100;
        for domain in 1..=2 {
            let own: Vec<_> = counted.iter().filter(|(one, ..)| one.domain == domain).collect();
            let passes = match figures.domain.roll_up {
                RollUp::Flat => own.iter().map(|(.., score)| score - limit).sum::<i128>() >= 0,
                RollUp::Nested => {
                    let mut means: BTreeMap<&ControlRef, (i128, i128)> = BTreeMap::new();
                    for (one, _, score) in &own {
                        let mean = means.entry(&one.control_reference).or_default();
                        *mean = (mean.0 + score, mean.1 + 1);
                    }
                    let product: i128 = means.values().map(|(_, count)| count).product();
                    let sum: i128 = means.values().map(|(sum, count)| sum * product / count).sum();
                    sum >= limit * product * i128::try_from(means.len()).unwrap()
                }
            };
            if !passes {
                return None;
            }
        }
        let mut caps = 0;
        for (one, answers, _) in &scored {
            let fellows = scored.iter().filter(|(other, ..)| other.control_reference == one.control_reference);
            let over: i128 = fellows.map(|(.., score)| score - thirds(figures.cap.reference_below.into()) * 100).sum();
            let short = |level: &MaturityLevel| answers.get(level).copied().flatten().is_some_and(|s| s < Exact::FULL);
            let concerned = match figures.cap.only {
                CapScope::All => true,
                CapScope::Core => one.core,
                CapScope::RequiredForCertification => one.required_for_certification,
            };
            let cap = over < 0 && concerned && short(&figures.cap.level) && figures.gap.iter().any(short);
            caps += u32::from(cap);
        }
        Some(caps)
    }
}

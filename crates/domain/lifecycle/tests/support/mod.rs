//! A small assessment in which nothing is wrong, for tests that then break one thing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a test may stop at a surprise"
)]

use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::*;
use attesta_catalog::Placed;
use attesta_kernel::{Confidence, Date, Place, Provenance, Severity};
use attesta_lifecycle::{
    Attribute, Drawn, Finding, Frequency, Frozen, ItemOutcome, Life, Population, Sample, Size, Window,
    action::{Action, Milestone, Retest, RetestResult, Status},
    quality::*,
    submission::*,
};
use attesta_scoring::{Levels, MaturityLevel, Score, Shortfall};

pub const AT: &str = "2026-11-26";

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

pub fn score(text: &str) -> Score {
    text.parse().unwrap()
}

pub fn level(text: &str) -> MaturityLevel {
    text.parse().unwrap()
}

pub fn at<T>(file: &str, line: u32, value: T) -> Placed<T> {
    Placed::new(Place::new(file, line), value)
}

pub fn provenance(confidence: Confidence) -> Provenance {
    Provenance { source: "test".into(), confidence }
}

pub fn known<T>(value: T) -> Known<T> {
    Known { value, provenance: provenance(Confidence::Unverified) }
}

pub fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|w| (*w).to_owned()).collect()
}

/// Every check looks at every assessment, and blocks at the hand-off that its number falls on.
pub fn checks() -> Checks {
    let rule = |check: Check, hand_off: HandOff| Rule {
        title: format!("{check}"),
        wrong: "wrong".into(),
        mend: format!("mend {check}"),
        blind: None,
        hand_off,
        severity: Severity::Medium,
        purposes: Purpose::ALL.into_iter().collect(),
        programs: BTreeSet::new(),
        provenance: provenance(Confidence::Inferred),
    };
    Checks {
        rules: Check::ALL.iter().zip(HandOff::ALL.iter().cycle()).map(|(c, h)| (*c, rule(*c, *h))).collect(),
        hand_offs: HandOff::ALL.into_iter().map(|h| (h, h.to_string())).collect(),
        meanings: vec![Meaning {
            factor: id("mobile-devices"),
            affirms: [id("yes")].into(),
            denies: [id("no")].into(),
            topics: ["mobile-devices".into()].into(),
        }],
        figures: Figures {
            not_applicable_percent: known(15),
            not_applicable_among: known(20),
            whole_topics: known(["wireless".to_owned()].into()),
            comments_alike: known(3),
            comment_length: known(12),
            evidence_age_days: known(365),
            report_age_days: known(365),
            empty_texts: known(words(&["n/a", "tbd"])),
            undone_phrases: known(words(&["not implemented", "partially", "in progress"])),
            done_phrases: known(words(&["fully implemented"])),
            tester_credentials: known(["CCSFP".to_owned()].into()),
            reviewer_credentials: known(["CCSFP".to_owned(), "CHQP".to_owned()].into()),
            reviewer_role: known("qa reviewer".to_owned()),
        },
    }
}

/// Everything that a case points at.
#[derive(Clone)]
pub struct World {
    pub dossier: Dossier,
    pub required: BTreeSet<MaturityLevel>,
    pub optional: BTreeSet<MaturityLevel>,
    pub levels: BTreeMap<RequirementKey, Levelled>,
    pub faults: BTreeMap<RequirementKey, Vec<String>>,
    pub ratings: BTreeMap<MaturityLevel, BTreeSet<Score>>,
    pub shortfalls: Option<BTreeMap<RequirementKey, Shortfall>>,
    pub certified: Option<BTreeMap<RequirementKey, Shortfall>>,
    pub handed: Option<(Life, Frozen)>,
    pub completed: Option<BTreeMap<RequirementKey, Levels>>,
    pub inheritance: Option<InheritanceRules>,
    pub carve_outs: Option<CarveOuts>,
    pub samples: Option<BTreeMap<SampleId, Placed<Sample>>>,
    pub actions: BTreeMap<ActionId, Placed<Action>>,
    pub submission: Submission,
    pub overrides: Vec<Placed<Override>>,
    pub dates: Dates,
    pub windows: Windows,
    pub at: Date,
    pub checks: Checks,
}

pub fn requirement(key: &str, domain: u8, topics: &[&str]) -> PackRequirement {
    PackRequirement {
        id: id(key),
        domain,
        control_reference: id("01.a"),
        title: key.into(),
        text: String::new(),
        elements: (1..=2).map(|number| PackElement { number, text: String::new(), proven_by: None }).collect(),
        core_of: ["r2".into()].into(),
        brought_by: BTreeSet::new(),
        brought_when: Condition::Always,
        when: Condition::Never,
        sampled: false,
        topics: topics.iter().map(|t| (*t).into()).collect(),
        hipaa: BTreeSet::new(),
        maps: BTreeMap::new(),
    }
}

pub fn person(name: &str, side: Side, role: &str, credentials: &[&str]) -> Placed<Person> {
    at(
        "people.yaml",
        3,
        Person {
            id: id(name),
            name: name.into(),
            side,
            role: role.into(),
            credentials: credentials.iter().map(|c| (*c).into()).collect(),
            implemented: BTreeSet::new(),
            account: None,
        },
    )
}

pub fn evidence(name: &str, kind: &str) -> Placed<Evidence> {
    at(
        "evidence.yaml",
        3,
        Evidence {
            id: id(name),
            title: name.into(),
            kind: kind.into(),
            file: Some(format!("evidence/{name}.pdf")),
            digest: Some(format!("digest of {name}").into()),
            collected: Some(day("2026-09-20")),
            effective: None,
            valid_until: None,
            period: None,
            system: None,
            owner: None,
            components: BTreeSet::new(),
            attestation: None,
        },
    )
}

pub fn all_met() -> Judgement {
    Judgement::Rated { met: Met::All, inapplicable: BTreeSet::new(), strength: Strength::Tier("documented".into()) }
}

pub fn level_answer(judgement: Judgement, shown_by: &str) -> LevelAnswer {
    LevelAnswer {
        parts: vec![Part { component: None, weight: 1, judgement }],
        weights_because: None,
        evidence: vec![EvidenceUse { evidence: id(shown_by), at: None, elements: BTreeSet::new() }],
        in_place_since: Some(day("2026-01-01")),
        tested_on: Some(day("2026-10-01")),
        sample: None,
    }
}

pub const SCORED: [MaturityLevel; 3] = [MaturityLevel::Policy, MaturityLevel::Procedure, MaturityLevel::Implemented];

pub fn levels_of(scores: [Option<&str>; 5]) -> Levels {
    let mut levels = Levels::default();
    for (level, points) in MaturityLevel::ALL.into_iter().zip(scores) {
        levels.set(level, points.map(score));
    }
    levels
}

pub fn full() -> Levels {
    levels_of([Some("100"), Some("100"), Some("100"), None, None])
}

pub fn action(name: &str, requirement: &str) -> Action {
    Action {
        id: id(name),
        requirement: id(requirement),
        weakness: "no review of devices".into(),
        owner: Some(id("ann")),
        plan: "review every quarter".into(),
        milestones: vec![Milestone { what: "first review".into(), due: Some(day("2027-01-10")), done: None }],
        due: Some(day("2027-02-01")),
        status: Some(Status::Started),
        retest: None,
        progress: Vec::new(),
    }
}

pub fn retest(on: &str, result: RetestResult) -> Retest {
    Retest { by: id("bob"), on: day(on), result }
}

pub fn whole_sample(requirement: &str) -> Sample {
    let finding =
        || Finding { outcome: ItemOutcome::Holds, evidence: Vec::new(), on: day("2026-10-02"), by: id("bob") };
    let attribute = |elements: &[u8]| Attribute { text: "is so".into(), elements: elements.iter().copied().collect() };
    let items: Vec<Box<str>> = vec!["a".into()];
    Sample {
        id: id("s-1"),
        requirements: [id(requirement)].into(),
        control: "devices are reviewed".into(),
        frequency: Frequency::Weekly,
        population: Population {
            source: "device register".into(),
            created: day("2026-10-01"),
            window: Window::Items,
            completeness: "counted".into(),
            reveals_failures: "it lists all devices".into(),
            file: "samples/s-1.csv".into(),
            digest: attesta_kernel::Digest::of(b"a"),
            size: 1,
        },
        attributes: [(1, attribute(&[1])), (2, attribute(&[2]))].into(),
        drawn: Some(Drawn {
            seed: "seed".parse().unwrap(),
            on: day("2026-10-01"),
            by: id("bob"),
            size: Size { count: 1, rule: "one".into(), provenance: provenance(Confidence::Unverified) },
            results: [((items[0].clone(), 1), finding()), ((items[0].clone(), 2), finding())].into(),
            items,
            replacements: Vec::new(),
        }),
    }
}

/// An r2 of three requirements, answered, validated and ready to submit.
pub fn clean() -> World {
    let requirements = vec![requirement("R1", 4, &["mobile-devices"]), requirement("R2", 13, &["mobile-devices"]), {
        let mut sampled = requirement("R3", 9, &[]);
        sampled.sampled = true;
        sampled
    }];
    let mut answers = BTreeMap::new();
    let mut validation = BTreeMap::new();
    let mut register = BTreeMap::new();
    let mut levels = BTreeMap::new();
    for (requirement, line) in requirements.iter().zip(10_u32..) {
        let key = requirement.id.clone();
        let small = key.as_str().to_lowercase();
        let mut by_level = BTreeMap::new();
        for level in SCORED {
            let shown_by = format!("{small}-{level}");
            register.insert(id(&shown_by), evidence(&shown_by, "record"));
            let mut answer = level_answer(all_met(), &shown_by);
            if requirement.sampled && level == MaturityLevel::Implemented {
                answer.sample = Some(id("s-1"));
            }
            by_level.insert(level, answer);
        }
        answers.insert(
            key.clone(),
            at(
                "answers/all.yaml",
                line,
                Answered {
                    requirement: key.clone(),
                    owner: Some(id("ann")),
                    not_applicable: None,
                    levels: by_level,
                    comment: format!("what we do for {key} is written in its policy"),
                    not_sampled: None,
                },
            ),
        );
        validation.insert(
            key.clone(),
            at(
                "validation/all.yaml",
                line,
                Validated {
                    requirement: key.clone(),
                    tester: id("bob"),
                    tested_on: day("2026-10-10"),
                    levels: BTreeMap::new(),
                    not_applicable: None,
                    comment: format!("looked at {key} on the spot"),
                    complete: true,
                },
            ),
        );
        levels.insert(key, Levelled { rated: full(), own: full(), entity: full(), last: full() });
    }
    let people = [
        person("ann", Side::Entity, "compliance lead", &[]),
        person("bob", Side::Assessor, "tester", &["CCSFP"]),
        person("cat", Side::Assessor, "QA reviewer", &["CCSFP", "CHQP"]),
        person("eve", Side::Assessor, "engagement executive", &[]),
        person("pat", Side::Provider, "contact", &[]),
    ];
    let signed = |by: &str| Signature { by: by.into(), on: Some(day("2026-11-20")), file: None };
    let keys: Vec<RequirementKey> = requirements.iter().map(|r| r.id.clone()).collect();
    let table: BTreeSet<Score> = ["0", "25", "50", "75", "100"].map(score).into();
    World {
        dossier: Dossier {
            assessment: at(
                "assessment.yaml",
                1,
                Assessment {
                    id: id("clinic-r2"),
                    title: "Clinic".into(),
                    organisation: "Clinic".into(),
                    program: "r2".into(),
                    purpose: Purpose::Validated,
                    csf: "v11.8.0".into(),
                    created: day("2026-06-01"),
                    additions: BTreeSet::new(),
                    packs: Vec::new(),
                    measured_and_managed: false,
                    rubric: "v3".into(),
                    target: None,
                    prior: None,
                },
            ),
            scope: Scope::default(),
            factors: FactorAnswers::default(),
            packs: vec![Pack {
                id: id("pack"),
                title: "pack".into(),
                notice: "ours".into(),
                csf: None,
                provenance: provenance(Confidence::Verified),
                requirements,
            }],
            people: people.into_iter().map(|p| (p.value.id.clone(), p)).collect(),
            answers,
            validation,
            evidence: register,
            measures: BTreeMap::new(),
            samples: Default::default(),
            inheritance: Register::default(),
        },
        required: SCORED.into(),
        optional: [MaturityLevel::Measured, MaturityLevel::Managed].into(),
        levels,
        faults: BTreeMap::new(),
        ratings: MaturityLevel::ALL.into_iter().map(|l| (l, table.clone())).collect(),
        shortfalls: Some(keys.iter().map(|k| (k.clone(), Shortfall::None)).collect()),
        certified: None,
        handed: None,
        completed: Some(keys.iter().map(|k| (k.clone(), full())).collect()),
        inheritance: Some(InheritanceRules {
            programs: (["r2".to_owned()].into(), provenance(Confidence::Secondary)),
            validated_only_days: [("r2".to_owned(), (365, provenance(Confidence::Secondary)))].into(),
            internal_weight: (score("100"), provenance(Confidence::Secondary)),
            internal_sources: (1, provenance(Confidence::Secondary)),
        }),
        carve_outs: Some(CarveOuts::Refused),
        samples: Some([(id("s-1"), at("samples/s-1.yaml", 1, whole_sample("R3")))].into()),
        actions: BTreeMap::new(),
        submission: Submission {
            fieldwork: None,
            submit_on: None,
            representation_letter: Some(at("submission.yaml", 2, signed("Ann"))),
            report_agreement: Some(at(
                "submission.yaml",
                3,
                ReportAgreement { entity: signed("Ann"), countersigned: None },
            )),
            participation_agreement: None,
            reservation: Some(at(
                "submission.yaml",
                4,
                Reservation { begins: day("2026-12-07"), submit_by: Some(day("2026-12-01")), reference: None },
            )),
            time_sheet: Some(at(
                "submission.yaml",
                5,
                vec![Hours { person: id("cat"), work: Work::Quality, hours: 12 }],
            )),
            checklist: Some(at(
                "submission.yaml",
                6,
                Checklist {
                    executive: id("eve"),
                    executive_on: Some(day("2026-11-20")),
                    reviewer: id("cat"),
                    reviewer_on: Some(day("2026-11-20")),
                },
            )),
            overview: Some(at("submission.yaml", 7, Document { file: "overview.pdf".into(), dated: None })),
            audits_utilised: Some(at("submission.yaml", 8, Vec::new())),
        },
        overrides: Vec::new(),
        dates: Dates {
            fieldwork_began: Some(day("2026-10-01")),
            fieldwork_ended: Some(day("2026-11-10")),
            submission: Some(day("2026-11-30")),
        },
        windows: Windows { written: Some(known(60)), working: Some(known(90)), fieldwork: Some(known(90)) },
        at: day(AT),
        checks: checks(),
    }
}

impl World {
    pub fn review(&self) -> Review {
        let packs = &self.dossier.packs;
        let asked: Vec<Asked<'_>> = packs
            .iter()
            .flat_map(|pack| {
                pack.requirements.iter().map(|requirement| Asked {
                    pack: &pack.id,
                    requirement,
                    because: vec![Reason::Core],
                    core: true,
                    required_for_certification: true,
                })
            })
            .collect();
        let case = Case {
            dossier: &self.dossier,
            asked: &asked,
            scored: Scored { required: &self.required, optional: &self.optional },
            levels: &self.levels,
            faults: &self.faults,
            ratings: &self.ratings,
            shortfalls: self.shortfalls.as_ref(),
            certified: self.certified.as_ref(),
            handed: self.handed.as_ref().map(|(life, now)| Handed { life, now }),
            completed: self.completed.as_ref(),
            inheritance: self.inheritance.as_ref(),
            carve_outs: self.carve_outs,
            samples: self.samples.as_ref(),
            actions: &self.actions,
            submission: &self.submission,
            overrides: &self.overrides,
            dates: self.dates,
            windows: &self.windows,
            at: self.at,
        };
        check(&case, &self.checks)
    }

    /// Every issue as `QC-03 requirement R1`.
    pub fn found(&self) -> Vec<String> {
        let mut found: Vec<String> =
            self.review().issues.iter().map(|i| format!("{} {}", i.check, i.subject)).collect();
        found.sort();
        found
    }

    pub fn answer(&mut self, key: &str) -> &mut Answered {
        &mut self.dossier.answers.get_mut(&id::<RequirementKey>(key)).unwrap().value
    }

    pub fn on(&mut self, key: &str, level: &str) -> &mut LevelAnswer {
        self.answer(key).levels.get_mut(&level.parse().unwrap()).unwrap()
    }

    pub fn validated(&mut self, key: &str) -> &mut Validated {
        &mut self.dossier.validation.get_mut(&id::<RequirementKey>(key)).unwrap().value
    }

    pub fn evidence(&mut self, name: &str) -> &mut Evidence {
        &mut self.dossier.evidence.get_mut(&id::<EvidenceId>(name)).unwrap().value
    }

    pub fn levelled(&mut self, key: &str) -> &mut Levelled {
        self.levels.get_mut(&id::<RequirementKey>(key)).unwrap()
    }

    /// Scores that differ from the rubric's nowhere.
    pub fn scores(&mut self, key: &str, scores: [Option<&str>; 5]) {
        let levels = levels_of(scores);
        *self.levelled(key) = Levelled { rated: levels, own: levels, entity: levels, last: levels };
        if let Some(completed) = &mut self.completed {
            completed.insert(id(key), levels);
        }
    }

    pub fn short(&mut self, key: &str, shortfall: Shortfall) {
        self.shortfalls.as_mut().unwrap().insert(id(key), shortfall);
    }

    pub fn person(&mut self, name: &str) -> &mut Person {
        &mut self.dossier.people.get_mut(&id::<PersonId>(name)).unwrap().value
    }

    pub fn add_action(&mut self, action: Action) {
        self.actions.insert(action.id.clone(), at("actions.yaml", 3, action));
    }

    /// The same requirement under more keys, with its own evidence, answers and validation.
    pub fn more(&mut self, how_many: u32) {
        for number in 0..how_many {
            let key = format!("M{number}");
            self.dossier.packs[0].requirements.push(requirement(&key, 9, &[]));
            let mut answered = self.dossier.answers[&id::<RequirementKey>("R1")].clone();
            answered.value.requirement = id(&key);
            answered.value.comment = format!("of {key} alone it is said that it holds");
            let mut validated = self.dossier.validation[&id::<RequirementKey>("R1")].clone();
            validated.value.requirement = id(&key);
            validated.value.comment = format!("on the spot {key} was seen");
            self.dossier.answers.insert(id(&key), answered);
            self.dossier.validation.insert(id(&key), validated);
            self.levels.insert(id(&key), self.levels[&id::<RequirementKey>("R1")]);
            self.shortfalls.as_mut().unwrap().insert(id(&key), Shortfall::None);
        }
    }

    pub fn not_applicable(&mut self, key: &str, because: &str) {
        self.answer(key).not_applicable = Some(because.into());
        self.validated(key).not_applicable = Some(true);
    }
}

/// A story, what it breaks, and every issue that follows.
pub type Story = (&'static str, fn(&mut World), &'static [&'static str]);

pub fn table(cases: &[Story]) {
    for (story, tell, expected) in cases {
        let mut world = clean();
        tell(&mut world);
        assert_eq!(world.found(), *expected, "{story}: {:#?}", world.review().issues);
    }
}

/// The two requirements on mobile devices do not apply, and the assessor agrees.
pub fn mobile_out(world: &mut World) {
    world.not_applicable("R1", "there are no mobile devices");
    world.not_applicable("R2", "there are no mobile devices");
}

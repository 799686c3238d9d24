//! An assessment that can be driven through its life.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]
#![allow(clippy::disallowed_methods, reason = "golden files are read and written")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use attesta_assessment::{
    AssessmentType, CarveOuts, Covers, CsfChoice, PriorCertificate, Purpose, PurposeRule, Side, Tailoring,
};
use attesta_kernel::{Confidence, Date, Digest, Provenance};
use attesta_lifecycle::*;
use attesta_scoring::{Figure, Timeline};

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn always<T>(value: T) -> Timeline<T> {
    let provenance = Provenance { source: "a test".into(), confidence: Confidence::Unverified };
    Timeline::new(vec![Figure { value, csf: "v11".into(), from: None, until: None, provenance }]).unwrap()
}

/// The tracks of the shipped content, written out again: the content's own test compares them.
pub fn phases_of(purpose: Purpose) -> Vec<Phase> {
    use Phase::*;
    match purpose {
        Purpose::Validated | Purpose::Rapid => Phase::ALL.into_iter().filter(|p| *p != Withdrawn).collect(),
        Purpose::Interim => vec![
            Answering,
            Validation,
            CapsAndLetter,
            CapReview,
            CheckIn,
            CheckInTasks,
            Qa,
            QaTasks,
            QaResponseReview,
            FinalReport,
            Complete,
        ],
        Purpose::Bridge => vec![
            Answering,
            Validation,
            CapsAndLetter,
            CheckIn,
            CheckInTasks,
            Qa,
            QaTasks,
            QaResponseReview,
            FinalReport,
            Complete,
        ],
        Purpose::Readiness => vec![PreAssessment, Answering, CheckIn, CheckInTasks, FinalReport, Complete],
    }
}

pub fn track(purpose: Purpose) -> Track {
    let papers: BTreeSet<Paper> = match purpose {
        Purpose::Validated | Purpose::Rapid => Paper::ALL.into(),
        Purpose::Interim | Purpose::Bridge => [Paper::Letter].into(),
        Purpose::Readiness => BTreeSet::new(),
    };
    Track::new(phases_of(purpose).into_iter().collect(), papers).unwrap()
}

pub struct World {
    pub phases: Phases,
    pub figures: Figures,
    pub terms: AllTerms,
}

impl World {
    pub fn new() -> Self {
        let note = |phase: Phase| PhaseNote {
            title: phase.to_string(),
            owner: Side::Entity,
            means: String::new(),
            provenance: Provenance { source: "a test".into(), confidence: Confidence::Unverified },
        };
        let notes = Phase::ALL.into_iter().map(|p| (p, note(p))).collect();
        let tracks = Purpose::ALL.into_iter().map(|p| (p, always(track(p)))).collect();
        let value = |name| match name {
            FigureName::DocumentsInPlace
            | FigureName::BridgeBefore
            | FigureName::EventOpen
            | FigureName::RapidSample
            | FigureName::RapidMoreThan => 60,
            FigureName::OperationInPlace
            | FigureName::Fieldwork
            | FigureName::PopulationLeast
            | FigureName::InterimWindow
            | FigureName::BridgeValid => 90,
            FigureName::PopulationMost | FigureName::InterimAnniversary | FigureName::ReservationHorizon => 12,
            FigureName::CheckIn => 5,
            FigureName::QaBlock | FigureName::FinalReport => 7,
            FigureName::QaFirstFeedback => 10,
            FigureName::QaAnswers => 14,
            FigureName::DraftReview | FigureName::BridgeAfter | FigureName::EventAction => 30,
            FigureName::InterimCreate => 120,
            FigureName::InterimPerDomain => 1,
            FigureName::BridgeSample => 19,
        };
        let figures = FigureName::ALL.iter().map(|n| (*n, always(value(*n)))).collect();
        let mut terms = AllTerms::default();
        for (program, months, assessor) in [("e1", 12, true), ("i1", 12, true), ("r2", 24, false)] {
            terms.types.insert(program.into(), kind(program, months));
            let sets: BTreeSet<RapidSet> = match program {
                "e1" => [RapidSet::Compliance].into(),
                _ => [RapidSet::Core, RapidSet::Compliance].into(),
            };
            let rapid = (program != "r2").then(|| always(RapidTerms { sets, csf_from: "v11.0.0".parse().unwrap() }));
            let own = ProgramTerms { rapid, answered_by_assessor: always(assessor) };
            terms.programs.insert(program.into(), own);
        }
        Self { phases: Phases::new(notes, tracks).unwrap(), figures: Figures::new(figures).unwrap(), terms }
    }

    pub fn setting<'a>(&'a self, purpose: Purpose, prior: Option<&'a PriorCertificate>) -> Setting<'a> {
        Setting {
            phases: &self.phases,
            figures: &self.figures,
            terms: &self.terms,
            program: "r2",
            purpose,
            created: day("2026-01-02"),
            prior,
            today: day("2030-01-01"),
        }
    }
}

fn kind(program: &str, months: u8) -> AssessmentType {
    let rule = || always(PurposeRule { certifies: true, covers: Covers::Everything, note: String::new() });
    let purposes: &[Purpose] = match program {
        "r2" => &[Purpose::Readiness, Purpose::Validated, Purpose::Interim, Purpose::Bridge],
        _ => &[Purpose::Readiness, Purpose::Validated, Purpose::Rapid],
    };
    AssessmentType {
        program: program.into(),
        title: String::new(),
        purposes: purposes.iter().map(|p| (*p, rule())).collect::<BTreeMap<_, _>>(),
        valid_months: always(months),
        carve_outs: always(CarveOuts::Refused),
        tailoring: always(Tailoring::Factors),
        csf: always(CsfChoice::Newest),
        core: Vec::new(),
    }
}

pub fn prior(program: &str, issued: &str) -> PriorCertificate {
    PriorCertificate {
        program: program.into(),
        issued: day(issued),
        assessment: "last-time".parse().unwrap(),
        rapid: false,
        csf: "v11.8.0".into(),
    }
}

pub fn open() -> Readiness {
    Gate::ALL.into_iter().fold(Readiness::new(), |r, gate| r.with(gate, GateState::Open))
}

pub fn files() -> Frozen {
    let file = |subject: Subject, text: &str| FrozenFile { subject, digest: Digest::of(text.as_bytes()) };
    Frozen::from([
        ("scope.yaml".into(), file(Subject::Scope, "scope")),
        ("factors.yaml".into(), file(Subject::Factors, "factors")),
        ("answers/01.yaml".into(), file(Subject::Answers, "answers")),
        ("validation/01.yaml".into(), file(Subject::AssessorResults, "results")),
        ("caps.yaml".into(), file(Subject::Caps, "caps")),
        ("evidence.yaml".into(), file(Subject::Evidence, "evidence")),
        ("overrides.yaml".into(), file(Subject::Overrides, "overrides")),
    ])
}

/// A verb with whatever it wants.
pub fn command(verb: Verb, on: &str) -> Command {
    match verb.wants() {
        Wants::Nothing => Command::new(verb, None, None, None),
        Wants::Day => Command::new(verb, Some(day(on)), None, None),
        Wants::Task => Command::new(verb, None, Some("show the lead sheet of domain 1".into()), None),
        Wants::Number => Command::new(verb, None, None, Some(1)),
    }
    .unwrap()
}

pub fn telling(verb: Verb, at: &str) -> Telling {
    Telling {
        at: day(at),
        by: "somebody".parse().unwrap(),
        side: verb.side(),
        note: "because".into(),
        reference: Some("letter 7".into()),
    }
}

/// Drives a history through verbs at a day; every one must move.
pub fn drive(setting: &Setting<'_>, mut history: History, steps: &[(Verb, &str)]) -> History {
    for (verb, at) in steps {
        let mut telling = telling(*verb, at);
        if *verb == Verb::Submit && history.life().state.phase() == Phase::Answering {
            telling.side = Side::Entity;
        }
        let seen = Seen { readiness: &open(), files: &files() };
        history = advance(&history, setting, seen, &command(*verb, at), telling)
            .unwrap_or_else(|e| panic!("{verb} on {at}: {e:?}"));
    }
    history
}

/// The shortest way to each phase of a purpose.
pub fn way_to(purpose: Purpose, phase: Phase) -> Vec<Verb> {
    use Verb::*;
    let validated = vec![
        (Phase::PreAssessment, vec![HandInPreAssessment]),
        (Phase::PreAssessmentReview, vec![ApprovePreAssessment]),
        (Phase::Answering, vec![SubmitAnswers]),
        (Phase::Validation, vec![BeginFieldwork, CompleteValidation]),
        (Phase::CapsAndLetter, vec![SignLetter, HandInCaps]),
        (Phase::CapReview, vec![SignAgreement, ReserveQa, Submit]),
        (Phase::CheckIn, vec![AcceptCheckIn]),
        (Phase::PendingQa, vec![BeginQa]),
        (Phase::Qa, vec![FinishQa]),
        (Phase::PreparingDraft, vec![IssueDraft]),
        (Phase::DraftReview, vec![AcceptDraft]),
        (Phase::FinalReport, vec![if purpose == Purpose::Readiness { IssueReport } else { Certify }]),
    ];
    let has = phases_of(purpose);
    let mut way = Vec::new();
    let mut go = |until: Phase| {
        for (at, verbs) in &validated {
            if *at >= until {
                break;
            }
            if has.contains(at) {
                let mut verbs = verbs.clone();
                // What has no place on a shorter track.
                let papers = matches!(purpose, Purpose::Validated | Purpose::Rapid);
                verbs.retain(|v| papers || !matches!(v, SignAgreement | ReserveQa));
                if purpose == Purpose::Readiness && *at == Phase::Answering {
                    verbs = vec![Submit];
                }
                if purpose == Purpose::Bridge && *at == Phase::CapsAndLetter {
                    verbs = vec![SignLetter, Submit];
                }
                way.extend(verbs);
            }
        }
    };
    match phase {
        Phase::CheckInTasks => {
            go(Phase::CheckIn);
            way.push(RevertCheckIn);
        }
        Phase::QaTasks => {
            go(Phase::Qa);
            way.extend([RaiseTask, HandOverTasks]);
        }
        Phase::QaResponseReview => {
            go(Phase::Qa);
            way.extend([RaiseTask, HandOverTasks, AnswerTask, HandBackTasks]);
        }
        Phase::RevisingDraft => {
            go(Phase::DraftReview);
            way.push(RequestWording);
        }
        Phase::Withdrawn => way.push(Withdraw),
        phase => go(phase),
    }
    way
}

/// Compares with a golden file, or writes it when `UPDATE_GOLDEN` is set.
pub fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stands == text, "{name} differs; look at the change and run again with UPDATE_GOLDEN=1\n{text}");
}

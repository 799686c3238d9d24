//! The assessor's plan: what is to be tested, how it can be, and how far the testing is.

use std::collections::BTreeMap;

use attesta_assessment::Side;
use attesta_kernel::Date;
use attesta_lifecycle::Subject;

use crate::{
    answer,
    desk::Desk,
    failure::Failure,
    grid::{self, Stands},
    life::Course,
    samples,
};

/// How far the test of a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tested {
    /// The entity has not answered it: there is nothing to test yet.
    NotAnswered,
    /// Nobody has begun.
    NotBegun,
    /// Somebody wrote something down.
    UnderWay,
    /// The tester has finished with it.
    Finished,
}

impl Tested {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::NotBegun, Self::UnderWay, Self::Finished, Self::NotAnswered];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAnswered => "not answered",
            Self::NotBegun => "not begun",
            Self::UnderWay => "under way",
            Self::Finished => "finished",
        }
    }
}

/// One requirement.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its id and title.
    pub requirement: (String, String),
    /// Its domain.
    pub domain: u8,
    /// What it comes to by the entity's word.
    pub score: Option<attesta_scoring::Exact>,
    /// How many elements, and how many of them checks of infrastructure can prove.
    pub elements: (usize, usize),
    /// Samples over it: id, and whether it is drawn and finished.
    pub samples: Vec<(String, &'static str)>,
    /// How many pieces of evidence the entity named.
    pub evidence: usize,
    /// How far it is.
    pub tested: Tested,
    /// Who tests, by name, and when they did last.
    pub tester: Option<(String, Date)>,
    /// Levels on which the tester says something else than the entity.
    pub differs: usize,
}

/// The plan.
#[derive(Debug, Clone)]
pub struct TestPlan {
    /// Every requirement.
    pub tests: Vec<Test>,
    /// Domains in which something is asked.
    pub domains: Vec<(u8, String)>,
    /// When fieldwork began.
    pub fieldwork: Option<Date>,
    /// Why results cannot change now; none where they can.
    pub held: Option<String>,
    /// Why samples cannot change now.
    pub samples_held: Option<String>,
}

/// Works it out.
///
/// # Errors
///
/// What keeps the answers from being worked out.
pub fn plan(desk: &Desk) -> Result<TestPlan, Failure> {
    let grid = grid::grid(desk)?;
    let course = Course::of(desk)?;
    let tailored = desk.tailored()?;
    let elements: BTreeMap<&str, (usize, usize)> = tailored
        .requirements
        .iter()
        .map(|asked| {
            let all = &asked.requirement.elements;
            (asked.requirement.id.as_str(), (all.len(), all.iter().filter(|e| e.proven_by.is_some()).count()))
        })
        .collect();
    let mut over: BTreeMap<String, Vec<(String, &'static str)>> = BTreeMap::new();
    for row in samples::list(desk)? {
        for requirement in &row.requirements {
            over.entry(requirement.clone()).or_default().push((row.id.clone(), row.stands));
        }
    }
    let name = |person: &attesta_assessment::PersonId| {
        desk.dossier.people.get(person).map_or_else(|| person.to_string(), |p| p.value.name.clone())
    };
    let tests = grid.rows.iter().map(|row| {
        let id = row.key.as_str();
        let validated = desk.dossier.validation.get(&row.key).map(|v| &v.value);
        let answered = desk.dossier.answers.get(&row.key).map(|a| &a.value);
        Test {
            requirement: (id.to_owned(), row.title.clone()),
            domain: row.domain,
            score: row.score,
            elements: elements.get(id).copied().unwrap_or_default(),
            samples: over.get(id).cloned().unwrap_or_default(),
            evidence: answered.map_or(0, |a| a.levels.values().map(|l| l.evidence.len()).sum()),
            tested: match (row.validated, row.stands) {
                (Some(true), _) => Tested::Finished,
                (Some(false), _) => Tested::UnderWay,
                (None, Stands::Open) => Tested::NotAnswered,
                (None, _) => Tested::NotBegun,
            },
            tester: validated.map(|v| (name(&v.tester), v.tested_on)),
            differs: row.assessor.iter().filter(|score| !score.is_empty()).count(),
        }
    });
    let held = |subject| answer::may(desk, subject, Side::Assessor).err().map(|why| why.says());
    Ok(TestPlan {
        tests: tests.collect(),
        domains: grid.domains.clone(),
        fieldwork: course.history.life().papers.fieldwork,
        held: held(Subject::AssessorResults),
        samples_held: held(Subject::Evidence),
    })
}

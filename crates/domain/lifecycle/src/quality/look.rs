use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use attesta_assessment::{Answered, LevelAnswer, PackRequirement, RequirementKey, Validated};
use attesta_catalog::Placed;
use attesta_kernel::{Date, Place, Provenance};
use attesta_scoring::{Exact, MaturityLevel};

use super::{
    Case, Check, Checks, Fingerprint, Issue, Known, Levelled, Review, Standing, Subject, Unlooked, Weighed, overrides,
};

/// The case while it is looked at, and what was found so far.
pub(super) struct Look<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) checks: &'a Checks,
    found: BTreeMap<(Check, Subject), Finding>,
    unlooked: BTreeMap<Check, String>,
}

/// All that one check found about one subject.
#[derive(Default)]
struct Finding {
    place: Option<Place>,
    says: BTreeSet<String>,
    facts: BTreeSet<String>,
    provenances: Vec<Provenance>,
}

/// One thing that a check found.
pub(super) struct Found {
    check: Check,
    subject: Subject,
    place: Option<Place>,
    says: String,
    fact: Option<String>,
    provenance: Option<Provenance>,
}

impl Found {
    /// Something about a subject. What it says is also what its override hangs on.
    pub(super) fn new(check: Check, subject: Subject, place: Option<Place>, says: impl Into<String>) -> Self {
        Self { check, subject, place, says: says.into(), fact: None, provenance: None }
    }

    /// The fact on which an override hangs, where what is said changes with the day.
    pub(super) fn fact(mut self, fact: impl Into<String>) -> Self {
        self.fact = Some(fact.into());
        self
    }

    /// The figure that it was judged by.
    pub(super) fn by<T>(mut self, figure: &Known<T>) -> Self {
        self.provenance = Some(figure.provenance.clone());
        self
    }
}

/// A requirement with all that was said about it.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) requirement: &'a PackRequirement,
    pub(super) answer: Option<&'a Placed<Answered>>,
    pub(super) validated: Option<&'a Placed<Validated>>,
    pub(super) levelled: Levelled,
}

/// A level that counts, of which the entity scores something itself.
#[derive(Clone, Copy)]
pub(super) struct OwnLevel<'a> {
    pub(super) row: Row<'a>,
    pub(super) level: MaturityLevel,
    pub(super) answer: &'a LevelAnswer,
    pub(super) score: Exact,
}

impl<'a> Row<'a> {
    pub(super) fn key(&self) -> &'a RequirementKey {
        &self.requirement.id
    }

    pub(super) fn subject(&self) -> Subject {
        Subject::Requirement(self.key().clone())
    }

    pub(super) fn level(&self, level: MaturityLevel) -> Subject {
        Subject::Level(self.key().clone(), level)
    }

    pub(super) fn place(&self) -> Option<Place> {
        self.answer.map(|a| a.place.clone())
    }

    /// Whether it is not applicable by the last word.
    pub(super) fn not_applicable(&self) -> bool {
        let said = self.answer.is_some_and(|a| a.value.not_applicable.is_some());
        said && self.validated.is_none_or(|v| v.value.not_applicable != Some(false))
    }
}

impl OwnLevel<'_> {
    /// The day on which it was tested, by the entity's or the assessor's word.
    pub(super) fn tested(&self) -> Option<Date> {
        self.answer.tested_on.or_else(|| self.row.validated.map(|v| v.value.tested_on))
    }

    pub(super) fn subject(&self) -> Subject {
        self.row.level(self.level)
    }
}

impl<'a> Look<'a> {
    pub(super) fn new(case: &'a Case<'a>, checks: &'a Checks) -> Self {
        Self { case, checks, found: BTreeMap::new(), unlooked: BTreeMap::new() }
    }

    /// Every requirement that is asked, in order.
    pub(super) fn rows(&self) -> Vec<Row<'a>> {
        let case = self.case;
        let row = |asked: &attesta_assessment::Asked<'a>| Row {
            requirement: asked.requirement,
            answer: case.dossier.answers.get(&asked.requirement.id),
            validated: case.dossier.validation.get(&asked.requirement.id),
            levelled: case.levels.get(&asked.requirement.id).copied().unwrap_or_default(),
        };
        case.asked.iter().map(row).collect()
    }

    /// Every level above 0 that the entity scores itself, of requirements that apply.
    pub(super) fn own_levels(&self) -> Vec<OwnLevel<'a>> {
        let mut all = Vec::new();
        for row in self.rows().into_iter().filter(|r| !r.not_applicable()) {
            let Some(answered) = row.answer else { continue };
            for (level, answer) in &answered.value.levels {
                let score = row.levelled.own.get(*level).filter(|s| *s > Exact::ZERO);
                if let Some(score) = score.filter(|_| self.case.scored.contains(*level)) {
                    all.push(OwnLevel { row, level: *level, answer, score });
                }
            }
        }
        all
    }

    /// Whether a check looks at assessments of this kind.
    pub(super) fn concerns(&self, check: Check) -> bool {
        let assessment = &self.case.dossier.assessment.value;
        self.checks.rules.get(&check).is_some_and(|r| r.concerns(assessment.purpose, &assessment.program))
    }

    pub(super) fn add(&mut self, found: Found) {
        if !self.concerns(found.check) {
            return;
        }
        let finding = self.found.entry((found.check, found.subject)).or_default();
        if finding.place.is_none() {
            finding.place = found.place;
        }
        finding.facts.insert(found.fact.unwrap_or_else(|| found.says.clone()));
        finding.says.insert(found.says);
        if let Some(provenance) = found.provenance.filter(|p| !finding.provenances.contains(p)) {
            finding.provenances.push(provenance);
        }
    }

    /// A check cannot look.
    pub(super) fn cannot(&mut self, check: Check, because: &str) {
        if self.concerns(check) {
            self.unlooked.entry(check).or_insert_with(|| because.to_owned());
        }
    }

    /// A window; where content knows none, the check cannot look.
    pub(super) fn window(
        &mut self,
        check: Check,
        window: Option<&'a Known<u32>>,
        name: &str,
    ) -> Option<&'a Known<u32>> {
        if window.is_none() {
            self.cannot(check, &format!("content has no figure for {name} that holds for this assessment"));
        }
        window
    }

    /// Whether a text says nothing.
    pub(super) fn says_nothing(&self, text: &str) -> bool {
        let text = text.trim();
        text.is_empty() || self.checks.figures.empty_texts.value.iter().any(|e| e.eq_ignore_ascii_case(text))
    }

    pub(super) fn review(self) -> Review {
        let Self { case, checks, found, unlooked, .. } = self;
        let mut issues: Vec<Issue> = Vec::new();
        for ((check, subject), finding) in found {
            let Some(rule) = checks.rules.get(&check) else { continue };
            let facts: Vec<String> = finding.facts.into_iter().collect();
            let mut provenances = vec![rule.provenance.clone()];
            provenances.extend(finding.provenances);
            issues.push(Issue {
                fingerprint: Fingerprint::of(check, &subject, &facts),
                check,
                subject,
                place: finding.place,
                says: finding.says.into_iter().collect(),
                mend: rule.mend.clone(),
                hand_off: rule.hand_off,
                severity: rule.severity,
                provenances,
                standing: Standing::Open,
            });
        }
        issues.sort_by_key(|i| (i.hand_off, Reverse(i.severity), i.check));
        let blind: Vec<Check> = unlooked.keys().copied().collect();
        let worths = overrides::decide(case, &mut issues, &blind);
        let overrides =
            case.overrides.iter().zip(worths).map(|(given, worth)| Weighed { given: given.clone(), worth }).collect();
        let hand_off = |check: &Check| checks.rules.get(check).map(|r| r.hand_off);
        let mut unlooked: Vec<Unlooked> = unlooked
            .into_iter()
            .filter_map(|(check, because)| Some(Unlooked { hand_off: hand_off(&check)?, check, because }))
            .collect();
        unlooked.sort();
        let assessment = &case.dossier.assessment.value;
        let concerned = checks.rules.values().filter(|r| r.concerns(assessment.purpose, &assessment.program)).count();
        Review { issues, overrides, looked: concerned.saturating_sub(unlooked.len()), unlooked }
    }
}

/// Points as people read them, and the exact fraction where that rounds.
pub(super) fn points(score: Exact) -> String {
    match score.on_grid() {
        Some(score) => score.to_string(),
        None => format!("{} (exactly {score})", score.rounded()),
    }
}

/// Words in a row, at most this many.
pub(super) fn some(words: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 8;
    let all: Vec<String> = words.into_iter().collect();
    let shown = all.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match all.len().checked_sub(MOST) {
        Some(rest) if rest > 0 => format!("{shown} and {rest} more"),
        _ => shown,
    }
}

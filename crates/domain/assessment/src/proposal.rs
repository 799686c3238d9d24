//! What automation proposes: never a score until a person accepts it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_catalog::Proof;
use attesta_kernel::{Date, ElementId, Share};
use attesta_scoring::MaturityLevel;

use crate::{
    Answered, Asked, ComponentId, Dossier, EvidenceUse, Judgement, LevelAnswer, Measure, MeasureClass, MeasureId, Met,
    PackRequirement, Part, PersonId, RequirementKey, Strength,
};

/// One check of infrastructure, as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// The day.
    pub on: Date,
    /// The part of the scope that was checked; none is all of it.
    pub component: Option<ComponentId>,
    /// What was read: path and SHA-256.
    pub inputs: Vec<(String, String)>,
    /// What was seen of each element.
    pub seen: BTreeMap<ElementId, Seen>,
}

/// Outcomes of the policies that speak for one element, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Pass.
    pub passes: u32,
    /// Fail.
    pub fails: u32,
    /// Fail under a waiver.
    pub waived: u32,
    /// Could not be told.
    pub unknowns: u32,
}

impl Seen {
    fn total(self) -> u32 {
        self.passes.saturating_add(self.fails).saturating_add(self.waived).saturating_add(self.unknowns)
    }
}

/// What automation proposes for one level of one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The requirement.
    pub requirement: RequirementKey,
    /// The level.
    pub level: MaturityLevel,
    /// The day of the newest check that it rests on.
    pub checked: Date,
    /// What it says of each part of the scope.
    pub parts: Vec<ProposedPart>,
    /// The measure, for Measured and Managed.
    pub measure: Option<MeasureId>,
    /// Why it says so, in a line.
    pub says: String,
    /// What a person made of it.
    pub verdict: ProposalVerdict,
}

/// What is proposed of one part of the scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProposedPart {
    /// Which part; none is all of the scope.
    pub component: Option<ComponentId>,
    /// Elements that operate somewhere.
    pub met: BTreeSet<u8>,
    /// Elements that operate nowhere.
    pub unmet: BTreeSet<u8>,
    /// Elements that could not be told; they do not count as met.
    pub unknown: BTreeSet<u8>,
    /// Elements that wait for people; whoever accepts says which of them are met.
    pub people: BTreeSet<u8>,
    /// On how much of what was seen the met elements operate, unknowns counted against.
    pub operates: Share,
}

/// What a person made of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalVerdict {
    /// Nothing yet; it counts for nothing.
    Proposed,
    /// It counts.
    Accepted {
        /// By whom.
        by: PersonId,
        /// When.
        on: Date,
        /// Elements that wait for people and that the person says are met.
        people_met: BTreeSet<u8>,
        /// What shows it.
        evidence: Vec<EvidenceUse>,
        /// Since when the control operates, as the person says; a check sees one day only.
        in_place_since: Option<Date>,
    },
    /// It does not count.
    Rejected {
        /// By whom.
        by: PersonId,
        /// When.
        on: Date,
        /// Why.
        because: String,
    },
}

impl ProposalVerdict {
    /// The word used in files and reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted { .. } => "accepted",
            Self::Rejected { .. } => "rejected",
        }
    }
}

impl fmt::Display for ProposalVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a proposal cannot be accepted or rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerdictRefusal {
    /// It was judged already.
    #[error("the proposal is {0} already; run a new check for a new proposal")]
    Judged(&'static str),
    /// Before the check.
    #[error("{on} is before {checked}, the day of the check")]
    BeforeTheCheck {
        /// The day that was given.
        on: Date,
        /// The day of the check.
        checked: Date,
    },
    /// A control that began after it was seen.
    #[error("it cannot operate since {since}, after {checked}, the day of the check")]
    AfterTheCheck {
        /// The day that was given.
        since: Date,
        /// The day of the check.
        checked: Date,
    },
    /// An element that does not wait for people.
    #[error("element {0} does not wait for people; automation alone tells whether it is met")]
    NotForPeople(u8),
    /// A reason is needed.
    #[error("a rejection needs a reason; give it with --because")]
    NoReason,
}

impl Proposal {
    /// Judges the proposal.
    ///
    /// # Errors
    ///
    /// Why it cannot be judged so.
    pub fn judge(&self, verdict: ProposalVerdict) -> Result<Self, VerdictRefusal> {
        if self.verdict != ProposalVerdict::Proposed {
            return Err(VerdictRefusal::Judged(self.verdict.as_str()));
        }
        let on = match &verdict {
            ProposalVerdict::Proposed => self.checked,
            ProposalVerdict::Accepted { on, people_met, in_place_since, .. } => {
                if let Some(since) = in_place_since.filter(|since| *since > self.checked) {
                    return Err(VerdictRefusal::AfterTheCheck { since, checked: self.checked });
                }
                let waits = |number: &u8| self.parts.iter().any(|p| p.people.contains(number));
                if let Some(number) = people_met.iter().find(|n| !waits(n)) {
                    return Err(VerdictRefusal::NotForPeople(*number));
                }
                *on
            }
            ProposalVerdict::Rejected { because, .. } if because.trim().is_empty() => {
                return Err(VerdictRefusal::NoReason);
            }
            ProposalVerdict::Rejected { on, .. } => *on,
        };
        if on < self.checked {
            return Err(VerdictRefusal::BeforeTheCheck { on, checked: self.checked });
        }
        Ok(Self { verdict, ..self.clone() })
    }

    /// The answer that an accepted proposal stands for.
    pub fn answer(&self) -> Option<LevelAnswer> {
        let ProposalVerdict::Accepted { people_met, evidence, in_place_since, .. } = &self.verdict else { return None };
        let parts = self.parts.iter().map(|part| {
            let met = part.met.union(&part.people.intersection(people_met).copied().collect()).copied().collect();
            let strength = match (&self.measure, self.level) {
                (Some(measure), MaturityLevel::Measured) => Strength::Measure(measure.clone()),
                _ => Strength::Share(part.operates),
            };
            let judgement = Judgement::Rated { met: Met::These(met), inapplicable: BTreeSet::new(), strength };
            Part { component: part.component.clone(), weight: 1, judgement }
        });
        Some(LevelAnswer {
            parts: parts.collect(),
            weights_because: None,
            evidence: evidence.clone(),
            in_place_since: *in_place_since,
            tested_on: Some(self.checked),
            sample: None,
        })
    }
}

impl Dossier {
    /// Puts accepted proposals where the entity has no answer of its own. What people wrote always wins.
    ///
    /// Returns the proposals that were left aside because people answered otherwise.
    pub fn take_accepted<'p>(&mut self, proposals: &'p [Proposal]) -> Vec<&'p Proposal> {
        let mut aside = Vec::new();
        for proposal in proposals {
            let Some(answer) = proposal.answer() else { continue };
            let place = self.assessment.place.clone();
            let blank = || Answered {
                requirement: proposal.requirement.clone(),
                owner: None,
                not_applicable: None,
                levels: BTreeMap::new(),
                comment: String::new(),
                not_sampled: None,
            };
            let slot = self
                .answers
                .entry(proposal.requirement.clone())
                .or_insert_with(|| attesta_catalog::Placed::new(place, blank()));
            if slot.value.not_applicable.is_some() || slot.value.levels.contains_key(&proposal.level) {
                aside.push(proposal);
            } else {
                slot.value.levels.insert(proposal.level, answer);
            }
        }
        aside
    }
}

/// Proposes Implemented from the newest check of each part of the scope.
///
/// An element counts as met where it operates somewhere; how much of what was seen it operates on is the strength. What
/// could not be told counts against both. Requirements of which settings tell nothing get no proposal.
pub fn propose(asked: &[Asked<'_>], runs: &[CheckRun], proof: &dyn Fn(&ElementId) -> Option<Proof>) -> Vec<Proposal> {
    let mut newest: BTreeMap<Option<&ComponentId>, &CheckRun> = BTreeMap::new();
    for run in runs {
        let slot = newest.entry(run.component.as_ref()).or_insert(run);
        if run.on >= slot.on {
            *slot = run;
        }
    }
    // A check of everything stands for parts that were not checked by themselves; once parts are checked, they tell more.
    if newest.len() > 1 {
        newest.remove(&None);
    }
    let Some(checked) = newest.values().map(|run| run.on).max() else { return Vec::new() };
    let mut proposals = Vec::new();
    for one in asked {
        let parts: Vec<ProposedPart> =
            newest.values().filter_map(|run| proposed_part(one.requirement, run, proof)).collect();
        if parts.is_empty() {
            continue;
        }
        let count = |of: fn(&ProposedPart) -> &BTreeSet<u8>| parts.iter().map(|p| of(p).len()).sum::<usize>();
        let says = format!(
            "{} met, {} not met, {} unknown, {} for people, over {} part{} of the scope",
            count(|p| &p.met),
            count(|p| &p.unmet),
            count(|p| &p.unknown),
            count(|p| &p.people),
            parts.len(),
            if parts.len() == 1 { "" } else { "s" }
        );
        proposals.push(Proposal {
            requirement: one.requirement.id.clone(),
            level: MaturityLevel::Implemented,
            checked,
            parts,
            measure: None,
            says,
            verdict: ProposalVerdict::Proposed,
        });
    }
    proposals
}

fn proposed_part(
    requirement: &PackRequirement,
    run: &CheckRun,
    proof: &dyn Fn(&ElementId) -> Option<Proof>,
) -> Option<ProposedPart> {
    let mut part = ProposedPart { component: run.component.clone(), ..ProposedPart::default() };
    let (mut passes, mut total) = (0_u32, 0_u32);
    let mut told = false;
    for element in &requirement.elements {
        let number = element.number;
        let by = element.proven_by.as_ref();
        let kind = by.and_then(proof).unwrap_or(Proof::People);
        let seen = by.and_then(|id| run.seen.get(id)).copied().unwrap_or_default();
        told |= kind.takes_settings() && seen.total() > 0;
        let set = match kind {
            Proof::People => &mut part.people,
            _ if seen.passes == 0 && seen.fails.saturating_add(seen.waived) > 0 => &mut part.unmet,
            _ if seen.passes == 0 => &mut part.unknown,
            Proof::Both => &mut part.people,
            Proof::Automation => &mut part.met,
        };
        set.insert(number);
        if kind.takes_settings() && seen.passes > 0 {
            passes = passes.saturating_add(seen.passes);
            total = total.saturating_add(seen.total());
        }
    }
    part.operates = Share::new(passes, total.max(1));
    told.then_some(part)
}

/// For how many days at the most a measure of each frequency may pause, by the word that people write.
pub type Frequencies = BTreeMap<String, u16>;

/// Why history proposes nothing for a measure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHistory {
    /// The measure says not enough.
    #[error("measure `{0}` is not whole; it lacks {1}")]
    Incomplete(MeasureId, String),
    /// The word for its frequency is not known.
    #[error("measure `{0}` is taken `{1}`, which is no frequency that history can follow; use {2}")]
    Frequency(MeasureId, String, String),
    /// Not enough checks.
    #[error("measure `{0}` has {1} check{s} on record; two are the least", s = if *.1 == 1 { "" } else { "s" })]
    TooFew(MeasureId, usize),
    /// A pause longer than the frequency.
    #[error("measure `{measure}` paused from {from} to {to}, longer than its frequency allows ({most} days)")]
    Paused {
        /// Which measure.
        measure: MeasureId,
        /// From.
        from: Date,
        /// To.
        to: Date,
        /// At the most.
        most: u16,
    },
}

/// Proposes Measured and Managed from the history of checks, for one measure.
///
/// Measured: the elements that settings tell, with the strength of the measure. Managed: how many of the violations that
/// checks saw were gone later.
///
/// # Errors
///
/// Why the history does not carry it.
pub fn propose_from_history(
    measure: &Measure,
    requirement: &PackRequirement,
    runs: &[CheckRun],
    frequencies: &Frequencies,
    at: Date,
) -> Result<Vec<Proposal>, NoHistory> {
    let id = || measure.id.clone();
    if measure.class() == MeasureClass::Incomplete {
        return Err(NoHistory::Incomplete(id(), measure.missing().join(", ")));
    }
    let word = measure.frequency.trim().to_lowercase();
    let Some(most) = frequencies.get(&word).copied() else {
        let known = frequencies.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(NoHistory::Frequency(id(), word, known));
    };
    let speaks = |run: &&CheckRun| {
        let told = |e: &ElementId| run.seen.get(e).is_some_and(|s| s.total() > 0);
        requirement.elements.iter().filter_map(|e| e.proven_by.as_ref()).any(told)
    };
    // Each part of the scope has a history of its own: a pause or a violation of one is not made good by another.
    let mut histories: BTreeMap<Option<&ComponentId>, Vec<&CheckRun>> = BTreeMap::new();
    for run in runs.iter().filter(speaks).filter(|r| r.on <= at) {
        histories.entry(run.component.as_ref()).or_default().push(run);
    }
    if histories.is_empty() {
        return Err(NoHistory::TooFew(id(), 0));
    }
    let mut met = BTreeSet::new();
    let (mut issues, mut treated, mut count) = (0_u32, 0_u32, usize::MAX);
    let (mut first, mut checked) = (at, None);
    for history in histories.values_mut() {
        history.sort_by_key(|r| r.on);
        let mut days: Vec<Date> = history.iter().map(|r| r.on).collect();
        days.dedup();
        if days.len() < 2 {
            return Err(NoHistory::TooFew(id(), days.len()));
        }
        let since = measure.tracked_since.filter(|since| *since <= at);
        let marks: Vec<Date> = since.into_iter().chain(days.iter().copied()).chain([at]).collect();
        for (from, to) in marks.iter().zip(marks.iter().skip(1)) {
            let pause = to.since(*from).map_or(i32::MAX, |span| span.get_days());
            if pause > i32::from(most) {
                return Err(NoHistory::Paused { measure: id(), from: *from, to: *to, most });
            }
        }
        count = count.min(days.len());
        first = first.min(days.first().copied().unwrap_or(at));
        checked = checked.max(days.last().copied());
        for element in &requirement.elements {
            let seen = |run: &&CheckRun| element.proven_by.as_ref().and_then(|e| run.seen.get(e)).copied();
            let mut last = 0_u32;
            for seen in history.iter().filter_map(seen).filter(|s| s.total() > 0) {
                met.insert(element.number);
                let fails = seen.fails.saturating_add(seen.waived);
                issues = issues.saturating_add(fails.saturating_sub(last));
                treated = treated.saturating_add(last.saturating_sub(fails));
                last = fails;
            }
        }
    }
    let unmet: BTreeSet<u8> = requirement.elements.iter().map(|e| e.number).filter(|n| !met.contains(n)).collect();
    let checked = checked.unwrap_or(at);
    let part = |operates| ProposedPart { met: met.clone(), unmet: unmet.clone(), operates, ..ProposedPart::default() };
    let proposal = |level, operates, says| Proposal {
        requirement: requirement.id.clone(),
        level,
        checked,
        parts: vec![part(operates)],
        measure: Some(measure.id.clone()),
        says,
        verdict: ProposalVerdict::Proposed,
    };
    let mut proposals = vec![proposal(
        MaturityLevel::Measured,
        Share::new(1, 1),
        format!("measure `{}`: {count} days with checks from {first} to {checked}, none missed", measure.id),
    )];
    if issues > 0 {
        let says = format!("{treated} of {issues} violations seen from {first} to {checked} were gone later");
        proposals.push(proposal(MaturityLevel::Managed, Share::new(treated, issues), says));
    }
    Ok(proposals)
}

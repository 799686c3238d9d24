use std::collections::BTreeMap;

use attesta_kernel::ControlRef;

use crate::{
    Answer, CapScope, Counted, Exact, Levels, MaturityLevel, Refusal, RefusalKind, Requirement, RollUp, Rules,
};

/// Everything that follows from the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorecard {
    /// One for each requirement, in the order given.
    pub requirements: Vec<RequirementScore>,
    /// By control reference.
    pub control_references: BTreeMap<ControlRef, GroupScore>,
    /// By domain.
    pub domains: BTreeMap<u8, DomainScore>,
    /// Whether it certifies.
    pub decision: Decision,
}

/// What one requirement comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementScore {
    /// Its score; `None` where it is not applicable.
    pub score: Option<Exact>,
    /// What falls short.
    pub shortfall: Shortfall,
    /// Levels that the program asks for and nobody answered.
    pub missing: Vec<MaturityLevel>,
}

/// What falls short in a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shortfall {
    /// Nothing.
    None,
    /// Some scored level is below 100; a plan is up to its owner.
    Gap,
    /// A gap that needs a corrective action plan.
    RequiredCap,
}

/// A mean over requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupScore {
    /// The mean; `None` where nothing counts.
    pub score: Option<Exact>,
    /// How many requirements count.
    pub counted: usize,
    /// How many are left out: not applicable, or not of the core where only the core counts.
    pub left_out: usize,
}

/// A domain's mean, and whether it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainScore {
    /// The mean.
    pub group: GroupScore,
    /// Whether the exact mean reaches the threshold. A domain in which nothing counts does not stand in the way.
    pub passes: bool,
}

/// Whether an assessment certifies, over the domains that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Every domain in which something counts reaches the threshold.
    Certified,
    /// These domains do not.
    BelowThreshold(Vec<u8>),
    /// Every domain does, but these requirements (from 0) lack a level that the program asks for.
    Incomplete(Vec<usize>),
    /// Nothing counts.
    NothingScored,
}

/// Scores an assessment.
///
/// # Errors
///
/// Every answer that no score can be made of; then nothing is scored at all.
pub fn score(rules: &Rules<'_>, requirements: &[Requirement]) -> Result<Scorecard, Vec<Refusal>> {
    let refusals = refusals(rules, requirements);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let mut scores: Vec<RequirementScore> = requirements.iter().map(|r| one(rules, r)).collect();
    let refuse = |r: &Refusal| vec![r.clone()];
    let unfit = requirements
        .iter()
        .zip(&scores)
        .enumerate()
        .filter(|(_, (requirement, own))| matches!(requirement.answer, Answer::Scored(_)) && own.score.is_none());
    let unfit: Vec<Refusal> =
        unfit.map(|(index, (r, _))| Refusal { index, id: r.id.clone(), kind: RefusalKind::TooFine }).collect();
    if !unfit.is_empty() {
        return Err(unfit);
    }
    let control_references =
        groups(requirements, &scores, RollUp::Flat, |r| &r.control_reference, |_| true).map_err(|r| refuse(&r))?;
    for (requirement, own) in requirements.iter().zip(&mut scores) {
        let reference = control_references.get(&requirement.control_reference).and_then(|g| g.score);
        own.shortfall = shortfall(rules, requirement, reference);
    }
    let rule = rules.domain.value;
    let counts = |r: &Requirement| rule.counts == Counted::All || r.core;
    let domains: BTreeMap<u8, DomainScore> = groups(requirements, &scores, rule.roll_up, |r| &r.domain, counts)
        .map_err(|r| refuse(&r))?
        .into_iter()
        .map(|(domain, group)| (*domain, DomainScore { group, passes: passes(rules, &group) }))
        .collect();
    let decision = decide(&scores, &domains);
    let control_references = control_references.into_iter().map(|(r, g)| (r.clone(), g)).collect();
    Ok(Scorecard { requirements: scores, control_references, domains, decision })
}

fn refusals(rules: &Rules<'_>, requirements: &[Requirement]) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, requirement) in requirements.iter().enumerate() {
        let mut refuse = |kind| found.push(Refusal { index, id: requirement.id.clone(), kind });
        let first = *seen.entry(&requirement.id).or_insert(index);
        if first != index {
            refuse(RefusalKind::Twice { first });
        }
        let most = rules.assessment_domains.value;
        if !(1..=most).contains(&requirement.domain) {
            refuse(RefusalKind::NoSuchDomain { given: requirement.domain, most });
        }
        if let Some(kind) = unsound(rules, requirement) {
            refuse(kind);
        }
    }
    found
}

/// What is wrong with an answer by itself.
fn unsound(rules: &Rules<'_>, requirement: &Requirement) -> Option<RefusalKind> {
    let Answer::Scored(levels) = &requirement.answer else { return None };
    if rules.weights.value.iter().all(|w| levels.get(w.level).is_none()) {
        return Some(RefusalKind::Unanswered { scored: rules.weights.value.levels() });
    }
    let counts_managed = rules.weights.value.iter().any(|w| w.level == MaturityLevel::Managed);
    let managed = levels.managed.filter(|_| counts_managed)?;
    (managed > levels.measured.unwrap_or_default())
        .then_some(RefusalKind::ManagedAboveMeasured { managed, measured: levels.measured })
}

/// One changed answer, and the requirements that it is put together with.
pub(crate) struct Rescored<'a> {
    pub(crate) rules: &'a Rules<'a>,
    pub(crate) requirements: &'a [Requirement],
    pub(crate) changed: usize,
    pub(crate) of_reference: &'a [usize],
    pub(crate) of_domain: &'a [usize],
}

impl Rescored<'_> {
    /// Works out again what the change touches.
    pub(crate) fn apply(&self, card: &mut Scorecard) -> Result<(), Refusal> {
        let Some(requirement) = self.requirements.get(self.changed) else { return Ok(()) };
        let refuse = |kind| Refusal { index: self.changed, id: requirement.id.clone(), kind };
        if let Some(kind) = unsound(self.rules, requirement) {
            return Err(refuse(kind));
        }
        let own = one(self.rules, requirement);
        if own.score.is_none() && matches!(requirement.answer, Answer::Scored(_)) {
            return Err(refuse(RefusalKind::TooFine));
        }
        let Some(slot) = card.requirements.get_mut(self.changed) else { return Ok(()) };
        let before = std::mem::replace(slot, own);
        let groups = self.groups(&card.requirements);
        let (reference, domain) = match groups {
            Ok(groups) => groups,
            Err(refusal) => {
                if let Some(slot) = card.requirements.get_mut(self.changed) {
                    *slot = before;
                }
                return Err(refusal);
            }
        };
        for index in self.of_reference {
            if let (Some(requirement), Some(own)) = (self.requirements.get(*index), card.requirements.get_mut(*index)) {
                own.shortfall = shortfall(self.rules, requirement, reference.score);
            }
        }
        card.control_references.insert(requirement.control_reference.clone(), reference);
        let passes = passes(self.rules, &domain);
        card.domains.insert(requirement.domain, DomainScore { group: domain, passes });
        card.decision = decide(&card.requirements, &card.domains);
        Ok(())
    }

    fn groups(&self, scores: &[RequirementScore]) -> Result<(GroupScore, GroupScore), Refusal> {
        let rule = self.rules.domain.value;
        let reference = group(self.requirements, scores, self.of_reference, RollUp::Flat, |_| true)?;
        let counts = |r: &Requirement| rule.counts == Counted::All || r.core;
        let domain = group(self.requirements, scores, self.of_domain, rule.roll_up, counts)?;
        Ok((reference, domain))
    }
}

fn passes(rules: &Rules<'_>, group: &GroupScore) -> bool {
    group.score.is_none_or(|s| s >= rules.domain.value.at_least.into())
}

fn one(rules: &Rules<'_>, requirement: &Requirement) -> RequirementScore {
    let Answer::Scored(levels) = &requirement.answer else {
        return RequirementScore { score: None, shortfall: Shortfall::None, missing: Vec::new() };
    };
    let missing = rules.weights.value.iter().filter(|w| !w.optional && levels.get(w.level).is_none()).map(|w| w.level);
    RequirementScore { score: weigh(rules, levels), shortfall: Shortfall::None, missing: missing.collect() }
}

/// The weighted sum; a level that was not scored adds nothing, and the others are not stretched.
fn weigh(rules: &Rules<'_>, levels: &Levels) -> Option<Exact> {
    let answered = rules.weights.value.iter().filter_map(|w| Some((w.share, levels.get(w.level)?)));
    answered.into_iter().try_fold(Exact::ZERO, |sum, (share, answer)| sum.plus(Exact::weighted(share, answer)?))
}

fn shortfall(rules: &Rules<'_>, requirement: &Requirement, reference: Option<Exact>) -> Shortfall {
    let Answer::Scored(levels) = &requirement.answer else { return Shortfall::None };
    let short = |level: MaturityLevel| levels.get(level).is_some_and(|s| s < Exact::FULL);
    if !rules.gap.value.iter().any(|level| short(*level)) {
        return Shortfall::None;
    }
    let rule = rules.cap.value;
    let concerned = match rule.only {
        CapScope::All => true,
        CapScope::Core => requirement.core,
        CapScope::RequiredForCertification => requirement.required_for_certification,
    };
    let weak = reference.is_some_and(|score| score < rule.reference_below.into());
    if concerned && weak && short(rule.level) { Shortfall::RequiredCap } else { Shortfall::Gap }
}

/// The mean of each group, by key.
fn groups<'a, K: Ord>(
    requirements: &'a [Requirement],
    scores: &[RequirementScore],
    roll_up: RollUp,
    key: impl Fn(&'a Requirement) -> &'a K,
    counts: impl Fn(&Requirement) -> bool,
) -> Result<BTreeMap<&'a K, GroupScore>, Refusal> {
    let mut members: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
    for (index, requirement) in requirements.iter().enumerate() {
        members.entry(key(requirement)).or_default().push(index);
    }
    members.into_iter().map(|(key, of)| Ok((key, group(requirements, scores, &of, roll_up, &counts)?))).collect()
}

/// The mean of the requirements at these indices.
fn group(
    requirements: &[Requirement],
    scores: &[RequirementScore],
    members: &[usize],
    roll_up: RollUp,
    counts: impl Fn(&Requirement) -> bool,
) -> Result<GroupScore, Refusal> {
    let mut sums: BTreeMap<Option<&ControlRef>, (Exact, u128)> = BTreeMap::new();
    let (mut counted, mut left_out) = (0, 0);
    let too_fine = |index: usize| Refusal {
        index,
        id: requirements.get(index).map(|r| r.id.clone()).unwrap_or_default(),
        kind: RefusalKind::TooFine,
    };
    for index in members {
        let (Some(requirement), Some(own)) = (requirements.get(*index), scores.get(*index)) else { continue };
        let Some(score) = own.score.filter(|_| counts(requirement)) else {
            left_out += 1;
            continue;
        };
        counted += 1;
        let below = (roll_up == RollUp::Nested).then_some(&requirement.control_reference);
        let sum = sums.entry(below).or_insert((Exact::ZERO, 0));
        *sum = (sum.0.plus(score).ok_or_else(|| too_fine(*index))?, sum.1 + 1);
    }
    let first = members.first().copied().unwrap_or_default();
    let parts: Option<Vec<Exact>> = sums.into_values().map(|(sum, count)| sum.over_count(count)).collect();
    let parts = parts.ok_or_else(|| too_fine(first))?;
    let score = match parts.as_slice() {
        [] => None,
        [only] => Some(*only),
        _ => Some(Exact::mean(parts).ok_or_else(|| too_fine(first))?),
    };
    Ok(GroupScore { score, counted, left_out })
}

fn decide(scores: &[RequirementScore], domains: &BTreeMap<u8, DomainScore>) -> Decision {
    let below: Vec<u8> = domains.iter().filter(|(_, d)| !d.passes).map(|(number, _)| *number).collect();
    let incomplete: Vec<usize> =
        scores.iter().enumerate().filter(|(_, s)| !s.missing.is_empty()).map(|(index, _)| index).collect();
    if domains.values().all(|d| d.group.score.is_none()) {
        Decision::NothingScored
    } else if !below.is_empty() {
        Decision::BelowThreshold(below)
    } else if !incomplete.is_empty() {
        Decision::Incomplete(incomplete)
    } else {
        Decision::Certified
    }
}

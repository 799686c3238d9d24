use std::collections::BTreeMap;

use attesta_kernel::ControlRef;

use crate::{
    Answer, CapScope, Counted, Exact, Levels, MaturityLevel, Refusal, RefusalKind, Requirement, RollUp, Rules, Score,
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
        .map(|(domain, group)| {
            let passes = group.score.is_none_or(|s| s >= rule.at_least.into());
            (*domain, DomainScore { group, passes })
        })
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
        let Answer::Scored(levels) = &requirement.answer else { continue };
        if rules.weights.value.iter().all(|w| levels.get(w.level).is_none()) {
            refuse(RefusalKind::Unanswered { scored: rules.weights.value.levels() });
        }
        let counts_managed = rules.weights.value.iter().any(|w| w.level == MaturityLevel::Managed);
        if let Some(managed) = levels.managed.filter(|_| counts_managed)
            && managed > levels.measured.unwrap_or_default()
        {
            refuse(RefusalKind::ManagedAboveMeasured { managed, measured: levels.measured });
        }
    }
    found
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

/// The mean of each group.
fn groups<'a, K: Ord>(
    requirements: &'a [Requirement],
    scores: &[RequirementScore],
    roll_up: RollUp,
    key: impl Fn(&'a Requirement) -> &'a K,
    counts: impl Fn(&Requirement) -> bool,
) -> Result<BTreeMap<&'a K, GroupScore>, Refusal> {
    struct Group<'a> {
        first: usize,
        sums: BTreeMap<Option<&'a ControlRef>, (Exact, u128)>,
        counted: usize,
        left_out: usize,
    }
    let too_fine = |index: usize| Refusal {
        index,
        id: requirements.get(index).map(|r| r.id.clone()).unwrap_or_default(),
        kind: RefusalKind::TooFine,
    };
    let mut groups: BTreeMap<&K, Group<'_>> = BTreeMap::new();
    for (index, (requirement, own)) in requirements.iter().zip(scores).enumerate() {
        let empty = || Group { first: index, sums: BTreeMap::new(), counted: 0, left_out: 0 };
        let group = groups.entry(key(requirement)).or_insert_with(empty);
        let Some(score) = own.score.filter(|_| counts(requirement)) else {
            group.left_out += 1;
            continue;
        };
        group.counted += 1;
        let below = (roll_up == RollUp::Nested).then_some(&requirement.control_reference);
        let sum = group.sums.entry(below).or_insert((Score::ZERO.into(), 0));
        *sum = (sum.0.plus(score).ok_or_else(|| too_fine(index))?, sum.1 + 1);
    }
    let mut means = BTreeMap::new();
    for (key, group) in groups {
        let parts: Option<Vec<Exact>> = group.sums.into_values().map(|(sum, count)| sum.over_count(count)).collect();
        let parts = parts.ok_or_else(|| too_fine(group.first))?;
        let score = match parts.as_slice() {
            [] => None,
            [only] => Some(*only),
            _ => Some(Exact::mean(parts).ok_or_else(|| too_fine(group.first))?),
        };
        means.insert(key, GroupScore { score, counted: group.counted, left_out: group.left_out });
    }
    Ok(means)
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

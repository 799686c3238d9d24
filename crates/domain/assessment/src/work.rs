use std::collections::BTreeMap;

use attesta_scoring::{Answer, Exact, Levels, MaturityLevel, RateError, Requirement, Rubric, Rules, Score};

use crate::{
    Answered, Asked, ComponentId, Dossier, Judgement, LevelAnswer, MeasureClass, MeasureId, Met, PackRequirement, Part,
    RequirementKey, SampleId, SourceId, Strength,
};

/// Whose scores are worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The assessed entity's own.
    Entity,
    /// The external assessor's where there is one, the entity's elsewhere.
    Final,
}

/// What another assessment brings to one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inherited {
    /// From where.
    pub source: SourceId,
    /// How much it weighs, in per cent; what is left is the own answer's.
    pub weight: Score,
    /// What it was scored there; a level that was not scored there brings zero.
    pub levels: Levels,
}

/// One requirement, worked out from what people wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// What it comes to; `None` where nobody answered.
    pub answer: Option<Answer>,
    /// How each level came about.
    pub levels: BTreeMap<MaturityLevel, WorkedLevel>,
}

/// One level, worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkedLevel {
    /// The parts of the scope.
    pub parts: Vec<WorkedPart>,
    /// The own score: the weighted mean of the parts.
    pub own: Option<Exact>,
    /// What is inherited: from where, its weight, and what was scored there.
    pub inherited: Vec<(SourceId, Score, Exact)>,
    /// The assessor's score, where it replaces all of this.
    pub assessor: Option<Score>,
    /// The level's score; `None` where the own part is missing.
    pub value: Option<Exact>,
}

/// One part of the scope, worked out; it stands in the place of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkedPart {
    /// Its weight.
    pub weight: u32,
    /// Elements met, and of how many that apply, and the tier of strength; `None` where a score was given outright.
    pub rated: Option<(u32, u32, usize)>,
    /// What it comes to.
    pub rating: Score,
}

/// An answer that nothing can be worked out of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("requirement `{requirement}`{}: {kind}", .level.map_or_else(String::new, |l| format!(", {l}")))]
pub struct AnswerFault {
    /// On which requirement.
    pub requirement: RequirementKey,
    /// On which level.
    pub level: Option<MaturityLevel>,
    /// What is wrong.
    pub kind: AnswerFaultKind,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFaultKind {
    /// No such element.
    #[error("element {number} does not exist; it has {most}")]
    NoElement {
        /// What was named.
        number: u8,
        /// How many there are.
        most: usize,
    },
    /// Met, and not applicable.
    #[error("element {0} is met and not applicable; remove it from one list")]
    MetAndInapplicable(u8),
    /// Nothing left to judge.
    #[error("no element applies; say that the requirement is not applicable instead, with a reason")]
    NothingApplies,
    /// The rubric cannot rate it.
    #[error("{0}")]
    Rate(RateError),
    /// No such measure.
    #[error("there is no measure `{0}`; define it in measures.yaml")]
    NoMeasure(MeasureId),
    /// The measure is about other requirements.
    #[error("measure `{0}` does not name this requirement; add it there or use another")]
    OtherMeasure(MeasureId),
    /// A sample that tells nothing yet.
    #[error("sample `{0}` is not there or not finished; record a finding for every drawn item and attribute")]
    NoSample(SampleId),
    /// Measures speak for Measured alone.
    #[error("a measure tells how strong `measured` is, not this level; give a tier or a share")]
    MeasureHere,
    /// Measured needs its measure.
    #[error("how strong `measured` is follows from a measure; name it with `measure:`")]
    MeasureNeeded,
    /// A part twice.
    #[error("component `{0}` stands twice; remove one")]
    PartTwice(ComponentId),
    /// Weights without a reason.
    #[error("its parts weigh unequally without a reason; add `weights_because`")]
    WeightsWithoutReason,
    /// More than all of it is inherited.
    #[error("inherited weights add up to more than 100 per cent ({0}); lower one")]
    OverInherited(String),
    /// The exact value does not fit.
    #[error("the exact mean does not fit; use fewer unlike weights")]
    TooFine,
}

/// Works out one requirement.
///
/// # Errors
///
/// Every fault of its answer.
pub fn work_out(
    dossier: &Dossier,
    rules: &Rules<'_>,
    rubric: &Rubric,
    requirement: &PackRequirement,
    inherited: &[Inherited],
    view: View,
) -> Result<Worked, Vec<AnswerFault>> {
    let key = &requirement.id;
    let fault = |level, kind| AnswerFault { requirement: key.clone(), level, kind };
    let total: u32 = inherited.iter().map(|i| u32::from(i.weight.hundredths())).sum();
    let whole = u32::from(Score::FULL.hundredths());
    if total > whole {
        return Err(vec![fault(None, AnswerFaultKind::OverInherited(format!("{}.{:02}", total / 100, total % 100)))]);
    }
    let answered = dossier.answers.get(key).map(|a| &a.value);
    let validated = match view {
        View::Entity => None,
        View::Final => dossier.validation.get(key).map(|v| &v.value),
    };
    let claimed = answered.is_some_and(|a| a.not_applicable.is_some());
    let refused = validated.is_some_and(|v| v.not_applicable == Some(false));
    if claimed && !refused {
        return Ok(Worked { answer: Some(Answer::NotApplicable), levels: BTreeMap::new() });
    }
    let mut levels = Levels::default();
    let mut worked = BTreeMap::new();
    let mut faults = Vec::new();
    for weight in rules.weights.value.iter() {
        let level = weight.level;
        let own = answered.and_then(|a| a.levels.get(&level));
        let assessor = validated.and_then(|v| v.levels.get(&level)).copied();
        let opted_out =
            weight.optional && own.is_none() && assessor.is_none() && !dossier.assessment.value.measured_and_managed;
        if opted_out || own.is_none() && assessor.is_none() && inherited.is_empty() {
            continue;
        }
        let levels_parts = own.map(|own| parts(dossier, rubric, requirement, level, own)).transpose();
        match levels_parts {
            Err(kinds) => faults.extend(kinds.into_iter().map(|kind| fault(Some(level), kind))),
            Ok(parts) => match blend(level, parts.unwrap_or_default(), inherited, total, assessor) {
                Some(one) => {
                    levels.set(level, one.value);
                    worked.insert(level, one);
                }
                None => faults.push(fault(Some(level), AnswerFaultKind::TooFine)),
            },
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let anything = rules.weights.value.iter().any(|w| levels.get(w.level).is_some());
    Ok(Worked { answer: anything.then_some(Answer::Scored(levels)), levels: worked })
}

/// `level = sum of w x s + (1 - sum of w) x own`; off-grid results are kept as they are.
fn blend(
    level: MaturityLevel,
    parts: Vec<WorkedPart>,
    inherited: &[Inherited],
    total: u32,
    assessor: Option<Score>,
) -> Option<WorkedLevel> {
    let own = match parts.as_slice() {
        [] => None,
        parts => {
            // Whole numbers until the last step: a part costs a multiplication, and a level one fraction.
            let weights: u128 = parts.iter().map(|p| u128::from(p.weight)).sum();
            let sum: u128 = parts.iter().map(|p| u128::from(p.rating.hundredths()) * u128::from(p.weight)).sum();
            Some(Exact::shared(sum, weights)?)
        }
    };
    let whole = Score::FULL.hundredths();
    let mut brought = Vec::with_capacity(inherited.len());
    let mut sum = Some(Exact::ZERO);
    for one in inherited {
        let score = one.levels.get(level).unwrap_or_default();
        sum = Some(sum?.plus(Exact::weighted(one.weight, score)?)?);
        brought.push((one.source.clone(), one.weight, score));
    }
    let left = u32::from(whole).checked_sub(total)?;
    let value = match (left, own, assessor) {
        (_, _, Some(assessor)) => Some(assessor.into()),
        (0, _, _) => sum,
        (_, Some(own), _) => Some(sum?.plus(own.times(left.into(), whole.into())?)?),
        (_, None, _) => None,
    };
    Some(WorkedLevel { parts, own, inherited: brought, assessor, value })
}

fn parts(
    dossier: &Dossier,
    rubric: &Rubric,
    requirement: &PackRequirement,
    level: MaturityLevel,
    answer: &LevelAnswer,
) -> Result<Vec<WorkedPart>, Vec<AnswerFaultKind>> {
    let mut faults = Vec::new();
    let mut worked = Vec::with_capacity(answer.parts.len());
    for (at, part) in answer.parts.iter().enumerate() {
        if let Some(component) = &part.component
            && answer.parts.iter().take(at).any(|p| p.component.as_ref() == Some(component))
        {
            faults.push(AnswerFaultKind::PartTwice(component.clone()));
        }
        match rate(dossier, rubric, requirement, level, part) {
            Ok(part) => worked.push(part),
            Err(kind) => faults.push(kind),
        }
    }
    let unequal = answer.parts.iter().zip(answer.parts.iter().skip(1)).any(|(a, b)| a.weight != b.weight);
    if unequal && answer.weights_because.as_deref().is_none_or(|why| why.trim().is_empty()) {
        faults.push(AnswerFaultKind::WeightsWithoutReason);
    }
    if faults.is_empty() { Ok(worked) } else { Err(faults) }
}

fn rate(
    dossier: &Dossier,
    rubric: &Rubric,
    requirement: &PackRequirement,
    level: MaturityLevel,
    part: &Part,
) -> Result<WorkedPart, AnswerFaultKind> {
    let worked = |rated, rating| WorkedPart { weight: part.weight, rated, rating };
    let (met, inapplicable, strength) = match &part.judgement {
        Judgement::Given { score, .. } => return Ok(worked(None, *score)),
        Judgement::Rated { met, inapplicable, strength } => (met, inapplicable, strength),
    };
    let elements = &requirement.elements;
    let exists = |number: &u8| elements.iter().any(|e| e.number == *number);
    let named = match met {
        Met::All => None,
        Met::These(these) => Some(these),
    };
    for number in named.into_iter().flatten() {
        if !exists(number) {
            return Err(AnswerFaultKind::NoElement { number: *number, most: elements.len() });
        }
        if inapplicable.contains(number) {
            return Err(AnswerFaultKind::MetAndInapplicable(*number));
        }
    }
    if let Some(number) = inapplicable.iter().find(|number| !exists(number)) {
        return Err(AnswerFaultKind::NoElement { number: *number, most: elements.len() });
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let applicable = count(elements.len().saturating_sub(inapplicable.len()));
    if applicable == 0 {
        return Err(AnswerFaultKind::NothingApplies);
    }
    let met = named.map_or(applicable, |these| count(these.len()));
    let tier = tier(dossier, rubric, requirement, level, strength)?;
    let rating = rubric.rate(level, tier, met, applicable).map_err(AnswerFaultKind::Rate)?;
    Ok(worked(Some((met, applicable, tier)), rating))
}

fn tier(
    dossier: &Dossier,
    rubric: &Rubric,
    requirement: &PackRequirement,
    level: MaturityLevel,
    strength: &Strength,
) -> Result<usize, AnswerFaultKind> {
    match strength {
        Strength::Measure(id) if level == MaturityLevel::Measured => {
            let measure = dossier.measures.get(id).ok_or_else(|| AnswerFaultKind::NoMeasure(id.clone()))?;
            if !measure.value.requirements.contains(&requirement.id) {
                return Err(AnswerFaultKind::OtherMeasure(id.clone()));
            }
            rubric.tier_named(level, measure.value.class().as_str()).map_err(AnswerFaultKind::Rate)
        }
        Strength::Measure(_) => Err(AnswerFaultKind::MeasureHere),
        // Nothing measures: that is the weakest class, and needs no measure to say so.
        Strength::Tier(name) if level == MaturityLevel::Measured && **name != *MeasureClass::Incomplete.as_str() => {
            Err(AnswerFaultKind::MeasureNeeded)
        }
        Strength::Tier(name) => rubric.tier_named(level, name).map_err(AnswerFaultKind::Rate),
        Strength::Sample(_) if level == MaturityLevel::Measured => Err(AnswerFaultKind::MeasureNeeded),
        Strength::Sample(id) => {
            let share = dossier.samples.get(id).ok_or_else(|| AnswerFaultKind::NoSample(id.clone()))?;
            rubric.tier_of_share(level, share.part, share.whole).map_err(AnswerFaultKind::Rate)
        }
        Strength::Share(_) if level == MaturityLevel::Measured => Err(AnswerFaultKind::MeasureNeeded),
        Strength::Share(share) => rubric.tier_of_share(level, share.part, share.whole).map_err(AnswerFaultKind::Rate),
    }
}

/// Everything that is asked, worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workings {
    /// One for each requirement that is asked, in order.
    pub worked: Vec<Worked>,
    /// Requirements that somebody answered, ready to be scored, in order.
    pub requirements: Vec<Requirement>,
    /// Requirements that nobody answered, by their place among those asked.
    pub unanswered: Vec<usize>,
}

/// Works out everything that is asked.
///
/// # Errors
///
/// Every fault of every answer, and answers to what is not asked.
pub fn work_out_all(
    dossier: &Dossier,
    rules: &Rules<'_>,
    rubric: &Rubric,
    asked: &[Asked<'_>],
    inherited: &BTreeMap<RequirementKey, Vec<Inherited>>,
    view: View,
) -> Result<Workings, Vec<AnswerFault>> {
    let mut workings =
        Workings { worked: Vec::with_capacity(asked.len()), requirements: Vec::new(), unanswered: Vec::new() };
    let mut faults = Vec::new();
    for (index, one) in asked.iter().enumerate() {
        let requirement = one.requirement;
        let brought = inherited.get(&requirement.id).map_or(&[][..], Vec::as_slice);
        match work_out(dossier, rules, rubric, requirement, brought, view) {
            Ok(worked) => {
                match worked.answer {
                    Some(answer) => workings.requirements.push(one.scored(answer)),
                    None => workings.unanswered.push(index),
                }
                workings.worked.push(worked);
            }
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(workings) } else { Err(faults) }
}

/// Answers to requirements that the assessment does not ask, in order; they count for nothing and say so.
pub fn not_asked<'d>(dossier: &'d Dossier, asked: &[Asked<'_>]) -> Vec<&'d Answered> {
    let known: std::collections::BTreeSet<&RequirementKey> = asked.iter().map(|a| &a.requirement.id).collect();
    dossier.answers.values().map(|a| &a.value).filter(|a| !known.contains(&a.requirement)).collect()
}

//! Domain and control-reference means as whole numbers: a mean reaches a limit exactly when a sum reaches a need.

use std::collections::BTreeMap;

use attesta_kernel::ControlRef;
use attesta_scoring::{Answer, Counted, Exact, Levels, Requirement, RollUp, Rules, Score};

use crate::Refusal;

/// Millionths of a point in a hundredth.
pub(crate) const HUNDREDTH: i128 = 10_000;
/// A weight in hundredths of a per cent times an answer in millionths is this many times too much.
const WHOLE_WEIGHT: i128 = 10_000;

/// What an answer's fractions are shared among, brought to one number; `None` where that does not fit.
pub(crate) fn unit(rules: &Rules<'_>, levels: &Levels) -> Option<i128> {
    rules.weights.value.iter().filter_map(|w| levels.get(w.level)).try_fold(1, |unit, answer| {
        let over = i128::try_from(answer.as_fraction().1).ok()?;
        lcm(unit, over)
    })
}

/// What an answer on a level of this weight adds, in `1 / (unit * WHOLE_WEIGHT)` of a millionth of a point.
pub(crate) fn weighted(weight: Score, answer: Exact, unit: i128) -> Option<i128> {
    let (millionths, over) = answer.as_fraction();
    let times = unit.checked_div(i128::try_from(over).ok()?)?;
    i128::try_from(millionths).ok()?.checked_mul(i128::from(weight.hundredths()))?.checked_mul(times)
}

/// A mean that must reach a limit, with everything brought to whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    /// What is missing, in `1 / over` of a millionth; not above 0 where the limit is reached.
    pub(crate) missing: i128,
    /// What the sum is divided by to be the mean.
    pub(crate) over: i128,
    /// How many times what a requirement gains (see [`weighted`]) stands in the sum, by its place.
    pub(crate) factors: BTreeMap<usize, i128>,
}

impl Sum {
    /// The points that the mean lacks, in hundredths, upwards; 0 where it lacks none.
    pub(crate) fn lacks(&self) -> Score {
        hundredths(self.missing.max(0), self.over)
    }
}

/// A sum as hundredths of a point of the mean, upwards.
pub(crate) fn hundredths(sum: i128, over: i128) -> Score {
    let unit = over.max(1) * HUNDREDTH;
    let up = sum.saturating_add(unit - 1).div_euclid(unit);
    u16::try_from(up).ok().and_then(Score::from_hundredths).unwrap_or(Score::FULL)
}

/// The sum of each domain in which something counts.
pub(crate) fn domains(rules: &Rules<'_>, requirements: &[Requirement]) -> Result<BTreeMap<u8, Sum>, Refusal> {
    let rule = rules.domain.value;
    let mut members: BTreeMap<u8, BTreeMap<Option<&ControlRef>, Vec<usize>>> = BTreeMap::new();
    for (at, requirement) in requirements.iter().enumerate() {
        let counts = rule.counts == Counted::All || requirement.core;
        if counts && matches!(requirement.answer, Answer::Scored(_)) {
            let below = (rule.roll_up == RollUp::Nested).then_some(&requirement.control_reference);
            members.entry(requirement.domain).or_default().entry(below).or_default().push(at);
        }
    }
    let sum = |number: u8, groups: BTreeMap<_, Vec<usize>>| {
        let too_fine = || Refusal::TooFine(format!("domain {number}"));
        sum(rules, requirements, groups.into_values().collect(), rule.at_least).ok_or_else(too_fine)
    };
    members.into_iter().map(|(number, groups)| Ok((number, sum(number, groups)?))).collect()
}

/// The sum of one control reference against the limit below which plans are required; `None` where nothing of it is scored.
pub(crate) fn reference(rules: &Rules<'_>, requirements: &[Requirement], reference: &ControlRef) -> Option<Sum> {
    let own = |r: &Requirement| r.control_reference == *reference && matches!(r.answer, Answer::Scored(_));
    let members: Vec<usize> = requirements.iter().enumerate().filter(|(_, r)| own(r)).map(|(at, _)| at).collect();
    if members.is_empty() {
        return None;
    }
    sum(rules, requirements, vec![members], rules.cap.value.reference_below)
}

/// The mean of the groups' means against a limit; `None` where it does not fit.
fn sum(rules: &Rules<'_>, requirements: &[Requirement], groups: Vec<Vec<usize>>, limit: Score) -> Option<Sum> {
    let single = groups.len() == 1;
    let mut common = 1_i128;
    for group in groups.iter().filter(|_| !single) {
        common = lcm(common, i128::try_from(group.len()).ok()?)?;
    }
    let levels = |at: &usize| match requirements.get(*at).map(|r| &r.answer) {
        Some(Answer::Scored(levels)) => Some(levels),
        _ => None,
    };
    let mut fine = 1_i128;
    for levels in groups.iter().flatten().filter_map(levels) {
        fine = lcm(fine, unit(rules, levels)?)?;
    }
    let count = if single { groups.first()?.len() } else { groups.len() };
    let over = common.checked_mul(i128::try_from(count).ok()?)?.checked_mul(fine)?.checked_mul(WHOLE_WEIGHT)?;
    let mut missing = i128::from(limit.hundredths()).checked_mul(HUNDREDTH)?.checked_mul(over)?;
    let mut factors = BTreeMap::new();
    for group in groups {
        let of_group = if single { 1 } else { common / i128::try_from(group.len()).ok()? };
        for at in group {
            let Some(levels) = levels(&at) else { continue };
            let unit = unit(rules, levels)?;
            let factor = of_group.checked_mul(fine / unit)?;
            for weight in rules.weights.value.iter() {
                let Some(answer) = levels.get(weight.level) else { continue };
                missing = missing.checked_sub(factor.checked_mul(weighted(weight.share, answer, unit)?)?)?;
            }
            factors.insert(at, factor);
        }
    }
    Some(Sum { missing, over, factors })
}

fn lcm(a: i128, b: i128) -> Option<i128> {
    (a / gcd(a, b).max(1)).checked_mul(b)
}

pub(crate) fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.abs()
}

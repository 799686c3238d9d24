use attesta_scoring::{Answer, Exact, MaturityLevel, Score};

use crate::{
    Inputs, Item, Refusal,
    offer::{Offers, answer},
    plan::item,
    sums,
};

/// One improvement by itself, and what it does for its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// What to do.
    pub item: Item,
    /// The points that the domain's mean gains of those that it lacks, in hundredths downwards: never more than happens.
    pub gains: Score,
    /// The points that the domain lacks today, in hundredths upwards.
    pub lacks: Score,
}

/// Single improvements in domains below their threshold, those first that gain most per hour of the points that are lacking.
/// What goes beyond the threshold counts for nothing. Ties: the domain that is nearest to its threshold, then fewer hours,
/// then the order of the assessment.
///
/// # Errors
///
/// When an answer or estimate makes no sense.
pub fn next_steps(inputs: &Inputs<'_>) -> Result<Vec<NextStep>, Refusal> {
    let offers = Offers::new(inputs)?;
    attesta_scoring::score(inputs.rules, inputs.requirements).map_err(Refusal::Answers)?;
    let mut ranked = Vec::new();
    for sum in sums::domains(inputs.rules, inputs.requirements)?.values().filter(|sum| sum.missing > 0) {
        for (at, factor) in &sum.factors {
            let Some(requirement) = inputs.requirements.get(*at) else { continue };
            let Answer::Scored(levels) = &requirement.answer else { continue };
            let Some(unit) = sums::unit(inputs.rules, levels) else { continue };
            for weight in inputs.rules.weights.value.iter() {
                for (place, offer) in offers.on(*at, weight.level) {
                    let measured = answer(requirement, MaturityLevel::Measured).unwrap_or_default();
                    if weight.level == MaturityLevel::Managed && Exact::from(offer.to) > measured {
                        continue;
                    }
                    let way = Exact::from(offer.to).minus(offer.from.unwrap_or_default()).unwrap_or_default();
                    let too_fine = || Refusal::TooFine(requirement.id.to_string());
                    // Both ends lie on the unit, so the way between them does.
                    let gain = sums::weighted(weight.share, way, unit).and_then(|gain| gain.checked_mul(*factor));
                    let gain = gain.ok_or_else(too_fine)?;
                    let useful = gain.min(sum.missing);
                    if useful > 0 {
                        ranked.push(Ranked {
                            useful,
                            over: sum.over,
                            missing: sum.missing,
                            hours: offer.work.hours,
                            place,
                        });
                    }
                }
            }
        }
    }
    ranked.sort_by(Ranked::compare);
    let step = |r: &Ranked| {
        let offer = offers.0.get(r.place)?;
        let item = item(inputs, offer)?;
        let downwards = (r.useful / (r.over.max(1) * sums::HUNDREDTH)).try_into().ok().and_then(Score::from_hundredths);
        Some(NextStep { item, gains: downwards.unwrap_or(Score::FULL), lacks: sums::hundredths(r.missing, r.over) })
    };
    Ok(ranked.iter().filter_map(step).collect())
}

struct Ranked {
    useful: i128,
    over: i128,
    missing: i128,
    hours: u32,
    place: usize,
}

impl Ranked {
    /// Compares `useful / over / hours` without dividing; no hours at all is first.
    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let rate = |a: &Self, b: &Self| a.useful.saturating_mul(b.over).saturating_mul(b.hours.into());
        let near = |a: &Self, b: &Self| a.missing.saturating_mul(b.over);
        let free = |r: &Self| r.hours > 0;
        free(self)
            .cmp(&free(other))
            .then_with(|| rate(other, self).cmp(&rate(self, other)))
            .then_with(|| near(self, other).cmp(&near(other, self)))
            .then_with(|| (self.hours, self.place).cmp(&(other.hours, other.place)))
    }
}

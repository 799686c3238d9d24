use std::{collections::BTreeMap, fmt, str::FromStr};

use attesta_kernel::{Date, Provenance};
use attesta_scoring::Timeline;

/// How often a control works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
    /// Twice a year.
    SemiAnnual,
    /// Once a year.
    Annual,
    /// By itself, the same for everything that is configured alike; each distinct configuration is one item.
    Automated,
    /// Whenever something happens, or on each thing: the size of the population decides.
    Each,
}

impl Frequency {
    /// Every frequency.
    pub const ALL: [Self; 8] = [
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Quarterly,
        Self::SemiAnnual,
        Self::Annual,
        Self::Automated,
        Self::Each,
    ];

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::SemiAnnual => "semi-annual",
            Self::Annual => "annual",
            Self::Automated => "automated",
            Self::Each => "each",
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no frequency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no frequency of a control; use daily, weekly, monthly, quarterly, semi-annual, annual, automated or each"
)]
pub struct UnknownFrequency(pub String);

impl FromStr for Frequency {
    type Err = UnknownFrequency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|f| f.as_str() == text)
            .ok_or_else(|| UnknownFrequency(text.chars().take(80).collect()))
    }
}

/// How many to take of a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// So many.
    Fixed(u32),
    /// So many per cent, rounded up.
    Percent(u32),
    /// All.
    All,
}

/// How many to take from populations of a size and more, until the next step begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The smallest population of the step.
    pub from: u32,
    /// How many.
    pub take: Take,
}

/// Steps by the size of the population, the first from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps(Vec<Step>);

/// Steps that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepsError {
    /// They begin at 1 and climb.
    #[error("steps begin at a population of 1 and climb; {0} does not")]
    Order(u32),
    /// Something is always taken, and no more than everything.
    #[error("the step from {0} takes nothing or more than all")]
    Take(u32),
}

impl Steps {
    /// Checked steps.
    ///
    /// # Errors
    ///
    /// When they do not begin at 1, do not climb, or take nothing or too much.
    pub fn new(steps: Vec<Step>) -> Result<Self, StepsError> {
        if steps.first().is_none_or(|s| s.from != 1) {
            return Err(StepsError::Order(steps.first().map_or(0, |s| s.from)));
        }
        if let Some((_, bad)) = steps.iter().zip(steps.iter().skip(1)).find(|(a, b)| a.from >= b.from) {
            return Err(StepsError::Order(bad.from));
        }
        let sound = |take| !matches!(take, Take::Fixed(0) | Take::Percent(0 | 101..));
        match steps.iter().find(|s| !sound(s.take)) {
            Some(bad) => Err(StepsError::Take(bad.from)),
            None => Ok(Self(steps)),
        }
    }

    fn of(&self, population: u32) -> Option<&Step> {
        self.0.iter().rev().find(|s| s.from <= population)
    }
}

/// The table of sample sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// By how often the control works; every frequency but [`Frequency::Each`] stands here.
    frequencies: BTreeMap<Frequency, Timeline<Take>>,
    /// By the size of the population.
    steps: Timeline<Steps>,
}

/// How many to draw, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// How many; never more than the population holds.
    pub count: u32,
    /// The rule in words.
    pub rule: String,
    /// Where the rule comes from.
    pub provenance: Provenance,
}

/// The table says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table of sample sizes says nothing of a control that works `{frequency}` on {day}")]
pub struct NoSize {
    /// Of which frequency.
    pub frequency: Frequency,
    /// On which day.
    pub day: Date,
}

impl Sizes {
    /// A table.
    ///
    /// # Errors
    ///
    /// The frequencies that it leaves out.
    pub fn new(
        frequencies: BTreeMap<Frequency, Timeline<Take>>,
        steps: Timeline<Steps>,
    ) -> Result<Self, Vec<Frequency>> {
        let missing: Vec<Frequency> =
            Frequency::ALL.into_iter().filter(|f| *f != Frequency::Each && !frequencies.contains_key(f)).collect();
        if missing.is_empty() { Ok(Self { frequencies, steps }) } else { Err(missing) }
    }

    /// How many to draw from a population.
    ///
    /// # Errors
    ///
    /// When the table says nothing for the day.
    pub fn of(&self, frequency: Frequency, population: u32, day: Date) -> Result<Size, NoSize> {
        let nothing = NoSize { frequency, day };
        let (take, by, provenance) = if frequency == Frequency::Each {
            let figure = self.steps.on(day).ok_or(nothing.clone())?;
            let step = figure.value.of(population).ok_or(nothing)?;
            (step.take, format!("a population of {} or more", step.from), &figure.provenance)
        } else {
            let figure = self.frequencies.get(&frequency).and_then(|t| t.on(day)).ok_or(nothing)?;
            (figure.value, format!("a control that works {frequency}"), &figure.provenance)
        };
        let (count, told) = match take {
            Take::Fixed(count) => (count, format!("take {count}")),
            Take::Percent(percent) => {
                let part = (u64::from(population) * u64::from(percent)).div_ceil(100);
                (u32::try_from(part).unwrap_or(u32::MAX), format!("take {percent} per cent, rounded up"))
            }
            Take::All => (population, "take all".to_owned()),
        };
        let all =
            if count > population { format!("; there are only {population}, so all of them") } else { String::new() };
        Ok(Size { count: count.min(population), rule: format!("{by}: {told}{all}"), provenance: provenance.clone() })
    }

    /// The table by frequency.
    pub fn frequencies(&self) -> &BTreeMap<Frequency, Timeline<Take>> {
        &self.frequencies
    }

    /// The table by size.
    pub fn steps(&self) -> &Timeline<Steps> {
        &self.steps
    }
}

use attesta_kernel::{Date, Provenance};

use crate::{MaturityLevel, Score};

/// The figures of one assessment type (e1, i1, r2 and whatever content adds), each with its dates of effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What people call it, e.g. `r2`.
    pub id: String,
    /// What it is, in our own words.
    pub title: String,
    /// How many assessment domains there are.
    pub assessment_domains: Timeline<u8>,
    /// What each maturity level weighs.
    pub weights: Timeline<Weights>,
    /// When a domain passes.
    pub domain: Timeline<DomainRule>,
    /// Which levels leave a gap when they fall short.
    pub gap: Timeline<Vec<MaturityLevel>>,
    /// When a corrective action plan is required.
    pub cap: Timeline<CapRule>,
    /// Names for stretches of the scale.
    pub bands: Timeline<Bands>,
}

/// A figure with its source and the time in which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure<T> {
    /// The figure.
    pub value: T,
    /// The versions of the CSF that it is told for.
    pub csf: String,
    /// The first day on which it holds; `None` is from the beginning.
    pub from: Option<Date>,
    /// The first day on which it holds no longer; `None` is until further notice.
    pub until: Option<Date>,
    /// Where it comes from and how sure we are.
    pub provenance: Provenance,
}

/// What holds when: figures that follow each other and never overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline<T>(Vec<Figure<T>>);

/// Figures that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// An empty or backward time.
    #[error("`until` is not after `from`")]
    Backwards,
    /// Two figures at once.
    #[error("it overlaps the figure that begins {0}")]
    Overlap(String),
    /// No figure at all.
    #[error("it has no figure")]
    Nothing,
    /// Weights are shares of a whole.
    #[error("the weights add up to {0}, not to 100")]
    WeightsSum(String),
    /// A level twice, or one of weight 0.
    #[error("the weight of {0} is 0 or stands twice")]
    Weight(MaturityLevel),
    /// Bands climb from 0.
    #[error("bands must begin at 0 and climb; `{0}` does not")]
    Bands(String),
}

impl<T> Timeline<T> {
    /// Figures in any order.
    ///
    /// # Errors
    ///
    /// The first figure that ends before it begins or overlaps another, by its place in `figures`.
    pub fn new(figures: Vec<Figure<T>>) -> Result<Self, (usize, ProgramError)> {
        if figures.is_empty() {
            return Err((0, ProgramError::Nothing));
        }
        for (index, figure) in figures.iter().enumerate() {
            if let (Some(from), Some(until)) = (figure.from, figure.until)
                && until <= from
            {
                return Err((index, ProgramError::Backwards));
            }
            let begins_before_end = |a: &Figure<T>, b: &Figure<T>| match (a.from, b.until) {
                (Some(from), Some(until)) => from < until,
                _ => true,
            };
            let earlier = figures.iter().take(index);
            if let Some(other) =
                earlier.into_iter().find(|o| begins_before_end(o, figure) && begins_before_end(figure, o))
            {
                let begins = other.from.map_or_else(|| "first".to_owned(), |d| format!("on {d}"));
                return Err((index, ProgramError::Overlap(begins)));
            }
        }
        Ok(Self(figures))
    }

    /// What holds on a day.
    pub fn on(&self, day: Date) -> Option<&Figure<T>> {
        self.0.iter().find(|f| f.from.is_none_or(|from| from <= day) && f.until.is_none_or(|until| day < until))
    }

    /// Every figure, as given.
    pub fn figures(&self) -> &[Figure<T>] {
        &self.0
    }
}

/// What one level weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// The level.
    pub level: MaturityLevel,
    /// Its share of the whole, in per cent.
    pub share: Score,
    /// Whether an assessment may leave the level unscored.
    pub optional: bool,
}

/// What each level weighs: shares of 100. A level that is not here is not scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights(Vec<Weight>);

impl Weights {
    /// Weights that add up to 100.
    ///
    /// # Errors
    ///
    /// When they do not, or a level stands twice or weighs nothing.
    pub fn new(mut weights: Vec<Weight>) -> Result<Self, ProgramError> {
        weights.sort_by_key(|w| w.level);
        let twice = weights.iter().zip(weights.iter().skip(1)).find(|(a, b)| a.level == b.level).map(|(a, _)| a);
        if let Some(bad) = weights.iter().find(|w| w.share == Score::ZERO).or(twice) {
            return Err(ProgramError::Weight(bad.level));
        }
        let sum: u32 = weights.iter().map(|w| u32::from(w.share.hundredths())).sum();
        if sum != u32::from(Score::FULL.hundredths()) {
            return Err(ProgramError::WeightsSum(format!("{}.{:02}", sum / 100, sum % 100)));
        }
        Ok(Self(weights))
    }

    /// Each weight, in the order of the levels.
    pub fn iter(&self) -> impl Iterator<Item = Weight> + '_ {
        self.0.iter().copied()
    }

    /// The levels that are scored.
    pub fn levels(&self) -> Vec<MaturityLevel> {
        self.iter().map(|w| w.level).collect()
    }
}

/// When a domain passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainRule {
    /// The least exact mean that passes.
    pub at_least: Score,
    /// Which requirements count.
    pub counts: Counted,
    /// How they are put together.
    pub roll_up: RollUp,
}

/// Which requirements count in a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// All that apply.
    All,
    /// Those of the core that apply.
    Core,
}

/// How requirements become a domain's score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollUp {
    /// The mean of its requirements.
    Flat,
    /// The mean of the means of its control references.
    Nested,
}

/// When a gap needs a corrective action plan: `level` falls short, the control reference's mean is below a limit, and the
/// requirement is of `only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapRule {
    /// The level that must fall short of 100.
    pub level: MaturityLevel,
    /// The control reference's exact mean must be below this.
    pub reference_below: Score,
    /// Of which requirements.
    pub only: CapScope,
}

/// Of which requirements a plan can be required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapScope {
    /// All.
    All,
    /// Those of the core.
    Core,
    /// Those that certification requires.
    RequiredForCertification,
}

/// Names for stretches of the scale; each begins at its points and ends before the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bands(Vec<(String, Score)>);

impl Bands {
    /// Bands from 0 upwards.
    ///
    /// # Errors
    ///
    /// When they do not begin at 0 or do not climb.
    pub fn new(bands: Vec<(String, Score)>) -> Result<Self, ProgramError> {
        let mut least = None;
        for (name, from) in &bands {
            let climbs = least.map_or(*from == Score::ZERO, |before| *from > before);
            if !climbs {
                return Err(ProgramError::Bands(name.clone()));
            }
            least = Some(*from);
        }
        if bands.is_empty() { Err(ProgramError::Nothing) } else { Ok(Self(bands)) }
    }

    /// The band in which an exact score lies.
    pub fn of(&self, score: crate::Exact) -> &str {
        self.0.iter().rev().find(|(_, from)| score >= (*from).into()).map_or("", |(name, _)| name)
    }
}

/// The figures of a program that hold on one day.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Whose.
    pub program: &'a Program,
    /// How many assessment domains there are.
    pub assessment_domains: &'a Figure<u8>,
    /// What each level weighs.
    pub weights: &'a Figure<Weights>,
    /// When a domain passes.
    pub domain: &'a Figure<DomainRule>,
    /// Which levels leave a gap.
    pub gap: &'a Figure<Vec<MaturityLevel>>,
    /// When a plan is required.
    pub cap: &'a Figure<CapRule>,
    /// Names for stretches of the scale.
    pub bands: &'a Figure<Bands>,
}

/// A program says nothing about a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("program `{program}` has no `{what}` that holds on {day}")]
pub struct NoFigure {
    /// Whose.
    pub program: String,
    /// Which figure.
    pub what: &'static str,
    /// Which day.
    pub day: Date,
}

impl Program {
    /// What holds on the day on which an assessment is created.
    ///
    /// # Errors
    ///
    /// The first figure that the program does not have for that day.
    pub fn rules(&self, day: Date) -> Result<Rules<'_>, NoFigure> {
        fn on<'a, T>(
            p: &Program,
            timeline: &'a Timeline<T>,
            what: &'static str,
            day: Date,
        ) -> Result<&'a Figure<T>, NoFigure> {
            timeline.on(day).ok_or_else(|| NoFigure { program: p.id.clone(), what, day })
        }
        Ok(Rules {
            program: self,
            assessment_domains: on(self, &self.assessment_domains, "assessment_domains", day)?,
            weights: on(self, &self.weights, "weights", day)?,
            domain: on(self, &self.domain, "domain", day)?,
            gap: on(self, &self.gap, "gap", day)?,
            cap: on(self, &self.cap, "cap", day)?,
            bands: on(self, &self.bands, "bands", day)?,
        })
    }
}

impl Rules<'_> {
    /// Each figure's name and where it comes from.
    pub fn provenances(&self) -> [(&'static str, &Provenance); 6] {
        [
            ("assessment_domains", &self.assessment_domains.provenance),
            ("weights", &self.weights.provenance),
            ("domain", &self.domain.provenance),
            ("gap", &self.gap.provenance),
            ("cap", &self.cap.provenance),
            ("bands", &self.bands.provenance),
        ]
    }
}

use std::collections::BTreeMap;

use crate::{Figure, MaturityLevel, Score};

/// How elements met and strength become a rating on a level: tables that content holds and a licence holder may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rubric {
    /// Its edition, e.g. `v3`.
    pub id: String,
    /// Stretches of coverage.
    pub coverage: Figure<CoverageBands>,
    /// One table for each level.
    pub matrices: BTreeMap<MaturityLevel, Figure<Matrix>>,
}

/// Where each band of coverage begins, in whole per cent, from 0 upwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageBands(Vec<u8>);

/// Ratings by strength tier (rows, weakest first) and coverage band (columns, least first).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix(Vec<Vec<Score>>);

/// Tables that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RubricError {
    /// Bands climb from 0.
    #[error("coverage bands must begin at 0 and climb to at most 100")]
    Bands,
    /// Each row has one rating for each band.
    #[error("tier {tier} has {given} ratings for {bands} coverage bands")]
    Ragged {
        /// Which tier, from 0.
        tier: usize,
        /// How many ratings it has.
        given: usize,
        /// How many it should have.
        bands: usize,
    },
    /// More strength or more coverage never rates less.
    #[error("tier {tier} rates less than a weaker tier or a lower coverage")]
    Falls {
        /// Which tier, from 0.
        tier: usize,
    },
    /// No tier at all.
    #[error("it has no tiers")]
    Nothing,
}

/// No rating can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// No table for the level.
    #[error("the rubric has no table for {0}")]
    NoTable(MaturityLevel),
    /// No such tier.
    #[error("tier {given} does not exist; the strongest is {most}")]
    NoTier {
        /// What was asked for.
        given: usize,
        /// The strongest.
        most: usize,
    },
    /// More met than there are, or none to meet.
    #[error("{met} elements met of {applicable} is no coverage")]
    Coverage {
        /// How many are met.
        met: u32,
        /// Of how many that apply.
        applicable: u32,
    },
}

impl CoverageBands {
    /// Bands that climb from 0.
    ///
    /// # Errors
    ///
    /// When they do not.
    pub fn new(from: Vec<u8>) -> Result<Self, RubricError> {
        let climbs = from.iter().zip(from.iter().skip(1)).all(|(a, b)| a < b);
        let fits = from.first() == Some(&0) && from.last().is_some_and(|last| *last <= 100);
        if climbs && fits { Ok(Self(from)) } else { Err(RubricError::Bands) }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The band of this coverage, from 0: its share in whole per cent, half upwards (bands are whole numbers), is looked up.
    fn of(&self, met: u32, applicable: u32) -> Option<usize> {
        if met > applicable {
            return None;
        }
        let doubled = u64::from(met).checked_mul(200)?.checked_add(applicable.into())?;
        let percent = doubled.checked_div(u64::from(applicable).checked_mul(2)?)?;
        self.0.iter().rposition(|from| u64::from(*from) <= percent)
    }
}

impl Matrix {
    /// A table for so many coverage bands.
    ///
    /// # Errors
    ///
    /// When a row is too short or too long, or a rating falls with more strength or coverage.
    pub fn new(tiers: Vec<Vec<Score>>, bands: usize) -> Result<Self, RubricError> {
        if tiers.is_empty() {
            return Err(RubricError::Nothing);
        }
        let mut weaker: Option<&Vec<Score>> = None;
        for (tier, ratings) in tiers.iter().enumerate() {
            if ratings.len() != bands {
                return Err(RubricError::Ragged { tier, given: ratings.len(), bands });
            }
            let along = ratings.iter().zip(ratings.iter().skip(1)).all(|(a, b)| a <= b);
            let up = weaker.is_none_or(|w| w.iter().zip(ratings).all(|(a, b)| a <= b));
            if !(along && up) {
                return Err(RubricError::Falls { tier });
            }
            weaker = Some(ratings);
        }
        Ok(Self(tiers))
    }

    /// The strongest tier.
    pub fn strongest(&self) -> usize {
        self.0.len().saturating_sub(1)
    }
}

impl Rubric {
    /// The rating on `level` of a control of strength `tier` that meets `met` of the `applicable` elements.
    ///
    /// # Errors
    ///
    /// When the rubric has no such table or tier, or the elements make no coverage.
    pub fn rate(&self, level: MaturityLevel, tier: usize, met: u32, applicable: u32) -> Result<Score, RateError> {
        let matrix = &self.matrices.get(&level).ok_or(RateError::NoTable(level))?.value;
        let row = matrix.0.get(tier).ok_or(RateError::NoTier { given: tier, most: matrix.strongest() })?;
        let band = self.coverage.value.of(met, applicable);
        band.and_then(|band| row.get(band)).copied().ok_or(RateError::Coverage { met, applicable })
    }
}

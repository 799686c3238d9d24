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
    /// What the tiers of each level are called, and which share makes which.
    pub strengths: BTreeMap<MaturityLevel, Figure<Strengths>>,
}

/// The tiers of strength of one level, weakest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strengths {
    names: Vec<Box<str>>,
    begins: Option<CoverageBands>,
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
    /// A tier's name is empty or stands twice.
    #[error("tier name `{0}` is empty or stands twice")]
    Name(String),
    /// Shares and names go together.
    #[error("{names} tiers have names and {begins} begin at a share")]
    Tiers {
        /// How many names.
        names: usize,
        /// How many beginnings.
        begins: usize,
    },
}

/// No rating can be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// No such name.
    #[error("`{given}` is not how strong {level} can be; use {known}")]
    NoName {
        /// Of which level.
        level: MaturityLevel,
        /// What was asked for.
        given: String,
        /// The names there are.
        known: String,
    },
    /// The level's strength is not a share.
    #[error("the strength of {level} is not a share; use {known}")]
    NoShare {
        /// Of which level.
        level: MaturityLevel,
        /// The names there are.
        known: String,
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

impl Strengths {
    /// Tiers by name, weakest first, and where each begins when strength is a share.
    ///
    /// # Errors
    ///
    /// When a name is empty or stands twice, or there are not as many beginnings as names.
    pub fn new(names: Vec<Box<str>>, begins: Option<CoverageBands>) -> Result<Self, RubricError> {
        for (at, name) in names.iter().enumerate() {
            if name.trim().is_empty() || names.iter().take(at).any(|other| other == name) {
                return Err(RubricError::Name(name.to_string()));
            }
        }
        match &begins {
            _ if names.is_empty() => Err(RubricError::Nothing),
            Some(begins) if begins.count() != names.len() => {
                Err(RubricError::Tiers { names: names.len(), begins: begins.count() })
            }
            _ => Ok(Self { names, begins }),
        }
    }

    /// How many tiers.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The name of a tier, from 0.
    pub fn name(&self, tier: usize) -> Option<&str> {
        self.names.get(tier).map(|n| &**n)
    }

    fn known(&self) -> String {
        self.names.join(", ")
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
    fn strengths(&self, level: MaturityLevel) -> Result<&Strengths, RateError> {
        self.strengths.get(&level).map(|figure| &figure.value).ok_or(RateError::NoTable(level))
    }

    /// The tier, from 0, that this name stands for.
    ///
    /// # Errors
    ///
    /// When the level has no such tier.
    pub fn tier_named(&self, level: MaturityLevel, name: &str) -> Result<usize, RateError> {
        let strengths = self.strengths(level)?;
        strengths.names.iter().position(|n| **n == *name).ok_or_else(|| RateError::NoName {
            level,
            given: name.chars().take(40).collect(),
            known: strengths.known(),
        })
    }

    /// The tier, from 0, that a share of the scope (or of the issues that were treated) makes.
    ///
    /// # Errors
    ///
    /// When the level's strength is not a share, or the share is none.
    pub fn tier_of_share(&self, level: MaturityLevel, part: u32, whole: u32) -> Result<usize, RateError> {
        let strengths = self.strengths(level)?;
        let begins = strengths.begins.as_ref().ok_or_else(|| RateError::NoShare { level, known: strengths.known() })?;
        begins.of(part, whole).ok_or(RateError::Coverage { met: part, applicable: whole })
    }

    /// The name of a tier, from 0.
    pub fn tier_name(&self, level: MaturityLevel, tier: usize) -> Option<&str> {
        self.strengths.get(&level).and_then(|figure| figure.value.name(tier))
    }

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

use std::collections::BTreeSet;

use attesta_kernel::{Date, Digest, Share};

use crate::{FigureName, Figures, NoFigure, days_after, months_before};

/// All items that a control could have worked on, frozen before the draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    /// The system and query that it comes from.
    pub source: String,
    /// The day on which it was taken.
    pub created: Date,
    /// The time that it covers, or the point in time.
    pub window: Window,
    /// How it was checked that nothing is missing.
    pub completeness: String,
    /// Why the source can show a failure: a list of what works is no population of what should.
    pub reveals_failures: String,
    /// The file of its items, below the assessment's folder.
    pub file: Box<str>,
    /// The digest of that file when it was frozen.
    pub digest: Digest,
    /// How many items it holds.
    pub size: u32,
}

/// What time a population covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Events of a time, such as change tickets; both days belong to it.
    Time {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
    /// Things that are there on the day, such as endpoints.
    Items,
}

/// The ids of a population's items, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items(Vec<Box<str>>);

/// Why a population cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PopulationRefusal {
    /// It has no items.
    #[error("the population has no items")]
    Empty,
    /// An item has no id.
    #[error("item {0} has no id")]
    NoId(usize),
    /// An item stands twice.
    #[error("item `{0}` stands twice")]
    Twice(Box<str>),
    /// More items than anybody should list here.
    #[error("{0} items are more than {MOST_ITEMS}")]
    TooMany(usize),
    /// A text that must say something is empty.
    #[error("`{0}` is not told")]
    NotTold(&'static str),
    /// The time ends before it begins, or after the population was taken.
    #[error("the time from {from} to {to} ends before it begins or after the population was taken on {created}")]
    Backwards {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
        /// The day on which it was taken.
        created: Date,
    },
    /// The time is too short.
    #[error("the time from {from} to {to} is shorter than {least} days")]
    TooShort {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
        /// The least number of days.
        least: u32,
    },
    /// The time reaches too far back.
    #[error("the time begins on {from}, more than {most} months before the test on {test}")]
    TooOld {
        /// The first day.
        from: Date,
        /// The most months.
        most: u32,
        /// The day of the test.
        test: Date,
    },
    /// A population of things was taken outside the fieldwork.
    #[error("the population was taken on {created}, outside the fieldwork that began on {began}")]
    OutsideFieldwork {
        /// The day on which it was taken.
        created: Date,
        /// The first day of the fieldwork.
        began: Date,
    },
    /// A test before the population was taken.
    #[error("the test on {test} is before the population was taken on {created}")]
    TestBefore {
        /// The day of the test.
        test: Date,
        /// The day on which it was taken.
        created: Date,
    },
    /// Content has no figure for the day.
    #[error(transparent)]
    NoFigure(#[from] NoFigure),
}

const MOST_ITEMS: usize = 1_000_000;

impl PopulationRefusal {
    /// How to mend it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty => "give a CSV file whose first column, below a heading, holds the ids of the items",
            Self::NoId(_) => "give every item an id in the first column, or take the row out",
            Self::Twice(_) => "give each item once; two that share an id need ids that differ",
            Self::TooMany(_) => "split the population by system",
            Self::NotTold(_) => "write a sentence",
            Self::Backwards { .. } | Self::TooShort { .. } | Self::TooOld { .. } => {
                "take the population again over a fitting time"
            }
            Self::OutsideFieldwork { .. } => "take the population again during the fieldwork",
            Self::TestBefore { .. } => "test on or after the day on which the population was taken",
            Self::NoFigure(_) => "use a content pack that has it",
        }
    }
}

impl Items {
    /// Checked items, in any order.
    ///
    /// # Errors
    ///
    /// When there are none, too many, one without an id, or one twice.
    pub fn new(ids: Vec<Box<str>>) -> Result<Self, PopulationRefusal> {
        if ids.is_empty() {
            return Err(PopulationRefusal::Empty);
        }
        if ids.len() > MOST_ITEMS {
            return Err(PopulationRefusal::TooMany(ids.len()));
        }
        let mut seen = BTreeSet::new();
        for (number, id) in ids.iter().enumerate() {
            if id.trim().is_empty() {
                return Err(PopulationRefusal::NoId(number.saturating_add(1)));
            }
            if !seen.insert(id) {
                return Err(PopulationRefusal::Twice(id.chars().take(80).collect::<String>().into()));
            }
        }
        Ok(Self(ids))
    }

    /// The ids, as given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// How many.
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

impl Population {
    /// Everything that speaks against using it for a test on `test`, where the fieldwork began on `began`.
    pub fn refusals(&self, figures: &Figures, test: Date, began: Option<Date>) -> Vec<PopulationRefusal> {
        let mut found = Vec::new();
        for (what, text) in [
            ("source", &self.source),
            ("completeness", &self.completeness),
            ("reveals_failures", &self.reveals_failures),
        ] {
            if text.trim().is_empty() {
                found.push(PopulationRefusal::NotTold(what));
            }
        }
        if self.size == 0 {
            found.push(PopulationRefusal::Empty);
        }
        if test < self.created {
            found.push(PopulationRefusal::TestBefore { test, created: self.created });
        }
        match self.window {
            Window::Time { from, to } => self.time(figures, (from, to), test, &mut found),
            Window::Items => {
                if let Some(began) = began.filter(|began| self.created < *began) {
                    found.push(PopulationRefusal::OutsideFieldwork { created: self.created, began });
                }
            }
        }
        found
    }

    fn time(&self, figures: &Figures, (from, to): (Date, Date), test: Date, found: &mut Vec<PopulationRefusal>) {
        if to < from || self.created < to {
            return found.push(PopulationRefusal::Backwards { from, to, created: self.created });
        }
        match (figures.on(FigureName::PopulationLeast, test), figures.on(FigureName::PopulationMost, test)) {
            (Ok(least), Ok(most)) => {
                // Both days count, so a time of 90 days ends 89 days after it begins.
                if to < days_after(from, least.value.saturating_sub(1)) {
                    found.push(PopulationRefusal::TooShort { from, to, least: least.value });
                }
                if from < months_before(test, most.value) {
                    found.push(PopulationRefusal::TooOld { from, most: most.value, test });
                }
            }
            (Err(e), _) | (_, Err(e)) => found.push(e.into()),
        }
    }

    /// What part of it a sample of `count` is.
    pub fn share(&self, count: u32) -> Share {
        Share::new(count, self.size)
    }
}

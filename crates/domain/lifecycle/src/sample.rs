use std::collections::{BTreeMap, BTreeSet};

use attesta_assessment::{EvidenceId, PersonId, RequirementKey, SampleId};
use attesta_kernel::{Date, Digest, Share};

use crate::{Frequency, Items, Population, Seed, Size, order};

/// A sample: its population, what is looked at, what was drawn and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its id.
    pub id: SampleId,
    /// The requirements that it is for.
    pub requirements: BTreeSet<RequirementKey>,
    /// The control that is tested, in a sentence.
    pub control: String,
    /// How often the control works.
    pub frequency: Frequency,
    /// What it is drawn from.
    pub population: Population,
    /// What is looked at on each item, by number from 1.
    pub attributes: BTreeMap<u8, Attribute>,
    /// What was drawn; none before the draw.
    pub drawn: Option<Drawn>,
}

/// What is looked at on each item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// What is true of an item that passes.
    pub text: String,
    /// The elements of the requirement that it covers.
    pub elements: BTreeSet<u8>,
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The seed.
    pub seed: Seed,
    /// The day.
    pub on: Date,
    /// Who drew.
    pub by: PersonId,
    /// How many, and by which rule.
    pub size: Size,
    /// The items, in the order of the draw.
    pub items: Vec<Box<str>>,
    /// Items that were replaced.
    pub replacements: Vec<Replacement>,
    /// What was found, by item and attribute.
    pub results: BTreeMap<(Box<str>, u8), Finding>,
}

/// An item that was replaced by the next one of the draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Which.
    pub item: Box<str>,
    /// By which.
    pub by_item: Box<str>,
    /// Why.
    pub because: String,
    /// The day.
    pub on: Date,
    /// Who replaced it.
    pub by: PersonId,
}

/// What was found on one attribute of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether it holds.
    pub outcome: ItemOutcome,
    /// What shows it.
    pub evidence: Vec<EvidenceId>,
    /// The day.
    pub on: Date,
    /// Who looked.
    pub by: PersonId,
}

/// Whether an attribute holds on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemOutcome {
    /// It does.
    Holds,
    /// It does not.
    Deviation {
        /// What was found instead.
        what: String,
    },
}

/// What a sample says about its control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SampleResult {
    /// Nothing was drawn, or nothing is looked at.
    NotDrawn,
    /// Items without a finding on every attribute: no share can be told.
    Unfinished {
        /// The first such item.
        next: Box<str>,
        /// How many findings are missing.
        missing: u32,
    },
    /// Every item was looked at.
    Finished {
        /// Items on which every attribute holds, of those drawn: what strength is read from.
        passing: Share,
        /// The same by attribute.
        by_attribute: BTreeMap<u8, Share>,
    },
}

/// Why something cannot be done with a sample.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleRefusal {
    /// The population's file is not as it was frozen.
    #[error("the population `{file}` changed after it was frozen")]
    PopulationChanged {
        /// The file.
        file: Box<str>,
    },
    /// Nothing is looked at.
    #[error("sample `{0}` has no attributes to look at")]
    NoAttributes(SampleId),
    /// It was drawn already.
    #[error("sample `{0}` was drawn already")]
    AlreadyDrawn(SampleId),
    /// What is written is not what the seed draws.
    #[error("the items of sample `{0}` are not those that its seed draws")]
    DoesNotRepeat(SampleId),
    /// Nothing was drawn yet.
    #[error("sample `{0}` is not drawn yet")]
    NotDrawn(SampleId),
    /// More than the population holds.
    #[error("a sample of {asked} is larger than its population of {population}")]
    LargerThanPopulation {
        /// How many were asked for.
        asked: u32,
        /// How many there are.
        population: u32,
    },
    /// Fewer than the table says.
    #[error("a sample of {asked} is smaller than the {least} of the table ({rule})")]
    SmallerThanTable {
        /// How many were asked for.
        asked: u32,
        /// How many the table says.
        least: u32,
        /// The table's rule.
        rule: String,
    },
    /// The item is not in the sample.
    #[error("item `{0}` was not drawn")]
    NotInSample(Box<str>),
    /// The item was replaced, or stands in for another.
    #[error("item `{0}` was replaced already, or stands in for another")]
    ReplacedAlready(Box<str>),
    /// The item has findings, which a replacement would hide.
    #[error("item `{0}` has findings; replacing it would hide them")]
    HasFindings(Box<str>),
    /// No item is left to stand in.
    #[error("no item of the population is left to stand in for `{0}`")]
    NothingLeft(Box<str>),
    /// A reason is missing.
    #[error("no reason is given")]
    NoReason,
    /// The sample has no such attribute.
    #[error("the sample has no attribute {0}")]
    NoAttribute(u8),
    /// The finding is there already.
    #[error("attribute {attribute} of item `{item}` has a finding already")]
    Recorded {
        /// The item.
        item: Box<str>,
        /// The attribute.
        attribute: u8,
    },
    /// A day before what it follows.
    #[error("{what} on {on} is before {before} on {earlier}")]
    BeforeItsTime {
        /// What would be done.
        what: &'static str,
        /// When.
        on: Date,
        /// What comes first.
        before: &'static str,
        /// When that was.
        earlier: Date,
    },
}

impl SampleRefusal {
    /// How to mend it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::PopulationChanged { .. } => {
                "put the file back as it was, or begin a new sample with the new population"
            }
            Self::NoAttributes(_) => "say what is true of an item that passes, one attribute for each thing",
            Self::AlreadyDrawn(_) => "begin a new sample; a second draw would let somebody choose",
            Self::DoesNotRepeat(_) => "put the file back as it was; it is written by `attesta assess sample` alone",
            Self::NotDrawn(_) => "draw it first",
            Self::LargerThanPopulation { .. } => "take all of the population at most",
            Self::SmallerThanTable { .. } => "take as many as the table says",
            Self::NotInSample(_) => "name an item of the sample; the lead sheet lists them",
            Self::ReplacedAlready(_) => "an item is replaced once; record what was found, or begin a new sample",
            Self::HasFindings(_) => "record what was found on the other attributes",
            Self::NothingLeft(_) => "record a deviation where the item cannot be shown",
            Self::NoReason => "say why; the reason is printed on the lead sheet",
            Self::NoAttribute(_) => "name an attribute by its number; the lead sheet lists them",
            Self::Recorded { .. } => "a finding stands; begin a new sample where it is wrong",
            Self::BeforeItsTime { .. } => "give the day on which it was done",
        }
    }
}

impl Sample {
    /// Draws, once: the size by the table, or more where asked for.
    ///
    /// # Errors
    ///
    /// Why nothing was drawn; the sample is as it was.
    pub fn draw(&self, items: &Items, now: Digest, table: Size, ask: DrawAsk) -> Result<Self, SampleRefusal> {
        if self.drawn.is_some() {
            return Err(SampleRefusal::AlreadyDrawn(self.id.clone()));
        }
        if self.attributes.is_empty() {
            return Err(SampleRefusal::NoAttributes(self.id.clone()));
        }
        self.unchanged(now)?;
        before("the draw", ask.on, "the population was taken", self.population.created)?;
        let count = ask.count.unwrap_or(table.count);
        if count > items.count() {
            return Err(SampleRefusal::LargerThanPopulation { asked: count, population: items.count() });
        }
        if count < table.count {
            return Err(SampleRefusal::SmallerThanTable { asked: count, least: table.count, rule: table.rule });
        }
        let size = if count == table.count {
            table
        } else {
            Size { count, rule: format!("{count} were asked for, more than the table says ({})", table.rule), ..table }
        };
        let take = usize::try_from(count).unwrap_or(usize::MAX);
        let drawn = order(&ask.seed, items.iter()).into_iter().take(take).map(Into::into).collect();
        let drawn = Drawn {
            seed: ask.seed,
            on: ask.on,
            by: ask.by,
            size,
            items: drawn,
            replacements: Vec::new(),
            results: BTreeMap::new(),
        };
        Ok(Self { drawn: Some(drawn), ..self.clone() })
    }

    /// Replaces an item by the next one of the draw.
    ///
    /// # Errors
    ///
    /// Why it was not replaced; the sample is as it was.
    pub fn replace(&self, items: &Items, now: Digest, ask: ReplaceAsk) -> Result<Self, SampleRefusal> {
        let drawn = self.drawn(now)?;
        before("the replacement", ask.on, "the draw", drawn.on)?;
        if ask.because.trim().is_empty() {
            return Err(SampleRefusal::NoReason);
        }
        if drawn.replacements.iter().any(|r| r.item == ask.item || r.by_item == ask.item) {
            return Err(SampleRefusal::ReplacedAlready(ask.item));
        }
        let Some(at) = drawn.items.iter().position(|i| *i == ask.item) else {
            return Err(SampleRefusal::NotInSample(ask.item));
        };
        if drawn.results.keys().any(|(item, _)| *item == ask.item) {
            return Err(SampleRefusal::HasFindings(ask.item));
        }
        let used: BTreeSet<&str> = drawn
            .items
            .iter()
            .map(AsRef::as_ref)
            .chain(drawn.replacements.iter().flat_map(|r| [r.item.as_ref(), r.by_item.as_ref()]))
            .collect();
        let Some(next) = order(&drawn.seed, items.iter()).into_iter().find(|i| !used.contains(i)) else {
            return Err(SampleRefusal::NothingLeft(ask.item));
        };
        let mut after = drawn.clone();
        if let Some(slot) = after.items.get_mut(at) {
            *slot = next.into();
        }
        let ReplaceAsk { item, because, on, by } = ask;
        after.replacements.push(Replacement { item, by_item: next.into(), because, on, by });
        Ok(Self { drawn: Some(after), ..self.clone() })
    }

    /// Records what was found on one attribute of one item.
    ///
    /// # Errors
    ///
    /// Why it was not recorded; the sample is as it was.
    pub fn record(&self, now: Digest, item: &str, attribute: u8, finding: Finding) -> Result<Self, SampleRefusal> {
        let drawn = self.drawn(now)?;
        before("the finding", finding.on, "the draw", drawn.on)?;
        if !self.attributes.contains_key(&attribute) {
            return Err(SampleRefusal::NoAttribute(attribute));
        }
        if !drawn.items.iter().any(|i| i.as_ref() == item) {
            return Err(SampleRefusal::NotInSample(item.into()));
        }
        if matches!(&finding.outcome, ItemOutcome::Deviation { what } if what.trim().is_empty()) {
            return Err(SampleRefusal::NoReason);
        }
        let key = (Box::from(item), attribute);
        if drawn.results.contains_key(&key) {
            return Err(SampleRefusal::Recorded { item: key.0, attribute });
        }
        let mut after = drawn.clone();
        after.results.insert(key, finding);
        Ok(Self { drawn: Some(after), ..self.clone() })
    }

    /// Whether what was drawn is what the seed draws, replacements and all.
    ///
    /// # Errors
    ///
    /// [`SampleRefusal::DoesNotRepeat`] when it is not.
    pub fn repeats(&self, items: &Items) -> Result<(), SampleRefusal> {
        let Some(drawn) = &self.drawn else { return Ok(()) };
        let order = order(&drawn.seed, items.iter());
        let take = usize::try_from(drawn.size.count).unwrap_or(usize::MAX);
        let mut sample: Vec<&str> = order.iter().copied().take(take).collect();
        for (next, replacement) in (take..).zip(&drawn.replacements) {
            let slot = sample.iter_mut().find(|item| **item == replacement.item.as_ref());
            match (slot, order.get(next)) {
                (Some(slot), Some(next)) if *next == replacement.by_item.as_ref() => *slot = next,
                _ => return Err(SampleRefusal::DoesNotRepeat(self.id.clone())),
            }
        }
        let same = sample.len() == drawn.items.len() && sample.iter().zip(&drawn.items).all(|(a, b)| *a == b.as_ref());
        if same { Ok(()) } else { Err(SampleRefusal::DoesNotRepeat(self.id.clone())) }
    }

    /// What the sample says. A sample that is not finished says nothing about the control.
    pub fn result(&self) -> SampleResult {
        let Some(drawn) = self.drawn.as_ref().filter(|d| !d.items.is_empty() && !self.attributes.is_empty()) else {
            return SampleResult::NotDrawn;
        };
        let whole = u32::try_from(drawn.items.len()).unwrap_or(u32::MAX);
        let mut passing = 0_u32;
        let mut missing = 0_u32;
        let mut next = None;
        let mut by_attribute: BTreeMap<u8, Share> =
            self.attributes.keys().map(|number| (*number, Share::new(0, whole))).collect();
        for item in &drawn.items {
            let mut all = true;
            for (number, share) in &mut by_attribute {
                match drawn.results.get(&(item.clone(), *number)).map(|f| &f.outcome) {
                    Some(ItemOutcome::Holds) => share.part = share.part.saturating_add(1),
                    Some(ItemOutcome::Deviation { .. }) => all = false,
                    None => {
                        all = false;
                        missing = missing.saturating_add(1);
                        next = next.or(Some(item));
                    }
                }
            }
            passing = passing.saturating_add(u32::from(all));
        }
        match next {
            Some(next) => SampleResult::Unfinished { next: next.clone(), missing },
            None => SampleResult::Finished { passing: Share::new(passing, whole), by_attribute },
        }
    }

    fn drawn(&self, now: Digest) -> Result<&Drawn, SampleRefusal> {
        let drawn = self.drawn.as_ref().ok_or_else(|| SampleRefusal::NotDrawn(self.id.clone()))?;
        self.unchanged(now).map(|()| drawn)
    }

    fn unchanged(&self, now: Digest) -> Result<(), SampleRefusal> {
        if now == self.population.digest {
            Ok(())
        } else {
            Err(SampleRefusal::PopulationChanged { file: self.population.file.clone() })
        }
    }
}

/// What is asked of a draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawAsk {
    /// The seed.
    pub seed: Seed,
    /// How many, where more than the table says.
    pub count: Option<u32>,
    /// The day.
    pub on: Date,
    /// Who draws.
    pub by: PersonId,
}

/// What is asked of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplaceAsk {
    /// Which item.
    pub item: Box<str>,
    /// Why.
    pub because: String,
    /// The day.
    pub on: Date,
    /// Who replaces it.
    pub by: PersonId,
}

fn before(what: &'static str, on: Date, first: &'static str, earlier: Date) -> Result<(), SampleRefusal> {
    if on < earlier { Err(SampleRefusal::BeforeItsTime { what, on, before: first, earlier }) } else { Ok(()) }
}

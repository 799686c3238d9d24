//! Rows of a provider's shared responsibility matrix become a [`Matrix`](crate::Matrix)'s rows. What is not understood is told
//! and left to the customer; nothing is guessed, and nothing is given to the provider that no row gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use attesta_scoring::Score;

use crate::{
    CsfVersion, Headers, MatrixRow, Pack, PackRequirement, RequirementKey, Responsibility, RowTrouble, Sheet,
    sheet::{Columns, fits_best, normal, points, shown},
};

/// What a column of a matrix holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatrixField {
    /// The requirement's id.
    Requirement,
    /// Numbers of elements; none stands for the whole requirement.
    Element,
    /// Who answers for it, or how far it can be inherited.
    Says,
    /// The most that can be inherited, in per cent.
    Most,
    /// The version of the CSF that the row is for.
    Csf,
    /// The provider's remarks.
    Notes,
}

impl MatrixField {
    /// Every field.
    pub const ALL: [Self; 6] = [Self::Requirement, Self::Element, Self::Says, Self::Most, Self::Csf, Self::Notes];

    /// The word used in profiles.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requirement => "requirement",
            Self::Element => "element",
            Self::Says => "says",
            Self::Most => "most",
            Self::Csf => "csf",
            Self::Notes => "notes",
        }
    }
}

impl fmt::Display for MatrixField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no field of a matrix; use {all}", all = MatrixField::ALL.map(MatrixField::as_str).join(", "))]
pub struct UnknownMatrixField(pub String);

impl FromStr for MatrixField {
    type Err = UnknownMatrixField;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(|| UnknownMatrixField(text.to_owned()))
    }
}

/// How a table becomes a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixProfile {
    /// Its id.
    pub id: Box<str>,
    /// Which tables it is for.
    pub title: String,
    /// Whose words and judgements the matrix will hold.
    pub notice: String,
    /// Header texts of each field, any of them.
    pub columns: BTreeMap<MatrixField, Vec<String>>,
    /// Fields without which it is another table.
    pub required: BTreeSet<MatrixField>,
    /// What the words of the column `says` mean.
    pub words: BTreeMap<String, Responsibility>,
}

/// What an import of a matrix comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixImport {
    /// The rows of the matrix.
    pub rows: BTreeMap<RequirementKey, MatrixRow>,
    /// What became of every row of the table.
    pub report: MatrixReport,
}

/// What became of the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatrixReport {
    /// Sheets and headers.
    pub headers: Headers<MatrixField>,
    /// Rows below the headers.
    pub rows: usize,
    /// Rows that say again what an earlier one said.
    pub repeats: usize,
    /// Rows for another version of the CSF.
    pub other_versions: usize,
    /// Rows for a whole requirement that has rows for its elements, too; those count.
    pub summaries: usize,
    /// Requirements whose elements the packs do not know, so that what their rows say was put together.
    pub put_together: usize,
    /// Requirements that no pack of the assessment has; their rows are passed over.
    pub not_in_packs: BTreeSet<RequirementKey>,
    /// Rows that contradict each other.
    pub conflicts: Vec<RowTrouble>,
    /// Rows that are not understood, and why.
    pub unread: Vec<RowTrouble>,
    /// Requirements that are left out, since a row of theirs is not understood; they stay the customer's.
    pub left_out: BTreeSet<RequirementKey>,
}

/// The profile that fits best: the one with the most columns found whose required ones are all there.
pub fn recognise_matrix<'p>(profiles: &'p [MatrixProfile], sheets: &[Sheet]) -> Option<&'p MatrixProfile> {
    fits_best(profiles, sheets, |profile, sheet| columns(profile, sheet).map(|c| c.at.len()))
}

fn columns(profile: &MatrixProfile, sheet: &Sheet) -> Option<Columns<MatrixField>> {
    Columns::by_headers(&profile.columns, sheet).filter(|c| profile.required.iter().all(|f| c.at.contains_key(f)))
}

/// Maps the rows of a table. `csf` is the assessment's version: rows for another one are passed over.
pub fn import_matrix(
    profile: &MatrixProfile,
    sheets: &[Sheet],
    packs: &[Pack],
    csf: Option<CsfVersion>,
) -> MatrixImport {
    let known: BTreeMap<&RequirementKey, &PackRequirement> =
        packs.iter().flat_map(|p| &p.requirements).map(|r| (&r.id, r)).collect();
    let words = profile.words.iter().map(|(word, means)| (normal(word), *means)).collect();
    let mut table = Table { known, words, csf, said: BTreeMap::new(), report: MatrixReport::default() };
    for sheet in sheets {
        match columns(profile, sheet) {
            Some(columns) => table.sheet(sheet, &columns),
            None => table.report.headers.left.push(sheet.name.clone()),
        }
    }
    table.finish()
}

/// What a cell of the column `says` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Value {
    who: Responsibility,
    /// The share of it that can be inherited, where it is told as a number.
    percent: Option<Score>,
}

/// What the rows of one requirement say.
#[derive(Default)]
struct Said {
    whole: Option<Value>,
    elements: BTreeMap<u8, Value>,
    most: Option<Score>,
    notes: Vec<String>,
}

struct Table<'a> {
    known: BTreeMap<&'a RequirementKey, &'a PackRequirement>,
    words: BTreeMap<String, Responsibility>,
    csf: Option<CsfVersion>,
    said: BTreeMap<RequirementKey, Said>,
    report: MatrixReport,
}

/// What a row says, understood.
struct Understood {
    elements: BTreeSet<u8>,
    value: Value,
    most: Option<Score>,
}

impl Table<'_> {
    fn sheet(&mut self, sheet: &Sheet, columns: &Columns<MatrixField>) {
        columns.tell(sheet, &mut self.report.headers);
        for row in columns.below(sheet) {
            self.report.rows += 1;
            let cell = |field| columns.cell(row, field).trim();
            let trouble = |what: String| RowTrouble { sheet: sheet.name.clone(), row: row.number, what };
            let id = cell(MatrixField::Requirement);
            let Ok(key) = id.parse::<RequirementKey>() else {
                self.report.unread.push(trouble(match id {
                    "" => "it names no requirement".to_owned(),
                    _ => format!("`{}` is no requirement's id", shown(id)),
                }));
                continue;
            };
            let Some(requirement) = self.known.get(&key) else {
                self.report.not_in_packs.insert(key);
                continue;
            };
            match self.version(cell(MatrixField::Csf)) {
                Ok(true) => {}
                Ok(false) => {
                    self.report.other_versions += 1;
                    continue;
                }
                Err(what) => {
                    self.report.unread.push(trouble(what));
                    self.report.left_out.insert(key);
                    continue;
                }
            }
            match self.understand(requirement, &cell) {
                Ok(understood) => {
                    let said = self.said.entry(key).or_default();
                    match said.add(understood, cell(MatrixField::Notes)) {
                        Ok(true) => {}
                        Ok(false) => self.report.repeats += 1,
                        Err(what) => self.report.conflicts.push(trouble(format!("`{id}`: {what}"))),
                    }
                }
                Err(what) => {
                    self.report.unread.push(trouble(format!("`{id}`: {what}")));
                    self.report.left_out.insert(key);
                }
            }
        }
    }

    /// Whether a row is for the assessment's version; a row that names none is for every one.
    fn version(&self, cell: &str) -> Result<bool, String> {
        let Some(csf) = self.csf.filter(|_| !cell.is_empty()) else { return Ok(true) };
        let bare = cell.trim_start_matches(['V', 'v', ' ']);
        bare.parse::<CsfVersion>().map(|v| v == csf).map_err(|e| e.to_string())
    }

    fn understand<'c>(
        &self,
        requirement: &PackRequirement,
        cell: &impl Fn(MatrixField) -> &'c str,
    ) -> Result<Understood, String> {
        let elements = numbers(cell(MatrixField::Element))?;
        let last = requirement.elements.iter().map(|e| e.number).max().unwrap_or_default();
        if let Some(beyond) = elements.iter().find(|n| **n > last)
            && !bare(requirement)
        {
            return Err(format!("it has no element {beyond}; the last is {last}"));
        }
        let value = self.value(cell(MatrixField::Says))?;
        let most = match cell(MatrixField::Most) {
            "" => None,
            text => Some(points(text).ok_or_else(|| format!("`{}` is no number of per cent", shown(text)))?),
        };
        Ok(Understood { elements, value, most })
    }

    fn value(&self, text: &str) -> Result<Value, String> {
        if text.is_empty() {
            return Err("it does not say who answers for it".to_owned());
        }
        if let Some(who) = self.words.get(&normal(text)) {
            return Ok(Value { who: *who, percent: None });
        }
        // A bare number could mean anything; one with its sign is the share that can be inherited.
        let percent = text.strip_suffix('%').and_then(|n| n.trim().parse::<Score>().ok());
        let percent = percent.ok_or_else(|| format!("`{}` does not say who answers for it", shown(text)))?;
        let who = match percent {
            Score::ZERO => Responsibility::Customer,
            Score::FULL => Responsibility::Provider,
            _ => Responsibility::Shared,
        };
        Ok(Value { who, percent: Some(percent) })
    }

    fn finish(mut self) -> MatrixImport {
        let mut rows = BTreeMap::new();
        for (key, said) in self.said {
            let Some(requirement) = self.known.get(&key).filter(|_| !self.report.left_out.contains(&key)) else {
                continue;
            };
            if said.whole.is_some() && !said.elements.is_empty() {
                self.report.summaries += 1;
            }
            if !said.elements.is_empty() && bare(requirement) {
                self.report.put_together += 1;
            }
            rows.insert(key, said.row(requirement));
        }
        MatrixImport { rows, report: self.report }
    }
}

impl Said {
    /// Adds what a row says; `false` where it was said already.
    fn add(&mut self, row: Understood, notes: &str) -> Result<bool, String> {
        let before = match row.elements.first() {
            None => self.whole.iter().map(|v| (0, *v)).collect::<Vec<_>>(),
            Some(_) => row.elements.iter().filter_map(|n| Some((*n, *self.elements.get(n)?))).collect(),
        };
        if let Some((number, first)) = before.iter().find(|(_, first)| *first != row.value) {
            let what = if *number == 0 { "the whole".to_owned() } else { format!("element {number}") };
            return Err(format!("{what} is {}, but an earlier row says {}", row.value, first));
        }
        if let (Some(first), Some(most)) = (self.most, row.most)
            && first != most
        {
            return Err(format!("at most {most} % can be inherited, but an earlier row says {first} %"));
        }
        let news = before.len() < row.elements.len().max(1) || (self.most.is_none() && row.most.is_some());
        self.most = self.most.or(row.most);
        if row.elements.is_empty() {
            self.whole = Some(row.value);
        }
        self.elements.extend(row.elements.iter().map(|n| (*n, row.value)));
        if !notes.is_empty() && !self.notes.iter().any(|n| n == notes) {
            self.notes.push(notes.to_owned());
        }
        Ok(news)
    }

    /// The row of the matrix. Rows for elements count before one for the whole; elements without a row are the customer's.
    fn row(self, requirement: &PackRequirement) -> MatrixRow {
        let mut elements: BTreeMap<u8, Value> = self.elements;
        let mut most = self.most;
        if elements.is_empty() {
            elements = self.whole.iter().flat_map(|v| requirement.elements.iter().map(|e| (e.number, *v))).collect();
        }
        if most.is_none() && elements.values().any(|v| v.who == Responsibility::Shared && v.percent.is_some()) {
            let of = if bare(requirement) { elements.len() } else { requirement.elements.len() };
            most = mean(&elements, of);
        }
        if bare(requirement) && elements.keys().any(|n| *n > 1) {
            most = most.or_else(|| mean(&elements, elements.len()));
            let who = match elements.values().map(|v| v.who).collect::<BTreeSet<_>>() {
                all if all.len() == 1 => all.first().copied().unwrap_or(Responsibility::Customer),
                _ => Responsibility::Shared,
            };
            elements = BTreeMap::from([(1, Value { who, percent: None })]);
        }
        let elements = elements.into_iter().map(|(number, value)| (number, value.who)).collect();
        MatrixRow { elements, most, notes: self.notes.join(" ") }
    }
}

/// The mean of what can be inherited of each element, in whole per cent, downwards; a shared one without a number counts full,
/// as in [`Matrix::allowance`](crate::Matrix::allowance).
fn mean(elements: &BTreeMap<u8, Value>, of: usize) -> Option<Score> {
    let full = u32::from(Score::FULL.hundredths());
    let sum: u32 = elements
        .values()
        .map(|v| match v.who {
            Responsibility::Customer => 0,
            _ => v.percent.map_or(full, |p| u32::from(p.hundredths())),
        })
        .sum();
    let mean = sum.checked_div(u32::try_from(of).ok()?)?;
    u16::try_from(mean / 100 * 100).ok().and_then(Score::from_hundredths)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent {
            Some(percent) => write!(f, "{} ({percent} %)", self.who),
            None => write!(f, "{}", self.who),
        }
    }
}

/// Whether a pack knows the requirement without its elements: imported packs hold one that says nothing.
fn bare(requirement: &PackRequirement) -> bool {
    matches!(requirement.elements.as_slice(), [only] if only.text.is_empty())
}

/// The elements that a cell names: `3`, `EE 3`, `Element 3`, `1, 2; 4-6`; none for the whole requirement.
fn numbers(cell: &str) -> Result<BTreeSet<u8>, String> {
    let no = || format!("`{}` names no elements; write it like 3, or 1, 2, 4-6", shown(cell));
    let number = |text: &str| -> Result<u8, String> {
        let digits = text.trim().trim_start_matches(|c: char| c.is_alphabetic() || matches!(c, ' ' | '#' | '.'));
        digits.trim_end_matches('.').parse().ok().filter(|n| *n > 0).ok_or_else(no)
    };
    let mut found = BTreeSet::new();
    if matches!(normal(cell).as_str(), "" | "all") {
        return Ok(found);
    }
    for part in cell.split([',', ';']) {
        match part.split_once(['-', '\u{2013}']) {
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                if last < first {
                    return Err(no());
                }
                found.extend(first..=last);
            }
            None => drop(found.insert(number(part)?)),
        }
    }
    Ok(found)
}

//! Tables of text and where their columns stand: a header is found whatever column and row it stands in.

use std::{collections::BTreeMap, fmt};

use attesta_scoring::Score;

/// A sheet of a workbook, or a table of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its name; the file's for a table of text.
    pub name: String,
    /// Its rows that hold something.
    pub rows: Vec<SheetRow>,
}

/// A row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Its cells as text, from the first column; empty ones are empty.
    pub cells: Vec<String>,
}

/// Something about one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowTrouble {
    /// The sheet.
    pub sheet: String,
    /// The row's number, from 1.
    pub row: u32,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for RowTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, row {}: {}", self.sheet, self.row, self.what)
    }
}

/// Headers stand in one of the first rows.
const HEADER_WITHIN: usize = 25;

/// Where fields stand in a sheet.
pub(crate) struct Columns<F> {
    /// Which of the sheet's rows holds the headers.
    pub header: usize,
    /// The column of each field.
    pub at: BTreeMap<F, usize>,
}

impl<F: Ord + Copy> Columns<F> {
    /// The row with the most of these headers, any text of each; `None` where no row has one.
    pub(crate) fn by_headers(columns: &BTreeMap<F, Vec<String>>, sheet: &Sheet) -> Option<Self> {
        let wanted: BTreeMap<String, F> =
            columns.iter().flat_map(|(field, headers)| headers.iter().map(move |h| (normal(h), *field))).collect();
        let mut best: Option<Self> = None;
        for (header, row) in sheet.rows.iter().enumerate().take(HEADER_WITHIN) {
            let mut at = BTreeMap::new();
            for (column, cell) in row.cells.iter().enumerate() {
                if let Some(field) = wanted.get(&normal(cell)) {
                    at.entry(*field).or_insert(column);
                }
            }
            if !at.is_empty() && best.as_ref().is_none_or(|b| at.len() > b.at.len()) {
                best = Some(Self { header, at });
            }
        }
        best
    }

    /// The cell of a field; empty where there is none.
    pub(crate) fn cell<'r>(&self, row: &'r SheetRow, field: F) -> &'r str {
        self.at.get(&field).and_then(|c| row.cells.get(*c)).map_or("", String::as_str)
    }

    /// The rows below the headers.
    pub(crate) fn below<'s>(&self, sheet: &'s Sheet) -> impl Iterator<Item = &'s SheetRow> {
        sheet.rows.iter().skip(self.header.saturating_add(1))
    }

    /// Tells a report which headers were found, and which mean nothing here.
    pub(crate) fn tell(&self, sheet: &Sheet, told: &mut Headers<F>) {
        let Some(header) = sheet.rows.get(self.header) else { return };
        told.sheets.push((sheet.name.clone(), header.number));
        for (column, cell) in header.cells.iter().enumerate() {
            match self.at.iter().find(|(_, at)| **at == column) {
                Some((field, _)) => drop(told.found.insert(*field, cell.clone())),
                None if cell.trim().is_empty() => {}
                None => told.unknown.push(cell.clone()),
            }
        }
    }
}

/// Which sheets were read and which headers they had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers<F> {
    /// Sheets that were read, each with the row of its headers.
    pub sheets: Vec<(String, u32)>,
    /// Sheets without these headers.
    pub left: Vec<String>,
    /// Fields and the headers that they were found under.
    pub found: BTreeMap<F, String>,
    /// Headers that mean nothing here.
    pub unknown: Vec<String>,
}

impl<F> Default for Headers<F> {
    fn default() -> Self {
        Self { sheets: Vec::new(), left: Vec::new(), found: BTreeMap::new(), unknown: Vec::new() }
    }
}

/// The profile with the most columns in one of the sheets; the first of equals, `None` where none fits.
pub(crate) fn fits_best<'p, P>(
    profiles: &'p [P],
    sheets: &[Sheet],
    columns: impl Fn(&P, &Sheet) -> Option<usize>,
) -> Option<&'p P> {
    let mut best: Option<(&P, usize)> = None;
    for profile in profiles {
        if let Some(fits) = sheets.iter().filter_map(|s| columns(profile, s)).max()
            && best.is_none_or(|(_, other)| fits > other)
        {
            best = Some((profile, fits));
        }
    }
    best.map(|(profile, _)| profile)
}

/// Texts that differ in blanks and case alone are the same.
pub(crate) fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches([':', '*']).trim().to_lowercase()
}

/// The per cent of a cell such as `5. Fully Compliant (100%)`, or a bare number of points. A number above 0 up to 1 could be a
/// share or points, so it is neither.
pub(crate) fn points(text: &str) -> Option<Score> {
    if let Some((before, _)) = text.split_once('%') {
        let start = before.trim_end().rfind(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(0, |at| {
            at.saturating_add(before.get(at..).and_then(|b| b.chars().next()).map_or(1, char::len_utf8))
        });
        return before.trim_end().get(start..)?.parse().ok();
    }
    let score: Score = text.parse().ok()?;
    (score == Score::ZERO || score.hundredths() > 100).then_some(score)
}

/// The beginning of a text, for a message.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

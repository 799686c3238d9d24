//! Rows of a licensed export become a requirement pack: columns are found by what their headers say (or by what their cells
//! look like), every row is accounted for, and nothing is guessed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use attesta_catalog::Catalog;
use attesta_kernel::{Confidence, ControlRef, Provenance};
use attesta_scoring::{MaturityLevel, Score};

use crate::{
    Condition, Headers, Pack, PackElement, PackId, PackRequirement, RequirementKey, RowTrouble, Sheet,
    sheet::{Columns, fits_best, normal, points, shown},
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The requirement's id.
    Id,
    /// The control reference, perhaps with its name.
    ControlReference,
    /// The requirement's text.
    Text,
    /// A title.
    Title,
    /// The assessment domain, by number or name.
    Domain,
    /// The implementation level, for exports without ids.
    Level,
    /// Whether it is in the e1 core.
    InE1,
    /// Whether it is in the i1 core.
    InI1,
    /// What was answered on a maturity level.
    Maturity(MaturityLevel),
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 13] = [
        Self::Id,
        Self::ControlReference,
        Self::Text,
        Self::Title,
        Self::Domain,
        Self::Level,
        Self::InE1,
        Self::InI1,
        Self::Maturity(MaturityLevel::Policy),
        Self::Maturity(MaturityLevel::Procedure),
        Self::Maturity(MaturityLevel::Implemented),
        Self::Maturity(MaturityLevel::Measured),
        Self::Maturity(MaturityLevel::Managed),
    ];

    /// The word used in profiles.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ControlReference => "control-reference",
            Self::Text => "text",
            Self::Title => "title",
            Self::Domain => "domain",
            Self::Level => "level",
            Self::InE1 => "in-e1",
            Self::InI1 => "in-i1",
            Self::Maturity(level) => level.as_str(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no field of an export; use {all}", all = Field::ALL.map(Field::as_str).join(", "))]
pub struct UnknownField(pub String);

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(|| UnknownField(text.to_owned()))
    }
}

/// What a column's cells look like, where headers are meaningless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// `01.a Name`.
    Reference,
    /// `Level 1` and the like.
    Level,
    /// Sentences.
    Sentences,
}

/// How an export becomes a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportProfile {
    /// Its id.
    pub id: Box<str>,
    /// Which export it is for.
    pub title: String,
    /// Whose words the requirements will be.
    pub notice: String,
    /// The version of the CSF, where the export is of one.
    pub csf: Option<String>,
    /// Header texts of each field, any of them.
    pub columns: BTreeMap<Field, Vec<String>>,
    /// What cells look like, for fields whose header is not found.
    pub shapes: BTreeMap<Field, Shape>,
    /// Fields without which it is another export.
    pub required: BTreeSet<Field>,
    /// Programs of whose core all of it is.
    pub core_of: BTreeSet<Box<str>>,
    /// Programs of whose core those are that a column says yes to.
    pub core_columns: BTreeMap<Field, BTreeSet<Box<str>>>,
    /// Whether the export holds what one assessment asks, and so all of it is asked.
    pub asked: bool,
}

/// What an import comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The pack.
    pub pack: Pack,
    /// What was answered, where the export says it.
    pub maturity: BTreeMap<RequirementKey, BTreeMap<MaturityLevel, ImportedLevel>>,
    /// What became of every row.
    pub report: ImportReport,
}

/// One cell of a maturity column. What is not a score is never one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedLevel {
    /// The cell as it stands.
    pub text: String,
    /// What it says.
    pub says: LevelSays,
}

/// What a maturity cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LevelSays {
    /// A score.
    Scored(Score),
    /// Not applicable.
    NotApplicable,
    /// Inherited; the score stands elsewhere.
    Inherited,
    /// Not scored.
    NotScored,
    /// Something that nobody here can read.
    Unread,
}

/// What became of the rows of an export.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Sheets and headers.
    pub headers: Headers<Field>,
    /// Rows below the headers.
    pub rows: usize,
    /// Rows that repeat an earlier one word for word.
    pub repeats: usize,
    /// Rows with the id of an earlier one that say something else.
    pub conflicts: Vec<RowTrouble>,
    /// Rows that are no requirement, and why.
    pub unread_rows: Vec<RowTrouble>,
    /// Maturity cells that nobody here can read.
    pub unread_cells: Vec<RowTrouble>,
    /// Ids that do not have the published form; they are kept as they stand.
    pub unpublished: usize,
}

/// An export cannot be imported with a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// No sheet has the columns.
    #[error("no sheet has the columns {}", .0.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", "))]
    NoSuchColumns(BTreeSet<Field>),
    /// Nothing was read.
    #[error("no row holds a requirement")]
    Nothing,
}

/// A shape is that of a column when at least this many of a hundred filled cells have it.
const SHAPE_SHARE: usize = 80;

/// The profile that fits best: the one with the most columns found whose required ones are all there.
pub fn recognise<'a>(profiles: &'a [ImportProfile], sheets: &[Sheet]) -> Option<&'a ImportProfile> {
    fits_best(profiles, sheets, |profile, sheet| columns(profile, sheet).map(|c| c.at.len()))
}

fn columns(profile: &ImportProfile, sheet: &Sheet) -> Option<Columns<Field>> {
    let best = Columns::by_headers(&profile.columns, sheet);
    let mut best = best.or_else(|| (!profile.shapes.is_empty()).then(|| Columns { header: 0, at: BTreeMap::new() }))?;
    for (field, shape) in &profile.shapes {
        if !best.at.contains_key(field)
            && let Some(column) = shaped(*shape, sheet, &best)
        {
            best.at.insert(*field, column);
        }
    }
    profile.required.iter().all(|f| best.at.contains_key(f)).then_some(best)
}

/// The first column whose cells mostly have the shape and that is not taken.
fn shaped(shape: Shape, sheet: &Sheet, columns: &Columns<Field>) -> Option<usize> {
    let rows = || columns.below(sheet);
    let widest = rows().map(|r| r.cells.len()).max()?;
    (0..widest).filter(|column| !columns.at.values().any(|taken| taken == column)).find(|column| {
        let cells: Vec<&str> =
            rows().filter_map(|r| r.cells.get(*column)).map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
        let fits = cells.iter().filter(|c| has_shape(shape, c)).count();
        !cells.is_empty() && fits.saturating_mul(100) >= cells.len().saturating_mul(SHAPE_SHARE)
    })
}

fn has_shape(shape: Shape, cell: &str) -> bool {
    match shape {
        Shape::Reference => cell.contains(char::is_whitespace) && reference(cell).is_some(),
        Shape::Level => cell.starts_with("Level ") && cell.chars().count() <= 60,
        Shape::Sentences => cell.chars().count() > 60 && cell.contains(' '),
    }
}

/// The control reference at the beginning of a cell such as `09.b Change Management`.
fn reference(cell: &str) -> Option<(ControlRef, &str)> {
    let cell = cell.trim();
    let end = cell.find(|c: char| !(c.is_ascii_digit() || c == '.' || c.is_ascii_lowercase())).unwrap_or(cell.len());
    let (head, rest) = cell.split_at_checked(end)?;
    Some((head.parse().ok()?, rest.trim_start_matches([' ', '-', '\u{2013}', ':', '\t']).trim()))
}

/// What a maturity cell says; `None` where it is empty.
pub fn read_level(cell: &str) -> Option<ImportedLevel> {
    let text = cell.trim();
    if text.is_empty() {
        return None;
    }
    let lower = text.to_lowercase();
    let says = match lower.as_str() {
        "n/a" | "na" | "not applicable" => LevelSays::NotApplicable,
        "false" | "not scored" => LevelSays::NotScored,
        _ if lower.contains("inherit") => LevelSays::Inherited,
        _ => points(text).map_or(LevelSays::Unread, LevelSays::Scored),
    };
    Some(ImportedLevel { text: cell.to_owned(), says })
}

fn is_yes(cell: &str) -> bool {
    matches!(cell.trim().to_lowercase().as_str(), "yes" | "y" | "true" | "x" | "1")
}

/// Maps the rows of an export.
///
/// # Errors
///
/// When no sheet has the columns, or no row is a requirement.
pub fn import(
    profile: &ImportProfile,
    sheets: &[Sheet],
    catalog: &Catalog,
    id: PackId,
    source: String,
) -> Result<Import, ImportRefusal> {
    let mut report = ImportReport::default();
    let mut rows =
        Rows { profile, catalog, requirements: Vec::new(), maturity: BTreeMap::new(), seen: BTreeMap::new() };
    for sheet in sheets {
        match columns(profile, sheet) {
            Some(columns) => rows.sheet(sheet, &columns, &mut report),
            None => report.headers.left.push(sheet.name.clone()),
        }
    }
    if report.headers.sheets.is_empty() {
        return Err(ImportRefusal::NoSuchColumns(profile.required.clone()));
    }
    if rows.requirements.is_empty() {
        return Err(ImportRefusal::Nothing);
    }
    report.unpublished = rows.requirements.iter().filter(|r| r.id.published().is_none()).count();
    let pack = Pack {
        id,
        title: profile.title.clone(),
        notice: profile.notice.clone(),
        csf: profile.csf.clone(),
        provenance: Provenance { source, confidence: Confidence::Secondary },
        requirements: rows.requirements,
    };
    Ok(Import { pack, maturity: rows.maturity, report })
}

struct Rows<'a> {
    profile: &'a ImportProfile,
    catalog: &'a Catalog,
    requirements: Vec<PackRequirement>,
    maturity: BTreeMap<RequirementKey, BTreeMap<MaturityLevel, ImportedLevel>>,
    seen: BTreeMap<RequirementKey, (String, u32)>,
}

impl Rows<'_> {
    fn sheet(&mut self, sheet: &Sheet, columns: &Columns<Field>, report: &mut ImportReport) {
        columns.tell(sheet, &mut report.headers);
        for row in columns.below(sheet) {
            report.rows += 1;
            let trouble = |what: String| RowTrouble { sheet: sheet.name.clone(), row: row.number, what };
            let cell = |field: Field| columns.cell(row, field);
            let requirement = match self.requirement(&cell) {
                Ok(requirement) => requirement,
                Err(why) => {
                    report.unread_rows.push(trouble(why));
                    continue;
                }
            };
            let mut levels = BTreeMap::new();
            for level in MaturityLevel::ALL {
                if let Some(read) = read_level(cell(Field::Maturity(level))) {
                    if read.says == LevelSays::Unread {
                        report.unread_cells.push(trouble(format!("`{}` on {level} is no score", shown(&read.text))));
                    }
                    levels.insert(level, read);
                }
            }
            let key = requirement.id.clone();
            if let Some((sheet, first)) = self.seen.get(&key) {
                let same = self.requirements.iter().find(|r| r.id == key) == Some(&requirement);
                if same && self.maturity.get(&key).is_none_or(|l| *l == levels) {
                    report.repeats += 1;
                } else {
                    let what = format!("`{key}` stands in {sheet}, row {first}, with something else");
                    report.conflicts.push(trouble(what));
                }
                continue;
            }
            self.seen.insert(key.clone(), (sheet.name.clone(), row.number));
            if !levels.is_empty() {
                self.maturity.insert(key, levels);
            }
            self.requirements.push(requirement);
        }
    }

    fn requirement<'c>(&self, cell: &impl Fn(Field) -> &'c str) -> Result<PackRequirement, String> {
        let given = cell(Field::Id);
        let told = reference(cell(Field::ControlReference));
        let id: RequirementKey = if self.profile.required.contains(&Field::Id) {
            if given.trim().is_empty() {
                return Err("it has no id".to_owned());
            }
            // Blanks around an id belong to the cell, not to the id.
            given.trim().parse().map_err(|_| {
                format!("its id, `{}`, is longer than 500 bytes or holds control characters", shown(given))
            })?
        } else {
            // Exports without ids: a reference and a level name the record.
            let (reference, _) = told.as_ref().ok_or("it has no control reference")?;
            let level = cell(Field::Level).trim();
            if level.is_empty() {
                return Err("it has no level".to_owned());
            }
            format!("{reference} {level}").parse().map_err(|_| "its level is too long".to_owned())?
        };
        let published = id.published();
        let (control_reference, name) = match (&told, &published) {
            (Some((told, _)), Some(id)) if told != id.control_reference() => {
                return Err(format!("`{id}` is of {}, but its row says {told}", id.control_reference()));
            }
            (Some((told, name)), _) => (told.clone(), *name),
            (None, Some(id)) => (id.control_reference().clone(), ""),
            (None, None) => {
                return Err(format!("neither `{}` nor its row names a control reference", shown(id.as_str())));
            }
        };
        let known = self
            .catalog
            .reference(&control_reference)
            .ok_or_else(|| format!("control reference {control_reference} is not one of the CSF's structure"))?;
        let domain = match published
            .as_ref()
            .map(attesta_kernel::RequirementId::domain)
            .or_else(|| self.domain(cell(Field::Domain)))
        {
            Some(domain) if self.catalog.domain(domain).is_some() => domain,
            Some(domain) => return Err(format!("assessment domain {domain} does not exist")),
            None => known.domain,
        };
        let title = [cell(Field::Title).trim(), name, known.title.as_str()].into_iter().find(|t| !t.is_empty());
        let mut core_of = self.profile.core_of.clone();
        for (field, programs) in &self.profile.core_columns {
            if is_yes(cell(*field)) {
                core_of.extend(programs.iter().cloned());
            }
        }
        Ok(PackRequirement {
            id,
            domain,
            control_reference,
            title: title.unwrap_or_default().to_owned(),
            text: cell(Field::Text).trim().to_owned(),
            elements: vec![PackElement { number: 1, text: String::new(), proven_by: None }],
            core_of,
            brought_by: BTreeSet::new(),
            brought_when: Condition::Always,
            when: if self.profile.asked { Condition::Always } else { Condition::Never },
            sampled: false,
            topics: BTreeSet::new(),
            hipaa: BTreeSet::new(),
            maps: BTreeMap::new(),
        })
    }

    /// A domain's number from `11`, `11 Access Control` or `Access Control`.
    fn domain(&self, cell: &str) -> Option<u8> {
        let cell = cell.trim();
        let digits: String = cell.chars().take_while(char::is_ascii_digit).collect();
        let same = |title: &str| normal(title) == normal(cell);
        digits.parse().ok().or_else(|| self.catalog.domains().find(|d| same(&d.title)).map(|d| d.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_is_no_score_is_never_one() {
        let told = |cell: &str| match read_level(cell).map(|l| l.says) {
            Some(LevelSays::Scored(score)) => score.to_string(),
            Some(other) => format!("{other:?}"),
            None => "empty".to_owned(),
        };
        for (cell, expected) in [
            ("5. Fully Compliant (100%)", "100"),
            ("1. Non-Compliant (0%)", "0"),
            ("4. Mostly Compliant ( 75 %)", "75"),
            ("83.33%", "83.33"),
            ("75", "75"),
            ("0", "0"),
            ("100.0", "100"),
            ("N/A", "NotApplicable"),
            ("Inheritance", "Inherited"),
            ("Fully inherited (100%)", "Inherited"),
            ("False", "NotScored"),
            ("", "empty"),
            ("  ", "empty"),
            ("1", "Unread"),
            ("0.75", "Unread"),
            ("101%", "Unread"),
            ("Fully Compliant", "Unread"),
            ("é%", "Unread"),
            ("TBD", "Unread"),
        ] {
            assert_eq!(told(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn references_are_read_from_what_stands_before_the_name() {
        let told = |cell: &str| reference(cell).map(|(r, name)| format!("{r}|{name}"));
        assert_eq!(told("09.b Change Management"), Some("09.b|Change Management".into()));
        // That no such reference exists is the catalogue's to say.
        assert_eq!(told(" 01.aa - Name "), Some("01.aa|Name".into()));
        assert_eq!(told("09.ab - Monitoring System Use"), Some("09.ab|Monitoring System Use".into()));
        assert_eq!(told("01.0 - Access Control"), None);
        assert_eq!(told("Change Management"), None);
    }
}

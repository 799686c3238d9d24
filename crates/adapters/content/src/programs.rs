//! Programs and rubrics: the figures that scoring works with.

use std::{collections::BTreeMap, fmt};

use attesta_catalog::Fault;
use attesta_kernel::Date;
use attesta_scoring::{
    Bands, CapRule, CapScope, Counted, CoverageBands, DomainRule, Figure, Matrix, MaturityLevel, Program, RollUp,
    Rubric, Score, Strengths, Timeline, Weight, Weights,
};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    yaml::{self, Basis, Reading},
};

/// Every program of the pack, by id.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn programs(source: &ContentSource) -> Result<Vec<Program>, Vec<Fault>> {
    all(source, "programs", program, |p| &p.id)
}

/// Every rubric of the pack, by id, with the figures that hold on `day`.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line; a rubric without figures for the day is left out.
pub fn rubrics(source: &ContentSource, day: Date) -> Result<Vec<Rubric>, Vec<Fault>> {
    let found = all(source, "rubrics", |file, faults| rubric(file, day, faults), |r| &r.id)?;
    Ok(found.into_iter().filter_map(|r| r.rubric).collect())
}

fn all<T>(
    source: &ContentSource,
    below: &str,
    read: impl Fn(&File, &mut Vec<Fault>) -> Option<T>,
    id: impl Fn(&T) -> &str,
) -> Result<Vec<T>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found: BTreeMap<String, (String, T)> = BTreeMap::new();
    for file in files(source, below)?.filter(|f| f.inside.ends_with(".yaml")) {
        let Some(read) = read(&file, &mut faults) else { continue };
        let name = id(&read).to_owned();
        match found.get(&name) {
            Some((first, _)) => faults.push(Fault::new(
                file.at(1),
                format!("id `{name}` stands twice"),
                format!("it stands first in {first}; give this one another"),
            )),
            None => drop(found.insert(name, (file.path.clone(), read))),
        }
    }
    faults.sort();
    if faults.is_empty() { Ok(found.into_values().map(|(_, read)| read).collect()) } else { Err(faults) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProgram {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: String,
    bases: BTreeMap<String, Basis>,
    assessment_domains: Vec<Spanned<RawCount>>,
    weights: Vec<Spanned<RawWeights>>,
    domain: Vec<Spanned<RawDomain>>,
    gap: Vec<Spanned<RawGap>>,
    cap: Vec<Spanned<RawCap>>,
    bands: Vec<Spanned<RawBands>>,
    /// What the type may be made for and the like; read where that is asked (`assessment_types`).
    #[serde(default, rename = "assessment")]
    _assessment: Option<serde::de::IgnoredAny>,
}

/// What every figure says of itself.
pub(crate) struct When {
    pub(crate) from: Option<Spanned<String>>,
    pub(crate) until: Option<Spanned<String>>,
    pub(crate) csf: String,
    pub(crate) basis: Spanned<String>,
}

/// A row of a timeline: its own keys and those of [`When`] (`flatten` would lose the lines).
macro_rules! row {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            from: Option<Spanned<String>>,
            until: Option<Spanned<String>>,
            csf: String,
            basis: Spanned<String>,
            $($field: $type,)*
        }

        impl $crate::programs::Row for $name {
            type Own = ($($type,)*);

            fn split(self) -> ($crate::programs::When, Self::Own) {
                ($crate::programs::When { from: self.from, until: self.until, csf: self.csf, basis: self.basis }, ($(self.$field,)*))
            }
        }
    };
}

pub(crate) use row;

pub(crate) trait Row {
    type Own;
    fn split(self) -> (When, Self::Own);
}

row!(RawCount { value: u8 });
row!(RawWeights { levels: BTreeMap<String, Spanned<String>>, optional: Option<Vec<Spanned<String>>>, });
row!(RawDomain { at_least: Spanned<String>, counts: RawCounted, roll_up: RawRollUp, });
row!(RawGap { levels: Vec<Spanned<String>>, });
row!(RawCap { level: Spanned<String>, reference_below: Spanned<String>, only: RawScope, });
row!(RawBands { bands: Vec<RawBand>, });
row!(RawCoverage { begins: Vec<u8>, });
row!(RawStrengths { names: Vec<String>, begins: Option<Vec<u8>>, });
row!(RawMatrix { tiers: Vec<Vec<Spanned<String>>>, });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBand {
    name: String,
    from: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawCounted {
    All,
    Core,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawRollUp {
    Flat,
    Nested,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawScope {
    All,
    Core,
    RequiredForCertification,
}

/// Reads rows into figures.
pub(crate) struct Rows<'a, 'b> {
    pub(crate) reading: Reading<'a>,
    pub(crate) bases: &'b BTreeMap<String, Basis>,
}

impl Rows<'_, '_> {
    /// A timeline of rows; faults of a row stand at the row.
    pub(crate) fn timeline<R: Row, T, E: fmt::Display>(
        &mut self,
        what: &str,
        rows: Vec<Spanned<R>>,
        read: impl Fn(&mut Reading<'_>, R::Own) -> Option<Result<T, E>>,
    ) -> Option<Timeline<T>> {
        let mut figures = Vec::new();
        let mut places = Vec::new();
        let wanted = rows.len();
        for row in rows {
            let place = self.reading.place(&row);
            let (when, own) = row.value.split();
            let figure = self.figure(when);
            match (read(&mut self.reading, own), figure) {
                (Some(Ok(value)), Some(figure)) => {
                    places.push(place);
                    let Figure { csf, from, until, provenance, .. } = figure;
                    figures.push(Figure { value, csf, from, until, provenance });
                }
                (Some(Err(error)), _) => self.reading.faults.push(Fault::plain(place, format!("`{what}`: {error}"))),
                _ => {}
            }
        }
        if figures.len() < wanted {
            return None;
        }
        Timeline::new(figures)
            .map_err(|(at, error)| {
                let place = places.get(at).cloned().unwrap_or_else(|| self.reading.file.at(1));
                self.reading.faults.push(Fault::plain(place, format!("`{what}`: {error}")));
            })
            .ok()
    }

    pub(crate) fn figure(&mut self, when: When) -> Option<Figure<()>> {
        let provenance = match self.bases.get(&when.basis.value) {
            Some(basis) => Some(basis.into()),
            None => {
                let names: Vec<&str> = self.bases.keys().map(String::as_str).collect();
                let message = format!("basis `{}` is not one of this file's", when.basis.value);
                let place = self.reading.place(&when.basis);
                self.reading.faults.push(Fault::new(place, message, format!("use {}", names.join(", "))));
                None
            }
        };
        let from = day(&mut self.reading, when.from);
        let until = day(&mut self.reading, when.until);
        Some(Figure { value: (), csf: when.csf, from: from?, until: until?, provenance: provenance? })
    }
}

/// A day, where one is given; `None` where it is not a day.
fn day(reading: &mut Reading<'_>, text: Option<Spanned<String>>) -> Option<Option<Date>> {
    match text {
        Some(text) => match text.value.parse() {
            Ok(day) => Some(Some(day)),
            Err(_) => {
                let message = format!("`{}` is not a day", text.value);
                reading.faults.push(Fault::new(reading.place(&text), message, "write it like 2023-01-18"));
                None
            }
        },
        None => Some(None),
    }
}

fn program(file: &File, faults: &mut Vec<Fault>) -> Option<Program> {
    let raw: RawProgram = yaml::parse(file, "attesta.program/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    if raw.id.value.is_empty() || !raw.id.value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        let place = rows.reading.place(&raw.id);
        rows.reading.faults.push(Fault::plain(place, "`id` is not a program id; use small letters and digits"));
    }
    type Sound<T> = Option<Result<T, &'static str>>;
    let assessment_domains = rows.timeline("assessment_domains", raw.assessment_domains, |_, (count,)| -> Sound<u8> {
        Some(if count > 0 { Ok(count) } else { Err("there is at least one") })
    });
    let weights = rows.timeline("weights", raw.weights, |reading, (levels, optional)| {
        let optional = reading.list::<MaturityLevel>(&optional.unwrap_or_default());
        let mut weights = Vec::new();
        for (name, share) in levels {
            let place = reading.place(&share);
            let level = name.parse::<MaturityLevel>();
            let level = level.map_err(|e| reading.faults.push(Fault::plain(place, e.to_string()))).ok()?;
            let optional = optional.iter().any(|o| o.value == level);
            weights.push(Weight { level, share: reading.value::<Score>(&share)?.value, optional });
        }
        Some(Weights::new(weights))
    });
    let domain = rows.timeline("domain", raw.domain, |reading, (at_least, counts, roll_up)| -> Sound<DomainRule> {
        let counts = match counts {
            RawCounted::All => Counted::All,
            RawCounted::Core => Counted::Core,
        };
        let roll_up = match roll_up {
            RawRollUp::Flat => RollUp::Flat,
            RawRollUp::Nested => RollUp::Nested,
        };
        Some(Ok(DomainRule { at_least: reading.value(&at_least)?.value, counts, roll_up }))
    });
    let gap = rows.timeline("gap", raw.gap, |reading, (levels,)| -> Sound<Vec<MaturityLevel>> {
        let read = reading.list(&levels);
        (read.len() == levels.len()).then(|| Ok(read.into_iter().map(|l| l.value).collect()))
    });
    let cap = rows.timeline("cap", raw.cap, |reading, (level, below, only)| -> Sound<CapRule> {
        let only = match only {
            RawScope::All => CapScope::All,
            RawScope::Core => CapScope::Core,
            RawScope::RequiredForCertification => CapScope::RequiredForCertification,
        };
        let (level, reference_below) = (reading.value(&level)?.value, reading.value(&below)?.value);
        Some(Ok(CapRule { level, reference_below, only }))
    });
    let bands = rows.timeline("bands", raw.bands, |reading, (bands,)| {
        let read: Option<Vec<_>> =
            bands.into_iter().map(|b| Some((b.name, reading.value::<Score>(&b.from)?.value))).collect();
        Some(Bands::new(read?))
    });
    Some(Program {
        id: raw.id.value,
        title: raw.title,
        assessment_domains: assessment_domains?,
        weights: weights?,
        domain: domain?,
        gap: gap?,
        cap: cap?,
        bands: bands?,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRubric {
    #[serde(rename = "schema")]
    _schema: String,
    id: String,
    #[serde(rename = "title")]
    _title: String,
    bases: BTreeMap<String, Basis>,
    coverage: Vec<Spanned<RawCoverage>>,
    ratings: BTreeMap<String, Vec<Spanned<RawMatrix>>>,
    strengths: BTreeMap<String, Vec<Spanned<RawStrengths>>>,
}

struct ReadRubric {
    id: String,
    rubric: Option<Rubric>,
}

fn rubric(file: &File, on: Date, faults: &mut Vec<Fault>) -> Option<ReadRubric> {
    let raw: RawRubric = yaml::parse(file, "attesta.rubric/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    let coverage = rows.timeline("coverage", raw.coverage, |_, (begins,)| Some(CoverageBands::new(begins)))?;
    let bands = coverage.figures().first().map_or(0, |f| f.value.count());
    let mut matrices = Some(BTreeMap::new());
    for (name, ratings) in raw.ratings {
        let timeline = rows.timeline(&name, ratings, |reading, (tiers,)| {
            let read = tiers.iter().map(|row| row.iter().map(|s| Some(reading.value(s)?.value)).collect()).collect();
            let read: Option<Vec<Vec<Score>>> = read;
            Some(Matrix::new(read?, bands))
        });
        by_level(&mut rows, "ratings", &name, timeline, &mut matrices);
    }
    let mut strengths = Some(BTreeMap::new());
    for (name, tiers) in raw.strengths {
        let timeline = rows.timeline(&name, tiers, |_, (names, begins)| {
            let names = names.into_iter().map(String::into_boxed_str).collect();
            let begins = begins.map(CoverageBands::new).transpose();
            Some(begins.and_then(|begins| Strengths::new(names, begins)))
        });
        by_level(&mut rows, "strengths", &name, timeline, &mut strengths);
    }
    let strengths = strengths?;
    let (matrices, id) = (matrices?, raw.id);
    let holding = coverage.on(on).cloned().map(|coverage| Rubric {
        id: id.clone(),
        coverage,
        matrices: matrices.into_iter().filter_map(|(level, t)| Some((level, t.on(on)?.clone()))).collect(),
        strengths: strengths.into_iter().filter_map(|(level, t)| Some((level, t.on(on)?.clone()))).collect(),
    });
    let unlike = |r: &Rubric| {
        let tiers = |level: &MaturityLevel| r.matrices.get(level).map(|m| m.value.strongest() + 1);
        r.strengths.iter().find(|(level, s)| tiers(level).is_some_and(|t| t != s.value.count())).map(|(l, _)| *l)
    };
    if let Some(level) = holding.as_ref().and_then(unlike) {
        let message = format!("`strengths`: {level} has not as many tiers as its table under `ratings`");
        rows.reading.faults.push(Fault::plain(file.at(None), message));
    }
    Some(ReadRubric { id, rubric: holding })
}

/// Puts a level's timeline where it belongs; one that could not be read leaves nothing whole.
fn by_level<T>(
    rows: &mut Rows<'_, '_>,
    key: &str,
    name: &str,
    timeline: Option<Timeline<T>>,
    into: &mut Option<BTreeMap<MaturityLevel, Timeline<T>>>,
) {
    match (name.parse::<MaturityLevel>(), timeline) {
        (Ok(level), Some(timeline)) => {
            if let Some(into) = into {
                into.insert(level, timeline);
            }
        }
        (Ok(_), None) => *into = None,
        (Err(error), _) => {
            rows.reading.faults.push(Fault::plain(rows.reading.file.at(None), format!("`{key}`: {error}")));
        }
    }
}

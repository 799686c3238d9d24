//! How an assessment is run: phases and tracks, figures of the process, terms of certificates, sample sizes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use attesta_assessment::{CsfVersion, Purpose, Side};
use attesta_catalog::Fault;
use attesta_kernel::Date;
use attesta_lifecycle::{
    AllTerms, FigureName, Figures, Frequency, Paper, Phase, PhaseNote, Phases, ProgramTerms, RapidSet, RapidTerms,
    Sizes, Step, Steps, Take, Track, Unit,
};
use attesta_scoring::Timeline;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, assessment_types,
    programs::{Rows, row},
    yaml::{self, Basis, Reading},
};

/// What a row's own rule says: nothing where its parts were at fault already.
type Sound<T> = Option<Result<T, &'static str>>;

/// Everything that content says about running an assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Phases and tracks.
    pub phases: Phases,
    /// Windows, waiting times and counts.
    pub figures: Figures,
    /// Terms of certificates, by program.
    pub terms: AllTerms,
    /// How many items to draw.
    pub sizes: Sizes,
}

/// Reads how an assessment is run.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn process(source: &ContentSource) -> Result<Process, Vec<Fault>> {
    let mut faults = Vec::new();
    let phases = one(source, "lifecycle/hitrust/phases.yaml", phases, &mut faults);
    let figures = one(source, "lifecycle/hitrust/figures.yaml", figures, &mut faults);
    let programs = one(source, "lifecycle/hitrust/terms.yaml", terms, &mut faults);
    let sizes = one(source, "sampling/hitrust/sizes.yaml", sizes, &mut faults);
    let types = assessment_types(source).map_err(|more| faults.extend(more)).ok();
    match (phases, figures, programs, sizes, types) {
        (Some(phases), Some(figures), Some(programs), Some(sizes), Some(types)) if faults.is_empty() => {
            Ok(Process { phases, figures, terms: AllTerms { types, programs }, sizes })
        }
        _ => {
            faults.sort();
            Err(faults)
        }
    }
}

fn one<T>(
    source: &ContentSource,
    inside: &str,
    read: fn(&File, &mut Vec<Fault>) -> Option<T>,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    match source.file(inside) {
        Ok(file) => read(&file, faults),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPhases {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "title")]
    _title: String,
    bases: BTreeMap<String, Basis>,
    phases: BTreeMap<String, Spanned<RawPhase>>,
    tracks: BTreeMap<String, Vec<Spanned<RawTrack>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPhase {
    title: String,
    owner: Spanned<String>,
    means: String,
    basis: Spanned<String>,
}

row!(RawTrack { phases: Vec<Spanned<String>>, papers: Vec<Spanned<String>>, });

fn phases(file: &File, faults: &mut Vec<Fault>) -> Option<Phases> {
    let raw: RawPhases = yaml::parse(file, "attesta.phases/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    let mut notes = BTreeMap::new();
    for (name, note) in raw.phases {
        let provenance = rows.reading.basis(&raw.bases, &note.value.basis);
        let phase = word::<Phase>(&mut rows.reading, &name, &note);
        let owner = rows.reading.value::<Side>(&note.value.owner);
        if let (Some(phase), Some(owner), Some(provenance)) = (phase, owner, provenance) {
            let RawPhase { title, means, .. } = note.value;
            notes.insert(phase, PhaseNote { title, owner: owner.value, means, provenance });
        }
    }
    let mut tracks = BTreeMap::new();
    for (name, of_purpose) in raw.tracks {
        let Some(first) = of_purpose.first() else { continue };
        let purpose = word::<Purpose>(&mut rows.reading, &name, first);
        let timeline = rows.timeline(&name, of_purpose, |reading, (phases, papers)| {
            let given = (phases.len(), papers.len());
            let phases: BTreeSet<Phase> = reading.list(&phases).into_iter().map(|p| p.value).collect();
            let papers: BTreeSet<Paper> = reading.list(&papers).into_iter().map(|p| p.value).collect();
            ((phases.len(), papers.len()) == given).then(|| Track::new(phases, papers))
        });
        if let (Some(purpose), Some(timeline)) = (purpose, timeline) {
            tracks.insert(purpose, timeline);
        }
    }
    if !rows.reading.faults.is_empty() {
        return None;
    }
    whole(file, rows.reading.faults, Phases::new(notes, tracks))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFigures {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "title")]
    _title: String,
    bases: BTreeMap<String, Basis>,
    figures: BTreeMap<String, Spanned<RawFigure>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFigure {
    unit: Spanned<String>,
    rows: Vec<Spanned<RawCount>>,
}

row!(RawCount { value: u32 });

/// No window is longer than this many days, months or things; a slip of the finger would be.
const MOST: u32 = 3650;

fn figures(file: &File, faults: &mut Vec<Fault>) -> Option<Figures> {
    let raw: RawFigures = yaml::parse(file, "attesta.process-figures/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    let mut found = BTreeMap::new();
    for (name, figure) in raw.figures {
        let figure_name = word::<FigureName>(&mut rows.reading, &name, &figure);
        if let Some(unit) = figure_name.map(FigureName::unit).filter(|u| u.as_str() != figure.value.unit.value) {
            let place = rows.reading.place(&figure.value.unit);
            rows.reading.faults.push(unit_fault(place, &name, unit));
        }
        let timeline = rows.timeline(&name, figure.value.rows, |_, (value,)| -> Sound<u32> {
            Some(if (1..=MOST).contains(&value) { Ok(value) } else { Err("it is 0 or out of all measure") })
        });
        if let (Some(name), Some(timeline)) = (figure_name, timeline) {
            found.insert(name, timeline);
        }
    }
    if !rows.reading.faults.is_empty() {
        return None;
    }
    let figures = Figures::new(found).map_err(|missing| format!("figures are missing: {}", words(&missing)));
    whole(file, rows.reading.faults, figures)
}

fn unit_fault(place: attesta_kernel::Place, name: &str, unit: Unit) -> Fault {
    Fault::new(place, format!("`{name}` does not count that"), format!("write `unit: {}`", unit.as_str()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerms {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "title")]
    _title: String,
    bases: BTreeMap<String, Basis>,
    programs: BTreeMap<String, RawProgramTerms>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProgramTerms {
    answered_by_assessor: Vec<Spanned<RawYes>>,
    #[serde(default)]
    rapid: Vec<Spanned<RawRapid>>,
}

row!(RawYes { value: bool });
row!(RawRapid { sets: Vec<RawSet>, csf_from: Spanned<String>, });

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawSet {
    Core,
    Compliance,
}

fn terms(file: &File, faults: &mut Vec<Fault>) -> Option<BTreeMap<String, ProgramTerms>> {
    let raw: RawTerms = yaml::parse(file, "attesta.process-terms/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    let mut found = BTreeMap::new();
    for (program, own) in raw.programs {
        let answered = rows.timeline("answered_by_assessor", own.answered_by_assessor, |_, (value,)| -> Sound<bool> {
            Some(Ok(value))
        });
        let rapid = if own.rapid.is_empty() {
            Some(None)
        } else {
            let timeline: Option<Timeline<RapidTerms>> =
                rows.timeline("rapid", own.rapid, |reading, (sets, csf_from)| -> Sound<RapidTerms> {
                    let sets: BTreeSet<RapidSet> = sets
                        .into_iter()
                        .map(|s| match s {
                            RawSet::Core => RapidSet::Core,
                            RawSet::Compliance => RapidSet::Compliance,
                        })
                        .collect();
                    let csf_from = reading.value::<CsfVersion>(&csf_from)?.value;
                    Some(if sets.is_empty() { Err("it names no set") } else { Ok(RapidTerms { sets, csf_from }) })
                });
            timeline.map(Some)
        };
        if let (Some(answered_by_assessor), Some(rapid)) = (answered, rapid) {
            found.insert(program, ProgramTerms { rapid, answered_by_assessor });
        }
    }
    rows.reading.faults.is_empty().then_some(found)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSizes {
    #[serde(rename = "schema")]
    _schema: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "title")]
    _title: String,
    bases: BTreeMap<String, Basis>,
    frequencies: BTreeMap<String, Vec<Spanned<RawTake>>>,
    populations: Vec<Spanned<RawSteps>>,
}

row!(RawTake { take: Spanned<String> });
row!(RawSteps { steps: Vec<RawStep> });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStep {
    from: u32,
    take: Spanned<String>,
}

fn sizes(file: &File, faults: &mut Vec<Fault>) -> Option<Sizes> {
    let raw: RawSizes = yaml::parse(file, "attesta.sample-sizes/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut rows = Rows { reading: Reading { file, faults }, bases: &raw.bases };
    let mut frequencies = BTreeMap::new();
    for (name, takes) in raw.frequencies {
        let Some(first) = takes.first() else { continue };
        let frequency = word::<Frequency>(&mut rows.reading, &name, first);
        let timeline =
            rows.timeline(&name, takes, |reading, (text,)| -> Sound<Take> { Some(Ok(take(reading, &text)?)) });
        if let (Some(frequency), Some(timeline)) = (frequency, timeline) {
            frequencies.insert(frequency, timeline);
        }
    }
    let populations = rows.timeline("populations", raw.populations, |reading, (steps,)| {
        let read: Option<Vec<Step>> =
            steps.iter().map(|s| Some(Step { from: s.from, take: take(reading, &s.take)? })).collect();
        Some(Steps::new(read?))
    });
    if !rows.reading.faults.is_empty() {
        return None;
    }
    let sizes = Sizes::new(frequencies, populations?).map_err(|missing| format!("no size for {}", words(&missing)));
    whole(file, rows.reading.faults, sizes)
}

/// `25`, `10 per cent` or `all`.
fn take(reading: &mut Reading<'_>, text: &Spanned<String>) -> Option<Take> {
    let number = |t: &str| t.parse::<u32>().ok().filter(|n| *n > 0);
    let taken = match text.value.strip_suffix(" per cent") {
        Some(percent) => number(percent).filter(|p| *p <= 100).map(Take::Percent),
        None if text.value == "all" => Some(Take::All),
        None => number(&text.value).map(Take::Fixed),
    };
    if taken.is_none() {
        let message = format!("`{}` does not say how many to take", text.value);
        let place = reading.place(text);
        reading.faults.push(Fault::new(place, message, "write a number, `10 per cent`, or `all`"));
    }
    taken
}

/// A key that is a word of ours; a fault at its value when it is none.
fn word<T>(reading: &mut Reading<'_>, name: &str, at: &Spanned<impl Sized>) -> Option<T>
where
    T: std::str::FromStr,
    T::Err: fmt::Display,
{
    let place = reading.place(at);
    name.parse().map_err(|e: T::Err| reading.faults.push(Fault::plain(place, e.to_string()))).ok()
}

/// What the whole file says; a fault at its top when something is left out.
fn whole<T, E: fmt::Display>(file: &File, faults: &mut Vec<Fault>, result: Result<T, E>) -> Option<T> {
    result.map_err(|e| faults.push(Fault::plain(file.at(1), e.to_string()))).ok()
}

fn words<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The figures that hold on a day and that nobody confirmed: whoever sees a number that they shape is told.
pub fn unverified_figures(figures: &Figures, day: Date) -> Vec<(FigureName, u32, String)> {
    FigureName::ALL
        .iter()
        .filter_map(|name| {
            let figure = figures.on(*name, day).ok()?;
            let unsure = figure.provenance.confidence == attesta_kernel::Confidence::Unverified;
            unsure.then(|| (*name, figure.value, figure.provenance.source.clone()))
        })
        .collect()
}

//! `samples/ID.yaml` and `samples/ID.csv`: samples and their populations, written by `attesta assess sample` alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use attesta_assessment::SampleId;
use attesta_catalog::{Fault, Placed};
use attesta_content::{
    File,
    yaml::{self, Confidence, Reading},
};
use attesta_kernel::Digest;
use attesta_lifecycle::{Attribute, Drawn, Finding, ItemOutcome, Items, Population, Replacement, Sample, Size, Window};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    folder::{Change, Folder, Over},
    index, text,
};

/// Where samples stand.
const SAMPLES: &str = "samples";
const SCHEMA: &str = "attesta.sample/1";
/// What mends a sample that was edited.
const HELP: &str = "put the file back as it was; it is written by `attesta assess sample` alone";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    control: String,
    requirements: Vec<Spanned<String>>,
    frequency: Spanned<String>,
    population: RawPopulation,
    attributes: Vec<RawAttribute>,
    drawn: Option<RawDrawn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPopulation {
    source: String,
    created: Spanned<String>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    completeness: String,
    reveals_failures: String,
    file: Spanned<String>,
    digest: Spanned<String>,
    size: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttribute {
    number: u8,
    text: String,
    elements: BTreeSet<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDrawn {
    seed: Spanned<String>,
    on: Spanned<String>,
    by: Spanned<String>,
    count: u32,
    rule: String,
    source: String,
    confidence: Confidence,
    items: Vec<String>,
    #[serde(default)]
    replacements: Vec<RawReplacement>,
    #[serde(default)]
    results: Vec<RawFinding>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReplacement {
    item: String,
    by_item: String,
    because: String,
    on: Spanned<String>,
    by: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFinding {
    item: Spanned<String>,
    attribute: u8,
    deviation: Option<String>,
    #[serde(default)]
    evidence: Vec<Spanned<String>>,
    on: Spanned<String>,
    by: Spanned<String>,
}

/// A sample as it was read, with what writing it back needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSample {
    /// The sample.
    pub sample: Sample,
    /// The digest of its file.
    pub read: Digest,
}

/// Every sample, by id.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line: also a draw that does not repeat from its seed.
pub fn samples(folder: &Folder) -> Result<BTreeMap<SampleId, Placed<HeldSample>>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for file in folder.files(SAMPLES)? {
        found.extend(sample(folder, &file, &mut faults));
    }
    let found = index("sample", found, |s| s.sample.id.clone(), &mut faults);
    faults.sort();
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn sample(folder: &Folder, file: &File, faults: &mut Vec<Fault>) -> Option<Placed<HeldSample>> {
    let raw: Raw = yaml::parse(file, SCHEMA).map_err(|fault| faults.push(fault)).ok()?;
    let before = faults.len();
    let reading = &mut Reading { file, faults };
    let place = reading.place(&raw.id);
    let id = reading.value(&raw.id);
    if file.inside != format!("{SAMPLES}/{}.yaml", raw.id.value) {
        reading.complain(&raw.id, format!("sample `{}` stands in a file of another name", raw.id.value), HELP);
    }
    let given = raw.requirements.len();
    let requirements: BTreeSet<_> = reading.list(&raw.requirements).into_iter().map(|r| r.value).collect();
    let frequency = reading.value(&raw.frequency);
    let population = population(reading, raw.population);
    let drawn = raw.drawn.map(|raw| drawn(reading, raw));
    if faults.len() > before || requirements.len() != given {
        return None;
    }
    let mut attributes = BTreeMap::new();
    for a in raw.attributes {
        if attributes.insert(a.number, Attribute { text: a.text, elements: a.elements }).is_some() {
            faults.push(Fault::new(place, format!("attribute {} stands twice", a.number), HELP));
            return None;
        }
    }
    let drawn = match drawn {
        Some(drawn) => Some(drawn?),
        None => None,
    };
    let sample = Sample {
        id: id?.value,
        requirements,
        control: raw.control,
        frequency: frequency?.value,
        population: population?,
        attributes,
        drawn,
    };
    // A draw that does not repeat was edited. Where the population cannot be read or changed, using the sample says so.
    if let Ok((items, now)) = population_items(folder, &sample.population.file)
        && now == sample.population.digest
        && let Err(refusal) = sample.repeats(&items)
    {
        faults.push(Fault::new(place.clone(), refusal.to_string(), HELP));
        return None;
    }
    Some(Placed::new(place, HeldSample { sample, read: Digest::of(file.text.as_bytes()) }))
}

fn population(reading: &mut Reading<'_>, raw: RawPopulation) -> Option<Population> {
    let created = reading.day(Some(&raw.created)).flatten();
    let from = reading.day(raw.from.as_ref());
    let to = reading.day(raw.to.as_ref());
    let digest = raw.digest.value.parse().ok();
    if digest.is_none() {
        reading.complain(&raw.digest, format!("`{}` is no digest", raw.digest.value), HELP);
    }
    let window = match (from?, to?) {
        (Some(from), Some(to)) => Window::Time { from, to },
        (None, None) => Window::Items,
        _ => {
            reading.complain(&raw.created, "a population has both `from` and `to`, or neither", HELP);
            return None;
        }
    };
    Some(Population {
        source: raw.source,
        created: created?,
        window,
        completeness: raw.completeness,
        reveals_failures: raw.reveals_failures,
        file: raw.file.value.into(),
        digest: digest?,
        size: raw.size,
    })
}

fn drawn(reading: &mut Reading<'_>, raw: RawDrawn) -> Option<Drawn> {
    let seed = reading.value(&raw.seed);
    let on = reading.day(Some(&raw.on)).flatten();
    let by = reading.value(&raw.by);
    let mut replacements = Vec::new();
    for r in raw.replacements {
        let on = reading.day(Some(&r.on)).flatten()?;
        let by = reading.value(&r.by)?.value;
        replacements.push(Replacement { item: r.item.into(), by_item: r.by_item.into(), because: r.because, on, by });
    }
    let items: Vec<Box<str>> = raw.items.into_iter().map(Into::into).collect();
    let mut results = BTreeMap::new();
    for r in raw.results {
        let item: Box<str> = r.item.value.as_str().into();
        let on = reading.day(Some(&r.on)).flatten()?;
        let by = reading.value(&r.by)?.value;
        let evidence = reading.list(&r.evidence).into_iter().map(|e| e.value).collect();
        let outcome = r.deviation.map_or(ItemOutcome::Holds, |what| ItemOutcome::Deviation { what });
        if !items.contains(&item) {
            reading.complain(&r.item, format!("item `{item}` was not drawn"), HELP);
        } else if results.insert((item, r.attribute), Finding { outcome, evidence, on, by }).is_some() {
            reading.complain(&r.item, format!("attribute {} of `{}` stands twice", r.attribute, r.item.value), HELP);
        }
    }
    let size = Size { count: raw.count, rule: raw.rule, provenance: raw.confidence.of(raw.source) };
    Some(Drawn { seed: seed?.value, on: on?, by: by?.value, size, items, replacements, results })
}

/// The items of a population's file, and the file's digest: CSV with a heading; the first column holds the ids.
///
/// # Errors
///
/// When it is not there, cannot be read as CSV, or its items will not do.
pub fn population_items(folder: &Folder, inside: &str) -> Result<(Items, Digest), Fault> {
    let sound = !inside.starts_with('/') && inside.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let file = if sound { folder.file(inside)? } else { None };
    let Some(file) = file else {
        let place = attesta_kernel::Place::new(folder.shown(inside), None);
        return Err(Fault::new(place, "is missing", "put the population's file back"));
    };
    Ok((items(&file)?, Digest::of(file.text.as_bytes())))
}

/// The items of a population: CSV with a heading; the first column holds the ids.
///
/// # Errors
///
/// When it cannot be read as CSV, or its items will not do.
pub fn items(file: &File) -> Result<Items, Fault> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(file.text.trim_start_matches('\u{feff}').as_bytes());
    let mut ids = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().and_then(|p| u32::try_from(p.line()).ok());
            Fault::new(file.at(line), "cannot be read as CSV", "write one item a line, with a heading above")
        })?;
        let line = record.position().and_then(|p| u32::try_from(p.line()).ok());
        let id = record.get(0).unwrap_or_default();
        if id.chars().any(char::is_control) || id.len() > 500 {
            return Err(Fault::new(
                file.at(line),
                "the id is longer than 500 bytes or holds control characters",
                "mend it",
            ));
        }
        ids.push(id.into());
    }
    Items::new(ids).map_err(|e| Fault::new(file.at(1), e.to_string(), e.help()))
}

/// Where a new sample's population stands.
pub fn population_place(id: &SampleId) -> String {
    format!("{SAMPLES}/{id}.csv")
}

/// Where a sample stands in the folder.
pub fn sample_place(id: &SampleId) -> String {
    format!("{SAMPLES}/{id}.yaml")
}

/// A new sample's files: the population as it was given, and the sample.
pub fn new_sample_changes(sample: &Sample, population: &str) -> [Change; 2] {
    let inside = sample.population.file.to_string();
    [
        Change { inside, text: population.to_owned(), over: Over::Nothing },
        Change { over: Over::Nothing, ..sample_change(sample, None) },
    ]
}

/// What a sample's file will say, in place of the one that was read.
pub fn sample_change(sample: &Sample, read: Option<Digest>) -> Change {
    let mut out = format!("# Written by `attesta assess sample` alone.\nschema: {SCHEMA}\nid: {}\n", sample.id);
    let _ = writeln!(out, "control: {}\nrequirements:", text(&sample.control));
    for requirement in &sample.requirements {
        let _ = writeln!(out, "  - {}", text(requirement.as_str()));
    }
    let p = &sample.population;
    let _ = writeln!(out, "frequency: {}\npopulation:\n  source: {}", sample.frequency, text(&p.source));
    let _ = writeln!(out, "  created: {}", p.created);
    if let Window::Time { from, to } = p.window {
        let _ = writeln!(out, "  from: {from}\n  to: {to}");
    }
    let _ = writeln!(out, "  completeness: {}", text(&p.completeness));
    let _ = writeln!(out, "  reveals_failures: {}", text(&p.reveals_failures));
    let _ = writeln!(out, "  file: {}\n  digest: {}\n  size: {}", text(&p.file), text(&p.digest.to_string()), p.size);
    let _ = writeln!(out, "attributes:");
    for (number, attribute) in &sample.attributes {
        let elements: Vec<String> = attribute.elements.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "  - number: {number}\n    text: {}", text(&attribute.text));
        let _ = writeln!(out, "    elements: [{}]", elements.join(", "));
    }
    if let Some(drawn) = &sample.drawn {
        write_drawn(&mut out, drawn);
    }
    Change { inside: format!("{SAMPLES}/{}.yaml", sample.id), text: out, over: Over::Read(read) }
}

fn write_drawn(out: &mut String, drawn: &Drawn) {
    let Drawn { seed, on, by, size, items, replacements, results } = drawn;
    let _ = writeln!(out, "drawn:\n  seed: {}\n  on: {on}\n  by: {by}", text(seed.as_str()));
    let _ = writeln!(out, "  count: {}\n  rule: {}", size.count, text(&size.rule));
    let _ = writeln!(out, "  source: {}", text(&size.provenance.source));
    let _ = writeln!(out, "  confidence: {}\n  items:", size.provenance.confidence);
    for item in items {
        let _ = writeln!(out, "    - {}", text(item));
    }
    if !replacements.is_empty() {
        let _ = writeln!(out, "  replacements:");
    }
    for r in replacements {
        let _ = writeln!(out, "    - item: {}\n      by_item: {}", text(&r.item), text(&r.by_item));
        let _ = writeln!(out, "      because: {}\n      on: {}\n      by: {}", text(&r.because), r.on, r.by);
    }
    if !results.is_empty() {
        let _ = writeln!(out, "  results:");
    }
    for ((item, attribute), finding) in results {
        let _ = writeln!(out, "    - item: {}\n      attribute: {attribute}", text(item));
        if let ItemOutcome::Deviation { what } = &finding.outcome {
            let _ = writeln!(out, "      deviation: {}", text(what));
        }
        if !finding.evidence.is_empty() {
            let ids: Vec<&str> = finding.evidence.iter().map(|e| e.as_str()).collect();
            let _ = writeln!(out, "      evidence: [{}]", ids.join(", "));
        }
        let _ = writeln!(out, "      on: {}\n      by: {}", finding.on, finding.by);
    }
}

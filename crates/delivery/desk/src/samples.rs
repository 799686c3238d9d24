//! Samples: populations that are frozen, draws that repeat, replacements, findings.
#![allow(missing_docs, reason = "fields are the keys of the JSON, which the reference explains")]

use std::collections::BTreeSet;

use attesta_assessment::{EvidenceId, PersonId, RequirementKey, SampleId, Side};
use attesta_catalog::Placed;
use attesta_content::File;
use attesta_kernel::{Date, Digest, many};
use attesta_lifecycle::{
    Attribute, Change as Allowed, DrawAsk, Finding, Frequency, ItemOutcome, Items, Population, ReplaceAsk, Sample,
    SampleRefusal, SampleResult, Seed, Subject, Window, may_change,
};
use attesta_workspace::{Change, HeldSample};
use serde::Serialize;

use crate::{
    desk::Desk,
    failure::{Complaint, Failure, Kind},
    life::{Course, person_of},
};

/// No population's file is bigger.
pub const MOST_BYTES: usize = 32 << 20;

/// A sample and what it says.
#[derive(Debug, Serialize)]
pub struct Row {
    pub id: String,
    pub control: String,
    pub requirements: Vec<String>,
    pub population: u32,
    pub drawn: Option<usize>,
    pub stands: &'static str,
    /// Items on which every attribute holds; only of a sample that is finished.
    pub passing: Option<u32>,
    pub says: String,
}

/// A sample whole: what was drawn, by which rule, and what was found on each item.
#[derive(Debug, Serialize)]
pub struct Whole {
    #[serde(flatten)]
    pub row: Row,
    pub attributes: Vec<AttributeRow>,
    pub seed: Option<String>,
    /// The rule of the size, and how sure it is.
    pub size: Option<(String, &'static str)>,
    pub items: Vec<ItemRow>,
}

#[derive(Debug, Serialize)]
pub struct AttributeRow {
    pub number: u8,
    pub text: String,
    pub elements: BTreeSet<u8>,
}

#[derive(Debug, Serialize)]
pub struct ItemRow {
    pub item: String,
    /// Numbers of attributes on which something was found.
    pub found: Vec<FoundRow>,
}

#[derive(Debug, Serialize)]
pub struct FoundRow {
    pub attribute: u8,
    pub holds: bool,
    pub deviation: Option<String>,
    pub on: String,
    pub by: String,
}

/// A new sample, before it is drawn.
#[derive(Debug, Clone)]
pub struct New {
    pub id: SampleId,
    /// The file's name for people, and what it holds: CSV with a heading, the items' ids in its first column.
    pub population: (String, String),
    pub source: String,
    pub created: Option<Date>,
    /// The time that it covers; what is there on the day without.
    pub window: Option<(Date, Date)>,
    pub completeness: String,
    pub reveals_failures: String,
    pub control: String,
    pub frequency: Frequency,
    pub requirements: Vec<RequirementKey>,
    pub attributes: Vec<(BTreeSet<u8>, String)>,
}

/// A sample after something was done, and what to write.
#[derive(Debug)]
pub struct Sampled {
    pub sample: Sample,
    pub changes: Vec<Change>,
}

/// Every sample.
///
/// # Errors
///
/// Every fault of their files.
pub fn list(desk: &Desk) -> Result<Vec<Row>, Failure> {
    Ok(attesta_workspace::samples(&desk.folder)?.values().map(|s| row(&s.value.sample)).collect())
}

/// One sample.
///
/// # Errors
///
/// When there is none with that id.
pub fn held(desk: &Desk, id: &SampleId) -> Result<HeldSample, Failure> {
    let mut samples = attesta_workspace::samples(&desk.folder)?;
    match samples.remove(id) {
        Some(Placed { value, .. }) => Ok(value),
        None => {
            let known: Vec<&str> = samples.keys().map(SampleId::as_str).collect();
            Err(Failure::new(Kind::NotFound, format!("there is no sample `{id}`"))
                .help(format!("begin one with `new`; there are: {}", known.join(", "))))
        }
    }
}

/// One sample, as a row.
pub fn row(sample: &Sample) -> Row {
    let (stands, passing, says) = match sample.result() {
        SampleResult::NotDrawn => ("not-drawn", None, "not drawn yet".to_owned()),
        SampleResult::Unfinished { next, missing } => {
            ("unfinished", None, format!("{} missing, next {next}", many(missing, "finding", "findings")))
        }
        SampleResult::Finished { passing, .. } => ("finished", Some(passing.part), {
            format!("{passing} {}", if passing.whole == 1 { "item passes" } else { "items pass" })
        }),
    };
    Row {
        id: sample.id.to_string(),
        control: sample.control.clone(),
        requirements: sample.requirements.iter().map(ToString::to_string).collect(),
        population: sample.population.size,
        drawn: sample.drawn.as_ref().map(|d| d.items.len()),
        stands,
        passing,
        says,
    }
}

/// One sample whole.
pub fn whole(sample: &Sample) -> Whole {
    let attributes = sample.attributes.iter();
    let item = |item: &str| ItemRow {
        item: item.to_owned(),
        found: sample
            .drawn
            .iter()
            .flat_map(|drawn| &drawn.results)
            .filter(|((of, _), _)| **of == *item)
            .map(|((_, attribute), finding)| FoundRow {
                attribute: *attribute,
                holds: matches!(finding.outcome, ItemOutcome::Holds),
                deviation: match &finding.outcome {
                    ItemOutcome::Holds => None,
                    ItemOutcome::Deviation { what } => Some(what.clone()),
                },
                on: finding.on.to_string(),
                by: finding.by.to_string(),
            })
            .collect(),
    };
    Whole {
        row: row(sample),
        attributes: attributes
            .map(|(number, a)| AttributeRow { number: *number, text: a.text.clone(), elements: a.elements.clone() })
            .collect(),
        seed: sample.drawn.as_ref().map(|d| d.seed.to_string()),
        size: sample.drawn.as_ref().map(|d| (d.size.rule.to_string(), d.size.provenance.confidence.as_str())),
        items: sample.drawn.iter().flat_map(|d| &d.items).map(|i| item(i)).collect(),
    }
}

fn refused(refusal: &SampleRefusal) -> Failure {
    Failure::new(Kind::Refused, refusal.to_string()).help(refusal.help())
}

/// Whoever tests may work on samples, while evidence may change.
fn may(desk: &Desk, course: &Course, by: &PersonId) -> Result<(), Failure> {
    let person = person_of(desk, by, &[Side::Entity, Side::Assessor])?;
    let phase = course.history.life().state.phase();
    let setting = course.setting(desk, desk.at);
    let by_assessor = setting.answered_by_assessor().map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
    match may_change(phase, Subject::Evidence, person.side, by_assessor) {
        Allowed::Allowed | Allowed::AllowedByTask => Ok(()),
        Allowed::Refused(why) => {
            Err(Failure::new(Kind::Refused, format!("samples cannot change in phase `{phase}`: {}", why.as_str()))
                .help("`attesta assess advance DIR` shows where the assessment stands"))
        }
    }
}

fn population(desk: &Desk, sample: &Sample) -> Result<(Items, Digest), Failure> {
    Ok(attesta_workspace::population_items(&desk.folder, &sample.population.file)?)
}

/// Refuses a population that will not do for a test today.
fn usable(desk: &Desk, course: &Course, population: &Population) -> Result<(), Failure> {
    let began = course.history.life().papers.fieldwork;
    let refusals = population.refusals(&course.process.figures, desk.at, began);
    match refusals.first() {
        None => Ok(()),
        Some(first) => Err(Failure::of(Kind::Refused, refusals.iter().map(ToString::to_string)).help(first.help())),
    }
}

fn changed(sample: Sample, held: &HeldSample) -> Sampled {
    let changes = vec![attesta_workspace::sample_change(&sample, Some(held.read))];
    Sampled { sample, changes }
}

/// Freezes a population and says what will be looked at.
///
/// # Errors
///
/// When it may not be done now, names what is not asked, or the population will not do; nothing is changed.
pub fn begin(desk: &Desk, new: &New, by: &PersonId) -> Result<Sampled, Failure> {
    let course = Course::of(desk)?;
    may(desk, &course, by)?;
    let tailored = desk.tailored()?;
    for key in &new.requirements {
        let Some(asked) = tailored.get(key) else {
            return Err(Failure::new(Kind::NotFound, format!("requirement `{key}` is not asked here"))
                .help("`attesta assess gaps DIR` and the packs name those that are"));
        };
        let has = |n: &u8| asked.requirement.elements.iter().any(|e| e.number == *n);
        if let Some(n) = new.attributes.iter().flat_map(|(elements, _)| elements).find(|n| !has(n)) {
            return Err(Failure::new(Kind::BadInput, format!("requirement `{key}` has no element {n}"))
                .help("name elements that each requirement of the sample has"));
        }
    }
    let (name, text) = &new.population;
    if text.len() > MOST_BYTES {
        return Err(Failure::new(Kind::BadInput, format!("{name}: is bigger than {} MiB", MOST_BYTES >> 20)));
    }
    let file = File { path: name.clone(), inside: name.clone(), text: text.clone().into() };
    let items = attesta_workspace::items(&file).map_err(|fault| Failure::of(Kind::BadInput, [fault]))?;
    let population = Population {
        source: new.source.clone(),
        created: new.created.unwrap_or(desk.at),
        window: new.window.map_or(Window::Items, |(from, to)| Window::Time { from, to }),
        completeness: new.completeness.clone(),
        reveals_failures: new.reveals_failures.clone(),
        file: attesta_workspace::population_place(&new.id).into(),
        digest: Digest::of(text.as_bytes()),
        size: items.count(),
    };
    usable(desk, &course, &population)?;
    let sample = Sample {
        id: new.id.clone(),
        requirements: new.requirements.iter().cloned().collect(),
        control: new.control.clone(),
        frequency: new.frequency,
        population,
        attributes: (1..)
            .zip(&new.attributes)
            .map(|(n, (elements, text))| (n, Attribute { text: text.clone(), elements: elements.clone() }))
            .collect(),
        drawn: None,
    };
    let changes = attesta_workspace::new_sample_changes(&sample, text).to_vec();
    Ok(Sampled { sample, changes })
}

/// Draws the sample, once; the size is the table's, or `size` where that is more.
///
/// # Errors
///
/// When it may not be done now, or was done before.
pub fn draw(desk: &Desk, id: &SampleId, seed: &Seed, size: Option<u32>, by: &PersonId) -> Result<Sampled, Failure> {
    let course = Course::of(desk)?;
    may(desk, &course, by)?;
    let held = held(desk, id)?;
    let (items, now) = population(desk, &held.sample)?;
    let created = desk.dossier.assessment.value.created;
    let of_table = course.process.sizes.of(held.sample.frequency, items.count(), created);
    let of_table = of_table.map_err(|e| Failure::new(Kind::Unknown, e.to_string()))?;
    usable(desk, &course, &held.sample.population)?;
    let ask = DrawAsk { seed: seed.clone(), count: size, on: desk.at, by: by.clone() };
    let drawn = held.sample.draw(&items, now, of_table, ask).map_err(|e| refused(&e))?;
    Ok(changed(drawn, &held))
}

/// Replaces an item that cannot be tested by the next one of the draw.
///
/// # Errors
///
/// When it may not be done now, or there is no next one.
pub fn replace(desk: &Desk, id: &SampleId, item: &str, because: &str, by: &PersonId) -> Result<Sampled, Failure> {
    let course = Course::of(desk)?;
    may(desk, &course, by)?;
    let held = held(desk, id)?;
    let (items, now) = population(desk, &held.sample)?;
    let ask = ReplaceAsk { item: item.into(), because: because.to_owned(), on: desk.at, by: by.clone() };
    let after = held.sample.replace(&items, now, ask).map_err(|e| refused(&e))?;
    Ok(changed(after, &held))
}

/// What was found on one attribute of one item.
#[derive(Debug, Clone)]
pub struct Found {
    pub item: String,
    pub attribute: u8,
    /// What was found instead, where it does not hold.
    pub deviation: Option<String>,
    pub evidence: Vec<EvidenceId>,
}

/// Records what was found on one attribute of one item.
///
/// # Errors
///
/// When it may not be done now, or names what is not there.
pub fn record(desk: &Desk, id: &SampleId, found: &Found, by: &PersonId) -> Result<Sampled, Failure> {
    let course = Course::of(desk)?;
    may(desk, &course, by)?;
    let held = held(desk, id)?;
    let (_, now) = population(desk, &held.sample)?;
    if let Some(unknown) = found.evidence.iter().find(|e| !desk.dossier.evidence.contains_key(*e)) {
        return Err(Failure::of(
            Kind::NotFound,
            [Complaint::from(format!("there is no evidence `{unknown}` in evidence.yaml"))],
        )
        .help("register it there first"));
    }
    let outcome = found.deviation.clone().map_or(ItemOutcome::Holds, |what| ItemOutcome::Deviation { what });
    let finding = Finding { outcome, evidence: found.evidence.clone(), on: desk.at, by: by.clone() };
    let after = held.sample.record(now, &found.item, found.attribute, finding).map_err(|e| refused(&e))?;
    Ok(changed(after, &held))
}

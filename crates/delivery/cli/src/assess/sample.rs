//! `attesta assess sample DIR …`: populations, draws, replacements, findings, lead sheets.

use std::{
    collections::BTreeSet,
    io::Read as _,
    path::{Path, PathBuf},
};

use attesta_assessment::{EvidenceId, PersonId, RequirementKey, SampleId, Side};
use attesta_content::File;
use attesta_desk::{Course, person_of};
use attesta_interchange::process::{lead_sheet_csv, lead_sheet_markdown};
use attesta_kernel::{Confidence, Date, Digest};
use attesta_lifecycle::{
    Attribute, Change, DrawAsk, Finding, Frequency, ItemOutcome, Population, ReplaceAsk, Sample, SampleRefusal,
    SampleResult, Seed, Subject, Window, may_change,
};
use attesta_workspace::HeldSample;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use crate::{
    args::{Common, ListFormat},
    assess::{
        desk::{self, Desk, refuse},
        redraw,
    },
    exit::{Exit, Failure},
    terminal,
};

/// No population's file is bigger.
const MOST_BYTES: u64 = 32 << 20;

#[derive(Debug, Args)]
pub(crate) struct SampleOptions {
    /// The assessment's folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The day on which it is done [default: today]
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    at: Option<Date>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every sample and what it says
    List {
        /// How to print
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Freeze a population and say what will be looked at
    New(Box<NewOptions>),
    /// Draw the sample, once; the size is the table's
    Draw {
        /// Which sample
        #[arg(value_name = "ID")]
        id: SampleId,
        /// Any text, chosen by who tests once the population is frozen; the draw repeats from it
        #[arg(long, value_name = "TEXT")]
        seed: Seed,
        /// More items than the table says
        #[arg(long, value_name = "N")]
        size: Option<u32>,
        /// Who draws, from people.yaml
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
    },
    /// Replace an item that cannot be tested by the next one of the draw
    Replace {
        /// Which sample
        #[arg(value_name = "ID")]
        id: SampleId,
        /// Which item
        #[arg(long, value_name = "ITEM")]
        item: String,
        /// Why; it is printed on the lead sheet
        #[arg(long, value_name = "TEXT")]
        because: String,
        /// Who replaces it, from people.yaml
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
    },
    /// Record what was found on one attribute of one item
    Record {
        /// Which sample
        #[arg(value_name = "ID")]
        id: SampleId,
        /// Which item
        #[arg(long, value_name = "ITEM")]
        item: String,
        /// Which attribute, by number
        #[arg(long, value_name = "N", default_value_t = 1)]
        attribute: u8,
        /// It holds
        #[arg(long, required_unless_present = "deviation", conflicts_with = "deviation")]
        holds: bool,
        /// It does not: what was found instead
        #[arg(long, value_name = "TEXT")]
        deviation: Option<String>,
        /// What shows it, from evidence.yaml; may be given several times
        #[arg(long, value_name = "ID")]
        evidence: Vec<EvidenceId>,
        /// Who looked, from people.yaml
        #[arg(long, value_name = "PERSON")]
        by: PersonId,
    },
    /// Draw the requirements that an interim, rapid or bridge assessment tests again
    Requirements(redraw::RequirementsOptions),
    /// Print the lead sheet
    LeadSheet {
        /// Which sample
        #[arg(value_name = "ID")]
        id: SampleId,
        /// How to print
        #[arg(short, long, value_enum, default_value_t = SheetFormat::Markdown)]
        format: SheetFormat,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SheetFormat {
    Markdown,
    Csv,
}

#[derive(Debug, Args)]
struct NewOptions {
    /// Its id, of your choice
    #[arg(value_name = "ID")]
    id: SampleId,
    /// The population: a CSV file with a heading, the items' ids in its first column; it is copied into the folder
    #[arg(long, value_name = "FILE")]
    population: PathBuf,
    /// The system and query that it comes from
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// The day on which it was taken [default: the day on which it is done]
    #[arg(long, value_name = "YYYY-MM-DD")]
    created: Option<Date>,
    /// The first day of the time that it covers; without it, it is what is there on the day
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to")]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    to: Option<Date>,
    /// How it was checked that nothing is missing
    #[arg(long, value_name = "TEXT")]
    completeness: String,
    /// Why the source can show a failure: affirm it, a list of what works is no population of what should
    #[arg(long, value_name = "TEXT")]
    reveals_failures: String,
    /// The control that is tested, in a sentence
    #[arg(long, value_name = "TEXT")]
    control: String,
    /// How often the control works: daily, weekly, monthly, quarterly, semi-annual, annual, automated, or each
    #[arg(long, value_name = "WORD", default_value = "each")]
    frequency: Frequency,
    /// The requirement; may be given several times
    #[arg(long, value_name = "ID", required = true)]
    requirement: Vec<RequirementKey>,
    /// What is true of an item that passes, `ELEMENTS=TEXT`, e.g. `1,2=the change was approved`; may be given several times
    #[arg(long, value_name = "ELEMENTS=TEXT", required = true, value_parser = attribute)]
    attribute: Vec<(BTreeSet<u8>, String)>,
    /// Who freezes it, from people.yaml
    #[arg(long, value_name = "PERSON")]
    by: PersonId,
}

fn attribute(text: &str) -> Result<(BTreeSet<u8>, String), String> {
    let bad = || "write it like `1,2=the change was approved`".to_owned();
    let (elements, says) = text.split_once('=').ok_or_else(bad)?;
    let elements: Result<BTreeSet<u8>, _> = elements.split(',').map(|n| n.trim().parse::<u8>()).collect();
    let elements = elements.map_err(|_| bad())?;
    if says.trim().is_empty() || elements.contains(&0) { Err(bad()) } else { Ok((elements, says.trim().to_owned())) }
}

pub(crate) fn run(common: &Common, options: &SampleOptions) -> Result<Exit, Failure> {
    let desk = desk::open(common, &options.dir, options.at)?;
    let course = Course::of(&desk)?;
    let samples = attesta_workspace::samples(&desk.folder).map_err(|f| refuse(&f))?;
    let held = |id: &SampleId| -> Result<&HeldSample, Failure> {
        samples.get(id).map(|s| &s.value).ok_or_else(|| {
            let known: Vec<&str> = samples.keys().map(SampleId::as_str).collect();
            Failure::new(Exit::Usage, format!("there is no sample `{id}`"))
                .help(format!("begin one with `new`; there are: {}", known.join(", ")))
        })
    };
    match &options.what {
        What::List { format } => {
            let rows: Vec<Row> = samples.values().map(|s| row(&s.value.sample)).collect();
            list(&rows, *format)
        }
        What::LeadSheet { id, format } => {
            let sample = &held(id)?.sample;
            match format {
                SheetFormat::Markdown => terminal::out(lead_sheet_markdown(sample).as_bytes())?,
                SheetFormat::Csv => terminal::out(&lead_sheet_csv(sample))?,
            }
            Ok(Exit::Met)
        }
        What::Requirements(options) => redraw::run(common, &desk, &course, options),
        What::New(new) => begin(common, &desk, &course, new),
        What::Draw { id, seed, size, by } => {
            may(&desk, &course, by)?;
            let held = held(id)?;
            let (items, now) = population(&desk, &held.sample)?;
            let table = &course.process.sizes;
            let created = desk.dossier.assessment.value.created;
            let of_table = table.of(held.sample.frequency, items.count(), created);
            let of_table = of_table.map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
            usable(&desk, &course, &held.sample.population)?;
            let ask = DrawAsk { seed: seed.clone(), count: *size, on: desk.at, by: by.clone() };
            let drawn = held.sample.draw(&items, now, of_table, ask).map_err(|e| refused(&e))?;
            write(&desk, &drawn, held)?;
            told(common, &drawn)
        }
        What::Replace { id, item, because, by } => {
            may(&desk, &course, by)?;
            let held = held(id)?;
            let (items, now) = population(&desk, &held.sample)?;
            let ask = ReplaceAsk { item: item.as_str().into(), because: because.clone(), on: desk.at, by: by.clone() };
            let after = held.sample.replace(&items, now, ask).map_err(|e| refused(&e))?;
            write(&desk, &after, held)?;
            told(common, &after)
        }
        What::Record { id, item, attribute, deviation, evidence, by, holds: _ } => {
            may(&desk, &course, by)?;
            let held = held(id)?;
            let (_, now) = population(&desk, &held.sample)?;
            if let Some(unknown) = evidence.iter().find(|e| !desk.dossier.evidence.contains_key(*e)) {
                return Err(Failure::new(Exit::Usage, format!("there is no evidence `{unknown}` in evidence.yaml"))
                    .help("register it there first"));
            }
            let outcome = deviation.clone().map_or(ItemOutcome::Holds, |what| ItemOutcome::Deviation { what });
            let finding = Finding { outcome, evidence: evidence.clone(), on: desk.at, by: by.clone() };
            let after = held.sample.record(now, item, *attribute, finding).map_err(|e| refused(&e))?;
            write(&desk, &after, held)?;
            list(&[row(&after)], ListFormat::Table)
        }
    }
}

fn refused(refusal: &SampleRefusal) -> Failure {
    Failure::new(Exit::Findings, refusal.to_string()).help(refusal.help())
}

/// Whoever tests may work on samples, while evidence may change.
fn may(desk: &Desk, course: &Course, by: &PersonId) -> Result<(), Failure> {
    let person = person_of(desk, by, &[Side::Entity, Side::Assessor])?;
    let phase = course.history.life().state.phase();
    let setting = course.setting(desk, desk.at);
    let by_assessor = setting.answered_by_assessor().map_err(|e| Failure::new(Exit::NotEvaluated, e.to_string()))?;
    match may_change(phase, Subject::Evidence, person.side, by_assessor) {
        Change::Allowed | Change::AllowedByTask => Ok(()),
        Change::Refused(why) => {
            Err(Failure::new(Exit::Findings, format!("samples cannot change in phase `{phase}`: {}", why.as_str()))
                .help("`attesta assess advance DIR` shows where the assessment stands"))
        }
    }
}

fn population(desk: &Desk, sample: &Sample) -> Result<(attesta_lifecycle::Items, Digest), Failure> {
    attesta_workspace::population_items(&desk.folder, &sample.population.file).map_err(|f| refuse(&[f]))
}

/// Refuses a population that will not do for a test today.
fn usable(desk: &Desk, course: &Course, population: &Population) -> Result<(), Failure> {
    let began = course.history.life().papers.fieldwork;
    let refusals = population.refusals(&course.process.figures, desk.at, began);
    match refusals.first() {
        None => Ok(()),
        Some(first) => Err(Failure::many(Exit::Findings, &refusals).help(first.help())),
    }
}

fn begin(common: &Common, desk: &Desk, course: &Course, new: &NewOptions) -> Result<Exit, Failure> {
    may(desk, course, &new.by)?;
    let tailored = desk.tailored()?;
    for key in &new.requirement {
        let Some(asked) = tailored.get(key) else {
            return Err(Failure::new(Exit::Usage, format!("requirement `{key}` is not asked here"))
                .help("`attesta assess gaps DIR` and the packs name those that are"));
        };
        let has = |n: &u8| asked.requirement.elements.iter().any(|e| e.number == *n);
        if let Some(n) = new.attribute.iter().flat_map(|(elements, _)| elements).find(|n| !has(n)) {
            return Err(Failure::new(Exit::Usage, format!("requirement `{key}` has no element {n}"))
                .help("name elements that each requirement of the sample has"));
        }
    }
    let text = read(&new.population)?;
    let shown = new.population.display().to_string();
    let file = File { path: shown.clone(), inside: shown, text: text.clone().into() };
    let items = attesta_workspace::items(&file).map_err(|f| refuse(&[f]))?;
    let population = Population {
        source: new.source.clone(),
        created: new.created.unwrap_or(desk.at),
        window: match (new.from, new.to) {
            (Some(from), Some(to)) => Window::Time { from, to },
            _ => Window::Items,
        },
        completeness: new.completeness.clone(),
        reveals_failures: new.reveals_failures.clone(),
        file: attesta_workspace::population_place(&new.id).into(),
        digest: Digest::of(text.as_bytes()),
        size: items.count(),
    };
    usable(desk, course, &population)?;
    let sample = Sample {
        id: new.id.clone(),
        requirements: new.requirement.iter().cloned().collect(),
        control: new.control.clone(),
        frequency: new.frequency,
        population,
        attributes: (1..)
            .zip(&new.attribute)
            .map(|(n, (elements, text))| (n, Attribute { text: text.clone(), elements: elements.clone() }))
            .collect(),
        drawn: None,
    };
    desk.folder.write(&attesta_workspace::new_sample_changes(&sample, &text)).map_err(|f| refuse(&[f]))?;
    if !common.quiet {
        terminal::note(&format!("the population of {} items is frozen; now choose a seed and `draw`", items.count()));
    }
    list(&[row(&sample)], ListFormat::Table)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |what: String| Failure::new(Exit::NotEvaluated, format!("{}: {what}", path.display()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| failed(format!("cannot be read: {e}")))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| failed(format!("cannot be read: {e}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|n| n > MOST_BYTES) {
        return Err(failed(format!("is bigger than {} MiB", MOST_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| failed("is not UTF-8 text".to_owned()))
}

fn write(desk: &Desk, sample: &Sample, held: &HeldSample) -> Result<(), Failure> {
    let change = attesta_workspace::sample_change(sample, Some(held.read));
    desk.folder.write(&[change]).map_err(|f| refuse(&[f]))
}

/// The items that were drawn, one a line, and how sure the size is.
fn told(common: &Common, sample: &Sample) -> Result<Exit, Failure> {
    let Some(drawn) = &sample.drawn else { return Ok(Exit::Met) };
    let text: String = drawn.items.iter().map(|item| format!("{}\n", terminal::plain(item))).collect();
    terminal::out(text.as_bytes())?;
    if !common.quiet {
        terminal::note(&format!("{} items; {}", drawn.items.len(), drawn.size.rule));
        let provenance = &drawn.size.provenance;
        if provenance.confidence == Confidence::Unverified {
            terminal::note(&format!("that size is unverified: {}", provenance.source));
        }
    }
    Ok(Exit::Met)
}

#[derive(Serialize)]
struct Row {
    id: String,
    control: String,
    requirements: Vec<String>,
    population: u32,
    drawn: Option<usize>,
    stands: &'static str,
    /// Items on which every attribute holds; only of a sample that is finished.
    passing: Option<u32>,
    says: String,
}

fn row(sample: &Sample) -> Row {
    let (stands, passing, says) = match sample.result() {
        SampleResult::NotDrawn => ("not-drawn", None, "not drawn yet".to_owned()),
        SampleResult::Unfinished { next, missing } => {
            ("unfinished", None, format!("{missing} findings missing, next {next}"))
        }
        SampleResult::Finished { passing, .. } => ("finished", Some(passing.part), format!("{passing} items pass")),
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

fn list(rows: &[Row], format: ListFormat) -> Result<Exit, Failure> {
    match format {
        ListFormat::Json => terminal::json_of(&rows)?,
        ListFormat::Table => {
            let cells = rows.iter().map(|r| {
                let drawn = r.drawn.map_or_else(|| "-".to_owned(), |n| n.to_string());
                [r.id.clone(), r.population.to_string(), drawn, r.says.clone(), r.control.clone()]
            });
            terminal::table(["id", "population", "drawn", "says", "control"], cells)?;
        }
    }
    Ok(Exit::Met)
}

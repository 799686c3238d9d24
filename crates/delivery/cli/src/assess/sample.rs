//! `attesta assess sample DIR …`: populations, draws, replacements, findings, lead sheets.

use std::{
    collections::BTreeSet,
    io::Read as _,
    path::{Path, PathBuf},
};

use attesta_assessment::{EvidenceId, PersonId, RequirementKey, SampleId};
use attesta_desk::samples::{self, Found, New, Row, Sampled, row};
use attesta_interchange::process::{lead_sheet_csv, lead_sheet_markdown};
use attesta_kernel::{Confidence, Date, many};
use attesta_lifecycle::{Frequency, Sample, Seed};
use clap::{Args, Subcommand, ValueEnum};

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
    match &options.what {
        What::List { format } => list(&samples::list(&desk)?, *format),
        What::LeadSheet { id, format } => {
            let sample = samples::held(&desk, id)?.sample;
            match format {
                SheetFormat::Markdown => terminal::out(lead_sheet_markdown(&sample).as_bytes())?,
                SheetFormat::Csv => terminal::out(&lead_sheet_csv(&sample))?,
            }
            Ok(Exit::Met)
        }
        What::Requirements(options) => redraw::run(common, &desk, options),
        What::New(new) => begin(common, &desk, new),
        What::Draw { id, seed, size, by } => told(common, &kept(&desk, samples::draw(&desk, id, seed, *size, by)?)?),
        What::Replace { id, item, because, by } => {
            told(common, &kept(&desk, samples::replace(&desk, id, item, because, by)?)?)
        }
        What::Record { id, item, attribute, deviation, evidence, by, holds: _ } => {
            let found = Found {
                item: item.clone(),
                attribute: *attribute,
                deviation: deviation.clone(),
                evidence: evidence.clone(),
            };
            let after = kept(&desk, samples::record(&desk, id, &found, by)?)?;
            list(&[row(&after)], ListFormat::Table)
        }
    }
}

fn kept(desk: &Desk, after: Sampled) -> Result<Sample, Failure> {
    desk.folder.write(&after.changes).map_err(|f| refuse(&[f]))?;
    Ok(after.sample)
}

fn begin(common: &Common, desk: &Desk, options: &NewOptions) -> Result<Exit, Failure> {
    let new = New {
        id: options.id.clone(),
        population: (options.population.display().to_string(), read(&options.population)?),
        source: options.source.clone(),
        created: options.created,
        window: options.from.zip(options.to),
        completeness: options.completeness.clone(),
        reveals_failures: options.reveals_failures.clone(),
        control: options.control.clone(),
        frequency: options.frequency,
        requirements: options.requirement.clone(),
        attributes: options.attribute.clone(),
    };
    let sample = kept(desk, samples::begin(desk, &new, &options.by)?)?;
    let items = sample.population.size;
    if !common.quiet {
        terminal::note(&format!(
            "the population of {} is frozen; now choose a seed and `draw`",
            many(items, "item", "items")
        ));
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

/// The items that were drawn, one a line, and how sure the size is.
fn told(common: &Common, sample: &Sample) -> Result<Exit, Failure> {
    let Some(drawn) = &sample.drawn else { return Ok(Exit::Met) };
    let text: String = drawn.items.iter().map(|item| format!("{}\n", terminal::plain(item))).collect();
    terminal::out(text.as_bytes())?;
    if !common.quiet {
        terminal::note(&format!("{}; {}", many(drawn.items.len(), "item", "items"), drawn.size.rule));
        let provenance = &drawn.size.provenance;
        if provenance.confidence == Confidence::Unverified {
            terminal::note(&format!("that size is unverified: {}", provenance.source));
        }
    }
    Ok(Exit::Met)
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

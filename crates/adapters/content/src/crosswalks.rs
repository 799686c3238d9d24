//! Crosswalks: `crosswalks/*.yaml`, the tables that they name, and reviews of their rows.

mod answers;
mod rows;
mod strm;

use std::collections::BTreeMap;

use attesta_catalog::{Catalog, Fault, Placed};
use attesta_crosswalk::{Crosswalk, CrosswalkPart, ListsPart, Parts, ReviewPart, Signature, SignedPart, Weight};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    ContentSource, File, files,
    yaml::{self, Basis, Confidence, Reading},
};

pub use answers::answers;

/// No table of mappings has more rows.
const MOST_ROWS: usize = 20_000;
/// No file of mappings is bigger.
const MOST_BYTES: usize = 16 << 20;

const LISTS: &str = "crosswalks/lists.yaml";
const FOLDER: &str = "crosswalks";
const REVIEWS: &str = "crosswalks/reviews/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLists {
    #[serde(rename = "schema")]
    _schema: String,
    proposed: RawSignature,
    source: String,
    confidence: Confidence,
    statements: RawWeight,
    hipaa_primary: RawWeight,
    hipaa_related: RawWeight,
    least_strength: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeight {
    strength: Spanned<String>,
    rationale: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    by: Spanned<String>,
    on: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCrosswalk {
    #[serde(rename = "schema")]
    _schema: String,
    id: Spanned<String>,
    title: String,
    source: Spanned<String>,
    target: Spanned<String>,
    licence: String,
    file: Spanned<String>,
    #[serde(default)]
    format: RawFormat,
    proposed: Option<RawSignature>,
    reviewed: Option<RawSignature>,
    bases: BTreeMap<String, Basis>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
enum RawFormat {
    #[default]
    Rows,
    Strm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReviews {
    #[serde(rename = "schema")]
    _schema: String,
    reviewed: RawSignature,
    rows: Vec<Spanned<RawReview>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReview {
    crosswalk: String,
    source: String,
    target: String,
    relation: Spanned<String>,
}

/// Reads the pack's crosswalks and those of overlays (folders with a `crosswalks` folder of their own), and checks them
/// against the catalog.
///
/// # Errors
///
/// Every fault that was found, sorted by file and line.
pub fn crosswalk(
    source: &ContentSource,
    overlays: &[ContentSource],
    catalog: &Catalog,
) -> Result<Crosswalk, Vec<Fault>> {
    let mut faults = Vec::new();
    let lists = source.file(LISTS).and_then(|file| lists(&file, &mut faults)).map_err(|fault| faults.push(fault));
    let (mut crosswalks, mut reviews) = (Vec::new(), Vec::new());
    for (pack, is_overlay) in [(source, false)].into_iter().chain(overlays.iter().map(|overlay| (overlay, true))) {
        match files(pack, FOLDER) {
            Err(unread) => faults.extend(unread),
            Ok(found) => {
                let before = crosswalks.len() + reviews.len();
                for file in found.filter(|f| f.inside.ends_with(".yaml") && (is_overlay || f.inside != LISTS)) {
                    if file.inside.starts_with(REVIEWS) {
                        reviews.extend(self::reviews(&file, &mut faults));
                    } else {
                        crosswalks.extend(part(pack, &file, &mut faults));
                    }
                }
                if is_overlay && crosswalks.len() + reviews.len() == before && faults.is_empty() {
                    let place = attesta_kernel::Place::new(format!("{pack}/{FOLDER}"), None);
                    let help = "`attesta crosswalk import` puts them there";
                    faults.push(Fault::new(place, "this overlay holds no crosswalks and no reviews", help));
                }
            }
        }
    }
    match lists {
        Ok(Some(lists)) if faults.is_empty() => Crosswalk::build(catalog, Parts { lists, crosswalks, reviews }),
        _ => {
            faults.sort();
            faults.dedup();
            Err(faults)
        }
    }
}

/// Reads a customer's STRM CSV as it would be read in an overlay, and says how many rows it has.
///
/// # Errors
///
/// Every fault that was found, by line.
pub fn check_strm(
    file: &File,
    part: StrmImport<'_>,
    pack: &ContentSource,
    catalog: &Catalog,
) -> Result<usize, Vec<Fault>> {
    let mut faults = Vec::new();
    let rows = strm::rows(file, part.provenance, &mut faults);
    let count = rows.len();
    let crosswalks = vec![Placed::new(
        file.at(None),
        CrosswalkPart {
            id: part.id.to_owned(),
            title: part.id.to_owned(),
            source: part.source,
            target: part.target,
            licence: "the importer's".to_owned(),
            standing: SignedPart::Proposed(part.proposed),
            rows,
        },
    )];
    let mut unread = Vec::new();
    let lists = pack.file(LISTS).and_then(|file| lists(&file, &mut unread)).map_err(|fault| unread.push(fault));
    let Ok(Some(lists)) = lists else { return Err(unread) };
    if let Err(found) = Crosswalk::build(catalog, Parts { lists, crosswalks, reviews: Vec::new() }) {
        faults.extend(found);
    }
    faults.sort();
    if count == 0 && faults.is_empty() {
        faults.push(Fault::new(file.at(1), "holds no rows", "give at least one mapping"));
    }
    if faults.is_empty() { Ok(count) } else { Err(faults) }
}

/// What an import says about a file that cannot say it itself.
pub struct StrmImport<'a> {
    /// The crosswalk's id.
    pub id: &'a str,
    /// From where its rows lead.
    pub source: attesta_crosswalk::Document,
    /// To where.
    pub target: attesta_crosswalk::Document,
    /// Who proposes it.
    pub proposed: Signature,
    /// Where it comes from.
    pub provenance: &'a str,
}

fn lists(file: &File, faults: &mut Vec<Fault>) -> Result<Option<ListsPart>, Fault> {
    let raw: RawLists = yaml::parse(file, "attesta.crosswalk-lists/1")?;
    let mut reading = Reading { file, faults };
    let mut weight = |raw: &RawWeight| {
        let (strength, rationale) = (reading.value(&raw.strength), reading.value(&raw.rationale));
        Some(Weight { strength: strength?.value, rationale: rationale?.value })
    };
    let weights = (weight(&raw.statements), weight(&raw.hipaa_primary), weight(&raw.hipaa_related));
    let (Some(statements), Some(primary), Some(related)) = weights else { return Ok(None) };
    let Some(least_strength) = reading.value(&raw.least_strength).map(|least| least.value) else { return Ok(None) };
    let Some(proposed) = signature(&raw.proposed, &mut reading) else { return Ok(None) };
    let provenance = raw.confidence.of(raw.source);
    Ok(Some(ListsPart { statements, primary, related, least_strength, proposed, provenance }))
}

fn signature(raw: &RawSignature, reading: &mut Reading<'_>) -> Option<Signature> {
    if raw.by.value.trim().is_empty() {
        let place = reading.place(&raw.by);
        reading.faults.push(Fault::new(place, "`by` is empty", "say who"));
        return None;
    }
    let Ok(on) = raw.on.value.parse() else {
        let place = reading.place(&raw.on);
        let message = format!("`{}` is not a date", raw.on.value);
        reading.faults.push(Fault::new(place, message, "write it like 2027-03-31"));
        return None;
    };
    Some(Signature { by: raw.by.value.trim().to_owned(), on })
}

fn part(source: &ContentSource, file: &File, faults: &mut Vec<Fault>) -> Option<Placed<CrosswalkPart>> {
    let raw: RawCrosswalk = yaml::parse(file, "attesta.crosswalk/1").map_err(|fault| faults.push(fault)).ok()?;
    let mut reading = Reading { file, faults };
    let place = reading.place(&raw.id);
    let from = reading.value(&raw.source);
    let to = reading.value(&raw.target);
    let standing = match (&raw.proposed, &raw.reviewed) {
        (Some(by), None) => signature(by, &mut reading).map(SignedPart::Proposed),
        (None, Some(by)) => signature(by, &mut reading).map(SignedPart::Reviewed),
        _ => {
            let help =
                "write `proposed: {by, on}`, or `reviewed: {by, on}` when somebody answerable reviewed every row";
            reading.faults.push(Fault::new(place.clone(), "says not once who stands for its rows", help));
            None
        }
    };
    let name = raw.file.value.as_str();
    if name.contains(['/', '\\']) || !name.ends_with(".csv") {
        let place = reading.place(&raw.file);
        let message = format!("`{name}` is not the name of a CSV file beside this one");
        reading.faults.push(Fault::new(place, message, "put the table into the same folder"));
        return None;
    }
    let table = source.file(&format!("{FOLDER}/{name}")).map_err(|fault| reading.faults.push(fault)).ok()?;
    let bases: BTreeMap<_, _> = raw.bases.iter().map(|(name, basis)| (name.clone(), basis.into())).collect();
    let rows = match raw.format {
        RawFormat::Rows => rows::rows(&table, &bases, reading.faults),
        RawFormat::Strm => match bases.values().next() {
            Some(attesta_kernel::Provenance { source, .. }) => strm::rows(&table, source, reading.faults),
            None => {
                let message = "`bases` names no source for the rows of a STRM file";
                reading.faults.push(Fault::new(place.clone(), message, "name one; the rows say how sure each is"));
                Vec::new()
            }
        },
    };
    let part = CrosswalkPart {
        id: raw.id.value,
        title: raw.title,
        source: from?.value,
        target: to?.value,
        licence: raw.licence,
        standing: standing?,
        rows,
    };
    Some(Placed::new(place, part))
}

fn reviews(file: &File, faults: &mut Vec<Fault>) -> Vec<Placed<ReviewPart>> {
    let raw: RawReviews = match yaml::parse(file, "attesta.crosswalk-reviews/1") {
        Ok(raw) => raw,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let mut reading = Reading { file, faults };
    let Some(reviewed) = signature(&raw.reviewed, &mut reading) else { return Vec::new() };
    raw.rows
        .into_iter()
        .filter_map(|row| {
            let place = reading.place(&row);
            let row = row.value;
            let relation = reading.value(&row.relation)?.value;
            let review = ReviewPart {
                crosswalk: row.crosswalk,
                source: row.source,
                target: row.target,
                relation,
                reviewed: reviewed.clone(),
            };
            Some(Placed::new(place, review))
        })
        .collect()
}

/// A file that is not too big to be read.
fn fits(file: &File, faults: &mut Vec<Fault>) -> bool {
    let fits = file.text.len() <= MOST_BYTES;
    if !fits {
        let message = format!("is bigger than {} MiB", MOST_BYTES >> 20);
        faults.push(Fault::new(file.at(None), message, "divide it into several crosswalks"));
    }
    fits
}

/// The rows, when they are not too many.
fn bounded<T>(file: &File, rows: Vec<T>, faults: &mut Vec<Fault>) -> Vec<T> {
    if rows.len() <= MOST_ROWS {
        return rows;
    }
    let message = format!("has {} rows, more than {MOST_ROWS}", rows.len());
    faults.push(Fault::new(file.at(None), message, "divide it into several crosswalks"));
    Vec::new()
}

/// A text that says something.
fn said(text: &str) -> Option<Box<str>> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}

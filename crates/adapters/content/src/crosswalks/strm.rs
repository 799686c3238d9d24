//! The public convention of twelve columns for set-theory mappings. It names no framework, so whoever brings a file says
//! which two it joins. Titles and descriptions are not read: the catalog has its own.

use attesta_catalog::{Fault, Placed};
use attesta_crosswalk::RowPart;
use attesta_kernel::{Confidence, Place, Provenance};

use super::{bounded, fits, rows::value, said};
use crate::File;

/// Columns by their names; the two that begin with `…` end with this, after the target's name.
const COLUMNS: [&str; 12] = [
    "FDE#",
    "FDE Name",
    "Focal Document Element (FDE)",
    "Confidence Levels",
    "NIST IR-8477 Rational",
    "STRM Rationale",
    "STRM Relationship",
    "Strength of Relationship",
    "… Requirement Title",
    "Target ID #",
    "… Requirement Description",
    "Notes",
];

pub(super) fn rows(file: &File, source: &str, faults: &mut Vec<Fault>) -> Vec<Placed<RowPart>> {
    if !fits(file, faults) {
        return Vec::new();
    }
    let text = file.text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let Some(places) = header(file, &mut reader, faults) else { return Vec::new() };
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().and_then(|p| u32::try_from(p.line()).ok());
                rows.push((file.at(line), record));
            }
            Err(error) => faults.push(crate::table::fault(file, &error)),
        }
    }
    bounded(file, rows, faults)
        .into_iter()
        .filter_map(|(place, record)| {
            let field = |column: usize| places.get(column).and_then(|at| record.get(*at)).map_or("", unguarded);
            row(place, &field, source, faults)
        })
        .collect()
}

/// Where each column stands.
fn header(file: &File, reader: &mut csv::Reader<&[u8]>, faults: &mut Vec<Fault>) -> Option<Vec<usize>> {
    let headers = reader.headers().map_err(|error| faults.push(crate::table::fault(file, &error))).ok()?.clone();
    let fits = |header: &str, column: &str| match column.strip_prefix('…') {
        Some(end) => header.trim().to_lowercase().ends_with(&end.trim_start().to_lowercase()),
        None => header.trim().eq_ignore_ascii_case(column),
    };
    let mut places = Vec::new();
    for column in COLUMNS {
        let mut found = headers.iter().enumerate().filter(|(_, header)| fits(header, column));
        match (found.next(), found.next()) {
            (Some((at, _)), None) => places.push(at),
            (None, _) => faults.push(missing(file, column, "is missing")),
            (Some(_), Some(_)) => faults.push(missing(file, column, "stands twice")),
        }
    }
    for unknown in headers.iter().filter(|header| !COLUMNS.iter().any(|column| fits(header, column))) {
        faults.push(Fault::new(file.at(1), format!("unknown column `{unknown}`"), known()));
    }
    (places.len() == COLUMNS.len()).then_some(places)
}

fn missing(file: &File, column: &str, what: &str) -> Fault {
    Fault::new(file.at(1), format!("column `{column}` {what}"), known())
}

fn known() -> String {
    format!("the twelve columns are {}; `…` stands for the target's name", COLUMNS.join(", "))
}

fn row<'f>(
    place: Place,
    field: &dyn Fn(usize) -> &'f str,
    source: &str,
    faults: &mut Vec<Fault>,
) -> Option<Placed<RowPart>> {
    let confidence = match field(3).trim().to_ascii_lowercase().as_str() {
        "high" => Some(Confidence::Secondary),
        "medium" => Some(Confidence::Inferred),
        "low" => Some(Confidence::Unverified),
        other => {
            let message = format!("`{other}` is not a confidence level");
            faults.push(Fault::new(place.clone(), message, "use high, medium or low"));
            None
        }
    };
    let rationale = value(field(4), &place, faults);
    let relation = value(field(6), &place, faults);
    let strength = value(field(7), &place, faults);
    let note = said(field(5));
    if note.is_none() {
        let message = "`STRM Rationale` is empty";
        faults.push(Fault::new(place.clone(), message, "say why the relation holds"));
    }
    for (column, text) in [(0, field(0)), (9, field(9))] {
        if text.trim().is_empty() {
            let name = COLUMNS.get(column).copied().unwrap_or_default();
            faults.push(Fault::new(place.clone(), format!("`{name}` is empty"), "write the requirement's id"));
        }
    }
    let part = RowPart {
        source: said(field(0))?.into(),
        target: said(field(9))?.into(),
        relation: relation?,
        strength: strength?,
        rationale: rationale?,
        provenance: Provenance { source: source.to_owned(), confidence: confidence? },
        // The convention has no column for the gap; it stands in the notes, or in the rationale itself.
        gap: said(field(11).trim_start_matches("Gap: ")).or_else(|| note.clone()),
        note: Some(note?),
    };
    Some(Placed::new(place, part))
}

/// A cell without the mark that keeps a spreadsheet from running it.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

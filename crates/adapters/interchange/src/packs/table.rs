//! Tables of text: CSV with commas, semicolons or tabs.

use attesta_assessment::{Sheet, SheetRow};

use crate::packs::read::{Limits, ReadError};

pub(crate) fn read(name: &str, bytes: &[u8], limits: Limits) -> Result<Sheet, ReadError> {
    let text = decode(bytes)?;
    let separator = separator(&text);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut sheet = Sheet { name: name.to_owned(), rows: Vec::new() };
    let most = usize::try_from(limits.columns).unwrap_or(usize::MAX);
    let mut left = limits.cells;
    for record in reader.records() {
        let record = record.map_err(|e| ReadError::Table(e.to_string()))?;
        if record.len() > most {
            return Err(ReadError::TooBig { what: "columns", most: limits.columns.into() });
        }
        left = left
            .checked_sub(record.len())
            .ok_or(ReadError::TooBig { what: "cells", most: u64::try_from(limits.cells).unwrap_or(u64::MAX) })?;
        let number = record.position().map_or(0, csv::Position::line);
        let number = u32::try_from(number).ok().filter(|n| *n <= limits.rows);
        let number = number.ok_or(ReadError::TooBig { what: "lines", most: limits.rows.into() })?;
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if cells.iter().any(|c| !c.trim().is_empty()) {
            sheet.rows.push(SheetRow { number, cells });
        }
    }
    Ok(sheet)
}

/// UTF-8 or UTF-16 with its mark; anything else would be a guess.
fn decode(bytes: &[u8]) -> Result<String, ReadError> {
    let (encoding, skip) = encoding_rs::Encoding::for_bom(bytes).unwrap_or((encoding_rs::UTF_8, 0));
    let rest = bytes.get(skip..).unwrap_or_default();
    match encoding.decode_without_bom_handling_and_without_replacement(rest) {
        Some(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(ReadError::Table("it is neither UTF-8 nor UTF-16 text; save it as UTF-8".to_owned())),
    }
}

/// The separator that the first line has most of, outside quotes.
fn separator(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in line.bytes() {
        if byte == b'"' {
            quoted = !quoted;
        }
        for (separator, count) in &mut counts {
            if byte == *separator && !quoted {
                *count += 1;
            }
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| separator)
}

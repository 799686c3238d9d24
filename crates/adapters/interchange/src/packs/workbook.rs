//! Workbooks (`.xlsx`), cell by cell: a sheet is never spread out as a rectangle, so that one cell far away costs nothing.

use std::io::{Cursor, Read as _};

use attesta_assessment::{Sheet, SheetRow};
use calamine::{DataRef, Reader as _, Xlsx};

use crate::packs::read::{Limits, ReadError};

pub(crate) fn read(bytes: &[u8], limits: Limits) -> Result<Vec<Sheet>, ReadError> {
    measure(bytes, limits)?;
    let broken = |e: calamine::XlsxError| ReadError::Workbook(e.to_string());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let names = book.sheet_names();
    if names.len() > limits.sheets {
        return Err(too_big("sheets", limits.sheets));
    }
    let mut sheets = Vec::new();
    let (mut text, mut filled) = (0_usize, 0_usize);
    for name in names {
        let mut sheet = Sheet { name: name.clone(), rows: Vec::new() };
        let mut cells = match book.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            // Charts and the like are no worksheets.
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(broken(error)),
        };
        while let Some(cell) = cells.next_cell().map_err(broken)? {
            let value = shown(cell.get_value());
            if value.is_empty() {
                continue;
            }
            let (row, column) = cell.get_position();
            if row >= limits.rows {
                return Err(ReadError::TooBig { what: "rows", most: limits.rows.into() });
            }
            if column >= limits.columns {
                return Err(ReadError::TooBig { what: "columns", most: limits.columns.into() });
            }
            text = text.saturating_add(value.len());
            if text > limits.text {
                return Err(too_big("bytes of text", limits.text));
            }
            filled = filled.saturating_add(put(&mut sheet, row.saturating_add(1), column, value)?);
            if filled > limits.cells {
                return Err(too_big("cells", limits.cells));
            }
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// Puts a cell in its row and answers with how many cells the row has more. Cells come row by row; a row that comes again is
/// out of order.
fn put(sheet: &mut Sheet, number: u32, column: u32, value: String) -> Result<usize, ReadError> {
    if sheet.rows.last().is_none_or(|last| last.number < number) {
        sheet.rows.push(SheetRow { number, cells: Vec::new() });
    }
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    match sheet.rows.last_mut() {
        Some(row) if row.number == number => {
            let before = row.cells.len();
            if before <= column {
                row.cells.resize(column.saturating_add(1), String::new());
            }
            if let Some(cell) = row.cells.get_mut(column) {
                *cell = value;
            }
            Ok(row.cells.len().saturating_sub(before))
        }
        _ => Err(ReadError::Workbook(format!("the rows of `{}` are out of order", sheet.name))),
    }
}

/// A cell as people see it, as far as the file tells; a whole number has no decimals.
fn shown(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => if *yes { "True" } else { "False" }.to_owned(),
        DataRef::DateTime(at) => at.to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// Unpacks everything once and counts: what a workbook says of its own sizes may be a lie.
fn measure(bytes: &[u8], limits: Limits) -> Result<(), ReadError> {
    let broken = |e: zip::result::ZipError| ReadError::Workbook(e.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > limits.entries {
        return Err(too_big("files in it", limits.entries));
    }
    let mut left = limits.unpacked;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(broken)?;
        let read = std::io::copy(&mut entry.take(left.saturating_add(1)), &mut std::io::sink());
        let read = read.map_err(|e| ReadError::Workbook(e.to_string()))?;
        left = left.checked_sub(read).ok_or(ReadError::TooBig { what: "bytes unpacked", most: limits.unpacked })?;
    }
    Ok(())
}

fn too_big(what: &'static str, most: usize) -> ReadError {
    ReadError::TooBig { what, most: u64::try_from(most).unwrap_or(u64::MAX) }
}

use attesta_assessment::Sheet;
use sha2::{Digest as _, Sha256};

use crate::packs::{table, workbook};

/// How big an export may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of everything that a workbook packs, unpacked.
    pub unpacked: u64,
    /// Files in a workbook.
    pub entries: usize,
    /// Sheets that are read.
    pub sheets: usize,
    /// Rows of a sheet.
    pub rows: u32,
    /// Columns of a sheet.
    pub columns: u32,
    /// Cells of all sheets together, empty ones before a filled one counted.
    pub cells: usize,
    /// Bytes of text in all cells together.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            unpacked: 256 << 20,
            entries: 2_000,
            sheets: 100,
            rows: 100_000,
            columns: 500,
            cells: 4_000_000,
            text: 128 << 20,
        }
    }
}

/// An export cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is bigger than it may be.
    #[error("it has more than {most} {what}")]
    TooBig {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        most: u64,
    },
    /// It is no workbook of this kind, or broken.
    #[error("it is not a workbook that can be read: {0}")]
    Workbook(String),
    /// It is an old workbook.
    #[error("it is an old Excel workbook (.xls); save it as .xlsx")]
    OldWorkbook,
    /// It is no table of text.
    #[error("it is not a table of text: {0}")]
    Table(String),
    /// It is a page of a report.
    #[error("it is an HTML page; export the report as XLSX or CSV")]
    Page,
}

/// The sheets of a workbook (`.xlsx`), or the one table of a text file (CSV with commas, semicolons or tabs; UTF-8 or UTF-16).
///
/// # Errors
///
/// When it is neither, is broken, or is bigger than the limits.
pub fn sheets(name: &str, bytes: &[u8], limits: Limits) -> Result<Vec<Sheet>, ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooBig { what: "bytes", most: u64::try_from(limits.bytes).unwrap_or(u64::MAX) });
    }
    let head = bytes.get(..bytes.len().min(256)).unwrap_or_default();
    let text_head = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_lowercase();
    if head.starts_with(b"PK\x03\x04") {
        workbook::read(bytes, limits)
    } else if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        Err(ReadError::OldWorkbook)
    } else if text_head.starts_with("<!doctype")
        || text_head.starts_with("<html")
        || text_head.starts_with("mime-version:")
    {
        Err(ReadError::Page)
    } else {
        table::read(name, bytes, limits).map(|sheet| vec![sheet])
    }
}

/// SHA-256 of a file, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

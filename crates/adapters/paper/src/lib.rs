//! Sets reports as PDF: tagged (PDF/UA-1), with outline, language and page numbers, from plain values and templates of our own.
//!
//! What a report says comes as JSON and is read by the template as data; nothing of it is ever pasted into a template, so no
//! name can become markup. The world of a template holds its own files, the data and four fonts: no network, no file, no
//! package, no clock. The same data and the same day give the same bytes.
//!
//! Setting cannot be stopped half way, so what comes in is bounded ([`MOST_BYTES`], [`MOST_STRINGS`]); whoever calls runs it
//! on a thread that may block, and few at once.
#![cfg(feature = "typst")]

mod letters;
mod world;

use attesta_kernel::Date;
use serde_json::Value;
use typst::{diag::SourceDiagnostic, foundations::Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use self::world::Desk;

/// So long is the data of one report at most.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// So many pieces of text are in one report at most.
pub const MOST_STRINGS: usize = 100_000;

/// The reports that there are templates for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// How far an assessment is.
    Readiness,
    /// What falls short.
    Gaps,
    /// What is assessed.
    Scope,
    /// The management representation letter.
    Letter,
}

impl Template {
    fn file(self) -> &'static str {
        match self {
            Self::Readiness => "/readiness.typ",
            Self::Gaps => "/gaps.typ",
            Self::Scope => "/scope.typ",
            Self::Letter => "/letter.typ",
        }
    }
}

/// A report as PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// Letters that the fonts lack and that stand as their code points; the report says so.
    pub replaced: usize,
}

/// Why a report was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSet {
    /// It is more than one report may hold.
    #[error("the report holds {what} {size}, and at most {most} are set")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How much it is.
        size: usize,
        /// How much may be.
        most: usize,
    },
    /// What it says is not what the template reads.
    #[error("the report's data cannot be read: {0}")]
    Data(String),
    /// The template did not get through: a fault of ours.
    #[error("the report's template failed: {0}")]
    Template(String),
}

/// Sets a report: `data` is what it says (the fields that `templates/` read), `day` the date of the document, `ident` what tells it
/// from other documents.
///
/// # Errors
///
/// Too much data, or data that the template cannot read.
pub fn set(template: Template, data: &str, day: Date, ident: &str) -> Result<Pdf, NotSet> {
    bounded("bytes", data.len(), MOST_BYTES)?;
    let mut said: Value = serde_json::from_str(data).map_err(|e| NotSet::Data(e.to_string()))?;
    let fonts = world::fonts();
    let counted = letters::settle(&mut said, |letter| fonts.cover(letter));
    bounded("pieces of text", counted.strings, MOST_STRINGS)?;
    let Value::Object(told) = &mut said else { return Err(NotSet::Data("it is no object".to_owned())) };
    told.insert("replaced".to_owned(), counted.replaced.into());
    told.insert("date".to_owned(), vec![i64::from(day.year()), i64::from(day.month()), i64::from(day.day())].into());
    let desk = Desk::new(template.file(), said.to_string()).map_err(NotSet::Template)?;
    let made = print(&desk, ident);
    // What was remembered for the next time would grow with every report.
    typst::comemo::evict(0);
    made.map(|(bytes, pages)| Pdf { bytes, pages, replaced: counted.replaced })
}

fn bounded(what: &'static str, size: usize, most: usize) -> Result<(), NotSet> {
    if size > most { Err(NotSet::TooLarge { what, size, most }) } else { Ok(()) }
}

fn print(desk: &Desk, ident: &str) -> Result<(Vec<u8>, usize), NotSet> {
    let document: PagedDocument = typst::compile(desk).output.map_err(|faults| failed(&faults))?;
    let standards = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| NotSet::Template(e.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(ident.to_owned()),
        creator: Smart::Custom(Some("Attesta".to_owned())),
        standards,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|faults| failed(&faults))?;
    Ok((bytes, document.pages().len()))
}

fn failed(faults: &[SourceDiagnostic]) -> NotSet {
    NotSet::Template(faults.iter().map(|fault| fault.message.to_string()).collect::<Vec<_>>().join("; "))
}

//! The reports of one check, one file per format.
//!
//! Each writer streams: it holds a policy's or a finding's text, never the whole report's, because a large estate gives
//! close to a million outcomes.

mod causes;
mod groups;
mod notices;
mod place;
mod share;
mod visible;
mod words;

pub mod across;
pub mod alert;
pub mod drift;
pub mod foreign;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod reach;
pub mod sarif;
pub mod table;

use std::{fmt, io, str::FromStr};

use attesta_app::check::{CheckReport, Lines};

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Format {
    /// Plain text for a terminal.
    #[default]
    Table,
    /// Everything, as `attesta.report/1`.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
    /// JUnit XML, for build servers.
    Junit,
    /// One self-contained page, for people.
    Html,
    /// A comment on a pull request.
    Markdown,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [Self::Table, Self::Json, Self::Sarif, Self::Junit, Self::Html, Self::Markdown];

    /// The word used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Html => "html",
            Self::Markdown => "markdown",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is not a format of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a report format; use table, json, sarif, junit, html or markdown", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// How a report is written. Each format reads what concerns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options<'a> {
    /// Attesta's version, for the report to name.
    pub version: &'a str,
    /// `table`: columns of the terminal; at least 60 and at most 160 are used.
    pub width: usize,
    /// `table`: whether colours may be used. What they say is said by glyphs and words too.
    pub colour: bool,
    /// `table` and `markdown`: how many policies with findings are told in full; the rest are counted.
    pub limit: usize,
    /// `json`: whether outcomes that pass are listed too, or only counted.
    pub passes: bool,
}

impl<'a> Options<'a> {
    /// What suits most: 100 columns, no colour, 20 findings, every outcome.
    pub fn new(version: &'a str) -> Self {
        Self { version, width: 100, colour: false, limit: 20, passes: true }
    }
}

/// Writes a report in `format`.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn write(
    format: Format,
    report: &CheckReport<'_>,
    lines: &Lines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Table => table::write(report, lines, options, out),
        Format::Json => json::write(report, lines, options, out),
        Format::Sarif => sarif::write(report, lines, options, out),
        Format::Junit => junit::write(report, lines, options, out),
        Format::Html => html::write(report, lines, options, out),
        Format::Markdown => markdown::write(report, lines, options, out),
    }
}

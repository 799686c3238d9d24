//! Pages for people, and the pieces of JSON that every report shares.

use std::fmt::Write as _;

use attesta_desk::hipaa::Registers;
use attesta_hipaa::Retention;
use attesta_kernel::{Confidence, Provenance};
use serde_json::Value;

use crate::{
    exit::{Exit, Failure},
    terminal,
};

/// Lines for a terminal. What people wrote stays on its line.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    pub(super) fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "{}", flat(text).trim_end());
    }

    pub(super) fn heading(&mut self, text: &str) {
        let _ = writeln!(self.0, "\n{}", flat(text));
    }

    /// A line below another.
    pub(super) fn below(&mut self, text: &str) {
        let _ = writeln!(self.0, "      {}", flat(text));
    }

    /// Columns of one line: text and width.
    pub(super) fn row<const N: usize>(&mut self, columns: [(&str, usize); N]) {
        let line = columns.iter().fold("  ".to_owned(), |mut line, (text, width)| {
            let _ = write!(line, "{:<width$}  ", flat(text));
            line
        });
        let _ = writeln!(self.0, "{}", line.trim_end());
    }

    /// Where a figure comes from; said whenever we are less than sure of it.
    pub(super) fn basis(&mut self, what: &str, provenance: &Provenance) {
        if provenance.confidence != Confidence::Verified {
            self.line(&format!("note: {what}: {} [{}]", provenance.source, provenance.confidence));
        }
    }

    pub(super) fn print(self) -> Result<(), Failure> {
        terminal::out(self.0.as_bytes())
    }
}

/// One line of plain text: no control characters, runs of blanks as one.
fn flat(text: &str) -> String {
    let plain = terminal::plain(text);
    let indent = plain.len() - plain.trim_start().len();
    let words: Vec<&str> = plain.split_whitespace().collect();
    format!("{}{}", " ".repeat(indent), words.join(" "))
}

pub(super) fn print(json: serde_json::Map<String, Value>) -> Result<(), Failure> {
    terminal::json(&Value::Object(json))
}

/// The exit code of a report.
pub(super) fn exit(sound: bool) -> Exit {
    if sound { Exit::Met } else { Exit::Findings }
}

pub(super) fn texts<T: ToString>(of: impl IntoIterator<Item = T>) -> Vec<String> {
    of.into_iter().map(|t| t.to_string()).collect()
}

pub(super) fn kept_words(of: Retention) -> String {
    match of {
        Retention::AtLeast(day) => format!("kept until {day} at least"),
        Retention::Until(day) => format!("kept until {day}"),
    }
}

/// The first lines of every page.
pub(super) fn begun(registers: &Registers, what: &str) -> Page {
    let mut page = Page::default();
    page.line(&format!("{what}: {}, on {}", registers.title, registers.at));
    page
}

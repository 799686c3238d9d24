//! Pictures, drawn on the server as SVG, each with a table that says the same.

mod bars;
mod columns;
mod flows;
mod line;
mod matrix;
mod spans;

pub use bars::{Bar, bars};
pub use columns::{Column, columns};
pub use flows::{Arrow, Lane, Node, flows};
pub use line::{Point, line};
pub use matrix::{Cell, matrix};
pub use spans::{Span, spans};

/// A length in hundredths of a unit, as SVG writes it.
fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

/// A label that fits.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

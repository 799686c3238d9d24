//! Pictures, drawn on the server as SVG, each with a table that says the same.

mod bars;
mod line;

pub use bars::{Bar, bars};
pub use line::{Point, line};

/// A length in hundredths of a unit, as SVG writes it.
fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

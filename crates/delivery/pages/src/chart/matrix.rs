use maud::{Markup, html};

/// A cell of a matrix.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The word of its level.
    pub level: String,
    /// How grave the level is, from 0 to 4.
    pub grave: usize,
    /// How many lie in it.
    pub count: u64,
}

const WIDE: usize = 84;
const TALL: usize = 44;
const LEFT: usize = 96;
const TOP: usize = 14;

/// Counts by two grades, each cell coloured by its level and named by it. `down` and `across` are the labels of rows, from
/// the top, and of columns; `axes` says what they grade. The table that says the same is the caller's.
pub fn matrix(title: &str, axes: [&str; 2], down: &[String], across: &[String], rows: &[Vec<Cell>]) -> Markup {
    let (width, height) = (LEFT + across.len() * WIDE, TOP + down.len() * TALL);
    let word = |slug: &str| slug.replace('-', " ");
    html! {
        svg.chart.matrix viewBox={ "0 0 " (width) " " (height + 36) } role="img" aria-label=(title) {
            text.soft x="0" y="10" { (axes[0]) " ↑" }
            @for ((label, cells), y) in down.iter().zip(rows).zip((TOP..).step_by(TALL)) {
                text x=(LEFT - 8) y=(y + TALL / 2 + 4) text-anchor="end" { (word(label)) }
                @for (cell, x) in cells.iter().zip((LEFT..).step_by(WIDE)) {
                    g class={ "cell grave-" (cell.grave) @if cell.count == 0 { " none" } } {
                        rect x=(x + 1) y=(y + 1) width=(WIDE - 2) height=(TALL - 2) rx="3" {}
                        @if cell.count > 0 { text.count x=(x + WIDE / 2) y=(y + 20) text-anchor="middle" { (cell.count) } }
                        text.level x=(x + WIDE / 2) y=(y + if cell.count > 0 { 35 } else { 26 }) text-anchor="middle" { (word(&cell.level)) }
                    }
                }
            }
            @for (label, x) in across.iter().zip((LEFT..).step_by(WIDE)) {
                text x=(x + WIDE / 2) y=(height + 15) text-anchor="middle" { (word(label)) }
            }
            text.soft x=(width) y=(height + 32) text-anchor="end" { (axes[1]) " →" }
        }
    }
}

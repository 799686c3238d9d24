use maud::{Markup, html};

use super::{hundredths, shortened};
use crate::parts::{Tone, state};

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// Where it is explained; empty for nowhere.
    pub href: String,
    /// Its length in hundredths of a point, 0 to 10,000; none where there is no number.
    pub value: Option<u32>,
    /// The number as it is written.
    pub shown: String,
    /// How it stands, and the word for it.
    pub tone: Tone,
    /// The word for that.
    pub word: String,
}

const ROW: u64 = 22;
const LABEL: u64 = 275;
const RAIL: u64 = 400;
const WIDTH: u64 = LABEL + RAIL + 190;

/// Bars from 0 to 100 against a threshold in hundredths of a point, with the table that says the same.
pub fn bars(id: &str, title: &str, heading: &str, rows: &[Bar], threshold: Option<(u32, &str)>) -> Markup {
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let height = ROW.saturating_mul(count).saturating_add(26);
    let across = |value: u32| u64::from(value.min(10_000)) * RAIL / 100;
    html! {
        figure #(id) {
            svg.chart viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(title) {
                @for (row, top) in rows.iter().zip((20u64..).step_by(22)) {
                    @let middle = top + 14;
                    text x=(LABEL - 8) y=(middle) text-anchor="end" { (shortened(&row.label, 42)) }
                    rect.rail x=(LABEL) y=(top + 4) width=(RAIL) height="13" rx="2" {}
                    @if let Some(value) = row.value {
                        rect class=(row.tone.class()) x=(LABEL) y=(top + 4) width=(hundredths(across(value))) height="13" rx="2" {}
                    }
                    text x=(LABEL + RAIL + 8) y=(middle) { (row.shown) tspan.soft { "  " (row.word) } }
                }
                @if let Some((at, shown)) = threshold {
                    @let x = hundredths(LABEL * 100 + across(at));
                    line.limit x1=(x) x2=(x) y1="14" y2=(height - 4) {}
                    text.soft x=(x) y="10" text-anchor="middle" { (shown) }
                }
            }
            details {
                summary { "The same as a table" }
                table id={ (id) "-table" } data-table {
                    caption.unseen { (title) }
                    thead { tr { th scope="col" { (heading) } th.n scope="col" { "Score" } th scope="col" { "Stands" } } }
                    tbody {
                        @for row in rows {
                            tr {
                                td { @if row.href.is_empty() { (row.label) } @else { a href=(row.href) { (row.label) } } }
                                td.n { (row.shown) }
                                td { (state(row.tone, &row.word)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

use maud::{Markup, html};

use crate::parts::Tone;

/// A time from its first day to its last, counted from the picture's first day.
#[derive(Debug, Clone)]
pub struct Span {
    /// What it is.
    pub label: String,
    /// Its first day.
    pub first: u32,
    /// Its last day; the same for a single day.
    pub last: u32,
    /// How it stands.
    pub tone: Tone,
    /// Its days and its state, in words.
    pub shown: String,
}

const ROW: u64 = 20;
const LABEL: u64 = 300;
const RAIL: u64 = 560;
const TOP: u64 = 24;

/// Times below each other against a common line of days; `marks` are days with a word, such as today. Whoever draws it puts
/// the table that says the same beside it.
pub fn spans(title: &str, rows: &[Span], days: u32, marks: &[(u32, String)]) -> Markup {
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let height = ROW.saturating_mul(count).saturating_add(TOP + 4);
    let x = |day: u32| LABEL + u64::from(day.min(days)).saturating_mul(RAIL) / u64::from(days.max(1));
    let tops = std::iter::successors(Some(TOP), |top| Some(top + ROW));
    html! {
        svg.chart.spans viewBox={ "0 0 " (LABEL + RAIL + 20) " " (height) } role="img" aria-label=(title) {
            @for (day, word) in marks {
                line.mark x1=(x(*day)) x2=(x(*day)) y1="16" y2=(height) {}
                text.soft x=(x(*day)) y="11" text-anchor=(if u64::from(*day) * 8 > u64::from(days) * 7 { "end" } else { "middle" }) { (word) }
            }
            @for (row, top) in rows.iter().zip(tops) {
                text x=(LABEL - 8) y=(top + 14) text-anchor="end" { (super::shortened(&row.label, 46)) }
                line.grid x1=(LABEL) x2=(LABEL + RAIL) y1=(top + ROW) y2=(top + ROW) {}
                @let wide = x(row.last).saturating_sub(x(row.first));
                @if wide < 6 {
                    circle class=(row.tone.class()) cx=(x(row.first)) cy=(top + 10) r="4.5" { title { (row.label) ": " (row.shown) } }
                } @else {
                    rect class=(row.tone.class()) x=(x(row.first)) y=(top + 5) width=(wide) height="10" rx="2" { title { (row.label) ": " (row.shown) } }
                }
            }
        }
    }
}

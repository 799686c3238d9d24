use maud::{Markup, html};

use super::hundredths;

/// A time of a picture: what came and what went.
#[derive(Debug, Clone)]
pub struct Column {
    /// When, as it is written.
    pub when: String,
    /// What came: bad.
    pub bad: u64,
    /// What became unknown.
    pub unknown: u64,
    /// What went: good.
    pub good: u64,
}

const WIDTH: u64 = 900;
const HEIGHT: u64 = 140;
const LEFT: u64 = 34;
const MIDDLE: u64 = 70;
const MOST: u64 = 56;

/// News over time: what came stands above the line, what went below it, with the table that says the same. `words` are
/// those of what came, of what became unknown and of what went.
pub fn columns(id: &str, title: &str, words: [&str; 3], rows: &[Column]) -> Markup {
    let top = rows.iter().map(|row| (row.bad + row.unknown).max(row.good)).max().unwrap_or(1).max(1);
    let count = u64::try_from(rows.len().max(1)).unwrap_or(1);
    let step = (WIDTH - LEFT) * 100 / count;
    let wide = (step * 7 / 10).min(2_600);
    let tall = |n: u64| n.saturating_mul(MOST * 100) / top;
    let lefts = std::iter::successors(Some(LEFT * 100), |left| Some(left + step));
    html! {
        figure #(id) {
            svg.chart.columns viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) {
                text.soft x=(LEFT - 6) y=(MIDDLE - MOST + 8) text-anchor="end" { (top) }
                text.soft x=(LEFT - 6) y=(MIDDLE + 4) text-anchor="end" { "0" }
                @for (row, left) in rows.iter().zip(lefts) {
                    @let (bad, unknown, good) = (tall(row.bad), tall(row.unknown), tall(row.good));
                    g {
                        title { (row.when) ": " (row.bad) " " (words[0]) ", " (row.unknown) " " (words[1]) ", " (row.good) " " (words[2]) }
                        rect.bad x=(hundredths(left)) y=(hundredths(MIDDLE * 100 - bad)) width=(hundredths(wide)) height=(hundredths(bad)) {}
                        rect.unknown x=(hundredths(left)) y=(hundredths(MIDDLE * 100 - bad - unknown)) width=(hundredths(wide)) height=(hundredths(unknown)) {}
                        rect.good x=(hundredths(left)) y=(hundredths(MIDDLE * 100)) width=(hundredths(wide)) height=(hundredths(good)) {}
                    }
                }
                line.grid x1=(LEFT) x2=(WIDTH) y1=(MIDDLE) y2=(MIDDLE) {}
                @if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
                    text.soft x=(LEFT) y=(HEIGHT - 1) { (first.when) }
                    text.soft x=(WIDTH) y=(HEIGHT - 1) text-anchor="end" { (last.when) }
                }
            }
            p.small.row.key {
                @for (class, word, place) in [("bad", words[0], "above the line"), ("unknown", words[1], "above, outer part"), ("good", words[2], "below the line")] {
                    span { span class={ "dot " (class) } aria-hidden="true" {} " " (word) " " span.soft { (place) } }
                }
            }
            details {
                summary { "The same as a table" }
                table id={ (id) "-table" } data-table {
                    caption.unseen { (title) }
                    thead { tr { th scope="col" { "When" } @for word in words { th.n scope="col" { (word) } } } }
                    tbody { @for row in rows.iter().filter(|r| r.bad + r.unknown + r.good > 0) { tr { td { (row.when) } td.n { (row.bad) } td.n { (row.unknown) } td.n { (row.good) } } } }
                }
            }
        }
    }
}

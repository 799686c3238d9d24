use maud::{Markup, html};

use super::hundredths;

/// One moment of a course.
#[derive(Debug, Clone)]
pub struct Point {
    /// When, as it is written.
    pub when: String,
    /// The value in hundredths of a point, 0 to 10,000; none breaks the line: what was not known is no zero.
    pub value: Option<u32>,
    /// The value as it is written.
    pub shown: String,
}

const WIDTH: u64 = 440;
const HEIGHT: u64 = 150;
const LEFT: u64 = 34;
const TOP: u64 = 8;
const BASE: u64 = HEIGHT - 22;

/// The course of a number from 0 to 100, with the table that says the same.
pub fn line(id: &str, title: &str, heading: &str, points: &[Point], threshold: Option<u32>) -> Markup {
    let steps = u64::try_from(points.len().saturating_sub(1).max(1)).unwrap_or(1);
    let x = |at: usize| LEFT * 100 + u64::try_from(at).unwrap_or(0) * (WIDTH - LEFT - 8) * 100 / steps;
    let y = |value: u32| BASE * 100 - u64::from(value.min(10_000)) * (BASE - TOP) / 100;
    let mut path = String::new();
    let mut pen = "M";
    for (at, point) in points.iter().enumerate() {
        match point.value {
            None => pen = "M",
            Some(value) => {
                path.push_str(&format!("{pen}{} {}", hundredths(x(at)), hundredths(y(value))));
                pen = "L";
            }
        }
    }
    html! {
        figure #(id) {
            svg.chart.course viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) {
                @for mark in [0u32, 2500, 5000, 7500, 10_000] {
                    line.grid x1=(LEFT) x2=(WIDTH - 8) y1=(hundredths(y(mark))) y2=(hundredths(y(mark))) {}
                    text.soft x=(LEFT - 6) y=(hundredths(y(mark) + 400)) text-anchor="end" { (mark / 100) }
                }
                @if let Some(at) = threshold {
                    line.limit x1=(LEFT) x2=(WIDTH - 8) y1=(hundredths(y(at))) y2=(hundredths(y(at))) {}
                }
                path.line d=(path) {}
                @for (at, point) in points.iter().enumerate() {
                    @if let Some(value) = point.value {
                        circle.accent cx=(hundredths(x(at))) cy=(hundredths(y(value))) r="2.5" { title { (point.when) ": " (point.shown) } }
                    }
                }
                @if let (Some(first), Some(last)) = (points.first(), points.last()) {
                    text.soft x=(LEFT) y=(HEIGHT - 6) { (first.when) }
                    text.soft x=(WIDTH - 8) y=(HEIGHT - 6) text-anchor="end" { (last.when) }
                }
            }
            details {
                summary { "The same as a table" }
                table id={ (id) "-table" } data-table {
                    caption.unseen { (title) }
                    thead { tr { th scope="col" { "When" } th.n scope="col" { (heading) } } }
                    tbody { @for point in points { tr { td { (point.when) } td.n { (point.shown) } } } }
                }
            }
        }
    }
}

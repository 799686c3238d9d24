//! Columns over time, drawn in whole numbers.

use attesta_posture::Tally;
use maud::{Markup, html};

use crate::reports::share;

/// Height of a full column, and width of one with its gap.
const HEIGHT: u32 = 100;
const WIDTH: usize = 10;

/// Bottom to top: what passes, what nobody can tell, what is waived, what fails.
fn parts(tally: &Tally) -> [(&'static str, u64); 4] {
    [("proven", tally.pass), ("unknown", tally.untold()), ("waived", tally.waived), ("violated", tally.fail)]
}

/// The tally in words.
pub(super) fn in_words(tally: &Tally) -> String {
    let named = [
        (tally.pass, "pass"),
        (tally.fail, "fail"),
        (tally.waived, "waived"),
        (tally.unknown, "unknown"),
        (tally.errored, "errored"),
    ];
    let told: Vec<String> = named.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if told.is_empty() { "no check".to_owned() } else { told.join(", ") }
}

/// A column for each period; none where nobody looked.
pub(super) fn columns(rows: &[(String, Option<Tally>)]) -> Markup {
    let width = rows.len().max(1).saturating_mul(WIDTH);
    let words = summary(rows);
    html! {
        svg.chart viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(words) {
            title { (words) }
            @for (index, (label, tally)) in rows.iter().enumerate() {
                @let x = index.saturating_mul(WIDTH).saturating_add(1);
                g {
                    title { (label) ": " @match tally { Some(tally) => (in_words(tally)), None => "no run" } }
                    @match tally {
                        Some(tally) => @for (class, y, height) in stacked(tally) { rect class=(class) x=(x) y=(y) width=(WIDTH.saturating_sub(2)) height=(height) {} },
                        None => rect.gap x=(x) y=(HEIGHT.saturating_sub(2)) width=(WIDTH.saturating_sub(2)) height="2" {},
                    }
                }
            }
        }
    }
}

fn stacked(tally: &Tally) -> Vec<(&'static str, u32, u32)> {
    let parts = parts(tally);
    let counts = parts.map(|(_, count)| u32::try_from(count).unwrap_or(u32::MAX));
    let mut top = HEIGHT;
    let mut placed = Vec::new();
    for ((class, _), height) in parts.iter().zip(share::apportion(&counts, HEIGHT)) {
        top = top.saturating_sub(height);
        if height > 0 {
            placed.push((*class, top, height));
        }
    }
    placed
}

/// What the picture shows, for those who do not see it.
fn summary(rows: &[(String, Option<Tally>)]) -> String {
    let looked: Vec<(&String, &Tally)> = rows.iter().filter_map(|(label, t)| Some((label, t.as_ref()?))).collect();
    let end = |(label, tally): &(&String, &Tally)| format!("{label}: {}", in_words(tally));
    let empty = rows.len().saturating_sub(looked.len());
    match (looked.first(), looked.last()) {
        (Some(first), Some(last)) => {
            let without = if empty == 0 { String::new() } else { format!("; {empty} without a run") };
            format!("{} periods{without}. First, {}. Last, {}.", rows.len(), end(first), end(last))
        }
        _ => "No run.".to_owned(),
    }
}

/// The first and the last period, below a chart.
pub(super) fn ends(rows: &[(String, Option<Tally>)]) -> Markup {
    html! {
        @if let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) {
            p.ends aria-hidden="true" { span { (first) } span { (last) } }
        }
    }
}

/// What the colours mean.
pub(super) fn legend() -> Markup {
    let words = [
        ("proven", "passing"),
        ("unknown", "unknown or errored"),
        ("waived", "waived"),
        ("violated", "failing"),
        ("gap", "no run"),
    ];
    html! {
        ul.legend aria-label="Legend" {
            @for (class, word) in words { li { span.swatch.(class) aria-hidden="true" {} (word) } }
        }
    }
}

//! Charts as SVG, drawn in whole numbers.

use attesta_evaluation::{Standing, Tally};
use attesta_kernel::Severity;
use maud::{Markup, html};

use crate::reports::share;

/// Units of a whole bar or ring: the smallest part is half a percent, which can still be seen.
const UNITS: u32 = 200;

/// What readers see for a standing.
pub(super) fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Proven => "proven",
        Standing::Violated => "violated",
        Standing::Waived => "waived",
        Standing::Unknown => "unknown",
        Standing::People => "waiting for people",
    }
}

/// The sign of a standing, for those who do not see its colour.
pub(super) fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::Proven => "✓",
        Standing::Violated => "✕",
        Standing::Waived => "~",
        Standing::Unknown => "?",
        Standing::People => "…",
    }
}

/// A standing as a small label.
pub(super) fn label(standing: Standing) -> Markup {
    html! { span.label.(standing.as_str()) { span aria-hidden="true" { (sign(standing)) } " " (word(standing)) } }
}

/// A severity as a small label.
pub(super) fn severity(of: Severity) -> Markup {
    html! { span.severity.(of.as_str()) { (of) } }
}

/// What the colours mean.
pub(super) fn legend() -> Markup {
    html! {
        ul.legend aria-label="Legend" {
            @for standing in share::ORDER { li { span.swatch.(standing.as_str()) aria-hidden="true" {} (word(standing)) } }
        }
    }
}

/// The tally in words: `3 proven, 2 violated, 7 waiting for people`.
pub(super) fn in_words(tally: Tally) -> String {
    let parts: Vec<String> =
        share::ORDER.into_iter().filter(|s| tally.of(*s) > 0).map(|s| format!("{} {}", tally.of(s), word(s))).collect();
    if parts.is_empty() { "nothing to count".to_owned() } else { parts.join(", ") }
}

/// A stacked bar of standings.
pub(super) fn bar(tally: Tally) -> Markup {
    let parts = share::bar(tally, UNITS).map(|(standing, width)| (standing.as_str(), width));
    stacked(&parts, UNITS, &in_words(tally))
}

/// A stacked bar of findings by severity, as long as `total` is of `most`.
pub(super) fn severity_bar(counts: &[(Severity, usize)], most: usize) -> Markup {
    let counts: Vec<(Severity, u32)> =
        counts.iter().map(|(s, c)| (*s, u32::try_from(*c).unwrap_or(u32::MAX))).collect();
    let total = counts.iter().fold(0_u32, |sum, (_, c)| sum.saturating_add(*c));
    let rest = u32::try_from(most).unwrap_or(u32::MAX).saturating_sub(total);
    let all: Vec<u32> = counts.iter().map(|(_, c)| *c).chain([rest]).collect();
    let widths = share::apportion(&all, UNITS);
    let parts: Vec<(&str, u32)> = counts.iter().zip(widths).map(|((s, _), width)| (s.as_str(), width)).collect();
    let words: Vec<String> = counts.iter().filter(|(_, c)| *c > 0).map(|(s, c)| format!("{c} {s}")).collect();
    stacked(&parts, UNITS, &words.join(", "))
}

fn stacked(parts: &[(&str, u32)], units: u32, words: &str) -> Markup {
    html! {
        svg.bar viewBox={ "0 0 " (units) " 10" } preserveAspectRatio="none" role="img" aria-label=(words) {
            title { (words) }
            @for (class, x, width) in placed(parts) {
                rect class=(class) x=(x) y="0" width=(width) height="10" {}
            }
        }
    }
}

/// A ring of standings with a word in the middle.
pub(super) fn ring(tally: Tally, middle: &str) -> Markup {
    let parts = share::bar(tally, UNITS).map(|(standing, width)| (standing.as_str(), width));
    let words = in_words(tally);
    html! {
        svg.ring viewBox="0 0 120 120" role="img" aria-label=(words) {
            title { (words) }
            circle.track cx="60" cy="60" r="50" {}
            @for (class, x, width) in placed(&parts) {
                circle.arc.(class) cx="60" cy="60" r="50" pathLength=(UNITS) stroke-dasharray={ (width) " " (UNITS) }
                    stroke-dashoffset={ "-" (x) } transform="rotate(-90 60 60)" {}
            }
            text x="60" y="60" dy="0.36em" text-anchor="middle" { (middle) }
        }
    }
}

/// Parts with where they begin; parts of no width are left out.
fn placed<'p>(parts: &[(&'p str, u32)]) -> Vec<(&'p str, u32, u32)> {
    let mut x = 0_u32;
    let mut placed = Vec::with_capacity(parts.len());
    for (class, width) in parts {
        if *width > 0 {
            placed.push((*class, x, *width));
        }
        x = x.saturating_add(*width);
    }
    placed
}

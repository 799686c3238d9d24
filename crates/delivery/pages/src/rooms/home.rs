//! Home: what is left, what is due, and how far the certificate is.

use maud::{Markup, html};

use crate::{
    chart::{Bar, Point, bars, line},
    parts::{Tone, counted, empty, lead, state},
};

/// How far an assessment is.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// The assessment's id and name.
    pub assessment: (String, String),
    /// Type, purpose and phase, in words.
    pub what: String,
    /// One honest sentence.
    pub sentence: String,
    /// How many of the domains reach the threshold, of how many.
    pub domains_ready: (usize, usize),
    /// Requirements that are answered, of how many.
    pub answered: (usize, usize),
    /// Gaps that require a corrective action plan, and the others.
    pub gaps: (usize, usize),
    /// Each domain against the threshold.
    pub bars: Vec<Bar>,
    /// The threshold in hundredths of a point, and as it is written.
    pub threshold: Option<(u32, String)>,
    /// Figures in use that nobody confirmed.
    pub unconfirmed: Vec<String>,
}

/// A day that matters.
#[derive(Debug, Clone)]
pub struct Day {
    /// The day.
    pub on: String,
    /// What.
    pub what: String,
    /// Where it is told; empty for nowhere.
    pub href: String,
    /// How it stands.
    pub tone: Tone,
    /// The word for it.
    pub word: String,
}

/// How evidence stands today.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// By standing: the word, how many, the tone, and the list's address.
    pub rows: Vec<(String, usize, Tone, String)>,
}

/// HIPAA, as far as it was looked at.
#[derive(Debug, Clone, Default)]
pub struct Hipaa {
    /// Required specifications met, of how many.
    pub required: (usize, usize),
    /// Addressable ones, of how many.
    pub addressable: (usize, usize),
    /// What keeps the number from being sure; empty for nothing.
    pub unsure: String,
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// The organisation's id and name.
    pub organisation: (String, String),
    /// The assessment that matters most now.
    pub readiness: Option<Readiness>,
    /// Other open assessments: id and name.
    pub others: Vec<(String, String)>,
    /// What is due next, soonest first.
    pub days: Vec<Day>,
    /// What is left to do for the visitor.
    pub left: Vec<Day>,
    /// How evidence stands.
    pub freshness: Freshness,
    /// HIPAA, where something was judged.
    pub hipaa: Option<Hipaa>,
    /// How the share of passing checks went.
    pub trend: Vec<Point>,
    /// Whether the visitor may begin an assessment.
    pub may_begin: bool,
}

/// Home.
pub fn page(home: &Home) -> Markup {
    let org = &home.organisation.0;
    html! {
        @match &home.readiness {
            None => {
                (lead(&[], &home.organisation.1, "", &html! {}))
                (empty(
                    "No assessment yet",
                    "Attesta answers one question first: what is asked of you. Begin an assessment, answer the factors, and every requirement, score and date follows.",
                    &html! { @if home.may_begin { a.button.main href={ "/o/" (org) "/new" } { "Begin an assessment" } } },
                ))
            }
            Some(ready) => {
                @let base = format!("/o/{org}/a/{}", ready.assessment.0);
                (lead(&[], &ready.assessment.1, &ready.what, &html! {
                    a.button.main href={ (base) "/requirements" } { "Answer requirements" }
                    a.button href={ (base) "/gaps" } { "See the gaps" }
                }))
                div.sheets #home data-live {
                    (readiness(ready, &base))
                    (left(home))
                    (dates(&home.days))
                    (freshness(home))
                    (hipaa(home))
                    @if home.trend.len() > 1 {
                        section.sheet aria-labelledby="trend-title" {
                            h2 #trend-title { "Checks that pass" }
                            (line("trend", "Share of checks that pass, over time", "Passing", &home.trend, None))
                        }
                    }
                    @if !home.others.is_empty() {
                        section.sheet aria-labelledby="others" {
                            h2 #others { "Other assessments" }
                            ul { @for (id, name) in &home.others { li { a href={ "/o/" (org) "/a/" (id) } { (name) } } } }
                        }
                    }
                }
            }
        }
    }
}

/// How far the certificate is.
pub(super) fn readiness(ready: &Readiness, base: &str) -> Markup {
    html! {
        section.sheet.wide aria-labelledby="ready" {
            h2 #ready { "How far the certificate is" }
            p.sentence { (ready.sentence) }
            dl.figures {
                div { dt { "domains at the threshold" } dd.big { (ready.domains_ready.0) " of " (ready.domains_ready.1) } }
                div { dt { "requirements answered" } dd.big { (ready.answered.0) " of " (ready.answered.1) } }
                div { dt { "gaps that need a plan" } dd.big { a href={ (base) "/gaps" } { (ready.gaps.0) } } }
                div { dt { "other gaps" } dd.big { a href={ (base) "/gaps" } { (ready.gaps.1) } } }
            }
            (bars("domains", "Score of each domain against the threshold", "Domain", &ready.bars,
                ready.threshold.as_ref().map(|(at, shown)| (*at, shown.as_str()))))
            @if !ready.unconfirmed.is_empty() {
                details {
                    summary { (counted(ready.unconfirmed.len(), "figure that shapes these numbers was", "figures that shape these numbers were")) " not confirmed by HITRUST's own text" }
                    ul { @for figure in &ready.unconfirmed { li { (figure) } } }
                }
            }
        }
    }
}

fn left(home: &Home) -> Markup {
    html! {
        section.sheet aria-labelledby="left" {
            h2 #left { "Left for you" }
            @if home.left.is_empty() { p.soft { "Nothing waits for you." } } @else { (list(&home.left)) }
        }
    }
}

/// The next days.
pub(super) fn dates(days: &[Day]) -> Markup {
    html! {
        section.sheet aria-labelledby="days" {
            h2 #days { "Next days" }
            @if days.is_empty() { p.soft { "No day is near." } } @else { (list(days)) }
        }
    }
}

fn list(days: &[Day]) -> Markup {
    html! {
        ul.dates {
            @for day in days {
                li {
                    span { @if day.on.is_empty() { span.soft { "no day" } } @else { time datetime=(day.on) { (day.on) } } }
                    span { @if day.href.is_empty() { (day.what) } @else { a href=(day.href) { (day.what) } } }
                    (state(day.tone, &day.word))
                }
            }
        }
    }
}

fn freshness(home: &Home) -> Markup {
    html! {
        section.sheet aria-labelledby="fresh" {
            h2 #fresh { "Evidence today" }
            @if home.freshness.rows.is_empty() {
                p.soft { "No evidence yet. " a href={ "/o/" (home.organisation.0) "/evidence" } { "Bring some" } "." }
            } @else {
                table {
                    caption.unseen { "Evidence by how it stands today" }
                    thead { tr { th scope="col" { "Stands" } th.n scope="col" { "Pieces" } } }
                    tbody {
                        @for (word, count, tone, href) in &home.freshness.rows {
                            tr { td { (state(*tone, word)) } td.n { a href=(href) { (count) } } }
                        }
                    }
                }
            }
        }
    }
}

fn hipaa(home: &Home) -> Markup {
    let Some(hipaa) = &home.hipaa else { return html! {} };
    let met = hipaa.required.0 == hipaa.required.1 && hipaa.required.1 > 0;
    let percent = hipaa.addressable.0.saturating_mul(100).checked_div(hipaa.addressable.1);
    html! {
        section.sheet aria-labelledby="hipaa" {
            h2 #hipaa { "HIPAA Security Rule" }
            dl.pairs {
                dt { "Required" }
                dd {
                    (state(if met { Tone::Good } else { Tone::Bad }, if met { "met" } else { "not met" }))
                    " " (hipaa.required.0) " of " (hipaa.required.1)
                }
                dt { "Addressable" }
                dd { (percent.map_or_else(|| "nothing judged".to_owned(), |p| format!("{p} %"))) " · " (hipaa.addressable.0) " of " (hipaa.addressable.1) }
            }
            @if !hipaa.unsure.is_empty() { p.soft.small { (hipaa.unsure) } }
        }
    }
}

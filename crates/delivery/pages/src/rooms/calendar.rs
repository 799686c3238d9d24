//! Every day of an assessment, as a picture and as a table with its rules.

use maud::{Markup, html};

use super::gaps::ahead;
use crate::{
    chart::{Span, spans},
    parts::{Tone, lead, state},
};

/// A line.
#[derive(Debug, Clone)]
pub struct Line {
    /// What.
    pub what: String,
    /// Who acts.
    pub owner: String,
    /// First and last day.
    pub days: (String, String),
    /// How it stands.
    pub stands: (Tone, String),
    /// Where the day comes from.
    pub origin: String,
    /// The rule by which it was worked out.
    pub rule: String,
    /// How sure the rule is, and who says so; empty where it was recorded or asked for.
    pub confidence: (String, String),
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The organisation's and the assessment's id.
    pub place: (String, String),
    /// What the assessment is, in words.
    pub what: String,
    /// Whether the target can be met: tone and sentence.
    pub outlook: Option<(Tone, String)>,
    /// What a reader of the days alone might miss.
    pub unsure: String,
    /// The picture: its lines, its length in days, its marks.
    pub picture: (Vec<Span>, u32, Vec<(u32, String)>),
    /// Lines, by first day.
    pub lines: Vec<Line>,
}

/// The page.
pub fn page(it: &Page) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Calendar", &it.what, &html! { button type="button" data-csv="calendar-table" { "Take as CSV" } }))
        (ahead(&base, "calendar"))
        (crate::words::here(&["incubation", "phase", "representation letter"]))
        @if let Some((tone, sentence)) = &it.outlook { p.sentence { (state(*tone, "target")) " " (sentence) } }
        @if !it.unsure.is_empty() { p.note { (it.unsure) } }
        figure #picture { (spans("The days of the assessment; the table below says the same", &it.picture.0, it.picture.1, &it.picture.2)) }
        div.scroll tabindex="0" role="region" aria-label="Days" {
            table #calendar-table data-table {
                caption.unseen { "Days of the assessment" }
                thead { tr {
                    th scope="col" { "From" } th scope="col" { "Until" } th scope="col" { "What" } th scope="col" { "Who" } th scope="col" { "Stands" } th scope="col" { "Comes from" } th scope="col" { "Rule" } th scope="col" { "How sure" }
                } }
                tbody { @for line in &it.lines { tr {
                    td { time datetime=(line.days.0) { (line.days.0) } } td { time datetime=(line.days.1) { (line.days.1) } }
                    td { (line.what) } td { (line.owner) } td { (state(line.stands.0, &line.stands.1)) } td { (line.origin) } td.small { (line.rule) }
                    td.small { @if line.confidence.0.is_empty() { span.soft { "no rule" } } @else {
                        (state(if line.confidence.0 == "unverified" { Tone::Unknown } else { Tone::Plain }, &line.confidence.0)) " " (line.confidence.1)
                    } }
                } } }
            }
        }
    }
}

//! What keeps the certificate away, most urgent first.

use maud::{Markup, html};

use crate::parts::{Tone, counted, empty, lead, state};

/// One gap.
#[derive(Debug, Clone, Default)]
pub struct Gap {
    /// The requirement.
    pub requirement: String,
    /// Its title.
    pub title: String,
    /// Its domain.
    pub domain: u8,
    /// Its control reference.
    pub control_reference: String,
    /// Whether a corrective action plan is required.
    pub plan: bool,
    /// Whether its domain reaches the threshold.
    pub domain_passes: bool,
    /// Its score as it is written.
    pub score: String,
    /// Levels below 100, with their scores.
    pub below: Vec<String>,
    /// Elements that are not met: number and words.
    pub unmet: Vec<(u8, String)>,
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Gaps {
    /// The organisation's and the assessment's id.
    pub place: (String, String),
    /// What the assessment is, in words.
    pub what: String,
    /// Whose answers count.
    pub last: bool,
    /// `plan`, `other` or nothing.
    pub only: String,
    /// The domain that is looked for; 0 for every one.
    pub domain: u8,
    /// Domains that have gaps: number and title.
    pub domains: Vec<(u8, String)>,
    /// How many need a plan, and how many others there are, before filters.
    pub counts: (usize, usize),
    /// Requirements that nobody answered: they are no gaps, and no pass.
    pub unanswered: usize,
    /// Gaps that pass the filters.
    pub gaps: Vec<Gap>,
}

/// Doors between what lies ahead of an assessment.
pub(crate) fn ahead(base: &str, here: &str) -> Markup {
    html! {
        nav.tabs aria-label="What lies ahead" {
            @for (word, label) in [("gaps", "Gaps"), ("plan", "Shortest way"), ("calendar", "Calendar")] {
                a href={ (base) "/" (word) } aria-current=[(word == here).then_some("page")] { (label) }
            }
        }
    }
}

/// The list.
pub fn list(it: &Gaps) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Gaps", &it.what, &html! {
            @if !it.gaps.is_empty() { button type="button" data-csv="gaps-table" { "Take as CSV" } }
        }))
        (ahead(&base, "gaps"))
        (crate::words::here(&["gap", "CAP", "element"]))
        form.filter method="get" action={ (base) "/gaps" } data-swap="list" data-instant role="search" aria-label="Find gaps" {
            label { "Answers of " select name="view" { option value="" { "the entity" } option value="final" selected[it.last] { "the assessor, where there are some" } } }
            label { "Which " select name="only" {
                option value="" { "every gap" }
                option value="plan" selected[it.only == "plan"] { "those that need a plan" }
                option value="other" selected[it.only == "other"] { "the others" }
            } }
            label { "Domain " select name="domain" {
                option value="" { "every" }
                @for (number, title) in &it.domains { option value=(number) selected[*number == it.domain] { (number) " " (title) } }
            } }
            noscript { button { "Find" } }
        }
        div #list data-live {
            p.row role="status" {
                (state(if it.counts.0 > 0 { Tone::Bad } else { Tone::Good }, &counted(it.counts.0, "gap needs a plan", "gaps need a plan")))
                (state(if it.counts.1 > 0 { Tone::Warn } else { Tone::Good }, &counted(it.counts.1, "other gap", "other gaps")))
                @if it.unanswered > 0 { (state(Tone::Unknown, &counted(it.unanswered, "requirement is not answered", "requirements are not answered"))) }
            }
            @if it.gaps.is_empty() {
                (empty("No gap here", if it.unanswered > 0 { "Nothing that was answered falls short of these filters. What is not answered is neither a gap nor a pass." } else { "Nothing falls short of these filters." }, &html! {}))
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Gaps" { (table(it, &base)) }
            }
        }
    }
}

fn table(it: &Gaps, base: &str) -> Markup {
    html! {
        table #gaps-table data-table {
            caption.unseen { "Gaps, most urgent first" }
            thead { tr {
                th.n scope="col" { "#" } th scope="col" { "Requirement" } th scope="col" { "Domain" } th.n scope="col" { "Score" }
                th scope="col" { "Needs a plan" } th scope="col" { "Below 100" } th scope="col" { "What is unmet" }
            } }
            tbody {
                @for (rank, gap) in (1usize..).zip(&it.gaps) {
                    tr {
                        td.n { (rank) }
                        td { a href={ (base) "/requirements/" (gap.requirement) } { code { (gap.requirement) } } " " (gap.title) br; span.soft.small { (gap.control_reference) } }
                        td.tight { (gap.domain) " " (if gap.domain_passes { state(Tone::Good, "passes") } else { state(Tone::Bad, "below") }) }
                        td.n { (gap.score) }
                        td { (if gap.plan { state(Tone::Bad, "yes") } else { state(Tone::Plain, "no") }) }
                        td.small { (gap.below.join(", ")) }
                        td.small {
                            @if gap.unmet.is_empty() { span.soft { "not told by elements" } } @else {
                                details { summary { (counted(gap.unmet.len(), "element", "elements")) }
                                    ul { @for (number, text) in &gap.unmet { li { (number) ": " (text) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

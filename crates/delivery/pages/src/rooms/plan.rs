//! The shortest way to the certificate, and what would follow from a part of it.

use maud::{Markup, html};

use super::gaps::ahead;
use crate::{
    chart::{Span, spans},
    parts::{counted, lead, problem},
};

/// A step.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// The requirement.
    pub requirement: String,
    /// Its domain.
    pub domain: u8,
    /// The level.
    pub level: String,
    /// From which score to which.
    pub scores: (String, String),
    /// Hours and days.
    pub effort: (u32, u32),
    /// Whether somebody estimated them; otherwise they are assumed.
    pub estimated: bool,
    /// Who does it; empty for nobody.
    pub owner: String,
    /// When it begins, is done, and counts.
    pub days: (String, String, String),
    /// What is supposed of it, as the API takes it.
    pub suppose: String,
}

/// A plan.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// All hours.
    pub hours: u64,
    /// How sure it is that nothing is cheaper.
    pub proof: String,
    /// Steps.
    pub steps: Vec<Step>,
    /// What has to be, in words.
    pub needs: Vec<String>,
    /// Corrective action plans that stay required.
    pub caps_left: usize,
    /// Requirements that nobody answered; they are taken as nothing.
    pub open: usize,
    /// First day of fieldwork, submission, decision.
    pub days: (String, String, String),
    /// What nobody confirmed.
    pub unsure: Vec<String>,
    /// The picture: its lines, its length in days, its marks.
    pub picture: (Vec<Span>, u32, Vec<(u32, String)>),
}

/// The page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The organisation's and the assessment's id.
    pub place: (String, String),
    /// What the assessment is, in words.
    pub what: String,
    /// The goal's word.
    pub goal: String,
    /// The way, or why there is none: title and help.
    pub way: Result<Way, (String, String)>,
}

/// Goals: word and label.
pub const GOALS: [(&str, &str); 3] = [
    ("certify", "Certify"),
    ("fewest-caps", "Certify with as few corrective action plans as can be"),
    ("no-caps", "Certify without any corrective action plan"),
];

/// The page.
pub fn page(it: &Page) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Shortest way", &it.what, &html! {
            @if it.way.is_ok() { button type="button" data-csv="plan-table" { "Take as CSV" } }
        }))
        (ahead(&base, "plan"))
        (crate::words::here(&["forecast", "incubation", "CAP"]))
        form.filter method="get" action={ (base) "/plan" } aria-label="Goal" {
            label { "Goal " select name="goal" { @for (word, label) in GOALS { option value=(word) selected[word == it.goal] { (label) } } } }
            button { "Work it out" }
        }
        @match &it.way {
            Err((title, help)) => (problem(title, help)),
            Ok(way) => (told(it, way)),
        }
    }
}

fn told(it: &Page, way: &Way) -> Markup {
    html! {
        p.sentence {
            @if way.steps.is_empty() { "Nothing is left to do for this goal." } @else {
                (counted(way.steps.len(), "step", "steps")) " of " (way.hours) " hours in all: " (way.proof) "."
            }
            @if way.open > 0 { " " (counted(way.open, "requirement is", "requirements are")) " not answered and taken as nothing." }
        }
        dl.figures {
            div { dt { "hours" } dd.big { (way.hours) } }
            div { dt { "fieldwork from" } dd.big { time datetime=(way.days.0) { (way.days.0) } } }
            div { dt { "submission" } dd.big { time datetime=(way.days.1) { (way.days.1) } } }
            div { dt { "decision" } dd.big { time datetime=(way.days.2) { (way.days.2) } } }
            div { dt { "plans that stay required" } dd.big { (way.caps_left) } }
        }
        @if !way.needs.is_empty() { details { summary { "What has to be" } ul { @for need in &way.needs { li { (need) } } } } }
        @if !way.unsure.is_empty() { details { summary { (counted(way.unsure.len(), "figure", "figures")) " that shape it, and who says so" } ul { @for line in &way.unsure { li { (line) } } } } }
        @if !way.steps.is_empty() {
            figure #picture { (spans("When each step is worked on; the table below says the same", &way.picture.0, way.picture.1, &way.picture.2)) }
            (steps(it, way))
        }
    }
}

fn steps(it: &Page, way: &Way) -> Markup {
    html! {
        form #what-if method="post" data-module="whatif" data-then="stay"
            data-api={ "POST /api/v1/organisations/" (it.place.0) "/assessments/" (it.place.1) "/what-if" } {
            div.sheet {
                h2 { "What if only a part is done?" }
                div.row {
                    label { "The first hours of the list " input type="range" min="0" max=(way.hours) value="0" step="1"; }
                    output { "0 hours" }
                    button { "Suppose what is chosen" }
                }
                div.moved aria-live="polite" {}
            }
            div.scroll tabindex="0" role="region" aria-label="Steps" {
                table #plan-table data-table {
                    caption.unseen { "Steps of the shortest way, in the order of its plan" }
                    thead { tr {
                        th scope="col" data-plain { span.unseen { "Suppose" } } th.n scope="col" { "#" } th scope="col" { "Requirement" } th.n scope="col" { "Domain" } th scope="col" { "Level" }
                        th.n scope="col" { "From" } th.n scope="col" { "To" } th.n scope="col" { "Hours" } th.n scope="col" { "Days" } th scope="col" { "Effort" }
                        th scope="col" { "Whose" } th scope="col" { "Begins" } th scope="col" { "Done" } th scope="col" { "Counts from" }
                    } }
                    tbody { @for (rank, step) in (1usize..).zip(&way.steps) { tr {
                        td { input type="checkbox" name="answers" value=(step.suppose) data-hours=(step.effort.0) aria-label={ "Suppose " (step.requirement) " " (step.level) }; }
                        td.n { (rank) } td.tight { a href={ "/o/" (it.place.0) "/a/" (it.place.1) "/requirements/" (step.requirement) } { code { (step.requirement) } } } td.n { (step.domain) } td { (step.level) }
                        td.n { (step.scores.0) } td.n { (step.scores.1) } td.n { (step.effort.0) } td.n { (step.effort.1) }
                        td { @if step.estimated { "estimated" } @else { "assumed" } }
                        td { @if step.owner.is_empty() { span.soft { "nobody" } } @else { (step.owner) } }
                        td { time datetime=(step.days.0) { (step.days.0) } } td { time datetime=(step.days.1) { (step.days.1) } } td { time datetime=(step.days.2) { (step.days.2) } }
                    } } }
                }
            }
        }
    }
}

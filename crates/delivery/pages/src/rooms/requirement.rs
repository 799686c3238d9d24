//! One requirement: everything that was said of it, beside the grid or on a page of its own.

use maud::{Markup, html};

use crate::parts::{Tone, lead, state};

/// A line with lines below it.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// What it says.
    pub says: String,
    /// Why.
    pub because: Vec<Told>,
}

/// An element.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its number.
    pub number: u8,
    /// What is true when it is met.
    pub text: String,
    /// How it stands on the Implemented level.
    pub stands: (Tone, String),
    /// The policies that speak for it: id and title.
    pub policies: Vec<(String, String)>,
}

/// A level.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// Its word.
    pub word: &'static str,
    /// What the entity's answer comes to.
    pub entity: String,
    /// What the assessor says.
    pub assessor: String,
    /// How the entity judged it, in words; empty where it did not.
    pub how: String,
    /// The score that was given outright; empty where it was judged by elements.
    pub given: String,
    /// Why that score.
    pub because: String,
    /// Evidence: id, title, where in it, and its address.
    pub evidence: Vec<(String, String, String, String)>,
}

/// Somebody's words.
#[derive(Debug, Clone, Default)]
pub struct Comment {
    /// Whose.
    pub who: String,
    /// When.
    pub at: String,
    /// What.
    pub text: String,
}

/// A change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// When.
    pub at: String,
    /// Who.
    pub who: String,
    /// Whose document: the answer or the result.
    pub of: &'static str,
    /// What differs from before.
    pub what: Vec<String>,
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub struct Requirement {
    /// Its id and title.
    pub key: (String, String),
    /// Its domain and control reference.
    pub place: String,
    /// What it asks.
    pub text: String,
    /// Whose words those are.
    pub notice: String,
    /// Why it is asked.
    pub asked: Vec<String>,
    /// Its elements.
    pub elements: Vec<Element>,
    /// Its levels.
    pub levels: Vec<Level>,
    /// The entity's comment.
    pub comment: String,
    /// Why it does not apply; empty where it does.
    pub not_applicable: String,
    /// Who answers for it: the id, and the choice of people.
    pub owner: String,
    /// The entity's people.
    pub owners: Vec<(String, String)>,
    /// What is inherited: source, title, weight, address.
    pub inherited: Vec<(String, String)>,
    /// The assessor's view: tester, day, comment, finished.
    pub tested: Option<(String, String, String, bool)>,
    /// The assessor's people.
    pub testers: Vec<(String, String)>,
    /// Score by the entity's word and by the last.
    pub scores: (String, String),
    /// Why that number.
    pub why: Option<Told>,
    /// What was said.
    pub comments: Vec<Comment>,
    /// Whether the visitor may comment.
    pub may_comment: bool,
    /// What changed, newest first.
    pub history: Vec<Change>,
    /// `entity`, `assessor`, or empty for somebody who only reads.
    pub side: &'static str,
    /// The address of its API: where the visitor's side is written.
    pub send_to: String,
    /// The revision of what is written; empty where there is none.
    pub rev: String,
    /// Today.
    pub today: String,
    /// What comments are about, and where they go.
    pub comments_at: (String, String),
    /// Its page.
    pub address: String,
    /// Where closing the panel leads; empty on its own page.
    pub close: String,
}

/// Its own page.
pub fn page(crumbs: &[(&str, &str)], it: &Requirement) -> Markup {
    html! {
        (lead(crumbs, &format!("{} {}", it.key.0, it.key.1), &it.place, &html! {}))
        div.sheet #panel data-live { (panel(it)) }
    }
}

/// The panel, or the body of its page.
pub fn panel(it: &Requirement) -> Markup {
    html! {
        div.one data-module="requirement" data-id=(it.key.0) {
            @if !it.close.is_empty() {
                div.panel-top {
                    p.small.soft { (it.place) }
                    span.row {
                        a href=(it.address) { "Whole page" }
                        a.button href=(it.close) data-close title="Close (Esc)" { "Close" }
                    }
                }
            }
            // On its own page the heading is the page's.
            h2 { @if it.close.is_empty() { "What is asked" } @else { span.mono { (it.key.0) } " " (it.key.1) } }
            @if it.text.is_empty() { p.soft { "The pack carries no text of it." } } @else { p { (it.text) } }
            @if !it.notice.is_empty() { p.small.soft { (it.notice) } }
            @if !it.not_applicable.is_empty() { p.note { "Does not apply: " (it.not_applicable) } }
            dl.figures {
                div { dt { "by the entity's word" } dd.big { (dash(&it.scores.0)) } }
                div { dt { "by the last word" } dd.big { (dash(&it.scores.1)) } }
            }
            @if let Some(why) = &it.why {
                details { summary { "Explain this number" } ul.told { (told(why, 0)) } }
            }
            (answer(it))
            div.about {
                (elements(it))
                (rest(it))
                (comments(it))
                (history(it))
            }
            @if !it.asked.is_empty() {
                details { summary { "Why it is asked" } ul { @for line in &it.asked { li { (line) } } } }
            }
        }
    }
}

pub(super) fn told(line: &Told, depth: usize) -> Markup {
    html! {
        li {
            @if line.because.is_empty() { (line.says) } @else {
                details open[depth < 1] { summary { (line.says) } ul { @for below in &line.because { (told(below, depth + 1)) } } }
            }
        }
    }
}

fn answer(it: &Requirement) -> Markup {
    html! {
        section aria-label="Levels" {
            form.levels method="post" data-requirement data-send=(it.send_to) data-side=(it.side) data-rev=(it.rev) data-today=(it.today) {
                @for level in &it.levels { (one_level(it, level)) }
                @if it.side == "entity" {
                    div.field { label for="panel-owner" { "Owner" }
                        select #panel-owner name="owner" data-was=(it.owner) {
                            option value="" { "nobody" }
                            @for (id, name) in &it.owners { option value=(id) selected[*id == it.owner] { (name) } }
                        }
                    }
                    div.field { label for="panel-comment" { "Comment" }
                        textarea #panel-comment name="comment" data-was=(it.comment) { (it.comment) }
                    }
                } @else if !it.comment.is_empty() { p { strong { "The entity says: " } (it.comment) } }
                @if it.side == "assessor" {
                    @let (tester, _, comment, complete) = it.tested.clone().unwrap_or_default();
                    div.field { label for="panel-tester" { "Tester" }
                        select #panel-tester name="tester" {
                            @for (id, name) in &it.testers { option value=(id) selected[*id == tester] { (name) } }
                        }
                    }
                    div.field { label for="panel-comment" { "Assessor's comment" }
                        textarea #panel-comment name="comment" data-was=(comment) { (comment) }
                    }
                    div.field { label { input type="checkbox" name="complete" checked[complete]; " finished with it" } }
                } @else if let Some((tester, day, comment, complete)) = &it.tested {
                    p { strong { "Assessor: " } "tested by " (tester) " on " time datetime=(day) { (day) } ", "
                        (state(if *complete { Tone::Good } else { Tone::Unknown }, if *complete { "finished" } else { "not finished" })) }
                    @if !comment.is_empty() { p { (comment) } }
                }
                @if !it.side.is_empty() { button.main type="submit" { "Save" } }
            }
        }
    }
}

const SCORES: [&str; 5] = ["0", "25", "50", "75", "100"];

fn one_level(it: &Requirement, level: &Level) -> Markup {
    let id = format!("panel-{}", level.word);
    let own = match it.side {
        "entity" => &level.given,
        "assessor" => &level.assessor,
        _ => "",
    };
    let other = (!own.is_empty() && !SCORES.contains(&own)).then_some(own);
    html! {
        fieldset data-level=(level.word) {
            legend { (level.word) }
            p.row { span { "entity " strong { (dash(&level.entity)) } } span { "assessor " strong { (dash(&level.assessor)) } } }
            @if !level.how.is_empty() { p.small { (level.how) } }
            @if !it.side.is_empty() {
                div.row {
                    label for=(id) { @if it.side == "entity" { "Score outright" } @else { "My score" } }
                    select id=(id) name="score" data-was=(own) {
                        option value="" { @if it.side == "entity" { "none" } @else { "agrees" } }
                        @for score in SCORES.into_iter().chain(other) { option value=(score) selected[score == own] { (score) } }
                    }
                }
                @if it.side == "entity" {
                    label.small for={ (id) "-why" } { "Rationale" }
                    textarea.short id={ (id) "-why" } name="because" data-was=(level.because) { (level.because) }
                }
            } @else if !level.because.is_empty() { p { (level.because) } }
            @if !level.evidence.is_empty() {
                ul.small { @for (name, title, at, href) in &level.evidence {
                    li { @if href.is_empty() { (title) } @else { a href=(href) { (title) } }
                        span.soft { " " (name) @if !at.is_empty() { ", " (at) } } }
                } }
            }
        }
    }
}

fn elements(it: &Requirement) -> Markup {
    html! {
        section aria-labelledby="panel-elements" {
            h3 #panel-elements { "Elements, as implemented" }
            @if it.elements.is_empty() { p.soft { "The pack carries no elements." } }
            ol.elements {
                @for element in &it.elements {
                    li value=(element.number) {
                        (state(element.stands.0, &element.stands.1)) " "
                        @if element.text.is_empty() { span.soft { "no text in this pack" } } @else { (element.text) }
                        @if !element.policies.is_empty() {
                            details { summary.small { (element.policies.len()) " policies speak for it" }
                                ul.small { @for (id, title) in &element.policies { li { span.mono { (id) } " " (title) } } } }
                        }
                    }
                }
            }
        }
    }
}

fn rest(it: &Requirement) -> Markup {
    html! {
        @if !it.inherited.is_empty() {
            section aria-labelledby="panel-inherited" {
                h3 #panel-inherited { "Inherited" }
                ul { @for (from, what) in &it.inherited { li { strong { (from) } " " (what) } } }
            }
        }
    }
}

fn comments(it: &Requirement) -> Markup {
    html! {
        section aria-labelledby="panel-comments" {
            h3 #panel-comments { "Comments" }
            @if it.comments.is_empty() { p.soft { "Nobody said anything yet." } }
            ol.talk { @for said in &it.comments {
                li { p.small.soft { (said.who) ", " time datetime=(said.at) { (said.at) } } p { (said.text) } }
            } }
            @if it.may_comment {
                form method="post" data-api={ "POST " (it.comments_at.1) } data-then="swap" {
                    input type="hidden" name="about" value=(it.comments_at.0);
                    div.field { label for="panel-say" { "Say something" } textarea.short #panel-say name="text" required { } }
                    button type="submit" { "Comment" }
                }
            }
        }
    }
}

fn history(it: &Requirement) -> Markup {
    html! {
        section aria-labelledby="panel-history" {
            h3 #panel-history { "History" }
            @if it.history.is_empty() { p.soft { "Nothing was written about it yet." } }
            ol.talk { @for change in &it.history {
                li {
                    p.small { (change.who) " wrote the " (change.of) ", " time.soft datetime=(change.at) { (change.at) } }
                    @if !change.what.is_empty() { ul.small { @for line in &change.what { li { (line) } } } }
                }
            } }
        }
    }
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

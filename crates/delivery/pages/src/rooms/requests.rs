//! What the assessor asks of the entity, and what became of it.

use maud::{Markup, html};

use crate::parts::{Rest, Tone, counted, empty, lead, rest, state};

/// A line of the list, and the head of one request.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// The id.
    pub id: String,
    /// One line.
    pub title: String,
    /// What it is about, in words.
    pub about: String,
    /// `asked`, `answered`, `accepted` or `returned`.
    pub state: String,
    /// Who answers; empty for nobody yet.
    pub owner: String,
    /// The day by which it is due; may be empty.
    pub due: String,
    /// Whether that day has passed and it waits for the entity.
    pub late: bool,
    /// When it changed.
    pub updated: String,
}

impl Line {
    fn tone(&self) -> Tone {
        match self.state.as_str() {
            "accepted" => Tone::Good,
            "returned" => Tone::Bad,
            "answered" => Tone::Plain,
            _ => Tone::Warn,
        }
    }
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// The organisation's id.
    pub org: String,
    /// The state that is looked for.
    pub state: String,
    /// Whether only the visitor's own are shown.
    pub mine: bool,
    /// Lines.
    pub lines: Vec<Line>,
    /// What is left out of them.
    pub rest: Rest,
    /// Assessments of which the visitor may ask something: id and name.
    pub may_ask: Vec<(String, String)>,
}

const STATES: [&str; 4] = ["asked", "answered", "returned", "accepted"];

/// The list.
pub fn list(it: &Requests) -> Markup {
    html! {
        (lead(&[], "Requests", "What the assessor asks for, who answers, and what became of the answer.", &html! {
            @if !it.may_ask.is_empty() { button.main type="button" data-opens="ask" { "Ask for something" } }
            @if !it.lines.is_empty() { button type="button" data-csv="requests-table" { "Take as CSV" } }
        }))
        form.filter method="get" action={ "/o/" (it.org) "/requests" } data-swap="list" data-instant role="search" aria-label="Find requests" {
            label { "State " select name="state" { option value="" { "any" } @for word in STATES { option value=(word) selected[word == it.state] { (word) } } } }
            label { input type="checkbox" name="mine" value="yes" checked[it.mine]; " Mine to answer" }
            noscript { button { "Find" } }
        }
        div #list data-live {
            (rest(&it.rest, "requests", false))
            @if it.lines.is_empty() {
                (empty("No request", "When an assessor asks for a document, a population or a sample, it stands here with its day, and the thread keeps what was said and given.", &html! {}))
            } @else {
                p.soft.small role="status" { (counted(it.lines.len(), "request", "requests")) }
                table #requests-table data-table {
                    caption.unseen { "Requests" }
                    thead { tr { th scope="col" { "What" } th scope="col" { "About" } th scope="col" { "Stands" } th scope="col" { "Answers" } th scope="col" { "Due" } th scope="col" { "Changed" } } }
                    tbody { @for line in &it.lines { tr {
                        td { a href={ "/o/" (it.org) "/requests/" (line.id) } { (line.title) } }
                        td.small { (line.about) }
                        td { (state(line.tone(), &line.state)) }
                        td { @if line.owner.is_empty() { span.soft { "nobody yet" } } @else { (line.owner) } }
                        td { (due(line)) }
                        td { time datetime=(line.updated) { (line.updated) } }
                    } } }
                }
            }
        }
        @if !it.may_ask.is_empty() {
            dialog #ask aria-labelledby="ask-title" {
                form method="post" data-api={ "POST /api/v1/organisations/" (it.org) "/requests" } data-then={ "go:/o/" (it.org) "/requests/{id}" } {
                    h2 #ask-title { "Ask for something" }
                    div.field { label for="ask-about" { "Assessment" } select id="ask-about" name="about" { @for (id, name) in &it.may_ask { option value=(id) { (name) } } } }
                    div.field { label for="ask-line" { "In one line" } input id="ask-line" name="title" required maxlength="200"; }
                    div.field { label for="ask-text" { "What exactly" } textarea id="ask-text" name="text" {} }
                    div.field { label for="ask-due" { "By" } input id="ask-due" name="due" type="date"; }
                    div.row { button.main { "Ask" } button type="button" data-closes { "Cancel" } }
                }
            }
        }
    }
}

fn due(line: &Line) -> Markup {
    html! {
        @if line.due.is_empty() { span.soft { "no day" } } @else { time datetime=(line.due) { (line.due) } }
        @if line.late { " " (state(Tone::Bad, "overdue")) }
    }
}

/// A turn of the thread.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// When.
    pub at: String,
    /// Who.
    pub by: String,
    /// What.
    pub what: String,
    /// What was said.
    pub text: String,
    /// Evidence that was named: id and title.
    pub evidence: Vec<(String, String)>,
}

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The organisation's id.
    pub org: String,
    /// Its head.
    pub line: Line,
    /// Its revision.
    pub rev: u64,
    /// What is asked.
    pub text: String,
    /// Who asks, and since when.
    pub asked: (String, String),
    /// The thread, oldest first.
    pub thread: Vec<Turn>,
    /// Whether the visitor may answer now.
    pub answers: bool,
    /// Whether the visitor may accept, and return.
    pub decides: (bool, bool),
    /// Whether the words may be changed.
    pub rewords: bool,
    /// People who could answer, for who may say so: account and name.
    pub people: Vec<(String, String)>,
    /// The account that answers.
    pub owner: String,
    /// What stands now, as JSON: who answers, and the words. The way back from a change of either.
    pub stood: (String, String),
    /// Evidence that an answer may name: id and title.
    pub evidence: Vec<(String, String)>,
    /// Whether there is more evidence than can be chosen from here.
    pub more_evidence: bool,
}

/// One request with its thread.
pub fn one(it: &Request) -> Markup {
    let api = format!("/api/v1/organisations/{}/requests/{}", it.org, it.line.id);
    let list = format!("/o/{}/requests", it.org);
    html! {
        (lead(&[("Requests", &list)], &it.line.title, &it.line.about, &html! {}))
        div.sheets #request data-live {
            section.sheet.wide aria-labelledby="asked" {
                h2 #asked { "What is asked" }
                p.row { (state(it.line.tone(), &it.line.state)) " due " (due(&it.line)) }
                @if it.text.is_empty() { p.soft { "Nothing more was said." } } @else { p.said { (it.text) } }
                p.soft.small { (it.asked.0) ", " time datetime=(it.asked.1) { (it.asked.1) } }
            }
            section.sheet.wide aria-labelledby="thread" {
                h2 #thread { "Thread" }
                @if it.thread.is_empty() { p.soft { "No answer yet." } }
                ol.thread { @for turn in &it.thread { (said(&it.org, turn)) } }
                @if it.answers { (answer(it, &api)) }
                @if it.decides.0 || it.decides.1 { (decision(it, &api)) }
            }
            @if !it.people.is_empty() {
                section.sheet aria-labelledby="who" {
                    h2 #who { "Who answers" }
                    form.row method="post" data-api={ "PATCH " (api) } data-etag=(it.rev) data-then="reload:It is said who answers."
                        data-undo={ "PATCH " (api) } data-undo-body=(it.stood.0) {
                        label { "Answers " select name="owner" data-keep {
                            option value="" { "nobody yet" }
                            @for (id, name) in &it.people { option value=(id) selected[*id == it.owner] { (name) } }
                        } }
                        button { "Say so" }
                    }
                }
            }
            @if it.rewords {
                section.sheet aria-labelledby="reword" {
                    h2 #reword { "Reword it" }
                    form method="post" data-api={ "PATCH " (api) } data-etag=(it.rev) data-then="reload:It is reworded."
                        data-undo={ "PATCH " (api) } data-undo-body=(it.stood.1) {
                        div.field { label for="new-title" { "In one line" } input id="new-title" name="title" value=(it.line.title) required maxlength="200"; }
                        div.field { label for="new-text" { "What exactly" } textarea id="new-text" name="text" data-keep { (it.text) } }
                        div.field { label for="new-due" { "By" } input id="new-due" name="due" type="date" value=(it.line.due) data-keep; }
                        button { "Change it" }
                    }
                }
            }
        }
    }
}

fn said(org: &str, turn: &Turn) -> Markup {
    let tone = match turn.what.as_str() {
        "accepted" => Tone::Good,
        "returned" => Tone::Bad,
        _ => Tone::Plain,
    };
    html! {
        li {
            p.row { strong { (turn.by) } (state(tone, &turn.what)) time.soft.small datetime=(turn.at) { (turn.at) } }
            @if turn.what == "reworded" { p.soft.small { "It said before:" } }
            @if !turn.text.is_empty() { p.said { (turn.text) } }
            @if !turn.evidence.is_empty() {
                ul { @for (id, title) in &turn.evidence { li { a href={ "/o/" (org) "/evidence/" (id) } { (title) } } } }
            }
        }
    }
}

fn answer(it: &Request, api: &str) -> Markup {
    html! {
        form method="post" data-api={ "POST " (api) "/answers" } data-etag=(it.rev) data-then="reload" {
            div.field { label for="answer" { "Answer" } textarea id="answer" name="text" required {} }
            @if !it.evidence.is_empty() {
                details { summary { "Evidence that shows it" }
                    fieldset.choices { legend.unseen { "Evidence that shows it" }
                        @for (id, title) in &it.evidence { label { input type="checkbox" name="evidence" value=(id); " " (title) } }
                    }
                    @if it.more_evidence { p.soft.small { "These are the first " (it.evidence.len()) " that came; later evidence is in the " a href={ "/o/" (it.org) "/evidence" } { "library" } "." } }
                }
            }
            button.main { "Answer" }
        }
    }
}

fn decision(it: &Request, api: &str) -> Markup {
    html! {
        div.row {
            @if it.decides.0 {
                form method="post" data-api={ "POST " (api) "/decisions" } data-etag=(it.rev) data-then="reload" {
                    input type="hidden" name="decision" value="accepted";
                    button.main { "Accept the answer" }
                }
            }
            @if it.decides.1 {
                form.row method="post" data-api={ "POST " (api) "/decisions" } data-etag=(it.rev) data-then="reload" {
                    input type="hidden" name="decision" value="returned";
                    label { "What is missing " input name="text" required; }
                    button { "Return it" }
                }
            }
        }
    }
}

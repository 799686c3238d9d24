//! Rooms of those who keep the house: people, tokens, the audit trail, jobs, webhooks.

use maud::{Markup, html};

use crate::parts::{Rest, Tone, empty, lead, rest, state};

/// What stands in a cell.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Words of less weight.
    Soft(String),
    /// Words that lead somewhere.
    Link(String, String),
    /// A moment.
    Time(String),
    /// How something stands.
    State(Tone, String),
    /// What can be done.
    Acts(Vec<Act>),
}

/// A button that speaks to the API.
#[derive(Debug, Clone)]
pub struct Act {
    /// What is written on it.
    pub label: &'static str,
    /// With what: for those who do not see the line.
    pub what: String,
    /// `DELETE /api/v1/…`.
    pub api: String,
    /// The revision that was read.
    pub etag: Option<u64>,
    /// A field that is sent along, and its value.
    pub with: Option<(&'static str, &'static str)>,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Its id, by which it is taken along.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it says when there is nothing: a title, and how something gets here.
    pub teach: (&'static str, &'static str),
    /// Headings; one for what can be done is empty.
    pub heads: Vec<&'static str>,
    /// Lines.
    pub rows: Vec<Vec<Cell>>,
    /// What is left out of them.
    pub rest: Rest,
    /// What they are called in it.
    pub many: &'static str,
}

pub(crate) fn table(it: &Table) -> Markup {
    html! {
        div id={ (it.id) "-live" } data-live {
            (rest(&it.rest, it.many, true))
            @if it.rows.is_empty() { (empty(it.teach.0, it.teach.1, &html! {})) } @else {
                div.scroll tabindex="0" role="region" aria-label=(it.title) {
                    table id=(it.id) data-table {
                        caption { (it.title) }
                        thead { tr { @for head in &it.heads {
                            @if head.is_empty() { th scope="col" data-plain { span.unseen { "What can be done" } } } @else { th scope="col" { (head) } }
                        } } }
                        tbody { @for row in &it.rows { tr { @for one in row { td { (cell(one)) } } } } }
                    }
                }
                p { button.quiet type="button" data-csv=(it.id) { "Take as CSV" } }
            }
        }
    }
}

fn cell(it: &Cell) -> Markup {
    html! {
        @match it {
            Cell::Text(text) => (text),
            Cell::Soft(text) => span.soft.small { (text) },
            Cell::Link(text, to) => a href=(to) { (text) },
            Cell::Time(at) => time datetime=(at) { (at) },
            Cell::State(tone, word) => (state(*tone, word)),
            Cell::Acts(acts) => div.row { @for act in acts {
                form method="post" data-api=(act.api) data-etag=[act.etag] data-then="reload" {
                    @if let Some((name, value)) = act.with { input type="hidden" name=(name) value=(value); }
                    button.quiet aria-label={ (act.label) ": " (act.what) } { (act.label) }
                }
            } },
        }
    }
}

pub(crate) fn choices(name: &str, id: &str, words: &[String], chosen: &str) -> Markup {
    html! { select id=(id) name=(name) { @for word in words { option value=(word) selected[word == chosen] { (word.replace('-', " ")) } } } }
}

/// Where a secret is shown this once.
fn once(words: &str) -> Markup {
    html! { div.secret hidden role="status" { p { (words) } div.row { code.command {} button type="button" { "Copy" } } } }
}

/// People and invitations.
pub fn people(
    org: &str,
    people: &Table,
    invitations: Option<&Table>,
    roles: &[String],
    assessments: &[(String, String)],
) -> Markup {
    html! {
        (lead(&[], "People", "Who is here, as what, and who was invited.", &html! {}))
        (table(people))
        @if !roles.is_empty() {
            form.sheet.fill data-module="secret" data-then="stay" method="post" data-api={ "POST /api/v1/organisations/" (org) "/invitations" } {
                h2 { "Invite somebody" }
                (once("Send them this link by a way that you trust. It is shown this once and works once."))
                div.fields {
                    label { "Their address " input name="email" type="email" required; }
                    label for="invite-role" { "As what " (choices("position.role", "invite-role", roles, "")) }
                    label { "Until (guests of an assessor firm need it) " input name="position.until" type="date" data-type="moment"; }
                    @if !assessments.is_empty() {
                        fieldset.choices { legend { "Only these assessments (none chosen is all)" }
                            @for (id, name) in assessments { label { input type="checkbox" name="position.assessments" value=(id); " " (name) } }
                        }
                    }
                }
                button.main { "Make the link" }
            }
        }
        @if let Some(invitations) = invitations { (table(invitations)) }
    }
}

/// Tokens.
pub fn tokens(org: &str, tokens: &Table, scopes: &[String], may_make: bool) -> Markup {
    html! {
        (lead(&[], "Tokens", "Programs come in with a token. It may do less than you, never more.", &html! {}))
        (table(tokens))
        @if may_make {
            form.sheet.fill data-module="secret" data-then="stay" method="post" data-api={ "POST /api/v1/organisations/" (org) "/tokens" } {
                h2 { "Make a token" }
                (once("Keep it where the program finds it. It is shown this once."))
                div.fields {
                    label { "What it is for " input name="name" required maxlength="100"; }
                    label { "Holds for days " input name="days" type="number" min="1" max="366" value="90" data-type="number" required; }
                    fieldset.choices { legend { "What it may do at most" }
                        @for scope in scopes { label { input type="checkbox" name="scopes" value=(scope); " " (scope) } }
                    }
                }
                button.main { "Make it" }
            }
        }
    }
}

/// The audit trail.
pub fn trail(org: &str, filter: &[(&str, &str, &str)], events: &Table, next: &str) -> Markup {
    html! {
        (lead(&[], "Audit trail", "What happened, newest first. Each line is a leaf of the ledger: nobody can change it without being seen.", &html! {}))
        form.filter method="get" action={ "/o/" (org) "/trail" } data-swap="events-live next" data-instant role="search" aria-label="Find events" {
            @for (name, label, value) in filter { label { (label) " " input name=(name) value=(value); } }
            noscript { button { "Find" } }
        }
        (table(events))
        p #next { @if !next.is_empty() { a href=(next) { "Go on" } } }
    }
}

/// Jobs.
pub fn jobs(org: &str, states: &[&str], chosen: &str, jobs: &Table) -> Markup {
    html! {
        (lead(&[], "Jobs", "What the server does later. What failed too often is dead, and waits here for somebody.", &html! {}))
        form.filter method="get" action={ "/o/" (org) "/jobs" } data-swap="jobs-live" data-instant aria-label="Which jobs" {
            label { "State " select name="state" { option value="" { "every" } @for word in states { option value=(word) selected[*word == chosen] { (word) } } } }
            noscript { button { "Find" } }
        }
        (table(jobs))
    }
}

/// Webhooks.
pub fn webhooks(org: &str, hooks: &Table, may_make: bool) -> Markup {
    html! {
        (lead(&[], "Webhooks", "Somebody elsewhere who is told what happens, signed so that they can tell it is us.", &html! {}))
        (table(hooks))
        @if may_make {
            form.sheet.fill data-module="secret" data-then="stay" method="post" data-api={ "POST /api/v1/organisations/" (org) "/webhooks" } {
                h2 { "Tell somebody" }
                (once("With this its receiver checks the signatures. It is shown this once."))
                div.fields {
                    label { "Where " input name="url" type="url" required placeholder="https://example.org/hook"; }
                    label { "Events that begin so (none is all) " input name="events" data-type="list" placeholder="task., request."; }
                }
                button.main { "Make it" }
            }
        }
    }
}

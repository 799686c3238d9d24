//! What is to be done, by its day.

use maud::{Markup, html};

use crate::parts::{Rest, Tone, counted, empty, lead, rest, state};

/// A task.
#[derive(Debug, Clone, Default)]
pub struct Task {
    /// The id and revision.
    pub id: (String, u64),
    /// One line.
    pub title: String,
    /// More of it.
    pub text: String,
    /// What it is about, in words, and where that is; both may be empty.
    pub about: (String, String),
    /// `open`, `in-progress`, `done` or `dropped`.
    pub state: String,
    /// Who does it; empty for nobody.
    pub owner: String,
    /// The day by which it is due; may be empty.
    pub due: String,
    /// Whether that day has passed and it is not over.
    pub late: bool,
    /// Where it may go: the state's word and what a button says.
    pub moves: Vec<(&'static str, &'static str)>,
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    /// The organisation's id.
    pub org: String,
    /// Whether everybody's are shown.
    pub everybody: bool,
    /// Whether those that are over are shown.
    pub over: bool,
    /// They.
    pub tasks: Vec<Task>,
    /// What is left out of them.
    pub rest: Rest,
    /// Whether the visitor may make one.
    pub may_add: bool,
    /// The visitor's account.
    pub me: String,
    /// People to whom the visitor may give one: account and name.
    pub people: Vec<(String, String)>,
    /// What a new one is about.
    pub about: String,
}

/// The list.
pub fn list(it: &Tasks) -> Markup {
    html! {
        (lead(&[], "Tasks", "What is to be done, soonest first.", &html! {
            @if it.may_add { button.main type="button" data-opens="new-task" { "New task" } }
            @if !it.tasks.is_empty() { button type="button" data-csv="tasks-table" { "Take as CSV" } }
        }))
        form.filter method="get" action={ "/o/" (it.org) "/tasks" } data-swap="list" data-instant role="search" aria-label="Find tasks" {
            label { "Whose " select name="whose" { option value="" { "mine" } option value="all" selected[it.everybody] { "everybody's" } } }
            label { input type="checkbox" name="over" value="yes" checked[it.over]; " Also what is over" }
            noscript { button { "Find" } }
        }
        div #list data-live {
            (rest(&it.rest, "tasks", true))
            @if it.tasks.is_empty() {
                (empty("Nothing to do", "Tasks are small promises with a day: answer a requirement, bring a policy, mend a finding. Make one for yourself or give it to somebody.", &html! {}))
            } @else {
                p.soft.small role="status" { (counted(it.tasks.len(), "task", "tasks")) }
                table #tasks-table data-table {
                    caption.unseen { "Tasks" }
                    thead { tr { th scope="col" { "Due" } th scope="col" { "What" } th scope="col" { "Whose" } th scope="col" { "Stands" } th scope="col" data-plain { "Next" } } }
                    tbody { @for task in &it.tasks { (row(it, task)) } }
                }
            }
        }
        @if it.may_add { (new(it)) }
    }
}

fn row(it: &Tasks, task: &Task) -> Markup {
    let (tone, word) = match (task.late, task.state.as_str()) {
        (true, _) => (Tone::Bad, "overdue"),
        (_, "done") => (Tone::Good, "done"),
        (_, "in-progress") => (Tone::Warn, "in progress"),
        (_, other) => (Tone::Plain, other),
    };
    html! {
        tr {
            td data-value=[task.due.is_empty().then_some("9999")] { @if task.due.is_empty() { span.soft { "no day" } } @else { time datetime=(task.due) { (task.due) } } }
            td { strong { (task.title) }
                @if !task.text.is_empty() { br; span.small { (task.text) } }
                @if !task.about.0.is_empty() { br; span.soft.small { "about " @if task.about.1.is_empty() { (task.about.0) } @else { a href=(task.about.1) { (task.about.0) } } } }
            }
            td { @if task.owner.is_empty() { span.soft { "nobody" } } @else { (task.owner) } }
            td { (state(tone, word)) }
            td { div.row { @for (to, label) in &task.moves {
                @let api = format!("PATCH /api/v1/organisations/{}/tasks/{}", it.org, task.id.0);
                @let back = if *to == "done" || *to == "dropped" { "open" } else { task.state.as_str() };
                form method="post" data-api=(api) data-etag=(task.id.1) data-then={ "swap;toast:" (label) ": " (task.title) } data-undo=(api) data-undo-body={ "{\"state\":\"" (back) "\"}" } {
                    input type="hidden" name="state" value=(to);
                    button.quiet aria-label={ (label) ": " (task.title) } { (label) }
                }
            } } }
        }
    }
}

fn new(it: &Tasks) -> Markup {
    html! {
        dialog #new-task aria-labelledby="new-task-title" {
            form method="post" data-api={ "POST /api/v1/organisations/" (it.org) "/tasks" } data-then="swap;toast:The task is there." {
                h2 #new-task-title { "New task" }
                div.field { label for="task-line" { "In one line" } input id="task-line" name="title" required maxlength="200"; }
                div.field { label for="task-text" { "More of it" } textarea id="task-text" name="text" {} }
                div.field { label for="task-owner" { "Whose" } select id="task-owner" name="owner" {
                    option value=(it.me) { "mine" }
                    @for (id, name) in it.people.iter().filter(|(id, _)| *id != it.me) { option value=(id) { (name) } }
                } }
                div.field { label for="task-due" { "By" } input id="task-due" name="due" type="date"; }
                div.field { label for="task-about" { "About" } input id="task-about" name="about" value=(it.about) aria-describedby="task-about-hint";
                    p.hint #task-about-hint { "An assessment's id, or something of one: asm_…/requirements/ATT-01-01. May be empty." } }
                div.row { button.main { "Make it" } button type="button" data-closes { "Cancel" } }
            }
        }
    }
}

//! The grid of an assessment's requirements: both sides' scores next to each other.

use maud::{Markup, html};

use crate::parts::{Tone, counted, lead, state};

/// One requirement. The browser draws the same from the compact rows.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its domain.
    pub domain: String,
    /// By level, as the entity says.
    pub entity: Vec<String>,
    /// By level, as the assessor says.
    pub assessor: Vec<String>,
    /// By the entity's word.
    pub score: String,
    /// By the last word.
    pub last: String,
    /// The band of the last word.
    pub band: String,
    /// Who answers for it.
    pub owner: String,
    /// How far the answer is: tone and word.
    pub stands: Option<(Tone, String)>,
    /// What falls short: tone and word.
    pub gap: Option<(Tone, String)>,
}

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// The organisation's name and address.
    pub organisation: (String, String),
    /// The assessment's name and address.
    pub assessment: (String, String),
    /// Where the compact rows come from.
    pub rows_at: String,
    /// Where changes go.
    pub send_to: String,
    /// `entity`, `assessor`, or empty for somebody who only reads.
    pub side: &'static str,
    /// Why nothing can be changed; empty where it can.
    pub held: String,
    /// Under which name the browser keeps what was not sent yet.
    pub keep_as: String,
    /// Today.
    pub today: String,
    /// The levels that are scored.
    pub levels: Vec<&'static str>,
    /// Domains: number and title.
    pub domains: Vec<(u8, String)>,
    /// What people are called, by id, as JSON.
    pub people: String,
    /// The entity's people: id and name.
    pub owners: Vec<(String, String)>,
    /// The assessor's people: id and name.
    pub testers: Vec<(String, String)>,
    /// What was filtered by: domain, text, state, owner, gaps.
    pub sieve: [String; 5],
    /// So many are asked, and so many are among those that were wanted.
    pub counts: (usize, usize),
    /// The first of them.
    pub rows: Vec<Row>,
    /// The requirement that is open beside the grid.
    pub panel: Option<Markup>,
}

const STATES: [(&str, &str); 7] = [
    ("", "any state"),
    ("open", "not answered"),
    ("half", "half answered"),
    ("answered", "answered"),
    ("not-applicable", "not applicable"),
    ("differs", "assessor differs"),
    ("untested", "not yet tested"),
];
const VIEWS: [(&str, &str); 6] = [
    ("", "All"),
    ("state=open", "Not answered"),
    ("state=half", "Half answered"),
    ("gaps=any", "Gaps"),
    ("gaps=cap", "Plan required"),
    ("state=differs", "Assessor differs"),
];

/// The grid.
pub fn page(grid: &Grid) -> Markup {
    let here = format!("{}/requirements", grid.assessment.1);
    html! {
        (lead(
            &[(&grid.organisation.0, &grid.organisation.1), (&grid.assessment.0, &grid.assessment.1)],
            "Requirements",
            "",
            &html! {
                button type="button" data-grid="columns" { "Columns" }
                button type="button" data-grid="export" { "CSV" }
                button type="button" data-grid="keys" { "Keys" }
            },
        ))
        @if !grid.held.is_empty() { p.note { (grid.held) } }
        div.work {
            section.left aria-label="Requirements and their scores" {
                (views(&here))
                (filters(grid, &here))
                (toolbar(grid))
                p #counts.soft.small data-live role="status" { (said(grid.counts)) }
                (table(grid, &here))
            }
            aside #panel.panel data-live aria-label="The requirement that is open" hidden[grid.panel.is_none()] {
                @if let Some(panel) = &grid.panel { (panel) }
            }
        }
    }
}

fn said((all, wanted): (usize, usize)) -> String {
    if all == wanted {
        counted(all, "requirement", "requirements")
    } else {
        format!("{wanted} of {}", counted(all, "requirement", "requirements"))
    }
}

fn views(here: &str) -> Markup {
    html! {
        nav.tabs aria-label="Views" data-grid="views" {
            @for (query, name) in VIEWS {
                a href=(if query.is_empty() { here.to_owned() } else { format!("{here}?{query}") }) data-view=(query) { (name) }
            }
        }
    }
}

fn filters(grid: &Grid, here: &str) -> Markup {
    let [domain, text, stands, owner, gaps] = &grid.sieve;
    html! {
        form.row.filters method="get" action=(here) data-grid="filters" role="search" {
            input type="search" name="text" value=(text) placeholder="Id, title or reference" aria-label="Text" data-find;
            select name="domain" aria-label="Domain" {
                option value="" { "every domain" }
                @for (number, title) in &grid.domains {
                    option value=(number) selected[*domain == number.to_string()] { (number) " " (title) }
                }
            }
            select name="state" aria-label="State" {
                @for (word, label) in STATES { option value=(word) selected[stands == word] { (label) } }
            }
            select name="owner" aria-label="Owner" {
                option value="" { "any owner" }
                option value="-" selected[owner == "-"] { "nobody" }
                @for (id, name) in &grid.owners { option value=(id) selected[owner == id] { (name) } }
            }
            select name="gaps" aria-label="Gaps" {
                option value="" { "with or without gap" }
                option value="any" selected[gaps == "any"] { "any gap" }
                option value="cap" selected[gaps == "cap"] { "plan required" }
            }
            button type="submit" data-grid="filter" { "Filter" }
            button.quiet type="button" data-grid="keep" { "Keep this view" }
        }
    }
}

fn toolbar(grid: &Grid) -> Markup {
    html! {
        div.row.chosen data-grid="chosen" hidden {
            strong data-grid="how-many" { }
            @if !grid.side.is_empty() {
                select aria-label="Level to set" data-grid="bulk-level" {
                    @for level in &grid.levels { option value=(level) { (level) } }
                }
                select aria-label="Score to set" data-grid="bulk-score" {
                    @for score in ["0", "25", "50", "75", "100"] { option value=(score) { (score) } }
                    option value="" { "nothing" }
                }
                button.main type="button" data-grid="bulk-set" { "Set" }
                @if grid.side == "entity" && !grid.owners.is_empty() {
                    select aria-label="Owner to set" data-grid="bulk-owner" {
                        @for (id, name) in &grid.owners { option value=(id) { (name) } }
                    }
                    button type="button" data-grid="bulk-own" { "Set owner" }
                }
            }
            button.quiet type="button" data-grid="choose-none" { "Choose none" }
        }
        div.row {
            @if grid.side == "assessor" {
                label.row { "Results are recorded for "
                    select data-grid="tester" {
                        @for (id, name) in &grid.testers { option value=(id) { (name) } }
                    }
                }
            }
            span.small data-grid="sending" role="status" { }
            button.small type="button" data-grid="again" hidden { "Try now" }
        }
    }
}

/// Columns beside the levels: word, heading, what it says.
const FIRST: [(&str, &str, &str); 3] =
    [("id", "Requirement", ""), ("title", "Title", ""), ("domain", "Dom", "Assessment domain")];
const REST: [(&str, &str, &str); 6] = [
    ("score", "Score", "By the entity's word"),
    ("last", "Last", "By the last word: the assessor's where there is one"),
    ("band", "Band", "PRISMA band of the last word"),
    ("owner", "Owner", ""),
    ("state", "State", ""),
    ("gap", "Gap", "What falls short, and the plan for it"),
];

fn table(grid: &Grid, here: &str) -> Markup {
    html! {
        div.grid-scroll #grid data-module="grid" data-rows=(grid.rows_at) data-send=(grid.send_to) data-side=(grid.side)
            data-keep=(grid.keep_as) data-today=(grid.today) data-levels=(grid.levels.join(" ")) data-here=(here)
            data-people=(grid.people) {
            table.grid role="grid" aria-label="Requirements" aria-rowcount=(grid.counts.1 + 2) aria-multiselectable="true"
                aria-readonly=[grid.side.is_empty().then_some("true")] {
                colgroup {
                    @for (word, ..) in FIRST { col class={ "c-" (word) }; }
                    @for level in &grid.levels { col class={ "c-" (level) }; col class={ "c-" (level) }; }
                    @for (word, ..) in REST { col class={ "c-" (word) }; }
                }
                thead {
                    tr aria-rowindex="1" {
                        @for (word, label, title) in FIRST { th scope="col" rowspan="2" class={ "c-" (word) } title=[Some(title).filter(|t| !t.is_empty())] { (label) } }
                        @for level in &grid.levels { th.level scope="colgroup" colspan="2" class={ "c-" (level) } { (level) } }
                        @for (word, label, title) in REST { th scope="col" rowspan="2" class={ "c-" (word) } title=[Some(title).filter(|t| !t.is_empty())] { (label) } }
                    }
                    tr aria-rowindex="2" {
                        @for level in &grid.levels {
                            th.n scope="col" class={ "c-" (level) } title={ (level) ", the entity" } { "ent" }
                            th.n scope="col" class={ "c-" (level) } title={ (level) ", the assessor" } { "ass" }
                        }
                    }
                }
                tbody {
                    @for (at, row) in grid.rows.iter().enumerate() { (line(grid, row, at, here)) }
                }
            }
            @if grid.counts.1 == 0 { p.empty { "No requirement is like that. Take a filter away." } }
        }
    }
}

fn line(grid: &Grid, row: &Row, at: usize, here: &str) -> Markup {
    let worded = |said: &Option<(Tone, String)>| html! { @if let Some((tone, word)) = said { (state(*tone, word)) } };
    html! {
        tr aria-rowindex=(at + 3) aria-selected="false" data-id=(row.id) {
            th.c-id scope="row" { a href={ (here) "?open=" (row.id) } tabindex="-1" { (row.id) } }
            td.c-title { (row.title) }
            td.n.c-domain { (row.domain) }
            @for ((level, entity), assessor) in grid.levels.iter().zip(&row.entity).zip(&row.assessor) {
                td.n.ent class={ "c-" (level) } { (dash(entity)) }
                td.n.ass class={ "c-" (level) } { (dash(assessor)) }
            }
            td.n.c-score { (dash(&row.score)) }
            td.n.c-last { (dash(&row.last)) }
            td.c-band { (row.band) }
            td.c-owner { (row.owner) }
            td.c-state { (worded(&row.stands)) }
            td.c-gap { (worded(&row.gap)) }
        }
    }
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

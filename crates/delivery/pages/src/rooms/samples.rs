//! Populations, samples drawn from them, and what was found on each item.

use maud::{Markup, html};

use super::assessor::{Place, tabs};
use crate::parts::{Tone, counted, empty, lead, state};

/// A sample in the list.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// The control that is tested.
    pub control: String,
    /// Requirements.
    pub requirements: Vec<String>,
    /// How many things there are, and how many were drawn.
    pub sizes: (u32, String),
    /// How it stands.
    pub stands: Option<(Tone, String)>,
    /// What it says.
    pub says: String,
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// The organisation's and the assessment's id.
    pub place: Place,
    /// What the assessment is.
    pub what: String,
    /// Samples.
    pub rows: Vec<Row>,
    /// Whether who looks may freeze a population.
    pub may_begin: bool,
    /// Why nothing can be changed now.
    pub held: String,
    /// How often a control can work, in words.
    pub frequencies: Vec<String>,
}

/// The list.
pub fn list(it: &List) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Samples", &it.what, &html! {
            @if it.may_begin { button.main type="button" data-opens="freeze" { "Freeze a population" } }
            @if !it.rows.is_empty() { button type="button" data-csv="samples-table" { "Take as CSV" } }
        }))
        (tabs(&it.place, "samples"))
        @if !it.held.is_empty() { p.note { (it.held) } }
        div #samples data-live {
            @if it.rows.is_empty() {
                (empty("No sample yet", "Freeze a population (a list of everything that happened, or of everything there is), say what is true of an item that passes, and draw. The draw repeats from its seed, so anybody can check it.", &html! {}))
            } @else {
                table #samples-table data-table {
                    caption.unseen { "Samples" }
                    thead { tr { th scope="col" { "Sample" } th scope="col" { "Control" } th scope="col" { "Requirements" } th.n scope="col" { "Population" } th.n scope="col" { "Drawn" } th scope="col" { "Stands" } } }
                    tbody { @for row in &it.rows { tr {
                        td { a href={ (base) "/samples/" (row.id) } { (row.id) } } td { (row.control) } td.small { (row.requirements.join(", ")) }
                        td.n { (row.sizes.0) } td.n { (row.sizes.1) }
                        td { @if let Some((tone, word)) = &row.stands { (state(*tone, word)) } br; span.small { (row.says) } }
                    } } }
                }
            }
        }
        @if it.may_begin { (freeze(it)) }
    }
}

fn freeze(it: &List) -> Markup {
    let api = format!("/api/v1/organisations/{}/assessments/{}/samples", it.place.0, it.place.1);
    let go = format!("go:/o/{}/a/{}/samples/{{id}}", it.place.0, it.place.1);
    html! {
        dialog #freeze aria-labelledby="freeze-title" {
            form method="post" data-api={ "POST " (api) } data-etag="0" data-then=(go) {
                h2 #freeze-title { "Freeze a population" }
                div.row {
                    label { "Short id " input id="freeze-id" name="id" required pattern="[a-z0-9][a-z0-9\\-]*" maxlength="60" placeholder="leavers"; }
                    label { "The control works " select name="frequency" { @for word in &it.frequencies { option value=(word) selected[word == "each"] { (word) } } } }
                }
                div.field { label for="freeze-control" { "The control, in a sentence" } input id="freeze-control" name="control" required maxlength="500"; }
                div.field { label for="freeze-requirements" { "Requirements" } input id="freeze-requirements" name="requirements" data-type="list" required placeholder="ATT-11-01"; }
                div.field data-module="population" { label for="freeze-population" { "The population: CSV with a heading, ids in the first column" }
                    textarea id="freeze-population" name="population" required spellcheck="false" {}
                    label.button { "From a file" input.unseen type="file" accept=".csv,text/csv"; } }
                div.field { label for="freeze-source" { "System and query" } input id="freeze-source" name="source" required maxlength="500"; }
                div.row { label { "From " input name="from" type="date"; } label { "to " input name="to" type="date"; } span.soft.small { "neither: what is there today" } }
                div.field { label for="freeze-completeness" { "How it was checked that nothing is missing" } input id="freeze-completeness" name="completeness" required maxlength="500"; }
                div.field { label for="freeze-reveals" { "Why the source can show a failure" } input id="freeze-reveals" name="reveals_failures" required maxlength="500"; }
                fieldset.rowed data-module="rows" data-first {
                    legend { "What is true of an item that passes" }
                    input type="hidden" name="attributes" data-type="json" value="[]";
                    div.entries {}
                    template { div.row.entry {
                        label { "Attribute " input data-name="text" maxlength="500"; }
                        label { "covers elements " input data-name="elements" data-kind="numbers" placeholder="1, 2"; }
                        button.quiet type="button" data-less { "Remove" }
                    } }
                    button type="button" data-more { "Another attribute" }
                }
                div.row { button.main { "Freeze it" } button type="button" data-closes { "Cancel" } }
            }
        }
    }
}

/// What was found on one attribute of an item.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Whether it holds; none where nothing was found yet.
    pub holds: Option<bool>,
    /// What was found instead.
    pub deviation: String,
    /// By whom, when.
    pub by: String,
}

/// A sample.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The organisation's and the assessment's id.
    pub place: Place,
    /// It.
    pub row: Row,
    /// The revision of its document.
    pub rev: u64,
    /// Facts about its population.
    pub facts: Vec<(&'static str, String)>,
    /// Attributes: number, text, elements.
    pub attributes: Vec<(u8, String, String)>,
    /// The seed; empty before the draw.
    pub seed: String,
    /// The rule of the size, and how sure it is.
    pub size: Option<(String, String)>,
    /// Items with what was found by attribute.
    pub items: Vec<(String, Vec<Found>)>,
    /// Whether who looks may draw, replace and record.
    pub may_test: bool,
    /// Why nothing can be changed now.
    pub held: String,
}

/// A sample.
pub fn sample(it: &Sample) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    let api = format!("/api/v1/organisations/{}/assessments/{}/samples/{}", it.place.0, it.place.1, it.row.id);
    html! {
        (lead(&[("Samples", &format!("{base}/samples"))], &it.row.id, &it.row.control, &html! {
            @if !it.seed.is_empty() {
                a.button href={ (api) "/lead-sheet" } download={ (it.row.id) ".md" } { "Lead sheet" }
                a.button href={ (api) "/lead-sheet?format=csv" } download={ (it.row.id) ".csv" } { "Lead sheet as CSV" }
            }
        }))
        (tabs(&it.place, "samples"))
        @if !it.held.is_empty() { p.note { (it.held) } }
        div #sample data-live {
            p.row role="status" { @if let Some((tone, word)) = &it.row.stands { (state(*tone, word)) } span { (it.row.says) } }
            section.sheet aria-labelledby="population" {
                h2 #population { "Population and draw" }
                dl.pairs {
                    @for (name, value) in &it.facts { dt { (name) } dd { (value) } }
                    dt { "Requirements" } dd { @for id in &it.row.requirements { a href={ (base) "/requirements?open=" (id) } { (id) } " " } }
                    @if let Some((rule, sure)) = &it.size { dt { "Size by" } dd { (rule) " " (state(if sure == "verified" { Tone::Good } else { Tone::Unknown }, sure)) } }
                    @if !it.seed.is_empty() { dt { "Seed" } dd { code { (it.seed) } } }
                }
                @if it.seed.is_empty() && it.may_test {
                    form.row method="post" data-api={ "POST " (api) "/draw" } data-etag=(it.rev) data-then="reload" {
                        label { "Seed, chosen now " input id="draw-seed" name="seed" required maxlength="200" placeholder="any text, such as day and hour"; }
                        label { "More items than the table says " input name="size" type="number" min="1" data-type="number"; }
                        button.main { "Draw" }
                    }
                }
            }
            @if !it.items.is_empty() {
                div.scroll tabindex="0" role="region" aria-label="Items" {
                    table #items-table data-table {
                        caption { "Items drawn, and what was found" }
                        thead { tr { th scope="col" { "Item" } @for (n, text, elements) in &it.attributes { th scope="col" { (n) ". " (text) br; span.soft.small { "elements " (elements) } } } } }
                        tbody { @for (item, found) in &it.items { tr {
                            th scope="row" { (item) }
                            @for one in found { td {
                                @match one.holds {
                                    Some(true) => (state(Tone::Good, "holds")),
                                    Some(false) => { (state(Tone::Bad, "deviates")) br; span.small { (one.deviation) } },
                                    None => (state(Tone::Unknown, "not looked at")),
                                }
                                @if !one.by.is_empty() { br; span.soft.small { (one.by) } }
                            } }
                        } } }
                    }
                }
                @if it.may_test { (record(it, &api)) }
            }
        }
    }
}

fn record(it: &Sample, api: &str) -> Markup {
    let open = it.items.iter().filter(|(_, found)| found.iter().any(|f| f.holds.is_none())).count();
    // What is open comes first, so that one finding after another can be told.
    let mut items: Vec<&(String, Vec<Found>)> = it.items.iter().collect();
    items.sort_by_key(|(_, found)| !found.iter().any(|f| f.holds.is_none()));
    html! {
        div.sheets {
            form.sheet method="post" data-api={ "POST " (api) "/findings" } data-etag=(it.rev) data-then="reload" {
                h2 { "Tell what was found" }
                p.soft.small { (counted(open, "item is open", "items are open")) }
                div.row {
                    label { "Item " select id="finding-item" name="item" { @for (item, _) in &items { option value=(item) { (item) } } } }
                    label { "Attribute " select name="attribute" data-type="number" { @for (n, text, _) in &it.attributes { option value=(n) { (n) ". " (text) } } } }
                }
                fieldset.choices { legend { "It" }
                    label { input type="radio" name="holds" value="true" data-type="json" checked; " holds" }
                    label { input type="radio" name="holds" value="false" data-type="json"; " deviates:" }
                    label { "Deviation " input id="finding-deviation" name="deviation" maxlength="1000"; }
                }
                button.main { "Record it" }
            }
            form.sheet method="post" data-api={ "POST " (api) "/replacements" } data-etag=(it.rev) data-then="reload" {
                h2 { "Replace an item that cannot be tested" }
                p.soft.small { "The next of the draw takes its place; the reason stands on the lead sheet." }
                div.row { label { "Item " select name="item" { @for (item, _) in &it.items { option value=(item) { (item) } } } } label { "Why " input name="because" required maxlength="500"; } }
                button { "Replace it" }
            }
        }
    }
}

//! The evidence library: what there is and how it stands, new files on their way, and one piece with its proof.

use maud::{Markup, html};

use crate::parts::{Rest, Tone, counted, empty, lead, rest, state};

/// A choice of a list: its word and what is written.
pub type Choice = (String, String);

/// What is looked for; each part stands in the address.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In the title.
    pub text: String,
    /// The kind's word.
    pub kind: String,
    /// `current`, `superseded` or `retired`.
    pub state: String,
    /// The standing's word.
    pub standing: String,
    /// What it is for.
    pub target: String,
}

/// A line of the library.
#[derive(Debug, Clone)]
pub struct Row {
    /// The id.
    pub id: String,
    /// Its title, or the file's name.
    pub title: String,
    /// The file's name.
    pub file: String,
    /// Its kind in words; empty for none.
    pub kind: String,
    /// How it stands today.
    pub stands: (Tone, String),
    /// The last day on which it counts; empty where nobody knows or it does not.
    pub until: String,
    /// What it is for.
    pub targets: Vec<String>,
    /// How many bytes, in words.
    pub size: String,
}

/// What somebody needs to bring files.
#[derive(Debug, Clone, Default)]
pub struct Bring {
    /// Kinds of evidence.
    pub kinds: Vec<Choice>,
    /// Assessments in which it may stand.
    pub assessments: Vec<Choice>,
    /// Whether one of them must be named.
    pub must_name: bool,
    /// What it replaces: id and revision.
    pub replaces: Option<(String, u64)>,
    /// The biggest file in bytes.
    pub most: u64,
}

/// The library.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// The organisation's id.
    pub org: String,
    /// What is looked for.
    pub filter: Filter,
    /// Lines.
    pub rows: Vec<Row>,
    /// What is left out of them.
    pub rest: Rest,
    /// Kinds of evidence.
    pub kinds: Vec<Choice>,
    /// For who may bring files.
    pub bring: Option<Bring>,
}

const STATES: [&str; 3] = ["current", "superseded", "retired"];
const STANDINGS: [&str; 6] = ["valid", "not-yet", "stale", "superseded", "retired", "unknown"];

fn choices(chosen: &str, all: impl Iterator<Item = (String, String)>) -> Markup {
    html! { @for (word, label) in all { option value=(word) selected[word == chosen] { (label) } } }
}

/// The library.
pub fn library(it: &Library) -> Markup {
    let words = |all: &'static [&'static str]| all.iter().map(|w| ((*w).to_owned(), w.replace('-', " ")));
    html! {
        (lead(&[], "Evidence", "What shows that things are as they are said to be. Bytes are kept as they came; every change is in the ledger.", &html! {
            button type="button" data-csv="evidence-table" { "Take as CSV" }
        }))
        @if let Some(bring) = &it.bring { (zone(&it.org, bring)) }
        (crate::words::here(&["standing (of evidence)", "tombstone", "leaf", "proof"]))
        form.filter method="get" action={ "/o/" (it.org) "/evidence" } data-swap="list" data-instant role="search" aria-label="Find evidence" {
            label { "Find " input type="search" name="text" value=(it.filter.text) data-find; }
            label { "Kind " select name="kind" { option value="" { "every" } (choices(&it.filter.kind, it.kinds.iter().cloned())) } }
            label { "Stands " select name="standing" { option value="" { "anyhow" } (choices(&it.filter.standing, words(&STANDINGS))) } }
            label { "State " select name="state" { option value="" { "any" } (choices(&it.filter.state, words(&STATES))) } }
            label { "For " input name="target" value=(it.filter.target) placeholder="ATT-01-01, hipaa:164.312(b)"; }
            noscript { button { "Find" } }
        }
        div #list data-live {
            @if it.rows.is_empty() { (nothing(it)) } @else {
                p.soft.small role="status" { (counted(it.rows.len(), "piece", "pieces")) }
                div.scroll tabindex="0" role="region" aria-label="Evidence" { (table(it)) }
            }
            (rest(&it.rest, "pieces", !it.filter.standing.is_empty()))
        }
    }
}

fn nothing(it: &Library) -> Markup {
    let f = &it.filter;
    if [&f.text, &f.kind, &f.state, &f.standing, &f.target].iter().any(|t| !t.is_empty()) {
        let all = html! { a.button href={ "/o/" (it.org) "/evidence" } { "Show all" } };
        return empty("Nothing is like that", "No evidence that you may read passes these filters.", &all);
    }
    empty(
        "No evidence yet",
        "A policy, a report of a system, a screenshot: bring the file, say what kind it is and what it is for. Attesta keeps its bytes, tells how long it counts, and gives you a proof that it was here on that day.",
        &html! {},
    )
}

fn table(it: &Library) -> Markup {
    html! {
        table #evidence-table data-table {
            caption.unseen { "Evidence" }
            thead { tr {
                th scope="col" { "What" } th scope="col" { "Kind" } th scope="col" { "Stands" } th scope="col" { "Counts until" }
                th scope="col" { "For" } th.n scope="col" { "Size" }
            } }
            tbody {
                @for row in &it.rows {
                    tr {
                        td { a href={ "/o/" (it.org) "/evidence/" (row.id) } { (row.title) }
                            @if row.file != row.title { br; span.soft.small { (row.file) } } }
                        td { (row.kind) }
                        td { (state(row.stands.0, &row.stands.1)) }
                        td { @if !row.until.is_empty() { time datetime=(row.until) { (row.until) } } }
                        td.small { (row.targets.join(", ")) }
                        td.n { (row.size) }
                    }
                }
            }
        }
    }
}

/// Where files are dropped, and the form that each of them gets.
fn zone(org: &str, bring: &Bring) -> Markup {
    let replaces = bring.replaces.as_ref();
    html! {
        section.bring data-module="uploader" data-org=(org) data-most=(bring.most)
            data-replaces=[replaces.map(|r| &r.0)] data-etag=[replaces.map(|r| r.1)] aria-labelledby="bring" {
            div.drop {
                div {
                    h2 #bring { @if replaces.is_some() { "Bring a newer version" } @else { "Bring files" } }
                    p.soft.small { "Drop them here or choose them. They travel while you say what they are; a dropped connection goes on where it stopped." }
                }
                label.button { @if replaces.is_some() { "Choose a file" } @else { "Choose files" }
                    input.unseen type="file" name="files" multiple[replaces.is_none()]; }
                @if replaces.is_none() && !bring.assessments.is_empty() {
                    label { "For the assessment " select name="within" {
                        @if !bring.must_name { option value="" { "none in particular" } }
                        @for (id, name) in &bring.assessments { option value=(id) { (name) } }
                    } }
                }
            }
            div.coming aria-live="polite" {}
            template {
                form.sheet.card method="post" {
                    div.row { strong data-name {} span.soft.small data-size {} span.state.plain data-glyph="·" data-state { "waits" }
                        button.quiet type="button" data-drop { "Give up" } }
                    progress max="100" value="0" aria-label="Sent" {}
                    ul.warnings hidden {}
                    div.fields {
                        label { "Title " input name="title" maxlength="200"; }
                        label { "Kind " select name="kind" { option value="" { "not said" } (choices("", bring.kinds.iter().cloned())) } }
                        label { "Collected on " input name="collected" type="date"; }
                        label { "In effect since " input name="effective" type="date"; }
                        label { "Counts until " input name="valid_until" type="date"; }
                        label { "From the system " input name="system" maxlength="200"; }
                        label { "For " input name="targets" placeholder="ATT-01-01, hipaa:164.312(b)"; }
                        label { input name="confidential" type="checkbox"; " Not for every reader" }
                    }
                    div.row { button.main { @if replaces.is_some() { "Put in its place" } @else { "Add as evidence" } } span.soft.small { "Possible as soon as all bytes are here." } }
                }
            }
        }
    }
}

/// Something that happened to a piece.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// By whom.
    pub by: String,
    /// Its number in the ledger.
    pub index: u64,
}

/// What it is for.
#[derive(Debug, Clone)]
pub struct For {
    /// The target as it is written.
    pub target: String,
    /// The same as a value in an address.
    pub escaped: String,
    /// The whole link as JSON, to put it back.
    pub whole: String,
    /// Levels, elements and place, in words.
    pub more: String,
}

/// What can be seen of its bytes.
#[derive(Debug, Clone, Default)]
pub enum Preview {
    /// The beginning of a text, and whether it is all of it.
    Text(String, bool),
    /// A picture at this address.
    Image(String),
    /// A document that the browser shows, at this address.
    Document(String),
    /// Nothing, and why.
    #[default]
    Nothing,
    /// The bytes are gone: why.
    Gone(String),
}

/// One piece.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// The organisation's id.
    pub org: String,
    /// Its id and revision.
    pub id: (String, u64),
    /// Title, or the file's name.
    pub title: String,
    /// The file's name.
    pub file: String,
    /// How it stands today.
    pub stands: Option<(Tone, String)>,
    /// Why it stands so.
    pub because: String,
    /// What is known of it.
    pub facts: Vec<(&'static str, String)>,
    /// How long it must stay, in words.
    pub stays: String,
    /// Links.
    pub links: Vec<For>,
    /// Holds: matter, why, since when.
    pub holds: Vec<(String, String, String)>,
    /// The version before and after: ids.
    pub before: String,
    /// The version that stands in its place.
    pub after: String,
    /// What can be seen.
    pub preview: Preview,
    /// What happened, newest first.
    pub history: Vec<Event>,
    /// Where all that happened to it stands; empty where that is shown.
    pub earlier: String,
    /// Whether the bytes are still there.
    pub here: bool,
    /// What the visitor may do: change, hold, release, retire.
    pub may: May,
    /// For a newer version.
    pub bring: Option<Bring>,
}

/// What somebody may do to a piece.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one door")]
pub struct May {
    /// Link it, bring a newer version.
    pub change: bool,
    /// Put it under a hold.
    pub hold: bool,
    /// End a hold.
    pub release: bool,
    /// Remove its bytes.
    pub retire: bool,
    /// Fetch its proof.
    pub verify: bool,
}

/// One piece.
pub fn piece(it: &Piece) -> Markup {
    let api = format!("/api/v1/organisations/{}/evidence/{}", it.org, it.id.0);
    let list = format!("/o/{}/evidence", it.org);
    html! {
        (lead(&[("Evidence", &list)], &it.title, "", &html! {
            @if it.here { a.button.main href={ (api) "/content" } download=(it.file) { "Take the file" } }
        }))
        div.sheets.piece {
            section.sheet aria-labelledby="stands" #standing data-live {
                h2 #stands { "How it stands" }
                @if let Some((tone, word)) = &it.stands { p { (state(*tone, word)) } }
                @if !it.because.is_empty() { p { (it.because) } }
                @if !it.after.is_empty() { p { "In its place stands " a href={ (list) "/" (it.after) } { "the newer version" } "." } }
                @if !it.before.is_empty() { p { "It replaces " a href={ (list) "/" (it.before) } { "the version before" } "." } }
                dl.pairs { @for (name, value) in &it.facts { dt { (name) } dd { (value) } } }
                p.soft.small { (it.stays) }
            }
            section.sheet aria-labelledby="seen" { h2 #seen { "What is in it" } (preview(it)) }
            (links(it, &api))
            (proof(it, &api))
            (holds(it, &api))
            section.sheet.wide aria-labelledby="past" #history data-live {
                h2 #past { "What happened to it" }
                table #history-table data-table {
                    caption.unseen { "What happened to it, newest first" }
                    thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "By" } th.n scope="col" { "Ledger" } } }
                    tbody { @for e in &it.history { tr {
                        td { time datetime=(e.at) { (e.at) } } td { (e.what) } td { (e.by) } td.n { (e.index) }
                    } } }
                }
                @if !it.earlier.is_empty() { p.rest { span { "The newest " (it.history.len()) " events are shown." } a href=(it.earlier) { "All of them, in the audit trail" } } }
            }
        }
        @if let Some(bring) = &it.bring { (zone(&it.org, bring)) }
    }
}

fn preview(it: &Piece) -> Markup {
    html! {
        @match &it.preview {
            Preview::Text(text, whole) => {
                pre.preview tabindex="0" role="region" aria-label="The text" { (text) }
                @if !whole { p.soft.small { "This is its beginning. Take the file to read all of it." } }
            }
            Preview::Image(href) => img.preview src=(href) alt={ "The picture " (it.file) };,
            Preview::Document(href) => iframe.preview src=(href) title={ "The document " (it.file) } {},
            Preview::Nothing => p.soft { "A browser cannot show this kind of file. Take it to look at it." },
            Preview::Gone(why) => p { (state(Tone::Plain, "retired")) " " (why) },
        }
    }
}

fn links(it: &Piece, api: &str) -> Markup {
    html! {
        section.sheet aria-labelledby="for" #links data-live {
            h2 #for { "What it is for" }
            @if it.links.is_empty() { p.soft { "Nothing yet. Name the requirement, control reference or citation that it shows." } }
            ul.plain { @for link in &it.links { li.row {
                code { (link.target) } @if !link.more.is_empty() { span.soft { (link.more) } }
                @if it.may.change {
                    form method="post" data-api={ "DELETE " (api) "/links?target=" (link.escaped) } data-etag=(it.id.1)
                        data-then={ "reload:Not for " (link.target) " any more." }
                        data-undo={ "PUT " (api) "/links" } data-undo-body=(link.whole) {
                        button.quiet aria-label={ "Not for " (link.target) " any more" } { "Remove" }
                    }
                }
            } } }
            @if it.may.change {
                // Linked anew in another way, the way back would take the link away: then there is none.
                form method="post" data-api={ "PUT " (api) "/links" } data-etag=(it.id.1) data-then="reload:It is linked." {
                    div.row {
                        label { "For " input name="target" required placeholder="ATT-01-01"; }
                        label { "Levels " input name="levels" data-type="list" placeholder="policy, implemented"; }
                        label { "Where in it " input name="place" placeholder="page 3"; }
                        button { "Link" }
                    }
                }
            }
        }
    }
}

fn proof(it: &Piece, api: &str) -> Markup {
    html! {
        @if it.may.verify {
            section.sheet aria-labelledby="proof" {
                h2 #proof { "Its proof" }
                p { "Whoever has the file, these two and the program can verify without us that it was here then, and that nobody changed the ledger since." }
                p.row {
                    a.button href={ (api) "/proof/item.tlog-proof" } download="item.tlog-proof" { "item.tlog-proof" }
                    a.button href={ (api) "/proof/key.vkey" } download="key.vkey" { "key.vkey" }
                }
                div.row data-module="copy" {
                    code.command { "attesta verify " (quoted(&it.file)) " item.tlog-proof --key key.vkey" }
                    button type="button" { "Copy" }
                }
                p.soft.small { "Take the key from somewhere else too, once: what comes with a proof cannot vouch for it." }
            }
        }
    }
}

/// A file's name as a shell takes it.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if name.chars().all(plain) && !name.starts_with('-') {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', "'\\''"))
}

fn holds(it: &Piece, api: &str) -> Markup {
    if !it.may.hold && !it.may.release && !it.may.retire && it.holds.is_empty() {
        return html! {};
    }
    html! {
        section.sheet aria-labelledby="keep" #keeping data-live {
            h2 #keep { "Holds and its end" }
            @if it.holds.is_empty() { p.soft { "No hold keeps it." } }
            @for (matter, why, on) in &it.holds {
                p { (state(Tone::Warn, "held")) " " strong { (matter) } " since " time datetime=(on) { (on) } ": " (why) }
                @if it.may.release {
                    form.row method="post" data-api={ "POST " (api) "/release" } data-etag=(it.id.1) data-then="reload" {
                        input type="hidden" name="matter" value=(matter);
                        label { "Why it ends " input name="why" required; }
                        button { "End the hold" }
                    }
                }
            }
            @if it.may.hold && it.here {
                details { summary { "Put it under a hold" }
                    form method="post" data-api={ "POST " (api) "/holds" } data-etag=(it.id.1) data-then="reload" {
                        div.row { label { "Matter " input name="matter" required placeholder="case-2026-07"; } label { "Why " input name="why" required; } button { "Hold" } }
                    }
                }
            }
            @if it.may.retire && it.here {
                details { summary.danger { "Retire it" }
                    p.small { "Its bytes are removed for good; that it was here stays known. Retention and holds can refuse it." }
                    form method="post" data-api={ "POST " (api) "/retire" } data-etag=(it.id.1) data-then="reload" {
                        div.row { label { "Why " input name="why" required; } button.danger { "Remove the bytes" } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_is_text_and_never_markup() {
        let it = Piece {
            title: "<b>x</b>".to_owned(),
            preview: Preview::Text("<script>alert(1)</script>".to_owned(), true),
            ..Piece::default()
        };
        let page = piece(&it).into_string();
        assert!(!page.contains("<script>") && !page.contains("<b>x"), "{page}");
        assert!(page.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_name_is_one_word_for_the_shell() {
        for (name, told) in [("a.pdf", "a.pdf"), ("a b.pdf", "'a b.pdf'"), ("it's", "'it'\\''s'"), ("-rf", "'-rf'")] {
            assert_eq!(quoted(name), told);
        }
    }
}

//! Inheritance and shared responsibility: whose each requirement is, requests, what is still one's own, what it does to scores.

use maud::{Markup, html};

use crate::parts::{Tone, counted, empty, lead, state};

/// An element and whose it is.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its number.
    pub number: u8,
    /// What it asks.
    pub text: String,
    /// `provider`, `shared` or `customer`.
    pub whose: &'static str,
}

/// A requirement under a matrix.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id and title.
    pub requirement: (String, String),
    /// Its domain.
    pub domain: u8,
    /// How many elements are the provider's, shared, ours.
    pub counts: (usize, usize, usize),
    /// `fully`, `partially` or `not`.
    pub inheritable: &'static str,
    /// The suggested weight and the most that is allowed, in per cent.
    pub weights: (String, String),
    /// Elements.
    pub elements: Vec<Element>,
    /// The provider's remarks.
    pub notes: String,
    /// The newest request: state and weight.
    pub request: Option<(String, String)>,
    /// Whether it can be asked for now.
    pub open: bool,
}

/// A source.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its id and title.
    pub name: (String, String),
    /// Relation, type and state, in words.
    pub what: String,
    /// Why it may not be used today; none where it may.
    pub because: Option<String>,
    /// What can be done with its requests.
    pub acts: Vec<&'static str>,
    /// Its requests.
    pub requests: Vec<Request>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The requirement's id and title.
    pub requirement: (String, String),
    /// Its weight in per cent.
    pub weight: String,
    /// How far it has come.
    pub state: &'static str,
    /// Since when; empty for a draft.
    pub since: String,
    /// By whom, and why where a reason was given.
    pub by: String,
}

/// What is shown.
#[derive(Debug, Clone)]
pub enum View {
    /// The matrix.
    Matrix(Vec<Row>),
    /// Requests by source.
    Requests(Vec<Source>),
    /// Elements that are still one's own: requirement, element, responsibility, text; and how many elements there are.
    Mine(Vec<(String, u8, &'static str, String)>, usize),
    /// Domains without and with, and the verdicts.
    Effect(Vec<(u8, String, String, String)>, (String, String)),
}

/// The page.
#[derive(Debug, Clone)]
pub struct Inheritance {
    /// The organisation's and the assessment's id.
    pub place: (String, String),
    /// What the assessment is, in words.
    pub what: String,
    /// Matrices: id, title, whether it is shown.
    pub matrices: Vec<(String, String, bool)>,
    /// Whose words the shown matrix holds, and how sure it is.
    pub notice: String,
    /// Only these rows.
    pub only: String,
    /// How many requirements can be inherited fully, partially, not.
    pub counts: (usize, usize, usize),
    /// Elements that a provider answers for alone, that are shared, and ours.
    pub elements: (usize, usize, usize),
    /// Sources that can be asked: id and title.
    pub sources: Vec<(String, String)>,
    /// People who can answer for providers: id and name.
    pub people: Vec<(String, String)>,
    /// Why nothing can be changed now; empty where it can.
    pub closed: String,
    /// The revision that a change names.
    pub etag: u64,
    /// What is shown.
    pub view: View,
}

/// Which rows: word and label.
const ONLY: [(&str, &str); 6] = [
    ("", "Every requirement"),
    ("inheritable", "What can be inherited"),
    ("ask", "What can be asked for now"),
    ("asked", "What was asked for"),
    ("shared", "What is shared"),
    ("ours", "What is ours alone"),
];

fn tone(request: &str) -> Tone {
    match request {
        "applied" => Tone::Good,
        "approved" => Tone::Warn,
        "rejected" => Tone::Bad,
        "submitted" | "draft" => Tone::Unknown,
        _ => Tone::Plain,
    }
}

/// The page.
pub fn page(it: &Inheritance) -> Markup {
    let base = format!("/o/{}/a/{}/inheritance", it.place.0, it.place.1);
    let here = match &it.view {
        View::Matrix(_) => "matrix",
        View::Requests(_) => "requests",
        View::Mine(..) => "mine",
        View::Effect(..) => "effect",
    };
    let table = match here {
        "effect" => "effect-table",
        "mine" => "mine-table",
        "requests" => "",
        _ => "matrix-table",
    };
    let (theirs, shared, ours) = it.elements;
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Inheritance", &it.what, &html! {
            @if !table.is_empty() { button type="button" data-csv=(table) { "Take as CSV" } }
        }))
        nav.tabs aria-label="Views" {
            @for (word, label) in [("matrix", "Who does what"), ("requests", "Requests"), ("mine", "Still ours"), ("effect", "Effect on scores")] {
                a href={ (base) "?view=" (word) } aria-current=[(word == here).then_some("page")] { (label) }
            }
        }
        @if !it.closed.is_empty() { p.note { "Nothing can be asked or changed here: " (it.closed) "." } }
        dl.figures {
            div { dt { "elements that a provider answers for alone" } dd.big { (theirs) } }
            div { dt { "elements that are shared" } dd.big { (shared) } }
            div { dt { "elements that are ours alone" } dd.big { (ours) } }
            div { dt { "requirements that can be inherited whole" } dd.big { (it.counts.0) } }
            div { dt { "requirements that can be in part" } dd.big { (it.counts.1) } }
        }
        @match &it.view {
            View::Matrix(rows) => (matrix(it, &base, rows)),
            View::Requests(sources) => (requests(it, sources)),
            View::Mine(rows, of) => (mine(rows, *of)),
            View::Effect(rows, verdicts) => (effect(rows, verdicts)),
        }
        @if !it.notice.is_empty() { p.soft.small { (it.notice) } }
    }
}

fn api(it: &Inheritance, path: &str) -> String {
    format!("POST /api/v1/organisations/{}/assessments/{}/inheritance{path}", it.place.0, it.place.1)
}

fn matrix(it: &Inheritance, base: &str, rows: &[Row]) -> Markup {
    let shown = it.matrices.iter().find(|m| m.2).map_or("", |m| m.0.as_str());
    let asks = it.closed.is_empty() && !it.sources.is_empty();
    html! {
        form.filter method="get" action=(base) data-swap="list" data-instant aria-label="Matrix" {
            label { "Provider's matrix " select name="matrix" { @for (id, title, here) in &it.matrices { option value=(id) selected[*here] { (title) } } } }
            label { "Show " select name="only" { @for (word, label) in ONLY { option value=(word) selected[word == it.only] { (label) } } } }
            noscript { button { "Show" } }
        }
        div #list {
            @if rows.is_empty() {
                (empty("Nothing here", "No requirement of this assessment stands so under this matrix.", &html! {}))
            } @else {
                form method="post" data-api=(api(it, "")) data-etag=(it.etag) data-then="reload" aria-label="Ask to inherit" {
                    @if asks && rows.iter().any(|r| r.open) {
                        div.filter {
                            label { "Ask of " select name="source" { @for (id, title) in &it.sources { option value=(id) { (title) } } } }
                            label { "Weight in % " input name="weight" inputmode="decimal" size="5" placeholder="suggested" autocomplete="off"; }
                            input type="hidden" name="matrix" value=(shown);
                            button.main { "Ask for what is chosen" }
                        }
                    }
                    div.scroll tabindex="0" role="region" aria-label="Shared responsibility" { (table(rows, asks)) }
                }
            }
        }
    }
}

fn table(rows: &[Row], asks: bool) -> Markup {
    html! {
        table #matrix-table data-table {
            caption.unseen { "Requirements, and who answers for their elements" }
            thead { tr {
                @if asks { th scope="col" { "Ask" } }
                th scope="col" { "Requirement" } th.n scope="col" { "Domain" } th.n scope="col" { "Provider" } th.n scope="col" { "Shared" } th.n scope="col" { "Ours" }
                th scope="col" { "Inheritable" } th.n scope="col" { "Suggested" } th.n scope="col" { "At most" } th scope="col" { "Request" }
            } }
            tbody {
                @for row in rows {
                    tr {
                        @if asks { td { @if row.open { input type="checkbox" name="requirements" value=(row.requirement.0) aria-label={ "Ask for " (row.requirement.0) }; } } }
                        td {
                            details { summary { code { (row.requirement.0) } " " (row.requirement.1) }
                                ol.plain.small { @for e in &row.elements { li { (whose(e.whose)) " " (e.number) ": " (e.text) } } }
                                @if !row.notes.is_empty() { p.soft.small { (row.notes) } }
                            }
                        }
                        td.n { (row.domain) } td.n { (row.counts.0) } td.n { (row.counts.1) } td.n { (row.counts.2) }
                        td { (state(match row.inheritable { "fully" => Tone::Good, "partially" => Tone::Warn, _ => Tone::Plain }, row.inheritable)) }
                        td.n { (row.weights.0) " %" } td.n { (row.weights.1) " %" }
                        td { @match &row.request { Some((word, weight)) => { (state(tone(word), word)) " " (weight) " %" } None => span.soft { "none" } } }
                    }
                }
            }
        }
    }
}

fn whose(word: &str) -> Markup {
    match word {
        "provider" => state(Tone::Good, "provider"),
        "shared" => state(Tone::Warn, "shared"),
        _ => state(Tone::Plain, "ours"),
    }
}

/// What is done with requests: word, label, and which fields it wants.
const ACTS: [(&str, &str); 6] = [
    ("submit", "Submit to the provider"),
    ("approve", "Record: the provider approved"),
    ("reject", "Record: the provider refused"),
    ("apply", "Let it count"),
    ("reweigh", "Change the weight"),
    ("withdraw", "Take it back"),
];

fn requests(it: &Inheritance, sources: &[Source]) -> Markup {
    html! {
        @if sources.is_empty() {
            (empty("No source", "Another assessment whose results may be used is described below inheritance/sources/ of the assessment's documents; then its results can be asked for here.", &html! {}))
        }
        @for source in sources {
            section.sheet.piece aria-labelledby={ "source-" (source.name.0) } {
                h2 id={ "source-" (source.name.0) } { (source.name.1) }
                p {
                    (source.what) " "
                    @match &source.because { None => (state(Tone::Good, "may be used today")), Some(why) => { (state(Tone::Bad, "may not be used")) " " (why) } }
                }
                @if source.requests.is_empty() {
                    p.soft { "Nothing was asked of it yet. Choose requirements under “Who does what” and ask." }
                } @else {
                    (acts(it, source))
                }
            }
        }
        @if !sources.is_empty() {
            p.soft.small { "The provider decides in its own house. One that uses this server finds a request in its inbox, and its answer comes by itself; of any other, whoever asks records the answer here, with who gave it and by which message. Nobody of the entity can approve." }
        }
    }
}

fn acts(it: &Inheritance, source: &Source) -> Markup {
    let open = it.closed.is_empty() && !source.acts.is_empty();
    let name = |field: &str| format!("{field}-{}", source.name.0);
    html! {
        form data-module="inheritance" method="post" data-api=(api(it, "/acts")) data-etag=(it.etag) data-then="reload" aria-label={ "Requests of " (source.name.1) } {
            input type="hidden" name="source" value=(source.name.0);
            div.scroll tabindex="0" role="region" aria-label={ "Requests of " (source.name.1) } {
                table {
                    caption.unseen { "Requests" }
                    thead { tr { @if open { th scope="col" { "Choose" } } th scope="col" { "Requirement" } th.n scope="col" { "Weight" } th scope="col" { "Stands" } th scope="col" { "Since" } th scope="col" { "By" } } }
                    tbody { @for request in &source.requests { tr {
                        @if open { td { @if !["rejected", "withdrawn"].contains(&request.state) { input type="checkbox" name="requirements" value=(request.requirement.0) aria-label={ "Choose " (request.requirement.0) }; } } }
                        td { code { (request.requirement.0) } " " (request.requirement.1) } td.n { (request.weight) " %" } td { (state(tone(request.state), request.state)) }
                        td { @if !request.since.is_empty() { time datetime=(request.since) { (request.since) } } } td.small { (request.by) }
                    } } }
                }
            }
            @if open {
                div.filter.act {
                    label { "Do " select name="act" required { @for (word, label) in ACTS.iter().filter(|(word, _)| source.acts.contains(word)) { option value=(word) { (label) } } } }
                    label data-for="submit" data-optional { "To the id of its organisation on this server " input name="to" id=(name("to")) maxlength="40" size="12" autocomplete="off" placeholder="if it has one"; }
                    label data-for="reweigh" { "New weight in % " input name="weight" inputmode="decimal" size="5" autocomplete="off"; }
                    label data-for="approve reject" { "Who decided " select name="told_of" { @for (id, person) in &it.people { option value=(id) { (person) } } } }
                    label data-for="approve reject" { "By which message " input name="reference" id=(name("reference")) maxlength="200" autocomplete="off"; }
                    label data-for="reject withdraw" { "Why " input name="because" id=(name("because")) maxlength="500" autocomplete="off"; }
                    button.main { "Do it with what is chosen" }
                }
            }
        }
    }
}

fn mine(rows: &[(String, u8, &'static str, String)], of: usize) -> Markup {
    html! {
        p.sentence { (counted(rows.len(), "element", "elements")) " of " (of) " are still ours, alone or in part, if every provider does what its matrix says." }
        div.scroll tabindex="0" role="region" aria-label="Still ours" {
            table #mine-table data-table {
                caption.unseen { "Elements that are still ours" }
                thead { tr { th scope="col" { "Requirement" } th.n scope="col" { "Element" } th scope="col" { "Whose" } th scope="col" { "What it asks" } } }
                tbody { @for (requirement, element, word, text) in rows { tr { td { code { (requirement) } } td.n { (element) } td { (whose(word)) } td { (text) } } } }
            }
        }
    }
}

fn effect(rows: &[(u8, String, String, String)], verdicts: &(String, String)) -> Markup {
    html! {
        p { strong { "Without what is inherited: " } (verdicts.0) "." br; strong { "With it: " } (verdicts.1) "." }
        @if rows.is_empty() {
            (empty("No score moves", "Nothing that is inherited counts yet: a request counts once the provider approved it and it is applied.", &html! {}))
        } @else {
            table #effect-table data-table {
                caption { "Domains whose score moves" }
                thead { tr { th scope="col" { "Domain" } th.n scope="col" { "Without" } th.n scope="col" { "With" } } }
                tbody { @for (number, title, without, with) in rows { tr { td { (number) " " (title) } td.n { (without) } td.n { (with) } } } }
            }
        }
    }
}

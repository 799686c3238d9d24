//! The scope: systems, places, parts, providers and flows, with a picture of them and what looks too broad or too narrow.

use maud::{Markup, html};

use super::scoping::{Around, top};
use crate::{
    chart::{Arrow, Node, flows},
    parts::{Tone, empty, state},
};

/// A system.
#[derive(Debug, Clone, Default)]
pub struct System {
    /// Its id and title.
    pub name: (String, String),
    /// What it is for: the file's word.
    pub environment: String,
    /// Kinds of data.
    pub touches: Vec<String>,
    /// Why it is out of scope; none where it is in.
    pub out: Option<String>,
    /// Providers that run it.
    pub providers: Vec<String>,
    /// Whether it runs isolated, where somebody said so.
    pub dedicated: Option<bool>,
}

/// A place.
#[derive(Debug, Clone, Default)]
pub struct Facility {
    /// Its id and title.
    pub name: (String, String),
    /// Where.
    pub place: String,
    /// Why it is out of scope; none where it is in.
    pub out: Option<String>,
}

/// A part that is scored by itself.
#[derive(Debug, Clone, Default)]
pub struct Component {
    /// Its id and title.
    pub name: (String, String),
    /// Systems.
    pub systems: Vec<String>,
    /// Facilities.
    pub facilities: Vec<String>,
    /// Why they stand together.
    pub rationale: String,
}

/// A provider.
#[derive(Debug, Clone, Default)]
pub struct Provider {
    /// Its id and title.
    pub name: (String, String),
    /// What it does.
    pub services: Vec<String>,
    /// How it is covered: the file's word; empty for not said.
    pub coverage: String,
    /// Whether it touches ePHI.
    pub ephi: bool,
}

/// A flow: from, to, kinds of data.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// From what, by id.
    pub from: String,
    /// To what.
    pub to: String,
    /// Kinds of data.
    pub data: Vec<String>,
}

/// The page.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What stands around it.
    pub around: Around,
    /// Whether the visitor may change it now.
    pub may: bool,
    /// The revision that a change names.
    pub etag: u64,
    /// What the organisation does.
    pub description: String,
    /// Kinds of data: word, title, protected, handled.
    pub kinds: Vec<(String, String, bool, bool)>,
    /// Systems.
    pub systems: Vec<System>,
    /// Places.
    pub facilities: Vec<Facility>,
    /// Parts.
    pub components: Vec<Component>,
    /// Providers.
    pub providers: Vec<Provider>,
    /// Flows.
    pub flows: Vec<Flow>,
    /// What was found: whether it contradicts, what, the mend.
    pub found: Vec<(bool, String, String)>,
    /// The picture: boxes, arrows, who runs what.
    pub picture: (Vec<Node>, Vec<Arrow>, Vec<(String, String)>),
}

const ENVIRONMENTS: [(&str, &str); 3] = [
    ("production", "Production: serves customers or patients"),
    ("development", "Development, test, staging"),
    ("back-office", "Back office: finance, people, marketing"),
];

const COVERAGES: [(&str, &str); 5] = [
    ("inheritance", "Its assessment's results are inherited"),
    ("report", "A report of another's is relied upon"),
    ("tested", "The assessor tests it"),
    ("internal-assessor", "Internal assessors' testing is relied upon"),
    ("carved-out", "It is carved out"),
];

/// The page.
pub fn page(it: &Scope) -> Markup {
    html! {
        (top(&it.around))
        (found(it))
        section.sheet.piece aria-labelledby="picture-title" {
            h2 #picture-title { "Systems and data flows" }
            @if it.systems.is_empty() {
                (empty("Nothing is in scope yet", "Add the systems that create, receive, keep or send protected data; then who runs them, and what flows between them. The picture draws itself.", &html! {}))
            } @else {
                (flows("Systems, providers and the data that move between them", &it.picture.0, &it.picture.1, &it.picture.2))
            }
        }
        (words(it))
        (systems(it))
        (facilities(it))
        (components(it))
        (providers(it))
        (flow_list(it))
    }
}

fn found(it: &Scope) -> Markup {
    html! {
        @if !it.found.is_empty() {
            section.sheet.piece aria-labelledby="found-title" {
                h2 #found-title { "What looks wrong" }
                ul.plain {
                    @for (contradicts, what, mend) in &it.found {
                        li { (state(if *contradicts { Tone::Bad } else { Tone::Warn }, if *contradicts { "contradiction" } else { "look at it" })) " " (what) @if !mend.is_empty() { ": " span.soft { (mend) } } }
                    }
                }
            }
        }
    }
}

/// A form that changes one thing of the scope.
fn form(it: &Scope, inside: &Markup) -> Markup {
    html! {
        form method="post" data-api={ "PATCH " (it.around.api()) "/scope" } data-etag=(it.etag) data-then="reload" { (inside) }
    }
}

/// The id of a row's dialog: a flow's id holds a space, and an element's may not.
fn row(kind: &str, id: &str) -> String {
    format!("{kind}-{}", id.replace(' ', "--"))
}

/// A dialog to add or change a row, and to take it out.
fn dialog(it: &Scope, kind: &str, id: &str, title: &str, fields: &Markup) -> Markup {
    let name = if id.is_empty() { format!("new-{kind}") } else { row(kind, id) };
    html! {
        dialog id=(name) aria-labelledby={ (name) "-title" } {
            h2 id={ (name) "-title" } { (title) }
            (form(it, &html! {
                @if !id.is_empty() && kind != "flow" { input type="hidden" name={ (kind) ".id" } value=(id); }
                (fields)
                div.row { button.main { "Save" } button type="button" data-closes { "Cancel" } }
            }))
            @if !id.is_empty() {
                (form(it, &html! {
                    input type="hidden" name="remove.kind" value=(kind);
                    input type="hidden" name="remove.id" value=(id);
                    button.quiet.danger { "Take it out" }
                }))
            }
        }
    }
}

fn text(label: &str, name: &str, value: &str, hint: &str, required: bool) -> Markup {
    html! {
        div.field {
            label { (label) input name=(name) value=(value) required[required] maxlength="500" autocomplete="off"; }
            @if !hint.is_empty() { p.hint { (hint) } }
        }
    }
}

fn inclusion(kind: &str, out: Option<&str>) -> Markup {
    html! {
        div.field { label { "In scope" select name={ (kind) ".in_scope" } data-type="json" {
            option value="true" selected[out.is_none()] { "In scope" }
            option value="false" selected[out.is_some()] { "Left out, with a reason" }
        } } }
        (text("Why it is left out", &format!("{kind}.because"), out.unwrap_or_default(), "Only for what is left out.", false))
    }
}

fn boxes(legend: &str, name: &str, options: &[(String, String)], chosen: &[String]) -> Markup {
    html! {
        @if !options.is_empty() {
            fieldset.choice { legend { (legend) }
                div.answers {
                    @for (id, title) in options { label { input type="checkbox" name=(name) value=(id) checked[chosen.contains(id)]; (title) } }
                }
            }
        }
    }
}

fn data_kinds(it: &Scope) -> Vec<(String, String)> {
    it.kinds.iter().map(|(word, title, ..)| (word.clone(), title.clone())).collect()
}

fn opener(it: &Scope, dialog: &str, label: &str) -> Markup {
    html! { @if it.may { button type="button" data-opens=(dialog) { (label) } } }
}

fn changer(it: &Scope, dialog: &str, of: &str) -> Markup {
    html! { @if it.may { td { button.quiet type="button" data-opens=(dialog) { "Change" span.unseen { " " (of) } } } } }
}

fn head(it: &Scope, cells: &[&str]) -> Markup {
    html! { thead { tr { @for cell in cells { th scope="col" { (cell) } } @if it.may { th scope="col" { "Change" } } } } }
}

fn standing(out: Option<&str>) -> Markup {
    html! {
        @match out { None => (state(Tone::Good, "in scope")), Some(why) => { (state(Tone::Plain, "left out")) br; span.soft.small { (why) } } }
    }
}

/// A list of the scope under its heading.
fn listed(id: &str, title: &str, teach: &str, add: &Markup, count: usize, table: &Markup, dialogs: &Markup) -> Markup {
    html! {
        section.sheet.piece aria-labelledby={ (id) "-title" } {
            div.lead { h2 id={ (id) "-title" } { (title) } (add) }
            @if count == 0 { p.soft { (teach) } } @else { div.scroll tabindex="0" role="region" aria-label={ (title) " as a table" } { (table) } }
            (dialogs)
        }
    }
}

fn words(it: &Scope) -> Markup {
    let handled: Vec<String> = it.kinds.iter().filter(|k| k.3).map(|k| k.0.clone()).collect();
    let titles: Vec<&str> = it.kinds.iter().filter(|k| k.3).map(|k| k.1.as_str()).collect();
    html! {
        section.sheet.piece aria-labelledby="words-title" {
            h2 #words-title { "What is assessed" }
            p { @if it.description.is_empty() { span.soft { "Nobody described it yet." } } @else { (it.description) } }
            p.small { span.soft { "Kinds of data: " } @if titles.is_empty() { "none named" } @else { (titles.join(", ")) } }
            @if it.may {
                details {
                    summary { "Change the words" }
                    (form(it, &html! {
                        div.field { label { "What the organisation does, in a sentence or two" textarea name="words.description" data-keep maxlength="4000" { (it.description) } } }
                        (boxes("Kinds of data that it handles", "words.data_types", &data_kinds(it), &handled))
                        button.main { "Save" }
                    }))
                }
            }
        }
    }
}

fn systems(it: &Scope) -> Markup {
    let hosts: Vec<(String, String)> = it.providers.iter().map(|p| p.name.clone()).collect();
    let fields = |s: &System| {
        html! {
            (text("Title", "system.title", &s.name.1, "", true))
            div.field { label { "What it is for" select name="system.environment" { @for (word, label) in ENVIRONMENTS { option value=(word) selected[word == s.environment] { (label) } } } } }
            (boxes("Kinds of data that it touches", "system.touches", &data_kinds(it), &s.touches))
            (boxes("Providers that host or run a part of it", "system.providers", &hosts, &s.providers))
            div.field { label { "Runs in an isolated environment" select name="system.dedicated" data-type="json" {
                option value="" { "Not said" }
                option value="true" selected[s.dedicated == Some(true)] { "Yes" }
                option value="false" selected[s.dedicated == Some(false)] { "No" }
            } } }
            (inclusion("system", s.out.as_deref()))
        }
    };
    listed(
        "systems",
        "Systems",
        "Applications, databases, devices: what creates, receives, keeps or sends protected data, and what does not and why.",
        &opener(it, "new-system", "Add a system"),
        it.systems.len(),
        &html! {
            table #systems-table data-table {
                caption.unseen { "Systems in scope and left out" }
                (head(it, &["System", "For", "Touches", "Run by", "Stands"]))
                tbody { @for s in &it.systems { tr {
                    td { (s.name.1) } td { (s.environment) } td { (s.touches.join(", ")) } td { (s.providers.join(", ")) } td { (standing(s.out.as_deref())) }
                    (changer(it, &row("system", &s.name.0), &s.name.1))
                } } }
            }
        },
        &html! { @if it.may {
            (dialog(it, "system", "", "Add a system", &fields(&System { environment: "production".to_owned(), ..System::default() })))
            @for s in &it.systems { (dialog(it, "system", &s.name.0, &format!("Change {}", s.name.1), &fields(s))) }
        } },
    )
}

fn facilities(it: &Scope) -> Markup {
    let fields = |f: &Facility| {
        html! {
            (text("Title", "facility.title", &f.name.1, "", true))
            (text("Where it is", "facility.place", &f.place, "A town, a state, a data centre's region.", true))
            (inclusion("facility", f.out.as_deref()))
        }
    };
    listed(
        "facilities",
        "Places",
        "Offices, data centres, archives: where people and systems are.",
        &opener(it, "new-facility", "Add a place"),
        it.facilities.len(),
        &html! {
            table #facilities-table data-table {
                caption.unseen { "Places in scope and left out" }
                (head(it, &["Place", "Where", "Stands"]))
                tbody { @for f in &it.facilities { tr {
                    td { (f.name.1) } td { (f.place) } td { (standing(f.out.as_deref())) }
                    (changer(it, &row("facility", &f.name.0), &f.name.1))
                } } }
            }
        },
        &html! { @if it.may {
            (dialog(it, "facility", "", "Add a place", &fields(&Facility::default())))
            @for f in &it.facilities { (dialog(it, "facility", &f.name.0, &format!("Change {}", f.name.1), &fields(f))) }
        } },
    )
}

fn components(it: &Scope) -> Markup {
    let systems: Vec<(String, String)> =
        it.systems.iter().filter(|s| s.out.is_none()).map(|s| s.name.clone()).collect();
    let places: Vec<(String, String)> =
        it.facilities.iter().filter(|f| f.out.is_none()).map(|f| f.name.clone()).collect();
    let fields = |c: &Component| {
        html! {
            (text("Title", "component.title", &c.name.1, "", true))
            (boxes("Systems", "component.systems", &systems, &c.systems))
            (boxes("Places", "component.facilities", &places, &c.facilities))
            (text("Why they stand together", "component.rationale", &c.rationale, "Where several share one process.", false))
        }
    };
    listed(
        "components",
        "Parts that are scored by themselves",
        "A requirement may hold in one part and not in another: name parts where that matters. Without any, all is one.",
        &opener(it, "new-component", "Add a part"),
        it.components.len(),
        &html! {
            table #components-table data-table {
                caption.unseen { "Parts of the scope" }
                (head(it, &["Part", "Systems", "Places", "Why together"]))
                tbody { @for c in &it.components { tr {
                    td { (c.name.1) } td { (c.systems.join(", ")) } td { (c.facilities.join(", ")) } td.small { (c.rationale) }
                    (changer(it, &row("component", &c.name.0), &c.name.1))
                } } }
            }
        },
        &html! { @if it.may {
            (dialog(it, "component", "", "Add a part", &fields(&Component::default())))
            @for c in &it.components { (dialog(it, "component", &c.name.0, &format!("Change {}", c.name.1), &fields(c))) }
        } },
    )
}

fn providers(it: &Scope) -> Markup {
    let fields = |p: &Provider| {
        html! {
            (text("Name", "provider.title", &p.name.1, "", true))
            div.field { label { "What it does, a line each" textarea.short name="provider.services" data-type="list" { (p.services.join("\n")) } } }
            div.field { label { "How its part is covered" select name="provider.coverage" {
                option value="" { "Not said" }
                @for (word, label) in COVERAGES { option value=(word) selected[word == p.coverage] { (label) } }
            } } }
            div.field { label { input type="checkbox" name="provider.ephi" checked[p.ephi]; " It touches electronic protected health information" } }
        }
    };
    let covered = |word: &str| COVERAGES.iter().find(|(w, _)| *w == word).map_or("", |(_, label)| *label);
    listed(
        "providers",
        "Providers",
        "Who hosts, runs or handles something for you, and how that part is covered.",
        &opener(it, "new-provider", "Add a provider"),
        it.providers.len(),
        &html! {
            table #providers-table data-table {
                caption.unseen { "Service providers" }
                (head(it, &["Provider", "Does", "Covered by", "ePHI"]))
                tbody { @for p in &it.providers { tr {
                    td { (p.name.1) } td.small { (p.services.join(", ")) }
                    td { @if p.coverage.is_empty() { (state(Tone::Warn, "not said")) } @else { (covered(&p.coverage)) } }
                    td { (if p.ephi { "yes" } else { "no" }) }
                    (changer(it, &row("provider", &p.name.0), &p.name.1))
                } } }
            }
        },
        &html! { @if it.may {
            (dialog(it, "provider", "", "Add a provider", &fields(&Provider::default())))
            @for p in &it.providers { (dialog(it, "provider", &p.name.0, &format!("Change {}", p.name.1), &fields(p))) }
        } },
    )
}

fn flow_list(it: &Scope) -> Markup {
    let mut ends: Vec<(String, String)> = vec![("outside".to_owned(), "People and systems outside".to_owned())];
    ends.extend(it.systems.iter().map(|s| s.name.clone()));
    ends.extend(it.providers.iter().map(|p| p.name.clone()));
    let name = |id: &str| ends.iter().find(|(i, _)| i == id).map_or_else(|| id.to_owned(), |(_, t)| t.clone());
    let end = |label: &str, field: &str, value: &str| {
        html! { div.field { label { (label) select name=(field) { @for (id, title) in &ends { option value=(id) selected[id == value] { (title) } } } } } }
    };
    let fields = |f: &Flow| {
        html! {
            @if f.from.is_empty() { (end("From", "flow.from", "")) (end("To", "flow.to", "")) } @else {
                input type="hidden" name="flow.from" value=(f.from); input type="hidden" name="flow.to" value=(f.to);
            }
            (boxes("Kinds of data", "flow.data", &data_kinds(it), &f.data))
        }
    };
    listed(
        "moves",
        "Data flows",
        "What moves from where to where: from people outside into a system, between systems, out to providers.",
        &opener(it, "new-flow", "Add a flow"),
        it.flows.len(),
        &html! {
            table #moves-table data-table {
                caption.unseen { "Data flows" }
                (head(it, &["From", "To", "Data"]))
                tbody { @for (f, nth) in it.flows.iter().zip(1usize..) { tr {
                    td { (name(&f.from)) } td { (name(&f.to)) } td { (f.data.join(", ")) }
                    (changer(it, &row("flow", &format!("{} {}", f.from, f.to)), &format!("flow {nth}")))
                } } }
            }
        },
        &html! { @if it.may {
            (dialog(it, "flow", "", "Add a flow", &fields(&Flow::default())))
            @for f in &it.flows { (dialog(it, "flow", &format!("{} {}", f.from, f.to), &format!("From {} to {}", name(&f.from), name(&f.to)), &fields(f))) }
        } },
    )
}

//! Checks that do not hold or cannot be told, each with the place to mend; and the resources that were judged.

use maud::{Markup, html};

use super::{
    cloud::{Checks, checks, tabs},
    requirement::{Told, told},
};
use crate::parts::{Rest, Tone, counted, empty, lead, rest, state};

/// A check that does not hold, as a list shows it.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// Its address.
    pub href: String,
    /// The source's name.
    pub source: String,
    /// Whether the source is fresh: otherwise it says what was.
    pub fresh: bool,
    /// The policy.
    pub policy: String,
    /// What is true when it passes.
    pub title: String,
    /// How bad.
    pub severity: String,
    /// `fail`, `waived`, `unknown` or `errored`.
    pub verdict: &'static str,
    /// The kind of resource.
    pub kind: &'static str,
    /// The resource.
    pub resource: String,
    /// Where to mend it: document and line, or the setting; may be empty.
    pub place: String,
    /// What was found, in a line.
    pub found: String,
    /// Requirements that it touches.
    pub statements: Vec<String>,
    /// HITRUST control references and HIPAA citations.
    pub touches: (Vec<String>, Vec<String>),
    /// Since when; may be empty.
    pub since: String,
}

/// A verdict as a state.
pub fn verdict(word: &str) -> Markup {
    let tone = match word {
        "pass" => Tone::Good,
        "fail" => Tone::Bad,
        "waived" => Tone::Warn,
        _ => Tone::Unknown,
    };
    state(tone, word)
}

/// A severity as a state.
pub fn severity(word: &str) -> Markup {
    let tone = match word {
        "critical" | "high" => Tone::Bad,
        "medium" => Tone::Warn,
        _ => Tone::Plain,
    };
    state(tone, word)
}

/// A select of the filter: what it is called, its name, its options (value, label), and what is chosen.
#[derive(Debug, Clone, Default)]
pub struct Choose {
    /// Its label.
    pub label: &'static str,
    /// Its name in the address.
    pub name: &'static str,
    /// Values and labels; the first is for any.
    pub options: Vec<(String, String)>,
    /// The value that is chosen.
    pub chosen: String,
}

/// A filter that stands in the address.
pub fn filter(action: &str, label: &str, swap: &str, chooses: &[Choose], text: Option<(&str, &str, &str)>) -> Markup {
    html! {
        form.filter method="get" action=(action) data-swap=(swap) data-instant role="search" aria-label=(label) {
            @for choose in chooses {
                label { (choose.label) " " select name=(choose.name) { @for (value, label) in &choose.options { option value=(value) selected[*value == choose.chosen] { (label) } } } }
            }
            @if let Some((label, name, value)) = text { label { (label) " " input type="search" name=(name) value=(value) data-find; } }
            noscript { button { "Find" } }
        }
    }
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The organisation's id.
    pub org: String,
    /// What can be chosen.
    pub filter: Vec<Choose>,
    /// What the resource's name holds.
    pub text: String,
    /// Whether they are grouped by resource instead of by policy.
    pub by_resource: bool,
    /// Groups: heading, what follows it, and its findings.
    pub groups: Vec<(String, Vec<Finding>)>,
    /// How many there are.
    pub count: usize,
    /// What is left out of them.
    pub rest: Rest,
    /// Whether nothing was looked at yet.
    pub none_seen: bool,
}

/// The list.
pub fn list(it: &Findings) -> Markup {
    html! {
        (lead(&[], "Findings", "Checks that do not hold, and checks of which nobody can tell, each with the line or the setting to mend.", &html! {
            button type="button" data-csv="findings-table" { "Take as CSV" }
        }))
        (tabs(&it.org, "/findings"))
        (filter(&format!("/o/{}/cloud/findings", it.org), "Find findings", "list", &it.filter, Some(("Resource", "text", &it.text))))
        div #list data-live {
            @if it.groups.is_empty() {
                @if it.none_seen {
                    (empty("Nothing was looked at", "Findings come from looks at sources. Add a source, or let the first look end.", &html! { a.button href={ "/o/" (it.org) "/cloud" } { "To the sources" } }))
                } @else {
                    (empty("Nothing fits", "No check that does not hold fits these filters. What was not looked at is not among them.", &html! {}))
                }
            } @else {
                p.soft.small role="status" {
                    (counted(it.count, "finding", "findings")) @if it.rest.is_whole() { " in " (counted(it.groups.len(), "group", "groups")) }
                }
                (rest(&it.rest, "findings", false))
                div.scroll tabindex="0" role="region" aria-label="Findings" { (table(it)) }
            }
        }
    }
}

fn table(it: &Findings) -> Markup {
    html! {
        table.grouped #findings-table {
            caption.unseen { "Findings, worst first" }
            thead { tr {
                th scope="col" { (if it.by_resource { "Policy" } else { "Resource" }) } th scope="col" { "Stands" }
                th scope="col" { "Line or setting to mend" } th scope="col" { "Touches" } th scope="col" { "Since" }
            } }
            @for (heading, findings) in &it.groups {
                tbody {
                    tr { th.group colspan="5" scope="rowgroup" {
                        @if let Some(first) = findings.first() {
                            @if it.by_resource { code { (heading) } " " span.soft.small { (first.kind) } } @else {
                                a href={ "/o/" (it.org) "/cloud/policies/" (heading) } { (first.title) } " " (severity(&first.severity))
                            }
                            " " span.soft.small { (counted(findings.len(), "finding", "findings")) }
                        }
                    } }
                    @for finding in findings { (row(it, finding)) }
                }
            }
        }
    }
}

fn row(it: &Findings, finding: &Finding) -> Markup {
    html! {
        tr {
            td {
                @if it.by_resource { a href=(finding.href) { (finding.title) } " " (severity(&finding.severity)) }
                @else { a.mono.small href=(finding.href) { (finding.resource) } }
                br; span.soft.small { (finding.source) @if !finding.fresh { ": what was" } }
            }
            td { (verdict(finding.verdict)) }
            td.small { @if !finding.place.is_empty() { code { (finding.place) } br; } (finding.found) }
            td.small {
                @if !finding.statements.is_empty() { (finding.statements.join(" ")) br; }
                span.soft { (finding.touches.0.join(" ")) @if !finding.touches.1.is_empty() { " · " (finding.touches.1.join(" ")) } }
            }
            td.small { @if finding.since.is_empty() { span.soft { "not known" } } @else { time datetime=(finding.since) { (finding.since) } } }
        }
    }
}

/// One finding.
#[derive(Debug, Clone, Default)]
pub struct One {
    /// The organisation's id.
    pub org: String,
    /// Its line.
    pub line: Finding,
    /// Its id, the same in every look.
    pub id: String,
    /// The look that shows it, and when.
    pub seen: (String, String),
    /// Where: document, line, pointer and the source's own address; none where no place is known.
    pub place: Option<Place>,
    /// The attribute that decided, what was found there, and what was wanted.
    pub read: (String, String, String),
    /// How to mend it, in words and as code.
    pub mend: (String, Option<String>),
    /// Why it matters.
    pub why: String,
    /// What it touches: requirements with their titles, and their pages where an assessment has them.
    pub requirements: Vec<(String, String, String)>,
    /// Control references with titles.
    pub controls: Vec<(String, String)>,
    /// HIPAA citations with titles.
    pub hipaa: Vec<(String, String)>,
    /// When it was seen clear last; may be empty.
    pub clear_before: String,
    /// From what it follows.
    pub because: Option<Told>,
    /// Who answers for it, why and until when, where it is waived.
    pub waived: Option<(String, String, String)>,
    /// When it was open before: from, to, how it ended.
    pub before: Vec<(String, String, String)>,
    /// Where a waiver of it is asked for; empty where it cannot be.
    pub waive: String,
}

/// Where something stands in what was read.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The document.
    pub document: String,
    /// The line; empty where the format has none.
    pub line: String,
    /// JSON pointer in it.
    pub pointer: String,
    /// The source's own address.
    pub address: String,
}

/// One finding.
pub fn one(it: &One) -> Markup {
    let base = format!("/o/{}/cloud", it.org);
    let line = &it.line;
    html! {
        (lead(&[("Cloud and code", &base), ("Findings", &format!("{base}/findings"))], &line.title, "", &html! {
            @if !it.waive.is_empty() { a.button href=(it.waive) { "Accept it for a time" } }
        }))
        p.row { (verdict(line.verdict)) (severity(&line.severity)) code { (line.resource) } span.soft { (line.kind) } code.soft { (it.id) } }
        @if !line.fresh { p.note { "The source was not seen lately: this is what was." } }
        div.sheets #finding data-live {
            section.sheet.wide aria-labelledby="mend-title" {
                h2 #mend-title { "What to mend" }
                @if let Some(place) = &it.place {
                    p.where { code { (place.document) @if !place.line.is_empty() { ":" (place.line) } } " " span.soft.small { (place.address) } }
                    @if !place.pointer.is_empty() { p.soft.small { "Setting " code { (place.pointer) } } }
                } @else { p.soft { "No place is known: " (it.read.1) "." } }
                p { (it.mend.0) }
                @if let Some(code) = &it.mend.1 { pre.preview tabindex="0" { code { (code) } } }
            }
            section.sheet aria-labelledby="read-title" {
                h2 #read-title { (if line.verdict == "unknown" || line.verdict == "errored" { "Why nobody can tell" } else { "Why it does not hold" }) }
                dl.pairs {
                    @if !it.read.0.is_empty() { dt { "Attribute" } dd { code { (it.read.0) } } }
                    dt { "Read" } dd { (it.read.1) }
                    dt { "Wanted" } dd { (it.read.2) }
                    dt { "Source" } dd { (line.source) ", " (it.seen.0) " of " time datetime=(it.seen.1) { (it.seen.1) } }
                    @if !line.since.is_empty() { dt { "Since" } dd { time datetime=(line.since) { (line.since) } @if !it.clear_before.is_empty() { ", clear at " time datetime=(it.clear_before) { (it.clear_before) } } } }
                }
                p { (it.why) }
            }
            section.sheet aria-labelledby="touches-title" {
                h2 #touches-title { "What it touches" }
                @if !it.requirements.is_empty() { h3 { "Requirements" } ul.plain.tight { @for (id, title, href) in &it.requirements { li { @if href.is_empty() { code { (id) } } @else { a href=(href) { (id) } } " " (title) } } } }
                @if !it.controls.is_empty() { h3 { "HITRUST control references" } ul.plain.tight { @for (id, title) in &it.controls { li { code { (id) } " " (title) } } } }
                @if !it.hipaa.is_empty() { h3 { "HIPAA" } ul.plain.tight { @for (id, title) in &it.hipaa { li { code { (id) } " " (title) } } } }
                p.small { "Policy " a href={ (base) "/policies/" (line.policy) } { (line.policy) } }
            }
            @if let Some((by, why, until)) = &it.waived {
                section.sheet aria-labelledby="waived-title" {
                    h2 #waived-title { "Waived" }
                    p { (why) }
                    p.soft.small { (by) ", until " time datetime=(until) { (until) } }
                }
            }
            @if let Some(because) = &it.because {
                section.sheet.wide aria-labelledby="because-title" {
                    h2 #because-title { "From what it follows" }
                    ul.told { (told(because, 0)) }
                }
            }
            @if !it.before.is_empty() {
                section.sheet.wide aria-labelledby="before-title" {
                    h2 #before-title { "It was open before" }
                    table { caption.unseen { "Earlier times" } thead { tr { th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "How it ended" } } }
                        tbody { @for (from, to, how) in &it.before { tr { td { time datetime=(from) { (from) } } td { time datetime=(to) { (to) } } td { (how) } } } }
                    }
                }
            }
        }
    }
}

/// A resource.
#[derive(Debug, Clone, Default)]
pub struct Resource {
    /// The source's name.
    pub source: String,
    /// What it is.
    pub kind: &'static str,
    /// Its name.
    pub resource: String,
    /// The source's own type.
    pub type_name: String,
    /// The document.
    pub document: String,
    /// Its checks.
    pub checks: Checks,
    /// Its findings' address.
    pub href: String,
}

/// Resources.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// The organisation's id.
    pub org: String,
    /// What can be chosen.
    pub filter: Vec<Choose>,
    /// What the name holds.
    pub text: String,
    /// They.
    pub rows: Vec<Resource>,
    /// How many there are.
    pub count: usize,
    /// What is left out of them.
    pub rest: Rest,
}

/// Resources.
pub fn resources(it: &Resources) -> Markup {
    html! {
        (lead(&[], "Resources", "What the last look at each source found, with how its checks stand.", &html! { button type="button" data-csv="resources-table" { "Take as CSV" } }))
        (tabs(&it.org, "/resources"))
        (filter(&format!("/o/{}/cloud/resources", it.org), "Find resources", "list", &it.filter, Some(("Name", "text", &it.text))))
        div #list data-live {
            @if it.rows.is_empty() { (empty("No resource", "Nothing that was looked at fits these filters.", &html! {})) } @else {
                p.soft.small role="status" { (counted(it.count, "resource", "resources")) }
                (rest(&it.rest, "resources", false))
                div.scroll tabindex="0" role="region" aria-label="Resources" {
                    table #resources-table data-table {
                        caption.unseen { "Resources" }
                        thead { tr { th scope="col" { "Resource" } th scope="col" { "Kind" } th scope="col" { "Type" } th scope="col" { "Document" } th scope="col" { "Source" } th scope="col" { "Checks" } } }
                        tbody { @for row in &it.rows { tr {
                            td { a.mono.small href=(row.href) { (row.resource) } }
                            td.small { (row.kind) } td.small { (row.type_name) } td.small { (row.document) } td.small { (row.source) }
                            td { (checks(&row.checks)) }
                        } } }
                    }
                }
            }
        }
    }
}

//! The shipped policies: what each demands, why, what it touches, its text, and how it stands here.

use maud::{Markup, html};

use super::{
    cloud::{Checks, checks, tabs},
    findings::{Choose, filter, severity},
};
use crate::parts::{Tone, counted, empty, lead, state};

/// A policy, as the list shows it.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// What is true when it passes.
    pub title: String,
    /// What it is about.
    pub topic: &'static str,
    /// How bad a violation is.
    pub severity: String,
    /// The kind of resource.
    pub kind: &'static str,
    /// HITRUST control references.
    pub controls: Vec<String>,
    /// HIPAA citations.
    pub hipaa: Vec<String>,
    /// Its checks here, of fresh sources; none where it judged nothing.
    pub checks: Option<Checks>,
}

impl Policy {
    fn stands(&self) -> Markup {
        match &self.checks {
            Some(counts) => checks(counts),
            None => state(Tone::Unknown, "judged nothing here"),
        }
    }
}

/// The browser.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// The organisation's id.
    pub org: String,
    /// What can be chosen.
    pub filter: Vec<Choose>,
    /// What is looked for in ids and titles.
    pub text: String,
    /// How many are shipped.
    pub all: usize,
    /// Those that fit.
    pub rows: Vec<Policy>,
}

/// The browser.
pub fn list(it: &Policies) -> Markup {
    html! {
        (lead(&[], "Policies", "Every shipped policy, what it touches, and how it stands in this organisation.", &html! { button type="button" data-csv="policies-table" { "Take as CSV" } }))
        (tabs(&it.org, "/policies"))
        (filter(&format!("/o/{}/cloud/policies", it.org), "Find policies", "list", &it.filter, Some(("Words", "text", &it.text))))
        div #list {
            p.soft.small role="status" { (it.rows.len()) " of " (counted(it.all, "policy", "policies")) }
            @if it.rows.is_empty() { (empty("No policy fits", "Take a filter away.", &html! {})) } @else {
                div.scroll tabindex="0" role="region" aria-label="Policies" {
                    table #policies-table data-table {
                        caption.unseen { "Policies" }
                        thead { tr { th scope="col" { "Policy" } th scope="col" { "Severity" } th scope="col" { "Topic" } th scope="col" { "Judges" } th scope="col" { "HITRUST" } th scope="col" { "HIPAA" } th scope="col" { "Here" } } }
                        tbody { @for row in &it.rows { tr {
                            td { a href={ "/o/" (it.org) "/cloud/policies/" (row.id) } { (row.title) } br; code.soft.small { (row.id) } }
                            td { (severity(&row.severity)) }
                            td.small { (row.topic) } td.small { (row.kind) }
                            td.small { (row.controls.join(" ")) } td.small { (row.hipaa.join(" ")) }
                            td { (row.stands()) }
                        } } }
                    }
                }
            }
        }
    }
}

/// One policy.
#[derive(Debug, Clone, Default)]
pub struct One {
    /// The organisation's id.
    pub org: String,
    /// Its line.
    pub line: Policy,
    /// Why it matters.
    pub why: String,
    /// How to mend a violation, in words.
    pub mend: String,
    /// The same as code: language and code.
    pub code: Vec<(&'static str, String)>,
    /// What it helps to prove: element and its text.
    pub proves: Vec<(String, String)>,
    /// Control references with titles.
    pub controls: Vec<(String, String)>,
    /// HIPAA citations with titles.
    pub hipaa: Vec<(String, String)>,
    /// NIST SP 800-53 r5 ids.
    pub nist: Vec<String>,
    /// The authority behind it, and how sure we are.
    pub source: (String, String),
    /// The file, and its text.
    pub text: (String, String),
}

/// One policy.
pub fn one(it: &One) -> Markup {
    let base = format!("/o/{}/cloud", it.org);
    let line = &it.line;
    html! {
        (lead(&[("Cloud and code", &base), ("Policies", &format!("{base}/policies"))], &line.title, "", &html! {
            a.button href={ (base) "/findings?policy=" (line.id) } { "Its findings" }
        }))
        p.row { (severity(&line.severity)) code { (line.id) } span.soft { (line.topic) ", judges every " (line.kind) } }
        div.sheets {
            section.sheet aria-labelledby="here" { h2 #here { "How it stands here" } (line.stands())
                @if line.checks.is_none() { p.soft.small { "No fresh source holds a resource that it judges. That is no pass." } }
            }
            section.sheet aria-labelledby="why" { h2 #why { "Why it matters" } p { (it.why) } p.soft.small { (it.source.0) " (" (it.source.1) ")" } }
            section.sheet aria-labelledby="mend" {
                h2 #mend { "How to mend a violation" } p { (it.mend) }
                @for (language, code) in &it.code { details { summary { (language) } pre.preview tabindex="0" { code { (code) } } } }
            }
            section.sheet aria-labelledby="touches" {
                h2 #touches { "What it touches" }
                @if !it.proves.is_empty() { h3 { "Helps to prove" } ul.plain.tight { @for (id, text) in &it.proves { li { code { (id) } " " (text) } } } }
                @if !it.controls.is_empty() { h3 { "HITRUST control references" } ul.plain.tight { @for (id, title) in &it.controls { li { code { (id) } " " (title) } } } }
                @if !it.hipaa.is_empty() { h3 { "HIPAA" } ul.plain.tight { @for (id, title) in &it.hipaa { li { code { (id) } " " (title) } } } }
                @if !it.nist.is_empty() { h3 { "NIST SP 800-53 r5" } p { (it.nist.join(", ")) } }
            }
            section.sheet.wide aria-labelledby="text" {
                h2 #text { "Its text" }
                p.soft.small { code { (it.text.0) } }
                pre.preview tabindex="0" { code { (it.text.1) } }
            }
        }
    }
}

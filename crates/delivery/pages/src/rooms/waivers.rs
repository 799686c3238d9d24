//! Waivers: violations that somebody accepts for a time and somebody else answers for.

use maud::{Markup, html};

use super::{
    cloud::tabs,
    findings::{Choose, filter},
};
use crate::parts::{Rest, Tone, counted, empty, lead, rest, state};

/// A waiver.
#[derive(Debug, Clone, Default)]
pub struct Waiver {
    /// Its id; empty for one that lies in a file beside what is watched.
    pub id: String,
    /// Its revision.
    pub rev: u64,
    /// The policy, and the resource's address.
    pub about: (String, String),
    /// The source's name; empty for all.
    pub source: String,
    /// Why it is acceptable.
    pub reason: String,
    /// Who asked, and who decided.
    pub people: (String, String),
    /// The last day on which it holds.
    pub until: String,
    /// `asked`, `approved`, `refused`, `withdrawn`, `expired` or `in a file`.
    pub state: &'static str,
    /// What was said when it was decided.
    pub because: String,
    /// Whether the visitor may decide, and withdraw.
    pub may: (bool, bool),
    /// Whether the visitor asked for it and it waits: somebody else decides.
    pub mine: bool,
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Waivers {
    /// The organisation's id.
    pub org: String,
    /// What can be chosen.
    pub filter: Vec<Choose>,
    /// They: those that wait first, then by their last day.
    pub rows: Vec<Waiver>,
    /// What is left out of them.
    pub rest: Rest,
    /// Whether the visitor may ask for one.
    pub asks: bool,
    /// Whether nobody else here may decide about what the visitor asks for.
    pub alone: bool,
    /// Sources, to ask for one: id and name.
    pub sources: Vec<(String, String)>,
    /// Policy, resource and source that the dialog begins with.
    pub begins: (String, String, String),
    /// Today.
    pub today: String,
}

/// The page.
pub fn page(it: &Waivers) -> Markup {
    html! {
        (lead(&[], "Waivers", "Violations that are accepted until a day, by somebody who answers for it. What is waived still shows; when its day is over it is a violation again.", &html! {
            @if it.asks && it.begins.0.is_empty() { button.main type="button" data-opens="waive" { "Ask for a waiver" } }
            @if !it.rows.is_empty() { button type="button" data-csv="waivers-table" { "Take as CSV" } }
        }))
        (tabs(&it.org, "/waivers"))
        @if it.asks && !it.begins.0.is_empty() { (ask(it)) }
        (filter(&format!("/o/{}/cloud/waivers", it.org), "Find waivers", "list", &it.filter, None))
        @if it.asks && it.alone { (alone(&it.org)) }
        div #list data-live {
            (rest(&it.rest, "waivers", true))
            @if it.rows.is_empty() {
                (empty("No waiver", "A violation that cannot be mended yet can be accepted for a time: with a reason, by somebody who did not ask, and with a last day.", &html! {}))
            } @else {
                p.soft.small role="status" { (counted(it.rows.len(), "waiver", "waivers")) }
                div.scroll tabindex="0" role="region" aria-label="List of waivers" { (table(it)) }
            }
        }
        @if it.asks && it.begins.0.is_empty() { (ask(it)) }
    }
}

fn table(it: &Waivers) -> Markup {
    html! {
        table #waivers-table data-table {
            caption.unseen { "Waivers" }
            thead { tr { th scope="col" { "What" } th scope="col" { "Stands" } th scope="col" { "Until" } th scope="col" { "Why" } th scope="col" { "Asked, decided" } th scope="col" { "What can be done" } } }
            tbody { @for row in &it.rows { tr {
                td { a href={ "/o/" (it.org) "/cloud/findings?policy=" (row.about.0) } { (row.about.0) } br; code.small { (row.about.1) } @if !row.source.is_empty() { br; span.soft.small { (row.source) } } }
                td { (stands(row.state)) }
                td { time datetime=(row.until) { (row.until) } }
                td.small { (row.reason) @if !row.because.is_empty() { br; span.soft { (row.because) } } }
                td.small { (row.people.0) @if !row.people.1.is_empty() { br; (row.people.1) } }
                td { (acts(it, row)) }
            } } }
        }
    }
}

/// How somebody goes on who is alone.
fn alone(org: &str) -> Markup {
    html! {
        p.note { "Nobody decides about what they asked for themselves, and nobody else here may decide. Either "
            a href={ "/o/" (org) "/people" } { "invite another owner or a compliance lead" }
            ", or, for infrastructure code, write the waiver into " code { "attesta.waivers.yaml" } " beside it: there the review of the change is the second pair of eyes." }
    }
}

fn stands(word: &str) -> Markup {
    let tone = match word {
        "approved" | "in a file" => Tone::Warn,
        "asked" => Tone::Unknown,
        "expired" => Tone::Bad,
        _ => Tone::Plain,
    };
    state(tone, if word == "approved" { "accepted" } else { word })
}

fn acts(it: &Waivers, row: &Waiver) -> Markup {
    let api = format!("/api/v1/organisations/{}/waivers/{}", it.org, row.id);
    let what = format!("{} of {}", row.about.0, row.about.1);
    html! {
        @if row.may.0 {
            form.row method="post" data-api={ "POST " (api) "/decision" } data-etag=(row.rev) data-then="swap" {
                input type="hidden" name="decision" value="approve";
                button.main aria-label={ "Accept " (what) } { "Accept" }
            }
            details { summary { "Refuse" }
                form.row method="post" data-api={ "POST " (api) "/decision" } data-etag=(row.rev) data-then="swap" {
                    input type="hidden" name="decision" value="refuse";
                    label { "Why " input name="because" required; }
                    button { "Refuse" }
                }
            }
        }
        @if row.mine { p.soft.small { "Somebody else decides." } }
        @if row.may.1 {
            form method="post" data-api={ "DELETE " (api) } data-etag=(row.rev) data-then="swap" { button aria-label={ "Withdraw " (what) } { "Withdraw" } }
        }
    }
}

/// The form that asks: a part of the page where a finding leads to it, a dialog otherwise.
fn ask(it: &Waivers) -> Markup {
    html! {
        @if it.begins.0.is_empty() {
            dialog #waive aria-labelledby="waive-title" { (form(it)) }
        } @else {
            section #waive.sheet.narrow aria-labelledby="waive-title" { (form(it)) }
        }
    }
}

fn form(it: &Waivers) -> Markup {
    let (policy, resource, source) = &it.begins;
    html! {
        form method="post" data-api={ "POST /api/v1/organisations/" (it.org) "/waivers" } data-then={ "go:/o/" (it.org) "/cloud/waivers" } {
            h2 #waive-title { "Ask for a waiver" }
            div.field { label for="waive-policy" { "Policy" } input id="waive-policy" name="policy" value=(policy) required; }
            div.field { label for="waive-resource" { "Resource" } input id="waive-resource" name="resource" value=(resource) required; p.hint { "Its address, as the finding says it; * stands for any run of characters." } }
            div.field { label for="waive-source" { "Of source" } select id="waive-source" name="source" { option value="" { "all" } @for (id, name) in &it.sources { option value=(id) selected[id == source] { (name) } } } }
            div.field { label for="waive-reason" { "Why it is acceptable" } textarea.short id="waive-reason" name="reason" required {} }
            div.field { label for="waive-until" { "Until" } input id="waive-until" type="date" name="until" required min=(it.today); }
            p.hint.soft { "It counts once somebody else whose role decides has accepted it." }
            div.row {
                button.main { "Ask" }
                @if policy.is_empty() { button type="button" data-closes { "Cancel" } } @else { a.button href={ "/o/" (it.org) "/cloud/waivers" } { "Cancel" } }
            }
        }
    }
}

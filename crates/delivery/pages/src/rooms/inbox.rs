//! What others ask to inherit from this organisation, and its answers.

use maud::{Markup, html};

use crate::parts::{Rest, Tone, counted, empty, lead, rest, state};

/// A requirement that is asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The requirement there.
    pub requirement: String,
    /// The requirement here, where it has another id; empty where it has not.
    pub stands_for: String,
    /// How much of the score it makes, in per cent.
    pub weight: String,
    /// What was answered, and why; none while it is open.
    pub answer: Option<(String, String)>,
}

/// What was asked together.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Its id.
    pub id: String,
    /// Who asks.
    pub organisation: String,
    /// Since when.
    pub since: String,
    /// The revision that an answer names.
    pub rev: u64,
    /// What is asked for.
    pub asked: Vec<Wanted>,
    /// Whether whoever asked took all of it back.
    pub withdrawn: bool,
}

/// The page.
#[derive(Debug, Clone)]
pub struct Inbox {
    /// The organisation's id.
    pub org: String,
    /// Whether the visitor may answer.
    pub may: bool,
    /// What came, what is open first.
    pub items: Vec<Incoming>,
    /// What is left out of them.
    pub rest: Rest,
}

/// The page.
pub fn page(it: &Inbox) -> Markup {
    html! {
        (lead(&[], "Asked of us", "Who wants to inherit our results, and what we answered. An answer is carried to whoever asked.", &html! {}))
        @if it.items.is_empty() {
            (empty("Nothing was asked", "A customer on this server that submits requests to this organisation's id finds its way here. Whoever asked learns the answer by itself.", &html! { p { "Our id: " code { (it.org) } } }))
        } @else {
            p.soft.small { "Our id, for those who ask: " code { (it.org) } }
        }
        (rest(&it.rest, "requests", false))
        @for item in &it.items { (one(it, item)) }
    }
}

fn one(it: &Inbox, item: &Incoming) -> Markup {
    let open = item.asked.iter().filter(|w| w.answer.is_none()).count();
    let answers = it.may && open > 0;
    html! {
        section.sheet.piece aria-labelledby={ "from-" (item.id) } {
            h2 id={ "from-" (item.id) } { (item.organisation) " " span.soft.small { "asked on " time datetime=(item.since) { (item.since) } } }
            p { (if open > 0 { state(Tone::Warn, &counted(open, "waits for an answer", "wait for an answer")) } else if item.withdrawn { state(Tone::Plain, "taken back by whoever asked") } else { state(Tone::Plain, "answered") }) }
            form data-module="inheritance" method="post" data-api={ "POST /api/v1/organisations/" (it.org) "/inbox/" (item.id) "/decision" } data-etag=(item.rev) data-then="reload" aria-label={ "Answer " (item.organisation) } {
                div.scroll tabindex="0" role="region" aria-label={ "What " (item.organisation) " asks for" } {
                    table {
                        caption.unseen { "What is asked for" }
                        thead { tr { @if answers { th scope="col" { "Choose" } } th scope="col" { "Requirement" } th scope="col" { "Ours" } th.n scope="col" { "Weight" } th scope="col" { "Answer" } } }
                        tbody { @for wanted in &item.asked { tr {
                            @if answers { td { @if wanted.answer.is_none() { input type="checkbox" name="requirements" value=(wanted.requirement) aria-label={ "Choose " (wanted.requirement) }; } } }
                            td { code { (wanted.requirement) } } td { @if wanted.stands_for.is_empty() { span.soft { "the same" } } @else { code { (wanted.stands_for) } } } td.n { (wanted.weight) " %" }
                            td { @match &wanted.answer {
                                None => (state(Tone::Unknown, "open")),
                                Some((word, _)) if word == "withdraw" => (state(Tone::Plain, "taken back")),
                                Some((word, because)) => { (state(if word == "approve" { Tone::Good } else { Tone::Bad }, if word == "approve" { "approved" } else { "refused" })) " " span.small { (because) } }
                            } }
                        } } }
                    }
                }
                @if answers {
                    div.filter.act {
                        label { "Answer " select name="decision" required { option value="approve" { "Approve" } option value="reject" { "Refuse" } } }
                        label data-for="reject" { "Why " input name="because" maxlength="2000" autocomplete="off"; }
                        button.main { "Answer what is chosen, or all that is open" }
                    }
                }
            }
        }
    }
}

//! Corrective action plans: a board, and a picture of when what they mend can count.

use maud::{Markup, html};

use crate::{
    chart::{Span, spans},
    parts::{Tone, counted, empty, lead, state},
};

/// A milestone.
#[derive(Debug, Clone, Default)]
pub struct Milestone {
    /// What can be seen.
    pub what: String,
    /// Until when.
    pub due: String,
    /// When it was done.
    pub done: String,
}

/// A plan.
#[derive(Debug, Clone, Default)]
pub struct Card {
    /// Its id and the revision of the document in which it stands.
    pub id: (String, u64),
    /// The requirement and its title.
    pub requirement: (String, String),
    /// Why it needs a plan, in a word.
    pub need: String,
    /// What is weak.
    pub weakness: String,
    /// What is done.
    pub plan: String,
    /// The owner's id and name; may be empty.
    pub owner: (String, String),
    /// The owner's account; empty where they have none.
    pub account: String,
    /// Until when; may be empty.
    pub due: String,
    /// Whether that day has passed and it is not done.
    pub overdue: bool,
    /// `planned`, `not-started`, `started`, `at-risk` or `completed`.
    pub status: String,
    /// Milestones.
    pub milestones: Vec<Milestone>,
    /// What happened: when, who, what.
    pub notes: Vec<(String, String, String)>,
    /// From when what it mends can count, and why: the window in words, and how sure it is.
    pub counts: Option<(String, String, String)>,
    /// Steps that can be taken now: its word, what a button says, whether it wants a reason.
    pub steps: Vec<(&'static str, &'static str, bool)>,
    /// Whether what it says can be changed by who looks.
    pub may_change: bool,
    /// The last retest.
    pub retest: String,
    /// All milestones as JSON with the n-th done today, for a button each.
    pub done_today: Vec<String>,
    /// All milestones as JSON.
    pub json: String,
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The organisation's and the assessment's id.
    pub place: (String, String),
    /// What the assessment is.
    pub what: String,
    /// Plans.
    pub cards: Vec<Card>,
    /// Requirements that need a plan and have none.
    pub missing: Vec<(String, String)>,
    /// Other shortfalls for which one may be begun.
    pub others: Vec<(String, String)>,
    /// Why it is not known which are missing.
    pub unknown: String,
    /// Why nothing can be changed now; empty where it can.
    pub held: String,
    /// Whether the visitor may begin one.
    pub may_begin: bool,
    /// Whether they may make tasks.
    pub may_remind: bool,
    /// The entity's people: id and name.
    pub people: Vec<(String, String)>,
    /// The picture.
    pub picture: (Vec<Span>, u32, Vec<(u32, String)>),
    /// The visitor's account.
    pub me: String,
}

const COLUMNS: [(&str, &str, Tone); 4] = [
    ("not-started", "Not started", Tone::Plain),
    ("started", "Under way", Tone::Now),
    ("at-risk", "At risk", Tone::Bad),
    ("completed", "Done and tested again", Tone::Good),
];

/// The page.
pub fn page(it: &Page) -> Markup {
    let base = format!("/o/{}/a/{}", it.place.0, it.place.1);
    let api = format!("/api/v1/organisations/{}/assessments/{}/actions", it.place.0, it.place.1);
    html! {
        (lead(&[("Assessments", &format!("/o/{}/assessments", it.place.0))], "Corrective actions", &it.what, &html! {
            @if it.may_begin && !(it.missing.is_empty() && it.others.is_empty()) { button.main type="button" data-opens="begin" { "Begin a plan" } }
            @if !it.cards.is_empty() { button type="button" data-csv="actions-table" { "Take as CSV" } }
        }))
        @if !it.held.is_empty() { p.note { (it.held) } }
        div #board data-live {
            p.row role="status" {
                (state(if it.missing.is_empty() { if it.unknown.is_empty() { Tone::Good } else { Tone::Unknown } } else { Tone::Bad },
                    &if it.unknown.is_empty() { counted(it.missing.len(), "required plan is missing", "required plans are missing") } else { "which are missing is not known".to_owned() }))
                @let late = it.cards.iter().filter(|c| c.overdue).count();
                @if late > 0 { (state(Tone::Bad, &counted(late, "is overdue", "are overdue"))) }
            }
            @if !it.unknown.is_empty() { p.small { (it.unknown) } }
            @if it.cards.is_empty() {
                (empty("No plan yet", "Where a requirement falls short in a domain below the threshold, a corrective action plan says who mends what until when. Gaps tell which need one.", &html! { a.button href={ (base) "/gaps" } { "See the gaps" } }))
            } @else {
                div.board {
                    @for (word, title, tone) in COLUMNS {
                        @let cards: Vec<&Card> = it.cards.iter().filter(|c| c.status == word || (word == "not-started" && c.status == "planned")).collect();
                        section aria-labelledby={ "column-" (word) } {
                            h2 id={ "column-" (word) } { (state(tone, title)) " " span.soft { (cards.len()) } }
                            @if cards.is_empty() { p.soft.small { "none" } }
                            @for card in cards { (shown(card)) }
                        }
                    }
                }
                section.sheet aria-labelledby="when" {
                    h2 #when { "When what is mended can count" }
                    p.small.soft { "The full bar is the work, until it is due or was tested; the one after it is the time for which what was mended must stand before a test counts it." }
                    div.scroll tabindex="0" role="region" aria-label="Picture of the plans" { (spans("Plans and the time after them", &it.picture.0, it.picture.1, &it.picture.2)) }
                    (table(it))
                }
            }
        }
        @for card in &it.cards { (detail(it, card, &api)) }
        @if it.may_begin { (begin(it, &api)) }
    }
}

fn shown(card: &Card) -> Markup {
    let done = card.milestones.iter().filter(|m| !m.done.is_empty()).count();
    html! {
        article.card.sheet {
            h3 { a href={ "#plan-" (card.id.0) } { (card.requirement.0) } }
            p { (card.requirement.1) }
            p.small.row {
                @if card.owner.1.is_empty() { (state(Tone::Warn, "nobody's")) } @else { span { (card.owner.1) } }
                @if card.due.is_empty() { (state(Tone::Warn, "no day")) } @else if card.overdue { (state(Tone::Bad, "overdue")) time datetime=(card.due) { (card.due) } } @else { span { "due " time datetime=(card.due) { (card.due) } } }
                @if !card.milestones.is_empty() { span.soft { (done) " of " (counted(card.milestones.len(), "milestone", "milestones")) } }
            }
        }
    }
}

fn tone(status: &str) -> (Tone, &str) {
    match status {
        "completed" => (Tone::Good, "done and tested again"),
        "at-risk" => (Tone::Bad, "at risk"),
        "started" => (Tone::Now, "under way"),
        _ => (Tone::Plain, "not started"),
    }
}

fn table(it: &Page) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Plans" {
            table #actions-table data-table {
                caption.unseen { "Plans, their days, and from when what they mend can count" }
                thead { tr {
                    th scope="col" { "Requirement" } th scope="col" { "Stands" } th scope="col" { "Owner" } th scope="col" { "Due" } th scope="col" { "Milestones" } th scope="col" { "Can count from" } th scope="col" { "Because of" }
                } }
                tbody { @for card in &it.cards {
                    @let (tone, word) = tone(&card.status);
                    tr {
                        td { a href={ "#plan-" (card.id.0) } { (card.requirement.0) } }
                        td { (state(tone, word)) @if card.overdue { " " (state(Tone::Bad, "overdue")) } }
                        td { (card.owner.1) }
                        td { @if !card.due.is_empty() { time datetime=(card.due) { (card.due) } } }
                        td.small { @for m in &card.milestones { (m.what) @if m.done.is_empty() { @if !m.due.is_empty() { ", by " (m.due) } } @else { ", done " (m.done) } "; " } }
                        @match &card.counts {
                            Some((from, why, sure)) => { td { time datetime=(from) { (from) } } td.small { (why) " " (state(if sure == "verified" { Tone::Good } else { Tone::Unknown }, sure)) } }
                            None => { td { span.soft { "no day" } } td {} }
                        }
                    }
                } }
            }
        }
    }
}

fn detail(it: &Page, card: &Card, api: &str) -> Markup {
    let (tone, word) = tone(&card.status);
    let at = format!("{api}/{}", card.id.0);
    let id = format!("plan-{}", card.id.0);
    html! {
        section.sheet.plan id=(id) data-live aria-labelledby={ (id) "-head" } tabindex="-1" {
            h2 id={ (id) "-head" } { (card.requirement.0) " " (card.requirement.1) }
            p.row { (state(tone, word)) @if card.need == "required" { (state(Tone::Bad, "required")) } @else { (state(Tone::Plain, &card.need)) }
                a href={ "/o/" (it.place.0) "/a/" (it.place.1) "/requirements?open=" (card.requirement.0) } { "the requirement" span.unseen { " " (card.requirement.0) } } }
            dl.pairs {
                dt { "Weak" } dd { (card.weakness) }
                dt { "Plan" } dd { (card.plan) }
                @if !card.retest.is_empty() { dt { "Tested again" } dd { (card.retest) } }
                @if let Some((from, why, sure)) = &card.counts { dt { "Can count from" } dd { time datetime=(from) { (from) } ": " (why) ", " (sure) } }
            }
            @if !card.milestones.is_empty() {
                ul.plain { @for (milestone, json) in card.milestones.iter().zip(&card.done_today) { li.row {
                    @if milestone.done.is_empty() { (state(Tone::Plain, "open")) } @else { (state(Tone::Good, "done")) }
                    span { (milestone.what) }
                    @if !milestone.due.is_empty() { span.soft { "by " time datetime=(milestone.due) { (milestone.due) } } }
                    @if !milestone.done.is_empty() { span.soft { "on " time datetime=(milestone.done) { (milestone.done) } } }
                    @else if card.may_change {
                        form method="post" data-api={ "PATCH " (at) } data-etag=(card.id.1) data-then={ "swap;toast:Done today: " (milestone.what) }
                            data-undo={ "PATCH " (at) } data-undo-body={ "{\"milestones\":" (card.json) "}" } { input type="hidden" name="milestones" data-type="json" value=(json); button.quiet aria-label={ "Done today: " (milestone.what) } { "Done today" } }
                    }
                } } }
            }
            @if !card.notes.is_empty() {
                details { summary { "What happened" } ul { @for (on, by, says) in &card.notes { li { time datetime=(on) { (on) } " " (by) ": " (says) } } } }
            }
            div.row {
                @for (step, label, reason) in &card.steps {
                    form.row method="post" data-api={ "POST " (at) "/steps" } data-etag=(card.id.1) data-then="reload" {
                        input type="hidden" name="step" value=(step);
                        @if *reason { label { "Why " input name="because" required maxlength="500" aria-label={ "Why: " (label) " " (card.requirement.0) }; } }
                        button aria-label={ (label) ": " (card.requirement.0) } { (label) }
                    }
                }
            }
            @if card.may_change { (change(it, card, &at)) }
            @if it.may_remind && !card.due.is_empty() {
                details { summary { "Remind somebody of " (card.requirement.0) }
                    form.fill method="post" data-api={ "POST /api/v1/organisations/" (it.place.0) "/tasks" } data-then="toast:The task is there, and its owner is told as its day comes near." {
                        input type="hidden" name="about" value={ (it.place.1) "/actions/" (card.id.0) };
                        div.fields {
                            label { "What " input name="title" required maxlength="200" value={ "Corrective action for " (card.requirement.0) }; }
                            label { "By " input name="due" type="date" required value=(card.due); }
                            label { "Whose " select name="owner" {
                                @if !card.account.is_empty() && card.account != it.me { option value=(card.account) { (card.owner.1) } }
                                option value=(it.me) { "mine" }
                            } }
                        }
                        button { "Make the task" }
                    }
                }
            }
        }
    }
}

fn change(it: &Page, card: &Card, at: &str) -> Markup {
    html! {
        details { summary { "Change what it says" }
            form method="post" data-api={ "PATCH " (at) } data-etag=(card.id.1) data-then="reload" {
                div.field { label { "What is weak " textarea.short name="weakness" { (card.weakness) } } }
                div.field { label { "What will be done " textarea.short name="plan" { (card.plan) } } }
                div.row {
                    label { "Owner " (people(it, &card.owner.0)) }
                    label { "Due " input name="due" type="date" value=(card.due); }
                    label { "Note " input name="note" maxlength="1000" placeholder="what happened"; }
                }
                (milestones(&card.json, &card.id.0))
                p { button.main { "Keep it" } }
            }
        }
    }
}

fn people(it: &Page, chosen: &str) -> Markup {
    html! { select name="owner" { option value="" { "nobody yet" } @for (id, name) in &it.people { option value=(id) selected[id == chosen] { (name) } } } }
}

/// Milestones as rows; a module writes them into one field as JSON.
fn milestones(json: &str, key: &str) -> Markup {
    html! {
        fieldset.rowed data-module="rows" {
            legend { "Milestones" }
            input type="hidden" name="milestones" data-type="json" value=(json);
            div.entries {}
            template { div.row.entry {
                label { "What can be seen " input data-name="what" maxlength="500"; }
                label { "By " input data-name="due" type="date"; }
                label { "Done on " input data-name="done" type="date"; }
                button.quiet type="button" data-less { "Remove" }
            } }
            button type="button" data-more aria-label={ "Another milestone of " (key) } { "Another milestone" }
        }
    }
}

fn begin(it: &Page, api: &str) -> Markup {
    html! {
        dialog #begin aria-labelledby="begin-title" {
            form method="post" data-api={ "POST " (api) } data-etag="0" data-then="reload" {
                h2 #begin-title { "Begin a plan" }
                div.field { label for="begin-requirement" { "For the requirement" } select id="begin-requirement" name="requirement" required {
                    @if !it.missing.is_empty() { optgroup label="required" { @for (id, title) in &it.missing { option value=(id) { (id) " " (title) } } } }
                    @if !it.others.is_empty() { optgroup label="other gaps" { @for (id, title) in &it.others { option value=(id) { (id) " " (title) } } } }
                } }
                div.field { label for="begin-weakness" { "What is weak" } textarea.short id="begin-weakness" name="weakness" required {} }
                div.field { label for="begin-plan" { "What will be done" } textarea.short id="begin-plan" name="plan" required {} }
                div.row { label { "Owner " (people(it, "")) } label { "Due " input id="begin-due" name="due" type="date" required; } }
                (milestones("[]", "the new plan"))
                div.row { button.main { "Begin it" } button type="button" data-closes { "Cancel" } }
            }
        }
    }
}

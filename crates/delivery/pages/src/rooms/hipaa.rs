//! HIPAA's registers: decisions, the risk analysis, agreements, incidents with their clocks, and the proposed rule of 2025.

mod incidents;
mod risks;
mod watched;

use maud::{Markup, html};

pub use self::{
    incidents::{Clock, Incident, Incidents, incidents},
    risks::{Cell, Matrix, Risk, Risks, risks},
    watched::{Check, Source, Watched},
};

use crate::parts::{Tone, counted, empty, lead, state, ticked};

/// The registers, in the order of their tabs: the end of the address, and the label.
const TABS: [(&str, &str); 5] = [
    ("", "Where it stands"),
    ("/decisions", "Decisions"),
    ("/risks", "Risk analysis"),
    ("/agreements", "Agreements"),
    ("/incidents", "Incidents"),
];

/// What every page of the room shares.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// The organisation's and the assessment's id.
    pub place: (String, String),
    /// The day of the report.
    pub at: String,
    /// The revision of the register's file.
    pub rev: u64,
    /// Whether the visitor may add, change and sign.
    pub may: (bool, bool, bool),
    /// Evidence that may be named: id and title.
    pub evidence: Vec<(String, String)>,
}

impl Around {
    fn base(&self) -> String {
        format!("/o/{}/a/{}/hipaa", self.place.0, self.place.1)
    }

    fn api(&self) -> String {
        format!("/api/v1/organisations/{}/assessments/{}/hipaa/records", self.place.0, self.place.1)
    }

    fn head(&self, here: &str, say: &str, acts: &Markup) -> Markup {
        html! {
            (lead(&[], "HIPAA", say, acts))
            nav.tabs aria-label="HIPAA" {
                @for (path, label) in TABS { a href={ (self.base()) (path) } aria-current=[(path == here).then_some("page")] { (label) } }
            }
        }
    }

    /// What shows it: a choice of evidence, of which some is chosen.
    fn shows(&self, name: &str, chosen: &[String]) -> Markup {
        html! {
            @if !self.evidence.is_empty() {
                details { summary { "Evidence that shows it" }
                    fieldset.choices { legend.unseen { "Evidence that shows it" }
                        @for (id, title) in &self.evidence { label { input type="checkbox" name=(name) value=(id) checked[chosen.contains(id)]; " " (title) } }
                    }
                }
            }
        }
    }
}

/// How an item of the Security Rule stands.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// The citation.
    pub citation: String,
    /// Its title.
    pub title: String,
    /// The word.
    pub state: String,
    /// Why.
    pub reasons: Vec<String>,
    /// What policies say of it, failures first.
    pub checks: Vec<Check>,
}

fn stands(word: &str) -> Markup {
    let tone = match word {
        "met" | "met by alternative" | "in force" | "current" | "sent" | "present" | "low probability" | "secured"
        | "excluded" => Tone::Good,
        "violated" | "overdue" | "does not count" | "expired" | "not in force" | "never done" | "breach"
        | "presumed breach" | "sent late" | "absent" => Tone::Bad,
        "open" | "not decided" | "not looked for" | "unknown" => Tone::Unknown,
        "decided against" | "running" | "held" => Tone::Warn,
        _ => Tone::Plain,
    };
    state(tone, word)
}

/// A change that is proposed.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What it is about.
    pub topic: String,
    /// Where it would stand.
    pub stands_at: String,
    /// What it says, in our words.
    pub text: String,
    /// How sure we are.
    pub confidence: String,
}

/// The proposed rule.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// Its title, its label and its status.
    pub words: (String, String, String),
    /// Its changes.
    pub changes: Vec<Change>,
    /// Addressable items that it would require and that are not met as written.
    pub would_be_required: Vec<String>,
}

fn proposed(it: &Proposal) -> Markup {
    html! {
        section.sheet.wide aria-labelledby="proposed-title" {
            h2 #proposed-title { "Proposed in 2025" }
            p.note { strong { (it.words.1) } ". " (it.words.0) ". " (it.words.2) " It changes no number here." }
            @if !it.would_be_required.is_empty() { p { "Would be required and is not met as written: " (it.would_be_required.join(", ")) "." } }
            table #proposed-table data-table {
                caption.unseen { "Proposed changes" }
                thead { tr { th scope="col" { "About" } th scope="col" { "Where" } th scope="col" { "What" } th scope="col" { "How sure" } } }
                tbody { @for change in &it.changes { tr { td { (change.topic) } td.small { (change.stands_at) } td { (change.text) } td.small { (change.confidence) } } } }
            }
        }
    }
}

/// Where the Security Rule stands.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// What the pages share.
    pub around: Around,
    /// Whether every required item that applies is met, and how many of how many.
    pub required: (bool, u64, u64),
    /// Per cent of the addressable ones, and how many of how many.
    pub addressable: (Option<u64>, u64, u64),
    /// By alternative, decided against, open, violated.
    pub counts: [u64; 4],
    /// Required items, then addressable ones.
    pub items: (Vec<Item>, Vec<Item>),
    /// How many are met by people's word where settings could tell.
    pub on_word: u64,
    /// What stands against each register.
    pub to_mend: Vec<(String, Vec<String>)>,
    /// What the sources show.
    pub watched: Watched,
    /// The proposed rule, where it is asked for.
    pub proposal: Option<Proposal>,
}

/// Where the Security Rule stands.
pub fn status(it: &Status) -> Markup {
    let around = &it.around;
    html! {
        (around.head("", "The Security Rule's two scores: required items are met or not; addressable ones in per cent.", &html! {
            @if it.proposal.is_some() { a.button href=(around.base()) { "Without the proposed rule" } } @else { a.button href={ (around.base()) "?proposed=yes" } { "Lay the proposed rule of 2025 beside it" } }
        }))
        div.sheets #hipaa data-live {
            section.sheet aria-labelledby="required-title" {
                h2 #required-title { "Required" }
                p.big { (if it.required.0 { "Met" } else { "Not met" }) }
                p { (it.required.1) " of " (it.required.2) " required items are met. One that is not makes the whole not met." }
            }
            section.sheet aria-labelledby="addressable-title" {
                h2 #addressable-title { "Addressable" }
                p.big { (it.addressable.0.map_or("none applies".to_owned(), |p| format!("{p}%"))) }
                p { (it.addressable.1) " of " (it.addressable.2) " are met, " (it.counts[0]) " by an equivalent measure. " (it.counts[1]) " decided against, " (it.counts[2]) " open, " (it.counts[3]) " violated." }
            }
            section.sheet aria-labelledby="mend-title" {
                h2 #mend-title { "What stands against the registers" }
                @if it.to_mend.is_empty() { p { "Nothing." } }
                @for (register, against) in &it.to_mend {
                    details { summary { (register) ": " (counted(against.len(), "thing", "things")) } ul { @for line in against { li { (ticked(line)) } } } }
                }
            }
            @if let Some(proposal) = &it.proposal { (proposed(proposal)) }
            (watched::sources(around, &it.watched, it.on_word))
            @for (id, title, items) in [("required", "Required items", &it.items.0), ("addressable", "Addressable items", &it.items.1)] {
                section.sheet.wide aria-labelledby={ (id) "-items" } {
                    h2 id={ (id) "-items" } { (title) }
                    table id={ (id) "-table" } data-table {
                        caption.unseen { (title) }
                        thead { tr { th scope="col" { "Item" } th scope="col" { "Stands" } th scope="col" { "Because" } } }
                        tbody { @for item in items { tr id={ "item-" (item.citation) } {
                            td { code { (item.citation) } " " (item.title) }
                            td { (stands(&item.state)) }
                            td.small { (because(around, item)) }
                        } } }
                    }
                }
            }
        }
    }
}

/// Why an item stands there: the reasons, and the checks that it rests on.
fn because(around: &Around, item: &Item) -> Markup {
    html! {
        @match item.reasons.as_slice() {
            [] => {},
            [only] => (ticked(only)),
            all => details { summary { (counted(all.len(), "reason", "reasons")) } ul { @for line in all { li { (ticked(line)) } } } }
        }
        (watched::checks(around, &item.checks))
    }
}

/// A decision about an addressable specification.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// The specification, and its title.
    pub item: (String, String),
    /// `not decided`, `does not count` or `in force`.
    pub state: String,
    /// The choice; empty for none.
    pub choice: String,
    /// Why.
    pub rationale: String,
    /// Who approved it, when, and until when it stands without a review.
    pub signed: (String, String, String),
    /// Why it does not count.
    pub flaws: Vec<String>,
    /// Drafts, and earlier decisions.
    pub others: (u64, usize),
}

/// The register of decisions.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    /// What the pages share.
    pub around: Around,
    /// Decisions, by item.
    pub rows: Vec<Decision>,
    /// What must be weighed: key and question.
    pub factors: Vec<(String, String)>,
    /// Items that are marked as not applicable: item, reason, by, whether it stands.
    pub not_applicable: Vec<(String, String, String, bool)>,
    /// How long decisions are kept.
    pub kept: String,
}

/// The register of decisions.
pub fn decisions(it: &Decisions) -> Markup {
    let around = &it.around;
    html! {
        (around.head("/decisions", "What was decided about each addressable specification: implemented, an equivalent measure, or neither, with the reasoning.", &html! {
            @if around.may.0 { button.main type="button" data-opens="decide" { "Decide" } }
            button type="button" data-csv="decisions-table" { "Take as CSV" }
        }))
        div #register data-live {
            p.soft.small { (it.kept) }
            div.scroll tabindex="0" role="region" aria-label="Decisions" {
                table #decisions-table data-table {
                    caption.unseen { "Decisions" }
                    thead { tr { th scope="col" { "Specification" } th scope="col" { "Stands" } th scope="col" { "Choice" } th scope="col" { "Reasoning" } th scope="col" { "Approved" } th scope="col" { "Review by" } } }
                    tbody { @for row in &it.rows { tr id={ "item-" (row.item.0) } {
                        td { code { (row.item.0) } br; (row.item.1) }
                        td { (stands(&row.state)) @if !row.flaws.is_empty() { ul.small { @for flaw in &row.flaws { li { (ticked(flaw)) } } } } }
                        td { (row.choice) }
                        td.small { (row.rationale) @if row.others.0 > 0 { " " span.soft { (row.others.0) " drafts" } } @if row.others.1 > 0 { " " span.soft { (row.others.1) " earlier" } } }
                        td.small { (row.signed.0) br; @if !row.signed.1.is_empty() { time datetime=(row.signed.1) { (row.signed.1) } } }
                        td { @if !row.signed.2.is_empty() { time datetime=(row.signed.2) { (row.signed.2) } } }
                    } } }
                }
            }
            @if !it.not_applicable.is_empty() {
                h2.space { "Marked as not applicable" }
                ul { @for (item, reason, by, good) in &it.not_applicable { li { code { (item) } " " (reason) " " span.soft { (by) } " " @if !good { (state(Tone::Bad, "refused")) } } } }
            }
        }
        @if around.may.0 { (decide(it)) }
    }
}

fn decide(it: &Decisions) -> Markup {
    let around = &it.around;
    html! {
        dialog #decide aria-labelledby="decide-title" {
            form method="post" data-api={ "POST " (around.api()) "/decisions" } data-etag=(around.rev) data-then="reload" {
                h2 #decide-title { "Decide about an addressable specification" }
                div.field { label for="decide-item" { "Specification" } select id="decide-item" name="item" { @for row in &it.rows { option value=(row.item.0) { (row.item.0) " " (row.item.1) } } } }
                div.field { label for="decide-choice" { "Choice" } select id="decide-choice" name="choice" {
                    option value="implement" { "implement it as written" } option value="alternative" { "an equivalent measure instead" } option value="neither" { "neither is reasonable and appropriate" }
                } }
                div.field { label for="decide-why" { "Why it is, or is not, reasonable and appropriate here" } textarea.short id="decide-why" name="rationale" {} }
                div.field.of-alternative { label for="decide-measure" { "The equivalent measure" } textarea.short id="decide-measure" name="measure" {} p.hint { "Only of an equivalent measure." } }
                div.field.of-neither { label for="decide-none" { "Why no equivalent measure is reasonable either" } textarea.short id="decide-none" name="no_alternative" {} p.hint { "Only of neither." } }
                @for (key, asks) in &it.factors { div.field { label for={ "factor-" (key) } { (asks) } textarea.short id={ "factor-" (key) } name={ "factors." (key) } {} } }
                div.field { label for="decide-review" { "To be reviewed by" } input id="decide-review" name="review_by" type="date"; }
                (around.shows("evidence", &[]))
                @if around.may.2 { div.field { label { input type="checkbox" name="approve"; " I approve it, today and by my name" } p.hint { "What nobody approved is a draft, which does not count." } } }
                div.row { button.main { "Write it down" } button type="button" data-closes { "Cancel" } }
            }
        }
    }
}

/// A clause of the checklist: citation, what it asks, what was found, and where.
#[derive(Debug, Clone, Default)]
pub struct Clause {
    /// The citation, and a short title.
    pub what: (String, String),
    /// `present`, `absent`, `not applicable` or `not looked for`.
    pub answer: String,
    /// Where it stands, or why it does not concern the agreement.
    pub at: String,
    /// Whether that is enough.
    pub counts: bool,
}

/// An agreement.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    /// Its id.
    pub id: String,
    /// The party, and what it is to us.
    pub party: (String, String),
    /// Where it stands.
    pub state: String,
    /// What is done under it.
    pub services: String,
    /// Signatures: ours, theirs; who and when.
    pub signed: [(String, String); 2],
    /// Effective, expires, renewal, ended.
    pub days: [String; 4],
    /// Within how many days breaches are told; empty for the rule's own.
    pub report_within: String,
    /// The checklist.
    pub clauses: Vec<Clause>,
    /// What is wrong with it.
    pub flaws: Vec<String>,
    /// Evidence that is named.
    pub evidence: Vec<String>,
}

/// The register of agreements.
#[derive(Debug, Clone, Default)]
pub struct Agreements {
    /// What the pages share.
    pub around: Around,
    /// They.
    pub rows: Vec<Agreement>,
    /// Providers with ePHI without an agreement in force.
    pub without: Vec<String>,
    /// Whether nobody says which providers touch ePHI.
    pub nobody_says: bool,
    /// The checklist for a new one: citation and title.
    pub checklist: Vec<(String, String)>,
    /// The proposed rule's clauses, where it is asked for.
    pub proposal: Option<Proposal>,
}

/// The register of agreements.
pub fn agreements(it: &Agreements) -> Markup {
    let around = &it.around;
    html! {
        (around.head("/agreements", "Business associate agreements, each against the checklist of clauses (164.504(e), 164.314(a)).", &html! {
            @if around.may.0 { button.main type="button" data-opens="new-agreement" { "Add an agreement" } }
            @if it.proposal.is_none() { a.button href={ (around.base()) "/agreements?proposed=yes" } { "What 2025 would add" } }
        }))
        div #register data-live {
            @if it.nobody_says { p.note { "The scope does not say which providers touch ePHI, so nobody knows whether one is missing." } }
            @for provider in &it.without { p { (state(Tone::Bad, "no agreement in force")) " " code { (provider) } " touches ePHI." } }
            @if it.rows.is_empty() { (empty("No agreement yet", "Each business associate that touches ePHI needs one that is signed by both, in its time, with every clause in its place.", &html! {})) }
            @for row in &it.rows { (agreement(it, row)) }
            @if let Some(proposal) = &it.proposal { div.space { (proposed(proposal)) } }
        }
        @if around.may.0 {
            dialog #new-agreement aria-labelledby="new-agreement-title" {
                h2 #new-agreement-title { "Add an agreement" }
                (edit(it, &Agreement::default(), "new"))
            }
        }
    }
}

fn agreement(it: &Agreements, row: &Agreement) -> Markup {
    let id = &row.id;
    html! {
        section.sheet.space aria-labelledby={ "agreement-" (id) } {
            h2 id={ "agreement-" (id) } { (row.party.0) " " span.soft.small { (row.party.1.replace('-', " ")) ", " (id) } " " (stands(&row.state)) }
            p { (row.services) }
            dl.pairs {
                dt { "Signed" } dd { @for ((by, on), who) in row.signed.iter().zip(["us", "them"]) { @if by.is_empty() { span { (state(Tone::Warn, &format!("not by {who}"))) " " } } @else { span { (by) ", " time datetime=(on) { (on) } } br; } } }
                @for (day, word) in row.days.iter().zip(["From", "Until", "Look again by", "Ended"]) { @if !day.is_empty() { dt { (word) } dd { time datetime=(day) { (day) } } } }
            }
            @if !row.flaws.is_empty() { ul { @for flaw in &row.flaws { li { (ticked(flaw)) } } } }
            @if !row.clauses.is_empty() {
                details { summary { (row.clauses.iter().filter(|c| c.counts).count()) " of " (row.clauses.len()) " clauses found" }
                    table { caption.unseen { "Clauses of " (id) }
                        thead { tr { th scope="col" { "Clause" } th scope="col" { "Found" } th scope="col" { "Where, or why not" } } }
                        tbody { @for clause in &row.clauses { tr { td { code { (clause.what.0) } " " (clause.what.1) } td { (stands(&clause.answer)) } td.small { (clause.at) @if !clause.counts && clause.answer == "present" { span.soft { "its place is missing" } } } } } }
                    }
                }
            }
            @if it.around.may.1 { details { summary { "Change it" } (edit(it, row, id)) } }
        }
    }
}

fn edit(it: &Agreements, row: &Agreement, key: &str) -> Markup {
    let around = &it.around;
    let is_new = row.id.is_empty();
    let api = if is_new {
        format!("POST {}/agreements", around.api())
    } else {
        format!("PUT {}/agreements/{}", around.api(), row.id)
    };
    let found = |citation: &str| row.clauses.iter().find(|c| c.what.0 == citation);
    html! {
        form method="post" data-api=(api) data-etag=(around.rev) data-then="reload" data-module="clauses" {
            @if is_new { div.field { label for={ "id-" (key) } { "Id" } input id={ "id-" (key) } name="id" required pattern="[a-z0-9][a-z0-9\\-]*" placeholder="baa-northgate"; } }
            div.fields {
                label { "Party " input name="party" value=(row.party.0) required; }
                label { "It is our " select name="counterpart" { @for word in ["business-associate", "subcontractor", "covered-entity"] { option value=(word) selected[word == row.party.1] { (word.replace('-', " ")) } } } }
                label { "What is done with PHI " input name="services" value=(row.services); }
                label { "We signed: who " input name="signed_by_us.by" value=(row.signed[0].0); } label { "on " input type="date" name="signed_by_us.on" value=(row.signed[0].1); }
                label { "They signed: who " input name="signed_by_them.by" value=(row.signed[1].0); } label { "on " input type="date" name="signed_by_them.on" value=(row.signed[1].1); }
                @for ((name, word), day) in [("effective", "From "), ("expires", "Until "), ("renewal", "Look again by "), ("ended_on", "Ended ")].iter().zip(&row.days) { label { (word) input type="date" name=(name) value=(day); } }
                label { "Tells breaches within days " input type="number" min="1" name="report_within_days" data-type="number" value=(row.report_within); }
            }
            fieldset.clauses { legend { "Clauses" }
                input type="hidden" name="clauses" data-type="json" value="[]";
                @for (citation, title) in &it.checklist {
                    @let clause = found(citation);
                    @let answer = clause.map_or("", |c| c.answer.as_str());
                    div.row data-clause=(citation) {
                        label { code { (citation) } " " (title) " "
                            select { @for (value, word) in [("", "not looked for"), ("present", "is there"), ("absent", "is not there"), ("not applicable", "does not concern it")] { option value=(value) selected[value == answer] { (word) } } } }
                        label { span.unseen { "Where, or why not" } input type="text" placeholder="where, or why not" value=(clause.map_or("", |c| c.at.as_str())); }
                    }
                }
            }
            (around.shows("evidence", &row.evidence))
            div.row { button.main { "Write it down" } @if is_new { button type="button" data-closes { "Cancel" } } }
        }
    }
}

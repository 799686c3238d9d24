//! For those who read and decide: one page for the executive reader, and documents to print or to send.

use maud::{Markup, html};

use super::home::{Day, Readiness, Settings};
use crate::{
    chart::bars,
    parts::{Tone, counted, lead, state},
};

/// Checks of the infrastructure, for somebody who reads one line of them.
#[derive(Debug, Clone, Default)]
pub struct Posture {
    /// Violations of high and of critical severity.
    pub severe: usize,
    /// All violations, and what nobody can tell.
    pub counts: (u64, u64),
    /// Sources, and how many of them are fresh and were seen whole.
    pub sources: (usize, usize),
}

/// The two scores of the Security Rule.
#[derive(Debug, Clone, Default)]
pub struct Hipaa {
    /// Whether every required item is met, and how many of how many.
    pub required: (bool, u64, u64),
    /// Per cent of the addressable ones; none where none applies.
    pub addressable: Option<u64>,
    /// Items that settings violate.
    pub violated: usize,
    /// What of the infrastructure is in it.
    pub settings: Settings,
    /// The next day by which somebody must be told of an incident; empty for none.
    pub next_due: String,
}

/// The executive reader's page.
#[derive(Debug, Clone, Default)]
pub struct Executive {
    /// The address of the assessment.
    pub base: String,
    /// The organisation's address.
    pub org: String,
    /// How far it is.
    pub readiness: Readiness,
    /// The next days.
    pub days: Vec<Day>,
    /// The infrastructure; for who may read it.
    pub posture: Option<Posture>,
    /// HIPAA; for who may read it.
    pub hipaa: Option<Hipaa>,
    /// Domains below the threshold: number, title, score, requirements not answered.
    pub below: Vec<(u8, String, String, usize)>,
}

/// The executive reader's page.
pub fn executive(it: &Executive) -> Markup {
    let ready = &it.readiness;
    html! {
        (lead(&[], "In short", &ready.what, &html! { a.button.main href={ (it.base) "/reports" } { "Reports to print and send" } }))
        p.sentence { (ready.sentence) }
        dl.figures {
            div { dt { "domains reach the threshold" } dd.big { (ready.domains_ready.0) " of " (ready.domains_ready.1) } }
            div { dt { "requirements are answered" } dd.big { (ready.answered.0) " of " (ready.answered.1) } }
            div { dt { "gaps need a corrective action plan" } dd { a.big href={ (it.base) "/gaps?only=plan" } { (ready.gaps.0) } } }
            div { dt { "other gaps" } dd { a.big href={ (it.base) "/gaps?only=other" } { (ready.gaps.1) } } }
        }
        div.sheets {
            section.sheet.wide aria-labelledby="domains-title" {
                h2 #domains-title { "Domains against the threshold" }
                (bars("domains", "Score of each domain against the threshold", "Domain", &ready.bars, ready.threshold.as_ref().map(|(at, word)| (*at, word.as_str()))))
            }
            section.sheet aria-labelledby="below-title" {
                h2 #below-title { "What holds it back" }
                @if it.below.is_empty() { p { "Every domain reaches the threshold." } } @else {
                    table { caption.unseen { "Domains below the threshold" }
                        thead { tr { th scope="col" { "Domain" } th.n scope="col" { "Score" } th.n scope="col" { "Not answered" } } }
                        tbody { @for (number, title, score, open) in &it.below { tr { td { a href={ (it.base) "/gaps?domain=" (number) } { (number) " " (title) } } td.n { (score) } td.n { (open) } } } }
                    }
                }
            }
            section.sheet aria-labelledby="days-title" {
                h2 #days-title { "Next days" }
                @if it.days.is_empty() { p.soft { "The calendar holds nothing that is not done." } }
                ol.dates { @for day in &it.days { li { time datetime=(day.on) { (day.on) } span { (day.what) } (state(day.tone, &day.word)) } } }
            }
            @if let Some(posture) = &it.posture { (infrastructure(it, posture)) }
            @if let Some(hipaa) = &it.hipaa { (rule(it, hipaa)) }
            @if !ready.unconfirmed.is_empty() { (unconfirmed(ready)) }
        }
    }
}

fn infrastructure(it: &Executive, posture: &Posture) -> Markup {
    html! {
        section.sheet aria-labelledby="posture-title" {
            h2 #posture-title { "Cloud and code" }
            @if posture.sources.0 == 0 { p.soft { "Nothing is watched: nobody knows how the infrastructure stands." } } @else {
                p { a href={ (it.org) "/cloud/findings?verdict=fail&severity=high" } { (counted(posture.severe, "severe violation", "severe violations")) } " of " (posture.counts.0) " in all; of " (posture.counts.1) " checks nobody can tell." }
                p { (posture.sources.1) " of " (counted(posture.sources.0, "source", "sources")) " seen lately and whole." }
            }
        }
    }
}

fn rule(it: &Executive, hipaa: &Hipaa) -> Markup {
    html! {
        section.sheet aria-labelledby="hipaa-title" {
            h2 #hipaa-title { "HIPAA Security Rule" }
            p { a href={ (it.base) "/hipaa" } { "Required items" } ": " (state(if hipaa.required.0 { Tone::Good } else { Tone::Bad }, if hipaa.required.0 { "met" } else { "not met" })) " " (hipaa.required.1) " of " (hipaa.required.2) }
            p { "Addressable items: " (hipaa.addressable.map_or("none applies".to_owned(), |p| format!("{p}%"))) }
            @if hipaa.violated > 0 { p { (state(Tone::Bad, &counted(hipaa.violated, "item violated by settings", "items violated by settings"))) } }
            p.soft.small { (hipaa.settings.told()) }
            @if !hipaa.next_due.is_empty() { p { (state(Tone::Warn, "notice due")) " somebody must be told of an incident by " time datetime=(hipaa.next_due) { (hipaa.next_due) } "." } }
        }
    }
}

fn unconfirmed(ready: &Readiness) -> Markup {
    html! {
        section.sheet aria-labelledby="unsure-title" {
            h2 #unsure-title { "What these numbers rest on" }
            p { "Figures in use that nobody confirmed:" }
            ul.small { @for figure in &ready.unconfirmed { li { (figure) } } }
        }
    }
}

/// The list of documents: the end of the address, the title, and what it is for.
pub const DOCUMENTS: [(&str, &str, &str); 4] = [
    (
        "readiness",
        "Readiness report",
        "How far the assessment is, domain by domain, with what is missing and what the numbers rest on.",
    ),
    ("gaps", "Gap report", "Every requirement that falls short, with what is unmet, worst first."),
    ("scope", "Scope description", "What is assessed and what is not: systems, facilities, providers, flows."),
    (
        "letter",
        "Management representation letter",
        "A letter to the assessor in our own words, with the assessment's facts filled in, to be checked and signed.",
    ),
];

/// The list of documents; `pdf` says whether this server sets them as PDF.
pub fn index(base: &str, what: &str, pdf: bool) -> Markup {
    html! {
        (lead(&[], "Reports", what, &html! {}))
        div.sheets {
            @for (path, title, say) in DOCUMENTS {
                section.sheet aria-labelledby={ "report-" (path) } {
                    h2 id={ "report-" (path) } { a href={ (base) "/reports/" (path) } { (title) } }
                    p { (say) }
                    @if pdf { p.small { a href={ (base) "/reports/" (path) ".pdf" } download aria-label={ (title) " as PDF" } { "PDF" } } }
                }
            }
            section.sheet aria-labelledby="report-workbook" {
                h2 #report-workbook { a href={ (base) "/reports/workbook.xlsx" } download { "Workbook of everything" } }
                p { "Requirements with both sides' scores, gaps, corrective actions, what does not apply, audits and evidence, a sheet each (XLSX)." }
            }
        }
        p.soft.small.space {
            @if pdf { "The PDFs are tagged for screen readers and say the same as the pages. " } @else { "This server was built without PDF: print a report with the browser, also to PDF; what is around the page stays away. " }
            "Each names the checkpoint of the ledger that it rests on, so that whoever gets it can see which state of the records it tells of."
        }
    }
}

/// What stands at the top of each document.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The reports' address.
    pub base: String,
    /// The organisation.
    pub organisation: String,
    /// The assessment's title, and its type, purpose and version.
    pub assessment: (String, String),
    /// The day.
    pub at: String,
    /// The ledger's checkpoint: leaves, root hash, and when the page was made.
    pub checkpoint: (String, String, String),
    /// Where the same is as PDF; empty where this server sets none.
    pub pdf: String,
}

fn document(head: &Head, title: &str, body: &Markup) -> Markup {
    html! {
        (lead(&[("Reports", &head.base)], title, "", &html! {
            @if !head.pdf.is_empty() { a.button href=(head.pdf) download { "PDF" } }
            button.main type="button" data-module="print" { "Print" }
        }))
        article.paper {
            header {
                p { strong { (head.organisation) } br; (head.assessment.0) br; span.soft { (head.assessment.1) } }
                p { time datetime=(head.at) { (head.at) } }
            }
            (body)
            footer {
                p { "Made " (head.checkpoint.2) " from records under ledger checkpoint of " strong { (head.checkpoint.0) " leaves" } ", root " code { (head.checkpoint.1) } "." }
            }
        }
    }
}

/// A domain, as the report tells it.
#[derive(Debug, Clone)]
pub struct DomainLine {
    /// Its number.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Its score.
    pub score: String,
    /// How it stands against the threshold.
    pub reach: (Tone, &'static str),
    /// Requirements that are not answered.
    pub unanswered: usize,
}

/// What the readiness report says.
#[derive(Debug, Clone, Default)]
pub struct ReadinessPaper {
    /// The result in one sentence.
    pub sentence: String,
    /// What it means.
    pub says: Vec<String>,
    /// Every domain.
    pub domains: Vec<DomainLine>,
    /// Requirements that need a plan: id, title, domain and score.
    pub caps: Vec<(String, String, u8, String)>,
    /// Whose word it is.
    pub basis: String,
    /// Figures in use that nobody confirmed.
    pub unconfirmed: Vec<String>,
}

/// The readiness report.
pub fn readiness(head: &Head, it: &ReadinessPaper) -> Markup {
    document(
        head,
        "Readiness report",
        &html! {
            h2 { "Result" }
            p.sentence { (it.sentence) }
            ul { @for line in &it.says { li { (line) } } }
            h2 { "Domains" }
            table { caption.unseen { "Domains against the threshold" }
                thead { tr { th scope="col" { "Domain" } th.n scope="col" { "Score" } th scope="col" { "Threshold" } th.n scope="col" { "Not answered" } } }
                tbody { @for domain in &it.domains { tr {
                    td { (domain.number) " " (domain.title) } td.n { (domain.score) } td { (state(domain.reach.0, domain.reach.1)) } td.n { (domain.unanswered) }
                } } }
            }
            h2 { "Requirements that need a corrective action plan" }
            @if it.caps.is_empty() { p { "None of those that are answered." } } @else {
                table { caption.unseen { "Requirements that need a corrective action plan" }
                    thead { tr { th scope="col" { "Requirement" } th scope="col" { "Title" } th.n scope="col" { "Domain" } th.n scope="col" { "Score" } } }
                    tbody { @for (id, title, domain, score) in &it.caps { tr { td { code { (id) } } td { (title) } td.n { (domain) } td.n { (score) } } } }
                }
            }
            h2 { "What this rests on" }
            p { (it.basis) }
            @if it.unconfirmed.is_empty() { p { "Every figure in use is confirmed by its source." } } @else {
                p { "Figures in use that nobody confirmed:" }
                ul { @for figure in &it.unconfirmed { li { (figure) } } }
            }
        },
    )
}

/// A gap, as the report tells it.
#[derive(Debug, Clone, Default)]
pub struct GapLine {
    /// The requirement and its title.
    pub requirement: (String, String),
    /// The domain's number, and whether it passes.
    pub domain: (u8, bool),
    /// The score.
    pub score: String,
    /// Whether it needs a plan.
    pub plan: bool,
    /// Levels below 100.
    pub below: String,
    /// What is unmet.
    pub unmet: Vec<String>,
}

/// The gap report: the result, what it does not tell of, and every gap.
pub fn gaps(head: &Head, sentence: &str, says: &[String], gaps: &[GapLine]) -> Markup {
    document(
        head,
        "Gap report",
        &html! {
            p.sentence { (sentence) }
            @for line in says { p { (line) } }
            table { caption.unseen { "Gaps, most urgent first" }
                thead { tr { th scope="col" { "Requirement" } th scope="col" { "Domain" } th.n scope="col" { "Score" } th scope="col" { "Plan" } th scope="col" { "Below 100" } th scope="col" { "What is unmet" } } }
                tbody { @for gap in gaps { tr {
                    td { code { (gap.requirement.0) } br; (gap.requirement.1) }
                    td { (gap.domain.0) " " (if gap.domain.1 { state(Tone::Good, "passes") } else { state(Tone::Bad, "below") }) }
                    td.n { (gap.score) } td { (if gap.plan { state(Tone::Bad, "needed") } else { state(Tone::Plain, "not needed") }) }
                    td.small { (gap.below) } td.small { @if gap.unmet.is_empty() { span.soft { "not told by elements" } } @else { ul.plain.tight { @for line in &gap.unmet { li { (line) } } } } }
                } } }
            }
        },
    )
}

/// What is assessed, as the scope says it.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// What the organisation does.
    pub description: String,
    /// Kinds of data.
    pub data: Vec<String>,
    /// Systems: title, what for, data that it touches, why left out (empty for in scope).
    pub systems: Vec<[String; 4]>,
    /// Facilities: title, place, why left out (empty for in scope).
    pub facilities: Vec<[String; 3]>,
    /// Providers: title, services, whether they touch ePHI, how their part is covered.
    pub providers: Vec<[String; 4]>,
    /// How many flows of data are described.
    pub flows: usize,
}

/// The scope description.
pub fn scope(head: &Head, it: &Scope) -> Markup {
    let table = |id: &str, heads: &[&str], rows: Vec<Vec<&str>>| {
        html! {
            @if rows.is_empty() { p.soft { "None is described." } } @else {
                table { caption.unseen { (id) } thead { tr { @for word in heads { th scope="col" { (word) } } } }
                    tbody { @for row in &rows { tr { @for cell in row { td { (cell) } } } } }
                }
            }
        }
    };
    let (inside, left): (Vec<_>, Vec<_>) = it.systems.iter().partition(|s| s[3].is_empty());
    document(
        head,
        "Scope description",
        &html! {
            h2 { "The organisation" }
            p { @if it.description.is_empty() { span.soft { "Nobody described it yet." } } @else { (it.description) } }
            p { "It handles: " (if it.data.is_empty() { "nobody said what data".to_owned() } else { it.data.join(", ") }) "." }
            h2 { "Systems in scope" }
            (table("Systems in scope", &["System", "What for", "Data"], inside.iter().map(|s| s.iter().take(3).map(String::as_str).collect()).collect()))
            h2 { "Left out, and why" }
            (table("Systems left out", &["System", "What for", "Data", "Why it is left out"], left.iter().map(|s| s.iter().map(String::as_str).collect()).collect()))
            h2 { "Facilities" }
            (table("Facilities", &["Facility", "Place", "Why it is left out"], it.facilities.iter().map(|f| f.iter().map(String::as_str).collect()).collect()))
            h2 { "Service providers" }
            (table("Service providers", &["Provider", "Does", "ePHI", "How its part is covered"], it.providers.iter().map(|p| p.iter().map(String::as_str).collect()).collect()))
            p { (counted(it.flows, "flow of data is", "flows of data are")) " described in the scope." }
        },
    )
}

/// The letter's words.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// What it is before it is signed.
    pub note: String,
    /// To whom, a line each.
    pub to: Vec<String>,
    /// The sentence before the clauses.
    pub opening: String,
    /// What is declared.
    pub clauses: Vec<String>,
    /// What is filled in by hand.
    pub signatures: Vec<String>,
}

/// The letter.
pub fn letter(head: &Head, it: &Letter) -> Markup {
    document(
        head,
        "Management representation letter",
        &html! {
            p.note { (it.note) }
            p { @for line in &it.to { (line) br; } }
            p { (it.opening) }
            ol { @for clause in &it.clauses { li { (clause) } } }
            div.signatures { @for who in &it.signatures { p { (who) } } }
        },
    )
}

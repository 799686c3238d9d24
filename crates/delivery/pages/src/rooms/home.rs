//! Home: what is left, what is due, and how far the certificate is.

use maud::{Markup, html};

use crate::{
    chart::{Bar, Point, bars, line},
    parts::{Rest, Tone, counted, empty, lead, rest, state},
};

/// How far an assessment is.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// The assessment's id and name.
    pub assessment: (String, String),
    /// Type, purpose and phase, in words.
    pub what: String,
    /// One honest sentence.
    pub sentence: String,
    /// How many of the domains reach the threshold, of how many.
    pub domains_ready: (usize, usize),
    /// Requirements that are answered, of how many.
    pub answered: (usize, usize),
    /// Gaps that require a corrective action plan, and the others.
    pub gaps: (usize, usize),
    /// Each domain against the threshold.
    pub bars: Vec<Bar>,
    /// The threshold in hundredths of a point, and as it is written.
    pub threshold: Option<(u32, String)>,
    /// Figures in use that nobody confirmed.
    pub unconfirmed: Vec<String>,
}

/// A day that matters.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// The day.
    pub on: String,
    /// What.
    pub what: String,
    /// Where it is told; empty for nowhere.
    pub href: String,
    /// How it stands.
    pub tone: Tone,
    /// The word for it.
    pub word: String,
    /// What else is to be known of it; empty for nothing.
    pub note: &'static str,
}

/// How evidence stands today.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// By standing: the word, how many, the tone, and the list's address.
    pub rows: Vec<(String, usize, Tone, String)>,
    /// What was not counted.
    pub rest: Rest,
}

/// HIPAA, as far as it was looked at.
#[derive(Debug, Clone, Default)]
pub struct Hipaa {
    /// Whether Required is met: all of it, or it is not.
    pub met: bool,
    /// Required specifications met, of how many.
    pub required: (u32, u32),
    /// Addressable ones, of how many, and the per cent; none where none is asked.
    pub addressable: (u32, u32, Option<u32>),
    /// Items that settings violate.
    pub violated: usize,
    /// Whether anybody recorded anything.
    pub recorded: bool,
    /// What is to be mended in the registers.
    pub to_mend: usize,
    /// What of the infrastructure is in it.
    pub settings: Settings,
    /// HIPAA's room; empty for who may not enter it.
    pub href: String,
}

/// What of the infrastructure is in HIPAA's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Settings {
    /// No source is watched.
    #[default]
    NoSources,
    /// The visitor may not read what sources show.
    Hidden,
    /// So many sources that were seen fresh and whole, of how many.
    Sources(usize, usize),
}

impl Settings {
    /// In words.
    pub fn told(self) -> String {
        match self {
            Self::NoSources => "No source is watched, so settings prove and violate nothing here.".to_owned(),
            Self::Hidden => "Your role does not read what sources show: settings are not in these numbers.".to_owned(),
            Self::Sources(whole, all) if whole == all => {
                format!("With what {} showed when last seen.", counted(all, "source", "sources"))
            }
            Self::Sources(whole, all) => format!(
                "With what {} showed; {} stale, incomplete or not seen: unknown, never a pass.",
                counted(all, "source", "sources"),
                match all.saturating_sub(whole) {
                    1 => "1 is".to_owned(),
                    more => format!("{more} are"),
                },
            ),
        }
    }
}

/// How the infrastructure that is watched stands.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Sources, and those of them that are fresh and were seen whole.
    pub sources: (usize, usize),
    /// Checks of fresh sources that pass, of how many.
    pub passing: (u64, u64),
    /// Checks of which nobody can tell: unknown, errored, or last said by a source that is not fresh.
    pub unknown: u64,
    /// How the share of passing checks went.
    pub trend: Vec<Point>,
    /// By what it goes: `week by week`, `day by day` or `look by look`.
    pub by: &'static str,
    /// What changed lately.
    pub changed: Vec<Day>,
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// The organisation's id and name.
    pub organisation: (String, String),
    /// The assessment that matters most now.
    pub readiness: Option<Readiness>,
    /// Other open assessments: id and name.
    pub others: Vec<(String, String)>,
    /// What is due next, soonest first.
    pub days: Vec<Day>,
    /// What is left to do for the visitor.
    pub left: Vec<Day>,
    /// How evidence stands; none where the visitor may not see it.
    pub freshness: Option<Freshness>,
    /// HIPAA, where something was judged.
    pub hipaa: Option<Hipaa>,
    /// How the infrastructure stands; none where the visitor may not see it.
    pub watched: Option<Watched>,
    /// How many more wait for the visitor.
    pub more: usize,
    /// Whether the visitor may begin an assessment.
    pub may_begin: bool,
}

/// Home.
pub fn page(home: &Home) -> Markup {
    let org = &home.organisation.0;
    html! {
        @match &home.readiness {
            None => {
                (lead(&[], &home.organisation.1, "", &html! {}))
                (empty(
                    "No assessment yet",
                    "Attesta answers one question first: what is asked of you. Begin an assessment, answer the factors, and every requirement, score and date follows.",
                    &html! { @if home.may_begin { a.button.main href={ "/o/" (org) "/new" } { "Begin an assessment" } } },
                ))
                // What is watched changes without an assessment, too.
                @if home.watched.as_ref().is_some_and(|w| w.sources.0 > 0) { div.space #home data-live { div.stacked { (watched(home)) } div.stacked { (left(home)) (changed(home)) } } }
            }
            Some(ready) => {
                @let base = format!("/o/{org}/a/{}", ready.assessment.0);
                (lead(&[], &ready.assessment.1, &ready.what, &html! {
                    a.button.main href={ (base) "/requirements" } { "Answer requirements" }
                    a.button href={ (base) "/gaps" } { "See the gaps" }
                }))
                div #home data-live {
                    div.stacked {
                        (readiness(ready, &base))
                        div.sheets { (watched(home)) (hipaa(home)) }
                    }
                    div.stacked {
                        (left(home))
                        (dates(&home.days))
                        (changed(home))
                        (freshness(home))
                        @if !home.others.is_empty() {
                            section.sheet aria-labelledby="others" {
                                h2 #others { "Other assessments" }
                                ul { @for (id, name) in &home.others { li { a href={ "/o/" (org) "/a/" (id) } { (name) } } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How far the certificate is.
pub(super) fn readiness(ready: &Readiness, base: &str) -> Markup {
    html! {
        section.sheet.wide aria-labelledby="ready" {
            h2 #ready { "How far the certificate is" }
            p.sentence { (ready.sentence) }
            dl.figures {
                div { dt { "domains at the threshold" } dd.big { (ready.domains_ready.0) " of " (ready.domains_ready.1) } }
                div { dt { "requirements answered" } dd.big { (ready.answered.0) " of " (ready.answered.1) } }
                div { dt { "gaps that need a plan" } dd.big { a href={ (base) "/gaps" } { (ready.gaps.0) } } }
                div { dt { "other gaps" } dd.big { a href={ (base) "/gaps" } { (ready.gaps.1) } } }
            }
            (bars("domains", "Score of each domain against the threshold", "Domain", &ready.bars,
                ready.threshold.as_ref().map(|(at, shown)| (*at, shown.as_str()))))
            @if !ready.unconfirmed.is_empty() {
                details {
                    summary { (counted(ready.unconfirmed.len(), "figure that shapes these numbers was", "figures that shape these numbers were")) " not confirmed by HITRUST's own text" }
                    ul { @for figure in &ready.unconfirmed { li { (figure) } } }
                }
            }
        }
    }
}

fn left(home: &Home) -> Markup {
    html! {
        section.sheet aria-labelledby="left" {
            h2 #left { "Left for you" }
            @if home.left.is_empty() { p.soft { "Nothing waits for you." } } @else { (list(&home.left)) }
            @if home.more > 0 { p.rest { a href={ "/o/" (home.organisation.0) "/tasks" } { (counted(home.more, "more task", "more tasks")) } } }
        }
    }
}

/// The next days.
pub(super) fn dates(days: &[Day]) -> Markup {
    html! {
        section.sheet aria-labelledby="days" {
            h2 #days { "Next days" }
            @if days.is_empty() { p.soft { "No day is near." } } @else { (list(days)) }
        }
    }
}

fn list(days: &[Day]) -> Markup {
    html! {
        ul.dates {
            @for day in days {
                li {
                    span { @if day.on.is_empty() { span.soft { "no day" } } @else { time datetime=(day.on) { (day.on) } } }
                    span { @if day.href.is_empty() { (day.what) } @else { a href=(day.href) { (day.what) } } @if !day.note.is_empty() { br; span.soft.small { (day.note) } } }
                    (state(day.tone, &day.word))
                }
            }
        }
    }
}

fn freshness(home: &Home) -> Markup {
    let Some(freshness) = &home.freshness else { return html! {} };
    html! {
        section.sheet aria-labelledby="fresh" {
            h2 #fresh { "Evidence today" }
            @if freshness.rows.is_empty() {
                p.soft { "No evidence yet. What is met is shown by documents, records and settings, each with a day until which it counts. " a href={ "/o/" (home.organisation.0) "/evidence" } { "Bring some" } "." }
            } @else {
                table {
                    caption.unseen { "Evidence by how it stands today" }
                    thead { tr { th scope="col" { "Stands" } th.n scope="col" { "Pieces" } } }
                    tbody {
                        @for (word, count, tone, href) in &freshness.rows {
                            tr { td { (state(*tone, word)) } td.n { a href=(href) { (count) span.unseen { " " (word) } } } }
                        }
                    }
                }
                (rest(&freshness.rest, "pieces", true))
            }
        }
    }
}

fn hipaa(home: &Home) -> Markup {
    let Some(hipaa) = &home.hipaa else { return html! {} };
    html! {
        section.sheet aria-labelledby="hipaa" {
            h2 #hipaa { @if hipaa.href.is_empty() { "HIPAA Security Rule" } @else { a href=(hipaa.href) { "HIPAA Security Rule" } } }
            dl.pairs {
                dt { "Required" }
                dd {
                    (state(if hipaa.met { Tone::Good } else { Tone::Bad }, if hipaa.met { "met" } else { "not met" }))
                    " " (hipaa.required.0) " of " (hipaa.required.1) " shown"
                }
                dt { "Addressable" }
                dd { @match hipaa.addressable.2 { Some(percent) => { strong { (percent) " %" } } None => "nothing asked" } " · " (hipaa.addressable.0) " of " (hipaa.addressable.1) " shown" }
            }
            @if hipaa.violated > 0 { p { (state(Tone::Bad, &counted(hipaa.violated, "item violated by settings", "items violated by settings"))) } }
            @if hipaa.to_mend > 0 { p { (state(Tone::Warn, &counted(hipaa.to_mend, "record to mend", "records to mend"))) } }
            @if !hipaa.recorded { p.soft.small { "Nobody recorded anything yet: attestations and decisions of this assessment show what is met. Required is met as a whole or not at all; what is not shown is not met." } }
            p.soft.small { (hipaa.settings.told()) }
        }
    }
}

fn watched(home: &Home) -> Markup {
    let Some(watched) = &home.watched else { return html! {} };
    let (sources, whole) = watched.sources;
    let (pass, of) = watched.passing;
    html! {
        section.sheet aria-labelledby="watched" {
            h2 #watched { "Infrastructure" }
            @if sources == 0 {
                p.soft { "No source is watched. Point Attesta at Terraform plans, CloudFormation, Pulumi or an AWS account, and checks say here what passes, what changed, and what nobody can tell." }
            } @else {
                p {
                    (state(if whole == sources { Tone::Good } else { Tone::Unknown }, &format!("{whole} of {} seen whole and lately", counted(sources, "source", "sources"))))
                }
                dl.pairs {
                    dt { "Checks that pass" } dd { strong { (pass) " of " (of) } }
                    dt { "Nobody can tell" } dd { (watched.unknown) }
                }
                @if watched.trend.len() > 1 {
                    h3 { "Checks that pass, in percent, " (watched.by) }
                    (line("trend", &format!("Share of checks that pass, in percent, {}", watched.by), "Passing", &watched.trend, None))
                }
            }
        }
    }
}

fn changed(home: &Home) -> Markup {
    let Some(watched) = home.watched.as_ref().filter(|w| w.sources.0 > 0) else { return html! {} };
    html! {
        section.sheet aria-labelledby="changed" {
            h2 #changed { "What changed" }
            @if watched.changed.is_empty() { p.soft { "Nothing changed that is worth telling." } } @else { (list(&watched.changed)) }
        }
    }
}

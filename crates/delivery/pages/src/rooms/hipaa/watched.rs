//! What the sources show of the Security Rule: each source with its age, and the checks below an item.

use maud::{Markup, html};

use super::Around;
use crate::parts::{Tone, counted, state};

/// So many policies are named in a line.
const NAMED: usize = 12;

/// What the sources show.
#[derive(Debug, Clone, Default)]
pub enum Watched {
    /// No source is watched.
    #[default]
    NoSources,
    /// The visitor may not read what they show.
    Hidden,
    /// They.
    Sources(Vec<Source>),
}

/// A source and its last run.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `fresh`, `incomplete`, `stale`, `lost` or `never seen`.
    pub seen: String,
    /// The run; empty for none.
    pub run: String,
    /// The day on which it looked, and how many days ago.
    pub when: (String, Option<u64>),
    /// What it did not see, or why it is lost.
    pub why: String,
    /// Policies that it does not decide today.
    pub undecided: Vec<String>,
}

/// What a policy says of an item.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// Its id and its title.
    pub policy: (String, String),
    /// How bad a violation is.
    pub severity: String,
    /// Failures, waived ones, unknowns and passes that count.
    pub counts: [u64; 4],
    /// By source: id, name, and the same counts.
    pub by: Vec<(String, String, [u64; 4])>,
}

fn ago(days: Option<u64>) -> String {
    match days {
        None => String::new(),
        Some(0) => "today".to_owned(),
        Some(1) => "yesterday".to_owned(),
        Some(days) => format!("{days} days ago"),
    }
}

fn sight(word: &str) -> Markup {
    let tone = match word {
        "fresh" => Tone::Good,
        "incomplete" | "stale" => Tone::Warn,
        "lost" => Tone::Bad,
        _ => Tone::Unknown,
    };
    state(tone, word)
}

/// Which sources are in the scores, how old what they say is, and what they leave open.
pub(super) fn sources(around: &Around, watched: &Watched, on_word: u64) -> Markup {
    let cloud = format!("/o/{}/cloud", around.place.0);
    let word = html! { @if on_word > 0 { p.small { (on_word) " met items rest on people's word where settings could tell and do not." } } };
    match watched {
        Watched::NoSources => html! {
            div.note.wide { p { "No source is watched, so no settings were checked for this page: violations in the infrastructure cannot be seen. " a href=(cloud) { "Add a source in Cloud and code" } " and its last run counts here." } (word) }
        },
        Watched::Hidden => html! {
            div.note.wide { p { "Your role does not read what sources show: settings are not in these numbers." } (word) }
        },
        Watched::Sources(sources) => html! {
            section.sheet.wide aria-labelledby="sources-title" {
                h2 #sources-title { "Settings, by the last run of each source" }
                p.soft.small { "A failing check makes an item violated, whatever people say. A pass proves what its policy covers and no more. What is stale, incomplete or was never seen is unknown, never a pass." }
                table #hipaa-sources data-table {
                    caption.unseen { "Sources whose last run is in the scores" }
                    thead { tr { th scope="col" { "Source" } th scope="col" { "Seen" } th scope="col" { "Last run" } th scope="col" { "Not decided" } } }
                    tbody { @for one in sources { tr {
                        td { a href={ (cloud) "/sources/" (one.id) } { (one.name) } }
                        td { (sight(&one.seen)) @if !one.why.is_empty() { br; span.small { (one.why) } } }
                        td { @if one.run.is_empty() { "none" } @else { time datetime=(one.when.0) { (one.when.0) } ", " (ago(one.when.1)) br; span.soft.small { code { (one.run) } } } }
                        td.small { @match one.undecided.len() {
                            0 => "nothing",
                            n if n <= NAMED => { details { summary { (counted(n, "policy", "policies")) } (named(&cloud, &one.undecided)) } },
                            n => details { summary { (n) " policies" } (named(&cloud, &one.undecided)) }
                        } }
                    } } }
                }
                (word)
            }
        },
    }
}

fn named(cloud: &str, policies: &[String]) -> Markup {
    html! {
        p { @for (at, policy) in policies.iter().take(NAMED).enumerate() { @if at > 0 { ", " } a href={ (cloud) "/policies/" (policy) } { (policy) } }
            @if policies.len() > NAMED { " and " (policies.len() - NAMED) " more" } }
    }
}

/// Counts that are not none, in words.
fn counts([fail, waived, unknown, pass]: [u64; 4]) -> Markup {
    html! {
        @if fail > 0 { (state(Tone::Bad, &format!("{fail} fail"))) " " }
        @if waived > 0 { (state(Tone::Warn, &format!("{waived} accepted"))) " " }
        @if unknown > 0 { (state(Tone::Unknown, &format!("{unknown} unknown"))) " " }
        @if pass > 0 { (state(Tone::Good, &format!("{pass} pass"))) }
    }
}

/// The checks that an item rests on: policy, then source by source, each a way to the verdicts.
pub(super) fn checks(around: &Around, checks: &[Check]) -> Markup {
    let cloud = format!("/o/{}/cloud", around.place.0);
    let failing = checks.iter().filter(|check| check.counts[0] > 0).count();
    html! {
        @if !checks.is_empty() {
            details.checks { summary { (counted(checks.len(), "policy speaks", "policies speak")) " of it" @if failing > 0 { ", " (failing) " failing" } }
                ul { @for check in checks { li {
                    a href={ (cloud) "/policies/" (check.policy.0) } { (check.policy.1) } " " span.soft { (check.severity) } " " (counts(check.counts))
                    @for (id, name, of) in &check.by { br; span.soft { "by " } a href={ (cloud) "/sources/" (id) } { (name) } ": "
                        @if of[0] > 0 || of[1] > 0 || of[2] > 0 { a href={ (cloud) "/findings?policy=" (check.policy.0) "&source=" (id) } { "findings" } " " }
                        (counts(*of)) }
                } } }
            }
        }
    }
}

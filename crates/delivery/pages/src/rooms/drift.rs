//! What changed over time, as it was told: when, since when, what, and who.

use maud::{Markup, html};

use super::{
    cloud::tabs,
    findings::{Choose, filter, severity},
};
use crate::{
    chart::{Column, columns},
    parts::{Tone, counted, empty, lead, state},
};

/// A check that a piece of news names.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// The policy.
    pub policy: String,
    /// The resource's kind and name.
    pub resource: (String, String),
    /// Since when, and when it was otherwise last; may be empty.
    pub since: (String, String),
    /// Attributes that changed: which, from what, to what.
    pub changes: Vec<(String, String, String)>,
    /// Who changed it, as far as events tell.
    pub who: String,
}

/// A piece of news.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// Its id.
    pub id: String,
    /// When.
    pub at: String,
    /// The source's name.
    pub source: String,
    /// The word.
    pub news: String,
    /// How bad.
    pub severity: String,
    /// One line.
    pub subject: String,
    /// The policy; may be empty.
    pub policy: String,
    /// How many checks.
    pub count: u64,
    /// The first of them.
    pub checks: Vec<Check>,
    /// What is said where no check is named.
    pub text: String,
}

impl News {
    fn word(&self) -> Markup {
        let (tone, word) = word(&self.news);
        state(tone, word)
    }
}

/// What a kind of news says, and how it is shown.
pub fn word(news: &str) -> (Tone, &str) {
    match news {
        "violated" => (Tone::Bad, "new violation"),
        "untold" => (Tone::Unknown, "can no longer be told"),
        "waived" => (Tone::Warn, "waived now"),
        "mended" => (Tone::Good, "mended"),
        "gone" => (Tone::Plain, "gone"),
        "told_again" => (Tone::Good, "can be told again"),
        "source_lost" => (Tone::Bad, "source lost"),
        "source_back" => (Tone::Good, "source back"),
        other => (Tone::Plain, other),
    }
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Drift {
    /// The organisation's id.
    pub org: String,
    /// What can be chosen.
    pub filter: Vec<Choose>,
    /// The picture, day by day.
    pub days: Vec<Column>,
    /// News, newest first.
    pub news: Vec<News>,
    /// Where older news is; empty where there is none.
    pub older: String,
}

/// The page.
pub fn page(it: &Drift) -> Markup {
    html! {
        (lead(&[], "Drift", "What changed between looks: told once, with since when, what and, where events say so, who.", &html! {}))
        (tabs(&it.org, "/drift"))
        (filter(&format!("/o/{}/cloud/drift", it.org), "Find news", "news", &it.filter, None))
        div #news data-live {
            @if it.news.is_empty() {
                (empty("Nothing changed", "The first look at a source is the beginning, and what does not hold then is known. What comes, goes or can no longer be told after it stands here.", &html! {}))
            } @else {
                section.sheet aria-labelledby="picture-title" {
                    h2 #picture-title { "Checks in the news, day by day" }
                    (columns("drift-picture", "Checks in the news, day by day", ["violated", "untold", "mended"], &it.days))
                }
                p.soft.small role="status" { (counted(it.news.len(), "piece of news", "pieces of news")) }
                ol.thread.news { @for news in &it.news { (said(&it.org, news)) } }
                @if !it.older.is_empty() { p { a href=(it.older) { "Older news" } } }
            }
        }
    }
}

fn said(org: &str, news: &News) -> Markup {
    html! {
        li id=(news.id) {
            p.row { time datetime=(news.at) { (news.at) } (news.word()) (severity(&news.severity)) strong { (news.source) } }
            p { (news.subject) @if !news.policy.is_empty() { " " a.small href={ "/o/" (org) "/cloud/policies/" (news.policy) } { (news.policy) } } }
            @if news.checks.is_empty() { @if !news.text.is_empty() { p.soft.small { (news.text) } } } @else {
                details open[news.checks.len() < 3] {
                    summary { "What changed: " (counted(usize::try_from(news.count).unwrap_or(usize::MAX), "check", "checks")) }
                    ul { @for check in &news.checks { (named(check)) } }
                    @if u64::try_from(news.checks.len()).unwrap_or(0) < news.count { p.soft.small { "The first " (news.checks.len()) " are shown." } }
                }
            }
        }
    }
}

fn named(check: &Check) -> Markup {
    html! {
        li {
            code { (check.resource.1) } " " span.soft.small { (check.resource.0) ", " (check.policy) }
            div.small {
                "since " time datetime=(check.since.0) { (check.since.0) }
                @if !check.since.1.is_empty() { ", otherwise at " time datetime=(check.since.1) { (check.since.1) } }
                @if let Some(why) = check.who.strip_prefix("nobody knows") { "; nobody knows who changed it" (why.replace(": ", " (")) @if !why.is_empty() { ")" } } @else { "; changed by " (check.who) }
            }
            @for (path, from, to) in &check.changes { div.small { code { (path) } ": " del { (from) } " → " ins { (to) } } }
        }
    }
}

//! The page around the sections.

use attesta_app::check::CheckReport;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::reports::{visible::visible, words};

pub(in crate::reports) const STYLE: &str = include_str!("style.css");
/// Nothing may be fetched, nothing may run; only the style inside counts.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const CONTENTS: [(&str, &str); 7] = [
    ("summary", "Summary"),
    ("hipaa", "HIPAA"),
    ("hitrust", "HITRUST"),
    ("findings", "Findings"),
    ("unknown", "Unknown"),
    ("waivers", "Waivers"),
    ("method", "Method"),
];

/// Everything before the first section.
pub(super) fn open(report: &CheckReport<'_>, version: &str) -> String {
    let head = html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="referrer" content="no-referrer";
            meta name="color-scheme" content="light dark";
            meta name="generator" content={ "Attesta " (version) };
            title { "HITRUST and HIPAA readiness, " (report.at) }
            style { (PreEscaped(STYLE)) }
        }
    };
    let body = html! {
        a.skip href="#summary" { "Skip to the summary" }
        header.top {
            p.brand { "Attesta" }
            h1 { "HITRUST and HIPAA readiness" }
            p.lead { (date(report)) ". " (scope(report)) }
            nav aria-label="Contents" {
                ul { @for (id, title) in CONTENTS { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    };
    format!("{}<html lang=\"en\">{}<body>{}<main>", DOCTYPE.into_string(), head.into_string(), body.into_string())
}

/// Everything after the last section.
pub(super) fn close(version: &str) -> String {
    let foot = html! { footer { p { "Made by Attesta " (visible(version)) ", an open assurance engine. This page is complete in itself and asks nothing of any server." } } };
    format!("</main>{}</body></html>\n", foot.into_string())
}

fn date(report: &CheckReport<'_>) -> String {
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(report.at.month()).ok().and_then(|m| months.get(m.checked_sub(1)?)).copied();
    format!("{} {} {}", report.at.day(), month.unwrap_or_default(), report.at.year())
}

fn scope(report: &CheckReport<'_>) -> Markup {
    let snapshot = &report.snapshot;
    html! {
        (words::counted(snapshot.resources.len(), "resource")) " in " (words::counted(snapshot.documents.len(), "document"))
        ", judged by " (words::counted(report.policies.len(), "policy")) "."
    }
}

//! How things moved, as one self-contained page: charts as SVG, each with its numbers as a table.

mod chart;
mod metric;

use attesta_kernel::Timestamp;
use attesta_posture::{Every, Finding, Freshness, Gap, Remediation, Tally, Times, TrendRow, in_words};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use metric::{MetricInput, MetricPage, metric_markdown, metric_value};

use crate::reports::{html::STYLE, visible::visible, words};

/// Nothing may be fetched, nothing may run; only the style inside counts.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// What this page needs besides.
const MORE: &str = ".chart{display:block;width:100%;height:9rem;background:var(--card);border:1px solid var(--line);border-radius:6px}.cell .chart{height:4.5rem}.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem 1.5rem}.cell h4{margin:0 0 .3rem;color:var(--ink)}.cell p{margin:.3rem 0 0;font-size:.8125rem;color:var(--soft)}.ends{display:flex;justify-content:space-between;font-size:.8125rem;color:var(--soft);margin:.25rem 0 0}rect.gap{fill:var(--line)}.swatch.gap{background:var(--line)}";
/// No more open findings are listed.
const OPEN: usize = 100;

/// What the page shows. Whoever fills it in has chosen the groups.
#[derive(Debug)]
pub struct HistoryPage<'a> {
    /// Attesta's version.
    pub version: &'a str,
    /// The time up to which runs were looked at.
    pub at: Timestamp,
    /// How long a period is.
    pub every: Every,
    /// The trend.
    pub rows: &'a [TrendRow],
    /// Groups to show: which of a row's groups, and their titles.
    pub groups: &'a [(usize, &'a str)],
    /// How old the newest look at each source is.
    pub sources: &'a [Freshness],
    /// Times in which nobody looked.
    pub gaps: &'a [Gap],
    /// How long findings took: all of them first, then by severity.
    pub remediation: &'a [(String, Remediation)],
    /// Open findings, oldest first.
    pub open: &'a [&'a Finding],
    /// What else a reader should know.
    pub notes: &'a [String],
    /// The newest run and its digest.
    pub newest: Option<(String, String)>,
}

/// The page.
pub fn history_html(page: &HistoryPage<'_>) -> String {
    let text = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "Attesta " (page.version) };
                title { "Posture over time, " (page.at) }
                style { (PreEscaped(STYLE)) (PreEscaped(MORE)) }
            }
            body {
                a.skip href="#trend" { "Skip to the trend" }
                header.top {
                    p.brand { "Attesta" }
                    h1 { "Posture over time" }
                    p.lead { "Up to " (page.at.strftime("%Y-%m-%d %H:%M UTC")) ". What was unknown or not looked at counts as passing nowhere." }
                    nav aria-label="Contents" { ul {
                        li { a href="#trend" { "Trend" } } li { a href="#groups" { "Domains" } }
                        li { a href="#remediation" { "Remediation" } } li { a href="#freshness" { "Freshness" } }
                        li { a href="#method" { "Method" } }
                    } }
                }
                main { (trend(page)) (groups(page)) (remediation(page)) (freshness(page)) (method(page)) }
                footer { p { "Made by Attesta " (page.version) ", an open assurance engine. This page is complete in itself and asks nothing of any server." } }
            }
        }
    };
    format!("{}\n", text.into_string())
}

fn trend(page: &HistoryPage<'_>) -> Markup {
    let all: Vec<(String, Option<Tally>)> = page.rows.iter().map(|row| (label(row), told(row, row.all))).collect();
    html! {
        section #trend aria-labelledby="trend-title" {
            h2 #trend-title { "Every check, " (page.every) }
            p.intro { "Each column is the last run of its period: what passes at the bottom, then what nobody can tell, then waived and open violations. A period without a run is empty; nothing is put in its place." }
            (chart::columns(&all))
            (chart::ends(&all))
            (chart::legend())
            (twin("All checks as numbers", &all, page))
        }
    }
}

fn told(row: &TrendRow, tally: Tally) -> Option<Tally> {
    (!row.is_gap()).then_some(tally)
}

fn label(row: &TrendRow) -> String {
    if row.period.from == row.period.to {
        row.period.from.to_string()
    } else {
        format!("{} to {}", row.period.from, row.period.to)
    }
}

fn twin(title: &str, rows: &[(String, Option<Tally>)], page: &HistoryPage<'_>) -> Markup {
    html! {
        details.twin {
            summary { (title) }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    thead { tr { th scope="col" { "Period" } th.number scope="col" { "Passing" } @for head in ["Pass", "Fail", "Waived", "Unknown", "Errored"] { th.number scope="col" { (head) } } th scope="col" { "Sources without a run" } } }
                    tbody {
                        @for ((label, tally), row) in rows.iter().zip(page.rows) {
                            tr {
                                th scope="row" { (label) }
                                @match tally {
                                    Some(tally) => {
                                        td.number { (percent(tally)) }
                                        @for count in [tally.pass, tally.fail, tally.waived, tally.unknown, tally.errored] { td.number { (grouped(count)) } }
                                    },
                                    None => { td colspan="6" { "no run" } },
                                }
                                td { (row.missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn percent(tally: &Tally) -> String {
    tally.passing().percent().map_or("no check".to_owned(), |p| format!("{p} %"))
}

fn grouped(count: u64) -> String {
    words::grouped(usize::try_from(count).unwrap_or(usize::MAX))
}

fn groups(page: &HistoryPage<'_>) -> Markup {
    html! {
        section #groups aria-labelledby="groups-title" {
            h2 #groups-title { "By framework and domain" }
            p.intro { "A check counts in every group for which its policy speaks." }
            div.grid {
                @for (index, title) in page.groups {
                    @let rows: Vec<(String, Option<Tally>)> = page.rows.iter().map(|row| (label(row), told(row, row.groups.get(*index).copied().unwrap_or_default()))).collect();
                    @let last = rows.iter().rev().find_map(|(label, tally)| Some((label, (*tally)?)));
                    div.cell {
                        h4 { (visible(title)) }
                        (chart::columns(&rows))
                        @match last {
                            Some((label, tally)) => p { (percent(&tally)) " passing, " (chart::in_words(&tally)) "; " (label) },
                            None => p { "no run" },
                        }
                    }
                }
            }
            details.twin {
                summary { "Groups as numbers: passing, of all, period by period" }
                div.scroll tabindex="0" role="region" aria-label="Groups as numbers" {
                    table {
                        thead { tr { th scope="col" { "Period" } @for (_, title) in page.groups { th scope="col" { (visible(title)) } } } }
                        tbody {
                            @for row in page.rows {
                                tr {
                                    th scope="row" { (label(row)) }
                                    @for (index, _) in page.groups {
                                        @let tally = row.groups.get(*index).copied().unwrap_or_default();
                                        td { @if row.is_gap() { "no run" } @else if tally.total() == 0 { "none" } @else { (tally.passing()) @if tally.untold() > 0 { ", " (grouped(tally.untold())) " unknown" } } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn times(times: &Times) -> [String; 2] {
    let say = |s: Option<attesta_posture::Seconds>| s.map_or("none".to_owned(), |s| in_words(s.whole()));
    [say(times.mean()), say(times.median())]
}

fn remediation(page: &HistoryPage<'_>) -> Markup {
    html! {
        section #remediation aria-labelledby="remediation-title" {
            h2 #remediation-title { "Time to remediate" }
            p.intro { "From the run that first showed a violation to the run that first showed that it passes. What is open is not in the mean; what vanished with its resource is counted apart." }
            div.scroll tabindex="0" role="region" aria-label="Time to remediate" {
                table {
                    thead { tr { th scope="col" { "Findings" } @for head in ["Mended", "Mean", "Median", "Gone", "Open", "Oldest open", "Waived", "Opened again"] { th.number scope="col" { (head) } } } }
                    tbody {
                        @for (name, told) in page.remediation {
                            @let [mean, median] = times(&told.mended);
                            tr {
                                th scope="row" { (visible(name)) }
                                td.number { (grouped(told.mended.count())) } td.number { (mean) } td.number { (median) }
                                td.number { (grouped(told.gone.count())) } td.number { (grouped(told.open.count())) }
                                td.number { (told.open.longest().map_or("none".to_owned(), in_words)) }
                                td.number { (grouped(told.waived.count())) } td.number { (grouped(told.reopened)) }
                            }
                        }
                    }
                }
            }
            @if !page.open.is_empty() {
                h3 { "Open findings, oldest first" span.count { (words::counted(page.open.len(), "finding")) } }
                div.scroll tabindex="0" role="region" aria-label="Open findings" {
                    table {
                        thead { tr { th scope="col" { "Policy" } th scope="col" { "Resource" } th scope="col" { "Failing since" } th scope="col" { "Last seen" } th scope="col" { "Clear before" } } }
                        tbody {
                            @for finding in page.open.iter().take(OPEN) {
                                tr {
                                    th scope="row" { (finding.check.policy) @if finding.waived { " " span.label.waived { "~ waived" } } }
                                    td { code { (visible(&finding.check.resource)) } }
                                    td { (finding.opened.at) " (" (finding.opened.run) ")" }
                                    td { (finding.last_seen) }
                                    td { @match finding.clear_before { Some(clear) => (clear), None => "never seen clear" } }
                                }
                            }
                        }
                    }
                }
                @if page.open.len() > OPEN { p.note { "… and " (words::grouped(page.open.len().saturating_sub(OPEN))) " more; the JSON lists them all." } }
            }
        }
    }
}

fn freshness(page: &HistoryPage<'_>) -> Markup {
    html! {
        section #freshness aria-labelledby="freshness-title" {
            h2 #freshness-title { "Freshness" }
            div.scroll tabindex="0" role="region" aria-label="Sources" {
                table {
                    thead { tr { th scope="col" { "Source" } th scope="col" { "Newest run" } th scope="col" { "Looked" } th.number scope="col" { "Age" } th scope="col" { "Stands" } } }
                    tbody {
                        @for source in page.sources {
                            tr {
                                th scope="row" { (source.source) } td { (source.point.run) } td { (source.point.at) }
                                td.number { (in_words(source.age)) }
                                td { @if source.stale { span.label.unknown { "? stale" } } @else { span.label.proven { "✓ fresh" } } }
                            }
                        }
                    }
                }
            }
            @if page.gaps.is_empty() { p.note { "No time was longer than allowed without a run." } } @else {
                h3 { "Times without a run" }
                div.scroll tabindex="0" role="region" aria-label="Times without a run" {
                    table {
                        thead { tr { th scope="col" { "Source" } th scope="col" { "From" } th scope="col" { "To" } th.number scope="col" { "Length" } } }
                        tbody { @for gap in page.gaps.iter().take(OPEN) {
                            tr { th scope="row" { (gap.source) } td { (gap.from) } td { @match gap.to { Some(to) => (to), None => "still" } } td.number { (in_words(gap.seconds)) } }
                        } }
                    }
                }
                @if page.gaps.len() > OPEN { p.note { "… and " (words::grouped(page.gaps.len().saturating_sub(OPEN))) " more." } }
            }
        }
    }
}

fn method(page: &HistoryPage<'_>) -> Markup {
    html! {
        section #method aria-labelledby="method-title" {
            h2 #method-title { "Method" }
            div.columns {
                p { "A check is one policy on one resource. Only a pass counts as passing. Unknown, errored and unseen checks neither open nor close a finding." }
                p { "Groups are those of today's policies: what an earlier policy checked that is no longer there counts among all checks and in no group." }
                p { "Neither a HITRUST score nor a certification." }
                @for note in page.notes { p { (visible(note)) } }
                @if let Some((run, digest)) = &page.newest { p { "Newest run: " (run) ", digest " code.digest { (digest) } ". It stands for every run before it; `attesta history fsck --known` holds a history against it." } }
            }
        }
    }
}

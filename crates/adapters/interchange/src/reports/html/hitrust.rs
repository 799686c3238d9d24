//! HITRUST readiness by assessment domain.

use attesta_app::check::CheckReport;
use attesta_catalog::Element;
use attesta_evaluation::{DomainReadiness, Standing};
use attesta_kernel::StatementId;
use maud::{Markup, html};

use super::charts;
use crate::reports::{share, visible::visible};

/// A bar per domain, its statements inside, and the numbers as a table.
pub(super) fn hitrust(report: &CheckReport<'_>) -> Markup {
    let domains = &report.readiness.domains;
    let edition = report.catalog.csf_edition();
    html! {
        section #hitrust aria-labelledby="hitrust-title" {
            h2 #hitrust-title { "HITRUST readiness by assessment domain" }
            p.intro { (visible(report.catalog.notice())) " Structure: " (visible(&edition.name)) ", " (visible(&edition.version)) "." }
            (charts::legend())
            div.domains {
                @for domain in domains { (self::domain(report, domain)) }
            }
            details.twin {
                summary { "The same as a table" }
                div.scroll tabindex="0" role="region" aria-label="HITRUST domains as a table" {
                    table {
                        thead { tr { th scope="col" { "Domain" } @for standing in share::ORDER { th.number scope="col" { (charts::word(standing)) } } th.number scope="col" { "of" } } }
                        tbody {
                            @for domain in domains {
                                tr {
                                    th scope="row" { (domain.number) " " (visible(title(report, domain))) }
                                    @for standing in share::ORDER { td.number { (domain.tally.of(standing)) } }
                                    td.number { (domain.tally.total()) }
                                }
                            }
                        }
                        tfoot {
                            tr {
                                th scope="row" { "All" }
                                @for standing in share::ORDER { td.number { (report.readiness.elements.of(standing)) } }
                                td.number { (report.readiness.elements.total()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn title<'r>(report: &'r CheckReport<'_>, domain: &DomainReadiness) -> &'r str {
    report.catalog.domain(domain.number).map_or("", |d| &d.title)
}

fn domain(report: &CheckReport<'_>, domain: &DomainReadiness) -> Markup {
    html! {
        details.domain {
            summary {
                span.number { (domain.number) }
                span.name { (visible(title(report, domain))) }
                (charts::bar(domain.tally))
                span.score { strong { (domain.tally.proven) } " of " (domain.tally.total()) @if domain.tally.violated > 0 { span.violations { (domain.tally.violated) " violated" } } }
            }
            @for (id, _) in &domain.statements { (statement(report, id)) }
            @if domain.statements.is_empty() { p.note { "No statement stands here yet." } }
        }
    }
}

fn statement(report: &CheckReport<'_>, id: &StatementId) -> Markup {
    let Some(statement) = report.catalog.statement(id) else { return html! {} };
    let references: Vec<String> = statement.control_references.iter().map(ToString::to_string).collect();
    html! {
        div.statement {
            h4 { (visible(&statement.title)) span.count { (id) " · " (references.join(" ")) } }
            ul.elements { @for element in &statement.elements { (self::element(report, element)) } }
        }
    }
}

fn element(report: &CheckReport<'_>, element: &Element) -> Markup {
    let Some(stands) = report.standings.of(&element.id) else { return html! {} };
    let fails = stands
        .policies
        .iter()
        .filter_map(|p| report.policy(*p))
        .filter(|p| stands.standing == Standing::Violated && groups_fail(report, p));
    let fails: Vec<_> = fails.collect();
    html! {
        li {
            (charts::label(stands.standing)) " " (visible(&element.text))
            @if !fails.is_empty() {
                span.note { " Violated by " @for (index, policy) in fails.iter().enumerate() { @if index > 0 { ", " } a href={ "#p-" (policy.id) } { (policy.id) } } "." }
            } @else if stands.standing == Standing::People && !element.evidence.is_empty() {
                span.note { " Show: " (visible(&element.evidence.join("; "))) "." }
            } @else if stands.standing == Standing::Unknown && stands.unknowns == 0 {
                span.note { " Nothing in these inputs could be judged." }
            }
        }
    }
}

fn groups_fail(report: &CheckReport<'_>, policy: &attesta_evaluation::Policy) -> bool {
    report.policies.iter().zip(&report.counts).any(|(p, counts)| p.id == policy.id && counts.fail > 0)
}

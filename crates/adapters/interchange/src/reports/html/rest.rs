//! What is neither proven nor violated, and how the report came about.

use attesta_app::check::CheckReport;
use attesta_kernel::Confidence;
use maud::{Markup, html};

use crate::reports::{causes, groups, notices, visible::visible, words};

/// How many rows a list has; the JSON report has them all.
const ROWS: usize = 100;
/// How many policies of one cause are named.
const POLICIES: usize = 12;

/// Unknowns by cause.
pub(super) fn unknowns(report: &CheckReport<'_>) -> Markup {
    let causes = causes::causes(report);
    let total = causes.iter().fold(0_usize, |sum, c| sum.saturating_add(c.count));
    html! {
        section #unknown aria-labelledby="unknown-title" {
            h2 #unknown-title { "What cannot be told" span.count { (words::counted(total, "check")) } }
            p.intro { "Unknown is never counted as a pass. Each cause says what would answer it." }
            @if causes.is_empty() { p { "Every check that concerned these resources could be answered." } }
            @for cause in causes.iter().take(ROWS) {
                details.cause {
                    summary { span.name { (visible(&cause.text)) } span.count { (words::counted(cause.count, "check")) } }
                    div.body {
                        p { "What would answer it: " (cause.help) "." }
                        ul {
                            @for (policy, (count, first)) in cause.policies.iter().take(POLICIES) {
                                @if let Some(policy) = report.policy(*policy) {
                                    li {
                                        (visible(&policy.title)) ": " (words::counted(*count, "resource"))
                                        @if let Some(resource) = report.outcomes.get(*first).and_then(|o| report.snapshot.resource(o.resource)) {
                                            ", such as " code { (visible(&resource.address)) }
                                        }
                                    }
                                }
                            }
                            @if cause.policies.len() > POLICIES { li { "… and " (cause.policies.len().saturating_sub(POLICIES)) " more policies" } }
                        }
                    }
                }
            }
        }
    }
}

/// Inputs and parts of inputs that no policy looked at.
pub(super) fn not_understood(report: &CheckReport<'_>) -> Markup {
    let rows: Vec<_> = report.refused.iter().chain(&report.snapshot.not_understood).collect();
    if rows.is_empty() {
        return html! {};
    }
    html! {
        section #not-understood aria-labelledby="not-understood-title" {
            h2 #not-understood-title { "What was not understood" }
            p.intro { "Counted and shown, never dropped silently: no policy looked at these." }
            div.scroll tabindex="0" role="region" aria-label="What was not understood" {
                table {
                    thead { tr { th.number scope="col" { "Count" } th scope="col" { "What" } th scope="col" { "Why" } th scope="col" { "Where" } } }
                    tbody {
                        @for of in rows.iter().take(ROWS) {
                            tr { td.number { (words::grouped(words::size(of.count))) } td { code { (visible(&of.what)) } } td { (of.reason.as_str().replace('-', " ")) } td { code { (visible(&of.path)) } } }
                        }
                    }
                }
            }
            @if rows.len() > ROWS { p.note { "… and " (words::grouped(rows.len().saturating_sub(ROWS))) " more; the JSON report lists them all." } }
        }
    }
}

/// Accepted violations.
pub(super) fn waivers(report: &CheckReport<'_>) -> Markup {
    let waivers = groups::waivers(report);
    html! {
        section #waivers aria-labelledby="waivers-title" {
            h2 #waivers-title { "Waivers" }
            p.intro { "Accepted for a time by somebody who answers for it. A waived violation is still no proof." }
            @if waivers.is_empty() { p { "None." } } @else {
                div.scroll tabindex="0" role="region" aria-label="Waivers" {
                    table {
                        thead { tr { th scope="col" { "Policy and resource" } th scope="col" { "Why" } th scope="col" { "Approved by" } th scope="col" { "Until" } th.number scope="col" { "Covers" } } }
                        tbody {
                            @for (waiver, covers, fault) in waivers.iter().take(ROWS) {
                                tr {
                                    th scope="row" { (waiver.policy) br; code { (visible(&waiver.resource)) } }
                                    td { (visible(&waiver.reason)) @if let Some(fault) = fault { p.bad { (groups::fault_text(waiver, *fault)) "." } } }
                                    td { (visible(&waiver.approved_by)) }
                                    td { time datetime=(waiver.until) { (waiver.until) } }
                                    td.number { (covers) }
                                }
                            }
                        }
                    }
                }
                @if waivers.len() > ROWS { p.note { "… and " (words::grouped(waivers.len().saturating_sub(ROWS))) " more." } }
            }
        }
    }
}

/// How the report came about, from what, and how sure its facts are.
pub(super) fn method(report: &CheckReport<'_>) -> Markup {
    let facts = notices::facts(report);
    let catalog = report.catalog;
    html! {
        section #method aria-labelledby="method-title" {
            h2 #method-title { "Method and notices" }
            div.columns {
                p { "Attesta reads infrastructure as code, states and collected accounts into neutral resources, and judges each by every policy of its kind. An answer is pass, fail, unknown or errored; what cannot be seen is unknown. " (notices::PROVEN) }
                p { "An element is violated when any policy that speaks for it fails; proven when settings alone can prove it and every check passes; else it is waived, unknown, or waits for people. A group stands as the worst of its elements." }
                p { strong { (visible(catalog.notice())) } " " (notices::READINESS) " " (visible(&catalog.pack().trademarks)) }
                p { "HIPAA required specifications are met only as a whole. Addressable ones (45 CFR 164.306(d)(3)) are counted one by one; a written decision not to implement one is people's work and does not show here. This is no legal advice." }
            }
            h3 { "Inputs" }
            p.note { "Snapshot " code { (report.snapshot.digest()) } }
            div.scroll tabindex="0" role="region" aria-label="Inputs" {
                table {
                    thead { tr { th scope="col" { "Document" } th scope="col" { "Format" } th.number scope="col" { "Resources in it" } th scope="col" { "SHA-256" } } }
                    tbody {
                        @for document in report.snapshot.documents.iter().take(ROWS) {
                            tr { th scope="row" { code { (visible(&document.path)) } } td { (document.format) } td.number { (words::grouped(words::size(document.source_resources))) } td { code.digest { (document.digest) } } }
                        }
                    }
                }
            }
            @if report.snapshot.documents.len() > ROWS { p.note { "… and " (words::grouped(report.snapshot.documents.len().saturating_sub(ROWS))) " more documents." } }
            h3 { "How sure the facts are" }
            div.scroll tabindex="0" role="region" aria-label="How sure the facts are" {
                table {
                    thead { tr { th scope="col" { "Facts" } @for confidence in Confidence::ALL { th.number scope="col" { (confidence) } } } }
                    tbody { @for of in &facts { tr { th scope="row" { (of.what) } @for count in of.counts { td.number { (words::grouped(words::size(count))) } } } } }
                }
            }
            @for of in facts.iter().filter(|f| !f.unverified.is_empty()) {
                details.twin { summary { "Unverified: " (of.what) } p.small { (visible(&of.unverified.join(", "))) } }
            }
        }
    }
}

//! The first screen: where it stands, and what to do first.

use attesta_app::check::CheckReport;
use attesta_evaluation::{ItemReadiness, Tally};
use attesta_kernel::Severity;
use maud::{Markup, html};

use super::charts;
use crate::reports::{
    groups::{self, Group},
    notices::{self, Reach},
    visible::visible,
    words,
};

/// How many things to do first are named.
const FIRST: usize = 5;

/// The four numbers.
pub(super) fn summary(report: &CheckReport<'_>) -> Markup {
    let hipaa = &report.readiness.hipaa;
    let (required, addressable) = (hipaa.required_share(), hipaa.addressable_share());
    let elements = report.readiness.elements;
    let reach = Reach::of(report);
    let severities = groups::by_severity(report);
    html! {
        section #summary aria-labelledby="summary-title" {
            h2 #summary-title .verdict { (verdict(report)) }
            @if !report.complete() {
                p.alarm role="note" { strong { "This picture is incomplete." } " Some input could not be read, or some policy could not run: see " a href="#unknown" { "what was not understood" } "." }
            }
            div.cards {
                @if report.frameworks.hipaa {
                article.card {
                    h3 { "HIPAA required" }
                    div.gauge {
                        (charts::ring(tally(&hipaa.required), &required.part.to_string()))
                        div {
                            p.big.(if hipaa.required_met() { "good" } else { "bad" }) { @if hipaa.required_met() { "Met" } @else { "Not met" } }
                            p { (required) " proven" }
                        }
                    }
                    p.note { "All or nothing: each required specification must hold." }
                }
                article.card {
                    h3 { "HIPAA addressable" }
                    div.gauge {
                        (charts::ring(tally(&hipaa.addressable), &addressable.part.to_string()))
                        div {
                            p.big { @match addressable.percent() { Some(p) => { (p) " %" }, None => "none" } }
                            p { (addressable) " proven" }
                        }
                    }
                    p.note { "Each is met, or a written decision says what stands in." }
                }
                }
                @if report.frameworks.hitrust {
                article.card {
                    h3 { "HITRUST elements" }
                    p.big { (words::grouped(words::size(elements.proven))) " " span.of { "of " (words::grouped(words::size(elements.total()))) " proven" } }
                    (charts::bar(elements))
                    p.note { (words::grouped(words::size(reach.automation))) " are within reach of settings alone; the rest also need people." }
                }
                }
                article.card {
                    h3 { "Findings" }
                    p.big { (words::grouped(report.findings.len())) }
                    (charts::severity_bar(&severities, report.findings.len()))
                    p.note {
                        @for (severity, count) in &severities {
                            span.key { span.swatch.(severity.as_str()) aria-hidden="true" {} (words::grouped(*count)) " " (severity) } " "
                        }
                    }
                }
            }
            (charts::legend())
            p.caveat { (notices::PEOPLE) " " strong { (notices::READINESS) } }
        }
    }
}

fn verdict(report: &CheckReport<'_>) -> String {
    let count = |severity| groups::by_severity(report).into_iter().find(|(s, _)| *s == severity).map_or(0, |(_, c)| c);
    match (count(Severity::Critical), count(Severity::High), report.findings.len()) {
        (0, 0, 0) => "No setting in these inputs violates a policy.".to_owned(),
        (0, 0, findings) => format!("{} of medium or low severity, none worse.", words::counted(findings, "finding")),
        (0, high, _) => format!(
            "Nothing is critical; {} come{} first.",
            words::counted(high, "high finding"),
            if high == 1 { "s" } else { "" }
        ),
        (critical, _, findings) => format!(
            "{} come{} first, of {} findings in all.",
            words::counted(critical, "critical finding"),
            if critical == 1 { "s" } else { "" },
            words::grouped(findings)
        ),
    }
}

fn tally(items: &[ItemReadiness]) -> Tally {
    items.iter().map(|item| item.standing).collect()
}

/// What to do first.
pub(super) fn first(report: &CheckReport<'_>) -> Markup {
    if report.findings.is_empty() {
        return html! {};
    }
    html! {
        section #first aria-labelledby="first-title" {
            h2 #first-title { "Do this first" }
            ol.first {
                @for group in groups::groups(report).take(FIRST) {
                    @match &group {
                        Group::Policy { policy, violations } => li {
                            p { (charts::severity(policy.severity)) " " a href={ "#p-" (policy.id) } { (visible(&policy.title)) } span.count { (words::counted(violations.len(), "resource")) } }
                            p.note { (visible(words::first_sentence(&words::on_one_line(&policy.remediation.text)))) }
                        },
                        Group::Waiver { waiver, fault } => li {
                            p { (charts::severity(group.severity())) " Waiver of " (waiver.policy) }
                            p.note { (groups::fault_text(waiver, *fault)) "." }
                        },
                    }
                }
            }
        }
    }
}

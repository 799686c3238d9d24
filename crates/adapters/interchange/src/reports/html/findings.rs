//! Findings, worst first, written policy by policy.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use attesta_app::check::{CheckReport, Finding, Lines};
use attesta_evaluation::{Outcome, Policy, Topic, Waiver, WaiverFault};
use attesta_kernel::Severity;
use attesta_resource::Format;
use maud::{Markup, html};

use super::charts;
use crate::reports::{
    groups::{self, Group},
    place,
    table::fit,
    visible::{visible, visible_lines},
    words,
};

/// How many locations of one policy are shown.
const LOCATIONS: usize = 50;
/// How many policies are open from the beginning.
const OPEN: usize = 2;
/// How long a shown value may be.
const VALUE: usize = 200;

/// Writes the section.
pub(super) fn write(report: &CheckReport<'_>, lines: &Lines, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(
        b"<section id=\"findings\" aria-labelledby=\"findings-title\"><h2 id=\"findings-title\">Findings</h2>",
    )?;
    if report.findings.is_empty() {
        out.write_all(b"<p class=\"intro\">No setting in these inputs violates a policy.</p>")?;
    } else {
        out.write_all(by_topic(report).into_string().as_bytes())?;
    }
    for (index, group) in groups::groups(report).enumerate() {
        let part = match group {
            Group::Policy { policy, violations } => self::policy(report, lines, policy, violations, index < OPEN),
            Group::Waiver { waiver, fault } => self::waiver(group.severity(), waiver, fault),
        };
        out.write_all(part.into_string().as_bytes())?;
    }
    out.write_all(b"</section>")
}

/// Findings by topic and severity: a bar and its numbers.
fn by_topic(report: &CheckReport<'_>) -> Markup {
    let mut topics: BTreeMap<Topic, [(Severity, usize); 4]> = BTreeMap::new();
    for group in groups::groups(report) {
        let topic = match &group {
            Group::Policy { policy, .. } => policy.topic,
            Group::Waiver { .. } => Topic::Waivers,
        };
        let row = topics
            .entry(topic)
            .or_insert([Severity::Critical, Severity::High, Severity::Medium, Severity::Low].map(|s| (s, 0)));
        for (severity, count) in row.iter_mut().filter(|(s, _)| *s == group.severity()) {
            let _: &Severity = severity;
            *count = count.saturating_add(group.count());
        }
    }
    let total = |row: &[(Severity, usize); 4]| row.iter().fold(0_usize, |sum, (_, count)| sum.saturating_add(*count));
    let mut topics: Vec<_> = topics.into_iter().collect();
    topics.sort_by_key(|(topic, row)| (std::cmp::Reverse(total(row)), *topic));
    let most = topics.first().map_or(0, |(_, row)| total(row));
    html! {
        p.intro { "Worst first, by policy. Each says what was found, what was wanted, and how to mend it." }
        div.scroll tabindex="0" role="region" aria-label="Findings by topic and severity" {
            table.topics {
                thead { tr { th scope="col" { "Topic" } th.wide scope="col" { span.hidden { "Bar" } } @for severity in Severity::ALL.into_iter().rev() { th.number scope="col" { (severity) } } } }
                tbody {
                    @for (topic, row) in &topics {
                        tr {
                            th scope="row" { (topic.as_str().replace('-', " ")) }
                            td.wide { (charts::severity_bar(row, most)) }
                            @for (_, count) in row { td.number { @if *count > 0 { (words::grouped(*count)) } @else { span.none { "0" } } } }
                        }
                    }
                }
            }
        }
    }
}

fn policy(report: &CheckReport<'_>, lines: &Lines, policy: &Policy, violations: &[Finding], open: bool) -> Markup {
    let more = violations.len().saturating_sub(LOCATIONS);
    html! {
        details.finding.(policy.severity.as_str()) id={ "p-" (policy.id) } open[open] {
            summary {
                (charts::severity(policy.severity))
                span.name { (visible(&policy.title)) }
                span.count { (words::counted(violations.len(), "resource")) }
            }
            div.body {
                p { (visible(&words::on_one_line(&policy.rationale))) }
                div.scroll tabindex="0" role="region" aria-label={ "Resources that violate " (policy.id) } {
                    table.places {
                        thead { tr { th scope="col" { "Resource" } th scope="col" { "Found" } th scope="col" { "Wanted" } th scope="col" { "Where" } } }
                        tbody { @for outcome in groups::outcomes(report, violations).take(LOCATIONS) { (location(report, lines, outcome)) } }
                    }
                }
                @if more > 0 { p.note { "… and " (words::grouped(more)) " more resources; the JSON report lists them all." } }
                h4 { "How to mend it" }
                p { (visible(&words::on_one_line(&policy.remediation.text))) }
                (code(report, policy, violations))
                p.ids {
                    (policy.id)
                    @for id in &policy.controls {
                        @let title = report.catalog.reference(id).map_or("", |r| &r.title);
                        " " span.id title=(visible(title)) { "HITRUST " (id) }
                    }
                    @for id in &policy.hipaa {
                        @let title = report.catalog.hipaa_item(id).map_or("", |i| &i.title);
                        " " span.id title=(visible(title)) { "HIPAA " (id) }
                    }
                    " " span.source { "Authority: " (visible(&policy.provenance.source)) " (" (policy.provenance.confidence) ")" }
                }
            }
        }
    }
}

fn location(report: &CheckReport<'_>, lines: &Lines, outcome: &Outcome) -> Markup {
    let Some(resource) = report.snapshot.resource(outcome.resource) else { return html! {} };
    let place = place::of_outcome(report, lines, outcome);
    let reason = report.main_reason(outcome);
    let more = outcome.reasons.len().saturating_sub(1);
    html! {
        tr {
            th scope="row" { code { (visible(&resource.address)) } " " span.finding-id { (report.finding_id(outcome)) } }
            @match reason {
                Some(reason) => {
                    td { code { (visible(&reason.attribute)) } " is " code { (fit(&visible(&reason.found), VALUE)) } @if more > 0 { span.note { " and " (more) " more" } } }
                    td { code { (fit(&visible(&reason.wanted), VALUE)) } }
                },
                None => { td {} td {} },
            }
            td { @if let Some(place) = place { code { (visible(&place::file_and_line(&place))) } } }
        }
    }
}

/// Code in the languages that the policy has; open for those in which the violating resources are written.
fn code(report: &CheckReport<'_>, policy: &Policy, violations: &[Finding]) -> Markup {
    let documents = groups::outcomes(report, violations)
        .filter_map(|o| report.snapshot.document_of(report.snapshot.resource(o.resource)?.source))
        .map(|d| d.format);
    let written: BTreeSet<Format> = documents.collect();
    let any = |formats: &[Format]| formats.iter().any(|f| written.contains(f));
    let remediation = &policy.remediation;
    let codes = [
        ("Terraform", &remediation.terraform, any(&[Format::TerraformPlan, Format::TerraformState])),
        ("CloudFormation", &remediation.cloudformation, any(&[Format::CloudFormation])),
        ("Pulumi", &remediation.pulumi, any(&[Format::PulumiPreview, Format::PulumiState])),
    ];
    html! {
        @for (language, code, open) in codes {
            @if let Some(code) = code {
                details.code open[open] { summary { (language) } pre tabindex="0" { code { (visible_lines(code.trim_end())) } } }
            }
        }
    }
}

fn waiver(severity: Severity, waiver: &Waiver, fault: WaiverFault) -> Markup {
    html! {
        details.finding.(severity.as_str()) {
            summary {
                (charts::severity(severity))
                span.name { "Waiver of " (waiver.policy) }
                span.count { (match fault { WaiverFault::Expired => "expired", WaiverFault::Unmatched => "matches nothing" }) }
            }
            div.body {
                p { (groups::fault_text(waiver, fault)) ". It names " code { (visible(&waiver.resource)) } " and stands at " code { (visible(&waiver.place.to_string())) } "." }
            }
        }
    }
}

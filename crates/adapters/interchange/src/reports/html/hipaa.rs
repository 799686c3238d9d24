//! The HIPAA Security Rule, item by item.

use attesta_app::check::CheckReport;
use attesta_catalog::HipaaGroup;
use attesta_evaluation::{ItemReadiness, Standing};
use maud::{Markup, html};

use super::charts;
use crate::reports::{groups, visible::visible};

const GROUPS: [(HipaaGroup, &str); 6] = [
    (HipaaGroup::General, "General rules"),
    (HipaaGroup::Administrative, "Administrative safeguards"),
    (HipaaGroup::Physical, "Physical safeguards"),
    (HipaaGroup::Technical, "Technical safeguards"),
    (HipaaGroup::Organizational, "Organizational requirements"),
    (HipaaGroup::Documentation, "Policies, procedures and documentation"),
];

/// Required and addressable, each as tiles and as a table of what is missing.
pub(super) fn hipaa(report: &CheckReport<'_>) -> Markup {
    let hipaa = &report.readiness.hipaa;
    let share = hipaa.addressable_share();
    html! {
        section #hipaa aria-labelledby="hipaa-title" {
            h2 #hipaa-title { "HIPAA Security Rule" }
            p.intro { (visible(&report.catalog.hipaa_edition().name)) ", " (visible(&report.catalog.hipaa_edition().version)) ". An item stands as the worst of its elements does." }
            h3 { "Required: " @if hipaa.required_met() { "met" } @else { "not met" } span.count { (hipaa.required_share()) " proven" } }
            (matrix(report, &hipaa.required))
            (missing(report, &hipaa.required, "required"))
            h3 { "Addressable: " @match share.percent() { Some(p) => { (p) " %" }, None => "none" } span.count { (share) " proven" } }
            (charts::bar(hipaa.addressable.iter().map(|i| i.standing).collect()))
            (matrix(report, &hipaa.addressable))
            (missing(report, &hipaa.addressable, "addressable"))
        }
    }
}

fn group_of(report: &CheckReport<'_>, item: &ItemReadiness) -> Option<HipaaGroup> {
    report.catalog.hipaa_item(&item.citation).map(|i| i.group)
}

fn title<'r>(report: &'r CheckReport<'_>, item: &ItemReadiness) -> &'r str {
    report.catalog.hipaa_item(&item.citation).map_or("", |i| &i.title)
}

fn matrix(report: &CheckReport<'_>, items: &[ItemReadiness]) -> Markup {
    html! {
        @for (group, name) in GROUPS {
            @let of: Vec<&ItemReadiness> = items.iter().filter(|i| group_of(report, i) == Some(group)).collect();
            @if !of.is_empty() {
                h4 { (name) }
                ul.tiles {
                    @for item in of {
                        li.tile.(item.standing.as_str()) {
                            span.cite { (item.citation) }
                            span.name { (visible(title(report, item))) }
                            (charts::label(item.standing))
                        }
                    }
                }
            }
        }
    }
}

fn missing(report: &CheckReport<'_>, items: &[ItemReadiness], which: &str) -> Markup {
    let open: Vec<&ItemReadiness> = items.iter().filter(|i| i.standing != Standing::Proven).collect();
    if open.is_empty() {
        return html! {};
    }
    html! {
        details.twin {
            summary { "What is missing, and why: " (open.len()) " " (which) " items" }
            div.scroll tabindex="0" role="region" aria-label={ "What is missing of " (which) " items" } {
                table {
                    thead { tr { th scope="col" { "Item" } th scope="col" { "Stands" } th scope="col" { "Elements" } th scope="col" { "What is missing" } } }
                    tbody { @for item in open { (row(report, item)) } }
                }
            }
        }
    }
}

fn row(report: &CheckReport<'_>, item: &ItemReadiness) -> Markup {
    let known = report.catalog.hipaa_item(&item.citation);
    let violating = groups::violating(report, &report.standings, &item.elements);
    html! {
        tr {
            th scope="row" { span.cite { (item.citation) } br; (visible(title(report, item))) }
            td { (charts::label(item.standing)) }
            td.small { (charts::in_words(item.tally)) }
            td.small {
                @if !violating.is_empty() {
                    p { "Violated by " @for (index, policy) in violating.iter().enumerate() { @if index > 0 { ", " } a href={ "#p-" (policy.id) } { (policy.id) } } "." }
                }
                @if item.elements.is_empty() { p { "No statement speaks for it yet: show it by documents." } }
                @if item.tally.unknown > 0 { p { "Not to be told from these inputs: " (item.tally.unknown) " of its elements. See " a href="#unknown" { "unknown" } "." } }
                @if let Some(known) = known {
                    @if (item.tally.people > 0 || item.elements.is_empty()) && !known.typical_evidence.is_empty() {
                        p { "People usually show: " (visible(&known.typical_evidence.join("; "))) "." }
                    }
                    @if let Some(only) = &known.may_not_apply { p { em { "May not apply: " } (visible(only)) } }
                }
            }
        }
    }
}

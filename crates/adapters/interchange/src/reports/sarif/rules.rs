//! Policies as rules.

use std::fmt::Write as _;

use attesta_app::check::CheckReport;
use attesta_evaluation::{Policy, WaiverFault};
use attesta_kernel::Severity;
use serde::Serialize;

use super::{
    Text, level, message,
    taxonomy::{self, Relationship},
};
use crate::reports::{
    visible::{visible, visible_lines},
    words::fence,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    id: String,
    /// Left out where it would only repeat the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relationships: Vec<Relationship>,
    properties: Properties,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

/// Id of the rule that a faulty waiver breaks. No policy id holds a slash.
pub(super) fn waiver_rule(fault: WaiverFault) -> &'static str {
    match fault {
        WaiverFault::Expired => "waiver/expired",
        WaiverFault::Unmatched => "waiver/unmatched",
    }
}

/// One rule per policy, in the policies' order, and then those of waivers.
pub(super) fn rules(report: &CheckReport<'_>) -> impl Iterator<Item = Rule> {
    let waivers = [
        (
            WaiverFault::Expired,
            Severity::Medium,
            "WaiverExpired",
            "Waivers are renewed before they end.",
            "Mend the violation, or have the waiver approved anew with a later day.",
        ),
        (
            WaiverFault::Unmatched,
            Severity::Low,
            "WaiverUnmatched",
            "Waivers match a violation.",
            "Remove the waiver, or correct the address in it.",
        ),
    ];
    let waivers = waivers.map(|(fault, severity, name, short, help)| Rule {
        id: waiver_rule(fault).to_owned(),
        name: Some(name.to_owned()),
        short_description: message(short),
        full_description: message(short),
        help: Help { text: help.to_owned(), markdown: help.to_owned() },
        default_configuration: Configuration { level: level(severity) },
        relationships: Vec::new(),
        properties: properties(severity, vec!["waivers".to_owned()]),
    });
    report.policies.iter().map(rule).chain(waivers)
}

fn rule(policy: &Policy) -> Rule {
    // Tags are a set: a topic and a kind may be one word.
    let mut tags = vec!["security".to_owned(), policy.topic.to_string()];
    if policy.kind.as_str() != policy.topic.as_str() {
        tags.push(policy.kind.to_string());
    }
    tags.extend(policy.hipaa.iter().map(|c| format!("HIPAA {c}")));
    tags.extend(policy.controls.iter().map(|c| format!("HITRUST {c}")));
    tags.extend(policy.nist_800_53.iter().map(|id| format!("NIST 800-53 {}", visible(id))));
    Rule {
        id: policy.id.to_string(),
        name: policy.id.as_str().contains('-').then(|| pascal_case(policy.id.as_str())),
        short_description: message(&sentence(&policy.title)),
        full_description: message(&sentence(&policy.rationale)),
        help: Help { text: visible(&sentence(&policy.remediation.text)).into_owned(), markdown: markdown(policy) },
        default_configuration: Configuration { level: level(policy.severity) },
        relationships: taxonomy::relationships(policy),
        properties: properties(policy.severity, tags),
    }
}

/// Code hosts rank by this number, which is a text in the format: 9.0 and more is critical, 7.0 high, 4.0 medium.
fn properties(severity: Severity, tags: Vec<String>) -> Properties {
    let security_severity = match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    };
    Properties { tags, precision: "very-high", security_severity }
}

fn markdown(policy: &Policy) -> String {
    let remediation = &policy.remediation;
    let mut text =
        format!("{}\n\n**How to mend it.** {}\n", visible(policy.rationale.trim()), visible(remediation.text.trim()));
    let codes = [
        ("Terraform", "terraform", &remediation.terraform),
        ("CloudFormation", "yaml", &remediation.cloudformation),
        ("Pulumi", "typescript", &remediation.pulumi),
    ];
    for (title, language, code) in codes {
        let Some(code) = code else { continue };
        let code = visible_lines(code.trim_end());
        let fence = fence(&code);
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{title}:\n\n{fence}{language}\n{code}\n{fence}\n");
    }
    text
}

pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn pascal_case(id: &str) -> String {
    id.split('-')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars)
        })
        .collect()
}

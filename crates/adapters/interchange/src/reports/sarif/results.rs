//! Outcomes as results.

use attesta_app::check::{CheckReport, Finding, Lines};
use attesta_drift::{Turn, Verdict, VerdictChange};
use attesta_evaluation::{Outcome, Policy, Reason, Status, WaiverFault};
use attesta_kernel::Digest;
use serde::Serialize;

use super::{ArtifactLocation, Baseline, Text, level, message, rules, told, uri};
use crate::reports::{groups, place};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'r> {
    rule_id: &'r str,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Text,
    locations: Vec<Place>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "attestaPlace/v1")]
    place: String,
    #[serde(rename = "attestaFindingId/v1", skip_serializing_if = "Option::is_none")]
    finding: Option<String>,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// Results, by resource and then policy; faulty waivers; last, against a baseline, what is absent or no longer seen.
pub(super) fn results<'r>(
    report: &'r CheckReport<'_>,
    lines: &'r Lines,
    baseline: Option<&'r Baseline<'r>>,
) -> impl Iterator<Item = Answer<'r>> {
    let outcomes = report.outcomes.iter().enumerate().filter(|(_, o)| told(o.status));
    let outcomes = outcomes.filter_map(move |(at, outcome)| {
        let state = baseline.map(|b| b.states.get(&at).copied().unwrap_or("unchanged"));
        Some(Answer { baseline_state: state, ..answer(report, lines, outcome)? })
    });
    let waivers = report.findings.iter().filter_map(|finding| match finding {
        Finding::Waiver(index, fault) => waiver_answer(report, *index, *fault),
        Finding::Violation(_) => None,
    });
    let gone = baseline.into_iter().flat_map(|b| b.drift.drift.verdicts.iter().filter_map(|v| left(b, v)));
    outcomes.chain(waivers).chain(gone)
}

/// A result of the baseline that this run does not have. What is no longer seen is not absent: it is open.
fn left<'r>(baseline: &'r Baseline<'r>, change: &VerdictChange) -> Option<Answer<'r>> {
    let before = baseline.drift.before;
    let outcome = before.outcomes.get(change.outcome_before?).filter(|o| told(o.status))?;
    let own = answer(before, baseline.lines, outcome)?;
    match change.after {
        None if change.turn == Turn::NoLongerSeen => Some(Answer {
            kind: "open",
            level: "none",
            message: message(&format!(
                "{} is no longer seen: cannot tell whether it still violates '{}'.",
                change.resource,
                baseline.drift.policy(change).map_or("", |p| p.title.trim().trim_end_matches('.'))
            )),
            baseline_state: Some("updated"),
            ..own
        }),
        None | Some(Verdict::Pass) => Some(Answer { baseline_state: Some("absent"), ..own }),
        Some(_) => None,
    }
}

fn answer<'r>(report: &'r CheckReport<'_>, lines: &Lines, outcome: &Outcome) -> Option<Answer<'r>> {
    let policy = report.policy(outcome.policy)?;
    let resource = report.snapshot.resource(outcome.resource)?;
    let reason = report.main_reason(outcome);
    let fails = outcome.status == Status::Fail;
    let location = place::of_outcome(report, lines, outcome);
    let suppression = outcome.waived.and_then(|w| report.waiver(w)).map(|waiver| Suppression {
        kind: "external",
        status: "accepted",
        justification: format!("{} (approved by {}, until {})", waiver.reason, waiver.approved_by, waiver.until),
    });
    Some(Answer {
        rule_id: policy.id.as_str(),
        rule_index: usize::try_from(outcome.policy.0).ok()?,
        kind: if fails { "fail" } else { "open" },
        level: if fails { level(policy.severity) } else { "none" },
        message: message(&text(policy, outcome, &resource.address, reason)),
        locations: location.into_iter().map(|l| located(&l.path, l.line, Some(&resource.address))).collect(),
        partial_fingerprints: fingerprint(
            &[policy.id.as_str(), &resource.address, reason.map_or("", |r| &r.attribute)],
            fails.then(|| report.finding_id(outcome)),
        ),
        suppressions: suppression.into_iter().collect(),
        baseline_state: None,
    })
}

fn text(policy: &Policy, outcome: &Outcome, address: &str, reason: Option<&Reason>) -> String {
    let leaf = reason.map_or(String::new(), |r| format!(": {} is {}, wanted {}", r.attribute, r.found, r.wanted));
    let more = match outcome.reasons.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count.saturating_sub(1)),
    };
    let title = policy.title.trim().trim_end_matches('.');
    match outcome.status {
        Status::Fail => format!("{address} violates '{title}'{leaf}{more}."),
        Status::Errored => format!("'{title}' could not be run for {address}{leaf}{more}."),
        _ => format!("Cannot tell whether {address} keeps '{title}'{leaf}{more}."),
    }
}

fn located(path: &str, line: Option<u32>, address: Option<&str>) -> Place {
    let logical = |address: &str| LogicalLocation {
        fully_qualified_name: crate::reports::visible::visible(address).into_owned(),
        kind: "resource",
    };
    Place {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri::uri(path) },
            region: line.map(|start_line| Region { start_line }),
        },
        logical_locations: address.map(logical).into_iter().collect(),
    }
}

fn fingerprint(parts: &[&str], finding: Option<String>) -> Fingerprints {
    Fingerprints { place: Digest::of_parts(parts.iter().map(|p| p.as_bytes())).to_string(), finding }
}

fn waiver_answer<'r>(
    report: &'r CheckReport<'_>,
    index: attesta_evaluation::WaiverIndex,
    fault: WaiverFault,
) -> Option<Answer<'r>> {
    let waiver = report.waiver(index)?;
    let rule_id = rules::waiver_rule(fault);
    let behind = match fault {
        WaiverFault::Expired => 0,
        WaiverFault::Unmatched => 1,
    };
    Some(Answer {
        rule_id,
        rule_index: report.policies.len().saturating_add(behind),
        kind: "fail",
        level: level(report.severity(&Finding::Waiver(index, fault))),
        message: message(&format!(
            "Waiver of {} for {}: {}.",
            waiver.policy,
            waiver.resource,
            groups::fault_text(waiver, fault)
        )),
        locations: vec![located(&waiver.place.file, waiver.place.line, None)],
        partial_fingerprints: fingerprint(&[rule_id, waiver.policy.as_str(), &waiver.resource], None),
        suppressions: Vec::new(),
        baseline_state: None,
    })
}

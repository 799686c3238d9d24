//! Outcomes, one at a time.

use attesta_app::check::{CheckReport, Lines, Location};
use attesta_evaluation::{Outcome, Reason, Status};
use attesta_resource::{Resource, Value};
use serde::Serialize;

use super::PolicyText;
use crate::reports::place;

/// Outcomes as they are written; those that pass only when `passes`.
pub(super) fn outcomes<'r>(
    report: &'r CheckReport<'_>,
    lines: &'r Lines,
    texts: &'r [PolicyText],
    passes: bool,
) -> impl Iterator<Item = OutcomeText<'r>> {
    let told = report.outcomes.iter().enumerate().filter(move |(_, o)| passes || o.status != Status::Pass);
    told.filter_map(move |(index, outcome)| outcome_text(report, lines, texts, index, outcome))
}

#[derive(Serialize)]
pub(super) struct OutcomeText<'r> {
    index: usize,
    policy: &'r str,
    topic: &'static str,
    severity: &'static str,
    status: &'static str,
    resource: ResourceText<'r>,
    #[serde(flatten)]
    place: Option<Place>,
    controls: &'r [String],
    hipaa: &'r [String],
    elements: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ReasonText<'r>>,
}

#[derive(Serialize)]
struct ResourceText<'r> {
    kind: &'static str,
    address: &'r str,
    #[serde(rename = "type")]
    type_name: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'r str>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    pointer: String,
}

#[derive(Serialize)]
struct ReasonText<'r> {
    attribute: &'r str,
    found: &'r str,
    wanted: &'r str,
    #[serde(flatten)]
    place: Option<Place>,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self { file: location.path, line: location.line, pointer: location.pointer }
    }
}

fn outcome_text<'r>(
    report: &'r CheckReport<'_>,
    lines: &Lines,
    texts: &'r [PolicyText],
    index: usize,
    outcome: &'r Outcome,
) -> Option<OutcomeText<'r>> {
    let policy = report.policy(outcome.policy)?;
    let text = usize::try_from(outcome.policy.0).ok().and_then(|i| texts.get(i))?;
    let resource = report.snapshot.resource(outcome.resource)?;
    let reason = |reason: &'r Reason| ReasonText {
        attribute: &reason.attribute,
        found: &reason.found,
        wanted: &reason.wanted,
        place: place::of_reason(report, lines, outcome, reason).map(Place::from),
    };
    Some(OutcomeText {
        index,
        policy: policy.id.as_str(),
        topic: policy.topic.as_str(),
        severity: policy.severity.as_str(),
        status: outcome.status.as_str(),
        resource: resource_text(report, resource),
        place: place::of_outcome(report, lines, outcome).map(Place::from),
        controls: &text.controls,
        hipaa: &text.hipaa,
        elements: &text.elements,
        waived: outcome.waived.map(|w| w.0),
        reasons: outcome.reasons.iter().map(reason).collect(),
    })
}

fn resource_text<'r>(report: &'r CheckReport<'_>, resource: &'r Resource) -> ResourceText<'r> {
    let name = resource.get("name").and_then(|attribute| match &attribute.value {
        Value::Text(name) => Some(&**name),
        _ => None,
    });
    let type_name = report.snapshot.source(resource.source).map_or("", |s| &s.type_name);
    ResourceText { kind: resource.kind.as_str(), address: &resource.address, type_name, name }
}

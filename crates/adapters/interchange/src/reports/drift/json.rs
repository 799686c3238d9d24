//! Everything that changed, as `attesta.drift/1` (`docs/reference/drift.md`).

use std::{collections::BTreeMap, io};

use attesta_app::{check::CheckReport, drift::DriftReport};
use attesta_drift::{
    AttributeChange, DomainChange, DomainMove, Effect, ElementChange, GroupChange, Level, RequirementMove,
    ResourceChange, ResourceKey, Turn, VerdictChange,
};
use attesta_evaluation::{Standing, Tally};
use attesta_kernel::{Date, Digest};
use attesta_scoring::{Exact, Score};
use serde::{Serialize, Serializer};

use super::{BothLines, location};
use crate::reports::{
    Options,
    json::{Each, Shown, write_document},
    notices,
    words::texts,
};

/// The name and version of the format.
pub const SCHEMA: &str = "attesta.drift/1";

pub(super) fn write(
    report: &DriftReport<'_>,
    lines: &BothLines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let drift = &report.drift;
    let verdict = |change| verdict(report, lines, change);
    let document = Document {
        schema: SCHEMA,
        version: options.version,
        at: Shown(report.after.at),
        complete: report.complete(),
        before: side(report.before, &report.before_name),
        after: side(report.after, &report.after_name),
        summary: summary(report),
        resources: Each(|| drift.resources.iter().map(resource)),
        verdicts: Each(|| drift.verdicts.iter().map(verdict)),
        still_failing: Each(|| drift.still_failing.iter().map(verdict)),
        elements: Each(|| drift.elements.iter().map(element)),
        statements: Each(|| drift.statements.iter().map(|s| group(s, None))),
        hipaa: Each(|| drift.hipaa.iter().map(|i| group(i, Some(i.required)))),
        domains: Each(|| drift.domains.iter().map(domain)),
        assessment: report.effect.as_ref().map(effect),
        notices: [report.after.catalog.notice(), notices::READINESS],
    };
    write_document(&document, 2, out)
}

#[derive(Serialize)]
struct Document<'r, R, V, F, E, S, H, D> {
    schema: &'static str,
    version: &'r str,
    at: Shown<Date>,
    complete: bool,
    before: Side<'r>,
    after: Side<'r>,
    summary: Summary,
    resources: R,
    verdicts: V,
    still_failing: F,
    elements: E,
    statements: S,
    hipaa: H,
    domains: D,
    #[serde(skip_serializing_if = "Option::is_none")]
    assessment: Option<EffectText<'r>>,
    notices: [&'r str; 2],
}

#[derive(Serialize)]
struct Side<'r> {
    name: &'r str,
    snapshot: Shown<Digest>,
    resources: usize,
    complete: bool,
    not_seen: Vec<NotSeen<'r>>,
}

#[derive(Serialize)]
struct NotSeen<'r> {
    path: &'r str,
    reason: &'static str,
    what: &'r str,
    count: u32,
}

fn side<'r>(check: &'r CheckReport<'_>, name: &'r str) -> Side<'r> {
    use attesta_resource::Reason::{NotCollected, Unreadable, Unresolved};
    let not_seen = check.snapshot.not_understood.iter();
    let not_seen = not_seen.filter(|n| matches!(n.reason, NotCollected | Unreadable | Unresolved));
    let row = |n: &'r attesta_resource::NotUnderstood| NotSeen {
        path: &n.path,
        reason: n.reason.as_str(),
        what: &n.what,
        count: n.count,
    };
    Side {
        name,
        snapshot: Shown(check.snapshot.digest()),
        resources: check.snapshot.resources.len(),
        complete: check.complete(),
        not_seen: not_seen.map(row).collect(),
    }
}

#[derive(Serialize)]
struct Summary {
    resources: BTreeMap<&'static str, usize>,
    verdicts: BTreeMap<&'static str, usize>,
    still_failing: usize,
    still_unknown: u32,
}

fn summary(report: &DriftReport<'_>) -> Summary {
    let mut resources = BTreeMap::new();
    for change in &report.drift.resources {
        *resources.entry(presence(change)).or_default() += 1;
    }
    Summary {
        resources,
        verdicts: Turn::ALL.into_iter().map(|turn| (turn.as_str(), report.drift.count(turn))).collect(),
        still_failing: report.drift.still_failing.len(),
        still_unknown: report.drift.still_unknown,
    }
}

fn presence(change: &ResourceChange) -> &'static str {
    match change.presence {
        attesta_drift::Presence::Stayed => "changed",
        other => other.as_str(),
    }
}

#[derive(Serialize)]
struct KeyText<'r> {
    kind: &'static str,
    address: &'r str,
    #[serde(skip_serializing_if = "str::is_empty")]
    document: &'r str,
}

fn key(key: &ResourceKey) -> KeyText<'_> {
    KeyText { kind: key.kind.as_str(), address: &key.address, document: &key.document }
}

#[derive(Serialize)]
struct ResourceText<'r> {
    resource: KeyText<'r>,
    change: &'static str,
    attributes: Vec<AttributeText<'r>>,
}

#[derive(Serialize)]
struct AttributeText<'r> {
    path: &'r str,
    before: Option<&'r str>,
    after: Option<&'r str>,
}

fn resource(change: &ResourceChange) -> ResourceText<'_> {
    fn attribute(a: &AttributeChange) -> AttributeText<'_> {
        AttributeText { path: &a.path, before: a.before.as_deref(), after: a.after.as_deref() }
    }
    ResourceText {
        resource: key(&change.key),
        change: presence(change),
        attributes: change.attributes.iter().map(attribute).collect(),
    }
}

#[derive(Serialize)]
struct VerdictText<'r> {
    finding: Option<String>,
    policy: &'r str,
    title: &'r str,
    severity: &'static str,
    controls: Vec<String>,
    hipaa: Vec<String>,
    resource: KeyText<'r>,
    presence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<&'static str>,
    before: Option<&'static str>,
    after: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    reasons: Vec<ReasonText<'r>>,
}

#[derive(Serialize)]
struct ReasonText<'r> {
    attribute: &'r str,
    found: &'r str,
    wanted: &'r str,
}

fn verdict<'r>(report: &DriftReport<'r>, lines: &BothLines, change: &'r VerdictChange) -> VerdictText<'r> {
    let policy = report.policy(change);
    let place = location(report, lines, change);
    let reasons = report.told_by(change).map_or(&[][..], |(_, outcome)| &outcome.reasons);
    let reason =
        |r: &'r attesta_evaluation::Reason| ReasonText { attribute: &r.attribute, found: &r.found, wanted: &r.wanted };
    VerdictText {
        finding: report.finding_id(change),
        policy: change.policy.as_str(),
        title: policy.map_or("", |p| &p.title),
        severity: change.severity.as_str(),
        controls: policy.map(|p| texts(&p.controls)).unwrap_or_default(),
        hipaa: policy.map(|p| texts(&p.hipaa)).unwrap_or_default(),
        resource: key(&change.resource),
        presence: change.presence.as_str(),
        turn: (change.before != change.after).then(|| change.turn.as_str()),
        before: change.before.map(attesta_drift::Verdict::as_str),
        after: change.after.map(attesta_drift::Verdict::as_str),
        line: place.as_ref().and_then(|p| p.line),
        file: place.map(|p| p.path),
        reasons: reasons.iter().map(reason).collect(),
    }
}

#[derive(Serialize)]
struct ElementText<'r> {
    element: &'r str,
    domain: u8,
    before: &'static str,
    after: &'static str,
    direction: &'static str,
    because: Vec<String>,
}

fn element(change: &ElementChange) -> ElementText<'_> {
    ElementText {
        element: change.element.as_str(),
        domain: change.domain,
        before: change.standing.before.as_str(),
        after: change.standing.after.as_str(),
        direction: change.standing.direction().as_str(),
        because: texts(&change.because),
    }
}

#[derive(Serialize)]
struct GroupText {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    before: &'static str,
    after: &'static str,
    direction: &'static str,
    elements_before: BTreeMap<&'static str, u32>,
    elements_after: BTreeMap<&'static str, u32>,
}

fn group<Id: std::fmt::Display>(change: &GroupChange<Id>, required: Option<bool>) -> GroupText {
    GroupText {
        id: change.id.to_string(),
        required,
        before: change.standing.before.as_str(),
        after: change.standing.after.as_str(),
        direction: change.standing.direction().as_str(),
        elements_before: tally(change.before),
        elements_after: tally(change.after),
    }
}

fn tally(tally: Tally) -> BTreeMap<&'static str, u32> {
    Standing::ALL.into_iter().map(|standing| (standing.as_str(), tally.of(standing))).collect()
}

#[derive(Serialize)]
struct DomainText {
    domain: u8,
    elements_before: BTreeMap<&'static str, u32>,
    elements_after: BTreeMap<&'static str, u32>,
}

fn domain(change: &DomainChange) -> DomainText {
    DomainText { domain: change.number, elements_before: tally(change.before), elements_after: tally(change.after) }
}

/// A score as JSON shows it: a number with at most two decimals, or null.
struct Points(Option<Exact>);

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(score) = self.0 else { return serializer.serialize_none() };
        let text = score.rounded().to_string();
        let raw = serde_json::value::RawValue::from_string(text).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

#[derive(Serialize)]
struct EffectText<'r> {
    assessment: &'r str,
    program: &'r str,
    threshold: Shown<Score>,
    at_risk: bool,
    certified_before: bool,
    certified_after: bool,
    verdict_before: &'r str,
    verdict_after: &'r str,
    domains: Vec<DomainMoveText<'r>>,
    requirements: Vec<RequirementText<'r>>,
    caps_come: &'r [String],
    caps_go: &'r [String],
    answered_otherwise: &'r [String],
    unverified: &'r [String],
}

#[derive(Serialize)]
struct DomainMoveText<'r> {
    domain: u8,
    title: &'r str,
    before: Points,
    after: Points,
    passes_before: bool,
    passes_after: bool,
}

#[derive(Serialize)]
struct RequirementText<'r> {
    requirement: &'r str,
    domain: u8,
    level: &'static str,
    before: Points,
    after: Points,
}

fn effect(effect: &Effect) -> EffectText<'_> {
    fn level(level: Level) -> Points {
        match level {
            Level::Scored(score) => Points(Some(score)),
            Level::Open => Points(None),
        }
    }
    fn domain(d: &DomainMove) -> DomainMoveText<'_> {
        DomainMoveText {
            domain: d.number,
            title: &d.title,
            before: Points(d.before),
            after: Points(d.after),
            passes_before: d.passes_before,
            passes_after: d.passes_after,
        }
    }
    fn requirement(r: &RequirementMove) -> RequirementText<'_> {
        RequirementText {
            requirement: &r.id,
            domain: r.domain,
            level: r.level.as_str(),
            before: level(r.before),
            after: level(r.after),
        }
    }
    EffectText {
        assessment: &effect.assessment,
        program: &effect.program,
        threshold: Shown(effect.threshold),
        at_risk: effect.at_risk(),
        certified_before: effect.certified_before,
        certified_after: effect.certified_after,
        verdict_before: &effect.verdict_before,
        verdict_after: &effect.verdict_after,
        domains: effect.domains.iter().map(domain).collect(),
        requirements: effect.requirements.iter().map(requirement).collect(),
        caps_come: &effect.caps_come,
        caps_go: &effect.caps_go,
        answered_otherwise: &effect.answered_otherwise,
        unverified: &effect.unverified,
    }
}

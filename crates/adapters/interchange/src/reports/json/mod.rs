//! Everything that a check found, as `attesta.report/1`: the report for other programs.
//!
//! Documented in `docs/reference/report-json.md`; its schema is `content/schemas/report.schema.json`.

mod layout;
mod outcome;
mod readiness;

use std::{collections::BTreeMap, fmt, io};

use attesta_app::check::{CheckReport, Counts, Finding, Lines};
use attesta_evaluation::{Policy, WaiverFault};
use attesta_kernel::Confidence;
use attesta_resource::NotUnderstood;
use serde::{Serialize, Serializer};

use super::{Options, groups, notices, words::texts};
use layout::Layout;

/// The name and version of the format.
pub const SCHEMA: &str = "attesta.report/1";

/// Writes the report.
///
/// # Errors
///
/// When `out` refuses bytes.
pub fn write(
    report: &CheckReport<'_>,
    lines: &Lines,
    options: &Options<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let texts: Vec<PolicyText> = report.policies.iter().map(PolicyText::of).collect();
    let document = Report {
        schema: SCHEMA,
        tool: Tool { name: "attesta", version: options.version },
        at: Shown(report.at),
        complete: report.complete(),
        snapshot: snapshot(report),
        summary: summary(report),
        readiness: readiness::readiness(report),
        findings: Each(|| report.findings.iter().map(|f| finding(report, f))),
        waivers: Each(|| waivers(report)),
        policies: Each(|| report.policies.iter().zip(&texts).zip(&report.counts).map(policy)),
        not_understood: Each(|| report.snapshot.not_understood.iter().map(left_out)),
        refused: Each(|| report.refused.iter().map(left_out)),
        notices: notices(report),
        outcomes: Each(|| outcome::outcomes(report, lines, &texts, options.passes)),
    };
    write_document(&document, 2, out)
}

/// Writes one document, broken into lines down to `depth`.
pub(super) fn write_document(document: &impl Serialize, depth: u8, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Layout::new(depth));
    document.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// A sequence that is made while it is written.
pub(super) struct Each<F>(pub(super) F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A value written as the text that it prints.
pub(super) struct Shown<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
struct Report<'r, R, F, W, P, N, U, O> {
    schema: &'static str,
    tool: Tool<'r>,
    at: Shown<attesta_kernel::Date>,
    complete: bool,
    snapshot: Snapshot<'r>,
    summary: Summary,
    readiness: R,
    findings: F,
    waivers: W,
    policies: P,
    not_understood: N,
    refused: U,
    notices: Notices<'r>,
    outcomes: O,
}

#[derive(Serialize)]
struct Tool<'r> {
    name: &'static str,
    version: &'r str,
}

#[derive(Serialize)]
struct Snapshot<'r> {
    digest: Shown<attesta_kernel::Digest>,
    resources: usize,
    by_kind: BTreeMap<&'static str, u32>,
    documents: Vec<Document<'r>>,
}

#[derive(Serialize)]
struct Document<'r> {
    path: &'r str,
    format: &'static str,
    digest: Shown<attesta_kernel::Digest>,
    bytes: u64,
    source_resources: u32,
}

fn snapshot<'r>(report: &'r CheckReport<'_>) -> Snapshot<'r> {
    let document = |d: &'r attesta_resource::Document| Document {
        path: &d.path,
        format: d.format.as_str(),
        digest: Shown(d.digest),
        bytes: d.bytes,
        source_resources: d.source_resources,
    };
    Snapshot {
        digest: Shown(report.snapshot.digest()),
        resources: report.snapshot.resources.len(),
        by_kind: report.snapshot.count_by_kind().into_iter().map(|(kind, count)| (kind.as_str(), count)).collect(),
        documents: report.snapshot.documents.iter().map(document).collect(),
    }
}

#[derive(Serialize)]
struct Summary {
    outcomes: CountsText,
    findings: BySeverity,
}

#[derive(Serialize, Default)]
struct CountsText {
    pass: u32,
    fail: u32,
    waived: u32,
    unknown: u32,
    errored: u32,
    not_applicable: u32,
}

#[derive(Serialize, Default)]
struct BySeverity {
    total: usize,
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
}

fn counts(of: &Counts) -> CountsText {
    let Counts { pass, fail, waived, unknown, errored, not_applicable } = *of;
    CountsText { pass, fail, waived, unknown, errored, not_applicable }
}

fn summary(report: &CheckReport<'_>) -> Summary {
    let [(_, critical), (_, high), (_, medium), (_, low)] = groups::by_severity(report);
    let findings = BySeverity { total: report.findings.len(), critical, high, medium, low };
    Summary { outcomes: counts(&groups::totals(report)), findings }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum FindingText {
    Violation { id: Option<String>, severity: &'static str, outcome: usize },
    Waiver { severity: &'static str, waiver: u32, fault: &'static str },
}

fn finding(report: &CheckReport<'_>, finding: &Finding) -> FindingText {
    let severity = report.severity(finding).as_str();
    match finding {
        Finding::Violation(outcome) => {
            let id = report.outcomes.get(*outcome).map(|o| report.finding_id(o));
            FindingText::Violation { id, severity, outcome: *outcome }
        }
        Finding::Waiver(waiver, fault) => FindingText::Waiver { severity, waiver: waiver.0, fault: fault_word(*fault) },
    }
}

fn fault_word(fault: WaiverFault) -> &'static str {
    match fault {
        WaiverFault::Expired => "expired",
        WaiverFault::Unmatched => "unmatched",
    }
}

#[derive(Serialize)]
struct WaiverText<'r> {
    policy: &'r str,
    resource: &'r str,
    reason: &'r str,
    approved_by: &'r str,
    until: Shown<attesta_kernel::Date>,
    file: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    covers: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

fn waivers<'r>(report: &'r CheckReport<'_>) -> impl Iterator<Item = WaiverText<'r>> {
    groups::waivers(report).into_iter().map(|(waiver, covers, fault)| WaiverText {
        policy: waiver.policy.as_str(),
        resource: &waiver.resource,
        reason: &waiver.reason,
        approved_by: &waiver.approved_by,
        until: Shown(waiver.until),
        file: &waiver.place.file,
        line: waiver.place.line,
        covers,
        fault: fault.map(fault_word),
    })
}

/// Ids of a policy as texts, made once for its many outcomes.
pub(super) struct PolicyText {
    controls: Vec<String>,
    hipaa: Vec<String>,
    elements: Vec<String>,
}

impl PolicyText {
    fn of(policy: &Policy) -> Self {
        Self { controls: texts(&policy.controls), hipaa: texts(&policy.hipaa), elements: texts(&policy.proves) }
    }
}

#[derive(Serialize)]
struct PolicyRow<'r> {
    id: &'r str,
    title: &'r str,
    topic: &'static str,
    severity: &'static str,
    resource_kind: &'static str,
    controls: &'r [String],
    hipaa: &'r [String],
    nist_800_53: &'r [String],
    elements: &'r [String],
    rationale: &'r str,
    remediation: RemediationText<'r>,
    source: &'r str,
    confidence: &'static str,
    counts: CountsText,
}

#[derive(Serialize)]
struct RemediationText<'r> {
    text: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    terraform: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudformation: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pulumi: Option<&'r str>,
}

fn policy<'r>(((policy, text), of): ((&'r Policy, &'r PolicyText), &Counts)) -> PolicyRow<'r> {
    let remediation = &policy.remediation;
    PolicyRow {
        id: policy.id.as_str(),
        title: &policy.title,
        topic: policy.topic.as_str(),
        severity: policy.severity.as_str(),
        resource_kind: policy.kind.as_str(),
        controls: &text.controls,
        hipaa: &text.hipaa,
        nist_800_53: &policy.nist_800_53,
        elements: &text.elements,
        rationale: &policy.rationale,
        remediation: RemediationText {
            text: &remediation.text,
            terraform: remediation.terraform.as_deref(),
            cloudformation: remediation.cloudformation.as_deref(),
            pulumi: remediation.pulumi.as_deref(),
        },
        source: &policy.provenance.source,
        confidence: policy.provenance.confidence.as_str(),
        counts: counts(of),
    }
}

#[derive(Serialize)]
struct LeftOut<'r> {
    path: &'r str,
    reason: &'static str,
    what: &'r str,
    count: u32,
}

fn left_out(of: &NotUnderstood) -> LeftOut<'_> {
    LeftOut { path: &of.path, reason: of.reason.as_str(), what: &of.what, count: of.count }
}

#[derive(Serialize)]
struct Notices<'r> {
    statements: &'r str,
    trademarks: &'r str,
    readiness: &'static str,
    people: &'static str,
    proven: &'static str,
    facts: Vec<FactsText>,
}

#[derive(Serialize)]
struct FactsText {
    what: &'static str,
    counts: BTreeMap<&'static str, u32>,
    unverified: Vec<String>,
}

fn notices<'r>(report: &CheckReport<'r>) -> Notices<'r> {
    let facts = notices::facts(report).into_iter().map(|facts| FactsText {
        what: facts.what,
        counts: Confidence::ALL.into_iter().map(Confidence::as_str).zip(facts.counts).collect(),
        unverified: facts.unverified,
    });
    Notices {
        statements: report.catalog.notice(),
        trademarks: &report.catalog.pack().trademarks,
        readiness: notices::READINESS,
        people: notices::PEOPLE,
        proven: notices::PROVEN,
        facts: facts.collect(),
    }
}

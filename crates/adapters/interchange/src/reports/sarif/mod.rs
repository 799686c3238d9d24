//! SARIF 2.1.0, for code hosts and editors.
//!
//! A violation is a result of kind `fail`; what cannot be told is of kind `open` and has no level; a waived violation
//! is suppressed with its justification. Passes are not written. The lists of HIPAA and HITRUST ids travel as
//! taxonomies: ids and titles, nothing of anybody's text.

mod results;
mod rules;
mod taxonomy;
mod uri;

use std::{collections::BTreeMap, io};

use attesta_app::{
    check::{CheckReport, Lines},
    drift::DriftReport,
};
use attesta_evaluation::Status;
use attesta_kernel::Severity;
use attesta_resource::{Document, NotUnderstood, Reason};
use serde::Serialize;

use super::{
    Options,
    json::{Each, Shown, write_document},
    notices,
};

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
    write_against(report, lines, options, None, out)
}

/// The same, each result with its state against a baseline, and with those that are absent now.
pub(super) fn write_against(
    report: &CheckReport<'_>,
    lines: &Lines,
    options: &Options<'_>,
    baseline: Option<&Baseline<'_>>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let taxonomies = taxonomy::taxonomies(report);
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: ToolText {
                driver: Driver {
                    name: "Attesta",
                    version: options.version,
                    semantic_version: options.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    full_description: Text { text: format!("{} {}", report.catalog.notice(), notices::READINESS) },
                    rules: Each(|| rules::rules(report)),
                    supported_taxonomies: taxonomies.iter().zip(0..).map(|(t, index)| t.reference(index)).collect(),
                },
            },
            taxonomies: &taxonomies,
            automation_details: Automation { id: format!("attesta/check/{}", report.snapshot.digest()) },
            column_kind: "unicodeCodePoints",
            invocations: [Invocation {
                execution_successful: report.complete(),
                tool_execution_notifications: Each(|| notifications(report)),
            }],
            artifacts: Each(|| report.snapshot.documents.iter().map(artifact)),
            results: Each(|| results::results(report, lines, baseline)),
        }],
    };
    write_document(&log, 4, out)
}

/// What a run is compared with.
pub(super) struct Baseline<'r> {
    /// What changed.
    pub(super) drift: &'r DriftReport<'r>,
    /// Lines of the baseline's places.
    pub(super) lines: &'r Lines,
    /// The state of each outcome of the run, by position; what is not in it is unchanged.
    pub(super) states: BTreeMap<usize, &'static str>,
}

#[derive(Serialize)]
struct Log<'r, R, N, A, S> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r, R, N, A, S>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r, R, N, A, S> {
    tool: ToolText<'r, R>,
    taxonomies: &'r [taxonomy::Taxonomy<'r>],
    automation_details: Automation,
    column_kind: &'static str,
    invocations: [Invocation<N>; 1],
    artifacts: A,
    results: S,
}

#[derive(Serialize)]
struct ToolText<'r, R> {
    driver: Driver<'r, R>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r, R> {
    name: &'static str,
    version: &'r str,
    semantic_version: &'r str,
    information_uri: &'static str,
    full_description: Text,
    supported_taxonomies: Vec<taxonomy::ComponentReference>,
    rules: R,
}

#[derive(Serialize)]
struct Automation {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<N> {
    execution_successful: bool,
    tool_execution_notifications: N,
}

/// A message. `{` and `}` would mean arguments (SARIF 2.1.0, 3.11.5) and are doubled by [`message`].
#[derive(Serialize)]
pub(super) struct Text {
    text: String,
}

fn message(text: &str) -> Text {
    let text = super::visible::visible(text);
    let text = if text.contains(['{', '}']) { text.replace('{', "{{").replace('}', "}}") } else { text.into_owned() };
    Text { text }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

#[derive(Serialize)]
struct Artifact<'r> {
    location: ArtifactLocation,
    length: u64,
    roles: [&'static str; 1],
    hashes: Hashes,
    properties: ArtifactProperties<'r>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
struct Hashes {
    #[serde(rename = "sha-256")]
    sha_256: Shown<attesta_kernel::Digest>,
}

#[derive(Serialize)]
struct ArtifactProperties<'r> {
    format: &'r str,
}

fn artifact(document: &Document) -> Artifact<'_> {
    Artifact {
        location: ArtifactLocation { uri: uri::uri(&document.path) },
        length: document.bytes,
        roles: ["analysisTarget"],
        hashes: Hashes { sha_256: Shown(document.digest) },
        properties: ArtifactProperties { format: document.format.as_str() },
    }
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<[NotificationLocation; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationLocation {
    physical_location: NotificationPlace,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationPlace {
    artifact_location: ArtifactLocation,
}

fn notifications(report: &CheckReport<'_>) -> impl Iterator<Item = Notification> {
    let refused = report.refused.iter().map(|of| notification("error", of));
    let left_out = report
        .snapshot
        .not_understood
        .iter()
        .map(|of| notification(if of.reason == Reason::Unreadable { "error" } else { "note" }, of));
    let errored = report.policies.iter().zip(&report.counts).filter(|(_, c)| c.errored > 0).map(|(policy, counts)| {
        Notification {
            level: "error",
            message: message(&format!("Policy {} could not be run for {} resources.", policy.id, counts.errored)),
            locations: None,
        }
    });
    refused.chain(left_out).chain(errored)
}

fn notification(level: &'static str, of: &NotUnderstood) -> Notification {
    let place = NotificationPlace { artifact_location: ArtifactLocation { uri: uri::uri(&of.path) } };
    Notification {
        level,
        message: message(&format!("Not understood ({}): {}, {} of it.", of.reason.as_str(), of.what, of.count)),
        locations: (!of.path.is_empty()).then_some([NotificationLocation { physical_location: place }]),
    }
}

/// Outcomes that are written: violations and what cannot be told.
fn told(status: Status) -> bool {
    matches!(status, Status::Fail | Status::Unknown | Status::Errored)
}
